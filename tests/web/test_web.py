"""The page without a browser: what a session does with photos, the HTML it becomes, the API, and the server's edges."""

import contextlib
import errno
import html
import io
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
import zipfile
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import gradio as gr
import numpy as np
import pytest
from cases.page import loaded_models
from cases.study import Visitor, issue
from PIL import Image
from skimage import data

from colorgan import DEFAULT_WEIGHTS
from colorgan.photo import PhotoError, save_photo
from colorgan.photo.endings import WRITTEN, photo_formats
from colorgan.web import colorize_view, session, taking
from colorgan.web.colorize import ColorizePage
from colorgan.web.colorize_api import Asked, ColorizeApi, convert
from colorgan.web.examples import prepare_examples
from colorgan.web.items import MAX_CHOICES, ColouredPhoto, ItemState
from colorgan.web.limits import Limits
from colorgan.web.models import Models
from colorgan.web.names import distinct, download_name, plain_name
from colorgan.web.retouch import DRAWINGS
from colorgan.web.screen import Screen
from colorgan.web.session import PageSession
from colorgan.web.session_files import SESSIONS
from colorgan.web.taking import FileWish, save, save_all
from colorgan.web.templating import ASSETS
from colorgan.web.visits import Visits

ROOT = Path(__file__).parents[2]


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    """A gray JPEG of 512 x 400 with a date in its EXIF."""
    path = tmp_path / "Aunt Mina.jpg"
    exif = Image.Exif()
    exif[306] = "1956:07:01 12:00:00"
    Image.fromarray(data.astronaut()).convert("L").crop((0, 0, 512, 400)).save(path, exif=exif, quality=95)
    return path


@pytest.fixture(scope="module")
def twin() -> Models:
    """A model that draws variants and cannot be told colours."""
    return loaded_models(str(Path(DEFAULT_WEIGHTS) / "twin"))  # type: ignore[no-any-return]


@pytest.fixture
def page(tmp_path: Path, models: Models) -> ColorizePage:
    examples = prepare_examples(tmp_path / "sessions" / "examples")
    return ColorizePage(models, tmp_path / "sessions", examples, Limits(), "Private.")


def read(path: Path | None) -> Image.Image:
    """An image whose file is not left open."""
    assert path
    return Image.open(io.BytesIO(path.read_bytes()))


def colorized(folder: Path, models: Models, *photos: Path) -> PageSession:
    """A session that brought copies of the photos and waited until they were done."""
    brought = PageSession(folder / "sessions", 120.0)
    for _ in brought.work([brought.copy(path.name, path) for path in photos], models):
        pass
    return brought


def first(brought: PageSession) -> ColouredPhoto:
    photo = brought.items[0].coloured
    assert photo
    return photo


# A session


def test_a_photo_gets_its_picture_and_variants(tmp_path: Path, twin: Models, photo: Path) -> None:
    brought = colorized(tmp_path, twin, photo)
    coloured = first(brought)
    assert brought.items[0].state is ItemState.DONE and brought.opened == 0
    assert coloured.decoded.size == (512, 400) and coloured.decoded.format == "JPEG"
    assert len(coloured.choices) == len(coloured.thumbnails) == 1 + session.VARIANTS
    assert read(coloured.shown).size == (512, 400)
    assert np.ptp(np.asarray(read(coloured.shown)).astype(int), axis=-1).mean() > 2, "no colour"


def test_a_tiny_photo_gets_its_thumbnails(tmp_path: Path, twin: Models) -> None:
    """Smaller than a thumbnail, so that nothing is made smaller."""
    Image.fromarray(data.camera()).resize((64, 48)).save(tmp_path / "tiny.png")
    assert {read(path).size for path in first(colorized(tmp_path, twin, tmp_path / "tiny.png")).thumbnails} == {
        (64, 48)
    }


