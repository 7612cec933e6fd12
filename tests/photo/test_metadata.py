"""What archives have written into files: it stays, is true of the result, or a note names it."""

import io
import struct
from typing import Any
from xml.etree import ElementTree

import imagecodecs
import numpy as np
import pillow_heif
import pytest
import tifffile
from cases.photo_corpus import GREEN, encoded, exif, gray, png_chunk, quarters, with_alpha
from PIL import Image, ImageCms, PngImagePlugin, TiffImagePlugin

from colorgan.photo import Photo, open_photo, save_photo

DESCRIPTION = "Colorized by colorgan 0.1.0, model m: the colours are a guess"
TIFF, XMP, EXT = (
    "http://ns.adobe.com/tiff/1.0/",
    "http://ns.adobe.com/xap/1.0/",
    "http://iptc.org/std/Iptc4xmpExt/2008-02-29/",
)
RDF, DC, EXIF = (
    "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "http://purl.org/dc/elements/1.1/",
    "http://ns.adobe.com/exif/1.0/",
)
MARK = "http://cv.iptc.org/newscodes/digitalsourcetype/algorithmicallyEnhanced"
PACKET = f"""<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/">
<r:RDF xmlns:r="{RDF}"><r:Description r:about="uuid:7" xmlns:t="{TIFF}" xmlns:xmp="{XMP}" xmlns:dc="{DC}"
 t:Orientation="6" t:ImageWidth="32" t:Compression="1" xmp:CreatorTool="ScanTool 3" xmp:Rating="4">
<dc:description><r:Alt><r:li xml:lang="x-default">Großmutter am Markt</r:li></r:Alt></dc:description>
<xmp:Thumbnails><r:Alt><r:li>SMALL</r:li></r:Alt></xmp:Thumbnails></r:Description>
<r:Description r:about="uuid:7" xmlns:e="{EXIF}" xmlns:i="{EXT}"><e:PixelXDimension>32</e:PixelXDimension>
<i:DigitalSourceType>http://cv.iptc.org/newscodes/digitalsourcetype/print</i:DigitalSourceType></r:Description>
</r:RDF></x:xmpmeta><?xpacket end="w"?>""".encode()
CAPTION = b"Marktplatz, 1908"
IPTC = b"\x1c\x02\x78" + struct.pack(">H", len(CAPTION)) + CAPTION + b"\x1c\x02\x50\0\x07M\xc3\xbcller"
RESOURCES = (
    b"8BIM\x04\x0b\x03url\0\0\0\x04http"
    + b"8BIM"
    + struct.pack(">HHI", 0x0404, 0, len(IPTC))
    + IPTC
    + bytes(len(IPTC) % 2)
)


def opened(data: bytes) -> Photo:
    return open_photo(io.BytesIO(data))


def saved(photo: Photo, kind: str, description: str | None = DESCRIPTION) -> tuple[bytes, tuple[str, ...]]:
    file = io.BytesIO()
    notes = save_photo(photo.image.convert("RGB"), file, photo, format=kind, description=description)
    return file.getvalue(), notes


def jpeg(**options: Any) -> bytes:
    data = encoded(quarters(), "JPEG", quality=95, subsampling=0, **options)
    block = b"Photoshop 3.0\0" + RESOURCES
    comments = b"".join(b"\xff\xfe" + struct.pack(">H", len(one) + 2) + one for one in (b"BOX TWELVE", b"na\xefve"))
    return data[:2] + b"\xff\xed" + struct.pack(">H", len(block) + 2) + block + comments + data[2:]


def png() -> bytes:
    texts = PngImagePlugin.PngInfo()
    texts.add_itxt("XML:com.adobe.xmp", PACKET.decode(), zip=True)
    texts.add_text("Title", "Market square")
    texts.add_itxt("Author", "Müller", "de", "Autor")
    texts.add_text("Comment", "BOX TWELVE", zip=True)
    data = encoded(quarters(), "PNG", pnginfo=texts)
    hexed = "\nIPTC profile\n" + f"{len(RESOURCES):8}\n" + RESOURCES.hex() + "\n"
    behind = png_chunk(b"tEXt", b"Raw profile type iptc\0" + hexed.encode()) + png_chunk(b"tEXt", b"Source\0Box 12")
    return data[:-12] + behind + data[-12:]


def tiff(**tags: tuple[int, Any]) -> bytes:
    directory = TiffImagePlugin.ImageFileDirectory_v2()
    for name, (kind, value) in ({"t700": (1, PACKET), "t33723": (7, IPTC)} | tags).items():
        directory[int(name[1:])], directory.tagtype[int(name[1:])] = value, kind
    return encoded(quarters(), "TIFF", tiffinfo=directory)


