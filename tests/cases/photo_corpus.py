"""Odd and hostile image files, made by code, each with what must come of it.

The picture in nearly all of them is 32 x 16 with four flat quarters (aligned to JPEG's blocks, so that lossy formats
keep them), or noise where a file has to be long enough to be cut. Sizes, orientations and corners are stated by hand
from the formats' definitions, never computed by the code under test.
"""

import functools
import io
import struct
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from PIL import Image, ImageCms, PngImagePlugin

WIDTH, HEIGHT = 32, 16
RED, GREEN, BLUE, YELLOW = (200, 30, 40), (40, 180, 60), (30, 50, 190), (220, 200, 40)
GRAYS = (20, 90, 160, 230)
Corner = int | tuple[int, int, int]
PngInfo = PngImagePlugin.PngInfo


@dataclass(frozen=True)
class Case:
    """A file and its outcome: a photo (mode, size, the two upper corners, ...) or words of the error."""

    name: str
    data: bytes = field(repr=False)
    mode: str = "RGB"
    size: tuple[int, int] = (WIDTH, HEIGHT)
    corners: tuple[Corner, Corner] = (RED, GREEN)  # top left, top right
    tolerance: int = 3
    alpha: tuple[int, int] | None = None  # top left, top right
    notes: tuple[str, ...] = ()  # exactly these, each by some of its words
    format: str | None = None
    profile: str = "none"  # none, own, srgb, any
    dpi: tuple[float, float] | None = None
    error: str = ""


