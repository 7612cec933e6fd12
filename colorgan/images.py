"""Tensors <-> PIL images."""

import numpy as np
import torch
from PIL import Image
from torch import Tensor


def to_image(rgb: Tensor) -> Image.Image:
    """RGB (3, H, W) or gray (1, H, W), float in [0, 1] or uint8 -> the image, mode "RGB" or "L"; floats are rounded."""
    if rgb.is_floating_point():
        rgb = (rgb.clamp(0, 1) * 255).round().to(torch.uint8)
    array = np.ascontiguousarray(rgb.movedim(0, -1).cpu().numpy())
    return Image.fromarray(array[..., 0] if array.shape[-1] == 1 else array)


def to_tensor(image: Image.Image) -> Tensor:
    """RGB image (width W, height H) -> uint8 (3, H, W)."""
    # Band by band: as "RGB" they would come interleaved, and single bytes are slow to pick apart.
    planes = bytearray().join(image.tobytes("raw", band) for band in "RGB")
    return torch.frombuffer(planes, dtype=torch.uint8).view(3, image.height, image.width)
