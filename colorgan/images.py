"""Tensors <-> PIL images, and the pixels of these as they lie in memory."""

import ctypes
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
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


class _ArrowArray(ctypes.Structure):
    """ArrowArray of Arrow's C data interface, https://arrow.apache.org/docs/format/CDataInterface.html."""


_ArrowArray._fields_ = [
    *((name, ctypes.c_int64) for name in ("length", "null_count", "offset", "n_buffers", "n_children")),
    ("buffers", ctypes.POINTER(ctypes.c_void_p)),
    ("children", ctypes.POINTER(ctypes.POINTER(_ArrowArray))),
]
_pointer_of = ctypes.pythonapi.PyCapsule_GetPointer
_pointer_of.restype, _pointer_of.argtypes = ctypes.c_void_p, (ctypes.py_object, ctypes.c_char_p)


SHARED_BYTES = 1 << 24  # of an image's pixels that Pillow has in one piece


class SharedPixels:
    """The pixels of an image, mode "L" or "RGB", of at most `SHARED_BYTES`, not copied, to be read as long as this is
    kept. The image must be Pillow's own: of one that shares memory with NumPy, Pillow 12.3 crashes.

    `pixels` is uint8 (H, W, 1), or (H, W, 4), the last of which mean nothing. `numpy.asarray` copies twice, holding
    Python's lock, which takes as long as painting them.
    """

    def __init__(self, image: Image.Image) -> None:
        image.load()
        _, self._capsule = image.__arrow_c_array__()
        array = _ArrowArray.from_address(_pointer_of(self._capsule, b"arrow_array"))
        channels = 1 if image.mode == "L" else 4
        values = array if channels == 1 else array.children[0].contents
        size = channels * image.width * image.height
        memory = (ctypes.c_uint8 * size).from_address(values.buffers[1])
        self.pixels: NDArray[Any] = np.frombuffer(memoryview(memory), np.uint8).reshape(
            image.height, image.width, channels
        )
