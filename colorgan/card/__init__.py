"""The card that goes to the Hub with every model: model_card.md, filled in from its configuration and its record.

facts.py    what may be on record beyond the configuration: `CardFacts`
design.py   a network and its recipe in words
papers.py   the papers behind them
writing.py  all of it: `model_card`
head.py     what a card that is there states: a name, a licence
"""

from typing import TYPE_CHECKING, Any

from colorgan.card.head import CardHead

if TYPE_CHECKING:
    from colorgan.card.facts import CardEvaluation, CardFacts, CardMetric
    from colorgan.card.writing import filled, model_card

__all__ = ["CardEvaluation", "CardFacts", "CardHead", "CardMetric", "filled", "model_card"]


def __getattr__(name: str) -> Any:
    """Import what writes cards only when it is asked for: whoever loads a model reads the head of one, no more."""
    if name in ("filled", "model_card"):
        from colorgan.card import writing

        return getattr(writing, name)
    if name in __all__:
        from colorgan.card import facts

        return getattr(facts, name)
    raise AttributeError(f"module 'colorgan.card' has no attribute {name!r}")
