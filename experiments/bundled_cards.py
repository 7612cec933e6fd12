"""The cards of the bundled models, from model_card.md and the notes.md beside the weights.

    python experiments/bundled_cards.py            # after a change of the template, of notes.md or of the weights

A test holds that the cards in the repository are what this writes.
"""

from pathlib import Path

from colorgan import Colorizer
from colorgan.files import write_whole
from colorgan.publishing.record import RunRecord
from colorgan.publishing.run import CARD, card_of
from colorgan.web.models import bundled_models

ROOT = Path(__file__).parents[1]


def bundled_card(folder: Path) -> str:
    """The card of a bundled model, by the path that it has in the repository."""
    place = f"./{folder.resolve().relative_to(ROOT).as_posix()}"
    return card_of(RunRecord.read(folder), folder, Colorizer.from_pretrained(folder), place).content


def main() -> None:
    """Write all of them."""
    for name in bundled_models():
        path = Path(name) / CARD
        write_whole(path, bundled_card(Path(name)))
        print(path.relative_to(ROOT))


if __name__ == "__main__":
    main()
