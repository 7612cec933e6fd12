"""Words trained on kept features: what is kept, that a loss falls, and the model that comes out."""

import sys
from pathlib import Path

import cached_words
import pytest
import torch
from cases.words import colourful, untrained_words
from photo_sets import row, write_set

from colorgan import Colorizer
from colorgan.networks.painter import CELL


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A set of eight photos in colour."""
    folder = tmp_path_factory.mktemp("sets") / "blobs"
    write_set([row(colourful((160, 128), seed), "drawn") for seed in range(8)], folder)
    return folder


@pytest.fixture(scope="module")
def flagship(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("flagship")
    untrained_words().save_pretrained(folder)
    return folder


def test_from_photos_to_a_model(
    photos: Path, flagship: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["--model", flagship, "--data", photos, "--features", tmp_path / "kept", "--images", 96]
    monkeypatch.setattr(sys, "argv", ["cached_words.py", *map(str, arguments), "--output", str(tmp_path / "model")])
    cached_words.main()
    assert "32 photos, 96 images" in capsys.readouterr().out  # a file is whole: it goes on with the next epoch
    before, after = (Colorizer.from_pretrained(folder).state_dict() for folder in (flagship, tmp_path / "model"))
    changed = {name for name in before if not torch.equal(before[name], after[name])}
    assert changed and all(name.startswith("generator.words.") for name in changed)
    assert "generator.words.words.vocabulary" in changed


def test_the_loss_falls_on_features_that_are_kept(photos: Path, tmp_path: Path) -> None:
    colorizer = untrained_words()
    cached_words.keep_features(colorizer.generator, [str(photos)], tmp_path / "kept")
    features, ab = cached_words.load_features(tmp_path / "kept")
    assert features.shape[1] == (ab.shape[2] * CELL // 16) ** 2
    words = colorizer.generator.words.words
    cached_words.start_words(words, features, ab, 0)
    first = cached_words.train_words(words, features, ab, 16, batch_size=8)
    later = cached_words.train_words(words, features, ab, 400, batch_size=8)
    assert later < first - 0.3


def test_lightness_comes_back_out_of_the_features() -> None:
    colorizer = untrained_words()
    light = torch.rand(2, 1, 64, 96) * 2 - 1
    with torch.inference_mode():
        _, look = colorizer.generator.look(light)
    cells = torch.nn.functional.avg_pool2d(light, CELL)
    torch.testing.assert_close(cached_words._lightness(look.features, look.grid), cells)


def test_what_is_not_there_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(ValueError, match="holds no features"):
        cached_words.load_features(tmp_path / "empty")
    monkeypatch.setattr(sys, "argv", ["cached_words.py", "--features", "none", "--output", str(tmp_path)])
    with pytest.raises(ValueError, match="is there already"):
        cached_words.main()
