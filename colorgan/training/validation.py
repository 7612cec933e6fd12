"""Validation while a model trains: the same photos each time, in metrics and as a sheet; curves at the end."""

import io
import json
import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import torch
from PIL import Image, ImageDraw
from torch import Tensor

from colorgan.color import lab_to_gamut_rgb, rgb_to_lab
from colorgan.colorizer import Colorizer
from colorgan.data import DataError, fixed_photos
from colorgan.files import write_whole
from colorgan.images import to_image
from colorgan.losses import PIXEL_LOSSES
from colorgan.metrics import per_photo
from colorgan.recipes import Recipe, Run
from colorgan.training.batches import pair_of
from colorgan.training.parallel import Piece

SHEET_ROWS, SHEET_MARGIN, SHEET_HEADER = 8, 4, 16  # rows, pixels, pixels
CHUNK = 8  # photos that go through the network together


def validation_photos(recipe: Recipe, run: Run, say: Callable[[str], None]) -> Tensor | None:
    """The fixed photos of a run, uint8 (N, 3, R, R), at the size it ends with; None when none are wanted.

    Without a split of its own to look at, they come from the training split, and a message says so.
    """
    if not run.validation_photos:
        return None
    names, wanted = run.validation_dataset or recipe.data.dataset, run.validation_split or "test"
    resolution, problem = max(recipe.data.phases[-1].resolution), ""
    for split in (wanted, recipe.data.split):
        try:
            photos = fixed_photos(
                names,
                split=split,
                resolution=resolution,
                count=run.validation_photos,
                seed=run.seed,
                min_chroma=recipe.data.min_chroma,
            )
        except DataError as error:
            if run.validation_split or split == recipe.data.split:
                raise
            problem = f"no test split ({error}): validating on photos of the training split"
            continue
        if problem:
            say(problem)
        return photos
    return None


@torch.no_grad()
def validate(colorizer: Colorizer, photos: Tensor, recipe: Recipe) -> tuple[dict[str, float], dict[str, Tensor]]:
    """Metrics over the photos uint8 (N, 3, R, R), and by title what was made of them, RGB (N, 3, R, R) in [0, 1].

    `loss` is the recipe's pixel loss, or L1 where it has none, between what the generator puts out and the truth;
    `psnr` in dB over RGB; `chroma_ratio` the mean chroma of the output over that of the truth.
    """
    loss = PIXEL_LOSSES["l1" if recipe.objective.pixel == "none" else recipe.objective.pixel].function
    losses, psnr, chroma, made = [], [], [], []
    for chunk in photos.split(CHUNK):
        rgb = chunk.to(colorizer.device).float() / 255
        pair = pair_of(rgb, None, recipe.output_space, colorizer.generator.output_stride, Piece())
        losses.append(loss(colorizer.generator(pair.lightness).float(), pair.colour) * len(chunk))
        lightness, true_ab = rgb_to_lab(rgb)
        ab = colorizer(lightness)
        picture = lab_to_gamut_rgb(lightness, ab)
        psnr.append(per_photo.psnr(picture, rgb).clamp(max=100))  # infinite for equal photos
        chroma.append(torch.stack([per_photo.mean_chroma(ab).sum() for ab in (rgb_to_lab(picture)[1], true_ab)]))
        made.append(picture.cpu())
    made_chroma, true_chroma = torch.stack(chroma).sum(0).tolist()
    metrics = {
        "loss": float(torch.stack(losses).sum()) / len(photos),
        "psnr": float(torch.cat(psnr).mean()),
        "chroma_ratio": made_chroma / max(true_chroma, 1e-6),
    }
    return metrics, {"generated": torch.cat(made)}


def sheet(photos: Tensor, made: Mapping[str, Tensor]) -> Image.Image:
    """Photos uint8 (N, 3, R, R), by title RGB (N, 3, R, R) in [0, 1] -> rows of gray | what was made | original."""
    rows, side = min(SHEET_ROWS, len(photos)), photos.shape[-1]
    step, titles = side + SHEET_MARGIN, ("gray", *made, "original")
    size = (len(titles) * step + SHEET_MARGIN, rows * step + SHEET_MARGIN + SHEET_HEADER)
    paper = Image.new("RGB", size, "white")
    draw = ImageDraw.Draw(paper)
    for column, title in enumerate(titles):
        draw.text((column * step + SHEET_MARGIN, 2), title, fill="black")
    for row in range(rows):
        original = photos[row].float() / 255
        lightness = rgb_to_lab(original[None])[0]
        gray = lab_to_gamut_rgb(lightness, torch.zeros_like(lightness).expand(-1, 2, -1, -1))[0]
        for column, picture in enumerate((gray, *(pictures[row] for pictures in made.values()), original)):
            place = (column * step + SHEET_MARGIN, row * step + SHEET_MARGIN + SHEET_HEADER)
            paper.paste(to_image(picture), place)
    return paper


def save_sheet(folder: Path, images_seen: int, picture: Image.Image) -> Path:
    """Write a sheet as samples/IMAGES.png of the run."""
    folder.mkdir(parents=True, exist_ok=True)
    path, data = folder / f"{images_seen:09d}.png", io.BytesIO()
    picture.save(data, "PNG")
    write_whole(path, data.getvalue())
    return path


def save_curves(metrics: Path, path: Path) -> None:
    """Draw every figure of metrics.jsonl over the images seen, one small plot for each."""
    from matplotlib.figure import Figure

    curves = _curves(metrics)
    if not curves:
        return
    columns = min(3, len(curves))
    rows = math.ceil(len(curves) / columns)
    figure = Figure(figsize=(4 * columns, 2.6 * rows), layout="constrained")
    for index, (name, points) in enumerate(curves.items()):
        axes = figure.add_subplot(rows, columns, index + 1)
        axes.plot(*zip(*points, strict=True), linewidth=1, marker=".", markersize=2 if len(points) > 50 else 5)
        axes.set_title(name, fontsize=9)
        axes.set_xlabel("images", fontsize=8)
        axes.tick_params(labelsize=7)
    data = io.BytesIO()
    figure.savefig(data, format="png", dpi=120)
    write_whole(path, data.getvalue())


def _curves(metrics: Path) -> dict[str, list[tuple[int, float]]]:
    """metrics.jsonl -> for each figure, "train pixel" for one, its points (images seen, value)."""
    curves: dict[str, list[tuple[int, float]]] = {}
    for line in metrics.read_text().splitlines() if metrics.is_file() else []:
        row: dict[str, Any] = json.loads(line)
        for name, value in row.items():
            if name not in ("images_seen", "part", "seconds"):
                curves.setdefault(f"{row['part']} {name}", []).append((row["images_seen"], value))
    return curves
