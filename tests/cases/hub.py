"""What the tests of the Hub share: a server, a client that asks it and does not wait, and a run to publish."""

import hashlib
import json
import re
import threading
import time
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import huggingface_hub.constants as constants
import pytest
from cases.hub_server import HubServer
from huggingface_hub import HfFileSystem
from huggingface_hub.utils import close_session
from PIL import Image

from colorgan.colorizer import Colorizer
from colorgan.recipes import RECIPES, Network

TOKEN = "hf_tellNobody"
HOLES = re.compile(  # what a template leaves where a value is missing
    r"\{\{|\}\}|\{%|%\}|\bNone\b|[Uu]ndefined|\[\]|\(\)|(?<!`)``(?!`)|\|\s*\|\s*$|nan", re.MULTILINE
)
LASTING_THREADS = ("process_request_thread", "tqdm_monitor", "painter", "encoder")  # server's, a bar's, the package's


@pytest.fixture(scope="module")
def hub_server() -> Iterator[HubServer]:
    """One server for all tests of a file."""
    with HubServer(TOKEN) as server:
        yield server
        close_session()


@pytest.fixture
def hub(hub_server: HubServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[HubServer]:
    """An empty Hub, which the client of this process asks, with the right token and an empty cache."""
    hub_server.reset()
    point_client_to(hub_server.url, tmp_path, monkeypatch)
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    HfFileSystem.clear_instance_cache()  # they remember what is there
    before = set(threading.enumerate())
    yield hub_server
    wait_for_requests(before)
    assert not hub_server.unknown, hub_server.unknown


def wait_for_requests(before: set[threading.Thread]) -> None:
    """Let the threads end that a test started and left: readers ahead, a last push that was given up.

    A request of theirs that is under way while the client is closed opens a connection that nothing closes any more;
    the garbage collector finds it in some later test, which fails for it.
    """
    for thread in set(threading.enumerate()) - before:
        if not any(name in thread.name for name in LASTING_THREADS):
            thread.join(30)
            assert not thread.is_alive(), f"{thread.name} was left running"


def point_client_to(url: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As the environment would, had it been set before the client was imported."""
    settings = {
        "ENDPOINT": url,
        "HUGGINGFACE_CO_URL_TEMPLATE": url + "/{repo_id}/resolve/{revision}/{filename}",
        "HF_HUB_DISABLE_XET": True,
        "HF_HUB_DISABLE_TELEMETRY": True,
        "HF_HUB_CACHE": str(folder / "cache"),
        "HF_TOKEN_PATH": str(folder / "no-login"),
    }
    for name, value in settings.items():
        monkeypatch.setattr(constants, name, value)


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The seconds that were to be waited between attempts, and were not.

    Threads that were there before, such as the sweeper of a page that an earlier test made, sleep as they would.
    """
    asked: list[float] = []
    really_sleep = time.sleep
    others = set(threading.enumerate()) - {threading.current_thread()}

    def hardly_sleep(seconds: float) -> None:
        if threading.current_thread() in others:
            really_sleep(seconds)
            return
        asked.append(seconds)
        really_sleep(min(seconds, 0.001))

    monkeypatch.setattr(time, "sleep", hardly_sleep)
    return asked


def make_run(
    folder: Path, name: str = "wgan-bedroom", width: int = 4, dataset: tuple[str, ...] | None = None, psnr: float = 21.5
) -> Path:
    """A folder as the trainer leaves it, of a small network that has learnt nothing."""
    recipe = replace(RECIPES[name], generator=Network(*SMALL[name]), train_images=64)
    if name == "wgan-bedroom":
        recipe = replace(recipe, generator=Network("DropoutUNet", {"steps": 3, "width": width}))
    if dataset:
        recipe = replace(recipe, data=replace(recipe.data, dataset=dataset))
    options: Any = dict(recipe.generator.options)
    Colorizer(recipe.generator.name, options, view_size=32, recipe=name).save_pretrained(folder / "model")
    run = {
        "output_dir": str(folder),
        "seed": 7,
        "validation_photos": 4,
        "validation_dataset": [],
        "validation_split": "",
    }
    (folder / "recipe.json").write_text(json.dumps({"recipe": asdict(recipe), "run": run}))
    rows = [
        {"images_seen": 32, "part": "train", "seconds": 4.5, "pixel": 0.3},
        {"images_seen": 64, "part": "validation", "seconds": 8100.0, "loss": 0.2, "psnr": psnr, "chroma_ratio": 0.61},
    ]
    (folder / "metrics.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    (folder / "samples").mkdir()
    for seen, shade in ((32, 90), (64, 160)):
        Image.new("RGB", (24, 16), (shade, shade, 80)).save(folder / "samples" / f"{seen:09d}.png")
    Image.new("RGB", (24, 16), "white").save(folder / "curves.png")
    (folder / "checkpoint-64").mkdir()
    (folder / "checkpoint-64" / "state.pt").write_bytes(b"the optimisers' memory")
    (folder / "logs").mkdir()
    (folder / "logs" / "events").write_bytes(b"a tracker's")
    return folder


def report_on(run: Path, digest: str | None = None) -> dict[str, Any]:
    """What `colorgan evaluate` writes, as far as a card reads it."""
    weights = (run / "model" / "model.safetensors").read_bytes()
    figures = {
        "psnr": {"value": 23.456, "low": 22.9, "high": 24.02},
        "chroma_ratio": {"value": 0.8, "low": 0.7, "high": 0.9},
        "of a later version": {"value": 1.0, "low": 1.0, "high": 1.0},
    }
    return {
        "protocol": {
            "date": "2026-11-21T10:00:00+00:00",
            "data": [{"name": "flowers-102", "split": "test", "revision": "abc123", "licence": "research"}],
            "split": "test",
            "photos": 1020,
            "resolution": 256,
        },
        "contestants": [
            {"name": "gray", "kind": "baseline"},
            {"name": "ours", "kind": "model", "file_sha256": digest or hashlib.sha256(weights).hexdigest()},
        ],
        "figures": {"gray": {}, "ours": figures},
    }


SMALL: dict[str, tuple[str, dict[str, Any]]] = {
    "wgan-bedroom": ("DropoutUNet", {"steps": 3, "width": 4}),
    "unet-l2": ("LabUNet", {"units": 2, "width": 4}),
    "flagship": ("LiteUNet", {"encoder": "lite0", "widths": [8, 8, 8, 8], "cells": 0}),
}
