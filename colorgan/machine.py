"""This machine: its devices, and what stands beside figures that were measured on it (no names of hosts or users)."""

import functools
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


@functools.cache
def settle_arithmetic() -> None:
    """Make MKL choose the machine code of its vector functions now, on one thread and before any photo is computed.

    It does so at the first call, without a lock: the number that it finds for the processor is written down first and
    corrected afterwards, and a thread that reads it in between computes with other code, of other last bits
    (`mkl_vml_serv_cpu_detect` of MKL 2024.2, which torch 2.13 holds; https://github.com/pytorch/pytorch/issues/188792).
    One number is too few for torch to share it out to threads.
    """
    import torch

    for dtype in (torch.float32, torch.float64):
        one = torch.ones(1, dtype=dtype)
        for function in (torch.exp, torch.log, torch.sqrt, torch.sin, torch.cos, torch.tanh, torch.erf):
            function(one)


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
