"""The card that goes to the Hub with every model: model_card.md, filled in with what is known of the model."""

import importlib.util
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import jinja2
from huggingface_hub import EvalResult, ModelCard, ModelCardData

from colorgan import __version__
from colorgan.card.papers import papers
from colorgan.card.record import RECIPE, WEIGHTS, Results, RunRecord, is_local, public_name

__all__ = ["KNOWN_SETS", "RunRecord", "model_card"]

TEMPLATE = "model_card.md"
SAMPLE = "samples.png"  # what the sample sheet is called beside the card
KNOWN_SETS = {  # name -> (id on the Hub, terms), as colorgan.data has them, which needs the training extra
    "lsun-bedroom": ("pcuenq/lsun-bedrooms", "LSUN's own terms: research use"),
    "stanford-dogs": ("maurice-fp/stanford-dogs", "Stanford Dogs / ImageNet: research use"),
    "flowers-102": ("Donghyun99/Oxford-Flower-102", "Oxford Flowers-102: research use"),
}
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


def model_card(
    config: Mapping[str, Any], parameters: int, base: ModelCardData, record: RunRecord, model_id: str = ""
) -> ModelCard:
    """The card of a model.

    Args:
        config: the arguments of `Colorizer`, as config.json has them.
        parameters: how many numbers the network has.
        base: what the cards of all models have in their front matter.
        record: what is known of how it came to be.
        model_id: "user/model", where it goes.

    Raises:
        ValueError: a file of the run cannot be read, or its report judges other weights.
    """
    weights = _weights(record)
    results = record.results(weights)
    title = model_id.split("/")[-1] or config.get("recipe") or config["network"]
    environment = jinja2.Environment(  # noqa: S701 - Markdown, of values that are our own
        undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True
    )
    data = _sets(record)
    text = environment.from_string(template_text()).render(
        front_matter=_front_matter(base, title, record, results).to_yaml(),
        title=title,
        summary=_summary(config, record),
        version=__version__,
        model_id=model_id or "path/to/this/folder",
        sample=SAMPLE if record.sample else "",
        files={"recipe": RECIPE if record.run else "", "curves": [path.name for path in record.curves]},
        design=_design(config, parameters, record),
        data_introduction=_data_introduction(record, data),
        data=data,
        training=_training(record),
        evaluation=results,
        study=record.fooled(config.get("recipe") or config["network"], model_id),
        license=_license_words(base),
        papers=papers(config["network"], record.recipe),
    )
    return ModelCard(text)


def template_text() -> str:
    """model_card.md: in the package once installed, above it in a source folder."""
    [package] = importlib.util.find_spec("colorgan").submodule_search_locations  # type: ignore[union-attr, misc]
    places = (Path(package) / TEMPLATE, Path(package).parent / TEMPLATE)
    return next(path for path in places if path.is_file()).read_text(encoding="utf-8")


def _weights(record: RunRecord) -> Path | None:
    places = (record.folder / "model" / WEIGHTS, record.folder / WEIGHTS) if record.folder else ()
    return next((path for path in places if path.is_file()), None)


def _front_matter(base: ModelCardData, title: str, record: RunRecord, results: Results | None) -> ModelCardData:
    fields = base.to_dict()
    sets = [KNOWN_SETS[name][0] if name in KNOWN_SETS else name for name in _dataset(record) if not is_local(name)]
    fields |= {"datasets": sets} if sets and record.run else {}
    if results:
        fields["metrics"] = [figure.key for figure in results.figures]
        fields |= {"model_name": title, "eval_results": _evaluation(results)}
    return ModelCardData(**fields)


def _evaluation(results: Results) -> list[EvalResult]:
    """For the model-index; the interval goes along as arguments of the metric."""
    names = [public_name(name) for name in results.data]
    first = results.data[0] if len(results.data) == 1 else ""
    kind = KNOWN_SETS[first][0] if first in KNOWN_SETS else "+".join(names)
    return [
        EvalResult(
            task_type="image-to-image",
            task_name="Image colorization",
            dataset_type=kind,
            dataset_name=", ".join(names),
            dataset_split=results.split,
            dataset_revision=results.revision if first else None,
            metric_type=figure.key,
            metric_name=figure.label,
            metric_value=round(figure.value, 5),
            metric_args=None if figure.low is None else {"interval_95": [figure.low, figure.high]},
        )
        for figure in results.figures
    ]


def _summary(config: Mapping[str, Any], record: RunRecord) -> str:
    own = "" if record.as_named else "a variant of "
    how = f"trained by {own}the recipe `{config['recipe']}`" if record.recipe else "whose recipe is not on record"
    return f"This is {NETWORKS.get(config['network'], 'a network of its own')}, {how}."


