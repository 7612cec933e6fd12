"""What was written into a photo's file beside EXIF: XMP, IPTC, texts and comments."""

import contextlib
import struct
from dataclasses import dataclass
from typing import Any

from PIL import Image, JpegImagePlugin, PngImagePlugin

from colorgan.photo.xmp import upright_xmp

IPTC_RESOURCE, _XMP_RESOURCE = 0x0404, 0x0424  # among Photoshop's image resources
XMP_TAG, IPTC_TAG, _RESOURCES_TAG = 700, 33723, 34377  # of a TIFF
XMP_KEYWORD = "XML:com.adobe.xmp"  # of PNG's iTXt: XMP specification, part 3, 1.1.5
RAW_IPTC = "Raw profile type iptc"  # ImageMagick's, which ExifTool and others know
_RAW_XMP = ("Raw profile type xmp", "Raw profile type APP1")
_EXTENDED_XMP = b"http://ns.adobe.com/xmp/extension/\0"


@dataclass(frozen=True)
class Metadata:
    """xmp: a packet that is true of the upright picture. iptc: IIM records. texts: PNG's keywords and what they say.
    comments: of JPEG and GIF, in no stated encoding."""

    xmp: bytes = b""
    iptc: bytes = b""
    texts: tuple[tuple[str, str], ...] = ()
    comments: tuple[bytes, ...] = ()


def read_metadata(
    image: Image.Image, exif: Image.Exif | None, size: tuple[int, int], iptc: bytes = b""
) -> tuple[Metadata, list[str]]:
    """A decoded image -> what its file says beside EXIF, and notes on what of it cannot be kept.

    exif: the tags of a TIFF's directory, where the image does not know them. size: of the upright picture. iptc: IIM
    records that are known already.
    """
    notes, texts = [], dict[str, str]()
    if isinstance(image, PngImagePlugin.PngImageFile):
        texts = dict(image.text)
    resources = _resources(image, exif)
    packet = _bytes(
        image.info.get("xmp") or texts.get(XMP_KEYWORD) or _tag(image, exif, XMP_TAG) or resources.get(_XMP_RESOURCE)
    ) or next((_unhexed(texts[key]) for key in _RAW_XMP if key in texts), b"")
    xmp = b""
    if packet:
        try:
            xmp = upright_xmp(packet.removeprefix(b"http://ns.adobe.com/xap/1.0/\0"), size)
        except ValueError as error:
            notes.append(f"its XMP is broken ({error}) and was dropped")
    if any(marker == "APP1" and data.startswith(_EXTENDED_XMP) for marker, data in getattr(image, "applist", ())):
        notes.append("the extended part of its XMP was left out")
    iptc = resources.get(IPTC_RESOURCE, b"") or _resource(iptc) or _resource(_unhexed(texts.get(RAW_IPTC, "")))
    if isinstance(image, JpegImagePlugin.JpegImageFile):
        comments = [data for marker, data in image.applist if marker == "COM"]
    else:
        comments = [_bytes(image.info.get("comment"))] if image.format == "GIF" else []
    own = {key: text for key, text in texts.items() if key != XMP_KEYWORD and not key.startswith("Raw profile type ")}
    return Metadata(xmp, iptc, tuple(own.items()), tuple(one for one in comments if one.strip(b"\0 "))), notes


def _tag(image: Image.Image, exif: Image.Exif | None, tag: int) -> Any:
    """A tag of a TIFF's directory; None where there is none."""
    found = exif if exif is not None else getattr(image, "tag_v2", None)
    with contextlib.suppress(Exception):  # values are decoded here
        return found.get(tag) if found is not None else None
    return None


def _bytes(value: Any) -> bytes:
    """Bytes, text, or a TIFF's tuple of either -> bytes."""
    if isinstance(value, tuple):
        if value and all(isinstance(one, int) and 0 <= one < 256 for one in value):
            return bytes(value)
        value = value[0] if value else b""
    return (
        value.encode("utf-8", "surrogateescape")
        if isinstance(value, str)
        else value
        if isinstance(value, bytes)
        else b""
    )


def _resources(image: Image.Image, exif: Image.Exif | None) -> dict[int, bytes]:
    """Photoshop's image resources by number: of JPEG, PSD or TIFF."""
    if image.format == "PSD":
        return {number: data for number, _, data in getattr(image, "resources", ())}
    found = image.info.get("photoshop")
    if isinstance(found, dict):
        return {number: data for number, data in found.items() if isinstance(data, bytes)}
    block = _bytes(_tag(image, exif, _RESOURCES_TAG))
    data = _resource(block, IPTC_RESOURCE) if block else b""
    return {IPTC_RESOURCE: data} if data else {}


def _resource(block: bytes, wanted: int = IPTC_RESOURCE) -> bytes:
    """One resource of a block of Photoshop's; a block without their mark is IIM itself."""
    block = block.removeprefix(b"Photoshop 3.0\0")
    if not block.startswith(b"8BIM"):
        return block if block.startswith(b"\x1c") else b""
    while block.startswith(b"8BIM") and len(block) >= 12:
        name = 2 * (block[6] // 2 + 1)
        number, start = int.from_bytes(block[4:6], "big"), 10 + name
        length = int.from_bytes(block[6 + name : start], "big")
        if number == wanted:
            return block[start : start + length]
        block = block[start + length + length % 2 :]
    return b""


def iptc_resource(iptc: bytes) -> bytes:
    """IIM records as a block of Photoshop's image resources."""
    return b"8BIM" + struct.pack(">HHI", IPTC_RESOURCE, 0, len(iptc)) + iptc + bytes(len(iptc) % 2)


def _unhexed(text: str) -> bytes:
    """ImageMagick's raw profile (a name, a length, hexadecimal lines) -> its bytes."""
    with contextlib.suppress(ValueError):
        return bytes.fromhex("".join(text.strip("\n").split("\n")[2:]))
    return b""


def hexed(kind: str, data: bytes) -> str:
    """Bytes -> ImageMagick's raw profile."""
    digits = data.hex()
    lines = "\n".join(digits[start : start + 72] for start in range(0, len(digits), 72))
    return f"\n{kind}\n{len(data):8}\n{lines}\n"
