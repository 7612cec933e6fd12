"""The Compare page: what is compared and judged, who may bring models in, and the linked panels in a real Chromium."""

import gc
import io
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import gradio as gr
import numpy as np
import pytest
from cases.browsing import SLOW_MS, listen
from PIL import Image
from skimage import data
from skimage.metrics import peak_signal_noise_ratio

from colorgan import DEFAULT_WEIGHTS, Colorizer
from colorgan.web import comparison as comparing
from colorgan.web import models as model_shelf
from colorgan.web import server
from colorgan.web.compare import ComparePage, is_from_here
from colorgan.web.comparison import Comparison, OfferedModel, offered_models
from colorgan.web.examples import prepare_examples
from colorgan.web.limits import Limits
from colorgan.web.models import Models, bundled_models
from colorgan.web.session import PageSession

OWN = OfferedModel(DEFAULT_WEIGHTS)
TWIN = OfferedModel(str(Path(DEFAULT_WEIGHTS) / "twin"))
HERE = SimpleNamespace(client=SimpleNamespace(host="127.0.0.1"), headers={"host": "localhost:7860"})
COFFEE = 2  # among the examples


def read(path: Path | None) -> Image.Image:
    assert path
    return Image.open(io.BytesIO(path.read_bytes()))


def compared(folder: Path, models: Models, image: Image.Image, *chosen: OfferedModel) -> Comparison:
    image.save(folder / "photo.png")
    comparison = Comparison(PageSession(folder / "sessions", 120.0))
    comparison.session.copy("photo.png", folder / "photo.png")
    comparison.read()
    comparison.choose(list(chosen))
    for panel in comparison.panels:
        comparison.run(panel, models)
    return comparison


@pytest.fixture
def coffee() -> Image.Image:
    return Image.fromarray(data.coffee())


@pytest.fixture(scope="module")
def tame(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The bundled weights without their gain, as a model of somebody's own."""
    copy = tmp_path_factory.mktemp("models") / "tame"
    shutil.copytree(DEFAULT_WEIGHTS, copy, ignore=shutil.ignore_patterns("twin", "README.md"))
    config = json.loads((copy / "config.json").read_text())
    (copy / "config.json").write_text(json.dumps({**config, "gain": 1.0, "recipe": "tame"}))
    return str(copy)


# What is compared


def test_the_flagship_beside_its_paler_twin(tmp_path: Path, models: Models, coffee: Image.Image) -> None:
    comparison = compared(tmp_path, models, coffee, OWN, TWIN)
    assert all(panel.finished and not panel.failure for panel in comparison.panels)
    wanted = np.asarray(Colorizer.from_pretrained(TWIN.source).colorize(coffee)).astype(int)
    got = np.asarray(read(comparison.panels[1].picture)).astype(int)
    assert np.abs(got - wanted).mean() < 1.5, "beyond what JPEG changes"
    assert comparison.panels[1].metrics["chroma_ratio"] < comparison.panels[0].metrics["chroma_ratio"] / 1.1
    gray = np.asarray(read(comparison.gray)).astype(int)
    assert np.ptp(gray, axis=-1).max() <= 3
    assert (
        read(comparison.gray).size
        == read(comparison.original).size
        == read(comparison.panels[0].picture).size
        == coffee.size
    )


def test_the_figures_are_those_of_the_pictures(tmp_path: Path, models: Models, coffee: Image.Image) -> None:
    """Independently: what the library paints at that size, with scikit-image's PSNR."""
    small = coffee.resize((384, 256), Image.Resampling.LANCZOS)
    comparison = compared(tmp_path, models, small, OWN)
    assert comparison.truth
    picture = models.get().colorizer.colorize(small)
    own = comparison.panels[0].metrics
    assert own["psnr"] == pytest.approx(peak_signal_noise_ratio(np.asarray(small), np.asarray(picture)), abs=0.05)
    assert own["ciede2000"] < comparison.truth.gray["ciede2000"] and 0 < own["chroma_ratio"] < 1
    assert (
        comparison.truth.gray["chroma_ratio"] == pytest.approx(0, abs=1e-3) and "bleeding" not in comparison.truth.gray
    )
    assert comparison.truth.own.keys() == {"chroma_ratio", "colourfulness", "warm_share"}
    assert comparison.truth.own["chroma_ratio"] == 1.0
    assert comparison.truth.own["colourfulness"] == pytest.approx(77, abs=2)


def test_gray_and_toned_photos_have_no_truth(tmp_path: Path, models: Models, coffee: Image.Image) -> None:
    levels = np.asarray(coffee.convert("L")).astype(float)[..., None]
    toned = Image.fromarray((levels * (1.0, 0.86, 0.66) + (0, 8, 10)).clip(0, 255).astype(np.uint8))
    ribbon = coffee.resize((1500, 300))
    for image in (coffee.convert("L"), coffee.convert("L").convert("RGB"), toned, ribbon):
        comparison = compared(tmp_path, models, image, OWN)
        assert comparison.truth is None and comparison.original is None and comparison.panels[0].metrics == {}
        assert not comparison.panels[0].failure


def test_one_bad_model_never_stops_the_others(tmp_path: Path, coffee: Image.Image, tame: str) -> None:
    broken = shutil.copytree(tame, tmp_path / "broken")
    (broken / "model.safetensors").write_bytes(b"nothing")
    comparison = compared(tmp_path, Models([DEFAULT_WEIGHTS], True), coffee, OfferedModel(str(broken)), OWN)
    assert "safetensors" in comparison.panels[0].failure and "\n" not in comparison.panels[0].failure
    assert comparison.panels[1].picture and not comparison.panels[1].failure


def test_what_comes_along_is_offered_after_what_was_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tame: str
) -> None:
    assert bundled_models() == [OWN.source, TWIN.source]
    package = tmp_path / "weights"
    shutil.copytree(tame, package)
    assert bundled_models(str(package)) == [str(package)]
    shutil.copytree(tame, package / "twin")
    both = bundled_models(str(package))
    assert both == [str(package), str(package / "twin")]
    offered = SimpleNamespace(sources=["user/theirs"])
    monkeypatch.setattr(comparing, "bundled_models", lambda: both)
    assert offered_models(offered) == [OfferedModel("user/theirs"), *map(OfferedModel, both)]  # type: ignore[arg-type]
    assert "twin" in OfferedModel(both[1]).label and "regression" in OfferedModel(both[1]).note


