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