def test_every_step_of_the_work_can_be_shown(tmp_path: Path, models: Models, photo: Path) -> None:
    bad = tmp_path / "notes.txt"
    bad.write_text("not a photo")
    brought = PageSession(tmp_path / "sessions", 120.0)
    new = [brought.copy(path.name, path) for path in (photo, bad)]
    steps = [[str(item.state) for item in brought.items] for _ in brought.work(new, models)]
    assert steps == [
        ["working", "waiting"],
        ["done", "waiting"],
        ["done", "failed"],
        ["done", "failed"],
    ]
    alone = PageSession(tmp_path / "sessions", 120.0)
    steps = [[str(item.state) for item in alone.items] for _ in alone.work([alone.copy("notes.txt", bad)], models)]
    assert steps == [["failed"], []] and "'notes.txt'" in alone.error
    closed = PageSession(tmp_path / "sessions", 120.0)
    work = closed.work([closed.copy(photo.name, photo)], models)
    next(work)
    closed.close()
    assert list(work) == [] and not closed.folder.exists()


def test_vividness_and_choice_repaint_without_the_network(
    tmp_path: Path, models: Models, photo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    brought = colorized(tmp_path, models, photo)
    coloured = first(brought)
    before = Path(coloured.shown or "").read_bytes()
    monkeypatch.setattr(Models, "predict", lambda *_: pytest.fail("the network ran"))
    coloured.vividness = 1.5
    brought.screen.paint(coloured)
    assert Path(coloured.shown or "").read_bytes() != before
    coloured.vividness = 0.0
    assert brought.sharpen(coloured)
    assert np.ptp(np.asarray(read(coloured.shown)).astype(int), axis=-1).max() <= 3  # JPEG's own rounding


def test_a_large_photo_is_shown_quickly_and_then_at_full_size(tmp_path: Path, models: Models) -> None:
    path = tmp_path / "large.png"
    Image.fromarray(data.coffee()).convert("L").resize((1800, 1200)).save(path)
    brought = colorized(tmp_path, models, path)
    coloured = first(brought)
    assert read(coloured.shown).size == (1280, 853) and not coloured.sharp
    assert brought.sharpen(coloured) and coloured.sharp
    assert [read(shown).size for shown in (coloured.decoded.shown, coloured.shown)] == [(1800, 1200)] * 2


def test_a_sharp_picture_of_a_former_setting_is_not_shown(tmp_path: Path, twin: Models, photo: Path) -> None:
    brought = colorized(tmp_path, twin, photo)
    coloured = first(brought)
    shown, choice = coloured.shown, coloured.choices[0]

    def slow(*arguments: Any) -> Image.Image:
        coloured.vividness = 0.4  # the person moves on while this paints
        return choice.prediction.picture(*arguments)

    coloured.choices[0] = session.Choice(SimpleNamespace(prediction=SimpleNamespace(picture=slow)), 0, 0)  # type: ignore[arg-type]
    assert not brought.sharpen(coloured) and coloured.shown == shown


def test_more_variants_differ_and_end_at_the_limit(tmp_path: Path, twin: Models, photo: Path) -> None:
    brought = colorized(tmp_path, twin, photo)
    coloured = first(brought)
    for _ in range(6):
        brought.vary(coloured, twin)
    assert len(coloured.choices) == len(coloured.thumbnails) == MAX_CHOICES
    assert len({path.read_bytes() for path in coloured.thumbnails}) > session.VARIANTS + 1
    assert "data-full" in colorize_view.stage(brought, [], "", 1)


def test_files_of_the_screen_do_not_pile_up(tmp_path: Path, models: Models, photo: Path) -> None:
    brought = colorized(tmp_path, models, photo)
    coloured = first(brought)
    for percent in range(0, 100, 2):
        coloured.vividness = percent / 100
        brought.screen.paint(coloured)
    for _ in range(8):
        brought.colorize(brought.items[0], models)
    assert sum(path.is_file() for path in brought.folder.rglob("*")) < 2 + 2 * MAX_CHOICES + 4
    brought.close()
    assert not brought.folder.exists()


@pytest.mark.parametrize("described", [True, False])
def test_the_download_keeps_format_size_and_metadata(
    tmp_path: Path, models: Models, photo: Path, described: bool
) -> None:
    brought = colorized(tmp_path, models, photo)
    path = save(brought, first(brought), FileWish(described))
    saved = read(path)
    assert (path.name, saved.format, saved.size, saved.mode) == ("Aunt Mina-colorized.jpg", "JPEG", (512, 400), "RGB")
    assert saved.getexif()[306] == "1956:07:01 12:00:00"
    assert ("the colours are a guess" in str(dict(saved.getexif()))) is described


def test_downloads_say_what_the_command_line_says(tmp_path: Path, models: Models, photo: Path) -> None:
    """README and card promise it of every file that colorgan writes."""
    brought = colorized(tmp_path, models, photo)
    by_program = convert(brought, photo, models, 0, Asked())
    *_, (_, archive) = save_all(brought, FileWish())
    assert archive
    with zipfile.ZipFile(archive) as opened:
        in_zip = opened.extract("Aunt Mina-colorized.jpg", tmp_path)
    command = ["-m", "colorgan.cli", "colorize", str(photo), "--output", str(tmp_path / "out.jpg")]
    subprocess.run([sys.executable, *command], check=True, capture_output=True, timeout=120)
    software = {read(Path(path)).getexif()[305] for path in (by_program, in_zip, tmp_path / "out.jpg")}
    [sentence] = software
    assert models.get().name in sentence and sentence.endswith(": the colours are a guess")


def test_one_zip_of_the_good_ones_with_distinct_names(tmp_path: Path, models: Models, photo: Path) -> None:
    bad = tmp_path / "notes.txt"
    bad.write_text("not a photo")
    brought = colorized(tmp_path, models, photo, bad, photo)
    assert [item.state for item in brought.items] == [ItemState.DONE, ItemState.FAILED, ItemState.DONE]
    assert "'notes.txt'" in brought.items[1].failure and "\n" not in brought.items[1].failure
    *counts, (_, archive) = save_all(brought, FileWish())
    assert [count for count, _ in counts] == [1, 2] and archive
    with zipfile.ZipFile(archive) as opened:
        assert opened.namelist() == ["Aunt Mina-colorized.jpg", "Aunt Mina-colorized-2.jpg"]
        assert opened.testzip() is None


def endings() -> list[tuple[str, str]]:
    """Every ending that is taken, with a format of Pillow's that it stands for."""
    Image.init()
    return [(ending, kind) for ending, kind in sorted(Image.registered_extensions().items()) if kind in photo_formats()]


@pytest.mark.parametrize(("ending", "kind"), endings())
def test_whatever_was_taken_can_be_handed_back(tmp_path: Path, ending: str, kind: str) -> None:
    """Under an ending that pictures are written under, and as what the ending says."""
    for name in (f"scan{ending}", f"scan{ending.upper()}"):
        got = download_name(name, kind)
        save_photo(Image.new("RGB", (8, 8)), tmp_path / got)
        assert read(tmp_path / got).format in ({"MPO": "JPEG"}.get(kind, kind), "PNG", "BMP")
        assert (Path(got).suffix == Path(name).suffix) is (ending in WRITTEN)


@pytest.mark.parametrize(
    "name", ["scan.pgm", "scan.pbm", "scan.bw", "scan.j2k", "scan.ico", "scan.im", "scan.apng", "scan.icb", "scan.mpo"]
)
def test_scanners_files_come_back_by_page_zip_and_program(
    tmp_path: Path, models: Models, photo: Path, name: str
) -> None:
    gray = Image.open(photo).convert("1" if name.endswith("pbm") else "L").resize((64, 48))
    gray.save(tmp_path / name)
    brought = colorized(tmp_path, models, tmp_path / name, photo)
    wanted = "scan-colorized.jpg" if name.endswith(".mpo") else "scan-colorized.png"
    alone = save(brought, first(brought), FileWish())
    by_program = convert(brought, tmp_path / name, models, 0, Asked())
    assert (alone.name, by_program.name) == (wanted, wanted)
    assert read(alone).size == read(by_program).size == read(tmp_path / name).size
    *_, (count, archive) = save_all(brought, FileWish())
    assert count == 2 and archive and brought.error == ""
    assert zipfile.ZipFile(archive).namelist() == [wanted, "Aunt Mina-colorized.jpg"]


def test_a_photo_beyond_its_own_format_comes_back_as_png(tmp_path: Path, models: Models) -> None:
    """JPEG files have up to 65,535 pixels a side, and encoders write up to 65,500."""
    path = tmp_path / "panorama.tga"
    Image.linear_gradient("L").resize((65_535, 8)).save(path)
    brought = colorized(tmp_path, models, path)
    first(brought).decoded.format = "JPEG"
    first(brought).decoded.name = "panorama.jpg"
    saved = save(brought, first(brought), FileWish())
    assert (saved.name, read(saved).format, read(saved).size) == ("panorama-colorized.png", "PNG", (65_535, 8))


def failing_for(name: str, error: Exception) -> Any:
    """`save_photo` that fails for a name's stem."""

    def save(picture: Image.Image, path: Path, *rest: Any, **named: Any) -> tuple[str, ...]:
        if path.stem == name:
            raise error
        return save_photo(picture, path, *rest, **named)

    return save


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (PhotoError("cannot write 'x': why"), "cannot write 'x': why"),
        (MemoryError(), "this photo is too large for the memory of this computer"),
        (OSError(errno.ENOSPC, "No space left on device"), "the disk of this computer is full"),
    ],
)
def test_what_cannot_be_written_is_named_and_nothing_else_is_lost(
    page: ColorizePage,
    tmp_path: Path,
    models: Models,
    photo: Path,
    monkeypatch: pytest.MonkeyPatch,
    error: Exception,
    reason: str,
) -> None:
    other = Path(shutil.copy(photo, tmp_path / "other.jpg"))
    brought = colorized(tmp_path, models, photo, other)
    monkeypatch.setattr(taking, "save_photo", failing_for("other-colorized", error))
    *_, last = page.save_all(brought, True)
    assert f"Not in the zip: 'other.jpg': {reason}." in html.unescape(last[1])
    assert zipfile.ZipFile(last[3]).namelist() == ["Aunt Mina-colorized.jpg"]
    assert last[2]["interactive"]
    brought.opened = 1
    *_, last = page.save(brought, True)
    assert reason[1:] + "." in html.unescape(last[1]) and "try again" not in last[1]
    assert last[3] is None, "the former file would be handed over once more"
    brought.items, brought.opened = brought.items[1:], None
    *_, last = page.save_all(brought, True)
    assert "Not in the zip: 'other.jpg'" in html.unescape(last[1]) and last[3] is None


