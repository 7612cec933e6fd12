"""What people install: the wheel's contents and metadata, what its code imports, and the two commands' Makefile."""

import ast
import functools
import os
import re
import shutil
import subprocess
import sys
import tomllib
import venv
import zipfile
from collections.abc import Iterator, Mapping
from email import message_from_bytes
from importlib.metadata import packages_distributions
from pathlib import Path, PurePosixPath

import pytest
import yaml
from packaging.requirements import Requirement

from colorgan import __version__

ROOT = Path(__file__).parent.parent
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
LICENSES = ("LICENSE", "THIRD_PARTY_NOTICES.md")
CARD = Path("colorgan/card/model_card.md")
LARGEST_WEIGHTS_MB = 32
PICTURES = {".jpg", ".jpeg", ".png", ".webp", ".tif", ".tiff", ".gif", ".bmp", ".parquet", ".npy", ".pt", ".pth"}
EXTRAS = {  # that rooms need
    "archive": "archive",
    "data": "train",
    "evaluation": "evaluate",
    "publishing": "evaluate",
    "training": "train",
    "voting": "study",
    "web": "app",
}
GRADIO_BRINGS = {"anyio", "fastapi", "python-multipart", "starlette", "uvicorn"}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[zipfile.ZipFile]:
    """A wheel built from a copy: leftovers of earlier builds must neither get in nor help."""
    source, made = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("wheel")
    shutil.copytree(ROOT / "colorgan", source / "colorgan")
    shutil.copytree(ROOT / "tests", source / "tests")
    for name in ("pyproject.toml", "MANIFEST.in", "README.md", *LICENSES):
        shutil.copy(ROOT / name, source)
    (source / "model_card.md").write_text(CARD.as_posix())  # as Windows without links checks it out
    build = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(made), str(source)]  # sdist, wheel of it
    built = subprocess.run(build, capture_output=True, text=True, timeout=200)
    assert built.returncode == 0, built.stdout + built.stderr
    [path] = made.glob("*.whl")
    with zipfile.ZipFile(path) as archive:
        yield archive


def test_the_wheel_carries_what_works_offline(wheel: zipfile.ZipFile) -> None:
    names = set(wheel.namelist())
    web = ROOT / "colorgan" / "web"
    assets = {path.relative_to(ROOT).as_posix() for path in (*web.glob("assets/*.*"), *web.glob("templates/*.*"))}
    assert any("/assets/" in name for name in assets) and any("/templates/" in name for name in assets)
    assert names >= assets | {
        "colorgan/py.typed",
        CARD.as_posix(),
        "colorgan/kernels/exact.c",
        "colorgan/kernels/exact.ll",
        "colorgan/kernels/paint.c",
        "colorgan/kernels/paint.ll",
        "colorgan/publishing/study_card.md",
        "colorgan/weights/config.json",
        "colorgan/weights/model.safetensors",
        "colorgan/weights/twin/config.json",
        "colorgan/weights/twin/model.safetensors",
    }
    weights_mb = sum(item.file_size for item in wheel.infolist() if item.filename.startswith("colorgan/weights/")) / 1e6
    assert 1 < weights_mb <= LARGEST_WEIGHTS_MB


