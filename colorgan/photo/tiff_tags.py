"""What a TIFF says beside its numbers: tones, primaries, EXIF, IPTC; TIFF 6.0, sections 8, 16, 20 and 21."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, BinaryIO

import numpy as np
from PIL import Image

from colorgan.photo.directories import Directory
from colorgan.photo.opened import Opened
from colorgan.photo.profiles import primaries_profile, srgb_levels

_WHITE_IS_ZERO, _BLACK_IS_ZERO, _RGB, _INKS, _YCBCR = 0, 1, 2, 5, 6  # PhotometricInterpretation
_BITS, _PHOTOMETRIC, _TRANSFER = 258, 262, 301
_GRAY_CURVE, _BLACK_WHITE, _DOTS = 291, 532, 336
PROFILE = 34675
_IPTC, _LONGEST_IPTC = 33723, 1 << 24


def with_statements(opened: Opened, tags: Any) -> Opened:
    """What a TIFF without a profile says of its tones and colours: TransferFunction, and the primaries of RGB. What
    it says and nobody heeds is in the notes."""
    photometric, bits = tags.get(_PHOTOMETRIC, 0), tags.get(_BITS, (1,))
    depth = bits[0] if isinstance(bits, tuple) else bits
    opened = replace(opened, notes=(*opened.notes, *_unheeded(tags, photometric, depth)))
    if PROFILE in tags or photometric not in (_WHITE_IS_ZERO, _BLACK_IS_ZERO, _RGB):
        return opened
    notes, curve, profile = list(opened.notes), (), None
    table, count = tags.get(_TRANSFER), 2**depth
    if isinstance(table, tuple):
        channels = 3 if photometric == _RGB else 1
        if len(table) in (count, channels * count) and count in (256, 65536):
            places = np.rint(np.arange(256) * ((count - 1) / 255)).astype(int)
            light = np.array(table, float).reshape(-1, count)[:, places] / 65535
            levels = srgb_levels(light if photometric != _WHITE_IS_ZERO else light[:, ::-1])
            if np.abs(levels.astype(int) - np.arange(256)).max() > 2:
                curve = tuple(np.broadcast_to(levels, (channels, 256)).ravel().tolist())
                notes.append("its tones were converted by the TransferFunction of the file")
        else:
            notes.append("its TransferFunction, which does not fit its bits, was left out of account")
    white, primaries = tags.get(318), tags.get(319)
    if photometric == _RGB and isinstance(white, tuple) and isinstance(primaries, tuple):
        profile = primaries_profile(white, primaries)
    return replace(opened, notes=tuple(notes), curve=curve, profile=profile)


def _unheeded(tags: Any, photometric: int, depth: int) -> Iterator[str]:
    """Ranges and densities that Pillow, tifffile and most programs pass over, where they differ from what is usual."""
    top = 2**depth - 1
    middle = (top + 1) // 2
    tag, name, usual = {
        _WHITE_IS_ZERO: (_GRAY_CURVE, "GrayResponseCurve", ()),
        _BLACK_IS_ZERO: (_GRAY_CURVE, "GrayResponseCurve", ()),
        _RGB: (_BLACK_WHITE, "ReferenceBlackWhite", (0, top) * 3),
        _YCBCR: (_BLACK_WHITE, "ReferenceBlackWhite", (0, top, middle, top, middle, top)),
        _INKS: (_DOTS, "DotRange", (0, top)),
    }.get(photometric, (0, "", ()))
    stated = tags.get(tag)
    if isinstance(stated, tuple) and tuple(map(float, stated)) not in (usual, usual * 4):
        yield f"its {name} was left out of account"


def iptc_at(file: BinaryIO, directory: Directory) -> bytes:
    """IPTC-NAA as it lies in the file: many programs write it as LONGs, of which Pillow tells the first."""
    length, offset = directory.long_tags.get(_IPTC, (0, 0))
    if not 0 < length <= _LONGEST_IPTC or offset >= 2**63:
        return b""
    file.seek(offset)
    return file.read(length).rstrip(b"\0")


def exif_at(file: BinaryIO, offset: int) -> Image.Exif:
    """The tags of a directory, as Pillow knows them of its own images."""
    exif = Image.Exif()
    file.seek(0)
    head = file.read(4)
    exif.bigtiff, exif.endian = b"+" in head, "<" if head[:2] == b"II" else ">"
    try:
        exif.load_from_fp(file, offset)
    except Exception:  # as many kinds as there are ways to break a directory
        return Image.Exif()
    return exif
