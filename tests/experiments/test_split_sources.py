"""Sets split by source: every photo on one side, its bytes as they were, and one line where that cannot be done."""

import io
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

from colorgan.data import PhotoStream

SCRIPT = Path(__file__).parents[2] / "experiments" / "split_sources.py"
SOURCES = ("zoo", "zoo", "web", "park", "web")


def run(*arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, str(SCRIPT), *map(str, arguments)], capture_output=True, text=True)


@pytest.fixture
def dogs(tmp_path: Path) -> Path:
    """A set of two splits, five photos each, in row groups of two."""
    folder = tmp_path / "dogs"
    (folder / "data").mkdir(parents=True)
    for split in ("train", "test"):
        images = []
        for number in range(len(SOURCES)):
            data = io.BytesIO()
            Image.new("RGB", (80, 64), (200, 40 * number, 30)).save(data, "PNG")
            images.append({"bytes": data.getvalue(), "path": f"{number}.png"})
        table = pa.table({"image": images, "source": list(SOURCES)})
        pq.write_table(table, folder / "data" / f"{split}-00000-of-00001.parquet", row_group_size=2)
    return folder


def test_every_photo_goes_to_one_side(dogs: Path, tmp_path: Path) -> None:
    done = run("--data", dogs, "--unseen", "web", "park", "--output", tmp_path / "out")
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["2", "unseen", "park", "4", "unseen", "web", "4", "seen", "zoo"]
    for split in ("train", "test"):
        whole = pq.read_table(dogs / "data" / f"{split}-00000-of-00001.parquet").to_pylist()
        parts = [pq.read_table(path).to_pylist() for path in sorted((tmp_path / "out").glob(f"*/dogs/data/{split}-*"))]
        assert parts == [[row for row in whole if (row["source"] == "zoo") == seen] for seen in (True, False)]
    unseen = str(tmp_path / "out" / "unseen" / "dogs")
    stream = PhotoStream([unseen], split="test", resolution=64, seed=0, batch_size=1, min_chroma=0)
    assert len(list(stream.usable_photos())) == 3


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (("--unseen", "moon"), "no photo is from moon; there are park, web, zoo"),
        (("--unseen", "web", "--column", "origin"), "has no column 'origin', but image, source"),
    ],
)
def test_one_line_and_nothing_half_written(dogs: Path, tmp_path: Path, flags: tuple[str, ...], message: str) -> None:
    done = run("--data", dogs, *flags, "--output", tmp_path / "out")
    assert done.returncode == 1
    assert message in done.stderr and done.stderr.count("\n") == 1
    assert list(tmp_path.iterdir()) == [dogs]


def test_an_empty_or_a_taken_folder_is_refused(tmp_path: Path) -> None:
    assert "no parquet shards in" in run("--data", tmp_path, "--unseen", "a", "--output", tmp_path / "out").stderr
    assert "exists already" in run("--data", tmp_path, "--unseen", "a", "--output", tmp_path).stderr
