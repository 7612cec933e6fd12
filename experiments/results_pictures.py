"""The pictures of docs/results.md: sheets of photos drawn by the seed, and curves drawn from the figures."""

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image, ImageDraw
from torch import Tensor

from colorgan.color import lab_to_gamut_rgb, rgb_to_lab
from colorgan.colorizer import Colorizer
from colorgan.data import fixed_photos
from colorgan.data.whole import MIN_CHROMA
from colorgan.files import write_whole

CELL, MARGIN, HEADER = 128, 4, 28  # pixels
PHOTOS = 3  # rows of a set's sheet
OWN_PHOTOS, OWN_CELL, OWN_SIDE = 6, 192, 256  # of a set's sheet of the bundled models alone: photos, and their pixels
PAIR_PHOTOS = 1  # photos of each set beside each other for cGAN and WGAN
QUALITY = 80
ORIGINAL, GRAY = "original", "gray"


def draw_photos(data: str, resolution: int, seed: int, count: int, with_truth: bool) -> Tensor:
    """The first photos of a test set's order under the seed, their centre squares, uint8 (N, 3, R, R).

    Near-gray photos are left out, as they are where colours are judged, unless there is no truth anyway.
    """
    least = MIN_CHROMA if with_truth else 0.0
    return fixed_photos([data], split="test", resolution=resolution, count=count, seed=seed, min_chroma=least)


@torch.inference_mode()
def columns(photos: Tensor, colorizers: dict[str, Colorizer]) -> dict[str, Tensor]:
    """Photos uint8 (N, 3, R, R) -> what each column of a sheet shows, RGB (N, 3, R, R) in [0, 1]."""
    rgb = photos.float() / 255
    lightness, _ = rgb_to_lab(rgb)
    shown = {GRAY: lab_to_gamut_rgb(lightness, torch.zeros_like(lightness).expand(-1, 2, -1, -1))}
    for name, colorizer in colorizers.items():
        ab = colorizer(lightness.to(colorizer.device)).cpu()
        shown[name] = lab_to_gamut_rgb(lightness, ab)
    return shown | {ORIGINAL: rgb}


def sheet(shown: dict[str, Tensor], cell: int = CELL) -> Image.Image:
    """Columns of pictures, RGB (N, 3, R, R) each, under their names."""
    rows, step = len(shown[ORIGINAL]), cell + MARGIN
    paper = Image.new("RGB", (len(shown) * step + MARGIN, rows * step + MARGIN + HEADER), "white")
    draw = ImageDraw.Draw(paper)
    for column, (title, pictures) in enumerate(shown.items()):
        left = column * step + MARGIN
        draw.text((left, 2), title.replace(" (", "\n("), fill="black")
        for row, picture in enumerate(pictures):
            pixels = (picture.clamp(0, 1) * 255).round().byte().permute(1, 2, 0).contiguous().numpy()
            image = Image.fromarray(np.asarray(pixels))
            if image.width != cell:
                image = image.resize((cell, cell), Image.Resampling.LANCZOS)
            paper.paste(image, (left, row * step + MARGIN + HEADER))
    return paper


def save_jpeg(picture: Image.Image, path: Path) -> None:
    """Write a sheet, whole or not at all, with all of its colour resolution."""
    data = io.BytesIO()
    picture.save(data, "JPEG", quality=QUALITY, subsampling=0, optimize=True)
    write_whole(path, data.getvalue())


def save_sheets(
    sets: Sequence[tuple[str, bool]],
    colorizers: dict[str, Colorizer],
    bundled: Sequence[str],
    pair: Sequence[str],
    plan: Any,
    folder: Path,
) -> list[dict[str, Any]]:
    """Sheets of each set of (name, whether it has a truth), and one of the pair alone: what was written.

    A set has a sheet of all colorizers, and one of the bundled ones alone with more and larger photos.
    """
    made, beside, before = [], [], set(folder.glob("*.jpg"))
    for data, with_truth in sets:
        name = Path(data).name
        shown = columns(draw_photos(data, plan.resolution, plan.seed, PHOTOS, with_truth), colorizers)
        save_jpeg(sheet(shown), folder / f"{name}.jpg")
        made.append({"title": name, "file": f"{name}.jpg", "photos": len(shown[ORIGINAL]), "truth": with_truth})
        if bundled:
            own = {one: colorizers[one] for one in bundled}
            made[-1] |= {"bundled": save_own_sheet(data, own, plan.seed, with_truth, folder)}
        if with_truth:
            beside.append({key: value[:PAIR_PHOTOS] for key, value in shown.items()})
    if len(pair) == 2 and beside:
        joined = {key: torch.cat([one[key] for one in beside]) for key in (GRAY, *pair, ORIGINAL)}
        save_jpeg(sheet(joined), folder / "cgan-wgan.jpg")
        made.append({"title": " beside ".join(pair), "file": "cgan-wgan.jpg", "photos": len(joined[GRAY])})
    written = {folder / str(one[key]) for one in made for key in ("file", "bundled") if key in one}
    for old in before - written:
        old.unlink()
    return made


def save_own_sheet(data: str, bundled: dict[str, Colorizer], seed: int, with_truth: bool, folder: Path) -> str:
    """A set's sheet of the bundled models alone; returns its file's name."""
    file = f"{Path(data).name}-bundled.jpg"
    photos = draw_photos(data, OWN_SIDE, seed, OWN_PHOTOS, with_truth)
    save_jpeg(sheet(columns(photos, bundled), OWN_CELL), folder / file)
    return file


def save_curves(recipes: dict[str, Any], folder: Path) -> None:
    """curves.png, all recipes' validation figures in one plot each; losses.png, each recipe's own terms."""
    from matplotlib.figure import Figure

    shown = (("psnr", "PSNR in dB"), ("chroma_ratio", "chroma over the photos' own"))
    figure = Figure(figsize=(11, 4.4), layout="constrained")
    for axes, (key, title) in zip(figure.subplots(1, 2), shown, strict=True):
        for index, (name, run) in enumerate(recipes.items()):
            if points := run["curves"].get(f"validation {key}"):
                style = {"color": f"C{index % 10}", "marker": "os^vD"[index % 5], "markersize": 3, "linewidth": 1.2}
                axes.plot(*zip(*points, strict=True), label=name, **style)
        _finish(axes, title)
    figure.axes[0].legend(fontsize=7, ncols=2)
    _save(figure, folder / "curves.png")
    rows = -(-len(recipes) // 4)
    figure = Figure(figsize=(12, 2.5 * rows), layout="constrained")
    for index, (name, run) in enumerate(recipes.items()):
        axes = figure.add_subplot(rows, 4, index + 1)
        for key, points in run["curves"].items():
            if key.startswith("train ") and key != "train generator":
                axes.plot(*zip(*points, strict=True), label=key.removeprefix("train "), linewidth=1)
        _finish(axes, name)
        if axes.lines:
            axes.legend(fontsize=6)
    _save(figure, folder / "losses.png")


def _finish(axes: Any, title: str) -> None:
    axes.set_title(title, fontsize=9)
    axes.set_xlabel("images seen", fontsize=8)
    axes.tick_params(labelsize=7)
    axes.grid(alpha=0.3)


def _save(figure: Any, path: Path) -> None:
    data = io.BytesIO()
    figure.savefig(data, format="png", dpi=90)
    write_whole(path, data.getvalue())
