"""The photos of an evaluation: the same ones, in the same order, at the same size, whoever is judged.

The protocol: whole photos, upright, in sRGB and on white, their shorter side brought to `resolution` pixels by a
Lanczos filter (smaller ones are enlarged: some metrics depend on the size in pixels). Left out and counted are files
that cannot be read, photos without colour (mean chroma below `MIN_CHROMA`) and prints toned in one colour (there is no
truth to compare with), and photos longer than `LONGEST` to one.
"""

import hashlib
import io
import itertools
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

import torch
from PIL import Image
from torch import Tensor

from colorgan.color import lab_to_gamut_rgb, rgb_to_lab
from colorgan.data import DataError, DataSource, resolve_source
from colorgan.data.decode import is_near_gray, is_toned
from colorgan.data.order import Order
from colorgan.data.shards import JoinedFiles, WindowReader, open_source_files
from colorgan.degrade import age_lightness, film_lightness
from colorgan.images import to_image, to_tensor
from colorgan.photo import PhotoError, open_rgb
from colorgan.photo.fitting import with_shorter_side
from colorgan.seeds import key_of

MIN_CHROMA = 2.0  # ab units; the same as for training photos
LONGEST = 4.0  # times the shorter side
UNREADABLE = "unreadable"  # why a file is left out that no decoder makes a picture of
FILM_SHARE = 0.5  # of old photographs: taken on a film of another sensitivity
SMALLEST, LARGEST = 64, 2048  # resolutions with which the metrics make sense, and memory stays small
_WINDOW_ROWS, _WINDOW_BYTES = 1 << 16, 64 * 2**20  # photos drawn among each other; encoded bytes held while doing so
_BUFFERED = 32  # photos that wait for others of their shape


@dataclass(frozen=True)
class EvaluationPhoto:
    """One photo, as it is judged."""

    name: str  # its place in the data set, without the ending: "1923/wedding", or "data/test-00000-of-00001/000012"
    rgb: Tensor  # uint8 (3, H, W)
    original_size: tuple[int, int]  # width and height of the file, upright


@dataclass(frozen=True)
class PhotoBatch:
    """Photos of one shape, and what a colorizer may know of them."""

    names: tuple[str, ...]
    original_sizes: tuple[tuple[int, int], ...]
    rgb: Tensor  # (N, 3, H, W) in [0, 1]
    lightness: Tensor  # (N, 1, H, W) in [0, 100]
    ab: Tensor  # (N, 2, H, W)
    seen: Tensor  # (N, 1, H, W) in [0, 100]: `lightness`, or what a century would have left of it
    gray: list[Image.Image]  # mode "L", of `seen`: all that a colorizer gets to see


