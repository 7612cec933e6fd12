"""Photos with softened colours: lightness is the photo's, chroma between its own and what the models say."""

import io
import sys
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
import softened_photos
import torch
from photo_sets import row, write_set
from PIL import Image
from skimage import data

from colorgan import DEFAULT_WEIGHTS, Colorizer
from colorgan.color import rgb_to_lab

TWIN = Path(DEFAULT_WEIGHTS) / "twin"


@pytest.fixture
def cats(tmp_path: Path) -> Path:
    """A photo set with the cat of scikit-image in it, and a broken file."""
    cat = Image.fromarray(data.chelsea()).resize((320, 256))
    write_set([row(cat, "web"), {"image": {"bytes": b"no photo", "path": None}, "source": ""}], tmp_path / "cats")
    return tmp_path / "cats"


def run(monkeypatch: pytest.MonkeyPatch, *arguments: object) -> None:
    monkeypatch.setattr(sys, "argv", ["softened_photos.py", *map(str, arguments)])
    softened_photos.main()


def lab_of(folder: Path) -> tuple[torch.Tensor, torch.Tensor]:
    """L and ab of the only good photo of a set."""
    (encoded,) = [found for found in pq.read_table(folder / "data")["image"].to_pylist() if len(found["bytes"]) > 10]
    rgb = torch.from_numpy(np.array(Image.open(io.BytesIO(encoded["bytes"])))).permute(2, 0, 1)[None].float() / 255
    return rgb_to_lab(rgb)


def test_chroma_lies_between_the_truth_and_the_models(
    cats: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    made = {}
    for truth in (0.0, 0.4, 1.0):
        run(monkeypatch, "--data", cats, "--model", TWIN, "--truth", truth, "--output", tmp_path / f"{truth}")
        made[truth] = lab_of(tmp_path / f"{truth}" / "cats")
    assert "1 in cats" in capsys.readouterr().out
    lightness, ab = lab_of(cats)
    for light, _ in made.values():
        assert (light - lightness).abs().mean() < 1  # JPEG and the gamut, no more
    assert (made[1.0][1] - ab).norm(dim=1).mean() < 3
    with torch.inference_mode():
        predicted = Colorizer.from_pretrained(TWIN)(lightness)
    assert (made[0.0][1] - predicted).norm(dim=1).mean() < 3
    assert (made[0.0][1] - ab).norm(dim=1).mean() > 6
    between = torch.lerp(made[0.0][1], made[1.0][1], 0.4)
    assert (made[0.4][1] - between).norm(dim=1).mean() < 1


def test_one_line_and_nothing_half_written(cats: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    output = tmp_path / "out"
    for arguments, message in (
        (("--data", cats, "--model", TWIN, "--truth", 1.2), r"--truth must be a share from 0 to 1, got 1.2"),
        (("--data", cats, "--data", cats, "--model", TWIN), "two of --data have one name: cats, cats"),
        (("--data", cats, "--model", tmp_path / "nothing"), "neither a folder with a model"),
        (("--data", tmp_path / "nothing", "--model", TWIN), "nothing"),
    ):
        with pytest.raises(ValueError, match=message):
            run(monkeypatch, *arguments, "--output", output)
    assert not output.exists()
    with pytest.raises(ValueError, match="exists already"):
        run(monkeypatch, "--data", cats, "--model", TWIN, "--output", cats)