SOURCES = {
    "JPEG": lambda: jpeg(xmp=PACKET),
    "PNG": png,
    "TIFF": tiff,
    "WEBP": lambda: encoded(quarters(), "WEBP", xmp=PACKET, lossless=True),
    "AVIF": lambda: encoded(quarters(), "AVIF", xmp=PACKET, quality=95),
}


def properties(packet: bytes) -> dict[str, str]:
    """The photo's own properties, attributes and simple elements alike."""
    found: dict[str, str] = {}
    for description in ElementTree.fromstring(packet.decode()).iter(f"{{{RDF}}}Description"):
        assert description.get(f"{{{RDF}}}about") in ("uuid:7", "")
        pairs = [*description.attrib.items(), *((one.tag, one.text or "") for one in description)]
        for name, value in pairs:
            if name != f"{{{RDF}}}about":
                assert name not in found, f"said twice: {name}"
                found[name] = value
    return found


def xmp_of(data: bytes) -> bytes:
    image = Image.open(io.BytesIO(data))
    image.load()
    packet = image.info["xmp"]
    return packet if isinstance(packet, bytes) else packet.encode()


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("kind", SOURCES)
def test_xmp_stays_and_is_made_true(source: str, kind: str) -> None:
    photo = opened(SOURCES[source]())
    data, _ = saved(photo, kind)
    packet = xmp_of(data)
    assert "Großmutter am Markt".encode() in packet and b"SMALL" not in packet
    said = properties(packet)
    width, height = photo.size
    assert said[f"{{{TIFF}}}Orientation"] == "1" and f"{{{TIFF}}}Compression" not in said
    assert (said[f"{{{TIFF}}}ImageWidth"], said[f"{{{EXIF}}}PixelXDimension"]) == (str(width), str(width))
    assert said[f"{{{XMP}}}CreatorTool"] == DESCRIPTION and said[f"{{{XMP}}}Rating"] == "4"
    assert said[f"{{{EXT}}}DigitalSourceType"] == MARK
    again = opened(data)
    assert again.size == (width, height) and again.notes == ()  # not turned a second time
    assert properties(xmp_of(saved(again, kind)[0])) == said


def test_without_a_description_nothing_is_said_of_the_colours() -> None:
    said = properties(xmp_of(saved(opened(jpeg(xmp=PACKET)), "JPEG", None)[0]))
    assert said[f"{{{XMP}}}CreatorTool"] == "ScanTool 3" and said[f"{{{TIFF}}}Orientation"] == "1"
    assert said[f"{{{EXT}}}DigitalSourceType"].endswith("/print")
    assert "xmp" not in Image.open(io.BytesIO(saved(opened(encoded(gray(), "PNG")), "JPEG", None)[0])).info


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "AVIF", "TIFF"])
def test_results_say_that_their_colours_are_generated(kind: str) -> None:
    data, notes = saved(opened(encoded(gray(), "PNG")), kind)
    assert notes == ()
    assert properties(xmp_of(data)) == {f"{{{XMP}}}CreatorTool": DESCRIPTION, f"{{{EXT}}}DigitalSourceType": MARK}


@pytest.mark.parametrize("source", ["JPEG", "PNG", "TIFF"])
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF"])
def test_iptc_stays(source: str, kind: str) -> None:
    photo = opened(SOURCES[source]())
    assert photo.metadata.iptc == IPTC
    data, notes = saved(photo, kind)
    assert not any("IPTC" in note for note in notes)
    image = Image.open(io.BytesIO(data))
    if kind == "JPEG":
        assert image.info["photoshop"][0x0404] == IPTC
    elif kind == "TIFF":
        assert image.tag_v2[33723] == IPTC
    else:
        image.load()
        name, length, *digits = image.text["Raw profile type iptc"].split()
        assert name == "iptc" and len(bytes.fromhex("".join(digits))) == int(length)
        assert IPTC in bytes.fromhex("".join(digits))
    assert opened(data).metadata.iptc == IPTC


