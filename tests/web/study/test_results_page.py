"""The results page over real HTTP: nothing while a study is open, everything once it is closed, all of it escaped."""

import contextlib
import io
import random
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from cases.stimuli import Sepia, picture
from cases.study import SECRET, serving
from cases.voting import Clock, fill, right_or_wrong
from PIL import Image

from colorgan.voting import Store, Study, StudyModel, StudyPhoto, build_pool, study_results
from colorgan.voting import results as figures
from colorgan.voting.protocol import PAIRED, Plan
from colorgan.voting.results import StudyResults, plain_sentence
from colorgan.web.templating import percent

PLAN = Plan(practice=1, scored=4, catch=1)
NASTY = "<script>alert(1)</script>&"


class Blue(Sepia):
    """Another model."""

    def colorize(self, image: Image.Image) -> Image.Image:
        return Image.merge("RGB", super().colorize(image).split()[::-1])


@pytest.fixture(scope="module")
def studies(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Study]]:
    """An open and a closed study of two models, 45 people each; and a quick one."""
    folder = tmp_path_factory.mktemp("results")
    store = Store.open(folder / "s.sqlite3", clock=Clock(), power_safe=False)
    photos = [StudyPhoto(f"{NASTY} {seed}", picture(seed)) for seed in range(PLAN.trials + 2)]
    models = [StudyModel("<b>sepia</b>", Sepia(), "r1"), StudyModel("blue", Blue(), "r1")]
    made = {}
    for name, quick in (("closed", False), ("open", False), ("few", False), ("single", True)):
        chosen = models if name in ("closed", "few") else models[:1]
        pool = build_pool(folder / name, name, photos, chosen, plan=PLAN, side_px=96, quick=quick)
        made[name] = Study.create(store, pool, SECRET)
    for name, people, first in (("closed", 45, 1), ("open", 45, 1001), ("few", 12, 2001)):
        judges = [right_or_wrong(random.Random(n), 0.4, response_ms=100 if n == 0 else 800) for n in range(people)]
        fill(store, judges, name, PLAN, first)
    store.close_study("closed")
    store.close_study("few")
    yield made
    store.close()


@pytest.fixture(scope="module")
def closed(studies: dict[str, Study]) -> StudyResults:
    """The figures of the closed study: they take a while."""
    return study_results(studies["closed"].store, "closed")


@pytest.fixture(scope="module")
def address(studies: dict[str, Study]) -> Iterator[str]:
    with serving(list(studies.values())) as address:
        yield address


def page(address: str, study_id: str | None = None) -> str:
    reply = httpx.get(address + "/results", params={"study": study_id} if study_id else {})
    assert reply.status_code == 200
    return reply.text


def test_the_headline_and_both_intervals(address: str, closed: StudyResults) -> None:
    found = closed
    shown = page(address, "closed")
    assert f'<h1 class="headline">{plain_sentence(found.headline)}</h1>' in shown
    for interval in (found.headline.these_photos, found.headline.new_photos):
        assert f"{100 * interval.value:.0f} % ({100 * interval.low:.0f} to {100 * interval.high:.0f})" in shown
    assert f"{found.headline.votes:,} answers of {found.headline.people} people" in shown
    assert f"d′ = {found.headline.d_prime.value:.2f}" in shown
    assert f"left in {percent(found.headline.said_left.value)}" in shown
    assert percent(found.catch_accuracy.value) in shown
    assert found.protocol_version != PAIRED and "A demonstration on a few photos, not a measurement" in shown
    assert "42 %" in shown and "32.3 %" in shown and "no ranking" in shown
    assert "45 people began" in shown and "answered within a quarter of a second" in shown


def test_models_are_compared_from_30_people_on(address: str) -> None:
    assert "Each person’s own difference" in page(address, "closed")
    few = page(address, "few")
    assert "No ranking: it takes 30 people" in few and "fooled the same people more often" not in few


def test_what_others_wrote_is_escaped(address: str) -> None:
    for study_id in ("closed", "few", "open", "single", None):
        shown = page(address, study_id)
        assert "<script>alert" not in shown and "<b>sepia" not in shown
        assert not re.search(r"<script(?! type=\"module\" src=)| style=| on\w+=", shown)
    assert "&lt;script&gt;alert(1)&lt;/script&gt;&amp;" in page(address, "closed")


def test_photos_the_most_fooling_first(address: str, closed: StudyResults) -> None:
    found = closed.photos
    shown = re.findall(r"Fooled (\d+) of (\d+)", page(address, "closed"))
    assert shown == [(str(one.fooled), str(one.votes)) for one in found]
    rates = [one.fooled / one.votes for one in found if one.enough]
    assert rates == sorted(rates, reverse=True) and len(rates) > 2


