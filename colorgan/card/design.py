"""A model's network in words, as rows of a card's tables; `recipes.words` has those of its recipe."""

import json
from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any

from colorgan.recipes import RECIPES, Recipe

Rows = list[tuple[str, str]]
NETWORKS = {  # what each is, for the first sentence
    "LiteUNet": "a U-Net on an EfficientNet-Lite encoder, with a head for the colour and one for its distribution",
    "DropoutUNet": "a U-Net with dropout as its only noise",
    "SymmetricUNet": "a symmetric U-Net of strided layers",
    "ResidualGenerator": "an encoder, unpadded residual blocks and a decoder",
    "LabUNet": "a U-Net that puts out L*a*b*",
    "UnpaddedFCN": "a fully convolutional network without padding",
}


def summary(config: Mapping[str, Any], recipe: Recipe | None, elsewhere: str = "") -> str:
    """The model in a sentence or two; `recipe` is the one on record, which alone is said to have trained it.

    Without one, `elsewhere` is where it is told what did.
    """
    network = NETWORKS.get(config["network"], "a network of its own")
    if recipe:
        own = "" if is_as_named(recipe) else "a variant of "
        return f"This is {network}, trained by {own}the recipe `{recipe.name}`."
    trained = f"what trained it is told {elsewhere}" if elsewhere else "what trained it is not on record"
    if config.get("recipe"):
        return f"This is {network}. It is named after the recipe `{config['recipe']}`; {trained}."
    return f"This is {network}; {trained}."


def is_as_named(recipe: Recipe) -> bool:
    """Whether a recipe is the one of its name, whatever the photos were."""
    return recipe.name in RECIPES and _made(recipe) == _made(RECIPES[recipe.name])


def network_rows(config: Mapping[str, Any], parameters: int) -> Rows:
    """The network, as config.json has it."""
    options = "; ".join(f"{name} {_plain(value)}" for name, value in (config.get("options") or {}).items())
    return [
        ("network", f"`{config['network']}`"),
        ("parameters", f"{parameters:,}"),
        ("sees a photo at", f"about {config['view_size']} × {config['view_size']} pixels"),
        *([("hyper-parameters", options)] if options else []),
        *([("chroma gain", f"{config['gain']:g}")] if config["gain"] != 1 else []),
    ]


def _plain(value: Any) -> str:
    if isinstance(value, Mapping):
        return "(" + ", ".join(f"{name} {_plain(one)}" for name, one in value.items()) + ")"
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


def _made(recipe: Recipe) -> str:
    """What makes a recipe: not its summary and notes, not which photos, and not which model's words it trains."""
    photos = replace(recipe.data, dataset=("any",), dataset_weights=(), split="", max_photos=0)
    start = () if recipe.objective.words_weight else recipe.initial_weights
    made = replace(recipe, summary="", notes=(), data=photos, initial_weights=start)
    return json.dumps(asdict(made), sort_keys=True)
