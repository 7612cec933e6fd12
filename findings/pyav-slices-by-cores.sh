#!/bin/sh
# PyAV 18.1.0 (its x264): an encoder that nobody told of threads cuts each frame into slices, as many as there are cores
# to use, so the same program writes larger files, and other pixels, on a machine with more cores.
#
# A codec context begins with thread_type SLICE, for encoders too, and a thread_count of 0, the machine's. FFmpeg's own
# default for x264 is threads by frames, which leaves every frame whole. Slices cost bits, as nothing is predicted across
# their borders: with 8 threads a frame is 4 slices and the film below 9 % larger than by frames ("medium"; "veryfast"
# 4 %). `stream.codec_context.thread_type = "FRAME"` before the first frame (or "AUTO") gives one slice a frame and the
# same size with 2 threads as with 8 ("medium"; to a thousandth with "veryfast").
#
# Seen: medium, slices 2 threads 129291 bytes, 8 threads 135572; frames 124253 and 124253.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet av==18.1.0 numpy==2.4.6
cd "$folder"
"$folder/venv/bin/python" - <<'PROGRAM'
import re

import av
import numpy as np

SLICE = re.compile(b"\x00\x00\x01(.)", re.S)  # the start of a NAL unit; types 1 and 5 are slices of a picture


def encoded(threads, kind=None):
    """A film of 24 frames -> the thread type that it began with, bytes in all, slices a frame."""
    width, height, size, slices = 640, 272, 0, 0
    x, y = np.arange(width)[None], np.arange(height)[:, None]
    with av.open("film.nut", "w", format="nut") as film:
        # Without mbtree, with which x264 does not write the same twice.
        stream = film.add_stream("libx264", rate=25, options={"crf": "20", "x264-params": "mbtree=0"})
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        begun = stream.codec_context.thread_type.name
        stream.codec_context.thread_count = threads
        if kind:
            stream.codec_context.thread_type = kind
        for number in range(25):
            frame = None
            if number < 24:
                planes = np.full((height * 3 // 2, width), 128, np.uint8)
                waves = (np.sin((x + number * 3) / 9) + np.cos((y - number * 2) / 7)) * 50
                planes[:height] = 127.5 + waves + (x * 7 + y * 13 + number * 5) % 23
                frame = av.VideoFrame.from_ndarray(planes, "yuv420p")
                frame.pts = number
            for packet in stream.encode(frame):
                size += packet.size
                slices += sum(unit[0] & 31 in (1, 5) for unit in SLICE.findall(bytes(packet)))
    return begun, size, slices / 24


found = {"untold, 2": encoded(2), "untold, 8": encoded(8), "FRAME, 2": encoded(2, "FRAME"), "FRAME, 8": encoded(8, "FRAME")}
print(found)
assert found["untold, 8"][0] == "SLICE", "encoders begin with another kind of threads now"
assert found["untold, 2"][2] == 2 and found["untold, 8"][2] == 4
assert found["FRAME, 2"][1:] == found["FRAME, 8"][1:] and found["FRAME, 2"][2] == 1
assert found["untold, 8"][1] > 1.05 * found["FRAME, 8"][1]
assert found["untold, 8"][1] > found["untold, 2"][1]
PROGRAM
