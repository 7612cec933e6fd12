"""A study's export: as a data set on the Hub, with a card that says what it is; and what it found about a model."""

import json
from collections.abc import Sequence
from pathlib import Path

from huggingface_hub.constants import REPOCARD_NAME

from colorgan.hub.sending import Content, send
from colorgan.publishing.reading import from_json, read_object, understood
from colorgan.voting.export import ANSWERS, RESULTS, STUDY
from colorgan.voting.protocol import PAIRED
from colorgan.voting.results import StudyResults, sentence

_OURS = (*ANSWERS, STUDY, RESULTS, REPOCARD_NAME)
_CARD = """---
tags:
- image-colorization
- human-evaluation
configs:
- config_name: default
  data_files: answers.parquet
---

# Real or fake? {study_id}

Answers of people who were asked which picture had a computer's colours, in the study `{study_id}` of colorgan (protocol
`{protocol_version}`, opened {opened}, {state}).

`answers.parquet`, `answers.csv` and `answers.jsonl` hold the same rows, one for each answer, excluded ones too, with
the reasons. `study.json` is the study: its manifest, rules and counts of exclusions.{results} People are numbers in
random order; there are days, not times.

| column | type | what it means |
|---|---|---|
{columns}
"""


def publish_export(folder: Path, repo_id: str, *, private: bool = False, token: str | None = None) -> str:
    """Put the folder of `export_study` on the Hub in one commit -> the data set's address.

    Raises:
        ValueError: no export there, or the Hub does not take it; one line.
    """
    files: dict[str, Content] = {name: folder / name for name in _OURS if (folder / name).is_file()}
    if STUDY not in files:
        raise ValueError(f"{str(folder)!r} is no study's export: it has no {STUDY}")
    study = json.loads((folder / STUDY).read_text(encoding="utf-8"))
    columns = study["answer_columns"].items()
    card = _CARD.format(
        study_id=study["study_id"],
        protocol_version=study["protocol_version"],
        opened=study["opened"],
        state=f"closed {study['closed']}" if study["closed"] else "still open",
        results=" `results.json` has all figures." if RESULTS in files else "",
        columns="\n".join(f"| `{name}` | {one['type']} | {one['meaning']} |" for name, one in columns),
    )
    files[REPOCARD_NAME] = card.encode()
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
