"""Optimisers, and how their learning rates move."""

import math
from typing import Any

import torch
from torch import nn

from colorgan.recipes import Optimiser, Schedule


def build_optimiser(network: nn.Module, optimiser: Optimiser) -> torch.optim.Optimizer:
    """The optimiser over a network's parameters that are not frozen; an `encoder`'s learn at a share of the rate."""
    training = {name: parameter for name, parameter in network.named_parameters() if parameter.requires_grad}
    encoder = [parameter for name, parameter in training.items() if ".encoder." in f".{name}"]
    encoder = encoder if optimiser.encoder_scale != 1.0 else []
    ids = {id(parameter) for parameter in encoder}
    groups: list[dict[str, Any]] = [
        {"params": encoder, "lr": optimiser.learning_rate * optimiser.encoder_scale},
        {"params": [parameter for parameter in training.values() if id(parameter) not in ids]},
    ]
    groups, rate = [group for group in groups if group["params"]], optimiser.learning_rate
    if optimiser.name == "rmsprop":
        return torch.optim.RMSprop(groups, rate)
    if optimiser.name == "adamw":
        return torch.optim.AdamW(groups, rate, optimiser.betas, weight_decay=optimiser.weight_decay, fused=True)
    return torch.optim.Adam(groups, rate, optimiser.betas, fused=True)


class LearningRate:
    """Moves an optimiser's learning rates along a schedule, as a function of images seen; a plateau has a memory."""

    def __init__(self, optimiser: torch.optim.Optimizer, schedule: Schedule, train_images: int):
        self.optimiser, self.schedule, self.train_images = optimiser, schedule, train_images
        self.base_rates = [group["lr"] for group in optimiser.param_groups]
        self.share, self.best_loss, self.bad_validations = 1.0, math.inf, 0  # of a plateau

    def factor(self, images_seen: int, batch_size: int) -> float:
        """What the base rates are multiplied by for the batch after `images_seen` images."""
        done = min(1.0, images_seen / self.train_images)
        warmup = self.schedule.warmup_images
        rise = min(1.0, (images_seen + batch_size) / warmup) if warmup else 1.0
        fall = {"linear": 1.0 - done, "cosine": (1.0 + math.cos(math.pi * done)) / 2}.get(self.schedule.kind, 1.0)
        final = self.schedule.final_share
        return rise * (final + (1.0 - final) * fall) * self.share

    def set(self, images_seen: int, batch_size: int) -> None:
        """Write the learning rates for the batch after `images_seen` images."""
        factor = self.factor(images_seen, batch_size)
        for group, base in zip(self.optimiser.param_groups, self.base_rates, strict=True):
            group["lr"] = base * factor

    def validated(self, loss: float) -> None:
        """Take note of a validation loss; several without improvement lower the rate, where the schedule says so.

        The rule, and its two thresholds, of torch.optim.lr_scheduler.ReduceLROnPlateau.
        """
        if self.schedule.kind != "plateau":
            return
        if loss < self.best_loss * (1.0 - 1e-4):
            self.best_loss, self.bad_validations = loss, 0
        else:
            self.bad_validations += 1
        if self.bad_validations > self.schedule.plateau_patience:
            lower = self.share * self.schedule.plateau_factor
            if self.share - lower > 1e-8:
                self.share = lower
            self.bad_validations = 0

    def state_dict(self) -> dict[str, Any]:
        """What `load_state_dict` needs to go on exactly: plain numbers."""
        return {"share": self.share, "plateau": {"best": self.best_loss, "num_bad_epochs": self.bad_validations}}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on where `state_dict` was; it may be one of torch's scheduler, as checkpoints had it before."""
        self.share = state["share"]
        self.best_loss, self.bad_validations = state["plateau"]["best"], state["plateau"]["num_bad_epochs"]
