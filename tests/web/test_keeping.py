"""Visits of a server of one's own outlive it: written down, read again, and found by the browser that made them."""

import json
import os
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from cases.browsing import CHOOSE, READY, opened, shown
from cases.page import loaded_models, page_running
from cases.ports import free_port
from cases.words import colourful, scene
from PIL import Image

from colorgan import DEFAULT_WEIGHTS, Hint
from colorgan.photo.framing import Framing
from colorgan.web.arranging import arrange
from colorgan.web.history import MarkKind
from colorgan.web.items import ItemState, PhotoItem
from colorgan.web.keeping import VISIT
from colorgan.web.limits import Limits
from colorgan.web.models import Models
from colorgan.web.session import PageSession
from colorgan.web.visits import Visits
from colorgan.web.workspace import kept_workspace

SIZE = (160, 120)


@pytest.fixture(scope="module")
def models(words: str) -> Models:  # type: ignore[override]
    return loaded_models(words)  # type: ignore[no-any-return]


def brought(visits: Visits, folder: Path, models: Models, *images: Image.Image) -> PageSession:
    session = visits.new()
    for number, image in enumerate(images):
        image.save(folder / f"photo{number}.png")
    new = [session.copy(f"photo{number}.png", folder / f"photo{number}.png") for number in range(len(images))]
    for _ in session.work(new, models):
        pass
    return session


def do(session: PageSession, models: Models, what: str, value: Any = 0) -> None:
    for _ in arrange(session, what, value, models):
        pass
    assert session.error == ""


def say(item: PhotoItem, x: float, y: float, colour: str, **more: Any) -> None:
    assert item.history
    item.history.tell(item.history.told.with_mark(item.history.new_mark(MarkKind.POINT, [Hint(x, y, colour, **more)])))


def picture(session: PageSession, index: int) -> np.ndarray:
    photo = session.items[index].coloured
    assert photo
    session.screen.paint(photo)
    assert photo.shown
    return np.asarray(Image.open(photo.shown).convert("RGB")).astype(int)


def after_a_restart(folder: Path, session: PageSession, models: Models) -> PageSession:
    later = Visits(folder, Limits(), keeps=True)
    later.go_on(models.sources)
    found = later.find(session.token)
    assert found
    for _ in found.wake(models):
        pass
    return found


def test_all_that_was_done_is_there_again(tmp_path: Path, models: Models) -> None:
    visits = Visits(tmp_path / "sessions", Limits(), keeps=True)
    session = brought(visits, tmp_path, models, scene(SIZE), colourful(SIZE), scene(SIZE))
    told, _, gone = session.items
    session.opened = 0
    say(told, 10, 20, "teal")
    say(told, 100, 60, "#7a1f2b", lasso=[(80, 40), (120, 40), (120, 80)])
    say(told, 30, 90, "gold", radius=5)
    assert told.history
    told.history.undo()
    do(session, models, "turn", 1)
    do(session, models, "cut", [0, 0, 1, 0.9])
    session.opened = 1
    do(session, models, "own", "left")
    do(session, models, "vividness_for_all", 0.7)
    session.opened = 0
    do(session, models, "remove", 2)
    before = [picture(session, index) for index in (0, 1)]
    visits.keep(session)
    assert (session.folder / VISIT).stat().st_mode & 0o077 == 0
    (session.folder / "99.zip").write_bytes(b"a download")

    found = after_a_restart(tmp_path / "sessions", session, models)
    assert [item.name for item in found.items] == ["photo0.png", "photo1.png"] and found.opened == 0
    assert not (found.folder / "99.zip").exists() and gone.path.exists()
    again = found.items[0]
    assert again.framing == told.framing != Framing() and again.history
    assert (again.history.steps, again.history.at) == (told.history.steps, told.history.at)
    assert again.coloured and again.coloured.vividness == 0.7 == found.vividness
    assert found.items[1].is_answered and found.items[1].coloured and found.items[1].coloured.is_left
    assert all(np.array_equal(picture(found, index), one) for index, one in enumerate(before))
    assert found.files.new_file("").name not in {path.name for path in session.folder.iterdir()}
    again.history.redo()
    assert len(again.history.told.marks) == 3, "what was undone cannot be done again"
    do(found, models, "uncut")
    do(found, models, "bring_back")
    assert [item.name for item in found.items] == ["photo0.png", "photo1.png", "photo2.png"]


