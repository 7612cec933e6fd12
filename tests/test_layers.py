"""The rule of the house: what two rooms need stands under both.

`python tests/test_layers.py [CHECKOUT]` prints rooms, floors, arrows, circles and lines.
"""

import sys
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
    "fingerprint",
    "images",
    "examples",
    "color",
    "photo",
    "intervals",
    "charts",
    "hub",
    "degrade",
    "upsampling",
    "painting",
    "losses",
    "objectives",
    "recipes",
    "data",
    "networks",
    "metrics",
    "card",
    "colorizer",
    "folder",
    "training",
    "evaluation",
    "voting",
    "publishing",
    "web",
    "cli",
)


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


def test_no_circle_between_rooms() -> None:
    assert HOUSE.circles_between_rooms() == []


def test_circles_are_found() -> None:
    graph = {"a": {"b"}, "b": {"c"}, "c": {"a", "d"}, "d": {"e"}, "e": {"d"}, "f": {"a"}}
    assert circles({node: frozenset(below) for node, below in graph.items()}) == [["a", "b", "c"], ["d", "e"]]


def test_voting_knows_no_web_framework() -> None:
    for module in HOUSE.rooms["voting"]:
        text = module.path.read_text()
        assert "import gradio" not in text and "fastapi" not in text, module.path


if __name__ == "__main__":
    sys.stdout.write(table(House(Path(sys.argv[1]).resolve()) if sys.argv[1:] else HOUSE) + "\n")
