"""colorgan's own program as files, for repositories that run it: what a Space and an endpoint hold beside a model."""

import importlib.metadata
import re
from pathlib import Path

import colorgan

PACKAGE = Path(colorgan.__file__).parent
LICENSE = "LICENSE"


def declared(*extras: str) -> list[str]:
    """What colorgan requires with some of its extras, as pyproject.toml has it; one line a package, without colorgan
    itself. An extra that another one includes must be named as well."""
    found = list[str]()
    for line in importlib.metadata.requires("colorgan") or ():
        package, _, condition = line.partition(";")
        extra = re.search(r"""extra == ["']([\w-]+)["']""", condition)
        if not package.startswith("colorgan") and (not extra or extra[1] in extras):
            found.append(package.strip())
    return list(dict.fromkeys(found))


def program_files() -> dict[str, Path | bytes]:
    """The package without its weights, and in it the licence, by their names in a repository."""
    paths = sorted(path for path in PACKAGE.rglob("*") if path.is_file())
    names = {path: path.relative_to(PACKAGE) for path in paths}
    files: dict[str, Path | bytes] = {
        f"{PACKAGE.name}/{name.as_posix()}": path
        for path, name in names.items()
        if "__pycache__" not in name.parts and name.parts[0] != "weights"
    }
    return files | {f"{PACKAGE.name}/{LICENSE}": license_text().encode()}


def license_text() -> str:
    """Apache-2.0's text: beside the package in a source folder, in its metadata once installed."""
    beside = PACKAGE.parent / LICENSE
    if beside.is_file():
        return beside.read_text(encoding="utf-8")
    return importlib.metadata.distribution("colorgan").read_text(f"licenses/{LICENSE}") or ""
