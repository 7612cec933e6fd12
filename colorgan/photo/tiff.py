"""TIFF: what its numbers mean. Pillow where Pillow reads it right, tifffile (with imagecodecs) for all else.

TIFF 6.0, its technical notes (Adobe, 1995 and 2002), and what libtiff makes of files that leave things open.
"""

import logging
import math
import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, BinaryIO, cast

import numpy as np
from PIL import Image, ImagePalette, TiffImagePlugin

from colorgan.photo.bounds import check_size, check_tile
from colorgan.photo.directories import MOST_PAGES, Directory, PageTable, read_pages
from colorgan.photo.extras import extra
from colorgan.photo.levels import Scale, to_levels
from colorgan.photo.opened import Opened
from colorgan.photo.record import PhotoError
from colorgan.photo.tiff_tags import PROFILE, exif_at, iptc_at, with_statements

if TYPE_CHECKING:
    import tifffile

_WHITE_IS_ZERO, _BLACK_IS_ZERO, _RGB, _PALETTE, _MASK, _INKS, _YCBCR, _LAB, _ICC_LAB = 0, 1, 2, 3, 4, 5, 6, 8, 9
_MODES = {
    _WHITE_IS_ZERO: "L", _BLACK_IS_ZERO: "L", _RGB: "RGB", _INKS: "CMYK", _YCBCR: "YCbCr", _LAB: "LAB", _ICC_LAB: "LAB",
}  # fmt: skip
_BITS, _COMPRESSION, _PHOTOMETRIC, _SAMPLES, _PLANES, _EXTRA, _FORMAT = 258, 259, 262, 277, 284, 338, 339
_MAX_VALUE, _TYPED_MIN, _TYPED_MAX, _COLOR_MAP, _INK_SET, _DECODE = 281, 340, 341, 320, 332, 433
_RAW, _OLD_JPEG, _JPEG, _WEBP = 1, 6, 7, 50001  # compressions; Pillow's libtiff has no WebP
_UNSPECIFIED, _PREMULTIPLIED, _ALPHA, _CORELS_ALPHA = 0, 1, 2, 999  # extra samples
_SEPARATE = 2
_MUCH_LARGER = 4  # times the pixels
_OF_PAGES = re.compile(r"first of \d+ pages|number \d+ of (more than )?\d+ pages|number \d+ .* is much larger")
_MOST_SAMPLES = 16  # a pixel
_ESSENTIAL = (_BITS, _EXTRA, _FORMAT, 273, 279, 324, 325)  # the last: where strips and tiles are, and how long
_PIECES_MISSING = "{} is cut short or damaged: parts of its pixels are missing"
_STRANGE = {
    _MASK: "a mask and no picture",
    10: "in ITU's Lab colours",
    32844: "in LogL, for light of any strength",
    32845: "in LogLuv, for light of any strength",
}

for _logger in ("tifffile", "PIL.TiffImagePlugin"):  # or broken files fill the screen of who has set up no logging
    logging.getLogger(_logger).addHandler(logging.NullHandler())


def open_tiff(file: BinaryIO, pages: PageTable, page: int, name: str, max_megapixels: float) -> Opened:
    """A TIFF's picture number `page`, thumbnails not counted: Pillow's image, not decoded yet, or one made of arrays.

    Raises PhotoError for numbers whose meaning is not known, and for what needs imagecodecs where there is none.
    """
    below = pages.larger_below
    if below is not None and page == 0:
        note = "the larger picture below a thumbnail"
        return _from_arrays(file, pages.below_first[below], (0, below), [note], name, max_megapixels)
    if pages.is_cut and all(one.is_reduced for one in pages.chain):
        raise PhotoError(_PIECES_MISSING.format(name))  # not the thumbnail in its place
    if page >= len(pages.whole):
        raise PhotoError(f"{name} has {len(pages.whole)} pages: there is no number {page + 1}")
    place = pages.whole[page]
    notes = list(_page_notes(pages, page))
    image = _pillows(file, place)
    if image is not None and is_read_right(image):
        tags = image.tag_v2
        if not _has_all_pieces(tags, file.seek(0, 2)):
            raise PhotoError(_PIECES_MISSING.format(name))
        if image.mode == "P" and max(tags.get(_COLOR_MAP, (256,))) < 256:  # 8 bits where 16 are due, as some write
            image.palette = ImagePalette.raw("RGB;L", bytes(tags[_COLOR_MAP]))
        extras = tags.get(_EXTRA, ())
        notes += _extra_notes(extras, _alpha_place(extras))
        return with_statements(Opened(image, tuple(notes), iptc=iptc_at(file, pages.chain[place])), tags)
    return _from_arrays(file, pages.chain[place], (place,), notes, name, max_megapixels)


