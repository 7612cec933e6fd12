"""TIFFs whose numbers mean something else than 8 bits from black to white, each with what must come of it.

The pictures are those of `photo_corpus`: four flat quarters. Values are worked out here from TIFF 6.0, never by the
code under test.
"""

import io
import struct
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import tifffile
from cases.photo_corpus import BLUE, GRAYS, GREEN, HEIGHT, RED, WIDTH, Case, gray, p3_level, quarters, srgb_level

_SIZES = {1: "B", 3: "H", 4: "I", 12: "d", 11: "f"}
_GRAY = np.asarray(gray()) / 255  # (H, W) in [0, 1], 0 black
_COLOR = np.asarray(quarters()) / 255  # (H, W, 3)
_ENDIAN = {"<": "little", ">": "big"}
_LEFT_OUT = "left out"
_L: dict[str, Any] = {"mode": "L", "corners": GRAYS[:2], "tolerance": 1, "format": "TIFF"}
_RGB: dict[str, Any] = {"tolerance": 1, "format": "TIFF"}


def raw_tiff(data: bytes, order: str = "<", **tags: int | Sequence[float]) -> bytes:
    """A TIFF of one strip with tags as t258=8 or t258=(8, 8, 8); floats become doubles."""
    named = {int(name[1:]): (value,) if isinstance(value, int) else tuple(value) for name, value in tags.items()}
    named = {256: (WIDTH,), 257: (HEIGHT,), 259: (1,), 277: (1,), 278: (HEIGHT,), 279: (len(data),), **named}
    start = 8 + 2 + 12 * (len(named) + 1) + 4
    entries, behind = b"", b""
    for tag in sorted((*named, 273)):
        values = named.get(tag, ())
        kind = 12 if any(isinstance(value, float) for value in values) else 4
        packed = struct.pack(f"{order}{len(values)}{_SIZES[kind]}", *values)
        if tag == 273:
            entries += b"PLACE"
        elif len(packed) <= 4:
            entries += struct.pack(order + "HHI", tag, kind, len(values)) + packed
        else:
            entries += struct.pack(order + "HHII", tag, kind, len(values), start + len(behind))
            behind += packed
    entries = entries.replace(b"PLACE", struct.pack(order + "HHII", 273, 4, 1, start + len(behind)))
    head = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(order + "IH", 8, len(named) + 1)
    return head + entries + bytes(4) + behind + data


def packed(values: np.ndarray, bits: int) -> bytes:
    """(H, W) or (H, W, C) integers -> rows of bits, the highest first, each row filled up to whole bytes."""
    shifts = np.arange(bits - 1, -1, -1)
    rows = values.reshape(len(values), -1, 1).astype(np.int64)
    return b"".join(np.packbits((row >> shifts) & 1).tobytes() for row in rows)


def by_tifffile(values: np.ndarray, photometric: str = "minisblack", **options: Any) -> bytes:
    file = io.BytesIO()
    tifffile.imwrite(file, values, photometric=photometric, metadata=None, **options)
    return file.getvalue()


def scaled(picture: np.ndarray, white: float, kind: str) -> np.ndarray:
    return (picture * white if kind.startswith(("<f", ">f")) else np.rint(picture * white)).astype(kind)


