#!/bin/sh
# PyAV 18.1.0: a stream's colour space and its frames' pixels do not know of each other, and one alone shifts colours.
#
# Encoding RGB frames: `codec_context.colorspace = 1` (BT.709) tags the file, but the frames are still converted by
# BT.601. `frame.reformat(dst_colorspace="ITU709")` converts by BT.709 and says so in `frame.colorspace`, but the encoder
# does not take that up: the file is untagged, and readers, PyAV's among them, take it for BT.601. Only both together
# give the colours back.
#
# Seen for the RGB (200, 40, 40), largest error of a channel: both 1, the tag alone 14, the pixels alone 17. With neither
# it is 2, as long as the reader takes an untagged file for BT.601.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet av==18.1.0 numpy==2.4.6
"$folder/venv/bin/python" - "$folder" <<'PROGRAM'
import sys
from pathlib import Path

import av
import numpy as np

RED, BT709, UNTAGGED = (200, 40, 40), 1, 2
FILM = Path(sys.argv[1]) / "film.mp4"


def stored(pixels, tag):
    """A red film, written and read again: its tag, and the largest error of a channel."""
    with av.open(FILM, "w") as film:
        stream = film.add_stream("libx264", rate=25, options={"crf": "1"})
        stream.width, stream.height, stream.pix_fmt = 64, 64, "yuv420p"
        if tag:
            context = stream.codec_context
            context.colorspace = context.color_primaries = context.color_trc = context.color_range = BT709
        frame = av.VideoFrame.from_ndarray(np.full((64, 64, 3), RED, np.uint8), "rgb24")
        if pixels:
            frame = frame.reformat(format="yuv420p", dst_colorspace="ITU709", dst_color_range="MPEG")
            assert frame.colorspace == BT709
        film.mux(stream.encode(frame))
        film.mux(stream.encode())
    with av.open(FILM) as film:
        frame = next(film.decode(video=0))
        return int(frame.colorspace), int(np.abs(frame.to_ndarray(format="rgb24")[32, 32].astype(int) - RED).max())


found = {name: stored(*both) for name, both in {"both": (1, 1), "tag": (0, 1), "pixels": (1, 0), "none": (0, 0)}.items()}
print(found)
assert found["both"][0] == BT709 and found["both"][1] <= 2
assert found["tag"][0] == BT709 and found["tag"][1] >= 10, "changed: a tag converts the pixels, too"
assert found["pixels"][0] == UNTAGGED and found["pixels"][1] >= 10, "changed: converted pixels tag the file"
assert found["none"][0] == UNTAGGED
PROGRAM
