"""What the tests of training share: photos to train on."""

import numpy as np
import pytest
from PIL import Image


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
