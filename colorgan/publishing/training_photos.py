"""What a model's files say of its training: on these photos it must not be judged, it may remember their colours."""

from pathlib import Path
from typing import NamedTuple

from colorgan.colorizer import Colorizer
from colorgan.hub.fetching import fetched_file
from colorgan.publishing.reading import read_object, recipe_from_json, understood
from colorgan.recipes import RECIPES, Recipe
from colorgan.training.run_folder import RECIPE


class TrainingPhotos(NamedTuple):
    """Data sets, and the split of them; none where nothing is known."""

    datasets: tuple[str, ...]
    split: str


def training_photos(source: str, colorizer: Colorizer) -> TrainingPhotos:
    """The photos that a model from this folder or Hub id was trained on: as its files say, else its recipe's.

    Raises:
        ValueError: a file of the run cannot be read; one line.
    """
    recipe = recipe_behind(source, colorizer.recipe)
    return TrainingPhotos(recipe.data.dataset, recipe.data.split) if recipe else TrainingPhotos((), "train")


def recipe_behind(source: str, name: str) -> Recipe | None:
    """The recipe that trained a model, as its run's folder or its Hub repository has it on record.

    Otherwise the one that it is named after; None where there is none of that name.
    """
    if Path(source).is_dir():
        folders = (Path(source), Path(source).absolute().parent)  # of a run, or its model/
        found = next((folder / RECIPE for folder in folders if (folder / RECIPE).is_file()), None)
    else:
        found = fetched_file(source, RECIPE)
    if found is None:
        return RECIPES.get(name)
    with understood(found):
        return recipe_from_json(read_object(found)["recipe"])