# Who may bring models in


def test_strangers_load_no_models(tame: str) -> None:
    closed = Models([DEFAULT_WEIGHTS])
    assert closed.load(DEFAULT_WEIGHTS) is closed.get()
    for source in (tame, "/etc", "user/model", ""):
        with pytest.raises(ValueError, match="no others"):
            closed.load(source)
    seen: list[Models] = []

    def build(models: Models, *_: Any) -> None:
        seen.append(models)
        raise InterruptedError

    for host, share in (("127.0.0.1", False), ("127.0.0.1", True), ("0.0.0.0", False), ("192.168.0.7", False)):
        with pytest.MonkeyPatch.context() as patch, pytest.raises(InterruptedError):
            patch.setattr(server, "build", build)
            server.launch([DEFAULT_WEIGHTS], host=host, share=share)
    assert [models.others_welcome for models in seen] == [True, False, False, False]


def test_models_that_were_named_are_kept_but_not_without_end(tmp_path: Path, tame: str) -> None:
    shelf = Models([DEFAULT_WEIGHTS], others_welcome=True)
    first = shelf.load(tame)
    assert shelf.load(tame) is first and first.name == "tame"
    for number in range(model_shelf.MAX_EXTRAS):
        shelf._extras[f"user/{number}"] = first
    copies = [shutil.copytree(tame, tmp_path / str(number)) for number in range(2)]
    for copy in copies:
        shelf.load(str(copy))
    assert len(shelf._extras) == model_shelf.MAX_EXTRAS and str(copies[1]) in shelf._extras


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("/etc", "is not a colorgan model"),
        ("no/such/id/at/all", "an id on the Hub looks like"),
        ("a" * 251, "name a model"),
        ("two\nlines", "name a model"),
        ("x" * 250, "neither a folder with a model"),
        ("~nobody-of-that-name/x", "could not be loaded|neither a folder"),
    ],
)
def test_what_is_no_model_gets_one_line(source: str, said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(ValueError, match=said) as refused:
        Models([DEFAULT_WEIGHTS], others_welcome=True).load(source)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("client", "headers", "is_ours"),
    [
        ("127.0.0.1", {"host": "localhost:7860"}, True),
        ("::1", {"host": "[::1]:7860"}, True),
        ("192.168.0.9", {"host": "192.168.0.7:7860"}, False),
        ("127.0.0.1", {"host": "photos.example.org"}, False),  # handed on by a proxy on this machine
        ("127.0.0.1", {"host": "localhost", "x-forwarded-for": "203.0.113.9"}, False),
        ("127.0.0.1", {}, False),
        ("testclient", {"host": "localhost"}, False),
    ],
)
def test_whose_request_it_is(client: str, headers: dict[str, str], is_ours: bool) -> None:
    request: Any = SimpleNamespace(client=SimpleNamespace(host=client), headers=headers)
    assert is_from_here(request) is is_ours


