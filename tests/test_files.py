"""Whole files and folders, whatever happens while they are written; errors in one line; seeds; fitting; endings."""

import os
import stat
from pathlib import Path

import pytest
import torch
from PIL import Image
from sqlalchemy import create_engine, text
from sqlalchemy.exc import DBAPIError

from colorgan.files import DRAFTS, folder_whole, one_line, remove_drafts, remove_folder, sha256, write_whole
from colorgan.images import to_image, to_tensor
from colorgan.photo.endings import NOT_PHOTOS, WRITTEN, photo_endings, photo_formats, usual_ending
from colorgan.photo.fitting import fit, with_shorter_side
from colorgan.seeds import key_of, seed_of


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_file_is_replaced_at_once_and_keeps_no_draft(tmp_path: Path) -> None:
    path = tmp_path / ("n" * 250 + ".json")  # as long as a name may be: a draft must not be longer
    write_whole(path, "old")
    write_whole(path, b"new")
    assert path.read_bytes() == b"new" and names(tmp_path) == [path.name]
    assert sha256(path) == "11507a0e2f5e69d5dfa40a62a1bd7b6ee57e6bcd85c67c9b8431b36fff21c437"  # sha256sum of "new"


def test_a_write_that_fails_leaves_what_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "figures.json"
    write_whole(path, "old")

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        write_whole(path, "new")
    with pytest.raises(OSError, match="No space left"), folder_whole(tmp_path / "run") as draft:
        (draft / "part").write_text("half")
    assert path.read_text() == "old" and names(tmp_path) == ["figures.json"]


def test_a_link_keeps_pointing_and_a_folder_is_no_file(tmp_path: Path) -> None:
    (tmp_path / "real.txt").write_text("old")
    (tmp_path / "link.txt").symlink_to("real.txt")
    write_whole(tmp_path / "link.txt", "new")
    assert (tmp_path / "link.txt").is_symlink() and (tmp_path / "real.txt").read_text() == "new"
    with pytest.raises(OSError, match="exists and is not a file"):
        write_whole(tmp_path, "new")


def test_permissions_hold_from_the_first_moment_and_the_first_file_may_stay(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    write_whole(path, "first", mode=0o600, replace=False)
    write_whole(path, "second", mode=0o600, replace=False)
    assert path.read_text() == "first" and stat.S_IMODE(path.stat().st_mode) == 0o600
    assert names(tmp_path) == ["secret"]


def test_a_folder_appears_filled_or_not_at_all(tmp_path: Path) -> None:
    folder = tmp_path / "deep" / "run"
    with pytest.raises(KeyError), folder_whole(folder) as draft:
        (draft / "one").write_text("1")
        assert not folder.exists()
        raise KeyError
    assert names(folder.parent) == []
    with folder_whole(folder) as draft:
        (draft / "one").write_text("1")
    assert (folder / "one").read_text() == "1"
    with pytest.raises(OSError, match="not empty"), folder_whole(folder) as draft:
        (draft / "two").write_text("2")
    with folder_whole(folder, replace=True) as draft:
        (draft / "two").write_text("2")
    assert names(folder) == ["two"] and names(folder.parent) == ["run"]
    remove_folder(folder)
    assert names(tmp_path / "deep") == []


def test_leftovers_of_a_killed_process_are_cleared_away(tmp_path: Path) -> None:
    (tmp_path / ".0123456789abcdef.part").write_text("half a file")
    (tmp_path / ".fedcba9876543210.part").mkdir()
    (tmp_path / "kept.part").write_text("somebody's own")
    assert len(list(tmp_path.glob(DRAFTS))) == 2
    remove_drafts(tmp_path)
    assert names(tmp_path) == ["kept.part"]


def test_errors_in_one_line() -> None:
    with pytest.raises(OSError) as missing:
        Path("no/such/file").read_text()
    assert one_line(missing.value) == "No such file or directory: 'no/such/file'"
    assert one_line(ValueError("first\nsecond")) == "first"
    assert one_line(KeyError()) == "KeyError" and one_line(ValueError("\n")) == "ValueError"
    assert one_line(RuntimeError("bad"), name_class=True) == "RuntimeError: bad"
    assert one_line(ValueError("bad"), name_class=True) == "bad"
    with pytest.raises(RuntimeError) as unfit:
        torch.nn.Linear(2, 2, bias=False).load_state_dict({"weight": torch.zeros(3, 2)})
    assert one_line(unfit.value).startswith("size mismatch for weight")
    with pytest.raises(DBAPIError) as wrong, create_engine("sqlite://").connect() as connection:
        connection.execute(text("SELECT secret FROM nowhere"))
    assert one_line(wrong.value) == "no such table: nowhere"


def test_seeds_are_what_they_were() -> None:
    # Computed by the two functions that were there before, at commit bf16438: runs and draws out there depend on them.
    assert seed_of("labels", 0, 7) == 1999461161685423245
    assert key_of(0, "evaluation") == 9200173637111800947
    assert seed_of("a", 1) != seed_of("a", 2)


def test_images_and_tensors_are_inverse() -> None:
    pixels = torch.arange(3 * 4 * 5, dtype=torch.uint8).view(3, 4, 5)
    assert to_image(pixels).size == (5, 4) and torch.equal(to_tensor(to_image(pixels)), pixels)
    assert torch.equal(to_tensor(to_image(pixels.float() / 255)), pixels)
    assert to_image(torch.tensor([[[-1.0, 2.0]]])).getpixel((1, 0)) == 255


def test_fitting_never_enlarges_and_a_shorter_side_is_met() -> None:
    image = Image.new("RGB", (300, 100))
    assert fit(image, 400) is image
    assert fit(image, 150).size == (150, 50) and fit(image, 1).size == (1, 1)
    assert with_shorter_side(image, 50).size == (150, 50) and with_shorter_side(image, 200).size == (600, 200)


def test_what_is_written_is_read_and_documents_are_no_photos() -> None:
    assert WRITTEN.keys() <= photo_endings()
    assert not NOT_PHOTOS & set(photo_formats())
    assert ".pdf" not in photo_endings() and ".eps" not in photo_endings() and ".mpg" not in photo_endings()
    assert [usual_ending(kind) for kind in ("JPEG", "MPO", "TIFF", "PSD")] == [".jpg", ".jpg", ".tif", ".png"]
