"""The house as its imports draw it: modules, rooms, floors, arrows and circles. Sources are read, nothing is imported.

A room is a module or a folder right below colorgan/; beside the package stand the rooms of scripts. Every import
counts, wherever it stands: an import inside a function saves time, one for the type checker saves a circle at run
time, and both tie two modules together all the same.
"""

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

FACE = "colorgan"  # the package's own door hands on lazily what others hold: no room, and what it hands on is followed
SCRIPTS = ("app.py", "train_accelerate.py", "benchmarks", "experiments")
FOLDERS = ("colorgan", "benchmarks", "experiments", "tests", "docs")
_COUNTED = (".py", ".js", ".css", ".html", ".jinja", ".md")  # lines that people write

Graph = Mapping[str, frozenset[str]]


@dataclass(frozen=True)
class Module:
    """A source file, by its dotted name as seen from the root of the checkout."""

    name: str
    path: Path
    room: str

    @cached_property
    def tree(self) -> ast.Module:
        """Its syntax."""
        return ast.parse(self.path.read_text(encoding="utf-8"))

    @cached_property
    def lines(self) -> int:
        """How long it is."""
        return len(self.path.read_text(encoding="utf-8").splitlines())

    @cached_property
    def strings(self) -> list[str]:
        """All string constants, parts of f-strings among them; no docstrings."""
        docstrings = {
            id(node.body[0].value)
            for node in ast.walk(self.tree)
            if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
            and node.body
            and isinstance(node.body[0], ast.Expr)
        }
        return [
            node.value
            for node in ast.walk(self.tree)
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings
        ]

    @cached_property
    def public_classes(self) -> list[str]:
        """Classes at its top whose names have no underscore in front."""
        return [node.name for node in self.tree.body if isinstance(node, ast.ClassDef) and node.name[0] != "_"]


class House:
    """All modules of a checkout."""

    def __init__(self, root: Path):
        self.root = root
        self.modules = {module.name: module for module in _modules(root)}
        self._handed_on = self._read_face()

    @cached_property
    def imports(self) -> dict[str, frozenset[str]]:
        """Module -> the modules of the house that it imports."""
        return {name: frozenset(self._imported(module)) - {name} for name, module in self.modules.items()}

    @cached_property
    def rooms(self) -> dict[str, list[Module]]:
        """Room -> its modules; the package's face is none."""
        found: dict[str, list[Module]] = {}
        for module in self.modules.values():
            if module.room != FACE:
                found.setdefault(module.room, []).append(module)
        return found

    @cached_property
    def arrows(self) -> dict[str, frozenset[str]]:
        """Room -> the other rooms that it imports."""
        return {
            room: frozenset(self.modules[one].room for module in modules for one in self.imports[module.name])
            - {room, FACE}
            for room, modules in self.rooms.items()
        }

    @cached_property
    def floors(self) -> dict[str, int]:
        """Room -> its floor: 1 for what imports no other room, else one above the highest room that it imports."""
        floors = dict.fromkeys(self.arrows, 1)
        for _ in self.arrows:  # a circle would climb for ever
            floors = {room: 1 + max((floors[one] for one in below), default=0) for room, below in self.arrows.items()}
        return floors

    def circles_between_rooms(self) -> list[list[str]]:
        """Rooms that import each other, by whatever way round."""
        return circles(self.arrows)

    def circles_inside(self, room: str) -> list[list[str]]:
        """Modules of a room that import each other, by whatever way round."""
        names = {module.name for module in self.rooms[room]}
        return circles({name: self.imports[name] & names for name in names})

    def lines_by_folder(self) -> dict[str, int]:
        """Folder -> lines of code, markup and prose."""
        return {
            folder: sum(
                len(path.read_text(encoding="utf-8").splitlines())
                for path in (self.root / folder).rglob("*")
                if path.suffix in _COUNTED
            )
            for folder in FOLDERS
        }

    def _read_face(self) -> dict[str, str]:
        """Name -> the module that holds it, for what the package's face hands on."""
        return {
            alias.name: node.module
            for node in ast.walk(self.modules[FACE].tree)
            if isinstance(node, ast.ImportFrom) and node.module
            for alias in node.names
        }

    def _imported(self, module: Module) -> Iterator[str]:
        for node in ast.walk(module.tree):
            if isinstance(node, ast.ImportFrom):
                assert node.level == 0, f"{module.path}: relative imports hide the arrows"
                for alias in node.names:
                    yield from self._resolved(node.module or "", alias.name, module)
            elif isinstance(node, ast.Import):
                for alias in node.names:
                    yield from self._resolved(alias.name, "", module)

    def _resolved(self, source: str, name: str, importer: Module) -> Iterator[str]:
        """`from source import name` -> the module meant, if it is of the house."""
        if source == FACE and name in self._handed_on:
            yield self._handed_on[name]
            return
        beside = importer.name.rpartition(".")[0]  # scripts import each other by their plain names
        for candidate in (f"{source}.{name}", source, f"{beside}.{source}", *(f"{one}.{source}" for one in SCRIPTS)):
            if candidate in self.modules:
                yield candidate
                return


def circles(graph: Graph) -> list[list[str]]:
    """Nodes that reach each other, as groups of two or more."""
    reached = {node: _reached(graph, node) for node in graph}
    groups = {frozenset(one for one in reached[node] if node in reached[one]) for node in graph}
    return sorted(sorted(group) for group in groups if len(group) > 1)


def _reached(graph: Graph, start: str) -> set[str]:
    found: set[str] = set()
    waiting = [start]
    while waiting:
        new = graph.get(waiting.pop(), frozenset()) - found
        found |= new
        waiting += new
    return found


def _modules(root: Path) -> Iterator[Module]:
    for path in sorted((root / FACE).rglob("*.py")):
        name = ".".join(path.relative_to(root).with_suffix("").parts).removesuffix(".__init__")
        yield Module(name, path, name.split(".")[1] if "." in name else FACE)
    for script in SCRIPTS:
        if script.endswith(".py"):
            yield Module(script.removesuffix(".py"), root / script, script)
        else:
            for path in sorted((root / script).glob("*.py")):
                yield Module(f"{script}.{path.stem}", path, script)


def table(house: House) -> str:
    """Rooms by floor, from the roof to the cellar, with their arrows; then circles and lines."""
    rows = []
    for room in sorted(house.rooms, key=lambda room: (-house.floors[room], room)):
        modules = house.rooms[room]
        lines = sum(module.lines for module in modules)
        stands_on = ", ".join(sorted(house.arrows[room])) or "nothing"
        rows.append(f"{house.floors[room]:>5}  {room:<20}{len(modules):>5}{lines:>7}  {stands_on}")
    inside = [circle for room in house.rooms for circle in house.circles_inside(room)]
    arrows = sum(len(below) for below in house.arrows.values())
    return "\n".join(
        [
            f"{'floor':>5}  {'room':<20}{'files':>5}{'lines':>7}  stands on",
            *rows,
            "",
            f"{len(house.rooms)} rooms on {max(house.floors.values())} floors, {arrows} arrows",
            *_named("between rooms", house.circles_between_rooms()),
            *_named("inside rooms", inside),
            "lines: " + ", ".join(f"{folder} {lines:,}" for folder, lines in house.lines_by_folder().items()),
        ]
    )


def _named(where: str, found: list[list[str]]) -> list[str]:
    return [f"circles {where}: {len(found)}", *(f"    {' <-> '.join(circle)}" for circle in found)]
