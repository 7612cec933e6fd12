"""Raw photographs (DNG, NEF, CR2, ARW and their kind), developed by LibRaw where rawpy is installed."""

import io
from typing import Any, BinaryIO

from numpy.typing import NDArray
from PIL import Image

from colorgan.photo.bounds import check_size
from colorgan.photo.extras import extra
from colorgan.photo.levels import narrowed
from colorgan.photo.opened import Opened
from colorgan.photo.record import PhotoError

RAW = "RAW"  # in the place of Pillow's name of the format
_HEADS = ((b"FUJIFILMCCD-RAW", 0), (b"ftypcrx ", 4), (b"FOVb", 0), (b"\0MRM", 0), (b"HEAPCCDR", 6))
_SRGB_CURVE = (2.4, 12.92)  # IEC 61966-2-1, as LibRaw is told it: exponent, and slope near black


def is_raw(head: bytes) -> bool:
    """Whether a file's first 16 bytes are those of a raw photograph that is no TIFF inside."""
    return any(head[start:].startswith(magic) for magic, start in _HEADS)


def develop(file: BinaryIO, exif: Image.Exif | None, name: str, max_megapixels: float) -> Opened:
    """A raw photograph -> upright RGB, under the camera's white balance. Raises PhotoError where it cannot be."""
    image = Image.fromarray(developed(file, 8, name, max_megapixels))
    image.format = RAW
    if exif is not None:
        exif[274] = 1  # LibRaw has turned it
    notes = ("a raw file, developed by LibRaw with the camera's white balance", narrowed(16, "colour"))
    return Opened(image, notes, exif or Image.Exif())


def developed(file: BinaryIO, bits: int, name: str, max_megapixels: float) -> NDArray[Any]:
    """A raw photograph -> upright RGB (H, W, 3) in sRGB, of 8 or 16 bits a channel. Raises as `develop`."""
    rawpy = extra("rawpy")
    if rawpy is None:
        raise PhotoError(f"{name} is a raw file: export it as TIFF or JPEG first, or pip install rawpy")
    file.seek(0)
    try:
        with rawpy.imread(io.BytesIO(file.read())) as raw:
            check_size(raw.sizes.width, raw.sizes.height, name, max_megapixels)
            pixels: NDArray[Any] = raw.postprocess(use_camera_wb=True, gamma=_SRGB_CURVE, output_bps=bits)
            return pixels
    except rawpy.LibRawError as error:
        raise PhotoError(f"{name} is a raw file that LibRaw cannot develop: export it as TIFF or JPEG first") from error