def white_is_zero() -> Iterator[Case]:
    for order in "<>":
        values = scaled(1 - _GRAY, 65535, order + "u2")
        data = raw_tiff(values.tobytes(), order, t258=16, t262=0)
        yield Case(f"white is zero 16 {_ENDIAN[order]}.tif", data, notes=("16-bit gray",), **_L)
        values = scaled(1 - _GRAY, 1.0, order + "f4")
        data = raw_tiff(values.tobytes(), order, t258=32, t262=0, t339=3)
        yield Case(f"white is zero float {_ENDIAN[order]}.tif", data, notes=("float gray from 0 to 1",), **_L)
    lzw = by_tifffile(scaled(1 - _GRAY, 65535, "<u2"), "miniswhite", compression="lzw", predictor=True)
    yield Case("white is zero lzw.tif", lzw, notes=("16-bit gray",), **_L)
    yield Case("white is zero 8.tif", by_tifffile(scaled(1 - _GRAY, 255, "<u1"), "miniswhite"), **_L)
    pair = np.stack([scaled(1 - _GRAY, 255, "<u1"), np.full((HEIGHT, WIDTH), 99, np.uint8)], -1)
    alpha = by_tifffile(pair, "miniswhite", extrasamples=["unassalpha"], planarconfig="contig")
    yield Case("white is zero alpha.tif", alpha, alpha=(99, 99), **_L)
    twelve = raw_tiff(packed(np.rint((1 - _GRAY) * 4095), 12), t258=12, t262=0)
    yield Case("white is zero 12.tif", twelve, notes=("12-bit gray",), **_L)


def depths() -> Iterator[Case]:
    unknown = raw_tiff(bytes(3 * WIDTH * HEIGHT), t258=24, t262=1)
    yield Case("24 bits.tif", unknown, error="numbers of 24 bits")
    for bits in (10, 12, 14):
        for order in "<>":
            data = raw_tiff(packed(np.rint(_GRAY * (2**bits - 1)), bits), order, t258=bits, t262=1)
            yield Case(f"{bits} bits {_ENDIAN[order]}.tif", data, notes=(f"{bits}-bit gray became 8-bit",), **_L)
    for bits in (2, 4):
        levels = np.rint(_GRAY * (2**bits - 1))
        corners = tuple(round(level * 255 / (2**bits - 1)) for level in (levels[0, 0], levels[0, -1]))
        data = raw_tiff(packed(levels, bits), t258=bits, t262=1)
        yield Case(f"{bits} bits.tif", data, **{**_L, "corners": corners, "tolerance": 0})
    twelve = raw_tiff(packed(np.rint(_COLOR * 4095), 12), t258=(12, 12, 12), t262=2, t277=3)
    yield Case("36 bits.tif", twelve, notes=("12 bits a channel became 8",), **_RGB)
    for top in (1023, 4095, 16383):
        data = raw_tiff(scaled(_GRAY, top, "<u2").tobytes(), t258=16, t262=1, t281=top)
        yield Case(f"16 bits up to {top}.tif", data, notes=(f"{top.bit_length()}-bit gray became",), **_L)
    color = raw_tiff(scaled(_COLOR, 4095, "<u2").tobytes(), t258=(16,) * 3, t262=2, t277=3, t281=(4095,) * 3)
    yield Case("48 bits up to 4095.tif", color, notes=("12 bits a channel became 8",), **_RGB)
    typed = raw_tiff(scaled(_GRAY, 4095, "<u2").tobytes(), t258=16, t262=1, t341=4095)
    yield Case("16 bits up to a typed 4095.tif", typed, notes=("12-bit gray became",), **_L)
    for top in (1, 15, 127):
        levels = np.rint(_GRAY * top)
        corners = tuple(round(levels[0, x] * 255 / top) for x in (0, -1))
        data = raw_tiff(levels.astype("<u1").tobytes(), t258=8, t262=1, t281=top)
        yield Case(f"8 bits up to {top}.tif", data, notes=(f"up to {top}, as the file",), **{**_L, "corners": corners})
    for bits in (8, 16):
        data = raw_tiff(scaled(_GRAY, 2**bits - 1, f"<u{bits // 8}").tobytes(), t258=bits)
        notes = ("PhotometricInterpretation is missing", *(["16-bit gray"] if bits > 8 else []))
        yield Case(f"{bits} bits of no interpretation.tif", data, notes=notes, **_L)
    data = raw_tiff(scaled(_COLOR, 255, "<u1").tobytes(), t258=(8,) * 3, t277=3)
    yield Case("colour of no interpretation.tif", data, notes=("PhotometricInterpretation is missing",), **_RGB)
    statistics = raw_tiff(scaled(_GRAY, 65535, "<u2").tobytes(), t258=16, t262=1, t281=59110)
    yield Case("maximum as statistics.tif", statistics, notes=("16-bit gray",), **_L)
    dark = raw_tiff(scaled(_GRAY, 4095, "<u2").tobytes(), t258=16, t262=1)
    yield Case("dark.tif", dark, mode="L", corners=(1, 6), notes=("16-bit gray", "nearly black"), tolerance=1)
    for order in "<>":
        whole = by_tifffile(scaled(_GRAY, 2**32 - 1, order + "u4"), byteorder=order)
        yield Case(f"32 bits {_ENDIAN[order]}.tif", whole, notes=("32-bit gray became 8-bit",), **_L)
    signed = by_tifffile(scaled(_GRAY, 32767, "<i2"))
    yield Case("signed.tif", signed, notes=("16-bit gray",), **_L)
    below = by_tifffile((scaled(_GRAY, 65535, "<i4") - 32768).astype(np.int16))
    stretched = (0, 85)  # (90 - 20) / (230 - 20) of 255
    yield Case("signed below 0.tif", below, notes=("stretched",), **{**_L, "corners": stretched})
    color32 = by_tifffile(scaled(_COLOR, 2**32 - 1, "<u4"), "rgb")
    yield Case("96 bits.tif", color32, notes=("32 bits a channel",), **_RGB)


