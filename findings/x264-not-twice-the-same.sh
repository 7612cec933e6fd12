#!/bin/sh
# PyAV 18.1.0 (its x264): the same frames, encoded twice, give other packets now and then.
#
# x264 says of itself that it is deterministic, and with one thread or several it mostly is. With "mbtree", which is on by
# default, small films of some sizes (64 x 48, 320 x 240, 176 x 144; not 128 x 96) come out otherwise in one run of two or
# three, by preset medium and more often by veryfast, with "threads" 1 as well; decoded pixels differ, too. Without mbtree,
# or without its assembler code (x264-params asm=0), they never did.
#
# Seen, of 12 runs: with mbtree 3 to 9 kinds of packets, without 1.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet av==18.1.0 numpy==2.4.6
cd "$folder"
"$folder/venv/bin/python" - <<'PROGRAM'
import hashlib

import av
import numpy as np


def kinds(width, height, options, runs=12):
    """How many kinds of packets the same 18 frames give."""
    x, y, found = np.arange(width)[None], np.arange(height)[:, None], set()
    for _ in range(runs):
        digest = hashlib.sha256()
        with av.open("film.nut", "w", format="nut") as film:
            stream = film.add_stream("libx264", rate=25, options={"crf": "16", "preset": "veryfast", **options})
            stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
            for number in range(19):
                frame = None
                if number < 18:
                    planes = np.full((height * 3 // 2, width), 128, np.uint8)
                    planes[:height] = 127.5 + (np.sin(x / 7 + number / 3) + np.cos(y / 5 - number / 4)) * 50
                    frame = av.VideoFrame.from_ndarray(planes, "yuv420p")
                    frame.pts = number
                for packet in stream.encode(frame):
                    digest.update(bytes(packet))
        found.add(digest.hexdigest())
    return len(found)


counts = {name: [kinds(*size, options) for size in ((64, 48), (320, 240), (176, 144))]
          for name, options in (("mbtree", {}), ("one thread", {"threads": "1"}), ("no mbtree", {"mbtree": "0"}))}
print(counts)
assert max(counts["mbtree"]) > 1, "x264 gives the same packets now"
assert counts["no mbtree"] == [1, 1, 1]
PROGRAM