@dataclass
class EvaluationPhotos:
    """The photos of a split of one or more data sets, in an order drawn by the seed; iterating starts anew.

    A larger `limit` begins with the photos of a smaller one. With `aged`, colorizers see each photo as an old one,
    with faults that the seed and the photo's name fix. Without a `resolution` photos keep their size (for others who
    need the same photos: batches need one size). Raises DataError for data that does not exist.
    """

    data: Sequence[str | DataSource]
    split: str = "test"
    resolution: int | None = 256
    seed: int = 0
    limit: int | None = None
    aged: bool = False
    sources: tuple[DataSource, ...] = field(init=False)
    left_out: Counter[str] = field(init=False, default_factory=Counter)  # why -> how many, of the latest iteration
    unreadable: list[str] = field(init=False, default_factory=list)  # photos' names, of the latest iteration

    def __post_init__(self) -> None:
        if self.resolution is not None and not SMALLEST <= self.resolution <= LARGEST:
            raise ValueError(f"resolution must be from {SMALLEST} to {LARGEST} pixels, got {self.resolution}")
        if self.limit is not None and self.limit < 1:
            raise ValueError(f"limit must be at least 1, got {self.limit}")
        if isinstance(self.data, str) or not self.data:
            raise ValueError(f"data must be a list of at least one data set, got {self.data!r}")
        self.sources = tuple(resolve_source(d, self.split) if isinstance(d, str) else d for d in self.data)
        parts = [open_source_files(source.files, source.image_column) for source in self.sources]
        self._files = JoinedFiles(parts)
        self._names = [
            [f"{prefix}{name}" for name in names]
            for source, part, prefix in zip(self.sources, parts, _prefixes(self.sources), strict=True)
            for names in _unit_names(source, part.units())
        ]
        self._order = Order(self._files.units(), key_of(self.seed, "evaluation"), _WINDOW_ROWS, _WINDOW_BYTES)
        if not self._order.rows:
            raise DataError(f"{', '.join(source.name for source in self.sources)} has no photos in {self.split!r}")
        self._digest = hashlib.sha256()

    @property
    def most(self) -> int:
        """How many photos there can be."""
        return min(self._order.rows, self.limit or self._order.rows)

    @property
    def digest(self) -> str:
        """SHA-256 over the files of the latest iteration's photos: equal where the same photos were judged."""
        return self._digest.hexdigest()

    def __iter__(self) -> Iterator[EvaluationPhoto]:
        return itertools.islice(self._usable(), self.limit)

    def batches(self, size: int) -> Iterator[PhotoBatch]:
        """The photos in batches of one shape each, of at most `size`; few are held at a time."""
        photos = iter(self)
        while buffered := list(itertools.islice(photos, max(_BUFFERED, size))):
            shapes: dict[torch.Size, list[EvaluationPhoto]] = {}
            for photo in buffered:
                shapes.setdefault(photo.rgb.shape, []).append(photo)
            for alike in shapes.values():
                for first in range(0, len(alike), size):
                    yield self._batch(alike[first : first + size])

    def _batch(self, photos: Sequence[EvaluationPhoto]) -> PhotoBatch:
        rgb = torch.stack([photo.rgb for photo in photos]).float() / 255
        lightness, ab = rgb_to_lab(rgb)
        seen = lightness
        if self.aged:
            named = zip(photos, rgb, strict=True)
            seen = torch.cat([aged_lightness(one[None], f"{self.seed} {photo.name}") for photo, one in named])
        gray = lab_to_gamut_rgb(seen, torch.zeros_like(ab))[:, 0].mul(255).round().to(torch.uint8)
        return PhotoBatch(
            names=tuple(photo.name for photo in photos),
            original_sizes=tuple(photo.original_size for photo in photos),
            rgb=rgb,
            lightness=lightness,
            ab=ab,
            seen=seen,
            gray=[to_image(one[None]) for one in gray],
        )

    def _usable(self) -> Iterator[EvaluationPhoto]:
        self.left_out, self.unreadable, self._digest = Counter(), [], hashlib.sha256()
        reader = WindowReader([(self._files, self._order)])
        try:
            for position in range(self._order.rows):
                window, slot = self._order.locate(position)
                which, row = window.find(slot)
                encoded = reader.row(0, window, slot)
                name = self._names[window.units[which]][row]
                photo = self._photo(name, encoded or b"")
                if isinstance(photo, str):
                    self.left_out[photo] += 1
                    self.unreadable += [name] if photo == UNREADABLE else []
                    continue
                self._digest.update(encoded or b"")
                yield photo
        finally:
            reader.close()

    def _photo(self, name: str, encoded: bytes) -> EvaluationPhoto | str:
        """A file's bytes -> the photo, or why it is left out."""
        try:
            image = open_rgb(io.BytesIO(encoded))
        except PhotoError:
            return UNREADABLE
        if untrue := why_untrue(image):
            return untrue
        shown = image if self.resolution is None else with_shorter_side(image, self.resolution)
        return EvaluationPhoto(name, to_tensor(shown), image.size)


def why_untrue(rgb: Image.Image) -> str:
    """Why there is nothing in an RGB image to compare colours with; empty where there is."""
    if max(rgb.size) > LONGEST * min(rgb.size):
        return f"longer than {LONGEST:g} : 1"
    if is_near_gray(rgb, MIN_CHROMA):
        return "without colour"
    return "toned in one colour" if is_toned(rgb) else ""


def aged_lightness(rgb: Tensor, seed: str) -> Tensor:
    """RGB (1, 3, H, W) in [0, 1] -> L (1, 1, H, W) in [0, 100] of an old print of it; equal seeds, equal prints.

    The faults are those of `colorgan.degrade`, which training uses as well; here every photo has some.
    """
    generator = torch.Generator().manual_seed(int.from_bytes(hashlib.sha256(seed.encode()).digest()[:7], "big"))
    return age_lightness(film_lightness(rgb, FILM_SHARE, generator), 1.0, generator)


def _unit_names(source: DataSource, units: Sequence[tuple[int, int, int, int]]) -> Iterator[list[str]]:
    """The names of the photos of each unit: a file's path in its folder, or a shard's and the row."""
    root = Path(source.name).expanduser().absolute()
    before: Counter[int] = Counter()  # rows of a shard that are in its units so far
    for file, _, rows, _ in units:
        if source.is_parquet:
            stem = _relative(source.files[file], root)
            yield [f"{stem}/{before[file] + row:06d}" for row in range(rows)]
            before[file] += rows
        else:
            yield [_relative(one, root) for one in source.files[file : file + rows]]


def _relative(file: str, root: Path) -> str:
    """A file -> its path in the data set's folder without the ending; of a Hub file, its last part."""
    path = Path(file)
    inside = path.relative_to(root) if path.is_relative_to(root) and path != root else Path(path.name)
    return str(PurePosixPath(inside.with_suffix("")))


def _prefixes(sources: Sequence[DataSource]) -> list[str]:
    """What tells the photos of several data sets apart: the sets' last names, numbered where these are alike."""
    if len(sources) == 1:
        return [""]
    names = [Path(source.name).name for source in sources]
    return [f"{name}/" if names.count(name) == 1 else f"{name}-{number}/" for number, name in enumerate(names, start=1)]
