"""What strangers may do to the page, over real HTTP: whose files, by what name, from whose page, and for how long."""

import contextlib
import io
import json
import os
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from cases.page import Page, page_running
from cases.visiting import ScriptedVisit
from PIL import Image

from colorgan.web.address import HostNames, name_in
from colorgan.web.masks import Masks

PUBLIC, PROXY = "photos.example.org", "127.0.0.9"
LIMITS = {"max_megabytes": 2, "keep_minutes": 60, "visitor_megabytes": 3, "all_megabytes": 300, "free_megabytes": 1}
HOUR, WITHIN_S = 3600, 120


def png(size: tuple[int, int] = (64, 48), mode: str = "L") -> bytes:
    buffer = io.BytesIO()
    Image.linear_gradient("L").resize(size).convert(mode).save(buffer, "PNG")
    return buffer.getvalue()


def until(true: Callable[[], Any]) -> None:
    deadline = time.monotonic() + WITHIN_S
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.1)


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    """A server that lets others in, behind a proxy at 127.0.0.9."""
    launch = {"host": "0.0.0.0", "proxies": [PROXY], "public_names": [PUBLIC], "limits": LIMITS}
    with page_running(tmp_path_factory.mktemp("guarded"), LAUNCH=json.dumps(launch)) as page:
        yield page


@pytest.fixture
def address(page: Page) -> str:
    page.later(0)
    return page.address.replace("localhost", "127.0.0.1")


@pytest.fixture
def visit(address: str) -> Iterator[ScriptedVisit]:
    with ScriptedVisit(address) as visit:
        visit.arrive()
        yield visit


def brought(visit: ScriptedVisit, name: str = "Aunt.png") -> str:
    stage = visit.bring(name, png())
    assert "data-ready" in stage and name in stage
    return stage


def gone(visit: ScriptedVisit, file: str) -> bool:
    with contextlib.suppress(httpx.TransportError):  # it went while it was being sent
        return visit.client.get(f"/{file}").status_code == 403
    return False


# Whose files


def test_a_visit_by_script(visit: ScriptedVisit) -> None:
    stage = brought(visit)
    files = visit.files(stage)
    assert files and all(visit.client.get(f"/{one}").status_code == 200 for one in files)
    assert "Your photos and films are shown to nobody else" in visit.do("restart")


def test_an_event_names_uploads_of_its_own_visitor_alone(address: str, visit: ScriptedVisit) -> None:
    [path] = visit.send("mine.png", png()).json()
    with ScriptedVisit(address) as other:
        other.arrive()
        for event, said in (
            ("bring", {"files": [{"name": "x.png", "path": path}]}),
            ("refer", {"files": [{"path": path}]}),
        ):
            answer = other.join(other.body(event, **said))
            assert answer.status_code == 403 and "its visitor has uploaded" in answer.json()["detail"]
        photo = {"path": path, "meta": {"_type": "gradio.FileData"}}
        assert other.client.post("/gradio_api/call/colorize", json={"data": [photo]}).status_code == 403
    assert "data-ready" in visit.do("bring", files=[{"name": "mine.png", "path": path}])


def test_examples_and_others_pictures_stay_where_they_are(address: str, visit: ScriptedVisit) -> None:
    examples = visit.files(visit.arrive().text)
    theirs = visit.files(brought(visit))
    assert len(examples) == 4 and theirs
    with ScriptedVisit(address) as other:
        for file in (*examples, *theirs, "gradio_api/file=/etc/hostname"):
            answer = other.join(other.body("bring", files=[{"name": "x", "path": file.partition("=")[2]}]))
            assert answer.status_code == 403
    with ScriptedVisit(address, "compare") as other:
        answer = other.join(other.body("bring", files=[{"name": "x", "path": examples[0].partition("=")[2]}]))
        assert answer.status_code == 403
    assert all(visit.client.get(f"/{one}").status_code == 200 for one in (*examples, *theirs))


def test_a_session_is_its_own_visitors(address: str, visit: ScriptedVisit) -> None:
    brought(visit)
    with ScriptedVisit(address) as other:
        other.arrive()
        other.session = visit.session
        assert other.join(other.body("overview")).status_code == 403
        assert other.client.get("/gradio_api/queue/data", params={"session_hash": visit.session}).status_code == 403