def test_a_page_that_is_reloaded_half_way_goes_on(
    tmp_path: Path, models: Models, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it had asked for ends with it between two steps, or goes on beside: the photo gets its colours, once."""
    session = Visits(tmp_path / "kept", Limits.of(alone=True)).new()
    asked: list[int] = []
    scene(SIZE).save(tmp_path / "cup.png")
    begun = session.work([session.copy("cup.png", tmp_path / "cup.png")], models)
    next(begun)
    assert session.items[0].state is ItemState.WORKING
    predict = Models.predict

    def slowly(*rest: Any, **named: Any) -> Any:
        asked.append(1)
        time.sleep(0.2)
        return predict(*rest, **named)

    monkeypatch.setattr(Models, "predict", slowly)
    ends = [begun, session.wake(models), session.wake(models)]
    with ThreadPoolExecutor(3) as threads:
        list(threads.map(list, ends))
    assert session.items[0].state is ItemState.DONE and len(asked) == 1
    again = session.copy("cup.png", tmp_path / "cup.png")
    begun = session.work([again], models)
    next(begun)
    begun.close()
    list(session.wake(models))
    assert again.state is ItemState.DONE


def test_variants_and_models_that_are_gone(tmp_path: Path) -> None:
    twin = loaded_models(str(Path(DEFAULT_WEIGHTS) / "twin"))
    visits = Visits(tmp_path / "sessions", Limits(), keeps=True)
    session = brought(visits, tmp_path, twin, scene(SIZE))
    photo = session.items[0].coloured
    assert photo
    session.vary(photo, twin)
    photo.chosen = len(photo.choices) - 1
    session.items[0].source = "/a/model/of/before"
    visits.keep(session)
    found = after_a_restart(tmp_path / "sessions", session, twin)
    again = found.items[0].coloured
    assert again and (len(again.choices), again.chosen) == (len(photo.choices), photo.chosen)
    assert found.items[0].source is None and np.array_equal(picture(found, 0), picture(session, 0))


def test_what_is_too_old_or_broken_goes_and_nothing_else(tmp_path: Path, models: Models) -> None:
    folder = tmp_path / "sessions"
    visits = Visits(folder, Limits(keep_minutes=60), keeps=True)
    kept, old, broken, elsewhere, never = (brought(visits, tmp_path, models, scene(SIZE)) for _ in range(5))
    for session in (kept, old, broken, elsewhere):
        visits.keep(session)
    os.utime(old.folder / VISIT, (time.time() - 3601,) * 2)
    (broken.folder / VISIT).write_text((broken.folder / VISIT).read_text()[:-9])
    said = json.loads((elsewhere.folder / VISIT).read_text())
    said["items"][0]["path"] = "../../photo0.png"
    (elsewhere.folder / VISIT).write_text(json.dumps(said))
    later = Visits(folder, Limits(keep_minutes=60), keeps=True)
    later.go_on(models.sources)
    assert list(folder.iterdir()) == [kept.folder] and (tmp_path / "photo0.png").exists()
    found = later.find(kept.token)
    assert found and [item.state for item in found.items] == [ItemState.WAITING]
    assert not any(later.find(session.token) for session in (old, broken, elsewhere, never))
    later.end(found)
    assert not any(folder.iterdir())


def test_a_folder_is_one_servers_and_holds_visits_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path))
    folder = tmp_path / "page"
    (folder / "uploads").mkdir(parents=True)
    (folder / "sessions" / "session-1").mkdir(parents=True)
    assert kept_workspace(folder) == folder.resolve() and os.environ["GRADIO_TEMP_DIR"] == str(folder.resolve())
    assert sorted(path.name for path in folder.iterdir()) == [".lock", "sessions"]
    assert kept_workspace(folder) is None and "let go of when it stops" in capsys.readouterr().err
    (tmp_path / "file").write_text("")
    assert kept_workspace(tmp_path / "file" / "page") is None
    assert capsys.readouterr().err.count("\n") == 1


def written_down(folder: Path, vividness: float, marks: int, wait_s: float = 60) -> None:
    """Return once the only visit below `folder` says this of its first photo: what a killed server knew by then."""
    end = time.monotonic() + wait_s
    while time.monotonic() < end:
        for path in folder.rglob(VISIT):
            item = json.loads(path.read_text())["items"][0]
            history = item["pages"][str(item["page"])]["history"]
            if item["look"]["vividness"] == vividness and history and len(history["marks"]) == marks:
                return
        time.sleep(0.05)
    pytest.fail(f"no visit in {folder} says so after {wait_s:.0f} s")


def test_a_server_that_was_killed_finds_the_photos_again(browser: Any, tmp_path: Path, words: str) -> None:
    launch = json.dumps({"keep": str(tmp_path / "kept"), "port": free_port()})
    scene(SIZE).save(tmp_path / "cup.png")
    with page_running(tmp_path / "one", words, LAUNCH=launch) as server:
        context, page, _ = opened(browser, server.address)
        page.set_input_files(CHOOSE, tmp_path / "cup.png")
        page.wait_for_selector(READY)
        box = page.locator(".board").bounding_box()
        page.mouse.click(box["x"] + 0.7 * box["width"], box["y"] + 0.4 * box["height"])
        page.locator(".palette .swatches:not(.small) .swatch").nth(3).click()
        page.wait_for_selector(".board .mark")
        page.locator("#vividness input[type=range]").fill("60")
        page.wait_for_selector("#vividness input[aria-valuetext='60 %']")
        page.wait_for_function("document.querySelector('.after').getAttribute('src').startsWith('gradio_api')")
        written_down(tmp_path / "kept", vividness=0.6, marks=1)
        told = shown(page)
        os.kill(server.process, signal.SIGKILL)
    with page_running(tmp_path / "two", words, LAUNCH=launch) as server:
        page.goto(server.address)
        page.wait_for_selector(f"{READY} .mark")
        assert np.array_equal(shown(page), told)
        assert page.input_value("#vividness input[type=number]") == "60"
        stranger, other, _ = opened(browser, server.address)
        other.wait_for_timeout(500)
        assert other.locator(READY).count() == 0 and not other.is_visible("[data-resume]")
        stranger.close()
        context.close()