# The page's answers to events


@pytest.fixture
def page(tmp_path: Path, models: Models, monkeypatch: pytest.MonkeyPatch) -> ComparePage:
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path))
    examples = prepare_examples(tmp_path / "examples", in_colour=True)
    return ComparePage(models, tmp_path / "sessions", examples, Limits(), "Private.")


CHOSEN = [OWN.source, TWIN.source]


def event(**fields: Any) -> Any:
    return SimpleNamespace(**fields)


def test_gray_comes_first_and_every_model_when_it_is_done(page: ComparePage) -> None:
    shown = [stage for _, stage in page.sample(None, CHOSEN, event(index=COFFEE))]
    assert [stage.count(", coloured by ") for stage in shown] == [0, 1, 2]
    assert all("in gray" in stage and "as it is" in stage for stage in shown)
    assert ["data-ready" in stage for stage in shown] == [False, False, True]
    assert "<strong>" in shown[-1] and "Bleeding" in shown[-1]


def test_only_uploads_are_read_and_nothing_stays(page: ComparePage, tmp_path: Path, coffee: Image.Image) -> None:
    elsewhere = tmp_path.parent / "elsewhere.png"
    coffee.save(elsewhere)
    for name, path in (("a.png", elsewhere), ("b.png", "/etc/hostname"), ("<b>.png", tmp_path / "none")):
        *_, (state, stage) = page.bring(None, CHOSEN, event(files=[{"name": name, "path": str(path)}]))
        assert state is None and "did not arrive" in stage and "<b>.png" not in stage
    assert elsewhere.exists()
    for name in ("one.png", "two.png"):
        coffee.save(tmp_path / name)
    (tmp_path / "notes.txt").write_text("no photo")
    *_, (state, stage) = page.bring(None, CHOSEN, event(files=[{"name": "n.txt", "path": str(tmp_path / "notes.txt")}]))
    assert state is None and "n.txt" in stage and 'class="drop"' in stage
    sent = [{"name": name, "path": str(tmp_path / name)} for name in ("one.png", "two.png")]
    steps = list(page.bring(None, CHOSEN, event(files=sent)))
    state = steps[-1][0]
    assert "One photo at a time" in steps[0][1] and state.item.name == "one.png"
    assert not (tmp_path / "two.png").exists() and state.session.folder.is_dir()
    *_, (other, _) = page.sample(state, CHOSEN, event(index=0))
    assert not state.session.folder.exists()
    assert list((tmp_path / "sessions").iterdir()) == [other.session.folder]


def test_starting_over_can_be_undone_and_a_reload_goes_on(page: ComparePage) -> None:
    *_, (state, _) = page.sample(None, CHOSEN, event(index=COFFEE))
    token, pictures = state.session.token, [panel.picture for panel in state.panels]
    kept, stage = page.restart(state, CHOSEN)
    assert kept is None and "A photo is here from before." in stage and token in stage
    [offered] = page.resume(None, CHOSEN, event(token=token, offer=True))
    assert offered[0] is None and token in offered[1]
    *_, (again, stage, _, chosen) = page.resume(None, CHOSEN[:1], event(token=token, offer=False))
    assert again is state and [panel.picture for panel in again.panels] == pictures and "data-ready" in stage
    assert chosen["value"] == CHOSEN, "the models are others than before"
    state.panels[1].picture = None  # the page went while this one was under way
    *_, (again, stage, *_) = page.resume(None, CHOSEN, event(token=token, offer=False))
    assert again.panels[1].picture and "data-ready" in stage
    del state, again, offered
    gc.collect()
    *_, (again, stage, *_) = page.resume(None, CHOSEN, event(token=token, offer=False))
    assert [panel.picture.is_file() for panel in again.panels] == [True, True], "painted anew from the photo"
    assert list(page.resume(None, CHOSEN, event(token="nobody's", offer=False))) == [[gr.skip()] * 4]


