"""TIFFs as tifffile writes them, of every make: what was written is what is seen."""

import io
import itertools
import random
from typing import Any

import numpy as np
import pytest
import tifffile

from colorgan.photo import open_photo

HEIGHT, WIDTH, ALPHA, INFRARED = 40, 56, 0.6, 0.3
ACROSS, DOWN = (np.linspace(0, 1, side) for side in (WIDTH, HEIGHT))
GRAY = np.tile(ACROSS, (HEIGHT, 1)) * np.where(np.arange(HEIGHT) < 10, 0.5, 1)[:, None]
COLOR = np.stack([GRAY, GRAY[:, ::-1], np.tile(DOWN[:, None], (1, WIDTH))], -1)
# Most of all makes are no different from others; a draw of them finds what is.
MAKES = random.Random("TIFF").sample(
    [
        make
        for make in itertools.product(
            ("minisblack", "miniswhite", "rgb", "separated"),
            "<>",
            (None, "lzw", "zlib", "packbits", "lzma", "zstd"),
            (False, True),  # predictor
            ("contig", "separate"),
            (None, (16, 16)),  # tiles
            ("u1", "u2", "u4", "f2", "f4", "f8", "i1", "i2", "i4"),
            ((), (0,), (1,), (2,), (2, 0)),  # extra samples
        )
        if not make[3] or make[2] in ("lzw", "zlib", "lzma", "zstd")
    ],
    200,
)


@pytest.mark.parametrize("make", MAKES, ids=lambda make: " ".join(map(str, make)))
def test_what_was_written_is_seen(make: tuple[Any, ...]) -> None:
    photometric, order, compression, predictor, planes, tile, kind, extras = make
    is_gray = photometric in ("minisblack", "miniswhite")
    wanted = GRAY if is_gray else COLOR
    stored = {"miniswhite": 1 - wanted, "separated": 1 - wanted}.get(photometric, wanted)
    stored = stored[..., None] if is_gray else stored
    if photometric == "separated":
        stored = np.concatenate([stored, np.zeros((HEIGHT, WIDTH, 1))], -1)
    stored = stored * (ALPHA if 1 in extras else 1)
    for extra in extras:
        stored = np.concatenate([stored, np.full((HEIGHT, WIDTH, 1), ALPHA if extra else INFRARED)], -1)
    white = 1 if kind[0] == "f" else np.iinfo(kind).max
    values = (stored * white if kind[0] == "f" else np.rint(stored * white)).astype(kind)
    options: dict[str, Any] = {"planarconfig": planes} if values.shape[2] > 1 else {}
    values = values[..., 0] if values.shape[2] == 1 else np.moveaxis(values, -1, 0) if planes == "separate" else values
    file = io.BytesIO()
    tifffile.imwrite(
        file, values, photometric=photometric, byteorder=order, compression=compression, predictor=predictor,
        tile=tile, extrasamples=extras or None, metadata=None, **options,
    )  # fmt: skip
    photo = open_photo(file)
    levels = np.asarray(photo.image).astype(int)
    assert levels.shape == wanted.shape
    rough = 1 in extras or kind == "i1"  # colours that were multiplied, values of 7 bits
    assert np.abs(levels - wanted * 255).max() <= (3 if rough else 1)
    assert (photo.alpha is not None) == bool({1, 2} & {*extras})
    if photo.alpha is not None:
        assert np.abs(np.asarray(photo.alpha).astype(int) - 255 * ALPHA).max() <= (2 if rough else 1)
    assert any("extra channel" in note for note in photo.notes) == (0 in extras)
