"""JPEGs coded strip by strip, against Pillow's own of the whole picture."""

import io
import itertools
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from colorgan.painting import PhotoPainting, paint
from colorgan.photo import Photo, save_photo, strips
from colorgan.photo.writing import _ENCODER_OPTIONS

CODING = _ENCODER_OPTIONS["JPEG"]
SIZES = [(8, 8), (4000, 70), (1000, 700), (33, 5001), (65500, 17), (1, 65500)]


def noise(size: tuple[int, int], mode: str = "RGB") -> Image.Image:
    width, height = size
    return Image.fromarray(np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8)).convert(mode)


def by_pillow(image: Image.Image, **options: Any) -> bytes:
    file = io.BytesIO()
    image.save(file, "JPEG", **CODING, **options)
    return file.getvalue()


@pytest.mark.parametrize("size", SIZES)
def test_the_bytes_are_pillows_with_restart_markers(size: tuple[int, int]) -> None:
    image, carried = (
        noise(size),
        {"dpi": (300, 300), "comment": b"a print of 1912", "exif": b"Exif\0\0II*\0" + bytes(6)},
    )
    ours = b"".join(strips.encoded(image, CODING, carried))
    rows = max(1, strips.PIXELS // (8 * size[0]))
    assert ours == by_pillow(image, **carried, restart_marker_rows=rows)
    plain = np.asarray(Image.open(io.BytesIO(by_pillow(image))))
    assert np.array_equal(np.asarray(Image.open(io.BytesIO(ours))), plain)


class Watched(PhotoPainting):
    """A painting that knows what was asked of it."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.asked: list[tuple[int, int]] = []

    def rows(self, top: int, bottom: int) -> Image.Image:
        self.asked.append((top, bottom))
        return super().rows(top, bottom)

    def whole(self) -> Image.Image:
        raise AssertionError("a whole picture was asked for")


def photo_of(image: Image.Image, alpha: Image.Image | None = None) -> Photo:
    return Photo(image, alpha, "JPEG", b"", None, None, ())


@pytest.mark.parametrize("mode", ["L", "RGB"])
def test_a_painting_becomes_the_file_of_the_picture(tmp_path: Path, mode: str) -> None:
    image, lines = noise((1200, 500), mode), torch.randn(4, 20, 48, generator=torch.Generator().manual_seed(0))
    painting = Watched(image, lines)
    save_photo(painting, tmp_path / "strips.jpg", photo_of(image), description="colorized")
    save_photo(paint(image, lines), tmp_path / "whole.jpg", photo_of(image), description="colorized")
    assert (tmp_path / "strips.jpg").read_bytes() == (tmp_path / "whole.jpg").read_bytes()
    painting.asked.sort()
    assert len(painting.asked) > 2, "in strips"
    ends = [0, *(bottom for _, bottom in painting.asked)]
    assert painting.asked == list(itertools.pairwise(ends)) and ends[-1] == 500, "each row once"


@pytest.mark.parametrize("ending", [".png", ".tif", ".webp", ".bmp"])
def test_other_formats_paint_it_whole(tmp_path: Path, ending: str) -> None:
    image, lines = noise((120, 50)), torch.randn(4, 5, 12, generator=torch.Generator().manual_seed(0))
    save_photo(PhotoPainting(image, lines), tmp_path / f"one{ending}", photo_of(image))
    save_photo(paint(image, lines), tmp_path / f"other{ending}", photo_of(image))
    assert (tmp_path / f"one{ending}").read_bytes() == (tmp_path / f"other{ending}").read_bytes()


def test_a_transparent_one_is_laid_on_white(tmp_path: Path) -> None:
    image, lines = Image.new("L", (40, 30), 100), torch.zeros(4, 3, 4)
    notes = save_photo(PhotoPainting(image, lines), tmp_path / "one.jpg", photo_of(image, Image.new("L", (40, 30), 0)))
    assert notes == ("JPEG has no transparency: the picture was laid on white",)
    assert np.asarray(Image.open(tmp_path / "one.jpg")).min() == 255


def test_a_library_that_codes_in_another_way_codes_the_whole() -> None:
    """MozJPEG makes all its files progressive: their scans pass over the picture several times."""
    image, coding = noise((1000, 700)), {**CODING, "progressive": True}
    painting = PhotoPainting(image, torch.zeros(4, 3, 4))
    file = io.BytesIO()
    painting.whole().save(file, "JPEG", **coding, comment=b"said once")
    assert b"".join(strips.encoded(painting, coding, {"comment": b"said once"})) == file.getvalue()


def test_without_files_in_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    image = noise((300, 900))
    with_them = b"".join(strips.encoded(image, CODING, {}))
    monkeypatch.delattr("os.memfd_create", raising=False)
    assert b"".join(strips.encoded(image, CODING, {})) == with_them


def test_an_error_of_a_strip_is_the_files(tmp_path: Path) -> None:
    image = noise((1000, 700))
    painting = PhotoPainting(image, torch.zeros(4, 3, 4))

    def fail(top: int, bottom: int) -> Image.Image:
        raise MemoryError

    painting.rows = fail  # type: ignore[method-assign]
    for destination in (tmp_path / "out.jpg", file := io.BytesIO()):
        with pytest.raises(ValueError, match=r"^encoding 1000 x 700 pixels as JPEG needs more memory than is free$"):
            save_photo(painting, destination, photo_of(image), format="JPEG")
    assert list(tmp_path.iterdir()) == [] and file.getvalue() == b""
