"""From the Hub and back: a data set streamed from it, a run trained on it, the model published and loaded again."""

import io
import json
from pathlib import Path

import datasets.config
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hub_cases import hub, hub_server, waits
from hub_server import File, HubServer, Repository
from huggingface_hub import ModelCard
from huggingface_hub.hf_file_system import HfFileSystem
from PIL import Image
from test_training import quick, tiny

from colorgan.colorizer import Colorizer
from colorgan.hub import publish
from colorgan.training.loop import train

__all__ = ["hub", "hub_server", "waits"]  # fixtures that live elsewhere
pytestmark = pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning")  # the client's, to its own parts
PHOTOS, ID = "tester/photos", "tester/model"
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
    assert "| PSNR, dB (higher is closer) |" in card.text

    photo = Image.fromarray(np.random.default_rng(3).integers(0, 255, (40, 50), np.uint8))
    here, loaded = Colorizer.from_pretrained(run / "model"), Colorizer.from_pretrained(ID)
    assert loaded.colorize(photo).tobytes() == here.colorize(photo).tobytes()
