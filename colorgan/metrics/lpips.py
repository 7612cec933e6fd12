"""LPIPS (Zhang et al. 2018, arXiv 1801.03924): how different two pictures look to a network fitted to people.

Version 0.1 on AlexNet: what the paper's authors recommend for judging. AlexNet's weights are torchvision's; the five
linear layers that the authors fitted to people's judgements come with torchmetrics (extra `fid`), which keeps them.
"""

import importlib.util
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional

from colorgan.metrics.backbones import ALEXNET, fill, load_weights

LINEAR_LAYERS = "functional/image/lpips_models/alex.pth"  # inside of torchmetrics
_SHIFT, _SCALE = (-0.030, -0.088, -0.188), (0.458, 0.448, 0.450)
_TINY = 1e-10


class Lpips(nn.Module):
    """Two versions of photos, RGB (N, 3, H, W) in [0, 1] -> their distance (N,), 0 for equal ones.

    `weights` is AlexNet's file, or True for torch's cache. Raises ValueError, one line, where they or the package with
    the linear layers are missing.
    """

    def __init__(self, weights: str | Path | bool = True) -> None:
        super().__init__()
        linear = _linear_layers()
        self.loaded = load_weights(ALEXNET, weights)
        self.network = _AlexNet()
        fill(self.network, self.loaded, ALEXNET)
        for number, layer in enumerate(linear):
            self.register_buffer(f"linear_{number}", layer)
        self.register_buffer("shift", torch.tensor(_SHIFT).view(1, 3, 1, 1))
        self.register_buffer("scale", torch.tensor(_SCALE).view(1, 3, 1, 1))
        self.eval().requires_grad_(False)

    def forward(self, rgb: Tensor, truth: Tensor) -> Tensor:
        """See the class."""
        shift, scale = self.get_buffer("shift"), self.get_buffer("scale")
        first, second = (self.network((2 * one - 1 - shift) / scale) for one in (rgb, truth))
        total = torch.zeros(len(rgb), device=rgb.device)
        for number, (x, y) in enumerate(zip(first, second, strict=True)):
            gap = (_unit(x) - _unit(y)).square()
            total += functional.conv2d(gap, self.get_buffer(f"linear_{number}")).mean((1, 2, 3))
        return total


class _AlexNet(nn.Module):
    """The convolutions of Krizhevsky 2014 (arXiv 1404.5997), as torchvision names them."""

    def __init__(self) -> None:
        super().__init__()
        self.features = nn.Sequential(
            *(nn.Conv2d(3, 64, 11, 4, 2), nn.ReLU(), nn.MaxPool2d(3, 2)),
            *(nn.Conv2d(64, 192, 5, padding=2), nn.ReLU(), nn.MaxPool2d(3, 2)),
            *(nn.Conv2d(192, 384, 3, padding=1), nn.ReLU()),
            *(nn.Conv2d(384, 256, 3, padding=1), nn.ReLU()),
            *(nn.Conv2d(256, 256, 3, padding=1), nn.ReLU()),
        )

    def forward(self, x: Tensor) -> list[Tensor]:
        """The output of each of the five ReLUs."""
        found = []
        for layer in self.features:
            x = layer(x)
            if isinstance(layer, nn.ReLU):
                found.append(x)
        return found


def _unit(features: Tensor) -> Tensor:
    """Every place's vector at length 1."""
    return features / (features.square().sum(1, keepdim=True).sqrt() + _TINY)


def _linear_layers() -> list[Tensor]:
    """The five layers (1, C, 1, 1), read from the package's file; the package itself is not imported."""
    package = importlib.util.find_spec("torchmetrics")
    folders = package.submodule_search_locations if package else None
    file = Path(folders[0]) / LINEAR_LAYERS if folders else None
    if file is None or not file.is_file():
        raise ValueError("LPIPS needs the package torchmetrics: pip install 'colorgan[fid]'")
    tensors = torch.load(file, map_location="cpu", weights_only=True)
    return [tensors[f"lin{number}.model.1.weight"] for number in range(5)]
