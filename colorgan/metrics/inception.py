"""The Inception v3 that FID is defined by (Heusel et al. 2017, arXiv 1706.08500): TensorFlow's of 2015-12-05.

Szegedy et al. 2015, "Rethinking the Inception architecture" (arXiv 1512.00567), in the variant whose average pools
leave padding out of the mean and whose last block pools by maximum. Names of the weights are torchvision's, as in the
file that pytorch-fid and torch-fidelity publish.
"""

from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional

from colorgan.metrics.backbones import INCEPTION, fill, load_weights

_SIDE = 299  # pixels squared


class InceptionFeatures(nn.Module):
    """RGB (N, 3, H, W) in [0, 1] -> features (N, 2048). `weights` is their file, or True for torch's cache.

    Pictures count in 8 bits and are squeezed into a square as TensorFlow 1 did it. Raises ValueError, one line, where
    the weights are missing or are others.
    """

    def __init__(self, weights: str | Path | bool = True) -> None:
        super().__init__()
        self.loaded = load_weights(INCEPTION, weights)
        self.network = _Inception()
        fill(self.network, self.loaded, INCEPTION)
        self.eval().requires_grad_(False)

    def forward(self, rgb: Tensor) -> Tensor:
        """See the class."""
        levels = _resized((rgb * 255).round(), _SIDE)
        features: Tensor = self.network((levels - 128) / 128)
        return features


def _resized(image: Tensor, side: int) -> Tensor:
    """(N, C, H, W) -> (N, C, side, side), bilinear with the corners' pixels at 0 and no smoothing: TensorFlow 1's."""
    for axis in (2, 3):
        size = image.shape[axis]
        place = torch.arange(side, device=image.device, dtype=torch.float32) * (size / side)
        below = place.floor().long().clamp(max=size - 1)
        share = (place - below).view((-1, 1) if axis == 2 else (1, -1))
        above = (below + 1).clamp(max=size - 1)
        image = torch.lerp(image.index_select(axis, below), image.index_select(axis, above), share)
    return image


class _Conv(nn.Module):
    """Convolution, normalisation, ReLU."""

    def __init__(self, inputs: int, outputs: int, kernel: int | tuple[int, int], stride: int = 1, padding: object = 0):
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, kernel, stride, padding, bias=False)  # type: ignore[arg-type]
        self.bn = nn.BatchNorm2d(outputs, eps=0.001)

    def forward(self, x: Tensor) -> Tensor:
        return functional.relu(self.bn(self.conv(x)))


class _Block(nn.Module):
    """Branches side by side: each the names of convolutions in a row; a tuple of names is a fork, joined at its end."""

    def __init__(self, branches: tuple[tuple[str | tuple[str, str], ...], ...], pool: str, **convolutions: _Conv):
        super().__init__()
        self.branches, self.pool = branches, pool
        for name, convolution in convolutions.items():
            self.add_module(name, convolution)

    def forward(self, x: Tensor) -> Tensor:
        results = []
        for branch in self.branches:
            y = _POOLS[self.pool](x) if branch in ((), _POOL) else x
            for name in branch:
                if isinstance(name, tuple):
                    y = torch.cat([self.get_submodule(one)(y) for one in name], 1)
                else:
                    y = self.get_submodule(name)(y)
            results.append(y)
        return torch.cat(results, 1)


_POOLS = {
    "mean": lambda x: functional.avg_pool2d(x, 3, 1, 1, count_include_pad=False),
    "max": lambda x: functional.max_pool2d(x, 3, 1, 1),
    "down": lambda x: functional.max_pool2d(x, 3, 2),
}
_POOL = ("branch_pool",)


def _row(stem: str, count: int) -> tuple[str, ...]:
    return tuple(f"{stem}_{number}" for number in range(1, count + 1))


def _a(inputs: int, pooled: int) -> _Block:
    return _Block(
        (("branch1x1",), _row("branch5x5", 2), _row("branch3x3dbl", 3), _POOL),
        "mean",
        branch1x1=_Conv(inputs, 64, 1),
        branch5x5_1=_Conv(inputs, 48, 1),
        branch5x5_2=_Conv(48, 64, 5, padding=2),
        branch3x3dbl_1=_Conv(inputs, 64, 1),
        branch3x3dbl_2=_Conv(64, 96, 3, padding=1),
        branch3x3dbl_3=_Conv(96, 96, 3, padding=1),
        branch_pool=_Conv(inputs, pooled, 1),
    )


