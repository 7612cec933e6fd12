"""Files that say something about their numbers outside of TIFF, files that are hurt beside their pixels, and plugins'.

As in `photo_corpus`, what is right is worked out from the formats' definitions.
"""

import io
import struct
import zlib
from collections.abc import Iterator
from typing import Any

import imagecodecs
import numpy as np
import pillow_heif
from cases.photo_corpus import (
    ADOBE,
    BLUE,
    GRAYS,
    GREEN,
    HEIGHT,
    RED,
    WIDTH,
    YELLOW,
    Case,
    adobe_level,
    encoded,
    exif,
    gray,
    noise,
    p3_level,
    png,
    png_chunk,
    png_rows,
    quarters,
    srgb_icc,
    srgb_level,
    with_alpha,
)
from PIL import Image

_COLOR, _GRAY = np.asarray(quarters()), np.asarray(gray())
_NARROW: dict[str, Any] = {"mode": "L", "corners": GRAYS[:2], "tolerance": 0, "format": "PNG"}
_CONVERTED = ("converted from the profile",)


def colours_of_png() -> Iterator[Case]:
    def gamma(value: float) -> tuple[bytes, bytes]:
        return b"gAMA", struct.pack(">I", round(value * 100000))

    def primaries(*values: float) -> tuple[bytes, bytes]:
        return b"cHRM", struct.pack(">8I", *(round(value * 100000) for value in values))

    for exponent in (1.0, 1 / 1.8, 1 / 2.6):
        levels = tuple(srgb_level((level / 255) ** (1 / exponent)) for level in GRAYS[:2])
        data = png(WIDTH, HEIGHT, 8, 0, png_rows(_GRAY), gamma(exponent))
        expected: dict[str, Any] = {**_NARROW, "corners": levels, "tolerance": 2, "profile": "srgb"}
        yield Case(f"gamma {exponent:.2f}.png", data, notes=_CONVERTED, **expected)
        colors = tuple(tuple(srgb_level((v / 255) ** (1 / exponent)) for v in color) for color in (RED, GREEN))
        data = png(WIDTH, HEIGHT, 8, 2, png_rows(_COLOR), gamma(exponent))
        expected = {"corners": colors, "notes": _CONVERTED, "profile": "srgb", "format": "PNG"}
        yield Case(f"gamma {exponent:.2f} colour.png", data, **expected)
    for name, chunks in (
        ("of sRGB", [gamma(1 / 2.2)]), ("nonsense", [gamma(0)]), ("beside sRGB", [(b"sRGB", b"\0"), gamma(1)]),
        ("of sRGB and primaries", [gamma(1 / 2.2), primaries(0.3127, 0.329, 0.64, 0.33, 0.3, 0.6, 0.15, 0.06)]),
        ("beside cICP", [(b"cICP", bytes([1, 13, 0, 1])), gamma(1)]),
    ):  # fmt: skip
        yield Case(f"gamma {name}.png", png(WIDTH, HEIGHT, 8, 2, png_rows(_COLOR), *chunks), tolerance=0)
    wide = tuple(p3_level(color) for color in (RED, GREEN))
    expected = {"corners": wide, "notes": _CONVERTED, "profile": "srgb", "tolerance": 3}
    data = png(WIDTH, HEIGHT, 8, 2, png_rows(_COLOR), (b"cICP", bytes([12, 13, 0, 1])))
    yield Case("cicp of P3.png", data, **expected)
    for transfer, words in ((16, "HDR picture (PQ)"), (18, "HDR picture (HLG)")):
        data = png(WIDTH, HEIGHT, 8, 2, png_rows(_COLOR), (b"cICP", bytes([9, transfer, 0, 1])))
        yield Case(f"cicp {transfer}.png", data, error=words)


