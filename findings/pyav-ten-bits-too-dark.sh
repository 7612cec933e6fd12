#!/bin/sh
# PyAV 18.1.0 (swscale 9.5): YUV of 10 bits becomes RGB that is too dark, and limited gray keeps its limits.
#
# `frame.to_ndarray(format="rgb24")`, and `reformat` with any of the usual interpolations, read limited-range yuv420p10le
# 1.6 steps of 255 too dark in the mean, white as 253, where 8 bits are off by 0.5. With full chroma interpolation and
# accurate rounding asked for, in one go, it is exact; accurate rounding alone changes nothing. And gray that is tagged
# limited, of 8 bits or 10, is taken for full whatever `src_color_range` says: black comes out as 16, white as 235.
#
# Seen, largest and mean error over a ramp from black to white: 10 bits 2.1 and -1.6; accurate 0.1 and 0.0; limited gray
# 20 at both ends.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet av==18.1.0 numpy==2.4.6
"$folder/venv/bin/python" - <<'PROGRAM'
import av
import numpy as np

BICUBIC, FULL_CHROMA, ACCURATE = 0x4, 0x2000 | 0x4000, 0x40000
RAMP = np.arange(256)


def errors(pixels, bits, interpolation=BICUBIC):
    """A ramp of limited range, read as RGB: what it is off by, in steps of 255."""
    step, dtype = 1 << (bits - 8), np.uint8 if bits == 8 else np.uint16
    luma = (16 * step + RAMP * 219 * step / 255).round()
    frame = av.VideoFrame(256, 16, pixels)
    for number, plane in enumerate(frame.planes):
        rows = np.full((plane.height, plane.line_size // np.dtype(dtype).itemsize), 1 << (bits - 1), dtype)
        if number == 0:
            rows[:, :256] = luma
        plane.update(rows)
    frame.color_range, frame.colorspace = 1, 1
    rgb = frame.reformat(
        format="rgb24", src_colorspace="ITU709", dst_colorspace="ITU709",
        src_color_range="MPEG", dst_color_range="JPEG", interpolation=interpolation,
    )
    off = rgb.to_ndarray()[8, :, 0] - (luma - 16 * step) / (219 * step) * 255
    print(pixels, hex(interpolation), "largest", round(abs(off).max(), 1), "mean", round(off.mean(), 2))
    return off


assert abs(errors("yuv420p", 8).mean()) < 0.6
assert errors("yuv420p10le", 10).mean() < -1.4, "changed: 10 bits are read as bright as they are"
assert errors("yuv420p10le", 10, BICUBIC | ACCURATE).mean() < -1.4
assert abs(errors("yuv420p10le", 10, BICUBIC | FULL_CHROMA | ACCURATE)).max() < 0.3
gray = errors("gray", 8)
assert gray[0] == 16 and gray[-1] == -20, "changed: limited gray is stretched"
PROGRAM
