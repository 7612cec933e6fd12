"""Hints, a reference and the dial on the command line: which photo gets which, and what is said of the rest."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from cases.words import colourful, scene, untrained_words
from PIL import Image

from colorgan import Colorizer, Hint
from colorgan.cli import main
from colorgan.folder.plan import plan
from colorgan.hints import PhotoHints, write_hints

RED = Hint(40, 30, "crimson", radius=10)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("words")
    untrained_words().save_pretrained(path)
    return str(path)


@pytest.fixture
def album(tmp_path: Path) -> Path:
    """Three photos at two depths."""
    root = tmp_path / "album"
    (root / "1923").mkdir(parents=True)
    for seed, name in enumerate(("a.png", "b.png", "1923/a.png")):
        scene(seed=seed).save(root / name)
    return root


def say(path: Path, *hints: Hint, size: tuple[int, int] = (160, 120), **how: Any) -> Path:
    """A file of hints."""
    path.parent.mkdir(parents=True, exist_ok=True)
    write_hints(path, PhotoHints(size, hints, **how))
    return path


def run(*arguments: object) -> int:
    return main(["colorize", *map(str, arguments)])


def pixels(path: Path) -> np.ndarray:
    with Image.open(path) as image:
        return np.asarray(image.convert("RGB")).astype(int)


def same(path: Path, picture: Image.Image) -> bool:
    """But for rounding: a folder's photos have one thread each."""
    return bool(np.abs(pixels(path) - np.asarray(picture)).max() <= 2)


def test_a_file_for_one_photo(album: Path, tmp_path: Path, model: str, capsys: pytest.CaptureFixture[str]) -> None:
    """As in Python, and the file says that a person's hints were used."""
    hints = say(tmp_path / "said.hints.json", RED, Hint(120, 90, None))
    out = tmp_path / "a.png"
    assert run(album / "a.png", "--output", out, "--model", model, "--hints", hints) == 0
    assert capsys.readouterr().out == f"1 photo coloured, 1 with hints: {str(out)!r}\n"
    colorizer = Colorizer.from_pretrained(model)
    assert same(out, colorizer.colorize(scene(), hints=[RED, Hint(120, 90, None)]))
    assert b"the colours are a guess, guided by a person's hints" in out.read_bytes()
    assert run(album / "b.png", "--output", tmp_path / "b.png", "--model", model) == 0
    assert b"the colours are a guess" in (tmp_path / "b.png").read_bytes()
    assert b"guided" not in (tmp_path / "b.png").read_bytes()


def test_a_folder_of_hints_goes_with_a_folder_of_photos(
    album: Path, tmp_path: Path, model: str, capsys: pytest.CaptureFixture[str]
) -> None:
    said = tmp_path / "said"
    say(said / "1923" / "a.hints.json", RED)
    strays = [say(said / "1923" / "z.hints.json", RED), say(said / "c.hints.json", RED)]
    out = tmp_path / "out"
    assert run(album, "--output", out, "--model", model, "--hints", said) == 0
    printed = capsys.readouterr()
    assert printed.out == f"3 photos coloured, 1 with hints: {str(out)!r}\n"
    assert printed.err.splitlines() == [f"colorgan: note: {str(s)!r} is for none of the photos" for s in strays]
    colorizer = Colorizer.from_pretrained(model)
    assert same(out / "1923" / "a.png", colorizer.colorize(scene(seed=2), hints=[RED]))
    assert same(out / "a.png", colorizer.colorize(scene(seed=0)))
    assert same(out / "b.png", colorizer.colorize(scene(seed=1)))


def test_hints_beside_the_photos_are_no_photos(album: Path, tmp_path: Path) -> None:
    """A folder may hold both; a resumed run still knows which are whose."""
    say(album / "b.hints.json", RED)
    work = plan([str(album)], str(tmp_path / "out"), hints=str(album))
    assert [job.source.name for job in work.jobs] == ["a.png", "b.png", "a.png"]
    assert [job.hints is not None for job in work.jobs] == [False, True, False]
    assert work.unused_hints == ()
    (tmp_path / "out").mkdir()
    scene().save(tmp_path / "out" / "b.png")
    rest = plan([str(album)], str(tmp_path / "out"), hints=str(album), existing="skip")
    assert [job.hints for job in rest.jobs] == [None, None] and rest.unused_hints == ()


def test_photos_given_by_name_have_their_hints_at_the_top(album: Path, tmp_path: Path) -> None:
    say(tmp_path / "said" / "a.hints.json", RED)
    [job] = plan([str(album / "1923" / "a.png")], str(tmp_path / "out"), hints=str(tmp_path / "said")).jobs
    assert job.hints and job.hints.hints == (RED,)
    long = tmp_path / f"{'x' * 250}.png"
    scene().save(long)
    jobs = plan([str(long), str(album / "a.png")], str(tmp_path / "out"), hints=str(tmp_path / "said")).jobs
    assert [job.hints is None for job in jobs] == [True, False]