def floats() -> Iterator[Case]:
    for kind in ("<f2", ">f4", "<f8"):
        data = by_tifffile(scaled(_GRAY, 1, kind), byteorder=kind[0])
        yield Case(f"float {kind[1:]}.tif", data, notes=("float gray from 0 to 1",), **_L)
        data = by_tifffile(scaled(_COLOR, 1, kind), "rgb", byteorder=kind[0])
        yield Case(f"float colour {kind[1:]}.tif", data, notes=("float colour from 0 to 1",), **_RGB)
    ranged = raw_tiff(scaled(_GRAY, 255, "<f4").tobytes(), t258=32, t262=1, t339=3, t340=(0.0,), t341=(255.0,))
    yield Case("float up to 255.tif", ranged, notes=("as the file says",), **_L)
    predicted = by_tifffile(scaled(_GRAY, 1, "<f4"), compression="zlib", predictor=3)
    yield Case("float predicted.tif", predicted, notes=("float gray",), **_L)


def planes() -> Iterator[Case]:
    note = ("16 bits a channel became 8",)
    for order in "<>":
        for name, options in (("strips", {}), ("tiles", {"tile": (16, 16)}), ("lzw", {"compression": "lzw"})):
            values = np.moveaxis(scaled(_COLOR, 65535, "<u2"), -1, 0)
            data = by_tifffile(values, "rgb", planarconfig="separate", byteorder=order, **options)
            yield Case(f"planes 16 {name} {_ENDIAN[order]}.tif", data, notes=note, **_RGB)
    opaque = np.full((1, HEIGHT, WIDTH), 0x8080, np.uint16)
    rgba = np.concatenate([np.moveaxis(scaled(_COLOR, 65535, "<u2"), -1, 0), opaque])
    data = by_tifffile(rgba, "rgb", planarconfig="separate", extrasamples=["unassalpha"])
    yield Case("planes rgba 16.tif", data, notes=note, alpha=(128, 128), **_RGB)
    inks = np.moveaxis(scaled(np.concatenate([1 - _COLOR, 0 * _COLOR[..., :1]], 2), 65535, "<u2"), -1, 0)
    cmyk = by_tifffile(inks, "separated", planarconfig="separate")
    yield Case("planes cmyk 16.tif", cmyk, notes=(*note, "CMYK without"), **_RGB)
    eight = np.moveaxis(scaled(_COLOR, 255, "<u1"), -1, 0)
    yield Case("planes 8.tif", by_tifffile(eight, "rgb", planarconfig="separate"), **_RGB)
    tiles = by_tifffile(eight, "rgb", planarconfig="separate", tile=(16, 16))
    yield Case("planes 8 tiles.tif", tiles, **_RGB)


