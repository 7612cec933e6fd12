"""What a model's files say of its training: on these photos it must not be judged, it may remember their colours."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from huggingface_hub import hf_hub_download

from colorgan.card import RunRecord
from colorgan.card.record import RECIPE
from colorgan.colorizer import Colorizer
from colorgan.hub.fetching import HUB_ERRORS


class TrainingPhotos(NamedTuple):
    """Data sets, and the split of them; none where nothing is known."""

    datasets: tuple[str, ...]
    split: str


def training_photos(source: str, colorizer: Colorizer) -> TrainingPhotos:
    """The photos that a model from this folder or Hub id was trained on: as its files say, else its recipe's.

    Raises:
        ValueError: a file of the run cannot be read; one line.
    """
    data = _recipe(source, colorizer).get("data") or {}
    return TrainingPhotos(tuple(data.get("dataset", ())), data.get("split", "train"))


def _recipe(source: str, colorizer: Colorizer) -> Mapping[str, Any]:
    if Path(source).is_dir():
        for folder in (Path(source), Path(source).absolute().parent):  # of a run, or its model/
            if (folder / RECIPE).is_file():
                return RunRecord.read(folder).recipe
    else:
        try:
            found = json.loads(Path(hf_hub_download(source, RECIPE)).read_text(encoding="utf-8"))
            return dict(found.get("recipe", {}))
        except (*HUB_ERRORS, ValueError, AttributeError, TypeError):
            pass  # models need not bring it
    return RunRecord.of_recipe(colorizer.recipe).recipe