def test_whatever_fails_is_said_once_and_not_tried_for_ever(
    page: ColorizePage, tmp_path: Path, models: Models, photo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    brought = colorized(tmp_path, models, photo)
    first(brought).sharp = False
    assert "data-settle" in page.settle(None)[1] or "data-settle" in colorize_view.stage(brought, [], "", 1)
    monkeypatch.setattr(PageSession, "sharpen", lambda *_: (_ for _ in ()).throw(MemoryError()))
    monkeypatch.setattr(Screen, "paint", lambda *_: (_ for _ in ()).throw(MemoryError()))
    monkeypatch.setattr(PageSession, "vary", lambda *_: (_ for _ in ()).throw(MemoryError()))
    for shown in (
        page.settle(brought),
        next(page.set_vividness(brought, 50)),
        page.pick(brought, event(index=1)),
        page.vary(brought),
    ):
        assert "This photo is too large for the memory of this computer." in shown[1]
        assert "data-settle" not in shown[1]


def test_names() -> None:
    assert distinct(["a.jpg", "A.jpg", "a-2.jpg", "a.jpg"]) == ["a.jpg", "A-2.jpg", "a-2-2.jpg", "a-3.jpg"]
    assert plain_name("../../etc/pass\0wd") == "pass_wd"
    assert plain_name(r"C:\photos\Oma: 1950?.JPG") == "Oma_ 1950_.JPG"
    for letter in ("\N{GRINNING FACE}", "母", "é", "x"):
        longest = download_name(plain_name(letter * 300 + ".jpeg"), "JPEG")
        assert longest.endswith("-colorized.jpeg") and len(distinct([longest] * 2)[1].encode()) <= 255
        assert letter * 40 in longest and set(longest.removesuffix("-colorized.jpeg")) == {letter}
        assert len(plain_name("a." + letter * 300).encode()) <= 255
    assert plain_name("\ud83d.jpg") == "_.jpg"  # half of a letter, which some browsers send
    assert plain_name("...") == "photo" and len(plain_name("x" * 300 + ".jpeg")) == 85
    names = [("scan.jpg", "PNG"), ("scan", "JPEG"), ("a.jpeg", "MPO"), ("b.tif", "TIFF"), ("odd.xyz", "ICO")]
    got = [download_name(name, kind) for name, kind in names]
    assert got == [f"{stem}-colorized{end}" for stem, end in zip(
        ("scan", "scan", "a", "b", "odd"), (".png", ".jpg", ".jpeg", ".tif", ".png"), strict=True
    )]  # fmt: skip


# The page's answers to events


def event(**fields: Any) -> Any:
    return SimpleNamespace(**fields)


def test_paths_outside_the_upload_folder_are_refused(
    page: ColorizePage, photo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    uploads = tmp_path / "uploads"
    uploads.mkdir()
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(uploads))
    (uploads / "link.jpg").symlink_to(photo)
    own = prepare_examples(uploads / SESSIONS / "examples")[0].path
    for path in (photo, uploads / ".." / photo.name, uploads / "link.jpg", "/etc/hostname", uploads, own):
        *_, shown = page.bring(None, event(files=[{"name": "x.jpg", "path": str(path)}]))
        assert "did not arrive" in shown[1] and photo.exists() and own.exists()


def test_one_bad_file_alone_leads_back_to_the_start_with_a_sentence(page: ColorizePage) -> None:
    *_, shown = page.bring(None, event(files=[{"name": "huge.tif", "problem": "large"}]))
    assert 'role="alert">&#39;huge.tif&#39; is larger than 100 MB, the most this page takes.<' in shown[1]
    assert 'class="drop"' in shown[1]


def test_too_many_photos_are_named(page: ColorizePage) -> None:
    *_, shown = page.bring(None, event(files=[{"name": "x.jpg", "problem": "lost"}] * 103))
    assert "100 photos at a time are the most: 3 were left out." in shown[1]
    [again] = page.bring(shown[0], event(files=[{"name": "x.jpg", "problem": "lost"}]))
    assert "1 was left out" in again[1], "nothing is said where there is no room at all"


def test_a_session_that_expired_is_explained(page: ColorizePage) -> None:
    answers = (page.show(None, event(index=1)), page.overview(None), page.pick(None, event(index=0)), page.vary(None))
    for shown in (*answers, next(page.save(None, True)), next(page.save_all(None, True))):
        assert "no longer here" in shown[1]
    assert "alert" not in page.restart(None)[1]


def test_starting_over_can_be_undone(page: ColorizePage) -> None:
    *_, shown = page.sample(None, event(index=3))
    assert "data-ready" in shown[1] and "photographer.jpg" in shown[1]
    brought = shown[0]
    empty = page.restart(brought)
    assert empty[0] is None and "A photo is here from before." in empty[1] and brought.token in empty[1]
    *_, again = page.resume(None, event(token=brought.token, offer=False))
    assert again[0] is brought and "photographer.jpg" in again[1]
    assert list(page.resume(None, event(token="nobody's", offer=True))) == [[gr.skip()] * len(again)]


def test_what_began_before_a_fresh_start_does_not_bring_the_old_photos_back(page: ColorizePage) -> None:
    *_, (session, *_) = page.sample(None, event(index=3))
    page.restart(session)
    for late in (page.settle(session), page.draw(session), next(page.set_vividness(session, 50))):
        assert late == [gr.skip(), gr.skip()]
    assert "no longer here" in page.undo(session)[1], "another tab of the same visit"
    *_, (begun, stage, *_) = page.sample(session, event(index=3))
    assert begun is not session and "data-ready" in stage


def test_another_model_repaints_the_open_photo(tmp_path: Path) -> None:
    copy = shutil.copytree(DEFAULT_WEIGHTS, tmp_path / "copy", ignore=shutil.ignore_patterns("README.md"))
    config = json.loads((copy / "config.json").read_text())
    (copy / "config.json").write_text(json.dumps({**config, "recipe": "calm", "gain": config["gain"] / 4}))
    page = ColorizePage(
        Models([DEFAULT_WEIGHTS, str(copy)]), tmp_path, prepare_examples(tmp_path / "examples"), Limits(), ""
    )
    *_, (made, *_) = page.sample(None, event(index=1))
    vivid = np.ptp(np.asarray(read(first(made).shown)).astype(int), axis=-1).mean()
    shown = page.change_model(made, str(copy))
    assert np.ptp(np.asarray(read(first(made).shown)).astype(int), axis=-1).mean() < vivid / 2
    assert shown[3] == str(copy) and "<dd>calm</dd>" in shown[4]


def test_what_api_calls_leave_is_swept_away(models: Models, tmp_path: Path, photo: Path) -> None:
    api = ColorizeApi(models, tmp_path / "sessions", Limits())
    old = Path(api.colorize(str(photo))).parent.parent
    os.utime(old, (0, 0))
    new = Path(api.colorize(str(photo)))
    Visits(tmp_path / "sessions", Limits()).look()
    assert new.is_file() and not old.exists()


def test_indices_from_the_browser_are_kept_in_range(page: ColorizePage, tmp_path: Path, twin: Models) -> None:
    *_, shown = page.sample(None, event(index=-7))
    assert shown[0].items[0].name == "cat.jpg"
    page.pick(shown[0], event(index=10**9))
    chosen = first(shown[0])
    assert chosen.retouch and chosen.pressed == DRAWINGS
    plain = ColorizePage(twin, tmp_path / "others", page.examples, Limits(), "Private.")
    *_, shown = plain.sample(None, event(index=-7))
    plain.pick(shown[0], event(index=10**9))
    assert first(shown[0]).chosen == session.VARIANTS


def test_file_names_cannot_write_html(page: ColorizePage) -> None:
    hostile = '<img src=x onerror=alert(1)>"${alert(2)}.jpg'
    *_, shown = page.bring(None, event(files=[{"name": hostile, "problem": "lost"}] * 2))
    assert "<img src=x" not in shown[1] and "onerror=alert(1)&gt;" in shown[1]


def test_examples_are_gray_and_need_no_network(tmp_path: Path) -> None:
    examples = prepare_examples(tmp_path)
    assert len(examples) == 4
    assert all(read(example.path).mode == "L" and example.alt for example in examples)


def test_grounds_are_neutral() -> None:
    css = "".join(sheet.read_text() for sheet in ASSETS.glob("*.css"))
    colours = {code.lower() for code in re.findall(r"#([0-9a-fA-F]{6}|[0-9a-fA-F]{3,4})\b(?![-\w])", css)}
    tinted = {code for code in colours if len(code) == 6 and len({code[:2], code[2:4], code[4:]}) > 1}
    assert tinted == {"1d5fbf", "8ab4f8"}, "one accent for light, one for dark; all else is gray"
    assert "http" not in css and "@import" not in css


def contrast(one: str, other: str) -> float:
    """WCAG 2.2, contrast ratio of two #rrggbb colours."""

    def luminance(code: str) -> float:
        parts = [int(code[start : start + 2], 16) / 255 for start in (1, 3, 5)]
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize(("scheme", "body"), [(0, "#ededed"), (1, "#1f1f1f")])
def test_text_stands_out_from_every_ground(scheme: int, body: str) -> None:
    css = (ASSETS / "common.css").read_text()
    values = dict(re.findall(r"--([\w-]+): (#\w{6});", css.split("}")[scheme]))
    for ink in ("ink", "ink-soft"):
        for ground in (body, values["ground"], values["surface"]):
            assert contrast(values[ink], ground) >= 4.5, (ink, ground)
    assert contrast(values["accent"], values["on-accent"]) >= 4.5
    assert contrast(values["accent"], body) >= 3 and contrast(values["line"], body) >= 3


# The API


@pytest.fixture(scope="module")
def client(page_server: Any) -> Iterator[Any]:
    from gradio_client import Client

    client = Client(page_server.address, verbose=False)
    yield client
    client.close()  # else its heartbeat goes on through other files' tests


def test_the_api_is_one_endpoint(client: Any) -> None:
    described = client.view_api(return_format="dict")
    assert list(described["named_endpoints"]) == ["/colorize"] and not described["unnamed_endpoints"]
    parameters = described["named_endpoints"]["/colorize"]["parameters"]
    named = {parameter["parameter_name"]: parameter["parameter_has_default"] for parameter in parameters}
    optional = ("vividness", "seed", "variant", "hints", "daring", "reference")
    assert named == {"photo": False, **dict.fromkeys(optional, True)}


def test_the_api_colorizes_as_the_library_does(client: Any, models: Models, tmp_path: Path) -> None:
    from gradio_client import handle_file

    gray = Image.fromarray(data.coffee()).convert("L")
    gray.save(tmp_path / "cup.png")
    got = Path(client.predict(handle_file(tmp_path / "cup.png"), 0.8, 3, 2, api_name="/colorize"))
    assert got.name == "cup-colorized.png"
    wanted = models.get().colorizer.colorize(gray, variants=2, seed=3, vividness=0.8)[1]
    difference = np.abs(np.asarray(read(got)).astype(int) - np.asarray(wanted))
    assert difference.max() <= 2 and difference.mean() < 0.1  # another number of threads rounds otherwise


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [((1.0, 0, -1), "Variant must be from 0 to 64, got -1."), ((9.0, 0, 0), "Vividness must be from 0 to 3, got 9")],
)
def test_the_api_refuses_in_one_sentence(client: Any, photo: Path, arguments: Any, sentence: str) -> None:
    from gradio_client import handle_file

    with pytest.raises(Exception, match=re.escape(sentence)):
        client.predict(handle_file(photo), *arguments, api_name="/colorize")


