"""The README cannot rot: its commands and programs run, its flags are the parser's, its links lead somewhere."""

import argparse
import os
import re
import shlex
import socket
import subprocess
import sys
import textwrap
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from colorgan import DEFAULT_WEIGHTS
from colorgan.cli import build_parser, main

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()
DOCS = README + "".join(path.read_text() for path in sorted((ROOT / "docs").glob("*.md")))
PORT_IN_README = "7860"


def blocks(language: str) -> list[str]:
    fenced = re.findall(r"^```(\w*)\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
    return [block for name, block in fenced if name == language]


PROGRAMS = [block for block in blocks("python") if "gradio_client" not in block]
COMMANDS = [line for block in blocks("sh") for line in block.splitlines() if line.startswith("colorgan ")]


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the photos that the README speaks of."""
    (tmp_path / "album" / "1923").mkdir(parents=True)
    for seed, name in enumerate(("photo.jpg", "album/a.jpg", "album/1923/b.png")):
        blobs = np.random.default_rng(seed).integers(40, 220, (4, 5), dtype=np.uint8)
        Image.fromarray(blobs).resize((96, 80), Image.Resampling.BICUBIC).save(tmp_path / name)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def flags(parser: argparse.ArgumentParser) -> Iterator[str]:
    """All flags of a parser and of its commands."""
    for action in parser._actions:
        yield from (option for option in action.option_strings if option.startswith("--"))
        if isinstance(action, argparse._SubParsersAction):
            for its_parser in action.choices.values():
                yield its_parser.prog
                yield from flags(its_parser)


@pytest.mark.parametrize("flag", sorted(set(flags(build_parser())) - {"--help", "--version"}))
def test_every_flag_is_documented(flag: str) -> None:
    assert re.search(rf"`?{re.escape(flag)}\b", DOCS)


def test_every_flag_of_the_page_is_documented() -> None:
    shown = subprocess.run([sys.executable, str(ROOT / "app.py"), "--help"], capture_output=True, text=True, timeout=60)
    found = set(re.findall(r"--[a-z-]+", shown.stdout)) - {"--help"}
    assert len(found) > 3
    for flag in found:
        assert re.search(rf"`{flag}\b", DOCS), flag


def test_every_flag_of_the_readmes_commands_exists() -> None:
    assert COMMANDS
    table = set(re.findall(r"^\| `(--[a-z-]+)", README, re.MULTILINE))
    assert table
    assert table <= set(flags(build_parser()))


def test_the_readmes_commands_run(desk: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """In the order of the README: one resumes what the one before has done."""
    for name in ("runs/mine", "models/theirs"):
        (desk / name).parent.mkdir()
        (desk / name).symlink_to(DEFAULT_WEIGHTS)
    for folder in ("photos", "their-pictures"):
        (desk / folder).mkdir()
        for seed in range(2):
            blobs = np.random.default_rng(seed).integers(20, 235, (4, 5, 3), dtype=np.uint8)
            Image.fromarray(blobs).resize((80, 64), Image.Resampling.BICUBIC).save(desk / folder / f"{seed}.png")
    for command in COMMANDS:
        assert main(shlex.split(command)[1:]) == 0, command
        said = capsys.readouterr().err.splitlines()  # of so few photos, an evaluation notes what they are too few for
        assert [line for line in said if "evaluate" not in command or "note: needs" not in line] == [], command
    made = {str(path.relative_to(desk)) for path in desk.rglob("*") if path.is_file()}
    assert made >= {
        "photo-colorized.jpg",
        "album-colorized/1923/b.png",
        "variants/photo-3.jpg",
        "calmer/a.png",
        "report/report.html",
        "report-of-theirs/report.json",
    }


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: textwrap.shorten(program, 40))
def test_the_readmes_python_runs(desk: Path, program: str) -> None:
    names: dict[str, object] = {}
    exec(compile(program, "README.md", "exec"), names)
    with Image.open("photo.jpg") as image:
        size = image.size
    pictures = [value for value in names.values() if isinstance(value, Image.Image)]
    for value in names.values():
        pictures += value if isinstance(value, list) else []
    assert pictures
    assert {picture.mode for picture in pictures} <= {"L", "RGB"}
    assert {frozenset(picture.size) for picture in pictures} == {frozenset(size)}


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Of a running app.py."""
    environment = {**os.environ, "COLORGAN_HOME": str(tmp_path_factory.mktemp("home"))}
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        number = str(free.getsockname()[1])
    app = subprocess.Popen([sys.executable, str(ROOT / "app.py"), "--port", number], env=environment)
    try:
        for _ in range(600):
            assert app.poll() is None, "app.py ended"
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{number}/", timeout=5):
                    break
            except OSError:
                time.sleep(0.1)
        yield number
    finally:
        app.terminate()
        app.wait(20)


def test_the_readmes_client_runs(desk: Path, port: str) -> None:
    [program] = [block for block in blocks("python") if "gradio_client" in block]
    assert PORT_IN_README in program
    # A process of its own: the client leaves threads and sockets for its interpreter's end to close.
    check = "\nfrom PIL import Image\nassert Image.open(picture).size == Image.open(other).size == (96, 80)\n"
    ran = subprocess.run(
        [sys.executable, "-c", program.replace(PORT_IN_README, port) + check],
        capture_output=True,
        text=True,
        timeout=100,
    )
    assert ran.returncode == 0, ran.stderr


def test_the_readmes_first_screen() -> None:
    first = README[: README.index("\n## ")]
    for needed in ("make app", "make test", "docs/page.png", "python -m venv .venv", "pip install -c constraints.txt"):
        assert needed in first


@pytest.mark.parametrize("link", sorted(set(re.findall(r"\]\(([^)#]+)\)", README))))
def test_the_readmes_links_lead_somewhere(link: str) -> None:
    assert not link.startswith(("/", "http://"))
    assert link.startswith("https://") or (ROOT / link).is_file()


def test_the_tree_is_the_packages() -> None:
    [tree] = [block for block in blocks("") if "colorgan/" in block]
    named = set(re.findall(r"^ *([\w./]+)  ", tree, re.MULTILINE)) | {"colorgan/"}
    for name in named:
        assert (ROOT / name).exists() or (ROOT / "colorgan" / name).exists(), name
    rooms = {path.name + "/" * path.is_dir() for path in (ROOT / "colorgan").iterdir() if path.suffix in ("", ".py")}
    assert rooms - {"__init__.py", "__pycache__/"} <= named
