"""Photos as an endless stream of batches, every one of them a function of (arguments, image count).

There is no state to save: `start_images` alone brings back the exact continuation, for any number of processes and
workers. So a dropped photo leaves no gap that would have to be counted: its place goes to a stand-in, the next good
photo from half a window away. Each good photo comes exactly once per epoch in its own place, and the stand-ins on top.
"""

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import chain, islice
from itertools import count as numbers_from
from typing import TypedDict

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor
from torch.utils.data import DataLoader, IterableDataset, get_worker_info

from colorgan.data.decode import Fault, Place, decode_square
from colorgan.data.order import Mix, Order, Window, uniforms
from colorgan.data.retry import DataError
from colorgan.data.shards import JoinedFiles, WindowReader, open_source_files
from colorgan.data.sources import DataSource, resolve_source
from colorgan.images import to_tensor
from colorgan.seeds import key_of

# Windows close early at this size, so that memory does not grow with the photos. Each worker holds up to two.
WINDOW_BYTES = 64 * 2**20
_MAX_WORKERS = 64
_COUNTED = (None, Fault.BROKEN, Fault.GRAY)  # None: good photos
# Pillow keeps so many freed pictures' memory (of 16 MB at most) for the next ones: taken from the heap each time, it
# grows full of holes, by 100 MB a worker over 4,000 photos at 256 pixels.
_PILLOW_BLOCKS = 8
_NAMED = 5  # broken photos that a report names
_DRAWS = 4  # random numbers to a photo: the crop's side, its two offsets, the flip


class StreamBatch(TypedDict):
    """What a stream yields."""

    rgb: Tensor  # uint8 (N, 3, R, R)
    images_seen: int  # over all processes, this batch included
    epoch: int  # whole epochs done after this batch


