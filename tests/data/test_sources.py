"""Where photos come from: names, folders, columns, the Hub; stalls and files that cannot be read."""

import hashlib
import json
import logging
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from cases.hub import waits
from PIL import Image

from colorgan.data import DataError, PhotoStream, fixed_photos, resolve_source, retry, shards
from colorgan.data.sources import split_of

__all__ = ["waits"]  # a fixture that lives elsewhere

SQUARE = Image.new("RGB", (9, 9), (200, 30, 10))


def write_image(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    SQUARE.save(path)
    return path


def write_table(path: Path, **columns: pa.Array) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.table(columns), path)
    return path


def encoded(tmp_path: Path, rows: int = 3) -> pa.Array:
    return pa.array([write_image(tmp_path / ".hidden.png").read_bytes()] * rows, pa.binary())


def as_struct(binary: pa.Array) -> pa.Array:
    return pa.StructArray.from_arrays([binary, pa.nulls(len(binary), pa.string())], ["bytes", "path"])


def first_rgb(source: str, **options: object) -> list[int]:
    stream = PhotoStream([resolve_source(source, **options)], resolution=4, seed=0, batch_size=2)  # type: ignore[arg-type]
    return next(iter(stream))["rgb"][0, :, 0, 0].tolist()


# --- folders ---


def test_a_folder_of_images_nested_and_broken(tmp_path: Path) -> None:
    for name in ("a.png", "deep/er/b.JPG", "deep/c.webp"):
        write_image(tmp_path / name)
    (tmp_path / "broken.png").write_bytes(b"\x89PNG but no more")
    (tmp_path / "notes.txt").write_text("not a photo")
    for clutter in (".thumbnails/d.png", "@eaDir/a.png/SYNOPHOTO_THUMB_M.png", "deep/#recycle/e.png", "deep/._c.webp"):
        write_image(tmp_path / clutter)
    source = resolve_source(str(tmp_path))
    assert [Path(file).name for file in source.files] == ["a.png", "broken.png", "c.webp", "b.JPG"]
    assert source.image_column is None and not source.is_parquet
    stream = PhotoStream([source], resolution=4, seed=0, batch_size=4)
    assert next(iter(stream))["rgb"].shape == (4, 3, 4, 4)
    assert stream.report() == (
        f"4 photos read: 3 good; 1 broken ('{tmp_path.name}/broken.png') and 0 near-gray or toned ones replaced"
    )


def test_an_image_that_goes_away_is_a_broken_photo(tmp_path: Path) -> None:
    write_image(tmp_path / "a.png")
    gone = write_image(tmp_path / "b.png")
    stream = PhotoStream([str(tmp_path)], resolution=4, seed=0, batch_size=2)
    gone.unlink()
    next(iter(stream))
    assert "1 good; 1 broken" in stream.report()


@pytest.mark.parametrize(
    ("path", "split"),
    [
        ("train-00000-of-00002.parquet", "train"),
        ("data/test-00000-of-00001.parquet", "test"),
        ("default/validation/0000.parquet", "validation"),
        ("val.parquet", "validation"),
        ("shard-3.parquet", "train"),
        ("test/roses/1.jpg", "test"),
        ("test shots/1.jpg", "train"),
        ("roses/test.jpg", "train"),
        ("Testing/1.jpg", "test"),
    ],
)
def test_split_of_a_local_file(path: str, split: str) -> None:
    assert split_of(Path(path)) == split


def test_splits_of_a_folder(tmp_path: Path) -> None:
    write_image(tmp_path / "train/a.png")
    write_image(tmp_path / "test/b.png")
    assert [Path(f).name for f in resolve_source(str(tmp_path), "test").files] == ["b.png"]
    assert len(resolve_source(str(tmp_path), "all").files) == 2
    with pytest.raises(DataError, match=r"has no split 'validation', only test, train \(or 'all'\)"):
        resolve_source(str(tmp_path), "validation")


# --- columns ---


def test_the_image_column_is_found(tmp_path: Path) -> None:
    photos = encoded(tmp_path)
    only = write_table(tmp_path / "a.parquet", label=pa.array([1, 2, 3]), pixel_values=as_struct(photos))
    likely = write_table(tmp_path / "b.parquet", mask=as_struct(photos), image=as_struct(photos))
    plain = write_table(tmp_path / "c.parquet", jpg=photos, text=pa.array(["a", "b", "c"]))
    for file, column in ((only, "pixel_values"), (likely, "image"), (plain, "jpg")):
        assert resolve_source(str(file)).image_column == column
        assert first_rgb(str(file)) == [200, 30, 10]
    assert first_rgb(str(likely), image_column="mask") == [200, 30, 10]


