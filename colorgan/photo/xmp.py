"""XMP (ISO 16684-1): what an archive has written of a photo, kept and made true of an upright colour picture."""

from collections.abc import Iterator
from typing import Any
from xml.dom import minidom

_PREFIXES = {
    "http://ns.adobe.com/tiff/1.0/": "tiff",
    "http://ns.adobe.com/exif/1.0/": "exif",
    "http://ns.adobe.com/xap/1.0/": "xmp",
    "http://ns.adobe.com/photoshop/1.0/": "photoshop",
    "http://ns.adobe.com/xmp/note/": "xmpNote",
    "http://iptc.org/std/Iptc4xmpExt/2008-02-29/": "Iptc4xmpExt",
}
_SPACES = {prefix: space for space, prefix in _PREFIXES.items()}
_RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_XMLNS = "http://www.w3.org/2000/xmlns/"
# IPTC NewsCodes, digital source type: "algorithmically-altered media".
GENERATED = "http://cv.iptc.org/newscodes/digitalsourcetype/algorithmicallyEnhanced"
# What describes the old file: how its pixels lie, small copies of them, parts of XMP that are elsewhere.
_OF_THE_OLD_FILE = (
    ("xmp", "Thumbnails"), ("xmpNote", "HasExtendedXMP"), ("photoshop", "ICCProfile"), ("photoshop", "ColorMode"),
    ("exif", "ColorSpace"), ("tiff", "BitsPerSample"), ("tiff", "SamplesPerPixel"), ("tiff", "Compression"),
    ("tiff", "PhotometricInterpretation"), ("tiff", "PlanarConfiguration"), ("tiff", "YCbCrSubSampling"),
)  # fmt: skip
_EMPTY = f'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="{_RDF}"></rdf:RDF></x:xmpmeta>'


def upright_xmp(packet: bytes, size: tuple[int, int]) -> bytes:
    """A packet as found -> one that is true of the upright picture of this size; ValueError for what is no XMP."""
    document = _parsed(packet)
    for prefix, name in _OF_THE_OLD_FILE:
        _remove(document, prefix, name)
    sides = {("tiff", "ImageWidth"): 0, ("tiff", "ImageLength"): 1}
    sides |= {("exif", "PixelXDimension"): 0, ("exif", "PixelYDimension"): 1}
    for (prefix, name), side in sides.items():
        if _remove(document, prefix, name):
            _set(document, prefix, name, str(size[side]))
    if _remove(document, "tiff", "Orientation"):
        _set(document, "tiff", "Orientation", "1")
    return _packet(document)


def described_xmp(packet: bytes, description: str) -> bytes:
    """A packet, b"" for none -> the same, saying which program made the picture, and that its colours are generated."""
    document = _parsed(packet or _EMPTY.encode())
    for prefix, name, value in (
        ("xmp", "CreatorTool", description),
        ("Iptc4xmpExt", "DigitalSourceType", GENERATED),
    ):
        _remove(document, prefix, name)
        _set(document, prefix, name, value)
    return _packet(document)


def _parsed(packet: bytes) -> Any:
    """The document of a packet. Entities are refused: small ones can stand for gigabytes."""
    if b"<!DOCTYPE" in packet or b"<!ENTITY" in packet:
        raise ValueError("XMP with entities of its own")
    try:
        document = minidom.parseString(packet.strip(b" \t\r\n\0"))  # noqa: S318  (without entities it is harmless)
    except Exception as error:  # of expat, of codecs, ...
        raise ValueError("no XML") from error
    if not document.getElementsByTagNameNS(_RDF, "RDF"):
        raise ValueError("no RDF")
    return document


def _packet(document: Any) -> bytes:
    body = document.documentElement.toxml()
    return f'<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>{body}<?xpacket end="w"?>'.encode()


def _descriptions(document: Any) -> Iterator[Any]:
    """The elements whose properties are those of the photo."""
    for rdf in document.getElementsByTagNameNS(_RDF, "RDF"):
        for child in rdf.childNodes:
            if child.nodeType == child.ELEMENT_NODE and (child.namespaceURI, child.localName) == (_RDF, "Description"):
                yield child


def _remove(document: Any, prefix: str, name: str) -> bool:
    """Take out a property of the photo, written as attribute or element; whether it was there."""
    space, found = _SPACES[prefix], False
    for description in _descriptions(document):
        if description.hasAttributeNS(space, name):
            description.removeAttributeNS(space, name)
            found = True
        for child in [*description.childNodes]:
            if child.nodeType == child.ELEMENT_NODE and (child.namespaceURI, child.localName) == (space, name):
                description.removeChild(child)
                found = True
    return found


def _set(document: Any, prefix: str, name: str, value: str) -> None:
    """Write a property of the photo as an attribute, in a description of its own, whose prefixes are its own."""
    rdf = document.getElementsByTagNameNS(_RDF, "RDF")[0]
    qualified = f"{rdf.prefix}:" if rdf.prefix else ""
    description = document.createElementNS(_RDF, f"{qualified}Description")
    description.setAttributeNS(_RDF, f"{qualified or 'rdf:'}about", _about(document))
    if not qualified:
        description.setAttributeNS(_XMLNS, "xmlns:rdf", _RDF)
    description.setAttributeNS(_XMLNS, f"xmlns:{prefix}", _SPACES[prefix])
    description.setAttributeNS(_SPACES[prefix], f"{prefix}:{name}", value)
    rdf.appendChild(description)


def _about(document: Any) -> str:
    """What the photo's own descriptions say that they are about: all must say the same."""
    return next((str(one.getAttributeNS(_RDF, "about")) for one in _descriptions(document)), "")
