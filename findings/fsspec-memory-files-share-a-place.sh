#!/bin/sh
# fsspec 2026.9.0: opening a file of the memory file system for reading gives every reader the same object, set back to
# its beginning. Two who read one file at a time move each other's place in it: the second open starts the first reader
# anew, and what either reads next the other does not get.
#
# So a thread pool that fetches parts of one file from memory:// (in tests, mostly) gets files that are cut short or
# empty, without an error; a lock round each fetch, or cat_file with a range, keeps readers apart. Local files and
# object stores give each reader an object of its own.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet fsspec==2026.9.0
"$folder/venv/bin/python" - <<'PROGRAM'
import fsspec

store = fsspec.filesystem("memory")
store.pipe_file("/letters", b"abcdefgh")
first = store.open("/letters", "rb")
assert first.read(4) == b"abcd"
second = store.open("/letters", "rb")
assert second is first, "changed: each reader has an object of its own"
assert second.read(6) == b"abcdef"
rest = first.read()
print("the first reader, after abcd:", rest)
assert rest == b"gh", "changed: another reader no longer moves the first one's place"
PROGRAM
