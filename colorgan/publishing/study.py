"""A study's export as a data set on the Hub, with a card that says what it is."""

import json
from pathlib import Path

from colorgan.hub.sending import Content, send

_OURS = ("answers.jsonl", "answers.csv", "answers.parquet", "study.json", "results.json", "README.md")
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
    if "study.json" not in files:
        raise ValueError(f"{str(folder)!r} is no study's export: it has no study.json")
    study = json.loads((folder / "study.json").read_text(encoding="utf-8"))
    columns = study["answer_columns"].items()
    card = _CARD.format(
        study_id=study["study_id"],
        protocol_version=study["protocol_version"],
        opened=study["opened"],
        state=f"closed {study['closed']}" if study["closed"] else "still open",
        results=" `results.json` has all figures." if "results.json" in files else "",
        columns="\n".join(f"| `{name}` | {one['type']} | {one['meaning']} |" for name, one in columns),
    )
    files["README.md"] = card.encode()
    return send(
        files,
        repo_id,
        f"Study {study['study_id']}, exported by colorgan",
        owned=lambda name: name in _OURS,
        private=private,
        token=token,
        repo_type="dataset",
    )
