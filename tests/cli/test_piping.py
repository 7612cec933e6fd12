"""`colorgan colorize -`: a photo by standard input, its picture by standard output, and nothing else there."""

import io
import os
import pty
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from colorgan import Hint
from colorgan.cli import main
from colorgan.hints import PhotoHints, write_hints


@dataclass(frozen=True)
class Done:
    """What a command left: its status, the bytes on standard output, the lines on stderr."""

    status: int
    out: bytes
    said: list[str]


@pytest.fixture
def colorize(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Done]:
    """Runs the command here, with files as its standard streams: a process of its own loads torch anew."""

    def run(*arguments: object, photo: bytes = b"") -> Done:
        (tmp_path / "0").write_bytes(photo)
        with (tmp_path / "0").open() as stdin, (tmp_path / "1").open("w") as stdout, (tmp_path / "2").open("w") as err:
            for name, stream in (("stdin", stdin), ("stdout", stdout), ("stderr", err)):
                monkeypatch.setattr(sys, name, stream)
            status = main(["colorize", *map(str, arguments)])
            monkeypatch.undo()
        return Done(status, (tmp_path / "1").read_bytes(), (tmp_path / "2").read_text().splitlines())

    return run


def encoded(image: Image.Image, kind: str) -> bytes:
    file = io.BytesIO()
    image.save(file, kind)
    return file.getvalue()


@pytest.fixture(scope="module")
def gray() -> Image.Image:
    blobs = np.random.default_rng(0).integers(40, 220, (4, 5), dtype=np.uint8)
    return Image.fromarray(blobs).resize((96, 80), Image.Resampling.BICUBIC)


def test_a_pipe_makes_the_bytes_of_the_file(
    gray: Image.Image, tmp_path: Path, words: str, colorize: Callable[..., Done]
) -> None:
    photo = encoded(gray, "JPEG")
    (tmp_path / "photo.jpg").write_bytes(photo)
    piped = colorize("-", "--model", words, "--no-description", photo=photo)
    assert (piped.status, piped.said) == (0, [])
    named = [str(tmp_path / name) for name in ("photo.jpg", "out.jpg")]
    assert main(["colorize", named[0], "--output", named[1], "--model", words, "--no-description"]) == 0
    assert piped.out == Path(named[1]).read_bytes()


def test_flags_hold_and_depth_stays(
    gray: Image.Image, tmp_path: Path, words: str, colorize: Callable[..., Done]
) -> None:
    write_hints(tmp_path / "said.json", PhotoHints((96, 80), (Hint(40, 40, "red"),)))
    deep = encoded(Image.fromarray(np.asarray(gray).astype(np.uint16) * 257), "PNG")
    plain = colorize("-", "--model", words, photo=deep)
    told = colorize("-", "--model", words, "--hints", tmp_path / "said.json", photo=deep)
    for one in (plain, told):
        assert (one.status, one.out[:4], one.out[24:26]) == (0, b"\x89PNG", b"\x10\x02")  # IHDR: 16 bits, RGB
    assert plain.out != told.out
    shallow = colorize("-", "--model", words, "--format", "jpg", photo=deep)
    assert Image.open(io.BytesIO(shallow.out)).format == "JPEG"
    assert shallow.said == ["colorgan: note: standard input: 16-bit gray became 8-bit"]


def test_one_side_alone(gray: Image.Image, tmp_path: Path, words: str, colorize: Callable[..., Done]) -> None:
    (tmp_path / "photo.png").write_bytes(encoded(gray, "PNG"))
    out = colorize(tmp_path / "photo.png", "--output", "-", "--model", words)
    assert Image.open(io.BytesIO(out.out)).format == "PNG"
    made, arguments = str(tmp_path / "made.jpg"), ("-", "--output", tmp_path / "made.jpg", "--model", words)
    first = colorize(*arguments, photo=encoded(gray, "PNG"))
    assert (first.status, first.out.decode()) == (0, f"1 photo coloured: {made!r}{os.linesep}")
    again = colorize(*arguments, photo=encoded(gray, "PNG"))
    assert (again.status, again.said) == (2, [f"colorgan: error: {made!r} already there: --overwrite replaces it"])


@pytest.mark.parametrize(
    ("arguments", "photo", "status", "line"),
    [
        (["-"], b"no photo", 1, "standard input is not a picture in any format that Pillow reads"),
        (["-"], b"", 1, "standard input is empty: it has 0 bytes"),
        (["-", "photo.jpg"], b"", 2, "'-' is for one photo, and 2 were named: name an output folder"),
        (["-", "--variants", 2], b"", 2, "--variants makes several pictures, and '-' is for one: name files"),
        (["-", "--shard", "1/2"], b"", 2, "'-' goes neither with addresses nor with --shard and --ray"),
        (["-", "--output", "pictures"], b"", 2, "a photo from standard input has no name: say --output "),
        (["film.mp4", "--output", "-"], b"", 2, "'film.mp4' is a film, which needs a file to be written to"),
        (["-", "--hints", "gone.json"], b"", 2, "'gone.json' cannot be read: No such file or directory"),
    ],
)
def test_refusals_are_one_line_on_stderr(
    arguments: list[object], photo: bytes, status: int, line: str, words: str, colorize: Callable[..., Done]
) -> None:
    done = colorize(*arguments, "--model", words, photo=photo)
    assert (done.status, done.out) == (status, b"")
    [only] = done.said
    assert only.startswith(f"colorgan: error: {line}")


# What a library prints by Python and by C while the picture is made, in a process of its own.
NOISY = """
import os, sys
from colorgan.cli import main
from colorgan.folder import pipeline
save = pipeline.save_photo
def loud(*given, **named):
    print("loaded")
    os.write(1, b"compiled")
    return save(*given, **named)
pipeline.save_photo = loud
sys.exit(main(sys.argv[1:]))
"""


@pytest.fixture(params=["read", "closed"])
def reader(request: pytest.FixtureRequest) -> str:
    """Whether whoever reads the picture is still there."""
    return str(request.param)


def test_nothing_but_the_picture_and_no_word_when_its_reader_leaves(gray: Image.Image, words: str, reader: str) -> None:
    reading, writing = os.pipe()
    if reader == "closed":
        os.close(reading)
    done = subprocess.run(
        [sys.executable, "-c", NOISY, "colorize", "-", "--model", words],
        input=encoded(gray, "PNG"),
        stdout=writing,
        stderr=subprocess.PIPE,
        env={**os.environ, "OMP_WAIT_POLICY": "passive"},
        timeout=180,
    )
    os.close(writing)
    assert done.stderr.split() in ([b"compiledloaded"], [b"loaded", b"compiled"])
    if reader == "closed":
        assert done.returncode == 141
        return
    with os.fdopen(reading, "rb") as file:  # 23 kB: less than what a pipe holds
        Image.open(io.BytesIO(file.read())).load()
    assert done.returncode == 0


@pytest.mark.parametrize("stream", ["stdin", "stdout"])
def test_a_terminal_is_refused(
    stream: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    terminal, end = pty.openpty()
    with os.fdopen(end, "r" if stream == "stdin" else "w") as shown, Path(os.devnull).open() as nothing:
        monkeypatch.setattr(sys, "stdin", nothing)
        monkeypatch.setattr(sys, stream, shown)
        assert main(["colorize", "-"]) == 2
    os.close(terminal)
    assert capsys.readouterr().err.startswith("colorgan: error: ")
