"""Votes that leave a disk and come back to another: a real server, a real Hub on loopback, a disk wiped between."""

import json
import random
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cases.hub import TOKEN, hub, hub_server, waits
from cases.hub_server import HubServer, Request
from cases.postgres import database, postgres  # noqa: F401
from cases.study import SECRET, Visitor, serving, small_pool
from cases.voting import START_S, Clock

from colorgan.voting import Pool, Store, Study, journal
from colorgan.voting import backup as votes_module
from colorgan.voting.backup import VoteBackup
from colorgan.voting.protocol import Plan
from colorgan.voting.study import study_folder

__all__ = ["database", "hub", "hub_server", "waits"]  # fixtures that live elsewhere
pytestmark = pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning")  # the client's, to its own parts

ID = "tester/votes"
PLAN = Plan(practice=1, scored=4, catch=1)


@pytest.fixture(scope="module")
def pools(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Pictures, rendered once: two studies, and another of the first one's name."""
    folder = tmp_path_factory.mktemp("pools")
    for place, photos in (("autumn", 6), ("winter", 6), ("other/autumn", 7)):
        (folder / place).parent.mkdir(exist_ok=True)
        small_pool(folder / place, PLAN, photos=photos)
    return folder


class Disk:
    """A home with a database that can be wiped, as a Space's is when it restarts."""

    def __init__(self, folder: Path, pools: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder, self.pools, self.clock, self.said = folder, pools, Clock(), list[str]()
        monkeypatch.setenv("COLORGAN_HOME", str(folder))
        folder.mkdir()
        self.store = Store.open(clock=self.clock, power_safe=False)

    def wipe(self) -> None:
        self.store.close()
        shutil.rmtree(self.folder)
        self.folder.mkdir()
        self.store = Store.open(clock=self.clock, power_safe=False)

    def backup(self, **options: Any) -> VoteBackup:
        return VoteBackup(self.store, ID, say=self.said.append, **options)

    def create(self, name: str = "autumn") -> Study:
        folder = study_folder(Path(name).name)
        shutil.copytree(self.pools / name, folder)
        return Study.create(self.store, Pool.open(folder), SECRET)

    def open(self, name: str = "autumn") -> Study:
        return Study.open(self.store, name, secret=SECRET)

    def rows(self, name: str = "autumn") -> list[str]:
        return sorted(json.dumps(row) for row in journal.rows(self.store, name))


@pytest.fixture
def disk(tmp_path: Path, pools: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Disk]:
    disk = Disk(tmp_path / "home", pools, monkeypatch)
    yield disk
    disk.store.close()


def vote(address: str, disk: Disk, answers: int | None = None, seed: int = 0, **cookies: str) -> dict[str, str]:
    """Answer so many trials (None: all of them) as a visitor -> the visitor's cookies."""
    with Visitor(address, "autumn") as visitor:
        visitor.client.cookies.update(cookies)
        assert visitor.start().status_code == 200
        rng = random.Random(seed)
        while answers != 0 and (trial := visitor.trial()) is not None:
            disk.clock.now += 5
            reply = visitor.answer(trial["trial_id"], rng.choice(("left", "right")))
            assert reply.json()["outcome"] == "recorded"
            answers = None if answers is None else answers - 1
        return dict(visitor.client.cookies) or cookies


def votes_there(hub: HubServer) -> list[str]:
    files = hub.repository(ID, "dataset").history()[0].files
    return sorted(name for name in files if name.endswith(".jsonl"))


def test_votes_survive_the_disk(hub: HubServer, disk: Disk) -> None:
    """Run, vote, commit, wipe, start again: everything is there once, and nobody votes twice."""
    study = disk.create()
    backup = disk.backup()
    backup.watch(study)
    with serving([study]) as address:
        done = vote(address, disk)
        halfway = vote(address, disk, answers=3, seed=1)
        assert backup.push() > 0
        vote(address, disk, answers=2, seed=2)
        assert backup.push() > 0
        assert backup.push() == 0  # nothing new
    before = disk.rows()
    answers = [json.loads(row) for row in before if '"answer"' in row]
    assert len(answers) == PLAN.trials + 3 + 2
    repository = hub.repository(ID, "dataset")
    assert repository.private
    assert len(votes_there(hub)) == 2 and len(repository.history()) == 1 + 2  # the empty one, and two pushes
    assert not [name for name in repository.history()[0].files if "sqlite" in name or "secret" in name]

    disk.wipe()
    backup = disk.backup()
    assert backup.restore() == ["autumn"]
    assert disk.rows() == before
    assert backup.restore() == ["autumn"]  # again: nothing doubles
    assert disk.rows() == before
    study = disk.open()
    backup.watch(study)
    assert backup.push() == 0  # what came from there does not go there again
    with serving([study]) as address:
        with Visitor(address, "autumn") as visitor:
            visitor.client.cookies.update(done)
            assert visitor.start().status_code == 200
            assert visitor.trial() is None  # theirs is finished, for good
            assert visitor.get().json()["finished"]
        vote(address, disk, seed=3, **halfway)  # goes on where it stopped
    assert study.progress().started == 3 and study.progress().finished == 2
    assert sum('"answer"' in row for row in disk.rows()) == 2 * PLAN.trials + 2
    assert backup.push() > 0


@pytest.fixture(params=["bucket", "folder"])
def place(request: pytest.FixtureRequest, hub: HubServer, tmp_path: Path) -> str:
    """Where votes may lie as well as in a data set."""
    return "hf://buckets/tester/votes/2026" if request.param == "bucket" else str(tmp_path / "volume" / "votes")


def test_votes_in_a_bucket_or_a_folder_survive_the_disk(hub: HubServer, disk: Disk, place: str) -> None:
    study = disk.create()
    backup = VoteBackup(disk.store, place, say=disk.said.append)
    backup.watch(study)
    with serving([study]) as address:
        vote(address, disk)
        assert backup.push() > 0
        vote(address, disk, answers=2, seed=2)
        assert backup.push() > 0 and backup.push() == 0
    before = disk.rows()
    if place.startswith("hf:"):
        bucket = hub.repositories["bucket", "tester/votes"]
        assert bucket.private
        assert sum(name.endswith(".jsonl") for name in bucket.history()[0].files) == 2
        study_came = [commit for commit in bucket.history() if any("study.json" in name for name in commit.files)][-1]
        assert any("votes/" in name for name in study_came.files), "a study that is there is whole"
    disk.wipe()
    backup = VoteBackup(disk.store, place, say=disk.said.append)
    assert backup.restore() == backup.restore() == ["autumn"]
    assert disk.rows() == before
    backup.watch(disk.open())
    assert backup.push() == 0
    assert [line for line in disk.said if "came back from" in line] == disk.said != []


def test_what_a_bucket_took_in_part_is_sent_again_and_comes_back_once(
    hub: HubServer, disk: Disk, waits: list[float]
) -> None:
    study = disk.create()
    address_of_votes = "hf://buckets/tester/votes"
    backup = VoteBackup(disk.store, address_of_votes, say=disk.said.append)
    backup.watch(study)

    def breaks(request: Request) -> None:
        if not hub.faults and b"studies/autumn" in request.body and b"/votes/" in request.body:
            hub.fail("POST .*/batch$", "status", times=10**6)  # from the next one on

    hub.before = breaks
    with serving([study]) as address:
        vote(address, disk, answers=3)
        with pytest.raises(ValueError, match="cannot keep votes in 'hf://buckets/tester/votes': the Hub fails"):
            backup.push()
    there = hub.repositories["bucket", "tester/votes"].history()[0].files
    assert any("/votes/" in name for name in there) and not any("study.json" in name for name in there)
    hub.faults.clear()
    hub.before = lambda request: None
    assert VoteBackup(disk.store, address_of_votes).restore() == []
    assert backup.push() > 0
    kept = disk.rows()
    disk.wipe()
    assert VoteBackup(disk.store, address_of_votes, say=disk.said.append).restore() == ["autumn"]
    assert disk.rows() == kept


def test_a_public_bucket_is_refused(hub: HubServer, disk: Disk) -> None:
    bucket = hub.add_bucket("tester/open", private=False)
    backup = VoteBackup(disk.store, "hf://buckets/tester/open", say=disk.said.append)
    backup.watch(disk.create())
    with pytest.raises(ValueError, match="it is there already and public"):
        backup.push()
    assert not bucket.history()[0].files


@pytest.mark.parametrize("place", ["votes", "tester/votes/more", "", "user name/votes"])
def test_a_place_that_is_none_is_refused(disk: Disk, place: str) -> None:
    with pytest.raises(ValueError, match="votes are kept in 'user/dataset', at an address or in /a/folder, got"):
        VoteBackup(disk.store, place)


def test_a_closed_study_comes_back_closed(hub: HubServer, disk: Disk) -> None:
    backup, study = disk.backup(), disk.create()
    backup.watch(study)
    backup.push()
    disk.clock.now += 100
    disk.store.close_study("autumn")
    assert backup.push() == 0  # no rows, but the study itself
    disk.wipe()
    disk.backup().restore()
    assert disk.store.study("autumn").closed_at_s == START_S + 100
    assert disk.store.study("autumn").opened_at_s == START_S


def test_a_failing_hub_stops_nothing_and_gets_all_of_it_later(
    hub: HubServer, disk: Disk, waits: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    study = disk.create()
    backup = disk.backup(every_minutes=0.05 / 60)
    backup.watch(study)
    hub.fail(".", "drop", times=10**6)
    with serving([study]) as address:
        backup.start()
        vote(address, disk)
        while not disk.said:
            waits.clear()
        assert "no connection" in disk.said[0] and TOKEN not in str(disk.said)
        hub.faults.clear()
        while ("dataset", ID) not in hub.repositories or not votes_there(hub):
            waits.clear()
        backup.stop()
    kept = disk.rows()
    disk.wipe()
    disk.backup().restore()
    assert disk.rows() == kept


@pytest.mark.parametrize("token", ["hf_wrong", "hf with spaces"])
def test_a_bad_token_is_said_and_no_more(hub: HubServer, disk: Disk, token: str) -> None:
    backup = disk.backup(token=token)
    backup.watch(disk.create())
    with pytest.raises(ValueError, match="token") as refused:
        backup.push()
    assert token not in str(refused.value) and "\n" not in str(refused.value)
    backup.start()
    backup.stop()
    assert disk.said and all(token not in line for line in disk.said)
    assert not hub.repositories


def test_an_answer_that_got_lost_on_the_way_back_makes_no_second_file(
    hub: HubServer, disk: Disk, waits: list[float]
) -> None:
    backup, study = disk.backup(), disk.create()
    backup.watch(study)
    with serving([study]) as address:
        vote(address, disk, answers=2)
    fault = hub.fail("POST .*/commit/", "drop answer")
    backup.push()
    assert fault.happened == 1
    assert len(votes_there(hub)) == 1
    disk.wipe()
    disk.backup().restore()
    assert sum('"answer"' in row for row in disk.rows()) == 2


def test_the_last_votes_go_out_at_the_end(hub: HubServer, disk: Disk) -> None:
    backup, study = disk.backup(every_minutes=60), disk.create()
    backup.watch(study)
    backup.start()
    with serving([study]) as address:
        vote(address, disk, answers=2)
    backup.stop()
    disk.wipe()
    disk.backup().restore()
    assert sum('"answer"' in row for row in disk.rows()) == 2


def test_an_end_does_not_wait_for_a_dead_hub(hub: HubServer, disk: Disk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(votes_module, "_LAST_PUSH_S", 0.1)
    backup = disk.backup()
    backup.watch(disk.create())
    hub.fail(".", "slow", times=1, seconds=1.5)
    backup.stop()
    assert disk.said == [f"the last votes did not reach '{ID}' in time"]


def test_a_public_data_set_is_refused(hub: HubServer, disk: Disk) -> None:
    from huggingface_hub import HfApi

    HfApi().create_repo(ID, repo_type="dataset")
    backup = disk.backup()
    backup.watch(disk.create())
    with pytest.raises(ValueError, match="is there already and public"):
        backup.push()
    assert not [name for name in hub.repository(ID, "dataset").history()[0].files if "votes" in name]


def test_another_study_of_the_name_stays_where_it_is(hub: HubServer, disk: Disk) -> None:
    backup = disk.backup()
    backup.watch(disk.create())
    backup.push()
    disk.wipe()
    other = disk.create("other/autumn")
    backup = disk.backup()
    assert backup.restore() == []
    [line] = disk.said
    assert line.startswith("'autumn-") and "changed since the study opened" in line
    backup.watch(other)
    backup.push()
    folders = {name.split("/")[1] for name in hub.repository(ID, "dataset").history()[0].files if "studies/" in name}
    assert len(folders) == 2


def test_damage_is_seen_and_the_rest_comes_back(hub: HubServer, disk: Disk) -> None:
    from huggingface_hub import HfApi

    backup = disk.backup()
    for name in ("autumn", "winter"):
        backup.watch(disk.create(name))
    backup.push()
    [place] = {name.rsplit("/", 1)[0] for name in hub.repository(ID, "dataset").history()[0].files if "autumn" in name}
    HfApi().upload_file(
        path_or_fileobj=b'{"table": "session"}\n',
        path_in_repo=f"{place}/votes/x.jsonl",
        repo_id=ID,
        repo_type="dataset",
    )
    disk.wipe()
    assert disk.backup().restore() == ["winter"]
    [line] = disk.said
    assert "line 1 is not a row" in line


# Rows themselves


def test_lines_merge_in_any_order_on_both_databases(disk: Disk, database: str) -> None:
    """Old and new lines of the same rows, shuffled, twice: what comes back is what there was."""
    study = disk.create()
    written = []
    with serving([study]) as address:
        for seed in range(3):
            vote(address, disk, answers=3 + seed, seed=seed)
            written += journal.rows(disk.store, "autumn")
    kept = disk.rows()
    fresh = Store.open(database, clock=disk.clock, power_safe=False)
    try:
        row = disk.store.study("autumn")
        for seed in range(2):
            random.Random(seed).shuffle(written)
            journal.restore_study(fresh, row, study.pool.rows)
            lines = journal.from_lines(journal.to_lines(written))
            restored = journal.restore(fresh, "autumn", lines)
            assert (restored.sessions, restored.answers) == ((3, 12) if seed == 0 else (0, 0))
            assert sorted(json.dumps(one) for one in journal.rows(fresh, "autumn")) == kept
    finally:
        fresh.close()


def test_who_has_a_session_here_gets_no_second_one(disk: Disk) -> None:
    study = disk.create()
    with serving([study]) as address:
        cookies = vote(address, disk)
        gone = journal.rows(disk.store, "autumn")
        disk.wipe()
        study = disk.create()
    with serving([study]) as address:
        vote(address, disk, answers=2, **cookies)
    restored = journal.restore(disk.store, "autumn", gone)
    assert (restored.sessions, restored.answers, restored.left_out) == (0, 0, 1)
    assert study.progress().started == 1


@pytest.mark.parametrize(
    "change",
    [
        {"fake_side": "top"},
        {"position": 0},
        {"stimulus_id": "elsewhere"},
    ],
)
def test_rows_that_cannot_be_are_refused(disk: Disk, change: dict[str, Any]) -> None:
    study = disk.create()
    with serving([study]) as address:
        vote(address, disk, answers=1)
    rows = journal.rows(disk.store, "autumn")
    disk.wipe()
    disk.create()
    bad = [{**row, **change} if row["table"] == "trial" else row for row in rows]
    with pytest.raises(ValueError, match="rows that the study 'autumn' cannot have"):
        journal.restore(disk.store, "autumn", bad)


@pytest.mark.parametrize("line", ["{}", "[]", '{"table": "study"}', '{"table": "answer", "trial_id": 5}', "nonsense"])
def test_lines_that_are_no_rows_are_refused(line: str) -> None:
    with pytest.raises(ValueError):
        journal.from_lines(line.encode())
