"""The command line, on drawn photos and a small untrained model: what it writes, refuses, survives and says."""

import errno
import io
import os
import re
import resource
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import tifffile
import torch
from PIL import Image

from colorgan import Colorizer, __version__
from colorgan.cli import build_parser, main
from colorgan.folder import pipeline
from colorgan.folder.pipeline import HELD_MEGAPIXELS, PhotoOutcome, Settings, colorize_files
from colorgan.folder.plan import Job, plan
from colorgan.photo import PhotoError, save_photo
from colorgan.photo.endings import WRITTEN

PYTHON = [sys.executable, "-m", "colorgan.cli"]


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> str:
    """An untrained model that sees photos at 64 pixels: wrong colours, soon."""
    torch.manual_seed(0)
    colorizer = Colorizer("LiteUNet", {"cells": 8}, view_size=64)
    colorizer.generator.cell_ab.copy_(torch.randn(8, 2) * 40)
    path = tmp_path_factory.mktemp("model")
    colorizer.save_pretrained(path)
    return str(path)


def draw(path: Path, size: tuple[int, int] = (48, 40), seed: int = 0) -> Path:
    """A gray photo of soft blobs, in the format of its name."""
    path.parent.mkdir(parents=True, exist_ok=True)
    blobs = np.random.default_rng(seed).integers(40, 220, (4, 5), dtype=np.uint8)
    Image.fromarray(blobs).resize(size, Image.Resampling.BICUBIC).save(path)
    return path


@pytest.fixture
def album(tmp_path: Path) -> Path:
    """Three photos at two depths among things that are none."""
    root = tmp_path / "album"
    draw(root / "b.jpg", seed=1)
    draw(root / "1923" / "Tante Käthe.png", seed=2)
    draw(root / "1923" / "a.JPG", size=(64, 40), seed=3)
    draw(root / ".hidden.jpg")
    draw(root / ".thumbnails" / "b.jpg")
    (root / "notes.txt").write_text("Vienna, spring")
    (root / "empty").mkdir()
    return root


def files(root: Path) -> list[str]:
    return sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.is_file())


def run(*arguments: object) -> int:
    return main(["colorize", *map(str, arguments)])


def errors(capsys: pytest.CaptureFixture[str]) -> list[str]:
    """The lines on stderr, all of which are errors."""
    lines = capsys.readouterr().err.splitlines()
    assert all(line.startswith("colorgan: error: ") for line in lines), lines
    return [line.removeprefix("colorgan: error: ") for line in lines]


# What goes where


def test_a_folder_keeps_its_names_and_places(album: Path, tmp_path: Path) -> None:
    jobs = plan([str(album)], str(tmp_path / "out")).jobs
    assert [str(job.pictures[0][1].relative_to(tmp_path / "out")) for job in jobs] == [
        "b.jpg",
        "1923/Tante Käthe.png",
        "1923/a.JPG",
    ]
    assert not (tmp_path / "out").exists()


def test_an_output_folder_inside_the_album_is_not_coloured_again(album: Path) -> None:
    draw(album / "coloured" / "b.jpg")
    assert len(plan([str(album)], str(album / "coloured"), existing="replace").jobs) == 3


@pytest.mark.parametrize(
    ("given", "format_", "made"),
    [
        ("scan.psd", None, "scan.png"),  # Pillow reads it, but cannot write it
        ("scan", None, "scan.png"),
        ("scan.jpg", ".png", "scan.png"),
        ("scan.v2.jpeg", None, "scan.v2.jpeg"),
    ],
)
def test_endings(tmp_path: Path, given: str, format_: str | None, made: str) -> None:
    (tmp_path / given).touch()
    [job] = plan([str(tmp_path / given)], str(tmp_path / "out"), suffix=format_).jobs
    assert job.pictures[0][1] == tmp_path / "out" / made


@pytest.mark.parametrize("suffix", sorted(Image.registered_extensions()))
def test_kept_endings_are_those_that_can_be_written(suffix: str) -> None:
    if suffix in WRITTEN:
        save_photo(Image.new("RGB", (8, 8)), io.BytesIO(), format=suffix)
    else:
        with pytest.raises(PhotoError):
            save_photo(Image.new("RGB", (8, 8)), Path("nowhere") / f"photo{suffix}")


