"""What was said in two minutes on the page can be said again to any model, and the page about it is what comes out."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from two_minutes import COLUMNS, GRAY, PAGE, SAID, SHEET, TOLD, TRIED, Tried, gray_of, page, repeat, sheet

from colorgan import Colorizer
from colorgan.data.whole import EvaluationPhoto
from colorgan.hints import HINTS_SUFFIX, read_hints


@pytest.mark.parametrize("tried", TRIED, ids=lambda tried: tried.name)
def test_the_hints_are_there_and_took_so_many_clicks(tried: Tried) -> None:
    said = read_hints(SAID / f"{tried.name}{HINTS_SUFFIX}")
    assert 2 * len(said.hints) <= tried.clicks <= 50, "a click for the place and one for the colour, in two minutes"
    assert f"| {tried.name} ({tried.data}) | {len(said.hints)} | {tried.clicks} |" in PAGE.read_text()
    assert SHEET.is_file()


def test_a_photo_is_told_again_judged_and_shown(words: str) -> None:
    tried = TRIED[0]
    width, height = read_hints(SAID / f"{tried.name}{HINTS_SUFFIX}").size
    rgb = torch.randint(0, 256, (3, 1, 1), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    photo = EvaluationPhoto("photo", rgb.expand(3, height, width).contiguous(), (width, height))
    assert gray_of(photo).mode == "L"
    row = repeat(Colorizer.from_pretrained(words), photo, tried)
    assert tuple(row.pictures) == COLUMNS and {picture.size for picture in row.pictures.values()} == {(width, height)}
    assert row.figures[TOLD] != row.figures["automatic"]
    _, difference = row.figures[GRAY]
    assert difference > 3, "the photo is in colour"
    assert sheet([row, row]).height > sheet([row]).height
    text = page([row, replace(row, figures=dict.fromkeys(row.figures, (30.0, 1.0)))], "a model")
    assert f"{(row.figures[TOLD][0] + 30) / 2:.1f}" in text.splitlines()[-4] and Path(SHEET).name in text
