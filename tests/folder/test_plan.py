"""What goes where: which files of a folder are photos to colour, and a name of its own for every picture."""

from collections.abc import Callable
from pathlib import Path

import pytest

from colorgan.folder.plan import plan
from colorgan.photo.endings import WRITTEN, writable_endings


def touched(root: Path, *names: str) -> Path:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return root


@pytest.fixture
def pictures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., dict[str, list[str]]]:
    """Plan from the temporary folder to "out" -> the names of each photo's pictures there."""
    monkeypatch.chdir(tmp_path)

    def planned(*inputs: str, **options: object) -> dict[str, list[str]]:
        jobs = plan(inputs, "out", **options).jobs
        return {job.source.as_posix(): [path.relative_to("out").as_posix() for _, path in job.pictures] for job in jobs}

    return planned


@pytest.mark.parametrize(
    "name",
    [
        *("@eaDir/a.jpg/SYNOPHOTO_THUMB_XL.jpg", "@EADIR/a.jpg/SYNOFILE_THUMB_M.png"),  # Synology
        *(".@__thumb/defaulta.jpg", "@__thumb/s100a.jpg"),  # QNAP
        *(".thumbnails/normal/1f.png", ".xvpics/a.jpg"),
        *("._a.jpg", ".a.jpg"),  # macOS's other half of a file on a foreign disk; a hidden one
    ],
)
def test_thumbnails_and_hidden_photos_are_left_out_and_counted(tmp_path: Path, name: str) -> None:
    album = touched(tmp_path / "album", "a.jpg", name, "1950/" + name, "1950/Thumbs.db", "desktop.ini")
    for inputs in ([str(album)], [str(album), f"{album}/."]):
        work = plan(inputs, str(tmp_path / "out"))
        assert [job.source for job in work.jobs] == [album / "a.jpg"]
        assert work.left_out == 2


@pytest.mark.parametrize(
    "name", ["#recycle", "@Recycle", "$RECYCLE.BIN", "#snapshot", "__MACOSX", "lost+found", ".git"]
)
def test_folders_of_systems_are_not_looked_into(tmp_path: Path, name: str) -> None:
    """Some cannot be, by anyone but the system; others hold the whole archive many times."""
    album = touched(tmp_path / "album", "a.jpg", f"{name}/b.jpg", f"{name}/deeper/c.jpg")
    work = plan([str(album)], str(tmp_path / "out"))
    assert [job.source for job in work.jobs] == [album / "a.jpg"]
    assert work.left_out == 1


def test_albums_with_odd_names_are_albums(tmp_path: Path) -> None:
    names = ["@home/a.jpg", "#1 best/a.jpg", "$/a.jpg", "thumbnails/a.jpg", "recycled/a.jpg"]
    assert len(plan([str(touched(tmp_path / "album", *names))], str(tmp_path / "out")).jobs) == len(names)


def test_a_folder_of_thumbnails_given_by_name_is_taken(tmp_path: Path) -> None:
    album = touched(tmp_path / "@eaDir", "a.jpg")
    assert len(plan([str(album)], str(tmp_path / "out")).jobs) == 1


def test_where_all_is_left_out_it_is_said(tmp_path: Path) -> None:
    album = touched(tmp_path / "album", "._a.jpg", "@eaDir/b.jpg")
    with pytest.raises(ValueError, match=r"no photos in '.*album': 2 thumbnails, hidden files or folders left out"):
        plan([str(album)], str(tmp_path / "out"))