def test_variants_are_numbered_from_two(tmp_path: Path) -> None:
    photo = draw(tmp_path / "photo.jpg")
    [job] = plan([str(photo)], str(tmp_path / "colour.png"), variants=2).jobs
    assert [(number, path.name) for number, path in job.pictures] == [
        (0, "colour.png"),
        (1, "colour-2.png"),
        (2, "colour-3.png"),
    ]


def test_one_photo_given_twice_is_done_once(album: Path, tmp_path: Path) -> None:
    photo = str(album / "b.jpg")
    assert len(plan([photo, photo], str(tmp_path / "out")).jobs) == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["album/gone.jpg", "--output", "out"], "no file or folder 'album/gone.jpg'"),
        (["album/empty", "--output", "out"], "no photos in 'album/empty'"),
        (["album", "--output", "album"], "'album' holds the photos themselves"),
        (["album/b.jpg", "--output", "album"], "would replace the photo 'album/b.jpg'"),
        (["album/b.jpg", "--output", "album/b.jpg", "--overwrite"], "would replace the photo 'album/b.jpg'"),
        (["album/b.jpg", "--output", "hard.jpg", "--overwrite"], "would replace the photo 'album/b.jpg'"),
        (["album/b.jpg", "--output", "soft.jpg", "--overwrite"], "would replace the photo 'album/b.jpg'"),
        (["album", "--output", "out.jpg"], "'out.jpg' is the name of one picture"),
        (["album", "--output", "album/notes.txt"], "'album/notes.txt' is a file"),
        (["album/b.jpg", "--output", "out.jpg", "--format", "png"], "'out.jpg' does not end in .png"),
        (["album/b.jpg", "--output", "out.pgm"], "cannot write photos as '.pgm': use one of .jpg, "),
        (["album/b.jpg", "--output", "out.heic"], "cannot write photos as '.heic': use one of .jpg, "),
        (["album/b.jpg", "--output", "out.nef"], "cannot write photos as '.nef': use one of .jpg, "),
        (["album/b.jpg", "--output", "out.PDF"], "cannot write photos as '.PDF': use one of .jpg, "),
        (["album/*.tif", "--output", "out"], "no photo or folder that 'album/*.tif' matches"),
        (["album/b.jpg"], "required: --output"),
        (["--output", "out"], "required: PHOTO_FILM_OR_FOLDER"),
        (["album", "--output", "out", "--resume", "--overwrite"], "not allowed with"),
        (["album", "--output", "out", "--vividness", "loud"], "must be a number from 0 to 3, got 'loud'"),
        (["album", "--output", "out", "--vividness", "nan"], "must be a number from 0 to 3, got 'nan'"),
        (
            ["album", "--output", "out", "--variants", "0"],
            "from 1 to 64, got '0': so many are written beside the likeliest picture, which always is",
        ),
        (["album", "--output", "out", "--seed", "-1"], "must be a whole number from 0"),
        (["album", "--output", "out", "--batch-size", "1.5"], "must be a whole number from 1"),
        (["album", "--output", "out", "--max-megapixels", "-3"], "must be a number of at least 0, got '-3'"),
        (["album", "--output", "out", "--format", "heic"], "invalid choice: 'heic'"),
        (["album", "--output", "out", "--verbose"], "--verbose"),
        (["album", "--output", "out", "--model", "album"], "'album'"),
        (["album", "--output", "out", "--model", "no/such/model"], "'no/such/model'"),
        (["album", "--output", "out", "--device", "toaster"], "got 'toaster'"),
        (["album", "--output", "album/notes.txt/out"], "cannot make the folder 'album/notes.txt/out': Not a directory"),
    ],
)
def test_refusals_are_one_line_and_begin_nothing(
    album: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    model: str,
    arguments: list[str],
    message: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    draw(tmp_path / "other" / "b.jpg")
    draw(tmp_path / "other" / "b-2.jpg")
    os.link(album / "b.jpg", "hard.jpg")
    Path("soft.jpg").symlink_to(album / "b.jpg")
    before = {name: Path(name).read_bytes() for name in files(tmp_path)}
    if "--model" not in arguments:
        arguments = [*arguments, "--model", model]
    try:
        status = main(["colorize", *arguments])
    except SystemExit as stop:  # argparse's own
        status = stop.code
    [line] = errors(capsys)
    assert status == 2
    assert message in line
    assert {name: Path(name).read_bytes() for name in files(tmp_path)} == before


@pytest.mark.parametrize("arguments", [[], ["paint"], ["--colour"]])
def test_no_command(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        main(arguments)
    assert stop.value.code == 2
    assert len(errors(capsys)) == 1


# What is done


def test_a_folder_in_colour(album: Path, tmp_path: Path, model: str, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "out"
    assert run(album, "--output", out, "--model", model) == 0
    printed = capsys.readouterr()
    assert printed.out == f"3 photos coloured, 2 thumbnails, hidden files or folders left out: {str(out)!r}\n"
    assert printed.err == ""
    assert files(out) == ["1923/Tante Käthe.png", "1923/a.JPG", "b.jpg"]
    for name in files(out):
        with Image.open(out / name) as picture, Image.open(album / name) as photo:
            assert picture.size == photo.size
            assert picture.format == photo.format
            assert picture.mode == "RGB"


def test_bad_files_are_listed_and_the_rest_is_done(
    album: Path, tmp_path: Path, model: str, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    whole = (album / "b.jpg").read_bytes()
    (album / "0-cut.jpg").write_bytes(whole[: len(whole) // 2])
    (album / "1923" / "none.png").touch()
    (album / "broken.jpg").symlink_to("nowhere.jpg")
    assert run(album, "--output", out, "--model", model, "--batch-size", 2) == 1
    printed = capsys.readouterr()
    assert printed.out.startswith("3 photos coloured, 3 failed, 2 thumbnails, ")
    lines = printed.err.splitlines()
    assert [re.match(r"colorgan: error: '(.*?)'(:| is) .{10,}", line)[1] for line in lines] == [
        str(album / name) for name in ("0-cut.jpg", "1923/none.png", "broken.jpg")
    ]
    assert files(out) == ["1923/Tante Käthe.png", "1923/a.JPG", "b.jpg"]


def test_a_file_given_by_name_is_tried_whatever_its_ending(album: Path, tmp_path: Path, model: str) -> None:
    (album / "b.jpg").rename(album / "scan.data")
    assert run(album / "scan.data", "--output", tmp_path / "out", "--model", model) == 0
    assert files(tmp_path / "out") == ["scan.png"]


def test_pictures_are_not_replaced_unasked(
    album: Path, tmp_path: Path, model: str, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    (out / "1923").mkdir(parents=True)
    (out / "b.jpg").write_text("mine")
    options = (album, "--output", out, "--model", model)
    assert run(*options) == 2
    assert errors(capsys) == [
        f"{str(out / 'b.jpg')!r} already there: --resume leaves such out, --overwrite replaces them"
    ]
    assert files(out) == ["b.jpg"]
    assert run(*options, "--resume") == 0
    assert capsys.readouterr().out.startswith("2 photos coloured, 1 there before, 2 thumbnails")
    assert (out / "b.jpg").read_text() == "mine"
    stamps = {name: (out / name).stat().st_mtime_ns for name in files(out)}
    assert run(*options, "--resume") == 0
    assert capsys.readouterr().out.startswith("0 photos coloured, 3 there before, 2 thumbnails")
    assert {name: (out / name).stat().st_mtime_ns for name in files(out)} == stamps
    assert run(*options, "--overwrite") == 0
    with Image.open(out / "b.jpg") as picture:
        assert picture.mode == "RGB"


def test_a_picture_that_comes_to_be_during_the_run_is_kept(
    album: Path, tmp_path: Path, model: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"

    def open_and_be_overtaken(path: Path, *rest: object, **named: object) -> object:
        out.mkdir(exist_ok=True)
        (out / "b.jpg").write_text("another's")
        return open_photo(path, *rest, **named)

    open_photo = pipeline.open_photo
    monkeypatch.setattr(pipeline, "open_photo", open_and_be_overtaken)
    assert run(album / "b.jpg", "--output", out, "--model", model) == 1
    assert "is not overwritten" in capsys.readouterr().err
    assert (out / "b.jpg").read_text() == "another's"


def test_variants_differ_and_are_fixed_by_the_seed(album: Path, tmp_path: Path, model: str) -> None:
    def pixels(name: str, *options: object) -> list[np.ndarray]:
        out = tmp_path / name
        assert run(album / "b.jpg", "--output", out / "b.png", "--model", model, "--variants", 2, *options) == 0
        assert files(out) == ["b-2.png", "b-3.png", "b.png"]
        return [np.asarray(Image.open(out / file).copy()) for file in ("b.png", "b-2.png", "b-3.png")]

    first, again, other = pixels("one"), pixels("two"), pixels("three", "--seed", 5)
    assert all((a == b).all() for a, b in zip(first, again, strict=True))
    assert (first[0] == other[0]).all()  # the likeliest picture has nothing random
    assert (first[1] != first[2]).any()
    assert (first[1] != other[1]).any()


def test_variants_are_those_of_python(
    album: Path, tmp_path: Path, model: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """The same number, and the same others beside the likeliest picture."""
    out = tmp_path / "out"
    assert run(album / "b.jpg", "--output", out / "b.png", "--model", model, "--variants", 2, "--seed", 5) == 0
    assert capsys.readouterr().out == f"1 photo coloured, 2 variants of each: {str(out / 'b.png')!r}\n"
    colorizer = Colorizer.from_pretrained(model)
    with Image.open(album / "b.jpg") as photo:
        made = [colorizer.colorize(photo), *colorizer.colorize(photo, variants=2, seed=5)]
    for name, picture in zip(("b.png", "b-2.png", "b-3.png"), made, strict=True):
        assert (np.asarray(Image.open(out / name)) == np.asarray(picture)).all()


def test_resume_makes_the_variants_that_are_missing(album: Path, tmp_path: Path, model: str) -> None:
    options = (album / "b.jpg", "--output", tmp_path / "out", "--model", model, "--variants", 2, "--format", "png")
    assert run(*options) == 0
    lost = tmp_path / "out" / "b-2.png"
    kept = (tmp_path / "out" / "b-3.png").stat().st_mtime_ns
    was = Image.open(lost).copy()
    lost.unlink()
    assert run(*options, "--resume") == 0
    assert Image.open(lost).copy() == was
    assert (tmp_path / "out" / "b-3.png").stat().st_mtime_ns == kept


def test_vividness_zero_is_gray(album: Path, tmp_path: Path, model: str) -> None:
    assert run(album / "1923", "--output", tmp_path, "--model", model, "--vividness", 0, "--format", "png") == 0
    for name in ("Tante Käthe.png", "a.png"):
        low, high = zip(*Image.open(tmp_path / name).convert("RGB").getextrema(), strict=True)
        assert len(set(low)) == len(set(high)) == 1


def test_too_large_photos_are_refused(
    album: Path, tmp_path: Path, model: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(album, "--output", tmp_path / "out", "--model", model, "--max-megapixels", 0.002) == 1
    [line] = capsys.readouterr().err.splitlines()
    assert "a.JPG" in line and line.endswith("at most 0.002 are accepted; --max-megapixels admits larger photos")
    assert files(tmp_path / "out") == ["1923/Tante Käthe.png", "b.jpg"]


def test_the_files_say_that_the_colours_are_a_guess(album: Path, tmp_path: Path, model: str) -> None:
    assert run(album / "b.jpg", "--output", tmp_path / "told.jpg", "--model", model) == 0
    assert run(album / "b.jpg", "--output", tmp_path / "untold.jpg", "--model", model, "--no-description") == 0
    assert b"the colours are a guess" in (tmp_path / "told.jpg").read_bytes()
    assert b"the colours are a guess" not in (tmp_path / "untold.jpg").read_bytes()


@pytest.mark.parametrize(
    ("encoding", "shown"), [("cp1252", r"\u7ed3\u679c"), ("ascii", r"\u7ed3\u679c"), ("utf-8", "结果")]
)
def test_a_name_that_stdout_cannot_show_is_escaped(
    tmp_path: Path, model: str, monkeypatch: pytest.MonkeyPatch, encoding: str, shown: str
) -> None:
    """As on Windows, whose encoding of a file or a pipe has few letters."""
    monkeypatch.chdir(tmp_path)
    draw(tmp_path / "祖母" / "a.jpg")
    stdout = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
    monkeypatch.setattr(sys, "stdout", stdout)
    assert run("祖母", "--output", "结果", "--model", model) == 0
    stdout.seek(0)
    assert stdout.read() == f"1 photo coloured: '{shown}'\n"
    assert files(tmp_path / "结果") == ["a.jpg"]


# When things go wrong


def pages_of(path: Path, count: int) -> Path:
    """A TIFF of gray pages, each lighter than the one before, behind a thumbnail."""
    with tifffile.TiffWriter(path) as out:
        out.write(np.zeros((8, 8), np.uint8), photometric="minisblack", subfiletype=1)
        for number in range(count):
            out.write(np.full((40, 48), 40 + 15 * number, np.uint8), photometric="minisblack")
    return path


def test_all_pages_of_a_tiff(tmp_path: Path, model: str, capsys: pytest.CaptureFixture[str]) -> None:
    scan, plain = pages_of(tmp_path / "scan.tif", 11), draw(tmp_path / "plain.tif")
    assert run(scan, plain, "--output", tmp_path / "first", "--model", model, "--vividness", 0) == 0
    assert files(tmp_path / "first") == ["plain.tif", "scan.tif"]
    noted = f"colorgan: note: '{scan}': first of 11 pages; --all-pages colours them all"
    assert capsys.readouterr().err.splitlines() == [noted]
    out = tmp_path / "all"
    assert run(scan, plain, "--output", out, "--model", model, "--vividness", 0, "--all-pages", "--variants", 1) == 0
    assert capsys.readouterr().err == "", "no page is missing, so there is nothing to say of pages"
    names = [f"scan-page-{page:02}{variant}.tif" for page in range(1, 12) for variant in ("", "-2")]
    assert files(out) == sorted(["plain.tif", "plain-2.tif", *names])
    for page in (1, 2, 11):
        with Image.open(out / f"scan-page-{page:02}.tif") as image:
            assert abs(image.getpixel((20, 20))[0] - (40 + 15 * (page - 1))) <= 1
    assert run(scan, "--output", tmp_path / "one.png", "--model", model, "--all-pages") == 0
    assert (tmp_path / "one-page-11.png").exists() and not (tmp_path / "one.png").exists()


def test_endings_that_cannot_be_read_are_named_and_counted(
    tmp_path: Path, model: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for reader in ("pillow_heif", "pi_heif"):
        monkeypatch.setitem(sys.modules, reader, None)
    album = tmp_path / "album"
    draw(album / "a.jpg")
    heads = {"b.psb": b"8BPS\0\2", "c.cr3": b"\0\0\0\x18ftypcrx ", "d.exr": b"\x76\x2f\x31\1", "e.xcf": b"gimp xcf"}
    heads |= {"1923/f.HEIC": b"\0\0\0\x18ftypheic", "g.heif": b"\0\0\0\x18ftypmif1"}
    (album / "1923").mkdir()
    for name, head in heads.items():
        (album / name).write_bytes(head + bytes(200))
    (album / "notes.txt").write_text("not a photo")
    assert run(album, "--output", tmp_path / "out", "--model", model) == 1
    out, err = capsys.readouterr()
    assert "1 photo coloured, 6 failed" in out and files(tmp_path / "out") == ["a.jpg"]
    for name in heads:
        assert any(line.startswith(f"colorgan: error: '{album / name}' is a") for line in err.splitlines()), err


def test_a_full_disk_stops_the_run(
    tmp_path: Path, model: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for n in range(6):
        draw(tmp_path / "album" / f"{n}.jpg", seed=n)

    def save(picture: Image.Image, path: Path, *rest: object, **named: object) -> tuple[str, ...]:
        if path.name >= "2.jpg":
            raise ValueError(f"cannot write {path}") from OSError(errno.ENOSPC, "No space left on device")
        return save_photo(picture, path, *rest, **named)

    monkeypatch.setattr(pipeline, "save_photo", save)
    out = tmp_path / "out"
    assert run(tmp_path / "album", "--output", out, "--model", model, "--batch-size", 2) == 1
    [line] = errors(capsys)
    said = re.match(r"the disk is full: cannot write '.*[2-5]\.jpg'; (\d) of 6 photos done;", line)
    assert said, line
    assert len(files(out)) == int(said[1])  # 0.jpg and 1.jpg, unless the disk was found full before they were begun
    assert set(files(out)) <= {"0.jpg", "1.jpg"}
    monkeypatch.undo()
    assert run(tmp_path / "album", "--output", out, "--model", model, "--resume") == 0
    assert len(files(out)) == 6


@pytest.mark.skipif(os.name != "posix", reason="sends POSIX's SIGINT")
def test_ctrl_c_leaves_whole_pictures_and_says_how_many(tmp_path: Path, model: str) -> None:
    count = 200
    for n in range(count):
        draw(tmp_path / "album" / f"{n:03}.png", size=(640, 480), seed=n)
    out = tmp_path / "out"
    options = ["colorize", str(tmp_path / "album"), "--output", str(out), "--model", model]
    # What ignores the signal hands that down, and a script's background job, as which tests may run, does.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        process = subprocess.Popen([*PYTHON, *options], stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    finally:
        signal.signal(signal.SIGINT, before)
    deadline = time.monotonic() + 120
    while len(list(out.glob("*.png"))) < 3 and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    printed, said = process.communicate(timeout=60)
    done = sorted(out.iterdir())
    assert process.returncode == 130, said
    assert printed == ""
    assert said == f"colorgan: error: interrupted: {len(done)} of {count} photos done; --resume goes on from here\n"
    assert 3 <= len(done) < count
    for path in done:  # no half-written file, and no temporary one
        assert re.fullmatch(r"\d{3}\.png", path.name)
        Image.open(path).load()


# The pipeline


class Painted:
    """A prediction that paints every photo green."""

    def painting(self, image: Image.Image, variant: int, vividness: float) -> Image.Image:
        return Image.new("RGB", image.size, "green")


class Fake:
    """A colorizer that remembers its batches and can stumble."""

    def __init__(self, stumble: Callable[[list[Image.Image]], bool] = lambda images: False):
        self.batches: list[int] = []
        self.stumble = stumble

    def predict(self, images: list[Image.Image], variants: int, seed: int) -> list[Painted]:
        if self.stumble(images):
            raise RuntimeError("out of memory\nand much more")
        self.batches.append(len(images))
        return [Painted() for _ in images]


def jobs_for(paths: list[Path], out: Path) -> list[Job]:
    return plan([str(path) for path in paths], str(out)).jobs


@pytest.fixture
def threads() -> Iterator[int]:
    """Two, on any machine."""
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    yield 2
    torch.set_num_threads(before)


def test_photos_go_through_the_network_in_batches(tmp_path: Path, threads: int) -> None:
    paths = [draw(tmp_path / f"{n:02}.png") for n in range(20)]
    fake, outcomes = Fake(), []
    colorize_files(fake, jobs_for(paths, tmp_path / "out"), Settings(batch_size=4), outcomes.append)
    assert sorted(fake.batches, reverse=True) == [4, 4, 3, 3, 2, 1, 1, 1, 1]  # smaller and smaller towards the end
    assert sorted(outcome.job.source for outcome in outcomes) == paths
    assert not any(outcome.error for outcome in outcomes)
    assert torch.get_num_threads() == threads


def test_groups_are_worked_on_side_by_side(tmp_path: Path, threads: int) -> None:
    """Each waits in the network until the other has come there too."""
    both = threading.Barrier(threads)
    fake = Fake(stumble=lambda images: both.wait(timeout=100) < 0)
    outcomes: list[PhotoOutcome] = []
    paths = [draw(tmp_path / f"{n}.png") for n in range(2)]
    colorize_files(fake, jobs_for(paths, tmp_path / "out"), Settings(), outcomes.append)
    assert [outcome.error for outcome in outcomes] == [None, None]


def test_a_batch_too_large_for_the_memory_goes_one_by_one(tmp_path: Path, threads: int) -> None:
    paths = [draw(tmp_path / f"{n}.png", size=(40 + n, 40)) for n in range(8)]
    fake = Fake(stumble=lambda images: len(images) > 1 or images[0].width == 42)
    outcomes: list[PhotoOutcome] = []
    colorize_files(fake, jobs_for(paths, tmp_path / "out"), Settings(batch_size=4), outcomes.append)
    assert fake.batches == [1] * 7
    assert [o.error for o in outcomes if o.error] == [f"{str(paths[2])!r}: RuntimeError: out of memory"]
    assert files(tmp_path / "out") == [f"{n}.png" for n in (0, 1, 3, 4, 5, 6, 7)]


def test_what_is_held_in_memory_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, threads: int) -> None:
    """By megapixels, whatever the number of photos; a large one is alone."""
    held, most, lock = {}, [0.0], threading.Lock()

    class Sized:
        def __init__(self, path: Path):
            self.path, self.image, self.notes = path, Image.new("L", (8, 8)), ()

    def open_sized(path: Path, limit: float, page: int) -> Sized:
        with lock:
            held[path] = sizes[path]
            assert len(held) == 1 or max(held.values()) <= HELD_MEGAPIXELS
            most[0] = max(most[0], sum(held.values()))
        return Sized(path)

    def save_sized(picture: object, path: Path, photo: Sized, description: str | None) -> tuple[str, ...]:
        time.sleep(0.002)
        with lock:
            del held[photo.path]
        return ()

    megapixels = [1.0] * 40 + [12, 60, 5] * 5 + [3] * 20
    sizes = {tmp_path / f"{n:02}.jpg": size for n, size in enumerate(megapixels)}
    for path in sizes:
        path.touch()
    monkeypatch.setattr(pipeline, "_megapixels", sizes.__getitem__)
    monkeypatch.setattr(pipeline, "open_photo", open_sized)
    monkeypatch.setattr(pipeline, "save_photo", save_sized)
    outcomes: list[PhotoOutcome] = []
    colorize_files(Fake(), jobs_for(list(sizes), tmp_path / "out"), Settings(), outcomes.append)
    assert [outcome.error for outcome in outcomes] == [None] * len(sizes)
    assert not held
    assert most[0] == 60
    small = [path for path, size in sizes.items() if size <= HELD_MEGAPIXELS]
    most[0] = 0.0
    colorize_files(Fake(), jobs_for(small, tmp_path / "out"), Settings(), outcomes.append)
    assert 8 < most[0] <= HELD_MEGAPIXELS * threads  # several groups at a time, and never more than allowed


# Help


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["colorize", "--help"], ["colorize"]])
def test_help_answers_without_torch(arguments: list[str]) -> None:
    trace = [sys.executable, "-X", "importtime", *PYTHON[1:], *arguments]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    shown = subprocess.run(trace, capture_output=True, text=True, timeout=120)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)  # of the processor: another program may have it meanwhile
    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < 2.0
    assert shown.returncode == (2 if arguments == ["colorize"] else 0)
    assert bool(shown.stdout) == (shown.returncode == 0)
    if arguments == ["--version"]:
        assert shown.stdout == f"colorgan {__version__}\n"
    imported = {line.split("|")[-1].strip() for line in shown.stderr.splitlines() if line.startswith("import time:")}
    assert "colorgan" in imported
    assert not imported & {"torch", "gradio", "numpy", "huggingface_hub"}


def test_every_flag_has_a_help_line() -> None:
    colorize = build_parser()._subparsers._group_actions[0].choices["colorize"]
    assert all(action.help for action in colorize._actions)
