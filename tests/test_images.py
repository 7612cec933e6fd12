"""The pixels of PIL images as they lie in memory."""

import numpy as np
import pytest
from PIL import Image

from colorgan.images import SharedPixels


@pytest.mark.parametrize("size", [(1, 1), (7, 5), (4000, 32), (1, 70000), (65500, 1)])
@pytest.mark.parametrize("mode", ["L", "RGB"])
def test_pixels_are_shared(mode: str, size: tuple[int, int]) -> None:
    width, height = size
    noise = np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8)
    image = Image.fromarray(noise).convert(mode)
    shared, wanted = SharedPixels(image), np.asarray(image).reshape(height, width, -1)
    assert np.array_equal(shared.pixels[..., : wanted.shape[2]], wanted)
    image.putpixel((0, height - 1), 9 if mode == "L" else (9, 8, 7))
    assert shared.pixels[height - 1, 0, 0] == 9, "not a copy"


def test_they_outlive_the_image() -> None:
    shared = [SharedPixels(Image.new("RGB", (64, 64), (number, 2, 3))) for number in range(200)]
    assert [one.pixels[63, 63, 0] for one in shared] == list(range(200))