def extra_channels() -> Iterator[Case]:
    def with_more(picture: np.ndarray, kind: str, *more: float) -> np.ndarray:
        white = 1.0 if kind.startswith("<f") else np.iinfo(kind).max
        picture = picture if picture.ndim == 3 else picture[..., None]
        channels = [np.full((HEIGHT, WIDTH, 1), share) for share in more]
        return scaled(np.concatenate([picture, *channels], 2), white, kind)

    for kind, note in (("<u1", ()), ("<u2", ("16-bit gray",)), ("<f4", ("float gray from 0",))):
        for name, extra, alpha in (("infrared", "unspecified", None), ("alpha", "unassalpha", (51, 51))):
            data = by_tifffile(with_more(_GRAY, kind, 0.2), extrasamples=[extra], planarconfig="contig")
            notes = note if alpha else (*note, _LEFT_OUT)
            yield Case(f"gray {name} {kind[1:]}.tif", data, notes=notes, alpha=alpha, **_L)
    half = with_more(_GRAY * 0.4, "<u1", 0.4)
    data = by_tifffile(half, extrasamples=["assocalpha"], planarconfig="contig")
    yield Case("gray premultiplied.tif", data, alpha=(102, 102), **{**_L, "tolerance": 2})
    data = by_tifffile(with_more(_COLOR * 0.4, "<u2", 0.4), "rgb", extrasamples=["assocalpha"])
    premultiplied = {**_RGB, "tolerance": 3}
    yield Case("rgb premultiplied 16.tif", data, notes=("16 bits a channel",), alpha=(102, 102), **premultiplied)
    data = by_tifffile(with_more(_COLOR, "<u2", 0.1, 0.9), "rgb", extrasamples=["unspecified"] * 2)
    yield Case("rgb and two more 16.tif", data, notes=("16 bits a channel", "2 extra channels"), **_RGB)
    data = by_tifffile(with_more(_COLOR, "<u1", 0.0), "rgb", extrasamples=["unspecified"])
    yield Case("rgbx.tif", data, notes=(_LEFT_OUT,), **_RGB)
    data = by_tifffile(with_more(_COLOR, "<u1", 0.0), "rgb", extrasamples=["unassalpha"])
    yield Case("hidden.tif", data, notes=("would hide the whole picture",), **_RGB)
    data = by_tifffile(with_more(1 - _COLOR, "<u1", 0.0, 0.5), "separated", extrasamples=["unassalpha"])
    yield Case("cmyk alpha.tif", data, notes=("CMYK without",), alpha=(128, 128), **_RGB)


