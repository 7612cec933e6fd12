"""The experiments as values: what is trained, how it is run, and both in words. Nothing here needs torch.

recipe.py   a recipe and its parts, which refuse what cannot be trained
table.py    the named recipes
run.py      how one is run: seed, folder, steps between checkpoints ...
words.py    a recipe in words, for the docs and for model cards
"""

from colorgan.recipes.recipe import (
    Data,
    Network,
    Objective,
    Optimiser,
    Phase,
    Recipe,
    Schedule,
)
from colorgan.recipes.run import TRACKERS, Run
from colorgan.recipes.table import ALL_PHOTOS, RECIPES

__all__ = [
    "ALL_PHOTOS",
    "RECIPES",
    "TRACKERS",
    "Data",
    "Network",
    "Objective",
    "Optimiser",
    "Phase",
    "Recipe",
    "Run",
    "Schedule",
]