def _b(inputs: int) -> _Block:
    return _Block(
        (("branch3x3",), _row("branch3x3dbl", 3), ()),
        "down",
        branch3x3=_Conv(inputs, 384, 3, 2),
        branch3x3dbl_1=_Conv(inputs, 64, 1),
        branch3x3dbl_2=_Conv(64, 96, 3, padding=1),
        branch3x3dbl_3=_Conv(96, 96, 3, 2),
    )


def _c(inputs: int, inner: int) -> _Block:
    across: dict[str, object] = {"kernel": (1, 7), "padding": (0, 3)}
    down: dict[str, object] = {"kernel": (7, 1), "padding": (3, 0)}
    return _Block(
        (("branch1x1",), _row("branch7x7", 3), _row("branch7x7dbl", 5), _POOL),
        "mean",
        branch1x1=_Conv(inputs, 192, 1),
        branch7x7_1=_Conv(inputs, inner, 1),
        branch7x7_2=_Conv(inner, inner, **across),  # type: ignore[arg-type]
        branch7x7_3=_Conv(inner, 192, **down),  # type: ignore[arg-type]
        branch7x7dbl_1=_Conv(inputs, inner, 1),
        branch7x7dbl_2=_Conv(inner, inner, **down),  # type: ignore[arg-type]
        branch7x7dbl_3=_Conv(inner, inner, **across),  # type: ignore[arg-type]
        branch7x7dbl_4=_Conv(inner, inner, **down),  # type: ignore[arg-type]
        branch7x7dbl_5=_Conv(inner, 192, **across),  # type: ignore[arg-type]
        branch_pool=_Conv(inputs, 192, 1),
    )


def _d(inputs: int) -> _Block:
    return _Block(
        (_row("branch3x3", 2), _row("branch7x7x3", 4), ()),
        "down",
        branch3x3_1=_Conv(inputs, 192, 1),
        branch3x3_2=_Conv(192, 320, 3, 2),
        branch7x7x3_1=_Conv(inputs, 192, 1),
        branch7x7x3_2=_Conv(192, 192, (1, 7), padding=(0, 3)),
        branch7x7x3_3=_Conv(192, 192, (7, 1), padding=(3, 0)),
        branch7x7x3_4=_Conv(192, 192, 3, 2),
    )


def _e(inputs: int, pool: str) -> _Block:
    forks = ("branch3x3_2a", "branch3x3_2b"), ("branch3x3dbl_3a", "branch3x3dbl_3b")
    return _Block(
        (("branch1x1",), ("branch3x3_1", forks[0]), ("branch3x3dbl_1", "branch3x3dbl_2", forks[1]), _POOL),
        pool,
        branch1x1=_Conv(inputs, 320, 1),
        branch3x3_1=_Conv(inputs, 384, 1),
        branch3x3_2a=_Conv(384, 384, (1, 3), padding=(0, 1)),
        branch3x3_2b=_Conv(384, 384, (3, 1), padding=(1, 0)),
        branch3x3dbl_1=_Conv(inputs, 448, 1),
        branch3x3dbl_2=_Conv(448, 384, 3, padding=1),
        branch3x3dbl_3a=_Conv(384, 384, (1, 3), padding=(0, 1)),
        branch3x3dbl_3b=_Conv(384, 384, (3, 1), padding=(1, 0)),
        branch_pool=_Conv(inputs, 192, 1),
    )


class _Inception(nn.Sequential):
    """(N, 3, 299, 299) in [-1, 1) -> (N, 2048): the mean over places of the last block."""

    def __init__(self) -> None:
        super().__init__()
        for name, layer in (
            ("Conv2d_1a_3x3", _Conv(3, 32, 3, 2)),
            ("Conv2d_2a_3x3", _Conv(32, 32, 3)),
            ("Conv2d_2b_3x3", _Conv(32, 64, 3, padding=1)),
            ("pool_1", nn.MaxPool2d(3, 2)),
            ("Conv2d_3b_1x1", _Conv(64, 80, 1)),
            ("Conv2d_4a_3x3", _Conv(80, 192, 3)),
            ("pool_2", nn.MaxPool2d(3, 2)),
            ("Mixed_5b", _a(192, 32)),
            ("Mixed_5c", _a(256, 64)),
            ("Mixed_5d", _a(288, 64)),
            ("Mixed_6a", _b(288)),
            ("Mixed_6b", _c(768, 128)),
            ("Mixed_6c", _c(768, 160)),
            ("Mixed_6d", _c(768, 160)),
            ("Mixed_6e", _c(768, 192)),
            ("Mixed_7a", _d(768)),
            ("Mixed_7b", _e(1280, "mean")),
            ("Mixed_7c", _e(2048, "max")),
            ("pool", nn.AdaptiveAvgPool2d(1)),
            ("flat", nn.Flatten()),
        ):
            self.add_module(name, layer)