def test_the_api_refuses_what_is_no_photo(client: Any, tmp_path: Path) -> None:
    from gradio_client import handle_file

    (tmp_path / "notes.txt").write_text("hello")
    with pytest.raises(Exception, match=r"'notes\.txt'"):
        client.predict(handle_file(tmp_path / "notes.txt"), api_name="/colorize")


def test_private_parts_of_the_server(page_server: Any) -> None:
    with urllib.request.urlopen(f"{page_server.address}config") as answer:
        config = answer.read().decode()
    assert '"analytics_enabled":false' in config.replace(" ", "")
    assert '"footer_links":[]' in config.replace(" ", "")
    with urllib.request.urlopen(f"{page_server.address}favicon.ico") as answer:
        assert answer.read() == (ASSETS / "icon.svg").read_bytes()
    for path in ("gradio_api/file=/etc/hostname", f"gradio_api/file={ROOT / 'pyproject.toml'}"):
        with pytest.raises(urllib.error.HTTPError, match="403") as refused:
            urllib.request.urlopen(page_server.address + path)
        refused.value.close()


def test_the_routes_stand_before_gradios_own(page_server: Any) -> None:
    """As the app serves them: Gradio's compression and CORS around, which must leave pictures as they are."""
    address, started = page_server.address.rstrip("/"), page_server.study.progress().started
    with Visitor(address, "pairs") as visitor:
        page = visitor.client.get("/vote")
        assert page.status_code == 200 and page.text.count("<a href=") == 5
        assert visitor.start(timed=False).status_code == 200
        trial = visitor.trial()
        image = visitor.client.get(trial["image"], headers={"Accept-Encoding": "gzip, br", "Origin": address})
        assert image.status_code == 200 and "content-encoding" not in image.headers
        assert int(image.headers["content-length"]) == len(image.content)
        assert visitor.client.get("/study-assets/study.js").status_code == 200
        evil = {"Origin": "https://example.org", "Sec-Fetch-Site": "cross-site"}
        issue(page_server.study.store, trial["trial_id"], seconds_ago=-60)
        assert visitor.answer(trial["trial_id"], "left").status_code == 425
        assert visitor.post("/answer", {}, headers=evil).status_code == 403
        issue(page_server.study.store, trial["trial_id"], seconds_ago=1)
        assert visitor.answer(trial["trial_id"], "left").json()["outcome"] == "recorded"
        assert page_server.study.progress().started == started + 1


