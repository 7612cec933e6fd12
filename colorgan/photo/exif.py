"""EXIF: what of it is kept, and how it stays true of an upright, colorized photo."""

import contextlib
import struct
from typing import Any

from PIL import ExifTags, Image, TiffTags

EXIF_IFD, _GPS_IFD, _INTEROP_IFD = int(ExifTags.IFD.Exif), int(ExifTags.IFD.GPSInfo), int(ExifTags.IFD.Interop)
ORIENTATION, DESCRIPTION, SOFTWARE, MAKER_NOTE = 274, 270, 305, 37500
RESOLUTION = (282, 283, 296)  # x, y, unit (2 = inch, 3 = centimetre)
_COLOR_SPACE, _PIXEL_SIZE = 40961, (40962, 40963)
# Tags that say how a TIFF or a thumbnail lies in its file, or repeat what is kept elsewhere: XMP, IPTC, profile.
_STRUCTURE = (
    TiffTags.LIBTIFF_CORE
    | {254, 255, 264, 265, *range(273, 282), *range(288, 294), *range(300, 302), *range(317, 350), *range(512, 533)}
    | {700, 33723, 34377, 34675, 37724}
) - {269, ORIENTATION, *RESOLUTION}  # 269 is DocumentName
TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}  # EXIF 2.32, 4.6.4 A: how to undo each orientation


def orientation_of(source: Image.Image | Image.Exif) -> int:
    """1 to 8, EXIF 2.32 4.6.4 A; 1 where the image does not say or says nonsense."""
    if (
        isinstance(source, Image.Image)
        and source.format in ("JPEG", "WEBP")
        and not source.info.keys() & {"exif", "xmp"}
    ):
        return 1  # which Pillow takes a while to find out
    try:
        value = _tags_of(source).get(ORIENTATION)
    except Exception:  # broken EXIF, of which `read_exif` tells
        return 1
    return value if isinstance(value, int) and 1 <= value <= 8 else 1


def says_adobe_rgb(source: Image.Image | Image.Exif) -> bool:
    """Whether a camera says, as DCF 2.0 has it, that its colours are those of Adobe RGB: by interoperability "R03"."""
    raw = source.info.get("exif") if isinstance(source, Image.Image) else None
    if isinstance(source, Image.Image) and (not isinstance(raw, bytes) or b"R03" not in raw):
        return False
    with contextlib.suppress(Exception):  # broken EXIF, of which `read_exif` tells
        return str(_tags_of(source).get_ifd(_INTEROP_IFD).get(1, "")).startswith("R03")
    return False


def read_exif(source: Image.Image | Image.Exif) -> tuple[Image.Exif, list[str]]:
    """A decoded image, or its EXIF -> that EXIF, cleaned, and a note if something of it could not be read."""
    raw = source.info.get("exif") if isinstance(source, Image.Image) else None
    try:
        found = _tags_of(source)
        complete = not isinstance(raw, bytes) or len(found) >= _declared_tags(raw)
        exif, readable = cleaned(found)
    except Exception:  # as many kinds as there are ways to break a directory
        return Image.Exif(), ["its EXIF data is broken and was dropped"]
    if complete and readable:
        return exif, []
    return exif, [f"{'part of ' if exif else ''}its EXIF data is broken and was dropped"]


def _tags_of(source: Image.Image | Image.Exif) -> Image.Exif:
    return source.getexif() if isinstance(source, Image.Image) else source


def _declared_tags(raw: bytes) -> int:
    """How many tags the first directory says it has. Pillow stops at a broken one without raising."""
    while raw.startswith(b"Exif\0\0"):
        raw = raw[6:]
    if not raw:
        return 0
    order = {b"II": "<", b"MM": ">"}[raw[:2]]
    (start,) = struct.unpack_from(order + "L", raw, 4)
    return int(struct.unpack_from(order + "H", raw, start)[0])


