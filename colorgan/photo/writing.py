"""Results -> files, with what their photos carried."""

import contextlib
import io
import os
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from PIL import Image, TiffImagePlugin, TiffTags

from colorgan.files import one_line, write_whole
from colorgan.photo import png, strips
from colorgan.photo.deep import STEP, Deep, in_eight_bits
from colorgan.photo.embedding import embedding
from colorgan.photo.endings import DEEP, WRITTEN, writable_endings
from colorgan.photo.exif import (
    DESCRIPTION,
    EXIF_IFD,
    MAKER_NOTE,
    ORIENTATION,
    RESOLUTION,
    SOFTWARE,
    cleaned,
    exif_bytes,
)
from colorgan.photo.jp2 import jp2_boxes
from colorgan.photo.metadata import IPTC_TAG, XMP_TAG, Metadata
from colorgan.photo.pixels import on_white
from colorgan.photo.record import Photo, PhotoError, name_of, plain_image
from colorgan.photo.xmp import described_xmp

_ENCODER_OPTIONS: dict[str, dict[str, Any]] = {
    "JPEG": {"quality": 95, "subsampling": 0},  # subsampled chroma is what a colorized photo can spare least
    "PNG": {"compress_level": 4},  # on photos within 2 % of level 6, in half its time
    "WEBP": {"quality": 95, "method": 4, "exact": True},  # exact: colours under transparent pixels survive
    "AVIF": {"quality": 90, "subsampling": "4:4:4"},
}
_KEEP_ALPHA = frozenset({"PNG", "WEBP", "TIFF", "AVIF", "JPEG2000", "GIF", "TGA", "SGI", "QOI"})
_KEEP_EXIF = frozenset({"JPEG", "PNG", "WEBP", "AVIF", "TIFF", "JPEG2000"})
_LONGEST_SIDE = {"JPEG": 65500, "WEBP": 16383, "AVIF": 65536, "GIF": 65535, "TGA": 65535, "PCX": 65535, "SGI": 65535}
_JPEG_SEGMENT = 65533  # bytes that one APP1 segment, so all of a JPEG's EXIF, can hold


def save_photo(
    picture: Image.Image | Deep | strips.Strips,
    destination: str | os.PathLike[str] | BinaryIO,
    photo: Photo | None = None,
    *,
    format: str | None = None,  # noqa: A002  (the word Pillow's users know)
    description: str | None = None,
) -> tuple[str, ...]:
    """Writes `picture` (RGB, sRGB) with the alpha, EXIF, profile, resolution and metadata of `photo`.

    A picture of 16 bits, uint16 (H, W, 3), keeps them in PNG and TIFF, and has 8 in all others. One that is made in
    strips is never whole in memory where it becomes a JPEG without transparency. JPEGs are coded by all cores. Returns
    notes, plain sentences on what of all this the format has no place for.

    The format is that of the name's extension, else `format`, else the photo's own where it can be written, else
    PNG. JPEG is written at quality 95 with full chroma, WebP at quality 95 (its chroma is always halved), AVIF at 90
    with full chroma; PNG, TIFF, BMP and the rest lose nothing, GIF all but 256 colours. Where the format has no
    transparency the picture is laid on white. `description` ("colorized by colorgan ...") becomes EXIF Software, and
    ImageDescription where the photo has none of its own; in PNG also text, in GIF the comment. In XMP it is the
    CreatorTool, and the DigitalSourceType says that an algorithm has altered the photo.

    A path is written whole or not at all: to a temporary name in the same folder, then renamed. Raises PhotoError
    for an extension or format that cannot be written, a picture that does not fit it, and a disk that refuses.
    """
    path = destination if isinstance(destination, str | os.PathLike) else None
    chosen = _format_for("" if path is None else Path(path).suffix.lower(), format, photo)
    pieces, notes = _encoded(picture, chosen, photo, description)
    try:
        if path is not None:
            write_whole(Path(path), pieces)
        else:
            destination.write(b"".join(pieces))  # type: ignore[union-attr]
    except PhotoError:
        raise
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or one_line(error)
        raise PhotoError(f"cannot write {name_of(destination)}: {reason}") from error
    return tuple(notes)


def _format_for(extension: str, asked: str | None, photo: Photo | None) -> str:
    """Pillow's name of the format to write."""
    endings = writable_endings()
    if extension or asked:
        wish = extension or str(asked)
        kind = WRITTEN.get("." + wish.lower().lstrip("."), wish.upper())
        if kind not in endings.values() or (extension and extension not in endings):
            raise PhotoError(f"cannot write photos as {wish!r}: use one of {', '.join(endings)}")
        return kind
    kind = {"MPO": "JPEG"}.get(photo.format, photo.format) if photo is not None else "PNG"
    return kind if kind in endings.values() else "PNG"