def test_hints_at_another_size(album: Path, tmp_path: Path, model: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Scaled where the proportions are the photo's; otherwise that photo fails, and the others are done."""
    say(tmp_path / "said" / "a.hints.json", Hint(80, 60, "crimson", radius=20), size=(320, 240))
    say(tmp_path / "said" / "b.hints.json", RED, size=(120, 160))
    out = tmp_path / "out"
    assert run(album, "--output", out, "--model", model, "--hints", tmp_path / "said") == 1
    printed = capsys.readouterr()
    assert [line for line in printed.err.splitlines() if "note" not in line] == [
        f"colorgan: error: {str(album / 'b.png')!r}: the hints are for a photo of 120 x 160 pixels, and this one of "
        "160 x 120 has other proportions"
    ]
    assert printed.out == f"2 photos coloured, 1 with hints, 1 failed: {str(out)!r}\n"
    assert same(out / "a.png", Colorizer.from_pretrained(model).colorize(scene(), hints=[RED]))


def test_what_the_file_says_holds_unless_a_flag_says_otherwise(album: Path, tmp_path: Path, model: str) -> None:
    hints = say(tmp_path / "a.hints.json", RED, seed=7, daring=0.6, vividness=0.5)
    colorizer = Colorizer.from_pretrained(model)

    def check(flags: list[object], **how: Any) -> None:
        out = tmp_path / "-".join(map(str, ["out", *flags]))
        assert run(album / "a.png", "--output", out, "--model", model, "--hints", hints, *flags) == 0
        assert same(out / "a.png", colorizer.colorize(scene(), hints=[RED], **how)), flags

    check([], seed=7, daring=0.6, vividness=0.5)
    check(["--seed", 0], seed=0, daring=0.6, vividness=0.5)
    check(["--vividness", 1], seed=7, daring=0.6, vividness=1.0)
    check(["--daring", 0], daring=0, vividness=0.5)


def test_hints_hold_in_variants(album: Path, tmp_path: Path, model: str) -> None:
    hints = say(tmp_path / "a.hints.json", RED, seed=7)
    flags = ("--model", model, "--hints", hints, "--variants", 2)
    assert run(album / "a.png", "--output", tmp_path / "a.png", *flags) == 0
    colorizer = Colorizer.from_pretrained(model)
    assert same(tmp_path / "a.png", colorizer.colorize(scene(), hints=[RED]))
    for name, picture in zip(("a-2", "a-3"), colorizer.colorize(scene(), variants=2, seed=7, hints=[RED]), strict=True):
        assert same(tmp_path / f"{name}.png", picture)


def test_colours_that_srgb_lacks_are_noted(
    album: Path, tmp_path: Path, model: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each hint by its number, its colour and place, and what was taken; of very many the first."""
    Image.new("L", (160, 120), 40).save(album / "a.png")
    hints = say(tmp_path / "a.hints.json", Hint(9, 9, "gray"), Hint(40.5, 30, "yellow"))
    assert run(album / "a.png", "--output", tmp_path / "one.png", "--model", model, "--hints", hints) == 0
    [line] = capsys.readouterr().err.splitlines()
    [shown] = (
        Colorizer.from_pretrained(model)
        .predict([Image.new("L", (160, 120), 40)])[0]
        .shown_colours([Hint(40.5, 30, "yellow")])
    )
    assert line == (
        f"colorgan: note: {str(album / 'a.png')!r}: hint 2: sRGB has no yellow as dark or bright as 40.5, 30 is; "
        f"{shown.colour} was taken"
    )
    say(hints, *[Hint(n, 30, "yellow") for n in range(100)])
    assert run(album / "a.png", "--output", tmp_path / "two.png", "--model", model, "--hints", hints) == 0
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 21 and lines[-1].endswith("80 more hints likewise")


def test_what_is_said_of_a_border_is_noted(
    album: Path, tmp_path: Path, model: str, capsys: pytest.CaptureFixture[str]
) -> None:
    mounted = Image.new("L", (240, 180), 225)
    mounted.paste(scene(), (40, 30))
    mounted.save(album / "a.png")
    hints = say(tmp_path / "a.hints.json", Hint(5, 6, "red"), Hint(7, 8, None), Hint(120, 90, None), size=(240, 180))
    assert run(album / "a.png", "--output", tmp_path / "out.png", "--model", model, "--hints", hints) == 0
    assert capsys.readouterr().err == (
        f"colorgan: note: {str(album / 'a.png')!r}: hint 1: 5, 6 is on the flat border, which stays gray, so no "
        "red was taken\n"
    )
    assert np.ptp(pixels(tmp_path / "out.png")[:20], axis=2).max() == 0


def test_hints_lie_where_the_pictures_will(album: Path, tmp_path: Path) -> None:
    """Photos of equal names in several folders are placed below these, and so are their hints."""
    (tmp_path / "more").mkdir()
    scene().save(tmp_path / "more" / "a.png")
    inputs = [str(album), str(tmp_path / "more")]
    say(tmp_path / "more" / "a.hints.json", RED)
    work = plan(inputs, str(tmp_path / "out"), hints=str(tmp_path))
    assert [job.source.parent.name for job in work.jobs if job.hints] == ["more"]
    [told] = [job for job in work.jobs if job.hints]
    assert told.pictures[0][1] == tmp_path / "out" / "more" / "a.png"


def test_a_reference_and_the_dial_are_for_all_photos(album: Path, tmp_path: Path, model: str) -> None:
    colourful().save(tmp_path / "like.png")
    out = tmp_path / "out"
    flags = ("--reference", tmp_path / "like.png", "--daring", 0.5, "--seed", 3)
    assert run(album, "--output", out, "--model", model, *flags) == 0
    colorizer = Colorizer.from_pretrained(model)
    for seed, name in enumerate(("a.png", "b.png", "1923/a.png")):
        assert same(out / name, colorizer.colorize(scene(seed=seed), reference=colourful(), daring=0.5, seed=3))
    assert b"the colours are a guess, guided by another photo" in (out / "a.png").read_bytes()
    hints = say(tmp_path / "a.hints.json", RED)
    assert run(album / "a.png", "--output", tmp_path / "both.png", "--model", model, "--hints", hints, *flags[:2]) == 0
    assert b"guided by a person's hints and another photo" in (tmp_path / "both.png").read_bytes()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["album", "--hints", "gone"], "there is no file or folder 'gone'"),
        (["album", "--hints", "one.hints.json"], "'one.hints.json' holds hints for one photo, but there are several"),
        (["album", "--hints", "empty"], "'empty' has hints for none of the photos: those of photo.jpg are photo.hints"),
        (
            ["album/a.png", "--hints", "slip.hints.json"],
            "'slip.hints.json' is no file of hints: hint 1: 'color' is none",
        ),
        (["album", "--hints", "slips"], "'slips/b.hints.json' is no file of hints: it is no JSON: Expecting value"),
        (["twins", "--hints", "said"], "'twins/a.jpg' and 'twins/a.png' would both take 'said/a.hints.json'"),
        (["album", "--daring", "2"], "argument --daring: must be a number from 0 to 1, got '2'"),
        (["album", "--reference", "gone.jpg"], "cannot open 'gone.jpg': No such file or directory"),
        (["album", "--reference", "album/a.png"], "a reference must be a photo in colour, and this one is gray"),
    ],
)
def test_refused_before_any_work(
    album: Path,
    tmp_path: Path,
    model: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    message: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    say(tmp_path / "one.hints.json", RED)
    say(tmp_path / "said" / "a.hints.json", RED)
    slip = json.loads((tmp_path / "one.hints.json").read_text())
    slip["hints"][0]["color"] = slip["hints"][0].pop("colour")
    slip["hints"][0]["colour"] = "red"
    (tmp_path / "slip.hints.json").write_text(json.dumps(slip))
    for folder in ("empty", "slips", "twins"):
        (tmp_path / folder).mkdir()
    (tmp_path / "slips" / "b.hints.json").touch()
    for name in ("a.jpg", "a.png"):
        scene().save(tmp_path / "twins" / name)
    try:
        status = run(*arguments, "--output", "out", "--model", model)
    except SystemExit as stopped:  # argparse's own
        status = int(stopped.code or 0)
    [line] = capsys.readouterr().err.splitlines()
    assert status == 2 and message in line
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("flag", ["--hints", "--reference", "--daring"])
def test_models_without_words_say_so(
    album: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], flag: str
) -> None:
    colourful().save(tmp_path / "like.png")
    value = {"--hints": say(tmp_path / "a.hints.json", RED), "--reference": tmp_path / "like.png", "--daring": 0}[flag]
    Colorizer("LiteUNet", {"widths": [8, 8, 8, 8]}, view_size=64).save_pretrained(tmp_path / "model")
    flags = ("--model", tmp_path / "model", flag, value)
    assert run(album / "a.png", "--output", tmp_path / "out", *flags) == 2
    [line] = capsys.readouterr().err.splitlines()
    assert line == (
        f"colorgan: error: {flag} needs a model with colour words, and {str(tmp_path / 'model')!r} has none"
    )
    assert not (tmp_path / "out").exists()