def colours_of_others() -> Iterator[Case]:
    in_adobe = tuple(adobe_level(color) for color in (RED, YELLOW))
    by_adobe: dict[str, Any] = {"corners": in_adobe, "notes": _CONVERTED, "profile": "srgb", "tolerance": 4}
    picture = quarters((RED, YELLOW, BLUE, GREEN))
    tags = Image.Exif()
    tags[271], tags[0x8769] = "Leica", {40961: 65535, 40965: {1: "R03"}}
    jpeg = encoded(picture, "JPEG", quality=95, subsampling=0, exif=tags.tobytes())
    yield Case("camera in adobe.jpg", jpeg, format="JPEG", **{**by_adobe, "tolerance": 8})
    tags[0x8769] = {40961: 1, 40965: {1: "R98"}}
    jpeg = encoded(picture, "JPEG", quality=95, subsampling=0, exif=tags.tobytes())
    yield Case("camera in srgb.jpg", jpeg, corners=(RED, YELLOW), tolerance=6)
    jp2 = encoded(picture, "JPEG2000")
    yield Case("profile.jp2", with_colour_box(jp2, b"\2\0\0" + ADOBE), **by_adobe)
    yield Case("lab.jp2", with_colour_box(jp2, b"\1\0\0" + (14).to_bytes(4, "big")), error="EnumCS 14")
    four = encoded(with_alpha(quarters(), 9, 9), "JPEG2000")
    yield Case("alpha.jp2", four, alpha=(9, 9), tolerance=0)
    unspecified = four.replace(struct.pack(">3H", 3, 1, 0), struct.pack(">3H", 3, 65535, 65535))
    yield Case("fourth channel.jp2", unspecified, tolerance=0, notes=("is no transparency",))


def with_colour_box(jp2: bytes, content: bytes) -> bytes:
    """A JP2 whose colours are said otherwise."""
    place = jp2.index(b"colr") - 4
    length = int.from_bytes(jp2[place : place + 4], "big")
    box = struct.pack(">I4s", 8 + len(content), b"colr") + content
    start = jp2.index(b"jp2h") - 4
    header = int.from_bytes(jp2[start : start + 4], "big") + len(box) - length
    return jp2[:start] + struct.pack(">I", header) + jp2[start + 4 : place] + box + jp2[place + length :]


def hurt_beside_the_pixels() -> Iterator[Case]:
    def whole(*extra: tuple[bytes, bytes], after: tuple[bytes, bytes] | None = None) -> bytes:
        data = png(WIDTH, HEIGHT, 8, 2, png_rows(_COLOR), *extra)
        return data if after is None else data[:-12] + png_chunk(*after) + data[-12:]

    long = zlib.compress(b"history " * 200_000)
    too_long = ("a text of more than a megabyte",)
    for name, chunk in (
        ("zTXt", (b"zTXt", b"Comment\0\0" + long)),
        ("iTXt", (b"iTXt", b"XML:com.adobe.xmp\0\1\0\0\0" + long)),
    ):
        yield Case(f"long {name}.png", whole(chunk), notes=too_long, tolerance=0)
        yield Case(f"long {name} behind.png", whole(after=chunk), notes=too_long, tolerance=0)
    filled = bytearray(srgb_icc() + np.random.default_rng(0).bytes(1_500_000))
    filled[:4] = len(filled).to_bytes(4, "big")
    data = whole((b"iCCP", b"x\0\0" + zlib.compress(bytes(filled))))
    yield Case("long profile.png", data, tolerance=0, profile="any")
    hurt = whole((b"tEXt", b"Title\0Market square"))
    place = hurt.index(b"Market")
    damaged = ("a damaged part beside the pixels (tEXt)",)
    yield Case("hurt text.png", hurt[:place] + b"m" + hurt[place + 1 :], notes=damaged, tolerance=0)
    place = hurt.index(b"IDAT") - 4
    end = place + 8 + int.from_bytes(hurt[place : place + 4], "big")
    checksum = hurt[:end] + bytes(4) + hurt[end + 4 :]
    yield Case("hurt checksum of pixels.png", checksum, tolerance=0)
    hurt_pixels = bytearray(hurt)
    hurt_pixels[place + 8 + 20] ^= 255
    yield Case("hurt pixels.png", bytes(hurt_pixels), error="damaged")
    header = bytearray(hurt)
    header[29] ^= 255  # IHDR's checksum
    yield Case("hurt header.png", bytes(header), error="damaged")
    for kind, options in (("baseline", {}), ("progressive", {"progressive": True})):
        data = encoded(quarters(), "JPEG", quality=95, subsampling=0, **options)
        for missing in (1, 2):
            name = f"{kind} without its last {missing}.jpg"
            yield Case(name, data[:-missing], notes=("end was missing",), tolerance=6)
        scans = encoded(noise(), "JPEG", quality=95, **options)
        yield Case(f"{kind} without pixels.jpg", scans[:-60], error="damaged")
    jp2 = encoded(quarters(), "JPEG2000")
    for missing in (1, 2):
        yield Case(f"without its last {missing}.jp2", jp2[:-missing], notes=("end was missing",), tolerance=0)
    tiles = encoded(noise(size=(96, 80)), "JPEG2000", tile_size=(32, 32))
    last = tiles.rindex(b"\xff\x90")
    yield Case("without its last tile.jp2", tiles[:last] + b"\xff\xd9", error="parts of its pixels are missing")
    yield Case("within its last tile.jp2", tiles[: last + 30], error="damaged")
    progressive = encoded(noise(), "JPEG", progressive=True)
    coarse = progressive[: progressive.rindex(b"\xff\xda")]  # every scan but the last is whole
    yield Case("without its last scan.jpg", coarse, error="damaged")