def _design(config: Mapping[str, Any], parameters: int, record: RunRecord) -> list[tuple[str, str]]:
    network, recipe = config["network"], record.recipe
    rows = [
        ("network", f"`{network}`"),
        ("parameters", f"{parameters:,}"),
        ("sees a photo at", f"about {config['view_size']} × {config['view_size']} pixels"),
    ]
    if not recipe:
        return rows
    options = "; ".join(f"{name} {_plain(value)}" for name, value in (config.get("options") or {}).items())
    rows += [("hyper-parameters", options)] if options else []
    rows += [("predicts", {"ab": "ab of L*a*b*", "lab": "L*a*b*", "rgb": "RGB"}[recipe["output_space"]])]
    rows += [("discriminator", f"`{recipe['discriminator']['name']}`" if recipe["discriminator"] else "none")]
    rows += [("objective", _objective(recipe["objective"]))]
    rows += [("optimiser", _optimiser(recipe["generator_optimiser"]))]
    if recipe["discriminator"]:
        rows += [("optimiser of the discriminator", _optimiser(recipe["discriminator_optimiser"]))]
    if recipe["pretrained"]:
        rows += [("starts from", "the ImageNet weights of EfficientNet-Lite (TensorFlow's own, Apache-2.0)")]
    return rows


def _objective(objective: Mapping[str, Any]) -> str:
    parts = []
    if objective["pixel"] != "none":
        parts.append(f"{objective['pixel_weight']:g} × {_PIXEL_TERMS[objective['pixel']]}")
    if objective["distribution_weight"]:
        parts.append(f"{objective['distribution_weight']:g} × rebalanced cross-entropy over colours")
    if objective["adversarial"] != "none":
        late = f", in the last {1 - objective['adversarial_start']:.0%}" if objective["adversarial_start"] else ""
        parts.append(f"{objective['adversarial_weight']:g} × {_GAMES[objective['adversarial']]}{late}")
    text = " + ".join(part.removeprefix("1 × ") for part in parts)
    rules = [words.format(objective[name]) for name, plain, words in _RULES if objective[name] != plain]
    return text + (f" ({'; '.join(rules)})" if rules else "")


def _optimiser(plan: Mapping[str, Any]) -> str:
    name = {"adam": "Adam", "adamw": "AdamW", "rmsprop": "RMSProp"}[plan["name"]]
    return f"{name}, learning rate {plan['learning_rate']:g}, {plan['schedule']['kind']}"


def _plain(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


def _dataset(record: RunRecord) -> tuple[str, ...]:
    return tuple((record.recipe.get("data") or {}).get("dataset", ()))


def _data_introduction(record: RunRecord, data: list[tuple[str, str]]) -> str:
    if not data:
        return "What it was trained on is not on record."
    if not record.run:
        return (
            "What these weights were trained on is not on record here. Unless told otherwise, their recipe trains on:"
        )
    most = record.recipe["data"].get("max_photos")
    drawn = f"a fixed draw of {most:,} photos from " if most else ""
    each = " each" if most and len(data) > 1 else ""
    return f"It was trained on {drawn}the split {record.recipe['data']['split']!r} of{each}:"


def _sets(record: RunRecord) -> list[tuple[str, str]]:
    """Each data set as a link, with its terms."""
    rows = []
    for name in _dataset(record):
        if name in KNOWN_SETS:
            hub_id, terms = KNOWN_SETS[name]
            rows.append((f"[{name}](https://huggingface.co/datasets/{hub_id})", terms))
        elif is_local(name):
            rows.append((f"`{public_name(name)}`, a local folder", "not on record: those of its photographs"))
        else:
            rows.append((f"[{name}](https://huggingface.co/datasets/{name})", "as its own page says"))
    return rows


def _training(record: RunRecord) -> list[tuple[str, str]]:
    recipe, seen, versions = record.recipe, record.images_seen, record.run.get("versions")
    rows = []
    if recipe:
        rows += [
            ("budget" if record.run else "the recipe's budget", f"{recipe['train_images']:,} photos, repeats counted")
        ]
        rows += [("photos", _phases(recipe["data"]["phases"])), *_aged(recipe["data"])]
        rows += [("weights", f"the training's average, decay {recipe['ema']:g}")] if recipe["ema"] else []
    rows += [("seen", f"{seen:,} photos")] if seen is not None and seen != recipe.get("train_images") else []
    rows += [("seed", str(record.run["seed"]))] if "seed" in record.run else []
    return [
        *rows,
        ("time", _duration(record.seconds) if record.seconds else "not on record"),
        ("hardware", record.trained_on or "not on record"),
        *([("software", ", ".join(f"{name} {version}" for name, version in versions.items()))] if versions else []),
    ]


def _phases(phases: Sequence[Mapping[str, Any]]) -> str:
    """Sizes and batches, phase by phase; equal ones are said once."""
    texts = [
        f"{'/'.join(map(str, phase['resolution']))} pixels squared, in batches of {phase['train_batch_size']}"
        for phase in phases
    ]
    if len(set(texts)) == 1:
        return texts[0]
    return "; ".join(f"{phase['share']:.0%} at {text}" for phase, text in zip(phases, texts, strict=True))


def _aged(data: Mapping[str, Any]) -> list[tuple[str, str]]:
    """How the gray inputs were made to look old."""
    kinds = {"seen as by old film": data["film"], "faded, toned, grained or scratched": data["aging"]}
    said = "; ".join(f"{share:.0%} {how}" for how, share in kinds.items() if share)
    return [("gray inputs", said)] if said else []


def _duration(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:.0f} seconds"
    return f"{seconds / 60:.0f} minutes" if seconds < 7200 else f"{seconds / 3600:.1f} hours"


def _license_words(base: ModelCardData) -> str:
    return {"apache-2.0": "Apache-2.0"}.get(str(base.license), str(base.license or "no licence"))