# By what name, from whose page


@pytest.mark.parametrize("host", ["evil.example", "photos.example.org.evil.example", "localhost.evil.example:80", ""])
def test_foreign_host_names_are_refused(visit: ScriptedVisit, host: str) -> None:
    body = visit.body("overview")
    answers = (
        visit.client.get("/", headers={"Host": host}),
        visit.send("a.png", png(), Host=host),
        visit.join(body, Host=host),
    )
    assert [answer.status_code for answer in answers] == [403] * 3
    assert all("not served as" in answer.text and "\n" not in answer.text for answer in answers)


@pytest.mark.parametrize("host", [PUBLIC, f"{PUBLIC}:8080", "127.0.0.1", "localhost:7860", "[::1]:80", "192.0.2.7"])
def test_own_names_are_served(visit: ScriptedVisit, host: str) -> None:
    assert visit.client.get("/", headers={"Host": host}).status_code == 200
    assert visit.join(visit.body("overview"), Host=host, Origin=f"https://{host}").status_code == 200


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "http://127.0.0.1:1", "null", f"https://{PUBLIC}.evil.example"]
)
def test_foreign_pages_are_refused(visit: ScriptedVisit, origin: str) -> None:
    visit.session += "x"
    answers = (visit.send("a.png", png(), Origin=origin), visit.join(visit.body("overview"), Origin=origin))
    assert [answer.status_code for answer in answers] == [403, 403]
    assert all("own pages only" in answer.text for answer in answers)


