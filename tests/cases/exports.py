"""Exports of a model, which take half a minute: made once, and kept in pytest's cache for later runs."""

import fcntl
import hashlib
import shutil
from importlib.metadata import version
from pathlib import Path

import pytest

import colorgan
from colorgan import Colorizer
from colorgan.exporting import export

SOURCES = Path(colorgan.__file__).parent
OTHER_ROOMS = ("archive", "cli", "film", "voting", "web")  # no change there changes an export


def kept_export(model: str | Path, cache: pytest.Cache) -> Path:
    """The folder of a model's export; not to be written to. Kept until the model, the code or a package changes."""
    folder = cache.mkdir("exports")
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        made = folder / _name(Path(model))
        if not made.is_dir():
            for old in sorted(folder.glob("*/"), key=lambda one: one.stat().st_mtime)[:-1]:
                shutil.rmtree(old)
            export(Colorizer.from_pretrained(model), made)
    return made


def _name(model: Path) -> str:
    digest = hashlib.sha256()
    sources = (path for path in SOURCES.rglob("*.py") if path.relative_to(SOURCES).parts[0] not in OTHER_ROOMS)
    for path in (*sorted(sources), *sorted(path for path in model.rglob("*") if path.is_file())):
        digest.update(path.name.encode() + path.read_bytes())
    for package in ("torch", "onnx", "onnxscript"):
        digest.update(version(package).encode())
    return digest.hexdigest()[:16]
