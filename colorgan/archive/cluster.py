"""Parts of the jobs shared out by Ray Data: numbers of parts go out, counts come back, an actor for each device.

An actor that dies is started anew, and its part is done again: pictures that it made are there and are kept, and the
part's outcomes are written whole, in the place of what it wrote. Should an engine lose a part for good, it goes through
the remaining ones once more.
"""

import contextlib
import json
import logging
import os
import socket
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from colorgan.archive.delivering import Tally, Terms
from colorgan.archive.running import Engine, UndoneError
from colorgan.archive.working import Worker
from colorgan.files import one_line
from colorgan.folder.pipeline import DiskFullError
from colorgan.machine import to_device

if TYPE_CHECKING:
    from PIL import Image

    from colorgan.colorizer import Colorizer

_ROUNDS = 3
Parts = Sequence[tuple[str, int]]


@contextlib.contextmanager
def engine_on(address: str, device: str | None, reference: "Image.Image | None" = None) -> Iterator[Engine]:
    """Ray's engine, as long as the cluster is held.

    Args:
        address: "auto" for the cluster of this machine, of which one is started where there is none; "ray://HOST:10001".
        device: "cpu" for none but cores; by default a worker for each GPU, where there are any, or else for each core.
        reference: the photo of `Settings.reference`, which workers on GPUs see for themselves.

    Raises:
        ValueError: there is no such cluster, or no Ray; one line.
    """
    try:
        import ray  # noqa: F401
    except ModuleNotFoundError as error:
        raise ValueError("--ray needs Ray: pip install 'colorgan[ray]'") from error

    def engine(terms: Terms, parts: Parts, colorizer: "Colorizer", told: Callable[[Tally], None]) -> None:
        _share_out(terms, parts, colorizer, told, device, reference)

    with _connected(address):
        yield engine


class _Painter:
    """A worker: a process with a device of its own."""

    def __init__(self, common: tuple[Any, ...], device: str, threads: int):
        import ray

        torch.set_num_threads(threads)
        terms, self.parts, colorizer, image = (ray.get(one) for one in common)
        self.colorizer = to_device(colorizer, device)
        if image is not None:
            terms = replace(terms, settings=replace(terms.settings, reference=self.colorizer.see(image)))
        self.terms = terms

    def __call__(self, batch: dict[str, Any]) -> dict[str, Any]:
        done = [self._do(int(number)) for number in batch["id"]]
        return {
            "id": batch["id"],
            "tally": [json.dumps(asdict(tally)) for tally, _ in done],
            "undone": [why for _, why in done],
        }

    def _do(self, number: int) -> tuple[Tally, str]:
        """What became of a part, and why it is not done: an exception would cost others' parts too."""
        tally = Tally()
        try:
            Worker(self.terms, self.colorizer, tally.add).work([self.parts[number]])
        except DiskFullError as error:
            return replace(tally, stopped=f"the disk is full: cannot write {error.filename!r}"), ""
        except Exception as error:
            return tally, one_line(error, name_class=True)
        return tally, ""


@contextlib.contextmanager
def _connected(address: str) -> Iterator[None]:
    """In a cluster; one that was started for this is stopped afterwards."""
    import ray

    if ray.is_initialized():
        yield
        return
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # it would tell its makers
    quiet: dict[str, Any] = {"logging_level": logging.ERROR, "log_to_driver": False}
    here = _current_cluster() if address == "auto" else address
    if here is None or not _answers(here):
        if address != "auto":
            raise ValueError(f"nobody answers at {address!r}: name a Ray cluster, ray://HOST:10001, or auto")
        here, quiet = "local", quiet | {"include_dashboard": False}
    try:
        ray.init(address=here, **quiet)
    except (ConnectionError, RuntimeError, ValueError) as error:
        raise ValueError(f"cannot join Ray at {here!r}: {one_line(error)}") from error
    try:
        yield
    finally:
        ray.shutdown()


