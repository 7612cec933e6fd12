"""What is done of a film, kept on the disk while the rest is: a folder beside the film to be, `film.mp4.parts`.

Segment by segment there are two files: its packets (`00000.nut`), then all else that is known after it
(`00000.safetensors`). A segment counts once the second is there, and each file is there whole or not at all; so a run
that is killed at any moment goes on after the last whole segment. What the run was asked for is in `plan.json`.
"""

import hashlib
import json
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from colorgan.files import file_whole, remove_drafts, remove_folder, write_whole
from colorgan.film.formats import parts_of

PLAN = "plan.json"
SO_FAR = "so-far"  # the playable film that an interrupted run leaves, with the film's ending
_HEAD_BYTES = 1 << 20
_COLOURS = "colours."


@dataclass(frozen=True)
class Segment:
    """A segment that is done.

    pts, durations: of its frames, in order, in the film's time base.
    order: for each of its packets, in theirs, which of the frames it is.
    last: what tells the last frame of the source from others.
    damaged: seconds at which the source was damaged up to here.
    ends: whether the film ends with it.
    colours: what `FilmColours.state` said after it.
    """

    pts: list[int]
    durations: list[int]
    order: list[int]
    last: str
    damaged: list[float]
    ends: bool
    colours: dict[str, Tensor]

    def without_colours(self) -> "Segment":
        """What joining needs: of all segments of a long film, colours would fill the memory."""
        return replace(self, colours={})


class Parts:
    """The parts of one film to be."""

    def __init__(self, output: Path):
        self.output = Path(os.path.realpath(output))  # a link keeps pointing to what it pointed to
        self.folder = parts_of(self.output)

    @property
    def exist(self) -> bool:
        """Whether there are any."""
        return (self.folder / PLAN).is_file()

    def begin(self, asked: Mapping[str, Any]) -> None:
        """Clear away what is there, and say what is asked for."""
        self.remove()
        self.folder.mkdir(parents=True)
        write_whole(self.folder / PLAN, json.dumps(asked, indent=2) + "\n")

    def resume(self, asked: Mapping[str, Any]) -> list[Segment]:
        """The segments that are done, of a run that was asked for the same; the colours of the last one alone.

        Raises:
            ValueError: it was asked for something else.
        """
        try:
            before = json.loads((self.folder / PLAN).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            before = {}
        other = [name for name in asked if before.get(name) != asked[name]]
        if other:
            raise ValueError(
                f"{str(self.folder)!r} was begun with another {', '.join(other)}: take the same, or --overwrite it"
            )
        remove_drafts(self.folder)
        done = list[Segment]()
        while (segment := self._read(len(done))) is not None:
            done[-1:] = [one.without_colours() for one in done[-1:]]
            done.append(segment)
        return done

    @contextmanager
    def packets_whole(self, number: int) -> Iterator[Path]:
        """A name to write a segment's packets under; afterwards they are there, whole."""
        with file_whole(self.packets(number)) as draft:
            yield draft

    def save(self, number: int, segment: Segment) -> None:
        """A segment is done; its packets are there."""
        tensors = {_COLOURS + name: tensor.contiguous() for name, tensor in segment.colours.items()}
        for name in ("pts", "durations", "order"):
            tensors[name] = torch.tensor(getattr(segment, name), dtype=torch.int64)
        about = {"last": segment.last, "damaged": json.dumps(segment.damaged), "ends": json.dumps(segment.ends)}
        write_whole(self._knowledge(number), save(tensors, about))

    def packets(self, number: int) -> Path:
        """The file of a segment's packets."""
        return self.folder / f"{number:05}.nut"

    def so_far(self, ending: str) -> Path:
        """The file of the playable film that an interrupted run leaves."""
        return self.folder / (SO_FAR + ending)

    @contextmanager
    def output_whole(self) -> Iterator[Path]:
        """A name to write the film under; afterwards it is there, whole. What a killed run leaves of it is here, too,
        and is cleared away with all else."""
        whole = self.folder / f"whole{self.output.suffix}"
        with file_whole(whole) as draft:
            yield draft
        whole.replace(self.output)

    def remove(self) -> None:
        """Clear them away."""
        if self.folder.is_dir() and not self.folder.is_symlink():
            remove_folder(self.folder) if self.exist else shutil.rmtree(self.folder)

    def _knowledge(self, number: int) -> Path:
        return self.folder / f"{number:05}.safetensors"

    def _read(self, number: int) -> Segment | None:
        if not self.packets(number).is_file() or not self._knowledge(number).is_file():
            return None
        try:
            with safe_open(self._knowledge(number), "pt") as file:
                about, tensors = file.metadata(), {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        except (OSError, SafetensorError):
            return None
        return Segment(
            pts=tensors.pop("pts").tolist(),
            durations=tensors.pop("durations").tolist(),
            order=tensors.pop("order").tolist(),
            last=about["last"],
            damaged=json.loads(about["damaged"]),
            ends=json.loads(about["ends"]),
            colours={name.removeprefix(_COLOURS): tensor for name, tensor in tensors.items()},
        )


def identity_of(source: Path) -> str:
    """What tells a film's file from others without reading all of it: its size, its beginning and its end."""
    size = source.stat().st_size
    digest = hashlib.sha256(str(size).encode())
    with source.open("rb") as file:
        digest.update(file.read(_HEAD_BYTES))
        file.seek(max(0, size - _HEAD_BYTES))
        digest.update(file.read(_HEAD_BYTES))
    return digest.hexdigest()
