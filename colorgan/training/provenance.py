"""recipe.json of a run: what was trained, how, on which machines, by which versions, in how much time."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from accelerate import Accelerator

from colorgan import __version__
from colorgan.files import write_whole
from colorgan.machine import cores, processor
from colorgan.recipes import Recipe, Run
from colorgan.training.run_folder import RECIPE


def write_provenance(
    recipe: Recipe, run: Run, accelerator: Accelerator, resumed: bool, seconds: float | None = None
) -> None:
    """Write it when a run starts, and again with its seconds when it is done; a resumed run's machines add up."""
    path, here = run.output_dir / RECIPE, machine(accelerator)
    earlier = _machines(path) if resumed else []
    facts: dict[str, Any] = {name: _plain(value) for name, value in asdict(run).items()}
    facts["machines"] = earlier if here in earlier else [*earlier, here]
    facts["versions"] = {"colorgan": __version__, "torch": torch.__version__}
    facts |= {} if seconds is None else {"seconds": round(seconds, 1)}
    write_whole(path, json.dumps({"recipe": asdict(recipe), "run": facts}, indent=2) + "\n")


def machine(accelerator: Accelerator) -> dict[str, Any]:
    """What this run computes on, as a stranger needs to know it; no names of hosts or users."""
    on_gpu = accelerator.device.type == "cuda"
    return {
        "gpu": torch.cuda.get_device_name(accelerator.device) if on_gpu else "",
        "cpu": processor(),
        "cpu_cores": cores(),
        "processes": accelerator.num_processes,
        "mixed_precision": accelerator.mixed_precision,
    }


def _machines(path: Path) -> list[dict[str, Any]]:
    try:
        return list(json.loads(path.read_text())["run"]["machines"])
    except (OSError, ValueError, KeyError, TypeError):
        return []


def _plain(value: Any) -> Any:
    return str(value) if isinstance(value, Path) else value