def _current_cluster() -> str | None:
    """The address of this machine's cluster, dead or alive, as Ray's own "auto" finds it."""
    if address := os.environ.get("RAY_ADDRESS"):
        return address
    folder = Path(os.environ.get("RAY_TMPDIR") or os.environ.get("TMPDIR") or "/tmp")  # noqa: S108
    with contextlib.suppress(OSError):
        return (folder / "ray" / "ray_current_cluster").read_text().strip() or None
    return None


def _answers(address: str) -> bool:
    """Whether somebody listens there. Ray waits for a cluster that is gone for ever."""
    host, _, port = address.removeprefix("ray://").partition("/")[0].rpartition(":")
    if not (host and port.isdecimal()):
        return address == "local"
    with contextlib.suppress(OSError), socket.create_connection((host.strip("[]"), int(port)), timeout=5):
        return True
    return False


def _share_out(
    terms: Terms,
    parts: Parts,
    colorizer: "Colorizer",
    told: Callable[[Tally], None],
    device: str | None,
    reference: "Image.Image | None",
) -> None:
    import ray

    actors, each, place = _places(ray.cluster_resources(), device)
    image = reference if place != "cpu" else None
    common = tuple(map(ray.put, (terms, tuple(parts), colorizer, image)))  # held here as long as workers may need them
    left = list(range(len(parts)))
    outcomes = _outcomes_there if ray.util.client.ray.is_connected() else _outcomes
    for _ in range(_ROUNDS):
        done, why = set[int](), ""
        try:
            for number, tally, undone in outcomes(left, (common, place, int(each["num_cpus"])), actors, each):
                why = undone or why
                if not undone:
                    done.add(number)
                    told(tally)
                if tally.stopped:
                    raise UndoneError(tally.stopped)
        except ray.exceptions.RayError as error:
            why = one_line(error, name_class=True)
        left = [number for number in left if number not in done]
        if not left:
            return
    photos = sum(parts[number][1] for number in left)
    raise UndoneError(f"workers failed {_ROUNDS} times at {photos} photos: {why or 'they died'}")


def _outcomes(
    numbers: Sequence[int], arguments: tuple[Any, ...], actors: int, each: dict[str, Any]
) -> Iterator[tuple[int, Tally, str]]:
    """Parts, as they are done."""
    import ray.data

    logging.getLogger("ray.data").setLevel(logging.CRITICAL)  # what went wrong is told at the end, in a line
    context = ray.data.DataContext.get_current()
    context.enable_progress_bars = False
    context.print_on_execution_start = False
    context.max_errored_blocks = -1  # a part that no worker survives is told of at the end
    rows = ray.data.from_items([{"id": number} for number in numbers], override_num_blocks=len(numbers))
    pool = ray.data.ActorPoolStrategy(size=min(actors, len(numbers)), max_tasks_in_flight_per_actor=2)
    done = rows.map_batches(_Painter, fn_constructor_args=arguments, compute=pool, batch_size=None, **each)
    for row in done.iter_rows():
        yield int(row["id"]), Tally(**json.loads(row["tally"])), row["undone"]


class _Foreman:
    """Shares work out inside the cluster, where Ray Data has to be: not in a client from outside (ray://)."""

    def __init__(self, *arguments: Any):
        self.outcomes = _outcomes(*arguments)

    def next(self) -> tuple[int, Tally, str] | None:
        """The next part that is done; None after the last."""
        return next(self.outcomes, None)


def _outcomes_there(*arguments: Any) -> Iterator[tuple[int, Tally, str]]:
    """Parts, as they are done, from a cluster that this program is a client of."""
    import ray

    foreman: Any = ray.remote(_Foreman).options(num_cpus=0).remote(*arguments)
    while (outcome := ray.get(foreman.next.remote())) is not None:
        yield outcome


def _places(resources: dict[str, float], device: str | None) -> tuple[int, dict[str, Any], str]:
    """How many workers, what each needs, and the device that it works on."""
    cores, gpus = max(int(resources.get("CPU", 1)), 1), int(resources.get("GPU", 0))
    if gpus and device != "cpu":
        return gpus, {"num_gpus": 1, "num_cpus": max(cores // gpus, 1)}, "cuda"
    return cores, {"num_cpus": 1}, "cpu"
