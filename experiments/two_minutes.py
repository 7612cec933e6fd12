"""What a person reaches on the page in two minutes: docs/two-minutes.md and its sheet of pictures.

    python experiments/two_minutes.py --data PHOTOS    # PHOTOS/people, PHOTOS/rooms ...: sets of photographs

Five test photos, gray, were brought to the page, and whoever sat there looked at the true photo as one who remembers
it. What was said is in experiments/two_minutes/: any later model can be told the same without another click.
"""

import argparse
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import Any

import torch
from PIL import Image, ImageDraw, ImageFont
from results_pictures import save_jpeg

from colorgan import DEFAULT_WEIGHTS, Colorizer
from colorgan.color import lab_to_gamut_rgb, rgb_to_lab
from colorgan.data.whole import EvaluationPhoto, EvaluationPhotos
from colorgan.files import write_whole
from colorgan.hints import HINTS_SUFFIX, read_hints
from colorgan.images import to_image, to_tensor
from colorgan.machine import machine
from colorgan.metrics.per_photo import colour_difference, psnr

ROOT = Path(__file__).parents[1]
SAID = Path(__file__).parent / "two_minutes"
PAGE, SHEET = ROOT / "docs" / "two-minutes.md", ROOT / "docs" / "two-minutes.jpg"
CELL, CAPTION, GAP = 224, 22, 6  # pixels
GRAY, AUTOMATIC, TOLD, TRUTH = COLUMNS = ("gray", "automatic", "after hints", "truth")
WORDS = """# Two minutes on the page

Written by `python experiments/two_minutes.py --data PHOTOS`. Five test photos were brought to [the page](page.md) in
black and white, drawn at random and picked for being of different kinds: people in their clothes, a room, a vehicle,
things, a place. Whoever sat there looked at the true photo as one who remembers it, and had about two minutes for each:
a click on a thing, then the nearest colour of the palette, or hue and strength where none was near.

![Gray, automatic, after hints, truth]({file})

With {model}, on {date}; PSNR in dB, where more is better, and mean CIEDE2000, where less is, to the true photo, as
under the pictures:

{table}

Every press of the mouse is a click, also one that took something back. The hints are in `experiments/two_minutes/`, so
that a later model can be told the same; it might have needed others.
"""


@dataclass(frozen=True)
class Tried:
    """A photo by its set and its name there, and how much was clicked; what was said is in `name`.hints.json."""

    name: str
    data: str
    photo: str
    clicks: int


TRIED = (
    Tried("gardeners", "people", "data/test-00000-of-00001/000142", 40),
    Tried("kitchen", "rooms", "data/test-00000-of-00001/000206", 28),
    Tried("bus", "wild", "data/test-00000-of-00001/000151", 28),
    Tried("guitar", "wild", "data/test-00000-of-00001/000385", 46),
    Tried("autumn", "scenes", "data/test-00000-of-00001/000092", 28),
)


@dataclass(frozen=True)
class Row:
    """One photo's pictures by column, and PSNR in dB and mean CIEDE2000 of all but the truth."""

    tried: Tried
    hints: int
    pictures: dict[str, Image.Image]
    figures: dict[str, tuple[float, float]]


def find(data: Path, tried: Tried) -> EvaluationPhoto:
    """The photo, at its own size."""
    for photo in EvaluationPhotos([str(data / tried.data)], split="test", resolution=None):
        if photo.name == tried.photo:
            return photo
    raise ValueError(f"{data / tried.data} has no photo {tried.photo!r}")


@torch.inference_mode()
def gray_of(photo: EvaluationPhoto) -> Image.Image:
    """What is brought to the page, mode "L": the lightness that the true photo has."""
    lightness, ab = rgb_to_lab(photo.rgb[None].float() / 255)
    return to_image(lab_to_gamut_rgb(lightness, torch.zeros_like(ab))[0, :1])


