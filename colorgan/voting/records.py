"""What goes into the store and comes out of it, row by row."""

from dataclasses import dataclass
from enum import Enum

from colorgan.voting.protocol import PAIR_SIDES, SINGLE_SIDES, Kind, Side

MAX_REPORTED_MS = 24 * 3600 * 1000


class VoteOutcome(Enum):
    """What became of an answer. Says nothing about right or wrong."""

    RECORDED = "recorded"
    DUPLICATE = "already answered"
    EARLY = "too early"
    LATE = "too late"
    CLOSED = "the study is closed"
    UNKNOWN = "no such trial"  # also somebody else's: whether it exists is not their business


@dataclass(frozen=True)
class StudyRow:
    """A study as stored; times in seconds of UTC."""

    study_id: str
    protocol_version: str
    manifest_sha256: str
    exposure_ms: int
    opened_at_s: int
    closed_at_s: int | None


@dataclass(frozen=True)
class StimulusRow:
    """What can be shown, and the hash of its pixels."""

    stimulus_id: str
    photo_id: str
    model_id: str
    model_revision: str
    kind: str
    pixel_sha256: str


@dataclass(frozen=True)
class SessionRow:
    """A session as stored; times in seconds of UTC."""

    session_id: str
    study_id: str
    participant_hash: str
    consent_version: str
    started_at_s: int
    finished_at_s: int | None
    device_class: str
    colour_vision: str | None
    timed: bool


@dataclass(frozen=True)
class TrialRow:
    """A trial that is out. Stimulus, kind and side are the server's secret; times in ms of UTC."""

    trial_id: str
    position: int
    kind: Kind
    stimulus_id: str
    fake_side: Side
    issued_at_ms: int
    deadline_ms: int


@dataclass(frozen=True)
class AnswerReport:
    """What a browser reports of an answer; its times are believed only where they exclude."""

    chosen_side: Side
    response_ms: int
    shown_left_ms: int | None = None
    shown_right_ms: int | None = None
    lost_focus: bool = False

    def __post_init__(self) -> None:
        if self.chosen_side not in PAIR_SIDES + SINGLE_SIDES:
            raise ValueError(f"chosen_side must be left, right, whole or none, got {self.chosen_side!r:.40}")
        for name in ("response_ms", "shown_left_ms", "shown_right_ms"):
            value = getattr(self, name)
            if value is None and name != "response_ms":
                continue
            if type(value) is not int or not 0 <= value <= MAX_REPORTED_MS:
                raise ValueError(f"{name} must be a whole number of ms from 0 to {MAX_REPORTED_MS}, got {value!r:.40}")
        if type(self.lost_focus) is not bool:
            raise ValueError(f"lost_focus must be true or false, got {self.lost_focus!r:.40}")