def colours() -> Iterator[Case]:
    signed = np.asarray(quarters().convert("LAB"))  # a and b are two's complements
    approximate = {**_RGB, "tolerance": 6}
    lab = signed.copy()
    lab[..., 1:] ^= 128
    yield Case("cielab 8.tif", raw_tiff(signed.tobytes(), t258=(8,) * 3, t262=8, t277=3), **approximate)
    yield Case("icclab 8.tif", raw_tiff(lab.tobytes(), t258=(8,) * 3, t262=9, t277=3), **approximate)
    sixteen = (signed.astype("<u2") << 8).tobytes()
    yield Case("cielab 16.tif", raw_tiff(sixteen, t258=(16,) * 3, t262=8, t277=3), **approximate)
    ycc = np.asarray(quarters().convert("YCbCr"))
    yield Case("ycc raw.tif", raw_tiff(ycc.tobytes(), t258=(8,) * 3, t262=6, t277=3, t530=(1, 1)), **approximate)
    subsampled = raw_tiff(ycc.tobytes(), t258=(8,) * 3, t262=6, t277=3, t530=(2, 2))
    yield Case("ycc subsampled.tif", subsampled, error="damaged")
    indices = np.asarray(quarters().quantize(4))
    palette = np.zeros((3, 256), int)
    palette[:, :4] = np.array(quarters().quantize(4).getpalette()[:12]).reshape(4, 3).T
    narrow = raw_tiff(indices.tobytes(), t258=8, t262=3, t320=palette.ravel().tolist())
    yield Case("palette of 8 bits.tif", narrow, **{**_RGB, "tolerance": 3})
    right = raw_tiff(indices.tobytes(), t258=8, t262=3, t320=(palette * 257).ravel().tolist())
    yield Case("palette of 16 bits.tif", right, **{**_RGB, "tolerance": 3})
    nothing = bytes(WIDTH * HEIGHT * 4)
    yield Case("logluv.tif", raw_tiff(nothing, t258=(16,) * 3, t262=32845, t277=3), error="LogLuv")
    yield Case("mask.tif", raw_tiff(nothing, t258=16, t262=4), error="a mask")
    hexachrome = raw_tiff(nothing, t258=(8,) * 4, t262=5, t277=4, t332=2)
    yield Case("other inks.tif", hexachrome, error="inks other than CMYK")
    yield Case("unknown.tif", raw_tiff(nothing, t258=8, t262=99), error="which is not known")
    one_strip = raw_tiff(scaled(_GRAY, 255, "<u1").tobytes(), t258=8, t262=1, t278=4)
    yield Case("one strip of four.tif", one_strip, error="parts of its pixels are missing")
    pair = np.stack([scaled(_GRAY, 255, "<u1"), np.full((HEIGHT, WIDTH), 99, np.uint8)])
    options = {"planarconfig": "separate", "extrasamples": ["unassalpha"], "compression": "lzw"}
    yield Case("gray and alpha in planes.tif", by_tifffile(pair, **options), alpha=(99, 99), **_L)
    wrong = raw_tiff(scaled(_GRAY, 65535, "<u2").tobytes()[:-50], t258=16, t262=0, t279=WIDTH * HEIGHT * 2)
    yield Case("cut in 16.tif", wrong, error="damaged")


def tones() -> Iterator[Case]:
    """TransferFunction: from stored numbers to light, 65535 the most (TIFF 6.0, section 20); primaries likewise."""
    levels = tuple(srgb_level(level / 255) for level in GRAYS[:2])
    tones_note = "tones were converted by the TransferFunction"
    light, converted = list(range(65536)), {**_L, "corners": levels, "tolerance": 2}
    sixteen = scaled(_GRAY, 65535, "<u2").tobytes()
    data = raw_tiff(sixteen, t258=16, t262=1, t301=light)
    yield Case("linear 16.tif", data, notes=(tones_note, "16-bit gray"), **converted)
    negative = scaled(1 - _GRAY, 65535, "<u2").tobytes()
    data = raw_tiff(negative, t258=16, t262=0, t301=light[::-1])
    yield Case("linear white is zero.tif", data, notes=("16-bit gray", tones_note), **converted)
    eight = [level * 257 for level in range(256)]
    data = raw_tiff(scaled(_GRAY, 255, "<u1").tobytes(), t258=8, t262=1, t301=eight)
    yield Case("linear 8.tif", data, notes=(tones_note,), **converted)
    three = raw_tiff(scaled(_COLOR, 255, "<u1").tobytes(), t258=(8,) * 3, t262=2, t277=3, t301=eight * 3)
    corners = tuple(tuple(srgb_level(value / 255) for value in color) for color in (RED, GREEN))
    yield Case("linear colour.tif", three, notes=(tones_note,), **{**_RGB, "corners": corners, "tolerance": 2})
    of_srgb = [
        round(65535 * (v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4)) for v in np.arange(256) / 255
    ]
    usual = raw_tiff(scaled(_GRAY, 255, "<u1").tobytes(), t258=8, t262=1, t301=of_srgb)
    yield Case("tones of sRGB.tif", usual, **_L)
    short = raw_tiff(scaled(_GRAY, 255, "<u1").tobytes(), t258=8, t262=1, t301=eight[:100])
    yield Case("too few tones.tif", short, notes=("does not fit its bits",), **_L)
    rgb = {"t258": (8,) * 3, "t262": 2, "t277": 3, "t318": (0.3127, 0.329)}
    pixels = scaled(_COLOR, 255, "<u1").tobytes()
    wide = raw_tiff(pixels, **rgb, t319=(0.68, 0.32, 0.265, 0.69, 0.15, 0.06))
    corners = tuple(p3_level(color) for color in (RED, GREEN))
    expected = {**_RGB, "corners": corners, "tolerance": 3, "profile": "srgb"}
    yield Case("primaries of P3.tif", wide, notes=("converted from the profile 'primaries",), **expected)
    usual = raw_tiff(pixels, **rgb, t319=(0.64, 0.33, 0.3, 0.6, 0.15, 0.06))
    yield Case("primaries of sRGB.tif", usual, **_RGB)
    for given, noted in (((0, 255) * 3, ()), ((16, 235) * 3, ("ReferenceBlackWhite was left out",))):
        yield Case(f"black at {given[0]}.tif", raw_tiff(pixels, **rgb, t532=given), notes=noted, **_RGB)
    densities = raw_tiff(scaled(_GRAY, 255, "<u1").tobytes(), t258=8, t262=1, t290=3, t291=tuple(range(256)))
    yield Case("densities.tif", densities, notes=("GrayResponseCurve was left out",), **_L)
    ranged = raw_tiff(negative, t258=16, t262=0, t433=(0.0, 1.0))
    yield Case("decode.tif", ranged, error="a range of its own for each channel")


