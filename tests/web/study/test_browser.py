"""The study in a real Chromium: a whole session by keyboard, on a phone, over a broken connection; the quick mode."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cases.browsing import SLOW_MS, listen
from cases.study import SECRET, serving, small_pool

from colorgan.voting.pool import Pool
from colorgan.voting.protocol import Plan
from colorgan.voting.store import Store
from colorgan.voting.study import Study

PLAN = Plan(practice=1, scored=2, catch=1)
EXPOSURE_MS = 150
WATCH = """
window.drawn = []; window.shifts = [];
const draw = CanvasRenderingContext2D.prototype.drawImage;
CanvasRenderingContext2D.prototype.drawImage = function (...values) {
  const frame = document.timeline.currentTime;  // what the page goes by; on a busy machine it draws later
  window.drawn.push([values[0].width, values[0].height, values[1], frame, ...values.slice(5)]);
  return draw.apply(this, values);
};
const note = (entry) => [entry.value, ...entry.sources.map(({ node }) => node && (node.id || node.className))];
new PerformanceObserver((list) => window.shifts.push(...list.getEntries().map(note)))
  .observe({ type: 'layout-shift', buffered: true });
"""


@pytest.fixture(scope="module")
def pools(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Pool]:
    folder = tmp_path_factory.mktemp("pools")
    return {
        "pairs": small_pool(folder / "pairs", PLAN, photos=6, exposure_ms=EXPOSURE_MS),
        "singles": small_pool(folder / "singles", PLAN, quick=True, photos=13),
    }


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = Store.open(tmp_path / "study.sqlite3", power_safe=False)
    yield store
    store.close()


@pytest.fixture
def studies(store: Store, pools: dict[str, Pool]) -> list[Study]:
    return [Study.create(store, pool, SECRET) for pool in pools.values()]


@pytest.fixture
def address(studies: list[Study]) -> Iterator[str]:
    with serving(studies) as address:
        yield address


class Visit:
    """A browser's page and all that it complained about."""

    def __init__(self, browser: Any, address: str, **options: Any) -> None:
        self.context = browser.new_context(**{"viewport": {"width": 1280, "height": 800}, **options})
        self.page = self.context.new_page()
        self.page.set_default_timeout(SLOW_MS)
        self.page.add_init_script(WATCH)
        self.complaints: list[str] = []
        listen(self.page, self.complaints)
        self.page.on(
            "request", lambda asked: None if asked.url.startswith(address) else self.complaints.append(asked.url)
        )

    def __enter__(self) -> "Visit":
        return self

    def __exit__(self, *_: object) -> None:
        self.context.close()

    def screen(self, name: str) -> None:
        self.page.wait_for_selector(f"[data-screen='{name}']:not([hidden])")

    def wait_for_question(self) -> None:
        self.page.wait_for_selector("#choice")

    def box(self) -> Any:
        return self.page.locator("#photo").bounding_box()


def answers(store: Store) -> list[dict[str, Any]]:
    return store.select("SELECT * FROM vote ORDER BY session_id, position")


def waiting(store: Store) -> dict[str, Any]:
    [row] = store.select("""
        SELECT trial.trial_id, fake_side FROM trial LEFT JOIN answer ON answer.trial_id = trial.trial_id
        WHERE issued_at_ms IS NOT NULL AND answer.trial_id IS NULL
    """)
    return row


