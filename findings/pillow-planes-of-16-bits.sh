#!/bin/sh
# Pillow 12.3.0 (Linux wheel, x86-64): an uncompressed TIFF of 16-bit colour in separate planes is read as stripes.
#
# PlanarConfiguration 2 puts each channel's samples together. Where they are not compressed, Pillow takes every plane of
# 16-bit samples for one of 8-bit samples: each line of the picture is half of a line of the file, low and high bytes side
# by side. No error, no warning. Planes of 8 bits are right, and so are 16 bits with LZW or deflate, which libtiff reads.
#
# Seen: of a ramp from black to white, neighbours such as 227, 56, 243, 60; off by 64 levels on average.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet pillow==12.3.0 numpy==2.4.6 tifffile==2026.3.3 imagecodecs==2026.3.6
"$folder/venv/bin/python" - <<'PROGRAM'
import io

import numpy as np
import tifffile
from PIL import Image

ramp = np.tile(np.linspace(0, 65535, 64), (48, 1)).astype(np.uint16)
errors = {}
for name, values, compression in (
    ("16 bits", ramp, None),
    ("16 bits, deflate", ramp, "zlib"),
    ("8 bits", (ramp >> 8).astype(np.uint8), None),
):
    file = io.BytesIO()
    tifffile.imwrite(file, np.stack([values] * 3), photometric="rgb", planarconfig="separate", compression=compression)
    file.seek(0)
    assert np.array_equal(tifffile.imread(file)[0], values), "the file is right"
    file.seek(0)
    pixels = np.asarray(Image.open(file).convert("L")).astype(int)
    errors[name] = np.abs(pixels - (ramp >> 8)).mean()
    print(f"{name}: off by {errors[name]:.1f} levels on average")
assert errors["16 bits, deflate"] < 1 and errors["8 bits"] < 1
assert errors["16 bits"] > 50, "changed: planes of 16 bits are read"
PROGRAM
