"""`colorgan study` as people use it: created from files, served by a process, voted on over HTTP, closed, exported."""

import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import torch
from cases.hub import hub, hub_server, make_run
from cases.hub_server import HubServer
from cases.postgres import Server
from cases.stimuli import Sepia, picture

from colorgan import Colorizer
from colorgan.cli import main
from colorgan.publishing.training_photos import training_photos
from colorgan.voting import Pool, Store, Study, StudyModel, builtin, study_folder
from colorgan.voting.builtin import builtin_studies
from colorgan.voting.creation import StudyPhotos, create_study, seen_in_training
from colorgan.web.demonstration import Demonstration

__all__ = ["hub", "hub_server"]  # fixtures that live elsewhere
pytestmark = pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning")  # the client's, to its own parts
PHOTOS = 8


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with colour photos, one that is gray, one that is none, and a small untrained model."""
    root = tmp_path_factory.mktemp("desk")
    (root / "photos").mkdir()
    for seed in range(PHOTOS):
        picture(seed).save(root / "photos" / f"{seed}.png")
    picture(99).convert("L").save(root / "photos" / "gray.png")
    (root / "photos" / "broken.png").write_bytes(b"nothing")
    torch.manual_seed(0)
    Colorizer("LiteUNet", {"cells": 0}, view_size=64).save_pretrained(root / "model")
    return root


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("COLORGAN_HOME", str(tmp_path / "home"))
    for name in ("COLORGAN_DATABASE", "COLORGAN_VOTES", "COLORGAN_STUDY_SECRET"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path / "home"


@pytest.fixture(scope="module")
def made(desk: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with a study, made once by the command."""
    home = tmp_path_factory.mktemp("made")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COLORGAN_HOME", str(home))
        handler = signal.getsignal(signal.SIGTERM)
        assert study("create", "autumn", *data(desk)) == 0
        signal.signal(signal.SIGTERM, handler)
    return home


@pytest.fixture
def autumn(made: Path, home: Path) -> Path:
    """A copy of that home."""
    shutil.copytree(made, home)
    return home


def data(desk: Path) -> list[object]:
    return ["--data", desk / "photos", "--split", "all", "--model", desk / "model", "--side", 96]


def study(*arguments: object) -> int:
    try:
        return main(["study", *map(str, arguments)])
    except SystemExit as stop:  # argparse's own
        return int(str(stop.code))


def error(capsys: pytest.CaptureFixture[str]) -> str:
    [line] = [line for line in capsys.readouterr().err.splitlines() if "error" in line]
    return line.removeprefix("colorgan: error: ")


@contextlib.contextmanager
def serving(*arguments: object, end: int = signal.SIGTERM) -> Iterator[tuple[str, list[str]]]:
    """`colorgan study serve` as a process -> its address, and what it says until it has ended."""
    command = [sys.executable, "-m", "colorgan.cli", "study", "serve", "--port", "0", *map(str, arguments)]
    said: list[str] = []
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        assert process.stdout
        try:
            for line in process.stdout:
                said.append(line)
                if found := re.search(r"http://127\.0\.0\.1:\d+", line):
                    break
            else:
                raise AssertionError("".join(said))
            yield found[0], said
        finally:
            process.send_signal(end)
            said += process.stdout.readlines()
            assert process.wait(30) == 0, said


def test_create(autumn: Path) -> None:
    with contextlib.closing(Store.open()) as store:
        pool = Pool.open(study_folder("autumn"), store.study("autumn").manifest_sha256)
    assert pool.manifest["protocol_version"] == "paired-1-short"
    assert [model["model_id"] for model in pool.manifest["models"]] == ["LiteUNet"]
    names = [photo["name"] for photo in pool.manifest["photos"]]
    assert sorted(names) == [str(seed) for seed in range(PHOTOS)]
    assert names != sorted(names)  # drawn
    assert not [path for path in (autumn / "studies").iterdir() if path.name.startswith(".")]


