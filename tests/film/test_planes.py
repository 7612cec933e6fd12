"""Gray frames and colours -> YUV: beside what the photo's painter and swscale make of them."""

import av
import numpy as np
import pytest
import torch
from cases.film import accurate_rgb, gray_frame, lightness_of
from PIL import Image

from colorgan.film.planes import paint_planes
from colorgan.film.tones import samples_of
from colorgan.painting import paint


def painted(gray: Image.Image, lines: torch.Tensor) -> tuple[av.VideoFrame, list[np.ndarray]]:
    """A frame in colour, and its planes."""
    frame = av.VideoFrame(*gray.size, "yuv420p")
    y, u, v = planes = [samples_of(plane) for plane in frame.planes]
    paint_planes(np.asarray(gray), lines, y, u, v)
    return frame, planes


def shown(frame: av.VideoFrame) -> np.ndarray:
    """RGB as a careful player shows it."""
    frame.colorspace = frame.color_range = 1
    return accurate_rgb(frame).astype(int)


def constant(a: float, b: float) -> torch.Tensor:
    """Lines (4, 6, 8) of one ab."""
    return torch.tensor([0.0, 0.0, a, b])[:, None, None].expand(4, 6, 8)


@pytest.mark.parametrize(("a", "b"), [(0, 0), (40, 30), (10, -45), (-40, 40), (60, -60)])
@pytest.mark.parametrize("gray", [20, 90, 128, 200])
def test_a_plain_colour_is_the_painters(gray: int, a: float, b: float) -> None:
    image = Image.new("L", (16, 12), gray)
    wanted = np.asarray(paint(image, constant(a, b))).astype(int)
    # A step of limited range is 1.2 of R, G and B, a step of U 2.1 of blue: half of each is lost by rounding.
    assert np.abs(shown(painted(image, constant(a, b))[0]) - wanted).max() <= 3


def test_a_gray_frame_stays_what_it_was() -> None:
    """Every tone of limited range comes back as it went in."""
    image = Image.fromarray(np.repeat(np.arange(256, dtype=np.uint8)[None], 4, 0))
    y, u, v = painted(image, constant(0, 0))[1]
    assert y.shape == (4, 256) and y.min() == 16 and y.max() == 235
    assert np.abs(y[0] - (16 + np.arange(256) * 219 / 255)).max() <= 0.51
    assert u.shape == v.shape == (2, 128) and (u == 128).all() and (v == 128).all()


def test_lightness_and_colours_are_a_photos() -> None:
    """On a frame with edges and textures, by bent lines of strong colours."""
    size = (320, 240)
    image = Image.fromarray(gray_frame(3, size))
    generator = torch.Generator().manual_seed(2)
    lines = torch.nn.functional.interpolate(torch.randn(1, 4, 4, 5, generator=generator), (48, 64), mode="bicubic")[0]
    lines = lines * torch.tensor([0.2, 0.2, 30, 30])[:, None, None]
    got, photo = shown(painted(image, lines)[0]), np.asarray(paint(image, lines)).astype(int)
    assert np.ptp(photo, axis=-1).mean() > 30
    assert np.abs(lightness_of(got.astype(np.uint8)) - lightness_of(gray_frame(3, size))).mean() < 0.5
    assert np.abs(got - photo).mean() < 2
    assert np.abs((got - photo).mean((0, 1))).max() < 0.5


def test_colours_lie_where_they_belong() -> None:
    """Left red, right blue; U and V of FFmpeg's order."""
    lines = constant(50, 30).clone()
    lines[2:, :, 4:] = torch.tensor([10.0, -45.0])[:, None, None]
    _, u, v = painted(Image.new("L", (32, 16), 110), lines)[1]
    assert v[:, 0].min() > 160 and u[:, 0].max() < 128 and u[:, -1].min() > 150
