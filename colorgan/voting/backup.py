"""Votes leave a disk that does not last: new rows go to a place of their own at intervals, and come back.

There a study is a folder named after it and its manifest: `study.json`, `pictures.zip`, and in `votes/` one
file of JSON lines for each time that there was something new. The database itself is never sent. The rows tell which
side was the computer's, so what is made on the Hub is private, and what is public there is refused.
"""

import json
import os
import re
import secrets
import sys
import tempfile
import threading
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from colorgan.files import folder_whole, one_line
from colorgan.hub.sending import Content
from colorgan.voting import journal
from colorgan.voting.depository import depository
from colorgan.voting.pool import IMAGES, MANIFEST, Pool
from colorgan.voting.privacy import SECRET_VARIABLE
from colorgan.voting.records import StudyRow
from colorgan.voting.store import STUDY_NAME, Store
from colorgan.voting.study import Study, study_folder

VARIABLE = "COLORGAN_VOTES"  # names the place where no flag does
EVERY_MINUTES = 5.0
_LAST_PUSH_S = 20.0  # what a Space grants before it kills is about 30
_ROOT, _STUDY, _PICTURES = "studies", "study.json", "pictures.zip"
_README = """---
tags:
- colorgan
---

Raw votes of studies that are running, kept by colorgan so that they survive their server's disk. They tell which
picture was the computer's: keep them private. For a data set to publish, use `colorgan study export`.
"""


def _to_stderr(line: str) -> None:
    sys.stderr.write(f"colorgan study: {line}\n")
    sys.stderr.flush()


