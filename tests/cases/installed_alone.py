"""Runs a program where only the packages of a few extras of colorgan are installed, as far as a program can tell.

`installed_alone.py EXTRAS PROGRAM [ARGUMENT...]`: EXTRAS are joined by commas, empty for none; PROGRAM is Python.
"""

import sys
import tomllib
from collections.abc import Iterable, Iterator
from importlib.machinery import ModuleSpec, PathFinder
from importlib.metadata import Distribution, PackageNotFoundError, packages_distributions, requires
from pathlib import Path
from typing import Any, ClassVar

from packaging.requirements import Requirement

PROJECT = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())["project"]


def brought(extras: Iterable[str]) -> set[str]:
    """The names, in lower case and with "-", of all distributions that colorgan with these extras brings."""
    seen, found, waiting = set[str](), set[str](), [f"colorgan[{','.join(extras)}]"]
    while waiting:
        required = Requirement(waiting.pop())
        name = _same(required.name)
        if str(required) in seen:
            continue
        seen.add(str(required))
        found.add(name)
        if name == "colorgan":
            waiting += [*PROJECT["dependencies"], *(one for it in required.extras for one in _extra(it))]
            continue
        try:
            lines = requires(name) or []
        except PackageNotFoundError:  # for another system or Python
            continue
        waiting += [str(one) for one in map(Requirement, lines) if _applies(one, required.extras)]
    return found


def _extra(name: str) -> list[str]:
    lines: list[str] = PROJECT["optional-dependencies"][name]
    return lines


def _applies(required: Requirement, extras: set[str]) -> bool:
    holds = required.marker is None or any(required.marker.evaluate({"extra": extra}) for extra in ("", *extras))
    required.marker = None
    return holds


class Alone(PathFinder):
    """Finds what Python does, but for the packages of some distributions, and for these themselves."""

    there: ClassVar[set[str]] = set()  # distributions
    missing: ClassVar[set[str]] = set()  # packages

    @classmethod
    def find_spec(cls, name: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
        return None if name.partition(".")[0] in cls.missing else super().find_spec(name, path, target)

    @classmethod
    def find_distributions(cls, *given: Any, **named: Any) -> Iterator[Distribution]:  # type: ignore[override]
        for one in super().find_distributions(*given, **named):
            if _same(one.name) in cls.there:
                yield one


def _same(name: str) -> str:
    return name.lower().replace("_", "-")


def main() -> None:
    extras, program, *arguments = sys.argv[1:]
    Alone.there = brought(filter(None, extras.split(",")))
    Alone.missing = {
        package for package, owners in packages_distributions().items() if not set(map(_same, owners)) & Alone.there
    }
    sys.meta_path[sys.meta_path.index(PathFinder)] = Alone
    sys.argv[:] = ["colorgan", *arguments]
    exec(compile(program, "program", "exec"), {"__name__": "__main__"})


if __name__ == "__main__":
    main()
