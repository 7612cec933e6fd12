"""Flat borders: found whatever their level, width and form; and nothing that is part of the picture taken for one."""

from collections.abc import Callable

import numpy as np
import pytest
import torch
from PIL import Image, ImageDraw
from skimage import color, data

from colorgan import DEFAULT_WEIGHTS, Colorizer
from colorgan.borders import Border, find_border
from colorgan.color import bytes_to_lightness

WIDTH, HEIGHT = 400, 300


@pytest.fixture(scope="module")
def bundled() -> Colorizer:
    return Colorizer.from_pretrained(DEFAULT_WEIGHTS)


def picture(name: str = "coffee", size: tuple[int, int] = (WIDTH, HEIGHT)) -> Image.Image:
    return Image.fromarray(getattr(data, name)()).convert("L").resize(size)


def on_page(level: int, margins: tuple[int, int, int, int] = (60, 60, 60, 60), name: str = "coffee") -> Image.Image:
    """A picture on a page of one level, which it leaves free by so much: left, top, right, bottom."""
    left, top, right, bottom = margins
    page = Image.new("L", (left + WIDTH + right, top + HEIGHT + bottom), level)
    page.paste(picture(name), (left, top))
    return page


def border_of(page: Image.Image) -> Border | None:
    """Of a page at about the size of a view."""
    scale = 256 / (page.width * page.height) ** 0.5
    small = page.resize((round(page.width * scale), round(page.height * scale)), Image.Resampling.BICUBIC)
    return find_border(bytes_to_lightness(torch.tensor(np.asarray(small))))


def box_of(page: Image.Image) -> tuple[int, int, int, int] | None:
    """What is inside of a page's border, in its pixels."""
    border = border_of(page)
    if border is None:
        return None
    left, top, right, bottom = border.inside(page.size)
    return round(left), round(top), round(right), round(bottom)


def near(box: tuple[int, ...] | None, wanted: tuple[int, ...], pixels: int = 5) -> bool:
    return box is not None and max(abs(one - other) for one, other in zip(box, wanted, strict=True)) <= pixels


def noisy(page: Image.Image, deviation: float) -> Image.Image:
    noise = np.random.default_rng(0).normal(0, deviation, (page.height, page.width))
    return Image.fromarray((np.asarray(page) + noise).clip(0, 255).astype(np.uint8))


