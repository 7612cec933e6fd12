"""`publish`: what a training run leaves, as a model on the Hub that anyone can load, judge and repeat."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from huggingface_hub import ModelCard
from huggingface_hub.constants import CONFIG_NAME as CONFIG
from huggingface_hub.constants import REPOCARD_NAME as CARD
from huggingface_hub.constants import SAFETENSORS_SINGLE_FILE as WEIGHTS

from colorgan.card import CardFacts
from colorgan.colorizer import Colorizer
from colorgan.data.names import is_local, public_name
from colorgan.evaluation.report import REPORT
from colorgan.hub.sending import Content, send
from colorgan.publishing.reading import read_lines, read_object, understood
from colorgan.publishing.record import RunRecord
from colorgan.publishing.report import ModelReport
from colorgan.publishing.study import found_by_people
from colorgan.training.run_folder import CURVES, METRICS, MODEL, RECIPE

LOG, SAMPLE = "metrics.json", "samples.png"  # what the log and the sample sheet are called on the Hub
NOTES = "notes.md"  # written by people, beside a run or a model
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
    model = next((place for place in (folder / MODEL, folder) if (place / WEIGHTS).is_file()), None)
    if model is None:
        raise ValueError(f"{str(run_folder)!r} holds no trained model: neither {MODEL}/{WEIGHTS} nor {WEIGHTS}")
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
    record = RunRecord.read(folder)
    card = card_of(record, model, colorizer, repo_id, hardware)
    files: dict[str, Content] = {name: model / name for name in (WEIGHTS, CONFIG)}
    files[CARD] = card.content.encode()
    if record.sample:
        files[SAMPLE] = record.sample
    if record.curves:
        files[CURVES] = record.curves
    if record.log:
        files[LOG] = _public(read_lines(folder / METRICS))
    for name in (RECIPE, REPORT):
        if content := read_object(folder / name):
            files[name] = _public(content)
    return files


def card_of(record: RunRecord, model: Path, colorizer: Colorizer, repo_id: str, hardware: str = "") -> ModelCard:
    """A model's card with all that is on record in its folder: a run, a report, a study, and its makers' notes."""
    report, notes = ModelReport.read(record.folder, model / WEIGHTS), _notes(record.folder)
    names = [name for name in (repo_id, colorizer.name, colorizer.recipe) if name]
    facts = CardFacts(
        recipe=record.recipe,
        seed=record.run.seed if record.run else None,
        images_seen=record.images_seen,
        seconds=record.seconds,
        hardware=hardware or record.hardware,
        versions=record.versions or {},
        recipe_file=RECIPE if record.recipe else "",
        sample=SAMPLE if record.sample else "",
        curves=CURVES if record.curves else "",
        evaluation=report.on_a_card() if report else record.validation(),
        study=found_by_people(record.folder, names),
        notes=notes.text.strip() if notes else "",
        metadata=notes.data.to_dict() if notes else {},
    )
    return colorizer.generate_model_card(facts=facts, repo_id=repo_id)


def _notes(folder: Path) -> ModelCard | None:
    """What a model's makers have to tell, in a file of their own beside it; its front matter goes into the card's."""
    path = folder / NOTES
    if not path.is_file():
        return None
    text = path.read_text(encoding="utf-8")
    with understood(path):
        return ModelCard(text if text.startswith("---") else f"---\n---\n{text}")


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
