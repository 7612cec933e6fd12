"""People before drawn backdrops: the person stays, the canvas is next to gray, the trainer can read the set."""

import sys
from pathlib import Path

import numpy as np
import pytest
import studio_portraits as studio
import torch
from photo_sets import row, write_set
from PIL import Image
from skimage import data

from colorgan.color import rgb_to_lab
from colorgan.data import PhotoStream


def astronaut() -> np.ndarray:
    """A photo of scikit-image's, as large as portraits are."""
    return np.asarray(Image.fromarray(data.astronaut()).resize((studio.SIZE, studio.SIZE)))


def astronaut_mask(photo: np.ndarray) -> np.ndarray:
    """An ellipse where the astronaut is, with a clear edge."""
    y, x = np.mgrid[: studio.SIZE, : studio.SIZE] / studio.SIZE
    return np.where(((x - 0.42) / 0.3) ** 2 + ((y - 0.55) / 0.5) ** 2 < 1, 255, 0).astype(np.uint8)


@pytest.fixture
def set_of_one(tmp_path: Path) -> Path:
    """A photo set with the astronaut of scikit-image in it, and a broken file."""
    broken = {"image": {"bytes": b"no photo", "path": None}, "source": ""}
    assert write_set([row(Image.fromarray(data.astronaut()), "nasa"), broken], tmp_path / "people") == 2
    return tmp_path / "people"


def run(monkeypatch: pytest.MonkeyPatch, *arguments: object) -> None:
    monkeypatch.setattr(sys, "argv", ["studio_portraits.py", *map(str, arguments)])
    studio.main()


def test_backdrops_are_next_to_gray_and_differ() -> None:
    rng = np.random.default_rng(0)
    canvases = np.stack([studio.backdrop(rng) for _ in range(120)])
    lightness, ab = rgb_to_lab(torch.from_numpy(canvases).permute(0, 3, 1, 2).float() / 255)
    chroma = ab.norm(dim=1).mean((1, 2))
    assert chroma.mean() < 5 and chroma.max() < 20
    cool = ab[:, 1].mean((1, 2)) < -1
    assert chroma[cool].max() < 6
    assert lightness.mean((1, 2, 3)).std() > 10


def test_the_person_stays_and_the_rest_goes() -> None:
    photo = astronaut()
    mask = astronaut_mask(photo)
    far = next(seed for seed in range(20) if np.random.default_rng(seed).random() >= 0.6)
    made = studio.compose(photo, mask, np.random.default_rng(far))
    assert np.array_equal(made[mask == 255], photo[mask == 255])
    assert np.array_equal(made, studio.compose(photo, mask, np.random.default_rng(far)))
    assert not np.array_equal(made[mask == 0], photo[mask == 0])


def test_nearer_keeps_the_head_in_the_picture() -> None:
    photo = astronaut()
    for seed in range(10):
        near, mask = studio.nearer(photo, astronaut_mask(photo), np.random.default_rng(seed))
        assert near.shape == photo.shape and mask.shape == photo.shape[:2]
        assert (mask[: studio.SIZE // 2] > 127).mean() > 0.2


@pytest.mark.parametrize(
    ("mask", "sure"),
    [
        (np.zeros((256, 256), np.uint8), False),
        (np.full((256, 256), 255, np.uint8), False),
        (np.full((256, 256), 128, np.uint8), False),
        (astronaut_mask(np.empty(0)), True),
    ],
)
def test_only_a_sure_mask_is_taken(mask: np.ndarray, sure: bool) -> None:
    assert studio.is_sure(mask) is sure


def test_the_trainer_reads_the_set(set_of_one: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(studio, "selfie_segmentation", lambda: astronaut_mask)
    run(monkeypatch, "--data", set_of_one, "--copies", 3, "--output", tmp_path / "portraits")
    stream = PhotoStream(
        [str(tmp_path / "portraits")], split="train", resolution=64, seed=0, batch_size=1, min_chroma=0
    )
    assert len(list(stream.usable_photos())) == 3
    assert not list(tmp_path.glob("*.part"))


def test_one_line_and_nothing_half_written(set_of_one: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    output = tmp_path / "portraits"
    monkeypatch.setitem(sys.modules, "mediapipe", None)
    with pytest.raises(ValueError, match="pip install mediapipe"):
        run(monkeypatch, "--data", set_of_one, "--output", output)
    monkeypatch.setattr(studio, "selfie_segmentation", lambda: lambda photo: np.zeros((256, 256), np.uint8))
    with pytest.raises(ValueError, match=r"no photo of .* has a person who can be cut out"):
        run(monkeypatch, "--data", set_of_one, "--output", output)
    with pytest.raises(ValueError, match="--copies must be at least 1, got 0"):
        run(monkeypatch, "--data", set_of_one, "--copies", 0, "--output", output)
    (tmp_path / "empty").mkdir()
    with pytest.raises(ValueError, match="empty"):
        run(monkeypatch, "--data", tmp_path / "empty", "--output", output)
    assert not output.exists()
    with pytest.raises(ValueError, match="exists already"):
        run(monkeypatch, "--data", set_of_one, "--output", set_of_one)