def read_anew(image: TiffImagePlugin.TiffImageFile, name: str, max_megapixels: float) -> Opened:
    """A TIFF that someone has opened with Pillow, at the page that is chosen there -> the picture as it is meant.

    Raises PhotoError where Pillow has decoded it already, in a way that is known to be wrong.
    """
    file = cast("BinaryIO | None", image.fp)
    pages = read_pages(file) if file is not None and not file.closed else None
    place = image.tell()
    if is_read_right(image):
        opened = Opened(image)
        if file is not None and pages is not None and place < len(pages.chain):
            notes = (_page_note(place, len(pages.chain)),) if len(pages.chain) > 1 else ()
            opened = Opened(image, notes, iptc=iptc_at(file, pages.chain[place]))
        return with_statements(opened, image.tag_v2)
    if file is None or pages is None or not image.tile:
        raise PhotoError(f"{name} is a TIFF that Pillow misreads: give its file to colorgan.photo.open_photo instead")
    return _from_arrays(file, pages.chain[place], (place,), [], name, max_megapixels)


def is_read_right(image: TiffImagePlugin.TiffImageFile) -> bool:
    """Whether Pillow makes of a TIFF's numbers what they mean."""
    tags = image.tag_v2
    bits, formats = set(tags.get(_BITS, (1,))), set(tags.get(_FORMAT, (1,)))
    if len(bits) != 1 or formats != {1} or _DECODE in tags:
        return False
    (depth,), compression, extras = bits, tags.get(_COMPRESSION, _RAW), tags.get(_EXTRA, ())
    photometric = _YCBCR if compression == _OLD_JPEG else tags.get(_PHOTOMETRIC)
    interleaved = tags.get(_PLANES, 1) != _SEPARATE
    if compression == _WEBP or (not interleaved and (len(extras) > 1 or (extras and photometric != _RGB))):
        return False
    if photometric is None:
        return compression == _JPEG
    by_libtiff, deep = interleaved or compression != _RAW, depth == 16
    if photometric in (_WHITE_IS_ZERO, _BLACK_IS_ZERO, _RGB) and _stated_white(tags, depth) is not None:
        return False
    if photometric in (_WHITE_IS_ZERO, _BLACK_IS_ZERO):
        return depth in (1, 2, 4, 8) or (deep and photometric == _BLACK_IS_ZERO and not extras)
    if photometric == _RGB:
        return (depth == 8 and (by_libtiff or not extras)) or (deep and by_libtiff)
    if photometric == _INKS:
        return depth in (8, 16) and by_libtiff and tags.get(_INK_SET, 1) == 1
    if photometric == _YCBCR:
        return compression in (_JPEG, _OLD_JPEG)
    return photometric == _PALETTE or (photometric == _LAB and depth == 8 and by_libtiff)


def _has_all_pieces(tags: Any, size: int) -> bool:
    """Whether there are as many strips or tiles as the picture asks for, compressed ones within a file of this size.

    Pillow leaves black what is missing, and libtiff makes of half a strip what it can.
    """
    width, height, planes = tags.get(256), tags.get(257), tags.get(_SAMPLES, 1) if tags.get(_PLANES, 1) == 2 else 1
    if 324 in tags:  # TileOffsets
        starts, counts, piece_width, piece_height = tags[324], tags.get(325, ()), tags.get(322), tags.get(323)
    else:
        starts, counts, piece_width = tags.get(273, ()), tags.get(279, ()), width
        piece_height = min(tags.get(278) or height, height)
    if not all(isinstance(side, int) and side > 0 for side in (width, height, planes, piece_width, piece_height)):
        return True  # Pillow has its own words for that
    pieces = planes * math.ceil(width / piece_width) * math.ceil(height / piece_height)
    ends = [start + count for start, count in zip(starts[:pieces], counts[:pieces], strict=False)]
    return len(starts) >= pieces and (tags.get(_COMPRESSION, _RAW) == _RAW or max(ends, default=0) <= size)


def _pillows(file: BinaryIO, place: int) -> TiffImagePlugin.TiffImageFile | None:
    """Pillow's image of a page, not decoded; None where it knows none for it."""
    file.seek(0)
    try:
        image = TiffImagePlugin.TiffImageFile(file, "")  # without a name Pillow maps no file into memory
        image.seek(place)
    except Exception:  # tifffile has its say, and says it better
        return None
    return image


def _page_notes(pages: PageTable, page: int) -> list[str]:
    place = pages.whole[page]
    if len(pages.whole) == 1:
        return [f"picture {place + 1} of the file: what stands before it is a thumbnail"] if place else []
    notes = [_page_note(page, len(pages.whole))]
    largest = max(pages.whole, key=lambda other: pages.chain[other].area)
    if pages.chain[largest].area >= _MUCH_LARGER * pages.chain[place].area:  # a thumbnail that does not say so?
        notes.append(f"number {pages.whole.index(largest) + 1} of its pages is much larger")
    return notes


