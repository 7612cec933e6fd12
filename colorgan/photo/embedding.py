"""Metadata -> what Pillow's encoders are told of it, and what a format has no place for."""

import struct
from typing import Any

from PIL import PngImagePlugin

from colorgan.photo.metadata import RAW_IPTC, XMP_KEYWORD, Metadata, hexed, iptc_resource

_KEEP_XMP = frozenset({"JPEG", "PNG", "WEBP", "AVIF", "TIFF", "JPEG2000"})
_KEEP_IPTC = frozenset({"JPEG", "PNG", "TIFF"})
_JPEG_XMP = 65504  # bytes of XMP that one APP1 segment can hold: XMP specification, part 3, 1.1.3
_SEGMENT = 65533  # bytes of any other segment
_COMMENT = "Comment"  # the keyword of PNG for what JPEG and GIF call so
_SHORT_TEXT = 1000  # characters of PNG that are not worth compressing


def embedding(kind: str, metadata: Metadata, xmp: bytes, description: str | None) -> tuple[dict[str, Any], list[str]]:
    """For a format by Pillow's name: options of `Image.save`, and notes on what it cannot hold.

    xmp: the packet to write. TIFF and JPEG 2000 get it, and IPTC, elsewhere.
    """
    notes, options = [], dict[str, Any]()
    if metadata.xmp and kind not in _KEEP_XMP:
        notes.append(f"{kind} has no place for XMP: it was left out")
    if metadata.iptc and kind not in _KEEP_IPTC:
        notes.append(f"{kind} has no place for IPTC: it was left out")
    if kind in ("JPEG", "WEBP", "AVIF") and xmp:
        if kind == "JPEG" and len(xmp) > _JPEG_XMP:
            notes.append("its XMP is too long for a JPEG: it was left out")
        else:
            options["xmp"] = xmp
    if kind == "PNG":
        return options | {"pnginfo": _png_texts(metadata, xmp, description)}, notes
    comments = [*metadata.comments, *(text.encode() for key, text in metadata.texts if key == _COMMENT)]
    others = [key for key, _ in metadata.texts if key != _COMMENT]
    if kind == "GIF":
        said = b"\n".join([*comments, *([description.encode()] if description else [])])
        options |= {"comment": said} if said else {}
    elif kind == "JPEG":
        extra = _segments(metadata.iptc, comments)
        options |= {"extra": extra} if extra else {}
        if len(iptc_resource(metadata.iptc)) + 14 > _SEGMENT or any(len(one) > _SEGMENT for one in comments):
            notes.append("IPTC, or a comment, too long for a JPEG was left out")
    elif comments:
        notes.append(f"{kind} has no place for comments: they were left out")
    if others:
        notes.append(f"{kind} has no place for PNG's texts: left out are {', '.join(others)}")
    return options, notes


def _segments(iptc: bytes, comments: list[bytes]) -> bytes:
    """IPTC and comments as segments of a JPEG; those that one cannot hold are left out."""
    parts = [(b"\xff\xed", b"Photoshop 3.0\0" + iptc_resource(iptc))] if iptc else []
    parts += [(b"\xff\xfe", comment) for comment in comments]
    return b"".join(
        marker + struct.pack(">H", len(content) + 2) + content for marker, content in parts if len(content) <= _SEGMENT
    )


def _png_texts(metadata: Metadata, xmp: bytes, description: str | None) -> PngImagePlugin.PngInfo:
    """All that PNG keeps as text; the photo's own description stays, and the program is named."""
    made = PngImagePlugin.PngInfo()
    texts = dict(metadata.texts)
    if description:
        texts = {"Description": description} | texts | {"Software": description}
    for key, text in texts.items():
        if isinstance(text, PngImagePlugin.iTXt):
            made.add_itxt(key, str(text), text.lang or "", text.tkey or "", zip=len(text) > _SHORT_TEXT)
        else:
            made.add_text(key, text, zip=len(text) > _SHORT_TEXT)
    if metadata.comments and _COMMENT not in texts:
        lines = [comment.rstrip(b"\0").decode("utf-8", "replace") for comment in metadata.comments]
        made.add_text(_COMMENT, "\n".join(lines))
    if metadata.iptc:
        made.add_text(RAW_IPTC, hexed("iptc", iptc_resource(metadata.iptc)), zip=True)
    if xmp:
        made.add_itxt(XMP_KEYWORD, xmp.decode("utf-8"))
    return made