class TestEqualNames:
    def test_in_two_folders(self, tmp_path: Path, pictures: Callable) -> None:
        touched(tmp_path, "1950/scan.jpg", "1950/b/c.jpg", "1951/scan.jpg")
        assert pictures("1950", "1951") == {
            "1950/b/c.jpg": ["1950/b/c.jpg"],
            "1950/scan.jpg": ["1950/scan.jpg"],
            "1951/scan.jpg": ["1951/scan.jpg"],
        }

    def test_in_folders_of_one_name(self, tmp_path: Path, pictures: Callable) -> None:
        touched(tmp_path, "a/scans/1.jpg", "b/scans/1.jpg")
        assert pictures("a/scans", "b/scans") == {
            "a/scans/1.jpg": ["a/scans/1.jpg"],
            "b/scans/1.jpg": ["b/scans/1.jpg"],
        }

    def test_of_files_and_by_way_of_above(
        self, tmp_path: Path, pictures: Callable, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        touched(tmp_path, "1950/scan.jpg", "1951/scan.jpg")
        assert list(pictures("1950/scan.jpg", "1951").values()) == [["1950/scan.jpg"], ["1951/scan.jpg"]]
        monkeypatch.chdir(tmp_path / "1950")
        assert list(pictures("../1951/scan.jpg", ".").values()) == [["1951/scan.jpg"], ["1950/scan.jpg"]]

    def test_names_stay_as_short_as_they_were_where_there_are_none(self, tmp_path: Path, pictures: Callable) -> None:
        touched(tmp_path, "1950/scan1.jpg", "1951/scan2.jpg")
        assert list(pictures("1950", "1951").values()) == [["scan1.jpg"], ["scan2.jpg"]]

    def test_a_photo_given_by_two_ways_is_one(self, tmp_path: Path, pictures: Callable) -> None:
        touched(tmp_path, "1950/scan.jpg")
        assert pictures("1950", str(tmp_path / "1950"), "1950/../1950/scan.jpg") == {"1950/scan.jpg": ["scan.jpg"]}

    def test_by_way_of_one_format(self, tmp_path: Path, pictures: Callable) -> None:
        touched(tmp_path, "a/photo.jpg", "a/photo.tif", "a/other.jpg", "a/third.png", "a/third.jpg")
        assert pictures("a", suffix=".png") == {
            "a/other.jpg": ["other.png"],
            "a/photo.jpg": ["photo.jpg.png"],
            "a/photo.tif": ["photo.tif.png"],
            "a/third.jpg": ["third.jpg.png"],
            "a/third.png": ["third.png"],
        }

    def test_by_way_of_an_ending_that_is_not_written(self, tmp_path: Path, pictures: Callable) -> None:
        touched(tmp_path, "a/scan.psd", "a/scan.png")
        assert pictures("a") == {"a/scan.png": ["scan.png"], "a/scan.psd": ["scan.psd.png"]}

    def test_by_way_of_variants(self, tmp_path: Path, pictures: Callable) -> None:
        touched(tmp_path, "a/photo.jpg", "a/photo-2.jpg", "a/photo-4.jpg")
        assert pictures("a", variants=2) == {
            "a/photo-2.jpg": ["photo-2.jpg", "photo-2-2.jpg", "photo-2-3.jpg"],
            "a/photo-4.jpg": ["photo-4.jpg", "photo-4-2.jpg", "photo-4-3.jpg"],
            "a/photo.jpg": ["photo.jpg", "photo-3.jpg", "photo-5.jpg"],
        }


class TestPatterns:
    def test_stand_for_the_photos_and_folders_that_they_match(self, tmp_path: Path, pictures: Callable) -> None:
        touched(tmp_path, "a.jpg", "b.jpg", "b.png", "c.txt", ".d.jpg", "Thumbs.db", "@eaDir/a.jpg", "in/e.jpg")
        assert list(pictures("*.jpg")) == ["a.jpg", "b.jpg"]
        assert list(pictures("b.*")) == ["b.jpg", "b.png"]
        assert list(pictures("*")) == ["in/e.jpg", "a.jpg", "b.jpg", "b.png"]
        assert list(pictures(str(tmp_path / "?.png"))) == [f"{tmp_path.as_posix()}/b.png"]

    def test_a_name_with_brackets_is_a_name(self, tmp_path: Path, pictures: Callable) -> None:
        touched(tmp_path, "[1950]/a.jpg", "1/b.jpg", "scan [2].jpg")
        assert list(pictures("[1950]", "scan [2].jpg")) == ["[1950]/a.jpg", "scan [2].jpg"]


def test_what_this_pillow_cannot_write_becomes_png(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("colorgan.folder.plan.writable_endings", lambda: {".jpg": "JPEG", ".png": "PNG"})
    assert set(writable_endings()) <= set(WRITTEN)
    photo = touched(tmp_path, "a.avif") / "a.avif"
    [job] = plan([str(photo)], str(tmp_path / "out")).jobs
    assert job.pictures[0][1].name == "a.png"
    with pytest.raises(ValueError, match=r"cannot write photos as '.avif': use one of .jpg, .png$"):
        plan([str(photo)], str(tmp_path / "out.avif"))
