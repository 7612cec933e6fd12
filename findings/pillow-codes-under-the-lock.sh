#!/bin/sh
# Pillow 12.3.0: a JPEG that is saved to a BytesIO is coded while Python's lock is held; saved to a real file it is not.
#
# Decoding lets go of the lock, and so does coding for a file that has a descriptor (`encode_to_file`), but not coding for
# any other file object (`encode`): threads that save to memory take turns, and nothing else of the process runs meanwhile.
# A progressive JPEG, coded in one call, shows it best. `os.memfd_create` is a way round, in memory too.
#
# Seen: another thread that sleeps a millisecond at a time gets 10 to 13 turns beside BytesIO, 250 to 260 beside a file.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet pillow==12.3.0
cd "$folder"
"$folder/venv/bin/python" - <<'PROGRAM'
import io
import tempfile
import threading
import time

from PIL import Image

picture = Image.effect_noise((3000, 2000), 60).convert("RGB")


def turns(file):
    """How often this thread runs while another saves the picture."""
    saving = threading.Thread(target=picture.save, args=(file, "JPEG"), kwargs={"progressive": True})
    count = 0
    saving.start()
    while saving.is_alive():
        time.sleep(0.001)
        count += 1
    return count


with tempfile.TemporaryFile() as file:
    in_memory, in_file = turns(io.BytesIO()), turns(file)
print("turns beside BytesIO:", in_memory, "beside a file:", in_file)
assert in_file > 20, "coding for a file holds the lock now, or was too fast to tell"
assert 5 * in_memory < in_file, "coding for memory lets go of the lock now"
PROGRAM