def test_only_a_named_proxy_says_who_visits(page: Page, address: str) -> None:
    """Who has no cookie is known by address: the same for all whom an unnamed proxy would tell apart."""
    said = {"X-Forwarded-For": "203.0.113.5", "X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "https"}
    with ScriptedVisit(address, **said) as lone, ScriptedVisit(address, **{"X-Forwarded-For": "203.0.113.6"}) as other:
        assert "evil.example" not in lone.arrive().text
        lone.client.cookies.clear()
        [path] = lone.send("a.png", png()).json()
        assert other.join(other.body("bring", files=[{"path": path}])).status_code == 200, "both came from 127.0.0.1"
    said["X-Forwarded-Host"] = PUBLIC
    with ScriptedVisit(address, source=PROXY, **said) as lone:
        assert f"https://{PUBLIC}" in lone.arrive().text and "; Secure" in lone.arrive().headers.get(
            "set-cookie", "; Secure"
        )
        lone.client.cookies.clear()
        [path] = lone.send("a.png", png()).json()
        with ScriptedVisit(address, source=PROXY, **{"X-Forwarded-For": "203.0.113.6"}) as other:
            assert other.join(other.body("bring", files=[{"path": path}])).status_code == 403
        assert lone.join(lone.body("bring", files=[{"path": path}])).status_code == 200


# What leaves the server


def test_every_page_says_what_browsers_shall_make_of_it(visit: ScriptedVisit) -> None:
    for path in ("/", "/film", "/compare", "/vote", "/quick", "/results"):
        headers = visit.client.get(path, follow_redirects=True).headers
        policy = headers["content-security-policy"]
        assert "default-src 'self'" in policy and "object-src 'none'" in policy and "https:" not in policy, path
        assert "frame-ancestors 'self' http://localhost:* http://127.0.0.1:*" in policy
        assert headers["x-content-type-options"] == "nosniff"
    assert visit.client.get("/theme.css").headers["x-content-type-options"] == "nosniff"


def test_frames_of_the_hub_are_for_spaces(monkeypatch: pytest.MonkeyPatch) -> None:
    from colorgan.web.address import frame_ancestors

    assert "huggingface" not in frame_ancestors()
    monkeypatch.setenv("SPACE_ID", "someone/colours")
    assert "https://huggingface.co https://*.hf.space" in frame_ancestors()


def test_no_folder_of_this_machine_is_told(page: Page, visit: ScriptedVisit) -> None:
    [path] = visit.send("a.png", png()).json()
    said = [
        path,
        brought(visit),
        visit.do("sample", index=0),
        *(visit.client.get(one).text for one in ("/", "/film", "/compare", "/config")),
    ]
    with ScriptedVisit(visit.client.base_url.__str__(), "compare") as compare:
        said.append(compare.do("sample", [None, ["/model-0/weights"]], index=0))
        assert "figure" in said[-1]
    photo = {"path": path, "meta": {"_type": "gradio.FileData"}}
    said.append(
        visit.client.post("/gradio_api/call/colorize", json={"data": [photo], "session_hash": visit.session + "y"}).text
    )
    for bad in (b"{", b"[]", json.dumps(visit.body("bring", files="x")).encode()):
        said.append(visit.join(bad).text)
    said.append(page.errors)
    root = str(Path(__file__).parents[2])
    for text in said:
        found = re.findall(rf"{re.escape(str(page.folder))}|{re.escape(root)}|/site-packages/|/home/|/root/", text)
        assert not found, (found, text[:300])


def test_what_the_pages_do_not_need_is_not_there(visit: ScriptedVisit) -> None:
    calls = (
        "proxy=https://huggingface.co file=http://example.org/a.png file=/etc/hostname file=/page/../../etc/hostname"
    )
    calls += " vibe-code run/predict api/colorize process_recording runs stream/x dev/reload"
    for path in ("monitoring", "docs", "login", *(f"gradio_api/{call}" for call in calls.split())):
        for answer in (visit.client.get(f"/{path}"), visit.client.post(f"/{path}", json={"data": []})):
            assert answer.status_code in (403, 404, 405), (path, answer.status_code)


@pytest.mark.parametrize(
    ("change", "line"),
    [
        (b"{", "must be JSON"),
        (b"[" * 100_000, "must be JSON"),
        (b'"x"', "must be a JSON object"),
        ({"fn_index": 10**6}, "fn_index must be"),
        ({"fn_index": "0"}, "fn_index must be"),
        ({"data": "x"}, "data must be a list"),
        ({"data": []}, "data must be a list of"),
        ({"session_hash": "../x"}, "session_hash must be"),
        ({"session_hash": None}, "session_hash must be"),
        ({"event_data": [1]}, "event_data must be"),
        ({"event_data": {"files": [{"path": 5}]}}, "may name files"),
    ],
)
def test_malformed_events_get_one_line(page: Page, visit: ScriptedVisit, change: Any, line: str) -> None:
    body = change if isinstance(change, bytes) else visit.body("show", index=0) | change
    answer = visit.join(body)
    assert 400 <= answer.status_code < 500
    assert line in answer.json()["detail"] and "\n" not in answer.json()["detail"]
    assert "Traceback" not in page.errors


def test_events_that_gradio_or_the_page_chokes_on_get_one_line(page: Page, visit: ScriptedVisit) -> None:
    brought(visit)
    said: list[tuple[str, dict[str, Any]]] = [(event, {}) for event in ("bring", "show", "tell", "resume")]
    said += [("bring", {"files": files}) for files in ("x", [5], [{"name": {"a": 1}}])]
    said += [("show", {"index": "x"}), ("forget", {"marks": 5}), ("refer", {"files": []})]
    for event, more in said:
        stage = visit.do(event, **more)
        assert "Traceback" not in stage and "\\n  File" not in stage
    body = visit.body("show", index=0)
    for change in ({"trigger_id": 10**7}, {"trigger_id": 0}, {"batched": True}):
        assert visit.join(body | change).status_code in (200, 400, 422)
    asked = {"data": {}, "component_id": 10**6, "session_hash": visit.session, "fn_name": "palette"}
    answer = visit.client.post("/gradio_api/component_server", json=asked)
    assert answer.status_code == 400 and "\n" not in answer.text
    time.sleep(0.5)
    assert "Traceback" not in page.errors
    assert all(line.startswith("colorgan page: ") for line in page.errors.splitlines()), page.errors


# How much, and for how long


def test_uploads_are_limited_one_by_one_and_in_all(page: Page, address: str, visit: ScriptedVisit) -> None:
    answer = visit.send("large.png", bytes(2 * 2**20 + 100_000))
    assert answer.status_code == 413 and answer.text == "an upload may have 2 MB"
    assert visit.send("a.png", bytes(2**20)).status_code == visit.send("b.png", bytes(2**20)).status_code == 200
    answer = visit.send("c.png", bytes(2**20))
    assert answer.status_code == 413 and answer.text == "one visitor may keep 3 MB here: please start over for more"
    with ScriptedVisit(address) as other:
        other.arrive()
        assert other.send("c.png", bytes(2**20)).status_code == 200, "others have room"
    for content in (b"", b"no form"):
        answer = visit.client.post(
            "/gradio_api/upload", content=content, headers={"Content-Type": "multipart/form-data"}
        )
        assert answer.status_code == 400 and "must be a form" in answer.text
    fields = {"x": "y" * 200_000}
    assert visit.client.post("/gradio_api/upload", data=fields, files={"files": b"z"}).status_code == 400
    assert not [one for one in (next(page.folder.glob("colorgan-*")) / "uploads").glob("*") if not any(one.iterdir())]


def test_idle_visits_give_their_files_back_with_or_without_a_heartbeat(
    page: Page, address: str, visit: ScriptedVisit
) -> None:
    with (
        ScriptedVisit(address) as alive,
        alive.client.stream("GET", f"/gradio_api/heartbeat/{alive.session}") as beating,
    ):
        assert beating.status_code == 200
        stages = [brought(visit), brought(alive)]
        files = [visit.files(stage)[0] for stage in stages]
        page.later(HOUR - 300)
        time.sleep(1)
        assert [visit.client.get(f"/{file}").status_code for file in files] == [200, 200]
        page.later(HOUR + 300)
        until(lambda: [gone(visit, file) for file in files] == [True, True])
    sessions = next(page.folder.glob("colorgan-*")) / "sessions"
    until(lambda: not [*sessions.glob("session-*")])
    assert "no longer here" in visit.do("show", index=0)
    assert "Until an hour after you last did something, you can come back to them; then they go." in visit.arrive().text


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="no /proc to see a process's memory in")
def test_idle_visits_give_their_pixels_back_and_go_on(page: Page, visit: ScriptedVisit) -> None:
    def resident() -> int:
        said = Path(f"/proc/{page.process}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+)", said)[1]) // 1024  # type: ignore[index]

    before = brought(visit)
    page.later(60)
    time.sleep(1)
    empty = resident()
    page.later(0)
    stage = visit.bring("large.png", png((8000, 5000), "RGB"))
    assert "large.png" in stage
    assert resident() > empty + 120, "a photo of 40 megapixels is 160 MB"
    page.later(60)
    until(lambda: resident() < empty + 60)
    assert before != visit.do("show", index=0) and "Aunt.png" in visit.do("show", index=0)


def test_the_bundle_of_rules() -> None:
    names = HostNames("127.0.0.1", ["Photos.Example.org:443"])
    assert "photos.example.org" in names and "[::1]:7860" in names and "LOCALHOST" in names
    assert "192.0.2.1" not in names, "nobody but who sits here may ask, and not by an address of the network"
    assert [name_in(host) for host in ("::1", "[::1]:80", "a.b.:80", "1.2.3.4")] == ["::1", "::1", "a.b", "1.2.3.4"]


def test_masks_know_every_way_to_write_a_folder(tmp_path: Path) -> None:
    folder = tmp_path / 'Oma & "é" <x>'
    masks = Masks({folder: "/page"})
    import html as markup
    from urllib.parse import quote

    for written in (str(folder), json.dumps(str(folder)), quote(str(folder)), markup.escape(str(folder))):
        assert masks.hide(written.encode()).decode().strip('"') == "/page"
    assert json.loads(masks.show(b'{"path": "/page/a.png", "x": "/pages"}')) == {
        "path": f"{folder}/a.png",
        "x": "/pages",
    }
    assert masks.path("/page/a") == f"{folder}/a" and masks.path("/pages") is None and os.sep in str(folder)
