"""This machine: its devices, and what stands beside figures that were measured on it (no names of hosts or users)."""

import contextlib
import functools
import gc
import os
import platform
import sys
from collections.abc import Iterator
from datetime import date
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


def cores() -> int:
    """How many of this machine's cores the process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def computes_bfloat16() -> bool:
    """Whether the processor multiplies bfloat16 itself; torch computes with it on others too, by way of float32.

    True as well where torch is too old to say.
    """
    import torch

    asked = getattr(torch.cpu, "get_capabilities", None)
    able = asked() if asked else {"bf16": True}
    return any(able.get(name) for name in ("avx512_bf16", "amx_bf16", "bf16"))


def let_threads_sleep(spins: int = 0) -> None:
    """For programs of our own, before torch is imported: its threads sleep while they wait for one another.

    Otherwise those of OpenMP spin for milliseconds after each operation, on cores that a busy machine has other work
    for: a photo then takes three to five times as long, and on an idle machine a twentieth less. What was set holds.

    spins: how often they look before, where the OpenMP is GNU's. Training, which is all torch's, would be a fifth
        slower on an idle machine without; with 2,000 it loses a tenth there, and is as fast as without on a busy one.
    """
    if not spins:
        os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    elif "OMP_WAIT_POLICY" not in os.environ:
        os.environ.setdefault("GOMP_SPINCOUNT", str(spins))


@contextlib.contextmanager
def without_collector() -> Iterator[None]:
    """Start a program without Python's search for circles of garbage, which goes on afterwards where it was on.

    Imports and models make hundreds of thousands of objects that stay, and the search walks them over and over.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def give_back_memory() -> None:
    """Hand memory that was freed back to the system, where the C library (glibc) keeps it for whoever asks next."""
    if sys.platform == "linux":
        import ctypes

        with contextlib.suppress(AttributeError, OSError):  # other C libraries keep little
            ctypes.CDLL(None).malloc_trim(0)


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
    from importlib.metadata import version  # here, as ctypes below: nobody who asks for --help should wait for it

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
