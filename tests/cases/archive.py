"""What the tests of archives share: drawn photos, a small untrained model, and an S3 server on this machine."""

import contextlib
import hashlib
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from colorgan import Colorizer
from colorgan.addresses import Root, opened
from colorgan.archive.table import read_table


def draw(path: Path, size: tuple[int, int] = (48, 40), seed: int = 0) -> Path:
    """A gray photo of soft blobs, in the format of its name."""
    path.parent.mkdir(parents=True, exist_ok=True)
    blobs = np.random.default_rng(seed).integers(40, 220, (4, 5), dtype=np.uint8)
    Image.fromarray(blobs).resize(size, Image.Resampling.BICUBIC).save(path)
    return path


def album_in(root: Path) -> Path:
    """Photos at two depths, one of them cut short, one of several pages, among things that are none."""
    draw(root / "b.jpg", seed=1)
    draw(root / "b.png", seed=4)
    draw(root / "1923" / "Tante Käthe.png", seed=2)
    draw(root / "1923" / "a.JPG", size=(64, 40), seed=3)
    draw(root / "1923" / "#1 50%.jpg", seed=5)
    draw(root / ".hidden.jpg")
    draw(root / ".thumbnails" / "b.jpg")
    (root / "notes.txt").write_text("Vienna, spring")
    (root / "cut.jpg").write_bytes((root / "b.jpg").read_bytes()[:300])
    pages = [Image.new("L", (40, 30), gray) for gray in (60, 120, 180)]
    pages[0].save(root / "1923" / "book.tif", save_all=True, append_images=pages[1:])
    return root


def untrained(folder: Path) -> str:
    """The folder of a model that sees photos at 64 pixels: wrong colours, soon."""
    torch.manual_seed(0)
    colorizer = Colorizer("LiteUNet", {"cells": 8}, view_size=64)
    colorizer.generator.cell_ab.copy_(torch.randn(8, 2) * 40)
    colorizer.save_pretrained(folder)
    return str(folder)


def tree(root: Path) -> dict[str, bytes]:
    """All pictures below a folder: not what is kept beside them."""
    files = (path for path in root.rglob("*") if path.is_file())
    return {
        name: path.read_bytes()
        for path in files
        if not (name := path.relative_to(root).as_posix()).startswith("_colorgan")
    }


def pictures(root: Root) -> dict[str, bytes]:
    return {name: root.read(name) for name in root.everything() if not name.startswith("_colorgan")}


def rows(root: Root) -> list[dict]:
    return read_table(root).to_pylist()


def check_table(root: Root, made: dict[str, bytes] | None = None) -> None:
    """The table tells of each picture once, and of none that is not there, and its hash is that of the file.

    made: the pictures, where they are known already.
    """
    made = pictures(root) if made is None else made
    told = [row for row in rows(root) if row["status"] == "done"]
    assert sorted(row["path"] for row in told) == sorted(made)
    for row in told:
        assert (row["size"], row["sha256"]) == (len(made[row["path"]]), hashlib.sha256(made[row["path"]]).hexdigest())


def uploaded(album: Path, address: str) -> str:
    root = opened(address)
    for path in album.rglob("*"):
        if path.is_file():
            root.write(path.relative_to(album).as_posix(), path.read_bytes())
    return address


def many(album: Path, count: int) -> Path:
    for number in range(count):
        draw(album / f"{number // 40}" / f"{number:03}.jpg", seed=number)
    return album


def when(done: int, out: Path, act: Callable[[], object]) -> None:
    """Act once so many pictures are there."""
    limit = time.monotonic() + 100
    while len(whole(out)) < done and time.monotonic() < limit:
        time.sleep(0.01)
    act()


def whole(out: Path) -> list[str]:
    """Names of the pictures that are there: those half written come and go."""
    names = (path.relative_to(out).as_posix() for path in out.rglob("*.*"))
    return [name for name in names if not name.startswith("_colorgan") and not name.endswith(".part")]


@contextlib.contextmanager
def s3_running() -> Iterator[str]:
    """An S3 server with two buckets, `photos` and `colour`, to which all clients of this process go -> its address."""
    import s3fs
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer("127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    said = {
        "AWS_ENDPOINT_URL": f"http://{host}:{port}",
        "AWS_ACCESS_KEY_ID": "anyone",
        "AWS_SECRET_ACCESS_KEY": "anything",
        "AWS_DEFAULT_REGION": "us-east-1",
        "NO_PROXY": "127.0.0.1",
    }
    before = {name: os.environ.get(name) for name in said}
    os.environ.update(said)
    try:
        fs = s3fs.S3FileSystem()
        for bucket in ("photos", "colour"):
            fs.mkdir(bucket)
        yield said["AWS_ENDPOINT_URL"]
    finally:
        for name, value in before.items():
            os.environ.pop(name) if value is None else os.environ.update({name: value})
        server.stop()