def _encoded(
    picture: Image.Image | Deep | strips.Strips, kind: str, photo: Photo | None, description: str | None
) -> tuple[Iterable[bytes | memoryview], list[str]]:
    """A result -> the bytes of its file, in pieces, and notes. No encoder meets a full disk: it writes to memory."""
    deep = picture if isinstance(picture, np.ndarray) else None
    picture, alpha = _layers(in_eight_bits(picture) if isinstance(picture, np.ndarray) else picture, photo)
    longest = _LONGEST_SIDE.get(kind, 2**31 - 1)
    if max(picture.size) > longest:
        raise PhotoError(f"{kind} holds sides of at most {longest} pixels, the picture is {_times(picture.size)}")
    notes = []
    if deep is not None and kind not in DEEP:
        notes.append(f"{kind} has 8 bits a channel, of the photo's 16")
    if alpha is not None and kind not in _KEEP_ALPHA:
        notes.append(f"{kind} has no transparency: the picture was laid on white")
        picture, alpha = on_white(_whole(picture), alpha), None
    dpi, icc_profile = (photo.dpi, photo.icc_profile) if photo is not None else (None, None)
    exif, exif_notes = _result_exif(photo, kind, description)
    metadata = photo.metadata if photo is not None else Metadata()
    xmp = described_xmp(metadata.xmp, description) if description else metadata.xmp
    options: dict[str, Any] = dict(_ENCODER_OPTIONS.get(kind, {}))
    options |= {"exif": exif_bytes(exif)} if exif else {}
    options |= {"dpi": dpi} if dpi else {}
    options |= {"icc_profile": icc_profile} if icc_profile else {}
    embedded, left_out = embedding(kind, metadata, xmp, description)
    notes += [*exif_notes, *left_out]
    if kind == "JPEG":
        return _in_pieces(picture, options | embedded), notes
    file = io.BytesIO()
    with _encoder_words(picture.size, kind):
        picture = _whole(picture)
        if kind == "TIFF":
            pixels = np.asarray(_merged(picture, alpha)) if deep is None else _deep_merged(deep, alpha)
            _write_tiff(file, pixels, exif, icc_profile, dpi, xmp, metadata.iptc)
        elif kind == "GIF":
            transparency = {"transparency": 255} if alpha else {}
            _paletted(picture, alpha).save(file, kind, **options, **embedded, **transparency)
        else:
            _merged(picture, alpha).save(file, kind, **options, **embedded)
            if kind == "JPEG2000":
                file.write(jp2_boxes(exif_bytes(exif), xmp))
    if deep is not None and kind == "PNG":
        return [png.deepened(file.getvalue(), _deep_merged(deep, alpha))], notes
    return [file.getbuffer()], notes


@contextlib.contextmanager
def _encoder_words(size: tuple[int, int], kind: str) -> Iterator[None]:
    """Turns what encoders raise, which is nearly anything, into one line."""
    try:
        yield
    except MemoryError as error:
        raise PhotoError(f"encoding {_times(size)} pixels as {kind} needs more memory than is free") from error
    except Exception as error:
        raise PhotoError(f"cannot encode {_times(size)} pixels as {kind}: {one_line(error)}") from error


def _in_pieces(picture: Image.Image | strips.Strips, options: dict[str, Any]) -> Iterator[bytes]:
    """A JPEG as it is coded."""
    with _encoder_words(picture.size, "JPEG"):
        yield from strips.encoded(picture, _ENCODER_OPTIONS["JPEG"], options)


def _times(size: tuple[int, int]) -> str:
    return f"{size[0]} x {size[1]}"


def _layers(
    picture: Image.Image | strips.Strips, photo: Photo | None
) -> tuple[Image.Image | strips.Strips, Image.Image | None]:
    """The colours and the alpha to write; an alpha of the picture's own wins."""
    alpha = photo.alpha if photo is not None else None
    if isinstance(picture, Image.Image):
        if picture.mode not in ("L", "RGB", "RGBA"):
            raise PhotoError(f"a picture to save must be RGB (or RGBA, or L), got mode {picture.mode!r}")
        picture.load()
        if picture.mode == "RGBA":
            return plain_image(picture.convert("RGB")), picture.getchannel("A")
        picture = plain_image(picture if picture.mode == "RGB" else picture.convert("RGB"))
    if alpha is not None and alpha.size != picture.size:
        raise PhotoError(f"the picture is {_times(picture.size)}, its photo's transparency {_times(alpha.size)}")
    return picture, alpha


def _whole(picture: Image.Image | strips.Strips) -> Image.Image:
    return picture if isinstance(picture, Image.Image) else picture.whole()


def _merged(picture: Image.Image, alpha: Image.Image | None) -> Image.Image:
    return picture if alpha is None else Image.merge("RGBA", (*picture.split(), alpha))


def _deep_merged(pixels: Deep, alpha: Image.Image | None) -> Deep:
    """uint16 (H, W, 3), with an alpha (H, W, 4)."""
    if alpha is None:
        return pixels
    opacity = np.asarray(alpha).astype(np.uint16) * np.uint16(STEP)
    return np.concatenate((pixels, opacity[..., None]), 2)


