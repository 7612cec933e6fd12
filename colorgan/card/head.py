"""What a model's card states in its front matter, for those who show the model."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from huggingface_hub.repocard import metadata_load

_LONGEST = 80  # letters of what a stranger may have us show


@dataclass(frozen=True)
class CardHead:
    """The name that a model goes by, and its licence; empty where the card does not say."""

    name: str = ""
    license: str = ""

    @classmethod
    def read(cls, card: Path | None) -> "CardHead":
        """A card's own words. One that is missing or broken says nothing: the weights are as good without it."""
        if card is None:
            return cls()
        try:
            fields: dict[str, Any] = metadata_load(card) or {}
        except Exception:  # YAML's errors are of a library that is not asked for here
            return cls()
        named = fields.get("license_name") if fields.get("license") == "other" else None
        return cls(_text(fields.get("pretty_name")), _text(named or fields.get("license")))


def _text(value: Any) -> str:
    words = value if isinstance(value, list) else [value] if value is not None else []
    return " ".join(", ".join(map(str, words)).split())[:_LONGEST]
