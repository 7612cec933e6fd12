#!/bin/sh
# PyAV 18.1.0: a text file called film.mp4 that names other files is opened, and those are played.
#
# FFmpeg goes by what is in a file, and a playlist ("ffconcat version 1.0") is a format like others. Who takes films from
# strangers plays them whatever files lie beside. Naming the formats that are taken (`format_whitelist`, FFmpeg's own
# names, which PyAV hands on as an option) closes it: all but those that lead elsewhere.
#
# Seen: without "concat", and frames, with it InvalidDataError or ArgumentError; an MP4 itself is opened all the same.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet av==18.1.0 numpy==2.4.6
cd "$folder"
"$folder/venv/bin/python" - <<'PROGRAM'
import av
import numpy as np

for name in ("secret.ts", "plain.mp4"):
    with av.open(name, "w") as film:
        stream = film.add_stream("mpeg2video" if name.endswith("ts") else "libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for _ in range(25):
            film.mux(stream.encode(av.VideoFrame.from_ndarray(np.zeros((48, 64, 3), np.uint8), "rgb24")))
        film.mux(stream.encode())
with open("film.mp4", "w") as text:
    text.write("ffconcat version 1.0\nfile secret.ts\n")
taken = ",".join(sorted(av.formats_available - {"concat", "hls", "dash"}))
with av.open("film.mp4") as film:
    assert film.format.name == "concat" and next(film.decode(video=0)), "lists are no longer played"
try:
    av.open("film.mp4", options={"format_whitelist": taken})
except av.FFmpegError as error:
    print("refused:", type(error).__name__)
else:
    raise AssertionError("a format that was not named was opened")
with av.open("plain.mp4", options={"format_whitelist": taken}) as film:
    print(film.format.name)
PROGRAM