def test_gradio_tells_nothing_of_the_study(page_server: Any) -> None:
    """Neither its own descriptions of the app, nor its routes for files, know of trials, pictures or the database."""
    pool, store = page_server.study.pool, page_server.study.store
    secret = {"fake_side", "stimulus", str(pool.folder), store._engine.url.database}
    secret |= {value for row in pool.rows for value in (row.stimulus_id, row.photo_id)}
    secret |= {row["trial_id"] for row in store.select("SELECT trial_id FROM trial")}
    for path in ("", "config", "gradio_api/info", "gradio_api/openapi.json", "openapi.json"):
        with urllib.request.urlopen(page_server.address + path) as answer:
            said = answer.read().decode()
        assert not [word for word in secret if word in said], path
    picture = next((pool.folder / "images").iterdir())
    for kept in (store._engine.url.database, pool.folder / "manifest.json", picture):
        for route in ("gradio_api/file=", "file=", "gradio_api/file/", "study-assets/"):
            with pytest.raises(urllib.error.HTTPError, match=r"40[34]") as refused:
                urllib.request.urlopen(f"{page_server.address}{route}{kept}")
            refused.value.close()


# The command


def run_app(*arguments: str, **options: Any) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "app.py", *arguments], cwd=ROOT, capture_output=True, text=True, timeout=120, **options
    )


