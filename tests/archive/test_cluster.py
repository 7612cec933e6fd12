"""A real Ray cluster of two nodes on this machine: what it makes is a folder's run, and nothing is lost."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from cases.archive import album_in, check_table, many, pictures, rows, tree, untrained, uploaded, when, whole
from cases.hub import TOKEN, hub_server, point_client_to
from cases.hub_server import HubServer

from colorgan.addresses import opened
from colorgan.cli import main
from colorgan.hints import Hint, PhotoHints, write_hints

__all__ = ["hub_server"]  # a fixture that lives elsewhere
pytestmark = pytest.mark.filterwarnings("ignore")  # Ray's own
ALONE = ("--batch-size", "1")  # in a batch, the others sway the last bits of a photo
SMALL = {"num_cpus": 1, "object_store_memory": 80 * 2**20, "include_dashboard": False}


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> str:
    return untrained(tmp_path_factory.mktemp("model"))


@pytest.fixture(scope="module")
def cluster(s3: str, hub_server: HubServer) -> Iterator[Any]:
    """Two nodes of a core each, in which this process is the driver; all of them know the S3 server and the Hub."""
    import ray
    from ray.cluster_utils import Cluster

    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    hub = {"HF_ENDPOINT": hub_server.url, "HF_TOKEN": TOKEN, "HF_HUB_DISABLE_TELEMETRY": "1"}
    before = {name: os.environ.get(name) for name in hub}
    os.environ.update(hub)
    cluster = Cluster(initialize_head=True, head_node_args=SMALL)
    cluster.add_node(**SMALL)
    ray.init(address=cluster.address, log_to_driver=False, logging_level="ERROR")
    yield cluster
    ray.shutdown()
    cluster.shutdown()
    for name, value in before.items():
        os.environ.pop(name) if value is None else os.environ.update({name: value})


def run(*arguments: object) -> int:
    return main(["colorize", *map(str, arguments)])


def workers() -> list[psutil.Process]:
    """Processes of this one's cluster that have an actor that colours."""
    found = []
    for process in psutil.Process().children(recursive=True):
        with contextlib.suppress(psutil.Error):
            if any("MapWorker" in word for word in process.cmdline()):
                found.append(process)
    return found


def test_bytes_names_and_words_are_those_of_a_folder(
    cluster: Any, tmp_path: Path, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    album = album_in(tmp_path / "album")
    many(album / "more", 30)
    hints = tmp_path / "hints"
    (hints / "1923").mkdir(parents=True)
    write_hints(hints / "1923" / "a.hints.json", PhotoHints((64, 40), (Hint(20, 20, "red"),)))
    options = (*ALONE, "--model", words, "--hints", hints, "--variants", 1, "--all-pages")
    assert run(album, "--output", tmp_path / "folder", *options) == 1
    folder = capsys.readouterr()
    photos, output = uploaded(album, "s3://photos/ray"), "s3://colour/ray"
    assert run(photos, "--output", output, *options, "--ray", "auto") == 1
    there = capsys.readouterr()
    assert pictures(opened(output)) == tree(tmp_path / "folder")
    assert there.out.replace(output, str(tmp_path / "folder")) == folder.out
    assert sorted(there.err.replace(photos, str(album)).splitlines()) == sorted(folder.err.splitlines())
    check_table(opened(output))


def test_a_bucket_is_filled_by_all_workers(
    cluster: Any, hub_server: HubServer, tmp_path: Path, model: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    point_client_to(hub_server.url, tmp_path, monkeypatch)
    bucket = hub_server.add_bucket("tester/colour")
    album, output = many(tmp_path / "album", 80), "hf://buckets/tester/colour/ray"
    assert run(album, "--output", output, "--model", model, *ALONE, "--ray", "auto") == 0
    assert run(album, "--output", tmp_path / "folder", "--model", model, *ALONE) == 0
    assert pictures(opened(output)) == tree(tmp_path / "folder")
    check_table(opened(output))
    batches = [entry for entry in bucket.history() if any("/_colorgan/jobs/" in name for name in entry.files)]
    assert len(batches) < 10, "requests are counted"
    assert not hub_server.unknown


def test_the_documents_cluster_file_is_one() -> None:
    import jsonschema
    import ray
    import yaml

    text = (Path(__file__).parents[2] / "docs" / "archive.md").read_text()
    schema = Path(ray.__file__).parent / "autoscaler" / "ray-schema.json"
    said = yaml.safe_load(text.partition("```yaml\n")[2].partition("```")[0])
    jsonschema.validate(said, json.loads(schema.read_text()))
    del said["available_node_types"]["worker"]["resources"]
    with pytest.raises(jsonschema.ValidationError, match="'resources' is a required property"):
        jsonschema.validate(said, json.loads(schema.read_text()))


def test_whoever_dies_nothing_is_lost_or_twice(cluster: Any, tmp_path: Path, model: str) -> None:
    """The driver; and as another goes on, a worker, and then a whole node."""
    album, out = many(tmp_path / "album", 120), tmp_path / "out"
    options = ["colorize", str(album), "--output", str(out), "--model", model, *ALONE, "--ray", "auto"]
    here = os.environ | {"RAY_ADDRESS": cluster.address}
    driver = subprocess.Popen([sys.executable, "-m", "colorgan.cli", *options], env=here)
    when(10, out, driver.kill)
    assert driver.wait(30) == -signal.SIGKILL
    limit = time.monotonic() + 60
    while workers() and time.monotonic() < limit:
        time.sleep(0.1)
    before = len(whole(out))
    assert 10 <= before < 80
    [node], killed = cluster.worker_nodes, list[object]()

    def kill() -> None:
        when(before + 10, out, lambda: killed.append(workers()[0].kill()))
        when(before + 25, out, lambda: killed.append(cluster.remove_node(node, allow_graceful=False)))

    killing = threading.Thread(target=kill)
    killing.start()
    try:
        assert main([*options, "--resume"]) == 0
    finally:
        killing.join()
        cluster.add_node(**SMALL)
    assert len(killed) == 2
    root = opened(str(out))
    check_table(root)
    assert len(rows(root)) == 120
    assert run(album, "--output", tmp_path / "folder", "--model", model, *ALONE) == 0
    assert tree(out) == tree(tmp_path / "folder")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["album", "--ray", "ray://127.0.0.1:9"], "nobody answers at 'ray://127.0.0.1:9': name a Ray cluster"),
        (["album", "--ray", "auto", "--device", "mps"], "with --ray the device must be cpu or cuda, got 'mps'"),
        (["memory://album", "--ray", "auto"], "workers of --ray do not see 'memory://album'"),
    ],
)
def test_refusals_are_one_line(
    tmp_path: Path,
    model: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    message: str,
) -> None:
    import ray

    monkeypatch.setattr(ray, "is_initialized", lambda: False)
    monkeypatch.chdir(tmp_path)
    album_in(tmp_path / "album")
    assert run(*arguments, "--output", "out", "--model", model) == 2
    [line] = capsys.readouterr().err.splitlines()
    assert message in line
    assert not Path("out").exists()