def repeat(colorizer: Colorizer, photo: EvaluationPhoto, tried: Tried) -> Row:
    """Do again what was done on the page."""
    gray, said = gray_of(photo), read_hints(SAID / f"{tried.name}{HINTS_SUFFIX}")
    how: dict[str, Any] = {"seed": said.seed, "daring": said.daring, "vividness": said.vividness}
    told = colorizer.colorize(gray, hints=said.at_size(gray.size).hints, **how)
    pictures = {GRAY: gray.convert("RGB"), AUTOMATIC: colorizer.colorize(gray), TOLD: told, TRUTH: to_image(photo.rgb)}
    figures = {name: judge(pictures[name], pictures[TRUTH]) for name in COLUMNS[:-1]}
    return Row(tried, len(said.hints), pictures, figures)


@torch.inference_mode()
def judge(picture: Image.Image, truth: Image.Image) -> tuple[float, float]:
    """PSNR in dB and mean CIEDE2000 of two pictures of one size."""
    one, other = (to_tensor(image)[None].float() / 255 for image in (picture, truth))
    return float(psnr(one, other)), float(colour_difference(*rgb_to_lab(one), *rgb_to_lab(other)))


def sheet(rows: Iterable[Row]) -> Image.Image:
    """A row for each photo, a column for each picture of it, its figures below."""
    rows = list(rows)
    paper = Image.new("RGB", (len(COLUMNS) * (CELL + GAP) + GAP, len(rows) * (CELL + CAPTION + GAP) + GAP), "white")
    draw, font = ImageDraw.Draw(paper), ImageFont.load_default(14)
    for down, row in enumerate(rows):
        for across, name in enumerate(COLUMNS):
            picture = row.pictures[name]
            scale = CELL / max(picture.size)
            picture = picture.resize(
                (round(picture.width * scale), round(picture.height * scale)), Image.Resampling.LANCZOS
            )
            left, top = GAP + across * (CELL + GAP), GAP + down * (CELL + CAPTION + GAP)
            paper.paste(picture, (left + (CELL - picture.width) // 2, top + CELL - picture.height))
            words = "{}: {:.1f} dB, {:.1f}".format(name, *row.figures[name]) if name in row.figures else name
            if name == TOLD:
                words += f", {row.tried.clicks} clicks"
            draw.text((left + CELL // 2, top + CELL + CAPTION // 2), words, "black", font, anchor="mm")
    return paper


def page(rows: Iterable[Row], model: str) -> str:
    """docs/two-minutes.md."""
    rows = list(rows)
    columns = COLUMNS[:-1]
    lines = [
        ["photo", "hints", "clicks"] + [f"{name}, dB" for name in columns] + [f"{name}, CIEDE2000" for name in columns]
    ]
    lines.append(["---"] * len(lines[0]))
    for row in rows:
        counts = [f"{row.tried.name} ({row.tried.data})", str(row.hints), str(row.tried.clicks)]
        lines.append(counts + [f"{row.figures[name][which]:.1f}" for which in (0, 1) for name in columns])
    counts = ["mean", f"{fmean(row.hints for row in rows):.0f}", f"{fmean(row.tried.clicks for row in rows):.0f}"]
    means = [fmean(row.figures[name][which] for row in rows) for which in (0, 1) for name in columns]
    lines.append(counts + [f"{mean:.1f}" for mean in means])
    table = "\n".join("| " + " | ".join(line) + " |" for line in lines)
    return WORDS.format(file=SHEET.name, model=model, date=machine()["date"], table=table)


def main() -> None:
    """Find the photos, do again what was said of them, write the page and its sheet."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", required=True, type=Path, help="the folder of the sets of photographs")
    parser.add_argument("--model", default=DEFAULT_WEIGHTS, help="Hub id or folder; default: the bundled one")
    options = parser.parse_args()
    colorizer = Colorizer.from_pretrained(options.model)
    rows = [repeat(colorizer, find(options.data, tried), tried) for tried in TRIED]
    name = "the bundled model" if options.model == DEFAULT_WEIGHTS else f"`{options.model}`"
    save_jpeg(sheet(rows), SHEET)
    write_whole(PAGE, page(rows, name))


if __name__ == "__main__":
    main()
