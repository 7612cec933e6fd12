"""What a card may say beyond a model's configuration, filled in by whoever keeps records. Empty: not on record."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from colorgan.metrics.table import BY_KEY
from colorgan.recipes import Recipe


@dataclass(frozen=True)
class CardMetric:
    """A measured metric by its key in `metrics.table`; `low` to `high` is its 95 % interval, None without one."""

    key: str
    value: float
    low: float | None = None
    high: float | None = None

    @property
    def title(self) -> str:
        """What it is called, and which way is better."""
        return BY_KEY[self.key].heading

    @property
    def value_text(self) -> str:
        """The value, with the digits that say something."""
        return BY_KEY[self.key].text(self.value)

    @property
    def interval_text(self) -> str:
        """From where to where; a dash without an interval."""
        if self.low is None or self.high is None:
            return "–"
        return " to ".join(BY_KEY[self.key].text(end) for end in (self.low, self.high))


@dataclass(frozen=True)
class CardEvaluation:
    """Metrics, and the photos that they were measured on."""

    introduction: str
    data: tuple[str, ...]
    split: str | None
    revision: str | None  # of the data set, where it is one alone
    metrics: tuple[CardMetric, ...]


@dataclass(frozen=True)
class CardFacts:
    """How a model came to be, and what was found about it."""

    recipe: Recipe | None = None  # that trained it, with every value as it was
    seed: int | None = None
    images_seen: int | None = None
    seconds: float | None = None
    hardware: str = ""
    versions: Mapping[str, str] = field(default_factory=dict)
    recipe_file: str = ""  # files that lie beside the card
    sample: str = ""
    curves: str = ""
    evaluation: CardEvaluation | None = None
    study: str = ""  # what people found, in a sentence or two
    notes: str = ""  # Markdown: what only its makers can tell
    metadata: Mapping[str, Any] = field(default_factory=dict)  # front matter of theirs: `license`, `pretty_name` ...