def pages() -> Iterator[Case]:
    photo, small = scaled(_COLOR, 255, "<u1"), np.full((8, 16, 3), 99, np.uint8)

    def pages_of(*written: tuple[np.ndarray, dict[str, Any]], **head: Any) -> bytes:
        file = io.BytesIO()
        with tifffile.TiffWriter(file, **head) as out:
            for values, options in written:
                kind = "rgb" if values.ndim == 3 else "minisblack"
                out.write(values, **{"photometric": kind, "metadata": None, **options})
        return file.getvalue()

    thumbnail = ("before it is a thumbnail",)
    for name, head in (("", {}), (" in a BigTIFF", {"bigtiff": True}), (" big-endian", {"byteorder": ">"})):
        data = pages_of((small, {"subfiletype": 1}), (photo, {"subfiletype": 0}), **head)
        yield Case(f"thumbnail first{name}.tif", data, notes=thumbnail, **_RGB)
    data = pages_of((photo, {}), (np.kron(photo, np.ones((2, 2, 1), np.uint8)), {}))
    yield Case("larger second.tif", data, notes=("first of 2 pages", "number 2 of its pages is much larger"), **_RGB)
    data = pages_of((small, {"subfiletype": 1}), (scaled(_COLOR, 65535, "<u2"), {}))
    yield Case("thumbnail first 16.tif", data, notes=(*thumbnail, "16 bits a channel"), **_RGB)
    data = pages_of((photo, {}), (small, {"subfiletype": 1}), (small, {"subfiletype": 1}))
    yield Case("pyramid.tif", data, **_RGB)
    data = pages_of((photo, {}), (small, {"subfiletype": 1}), (photo, {}))
    yield Case("two and a thumbnail.tif", data, notes=("first of 2 pages",), **_RGB)
    data = pages_of((small, {"subfiletype": 1, "subifds": 1}), (photo, {"subfiletype": 0}))
    yield Case("below a thumbnail.tif", data, notes=("larger picture below",), **_RGB)
    data = pages_of((photo, {"subifds": 1}), (small, {"subfiletype": 1}))
    yield Case("smaller below.tif", data, **_RGB)
    turned = pages_of((small, {"subfiletype": 1}), (photo, {"extratags": [(274, 3, 1, 6, True)]}))
    sideways = {**_RGB, "size": (HEIGHT, WIDTH), "corners": (BLUE, RED)}
    yield Case("thumbnail first turned.tif", turned, notes=thumbnail, **sideways)
    deep = raw_tiff(scaled(1 - _GRAY, 65535, "<u2").tobytes(), t258=16, t262=0, t274=6)
    third = {**_L, "size": (HEIGHT, WIDTH), "corners": (GRAYS[2], GRAYS[0])}
    yield Case("white is zero turned.tif", deep, notes=("16-bit gray",), **third)
    volume = np.zeros((4, HEIGHT, WIDTH), np.uint16)
    yield Case("volume.tif", pages_of((volume, {"volumetric": True, "photometric": "miniswhite"})), error="no photo")


