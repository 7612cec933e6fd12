"""A study's export: as a data set on the Hub, with a card that says what it is; and what it found about a model."""

import importlib.resources
import json
from collections.abc import Sequence
from pathlib import Path

from huggingface_hub.constants import REPOCARD_NAME

from colorgan.card import filled
from colorgan.hub.sending import Content, send
from colorgan.publishing.reading import from_json, read_object, understood
from colorgan.voting.export import ANSWERS, RESULTS, STUDY
from colorgan.voting.protocol import PAIRED
from colorgan.voting.results import StudyResults, sentence

_OURS = (*ANSWERS, STUDY, RESULTS, REPOCARD_NAME)


def publish_export(folder: Path, repo_id: str, *, private: bool = False, token: str | None = None) -> str:
    """Put the folder of `export_study` on the Hub in one commit -> the data set's address.

    Raises:
        ValueError: no export there, or the Hub does not take it; one line.
    """
    files: dict[str, Content] = {name: folder / name for name in _OURS if (folder / name).is_file()}
    if STUDY not in files:
        raise ValueError(f"{str(folder)!r} is no study's export: it has no {STUDY}")
    study = json.loads((folder / STUDY).read_text(encoding="utf-8"))
    template = importlib.resources.files(__package__).joinpath("study_card.md").read_text(encoding="utf-8")
    files[REPOCARD_NAME] = filled(template, study=study, has_results=RESULTS in files).encode()
    return send(
        files,
        repo_id,
        f"Study {study['study_id']}, exported by colorgan",
        owned=lambda name: name in _OURS,
        private=private,
        token=token,
        repo_type="dataset",
    )


def found_by_people(folder: Path, names: Sequence[str]) -> str:
    """What the study in a folder found about a model that has one of these names; empty without a study.

    Raises ValueError, one line, where it is no paired study, or one of other models.
    """
    content = read_object(folder / RESULTS)
    if not content:
        return ""
    with understood(folder / RESULTS):
        study: StudyResults = from_json(StudyResults, content["results"])
    groups = {group.name: group for group in study.models}
    name = next((name for name in names if name in groups), None) or (next(iter(groups)) if len(groups) == 1 else None)
    if name is None:
        raise ValueError(
            f"the {RESULTS} of {str(folder)!r} is a study of {', '.join(groups)}: none of them is {names[0]!r}"
        )
    demonstration = "" if study.protocol_version == PAIRED else " A demonstration, not to be compared."
    return f"{sentence(groups[name])} At 50 nobody could tell. Protocol {study.protocol_version}.{demonstration}"
