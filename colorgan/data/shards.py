"""Encoded photos out of parquet shards and image files, local or on the Hub, a unit at a time."""

import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Protocol, cast

from colorgan.data.order import Order, Unit, Window, drawn_units
from colorgan.data.retry import DataError, with_retries
from colorgan.files import one_line

if TYPE_CHECKING:
    import pyarrow as pa

HUB_PREFIX = "hf://"
FILES_PER_UNIT = 64  # of a folder of images
_LIKELY = ("image", "img", "pixel_values", "photo", "picture")
_READERS = 4  # row groups read side by side: the network's latency, not its width, is what one alone would wait for
_FOOTER_READERS = 16


class Rows(Protocol):
    """The encoded photos of a unit that was read."""

    def __getitem__(self, row: int) -> bytes | None: ...


def open_file(file: str) -> BinaryIO:
    """A local path or hf:// address, opened for reading at any place; nothing is kept on disk."""
    if file.startswith(HUB_PREFIX):
        from huggingface_hub import HfFileSystem

        # No cache: Arrow asks for whole column chunks, and read-ahead would only fetch bytes twice.
        return cast(BinaryIO, HfFileSystem().open(file, cache_type="none"))
    return Path(file).open("rb")


@contextmanager
def _parquet(file: str, metadata: Any = None) -> Iterator[Any]:
    """A pyarrow.parquet.ParquetFile while it is open."""
    try:
        import pyarrow.parquet
    except ImportError as error:
        raise DataError("parquet shards need pyarrow: pip install 'colorgan[train]'") from error
    with open_file(file) as opened, pyarrow.parquet.ParquetFile(opened, metadata=metadata, pre_buffer=True) as shard:
        yield shard


def read_footer(file: str) -> Any:
    """A shard's pyarrow.parquet.FileMetaData. DataError for what is no parquet file."""

    def read() -> Any:
        with _parquet(file) as shard:
            return shard.metadata

    return _read(file, read)


def read_schema(file: str) -> "pa.Schema":
    """A shard's Arrow schema."""
    return read_footer(file).schema.to_arrow_schema()


def _read(file: str, action: Any) -> Any:
    try:
        return with_retries(file, action)
    except DataError:
        raise
    except Exception as error:  # ArrowInvalid, OSError, a 404: this shard cannot be read, and no other stands for it
        raise DataError(f"cannot read the shard {file}: {one_line(error)}") from error


def find_image_column(name: str, schema: "pa.Schema", wanted: str | None = None) -> str:
    """The column that holds encoded images: `wanted`, or the likeliest one of the schema."""
    import pyarrow as pa

    def holds_images(field: "pa.Field") -> bool:
        if pa.types.is_struct(field.type):  # the Hub's Image feature: struct<bytes, path>
            return "bytes" in {child.name for child in field.type}
        return pa.types.is_binary(field.type) or pa.types.is_large_binary(field.type)

    columns = [field.name for field in schema if holds_images(field)]
    if wanted is not None:
        if wanted not in columns:
            raise DataError(f"{name!r} has no image column {wanted!r}, but {schema.names}")
        return wanted
    if not columns:
        raise DataError(f"{name!r} has no column of encoded images, only {schema.names}")
    return min(columns, key=lambda column: _LIKELY.index(column) if column in _LIKELY else len(_LIKELY))


class ShardFiles:
    """The parquet files of a source. Footers are read at once, side by side; row groups when asked for."""

    def __init__(self, files: Sequence[str], column: str) -> None:
        self._files, self._column = tuple(files), column
        with ThreadPoolExecutor(_FOOTER_READERS) as pool:
            self._footers = list(pool.map(read_footer, self._files))

    def units(self) -> list[Unit]:
        """The row groups that hold rows."""
        units = []
        for number, footer in enumerate(self._footers):
            leaf = self._leaf(number)
            for group in range(footer.num_row_groups):
                size = footer.row_group(group)
                if size.num_rows:
                    units.append(Unit(number, group, size.num_rows, size.column(leaf).total_uncompressed_size))
        return units

    def read(self, unit: Unit) -> Rows:
        """A row group's encoded photos."""
        path = self._footers[unit.file].schema.column(self._leaf(unit.file)).path

        def read() -> Any:
            with _parquet(self._files[unit.file], self._footers[unit.file]) as shard:
                return shard.read_row_group(unit.group, columns=[path], use_threads=False).column(0)

        return _ArrowRows(_read(self._files[unit.file], read))

    def name(self, unit: Unit, row: int) -> str:
        """What to call a photo: its shard's name, and its place in the shard from 0."""
        footer = self._footers[unit.file]
        before = sum(footer.row_group(group).num_rows for group in range(unit.group))
        return f"{Path(self._files[unit.file]).name} row {before + row}"

    def _leaf(self, number: int) -> int:
        """Index of the physical column with the encoded bytes."""
        schema = self._footers[number].schema
        for leaf in range(len(schema)):
            if schema.column(leaf).path in (self._column, f"{self._column}.bytes"):
                return leaf
        raise DataError(f"the shard {self._files[number]} has no image column {self._column!r}")


