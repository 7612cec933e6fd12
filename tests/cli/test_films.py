"""`colorgan colorize` on films, and on folders of photos and films."""

import os
import re
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from cases.film import Recipe, frames_of, make_film, tiny_colorizer
from cases.words import scene

from colorgan.cli import main

PYTHON = [sys.executable, "-m", "colorgan.cli"]


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A small untrained model."""
    folder = tmp_path_factory.mktemp("model")
    tiny_colorizer().save_pretrained(folder)
    return str(folder)


def run(*arguments: object) -> int:
    return main(["colorize", *map(str, arguments)])


def test_photos_and_films_of_a_folder(tmp_path: Path, model: str, capsys: pytest.CaptureFixture[str]) -> None:
    album, out = tmp_path / "album", tmp_path / "out"
    (album / "1957").mkdir(parents=True)
    scene().save(album / "a.png")
    make_film(album / "1957" / "Reel.MOV", Recipe(frames=3))
    make_film(album / "old.avi", Recipe(frames=3, codec="mjpeg", pixels="yuvj420p", full_range=True))
    (album / "broken.mkv").write_bytes(b"no film")
    asked = (album, "--output", out, "--model", model, "--vividness", 0.5)
    assert run(*asked) == 1
    said, errors = capsys.readouterr()
    assert said == f"1 photo and 2 films coloured, 1 failed: '{out}'\n"
    reason = "is no film that FFmpeg can read, or its end, with the index, is gone"
    assert errors == f"colorgan: error: '{album / 'broken.mkv'}' {reason}\n"
    made = {str(path.relative_to(out)) for path in out.rglob("*") if path.is_file()}
    assert made == {"a.png", "1957/Reel.MOV", "old.mp4"}
    assert len(frames_of(out / "old.mp4")) == 3
    assert run(*asked) == 2
    assert "already there: --resume leaves such out, --overwrite replaces them" in capsys.readouterr().err
    (out / "old.mp4").unlink()
    (album / "broken.mkv").unlink()
    assert run(*asked, "--resume") == 0
    assert capsys.readouterr().out == f"1 film coloured, 2 there before: '{out}'\n"


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (("film.mp4", "--output", "out.jpg"), "cannot write h264 as '.jpg': use one of .mp4, .m4v, .mov, .mkv"),
        (("photo.png", "--output", "out.mp4"), "cannot write photos as '.mp4': use one of .jpg, "),
        (
            ("film.mp4", "photo.png", "--output", "out.mp4"),
            "'out.mp4' is the name of one picture, but there are several",
        ),
        (("film.mp4", "--output", "out", "--codec", "ffv1", "--crf", "3"), "ffv1 is lossless and takes no crf, got 3"),
        (("film.mp4", "--output", "."), "the picture of 'film.mp4' would replace the photo 'film.mp4'"),
    ],
)
def test_refusals(
    tmp_path: Path,
    model: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: tuple[str, ...],
    line: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    make_film(Path("film.mp4"), Recipe(frames=1))
    scene().save("photo.png")
    assert run(*arguments, "--model", model) == 2
    said = capsys.readouterr().err
    assert said.startswith(f"colorgan: error: {line}") and said.count("\n") == 1


def test_without_pyav_a_line_says_what_to_install(
    tmp_path: Path, model: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    film = make_film(tmp_path / "film.mp4", Recipe(frames=1))
    monkeypatch.setitem(sys.modules, "av", None)
    assert run(film, "--output", tmp_path / "out", "--model", model) == 2
    assert capsys.readouterr().err == "colorgan: error: films need PyAV: pip install 'colorgan[film]'\n"


def test_ctrl_c_says_what_plays(tmp_path: Path, model: str) -> None:
    film, out = make_film(tmp_path / "film.mkv", Recipe(frames=600, options={"crf": "40"})), tmp_path / "out.mkv"
    options = ["colorize", str(film), "--output", str(out), "--model", model, "--codec", "ffv1"]
    # What ignores the signal hands that down, and a script's background job, as which tests may run, does.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        run = subprocess.Popen([*PYTHON, *options], stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    finally:
        signal.signal(signal.SIGINT, before)
    first = tmp_path / "out.mkv.parts" / "00000.safetensors"
    until = time.monotonic() + 120
    while not first.exists():
        assert run.poll() is None and time.monotonic() < until
        time.sleep(0.01)
    run.send_signal(signal.SIGINT)
    _, errors = run.communicate(timeout=120)
    said = re.fullmatch(
        r"colorgan: error: interrupted: 0 of 1 film done, ([\d.]+) s of a film in '(.*)'; --resume goes on from here\n",
        errors,
    )
    assert run.returncode == 130 and said, errors
    so_far = frames_of(Path(said[2]))
    assert len(so_far) >= 50 and so_far[-1].time == pytest.approx(float(said[1]), abs=0.06)


FULL_DISK = """
mount -t tmpfs -o size={small}k none {disk} || exit 77
{colorize}
echo status $?
ls -A {disk}
mount -o remount,size=64m none {disk}
{colorize} --resume
echo status $?
cp -r {disk} {kept}
"""


def test_a_full_disk_is_one_line_and_what_is_done_is_kept(tmp_path: Path, model: str) -> None:
    """On a small disk of its own, in a namespace that nobody else sees; then with more room."""
    disk, kept, film = tmp_path / "disk", tmp_path / "kept", tmp_path / "film.mp4"
    disk.mkdir()
    make_film(film, Recipe(frames=75))
    colorize = shlex.join(
        [*PYTHON, "colorize", str(film), "--output", f"{disk}/out.mkv", "--model", model, "--codec", "ffv1"]
    )
    script = FULL_DISK.format(small=500, disk=disk, kept=kept, colorize=colorize)
    run = subprocess.run(["unshare", "-rm", "sh", "-c", script], capture_output=True, text=True, timeout=200)
    if run.returncode == 77 or "unshare" in run.stderr:
        pytest.skip(f"no disk of its own can be had here: {run.stderr.strip()}")
    line = (
        f"colorgan: error: the disk is full: cannot write '{disk}/out.mkv'; 0 of 1 film done; with more room --resume "
    )
    assert run.stderr == f"{line}goes on from here\n"
    full, more = run.stdout.split("status 0\n")[0], run.stdout.split("out.mkv.parts\n")[-1]
    assert full.startswith("status 1\nout.mkv.parts\n"), run.stdout
    assert more.startswith(f"1 film coloured: '{disk}/out.mkv'\n"), run.stdout
    assert len(frames_of(kept / "out.mkv")) == 75 and [path.name for path in kept.iterdir()] == ["out.mkv"]


def test_a_film_that_ends_early_is_coloured_as_far_as_it_goes(
    tmp_path: Path, model: str, capsys: pytest.CaptureFixture[str]
) -> None:
    film = make_film(tmp_path / "film.mkv", Recipe(frames=60))
    os.truncate(film, film.stat().st_size // 2)
    assert run(film, "--output", tmp_path / "out.mkv", "--model", model) == 0
    said, notes = capsys.readouterr()
    assert said == f"1 film coloured: '{tmp_path / 'out.mkv'}'\n"
    assert re.search(r"ends early: at [\d.]+ of 2\.4 s", notes) and notes.count("\n") == 1
    assert 10 < len(frames_of(tmp_path / "out.mkv")) < 45