def test_what_create_says(
    desk: Path, home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    assert study("create", "six", *data(desk), "--photos", 6, "--quick", "--model", desk / "model") == 0
    told = capsys.readouterr()
    assert "open: six, 6 photos (6 single), in the colours of LiteUNet (1), LiteUNet (2)" in told.out
    assert told.out.splitlines()[-1] == "next: colorgan study serve six"
    [warning] = [line for line in told.err.splitlines() if "warning" in line]
    assert warning == "colorgan: warning: 6 photos are few: a rate that says something about a model takes 200 or more"


def test_the_seed_fixes_the_order(desk: Path) -> None:
    def names(seed: int) -> list[str]:
        return [photo.name for photo in StudyPhotos([str(desk / "photos")], "all", seed)]

    assert names(1) == names(1) != names(2)
    [first] = [photo.image.size for photo in StudyPhotos([str(desk / "photos")], "all", 1)][:1]
    assert first == (150, 110)  # as they are


def test_who_was_trained_on_these_photos_is_known(desk: Path, tmp_path: Path) -> None:
    run = make_run(tmp_path / "run", dataset=(str(desk / "photos"),))
    trained = training_photos(str(run / "model"), Colorizer.from_pretrained(run / "model"))
    assert seen_in_training(StudyPhotos([str(desk / "photos")], "train", 0), *trained) == str(desk / "photos")
    (tmp_path / "new" / "test").mkdir(parents=True)
    shutil.copy(desk / "photos" / "0.png", tmp_path / "new" / "test")
    assert seen_in_training(StudyPhotos([str(tmp_path / "new")], "test", 0), *trained) is None


def test_nothing_half_made_is_left(desk: Path, home: Path) -> None:
    """A model that fails at the third photo, and a study that the database refuses."""

    class Failing(Sepia):
        asked = 0

        def colorize(self, image: Any) -> Any:
            self.asked += 1
            if self.asked == 3:
                raise RuntimeError("out of memory")
            return super().colorize(image)

    photos = StudyPhotos([str(desk / "photos")], "all", 0)
    with contextlib.closing(Store.open()) as store:
        with pytest.raises(RuntimeError, match="out of memory"):
            create_study(store, "autumn", photos, [StudyModel("m", Failing(), "1")], side_px=96)
        assert list((home / "studies").iterdir()) == [] and store.studies() == []
        refusing = contextlib.nullcontext(store)
        with refusing, pytest.MonkeyPatch.context() as patch:
            patch.setattr(store, "add_study", lambda *_: (_ for _ in ()).throw(ValueError("refused")))
            with pytest.raises(ValueError, match="refused"):
                create_study(store, "autumn", photos, [StudyModel("m", Sepia(), "1")], side_px=96)
        assert list((home / "studies").iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["create", "Autumn", "--data", "photos"], "a study's name has small letters, digits and hyphens"),
        (["create", "autumn", "--data", "photos"], "a study named 'autumn' exists already"),
        (["create", "winter", "--data", "nowhere"], "no data set 'nowhere'"),
        (["create", "winter", "--data", "photos"], "'photos' has no split 'test', only train"),
        (["create", "winter", "--data", "photos", "--split", "all", "--model", "no/such"], "no/such"),
        (["create", "winter", "--data", "photos", "--photos", "3"], "must be a whole number from 6"),
        (["create", "winter", "--data", "photos", "--exposure-ms", "soon"], "must be a whole number from 100"),
        (["create", "winter"], "required: --data"),
        (["create", "winter", "--data", "few", "--split", "all", "--model", "model"], "at least 6 photos, got 2"),
        (["serve", "winter", "--port", "0"], "no study named 'winter'; there are: autumn"),
        (["serve", "--port", "70000"], "must be a whole number from 0 to 65535"),
        (
            ["serve", "--port", "0", "--publish-to", "nobody"],
            "at an address or in /a/folder, got 'nobody'",
        ),
        (["status", "winter"], "no study named 'winter'; there are: autumn"),
        (["status", "--database", "gone/x.sqlite3"], "no folder"),
        (["status", "--database", "photos/0.png"], "file is not a database"),
        (["status", "--database", "mysql://a:geheim@b/c"], "sqlite:///FILE or postgresql://"),
        (["status", "--database", "postgresql://me:geheim@127.0.0.1:1/x"], "cannot open the database"),
        (["close", "autumn"], "closing is for good: give --yes"),
        (["close", "winter", "--yes"], "no study named 'winter'"),
        (["export", "autumn", "--output", "photos"], "'photos' exists already"),
        (["export", "autumn", "--output", "out", "--to", "me/answers"], "'autumn' is open"),
        (["export", "autumn"], "required: --output"),
        ([], "required: COMMAND"),
    ],
)
def test_refusals_are_one_line(
    desk: Path,
    autumn: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    message: str,
) -> None:
    monkeypatch.chdir(desk)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    (desk / "few").mkdir(exist_ok=True)
    for seed in range(2):
        picture(seed).save(desk / "few" / f"{seed}.png")
    monkeypatch.setattr(sys.stdin, "isatty", lambda: False, raising=False)
    assert study(*arguments) == 2
    line = error(capsys)
    assert message in line and "geheim" not in line
    assert not (desk / "out").exists()
    assert [path.name for path in (autumn / "studies").iterdir()] == ["autumn"]


