"""The Film page: by script over HTTP, and in a real Chromium from the drop to the download."""

import json
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import av
import pytest
from cases.browsing import opened
from cases.film import Recipe, frames_of, make_film
from cases.page import Page, page_running
from cases.visiting import ScriptedVisit
from PIL import Image

from colorgan.web import film as film_page
from colorgan.web.film_view import in_words, line
from colorgan.web.filming import Filming, FilmState
from colorgan.web.limits import Limits
from colorgan.web.visits import Visits

LIMITS = {
    "max_megabytes": 2, "keep_minutes": 60, "visitor_megabytes": 3, "free_megabytes": 1,
    "film_minutes": 0.5, "film_megapixels": 0.2,
}  # fmt: skip
HOUR, WITHIN_S = 3600, 120
LONG = Recipe(frames=700, size=(128, 96))


def until(true: Callable[[], Any]) -> Any:
    deadline = time.monotonic() + WITHIN_S
    while not (found := true()):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    return found


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    launch = {"host": "0.0.0.0", "limits": LIMITS}
    with page_running(tmp_path_factory.mktemp("films"), LAUNCH=json.dumps(launch)) as page:
        yield page


@pytest.fixture(scope="module")
def films(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a short film and a longer one."""
    folder = tmp_path_factory.mktemp("reels")
    make_film(folder / "short.mp4", Recipe(frames=20, sound=1))
    make_film(folder / "long.mp4", LONG)
    return folder


class FilmVisit(ScriptedVisit):
    """A visit of the Film page."""

    def __init__(self, address: str):
        super().__init__(address, "film")

    def ask(self, what: str, token: str) -> dict[str, Any]:
        asked = {"data": {"token": token}, "component_id": self.functions["bring"]["targets"][0][0], "fn_name": what}
        answer = self.client.post("/gradio_api/component_server", json=asked | {"session_hash": self.session})
        assert answer.status_code == 200
        return dict(answer.json())

    def until(self, token: str, *states: str) -> dict[str, Any]:
        def there() -> Any:
            told = self.ask("look", token)
            return told if told.get("state") in states else None

        return dict(until(there))


@pytest.fixture
def slowly(page: Page) -> Iterator[None]:
    """The long film takes half a minute, on any machine."""
    page.pace(0.05)
    yield
    page.pace(0)


@pytest.fixture
def address(page: Page) -> str:
    page.later(0)
    return page.address.replace("localhost", "127.0.0.1")


@pytest.fixture
def visit(address: str) -> Iterator[FilmVisit]:
    with FilmVisit(address) as visit:
        visit.arrive()
        yield visit
        visit.do("restart")


def token_of(stage: str) -> str:
    found = re.search(r'data-token=\\?"([\w-]+)', stage)
    assert found, stage
    return found[1]


# What comes back


def test_a_film_and_what_is_said_of_it_meanwhile(visit: FilmVisit, films: Path, tmp_path: Path) -> None:
    stage = visit.bring("Grandma's reel.mp4", (films / "short.mp4").read_bytes())
    token = token_of(stage)
    told = visit.until(token, "done")
    assert told["line"] == "20 frames in colour." and told["picture"] == ""
    stage = visit.do("resume", token=token, quiet=True)
    made, source = visit.files(stage)
    assert made.endswith("-colorized.mp4") and "download=\"Grandma's reel-colorized.mp4" in stage.replace("\\", "")
    assert source.endswith("reel.mp4")
    (tmp_path / "made.mp4").write_bytes(visit.client.get(f"/{made}").content)
    assert len(frames_of(tmp_path / "made.mp4")) == 20
    with av.open(str(tmp_path / "made.mp4")) as film:
        assert len(film.streams.audio) == 1
    assert visit.client.get(f"/{made}", headers={"Range": "bytes=0-99"}).status_code == 206, "browsers cannot seek"


@pytest.mark.usefixtures("slowly")
def test_the_picture_at_hand_and_cancel_and_on_again(visit: FilmVisit, films: Path) -> None:
    token = token_of(visit.bring("long.mp4", (films / "long.mp4").read_bytes()))
    told = until(lambda: (said := visit.ask("look", token)) and said["picture"] and said)
    assert told["picture"].startswith("data:image/jpeg;base64,") and re.match(r"\d+ of 700 frames", told["line"])
    assert 0 < told["share"] < 1
    assert visit.ask("cancel", token)["state"] in ("working", "stopped")
    stopped = visit.until(token, "stopped")
    count = int(re.fullmatch(r"Cancelled after (\d+) of 700 frames\.", stopped["line"])[1])  # type: ignore[index]
    time.sleep(1)
    assert visit.ask("look", token)["line"] == stopped["line"] and count < 700, "the engine goes on"
    assert "Go on" in visit.do("resume", token=token, quiet=True)
    assert 'data-film="wait' in visit.do("go_on").replace("\\", "") or visit.ask("look", token)["state"] == "working"
    visit.until(token, "working")


# Whose films


def test_a_visitor_names_own_uploads_alone(address: str, visit: FilmVisit, films: Path) -> None:
    [path] = visit.send("mine.mp4", (films / "short.mp4").read_bytes()).json()
    with FilmVisit(address) as other:
        other.arrive()
        for named in (path, "/etc/hostname"):
            for files in ([{"name": "x.mp4", "path": named}], [{"name": "x.mp4"}, {"name": "y.json", "path": named}]):
                answer = other.join(other.body("bring", files=files))
                assert answer.status_code == 403 and "its visitor has uploaded" in answer.json()["detail"]
        assert other.ask("look", "nobody's") == {} == other.ask("cancel", "nobody's")
        assert "no longer here" in other.do("resume", token="nobody's", quiet=False)
    assert token_of(visit.do("bring", files=[{"name": "mine.mp4", "path": path}]))


def test_hints_name_what_came_along_and_nothing_else(visit: FilmVisit, films: Path, tmp_path: Path) -> None:
    record = {"format": "colorgan film hints", "version": 1, "size": [64, 48]}
    Image.new("RGB", (64, 48), "teal").save(tmp_path / "coat.png")

    def brought(moment: dict[str, Any], *beside: Path) -> str:
        said = json.dumps({**record, "moments": [moment]}).encode()
        sent = {"reel.mp4": (films / "short.mp4").read_bytes(), "reel.hints.json": said}
        sent |= {path.name: path.read_bytes() for path in beside}
        files = [{"name": name, "path": visit.send(name, content).json()[0]} for name, content in sent.items()]
        return visit.do("bring", files=files)

    for named in ("/etc/hostname", "../../secret.png", "coat.png"):
        stage = brought({"time": 0, "reference": named})
        assert "which did not come along" in stage and "data-film" not in stage and "/etc" not in stage
    assert "is no file of a film's hints: moment 1" in brought({"time": -1})
    hint = {"x": 32, "y": 24, "colour": "#7a1f2b"}
    token = token_of(brought({"time": 0, "hints": [hint], "reference": "coat.png"}, tmp_path / "coat.png"))
    assert visit.until(token, "done", "failed")["line"] == "20 frames in colour."
    token = token_of(brought({"time": 9, "hints": [hint]}))
    assert visit.until(token, "done", "failed")["line"].startswith("Nothing is shown at 9 s")


# What is refused, in one line


def test_what_this_page_does_not_take(visit: FilmVisit, tmp_path: Path, films: Path) -> None:
    large = make_film(tmp_path / "large.mp4", Recipe(frames=2, size=(640, 480)))
    slow = make_film(tmp_path / "slow.mp4", Recipe(pts=[0, 20_000, 40_000]))
    playlist = b"ffconcat version 1.0\nfile other.ts\n"
    for name, content, reason in (
        ("large.mp4", large.read_bytes(), "0.4 megapixels"),
        ("slow.mp4", slow.read_bytes(), "minutes, and this page takes at most 0.5"),
        ("list.mp4", playlist, "no film that FFmpeg can read"),
        ("notes.txt", b"hello", "'notes.txt' is no film: its name ends in '.txt'"),
        ("photo.png", b"\x89PNG", "photos go to the Colorize page"),
    ):
        stage = visit.bring(name, content)
        assert reason in stage, stage
        assert "data-film" not in stage and "/tmp" not in stage and "Traceback" not in stage
    two = [{"name": name, "path": visit.send(name, b"x").json()[0]} for name in ("a.mp4", "b.mp4")]
    assert "one film at a time" in visit.do("bring", files=two).lower()
    assert "did not arrive" in visit.do("bring", files=[{"name": "a.mp4", "problem": "lost"}])
    assert "no film" in visit.do("bring", files=[])
    assert "At most 2 MB, 0.5 minutes, and 0.2 megapixels a frame" in visit.arrive().text


@pytest.mark.usefixtures("slowly")
def test_a_film_without_room_on_the_disk_says_so(address: str, visit: FilmVisit, films: Path) -> None:
    """Another tab of the same browser brings a film, and no room is left for the one at hand."""
    token = token_of(visit.bring("long.mp4", padded(films / "long.mp4", 1_500_000)))
    visit.until(token, "working")
    with FilmVisit(address) as tab:
        tab.client.cookies = visit.client.cookies
        second = token_of(tab.bring("short.mp4", padded(films / "short.mp4", 1_580_000)))
        told = visit.until(token, "failed", "done")
        assert told["line"] == "One visitor may keep 3 MB here: please start over for more."
        visit.do("restart")
        tab.until(second, "done")
        tab.do("restart")


def padded(path: Path, size: int) -> bytes:
    """An MP4 of so many bytes: the rest is a box that says nothing."""
    film = path.read_bytes()
    rest = size - len(film)
    return film + rest.to_bytes(4, "big") + b"free" + bytes(rest - 8)


def test_without_the_extra_one_line_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(film_page, "extra", lambda module: None if module == "av" else object())
    page = film_page.FilmPage(SimpleNamespace(), tmp_path, [], Limits(), "")  # type: ignore[arg-type]
    stage = page._stage(None)
    assert "pip install &#39;colorgan[film]&#39;" in stage and "type=file" not in stage.replace('"', "")


# Who is gone, and who waits


@pytest.mark.usefixtures("slowly")
def test_a_closed_tab_stops_the_work(page: Page, visit: FilmVisit, films: Path) -> None:
    token = token_of(visit.bring("long.mp4", (films / "long.mp4").read_bytes()))
    visit.until(token, "working")
    until(lambda: list(page.folder.rglob("*.parts")))
    page.later(2 * HOUR)
    until(lambda: not list(page.folder.rglob("long*")))
    assert visit.ask("look", token) == {}
    page.later(0)
    with FilmVisit(visit.client.base_url.__str__()) as other:  # the thread is free again
        other.arrive()
        token = token_of(other.bring("short.mp4", (films / "short.mp4").read_bytes()))
        other.until(token, "done")
    assert "Traceback" not in page.errors


@pytest.mark.usefixtures("slowly")
def test_visitors_take_turns(address: str, page: Page, visit: FilmVisit, films: Path) -> None:
    first = token_of(visit.bring("long.mp4", (films / "long.mp4").read_bytes()))
    visit.until(first, "working")
    with FilmVisit(address) as other:
        other.arrive()
        second = token_of(other.bring("short.mp4", (films / "short.mp4").read_bytes()))
        assert other.ask("look", second)["line"] == "Waiting for its turn: one film is before it."
        page.later(150)  # the first one's page is closed; the second one's asks
        other.ask("look", second)
        other.until(second, "done")
    assert visit.ask("look", first)["line"].startswith("This page was not open, and others were waiting after ")


def test_a_full_queue_says_so(tmp_path: Path) -> None:
    filming = Filming(SimpleNamespace(), Visits(tmp_path, Limits()))  # type: ignore[arg-type]
    filming._waiting.extend([SimpleNamespace()] * 20)  # type: ignore[list-item]
    with pytest.raises(ValueError, match="20 films are waiting"):
        filming.begin(SimpleNamespace(token="x"))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(3, "a few seconds"), (31, "about 30 seconds"), (100, "about 2 minutes"), (65 * 60, "about 65 minutes"),
     (2.5 * HOUR, "about 2.5 hours")],
)  # fmt: skip
def test_time_in_words(seconds: float, words: str) -> None:
    assert in_words(seconds) == words


def test_the_line_says_how_far_it_is() -> None:
    film: Any = SimpleNamespace(
        state=FilmState.WORKING, why="", frames=1200, total=2400, left_s=61.0, hints=None, is_cancelled=False
    )
    assert line(film, 0) == "1,200 of 2,400 frames, about 60 seconds left."
    film.is_cancelled = True
    assert line(film, 0) == "Cancelling…"


# In a browser


@pytest.mark.usefixtures("slowly")
def test_from_the_drop_to_the_download(browser: Any, page: Page, films: Path, tmp_path: Path) -> None:
    page.later(0)
    context, tab, complaints = opened(browser, page.address)
    tab.click("nav >> text=Film")
    tab.wait_for_selector("text=Choose a film")
    tab.set_input_files("#stage .drop input[type=file]", films / "long.mp4")
    tab.wait_for_selector(".hand:not([hidden])")
    tab.wait_for_function("() => / of 700 frames, .* left/.test(document.querySelector('.line')?.textContent)")
    tab.reload()  # the film is found again
    tab.wait_for_selector("[data-film=working] .hand:not([hidden])")
    tab.click("[data-cancel]")
    tab.wait_for_selector("[data-film=stopped]")
    assert re.search(r"Cancelled after \d+ of 700 frames\.", tab.inner_text("#stage"))
    tab.click("[data-event=restart]")
    tab.set_input_files("#stage .drop input[type=file]", films / "short.mp4")
    tab.wait_for_selector("[data-film=done]")
    tab.wait_for_function("() => [...document.querySelectorAll('video')].every(film => film.readyState >= 2)")
    tab.evaluate("document.querySelector('video.after').play()")
    tab.wait_for_function("() => [...document.querySelectorAll('video')].every(film => film.currentTime > 0.2)")
    assert not tab.is_visible(".unplayed")
    with tab.expect_download() as download:
        tab.click("text=Download")
    assert download.value.suggested_filename == "short-colorized.mp4"
    download.value.save_as(tmp_path / "saved.mp4")
    assert len(frames_of(tmp_path / "saved.mp4")) == 20
    assert complaints == []
    context.close()
