"""From the Hub and back: a data set streamed from it, a run trained on it, the model published and loaded again."""

import io
import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import datasets.config
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from cases.hub import TOKEN, hub, hub_server, waits
from cases.hub_server import File, HubServer, Repository
from cases.training import quick, tiny
from huggingface_hub import ModelCard
from huggingface_hub.hf_file_system import HfFileSystem
from PIL import Image

from colorgan import cli
from colorgan.colorizer import Colorizer
from colorgan.publishing import publish
from colorgan.training.loop import train
from train_accelerate import main

__all__ = ["hub", "hub_server", "waits"]  # fixtures that live elsewhere
pytestmark = pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning")  # the client's, to its own parts
ROOT = Path(__file__).parents[2]
PHOTOS, ID = "tester/photos", "tester/model"
SMALL = (
    *("--recipe", "unet-l2", "--generator_options", '{"units": 2, "width": 4}', "--resolution", "32"),
    *("--train_batch_size", "4", "--train_images", "8", "--validation_photos", "2", "--report_to", "none"),
    *("--dataloader_num_workers", "0", "--cpu", "--dataset", PHOTOS),
)
CARD = b"---\nlicense: cc0-1.0\n---\n"


@pytest.fixture
def photos(hub: HubServer, monkeypatch: pytest.MonkeyPatch) -> Repository:
    """A data set of two training shards and one to test on, where `datasets` looks for it."""
    monkeypatch.setattr(datasets.config, "HF_ENDPOINT", hub.url)
    monkeypatch.setattr(datasets.config, "HUB_DATASETS_URL", hub.url + "/datasets/{repo_id}/resolve/{revision}/{path}")
    HfFileSystem.clear_instance_cache()
    repository = hub.repositories["dataset", PHOTOS] = Repository(private=False)
    names = ("train-00000-of-00002", "train-00001-of-00002", "test-00000-of-00001")
    shards = {f"data/{name}.parquet": File(shard(seed), lfs=True) for seed, name in enumerate(names)}
    repository.add("main", "photos", {"README.md": File(CARD), **shards})
    return repository


def shard(seed: int, count: int = 8) -> bytes:
    draws, rows = np.random.default_rng(seed), []
    for number in range(count):
        photo = io.BytesIO()
        blobs = draws.integers(0, 256, (3, 4, 3), dtype=np.uint8)
        Image.fromarray(blobs).resize((40, 36), Image.Resampling.BICUBIC).save(photo, "PNG")
        rows.append({"bytes": photo.getvalue(), "path": f"{number}.png"})
    file = io.BytesIO()
    pq.write_table(pa.table({"image": pa.array(rows)}), file)
    return file.getvalue()


def test_from_the_hub_and_back(hub: HubServer, photos: Repository, waits: list[float], tmp_path: Path) -> None:
    stumble = hub.fail(r"GET /datasets/tester/photos/resolve/.*train-0000\d", "status", status=503)
    run = train(tiny("unet-l2", PHOTOS, train_images=16), quick(tmp_path / "run", logging_steps=2))
    assert stumble.happened == 1
    kept = [path for path in tmp_path.rglob("*") if path.suffix == ".parquet"]
    assert not kept, "streamed: nothing of the set may lie on disk"

    publish(run, ID)
    there = hub.repository(ID).history()[0].files
    assert {"curves.png", "samples.png", "metrics.json", "recipe.json"} <= there.keys()
    rows = json.loads(there["metrics.json"].data)
    assert rows[-1]["images_seen"] == 16
    card = ModelCard.load(ID)
    assert card.data.datasets == [PHOTOS]
    assert f"[{PHOTOS}](https://huggingface.co/datasets/{PHOTOS})" in card.text
    assert "| PSNR, dB ↑ |" in card.text

    photo = Image.fromarray(np.random.default_rng(3).integers(0, 255, (40, 50), np.uint8))
    here, loaded = Colorizer.from_pretrained(run / "model"), Colorizer.from_pretrained(ID)
    assert loaded.colorize(photo).tobytes() == here.colorize(photo).tobytes()