@pytest.mark.parametrize("order", ["<", ">"])
def test_iptc_written_as_longs_and_in_photoshops_block(order: str) -> None:
    filled = IPTC + bytes(-len(IPTC) % 4)
    values = np.full((16, 32), 30000, np.uint16)
    for photometric in ("minisblack", "miniswhite"):  # by Pillow, by tifffile
        for tag in (
            (33723, "I", len(filled) // 4, struct.unpack(f"{order}{len(filled) // 4}I", filled), True),
            (34377, "B", len(RESOURCES), RESOURCES, True),
        ):
            file = io.BytesIO()
            xmp = (700, "B", len(PACKET), PACKET, True)
            tifffile.imwrite(file, values, photometric=photometric, byteorder=order, extratags=[tag, xmp])
            metadata = opened(file.getvalue()).metadata
            assert metadata.iptc.rstrip(b"\0") == IPTC and "Großmutter".encode() in metadata.xmp


def test_comments_and_texts_stay() -> None:
    data, notes = saved(opened(jpeg()), "JPEG")
    comments = [content for marker, content in Image.open(io.BytesIO(data)).applist if marker == "COM"]
    assert comments == [b"BOX TWELVE", b"na\xefve"] and notes == ()
    data, notes = saved(opened(png()), "PNG")
    image = Image.open(io.BytesIO(data))
    image.load()
    assert notes == () and image.text["Title"] == "Market square" and image.text["Source"] == "Box 12"
    assert image.text["Comment"] == "BOX TWELVE" and image.text["Software"] == DESCRIPTION
    assert image.text["Author"] == "Müller" and (image.text["Author"].lang, image.text["Author"].tkey) == (
        "de",
        "Autor",
    )
    assert Image.open(io.BytesIO(saved(opened(png()), "JPEG")[0])).info["comment"] == b"BOX TWELVE"
    from_jpeg = Image.open(io.BytesIO(saved(opened(jpeg()), "PNG")[0]))
    from_jpeg.load()
    assert from_jpeg.text["Comment"] == "BOX TWELVE\nna\ufffdve"
    film = encoded(quarters(), "GIF", comment=b"BOX TWELVE")
    assert (
        Image.open(io.BytesIO(saved(opened(film), "GIF")[0])).info["comment"] == b"BOX TWELVE\n" + DESCRIPTION.encode()
    )


def test_the_owners_description_in_a_png_stays() -> None:
    texts = PngImagePlugin.PngInfo()
    texts.add_text("Description", "Grandma, 1932")
    texts.add_text("Software", "ScanTool 3")
    image = Image.open(io.BytesIO(saved(opened(encoded(gray(), "PNG", pnginfo=texts)), "PNG")[0]))
    image.load()
    assert (image.text["Description"], image.text["Software"]) == ("Grandma, 1932", DESCRIPTION)


def test_what_a_format_cannot_hold_is_named() -> None:
    assert saved(opened(png()), "WEBP")[1] == (
        "WEBP has no place for IPTC: it was left out",
        "WEBP has no place for comments: they were left out",
        "WEBP has no place for PNG's texts: left out are Title, Author, Source",
    )
    assert saved(opened(jpeg(xmp=PACKET, exif=exif(t271="Leica"))), "BMP")[1] == (
        "BMP has no place for EXIF: it was left out",
        "BMP has no place for XMP: it was left out",
        "BMP has no place for IPTC: it was left out",
        "BMP has no place for comments: they were left out",
    )
    assert saved(opened(encoded(with_alpha(quarters()), "PNG")), "JPEG")[1] == (
        "JPEG has no transparency: the picture was laid on white",
    )
    assert saved(opened(encoded(gray(), "BMP")), "BMP")[1] == ()
    long = PACKET.replace(b"SMALL", b"").replace(b"Markt", b"Markt" * 20_000)
    assert saved(opened(encoded(quarters(), "PNG", pnginfo=xmp_text(long))), "JPEG")[1] == (
        "its XMP is too long for a JPEG: it was left out",
    )


def xmp_text(packet: bytes) -> PngImagePlugin.PngInfo:
    texts = PngImagePlugin.PngInfo()
    texts.add_itxt("XML:com.adobe.xmp", packet.decode(), zip=True)
    return texts


@pytest.mark.parametrize(
    "packet",
    [
        b"<x:xmpmeta",
        b"not XML at all",
        b'<a xmlns="b"/>',
        PACKET.replace(b"</r:RDF>", b""),
        b'<!DOCTYPE x [<!ENTITY a "aaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>' + PACKET,
    ],
)
def test_broken_xmp_is_dropped_with_a_note(packet: bytes) -> None:
    photo = opened(encoded(quarters(), "JPEG", xmp=packet))
    assert photo.metadata.xmp == b"" and len(photo.notes) == 1 and "XMP is broken" in photo.notes[0]
    assert properties(xmp_of(saved(photo, "JPEG")[0]))[f"{{{EXT}}}DigitalSourceType"] == MARK


def test_the_extended_part_of_xmp_is_named() -> None:
    data = jpeg(xmp=PACKET.replace(b'xmp:Rating="4"', b'xmlns:n="http://ns.adobe.com/xmp/note/" n:HasExtendedXMP="1"'))
    block = b"http://ns.adobe.com/xmp/extension/\0" + bytes(60)
    photo = opened(data[:2] + b"\xff\xe1" + struct.pack(">H", len(block) + 2) + block + data[2:])
    assert photo.notes == ("the extended part of its XMP was left out",)
    assert b"HasExtendedXMP" not in photo.metadata.xmp


def test_jpeg_2000_keeps_exif_and_xmp_in_boxes() -> None:
    photo = opened(jpeg(xmp=PACKET, exif=exif(t271="Leica", t315="Müller".encode(), t274=6)))
    data, notes = saved(photo, "JPEG2000")
    assert notes == (
        "JPEG2000 has no place for IPTC: it was left out",
        "JPEG2000 has no place for comments: they were left out",
    )
    boxes, place = {}, 0
    while place < len(data):
        length, kind = struct.unpack_from(">I4s", data, place)
        if kind == b"uuid":
            boxes[data[place + 8 : place + 24]] = data[place + 24 : place + length]
        assert length >= 8
        place += length
    tags = Image.Exif()
    tags.load(boxes[b"JpgTiffExif->JP2"])
    assert (tags[271], tags[274]) == ("Leica", 1)
    said = properties(boxes[bytes.fromhex("BE7ACFCB97A942E89C71999491E3AFAC")])
    assert said[f"{{{EXT}}}DigitalSourceType"] == MARK
    again = opened(data)
    assert again.notes == () and again.size == photo.size
    assert again.image.tobytes() == photo.image.tobytes()
    tags.load(again.exif)
    assert tags[271] == "Leica" and properties(again.metadata.xmp) == said


def test_jpeg_xl_and_heic_keep_what_they_say() -> None:
    tags = exif(t271="Leica", t274=6)
    jpeg_xl = imagecodecs.jpegxl_encode(np.asarray(quarters()), lossless=True, usecontainer=True)
    for boxes in (
        ((b"Exif", bytes(4) + tags[6:]), (b"xml ", PACKET)),
        (
            (b"brob", b"Exif" + imagecodecs.brotli_encode(bytes(4) + tags[6:])),
            (b"brob", b"xml " + imagecodecs.brotli_encode(PACKET)),
        ),
    ):
        data = jpeg_xl + b"".join(struct.pack(">I4s", 8 + len(content), kind) + content for kind, content in boxes)
        photo = opened(data)
        found = Image.Exif()
        found.load(photo.exif)
        assert found[271] == "Leica" and "Großmutter".encode() in photo.metadata.xmp and photo.notes == ()
        assert properties(xmp_of(saved(photo, "JPEG")[0]))[f"{{{EXT}}}DigitalSourceType"] == MARK
    bomb = b"xml " + imagecodecs.brotli_encode(bytes(1 << 25))
    photo = opened(jpeg_xl + struct.pack(">I4s", 8 + len(bomb), b"brob") + bomb)
    assert photo.notes == ("its packed EXIF or XMP is broken, or too long, and was left out",)
    file = io.BytesIO()
    upright = PACKET.replace(b't:Orientation="6"', b"")
    pillow_heif.from_pillow(quarters().resize((64, 64))).save(file, quality=95, exif=tags, xmp=upright)
    photo = opened(file.getvalue())
    found.load(photo.exif)
    assert found[271] == "Leica" and "Großmutter".encode() in photo.metadata.xmp


def test_a_photoshop_file_keeps_what_its_resources_say() -> None:
    resources = RESOURCES + b"8BIM" + struct.pack(">HHI", 0x0424, 0, len(PACKET)) + PACKET + bytes(len(PACKET) % 2)
    head = b"8BPS" + struct.pack(">H6sHIIHH", 1, bytes(6), 1, 16, 32, 8, 1) + bytes(4)
    psd = head + struct.pack(">I", len(resources)) + resources + bytes(4) + bytes(2) + gray().tobytes()
    photo = opened(psd)
    assert photo.metadata.iptc == IPTC and "Großmutter".encode() in photo.metadata.xmp


def test_a_photo_of_someone_elses_making_may_hold_anything() -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    photo = opened(encoded(quarters(), "PNG", icc_profile=profile))
    assert photo.metadata == type(photo.metadata)()
    assert opened(saved(photo, "PNG")[0]).image.getpixel((31, 0)) == GREEN
