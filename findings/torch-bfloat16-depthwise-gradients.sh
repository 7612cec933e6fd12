#!/bin/sh
# torch 2.13.0+cpu (Linux wheel, x86-64 with AVX-512 BF16; no GPU): the gradients of depthwise convolutions take several
# times longer in bfloat16 than in float32, though the convolutions themselves take less, and torch.autocast("cpu") chooses
# bfloat16 for them. The strided and the 5 x 5 ones of mobile networks (MobileNet, EfficientNet) are hit most: in
# channels-last tensors, so that a training step that was to be made faster by autocast spends half its time there.
#
# A way round: run those convolutions outside autocast, on a float32 copy of what comes in.
#
# Seen on two cores, batch of 24, bfloat16 over float32: 720 channels of 10 x 10, 5 x 5, stride 2: 21 times; 144 channels
# of 40 x 40, 5 x 5, stride 2: 10 times; 288 channels of 20 x 20, 3 x 3, stride 2: 18 times; the same convolutions of 1248
# channels of 5 x 5, stride 1: 6 times.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet torch==2.13.0 numpy==2.4.6
"$folder/venv/bin/python" - <<'PROGRAM'
import sys
import time

import torch
from torch.nn.functional import conv2d

torch.set_num_threads(2)


def gradients(channels: int, side: int, kernel: int, stride: int, dtype: torch.dtype) -> float:
    """Seconds of the backward pass, the best of five."""
    x = torch.randn(24, channels, side, side).to(dtype, memory_format=torch.channels_last).requires_grad_()
    weight = torch.randn(channels, 1, kernel, kernel).to(dtype).requires_grad_()
    times = []
    for _ in range(5):
        y = conv2d(x, weight, stride=stride, padding=kernel // 2, groups=channels)
        towards = torch.ones_like(y)
        begun = time.perf_counter()
        y.backward(towards)
        times.append(time.perf_counter() - begun)
        x.grad = weight.grad = None
    return min(times)


worst = 0.0
for shape in ((720, 10, 5, 2), (144, 40, 5, 2), (288, 20, 3, 2), (1248, 5, 5, 1)):
    ratio = gradients(*shape, torch.bfloat16) / gradients(*shape, torch.float32)
    print("channels, side, kernel, stride", shape, f"bfloat16 takes {ratio:.1f} times as long as float32")
    worst = max(worst, ratio)
sys.exit(0 if worst > 3 else "changed: bfloat16 gradients of depthwise convolutions are no longer that slow")
PROGRAM