class TestFound:
    @pytest.mark.parametrize("level", [0, 40, 128, 200, 225, 240, 255])
    @pytest.mark.parametrize("name", ["coffee", "astronaut", "chelsea"])
    def test_a_mount_of_any_level(self, level: int, name: str) -> None:
        assert near(box_of(on_page(level, name=name)), (60, 60, 460, 360))

    @pytest.mark.parametrize(
        "margins",
        [
            (10, 10, 10, 10),  # a print's edge
            (300, 200, 300, 200),
            (30, 60, 90, 120),
            (0, 80, 0, 80),  # bars of a film
            (90, 0, 90, 0),
            (0, 0, 70, 90),  # a scanner's bed
            (60, 60, 60, 0),
        ],
    )
    def test_of_any_width(self, margins: tuple[int, int, int, int]) -> None:
        left, top, _, _ = margins
        assert near(box_of(on_page(210, margins)), (left, top, left + WIDTH, top + HEIGHT))

    def test_with_noise(self) -> None:
        assert near(box_of(noisy(on_page(200), 10)), (60, 60, 460, 360))

    def test_with_uneven_paper(self) -> None:
        page = np.asarray(on_page(200)).astype(float)
        paper = np.add.outer(4 * np.sin(np.arange(page.shape[0]) / 90), 3 * np.cos(np.arange(page.shape[1]) / 70))
        paper[60:360, 60:460] = 0
        assert near(box_of(Image.fromarray((page + paper).astype(np.uint8))), (60, 60, 460, 360))

    @pytest.mark.parametrize("slope", [(20, 0), (0, -30), (15, 15)])
    def test_on_a_page_that_is_lit_from_one_side(self, slope: tuple[int, int]) -> None:
        page = on_page(200)
        shading = np.add.outer(*(by * np.linspace(-0.5, 0.5, side) for by, side in zip(slope, (420, 520), strict=True)))
        lit = Image.fromarray((np.asarray(page) + shading).clip(0, 255).astype(np.uint8))
        assert near(box_of(lit), (60, 60, 460, 360))

    @pytest.mark.parametrize("width", [1, 3, 5])
    def test_with_a_line_round_the_picture(self, width: int) -> None:
        page = on_page(225)
        ImageDraw.Draw(page).rectangle((40, 40, 480, 380), outline=60, width=width)
        assert near(box_of(page), (60, 60, 460, 360))

    def test_inside_one_another(self) -> None:
        """A print with a white edge, on a gray page, on a scanner's black bed."""
        bed = Image.new("L", (700, 620), 5)
        bed.paste(Image.new("L", (640, 560), 200), (30, 30))
        bed.paste(Image.new("L", (430, 330), 248), (135, 135))
        bed.paste(picture(), (150, 150))
        assert near(box_of(bed), (150, 150, 550, 450))

    def test_of_two_kinds(self) -> None:
        """White paper to the left and above, a scanner's dark lid to the right and below."""
        page = on_page(235)
        page.paste(25, (460, 0, 520, 420))
        page.paste(25, (0, 360, 520, 420))
        assert near(box_of(page), (60, 60, 460, 360))

    def test_with_a_caption(self) -> None:
        page = on_page(225, (60, 60, 60, 120))
        ImageDraw.Draw(page).text((150, 400), "Vienna, spring of 1923, with aunt Mina", fill=40)
        border = border_of(page)
        assert border is not None and bool(border.mask[-20:].all())

    def test_round_an_oval(self) -> None:
        page, opening = Image.new("L", (520, 420), 215), Image.new("L", (WIDTH, HEIGHT), 0)
        ImageDraw.Draw(opening).ellipse((0, 0, WIDTH - 1, HEIGHT - 1), fill=255)
        page.paste(picture(), (60, 60), opening)
        border = border_of(page)
        assert border is not None and near(box_of(page), (60, 60, 460, 360))
        rows, columns = border.box.slices
        corners = border.mask[rows, columns]
        assert bool(corners[3, 3]) and bool(corners[-4, -4]) and not bool(corners[corners.shape[0] // 2].any())

    def test_between_the_photos_of_a_page(self) -> None:
        page = Image.new("L", (920, 420), 205)
        page.paste(picture(), (40, 60))
        page.paste(picture("chelsea"), (480, 60))
        border = border_of(page)
        assert border is not None
        height, width = border.mask.shape
        assert bool(border.mask[height // 2, width // 2]) and not bool(border.mask[height // 2, width // 4])


def gradient(size: tuple[int, int], top: float, bottom: float) -> np.ndarray:
    return np.repeat(np.linspace(top, bottom, size[1])[:, None], size[0], 1)


def sky_with_a_bird() -> np.ndarray:
    sky = np.full((300, 400), 180.0)
    sky[120:150, 150:220] = 40
    return sky


def evening_sky_with_a_bird() -> np.ndarray:
    sky = gradient((400, 300), 200, 170)
    sky[120:150, 150:220] = 40
    return sky


def sky_over_roofs() -> np.ndarray:
    scene = np.full((300, 400), 235.0)
    scene[200:] = np.random.default_rng(0).uniform(20, 180, (100, 400))
    scene[150:200, 180:200] = 60
    return scene


def sky_over_the_sea() -> np.ndarray:
    scene = np.full((300, 400), 200.0)
    scene[160:] = np.random.default_rng(0).uniform(60, 120, (140, 400))
    return scene


@pytest.mark.parametrize(
    "draw",
    [
        lambda: np.full((300, 400), 128.0),
        lambda: gradient((400, 300), 250, 120),
        lambda: np.random.default_rng(0).uniform(0, 255, (300, 400)),
        sky_with_a_bird,
        evening_sky_with_a_bird,
        sky_over_roofs,
        sky_over_the_sea,
    ],
    ids=["one level", "a gradient", "noise", "a bird", "a bird in the evening", "roofs", "the sea"],
)
def test_a_scene_has_no_border(draw: Callable[[], np.ndarray]) -> None:
    assert border_of(Image.fromarray(draw().astype(np.uint8))) is None


@pytest.mark.parametrize("name", ["astronaut", "coffee", "chelsea", "rocket", "camera", "cat"])
def test_photos_have_no_border(name: str) -> None:
    assert border_of(Image.fromarray(getattr(data, name)()).convert("L")) is None


@pytest.mark.parametrize("size", [(8, 8), (8, 400), (3000, 9), (8, 20_000)])
@pytest.mark.parametrize("level", [0, 255])
def test_the_smallest_pictures_go_through(bundled: Colorizer, size: tuple[int, int], level: int) -> None:
    assert bundled.colorize(Image.new("L", size, level)).size == size


@pytest.mark.parametrize("level", [100, 200, 225])
def test_a_border_stays_gray_and_its_picture_is_coloured_as_without(bundled: Colorizer, level: int) -> None:
    page = on_page(level)
    made, alone = bundled.colorize(page), bundled.colorize(picture())
    outside = np.ones((page.height, page.width), bool)
    outside[54:366, 54:466] = False
    lab = color.rgb2lab(np.asarray(made) / 255)
    assert np.abs(lab[outside][:, 1:]).max() < 0.1
    inside = np.asarray(made.crop((60, 60, 460, 360))).astype(int)
    assert np.abs(inside - np.asarray(alone)).mean() < 4
    assert np.ptp(inside, axis=2).mean() > 0.9 * np.ptp(np.asarray(alone).astype(int), axis=2).mean()


def test_a_border_of_variants_is_gray_as_well(bundled: Colorizer) -> None:
    for made in bundled.colorize(on_page(200), variants=2):
        assert np.ptp(np.asarray(made)[:50].astype(int), axis=2).max() <= 1


def test_photos_with_and_without_borders_go_together(bundled: Colorizer) -> None:
    images = [on_page(200), picture(), on_page(90, (0, 80, 0, 80))]
    for one, image in zip(bundled.colorize(images), images, strict=True):
        assert np.abs(np.asarray(one).astype(int) - np.asarray(bundled.colorize(image))).max() <= 1


def test_lines_cover_the_whole_photo_whatever_its_border(bundled: Colorizer) -> None:
    """Those who use them by hand count on one shape for photos of one size."""
    plain, framed = bundled.predict([picture(size=(520, 420)), on_page(200)])
    assert plain.lines.shape == framed.lines.shape
