"""Archives coloured: at addresses and in shards, what comes of it is what a folder's run makes, and is on record."""

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import fsspec
import pyarrow.parquet as pq
import pytest
from cases.archive import album_in, check_table, draw, many, pictures, rows, tree, untrained, uploaded, when, whole
from PIL import Image

from colorgan import Colorizer
from colorgan.addresses import Root, opened
from colorgan.archive import claims, running, working
from colorgan.archive.planning import Commission
from colorgan.archive.running import run_archive
from colorgan.cli import main
from colorgan.fingerprint import model_revision
from colorgan.folder.pipeline import Settings
from colorgan.hints import Hint, PhotoHints, write_hints

RUN = "20261129T000000000000-000000"


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> str:
    return untrained(tmp_path_factory.mktemp("model"))


@pytest.fixture(scope="module")
def album(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return album_in(tmp_path_factory.mktemp("photos") / "album")


@pytest.fixture(autouse=True)
def no_memory_of_others(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(claims, "SETTLE_S", 0.0)
    yield
    fsspec.filesystem("memory").store.clear()
    fsspec.filesystem("memory").pseudo_dirs[:] = [""]


def run(*arguments: object) -> int:
    return main(["colorize", *map(str, arguments)])


# What is made


@pytest.mark.parametrize("where", ["memory://photos/album", "s3://photos/album", "file"])
@pytest.mark.parametrize("options", [(), ("--variants", 2, "--seed", 5, "--format", "png"), ("--all-pages",)])
def test_bytes_names_and_words_are_those_of_a_folder(
    album: Path,
    tmp_path: Path,
    model: str,
    s3: str,
    where: str,
    options: tuple[object, ...],
    capsys: pytest.CaptureFixture[str],
) -> None:
    status = run(album, "--output", tmp_path / "out", "--model", model, *options)
    folder = capsys.readouterr()
    source = f"file://{album}" if where == "file" else uploaded(album, where)
    output = f"file://{tmp_path}/there" if where == "file" else f"{where.partition('/')[0]}//colour/{len(options)}"
    assert run(source, "--output", output, "--model", model, *options) == status == 1
    archive = capsys.readouterr()
    assert pictures(opened(output)) == tree(tmp_path / "out")
    shown = str(album) if where == "file" else where
    assert sorted(archive.err.replace(shown, str(album)).splitlines()) == sorted(folder.err.splitlines())
    assert archive.out.replace(repr(output), repr(str(tmp_path / "out"))) == folder.out
    check_table(opened(output))


def test_hints_and_a_single_picture_by_name(
    album: Path, tmp_path: Path, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    uploaded(album, "memory://photos")
    hints = tmp_path / "hints" / "1923" / "a.hints.json"
    hints.parent.mkdir(parents=True)
    write_hints(hints, PhotoHints((64, 40), (Hint(20, 20, "red"), Hint(50, 10, "#1020ff"))))
    inputs = (tmp_path / "hints", "memory://hints")
    uploaded(inputs[0], inputs[1])
    for source, output, said in (
        (album, tmp_path / "out", inputs[0]),
        ("memory://photos", "memory://out", inputs[0]),
        ("memory://photos", "memory://again", inputs[1]),
    ):
        assert run(source, "--output", output, "--model", words, "--hints", said) == 1
        assert ", 1 with hints, 1 failed" in capsys.readouterr().out
    assert pictures(opened("memory://out")) == pictures(opened("memory://again")) == tree(tmp_path / "out")
    one = ("--model", words, "--hints", inputs[0] / "1923" / "a.hints.json")
    assert run(album / "1923" / "a.JPG", "--output", tmp_path / "one.png", *one) == 0
    assert run("memory://photos/1923/a.JPG", "--output", "memory://single/one.png", *one) == 0
    assert pictures(opened("memory://single")) == {"one.png": (tmp_path / "one.png").read_bytes()}


def test_the_table_says_what_became_of_each_picture(album: Path, tmp_path: Path, model: str) -> None:
    assert run(album, "--output", tmp_path / "out", "--model", model, "--shard", "1/1", "--max-megapixels", 0.0025) == 1
    root = opened(str(tmp_path / "out"))
    check_table(root)
    colorizer = Colorizer.from_pretrained(model)
    table = {row["path"]: row for row in rows(root)}
    assert len(table) == 7
    for row in table.values():
        assert row["source"] == str(album / row["path"])
        assert (row["model"], row["revision"]) == (colorizer.name, model_revision(colorizer))
    failed = {path: row["reason"] for path, row in table.items() if row["status"] == "failed"}
    assert sorted(failed) == ["1923/a.JPG", "cut.jpg"]
    assert "cut short" in failed["cut.jpg"] and "megapixels" in failed["1923/a.JPG"]
    assert all(table[path]["sha256"] is None for path in failed)
    assert "pages" in table["1923/book.tif"]["notes"]
    assert all(row["seconds"] > 0 for row in table.values())
    summary = json.loads((tmp_path / "out" / "_colorgan" / "summary.1-of-1.json").read_text())
    assert (summary["pictures"], summary["failed"], summary["model"]) == (5, 2, colorizer.name)
    assert pq.read_table(tmp_path / "out" / "_colorgan" / "outcomes").num_rows == 7  # what other programs see
    assert not (tmp_path / "out" / "_colorgan" / "jobs").exists()
    assert not (tmp_path / "out" / "_colorgan" / "claims").exists()


def test_shards_together_are_the_whole(album: Path, tmp_path: Path, model: str) -> None:
    alone = ("--model", model, "--batch-size", 1)
    assert run(album, "--output", tmp_path / "whole", *alone) == 1
    for number in (1, 2, 3):
        run(album, "--output", tmp_path / "out", *alone, "--shard", f"{number}/3")
    assert tree(tmp_path / "out") == tree(tmp_path / "whole")
    check_table(opened(str(tmp_path / "out")))
    # A run over all makes one table of the shards', and tries what failed once more.
    assert run(f"file://{album}", "--output", tmp_path / "out", "--model", model, "--resume") == 1
    assert len(list((tmp_path / "out" / "_colorgan" / "outcomes").iterdir())) == 1
    assert len(rows(opened(str(tmp_path / "out")))) == 7


# What is refused


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nowhere://photos", "--output", "out"], "cannot open 'nowhere://photos': Protocol not known: nowhere"),
        (["memory://nothing", "--output", "out"], "there is no file or folder 'memory://nothing'"),
        (["memory://photos/*.heic", "--output", "out"], "there is no photo or folder that 'memory://photos/*.heic'"),
        (["memory://photos", "--output", "memory://photos"], "'memory://photos' holds the photos themselves"),
        (["memory://photos/notes", "--output", "out"], "there are no photos in 'memory://photos/notes'"),
        (["memory://photos", "--output", "album/notes.txt/out"], "cannot write into 'album/notes.txt/out': Not a dir"),
        (["memory://photos", "--output", "out", "--device", "toaster"], "got 'toaster'"),
        (["memory://photos", "--output", "out", "--hints", "nothing"], "needs a model with colour words"),
        (["album", "--output", "out", "--shard", "3/2"], "must be K/N, with K from 1 to N, such as 2/5, got '3/2'"),
        (["album", "--output", "out", "--shard", "1"], "must be K/N"),
        (["s3://photos", "--output", "s3://nobucket/out"], "cannot write into 's3://nobucket/out'"),
    ],
)
def test_refusals_are_one_line_and_leave_nothing(
    album: Path,
    tmp_path: Path,
    model: str,
    s3: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    message: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("album").symlink_to(album)
    opened("memory://photos").write("a.jpg", (album / "b.jpg").read_bytes())
    opened("memory://photos").write("notes/a.txt", b"")
    try:
        status = run(*arguments, "--model", model)
    except SystemExit as stop:
        status = stop.code
    [line] = capsys.readouterr().err.splitlines()
    assert status == 2
    assert message in line
    assert list(map(str, Path().iterdir())) == ["album"]
    assert sorted(opened("memory://").everything()) == ["photos/a.jpg", "photos/notes/a.txt"]


def test_pictures_are_not_replaced_unasked(album: Path, model: str, capsys: pytest.CaptureFixture[str]) -> None:
    uploaded(album, "memory://photos")
    out = opened("memory://out")
    out.write("b.jpg", b"mine")
    options = ("memory://photos", "--output", "memory://out", "--model", model)
    assert run(*options) == 2
    said = "colorgan: error: 'memory://out/b.jpg' already there: --resume leaves such out, --overwrite replaces them\n"
    assert capsys.readouterr().err == said
    assert list(out.everything()) == ["b.jpg"]
    assert run(*options, "--resume") == 1
    assert capsys.readouterr().out.startswith("5 photos coloured, 1 there before, 1 failed, ")
    assert out.read("b.jpg") == b"mine"
    check_table(out)  # of what was there before as well
    assert run(*options, "--overwrite") == 1
    assert out.read("b.jpg") != b"mine"
    check_table(out)


def test_a_picture_that_comes_to_be_during_the_run_is_kept(
    album: Path, model: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    opened("memory://photos").write("b.jpg", (album / "b.jpg").read_bytes())
    colorize_files = working.colorize_files

    def overtaken(*arguments: object) -> None:
        opened("memory://out").write("b.jpg", b"another's")
        colorize_files(*arguments)

    monkeypatch.setattr(working, "colorize_files", overtaken)
    assert run("memory://photos", "--output", "memory://out", "--model", model) == 1
    assert "is not overwritten" in capsys.readouterr().err
    assert opened("memory://out").read("b.jpg") == b"another's"


@pytest.mark.parametrize("error", [PermissionError(13, "Permission denied"), ConnectionError("gone"), KeyError("?")])
def test_a_photo_that_cannot_be_fetched_stops_no_other(
    album: Path,
    model: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    error: Exception,
) -> None:
    uploaded(album, "memory://photos")
    fetch = Root.fetch

    def fails(root: Root, below: str, path: Path) -> Path:
        if below == "1923/a.JPG":
            raise error
        return fetch(root, below, path)

    monkeypatch.setattr(Root, "fetch", fails)
    assert run("memory://photos", "--output", "memory://out", "--model", model) == 1
    lines = capsys.readouterr().err.splitlines()
    assert any(
        re.match(r"colorgan: error: 'memory://photos/1923/a.JPG': cannot be fetched: \w+", line) for line in lines
    )
    assert len(pictures(opened("memory://out"))) == 5
    assert [row["path"] for row in rows(opened("memory://out")) if row["status"] == "failed"] == [
        "1923/a.JPG",
        "cut.jpg",
    ]


# What is whole


@pytest.mark.parametrize("links", [True, False])
def test_a_photo_of_many_pages_is_fetched_once(
    links: bool, tmp_path: Path, model: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pages = [Image.new("L", (40, 32), shade) for shade in range(20, 220, 10)]
    (tmp_path / "album").mkdir()
    for name, some in (("book", pages), ("leaf", pages[:1]), ("zine", pages[:12]), ("gone", pages[:3])):
        some[0].save(tmp_path / "album" / f"{name}.tif", save_all=True, append_images=some[1:])
    uploaded(tmp_path / "album", "memory://album")
    assert run(tmp_path / "album", "--output", tmp_path / "out", "--model", model, "--all-pages") == 0
    fetched, fetch = list[str](), Root.fetch

    def counted(root: Root, below: str, path: Path) -> Path:
        fetched.append(below)
        time.sleep(0.05)  # the carriers of the other pages are there meanwhile
        if below == "gone.tif":
            raise OSError("it broke")
        return fetch(root, below, path)

    def refused(path: Path, target: Path) -> None:
        raise OSError("no links here")

    monkeypatch.setattr(Root, "fetch", counted)
    if not links:
        monkeypatch.setattr(Path, "hardlink_to", refused)
    capsys.readouterr()
    assert run("memory://album", "--output", "memory://out", "--model", model, "--all-pages") == 1
    assert sorted(fetched) == ["book.tif", "gone.tif", "leaf.tif", "zine.tif"]
    error = "colorgan: error: 'memory://album/gone.tif': cannot be fetched: it broke"
    assert capsys.readouterr().err.splitlines() == [error] * 3
    made = {name: data for name, data in tree(tmp_path / "out").items() if not name.startswith("gone")}
    assert pictures(opened("memory://out")) == made and len(made) == 33


def test_objects_are_put_whole(s3: str, album: Path, model: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every picture arrives in one request: a reader sees all of it or nothing."""
    import s3fs

    uploaded(album, "s3://photos/whole")
    asked = list[tuple[str, str]]()
    call = s3fs.S3FileSystem._call_s3

    async def heard(fs: object, method: str, *rest: object, **named: object) -> object:
        asked.append((method, str(named.get("Key"))))
        return await call(fs, method, *rest, **named)

    monkeypatch.setattr(s3fs.S3FileSystem, "_call_s3", heard)
    assert run("s3://photos/whole", "--output", "s3://colour/whole", "--model", model) == 1
    made = pictures(opened("s3://colour/whole"))
    writes = [
        key
        for method, key in asked
        if method not in ("get_object", "head_object", "head_bucket", "list_objects_v2", "delete_objects")
    ]
    for name in made:
        assert [key for key in writes if key == f"whole/{name}"] == [f"whole/{name}"]
    assert not [key for key in writes if "/_colorgan/" not in key and key.removeprefix("whole/") not in made]


def test_where_puts_are_not_whole_files_are_renamed(tmp_path: Path) -> None:
    class Halves(fsspec.get_filesystem_class("memory")):
        protocol, store, pseudo_dirs, cachable = "halves", {}, [""], False

        def pipe_file(self, path: str, value: bytes, **named: object) -> None:
            super().pipe_file(path, value[: len(value) // 2])
            seen.update(self.store)
            if value == b"breaks":
                raise OSError("gone")
            super().pipe_file(path, value)

    seen = set[str]()
    root = Root("halves://out", Halves(), "/out")
    for data in (b"first", b"second"):
        root.write("a/b.jpg", data)
        assert root.read("a/b.jpg") == data
    assert not any(name.endswith("b.jpg") and name != "/out/a/b.jpg" for name in seen)
    with pytest.raises(OSError, match="gone"):
        root.write("a/b.jpg", b"breaks")
    assert list(root.everything()) == ["a/b.jpg"] and root.read("a/b.jpg") == b"second"


def test_a_run_that_was_killed_is_resumed(tmp_path: Path, model: str) -> None:
    album, out = many(tmp_path / "album", 120), tmp_path / "out"
    alone = ("--model", model, "--batch-size", "1")  # in a batch, the others sway the last bits of a photo
    options = (f"file://{album}", "--output", str(out), *alone)
    process = subprocess.Popen([sys.executable, "-m", "colorgan.cli", "colorize", *options])
    when(30, out, process.kill)
    assert process.wait(30) == -signal.SIGKILL
    assert 30 <= len(whole(out)) < 120
    assert run(*options, "--resume") == 0
    root = opened(str(out))
    check_table(root)
    assert {row["revision"] for row in rows(root)} == {model_revision(Colorizer.from_pretrained(model))}
    assert run(album, "--output", tmp_path / "whole", *alone) == 0
    assert tree(out) == tree(tmp_path / "whole")


def test_ctrl_c_leaves_whole_pictures_and_a_true_table(
    tmp_path: Path, model: str, capsys: pytest.CaptureFixture[str]
) -> None:
    album, out = many(tmp_path / "album", 400), tmp_path / "out"
    pressing = threading.Thread(target=when, args=(30, out, lambda: os.kill(os.getpid(), signal.SIGINT)))
    # A script's background job, as which tests may run, ignores the signal.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        pressing.start()
        assert run(f"file://{album}", "--output", out, "--model", model) == 130
    finally:
        signal.signal(signal.SIGINT, before)
    pressing.join()
    said = f"colorgan: error: interrupted: {len(tree(out))} of 400 photos done; --resume goes on from here\n"
    assert capsys.readouterr().err == said
    assert 30 <= len(tree(out)) < 400
    check_table(opened(str(out)))


def test_the_newer_row_counts_whatever_the_clocks_say(tmp_path: Path, model: str) -> None:
    """Of a machine whose clock is ahead, and one whose is not."""
    draw(tmp_path / "album" / "a.jpg")
    root = opened(str(tmp_path / "out"))
    options = (f"file://{tmp_path}/album", "--output", tmp_path / "out", "--model", model)
    assert run(*options) == 0
    [ran] = (tmp_path / "out" / "_colorgan" / "runs").iterdir()
    ran.rename(ran.with_name("2999" + ran.name[4:]))
    [table] = (tmp_path / "out" / "_colorgan" / "outcomes").iterdir()
    table.rename(table.with_name(table.name.replace("table-20", "table-29", 1)))
    draw(tmp_path / "album" / "a.jpg", seed=7)
    assert run(*options, "--overwrite") == 0
    check_table(root)


# One at a time


@pytest.mark.parametrize("target", ["local", "memory://out"])
def test_two_jobs_on_one_target(target: str, tmp_path: Path) -> None:
    output = opened(str(tmp_path) if target == "local" else target)
    with claims.claimed(output, RUN):
        for run_name in ("other", "other.1-of-2"):
            with (
                pytest.raises(
                    claims.TakenError, match=r"another job is at work on .* since 20.* UTC: wait for its end, or"
                ),
                claims.claimed(output, run_name),
            ):
                pass
    with claims.claimed(output, "other.1-of-2"), claims.claimed(output, "third.2-of-2"):
        for run_name in ("other", "other.1-of-3", "other.2-of-2"):
            with pytest.raises(claims.TakenError), claims.claimed(output, run_name):
                pass
    assert not list(output.everything())


def test_the_claim_of_a_job_that_is_gone_counts_for_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    output = opened("memory://out")
    claim = {"run": RUN, "began": 0, "renewed": time.time(), "process": 1 << 30, "machine": claims._machine()}
    output.write("_colorgan/claims/all.json", json.dumps(claim).encode())
    with claims.claimed(output, "other"):
        pass
    elsewhere = claim | {"machine": "another"}
    output.write("_colorgan/claims/all.json", json.dumps(elsewhere).encode())
    with pytest.raises(claims.TakenError, match=r"if it was killed, 1[12]\d seconds"), claims.claimed(output, "other"):
        pass
    output.write("_colorgan/claims/all.json", json.dumps(elsewhere | {"renewed": time.time() - 121}).encode())
    with claims.claimed(output, "other"):
        assert json.loads(output.read("_colorgan/claims/all.json"))["run"] == "other"


def test_a_job_that_is_taken_over_stops(album: Path, model: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(claims, "PACE", claims.Pace(0.01, 120))
    uploaded(album, "memory://photos")
    output = opened("memory://out")

    def engine(terms: object, parts: object, colorizer: object, told: Any) -> None:
        until = time.monotonic() + 100
        while not told.lost.is_set() and time.monotonic() < until:  # a renewal that is under way writes over it
            output.write("_colorgan/claims/all.json", json.dumps({"run": "another"}).encode())
            time.sleep(0.005)
        running.work_here(terms, parts, colorizer, told)

    colorizer = Colorizer.from_pretrained(model)
    report = run_archive(Commission(["memory://photos"], "memory://out"), colorizer, Settings(), engine=engine)
    assert report.stopped.startswith("another job has taken over")
    assert json.loads(output.read("_colorgan/claims/all.json"))["run"] == "another"