def test_types_are_seen_after_an_editable_install(tmp_path: Path) -> None:
    """The README's install: a type checker follows a path, but not the import hooks that setuptools prefers."""
    source, environment = tmp_path / "source", tmp_path / "environment"
    shutil.copytree(ROOT / "colorgan", source / "colorgan", ignore=shutil.ignore_patterns("*.safetensors"))
    for name in ("pyproject.toml", "README.md", *LICENSES):
        shutil.copy(ROOT / name, source)
    build = "import setuptools.build_meta as backend, sys; print(backend.build_editable(sys.argv[1]))"
    subprocess.run([sys.executable, "-c", build, str(tmp_path)], cwd=source, capture_output=True, check=True)
    venv.create(environment, with_pip=False)
    [packages] = environment.rglob("site-packages")
    [wheel] = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(packages)
    script = tmp_path / "script.py"
    script.write_text(
        "from colorgan import DEFAULT_WEIGHTS, Colorizer, Hint\n\n"
        "colorizer = Colorizer.from_pretrained(DEFAULT_WEIGHTS)\n"
        "colorizer.colorize('photo.jpg', vividness=0.5, hints=[Hint(1, 2, 'teal')])\n"
        "colorizer.colorize('photo.jpg', vividnes=0.5)\n"
    )
    python = next(path for path in (environment / "bin/python", environment / "Scripts/python.exe") if path.exists())
    flags = ["--python-executable", str(python), "--follow-imports", "silent", "--cache-dir", str(tmp_path / "cache")]
    checked = subprocess.run(
        [sys.executable, "-m", "mypy", *flags, str(script)], cwd=tmp_path, capture_output=True, text=True, timeout=200
    )
    errors = [line for line in checked.stdout.splitlines() if ": error:" in line]
    assert errors and {line.split(" error:")[0] for line in errors} == {"script.py:5:"}, checked.stdout


def test_the_card_has_one_home(wheel: zipfile.ZipFile) -> None:
    """The package's own, which people find at the top of the repository as well."""
    assert wheel.read(CARD.as_posix()) == (ROOT / CARD).read_bytes()
    top = ROOT / "model_card.md"
    assert top.readlink() == CARD if top.is_symlink() else top.read_text() == CARD.as_posix()


def test_the_wheel_carries_every_module(wheel: zipfile.ZipFile) -> None:
    modules = {path.relative_to(ROOT).as_posix() for path in (ROOT / "colorgan").rglob("*.py")}
    assert modules <= set(wheel.namelist())


def test_the_wheel_carries_nothing_else(wheel: zipfile.ZipFile) -> None:
    for name in wheel.namelist():
        path = PurePosixPath(name)
        assert path.parts[0] in ("colorgan", f"colorgan-{__version__}.dist-info"), name
        assert path.suffix not in PICTURES, f"{name}: no photographs, no data"
        assert "__pycache__" not in path.parts
        assert "tests" not in path.parts


def test_the_wheels_metadata(wheel: zipfile.ZipFile) -> None:
    folder = f"colorgan-{__version__}.dist-info"
    metadata = message_from_bytes(wheel.read(f"{folder}/METADATA"))
    assert metadata["Version"] == __version__
    assert metadata["License-Expression"] == "Apache-2.0"
    assert metadata["Requires-Python"] == ">=3.11"
    assert str(metadata.get_payload()).startswith("# ")  # the README
    for name in LICENSES:
        assert wheel.read(f"{folder}/licenses/{name}") == (ROOT / name).read_bytes()
    assert metadata.get_all("License-File") == list(LICENSES)
    assert b"colorgan = colorgan.cli:main" in wheel.read(f"{folder}/entry_points.txt")


def test_the_citation_is_of_this_version() -> None:
    """The file itself was held against the schema of CFF 1.2.0 by `cffconvert --validate` (2.0.0)."""
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    assert (citation["cff-version"], citation["version"]) == ("1.2.0", __version__)
    assert citation["license"] == PYPROJECT["project"]["license"]
    assert {"message", "title", "authors"} <= citation.keys()


def test_the_notices_name_every_extra_that_has_terms_of_its_own() -> None:
    notices = (ROOT / "THIRD_PARTY_NOTICES.md").read_text()
    for package in ("pillow-jxl-plugin", "pillow-heif", "rawpy", "av", "opencv-python-headless", "psycopg"):
        assert re.search(rf"^\| `\w+` \| {package}\b", notices, re.MULTILINE), package


def test_everything_required_is_constrained() -> None:
    """A version that nobody tried must not come in by a command of the README."""
    pinned = {
        Requirement(line).name.lower().replace("_", "-")
        for line in (ROOT / "constraints.txt").read_text().splitlines()
        if line and not line.startswith("#")
    }
    extras = PYPROJECT["project"]["optional-dependencies"].values()
    required = [*PYPROJECT["project"]["dependencies"], *(one for extra in extras for one in extra)]
    names = {Requirement(one).name.lower().replace("_", "-") for one in required} - {"colorgan"}
    assert names <= pinned


