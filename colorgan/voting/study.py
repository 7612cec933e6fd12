"""A study as its pages see it: start, next trial, picture, answer, score. What the browser may know leaves here.

Everything a method returns may be sent to its participant; kind, stimulus and side never are (but for practice, after
the answer). Every call names the participant by their token, so nobody reaches another's trials.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from colorgan.voting import protocol, results
from colorgan.voting.database import home
from colorgan.voting.pool import Pool
from colorgan.voting.privacy import participant_hash, server_secret
from colorgan.voting.protocol import Side
from colorgan.voting.records import AnswerReport, SessionRow, StudyRow, VoteOutcome
from colorgan.voting.sources import StudyModel, StudyPhoto
from colorgan.voting.store import Store


@dataclass(frozen=True)
class Shown:
    """A trial as the browser gets it. `position` counts from 1 within practice, and anew after it.

    of: how many there are of them; None in the endless quick mode. width, height: of one picture in px; a pair's
    file is twice as wide, its left half first.
    """

    trial_id: str
    position: int
    of: int | None
    practice: bool
    timed: bool
    exposure_ms: int
    width: int
    height: int


@dataclass(frozen=True)
class Reply:
    """What an answer gets back. Outside practice RECORDED is all there is: right, wrong and catch look the same."""

    outcome: VoteOutcome
    fake_side: Side | None = None


class Study:
    """An open study, its store and its pictures. Safe to share between threads."""

    def __init__(self, store: Store, pool: Pool, row: StudyRow, secret: bytes):
        self.store, self.pool, self.row, self._secret = store, pool, row, secret

    @classmethod
    def create(cls, store: Store, pool: Pool, secret: bytes | None = None) -> "Study":
        """Open a new study on a pool: from here on its pictures are fixed."""
        manifest = pool.manifest
        row = store.add_study(
            manifest["study_id"],
            manifest["protocol_version"],
            pool.manifest_sha256,
            pool.rows,
            manifest["exposure_ms"],
        )
        return cls(store, pool, row, secret or server_secret())

    @classmethod
    def open(
        cls,
        store: Store,
        study_id: str,
        folder: Path | None = None,
        secret: bytes | None = None,
        *,
        photos: Iterable[StudyPhoto] = (),
        models: Iterable[StudyModel] = (),
    ) -> "Study":
        """An existing study, ready to serve.

        Args:
            store: where it was created.
            study_id: its name.
            folder: its pictures; default `study_folder(study_id)`.
            secret: the server's; default `server_secret()`.
            photos: sources to compare with what the study was made of, where they are at hand.
            models: likewise.

        Raises:
            ValueError: no such study, or its pictures, photos or models changed since it opened.
        """
        row = store.study(study_id)
        pool = Pool.open(folder or study_folder(study_id), row.manifest_sha256)
        pool.check_sources(photos, models)
        return cls(store, pool, row, secret or server_secret())

    @property
    def quick(self) -> bool:
        """Whether single photos are shown, endlessly, instead of pairs."""
        return self.row.protocol_version == protocol.QUICK

    def is_open(self) -> bool:
        """Whether sessions start and answers are taken, as the store has it now."""
        return self.store.study(self.row.study_id).closed_at_s is None

    def standing(self, token: str) -> tuple[bool, bool]:
        """Whether this participant has begun a session, and whether they have finished it (quick ones never are)."""
        session = self._session(token)
        return session is not None, session is not None and session.finished_at_s is not None

    def start(
        self,
        token: str,
        *,
        device_class: str,
        timed: bool = True,
        colour_vision: str | None = None,
        consent_version: str = protocol.CONSENT_VERSION,
    ) -> None:
        """Begin this participant's session after their consent; nothing changes for one who has begun.

        Raises:
            ValueError: a bad value, an outdated consent page, a closed study, or too few photos they have not seen.
        """
        if consent_version != protocol.CONSENT_VERSION:
            raise ValueError(f"consent must be to version {protocol.CONSENT_VERSION!r}, got {consent_version!r}")
        self.store.start_session(
            self.row.study_id,
            self._participant(token),
            self.pool.plan,
            device_class=device_class,
            timed=timed,
            colour_vision=colour_vision,
            consent_version=consent_version,
        )

    def next_trial(self, token: str) -> Shown | None:
        """The trial that waits for this participant's answer, or the next; None when all are done (or none begun).

        Asking again, after a reload or a broken connection, gives the same one until it is answered or too old.
        """
        session = self._session(token)
        if session is None:
            return None
        trial = self.store.issue(session.session_id)
        if trial is None and self.quick:
            self.store.extend_quick_session(session)
            trial = self.store.issue(session.session_id)
        if trial is None:
            return None
        plan, practice = self.pool.plan, trial.kind == "practice"
        before = plan.practice if plan and not practice else 0
        of = None if plan is None else plan.practice if practice else plan.scored + plan.catch
        width, height = self.pool.size(trial.stimulus_id)
        return Shown(
            trial.trial_id, trial.position - before, of, practice, session.timed, self.row.exposure_ms, width, height
        )

    def image(self, token: str, trial_id: str) -> bytes | None:
        """The PNG of a trial that waits for this participant's answer; None for every other trial."""
        trial = self.store.out(trial_id, self._participant(token))
        return self.pool.image(trial.stimulus_id, trial.fake_side) if trial else None

    def answer(self, token: str, trial_id: str, report: AnswerReport) -> Reply:
        """Record an answer. RECORDED is on the disk; DUPLICATE tells a page that missed the reply to go on."""
        participant = self._participant(token)
        outcome = self.store.answer(trial_id, participant, report)
        if outcome in (VoteOutcome.RECORDED, VoteOutcome.DUPLICATE):
            return Reply(outcome, self.store.feedback(trial_id, participant))
        return Reply(outcome)

    def score(self, token: str) -> results.Score | None:
        """The participant's own score, once their session is finished (quick: after each ten)."""
        return results.score(self.store, self.row.study_id, self._participant(token))

    def progress(self) -> results.StudyProgress:
        """How far the study is."""
        return results.progress(self.store, self.row.study_id)

    def _session(self, token: str) -> SessionRow | None:
        return self.store.session(self.row.study_id, self._participant(token))

    def _participant(self, token: str) -> str:
        return participant_hash(self._secret, token)


def study_folder(study_id: str) -> Path:
    """Where a study's pictures are, unless one says otherwise; its parent exists."""
    parent = home() / "studies"
    parent.mkdir(mode=0o700, exist_ok=True)
    return parent / study_id