class PhotoStream(IterableDataset[StreamBatch]):
    """Endless batches of squares out of one or several data sets.

    sources: names for `resolve_source`, or what it returned. weights: how often each is drawn, relative to one
    another; without them all are one set, and every photo comes once per epoch. resolution: the squares' side in
    pixels; of several, each global batch draws one. crop: the "center" square, or a "random" one whose side is
    between the two shares crop_scale of the largest square's. min_chroma: photos of less mean chroma (units of ab)
    are dropped. batch_size: images to a step over all processes; this rank yields batch_size / world_size of them.
    start_images: where to go on. window: rows that are shuffled among each other, at least. max_photos: rows of each
    source that are used, a fixed draw for all seeds (0: all).

    Memory: the encoded photos of two windows for each worker (and for each source, under weights).
    Raises ValueError for bad arguments, DataError for data that cannot be read.
    """

    def __init__(
        self,
        sources: Sequence[str | DataSource],
        *,
        split: str = "train",
        weights: Sequence[float] | None = None,
        resolution: int | tuple[int, ...],
        crop: str = "center",
        crop_scale: tuple[float, float] = (1.0, 1.0),
        flip: bool = False,
        min_chroma: float = 0.0,
        seed: int,
        batch_size: int,
        rank: int = 0,
        world_size: int = 1,
        start_images: int = 0,
        window: int = 1024,
        max_photos: int = 0,
    ) -> None:
        self.resolutions = (resolution,) if isinstance(resolution, int) else tuple(resolution)
        self.crop, self.crop_scale, self.flip, self.min_chroma = crop, crop_scale, flip, min_chroma
        self.seed, self.batch_size, self.rank, self.world_size = seed, batch_size, rank, world_size
        self.start_images, self.window, self.max_photos = start_images, window, max_photos
        self._check(sources, weights)
        self.sources = tuple(resolve_source(s, split) if isinstance(s, str) else s for s in sources)
        self._sets, self._mix = self._arrange(weights)
        # One row of counts for the main process and each worker, in memory that they share.
        self._counts = torch.zeros(1 + _MAX_WORKERS, len(_COUNTED), dtype=torch.int64).share_memory_()
        # The positions of the first broken photos that each has met, -1 where there are no more.
        self._broken = torch.full((1 + _MAX_WORKERS, _NAMED), -1, dtype=torch.int64).share_memory_()

    @property
    def photos_per_epoch(self) -> int:
        """Rows of all sources together, the ones that will be dropped included."""
        return sum(order.rows for _, order in self._sets)

    def __iter__(self) -> Iterator[StreamBatch]:
        worker = get_worker_info()
        number, workers = (worker.id, worker.num_workers) if worker else (0, 1)
        row = 1 + number if worker else 0
        if worker:
            Image.core.set_blocks_max(_PILLOW_BLOCKS)
        reader = WindowReader(self._sets)
        try:
            # Workers take whole batches in turn, so that the order is the same for any number of them.
            for batch in numbers_from(number, workers):
                first = self.start_images + batch * self.batch_size
                seen = first + self.batch_size
                yield {
                    "rgb": self._batch(reader, first, row),
                    "images_seen": seen,
                    "epoch": seen // self.photos_per_epoch,
                }
        finally:
            reader.close()

    def encoded_photos(self) -> Iterator[bytes | None]:
        """The first epoch's files in order, as they were stored; None where there is none."""
        reader = WindowReader(self._sets)
        try:
            for position in range(self.photos_per_epoch):
                number, window, slot = self._find(position)
                yield reader.row(number, window, slot)
        finally:
            reader.close()

    def usable_photos(self) -> Iterator[Tensor]:
        """The first epoch's good photos in order, uint8 (3, R, R), without stand-ins."""
        for encoded, place in zip(self.encoded_photos(), self._places(np.arange(self.photos_per_epoch)), strict=True):
            photo = decode_square(encoded, self.resolutions[0], place, self.min_chroma)
            if not isinstance(photo, Fault):
                yield to_tensor(photo)

    def report(self) -> str:
        """One line: photos read and replaced by this process and its workers, prefetched batches included."""
        good, broken, gray = self._counts.sum(0).tolist()
        return (
            f"{good + broken + gray:,} photos read: {good:,} good; "
            f"{broken:,} broken{self._broken_names(broken)} and {gray:,} near-gray or toned ones replaced"
        )

    def _broken_names(self, count: int) -> str:
        """In brackets, the names of the first broken photos, each once."""
        found = [self._find(position) for position in sorted(self._broken[self._broken >= 0].tolist())]
        places = [(number, window, *window.find(slot)) for number, window, slot in found]
        named = {self._sets[number][0].name(window.units[which], row): None for number, window, which, row in places}
        names = [*named][:_NAMED]
        if not names:
            return ""
        return f" ({', '.join(map(repr, names))}{' and others' if count > len(names) else ''})"

    def _batch(self, reader: WindowReader, first: int, counted: int) -> Tensor:
        """This rank's slice of the global batch that begins at image `first`: uint8 (N, 3, R, R).

        counted: the row of counts that is this worker's.
        """
        local = self.batch_size // self.world_size
        positions = np.arange(local) + first + self.rank * local
        (draw,) = uniforms(key_of(self.seed, "resolution"), np.array([first]))
        side = self.resolutions[int(draw * len(self.resolutions))]
        rgb = _new_batch(local, side)
        met: dict[Fault | None, list[int]] = {kind: [] for kind in _COUNTED}
        for row, (position, place) in enumerate(zip(positions.tolist(), self._places(positions), strict=True)):
            rgb[row] = to_tensor(self._photo(reader, position, side, place, met))
        counts = self._counts[counted]
        counts += torch.tensor([len(met[kind]) for kind in _COUNTED])  # at once: a tensor is slow to count with
        for position in met[Fault.BROKEN]:
            free = (self._broken[counted] < 0).nonzero()
            if len(free):
                self._broken[counted, free[0]] = position
        return rgb

    def _photo(
        self, reader: WindowReader, position: int, side: int, place: Place, met: dict[Fault | None, list[int]]
    ) -> Image.Image:
        """The photo at a position, or its stand-in."""
        number, window, slot = self._find(position)
        rows = len(window.slots)
        faults: Counter[Fault] = Counter()
        for candidate in chain([slot], ((slot + rows // 2 + step) % rows for step in range(rows))):
            photo = decode_square(reader.row(number, window, candidate), side, place, self.min_chroma)
            if not faults:  # the position's own photo; what a stand-in's search meets is counted in its own place
                met[photo if isinstance(photo, Fault) else None].append(position)
            if not isinstance(photo, Fault):
                return photo
            faults[photo] += 1
        names = ", ".join(source.name for source in self.sources)
        raise DataError(
            f"none of {rows} photos in a row of {names} can be used: {faults[Fault.BROKEN]} reads were broken, "
            f"{faults[Fault.GRAY]} near-gray or toned (min_chroma={self.min_chroma:g})"
        )

    def _places(self, positions: NDArray[np.int64]) -> list[Place]:
        """Where the square lies in the photo at each position."""
        draws = uniforms(key_of(self.seed, "augment"), positions[:, None] * _DRAWS + np.arange(_DRAWS))
        low, high = self.crop_scale
        return [
            Place(low + side * (high - low), x, y, self.flip and mirror < 0.5)
            if self.crop == "random"
            else Place(flip=self.flip and mirror < 0.5)
            for side, x, y, mirror in draws.tolist()
        ]

    def _find(self, position: int) -> tuple[int, Window, int]:
        """Image count -> (number of the set, window, slot)."""
        number, own = self._mix.locate(position) if self._mix else (0, position)
        return (number, *self._sets[number][1].locate(own))

    def _arrange(self, weights: Sequence[float] | None) -> tuple[list[tuple[JoinedFiles, Order]], Mix | None]:
        """The sets to draw from, each with its order; a Mix of them where there are weights."""
        sets = []
        for number, together in enumerate([self.sources] if weights is None else [(s,) for s in self.sources]):
            files = JoinedFiles(
                [open_source_files(source.files, source.image_column) for source in together], self.max_photos
            )
            order = Order(files.units(), key_of(self.seed, "order", number), self.window, WINDOW_BYTES)
            if not order.rows:
                names = ", ".join(source.name for source in together)
                raise DataError(f"{names} has no photos in split {together[0].split!r}")
            sets.append((files, order))
        return sets, None if weights is None else Mix(weights, key_of(self.seed, "mix"))

    def _check(self, sources: Sequence[str | DataSource], weights: Sequence[float] | None) -> None:
        if isinstance(sources, str) or not sources:
            raise ValueError(f"sources must be a list of at least one data set, got {sources!r}")
        if weights is not None and (
            len(weights) != len(sources) or not all(math.isfinite(w) and w > 0 for w in weights)
        ):
            raise ValueError(f"weights must be one positive number for each of {len(sources)} sources, got {weights}")
        if not self.resolutions or min(self.resolutions) < 1:
            raise ValueError(f"resolution must be at least 1 pixel, got {self.resolutions}")
        if self.crop not in ("center", "random"):
            raise ValueError(f"crop must be 'center' or 'random', got {self.crop!r}")
        if not 0 < self.crop_scale[0] <= self.crop_scale[1] <= 1:
            raise ValueError(f"crop_scale must be two rising shares in (0, 1], got {self.crop_scale}")
        if self.batch_size < 1 or self.world_size < 1 or self.batch_size % self.world_size:
            raise ValueError(f"batch_size must be a multiple of {self.world_size} processes, got {self.batch_size}")
        if not 0 <= self.rank < self.world_size:
            raise ValueError(f"rank must be in [0, {self.world_size}), got {self.rank}")
        if self.start_images < 0 or self.window < 1 or self.max_photos < 0:
            raise ValueError(
                f"start_images, window and max_photos must not be negative, got {self.start_images}, {self.window} "
                f"and {self.max_photos}"
            )


def _new_batch(count: int, side: int) -> Tensor:
    """Room for a batch, uint8 (count, 3, side, side); in a worker, in the memory that it is sent in.

    Moved there only when sent, as torch does unasked, it costs a copy and leaves a hole in the worker's heap.
    """
    if get_worker_info() is None:
        return torch.empty(count, 3, side, side, dtype=torch.uint8)
    shared = torch.UntypedStorage._new_shared(count * 3 * side * side)  # as torch's own default_collate does
    return torch.empty(0, dtype=torch.uint8).set_(shared).view(count, 3, side, side)


def photo_loader(stream: PhotoStream, num_workers: int = 0) -> DataLoader[StreamBatch]:
    """A DataLoader of the stream's own batches; they are the same for any num_workers. Not to be sharded again."""
    if not 0 <= num_workers <= _MAX_WORKERS:
        raise ValueError(f"num_workers must be in [0, {_MAX_WORKERS}], got {num_workers}")
    return DataLoader(stream, batch_size=None, num_workers=num_workers, pin_memory=torch.cuda.is_available())


def fixed_photos(
    datasets: Sequence[str | DataSource],
    *,
    split: str,
    resolution: int,
    count: int,
    seed: int,
    min_chroma: float = 0.0,
    max_photos: int = 0,
) -> Tensor:
    """A fixed draw of at most `count` different photos, uint8 (N, 3, R, R): their largest centre squares.

    Broken photos, and those of less mean chroma than `min_chroma` (ab units), are passed over. A larger draw by the
    same seed begins with the smaller one. `max_photos`: of each data set, as of `PhotoStream`.

    Raises:
        DataError: a data set that does not exist, or no usable photo.
    """
    if count < 1:
        raise ValueError(f"count must be at least 1, got {count}")
    stream = PhotoStream(
        datasets,
        split=split,
        resolution=resolution,
        min_chroma=min_chroma,
        seed=seed,
        batch_size=1,
        max_photos=max_photos,
    )
    photos = list(islice(stream.usable_photos(), count))
    if not photos:
        raise DataError(f"{', '.join(source.name for source in stream.sources)} has no usable photos in {split!r}")
    return torch.stack(photos)