@functools.cache
def installed() -> Mapping[str, list[str]]:
    """Importable name -> the distributions that bring it."""
    return packages_distributions()


@pytest.mark.parametrize("source", sorted((ROOT / "colorgan").rglob("*.py")), ids=lambda path: path.stem)
def test_a_plain_install_has_what_the_code_imports(source: Path) -> None:
    """Rooms of an extra may need theirs; colouring may not. `test_installation.py` runs what this reads."""
    allowed = {Requirement(one).name.lower() for one in PYPROJECT["project"]["dependencies"]}
    waiting = [EXTRAS.get(source.relative_to(ROOT / "colorgan").parts[0].removesuffix(".py"), "")]
    for extra in filter(None, waiting):  # grows as extras name others
        allowed |= GRADIO_BRINGS if extra == "app" else set()
        for required in map(Requirement, PYPROJECT["project"]["optional-dependencies"][extra]):
            allowed.add(required.name.lower())
            waiting += required.extras
    distributions = installed()
    for node in ast.parse(source.read_text()).body:  # an import inside a function may be optional
        modules = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom):
            modules = [node.module or ""]
        for top in {module.split(".")[0] for module in modules} - set(sys.stdlib_module_names) - {"colorgan"}:
            assert {name.lower() for name in distributions[top]} & allowed, f"{source.name} imports {top}"


def test_colouring_and_publishing_do_without_the_training_extra() -> None:
    program = """
import sys

class Missing:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("accelerate", "datasets", "matplotlib", "pyarrow", "tensorboard"):
            raise ModuleNotFoundError(name)

sys.meta_path.insert(0, Missing())
import colorgan.web.space
assert not {"torch", "gradio"} & sys.modules.keys()
import colorgan.colorizer, colorgan.publishing.run, colorgan.publishing.study
"""
    ran = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, timeout=100)
    assert ran.returncode == 0, ran.stderr


def make(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS", "PYTHON"))}
    return subprocess.run(["make", *arguments], cwd=folder, env=clean, capture_output=True, text=True, timeout=60)


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    for name in ("Makefile", "pyproject.toml", "constraints.txt"):
        shutil.copy(ROOT / name, tmp_path)
    return tmp_path


def test_make_app_and_make_test_install_first(clone: Path) -> None:
    for goal, last in (
        ("app", "app.py --open"),
        ("test", "-m pytest --numprocesses 2 --dist loadfile --no-loadscope-reorder"),
    ):
        steps = make(clone, "--dry-run", goal).stdout.splitlines()
        installs = [step.split("--editable ")[1] for step in steps if "install --quiet --constraint" in step]
        assert installs == ["'.[app]'", "'.[files]' || \\", "'.[film]' || \\", *["'.[test]'"] * (goal == "test")]
        assert steps[-1].endswith(last)


def test_make_installs_once_and_again_when_the_requirements_change(clone: Path) -> None:
    (clone / ".venv").mkdir()
    for stamp in ("installed", "installed-test"):
        (clone / ".venv" / stamp).touch()
    assert "install" not in make(clone, "--dry-run", "test").stdout
    os.utime(clone / "constraints.txt", (2e9, 2e9))
    assert "pip" in make(clone, "--dry-run", "test").stdout


def test_make_says_so_when_python_is_too_old(clone: Path) -> None:
    old = clone / "python2.7"
    old.write_text("#!/bin/sh\nexit 1\n")  # what any older Python answers to `sys.version_info < (3, 11)`
    old.chmod(0o755)
    refused = make(clone, "install", f"PYTHON={old}")
    assert refused.returncode == 2
    assert "needs Python 3.11 or newer" in refused.stderr.splitlines()[0]
    assert not (clone / ".venv").exists()


def test_continuous_integration_runs_make_test() -> None:
    script = ROOT / ".ci" / "run"
    assert os.access(script, os.X_OK)
    assert script.read_text().splitlines()[-1] == "make test"
    assert subprocess.run(["bash", "-n", script], timeout=10).returncode == 0
