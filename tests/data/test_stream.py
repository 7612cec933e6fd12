"""Streams of photos: exact order and resume, what is dropped, how squares are cut."""

import io
import math
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch
from cases.photo_corpus import Case
from cases.statement_corpus import statement_corpus
from cases.tiff_corpus import tiff_corpus
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageOps
from torch import Tensor

from colorgan.color import rgb_to_lab
from colorgan.data import DataError, PhotoStream, fixed_photos, photo_loader, shards
from colorgan.data.decode import CHROMA_PER_LEVEL, Fault, Place, decode_square, is_near_gray, is_toned
from colorgan.data.order import MIX_BLOCK, Mix, Order, Unit, hashed, permutation, uniforms
from colorgan.images import to_tensor
from colorgan.photo import open_photo
from colorgan.photo.pixels import on_white

GRAY_IDS, BROKEN_IDS = (5, 17, 18), (0, 11, 36)
ROWS = 40


def encode(image: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def photo(number: int) -> bytes:
    """A photo whose red and green say its number wherever it is cut; its blue is noise that shows the cut."""
    noise = np.random.default_rng(number).integers(0, 60, (12, 17), dtype=np.uint8)
    red = np.full_like(noise, number)
    return encode(Image.fromarray(np.stack((red, 255 - red, noise), 2)))


def numbers(rgb: Tensor) -> list[int]:
    assert (rgb[:, 0].int() + rgb[:, 1].int() == 255).all(), "these are not the photos that were written"
    return rgb[:, 0, 0, 0].tolist()


def write_shard(path: Path, photos: list[bytes | None], rows_per_group: int = 4, column: str = "image") -> Path:
    images = pa.array(
        [None if data is None else {"bytes": data, "path": None} for data in photos],
        pa.struct([("bytes", pa.binary()), ("path", pa.string())]),
    )
    table = pa.table({column: images, "label": pa.array(range(len(photos)), pa.int64())})
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(table, path, row_group_size=rows_per_group)
    return path


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Forty good photos in three shards, the second one empty."""
    folder = tmp_path_factory.mktemp("clean")
    write_shard(folder / "data/train-00000-of-00003.parquet", [photo(i) for i in range(23)])
    write_shard(folder / "data/train-00001-of-00003.parquet", [])
    write_shard(folder / "data/train-00002-of-00003.parquet", [photo(i) for i in range(23, ROWS)])
    return str(folder)


@pytest.fixture(scope="module")
def mixed(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The same, but some photos are gray and some are no photos at all."""
    photos: list[bytes | None] = [photo(i) for i in range(ROWS)]
    for i in GRAY_IDS:
        photos[i] = encode(Image.effect_noise((17, 12), 60).convert("RGB"))
    photos[0], photos[11], photos[36] = photo(0)[:60], None, b"not an image"
    return str(write_shard(tmp_path_factory.mktemp("mixed") / "train.parquet", photos).parent)


def stream_of(source: str, **changes: object) -> PhotoStream:
    arguments: dict = {"resolution": 8, "crop": "random", "crop_scale": (0.5, 1.0), "flip": True, "min_chroma": 4.0}
    arguments |= {"seed": 3, "batch_size": 4, "window": 10}
    return PhotoStream([source], **(arguments | changes))


def rgb_of(batches: Iterator, count: int) -> Tensor:
    return torch.cat([batch["rgb"] for batch in islice(batches, count)])


# --- order ---


def test_splitmix_golden() -> None:
    # First outputs of the reference implementation, splitmix64.c (Vigna, 2015), from state 0.
    golden = [0xE220A8397B1DCDAF, 0x6E789E6AA1B965F4, 0x06C45D188009454F]
    assert hashed(0, np.arange(1, 4)).tolist() == golden


def test_uniforms_are_uniform() -> None:
    draws = uniforms(7, np.arange(100_000))
    assert draws.min() >= 0 and draws.max() < 1
    counts, _ = np.histogram(draws, 20, (0, 1))
    assert np.abs(counts - 5000).max() < 5 * math.sqrt(5000)


@given(rows=st.lists(st.integers(1, 9), min_size=1, max_size=12), window=st.integers(1, 30), budget=st.integers(1, 40))
@settings(max_examples=50, deadline=None)
def test_every_row_once_per_epoch(rows: list[int], window: int, budget: int) -> None:
    order = Order([Unit(0, i, count, count) for i, count in enumerate(rows)], 1, window, budget)
    every = sorted((unit, row) for unit, count in enumerate(rows) for row in range(count))
    for epoch in range(2):
        seen = []
        for position in range(epoch * order.rows, (epoch + 1) * order.rows):
            place, slot = order.locate(position)
            which, row = place.find(slot)
            seen.append((place.units[which], row))
            assert sum(rows[unit] for unit in place.units) <= max(budget, max(rows)), "a window outgrows its budget"
        assert sorted(seen) == every


@given(st.lists(st.floats(0.05, 9.0), min_size=1, max_size=5))
@settings(max_examples=30, deadline=None)
def test_weights_are_honoured(weights: list[float]) -> None:
    mix = Mix(weights, 5)
    drawn = [mix.locate(position) for position in range(2 * MIX_BLOCK)]
    counts = Counter(number for number, _ in drawn)
    for number, weight in enumerate(weights):
        assert abs(counts[number] - 2 * MIX_BLOCK * weight / sum(weights)) <= 2
        # Each order is walked without a gap, so that its own epochs stay exact.
        assert [own for which, own in drawn if which == number] == list(range(counts[number]))


# --- exactness ---


@given(start=st.integers(0, 60), seed=st.integers(0, 3))
@settings(max_examples=15, deadline=None)
def test_resume_is_the_tail_of_the_full_run(mixed: str, start: int, seed: int) -> None:
    full = rgb_of(iter(stream_of(mixed, seed=seed)), start + 6)
    resumed = list(islice(stream_of(mixed, seed=seed, start_images=start * 4), 6))
    assert torch.equal(full[start * 4 :], torch.cat([batch["rgb"] for batch in resumed]))
    assert [batch["images_seen"] for batch in resumed] == [(start + i + 1) * 4 for i in range(6)]
    assert [batch["epoch"] for batch in resumed] == [(start + i + 1) * 4 // ROWS for i in range(6)]


@pytest.mark.parametrize("workers", [1, 2])
def test_any_number_of_workers(mixed: str, workers: int) -> None:
    alone = rgb_of(iter(stream_of(mixed, start_images=8)), 15)
    stream = stream_of(mixed, start_images=8)
    assert torch.equal(alone, rgb_of(iter(photo_loader(stream, workers)), 15))
    assert "near-gray or toned ones replaced" in stream.report() and not stream.report().startswith("0 ")


@pytest.mark.parametrize("world_size", [2, 4])
def test_slices_of_the_ranks_make_the_global_batch(mixed: str, world_size: int) -> None:
    alone = rgb_of(iter(stream_of(mixed)), 25)
    ranks = [iter(stream_of(mixed, rank=rank, world_size=world_size)) for rank in range(world_size)]
    together = torch.cat([next(rank)["rgb"] for _ in range(25) for rank in ranks])
    assert torch.equal(alone, together)


def test_exactly_once_per_epoch(clean: str) -> None:
    drawn = numbers(rgb_of(iter(stream_of(clean)), 2 * ROWS // 4))
    assert sorted(drawn[:ROWS]) == sorted(drawn[ROWS:]) == list(range(ROWS))
    assert drawn[:ROWS] != drawn[ROWS:] and drawn[:ROWS] != list(range(ROWS))


def test_several_sources_are_one_set_without_weights(clean: str, mixed: str) -> None:
    stream = PhotoStream([clean, mixed], resolution=8, seed=0, batch_size=8)
    assert stream.photos_per_epoch == 2 * ROWS
    drawn = Counter(numbers_or_gray(rgb_of(iter(stream), 10)))
    assert all(drawn[i] >= 2 for i in range(ROWS) if i not in GRAY_IDS + BROKEN_IDS)


def numbers_or_gray(rgb: Tensor) -> list[int]:
    sums = rgb[:, 0].int() + rgb[:, 1].int()
    return [int(one[0, 0, 0]) if (total == 255).all() else -1 for one, total in zip(rgb, sums, strict=True)]


def test_weighted_sources(clean: str, tmp_path: Path) -> None:
    write_shard(tmp_path / "train.parquet", [photo(i) for i in range(100, 110)])
    stream = PhotoStream([clean, str(tmp_path)], weights=[3, 1], resolution=4, seed=0, batch_size=MIX_BLOCK)
    drawn = numbers(next(iter(stream))["rgb"])
    assert sum(number >= 100 for number in drawn) == MIX_BLOCK // 4
    assert len(set(drawn)) == ROWS + 10


def test_a_limit_is_a_fixed_draw_each_once_per_epoch(clean: str, monkeypatch: pytest.MonkeyPatch) -> None:
    read = count_calls(monkeypatch, shards.ShardFiles, "read")
    drawn = {}
    for seed in (3, 4):
        stream = stream_of(clean, max_photos=14, seed=seed, batch_size=7)
        assert stream.photos_per_epoch == 14
        batches = list(islice(stream, 4))
        assert [batch["epoch"] for batch in batches] == [0, 1, 1, 2]
        drawn[seed] = numbers(torch.cat([batch["rgb"] for batch in batches]))
    assert len({(unit.file, unit.group) for unit in read}) == 4, "of eleven row groups the others are never read"
    for those in drawn.values():
        assert sorted(those[:14]) == sorted(those[14:]) == sorted(set(drawn[3])) and len(set(those)) == 14
    assert drawn[3] != drawn[4]
    assert set(drawn[3]) <= set(numbers(rgb_of(iter(stream_of(clean, max_photos=15, batch_size=5)), 3)))
    assert stream_of(clean, max_photos=99).photos_per_epoch == ROWS
    both = PhotoStream([clean, clean], resolution=8, seed=0, batch_size=4, max_photos=14)
    assert both.photos_per_epoch == 28, "of each"


def test_every_global_batch_has_one_of_the_sizes(clean: str) -> None:
    ranks = [iter(stream_of(clean, resolution=(8, 12, 16), rank=rank, world_size=2)) for rank in (0, 1)]
    sizes = [[batch["rgb"].shape[-1] for batch in islice(rank, 30)] for rank in ranks]
    assert sizes[0] == sizes[1] and set(sizes[0]) == {8, 12, 16}


def test_resuming_reads_no_skipped_rows(clean: str, monkeypatch: pytest.MonkeyPatch) -> None:
    read = count_calls(monkeypatch, shards.ShardFiles, "read")
    next(iter(stream_of(clean, start_images=10 * ROWS)))
    assert len(read) <= 8, "only the window and the next one, of at most four row groups each"


def test_each_row_group_is_read_once_per_epoch(clean: str, monkeypatch: pytest.MonkeyPatch) -> None:
    read = count_calls(monkeypatch, shards.ShardFiles, "read")
    rgb_of(iter(stream_of(clean)), 3 * ROWS // 4)
    reads = Counter(read)
    assert len(reads) == 11 and set(reads.values()) <= {3, 4}, "three epochs, and the fourth one's first window"


def count_calls(monkeypatch: pytest.MonkeyPatch, owner: type, name: str) -> list:
    calls, original = [], getattr(owner, name)

    def counted(self: object, argument: object) -> object:
        calls.append(argument)
        return original(self, argument)

    monkeypatch.setattr(owner, name, counted)
    return calls


# --- what is dropped ---


def test_gray_and_broken_photos_are_replaced_and_reported(mixed: str) -> None:
    stream = stream_of(mixed)
    drawn = Counter(numbers(rgb_of(iter(stream), ROWS // 4)))
    good = set(range(ROWS)) - set(GRAY_IDS) - set(BROKEN_IDS)
    assert set(drawn) == good and sum(drawn.values()) == ROWS, "every good photo comes, stand-ins fill the rest"
    said = re.fullmatch(
        r"40 photos read: 34 good; 3 broken \((.*)\) and 3 near-gray or toned ones replaced", stream.report()
    )
    assert said and set(said[1].split(", ")) == {repr(f"train.parquet row {row}") for row in BROKEN_IDS}


def test_broken_files_of_a_folder_are_named_by_all_workers(tmp_path: Path) -> None:
    for number in range(16):
        (tmp_path / f"{number:02}.png").write_bytes(b"no photo" if number in (3, 9) else photo(number))
    stream = stream_of(str(tmp_path))
    loader = photo_loader(stream, num_workers=2)
    for _ in zip(range(8), loader, strict=False):
        pass
    for name in ("03.png", "09.png"):
        assert f"'{tmp_path.name}/{name}'" in stream.report()
    many = tmp_path / "many"
    many.mkdir()
    for number in range(16):
        (many / f"{number:02}.png").write_bytes(b"no photo" if number % 2 else photo(number))
    stream = stream_of(str(many))
    for _ in zip(range(4), stream, strict=False):
        pass
    assert stream.report().count("'many/") == 5 and "8 broken" in stream.report() and " and others)" in stream.report()


def toned(seed: int) -> Image.Image:
    """A photo printed in sepia: brown in the shadows, cream in the lights, with grain."""
    noise = np.random.default_rng(seed).integers(-6, 7, (96, 96, 1))
    light = np.asarray(Image.effect_mandelbrot((96, 96), (-2, -1.5, 1, 1.5), 60).convert("L"))[..., None] * 0.8 + 20
    return Image.fromarray((light * (1.07, 0.95, 0.75) + noise).clip(0, 255).astype(np.uint8))


def test_toned_prints_are_no_truth() -> None:
    sepia = encode(toned(1), "JPEG", quality=90)
    assert not is_near_gray(Image.open(io.BytesIO(sepia)), 4.0)
    assert decode_square(sepia, 8, Place(), 4.0) is Fault.GRAY
    assert isinstance(decode_square(sepia, 8, Place(), 0.0), Image.Image)  # who asks for no colour gets all
    blobs = np.random.default_rng(2).integers(0, 256, (4, 4, 3), dtype=np.uint8)
    colourful = Image.fromarray(blobs).resize((96, 96), Image.Resampling.BICUBIC)
    assert isinstance(decode_square(encode(colourful), 8, Place(), 4.0), Image.Image)
    half = toned(3)
    half.paste(colourful.crop((0, 0, 96, 30)), (0, 0))
    assert not is_toned(half)  # a print of which a third is in colours is in colour


READABLE = [case for case in (*tiff_corpus(), *statement_corpus()) if not case.error]


@pytest.mark.parametrize("case", READABLE[::5], ids=lambda case: ascii(case.name))
def test_training_reads_what_everyone_reads(case: Case) -> None:
    square = decode_square(case.data, min(case.size), Place(), 0.0)
    photo = open_photo(io.BytesIO(case.data))
    side = min(photo.size)
    left, top = ((length - side) // 2 for length in photo.size)
    seen = on_white(photo.image, photo.alpha).crop((left, top, left + side, top + side))
    assert isinstance(square, Image.Image) and square.tobytes() == seen.tobytes()


def test_nothing_usable_is_one_clear_line(tmp_path: Path) -> None:
    write_shard(tmp_path / "train.parquet", [b"no"] * 3 + [encode(Image.new("RGB", (9, 9), "gray"))] * 2)
    with pytest.raises(
        DataError, match=r"none of 5 photos .* can be used: \d reads were broken, \d near-gray or toned"
    ):
        next(iter(stream_of(str(tmp_path), window=99)))


def test_fixed_photos(mixed: str) -> None:
    few, many = (drawn(mixed, count, seed=1) for count in (5, 34))
    assert few.shape == (5, 3, 8, 8) and torch.equal(few, many[:5])
    assert len(set(numbers(many))) == 34
    assert not torch.equal(few, drawn(mixed, 5, seed=2))
    assert torch.equal(drawn(mixed, 99, seed=1), many)  # there are no more
    with pytest.raises(DataError, match="has no usable photos in 'train'"):
        fixed_photos([mixed], split="train", resolution=8, count=1, seed=1, min_chroma=400.0)


def drawn(data: str, count: int, seed: int) -> torch.Tensor:
    return fixed_photos([data], split="train", resolution=8, count=count, seed=seed, min_chroma=4.0)


def test_chroma_bound_holds_over_the_whole_cube() -> None:
    steps = torch.arange(0, 256, 3).float()
    cube = torch.cartesian_prod(steps, steps, steps).T.view(1, 3, len(steps), -1)
    chroma = rgb_to_lab(cube / 255)[1].norm(dim=1)
    assert (chroma >= CHROMA_PER_LEVEL * (cube.amax(1) - cube.amin(1)) - 1e-3).all()


# --- how squares are cut ---

RAMP = np.arange(0, 200, 10, dtype=np.uint8)  # 20 steps


def ramp(width: int = 20, height: int = 10) -> Image.Image:
    """Red grows to the right, green downwards."""
    red = np.broadcast_to(RAMP[:width], (height, width))
    return Image.fromarray(np.stack((red, np.broadcast_to(RAMP[:height, None], red.shape), 0 * red), 2))


@pytest.mark.parametrize(
    ("place", "left", "top", "side"),
    [
        (Place(), 5, 0, 10),
        (Place(1.0, 0.0, 0.0), 0, 0, 10),
        (Place(1.0, 1.0, 1.0), 10, 0, 10),
        (Place(0.5, 1.0, 1.0), 15, 5, 5),
        (Place(0.5, 0.0, 1.0, flip=True), 0, 5, 5),
    ],
)
def test_the_square_lies_where_it_should(place: Place, left: int, top: int, side: int) -> None:
    square = decode_square(encode(ramp()), side, place, 0.0)
    expected = ramp().crop((left, top, left + side, top + side))
    assert isinstance(square, Image.Image)
    assert square.tobytes() == (ImageOps.mirror(expected) if place.flip else expected).tobytes()


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize(("kind", "options"), [("PNG", {}), ("WEBP", {"lossless": True}), ("TIFF", {})])
def test_photos_are_turned_upright(orientation: int, kind: str, options: dict) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    data = encode(ramp(10, 10), kind, exif=exif, **options)
    square = decode_square(data, 10, Place(), 0.0)
    assert isinstance(square, Image.Image)
    assert square.tobytes() == ImageOps.exif_transpose(Image.open(io.BytesIO(data))).tobytes()


def test_large_jpegs_are_drafted_without_harm() -> None:
    large = ramp().resize((1600, 800), Image.Resampling.BICUBIC)
    square = decode_square(encode(large, "JPEG", quality=95), 64, Place(), 0.0)
    plain = large.crop((400, 0, 1200, 800)).resize((64, 64), Image.Resampling.BICUBIC)
    assert isinstance(square, Image.Image)
    assert (to_tensor(square).int() - to_tensor(plain).int()).abs().max() <= 4


def palette_with_hole() -> Image.Image:
    image = Image.new("RGBA", (8, 8), (200, 30, 10, 255))
    image.paste((0, 0, 0, 0), (0, 0, 8, 8))
    return image.convert("P")


DEEP = Image.fromarray(np.full((8, 8), 32896, np.uint16))  # 128 * 257: half of the way, in 16 bits
MODES: dict[str, tuple[Callable[[], bytes], tuple[int, int, int]]] = {
    "gray": (lambda: encode(Image.new("L", (8, 8), 90)), (90, 90, 90)),
    "bilevel": (lambda: encode(Image.new("1", (8, 8), 1)), (255, 255, 255)),
    "16-bit": (lambda: encode(DEEP), (128, 128, 128)),
    "16-bit-tiff": (lambda: encode(DEEP, "TIFF"), (128, 128, 128)),
    "cmyk": (lambda: encode(Image.new("CMYK", (8, 8), (0, 255, 255, 0)), "JPEG", quality=100), (255, 0, 0)),
    "alpha-shown": (lambda: encode(Image.new("RGBA", (8, 8), (200, 30, 10, 255))), (200, 30, 10)),
    "alpha-half": (lambda: encode(Image.new("RGBA", (8, 8), (200, 30, 10, 51))), (244, 210, 206)),
    "alpha-hidden": (lambda: encode(Image.new("RGBA", (8, 8), (200, 30, 10, 0))), (200, 30, 10)),
    "gray-alpha": (lambda: encode(Image.new("LA", (8, 8), (60, 255))), (60, 60, 60)),
    "palette": (lambda: encode(Image.new("RGB", (8, 8), (200, 30, 10)).quantize(4)), (200, 30, 10)),
    "colour-key": (lambda: encode(Image.new("RGB", (8, 8), (9, 9, 9)), transparency=(9, 9, 9)), (9, 9, 9)),
}


@pytest.mark.parametrize("mode", MODES)
def test_every_mode_becomes_rgb(mode: str) -> None:
    make, colour = MODES[mode]
    square = decode_square(make(), 4, Place(), 0.0)
    assert isinstance(square, Image.Image) and square.mode == "RGB" and square.size == (4, 4)
    assert (to_tensor(square).int() - torch.tensor(colour)[:, None, None]).abs().max() <= 2


@pytest.mark.parametrize("data", [None, b"", b"GIF89a", b"%!PS-Adobe-3.0 EPSF-3.0", photo(1)[:-30], photo(1)[:40]])
def test_broken_bytes_are_a_fault_not_an_error(data: bytes | None) -> None:
    assert decode_square(data, 8, Place(), 0.0) is Fault.BROKEN


def test_near_gray_is_measured_in_ab() -> None:
    toned = Image.new("RGB", (32, 32), (128, 125, 120))
    _, ab = rgb_to_lab(to_tensor(toned)[None] / 255)
    chroma = float(ab.norm(dim=1).mean())
    assert 2.0 < chroma < 4.0
    assert decode_square(encode(toned), 8, Place(), chroma + 0.1) is Fault.GRAY
    assert isinstance(decode_square(encode(toned), 8, Place(), chroma - 0.1), Image.Image)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"sources": []}, "at least one data set"),
        ({"weights": [1.0, 2.0]}, "one positive number for each of 1 sources"),
        ({"weights": [math.nan]}, "one positive number"),
        ({"resolution": ()}, "at least 1 pixel"),
        ({"crop": "left"}, "'center' or 'random', got 'left'"),
        ({"crop_scale": (0.9, 0.5)}, r"rising shares in \(0, 1\], got \(0.9, 0.5\)"),
        ({"batch_size": 5, "world_size": 2}, "multiple of 2 processes, got 5"),
        ({"rank": 1}, r"rank must be in \[0, 1\), got 1"),
        ({"start_images": -4}, "must not be negative, got -4"),
        ({"max_photos": -1}, "must not be negative, got 0, 1024 and -1"),
    ],
)
def test_bad_arguments(clean: str, changes: dict, words: str) -> None:
    arguments: dict = {"sources": [clean], "resolution": 8, "seed": 0, "batch_size": 4}
    with pytest.raises(ValueError, match=words):
        PhotoStream(**(arguments | changes))


def test_a_source_with_no_rows(clean: str) -> None:
    (source,) = stream_of(clean).sources
    with pytest.raises(DataError, match="has no photos in split 'train'"):
        stream_of(replace(source, files=source.files[1:2]))  # type: ignore[arg-type]


def test_permutation_is_one() -> None:
    assert sorted(permutation(1, 1000).tolist()) == list(range(1000))
    assert permutation(1, 1000).tolist() != permutation(2, 1000).tolist()
