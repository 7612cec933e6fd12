#!/bin/sh
# OpenCV 5.0.0.93 (headless wheel, x86-64): 15 of the 256 grays come back from 8-bit Lab with a tint.
#
# `cvtColor` gives every gray a = b = 128, which is no colour at all; the way back gives 15 of them channels that differ
# by 1, although nothing has touched the Lab. 8 bits explain that a gray comes back as its neighbour, not that it comes
# back coloured. A colorizer that works in 8-bit Lab so cannot give a gray photo back gray. In float32 the channels agree.
#
# Seen: (6, 6, 6) comes back as (6, 7, 7), (212, 212, 212) as (212, 213, 212), and 13 more.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet opencv-python-headless==5.0.0.93 numpy==2.4.6
"$folder/venv/bin/python" - <<'PROGRAM'
import cv2
import numpy as np

grays = np.repeat(np.arange(256, dtype=np.uint8)[None, :, None], 3, axis=2)
lab = cv2.cvtColor(grays, cv2.COLOR_RGB2LAB)
assert (lab[..., 1:] == 128).all()
back = cv2.cvtColor(lab, cv2.COLOR_LAB2RGB)[0]
tinted = [level for level, pixel in enumerate(back) if len(set(pixel.tolist())) > 1]
print(len(tinted), "tinted:", ", ".join(f"{level} -> {back[level].tolist()}" for level in tinted))

floats = cv2.cvtColor(cv2.cvtColor(grays.astype(np.float32) / 255, cv2.COLOR_RGB2LAB), cv2.COLOR_LAB2RGB)[0]
spread = 255 * float(np.ptp(floats, axis=1).max())
print(f"float32: channels differ by {spread:.3f} of 255 at most")
assert len(tinted) == 15, "changed: another number of grays is tinted"
assert spread < 0.5
PROGRAM