def test_help_needs_neither_torch_nor_gradio() -> None:
    script = "import sys, runpy; sys.argv = ['app.py', '--help']\ntry: runpy.run_path('app.py', run_name='__main__')\n"
    script += "except SystemExit: print(sorted({'torch', 'gradio', 'numpy'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert "--max-megapixels" in done.stdout and done.stdout.endswith("[]\n")


def test_the_page_is_built_before_torch_is_there() -> None:
    script = "import sys, colorgan.web.server; print(sorted({'torch', 'llvmlite'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.stdout == "[]\n", done.stderr


def test_bad_arguments_are_one_line_and_status_2(tmp_path: Path) -> None:
    for arguments in (["--port", "70000"], ["--max-megapixels", "0"]):
        done = run_app(*arguments)
        assert done.returncode == 2 and done.stderr.strip().splitlines()[-1].startswith("app.py: error: --")
    done = run_app("--model", str(tmp_path / "nowhere"), env={**os.environ, "HF_HUB_OFFLINE": "1"})
    assert done.returncode == 2 and len(done.stderr.strip().splitlines()) == 1, done.stderr
    assert "nowhere" in done.stderr


def test_a_port_that_was_asked_for_and_is_taken() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = run_app("--port", str(port))
    assert done.returncode == 2 and done.stderr.count("\n") == 1 and f"port {port}:" in done.stderr


