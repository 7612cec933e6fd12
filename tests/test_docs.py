"""The documents stay true: commands and programs run, flags are the parsers', links lead somewhere."""

import argparse
import os
import re
import shlex
import shutil
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import fsspec
import numpy as np
import pytest
import skimage.data
from cases.film import Recipe, make_film
from cases.hub import hub, hub_server
from cases.hub_server import Repository
from PIL import Image

from colorgan import DEFAULT_WEIGHTS, Hint
from colorgan.cli import build_parser, main
from colorgan.hints import PhotoHints, write_hints
from colorgan.training.flags import parse as parse_trainer

__all__ = ["hub", "hub_server"]  # fixtures that live elsewhere
ROOT = Path(__file__).parent.parent
DOCUMENTS = {path.name: path.read_text() for path in (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))}
README = DOCUMENTS["README.md"]
PORT_IN_DOCS = "7860"


def blocks(text: str, *languages: str) -> list[str]:
    """The fenced blocks of a document in any of the languages; "" is a fence without one."""
    fenced = re.findall(r"^```(\w*)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    return [block for name, block in fenced if name in languages]


def commands(text: str, *languages: str) -> list[str]:
    """The lines of such blocks that start with `colorgan`."""
    lines = [line for block in blocks(text, *languages) for line in block.splitlines()]
    return [line for line in lines if line.startswith("colorgan ")]


# docs/voting.md's programs run in tests/voting, on a stub of the model; that of docs/onnx.md in tests/exporting, where
# there is no torch; that of docs/integrations.md in tests/test_integrations.py; that of docs/film.md below.
PROGRAMS = [
    (name, block)
    for name, text in DOCUMENTS.items()
    for block in blocks(text, "python")
    if not any(
        one in block for one in ("gradio_client", "colorgan.voting", "colorgan.film", "onnxruntime", "NODE_CLASS")
    )
]
RUN = {name: found for name, text in DOCUMENTS.items() if (found := commands(text, "sh"))}
MADE = {
    "command-line.md": {
        "photo-colorized.jpg",
        "album-colorized/1923/b.png",
        "variants/photo-3.jpg",
        "calmer/a.png",
    },
    "archive.md": {"scan-colorized.jpg", "album-colour/a.jpg", "album-colour/1923/b.png"},
    "film.md": {"film-colorized.mp4", "attic-colorized/reel.mkv", "attic-colorized/photo.jpg", "archive.mkv"},
    "evaluation.md": {"report/report.html", "report-of-theirs/report.json"},
    "hints.md": {"told.jpg", "several/photo-4.jpg", "album-told/1923/b.png", "like-the-postcard.jpg", "bold.jpg"},
}


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the photos that the documents speak of."""
    (tmp_path / "album" / "1923").mkdir(parents=True)
    for seed, name in enumerate(("photo.jpg", "album/a.jpg", "album/1923/b.png")):
        blobs = np.random.default_rng(seed).integers(40, 220, (4, 5), dtype=np.uint8)
        Image.fromarray(blobs).resize((96, 80), Image.Resampling.BICUBIC).save(tmp_path / name)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def cup(desk: Path) -> Path:
    """The desk with the photo that docs/hints.md speaks of, its hints as they stand there, and a postcard."""
    postcard = Image.fromarray(skimage.data.coffee())
    postcard.save(desk / "postcard.jpg")
    postcard.convert("L").save(desk / "photo.jpg")
    [said] = blocks(DOCUMENTS["hints.md"], "json")
    (desk / "photo.hints.json").write_text(said)
    (desk / "album-hints" / "1923").mkdir(parents=True)
    write_hints(desk / "album-hints" / "1923" / "b.hints.json", PhotoHints((96, 80), (Hint(40, 40, None),)))
    return desk


def flags(parser: argparse.ArgumentParser) -> Iterator[str]:
    """All flags of a parser and of its commands."""
    for action in parser._actions:
        yield from (option for option in action.option_strings if option.startswith("--"))
        if isinstance(action, argparse._SubParsersAction):
            for its_parser in action.choices.values():
                yield its_parser.prog
                yield from flags(its_parser)


def parser_of(*command: str) -> argparse.ArgumentParser:
    """The parser of a command such as `colorgan study create`."""
    parser = build_parser()
    for word in command:
        [subparsers] = [action for action in parser._actions if isinstance(action, argparse._SubParsersAction)]
        parser = subparsers.choices[word]
    return parser


def table_flags(name: str) -> set[str]:
    """The flags in the first columns of a document's tables."""
    cells = re.findall(r"^\| (`--.*?) \|", DOCUMENTS[name], re.MULTILINE)
    return {flag for cell in cells for flag in re.findall(r"`(--[\w-]+)", cell)}


@pytest.mark.parametrize("flag", sorted(set(flags(build_parser())) - {"--help", "--version"}))
def test_every_flag_is_documented(flag: str) -> None:
    assert re.search(rf"`?{re.escape(flag)}\b", "".join(DOCUMENTS.values()))


@pytest.mark.parametrize(
    ("name", "its_commands"),
    [
        ("command-line.md", [["colorize"]]),
        ("evaluation.md", [["evaluate"]]),
        ("hub.md", [["publish"], ["space"]]),
        ("voting.md", [["study", "create"], ["study", "serve"]]),
    ],
)
def test_the_tables_have_every_flag_of_their_commands(name: str, its_commands: list[list[str]]) -> None:
    known = {flag for command in its_commands for flag in flags(parser_of(*command))} - {"--help"}
    shared = {"--database"} if name == "voting.md" else set()  # of all of its commands: told once, below the tables
    assert table_flags(name) == known - shared


def test_the_pages_table_has_every_flag_of_the_page() -> None:
    shown = subprocess.run([sys.executable, str(ROOT / "app.py"), "--help"], capture_output=True, text=True, timeout=60)
    found = set(re.findall(r"--[a-z-]+", shown.stdout)) - {"--help"}
    assert len(found) > 3
    assert table_flags("page.md") == found


def test_every_command_of_the_documents_is_one() -> None:
    """Those that need the Hub, a port or hours do not run here, but the parser takes them."""
    found = [line for text in DOCUMENTS.values() for line in commands(text, "")]
    assert len(found) >= 7
    for line in found:
        build_parser().parse_args(shlex.split(line)[1:])


def test_every_command_of_the_trainer_is_one() -> None:
    lines = [line for text in DOCUMENTS.values() for block in blocks(text, "", "sh") for line in block.splitlines()]
    found = [line for line in lines if "train_accelerate.py --" in line]
    assert len(found) >= 6
    for line in found:
        words = shlex.split(line)
        parse_trainer(words[words.index("train_accelerate.py") + 1 :])


@pytest.mark.parametrize("name", sorted(MADE))
def test_the_documents_commands_run(
    name: str, desk: Path, request: pytest.FixtureRequest, capsys: pytest.CaptureFixture[str]
) -> None:
    """In the order of the document: one resumes what the one before has done."""
    if name == "hints.md":
        request.getfixturevalue("cup")
    if name == "archive.md":
        request.getfixturevalue("s3")
        fsspec.filesystem("s3").put_file("photo.jpg", "photos/1950/scan.jpg")
        hub = request.getfixturevalue("hub")
        hub.add_bucket("user/colour")
        hub.repositories["dataset", "user/colour"] = Repository(private=True)
    if name == "film.md":
        (desk / "attic").mkdir()
        shutil.copy("photo.jpg", "attic")
        for film in ("film.mp4", "attic/reel.mkv"):
            make_film(desk / film, Recipe(frames=2, sound=1))
    assert set(RUN) == set(MADE)
    for model in ("runs/mine", "models/theirs"):
        (desk / model).parent.mkdir()
        (desk / model).symlink_to(DEFAULT_WEIGHTS)
    for folder in ("photos", "their-pictures"):
        (desk / folder).mkdir()
        for seed in range(2):
            blobs = np.random.default_rng(seed).integers(20, 235, (4, 5, 3), dtype=np.uint8)
            Image.fromarray(blobs).resize((80, 64), Image.Resampling.BICUBIC).save(desk / folder / f"{seed}.png")
    for command in RUN[name]:
        assert main(shlex.split(command)[1:]) == 0, command
        # Of so few photos, an evaluation notes what they are too few for; of hints, colours that sRGB lacks are noted.
        noted = "note: needs" if "evaluate" in command else ": sRGB has no "
        said = capsys.readouterr().err.splitlines()
        assert [line for line in said if noted not in line] == [], command
    assert MADE[name] <= {str(path.relative_to(desk)) for path in desk.rglob("*") if path.is_file()}


@pytest.mark.parametrize(("name", "program"), PROGRAMS, ids=lambda text: textwrap.shorten(text, 40))
def test_the_documents_python_runs(desk: Path, request: pytest.FixtureRequest, name: str, program: str) -> None:
    if name == "hints.md":
        request.getfixturevalue("cup")
    names: dict[str, object] = {}
    exec(compile(program, name, "exec"), names)
    with Image.open("photo.jpg") as image:
        size = image.size
    values = [one for value in names.values() for one in (value if isinstance(value, list) else [value])]
    pictures = [value for value in values if isinstance(value, Image.Image)]
    assert pictures
    assert {picture.mode for picture in pictures} <= {"L", "RGB"}
    assert {frozenset(picture.size) for picture in pictures} == {frozenset(size)}


def test_the_program_for_films_runs(desk: Path) -> None:
    [program] = blocks(DOCUMENTS["film.md"], "python")
    make_film(desk / "film.mp4", Recipe(frames=2))
    names: dict[str, Any] = {}
    exec(compile(program, "film.md", "exec"), names)
    assert names["outcome"].frames == 2 and (desk / "film-colorized.mp4").is_file()


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Of a running app.py."""
    environment = {**os.environ, "COLORGAN_HOME": str(tmp_path_factory.mktemp("home"))}
    command = [sys.executable, str(ROOT / "app.py")]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as app:
        try:
            assert app.stdout
            said = re.search(r"http://127\.0\.0\.1:(\d+)/", app.stdout.readline())
            assert said, "app.py ended"
            yield said[1]
        finally:
            app.kill()  # a graceful end waits for open connections


def test_the_client_of_the_page_runs(desk: Path, port: str) -> None:
    [program] = [block for block in blocks(DOCUMENTS["page.md"], "python") if "gradio_client" in block]
    assert PORT_IN_DOCS in program
    # A process of its own: the client leaves threads and sockets for its interpreter's end to close.
    check = "\nfrom PIL import Image\nassert Image.open(picture).size == Image.open(other).size == (96, 80)\n"
    ran = subprocess.run(
        [sys.executable, "-c", program.replace(PORT_IN_DOCS, port) + check],
        capture_output=True,
        text=True,
        timeout=100,
    )
    assert ran.returncode == 0, ran.stderr


def test_the_readmes_first_screen() -> None:
    first = README[: README.index("\n## ")]
    for needed in ("git clone", "make app", "make test", "docs/page.png", "python -m venv .venv", "-c constraints.txt"):
        assert needed in first
    assert first.index("git clone") < first.index("make app")
    assert len(README.splitlines()) <= 140
    for name in set(DOCUMENTS) - {"README.md"}:
        assert f"](docs/{name})" in README, name


@pytest.mark.parametrize("name", sorted(DOCUMENTS))
def test_the_links_lead_somewhere(name: str) -> None:
    folder = ROOT if name == "README.md" else ROOT / "docs"
    for link in re.findall(r"\]\(([^)]+)\)", DOCUMENTS[name]):
        assert not link.startswith(("/", "http://"))
        target, _, anchor = link.partition("#")
        if link.startswith("https://"):
            continue
        file = folder / target if target else folder / name
        assert file.is_file(), link
        headings = re.findall(r"^#+ (.+)$", file.read_text(), re.MULTILINE) if anchor else []
        slugs = {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}
        assert not anchor or anchor in slugs, link


@pytest.mark.parametrize("name", sorted(DOCUMENTS))
def test_the_files_that_a_document_names_exist(name: str) -> None:
    for path in re.findall(
        r"`(?:python )?((?:colorgan|experiments|benchmarks|tests|docs|findings)/[\w/]+\.\w+)", DOCUMENTS[name]
    ):
        assert (ROOT / path).is_file() or path.startswith("docs/results/"), path


def test_the_log_begins_each_section_with_its_verdict() -> None:
    sections = re.split(r"^## ", DOCUMENTS["log.md"], flags=re.MULTILINE)[1:]
    assert len(sections) >= 6
    for section in sections:
        words = [paragraph.split(" ")[0] for paragraph in section.split("\n\n")[1:4]]
        assert words == ["Tried:", "Result:", "Decision:"], section.splitlines()[0]


def test_the_tree_is_the_packages() -> None:
    [tree] = [block for block in blocks(README, "") if "colorgan/" in block]
    named = set(re.findall(r"^ *([\w./]+)  ", tree, re.MULTILINE)) | {"colorgan/"}
    for name in named:
        assert (ROOT / name).exists() or (ROOT / "colorgan" / name).exists(), name
    rooms = {path.name + "/" * path.is_dir() for path in (ROOT / "colorgan").iterdir() if path.suffix in ("", ".py")}
    assert rooms - {"__init__.py", "__pycache__/"} <= named