class _ArrowRows:
    """A column of binary, or of struct<bytes>; null where there is no photo."""

    def __init__(self, column: Any) -> None:
        self._column = column

    def __getitem__(self, row: int) -> bytes | None:
        value = self._column[row].as_py()
        return value["bytes"] if isinstance(value, dict) else value


class ImageFiles:
    """A folder's image files, read one by one."""

    def __init__(self, files: Sequence[str]) -> None:
        self._files = tuple(files)

    def units(self) -> list[Unit]:
        """Handfuls of files; none of them takes memory until it is read."""
        count = len(self._files)
        return [Unit(first, 0, min(FILES_PER_UNIT, count - first), 0) for first in range(0, count, FILES_PER_UNIT)]

    def read(self, unit: Unit) -> Rows:
        """The files of a unit, each read when its row is asked for."""
        return _FileRows(self._files[unit.file : unit.file + unit.rows])

    def name(self, unit: Unit, row: int) -> str:
        """What to call a photo: the name of its file and of the folder that it is in."""
        return "/".join(Path(self._files[unit.file + row]).parts[-2:])


class _FileRows:
    def __init__(self, files: Sequence[str]) -> None:
        self._files = files

    def __getitem__(self, row: int) -> bytes | None:
        def read() -> bytes:
            with open_file(self._files[row]) as file:
                return file.read()

        try:
            return with_retries(self._files[row], read)
        except OSError:  # gone or not ours to read: a broken photo like any other
            return None


class JoinedFiles:
    """The files of several sources, as of one set; of each only `rows` of its rows, unless that is 0."""

    def __init__(self, parts: Sequence[ShardFiles | ImageFiles], rows: int = 0) -> None:
        self._units = [(part, unit) for part in parts for unit in drawn_units(part.units(), rows)]

    def units(self) -> list[Unit]:
        """The units of all parts; `file` counts them."""
        return [unit._replace(file=number) for number, (_, unit) in enumerate(self._units)]

    def read(self, unit: Unit) -> Rows:
        """A unit's encoded photos."""
        part, own = self._units[unit.file]
        return part.read(own)

    def name(self, unit: int, row: int) -> str:
        """What to call a photo of a unit, by the unit's number."""
        part, own = self._units[unit]
        return part.name(own, row)


def open_source_files(files: Sequence[str], image_column: str | None) -> ShardFiles | ImageFiles:
    """What reads these files: shards where there is a column to read, image files otherwise."""
    return ImageFiles(files) if image_column is None else ShardFiles(files, image_column)


class WindowReader:
    """Holds the windows that photos are being drawn from: of each set the current one, and the next on its way.

    Windows must be asked for in rising order. Memory is that of two windows of encoded photos for each set.
    """

    def __init__(self, sets: Sequence[tuple[JoinedFiles, Order]]) -> None:
        self._sets = sets
        self._pool = ThreadPoolExecutor(_READERS, thread_name_prefix="colorgan-read")
        self._held: list[dict[tuple[int, int], list[Future[Rows]]]] = [{} for _ in sets]

    def row(self, number: int, window: Window, slot: int) -> bytes | None:
        """The encoded photo at a slot of a window of set `number`."""
        here = (window.epoch, window.number)
        held = self._held[number]
        if here not in held or here == max(held):
            following = self._sets[number][1].after(window)
            for key in [key for key in held if key < here]:
                del held[key]
            for wanted in (window, following):
                if (wanted.epoch, wanted.number) not in held:
                    held[wanted.epoch, wanted.number] = self._start(number, wanted)
        which, row = window.find(slot)
        return held[here][which].result()[row]

    def _start(self, number: int, window: Window) -> list[Future[Rows]]:
        files, order = self._sets[number]
        return [self._pool.submit(files.read, order.units[unit]) for unit in window.units]

    def close(self) -> None:
        """Drop what is held and what is on its way."""
        if not sys.is_finalizing():  # by then the pool is half taken down
            self._pool.shutdown(wait=False, cancel_futures=True)
        self._held = [{} for _ in self._sets]