def cleaned(found: Image.Exif) -> tuple[Image.Exif, bool]:
    """EXIF as read -> only what describes the photo, in values that can be written, and whether all was readable.

    Thumbnails go, because they show the photo without its colours; so do tags that describe the old file. Broken
    tags cost themselves alone.
    """
    exif, readable = Image.Exif(), True
    exif.endian = found.endian  # maker notes are often read in the byte order around them
    for tag in sorted(set(found) - _STRUCTURE):
        try:
            value = _directory(found, tag) if tag in (EXIF_IFD, _GPS_IFD) else _as_written(found[tag])
        except Exception:  # values are decoded here, one by one
            readable = False
            continue
        kept = value
        if isinstance(value, dict):
            kept = {inner: it for inner, it in value.items() if _is_writable(tag, {inner: it})}
            readable &= 0 < len(kept) == len(value)
        if kept != {} and _is_writable(tag, kept):
            exif[tag] = kept
        else:
            readable = False
    return exif, readable


def _directory(exif: Image.Exif, tag: int) -> dict[int, Any]:
    """The directory that a tag of the first one points to, with the one nested in it."""
    tags = {inner: _as_written(value) for inner, value in exif.get_ifd(tag).items()}
    if _INTEROP_IFD in tags and not isinstance(tags[_INTEROP_IFD], dict):
        del tags[_INTEROP_IFD]
        with contextlib.suppress(Exception):
            if nested := {inner: _as_written(value) for inner, value in exif.get_ifd(_INTEROP_IFD).items()}:
                tags[_INTEROP_IFD] = nested
    return tags


def _as_written(value: Any) -> Any:
    """Text beyond ASCII -> its bytes: Pillow reads it as Latin-1 (most is UTF-8) and writes question marks."""
    if not isinstance(value, str) or value.isascii():
        return value
    try:
        return value.encode("latin-1")
    except UnicodeEncodeError:
        return value.encode("utf-8")


def _is_writable(tag: int, value: Any) -> bool:
    exif = Image.Exif()
    exif[tag] = value
    try:
        return len(exif.tobytes()) > 0
    except Exception:  # a rational without a value, text where a number belongs, ...
        return False


def make_upright(exif: Image.Exif, size: tuple[int, int], sideways: bool, converted: bool) -> None:
    """Makes EXIF tell of the upright sRGB picture of this size."""
    if not exif:
        return
    exif[ORIENTATION] = 1
    x, y, _ = RESOLUTION
    if sideways and x in exif and y in exif:
        exif[x], exif[y] = exif[y], exif[x]
    inner = exif.get(EXIF_IFD)
    if isinstance(inner, dict):
        inner |= {tag: side for tag, side in zip(_PIXEL_SIZE, size, strict=True) if tag in inner}
        if converted:
            inner[_COLOR_SPACE] = 1  # sRGB; so is interoperability R98
            if isinstance(interoperability := inner.get(_INTEROP_IFD), dict):
                interoperability[1] = "R98"


def exif_bytes(exif: Image.Exif) -> bytes:
    """As JPEG, PNG, WebP and AVIF embed it, with its six bytes of heading; b"" for none."""
    return exif.tobytes() if exif else b""


def resolution_of(image: Image.Image, exif: Image.Exif) -> tuple[float, float] | None:
    """Dots per inch as the file says, by its own field or by EXIF; None for none or nonsense."""
    declared = image.info.get("dpi")
    if image.format == "TIFF" or (image.format in ("JPEG", "MPO", "JXL") and image.info.get("jfif_unit") not in (1, 2)):
        declared = None  # Pillow makes up 1 and 72 dpi; what the file says itself is in its tags
    x, y, unit = (exif.get(tag) for tag in RESOLUTION)
    factor_of_unit = {None: 1.0, 2: 1.0, 3: 2.54}.get(unit)  # 1: a ratio of sides only
    for values, factor in ((declared, 1.0), ((x, y), factor_of_unit)):
        with contextlib.suppress(TypeError, ValueError, ZeroDivisionError, OverflowError):
            across, down = (float(value) * factor for value in values)  # type: ignore[union-attr, arg-type, operator]
            if 1.0 <= across <= 65535.0 and 1.0 <= down <= 65535.0:  # what JFIF can say
                return across, down
    return None
