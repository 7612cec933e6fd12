"""`publish`: what a training run leaves, as a model on the Hub that anyone can load, judge and repeat."""

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from colorgan.card import SAMPLE, RunRecord
from colorgan.card.record import RECIPE, REPORT, WEIGHTS, is_local, public_name
from colorgan.colorizer import Colorizer
from colorgan.hub.sending import Content, send

CONFIG, CARD, FIGURES = "config.json", "README.md", "metrics.json"
_OURS = re.compile(r"(model\.safetensors|(config|metrics|recipe|report)\.json|README\.md|samples\.png|curves.*\.png)")
_PLACES = (
    "dataset",
    "validation_dataset",
    "initial_weights",
    "output_dir",
    "resume_from_checkpoint",
    "source",
    "data",
    "name",
)


def publish(
    run_folder: str | Path,
    repo_id: str,
    *,
    private: bool = False,
    revision: str | None = None,
    token: str | None = None,
    hardware: str = "",
) -> str:
    """Publish a run in one commit -> the model's address.

    Weights, config.json, the card, and as far as the run has them the last sample sheet, the curves, metrics.json,
    recipe.json and report.json. Checkpoints and trackers' logs stay at home, and so do the paths of this machine.

    Args:
        run_folder: of the trainer, or any folder with a model (`Colorizer.save_pretrained`).
        repo_id: "user/model"; made if it is not there.
        private: whether a new one is for its owner alone.
        revision: branch to publish to, main unless told.
        token: with the right to write; None for HF_TOKEN or the login.
        hardware: what it was trained on, in place of what the run recorded.

    Raises:
        ValueError: no model there, or the Hub cannot or will not take it; one line.
    """
    folder = Path(run_folder)
    model = next((place for place in (folder / "model", folder) if (place / WEIGHTS).is_file()), None)
    if model is None:
        raise ValueError(f"{str(run_folder)!r} holds no trained model: neither model/{WEIGHTS} nor {WEIGHTS}")
    colorizer = Colorizer.from_pretrained(model)  # what does not load must not be published
    files = collect(folder, model, colorizer, repo_id, hardware)
    message = f"{colorizer.name}, published by colorgan"
    return send(
        files,
        repo_id,
        message,
        owned=lambda name: _OURS.fullmatch(name) is not None,
        private=private,
        revision=revision,
        token=token,
    )


def collect(folder: Path, model: Path, colorizer: Colorizer, repo_id: str, hardware: str = "") -> Mapping[str, Content]:
    """Everything of a run that is published, by its name in the repository."""
    record = RunRecord.read(folder, hardware)
    if not record.recipe:
        record = replace(record, recipe=RunRecord.of_recipe(colorizer.recipe).recipe)
    card = colorizer.generate_model_card(record=record, repo_id=repo_id)
    files: dict[str, Content] = {WEIGHTS: model / WEIGHTS, CONFIG: model / CONFIG, CARD: card.content.encode()}
    if record.sample:
        files[SAMPLE] = record.sample
    files |= {path.name: path for path in record.curves}
    if record.rows:
        files[FIGURES] = _public(list(record.rows))
    if record.run:
        files[RECIPE] = _public({"recipe": record.recipe, "run": record.run})
    if record.report:
        files[REPORT] = _public(record.report)
    return files


def _public(content: Any) -> bytes:
    """JSON in which paths of this machine are only their last part: they tell strangers nothing, or too much."""
    text = json.dumps(content, indent=2) + "\n"
    for place in sorted(_places(content), key=len, reverse=True):
        text = text.replace(json.dumps(place)[1:-1], public_name(place))
    return text.encode()


def _places(value: Any, key: str = "") -> set[str]:
    """The paths among what JSON holds under names that may have some."""
    if isinstance(value, dict):
        return {place for name, inner in value.items() for place in _places(inner, name)}
    if isinstance(value, list | tuple):
        return {place for inner in value for place in _places(inner, key)}
    is_place = isinstance(value, str) and key in _PLACES and re.search(r"[/\\]", value) and is_local(value)
    return {value} if is_place else set()
