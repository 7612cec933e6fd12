"""Averaged weights: an exponential moving average (EMA) of a generator."""

import torch
from torch import Tensor, nn


class EMA:
    """A copy of a generator whose weights are an exponential moving average of it (buffers too)."""

    def __init__(self, generator: nn.Module, copy: nn.Module, decay: float):
        self.copy, self.decay = copy.eval().requires_grad_(False), decay
        self.copy.load_state_dict(generator.state_dict())

    @torch.no_grad()
    def update(self, generator: nn.Module, steps: int) -> None:
        """After generator step `steps` (from 1): the average forgets faster while there is little to average."""
        decay = min(self.decay, (1 + steps) / (10 + steps))
        averages: list[Tensor] = []
        currents: list[Tensor] = []
        for average, current in zip(self.copy.state_dict().values(), generator.state_dict().values(), strict=True):
            if average.is_floating_point():
                averages.append(average)
                currents.append(current)
            else:
                average.copy_(current)
        torch._foreach_lerp_(averages, currents, 1.0 - decay)