def test_columns_that_hold_no_images(tmp_path: Path) -> None:
    file = str(write_table(tmp_path / "a.parquet", label=pa.array([1]), url=pa.array(["https://..."])))
    with pytest.raises(DataError, match=r"no column of encoded images, only \['label', 'url'\]"):
        resolve_source(file)
    with pytest.raises(DataError, match=r"no image column 'label', but \['label', 'url'\]"):
        resolve_source(file, image_column="label")


def test_a_shard_without_the_column_of_the_others(tmp_path: Path) -> None:
    write_table(tmp_path / "train-0.parquet", image=encoded(tmp_path))
    write_table(tmp_path / "train-1.parquet", picture=encoded(tmp_path))
    with pytest.raises(DataError, match=r"train-1.parquet has no image column 'image'"):
        first_rgb(str(tmp_path))


# --- what cannot be read ---


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("flowers", r"no data set 'flowers': not a folder here, none of lsun-bedroom, stanford-dogs, flowers-102"),
        ("a/b/c", "no Hub id such as 'user/name'"),
    ],
)
def test_no_such_name(name: str, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(DataError, match=words):
        resolve_source(name)


def test_local_refusals(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"holds neither .parquet files nor photos"):
        resolve_source(str(tmp_path))
    write_image(tmp_path / "a.png")
    with pytest.raises(DataError, match="is local and has no revisions, got revision 'main'"):
        resolve_source(str(tmp_path), revision="main")
    with pytest.raises(DataError, match="holds image files, which have no columns, got image_column 'image'"):
        resolve_source(str(tmp_path), image_column="image")


def test_a_shard_that_is_none(tmp_path: Path, waits: list[float]) -> None:
    (tmp_path / "train.parquet").write_bytes(b"<html>404</html>")
    with pytest.raises(DataError, match=r"cannot read the shard .*train.parquet: "):
        resolve_source(str(tmp_path))
    assert not waits, "what is corrupt stays corrupt"


def stall(monkeypatch: pytest.MonkeyPatch, times: int) -> None:
    left, original = [None] * times, shards.open_file

    def stalling(file: str) -> object:
        if left:
            left.pop()
            raise TimeoutError("the read operation timed out")
        return original(file)

    monkeypatch.setattr(shards, "open_file", stalling)


def test_a_stall_is_retried_with_a_message(
    tmp_path: Path, waits: list[float], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    file = str(write_table(tmp_path / "a.parquet", image=encoded(tmp_path)))
    stream = PhotoStream([file], resolution=4, seed=0, batch_size=2)
    stall(monkeypatch, times=3)
    with caplog.at_level(logging.WARNING):
        assert next(iter(stream))["rgb"].shape == (2, 3, 4, 4)
    # The next window is read meanwhile, so the three failures may fall to either of the two readers.
    assert len(waits) == 3 and min(waits) == 1.0
    assert f"{file}: the read operation timed out; trying again in 1 s (1 of 8)" in caplog.messages


def test_a_lasting_stall_ends_in_one_line(tmp_path: Path, waits: list[float], monkeypatch: pytest.MonkeyPatch) -> None:
    file = str(write_table(tmp_path / "a.parquet", image=encoded(tmp_path)))
    stall(monkeypatch, times=99)
    with pytest.raises(DataError, match=r"a.parquet: still failing after 8 retries: the read operation timed out"):
        resolve_source(file)
    assert tuple(waits) == retry.RETRY_DELAYS_S


def test_a_stalled_image_file_is_retried_too(
    tmp_path: Path, waits: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    write_image(tmp_path / "a.png")
    stall(monkeypatch, times=2)
    assert fixed_photos([str(tmp_path)], split="train", resolution=4, count=1, seed=0).shape == (1, 3, 4, 4)
    assert waits == [1.0, 2.0]


# --- the Hub ---

COMMIT = "5" * 40


class TinyHub(BaseHTTPRequestHandler):
    """One data-set repository, `someone/squares`, read-only; two of its range requests meet a closed door."""

    files: dict[str, bytes]
    ranges: list[str]

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        if path in ("/api/datasets/someone/squares", f"/api/datasets/someone/squares/revision/{COMMIT}"):
            names = [{"rfilename": name} for name in self.files]
            info = {"id": "someone/squares", "sha": COMMIT, "siblings": names, "cardData": {"license": "cc0-1.0"}}
            return self.reply(200, json.dumps(info | {"private": False, "tags": [], "downloads": 0}).encode())
        if path.startswith(f"/api/datasets/someone/squares/tree/{COMMIT}"):
            folder = path.partition(COMMIT)[2].strip("/")
            return self.reply(200, json.dumps(self.tree(folder)).encode())
        name = path.partition(f"/resolve/{COMMIT}/")[2]
        return self.send_file(self.files[name]) if name in self.files else self.missing(path)

    do_HEAD = do_GET  # noqa: N815

    def tree(self, folder: str) -> list[dict]:
        inside = {name: data for name, data in self.files.items() if name.startswith(folder)}
        listed = {name.removeprefix(folder).strip("/").partition("/")[0] for name in inside}
        entries: list[dict] = []
        for name in sorted(listed):
            full = f"{folder}/{name}".strip("/")
            oid = hashlib.sha1(full.encode()).hexdigest()
            kind = "file" if full in self.files else "directory"
            entries.append({"type": kind, "path": full, "oid": oid, "size": len(self.files.get(full, b""))})
        return entries

    def send_file(self, data: bytes) -> None:
        first, last = 0, len(data) - 1
        wanted = self.headers.get("range")
        if wanted:
            self.ranges.append(wanted)
            if len(self.ranges) in (3, 6):
                return self.reply(503, b"busy")
            low, _, high = wanted.removeprefix("bytes=").partition("-")
            first, last = (int(low), min(last, int(high))) if low else (len(data) - int(high), last)
        headers = {"Content-Range": f"bytes {first}-{last}/{len(data)}"} if wanted else {}
        headers |= {"ETag": f'"{hashlib.sha1(data).hexdigest()}"', "X-Repo-Commit": COMMIT}
        return self.reply(206 if wanted else 200, data[first : last + 1], headers)

    def missing(self, path: str) -> None:
        code = "EntryNotFound" if "/resolve/" in path else "RepoNotFound"
        self.reply(404, b"{}", {"X-Error-Code": code, "X-Repo-Commit": COMMIT})

    def reply(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in ((headers or {}) | {"Content-Length": str(len(body))}).items():
            self.send_header(name, value)
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Keep the tests' output clean."""


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[str]:
    photos = as_struct(encoded(tmp_path, rows=10))
    TinyHub.ranges = []
    TinyHub.files = {"README.md": b"---\nlicense: cc0-1.0\n---\n"}
    for number in range(2):
        file = write_table(tmp_path / "shard.parquet", image=photos)
        TinyHub.files[f"data/train-0000{number}-of-00002.parquet"] = file.read_bytes()
    server = ThreadingHTTPServer(("127.0.0.1", 0), TinyHub)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


FROM_THE_HUB = """
import json
from colorgan.data import DataError, PhotoStream, photo_loader, resolve_source
refusals = []
for name, options in (("someone/nothing", {}), ("someone/squares", {"split": "test"})):
    try:
        resolve_source(name, **options)
    except DataError as error:
        refusals.append(str(error))
source = resolve_source("someone/squares")
stream = PhotoStream([source], resolution=4, seed=0, batch_size=10)
here = [batch["rgb"] for _, batch in zip(range(4), stream)]
there = [batch["rgb"] for _, batch in zip(range(4), photo_loader(stream, 1))]
print(json.dumps({
    "files": source.files, "revision": source.revision, "licence": source.licence, "refusals": refusals,
    "photos": stream.photos_per_epoch, "same": all(bool((a == b).all()) for a, b in zip(here, there)),
    "rgb": here[0][0, :, 0, 0].tolist(),
}))
"""


def test_streaming_from_a_hub_that_stumbles(hub: str, tmp_path: Path) -> None:
    """In a process of its own: the Hub's client reads its settings when it is imported."""
    quiet = {"HF_HUB_DISABLE_XET": "1", "HF_HUB_DISABLE_TELEMETRY": "1", "HF_HUB_DISABLE_IMPLICIT_TOKEN": "1"}
    home = tmp_path / "home"
    done = subprocess.run(
        [sys.executable, "-c", FROM_THE_HUB],
        env={**os.environ, **quiet, "HF_ENDPOINT": hub, "HF_HOME": str(home)},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    seen = json.loads(done.stdout)
    assert seen["files"] == [
        f"hf://datasets/someone/squares@{COMMIT}/data/train-0000{i}-of-00002.parquet" for i in (0, 1)
    ]
    assert (seen["revision"], seen["licence"], seen["photos"]) == (COMMIT, "cc0-1.0", 20)
    assert seen["same"] and seen["rgb"] == [200, 30, 10]
    assert seen["refusals"] == [
        "no data set 'someone/nothing': not a folder here, and not on the Hub for this login",
        "the data set 'someone/squares' has no split 'test', only train",
    ]
    assert "Retrying in" in done.stderr, "the stumbles must show"
    assert not [file for file in home.rglob("*") if "parquet" in file.name], "nothing of the set may lie on disk"
