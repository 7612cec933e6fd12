"""One job at a time on one target: a file that says who is at work, renewed while it lives.

Object stores have no locks. A job writes its claim, waits a moment, and looks who else has one: of two that begin at
once, one or both see the other and give way. A job that was killed leaves its claim, which counts for nothing once
nobody has renewed it for so long as `Pace` says; at once where its process is seen to be gone from this machine.
"""

import contextlib
import json
import os
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from colorgan.addresses import Root
from colorgan.archive.table import HOME, shard_of
from colorgan.files import one_line

CLAIMS = f"{HOME}/claims"
SETTLE_S = 0.5


@dataclass(frozen=True)
class Pace:
    """Seconds after which a claim is renewed, and after which one that was not counts for nothing."""

    beat_s: float
    stale_s: float


PACE, SLOW_PACE = Pace(20.0, 120.0), Pace(600.0, 1500.0)  # slow where each renewal is a commit


def pace_of(output: Root) -> Pace:
    """How claims on a target are renewed."""
    return SLOW_PACE if output.is_versioned else PACE


class TakenError(ValueError):
    """Another job is at work on the target."""


class LostClaimError(RuntimeError):
    """Another job has taken the target over, since this one was thought dead."""


@contextlib.contextmanager
def claimed(output: Root, run: str) -> Iterator[threading.Event]:
    """While inside, no other job works on the target, but those of other shards -> set once the claim is lost.

    Raises:
        TakenError: another job is at work there; one line.
        ValueError: the target cannot be written to; one line.
    """
    file = f"{CLAIMS}/{shard_of(run) or 'all'}.json"
    lost = threading.Event()
    _check_free(output, run)
    try:
        _renew(output, file, run)
        if not isinstance(output.local(""), Path):
            time.sleep(SETTLE_S)
        _check_free(output, run)
    except OSError as error:
        raise ValueError(f"cannot write into {output.shown!r}: {one_line(error)}") from error
    over = threading.Event()
    beating = threading.Thread(target=_beat, args=(output, file, run, over, lost), daemon=True)
    beating.start()
    try:
        yield lost
    finally:
        over.set()
        beating.join()
        if not lost.is_set():
            with contextlib.suppress(OSError):
                output.remove([file])


def _beat(output: Root, file: str, run: str, over: threading.Event, lost: threading.Event) -> None:
    while not over.wait(pace_of(output).beat_s):
        with contextlib.suppress(OSError, ValueError):  # a network that is away comes back, or the work fails too
            if _read(output, file).get("run") not in (run, None):
                lost.set()
                return
            _renew(output, file, run)


def _check_free(output: Root, run: str) -> None:
    """Refuse where another job of all photos, or of this shard, or of other shards' number, is at work."""
    mine = shard_of(run)
    for name in sorted(output.taken(CLAIMS)):
        theirs = name.removesuffix(".json").removeprefix("all")
        if mine and theirs and mine != theirs and mine.partition("-of-")[2] == theirs.partition("-of-")[2]:
            continue
        claim = _read(output, f"{CLAIMS}/{name}")
        if claim.get("run") in (run, None) or _is_gone(claim):
            continue
        age, stale_s = time.time() - float(claim["renewed"]), pace_of(output).stale_s
        if age < stale_s:
            began = datetime.fromtimestamp(float(claim["began"]), UTC).strftime("%Y-%m-%d %H:%M UTC")
            raise TakenError(
                f"another job is at work on {output.shown!r} since {began}: wait for its end, or, "
                f"if it was killed, {stale_s - max(age, 0):.0f} seconds"
            )


def _renew(output: Root, file: str, run: str) -> None:
    began = _read(output, file)
    since = began["began"] if began.get("run") == run else time.time()
    claim = {"run": run, "began": since, "renewed": time.time(), "process": os.getpid(), "machine": _machine()}
    output.write(file, json.dumps(claim).encode())


def _read(output: Root, file: str) -> dict[str, Any]:
    """A claim; nothing where there is none."""
    try:
        found = json.loads(output.read(file))
    except (FileNotFoundError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _is_gone(claim: dict[str, Any]) -> bool:
    """Whether a claim's process was one of this machine, since it was switched on, and is no more."""
    return claim["machine"] == _machine() != "" and not Path(f"/proc/{claim['process']}").exists()


def _machine() -> str:
    """This machine, since it was switched on, and this container of it; "" where that cannot be told."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip() + str(Path("/proc/self/ns/pid").readlink())
    except OSError:
        return ""
