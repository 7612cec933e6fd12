"""The arrows of the house: a room imports only rooms above it."""

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "colorgan"
ROOMS = (
    "machine",
    "color",
    "photo",
    "intervals",
    "hub",
    "degrade",
    "upsampling",
    "painting",
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


def imported_rooms(source: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(source.read_text())):
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{source}: relative imports hide the arrows"
            modules = [node.module or ""]
            if node.module == "colorgan":
                modules = [f"colorgan.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.Import):
            modules = [alias.name for alias in node.names]
        else:
            continue
        found |= {module.split(".")[1] for module in modules if module.startswith("colorgan.")}
    return found


@pytest.mark.parametrize("source", sorted(PACKAGE.rglob("*.py")), ids=lambda p: str(p.relative_to(PACKAGE)))
def test_imports_point_up(source: Path) -> None:
    parts = source.relative_to(PACKAGE).parts
    room = parts[0].removesuffix(".py")
    if room == "__init__":
        return  # the package's own door re-exports lazily
    assert room in ROOMS, f"{room} is a new room: give it a place in ROOMS"
    for imported in imported_rooms(source) & set(ROOMS):
        assert ROOMS.index(imported) <= ROOMS.index(room), f"{source.name} imports {imported}, which is below it"


def test_voting_knows_no_web_framework() -> None:
    for source in (PACKAGE / "voting").rglob("*.py"):
        text = source.read_text()
        assert "import gradio" not in text and "fastapi" not in text, source
