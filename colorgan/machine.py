"""This machine: its devices, and what stands beside figures that were measured on it (no names of hosts or users)."""

import platform
from datetime import date
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from torch import device as torch_device
    from torch.nn import Module

SomeModule = TypeVar("SomeModule", bound="Module")


def fastest_device() -> str:
    """The device to use where none was asked for."""
    import torch

    return "cuda" if torch.cuda.is_available() else "mps" if torch.backends.mps.is_available() else "cpu"


def to_device(model: SomeModule, device: "str | torch_device") -> SomeModule:
    """The model, moved; ValueError, one line, where this machine has no such device."""
    try:
        return model.to(device)
    except (RuntimeError, AssertionError, NotImplementedError) as error:
        raise ValueError(f"device must be one of this machine's (cpu is one of them), got {str(device)!r}") from error


def machine() -> dict[str, str]:
    """Date, processor and versions: what stands beside every measured figure."""
    return {
        "date": date.today().isoformat(),
        "processor": processor(),
        "python": platform.python_version(),
        "torch": version("torch"),
    }


def processor() -> str:
    """The CPU's name, as far as the system tells it."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        lines = []
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, "") or platform.processor() or platform.machine()