def test_one_command_streams_from_the_hub_and_publishes_to_it(
    hub: HubServer, photos: Repository, tmp_path: Path
) -> None:
    environment = {**os.environ, "HF_ENDPOINT": hub.url, "HF_TOKEN": TOKEN, "HF_HOME": str(tmp_path / "home")}
    environment |= {"HF_HUB_DISABLE_XET": "1", "HF_HUB_DISABLE_TELEMETRY": "1"}
    environment.pop("HF_HUB_OFFLINE", None)
    command = [sys.executable, str(ROOT / "train_accelerate.py"), *SMALL, "--output_dir", "runs/small"]
    command += ["--push_to_hub", "--private", "--revision", "first"]
    ran = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=200)
    assert ran.returncode == 0, ran.stderr
    assert "done: runs/small\n" in ran.stderr
    assert ran.stderr.splitlines()[-1] == f"published: {hub.url}/tester/small/tree/first"
    repository = hub.repository("tester/small")
    [commit, initial] = repository.history("first")
    assert repository.private and repository.history("main") == [initial]
    asked = hub.requests
    created, read = (next(i for i, line in enumerate(asked) if word in line) for word in ("repos/create", ".parquet"))
    assert created < read, "the repository is there before a photo is read"

    recorded = json.loads(commit.files["recipe.json"].data)
    assert recorded["recipe"]["data"]["dataset"] == [PHOTOS]
    [machine] = recorded["run"]["machines"]
    assert machine["cpu"] and machine["cpu_cores"] >= 1 and machine["processes"] == 1 and not machine["gpu"]
    assert recorded["run"]["seconds"] > 0 and recorded["run"]["versions"]["torch"]
    card = commit.files["README.md"].data.decode()
    assert f"| hardware | {machine['cpu']}" in card and "not on record" not in card
    for content in (ran.stdout, ran.stderr, *(file.data.decode("latin-1") for file in commit.files.values())):
        assert TOKEN not in content and str(tmp_path) not in content


def test_an_upload_that_fails_loses_nothing(
    hub: HubServer, photos: Repository, waits: list[float], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    down = hub.fail("POST .*/commit/", "status", times=1000, status=500)
    flags = (*SMALL, "--output_dir", str(tmp_path / "my run"), "--push_to_hub", "--hub_model_id", "model")
    assert main(flags) == 3
    said = capfd.readouterr().err
    last = said.splitlines()[-1]
    assert "trained, not published: cannot publish to 'tester/model': the Hub fails (status 500); try again" in last
    assert "Traceback" not in said and TOKEN not in said
    assert len(hub.repository(ID).history()) == 1
    assert Colorizer.from_pretrained(tmp_path / "my run" / "model")

    down.times = 0
    command = shlex.split(last.rpartition("To publish it: colorgan ")[2])
    assert cli.main(command) == 0
    assert hub.repository(ID).history()[0].files.keys() >= {"model.safetensors", "recipe.json", "curves.png"}

    assert main((*flags, "--resume_from_checkpoint", "latest")) == 0  # a run that is done is only published


@pytest.mark.parametrize(
    ("token", "model_id", "message"),
    [
        ("hf_thisIsNotIt", ID, "cannot publish to 'tester/model': the Hub does not know this token"),
        (None, ID, "the Hub wants a login: set HF_TOKEN or run `hf auth login`"),
        ("hf_cut in two", ID, "the token is empty, or holds spaces"),
        (TOKEN, "google/model", "this login may write to tester, not to google"),
        (TOKEN, "a/b/c", "a repository on the Hub is 'user/name', got 'a/b/c'"),
        (TOKEN, PHOTOS.replace("photos", "open"), "is there already and public"),
    ],
)
def test_what_cannot_be_published_is_not_trained(
    hub: HubServer,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    tmp_path: Path,
    token: str | None,
    model_id: str,
    message: str,
) -> None:
    hub.repositories["model", "tester/open"] = Repository(private=False)
    monkeypatch.delenv("HF_TOKEN")
    if token:
        monkeypatch.setenv("HF_TOKEN", token)
    flags = (*SMALL, "--output_dir", str(tmp_path / "run"), "--push_to_hub", "--private", "--hub_model_id", model_id)
    assert main(flags) == 2
    said = capfd.readouterr().err
    assert re.match("train_accelerate.py: error: .*" + re.escape(message), said), said
    assert said.count("\n") == 1 and (not token or token not in said)
    assert not (tmp_path / "run").exists() and ("model", "tester/model") not in hub.repositories


def test_a_hub_that_is_down_is_told_before_training(
    hub: HubServer, waits: list[float], capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    hub.fail("GET /api/whoami", "drop", times=1000)
    assert main((*SMALL, "--output_dir", str(tmp_path / "run"), "--push_to_hub")) == 2
    assert (
        capfd.readouterr().err == f"train_accelerate.py: error: cannot publish to 'run': no connection to {hub.url}\n"
    )
    assert not (tmp_path / "run").exists()


def test_a_token_is_no_flag(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main((*SMALL, "--hub_token", TOKEN))
    said = capfd.readouterr().err
    assert "set HF_TOKEN or run `hf auth login`" in said and TOKEN not in said
