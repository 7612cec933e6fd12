"""Which way up a photo is, by the bundled model's network."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from PIL import Image
from skimage import data

from colorgan import DEFAULT_WEIGHTS, Colorizer
from colorgan.colorizer import Memory
from colorgan.colorizer.orientation import FILE, Orientation


@pytest.fixture(scope="module")
def colorizer() -> Colorizer:
    return Colorizer.from_pretrained(DEFAULT_WEIGHTS)


@pytest.fixture(scope="module")
def bundled(colorizer: Colorizer) -> Orientation:
    """Only there if it was learnt with the weights that are bundled now."""
    orientation = Orientation.beside(DEFAULT_WEIGHTS, colorizer)
    assert orientation
    return orientation


@pytest.fixture(scope="module")
def see(colorizer: Colorizer) -> Callable[[Image.Image], Memory | None]:
    return lambda image: colorizer.predict([image])[0].memory


@pytest.mark.parametrize("quarters", range(4))
@pytest.mark.parametrize("name", ["astronaut", "chelsea", "rocket"])
def test_photos_are_found_upright_from_any_side(
    bundled: Orientation, see: Callable[[Image.Image], Memory | None], name: str, quarters: int
) -> None:
    lying = Image.fromarray(getattr(data, name)()).convert("L").rotate(90 * quarters, expand=True)
    probabilities = bundled.probabilities(lying, see)
    assert sum(probabilities) == pytest.approx(1, abs=1e-5)
    assert max(range(4), key=probabilities.__getitem__) == quarters


def test_nothing_is_told_of_a_flat_picture(bundled: Orientation, see: Callable[[Image.Image], Memory | None]) -> None:
    assert max(bundled.probabilities(Image.new("L", (300, 300), 128), see)) < 0.9


def test_only_beside_the_model_that_it_was_learnt_with(colorizer: Colorizer, tmp_path: Path) -> None:
    assert Orientation.beside(tmp_path, colorizer) is None
    assert Orientation.beside("somebody/model", colorizer) is None
    shutil.copy(Path(DEFAULT_WEIGHTS) / FILE, tmp_path)
    assert Orientation.beside(tmp_path, colorizer)
    assert Orientation.beside(tmp_path, torch.nn.Linear(1, 1)) is None


def test_a_network_without_words_keeps_nothing_to_tell_by(bundled: Orientation) -> None:
    with pytest.raises(ValueError, match="no colour words"):
        bundled.probabilities(Image.new("L", (64, 64)), lambda image: None)
