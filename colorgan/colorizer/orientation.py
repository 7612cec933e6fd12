"""Which way up a photo is, by what a network saw of it at all four turns.

Beside a model's own weights there may be `upright.safetensors`, which experiments/upright_head.py learns for them: one
number for each of a look's features in each ninth of the photo. Features times numbers, in sum, are how upright it is.
"""

from collections.abc import Callable
from pathlib import Path

import torch
from PIL import Image
from safetensors import safe_open
from safetensors.torch import save
from torch import Tensor
from torch.nn import Module, functional

from colorgan.colorizer.repainting import Memory
from colorgan.fingerprint import weights_sha256

FILE = "upright.safetensors"
NINTHS = 3  # to a side
QUARTERS = 4  # turns there are
See = Callable[[Image.Image], Memory | None]  # what a network remembers of a photo, if it remembers anything


def descriptions(image: Image.Image, see: See) -> Tensor:
    """What a network sees of an image turned by 0, 1, 2 and 3 quarters to the right, (4, 9 F): the means of its F
    features in each ninth. ValueError for a network of which nothing is remembered."""
    described = []
    for quarters in range(QUARTERS):
        memory = see(image.rotate(-90 * quarters, expand=True))
        if memory is None:
            raise ValueError("the model has no colour words, so nothing is kept of what its network sees")
        [features], (height, width) = memory.look.features, memory.look.grid
        ninths = functional.adaptive_avg_pool2d(features.T.reshape(1, -1, height, width), NINTHS)
        described.append(ninths.flatten())
    return torch.stack(described)


class Orientation:
    """Tells which way up photos are, for the network that its weights (9 F,) were learnt with.

    `network` is the `fingerprint.weights_sha256` of that model.
    """

    def __init__(self, weights: Tensor, network: str):
        self.weights, self.network = weights, network

    @classmethod
    def beside(cls, model: str | Path, colorizer: Module) -> "Orientation | None":
        """That of a model's folder, for the colorizer loaded from it; None where there is none, or another model's."""
        path = Path(model) / FILE
        if not path.is_file():
            return None
        with safe_open(path, "pt") as file:
            found = cls(file.get_tensor("weights"), (file.metadata() or {}).get("network", ""))
        return found if found.network == weights_sha256(colorizer) else None

    def to_bytes(self) -> bytes:
        """As the file has it."""
        return save({"weights": self.weights}, {"network": self.network})

    def probabilities(self, image: Image.Image, see: See) -> list[float]:
        """How likely an image is upright once it is turned by 0, 1, 2 and 3 quarters to the right."""
        return [float(one) for one in (descriptions(image, see) @ self.weights).softmax(0)]