def test_a_whole_study(autumn: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Served, voted on, looked at while open and when closed, exported; the server ends when told to."""
    with serving() as (address, said), httpx.Client(base_url=address) as visitor:
        assert 'data-study="autumn"' in visitor.get("/vote").text
        consent = {"consent_version": "1", "device_class": "desktop", "colour_vision": None, "timed": False}
        assert visitor.post("/study/autumn/session", json=consent).status_code == 200
        trial = visitor.get("/study/autumn/trial").json()["trial"]
        assert visitor.get(trial["image"]).headers["content-type"] == "image/png"
        time.sleep(1)
        answer = {"trial_id": trial["trial_id"], "chosen_side": "left", "response_ms": 500, "lost_focus": False}
        assert visitor.post("/study/autumn/answer", json=answer).status_code == 200
        assert "Real or fake? is still running" in visitor.get("/results").text
    assert said[-1] == "stopped\n"
    assert study("status") == 0
    assert re.fullmatch(
        r"autumn \(paired-1-short\), open since [-\d]+: 1 sessions begun, 0 finished, 0 of 40 that count\n",
        capsys.readouterr().out,
    )
    assert study("close", "autumn", "--yes") == 0
    assert "No votes count yet." in capsys.readouterr().out
    assert study("export", "autumn", "--output", tmp_path / "out") == 0
    [row] = (tmp_path / "out" / "answers.jsonl").read_text().splitlines()
    assert json.loads(row)["chosen_side"] == "left"
    assert (tmp_path / "out" / "results.json").is_file()


def test_ctrl_c_and_a_limit(autumn: Path) -> None:
    with serving("autumn", "--requests-per-minute", 3, end=signal.SIGINT) as (address, said):
        codes = [httpx.get(address + "/study/autumn").status_code for _ in range(5)]
        assert codes == [200, 200, 200, 429, 429]
    assert said[-1] == "stopped\n"


def test_on_postgresql(autumn: Path, postgres: Server, capsys: pytest.CaptureFixture[str]) -> None:
    """Named by the flag to one command, by the variable to another: both see the same study."""
    url = postgres.database()
    with contextlib.closing(Store.open(url)) as store:
        Study.create(store, Pool.open(study_folder("autumn")))
    with serving("autumn", "--database", url) as (address, _), httpx.Client(base_url=address) as visitor:
        consent = {"consent_version": "1", "device_class": "tablet", "colour_vision": None, "timed": True}
        assert visitor.post("/study/autumn/session", json=consent).status_code == 200
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COLORGAN_DATABASE", url)
        assert study("status") == 0
    assert "1 sessions begun" in capsys.readouterr().out
    assert study("status") == 0
    assert "0 sessions begun" in capsys.readouterr().out


def test_closing_asks(autumn: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    asked: list[str] = []
    answers = iter(("n", "y"))
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)
    monkeypatch.setattr("builtins.input", lambda question: asked.append(question) or next(answers))
    assert study("close", "autumn") == 2
    assert error(capsys) == "not closed"
    assert study("close", "autumn") == 0
    assert asked[0] == "Close 'autumn' for good? 0 answers, 0 of 40 sessions count. [y/N] "


def test_without_torch_and_gradio(autumn: Path) -> None:
    """Serving must start fast and stay small: everything up to the server itself."""
    check = """
import sys
from colorgan.cli.study import serve
serve._run = lambda *_: print(sorted({"torch", "gradio", "transformers", "pyarrow"} & set(sys.modules)))
from colorgan.cli import main
sys.exit(main(["study", "serve", "--port", "0"]))
"""
    ran = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, timeout=60)
    assert ran.stdout == "[]\nstopped\n", ran.stdout + ran.stderr


def test_an_export_on_the_hub(hub: HubServer, autumn: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with contextlib.closing(Store.open()) as store:
        store.close_study("autumn")
    assert study("export", "autumn", "--output", tmp_path / "out", "--to", "tester/answers") == 0
    assert f"published: {hub.url}/datasets/tester/answers" in capsys.readouterr().out
    repository = hub.repository("tester/answers", "dataset")
    files = repository.history()[0].files
    assert not repository.private
    assert {"answers.parquet", "results.json", "study.json", "README.md"} <= files.keys()
    card = files["README.md"].data.decode()
    assert "Real or fake? autumn" in card and "| `fooled` | bool |" in card


def test_votes_come_back_to_a_server_on_an_empty_disk(
    hub: HubServer, autumn: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the command alone: served with --publish-to, ended, the disk gone, served again."""
    monkeypatch.setenv("HF_ENDPOINT", hub.url)
    monkeypatch.setenv("HF_HUB_DISABLE_XET", "1")
    monkeypatch.setenv("HF_HUB_DISABLE_TELEMETRY", "1")
    monkeypatch.setenv("COLORGAN_STUDY_SECRET", "s" * 40)
    consent = {"consent_version": "1", "device_class": "phone", "colour_vision": None, "timed": True}
    publish = ("--publish-to", "tester/votes")
    with serving(*publish) as (address, said), httpx.Client(base_url=address) as visitor:
        assert visitor.post("/study/autumn/session", json=consent).status_code == 200
        cookies = dict(visitor.cookies)
    assert hub.repository("tester/votes", "dataset").private, said
    shutil.rmtree(autumn)
    with serving(*publish) as (address, said), httpx.Client(base_url=address, cookies=cookies) as visitor:
        told = visitor.get("/study/autumn").json()
        assert told["started"] and not told["finished"], said
    assert not any("warning" in line for line in said)


# The study that comes along


@pytest.fixture
def small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of the same photographs, smaller: rendered sooner."""
    boxes = [(100 * number, 100, 100 * number + 100, 200) for number in range(3)]
    monkeypatch.setattr(builtin, "_PIECES", dict.fromkeys(("coffee.png", "astronaut.png"), (boxes, boxes[::-1])))


def test_the_builtin_study_is_made_once(home: Path, small_pieces: None, monkeypatch: pytest.MonkeyPatch) -> None:
    with contextlib.closing(Store.open()) as store:
        first = builtin_studies(store, "m", Sepia(), "revision-1")
        assert [one.row.study_id for one in first] == ["demo-revision", "demo-quick-revision"]
        assert [one.quick for one in first] == [False, True]
        assert first[0].row.protocol_version == "paired-1-short"
        with monkeypatch.context() as patch:
            patch.setattr(builtin, "build_pool", lambda *_, **__: pytest.fail("rendered again"))
            again = builtin_studies(store, "m", Sepia(), "revision-1")
        assert [one.row for one in again] == [one.row for one in first]
        other = builtin_studies(store, "m", Sepia(), "another")
        assert [one.row.study_id for one in other] == ["demo-another", "demo-quick-another"]
        shutil.rmtree(first[0].pool.folder)  # lost, and rendered to the same bytes
        again = builtin_studies(store, "m", Sepia(), "revision-1")
        assert again[0].row == first[0].row
        shutil.rmtree(first[0].pool.folder)  # lost, and another machine renders other bytes
        boxes = [(0, 100 * number, 100, 100 * number + 100) for number in range(3)]
        monkeypatch.setattr(builtin, "_PIECES", dict.fromkeys(("coffee.png", "astronaut.png"), (boxes, boxes)))
        again = builtin_studies(store, "m", Sepia(), "revision-1")
        assert [one.row.study_id for one in again] == ["demo-revision-2", "demo-quick-revision"]
        assert not [path for path in (home / "studies").iterdir() if path.name.startswith(".")]


class FakeModels:
    """As `Models`, of a model that needs no network."""

    study_name, colorizer = "m", Sepia()

    def get(self) -> "FakeModels":
        return self


def test_the_demonstration_comes_in_when_it_is_ready(
    home: Path, small_pieces: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(StudyModel, "checked", lambda model: StudyModel(model.model_id, model.colorizer, "r"))
    shown = Demonstration()
    assert shown.studies.preparing and len(shown.studies) == 0
    with contextlib.closing(shown):
        shown.prepare(FakeModels())  # type: ignore[arg-type]
        assert [study.row.study_id for study in shown.studies] == ["demo-r", "demo-quick-r"]
        assert not shown.studies.preparing


def test_a_closing_page_does_not_wait_for_the_rest(
    home: Path, small_pieces: None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(StudyModel, "checked", lambda model: StudyModel(model.model_id, model.colorizer, "r"))
    shown = Demonstration()
    shown.close()
    shown.prepare(FakeModels())  # type: ignore[arg-type]
    assert len(shown.studies) == 0 and not shown.studies.preparing
    assert list((home / "studies").iterdir()) == []
    assert capsys.readouterr().err == ""


def test_a_home_that_cannot_be_written_is_replaced_for_the_time(
    tmp_path: Path, small_pieces: None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("COLORGAN_HOME", str(tmp_path / "file" / "home"))
    monkeypatch.setattr(StudyModel, "checked", lambda model: StudyModel(model.model_id, model.colorizer, "r"))
    with contextlib.closing(Demonstration()) as shown:
        shown.prepare(FakeModels())  # type: ignore[arg-type]
        assert len(shown.studies) == 2
    assert "votes are kept in" in capsys.readouterr().err
    shutil.rmtree(os.environ["COLORGAN_HOME"])
