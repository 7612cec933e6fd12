"""What the tests of training share: small photos, recipes cut down to seconds, and what a run left."""

import json
from dataclasses import replace
from pathlib import Path

import torch
from torch import Tensor

from colorgan.colorizer import Colorizer
from colorgan.recipes import RECIPES, Network, Phase, Recipe, Run

# Network options and pixels at which each recipe trains in about a second.
TINY: dict[str, tuple[dict[str, object], dict[str, object], int]] = {
    "wgan-bedroom": ({"steps": 3, "width": 4}, {"width": 4}, 32),
    "cgan-dogs-flowers": ({"steps": 3, "width": 2}, {"width": 2}, 128),
    "wgan-dogs-flowers": ({"steps": 3, "width": 2}, {"width": 2}, 128),
    "lab-resnet": ({"blocks": 1, "channels": 8}, {"width": 4}, 64),
    "unet-l2": ({"units": 2, "width": 4}, {}, 32),
    "dcgan-lab": ({"units": 2, "width": 4}, {"units": 2, "width": 4}, 32),
    "fcn-l1": ({}, {}, 32),
    "fcn-cgan": ({}, {}, 120),
    "flagship": ({"encoder": "lite0", "widths": (8, 8, 8, 8)}, {"width": 4}, 128),
    "flagship-l2": ({"encoder": "lite0", "widths": (8, 8, 8, 8)}, {}, 64),
    "flagship-scratch": ({"encoder": "lite0", "widths": (8, 8, 8, 8)}, {}, 64),
    "flagship-words": (
        {
            "encoder": "lite0",
            "widths": (8, 8, 8, 8),
            "cells": 6,
            "words": {"count": 12, "width": 24, "layers": 2, "painter": 8},
        },
        {},
        64,
    ),
}


def tiny(name: str, photos: str, train_images: int = 8, batch_size: int = 4) -> Recipe:
    """A recipe with small networks on small photos; everything else as it is."""
    recipe, (generator, discriminator, side) = RECIPES[name], TINY[name]
    phase = Phase(resolution=(side,), train_batch_size=batch_size)
    return replace(
        recipe,
        generator=Network(recipe.generator.name, {**recipe.generator.options, **generator}),
        discriminator=recipe.discriminator and Network(recipe.discriminator.name, discriminator),
        data=replace(recipe.data, dataset=(photos,), phases=(phase,), window=8),
        train_images=train_images,
        pretrained=False,
    )


def started(recipe: Recipe, folder: Path, seed: int = 0) -> Recipe:
    """A recipe that trains words, with a model that has none yet for it to start from."""
    torch.manual_seed(seed)
    options = {name: value for name, value in recipe.generator.options.items() if name != "words"}
    model = Colorizer(recipe.generator.name, options, view_size=64, gain=1.2, smoothing=2, recipe="flagship")
    for name, tensor in model.generator.state_dict().items():  # as after training, so that a change would show
        if name == "cell_ab":
            tensor.copy_(torch.linspace(-30, 30, tensor.numel()).view_as(tensor))
        elif "running" in name:
            tensor.add_(0.1 * torch.rand_like(tensor))
    model.save_pretrained(folder)
    return replace(recipe, initial_weights=(str(folder),))


def quick(output_dir: Path, **changes: object) -> Run:
    """A run without trackers, workers and saving on the way, unless asked for."""
    quiet = Run(
        output_dir,
        checkpointing_steps=1000,
        validation_steps=1000,
        logging_steps=1,
        validation_photos=2,
        dataloader_num_workers=0,
        report_to="none",
        cpu=True,
    )
    return replace(quiet, **changes)  # type: ignore[arg-type]


def weights(run_dir: Path) -> dict[str, Tensor]:
    return dict(Colorizer.from_pretrained(str(run_dir / "model")).generator.state_dict())


def same(one: dict[str, Tensor], other: dict[str, Tensor]) -> bool:
    return one.keys() == other.keys() and all(torch.equal(one[name], other[name]) for name in one)


def metrics(run_dir: Path) -> list[dict[str, float | str]]:
    return [json.loads(line) for line in (run_dir / "metrics.jsonl").read_text().splitlines()]
