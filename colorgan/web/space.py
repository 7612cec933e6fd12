"""The page as a Hugging Face Space: a folder that is complete, and runs anywhere with pip and python alone."""

import importlib.metadata
import re
import shutil
import sys
import tempfile
from pathlib import Path

import colorgan
from colorgan.hub.fetching import HUB_ERRORS, hub_reason, pinned_revision
from colorgan.hub.sending import send

PACKAGE = Path(colorgan.__file__).parent
MODEL_FILES = ("config.json", "model.safetensors")
_README = """---
title: colorgan
emoji: 🎞️
colorFrom: gray
colorTo: blue
sdk: gradio
sdk_version: {gradio}
python_version: "{python}"
app_file: app.py
license: apache-2.0
short_description: Black-and-white photographs in colour
{hardware}{models}tags:
- image-colorization
- gan
---

# colorgan

Gives black-and-white photographs their colour, with {model}. The colours are a plausible guess, not a record.

Here, or on a machine of your own:

```sh
pip install -r requirements.txt
python app.py
```

`colorgan/` is the program, version {version}, under Apache-2.0 (LICENSE).{secret}

## Votes that survive a restart

"Real or fake?" shows a small study, a demonstration. A Space forgets its disk when it restarts. To keep the votes, set
one of these in the Space's settings, under "Variables and secrets":

- the variable `COLORGAN_VOTES_DATASET` to `user/dataset`, and the secret `HF_TOKEN` to a token that may write there.
  New votes go to that data set every five minutes and when the Space stops, and come back when it starts. It is made
  private, and must stay so while the study runs: votes tell which picture was the computer's;
- or the secret `COLORGAN_DATABASE` to `postgresql://user:password@host/name`, with the line `psycopg[binary]` added to
  `requirements.txt`.

With either, set the secret `COLORGAN_STUDY_SECRET` to 32 random characters or more, and leave it: by it the study knows
who has voted. Without any of this the page works too, and says in its log what it cannot keep.
"""
_APP = '''"""The page, as a Hugging Face Space starts it."""

import os
from contextlib import closing, suppress
from pathlib import Path

from colorgan.web.demonstration import Demonstration
from colorgan.web.server import launch

MODEL = {model}

if __name__ == "__main__":
    host = os.environ.get("GRADIO_SERVER_NAME", "127.0.0.1")
    with suppress(KeyboardInterrupt), closing(Demonstration()) as study:
        launch([MODEL], host=host, studies=study.studies, prepare=study.prepare)
'''
_IF_PRIVATE = "\n\nIf the model is private, give the Space a secret HF_TOKEN that may read it."


def write_space(folder: str | Path, model: str, *, gpu: bool = False) -> Path:
    """Write a Space that shows the page with a model -> its folder, which is there whole or not at all.

    Args:
        folder: to write; must be new or empty.
        model: a Hub id, which the Space fetches when it starts, or a folder, which is copied into it.
        gpu: for a Space with ZeroGPU: the network runs on the card that it lends. Without one, it runs as ever.

    Raises:
        ValueError: the folder holds something, or there is no such model; one line.
    """
    folder = Path(folder)
    if folder.is_dir() and any(folder.iterdir()):
        raise ValueError(f"{str(folder)!r} is not empty: a Space is written into a new folder")
    if folder.exists() and not folder.is_dir():
        raise ValueError(f"{str(folder)!r} is a file: a Space is written into a new folder")
    _check(model)
    folder.absolute().parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".space-", dir=folder.absolute().parent) as aside:
        whole = Path(aside) / "space"
        whole.mkdir()
        _fill(whole, model, gpu)
        if folder.is_dir():
            folder.rmdir()
        whole.replace(folder)
    return folder


def upload_space(folder: str | Path, space_id: str, *, private: bool = False, token: str | None = None) -> str:
    """Put a Space's folder on the Hub in one commit -> its address. Raises ValueError, one line, if that fails."""
    root = Path(folder)
    files = {path.relative_to(root).as_posix(): path for path in sorted(root.rglob("*")) if path.is_file()}
    if not {"README.md", "app.py", "requirements.txt"} <= files.keys():
        raise ValueError(f"{str(folder)!r} is no Space: README.md, app.py and requirements.txt make one")
    kept = {name: path for name, path in files.items() if "__pycache__" not in name}
    return send(
        kept,
        space_id,
        "The page, published by colorgan",
        owned=lambda name: name.startswith(("colorgan/", "model/")),
        private=private,
        token=token,
        repo_type="space",
        space_sdk="gradio",
    )


def requirements(gpu: bool = False) -> list[str]:
    """What the page needs, at the versions that run here; torch as its CPU build, which is all a free Space has, or as
    the Space with a card to lend brings it."""
    needed = [line for line in importlib.metadata.requires("colorgan") or () if "extra ==" not in line]
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
        for name in MODEL_FILES:
            shutil.copyfile(Path(model) / name, folder / "model" / name)
    unwanted = shutil.ignore_patterns("__pycache__", "weights")  # the Space has its own model
    shutil.copytree(PACKAGE, folder / "colorgan", ignore=unwanted)
    (folder / "LICENSE").write_text(_license(), encoding="utf-8")
    (folder / "requirements.txt").write_text("\n".join(requirements(gpu)) + "\n", encoding="utf-8")
    where = 'str(Path(__file__).with_name("model"))' if local else f'"{model}"'
    app = _APP.format(model=where)
    (folder / "app.py").write_text(app if local else app.replace("from pathlib import Path\n", ""), encoding="utf-8")
    readme = _README.format(
        gradio=importlib.metadata.version("gradio"),
        python=f"{sys.version_info.major}.{sys.version_info.minor}",
        hardware="suggested_hardware: zero-a10g\n" if gpu else "",
        models="" if local else f"models:\n- {model}\n",
        model="the model in `model/`" if local else f"[{model}](https://huggingface.co/{model})",
        version=colorgan.__version__,
        secret="" if local else _IF_PRIVATE,
    )
    (folder / "README.md").write_text(readme, encoding="utf-8")


def _license() -> str:
    """Apache-2.0's text: beside the package in a source folder, in its metadata once installed."""
    beside = PACKAGE.parent / "LICENSE"
    if beside.is_file():
        return beside.read_text(encoding="utf-8")
    return importlib.metadata.distribution("colorgan").read_text("licenses/LICENSE") or ""
