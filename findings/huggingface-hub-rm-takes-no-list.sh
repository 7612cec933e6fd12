#!/bin/sh
# huggingface_hub 2.4.0, fsspec 2026.9.0: HfFileSystem.rm takes one path alone, where fsspec's rm takes a list of them.
#
# fsspec documents `path: str or list of str`, and its file systems take both. HfFileSystem looks for the repository in
# the list's own text and refuses it as an id, before it asks anyone. Paths removed one by one are a request each, and
# in a repository a commit each, of which the Hub takes 128 in an hour: HfApi.create_commit and batch_bucket_files take
# many at once.
#
# Seen: the same call, which fsspec's file system in memory obeys.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet huggingface_hub==2.4.0 fsspec==2026.9.0
HF_HUB_DISABLE_TELEMETRY=1 "$folder/venv/bin/python" - <<'PROGRAM'
import fsspec
from huggingface_hub import HfFileSystem

assert "path: str or list of str" in fsspec.AbstractFileSystem.rm.__doc__
memory = fsspec.filesystem("memory")
for name in ("/a", "/b"):
    memory.pipe_file(name, b"content")
memory.rm(["/a", "/b"])
assert not memory.exists("/a") and not memory.exists("/b")
try:
    HfFileSystem(endpoint="http://127.0.0.1:9").rm(["datasets/user/name/a", "datasets/user/name/b"])
except ValueError as error:
    print(error)
    assert "got '['datasets/user/name/a', 'datasets/user/name/b']'" in str(error)
else:
    raise SystemExit("changed: a list is taken")
PROGRAM