def test_a_whole_session_by_keyboard(browser: Any, address: str, store: Store) -> None:
    with Visit(browser, address) as visit:
        page = visit.page
        page.goto(f"{address}/vote")
        visit.screen("consent")
        assert "1 pair to practise" in page.inner_text("form") and "3 pairs without" in page.inner_text("form")
        while page.evaluate("document.activeElement.textContent") != "I agree, let’s start":
            page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        boxes = []
        visit.wait_for_question()
        assert page.inner_text("#place") == "Practice 1 of 1"
        assert page.evaluate("document.activeElement.id") == "choice"
        page.keyboard.press("x")  # nothing but the arrows answers
        right = waiting(store)["fake_side"] == "left"
        page.keyboard.press("ArrowLeft")
        page.wait_for_selector("#next")
        told = page.inner_text("#told")
        assert told == ("Right: it was the first one." if right else "Not quite: it was the second one.")
        captions = page.locator(".caption").all_inner_texts()
        assert captions.index("The computer’s colours") == (0 if right else 1)
        page.keyboard.press("Enter")
        visit.screen("ready")
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        for position in (1, 2, 3):
            visit.wait_for_question()
            assert page.inner_text("#place") == f"{position} of 3"
            assert page.is_hidden(".masthead")
            boxes.append(visit.box())
            page.keyboard.press("ArrowRight")
            page.wait_for_selector("#choice", state="hidden")
            assert page.is_hidden("#told"), "feedback outside practice"
            boxes.append(visit.box())
        visit.screen("score")
        rows = [row for row in answers(store) if row["kind"] != "practice"]
        right_ones = sum(row["chosen_side"] == row["fake_side"] for row in rows)
        assert page.inner_text("[data-screen=score] h1") == f"You saw through {right_ones} of 3"
        page.reload()
        visit.screen("score")  # and not another session
        assert boxes == [boxes[0]] * 6, "the photo's place moved"
        assert visit.complaints == []
    stored = answers(store)
    assert [row["chosen_side"] for row in stored] == ["left", "right", "right", "right"]
    assert all(not row["lost_focus"] and row["timed"] for row in stored)


def test_halves_come_one_after_the_other_at_one_place(browser: Any, address: str, store: Store) -> None:
    with Visit(browser, address) as visit:
        page = visit.page
        page.goto(f"{address}/vote")
        page.click("text=I agree")
        visit.wait_for_question()
        asked_at = page.evaluate("performance.now()")
        drawn = page.evaluate("window.drawn")
        assert len(drawn) == 2, "a half was shown twice, or before its time"
        (width, height, first, shown_at, *first_place), (_, _, second, then_at, *second_place) = drawn
        assert (first, second) == (0, width / 2) and first_place == second_place
        assert then_at - shown_at >= EXPOSURE_MS + 600 - 20
        stage = visit.box()
        x, y, wide, high = first_place
        assert abs(x + wide / 2 - stage["width"] / 2) <= 1 and abs(y + high / 2 - stage["height"] / 2) <= 1
        assert abs(wide / high - width / 2 / height) < 0.02
        assert page.evaluate("window.shifts") == []
        page.click("#choice button:first-child")
        page.wait_for_selector("#next")
        assert visit.complaints == []
    [row] = answers(store)
    assert min(row["shown_left_ms"], row["shown_right_ms"]) >= EXPOSURE_MS - 20
    # A busy machine is late, but it says so, and no half was there for longer than until the next thing was seen.
    assert row["shown_left_ms"] <= then_at - shown_at + 20 and row["shown_right_ms"] <= asked_at - then_at + 20


def test_untimed_on_a_phone(browser: Any, address: str, store: Store) -> None:
    phone = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True, "device_scale_factor": 3}
    with Visit(browser, address, **phone) as visit:
        page = visit.page
        page.goto(f"{address}/vote")
        page.tap("text=As long as I like")
        page.tap("text=I have a colour-vision deficiency")
        page.tap("text=I agree")
        for number in range(PLAN.trials):
            visit.wait_for_question()
            assert page.locator("#choice button").all_inner_texts() == ["The upper", "The lower"]
            (_, _, _, _, x, y, wide, high), (_, _, _, _, x2, y2, _, _) = page.evaluate("window.drawn.slice(-2)")
            assert x == x2 >= 0 and y2 >= y + high and x + wide <= 390, "the photos overlap or are cut off"
            for button in page.locator("#choice button").all():
                box = button.bounding_box()
                assert min(box["width"], box["height"]) >= 44 and box["y"] + box["height"] <= 844
            assert page.evaluate("document.documentElement.scrollWidth") <= 390
            page.tap("#choice button:last-child")
            if number < PLAN.practice:
                page.tap("#next")
                page.tap("[data-screen=ready] [data-go]")
        visit.screen("score")
        assert visit.complaints == []
    stored = answers(store)
    assert [row["chosen_side"] for row in stored] == ["right"] * PLAN.trials
    assert {(row["timed"], row["device_class"], row["colour_vision"]) for row in stored} == {(0, "phone", "deficient")}


