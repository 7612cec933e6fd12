"""What makes a step the same however its batch is divided: seeded draws, shared statistics, shared masks.

A global batch is cut twice: each process gets a share, and gradient accumulation cuts a share into pieces. Averaging
gradients, which DDP and accumulation do, is not enough for equal weights: whatever is random must be drawn as for
the whole batch, and BatchNorm must see the whole batch. The second holds across processes, not across accumulated
pieces, which are never in memory together.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.nn import functional
from torch.overrides import TorchFunctionMode

from colorgan.seeds import seed_of


@dataclass
class Piece:
    """Which images of the global batch are at work: `first` to `first + count` of `total`."""

    first: int = 0
    count: int = 0
    total: int = 0

    @property
    def photos(self) -> range:
        """The numbers of the images within the global batch."""
        return range(self.first, self.first + self.count)


def seeded(*parts: int | str, device: torch.device | str = "cpu") -> torch.Generator:
    """A generator for one purpose, such as ("labels", seed, images_seen)."""
    return torch.Generator(device).manual_seed(seed_of(*parts))


class SharedDropout(TorchFunctionMode):
    """While it is on, dropout draws its masks for the whole global batch and takes the piece's part of them.

    As a mode it holds for any network, whether it says nn.Dropout or functional.dropout. The draws come from torch's
    global state, which training seeds before every forward, alike on every process.
    """

    def __init__(self, piece: Piece):
        super().__init__()
        self.piece = piece

    def __torch_function__(
        self, func: Callable[..., Any], types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        """Stand in for the two dropouts; everything else is done as it is."""
        if func is functional.dropout or func is functional.dropout2d:
            return self._dropout(func is functional.dropout2d, *args, **(kwargs or {}))
        return func(*args, **(kwargs or {}))

    def _dropout(
        self, channelwise: bool, x: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False
    ) -> Tensor:
        """(N, C, H, W) -> the same shape; `inplace` is only an economy, and is ignored."""
        if not training or p == 0.0:
            return x
        places = (1,) * (x.ndim - 2) if channelwise else x.shape[2:]
        draw = torch.rand((self.piece.total, x.shape[1], *places), device=x.device)
        return torch.where(per_photo(x, self.piece, draw) >= p, x / (1.0 - p), 0.0)


class SyncedBatchNorm(nn.BatchNorm2d):
    """BatchNorm over the batches of all processes, on any device; torch's own SyncBatchNorm is for GPUs alone."""

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) -> the same shape, in the type it came in."""
        if not self.training:
            return super().forward(x)
        wide, processes = x.float(), dist.get_world_size()
        count = x.numel() // x.shape[1] * processes
        mean = _SumOverProcesses.apply(wide.sum((0, 2, 3))) / count
        centred = wide - mean[:, None, None]
        variance = _SumOverProcesses.apply(centred.square().sum((0, 2, 3))) / count
        self._remember(mean.detach(), variance.detach() * count / max(count - 1, 1))
        normal = centred * torch.rsqrt(variance + self.eps)[:, None, None]
        return (normal * self.weight[:, None, None] + self.bias[:, None, None]).to(x.dtype)

    @torch.no_grad()
    def _remember(self, mean: Tensor, variance: Tensor) -> None:
        """Move the running statistics, as nn.BatchNorm2d does."""
        assert self.running_mean is not None and self.running_var is not None and self.momentum is not None
        assert self.num_batches_tracked is not None
        self.running_mean.lerp_(mean, self.momentum)
        self.running_var.lerp_(variance, self.momentum)
        self.num_batches_tracked += 1


class _SumOverProcesses(torch.autograd.Function):
    """x -> the sum of all processes' x; the gradient of a sum is the sum of the gradients, and so on."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        total = x.detach().clone()
        dist.all_reduce(total)
        return total

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> Tensor:
        total: Tensor = _SumOverProcesses.apply(gradients[0])
        return total


def shared_over_batch(network: nn.Module, processes: int, device: torch.device) -> nn.Module:
    """Make BatchNorm see the batches of all processes."""
    if processes > 1 and device.type == "cuda":
        network = nn.SyncBatchNorm.convert_sync_batchnorm(network)
    for module in network.modules():
        if processes > 1 and type(module) is nn.BatchNorm2d:
            module.__class__ = SyncedBatchNorm  # the same parameters and buffers, another forward
    return network


def per_photo(x: Tensor, piece: Piece, draw: Tensor) -> Tensor:
    """The piece's part of what was drawn for the whole batch (total, ...), on the device of x."""
    return draw[piece.first : piece.first + piece.count].to(x.device)
