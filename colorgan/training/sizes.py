"""The sizes that a recipe's networks can be trained at, and what they need there."""

import json
import math
from dataclasses import dataclass

from colorgan.recipes import Recipe


@dataclass(frozen=True)
class Fit:
    """A recipe at the size nearest to the wanted one that its networks can be trained at."""

    resolution: int
    flags: tuple[str, ...] = ()
    note: str = ""


def fitted(recipe: Recipe, wanted: int) -> Fit:
    """The nearest legal size in pixels, the flags that the networks need there, and in words what that changes."""
    generator, discriminator = recipe.generator.name, recipe.discriminator.name if recipe.discriminator else ""
    if generator == "UnpaddedFCN":
        own = recipe.data.phases[0].resolution[0]
        return Fit(own, note="" if own == wanted else f"{own} px, the one size its discriminator takes")
    least = 128 if discriminator in ("ConditionalDiscriminator", "ChromaDiscriminator") else 64
    size, flags, notes = max(least, 32 * round(wanted / 32)), [], []
    if generator in ("DropoutUNet", "SymmetricUNet"):
        steps = min(8, max(int(math.log2(least)), round(math.log2(wanted))))
        size = max(1, round(wanted / 256)) * 256 if steps == 8 else 2**steps
        if steps < 8:
            flags += ["--generator_options", json.dumps({"steps": steps})]
            notes.append(f"{steps} steps down instead of 8, to 1 x 1 as at 256 px")
    if discriminator == "LabDiscriminator" and size < 256:
        units = int(math.log2(size / 4))
        flags += ["--discriminator_options", json.dumps({"units": units})]
        notes.append(f"discriminator of {units} units instead of 6")
    if size != wanted:
        notes.insert(0, f"{size} px, the nearest size its networks take")
    return Fit(size, tuple(flags), "; ".join(notes))
