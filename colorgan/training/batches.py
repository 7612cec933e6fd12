"""From photos to what a step trains on: degraded lightness in, true colour out, in the generator's own terms."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional
from torch.utils.data import IterableDataset

from colorgan.color import CHROMA_SCALE, normalize_lightness, rgb_to_lab
from colorgan.data import PhotoStream, photo_loader
from colorgan.degrade import age_lightness, film_lightness
from colorgan.recipes import Data, Phase, Recipe, Run
from colorgan.training.parallel import Piece, seeded


@dataclass
class Batch:
    """One process's share of the photos of a step.

    rgb (N, 3, R, R) uint8; lightness (N, 1, R, R) in [0, 100], degraded as the recipe says; `images_before` were
    seen before it, `images_seen` after it, by all processes together.
    """

    rgb: Tensor
    lightness: Tensor | None
    images_before: int
    images_seen: int
    phase: Phase


@dataclass
class Pair:
    """A piece of a batch on its device: what the generator sees, what it should put out, what the critic sees.

    lightness (N, 1, R, R) in [-1, 1]; colour (N, C, r, r) in the output space, r = R / output_stride; condition
    (N, 1, r, r), the undegraded lightness in [-1, 1].
    """

    lightness: Tensor
    colour: Tensor
    condition: Tensor
    piece: Piece


def batches(
    recipe: Recipe, run: Run, images_seen: int, rank: int, processes: int, say: Callable[[str], None]
) -> Iterator[Batch]:
    """This process's batches from position `images_seen` to the end of the budget, phase by phase.

    At the end of a phase `say` hears how many photos were dropped, and why.
    """
    while images_seen < recipe.train_images:
        phase, end = recipe.phase_at(images_seen)
        stream = open_stream(recipe.data, phase, run.seed, images_seen, rank, processes)
        photos: Any = DegradedStream(stream, recipe.data, run.seed, images_seen) if _degrades(recipe.data) else stream
        for batch in photo_loader(photos, run.dataloader_num_workers):
            before, images_seen = images_seen, int(batch["images_seen"])
            yield Batch(batch["rgb"], batch.get("lightness"), before, images_seen, phase)
            if images_seen >= end:
                break
        say(stream.report())


def open_stream(data: Data, phase: Phase, seed: int, images_seen: int, rank: int, processes: int) -> PhotoStream:
    """The endless stream of a phase's photos, of which this process decodes its slice of each batch."""
    return PhotoStream(
        data.dataset,
        split=data.split,
        weights=data.dataset_weights or None,
        resolution=phase.resolution if len(phase.resolution) > 1 else phase.resolution[0],
        crop=data.crop,
        crop_scale=phase.crop_scale,
        flip=data.flip,
        min_chroma=data.min_chroma,
        seed=seed,
        batch_size=phase.train_batch_size,
        rank=rank,
        world_size=processes,
        start_images=images_seen,
        window=data.window,
        max_photos=data.max_photos,
    )


class DegradedStream(IterableDataset[dict[str, Any]]):
    """A stream whose batches also hold `lightness`, old before its time; runs where the photos are decoded.

    Each photo's faults are drawn by its own generator, so that they do not depend on how a batch is divided.
    """

    def __init__(self, stream: PhotoStream, data: Data, seed: int, images_seen: int):
        self.stream, self.data, self.seed = stream, data, seed
        self.rank, self.images_seen = stream.rank, images_seen

    def __iter__(self) -> Iterator[dict[str, Any]]:
        for batch in self.stream:
            rgb, after = batch["rgb"], int(batch["images_seen"])
            first = self.rank * len(rgb)
            photos = [
                self._degraded(photo[None].float() / 255, seeded("degrade", self.seed, after, first + index))
                for index, photo in enumerate(rgb)
            ]
            yield {**batch, "lightness": torch.cat(photos)}

    def _degraded(self, rgb: Tensor, generator: torch.Generator) -> Tensor:
        """RGB (1, 3, R, R) in [0, 1] -> L (1, 1, R, R) in [0, 100]."""
        return age_lightness(film_lightness(rgb, self.data.film, generator), self.data.aging, generator)


def pairs_of(batch: Batch, recipe: Recipe, stride: int, pieces: int, rank: int, device: torch.device) -> list[Pair]:
    """Cut a process's share into `pieces`, on the device, in the generator's terms."""
    count, made = len(batch.rgb) // pieces, []
    for index in range(pieces):
        cut = slice(index * count, (index + 1) * count)
        rgb = batch.rgb[cut].to(device, non_blocking=True).float() / 255
        lightness = None if batch.lightness is None else batch.lightness[cut].to(device, non_blocking=True)
        piece = Piece(rank * len(batch.rgb) + index * count, count, batch.phase.train_batch_size)
        made.append(pair_of(rgb, lightness, recipe.output_space, stride, piece))
    return made


def pair_of(rgb: Tensor, lightness: Tensor | None, space: str, stride: int, piece: Piece) -> Pair:
    """RGB (N, 3, R, R) in [0, 1], and L (N, 1, R, R) in [0, 100] where the input is not simply theirs -> a pair."""
    true_lightness, ab = rgb_to_lab(_shrunk(rgb, stride))
    condition = normalize_lightness(true_lightness)
    if space == "rgb":
        colour = _shrunk(rgb, stride) * 2 - 1
    else:
        colour = torch.cat((condition, ab / CHROMA_SCALE), 1) if space == "lab" else ab / CHROMA_SCALE
    if lightness is None:
        lightness = true_lightness if stride == 1 else rgb_to_lab(rgb)[0]
    return Pair(normalize_lightness(lightness), colour, condition, piece)


def _shrunk(rgb: Tensor, stride: int) -> Tensor:
    size = (rgb.shape[2] // stride, rgb.shape[3] // stride)
    return rgb if stride == 1 else functional.interpolate(rgb, size, mode="area")


def _degrades(data: Data) -> bool:
    return data.film > 0 or data.aging > 0
