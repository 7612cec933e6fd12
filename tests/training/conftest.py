"""What the tests of training share: photos to train on."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from colorgan.recipes import Recipe
from colorgan.training import loop


@pytest.fixture(scope="session", autouse=True)
def sizes_are_checked_once() -> Iterator[None]:
    """Of recipes that differ in the length of their training alone; it takes up to a second each time."""
    check_sizes, fit = loop.check_sizes, set[str]()

    def once(recipe: Recipe) -> None:
        networks = repr(replace(recipe, train_images=1))
        if networks not in fit:
            check_sizes(recipe)
            fit.add(networks)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(loop, "check_sizes", once)
        yield


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A folder of small coloured photos, 24 to train on and 4 to test on."""
    folder, draws = tmp_path_factory.mktemp("photos"), np.random.default_rng(0)
    for split, count in (("train", 24), ("test", 4)):
        (folder / split).mkdir()
        for number in range(count):
            blobs = draws.integers(0, 256, (3, 4, 3), dtype=np.uint8)
            Image.fromarray(blobs).resize((80, 64), Image.Resampling.BICUBIC).save(folder / split / f"{number}.png")
    return str(folder)