def test_a_lost_connection_loses_nothing(browser: Any, address: str, store: Store) -> None:
    with Visit(browser, address) as visit:
        page = visit.page
        page.goto(f"{address}/vote")
        page.click("text=I agree")
        visit.wait_for_question()
        visit.context.set_offline(True)
        page.keyboard.press("ArrowLeft")
        page.wait_for_function(
            "() => document.querySelector('#status').textContent === 'Connection lost, trying again'"
        )
        assert answers(store) == []
        visit.context.set_offline(False)
        page.click("#next")
        page.click("[data-screen=ready] [data-go]")

        # The answer arrives, its acknowledgement does not: the page hears "already answered", and goes on.
        def swallow(route: Any) -> None:
            route.fetch()
            route.abort()

        page.route("**/answer", swallow, times=1)
        visit.wait_for_question()
        trial = waiting(store)["trial_id"]
        page.keyboard.press("ArrowRight")
        page.wait_for_function("() => document.querySelector('#place').textContent === '2 of 3'")
        assert [row["trial_id"] for row in answers(store)][-1] == trial

        # A reload at any moment: the same trial, and it says that it was seen before.
        page.wait_for_timeout(300)
        trial = waiting(store)["trial_id"]
        page.reload()
        visit.screen("resume")
        page.click("[data-screen=resume] [data-go]")
        visit.wait_for_question()
        assert waiting(store)["trial_id"] == trial and page.inner_text("#place") == "2 of 3"
        page.keyboard.press("ArrowRight")
        page.wait_for_function("() => document.querySelector('#place').textContent === '3 of 3'")
        assert all("net::ERR" in complaint for complaint in visit.complaints), visit.complaints
    stored = answers(store)
    assert [row["chosen_side"] for row in stored] == ["left", "right", "right"]
    assert [row["lost_focus"] for row in stored] == [0, 0, 1]


def test_quick_mode_scores_every_ten(browser: Any, address: str, store: Store) -> None:
    with Visit(browser, address) as visit:
        page = visit.page
        page.goto(f"{address}/quick")
        page.click("text=I agree")
        for number in range(1, 11):
            page.wait_for_function(f"() => document.querySelector('#place').textContent === 'Photo {number}'")
            visit.wait_for_question()
            page.wait_for_timeout(310)  # sooner, the server takes it for a machine's
            assert page.inner_text("#question") == "Are these colours real or fake?"
            if number % 2:
                page.keyboard.press("ArrowLeft")
            else:
                page.click("#choice button:last-child")
        visit.screen("score")
        right = sum(row["chosen_side"] == row["fake_side"] for row in answers(store))
        assert page.inner_text("[data-screen=score] h1") == f"{right} of 10 right so far"
        page.click("[data-screen=score] [data-go]")
        for _ in range(3):
            visit.wait_for_question()
            page.wait_for_timeout(310)
            page.keyboard.press("ArrowRight")
            page.wait_for_selector("#choice", state="hidden")
        visit.screen("finished")
        assert f"{right} of 10" in page.inner_text("[data-screen=finished]")
        assert page.evaluate("window.shifts") == []
        assert visit.complaints == []
    assert [row["chosen_side"] for row in answers(store)] == ["none", "whole"] * 5 + ["whole"] * 3


def test_what_stands_in_the_way_is_said(browser: Any, address: str, store: Store) -> None:
    with Visit(browser, address, viewport={"width": 270, "height": 600}) as visit:
        page = visit.page
        page.goto(f"{address}/vote")
        page.click("text=I agree")
        visit.screen("narrow")
        page.set_viewport_size({"width": 600, "height": 270})
        visit.screen("trial")
        visit.context.clear_cookies()
        page.reload()
        page.route("**/session?*", lambda route: route.fulfill(json={}))  # a browser that keeps no cookies
        page.click("text=I agree")
        visit.screen("no-cookie")
        store.close_study("pairs")
        page.reload()
        visit.screen("closed")


def test_the_header_leads_everywhere_at_320_px(browser: Any, address: str) -> None:
    with Visit(browser, address, viewport={"width": 320, "height": 640}) as visit:
        page = visit.page
        page.goto(f"{address}/vote")
        visit.screen("consent")
        assert page.inner_text("nav [aria-current=page]") == "Real or fake?"
        assert page.evaluate("document.documentElement.scrollWidth") <= 320
        for link in page.locator("nav a, .button:visible, fieldset label").all():
            assert link.bounding_box()["height"] >= 44
        page.click("text=Results")
        page.wait_for_url("**/results")
        assert page.inner_text("nav [aria-current=page]") == "Results"
        assert visit.complaints == []
