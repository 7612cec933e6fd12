"""What colour words are made of before they train: which colours they are, and the scale of the features they read."""

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from colorgan.color import CHROMA_SCALE
from colorgan.data import fixed_photos
from colorgan.networks.words import BLOCK, make_vocabulary
from colorgan.recipes import Data
from colorgan.training.batches import pair_of
from colorgan.training.parallel import Piece, seeded

COLOUR_PHOTOS, FEATURE_PHOTOS = 1000, 200  # whose blocks are looked at
LEAST_DEVIATION = 1e-3  # of a feature that is the same everywhere
CHUNK = 8  # photos that go through the network together


@dataclass(frozen=True)
class Vocabulary:
    """The colours of the words, ab (Q, 2) in ab units; mean and deviation (F,) of the features of blocks."""

    colours: Tensor
    mean: Tensor
    deviation: Tensor


@torch.no_grad()
def find_vocabulary(generator: Any, count: int, data: Data, seed: int) -> Vocabulary:
    """The `count` words that the first training photos are best said with, and what the generator's look is like there.

    ValueError where the photos have fewer blocks than there are to be words.
    """
    photos = fixed_photos(
        data.dataset,
        split=data.split,
        resolution=max(data.phases[-1].resolution),
        count=COLOUR_PHOTOS,
        seed=seed,
        min_chroma=data.min_chroma,
        max_photos=data.max_photos,
    )
    device, stride = next(generator.parameters()).device, generator.output_stride
    colours: list[Tensor] = []
    features: list[Tensor] = []
    for chunk in photos.split(CHUNK):
        pair = pair_of(chunk.to(device).float() / 255, None, generator.output_space, stride, Piece())
        blocks = functional.avg_pool2d(pair.colour * CHROMA_SCALE, BLOCK // stride)
        colours.append(blocks.flatten(2).transpose(1, 2).reshape(-1, 2).cpu())
        if len(features) * CHUNK < FEATURE_PHOTOS:
            features.append(generator.look(pair.lightness)[1].features.flatten(0, 1).cpu())
    if sum(map(len, colours)) < count:
        raise ValueError(
            f"{count} colour words need as many blocks of {BLOCK} x {BLOCK} pixels to be found in, "
            f"got {sum(map(len, colours))} in {len(photos)} photos"
        )
    words = make_vocabulary(torch.cat(colours), count, seeded("vocabulary", seed))
    seen = torch.cat(features)
    return Vocabulary(words, seen.mean(0), seen.std(0) + LEAST_DEVIATION)