def _page_note(page: int, count: int) -> str:
    which = "first" if page == 0 else f"number {page + 1}"
    return f"{which} of {count if count <= MOST_PAGES else f'more than {MOST_PAGES}'} pages"


def without_pages(notes: Iterable[str]) -> tuple[str, ...]:
    """Notes without those that say that a page has others beside it, where these are there too.

    That a file has more pages than anyone counts is said of its first all the same.
    """
    return tuple(note for note in notes if not _OF_PAGES.fullmatch(note))


def _from_arrays(
    file: BinaryIO, directory: Directory, place: tuple[int, ...], notes: list[str], name: str, max_megapixels: float
) -> Opened:
    """A page by tifffile, decoded: its numbers as they lie, given their meaning here."""
    import tifffile  # slow to import, and few files need it

    size = file.seek(0, 2)
    if any(sum(directory.long_tags.get(tag, (0, 0))) > size for tag in _ESSENTIAL):
        raise PhotoError(_PIECES_MISSING.format(name))  # tifffile would take the defaults instead
    file.seek(0)
    with tifffile.TiffFile(file) as tiff:
        page = cast("tifffile.TiffPage", tiff.pages[place[0]])
        for inner in place[1:]:
            page = cast("tifffile.TiffPage", cast("tifffile.TiffPages", page.pages)[inner])
        check_size(page.imagewidth, page.imagelength, name, max_megapixels)
        if page.is_tiled:
            check_tile(page.tilewidth, page.tilelength, name, max_megapixels)
        photometric = int(page.photometric)
        if _PHOTOMETRIC not in page.tags:  # as libtiff's own viewer takes them
            photometric = _RGB if page.samplesperpixel >= 3 else _BLACK_IS_ZERO
            notes = [*notes, "its PhotometricInterpretation is missing: 0 was taken for black"]
        if photometric in _STRANGE:
            raise PhotoError(f"{name} is {_STRANGE[photometric]}: save it as an ordinary TIFF, PNG or JPEG first")
        if _DECODE in page.tags:
            raise PhotoError(
                f"{name} has a range of its own for each channel (Decode): save it as an ordinary TIFF first"
            )
        if photometric == _INKS and page.tags.valueof(_INK_SET, 1) != 1:
            raise PhotoError(f"{name} holds inks other than CMYK: save it as RGB first")
        values = _values(page, name)
        image, alpha, own_notes = _with_meaning(values, page, photometric, name)
        exif = exif_at(file, directory.offset)
    image.format = "TIFF"
    profile = exif.get(PROFILE)
    if isinstance(profile, bytes):
        image.info["icc_profile"] = profile
    opened = Opened(image, (*notes, *own_notes), exif, alpha, iptc=iptc_at(file, directory))
    return with_statements(opened, exif)


def page_values(file: BinaryIO, place: int, name: str) -> np.ndarray:
    """The numbers of one of a TIFF's directories as they lie in the file, (H, W, samples)."""
    import tifffile

    file.seek(0)
    with tifffile.TiffFile(file) as tiff:
        return _values(cast("tifffile.TiffPage", tiff.pages[place]), name)


def _values(page: "tifffile.TiffPage", name: str) -> np.ndarray:
    """A page's numbers, (H, W, samples), nothing made up where strips or tiles are missing."""
    packed = page.bitspersample % 8 == 0 and page.bitspersample not in (8, 16, 32, 64)  # in which order, nobody says
    if page.dtype is None or page.dtype.kind not in "uifb" or (packed and page.dtype.kind != "f"):
        raise PhotoError(f"{name} holds numbers of {page.bitspersample} bits, of a kind that cannot be read")
    if page.samplesperpixel > _MOST_SAMPLES or page.shaped[1] != 1:
        raise PhotoError(f"{name} has {page.samplesperpixel} channels and {page.shaped[1]} layers: no photo")
    size, pieces = page.parent.filehandle.size, int(np.prod(page.chunked))
    ends = [start + count for start, count in zip(page.dataoffsets, page.databytecounts, strict=False)]
    if len(ends) < pieces or not all(page.databytecounts[:pieces]) or max(ends[:pieces]) > size:
        raise PhotoError(_PIECES_MISSING.format(name))
    try:
        values: np.ndarray = page.asarray(squeeze=False, maxworkers=1)  # (planes, 1, H, W, samples of a plane)
    except MemoryError:
        raise
    except Exception as error:  # of all the kinds that codecs raise
        if extra("imagecodecs") is None:
            how = f"{page.bitspersample} bits a number, compression {int(page.compression)}"
            raise PhotoError(f"{name} ({how}) can only be read with imagecodecs: pip install imagecodecs") from error
        raise
    return np.moveaxis(values[:, 0], 0, -1).reshape(*values.shape[2:4], -1) if len(values) > 1 else values[0, 0]