def test_one_to_four_models(page: ComparePage) -> None:
    *_, (state, _) = page.sample(None, CHOSEN, event(index=COFFEE))
    for chosen, said in (([*CHOSEN, "a", "b", "c"], "4 models at the most"), ([], "One model must stay")):
        [(_, _, answer, kept)] = page.choose(state, chosen)
        assert said in answer and kept == CHOSEN
    pictures = [panel.picture for panel in state.panels]
    *_, (_, stage, answer, _) = page.choose(state, CHOSEN[::-1])
    assert answer == "" and [panel.picture for panel in state.panels] == pictures[::-1], "painted anew"
    assert stage.index("its regression twin</h3>") < stage.index("own</h3>")


def test_naming_a_model(page: ComparePage, tame: str) -> None:
    page.models = Models([DEFAULT_WEIGHTS], others_welcome=True)
    *_, (state, _) = page.sample(None, CHOSEN, event(index=COFFEE))
    stranger: Any = SimpleNamespace(client=SimpleNamespace(host="10.0.0.9"), headers={"host": "localhost"})
    for request, source, said in (
        (stranger, tame, "on the machine that this page runs on"),
        (HERE, "<i>/etc</i>", "Hub"),
        (HERE, "", "Name a model"),
    ):
        *_, (_, _, answer, *_) = page.compare_named(state, CHOSEN, source, request)
        assert said in answer and 'role="alert"' in answer and "<i>" not in answer
    first, *_, last = page.compare_named(state, CHOSEN, f" {tame} ", HERE)  # type: ignore[arg-type]
    assert "Loading" in first[2] and last[2] == last[4] == ""
    assert last[3]["value"] == [*CHOSEN, tame] and ("tame", tame) in last[3]["choices"]
    assert [panel.model.label for panel in state.panels][2] == "tame" and "coloured by tame" in last[1]


def test_the_form_for_other_models_is_there_only_where_they_are_welcome(tmp_path: Path) -> None:
    """In a process of its own: a Blocks that is built and never launched leaves sockets to the garbage collector."""
    script = """
from colorgan import DEFAULT_WEIGHTS
from colorgan.web import models, server
models.Models._load = lambda self: None
for welcome in (True, False):
    config = server.build(models.Models([DEFAULT_WEIGHTS], welcome)).get_config_file()
    print([part["props"]["visible"] for part in config["components"] if part["props"].get("elem_id") == "another"])
"""
    environment = {**os.environ, "GRADIO_TEMP_DIR": str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True, timeout=100)
    assert done.stdout == "[True]\n[False]\n", done.stderr


# In the browser

READY = ".versus[data-ready]"
PLACES = "[...document.querySelectorAll('.pane img')].map(image => getComputedStyle(image).transform)"
OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


@pytest.fixture
def opened(browser: Any, page_server: Any) -> Iterator[Any]:
    contexts = []

    def open_page(**options: Any) -> tuple[Any, list[str]]:
        context = browser.new_context(**{"viewport": {"width": 1280, "height": 900}, **options})
        contexts.append(context)
        page, complaints = context.new_page(), []
        page.set_default_timeout(SLOW_MS)
        listen(page, complaints)
        page.goto(f"{page_server.address}compare")
        page.wait_for_selector(".drop")
        return page, complaints

    yield open_page
    for context in contexts:
        context.close()


def scale(page: Any) -> float:
    """How much larger everything is; all panels must say the same."""
    found = set(page.evaluate(PLACES))
    assert len(found) == 1, "the panels came apart"
    return float(re.findall(r"[\d.]+", found.pop())[0])


