"""Cards: model_card.md, filled in."""

import importlib.resources
from collections.abc import Mapping
from typing import Any

import jinja2
from huggingface_hub import ModelCard, ModelCardData

from colorgan import __version__
from colorgan.card import design
from colorgan.card.facts import CardFacts
from colorgan.card.papers import papers
from colorgan.data.names import KNOWN, is_local, public_name
from colorgan.recipes import RECIPES, Recipe, words

TEMPLATE = "model_card.md"  # beside this file; the one at the top of the repository is a link to it


def model_card(
    config: Mapping[str, Any], parameters: int, base: ModelCardData, facts: CardFacts, model_id: str = ""
) -> ModelCard:
    """The card of a model.

    Args:
        config: the arguments of `Colorizer`, as config.json has them.
        parameters: how many numbers the network has.
        base: what the cards of all models have in their front matter.
        facts: what is on record of how it came to be.
        model_id: "user/model", where it goes.
    """
    data = base.to_dict() | dict(facts.metadata)
    names = (data.get("pretty_name"), model_id.split("/")[-1], config.get("recipe"), config["network"])
    title = next(name for name in names if name)
    template = importlib.resources.files(__package__).joinpath(TEMPLATE).read_text(encoding="utf-8")
    recipe = facts.recipe
    text = filled(
        template,
        front_matter=_front_matter(data, facts).to_yaml(),
        title=title,
        summary=design.summary(config, recipe, "below" if facts.notes else ""),
        version=__version__,
        model_id=model_id or "path/to/this/folder",
        facts=facts,
        design=design.network_rows(config, parameters) + (words.design(recipe) if recipe else []),
        data_introduction=_data_introduction(recipe),
        data=_sets(recipe),
        training=_training(facts),
        license={"apache-2.0": "Apache-2.0"}.get(data.get("license", ""), data.get("license", "no licence")),
        papers=papers(config["network"], recipe or RECIPES.get(config.get("recipe", "")), with_data=recipe is not None),
    )
    return ModelCard(text)


def filled(template: str, **values: Any) -> str:
    """A card's Markdown with its values put in; a value that it uses and does not get is an error."""
    environment = jinja2.Environment(  # noqa: S701 - Markdown, of values that are our own
        undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True
    )
    return environment.from_string(template).render(**values)


def _front_matter(data: dict[str, Any], facts: CardFacts) -> ModelCardData:
    names = facts.recipe.data.dataset if facts.recipe else ()
    sets = [KNOWN[name][0] if name in KNOWN else name for name in names if not is_local(name)]
    fields = ({"datasets": sets} if sets else {}) | data
    if facts.evaluation:
        fields["metrics"] = [metric.key for metric in facts.evaluation.metrics]
    return ModelCardData(**fields)


def _data_introduction(recipe: Recipe | None) -> str:
    if not recipe:
        return "What it was trained on is not on record here."
    most, sets = recipe.data.max_photos, recipe.data.dataset
    drawn = f"a fixed draw of {most:,} photos from " if most else ""
    each = " each" if most and len(sets) > 1 else ""
    return f"It was trained on {drawn}the split {recipe.data.split!r} of{each}:"


def _sets(recipe: Recipe | None) -> design.Rows:
    """Each data set as a link, with its terms."""
    rows = []
    for name in recipe.data.dataset if recipe else ():
        if name in KNOWN:
            hub_id, terms = KNOWN[name]
            rows.append((f"[{name}](https://huggingface.co/datasets/{hub_id})", terms))
        elif is_local(name):
            rows.append((f"`{public_name(name)}`, a local folder", "not on record: those of its photographs"))
        else:
            rows.append((f"[{name}](https://huggingface.co/datasets/{name})", "as its own page says"))
    return rows


def _training(facts: CardFacts) -> design.Rows:
    seen, budget = facts.images_seen, facts.recipe.train_images if facts.recipe else None
    return [
        *([("budget", f"{budget:,} photos, repeats counted")] if budget else []),
        *(words.training(facts.recipe) if facts.recipe else []),
        *([("seen", f"{seen:,} photos")] if seen is not None and seen != budget else []),
        *([("seed", str(facts.seed))] if facts.seed is not None else []),
        ("time", _duration(facts.seconds) if facts.seconds else "not on record"),
        ("hardware", facts.hardware or "not on record"),
        *([("software", ", ".join(map(" ".join, facts.versions.items())))] if facts.versions else []),
    ]


def _duration(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:.0f} seconds"
    return f"{seconds / 60:.0f} minutes" if seconds < 7200 else f"{seconds / 3600:.1f} hours"
