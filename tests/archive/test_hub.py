"""Data sets and buckets of the Hub as sources, and as targets: a batch at a time, whole, on record, one job at once."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from cases.archive import album_in, check_table, many, pictures, rows, tree, untrained
from cases.hub import hub, hub_server, waits
from cases.hub_server import File, HubServer, Repository, Request
from huggingface_hub import HfApi, HfFileSystem, constants

from colorgan.addresses import HubRoot, opened
from colorgan.archive import claims, planning, working
from colorgan.cli import main

__all__ = ["hub", "hub_server", "waits"]  # fixtures that live elsewhere


def test_photos_of_a_data_set_on_the_hub(
    hub: HubServer,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    album, model = album_in(tmp_path / "album"), untrained(tmp_path / "model")
    HfApi(endpoint=hub.url).create_repo("tester/photos", repo_type="dataset")
    files = {path.relative_to(album).as_posix(): File(path.read_bytes()) for path in album.rglob("*") if path.is_file()}
    hub.repository("tester/photos", "dataset").add("main", "photos", files)
    asked = ("--model", model, "--batch-size", "1")
    assert main(["colorize", str(album), "--output", str(tmp_path / "folder"), *asked]) == 1, "one photo is cut short"
    assert main(["colorize", "hf://datasets/tester/photos", "--output", f"file://{tmp_path}/hub", *asked]) == 1
    made = tree(tmp_path / "hub")
    assert made == tree(tmp_path / "folder") and len(made) == 6
    check_table(opened(str(tmp_path / "hub")))


@pytest.mark.parametrize("without_xet", [True, False])
def test_photos_of_a_bucket(hub: HubServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, without_xet: bool) -> None:
    monkeypatch.setattr(constants, "HF_HUB_DISABLE_XET", without_xet)
    album, model = album_in(tmp_path / "album"), untrained(tmp_path / "model")
    files = {f"1950/{path.relative_to(album)}": path.read_bytes() for path in album.rglob("*") if path.is_file()}
    hub.add_bucket("tester/photos", files)
    asked = ("--model", model, "--batch-size", "1")
    assert main(["colorize", str(album), "--output", str(tmp_path / "folder"), *asked]) == 1, "one photo is cut short"
    assert main(["colorize", "hf://buckets/tester/photos/1950", "--output", f"file://{tmp_path}/hub", *asked]) == 1
    made = tree(tmp_path / "hub")
    assert made == tree(tmp_path / "folder") and len(made) == 6
    check_table(opened(str(tmp_path / "hub")))


def test_a_bucket_that_is_not_there_is_one_line(
    hub: HubServer,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["colorize", "hf://buckets/tester/none", "--output", f"file://{tmp_path}/hub"]) == 2
    [line] = capsys.readouterr().err.splitlines()
    assert line.startswith("colorgan: error: ") and "hf://buckets/tester/none" in line


# As targets


@pytest.fixture(params=["bucket", "dataset"])
def target(request: pytest.FixtureRequest, hub: HubServer, monkeypatch: pytest.MonkeyPatch) -> str:
    """An empty place on the Hub -> its address."""
    monkeypatch.setattr(claims, "SETTLE_S", 0.0)
    if request.param == "bucket":
        hub.add_bucket("tester/colour")
        return "hf://buckets/tester/colour/1950"
    HfApi(endpoint=hub.url).create_repo("tester/colour", repo_type="dataset")
    return "hf://datasets/tester/colour/1950"


def there(hub: HubServer) -> Repository:
    [place] = [one for (_, name), one in hub.repositories.items() if name == "tester/colour"]
    return place


def made_at(hub: HubServer) -> dict[str, bytes]:
    """The pictures that are there, without a client that asks for each."""
    files = there(hub).history()[0].files
    inside = {name.removeprefix("1950/"): file.data for name, file in files.items() if name.startswith("1950/")}
    return {name: data for name, data in inside.items() if not name.startswith("_colorgan")}


def run(*arguments: object) -> int:
    return main(["colorize", *map(str, arguments)])


def test_a_target_gets_what_a_folder_gets(
    target: str,
    hub: HubServer,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    album, model = album_in(tmp_path / "album"), untrained(tmp_path / "model")
    asked = ("--model", model, "--batch-size", 1, "--variants", 1)
    assert run(album, "--output", tmp_path / "folder", *asked) == 1
    folder = capsys.readouterr()
    assert run(album, "--output", target, *asked) == 1
    there_said = capsys.readouterr()
    made = pictures(opened(target))
    assert made == tree(tmp_path / "folder") and len(made) == 12
    assert sorted(there_said.err.splitlines()) == sorted(folder.err.splitlines())
    assert there_said.out.replace(repr(target), repr(str(tmp_path / "folder"))) == folder.out
    check_table(opened(target))
    left = {name.removeprefix("1950/_colorgan/").partition("/")[0] for name in there(hub).history()[0].files}
    assert {"outcomes", "runs", "summary.json"} < left and not {"jobs", "claims"} & left


def test_a_run_that_was_killed_is_resumed(target: str, hub: HubServer, tmp_path: Path) -> None:
    count = 60 if "buckets" in target else 140  # more than a part
    album, model = many(tmp_path / "album", count), untrained(tmp_path / "model")
    asked = (str(album), "--output", target, "--model", model, "--batch-size", "1")
    said = {"HF_ENDPOINT": hub.url, "HF_HOME": str(tmp_path / "home")}
    said |= {"HF_HUB_DISABLE_XET": "1", "HF_HUB_DISABLE_TELEMETRY": "1"}
    process = subprocess.Popen([sys.executable, "-m", "colorgan.cli", "colorize", *asked], env=os.environ | said)
    limit = time.monotonic() + 100
    while not (before := len(made_at(hub))) and process.poll() is None and time.monotonic() < limit:
        time.sleep(0.01)
    process.kill()
    assert process.wait(30) == -signal.SIGKILL and 0 < before < count
    assert run(*asked, "--resume") == 0
    assert run(album, "--output", tmp_path / "folder", *asked[3:]) == 0
    made = made_at(hub)
    assert made == tree(tmp_path / "folder") and len(made) == count
    check_table(opened(target), made_at(hub))
    commits = there(hub).history()
    assert len(commits) < 30, "each of them is one of 128 that the Hub takes in an hour"
    for files in (one.files for one in commits):  # what any reader may have seen: no half picture, none twice
        for name in files.keys() & {f"1950/{path}" for path in made}:
            assert files[name].data == made[name.removeprefix("1950/")]


@pytest.mark.parametrize("kind", ["status", "drop", "drop answer"])
def test_a_hub_that_fails_for_a_while_costs_nothing(
    target: str, hub: HubServer, tmp_path: Path, waits: list[float], kind: str
) -> None:
    album, model = many(tmp_path / "album", 5), untrained(tmp_path / "model")
    faults = [hub.fail("POST .*/(commit/main|batch)$", kind, times=4)]
    assert run(album, "--output", target, "--model", model) == 0
    assert faults[0].happened == 4 and waits
    assert len(made_at(hub)) == 5
    check_table(opened(target), made_at(hub))


def test_a_hub_that_fails_for_good_stops_the_run_and_what_is_there_is_whole(
    target: str,
    hub: HubServer,
    tmp_path: Path,
    waits: list[float],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    album, model = many(tmp_path / "album", 60), untrained(tmp_path / "model")
    monkeypatch.setattr(planning, "COMMITTED_PART", 16)
    asked = (album, "--output", target, "--model", model)

    def breaks(request: Request) -> None:
        if not hub.faults and len(made_at(hub)):
            hub.fail("POST .*/(commit/main|batch)$", "status", times=10**6, status=429)

    hub.before = breaks
    assert run(*asked) == 1
    [line] = capsys.readouterr().err.splitlines()
    assert line.startswith("colorgan: error: ") and "the Hub wants fewer requests (status 429)" in line
    assert 0 < len(made_at(hub)) < 60
    hub.faults.clear()
    hub.before = lambda request: None
    monkeypatch.setattr(claims, "_is_gone", lambda claim: True)  # as the command's process is when it has ended
    check_table(opened(target), made_at(hub))
    assert run(*asked, "--resume") == 0
    assert len(made_at(hub)) == 60
    check_table(opened(target), made_at(hub))


def test_two_jobs_on_one_target(
    target: str, hub: HubServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    album, model = album_in(tmp_path / "album"), untrained(tmp_path / "model")
    asked = (album, "--output", target, "--model", model)
    with claims.claimed(opened(target), "20261129T000000000000-000000"):
        claim = set(there(hub).history()[0].files)
        assert run(*asked) == 2
        assert f"another job is at work on {target!r} since 20" in capsys.readouterr().err
        assert set(there(hub).history()[0].files) == claim
    for number in (1, 2):
        run(*asked, "--shard", f"{number}/2", "--batch-size", 1)
    run(*asked, "--resume")
    run(album, "--output", tmp_path / "folder", "--model", model, "--batch-size", 1)
    assert made_at(hub) == tree(tmp_path / "folder")
    check_table(opened(target), made_at(hub))
    assert len(opened(target).listing("_colorgan/outcomes").files) == 1


def test_a_claim_in_a_data_set_is_no_commit_every_minute() -> None:
    pace = claims.pace_of(HubRoot("hf://datasets/a/b", HfFileSystem(), "datasets/a/b"))
    assert 3600 / pace.beat_s < 10 and pace.stale_s > 2 * pace.beat_s
    assert claims.pace_of(HubRoot("hf://buckets/a/b", HfFileSystem(), "buckets/a/b")) == claims.PACE


def test_a_picture_that_comes_to_be_during_the_run_is_kept(
    target: str, hub: HubServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    album, model = many(tmp_path / "album", 3), untrained(tmp_path / "model")
    colorize_files = working.colorize_files

    def overtaken(*arguments: object) -> None:
        opened(target).write("0/001.jpg", b"another's")
        colorize_files(*arguments)

    monkeypatch.setattr(working, "colorize_files", overtaken)
    assert run(album, "--output", target, "--model", model) == 1
    assert "001.jpg': cannot write" in (said := capsys.readouterr().err) and "is not overwritten" in said
    assert opened(target).read("0/001.jpg") == b"another's"
    failed = [row for row in rows(opened(target)) if row["status"] == "failed"]
    assert [row["path"] for row in failed] == ["0/001.jpg"] and len(made_at(hub)) == 3


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ("hf://datasets/tester/none", "repository not found"),
        ("hf://buckets/tester/none/deep", "buckets/tester/none/deep"),
        ("hf://datasets/tester/colour@none", "revision not found"),
    ],
)
def test_a_target_that_is_not_there_is_one_line(
    hub: HubServer, tmp_path: Path, capsys: pytest.CaptureFixture[str], address: str, reason: str
) -> None:
    HfApi(endpoint=hub.url).create_repo("tester/colour", repo_type="dataset")
    album, model = many(tmp_path / "album", 1), untrained(tmp_path / "model")
    assert run(album, "--output", address, "--model", model) == 2
    [line] = capsys.readouterr().err.splitlines()
    assert line.startswith(f"colorgan: error: cannot write into {address!r}: ") and reason in line


def test_a_branch_is_a_target(hub: HubServer, tmp_path: Path) -> None:
    HfApi(endpoint=hub.url).create_repo("tester/colour", repo_type="dataset")
    HfApi(endpoint=hub.url).create_branch("tester/colour", branch="draft", repo_type="dataset")
    album, model = many(tmp_path / "album", 3), untrained(tmp_path / "model")
    assert run(album, "--output", "hf://datasets/tester/colour@draft/1950", "--model", model) == 0
    check_table(opened("hf://datasets/tester/colour@draft/1950"))
    assert len(there(hub).history()) == 1 and "1950/0/000.jpg" in there(hub).history("draft")[0].files


def test_a_client_that_knows_no_buckets_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delattr(HfApi, "batch_bucket_files")
    many(tmp_path / "album", 1)
    assert run(tmp_path / "album", "--output", "hf://buckets/tester/colour") == 2
    [line] = capsys.readouterr().err.splitlines()
    assert "buckets need a newer huggingface_hub than" in line


def test_a_hub_that_does_not_answer_is_one_line(
    target: str, hub: HubServer, tmp_path: Path, waits: list[float], capsys: pytest.CaptureFixture[str]
) -> None:
    many(tmp_path / "album", 1)
    hub.fail(".", "drop", times=10**6)
    assert run(tmp_path / "album", "--output", target, "--model", untrained(tmp_path / "model")) == 2
    assert capsys.readouterr().err == f"colorgan: error: no connection to {hub.url}\n"