def meaningless_alpha() -> Iterator[Case]:
    hides = ("would hide the whole picture",)
    empty = with_alpha(quarters(), 0, 0)
    for kind, options in (("PNG", {}), ("TIFF", {}), ("WEBP", {"lossless": True, "exact": True}), ("TGA", {})):
        yield Case(f"hidden.{kind.lower()}", encoded(empty, kind, **options), notes=hides, tolerance=0, format=kind)
    tga = bytearray(encoded(with_alpha(quarters(), 9, 9), "TGA"))
    tga[17] &= 0xF0  # no bits of transparency, its header says
    yield Case("opaque.tga", bytes(tga), tolerance=0, format="TGA", notes=("is no transparency",))
    pixels = np.dstack([_COLOR[::-1, :, ::-1], np.full((HEIGHT, WIDTH), 0, np.uint8)]).tobytes()
    header = struct.pack("<IiiHHIIiiII", 40, WIDTH, HEIGHT, 1, 32, 0, len(pixels), 0, 0, 0, 0)
    bmp = b"BM" + struct.pack("<IHHI", 54 + len(pixels), 0, 0, 54) + header + pixels
    yield Case("32 bits.bmp", bmp, tolerance=0, format="BMP")


def deep_formats() -> Iterator[Case]:
    for bits in (9, 12, 16):
        top = 2**bits - 1
        color, levels = (np.rint(values / 255 * top).astype(np.uint16) for values in (_COLOR, _GRAY))
        options: dict[str, Any] = {"level": 0, "bitspersample": bits}
        note = (f"{bits} bits a channel became 8",)
        yield Case(f"colour {bits}.jp2", imagecodecs.jpeg2k_encode(color, **options), notes=note, tolerance=1)
        stream = imagecodecs.jpeg2k_encode(levels, codecformat="j2k", **options)
        yield Case(f"gray {bits}.j2k", stream, mode="L", corners=GRAYS[:2], tolerance=1, notes=("gray became 8-bit",))
        pair = np.dstack([levels, np.full_like(levels, top)])
        opaque = imagecodecs.jpeg2k_encode(pair, **options)
        l_case: dict[str, Any] = {"mode": "L", "corners": GRAYS[:2], "tolerance": 1, "alpha": (255, 255)}
        yield Case(f"gray and alpha {bits}.jp2", opaque, notes=("gray became 8-bit",), **l_case)
    for bits in (1, 2, 4):
        low, high = 0, 2**bits - 1
        two = np.where(np.arange(WIDTH) < WIDTH // 2, low, high).astype(np.uint8)[None].repeat(HEIGHT, 0)
        shallow = imagecodecs.jpeg2k_encode(two, level=0, bitspersample=bits)
        yield Case(f"gray {bits}.jp2", shallow, mode="L", corners=(0, 255), tolerance=0)
        shallow = imagecodecs.jpeg2k_encode(np.stack([two] * 3, -1), level=0, bitspersample=bits)
        yield Case(f"colour {bits}.jp2", shallow, corners=((0,) * 3, (255,) * 3), tolerance=0)
    white = np.full((HEIGHT, WIDTH, 3), 65535, np.uint16)
    paper = {"corners": ((255, 255, 255),) * 2, "notes": ("16 bits a channel",), "tolerance": 0}
    yield Case("white.jp2", imagecodecs.jpeg2k_encode(white, level=0), **paper)
    for top in (15, 1023, 4095):
        values = np.rint(_GRAY / 255 * top)
        corners = tuple(round(value * 255 / top) for value in (values[0, 0], values[0, -1]))
        data = values.astype(">u2" if top > 255 else "u1").tobytes()
        notes = ("16-bit gray",) if top > 255 else ()
        pgm = b"P5 %d %d %d\n" % (WIDTH, HEIGHT, top) + data
        yield Case(f"up to {top}.pgm", pgm, mode="L", corners=corners, tolerance=1, notes=notes)


def by_plugins() -> Iterator[Case]:
    upper = {
        1: (RED, GREEN), 2: (GREEN, RED), 3: (YELLOW, BLUE), 4: (BLUE, YELLOW),
        5: (RED, BLUE), 6: (BLUE, RED), 7: (YELLOW, GREEN), 8: (GREEN, YELLOW),
    }  # fmt: skip
    twice = quarters().resize((2 * WIDTH, 2 * HEIGHT), Image.Resampling.NEAREST)
    for turn in (1, 3, 6, 8):
        size = (2 * WIDTH, 2 * HEIGHT) if turn < 5 else (2 * HEIGHT, 2 * WIDTH)
        said: dict[str, Any] = {"size": size, "corners": upper[turn], "tolerance": 6}
        tags = exif(t274=turn, t271="Leica")
        file = io.BytesIO()
        pillow_heif.from_pillow(twice).save(file, quality=95, exif=tags)
        yield Case(f"turned {turn}.heic", file.getvalue(), format="HEIF", **said)
        jpeg = encoded(twice, "JPEG", quality=95, subsampling=0, exif=tags)
        jxl = imagecodecs.jpegxl_encode_jpeg(jpeg, usecontainer=True)
        yield Case(f"turned {turn} jpeg.jxl", jxl, format="JXL", profile="any", **said)
        # Without what brings the JPEG back: turned by the codestream itself. EXIF must not turn it again.
        boxes = b"".join(box for kind, box in _boxes(jxl) if kind != b"jbrd")
        named = boxes + struct.pack(">I4sI", len(tags) - 6 + 12, b"Exif", 0) + tags[6:]
        yield Case(f"turned {turn} once.jxl", named, format="JXL", profile="any", **said)
    sixteen = np.rint(_GRAY / 255 * 65535).astype(np.uint16)
    deep = imagecodecs.jpegxl_encode(sixteen, lossless=True)
    light = {"mode": "L", "corners": tuple(srgb_level(level / 255) for level in GRAYS[:2]), "tolerance": 2}  # linear
    yield Case("16.jxl", deep, profile="srgb", notes=("16-bit gray", *_CONVERTED), format="JXL", **light)
    bomb = b"\xff\x0a" + (0b11_0 | (2**30 - 1) << 3).to_bytes(5, "little") + bytes(40)
    yield Case("bomb.jxl", bomb, error="megapixels")
    yield Case("cut.jxl", deep[:40], error="damaged")
    file = io.BytesIO()
    pillow_heif.from_pillow(noise()).save(file)
    yield Case("cut.heic", file.getvalue()[:-300], error="damaged")
    hdr = file.getvalue().replace(b"colrnclx\0\1\0\x0d", b"colrnclx\0\x09\0\x10")
    yield Case("hdr.heic", hdr, error="HDR picture (PQ)")


def _boxes(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    while data:
        length = int.from_bytes(data[:4], "big") or len(data)
        yield data[4:8], data[:length]
        data = data[length:]


def refused() -> Iterator[Case]:
    def psd(depth: int, version: int = 1) -> bytes:
        return b"8BPS" + struct.pack(">H6sHIIHH", version, bytes(6), 1, 16, 32, depth, 1) + bytes(14) + bytes(4096)

    for name, data, words in (
        ("deep.psd", psd(16), "a Photoshop file of 16 bits a channel"), ("large.psb", psd(8, 2), "a PSB"),
        ("photo.jxr", b"II\xbc\1" + bytes(60), "a JPEG XR photo"),
        ("scene.exr", b"\x76\x2f\x31\1" + bytes(60), "OpenEXR"),
        ("scene.hdr", b"#?RADIANCE\n" + bytes(60), "Radiance"), ("work.xcf", b"gimp xcf v011" + bytes(60), "GIMP"),
        ("book.djvu", b"AT&TFORM" + bytes(60), "DjVu"), ("scan.pam", b"P7\nWIDTH 8\n" + bytes(60), "a PAM"),
        ("sky.fits", b"SIMPLE  =                    T".ljust(2880), "is FITS"),
    ):  # fmt: skip
        yield Case(name, data, error=words)


def statement_corpus() -> list[Case]:
    """All cases."""
    sources = (
        colours_of_png, colours_of_others, hurt_beside_the_pixels, meaningless_alpha, deep_formats, by_plugins, refused,
    )  # fmt: skip
    return [case for source in sources for case in source()]
