"""The rule of the house: what two rooms need stands under both.

`python tests/test_layers.py [CHECKOUT]` prints rooms, floors, arrows, circles and lines.
"""

import re
import sys
from collections import Counter
from pathlib import Path

import pytest
from cases.house import FACE, SCRIPTS, House, Module, circles, table

ROOT = Path(__file__).parent.parent
HOUSE = House(ROOT)
PACKAGE = [module for module in HOUSE.modules.values() if module.room not in SCRIPTS]
# From the cellar to the roof: a room imports only rooms that stand before it.
ROOMS = (
    "machine",
    "files",
    "seeds",
    "limits",
    "templating",
    "fingerprint",
    "images",
    "kernels",
    "examples",
    "color",
    "photo",
    "intervals",
    "charts",
    "hub",
    "addresses",
    "degrade",
    "borders",
    "upsampling",
    "painting",
    "hints",
    "losses",
    "objectives",
    "recipes",
    "data",
    "networks",
    "metrics",
    "card",
    "colorizer",
    "exporting",
    "film",
    "folder",
    "archive",
    "training",
    "evaluation",
    "voting",
    "publishing",
    "web",
    "cli",
)
# File -> the room that writes and reads it. Others import that room's constant, or ask it for what is in the file.
FILES = {
    "recipe.json": "training",
    "metrics.jsonl": "training",
    "cells.safetensors": "training",
    "vocabulary.safetensors": "training",
    "curves.png": "training",
    "report.html": "evaluation",
    "report.json": "evaluation",
    "report.md": "evaluation",
    "photos.csv": "evaluation",
    "answers.csv": "voting",
    "answers.jsonl": "voting",
    "answers.parquet": "voting",
    "pictures.zip": "voting",
    "results.json": "voting",
    "study.json": "voting",
    "studies.sqlite3": "voting",
}
PROGRAM = re.compile(r"^\s*(import colorgan|from colorgan[\w.]* import)", re.MULTILINE)


def named(module: Module) -> str:
    return str(module.path.relative_to(ROOT))


@pytest.mark.parametrize("module", PACKAGE, ids=named)
def test_imports_point_down(module: Module) -> None:
    if module.room == FACE:
        return  # the package's own door hands on lazily
    assert module.room in ROOMS, f"{module.room} is a new room: give it a place in ROOMS"
    for imported in HOUSE.imports[module.name]:
        room = HOUSE.modules[imported].room
        assert room == FACE or ROOMS.index(room) <= ROOMS.index(module.room), f"{imported} stands above {module.name}"


@pytest.mark.parametrize("room", ROOMS)
def test_no_circle_inside_a_room(room: str) -> None:
    assert HOUSE.circles_inside(room) == []


def test_no_circle_between_rooms() -> None:
    assert HOUSE.circles_between_rooms() == []


def test_circles_are_found() -> None:
    graph = {"a": {"b"}, "b": {"c"}, "c": {"a", "d"}, "d": {"e"}, "e": {"d"}, "f": {"a"}}
    assert circles({node: frozenset(below) for node, below in graph.items()}) == [["a", "b", "c"], ["d", "e"]]


@pytest.mark.parametrize("file", FILES)
def test_no_room_names_the_file_of_another(file: str) -> None:
    """Sentences for people may: they hold blanks."""
    naming = {
        module.room
        for module in PACKAGE
        for string in module.strings
        if string.rpartition("/")[2] == file and " " not in string
    }
    assert naming <= {FILES[file]}


@pytest.mark.parametrize("module", PACKAGE, ids=named)
def test_no_program_in_a_string(module: Module) -> None:
    for string in module.strings:
        assert not PROGRAM.search(string), f"an arrow that nobody sees: {string}"


def test_no_two_public_classes_share_a_name() -> None:
    counts = Counter(name for module in PACKAGE for name in module.public_classes)
    assert [name for name, count in counts.items() if count > 1] == []


def test_voting_knows_no_web_framework() -> None:
    for module in HOUSE.rooms["voting"]:
        text = module.path.read_text()
        assert "import gradio" not in text and "fastapi" not in text, module.path


if __name__ == "__main__":
    sys.stdout.write(table(House(Path(sys.argv[1]).resolve()) if sys.argv[1:] else HOUSE) + "\n")
