"""A model's network and recipe in words, as rows of a card's tables."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

from colorgan.recipes import RECIPES, Data, Objective, Optimiser, Phase, Recipe

Rows = list[tuple[str, str]]
NETWORKS = {  # what each is, for the first sentence
    "LiteUNet": "a U-Net on an EfficientNet-Lite encoder, with a head for the colour and one for its distribution",
    "DropoutUNet": "a U-Net with dropout as its only noise",
    "SymmetricUNet": "a symmetric U-Net of strided layers",
    "ResidualGenerator": "an encoder, unpadded residual blocks and a decoder",
    "LabUNet": "a U-Net that puts out L*a*b*",
    "UnpaddedFCN": "a fully convolutional network without padding",
}
_PIXEL_TERMS = {"l1": "L1", "l2": "squared error", "smooth_l1": "Huber's loss in ab units"}
_GAMES = {
    "log": "conditional GAN's log loss",
    "wasserstein": "Wasserstein critic",
    "hinge": "hinge loss of a critic",
}
_RULES = (  # field of an objective, its value where it says nothing, in words
    ("critic_steps", 1, "{} steps of the critic to one of the generator"),
    ("clip_weights", 0, "the critic's weights clipped to {:g}"),
    ("gradient_penalty", 0, "gradient penalty {:g}"),
    ("real_label", 1, "real photos labelled {:g}"),
    ("label_noise", 0, "labels moved by up to {:g}"),
    ("label_flips", 0, "{:.0%} of labels flipped"),
)


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


def recipe_rows(recipe: Recipe) -> Rows:
    """What trained the network, in the order in which one asks."""
    rows = [("predicts", {"ab": "ab of L*a*b*", "lab": "L*a*b*", "rgb": "RGB"}[recipe.output_space])]
    rows += [("discriminator", f"`{recipe.discriminator.name}`" if recipe.discriminator else "none")]
    rows += [("objective", _objective(recipe.objective))]
    rows += [("optimiser", _optimiser(recipe.generator_optimiser))]
    if recipe.discriminator:
        rows += [("optimiser of the discriminator", _optimiser(recipe.discriminator_optimiser))]
    if recipe.pretrained:
        rows += [("starts from", "the ImageNet weights of EfficientNet-Lite (TensorFlow's own, Apache-2.0)")]
    return rows


def training_rows(recipe: Recipe) -> Rows:
    """The budget, and what the network was shown."""
    rows = [("budget", f"{recipe.train_images:,} photos, repeats counted"), ("photos", _phases(recipe.data.phases))]
    rows += _aged(recipe.data)
    rows += [("weights", f"the training's average, decay {recipe.ema:g}")] if recipe.ema else []
    return rows


def _objective(objective: Objective) -> str:
    parts = []
    if objective.pixel != "none":
        parts.append(f"{objective.pixel_weight:g} × {_PIXEL_TERMS[objective.pixel]}")
    if objective.distribution_weight:
        parts.append(f"{objective.distribution_weight:g} × rebalanced cross-entropy over colours")
    if objective.adversarial != "none":
        late = f", in the last {1 - objective.adversarial_start:.0%}" if objective.adversarial_start else ""
        parts.append(f"{objective.adversarial_weight:g} × {_GAMES[objective.adversarial]}{late}")
    text = " + ".join(part.removeprefix("1 × ") for part in parts)
    rules = [
        words.format(getattr(objective, name)) for name, plain, words in _RULES if getattr(objective, name) != plain
    ]
    return text + (f" ({'; '.join(rules)})" if rules else "")


def _optimiser(plan: Optimiser) -> str:
    name = {"adam": "Adam", "adamw": "AdamW", "rmsprop": "RMSProp"}[plan.name]
    return f"{name}, learning rate {plan.learning_rate:g}, {plan.schedule.kind}"


def _phases(phases: Sequence[Phase]) -> str:
    """Sizes and batches, phase by phase; equal ones are said once."""
    texts = [
        f"{'/'.join(map(str, phase.resolution))} pixels squared, in batches of {phase.train_batch_size}"
        for phase in phases
    ]
    if len(set(texts)) == 1:
        return texts[0]
    return "; ".join(f"{phase.share:.0%} at {text}" for phase, text in zip(phases, texts, strict=True))


def _aged(data: Data) -> Rows:
    """How the gray inputs were made to look old."""
    kinds = {"seen as by old film": data.film, "faded, toned, grained or scratched": data.aging}
    said = "; ".join(f"{share:.0%} {how}" for how, share in kinds.items() if share)
    return [("gray inputs", said)] if said else []


def _plain(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


def _made(recipe: Recipe) -> str:
    """What makes a recipe: not its words, and not which photos."""
    photos = replace(recipe.data, dataset=("any",), dataset_weights=(), split="", max_photos=0)
    return json.dumps(asdict(replace(recipe, summary="", notes=(), data=photos)), sort_keys=True)
