"""`publish`: what a training run leaves, as a model on the Hub that anyone can load, judge and repeat."""

import json
import re
import tempfile
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
from colorgan.exporting import check_packages, write_export
from colorgan.hub.program import declared, program_files
from colorgan.hub.sending import Content, send
from colorgan.publishing.reading import read_lines, read_object, understood
from colorgan.publishing.record import RunRecord
from colorgan.publishing.report import ModelReport
from colorgan.publishing.study import found_by_people
from colorgan.training.run_folder import CURVES, METRICS, MODEL, RECIPE

LOG, SAMPLE = "metrics.json", "samples.png"  # what the log and the sample sheet are called on the Hub
EVAL_RESULTS = ".eval_results/colorgan.yaml"
HANDLER, REQUIREMENTS = "handler.py", "requirements.txt"  # names that Inference Endpoints ask for
ONNX = "onnx"  # folder of the model without torch
NOTES = "notes.md"  # written by people, beside a run or a model
_OURS = re.compile(
    r"(\.eval_results/colorgan\.yaml|model\.safetensors|(config|metrics|recipe|report)\.json|README\.md|samples\.png"
    r"|curves.*\.png|onnx/.*)"
)
_OUR_PROGRAM = re.compile(r"colorgan/.*")  # an endpoint's: it stays where the next commit brings none, and works on
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
    onnx: bool = False,
    endpoint: bool = False,
) -> str:
    """Publish a run in one commit -> the model's address.

    Weights, config.json, the card, and as far as the run has them the last sample sheet, the curves, metrics.json,
    recipe.json, report.json and, of it, what the Hub shows beside the data set (`.eval_results`). Checkpoints and
    trackers' logs stay at home, and so do the paths of this machine.

    Args:
        run_folder: of the trainer, or any folder with a model (`Colorizer.save_pretrained`).
        repo_id: "user/model"; made if it is not there.
        private: whether a new one is for its owner alone.
        revision: branch to publish to, main unless told.
        token: with the right to write; None for HF_TOKEN or the login.
        hardware: what it was trained on, in place of what the run recorded.
        onnx: whether it also goes as ONNX files, as `exporting.export` writes them.
        endpoint: whether what an Inference Endpoint runs goes along: handler.py, requirements.txt and colorgan itself.

    Raises:
        ValueError: no model there, one that cannot be exported, or the Hub cannot or will not take it; one line.
    """
    folder = Path(run_folder)
    model = next((place for place in (folder / MODEL, folder) if (place / WEIGHTS).is_file()), None)
    if model is None:
        raise ValueError(f"{str(run_folder)!r} holds no trained model: neither {MODEL}/{WEIGHTS} nor {WEIGHTS}")
    if onnx:
        check_packages()
    colorizer = Colorizer.from_pretrained(model)  # what does not load must not be published
    with tempfile.TemporaryDirectory() as place:
        files = dict(collect(folder, model, colorizer, repo_id, hardware))
        if onnx:
            files |= {f"{ONNX}/{name}": Path(place) / name for name in write_export(colorizer, Path(place))}
        if endpoint:
            files |= endpoint_files()
        return send(
            files,
            repo_id,
            f"{colorizer.name}, published by colorgan",
            owned=lambda name: bool(_OURS.fullmatch(name) or (endpoint and _OUR_PROGRAM.fullmatch(name))),
            private=private,
            revision=revision,
            token=token,
        )


def endpoint_files() -> dict[str, Content]:
    """What an Inference Endpoint runs beside the model: handler.py, which it calls; what to install; the program."""
    needed = "\n".join(declared()) + "\n"
    return {HANDLER: Path(__file__).with_name(HANDLER), REQUIREMENTS: needed.encode(), **program_files()}


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
    report = ModelReport.read(folder, model / WEIGHTS)
    if report and (results := report.eval_results()):
        files[EVAL_RESULTS] = results
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
