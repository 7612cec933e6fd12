"""The endings of image files: which are read, which are written, and as what. The one table of the house."""

from functools import cache

from PIL import Image

# Opened by Pillow, but not photographs: programs for Ghostscript, vector graphics, films and scientific containers.
NOT_PHOTOS = frozenset({"BUFR", "EPS", "FITS", "FLI", "GRIB", "HDF5", "MPEG", "WMF"})
# The endings that `save_photo` writes colours under, and Pillow's names of their formats. The first of a format is
# its usual one. A photo of another kind, say scan.psd, becomes a PNG.
WRITTEN = {
    ".jpg": "JPEG", ".jpeg": "JPEG", ".jpe": "JPEG", ".jfif": "JPEG", ".png": "PNG", ".webp": "WEBP", ".tif": "TIFF",
    ".tiff": "TIFF", ".bmp": "BMP", ".dib": "DIB", ".gif": "GIF", ".avif": "AVIF", ".jp2": "JPEG2000", ".ppm": "PPM",
    ".pnm": "PPM", ".tga": "TGA", ".pcx": "PCX", ".sgi": "SGI", ".qoi": "QOI",
}  # fmt: skip
DEEP = frozenset(
    {"PNG", "TIFF"}
)  # of these, the formats that are written with 16 bits a channel where there are so many
# Read by plugins of Pillow and by LibRaw, or refused with the reason: never passed over in a folder.
_OTHERS = frozenset({
    ".heic", ".heif", ".hif", ".heics", ".heifs", ".jxl", ".jxr", ".wdp", ".hdp",
    ".dng", ".nef", ".nrw", ".cr2", ".cr3", ".crw", ".arw", ".srf", ".sr2", ".raf", ".orf", ".rw2", ".rwl", ".pef",
    ".srw", ".x3f", ".3fr", ".fff", ".iiq", ".mos", ".mef", ".mrw", ".erf", ".kdc", ".dcr",
    ".exr", ".hdr", ".psb", ".xcf", ".djvu", ".pam",
})  # fmt: skip


@cache
def photo_formats() -> tuple[str, ...]:
    """Pillow's names of the formats that photos are read from."""
    Image.init()
    return tuple(sorted(Image.OPEN.keys() - NOT_PHOTOS))


@cache
def photo_endings() -> frozenset[str]:
    """The endings, in lower case and with their dot, of files that are taken for photos in a folder.

    Some of them cannot be read, or not on every machine: `open_photo` says so, and what to do.
    """
    formats = photo_formats()
    return _OTHERS | {ending for ending, name in Image.registered_extensions().items() if name in formats}


@cache
def writable_endings() -> dict[str, str]:
    """Of `WRITTEN`, what the Pillow of this machine can write: some are built without AVIF or JPEG 2000."""
    Image.init()
    return {ending: name for ending, name in WRITTEN.items() if name in Image.SAVE}


def usual_ending(kind: str) -> str:
    """The ending that a picture made of a photo gets: of Pillow's format `kind` if that is written, else ".png"."""
    written = {"MPO": "JPEG"}.get(kind, kind)  # what some phones call a JPEG
    return next((ending for ending, name in writable_endings().items() if name == written), ".png")


def keeps_depth(ending: str) -> bool:
    """Whether 16 bits a channel are written under an ending such as ".tif"."""
    return WRITTEN.get(ending.lower()) in DEEP