def test_pictures_of_closed_studies_alone(address: str, studies: dict[str, Study]) -> None:
    addresses = re.findall(r'src="(results/closed/\w+\.jpg)" width="(\d+)" height="(\d+)"', page(address, "closed"))
    assert len(addresses) == 2 * (PLAN.scored + 2)  # each photo in the colours of two models
    path, width, height = addresses[0]
    reply = httpx.get(f"{address}/{path}")
    assert reply.headers["content-type"] == "image/jpeg"
    with Image.open(io.BytesIO(reply.content)) as image:
        assert image.size == (int(width), int(height))
        shown = image.convert("RGB")
    stimulus_id = Path(path).stem
    for place, version in enumerate(studies["closed"].pool.versions(stimulus_id)):
        box = (place * version.width, 0, (place + 1) * version.width, version.height)
        pairs = zip(shown.crop(box).tobytes(), version.tobytes(), strict=True)
        assert sum(abs(a - b) for a, b in pairs) / len(version.tobytes()) < 4  # JPEG
    for study_id, kind in (("open", "scored"), ("single", "single"), ("closed", "catch"), ("closed", "practice")):
        stimuli = [one for one in studies[study_id].pool.manifest["stimuli"] if one["kind"] == kind]
        assert stimuli
        for one in stimuli:
            assert httpx.get(f"{address}/results/{study_id}/{one['stimulus_id']}.jpg").status_code == 404
    assert httpx.get(f"{address}/results/closed/..%2Fmanifest.jpg").status_code == 404
    assert httpx.get(f"{address}/results/nowhere/x.jpg").status_code == 404


def test_an_open_study_shows_how_far_it_is_and_no_more(address: str, studies: dict[str, Study]) -> None:
    shown = page(address, "open")
    assert re.search(r'<progress max="40" value="40"', shown)
    assert "45 people began, 45 finished, 180 answers" in shown
    main = shown[shown.index("<main>") :]
    assert "<svg" not in main and "Fooled" not in main and not re.search(r"\d ?%|\d of 100|d′", main)
    assert 'href="vote?study=open"' in main


def test_quick_figures_stand_apart(tmp_path: Path, studies: dict[str, Study]) -> None:
    clock = Clock()
    with contextlib.closing(Store.open(tmp_path / "s.sqlite3", clock=clock, power_safe=False)) as store:
        study = Study.create(store, studies["single"].pool, SECRET)
        with serving([study]) as address:
            assert "No answers yet." in page(address)
            rng = random.Random(0)
            from colorgan.voting import AnswerReport, new_token

            for _ in range(6):
                token = new_token()
                study.start(token, device_class="desktop")
                for _ in range(4):
                    trial = study.next_trial(token)
                    assert trial
                    clock.now += 5
                    study.answer(token, trial.trial_id, AnswerReport(rng.choice(("whole", "none")), 900))
        with serving([Study.open(store, "single", studies["single"].pool.folder, SECRET)]) as address:
            shown = page(address)
        found = figures.quick_results(store, "single").figures
        assert "6 people gave 24 answers" in shown
        assert f"d′ = {found.d_prime:.2f}" in shown and f"c = {found.criterion:.2f}" in shown
        assert "Fooled" not in shown and "People took" not in shown


def test_all_studies_on_one_page(address: str) -> None:
    shown = page(address)
    order = [shown.index(f'id="{name}"') for name in ("closed", "few", "open", "single")]
    assert order == sorted(order)
    assert 'href="results?study=closed"' in shown and "results/closed/" not in shown
    assert shown.count("<h1") == 1


def test_no_such_study(address: str) -> None:
    reply = httpx.get(address + "/results", params={"study": "nowhere"})
    assert reply.status_code == 404 and reply.headers["content-type"].startswith("text/html")


def test_a_closed_studys_figures_are_worked_out_once(
    address: str, studies: dict[str, Study], monkeypatch: pytest.MonkeyPatch
) -> None:
    page(address, "closed")
    monkeypatch.setattr(figures, "study_results", lambda *_: pytest.fail("worked out again"))
    page(address, "closed")


def test_a_study_without_votes_says_so(tmp_path: Path, studies: dict[str, Study]) -> None:
    with contextlib.closing(Store.open(tmp_path / "s.sqlite3", power_safe=False)) as store:
        study = Study.create(store, studies["closed"].pool, SECRET)
        store.close_study("closed")
        with serving([study]) as address:
            shown = page(address)
    assert "No votes count yet." in shown and "nan" not in shown.lower()


def test_in_a_browser(browser: Any, address: str) -> None:
    """Nothing wider than the screen, nothing that the page's own rules refuse, words that stand out."""
    complaints: list[str] = []
    tab = browser.new_page()
    try:
        tab.on("console", lambda message: complaints.append(message.text))
        tab.goto(address + "/results?study=closed")
        for width, scheme in ((320, "dark"), (390, "light"), (1440, "dark")):
            tab.set_viewport_size({"width": width, "height": 844})
            tab.emulate_media(color_scheme=scheme)
            assert tab.evaluate("document.documentElement.scrollWidth") <= width
            ends = tab.locator(".intervals text").evaluate_all("all => all.map(e => e.getBoundingClientRect().right)")
            assert max(ends) <= width
            colours = (
                "(e => [getComputedStyle(e).fill, getComputedStyle(document.querySelector('.chart')).backgroundColor])"
            )
            ink, ground = tab.evaluate(colours + "(document.querySelector('.intervals .said'))")
            assert contrast(ink, ground) >= 4.5
        tab.locator("figure img").first.scroll_into_view_if_needed()
        assert tab.locator("figure img").first.evaluate("e => e.decode().then(() => e.naturalWidth)") > 0
    finally:
        tab.close()
    assert complaints == []


def contrast(one: str, other: str) -> float:
    """WCAG's ratio of two CSS colours."""

    def luminance(colour: str) -> float:
        parts = [int(part) / 255 for part in re.findall(r"\d+", colour)[:3]]
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))

    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)