def test_all_panels_zoom_and_move_together(opened: Any) -> None:
    page, complaints = opened()
    page.click(f".examples li:nth-child({COFFEE + 1}) button")
    page.wait_for_selector(READY)
    assert page.locator(".pane img").count() == 4 and scale(page) == 1
    box = page.locator(".pane").nth(1).bounding_box()
    page.mouse.move(box["x"] + box["width"] * 0.8, box["y"] + box["height"] * 0.3)
    page.mouse.wheel(0, -240)
    page.wait_for_function("document.querySelector('.scale').textContent !== '1×'")
    assert scale(page) > 1.5
    there = page.evaluate(PLACES)[0]
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.5, box["y"] + box["height"] * 0.5, steps=4)
    page.mouse.up()
    assert page.evaluate(PLACES)[0] != there and scale(page) > 1.5
    page.locator(".pane").nth(2).dblclick()
    assert scale(page) == 1
    page.focus(".panels")
    page.keyboard.press("+")
    page.keyboard.press("+")
    there = page.evaluate(PLACES)[0]
    page.keyboard.press("ArrowLeft")
    assert scale(page) == pytest.approx(2.25) and page.evaluate(PLACES)[0] != there
    page.click("#models label:nth-of-type(2) input")  # a model less: one goes on looking at the same place
    page.wait_for_function("document.querySelectorAll('.pane img').length === 3")
    assert scale(page) == pytest.approx(2.25)
    page.click("[data-zoom=out]")
    assert scale(page) == pytest.approx(1.5)
    page.focus(".panels")
    page.keyboard.press("0")
    assert scale(page) == 1
    assert complaints == []


def test_a_model_by_its_folder_and_one_that_is_none(opened: Any, tmp_path: Path) -> None:
    page, complaints = opened()
    again = shutil.copytree(TWIN.source, tmp_path / "again")
    Image.fromarray(data.astronaut()).save(tmp_path / "astronaut.png")
    page.set_input_files("#stage input[type=file]", tmp_path / "astronaut.png")
    page.wait_for_selector(READY)
    page.fill("#named :is(input, textarea)", str(tmp_path))
    page.click("#add")
    assert "is not a colorgan model" in page.wait_for_selector("#message [role=alert]").inner_text()
    page.fill("#named :is(input, textarea)", str(again))
    page.keyboard.press("Enter")
    page.wait_for_selector(f"{READY} .panels.n5")
    assert page.inner_text(".panel:nth-child(4) h3") == "again" and page.locator("#message [role=alert]").count() == 0
    figures = [page.inner_text(f".panel:nth-child({n}) .figures") for n in (3, 4)]
    assert figures[0] == figures[1], "a copy of the twin has other figures"
    assert page.input_value("#named :is(input, textarea)") == ""
    page.click("[data-restart]")
    page.click("dialog [data-yes]")
    page.wait_for_selector(".drop")
    page.click("[data-resume]")
    page.wait_for_selector(f"{READY} .panels.n5")
    page.reload()
    page.wait_for_selector(f"{READY} .panels.n5")
    page.wait_for_function("document.querySelectorAll('#models input:checked').length === 3")
    assert complaints == []


@pytest.mark.parametrize(("width", "scheme"), [(390, "dark"), (320, "light")])
def test_on_a_phone(opened: Any, width: int, scheme: str) -> None:
    page, complaints = opened(
        viewport={"width": width, "height": 844}, color_scheme=scheme, has_touch=True, is_mobile=True
    )
    assert page.evaluate(OVERFLOW) == 0
    page.locator(f".examples li:nth-child({COFFEE + 1}) button").tap()
    page.wait_for_selector(READY)
    boxes = [pane.bounding_box() for pane in page.locator(".pane").all()]
    assert len({box["x"] for box in boxes}) == 1 and sorted(box["y"] for box in boxes) == [box["y"] for box in boxes]
    small = """[...document.querySelectorAll('.versus .button, #add')].map(part => part.getBoundingClientRect())
      .filter(box => box.height < 43.5 || box.width < 43.5 || box.right > innerWidth).length"""
    assert page.evaluate(small) == 0 and page.evaluate(OVERFLOW) == 0
    assert page.evaluate("[...document.querySelectorAll('#page img')].every(image => image.alt)")
    fingers, x, y = page.context.new_cdp_session(page), boxes[0]["x"] + 100, boxes[0]["y"] + 80
    for kind, reach in (("touchStart", 20), ("touchMove", 40), ("touchMove", 60), ("touchEnd", 0)):
        points = [{"x": x - reach, "y": y, "id": 0}, {"x": x + reach, "y": y, "id": 1}]
        fingers.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points if reach else []})
    assert scale(page) == pytest.approx(3, rel=0.1)
    ground = page.evaluate("getComputedStyle(document.querySelector('.panels')).backgroundColor")
    assert len(set(re.findall(r"\d+", ground))) == 1, f"the ground is tinted: {ground}"
    assert complaints == []
