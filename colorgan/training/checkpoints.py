"""Checkpoints that a power cut cannot break: written draft, flushed, renamed; checked against their hashes when read.

A folder `checkpoint-IMAGES` holds one safetensors file per network, `state.pt` (optimisers and counters; read with
`weights_only=True`, so it can run no code) and `manifest.json`, the SHA-256 of the others. A folder without a manifest
that fits is not a checkpoint.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import safetensors.torch
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from colorgan.files import folder_whole, one_line, remove_drafts, remove_folder, sha256
from colorgan.recipes import Run

PREFIX = "checkpoint-"
_MANIFEST, _STATE = "manifest.json", "state.pt"

Weights = dict[str, Tensor]


@dataclass(frozen=True)
class Checkpoint:
    """What one holds: weights by network, and the rest of the training state."""

    folder: Path
    networks: dict[str, Weights]
    state: dict[str, Any]


def save(run_dir: Path, images_seen: int, networks: dict[str, Weights], state: dict[str, Any]) -> Path:
    """Write `checkpoint-IMAGES` into the run's folder; at every moment it is there whole or not at all.

    Raises OSError, one line, where it cannot be written; the earlier ones are as they were.
    """
    folder = run_dir / f"{PREFIX}{images_seen}"
    try:
        with folder_whole(folder, replace=True) as draft:
            _write(draft, images_seen, networks, state)
    except (OSError, RuntimeError, SafetensorError) as error:  # each library has its own error for a full disk
        raise OSError(f"cannot write the checkpoint {str(folder)!r}: {one_line(error)}") from error
    return folder


def _write(draft: Path, images_seen: int, networks: dict[str, Weights], state: dict[str, Any]) -> None:
    for name, weights in networks.items():
        plain = {key: tensor.detach().cpu().contiguous() for key, tensor in weights.items()}
        # safetensors' own file would be its writer's alone to read.
        (draft / f"{name}.safetensors").write_bytes(safetensors.torch.save(plain))
    torch.save(state, draft / _STATE)
    hashes = {path.name: sha256(path) for path in sorted(draft.iterdir())}
    (draft / _MANIFEST).write_text(json.dumps({"images_seen": images_seen, "files": hashes}, indent=2))


def load(folder: Path) -> Checkpoint:
    """Read a checkpoint. Raises ValueError, naming the file, where anything is missing or not as it was written."""
    problem = damage(folder)
    if problem:
        raise ValueError(f"checkpoint {str(folder)!r} is damaged: {problem}")
    networks = {path.stem: load_file(path) for path in sorted(folder.glob("*.safetensors"))}
    return Checkpoint(folder, networks, torch.load(folder / _STATE, map_location="cpu", weights_only=True))


def damage(folder: Path) -> str:
    """What is wrong with a checkpoint's files; empty when nothing is."""
    try:
        files = json.loads((folder / _MANIFEST).read_text())["files"]
        for name, expected in files.items():
            if sha256(folder / name) != expected:
                return f"{name} is not what was written"
    except OSError as error:
        return f"{Path(error.filename or _MANIFEST).name} cannot be read"
    except (ValueError, KeyError, AttributeError, TypeError):
        return f"{_MANIFEST} is not a manifest"
    return "" if _STATE in files else f"{_STATE} is not in the manifest"


def found_in(run_dir: Path) -> list[Path]:
    """The checkpoints of a run, oldest first, whole or not."""
    folders = [path for path in run_dir.glob(f"{PREFIX}*") if path.name.removeprefix(PREFIX).isdecimal()]
    return sorted(folders, key=lambda path: int(path.name.removeprefix(PREFIX)))


def to_resume(run_dir: Path, wanted: str, say: Callable[[str], None]) -> Checkpoint | None:
    """The checkpoint that `--resume_from_checkpoint` means: a folder, or the latest whole one of the run.

    Damaged ones are passed over with a message; None when a run has none that is whole. Raises ValueError when a
    folder was named that cannot be used.
    """
    if wanted != "latest":
        folder = Path(wanted) if Path(wanted).is_dir() else run_dir / wanted
        if not folder.is_dir():
            raise ValueError(f"resume_from_checkpoint must be 'latest' or a checkpoint's folder, got {wanted!r}")
        return load(folder)
    for folder in reversed(found_in(run_dir)):
        try:
            return load(folder)
        except ValueError as error:
            say(f"{error}; trying the one before")
    return None


def start_of(run: Run, say: Callable[[str], None]) -> Checkpoint | None:
    """The checkpoint that a run's flags ask for; None to begin. Writes nothing.

    Raises ValueError, one line, where there is none such, it is of another seed, or a folder with checkpoints would be
    started over by accident.
    """
    folder = run.output_dir
    if not run.resume_from_checkpoint:
        if found_in(folder):
            raise ValueError(
                f"{str(folder)!r} holds an earlier run: give --resume_from_checkpoint latest or another --output_dir"
            )
        return None
    start = to_resume(folder, run.resume_from_checkpoint, say)
    if start is None:
        say(f"no whole checkpoint in {str(folder)!r}: starting from the beginning")
    elif start.state["seed"] != run.seed:
        raise ValueError(f"{start.folder.name} was trained with seed {start.state['seed']}, got {run.seed}")
    else:
        say(f"resuming from {start.folder}")
    return start


def last_good(run_dir: Path) -> Path | None:
    """The latest checkpoint that is whole."""
    return next((folder for folder in reversed(found_in(run_dir)) if not damage(folder)), None)


def prune(run_dir: Path, limit: int) -> None:
    """Keep the latest `limit` checkpoints (0: all), and clear away what a killed process left half written."""
    remove_drafts(run_dir)
    for folder in found_in(run_dir)[:-limit] if limit else []:
        remove_folder(folder)  # at once: a folder half deleted must not look like a damaged checkpoint
