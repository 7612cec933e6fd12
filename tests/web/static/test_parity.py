"""The static site against Python, on photos of odd shapes and kinds, from drop to file."""

import io
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageDraw
from skimage import data
from skimage.color import deltaE_ciede2000, rgb2lab

from colorgan import DEFAULT_WEIGHTS, Colorizer
from colorgan.photo.profiles import adobe_rgb

SAME = 0.7  # mean CIEDE2000: about what an eye does not see
ALL_IN_COLOUR = ".grid[data-ready]"
ADD = "#stage .drop input[type=file]"


def _gray(array: np.ndarray) -> Image.Image:
    return Image.fromarray(array).convert("L")


def make_photos(folder: Path) -> list[Path]:
    """Twelve photos and one more, each another shape or kind of file."""
    coffee, cat, astronaut = _gray(data.coffee()), _gray(data.chelsea()), _gray(data.astronaut())
    mounted = Image.new("L", (500, 420), 235)
    mounted.paste(astronaut.resize((380, 300)), (60, 60))
    oval, mask = Image.new("L", (420, 520), 215), Image.new("L", (420, 520))
    ImageDraw.Draw(mask).ellipse((50, 60, 370, 460), fill=255)
    oval.paste(astronaut.resize((420, 520)), mask=mask)
    seen = coffee.convert("RGB")
    seen.putalpha(Image.fromarray(np.tile(np.linspace(255, 90, 600).astype(np.uint8), (400, 1))))
    turned = Image.Exif()
    turned[0x0112] = 6
    deep = Image.fromarray((np.asarray(cat, np.uint16) * 257 + 90).clip(0, 65535))
    files: dict[str, tuple[Image.Image, dict[str, Any]]] = {
        "gray.png": (coffee, {}),
        "megapixel.jpg": (coffee.resize((1224, 816), Image.Resampling.BICUBIC), {"quality": 92}),
        "tiny.png": (coffee.resize((12, 9)), {}),
        "panorama.jpg": (coffee.resize((1600, 80)), {"quality": 92}),
        "turned.jpg": (cat, {"quality": 92, "exif": turned}),
        "deep.png": (deep, {}),
        "seen-through.png": (seen, {}),
        "mounted.png": (mounted, {}),
        "oval.png": (oval, {}),
        "in-colour.jpg": (Image.fromarray(data.chelsea()), {"quality": 92, "subsampling": 0}),
        "palette.gif": (cat.quantize(64), {}),
        "lossy.webp": (astronaut, {"quality": 90}),
        "adobe.jpg": (Image.fromarray(data.coffee()), {"quality": 95, "subsampling": 0, "icc_profile": adobe_rgb()}),
    }
    for name, (image, how) in files.items():
        image.save(folder / name, **how)
    return [folder / name for name in files]


def difference(one: Image.Image, other: Image.Image) -> float:
    """Mean CIEDE2000 of two pictures, on white where they are transparent."""
    labs = []
    for picture in (one, other):
        white = Image.new("RGBA", picture.size, "white")
        white.alpha_composite(picture.convert("RGBA"))
        labs.append(rgb2lab(np.asarray(white.convert("RGB"))))
    return float(deltaE_ciede2000(*labs).mean())


def test_the_pictures_are_those_of_python(page: Any, tmp_path: Path) -> None:
    photos = make_photos(tmp_path)
    page.set_input_files(ADD, photos)
    page.wait_for_selector(ALL_IN_COLOUR, timeout=200_000)
    assert page.inner_text(".grid .name") == f"{len(photos)} of {len(photos)} photos in colour"
    page.select_option("#format select", "png")
    with page.expect_download(timeout=100_000) as download:
        page.click("#download-all")
    download.value.save_as(tmp_path / "all.zip")
    page.select_option("#format select", "")
    colorizer, differences = Colorizer.from_pretrained(DEFAULT_WEIGHTS), {}
    with zipfile.ZipFile(tmp_path / "all.zip") as archive:
        assert archive.testzip() is None
        for photo in photos:
            got = Image.open(io.BytesIO(archive.read(f"{photo.stem}-colorized.png")))
            wanted = colorizer.colorize(photo)
            assert got.size == wanted.size, photo.name
            assert ("A" in got.getbands()) == ("A" in wanted.getbands()), photo.name
            assert np.ptp(np.asarray(wanted.convert("RGB")).astype(int), axis=2).mean() > 1, f"{photo.name} is gray"
            differences[photo.name] = difference(got, wanted)
    assert max(differences.values()) <= SAME, differences


def test_a_photo_comes_home_as_itself(page: Any, tmp_path: Path) -> None:
    """As JPEG: upright, of its size, with its EXIF and resolution, and a word on where its colours come from."""
    exif = Image.Exif()
    exif[0x0112], exif[0x010F], exif[0x8298] = 6, "Zeiss Ikon", "1931, family archive"
    exif.get_ifd(0x8769)[0x9003] = "1931:06:07 12:00:00"
    _gray(data.coffee()).save(tmp_path / "shore.jpg", quality=95, exif=exif, dpi=(300, 300))
    page.set_input_files(ADD, tmp_path / "shore.jpg")
    page.wait_for_selector(".viewer[data-ready]", timeout=60_000)
    with page.expect_download() as download:
        page.click("#download")
    assert download.value.suggested_filename == "shore-colorized.jpg"
    download.value.save_as(tmp_path / "home.jpg")
    with Image.open(tmp_path / "home.jpg") as home:
        home.load()
        said = home.getexif()
        assert home.size == (400, 600) and home.info["dpi"] == (300, 300)
        assert home.layer[1][1:3] == (1, 1), "chroma was halved"
        assert said[0x0112] == 1 and said[0x010F] == "Zeiss Ikon" and said[0x8298] == "1931, family archive"
        assert said.get_ifd(0x8769)[0x9003] == "1931:06:07 12:00:00"
        assert "the colours are a guess" in said[0x0131]
        wanted = Colorizer.from_pretrained(DEFAULT_WEIGHTS).colorize(tmp_path / "shore.jpg")
        assert difference(home, wanted) <= 1.2  # and what JPEG loses