def raw_photographs() -> Iterator[Case]:
    linear = np.kron(scaled(_GRAY, 4095, "<u2"), np.ones((4, 4), np.uint16))  # LibRaw takes no smaller ones
    corners = tuple((srgb_level(level / 255),) * 3 for level in GRAYS[:2])
    developed: dict[str, Any] = {
        "notes": ("developed by LibRaw", "16 bits a channel"),
        "size": (4 * WIDTH, 4 * HEIGHT),
        "corners": corners,
        "tolerance": 12,
    }
    yield Case("camera.dng", dng(linear, 32803), **developed)
    yield Case("linear.dng", dng(np.stack([linear] * 3, -1), 34892), **developed)
    turned = tuple((srgb_level(GRAYS[place] / 255),) * 3 for place in (2, 0))
    left = {**developed, "size": (4 * HEIGHT, 4 * WIDTH), "corners": turned}
    yield Case("camera turned.dng", dng(linear, 32803, turn=6), **left)
    yield Case("cut.dng", dng(linear, 32803)[:600], error="raw file")
    for name, head in (
        ("fuji.raf", b"FUJIFILMCCD-RAW 0201"), ("canon.cr3", b"\0\0\0\x18ftypcrx \0\0\0\1crx isom"),
        ("olympus.orf", b"IIRO\x08\0\0\0"), ("panasonic.rw2", b"IIU\0\x18\0\0\0"), ("sigma.x3f", b"FOVb\0\0\2\0"),
        ("canon.cr2", b"II*\0\x10\0\0\0CR\2\0\0\0\0\0\1\0" + struct.pack("<HHII", 256, 4, 1, 99) + bytes(4)),
    ):  # fmt: skip
        yield Case(name, head + bytes(500), error="raw file")


def dng(values: np.ndarray, photometric: int, turn: int = 1) -> bytes:
    """A camera's numbers in [0, 4095] of light, its colours those of sRGB, behind a thumbnail (DNG 1.4)."""

    def fractions(*numbers: float) -> list[int]:
        return [part for number in numbers for part in (round(number * 10000), 10000)]

    from_xyz = (3.2406, -1.5372, -0.4986, -0.9689, 1.8758, 0.0415, 0.0557, -0.2040, 1.0570)  # IEC 61966-2-1
    camera = [
        (50706, 1, 4, bytes([1, 4, 0, 0]), True), (50708, 2, 0, "Test", True), (271, 2, 0, "Test", True),
        (272, 2, 0, "Camera", True), (274, 3, 1, turn, True), (50721, 10, 9, fractions(*from_xyz), True),
        (50728, 5, 3, fractions(1, 1, 1), True), (50778, 3, 1, 21, True),
    ]  # fmt: skip
    sensor: list[Any] = [(50714, 3, 1, 0, True), (50717, 3, 1, 4095, True)]
    if photometric == 32803:
        sensor += [(33421, 3, 2, (2, 2), True), (33422, 1, 4, bytes([0, 1, 1, 2]), True)]
    file = io.BytesIO()
    with tifffile.TiffWriter(file) as out:
        small = np.full((8, 16, 3), 99, np.uint8)
        out.write(small, photometric="rgb", subifds=1, subfiletype=1, extratags=camera, metadata=None)
        out.write(values, photometric=photometric, subfiletype=0, extratags=sensor, metadata=None)
    return file.getvalue()


def tiff_corpus() -> list[Case]:
    """All cases."""
    sources = (
        white_is_zero, depths, floats, planes, extra_channels, colours, tones, pages, raw_photographs,
    )  # fmt: skip
    return [case for source in sources for case in source()]