def _paletted(picture: Image.Image, alpha: Image.Image | None) -> Image.Image:
    """RGB -> 256 dithered colours, or 255 and index 255 for what is more transparent than not."""
    if alpha is None:
        return picture.quantize(palette=picture.quantize(256), dither=Image.Dither.FLOYDSTEINBERG)
    picture = on_white(picture, alpha)
    paletted = picture.quantize(palette=picture.quantize(255), dither=Image.Dither.FLOYDSTEINBERG)
    paletted.paste(255, mask=alpha.point([255] * 128 + [0] * 128))
    return paletted


def _result_exif(photo: Photo | None, kind: str, description: str | None) -> tuple[Image.Exif, list[str]]:
    """The photo's EXIF with the description in it, as the format can hold it, and notes."""
    exif = Image.Exif()
    if photo is not None and photo.exif:
        with contextlib.suppress(Exception):  # a Photo that someone else has made may hold anything
            found = Image.Exif()
            found.load(photo.exif)
            exif, _ = cleaned(found)
    if kind not in _KEEP_EXIF:
        return Image.Exif(), [f"{kind} has no place for EXIF: it was left out"] if exif else []
    if description:
        exif[SOFTWARE] = description.encode("utf-8")
        if not str(exif.get(DESCRIPTION, "")).strip(" \0"):  # the owner's own words are kept
            exif[DESCRIPTION] = exif[SOFTWARE]
    if kind in ("WEBP", "AVIF") and photo is not None and photo.dpi and RESOLUTION[0] not in exif:
        for tag, value in zip(RESOLUTION, (*photo.dpi, 2), strict=True):  # they have no other place for it
            exif[tag] = value
    if kind == "AVIF" and ORIENTATION in exif:
        del exif[ORIENTATION]  # or Pillow takes it out itself, and writes all text anew as ASCII
    return _within_segment(exif) if kind == "JPEG" else (exif, [])


def _within_segment(exif: Image.Exif) -> tuple[Image.Exif, list[str]]:
    """EXIF that fits one JPEG segment: without the maker note, or if need be with the first directory's short tags."""
    if len(exif.tobytes()) <= _JPEG_SEGMENT:
        return exif, []
    inner = exif.get(EXIF_IFD)
    if isinstance(inner, dict):
        inner.pop(MAKER_NOTE, None)
    if len(exif.tobytes()) <= _JPEG_SEGMENT:
        return exif, ["its EXIF is too long for a JPEG: the camera maker's note was left out"]
    for tag in [tag for tag, value in exif.items() if not _is_short(tag, value)]:
        del exif[tag]
    return exif, ["its EXIF is too long for a JPEG: long tags were left out"]


def _is_short(tag: int, value: Any) -> bool:
    alone = Image.Exif()
    alone[tag] = value
    return len(alone.tobytes()) < 1000


def _write_tiff(
    file: BinaryIO,
    pixels: np.ndarray,
    exif: Image.Exif,
    icc_profile: bytes | None,
    dpi: tuple[float, float] | None,
    xmp: bytes,
    iptc: bytes,
) -> None:
    """uint8 or uint16 (H, W, 3 or 4) -> deflated TIFF with horizontal differences (TIFF 6.0 with Adobe's supplement 2).

    Not by libtiff: Pillow can give it no EXIF directory ("Error setting from dictionary"), and checks no tag's length.
    """
    height, width, channels = pixels.shape
    rows = max(1, 2**18 // pixels[0].nbytes)
    strips = [_deflated(pixels[top : top + rows]) for top in range(0, height, rows)]
    sizes = [len(strip) for strip in strips]
    directory = TiffImagePlugin.ImageFileDirectory_v2()
    for tag, value in exif.items():
        directory[tag] = value
    directory[256], directory[257], directory[258], directory[277] = (
        width,
        height,
        (8 * pixels.itemsize,) * channels,
        channels,
    )
    directory[259], directory[262], directory[284], directory[317] = (
        8,
        2,
        1,
        2,
    )  # deflate, RGB, interleaved, differences
    directory[273], directory[278], directory[279] = tuple(np.cumsum([0, *sizes[:-1]]).tolist()), rows, tuple(sizes)
    if channels == 4:
        directory[338] = (2,)  # alpha that the colours are not multiplied with
    if icc_profile:
        directory[34675] = icc_profile
    if dpi:
        directory[282], directory[283], directory[296] = (*dpi, 2)
    for tag, kind, content in ((XMP_TAG, TiffTags.BYTE, xmp), (IPTC_TAG, TiffTags.UNDEFINED, iptc)):
        if content:
            directory[tag], directory.tagtype[tag] = content, kind
    directory.save(file)  # moves the strips' offsets behind itself
    for strip in strips:
        file.write(strip)


def _deflated(rows: np.ndarray) -> bytes:
    """(R, W, C) numbers -> differences along W, modulo their range, compressed. Pillow's TIFFs are little-endian."""
    differences = rows.copy()
    differences[:, 1:] -= rows[:, :-1]
    return zlib.compress(differences.astype(rows.dtype.newbyteorder("<")).tobytes(), 6)
