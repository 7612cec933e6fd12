"""The page as a Hugging Face Space: a folder that is complete, and runs anywhere with pip and python alone."""

import importlib.metadata
import os
import re
import shutil
import sys
from contextlib import closing, suppress
from pathlib import Path

import colorgan
from colorgan.files import folder_whole
from colorgan.hub.fetching import HUB_ERRORS, hub_reason, pinned_revision
from colorgan.hub.program import PACKAGE, declared, license_text
from colorgan.hub.sending import send
from colorgan.web.templating import render

MODEL_FILES = ("config.json", "model.safetensors")
CARD = "README.md"  # of the model: it states a name and a licence
TEMPLATES = {"app.py": "space_app.py.jinja", "README.md": "space_readme.md"}


def write_space(folder: str | Path, model: str, *, gpu: bool = False) -> Path:
    """Write a Space that shows the page with a model -> its folder, which is there whole or not at all.

    Args:
        folder: to write; must be new or empty.
        model: a Hub id, which the Space fetches when it starts, or a folder, which is copied into it.
        gpu: for a Space with ZeroGPU: the network runs on the GPU that it lends. Without one, it runs as ever.

    Raises:
        ValueError: the folder holds something, or there is no such model; one line.
    """
    folder = Path(folder)
    if folder.is_dir() and any(folder.iterdir()):
        raise ValueError(f"{str(folder)!r} is not empty: a Space is written into a new folder")
    if folder.exists() and not folder.is_dir():
        raise ValueError(f"{str(folder)!r} is a file: a Space is written into a new folder")
    _check(model)
    with folder_whole(folder) as draft:
        _fill(draft, model, gpu)
    return folder


def serve(model: str) -> None:
    """Show the page with a model, a Hub id or a folder, and the built-in study, until the process is told to end.

    What the app.py of a Space calls. `GRADIO_SERVER_NAME` is the host, this machine alone where it is not set.
    """
    from colorgan.web.demonstration import Demonstration  # writing a Space needs neither gradio nor torch
    from colorgan.web.server import launch

    host = os.environ.get("GRADIO_SERVER_NAME", "127.0.0.1")
    with suppress(KeyboardInterrupt), closing(Demonstration()) as study:
        launch([model], host=host, studies=study.studies, prepare=study.prepare)


def upload_space(folder: str | Path, space_id: str, *, private: bool = False, votes: str | None = None) -> str:
    """Put a Space's folder on the Hub in one commit -> its address. Raises ValueError, one line, if that fails.

    votes: "user/bucket", mounted there before, for the study's votes; see `space_votes.keep_votes`.
    """
    root = Path(folder)
    files = {path.relative_to(root).as_posix(): path for path in sorted(root.rglob("*")) if path.is_file()}
    if not {"README.md", "app.py", "requirements.txt"} <= files.keys():
        raise ValueError(f"{str(folder)!r} is no Space: README.md, app.py and requirements.txt make one")
    kept = {name: path for name, path in files.items() if "__pycache__" not in name}
    if votes:
        from colorgan.web.space_votes import keep_votes  # the study's rooms

        keep_votes(space_id, votes, private=private)
    return send(
        kept,
        space_id,
        "The page, published by colorgan",
        owned=lambda name: name.startswith(("colorgan/", "model/")),
        private=private,
        repo_type="space",
        space_sdk="gradio",
    )


def requirements(gpu: bool = False) -> list[str]:
    """What the page needs, at the versions that run here; torch as its CPU build, which is all a free Space has, or as
    the Space with a card to lend brings it."""
    needed = declared("app", "study")
    names = [re.split(r"[^\w.-]", line)[0] for line in needed]
    pinned = [f"{name}=={importlib.metadata.version(name).split('+')[0]}" for name in names]
    if gpu:
        return [
            next(line for line in needed if line.startswith("torch")) if one.startswith("torch=") else one
            for one in pinned
        ] + ["spaces"]
    return ["--extra-index-url https://download.pytorch.org/whl/cpu", *pinned]


def _check(model: str) -> None:
    """Whether there is such a model; its weights are not fetched."""
    if Path(model).is_dir():
        missing = [name for name in MODEL_FILES if not (Path(model) / name).is_file()]
        if missing:
            raise ValueError(f"{model!r} is no folder of a model: it lacks {missing[0]}")
        return
    try:
        pinned_revision(model)
    except HUB_ERRORS as error:
        raise ValueError(
            f"{model!r} is neither a folder with a model nor one on the Hub: {hub_reason(error)}"
        ) from error


def _fill(folder: Path, model: str, gpu: bool) -> None:
    local = Path(model).is_dir()
    if local:
        (folder / "model").mkdir()
        from colorgan.colorizer.orientation import FILE  # here: it waits for torch

        others = [name for name in (CARD, FILE) if (Path(model) / name).is_file()]
        for name in (*MODEL_FILES, *others):
            shutil.copyfile(Path(model) / name, folder / "model" / name)
    unwanted = shutil.ignore_patterns("__pycache__", "weights")  # the Space has its own model
    shutil.copytree(PACKAGE, folder / "colorgan", ignore=unwanted)
    (folder / "LICENSE").write_text(license_text(), encoding="utf-8")
    (folder / "requirements.txt").write_text("\n".join(requirements(gpu)) + "\n", encoding="utf-8")
    values = {
        "gpu": gpu,
        "hub_id": "" if local else model,
        "gradio": importlib.metadata.version("gradio"),
        "python": f"{sys.version_info.major}.{sys.version_info.minor}",
        "version": colorgan.__version__,
    }
    for name, template in TEMPLATES.items():
        (folder / name).write_text(render(template, **values) + "\n", encoding="utf-8")