class VoteBackup:
    """Keeps a copy of some studies, and of their votes as they come, in a data set, a bucket or a folder elsewhere.

    Nothing that goes wrong there stops the serving: it is said, and tried again at the next interval.

    Args:
        store: where the studies are.
        place: where to; see `depository`.
        every_minutes: between looks for what is new.
        token: of a data set; None for HF_TOKEN or the login.
        say: where warnings go, one line each; default stderr.
    """

    def __init__(
        self,
        store: Store,
        place: str,
        *,
        every_minutes: float = EVERY_MINUTES,
        token: str | None = None,
        say: Callable[[str], None] = _to_stderr,
    ):
        self.store, self.place, self.every_s = store, depository(place, token), every_minutes * 60
        self._say = say
        self._studies: dict[str, Study] = {}
        self._written: set[tuple[Any, ...]] = set()  # identities of rows that are there
        self._described: dict[str, StudyRow] = {}  # folder -> the study as it stands there
        self._looked = False  # whether it is known what is there
        self._turn, self._stopped = threading.Lock(), threading.Event()
        self._thread: threading.Thread | None = None

    def watch(self, study: Study) -> None:
        """Keep this study's votes too."""
        self._studies[study.row.study_id] = study

    def restore(self) -> list[str]:
        """Bring back what is kept and the store has not -> the names of the studies.

        Raises:
            ValueError: it is not to be had; one line.
        """
        with self._turn:
            return self._restore()

    def push(self) -> int:
        """Send what is new -> how many rows; nothing goes out where there is nothing new.

        Raises:
            ValueError: it is not taken; one line. All of it goes with the next push.
        """
        with self._turn, tempfile.TemporaryDirectory(prefix="colorgan-votes-") as aside:
            if not self._looked:
                self._restore()
            described = {_place(study): self.store.study(name) for name, study in self._studies.items()}
            files, found = self._new(Path(aside), described)
            if files:
                self.place.take(files, _told(found), last=_STUDY)
            self._written.update(journal.identity(row) for row in found)
            self._described |= described
            return len(found)

    def start(self) -> None:
        """Look for what is new at intervals, in a thread of its own."""
        self._thread = threading.Thread(target=self._run, name="colorgan-votes", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """A last push, if it can be done within a few seconds; then no more."""
        self._stopped.set()
        last = threading.Thread(target=self._try, daemon=True)
        last.start()
        last.join(_LAST_PUSH_S)
        if last.is_alive():
            self._say(f"the last votes did not reach {self.place.name!r} in time")

    def _run(self) -> None:
        self._try()  # the studies themselves should be there before their first votes
        while not self._stopped.wait(self.every_s):
            self._try()

    def _try(self) -> None:
        try:
            self.push()
        except Exception as error:  # the serving goes on whatever it is
            self._say(f"votes are on this disk alone, and go out when they can: {one_line(error)}")

    def _new(self, aside: Path, described: Mapping[str, StudyRow]) -> tuple[dict[str, Content], list[journal.Row]]:
        """Files to send, and the rows in them."""
        files: dict[str, Content] = {}
        everything: list[journal.Row] = []
        for name, study in self._studies.items():
            place = _place(study)
            row = described[place]
            if place not in self._described:
                files[f"{place}/{_PICTURES}"] = _zipped(study.pool, aside / f"{name}.zip")
            if self._described.get(place) != row:
                files[f"{place}/{_STUDY}"] = (json.dumps(asdict(row), indent=1) + "\n").encode()
            found = [row for row in journal.rows(self.store, name) if journal.identity(row) not in self._written]
            if found:
                stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
                files[f"{place}/votes/{stamp}-{secrets.token_hex(8)}.jsonl"] = journal.to_lines(found)
                everything += found
        if files and not self._described:
            files["README.md"] = _README.encode()
        return files, everything

    def _restore(self) -> list[str]:
        with tempfile.TemporaryDirectory(prefix="colorgan-votes-") as aside:
            self.place.bring(_ROOT, Path(aside))
            studies = sorted((Path(aside) / _ROOT).glob("*"))
            names = [self._restore_study(place) for place in studies if (place / _STUDY).is_file()]
        self._looked = True
        return [name for name in names if name]

    def _restore_study(self, place: Path) -> str | None:
        """One study that is kept -> its name; None, and a warning, where it cannot be brought back."""
        try:
            row = _study_row(place / _STUDY)
            pool = _pictures(place, row)
            journal.restore_study(self.store, row, pool.rows)
            found = [
                one for file in sorted(place.glob("votes/*.jsonl")) for one in journal.from_lines(file.read_bytes())
            ]
            restored = journal.restore(self.store, row.study_id, found)
        except (ValueError, OSError, zipfile.BadZipFile) as error:
            self._say(f"{place.name!r} in {self.place.name!r} stays there: {one_line(error)}")
            return None
        self._written.update(journal.identity(one) for one in found)
        self._described[f"{_ROOT}/{place.name}"] = row
        if restored.left_out:
            self._say(f"{restored.left_out} sessions of {row.study_id!r} were left out: their people have others here")
        if restored.answers:
            self._say(f"{restored.answers} answers of {row.study_id!r} came back from {self.place.name!r}")
        return row.study_id


def open_backup(
    store: Store,
    place: str | None = None,
    *,
    every_minutes: float = EVERY_MINUTES,
    say: Callable[[str], None] = _to_stderr,
) -> VoteBackup | None:
    """The copy of the votes in `place`, or else in COLORGAN_VOTES; None where neither names one.

    What it holds is in the store from now on. `watch` and `start` it once the studies are there.
    """
    place = place or os.environ.get(VARIABLE)
    if not place:
        return None
    backup = VoteBackup(store, place, every_minutes=every_minutes, say=say)
    if SECRET_VARIABLE not in os.environ:
        say(f"set {SECRET_VARIABLE}: with a new secret on a new disk, who voted before could vote again")
    try:
        backup.restore()
    except ValueError as error:
        say(f"{one_line(error)}; it is tried again")
    return backup


def _place(study: Study) -> str:
    """A study's folder there: one of the same name on other pictures is another study."""
    return f"{_ROOT}/{study.row.study_id}-{study.row.manifest_sha256[:12]}"


def _told(found: Sequence[journal.Row]) -> str:
    answers = sum(row["table"] == "answer" for row in found)
    return f"{answers} answers" if answers else "The studies as they stand"


def _zipped(pool: Pool, path: Path) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        for file in sorted(pool.folder.rglob("*")):
            if file.is_file():
                archive.write(file, file.relative_to(pool.folder).as_posix())
    return path


def _pictures(place: Path, row: StudyRow) -> Pool:
    """The study's pictures, unpacked where they belong unless they are there; checked against the manifest."""
    folder = study_folder(row.study_id)
    if folder.exists():
        return Pool.open(folder, row.manifest_sha256)
    with folder_whole(folder) as draft:
        with zipfile.ZipFile(place / _PICTURES) as archive:
            for name in archive.namelist():
                if not re.fullmatch(rf"{re.escape(MANIFEST)}|{IMAGES}/[\w-]+\.png", name):
                    raise ValueError(f"its pictures hold a file {name!r}")
            archive.extractall(draft)
        Pool.open(draft, row.manifest_sha256)
    return Pool.open(folder, row.manifest_sha256)


def _study_row(path: Path) -> StudyRow:
    try:
        row = StudyRow(**json.loads(path.read_text(encoding="utf-8")))
    except TypeError as error:
        raise ValueError("its study.json is not a study's") from error
    if not isinstance(row.study_id, str) or not STUDY_NAME.fullmatch(row.study_id):
        raise ValueError("its study.json has a name that no study has")
    return row
