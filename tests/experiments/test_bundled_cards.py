"""The cards of the bundled models are what the template makes of their notes."""

from pathlib import Path

import pytest
from bundled_cards import bundled_card

from colorgan import Colorizer
from colorgan.web.models import bundled_models


@pytest.mark.parametrize("folder", [Path(one) for one in bundled_models()], ids=lambda path: path.name)
def test_a_bundled_card_is_up_to_date(folder: Path) -> None:
    card = (folder / "README.md").read_text(encoding="utf-8")
    assert card == bundled_card(folder), "run experiments/bundled_cards.py"
    colorizer = Colorizer.from_pretrained(folder)
    assert f"# {colorizer.name}\n" in card
    assert "trained by" not in card and "not on record" not in card
