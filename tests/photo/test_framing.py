"""Photos turned and cut."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from colorgan.photo import photo_from_image
from colorgan.photo.framing import Framing, framed, framed_values, turn_point

PIXELS = np.arange(40 * 60, dtype=np.uint16).reshape(40, 60)  # each has a number of its own


def levels(values: np.ndarray) -> Image.Image:
    return Image.fromarray((values % 251).astype(np.uint8))


BOXES = st.tuples(st.integers(0, 10), st.integers(0, 9), st.integers(8, 20), st.integers(8, 20))


@settings(max_examples=40)
@given(st.integers(0, 3), st.integers(0, 3), BOXES)
def test_to_turn_what_was_cut_is_to_cut_what_was_turned(
    first: int, second: int, box: tuple[int, int, int, int]
) -> None:
    left, top, width, height = box
    cut = Framing(first).cut((left, top, left + width, top + height))
    shown = framed_values(PIXELS, cut)
    assert shown.shape == (height, width)
    further = cut.turned(second, *Framing(first).size_of(60, 40))
    assert np.array_equal(framed_values(PIXELS, further), np.rot90(shown, -second))
    assert further.size_of(60, 40) == ((width, height) if second % 2 == 0 else (height, width))
    photo = framed(photo_from_image(levels(PIXELS)), further)
    assert np.array_equal(np.asarray(photo.image), levels(framed_values(PIXELS, further)))
    x, y = turn_point(left + 0.5, top + 0.5, Framing(first).size_of(60, 40), second)
    turned = framed_values(PIXELS, Framing((first + second) % 4))
    assert turned[int(y), int(x)] == framed_values(PIXELS, Framing(first))[top, left]


def test_metadata_tell_of_the_new_size() -> None:
    image, exif = levels(PIXELS), Image.Exif()
    exif[0x8769] = {0xA002: 60, 0xA003: 40}  # pixels across and down
    image.info["exif"], image.info["dpi"] = exif.tobytes(), (300, 600)
    photo = framed(photo_from_image(image), Framing(1, (0, 0, 20, 30)))
    found = Image.Exif()
    found.load(photo.exif)
    inner = found.get_ifd(0x8769)
    assert (inner[0xA002], inner[0xA003], photo.dpi) == (20, 30, (600, 300))


def test_bad_cuts_are_refused() -> None:
    with pytest.raises(ValueError, match="at least 8 x 8 pixels"):
        Framing().cut((0, 0, 7, 20))
    with pytest.raises(ValueError, match="inside the photo"):
        Framing(0, (10, 10, 30, 30)).cut((0, 0, 30, 10))