@pytest.mark.parametrize(("flags", "left"), [(["--forget"], set()), ([], {".lock", "sessions"})])
def test_the_server_answers_and_leaves_nothing_behind(tmp_path: Path, flags: list[str], left: set[str]) -> None:
    """Nothing but the folder of visits, where these are kept."""
    (tmp_path / "temporary").mkdir()
    server = subprocess.Popen(
        [sys.executable, "app.py", "--model", DEFAULT_WEIGHTS, *flags],
        cwd=ROOT,
        env={**os.environ, "TMPDIR": str(tmp_path / "temporary"), "XDG_DATA_HOME": str(tmp_path / "data")}
        | {"COLORGAN_HOME": ""},
        stdout=subprocess.PIPE,
        text=True,
    )
    home = tmp_path / "data" / "colorgan"
    try:
        assert server.stdout
        line = server.stdout.readline()
        address = re.search(r"http://127\.0\.0\.1:\d+/", line)
        assert address, line
        with contextlib.closing(urllib.request.urlopen(address[0])) as answer:
            assert "colorgan" in answer.read().decode()
        assert list((tmp_path / "temporary").glob("colorgan-*") if flags else home.glob("page/*"))
        server.send_signal(signal.SIGTERM)
        server.wait(90)
    finally:
        server.kill()
        server.communicate()
    assert not list((tmp_path / "temporary").glob("colorgan-*"))
    assert {path.name for path in home.glob("page/*")} == left