def _with_meaning(
    values: np.ndarray, page: "tifffile.TiffPage", photometric: int, name: str
) -> tuple[Image.Image, Image.Image | None, list[str]]:
    """(H, W, samples) -> an image of mode L, RGB, CMYK, YCbCr or LAB; alpha; notes."""
    colors = Image.getmodebands(_MODES[photometric]) if photometric in _MODES else 0
    if not 0 < colors <= values.shape[2]:
        raise PhotoError(
            f"{name} has {values.shape[2]} channels of PhotometricInterpretation {photometric}, which is not known"
        )
    extras = tuple(int(extra) for extra in page.extrasamples) + (0,) * values.shape[2]
    extras = extras[: values.shape[2] - colors]
    alpha_place = _alpha_place(extras)
    notes = _extra_notes(extras, alpha_place)
    if values.dtype.kind == "b":
        values = values.astype(np.uint8)
    bits = page.bitspersample
    if photometric in (_LAB, _ICC_LAB):
        levels = _lab_levels(values[..., :3], signed=photometric == _LAB, name=name)
    else:
        levels, level_notes = to_levels(values[..., 0] if colors == 1 else values[..., :colors], _scale(page, bits))
        notes = level_notes + notes
    alpha = None
    if alpha_place is not None:
        own_bits = bits if values.dtype.kind in "ui" else 0
        opacity, _ = to_levels(values[..., colors + alpha_place], Scale(own_bits, 0.0, 1.0))
        alpha = Image.fromarray(opacity)
        if extras[alpha_place] == _PREMULTIPLIED:
            levels = _divided(levels, opacity)
    if photometric == _WHITE_IS_ZERO:
        levels = 255 - levels
    return _image(levels, _MODES[photometric]), alpha, notes


def _divided(levels: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    """Levels (H, W) or (H, W, C) that were multiplied with alpha (H, W) -> as they were before; 0 where it is 0."""
    table = np.rint(np.arange(256)[:, None] * 255 / np.arange(256).clip(1)).clip(0, 255).astype(np.uint8)
    return table[levels, alpha if levels.ndim == 2 else alpha[..., None]]


def _scale(page: "tifffile.TiffPage", bits: int) -> Scale:
    """What a page says of its range. MaxSampleValue counts where it states a depth, 4095 say: else it is statistics."""
    if page.dtype is not None and page.dtype.kind == "f":
        low, high = (page.tags.valueof(tag) for tag in (_TYPED_MIN, _TYPED_MAX))
        stated = [min(low)] if isinstance(low, tuple) else [low]
        stated += [max(high)] if isinstance(high, tuple) else [high]
        black, white = (float(one) if isinstance(one, int | float) else None for one in stated)
        return Scale(0, black, white)
    return Scale(bits, None, _stated_white({tag: page.tags.valueof(tag) for tag in (_MAX_VALUE, _TYPED_MAX)}, bits))


def _stated_white(tags: Any, bits: int) -> int | None:
    """MaxSampleValue or SMaxSampleValue, if it is the largest number of fewer bits than `bits`, 4095 say."""
    for tag in (_MAX_VALUE, _TYPED_MAX):
        value = tags.get(tag)
        values = set(value) if isinstance(value, tuple) else {value}
        if len(values) == 1 and isinstance(top := values.pop(), int):
            return top if 0 < top < 2**bits - 1 and top & (top + 1) == 0 else None
    return None


def _lab_levels(values: np.ndarray, signed: bool, name: str) -> np.ndarray:
    """CIE L*a*b* as TIFF holds it, 8 or 16 bits -> uint8 as Pillow takes it for mode LAB: L, and a and b signed."""
    if values.dtype.itemsize not in (1, 2) or values.dtype.kind == "f":
        raise PhotoError(f"{name} holds L*a*b* colours in {8 * values.dtype.itemsize} bits: save it as RGB first")
    levels = (values.view(f"u{values.dtype.itemsize}") >> (8 * (values.dtype.itemsize - 1))).astype(np.uint8)
    if not signed:
        levels[..., 1:] ^= 128
    return levels


def _image(levels: np.ndarray, mode: str) -> Image.Image:
    return Image.frombytes(mode, levels.shape[1::-1], np.ascontiguousarray(levels).tobytes())


def _alpha_place(extras: tuple[int, ...]) -> int | None:
    """Which of the extra channels is transparency."""
    return next((i for i, one in enumerate(extras) if one in (_PREMULTIPLIED, _ALPHA, _CORELS_ALPHA)), None)


def _extra_notes(extras: tuple[int, ...], alpha_place: int | None) -> list[str]:
    left = len(extras) - (alpha_place is not None)
    channels = "an extra channel" if left == 1 else f"{left} extra channels"
    return [f"{channels} (infrared, a mask or the like) left out"] if left > 0 else []