def quarters(colors: tuple[Any, Any, Any, Any] = (RED, GREEN, BLUE, YELLOW), mode: str = "RGB") -> Image.Image:
    image = Image.new(mode, (WIDTH, HEIGHT), colors[0])
    half = (WIDTH // 2, HEIGHT // 2)
    for color, place in zip(colors[1:], [(half[0], 0), (0, half[1]), half], strict=True):
        image.paste(color, (*place, place[0] + half[0], place[1] + half[1]))
    return image


def gray() -> Image.Image:
    return quarters(GRAYS, "L")


def noise(mode: str = "RGB", size: tuple[int, int] = (48, 40), seed: int = 0) -> Image.Image:
    channels = Image.getmodebands(mode)
    values = np.random.default_rng(seed).integers(0, 256, (size[1], size[0], channels), np.uint8)
    return Image.fromarray(values.squeeze()) if mode == "L" else Image.frombytes(mode, size, values.tobytes())


def with_alpha(image: Image.Image, left: int = 0, right: int = 200) -> Image.Image:
    alpha = Image.new("L", image.size, left)
    alpha.paste(right, (WIDTH // 2, 0, WIDTH, HEIGHT))
    image = image.copy()
    image.putalpha(alpha)
    return image


def encoded(image: Image.Image, kind: str, **options: Any) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def exif(**tags: Any) -> bytes:
    """EXIF with tags as `t274=6`."""
    made = Image.Exif()
    for name, value in tags.items():
        made[int(name[1:])] = value
    return made.tobytes()


def png_chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width: int, height: int, depth: int, color_type: int, rows: bytes, *extra: tuple[bytes, bytes]) -> bytes:
    """A PNG that Pillow would not write: any depth, any chunk, any lie about its size."""
    header = struct.pack(">IIBBBBB", width, height, depth, color_type, 0, 0, 0)
    chunks = [(b"IHDR", header), *extra, (b"IDAT", zlib.compress(rows)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(png_chunk(kind, data) for kind, data in chunks)


def png_rows(values: np.ndarray) -> bytes:
    """(H, W, ...) values -> rows of big-endian bytes, each after filter type 0."""
    return b"".join(b"\0" + row.astype(values.dtype.newbyteorder(">")).tobytes() for row in values)


def icc(space: str, gamma: float, primaries: tuple[tuple[float, float, float], ...] = ()) -> bytes:
    """A gamma profile, gray or matrix/TRC (ICC.1:2001-04): primaries are D50 XYZ columns of r, g, b."""

    def fixed(*values: float) -> bytes:
        return struct.pack(f">{len(values)}i", *(round(value * 65536) for value in values))

    text = f"test {space.strip()}".encode() + b"\0"
    description = b"desc\0\0\0\0" + struct.pack(">I", len(text)) + text + bytes(78)
    tags = {b"desc": description, b"wtpt": b"XYZ \0\0\0\0" + fixed(0.9642, 1.0, 0.8249)}
    curve = b"curv\0\0\0\0" + struct.pack(">IH", 1, round(gamma * 256))
    if space == "GRAY":
        tags[b"kTRC"] = curve
    for letter, primary in zip(b"rgb", primaries, strict=False):
        tags[bytes([letter]) + b"XYZ"] = b"XYZ \0\0\0\0" + fixed(*primary)
        tags[bytes([letter]) + b"TRC"] = curve
    return icc_file(space, b"XYZ ", b"mntr", tags)


def icc_cmyk() -> bytes:
    """A CMYK profile whose table knows two levels of each ink: white without ink, L* 15 with any, a* and b* 0.

    Its black is as gray as newsprint's: black point compensation makes it black.
    """
    nodes = np.array([(0.15 if max(c, m, y, k) else 1) for c in (0, 1) for m in (0, 1) for y in (0, 1) for k in (0, 1)])
    lab = np.stack([nodes * 255, np.full(16, 128), np.full(16, 128)], 1).astype(np.uint8)
    ramp = bytes(range(256))
    matrix = struct.pack(">9i", *(65536 if i % 4 == 0 else 0 for i in range(9)))
    table = b"mft1\0\0\0\0" + bytes([4, 3, 2, 0]) + matrix + ramp * 4 + lab.tobytes() + ramp * 3
    text = b"test CMYK\0"
    tags = {
        b"desc": b"desc\0\0\0\0" + struct.pack(">I", len(text)) + text + bytes(78),
        b"wtpt": b"XYZ \0\0\0\0" + struct.pack(">3i", 63190, 65536, 54061),
        b"A2B0": table,
        b"A2B1": table,  # for relative colorimetry, which LittleCMS compensates only where a profile has it
    }
    return icc_file("CMYK", b"Lab ", b"scnr", tags)


def icc_file(space: str, connection: bytes, kind: bytes, tags: dict[bytes, bytes]) -> bytes:
    directory, body, start = b"", b"", 128 + 4 + 12 * len(tags)
    for name, data in tags.items():
        directory += struct.pack(">4sII", name, start + len(body), len(data))
        body += data + bytes(-len(data) % 4)
    size = start + len(body)
    header = struct.pack(">I4sI4s4s4s", size, b"test", 0x02400000, kind, space.encode(), connection)
    header += struct.pack(">6H4s", 2020, 1, 1, 0, 0, 0, b"acsp") + bytes(28) + struct.pack(">3i", 63190, 65536, 54061)
    return header.ljust(128, b"\0") + struct.pack(">I", len(tags)) + directory + body


@functools.cache  # the profile tells the second it was made
def srgb_icc() -> bytes:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


# Adobe RGB (1998) adapted to D50, as its ICC profile says it; Bruce Lindbloom's tables have the same to 4 digits.
ADOBE = icc("RGB ", 563 / 256, ((0.60974, 0.31111, 0.01947), (0.20528, 0.62567, 0.06087), (0.14919, 0.06322, 0.74457)))


def srgb_level(linear: float) -> int:
    """IEC 61966-2-1 from linear light in [0, 1] to 0..255."""
    return round(255 * (12.92 * linear if linear <= 0.0031308 else 1.055 * linear ** (1 / 2.4) - 0.055))


# XYZ of Display P3's and sRGB's primaries under D65: SMPTE EG 432-1 and IEC 61966-2-1.
P3_TO_XYZ = np.array([[0.48657, 0.26567, 0.19822], [0.22897, 0.69174, 0.07929], [0.0, 0.04511, 1.04394]])
SRGB_TO_XYZ = np.array([[0.41239, 0.35758, 0.18048], [0.21264, 0.71517, 0.07219], [0.01933, 0.11919, 0.95053]])


def p3_level(color: tuple[int, int, int]) -> tuple[int, ...]:
    """8-bit Display P3 -> 8-bit sRGB, clipped."""
    stored = np.array(color) / 255
    light = np.where(stored <= 0.04045, stored / 12.92, ((stored + 0.055) / 1.055) ** 2.4)
    return tuple(srgb_level(value) for value in (np.linalg.inv(SRGB_TO_XYZ) @ P3_TO_XYZ @ light).clip(0, 1))


def adobe_level(color: tuple[int, int, int]) -> tuple[int, ...]:
    """8-bit Adobe RGB -> 8-bit sRGB, clipped: its gamma (1998, 4.3), then the matrix between the two D65 spaces."""
    to_srgb = np.array([[1.39836, -0.39836, 0.0], [0.0, 1.0, 0.0], [0.0, -0.04293, 1.04293]])
    return tuple(srgb_level(v) for v in (to_srgb @ (np.array(color) / 255) ** (563 / 256)).clip(0, 1))


def formats() -> Iterator[Case]:
    rgb = quarters()
    for kind, ending, options, tolerance in (
        ("JPEG", "jpg", {"quality": 95}, 6), ("JPEG", "420.jpg", {"quality": 90, "subsampling": 2}, 12),
        ("JPEG", "progressive.jpg", {"progressive": True, "quality": 95, "subsampling": 0}, 6),
        ("PNG", "png", {}, 0), ("BMP", "bmp", {}, 0), ("DIB", "dib", {}, 0), ("GIF", "gif", {}, 0),
        ("TIFF", "raw.tif", {}, 0), ("TIFF", "lzw.tif", {"compression": "tiff_lzw"}, 0),
        ("TIFF", "deflate.tiff", {"compression": "tiff_adobe_deflate"}, 0),
        ("TIFF", "packbits.tif", {"compression": "packbits"}, 0),
        ("TIFF", "jpeg.tif", {"compression": "jpeg", "quality": 95}, 12), ("WEBP", "webp", {"lossless": True}, 0),
        ("WEBP", "lossy.webp", {"quality": 90}, 16), ("AVIF", "avif", {"quality": 90}, 12), ("JPEG2000", "jp2", {}, 0),
        ("PPM", "ppm", {}, 0), ("TGA", "tga", {}, 0), ("TGA", "rle.tga", {"compression": "tga_rle"}, 0),
        ("PCX", "pcx", {}, 0), ("SGI", "sgi", {}, 0), ("QOI", "qoi", {}, 0), ("IM", "im", {}, 0), ("DDS", "dds", {}, 0),
    ):  # fmt: skip
        yield Case(f"format.{ending}", encoded(rgb, kind, **options), tolerance=tolerance, format=kind)
    square = rgb.resize((32, 32), Image.Resampling.NEAREST)
    icon = encoded(square, "ICO", sizes=[(32, 32)])
    yield Case("icon.ico", icon, size=(32, 32), tolerance=0, alpha=None, format="ICO")


def modes() -> Iterator[Case]:
    rgb, dark, light = quarters(), GRAYS[0], GRAYS[1]
    l_corners, l_case = (dark, light), {"mode": "L", "tolerance": 0}
    yield Case("gray.jpg", encoded(gray(), "JPEG", quality=95), corners=l_corners, mode="L")
    for kind in ("PNG", "TIFF", "BMP", "GIF", "PPM", "TGA"):
        yield Case(f"gray.{kind.lower()}", encoded(gray(), kind), corners=l_corners, format=kind, **l_case)
    bits = gray().point([0] * 128 + [255] * 128).transpose(Image.Transpose.ROTATE_180).convert("1")
    for kind in ("PNG", "TIFF", "BMP", "PCX", "MSP", "XBM"):
        yield Case(f"bits.{kind.lower()}", encoded(bits, kind), corners=(255, 255), **l_case)
    color_palette, gray_palette = rgb.quantize(16), gray().convert("P")
    yield Case("palette.png", encoded(color_palette, "PNG"), tolerance=2)
    yield Case("gray palette.png", encoded(gray_palette, "PNG"), corners=l_corners, **l_case)
    see_through = gray_palette.getpixel((0, 0))
    yield Case(
        "key.gif", encoded(gray_palette, "GIF", transparency=see_through), corners=l_corners, alpha=(0, 255), **l_case
    )
    hidden = gray_palette.copy()
    hidden.putpalette([255, 0, 255] + [level for level in range(1, 256) for _ in "rgb"])
    hidden.paste(0, (0, 0, 1, 1))
    magenta = encoded(hidden, "PNG", transparency=0)
    yield Case("hidden magenta.png", magenta, mode="L", corners=(105, light), tolerance=0, alpha=(0, 255))
    opacities = bytes(0 if i == color_palette.getpixel((0, 0)) else 77 for i in range(16))
    yield Case("palette alpha.png", encoded(color_palette, "PNG", transparency=opacities), tolerance=2, alpha=(0, 77))
    yield Case("palette+alpha.tif", encoded(with_alpha(color_palette), "TIFF"), tolerance=2, alpha=(0, 200))
    yield Case("gray+alpha.png", encoded(with_alpha(gray()), "PNG"), corners=l_corners, alpha=(0, 200), **l_case)
    yield Case("gray+alpha.tif", encoded(with_alpha(gray()), "TIFF"), corners=l_corners, alpha=(0, 200), **l_case)
    for kind in ("PNG", "TIFF", "TGA", "WEBP", "QOI"):
        options = {"lossless": True, "exact": True} if kind == "WEBP" else {}
        yield Case(f"alpha.{kind.lower()}", encoded(with_alpha(rgb), kind, **options), tolerance=0, alpha=(0, 200))
    yield Case("key.png", encoded(rgb, "PNG", transparency=RED), tolerance=0, alpha=(0, 255))
    yield Case("gray key.png", encoded(gray(), "PNG", transparency=light), corners=l_corners, alpha=(255, 0), **l_case)
    approximate = ("CMYK without",)
    cmyk = rgb.convert("CMYK")
    yield Case("cmyk.jpg", encoded(cmyk, "JPEG", quality=95), tolerance=8, notes=approximate)
    yield Case("cmyk.tif", encoded(cmyk, "TIFF"), tolerance=2, notes=approximate)
    yield Case("lab.tif", encoded(rgb.convert("LAB"), "TIFF"), tolerance=6)
    yield from deep_modes()


def deep_modes() -> Iterator[Case]:
    levels = np.asarray(gray()).astype(np.float64) / 255
    l_case: dict[str, Any] = {"mode": "L", "tolerance": 0, "corners": GRAYS[:2]}
    note = ("16-bit gray became 8-bit",)
    words = np.rint(levels * 65535).astype(np.uint16)
    yield Case("16 rounded.png", encoded(Image.fromarray(words - 100), "PNG"), notes=note, **l_case)
    yield Case("16.png", encoded(Image.fromarray(words), "PNG"), notes=note, **l_case)
    yield Case("16.tif", encoded(Image.fromarray(words), "TIFF"), notes=note, **l_case)
    yield Case("16 big-endian.tif", encoded(Image.fromarray(words.astype(">u2")), "TIFF"), notes=note, **l_case)
    key = (b"tRNS", struct.pack(">H", words[0, 0]))
    keyed = png(WIDTH, HEIGHT, 16, 0, png_rows(words), key)
    yield Case("16 key.png", keyed, notes=note, alpha=(0, 255), **l_case)
    whole = np.rint(levels * 65535).astype(np.int32)
    yield Case("32 of 16.tif", encoded(Image.fromarray(whole), "TIFF"), notes=note, **l_case)
    yield Case("32 of 8.tif", encoded(Image.fromarray(np.asarray(gray()).astype(np.int32)), "TIFF"), **l_case)
    wide = encoded(Image.fromarray(np.rint((levels - 0.5) * 1e6).astype(np.int32)), "TIFF")
    stretched = {"mode": "L", "tolerance": 0, "corners": (0, 85)}  # (90 - 20) / (230 - 20) of 255
    yield Case("32.tif", wide, notes=("stretched",), **stretched)
    unit = levels.astype(np.float32)
    yield Case("float.tif", encoded(Image.fromarray(unit), "TIFF"), notes=("float gray from 0 to 1",), **l_case)
    yield Case(
        "float wide.tif", encoded(Image.fromarray(unit * 7 - 3), "TIFF"), notes=("-2.45098 (black)",), **stretched
    )
    holes = unit.copy()
    holes[0, 0], holes[1, 0], holes[2, 0] = np.nan, np.inf, -np.inf
    yield Case(
        "float holes.tif", encoded(Image.fromarray(holes), "TIFF"), mode="L", corners=(0, 90),
        notes=("float gray from 0", "3 pixels that are not finite"), tolerance=0,
    )  # fmt: skip
    nothing = encoded(Image.fromarray(np.full((16, 16), np.nan, np.float32)), "TIFF")
    yield Case("float nothing.tif", nothing, error="no finite number")
    yield Case("spider.spi", encoded(Image.fromarray(unit), "SPIDER"), notes=("float gray",), **l_case)
    rgb = np.asarray(quarters()).astype(np.uint16) * 257
    note = ("16 bits a channel became 8",)
    yield Case("48.png", png(WIDTH, HEIGHT, 16, 2, png_rows(rgb)), notes=note, tolerance=0)
    alpha = np.full((HEIGHT, WIDTH, 1), 0x8080, np.uint16)
    rgba = png(WIDTH, HEIGHT, 16, 6, png_rows(np.concatenate([rgb, alpha], 2)))
    yield Case("64.png", rgba, notes=note, alpha=(128, 128), tolerance=0)
    la = png(WIDTH, HEIGHT, 16, 4, png_rows(np.concatenate([words[..., None], alpha], 2)))
    yield Case("16+16.png", la, notes=note, alpha=(128, 128), **l_case)
    key = (b"tRNS", struct.pack(">3H", *rgb[0, 0]))
    keyed = png(WIDTH, HEIGHT, 16, 2, png_rows(rgb), key)
    yield Case("48 key.png", keyed, notes=(*note, "transparent colour"), tolerance=0)


def orientations() -> Iterator[Case]:
    # EXIF 2.32, 4.6.4 A: where row 0 and column 0 of the stored picture are seen -> the upper corners seen.
    upper = {
        1: (RED, GREEN), 2: (GREEN, RED), 3: (YELLOW, BLUE), 4: (BLUE, YELLOW),
        5: (RED, BLUE), 6: (BLUE, RED), 7: (YELLOW, GREEN), 8: (GREEN, YELLOW),
    }  # fmt: skip
    rgb = quarters()
    for turn, corners in upper.items():
        size = (HEIGHT, WIDTH) if turn >= 5 else (WIDTH, HEIGHT)
        data = exif(t274=turn, t271="Leica")
        expected: dict[str, Any] = {"size": size, "corners": corners}
        jpeg = encoded(rgb, "JPEG", quality=95, subsampling=0, exif=data)
        yield Case(f"turned {turn}.jpg", jpeg, tolerance=6, **expected)
        yield Case(f"turned {turn}.png", encoded(rgb, "PNG", exif=data), tolerance=0, **expected)
        yield Case(f"turned {turn}.tif", encoded(rgb, "TIFF", exif=data), tolerance=0, **expected)
    sideways: dict[str, Any] = {"size": (HEIGHT, WIDTH), "corners": upper[6]}
    six = exif(t274=6)
    yield Case("turned lzw.tif", encoded(rgb, "TIFF", exif=six, compression="tiff_lzw"), tolerance=0, **sideways)
    yield Case("turned.webp", encoded(rgb, "WEBP", exif=six, lossless=True), tolerance=0, **sideways)
    yield Case("turned.avif", encoded(rgb, "AVIF", exif=six, quality=95), tolerance=12, **sideways)
    xmp = (
        b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        b'<rdf:Description xmlns:tiff="http://ns.adobe.com/tiff/1.0/" tiff:Orientation="6"/></rdf:RDF></x:xmpmeta>'
    )
    yield Case("turned by xmp.jpg", encoded(rgb, "JPEG", quality=95, subsampling=0, xmp=xmp), tolerance=6, **sideways)
    see_through = encoded(with_alpha(rgb), "PNG", exif=six)
    yield Case("turned alpha.png", see_through, tolerance=0, alpha=(0, 0), **sideways)
    for wrong in (0, 9, 65535):
        yield Case(f"turned by {wrong}.png", encoded(rgb, "PNG", exif=exif(t274=wrong)), tolerance=0)


def profiles() -> Iterator[Case]:
    rgb, own, broken = quarters(), srgb_icc(), "profile is broken or does not fit"
    converted = "converted from the profile 'test"
    jpeg = encoded(rgb, "JPEG", quality=95, icc_profile=own)
    yield Case("srgb.jpg", jpeg, tolerance=8, profile="own")
    yield Case("srgb.png", encoded(rgb, "PNG", icc_profile=own), tolerance=0, profile="own")
    yield Case("srgb gray.png", encoded(gray(), "PNG", icc_profile=own), mode="L", corners=GRAYS[:2], profile="own")
    corners = [adobe_level(color) for color in (RED, YELLOW)]
    adobe = encoded(quarters((RED, YELLOW, BLUE, GREEN)), "TIFF", icc_profile=ADOBE)
    yield Case("adobe.tif", adobe, corners=(corners[0], corners[1]), notes=(converted,), profile="srgb")
    for gamma in (1.0, 1.8, 2.2):
        levels = tuple(srgb_level((value / 255) ** gamma) for value in GRAYS[:2])
        note = (converted,)
        linear = encoded(gray(), "PNG", icc_profile=icc("GRAY", gamma))
        yield Case(f"gray {gamma}.png", linear, mode="L", corners=(levels[0], levels[1]), notes=note, profile="srgb")
    grays_of_adobe = tuple(srgb_level((value / 255) ** (563 / 256)) for value in GRAYS[:2])
    yield Case(
        "gray adobe.png", encoded(gray(), "PNG", icc_profile=ADOBE), mode="L",
        corners=(grays_of_adobe[0], grays_of_adobe[1]), notes=(converted,), profile="srgb",
    )  # fmt: skip
    cmyk = quarters(((0, 0, 0, 255), (0, 0, 0, 0), (0, 0, 0, 0), (0, 0, 0, 0)), "CMYK")
    for kind, ending in (("JPEG", "jpg"), ("TIFF", "tif")):
        data = encoded(cmyk, kind, icc_profile=icc_cmyk())
        black_white = ((0, 0, 0), (255, 255, 255))
        yield Case(f"cmyk profile.{ending}", data, corners=black_white, notes=(converted,), profile="srgb")
    for name, data in (
        ("garbage", b"not a profile at all" * 20), ("cut", own[:200]), ("short", own[:40]),
        ("for gray", icc("GRAY", 2.2)), ("for cmyk", icc_cmyk()), ("no curves", icc("RGB ", 2.2)),
    ):  # fmt: skip
        yield Case(f"profile {name}.png", encoded(rgb, "PNG", icc_profile=data), tolerance=0, notes=(broken,))
    cmyk_rgb = encoded(rgb.convert("CMYK"), "TIFF", icc_profile=own)
    yield Case("cmyk with rgb profile.tif", cmyk_rgb, notes=(broken, "CMYK without"))


def animations() -> Iterator[Case]:
    frames = [quarters(), quarters((BLUE, RED, RED, RED)), quarters((GREEN, RED, BLUE, RED))]

    def film(kind: str, images: list[Image.Image] = frames, **options: Any) -> bytes:
        return encoded(images[0], kind, save_all=True, append_images=images[1:], **options)

    yield Case("film.gif", film("GIF"), tolerance=2, notes=("first of 3 frames",))
    yield Case("film.apng", film("PNG"), tolerance=0, notes=("first of 3 frames",), format="PNG")
    yield Case("film.webp", film("WEBP", lossless=True), tolerance=0, notes=("first of 3 frames",))
    yield Case("film.avif", film("AVIF", quality=95), tolerance=12, notes=("first of 3 frames",))
    yield Case("pages.tif", film("TIFF"), tolerance=0, notes=("first of 3 pages",))
    yield Case("pages lzw.tif", film("TIFF", compression="tiff_lzw"), tolerance=0, notes=("first of 3 pages",))
    yield Case(
        "stereo.mpo", film("MPO", quality=95, subsampling=0), tolerance=6, notes=("of 3 pictures",), format="MPO"
    )
    clear = [with_alpha(frame, 0, 255) for frame in frames]
    yield Case("clear film.png", film("PNG", clear), tolerance=0, notes=("first of 3",), alpha=(0, 255))


def metadata() -> Iterator[Case]:
    rgb = quarters()
    jpeg: dict[str, Any] = {"quality": 95, "subsampling": 0}
    dropped, part = "its EXIF data is broken", "part of its EXIF data is broken"
    body = exif(t274=1, t315="A photographer's name")
    for name, data, notes in (
        ("header", b"Exif\0\0XX*\0\0\0\0\x08\0\0", (dropped,)),
        ("offset", b"Exif\0\0II*\0\xff\xff\xff\x7f\0\0\0\0", (dropped,)),
        ("cut", body[:20], (dropped,)),
        ("values cut", body[:-12], (part,)),
        ("count", b"Exif\0\0MM\0*\0\0\0\x08\xff\xff", (dropped,)),
        ("nothing", b"Exif\0\0", ()),
    ):
        yield Case(f"exif {name}.jpg", encoded(rgb, "JPEG", exif=data, **jpeg), tolerance=6, notes=notes)
        yield Case(f"exif {name}.png", encoded(rgb, "PNG", exif=data) if data[6:] else encoded(rgb, "PNG"), notes=notes)
    yield Case("dpi.jpg", encoded(rgb, "JPEG", dpi=(300, 150), **jpeg), tolerance=6, dpi=(300, 150))
    yield Case("dpi.png", encoded(rgb, "PNG", dpi=(600, 600)), dpi=(599.9988, 599.9988))
    yield Case("dpi.tif", encoded(rgb, "TIFF", dpi=(1200, 1200)), dpi=(1200, 1200))
    centimetres = exif(t282=100.0, t283=100.0, t296=3)
    yield Case("dpi cm.tif", encoded(rgb, "TIFF", exif=centimetres), dpi=(254, 254))
    yield Case("dpi cm.webp", encoded(rgb, "WEBP", exif=centimetres, lossless=True), dpi=(254, 254))
    inches = exif(t282=300.0, t283=150.0, t296=2, t274=6)
    sideways: dict[str, Any] = {"size": (HEIGHT, WIDTH), "corners": (BLUE, RED), "dpi": (150, 300)}
    yield Case("dpi sideways.webp", encoded(rgb, "WEBP", exif=inches, lossless=True), **sideways)
    yield Case("dpi sideways.tif", encoded(rgb, "TIFF", exif=inches), **sideways)
    yield Case("dpi sideways.jpg", encoded(rgb, "JPEG", exif=inches, **jpeg), tolerance=6, **sideways)
    yield Case("dpi zero.png", encoded(rgb, "PNG", exif=exif(t282=0.0, t283=0.0, t296=2)))
    yield Case("no dpi.jpg", encoded(rgb, "JPEG", exif=exif(t271="Leica"), **jpeg), tolerance=6, dpi=None)


def damaged() -> Iterator[Case]:
    words = "damaged"
    for kind, ending, options in (
        ("JPEG", "jpg", {}), ("JPEG", "progressive.jpg", {"progressive": True}), ("PNG", "png", {}), ("GIF", "gif", {}),
        ("TIFF", "raw.tif", {}), ("TIFF", "lzw.tif", {"compression": "tiff_lzw"}), ("WEBP", "webp", {}),
        ("BMP", "bmp", {}), ("PPM", "ppm", {}), ("AVIF", "avif", {}), ("JPEG2000", "jp2", {}), ("QOI", "qoi", {}),
    ):  # fmt: skip
        data = encoded(noise(), kind, **options)
        for share in (0.1, 0.5, 0.9):
            yield Case(f"cut {share:.0%}.{ending}", data[: int(len(data) * share)], error=words)
    jpeg = encoded(noise(), "JPEG")
    yield Case("only magic.jpg", jpeg[:3], error=words)
    yield Case("only magic.png", b"\x89PNG\r\n\x1a\n", error=words)
    yield Case("no pixels.png", png(16, 16, 8, 2, b""), error=words)
    yield Case("broken stream.png", encoded(noise(), "PNG").replace(b"IDAT\x78", b"IDAT\x00"), error=words)
    twelve = bytearray(jpeg)
    twelve[jpeg.index(b"\xff\xc0") + 4] = 12
    yield Case("12 bits.jpg", bytes(twelve), error="12-bit")


def bombs() -> Iterator[Case]:
    words = "megapixels"
    yield Case("bomb.png", png(50000, 50000, 8, 2, b"\0" * 100), error="2500 megapixels (50000 x 50000); at most 120")
    yield Case("bomb just over.png", png(12000, 10001, 1, 0, b"\0"), error=words)
    yield Case("bomb of 100.png", png(10000, 10000, 8, 0, b"\0" * 100), error="damaged")  # allowed, but empty
    gif = encoded(gray(), "GIF")
    yield Case("bomb.gif", gif[:6] + struct.pack("<HH", 65535, 65535) + gif[10:], error=words)
    frame = gif.rindex(b",", 0, len(gif) - 20)
    assert gif[frame + 1 : frame + 9] == struct.pack("<4H", 0, 0, WIDTH, HEIGHT)
    yield Case("bomb frame.gif", gif[: frame + 5] + struct.pack("<HH", 60000, 60000) + gif[frame + 9 :], error="pixels")
    jpeg = encoded(quarters(), "JPEG")
    sof = jpeg.index(b"\xff\xc0")
    yield Case("bomb.jpg", jpeg[: sof + 5] + struct.pack(">HH", 65000, 65000) + jpeg[sof + 9 :], error=words)
    progressive = encoded(quarters(), "JPEG", progressive=True)
    scan = progressive[progressive.rindex(b"\xff\xda") : -2]
    yield Case("many scans.jpg", progressive[:-2] + scan * 80 + b"\xff\xd9", tolerance=12)
    yield Case("bomb of scans.jpg", progressive[:-2] + scan * 200 + b"\xff\xd9", error="scans; at most 100")
    bmp = encoded(quarters(), "BMP")
    yield Case("bomb.bmp", bmp[:18] + struct.pack("<ii", 40000, 40000) + bmp[26:], error=words)
    yield Case("bomb.ppm", b"P6 99999 99999 255\n" + bytes(50), error=words)
    webp = encoded(quarters(), "WEBP", lossless=True)
    sides = webp.index(b"VP8L") + 9  # two times 14 bits, less one
    yield Case("bomb.webp", webp[:sides] + struct.pack("<I", 0x0FFFFFFF) + webp[sides + 4 :], error=words)
    yield Case("bomb.tif", tiff({256: 60000, 257: 60000, 273: 8, 278: 60000, 279: 10}), error=words)
    tiles = {256: 16, 257: 16, 259: 8, 322: 30000, 323: 30000, 324: 8, 325: 10}
    yield Case("bomb tile.tif", tiff(tiles), error="tiles of 30000 x 30000")
    inner = png(20000, 20000, 8, 2, b"\0")
    icon = struct.pack("<3H4B2HII", 0, 1, 1, 32, 32, 0, 0, 1, 24, len(inner), 22) + inner
    yield Case("bomb.ico", icon, error="more pixels than PIL.Image.MAX_IMAGE_PIXELS")


def tiff(tags: dict[int, int]) -> bytes:
    """A TIFF of 8-bit gray with these tags and a few zero bytes."""
    tags = {258: 8, 262: 1, 277: 1, **tags}
    entries = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in sorted(tags.items()))
    return b"II*\0" + struct.pack("<IH", 8, len(tags)) + entries + bytes(40)


def strangers() -> Iterator[Case]:
    none = "not a picture in any format"
    yield Case("empty.jpg", b"", error="0 bytes")
    yield Case("note.jpg", b"Dear grandmother, the photo is in the other envelope.", error=none)
    yield Case("page.png", b"<!DOCTYPE html><html><body>404</body></html>", error=none)
    yield Case("data.png", b'{"error": "not found", "code": 404}', error=none)
    yield Case("drawing.svg", b'<svg xmlns="http://www.w3.org/2000/svg" width="100" height="100"></svg>', error=none)
    yield Case("zeros.jpg", bytes(4096), error=none)
    yield Case("random.jpg", np.random.default_rng(3).bytes(4096), error=none)
    yield Case("archive.jpg", b"PK\3\4\x14\0\0\0\x08\0" + bytes(30), error=none)
    yield Case("document.jpg", b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj", error="a PDF document")
    yield Case("phone.heic", b"\0\0\0\x24ftypheic\0\0\0\0mif1heic", error="damaged")
    yield Case("program.eps", b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 100 100\n%%EndComments\n", error="is EPS")
    yield Case("film.mpg", b"\0\0\1\xb3\x14\0\xf0\x13\xff\xff\xe0\x18", error="is MPEG")
    yield Case("field.grib", b"GRIB\0\0\0\1", error="is GRIB")
    for size in ((7, 100), (100, 7), (1, 1), (8, 7)):
        image = Image.new("RGB", size)
        yield Case(f"small {size[0]}x{size[1]}.png", encoded(image, "PNG"), error=f"is {size[0]} x {size[1]} pixels")
    least = encoded(Image.new("L", (8, 8), 99), "PNG")
    yield Case("least.png", least, mode="L", size=(8, 8), corners=(99, 99))


def names() -> Iterator[Case]:
    rgb = quarters()
    for name in (
        "two words and  spaces.png", "Großmutter 1932.png", "бабушка.png", "祖母.png", "👵🏼.png", "-rf.png",
        ".hidden.png", "a'quote\"d.png", "percent%20.png", "new\nline.png", "no extension", "dots...png", "UPPER.PNG",
    ):  # fmt: skip
        yield Case(name, encoded(rgb, "PNG"), tolerance=0, format="PNG")
    yield Case("really a png.jpg", encoded(rgb, "PNG"), tolerance=0, format="PNG")
    yield Case("really a jpeg.png", encoded(rgb, "JPEG", quality=95, subsampling=0), tolerance=6, format="JPEG")
    yield Case("really a tiff.txt", encoded(rgb, "TIFF"), tolerance=0, format="TIFF")
    yield Case("new\nline and cut.png", encoded(noise(), "PNG")[:200], error="'new\\nline and cut.png' is cut short")


SOURCES: tuple[Callable[[], Iterator[Case]], ...] = (
    formats, modes, orientations, profiles, animations, metadata, damaged, bombs, strangers, names,
)  # fmt: skip


def photo_corpus() -> list[Case]:
    """All cases."""
    return [case for source in SOURCES for case in source()]
