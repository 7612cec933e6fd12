"""The page's photos and the API with a model that has colour words: drawings, hints, a reference, the dial."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from cases.page import loaded_models
from cases.words import colourful, scene
from PIL import Image

from colorgan import Colorizer, Hint
from colorgan.colorizer import NO_WORDS
from colorgan.hints import PhotoHints, write_hints
from colorgan.web import gpu
from colorgan.web.colorize_api import MAX_VARIANT, Asked, convert
from colorgan.web.comparison import Comparison, OfferedModel, Panel
from colorgan.web.items import ColouredPhoto
from colorgan.web.models import Models
from colorgan.web.retouch import DRAWINGS
from colorgan.web.session import PageSession

RED = Hint(40, 30, "crimson", radius=10)


@pytest.fixture(scope="module")
def folder(words: str) -> str:
    return words


@pytest.fixture(scope="module")
def models(folder: str) -> Models:  # type: ignore[override]
    return loaded_models(folder)  # type: ignore[no-any-return]


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    path = tmp_path / "cup.png"
    scene().save(path)
    return path


@pytest.fixture
def said(tmp_path: Path) -> Path:
    path = tmp_path / "cup.hints.json"
    write_hints(path, PhotoHints((160, 120), (RED,), seed=7, daring=0.6, vividness=0.5))
    return path


def pixels(path: Path) -> np.ndarray:
    with Image.open(path) as image:
        return np.asarray(image.convert("RGB")).astype(int)


def difference(one: Image.Image, other: Image.Image) -> np.ndarray:
    return np.asarray(one).astype(int) - np.asarray(other).astype(int)


def coloured(tmp_path: Path, models: Models, photo: Path) -> tuple[PageSession, ColouredPhoto]:
    brought = PageSession(tmp_path / "sessions", 120.0)
    for _ in brought.work([brought.copy(photo.name, photo)], models):
        pass
    made = brought.items[0].coloured
    assert made
    return brought, made


# A session


def test_the_choices_are_the_calm_picture_and_drawings(tmp_path: Path, models: Models, photo: Path) -> None:
    brought, made = coloured(tmp_path, models, photo)
    assert not made.thumbnails and made.undrawn, "the first picture waits for drawings"
    assert brought.screen.draw(made) and not made.undrawn
    assert len({path.read_bytes() for path in made.thumbnails}) == 1 + DRAWINGS
    assert made.retouch
    for seed, tile in enumerate(made.retouch.tiles()[1:]):
        wanted = models.get().colorizer.colorize(scene(), seed=seed, daring=1.0)
        assert np.abs(difference(made.retouch.prediction(tile).picture(scene()), wanted)).max() <= 1


def test_thinking_again_needs_no_other_look(
    tmp_path: Path, models: Models, photo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pictures are drawn of what is remembered, which all of a photo share."""
    brought, made = coloured(tmp_path, models, photo)
    monkeypatch.setattr(models.get().colorizer.generator, "look", None)
    assert made.retouch
    seeds = []
    for _ in range(3):
        brought.vary(made, models)
        seeds.append([tile.seed for tile in made.retouch.tiles()[1:]])
    assert seeds == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9, 10, 11]] and made.retouch.told.seed == 8
    assert made.retouch.prediction().memory is made.retouch.seen.memory


def test_compare_takes_it(tmp_path: Path, models: Models, folder: str) -> None:
    comparison = Comparison(PageSession(tmp_path / "sessions", 120.0))
    colourful().save(tmp_path / "true.png")
    comparison.session.copy("true.png", tmp_path / "true.png")
    comparison.read()
    panel = Panel(OfferedModel(folder))
    comparison.run(panel, models)
    assert panel.picture and panel.metrics and not panel.failure


def test_a_borrowed_card_sends_what_hints_need(
    tmp_path: Path, models: Models, photo: Path, folder: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other process sends tensors and no network; here they meet the server's own."""
    asked: list[str] = []

    def there(source: str, image: Image.Image, how: dict[str, Any]) -> gpu.Sent:
        asked.append(source)
        return gpu._predict(source, image, how)

    monkeypatch.setattr(gpu, "IS_BORROWED", True)
    monkeypatch.setattr(gpu, "predict", there)
    _, made = coloured(tmp_path, models, photo)
    assert asked == [folder]
    repainting = made.choice.prediction.repainting
    assert repainting and repainting.head is models.get().colorizer.generator.words
    wanted = models.get().colorizer.colorize(scene(), hints=[RED])
    told = made.choice.prediction.picture(scene(), hints=[RED])
    assert np.abs(np.asarray(told).astype(int) - np.asarray(wanted)).max() <= 2
    prediction, _ = models.predict(models.get(), scene(), 1, 5, hints=[RED])
    assert prediction.hints == (RED,) and prediction.variants == 1


def test_only_the_variant_that_was_asked_for_is_drawn(
    tmp_path: Path, models: Models, photo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    head = models.get().colorizer.generator.words
    draw, drawn = head.draw, []
    monkeypatch.setattr(head, "draw", lambda *how: drawn.append(1) or draw(*how))
    brought = PageSession(tmp_path / "sessions", 120.0)
    convert(brought, photo, models, MAX_VARIANT, Asked())
    assert len(drawn) == 1


# The API


@pytest.fixture(scope="module")
def client(folder: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    from gradio_client import Client

    home = tmp_path_factory.mktemp("server")
    environment = {**os.environ, "TMPDIR": str(home), "OMP_NUM_THREADS": "1"}
    program = Path(__file__).parents[1] / "cases" / "model_process.py"
    with subprocess.Popen(
        [sys.executable, str(program), folder], env=environment, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout
        line = process.stdout.readline()
        found = re.search(r"http://127\.0\.0\.1:\d+/", line)
        assert found, line
        client = Client(found[0], verbose=False)
        yield client
        client.close()  # else its heartbeat goes on through other files' tests
        process.kill()  # a graceful end waits for open connections


def call(client: Any, photo: Path, **how: Any) -> Path:
    from gradio_client import handle_file

    return Path(client.predict(handle_file(photo), **how, api_name="/colorize"))


@pytest.mark.parametrize("form", ["file", "text", "object"])
def test_hints_come_in_three_forms(client: Any, models: Models, photo: Path, said: Path, form: str) -> None:
    from gradio_client import handle_file

    text = said.read_text()
    hints = {"file": handle_file(said), "text": text, "object": json.loads(text)}[form]
    got = call(client, photo, hints=hints)
    wanted = models.get().colorizer.colorize(scene(), hints=[RED], seed=7, daring=0.6, vividness=0.5)
    assert np.abs(pixels(got) - np.asarray(wanted)).max() <= 2
    assert b"the colours are a guess, guided by a person's hints" in got.read_bytes()
    got = call(client, photo, hints=hints, vividness=1.0, seed=3, daring=1.0, variant=2)
    wanted = models.get().colorizer.colorize(scene(), hints=[RED], seed=3, daring=1.0, variants=2)[1]
    assert np.abs(pixels(got) - np.asarray(wanted)).max() <= 2


def test_a_reference_and_the_dial(client: Any, models: Models, photo: Path, tmp_path: Path) -> None:
    from gradio_client import handle_file

    colourful().save(tmp_path / "like.png")
    got = call(client, photo, reference=handle_file(tmp_path / "like.png"), daring=0.5, seed=3)
    wanted = models.get().colorizer.colorize(scene(), reference=colourful(), daring=0.5, seed=3)
    assert np.abs(pixels(got) - np.asarray(wanted)).max() <= 2
    assert b"guided by another photo" in got.read_bytes()
    plain = models.get().colorizer.colorize(scene())
    assert np.abs(pixels(call(client, photo)) - np.asarray(plain)).max() <= 2


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"hints": "{"}, "These are no hints: it is no JSON: Expecting property name"),
        ({"hints": "[]"}, 'These are no hints: "format" must be "colorgan hints"'),
        ({"hints": [1]}, 'These are no hints: "format" must be "colorgan hints"'),
        ({"hints": {"path": "/etc/hostname"}}, "403 Forbidden"),
        ({"hints": {"format": "colorgan hints", "version": 1, "size": [9, 99]}}, "The hints are for a photo of 9 x 99"),
        ({"daring": 2}, "Daring must be from 0 (calm) to 1, got 2"),
    ],
)
def test_refused_in_one_sentence(client: Any, photo: Path, arguments: dict[str, Any], sentence: str) -> None:
    with pytest.raises(Exception, match=re.escape(sentence)):
        call(client, photo, **arguments)


def test_a_file_that_holds_no_hints(client: Any, photo: Path) -> None:
    from gradio_client import handle_file

    with pytest.raises(Exception, match="These are no hints: it is no JSON: 'utf-8' codec can't decode"):
        call(client, photo, hints=handle_file(photo))


def test_a_gray_reference_is_refused(client: Any, photo: Path) -> None:
    from gradio_client import handle_file

    with pytest.raises(Exception, match="A reference must be a photo in colour, and this one is gray"):
        call(client, photo, reference=handle_file(photo))


def test_a_model_without_words_says_so(tmp_path: Path, photo: Path, said: Path) -> None:
    Colorizer("LiteUNet", {"widths": [8, 8, 8, 8]}, view_size=64).save_pretrained(tmp_path / "model")
    models = Models([str(tmp_path / "model")])
    brought = PageSession(tmp_path / "sessions", 120.0)
    for asked in (Asked(hints=PhotoHints((160, 120), (RED,))), Asked(daring=0.5)):
        with pytest.raises(ValueError) as refused:
            convert(brought, photo, models, 0, asked)
        assert str(refused.value) == NO_WORDS
    plain = convert(brought, photo, models, 0, Asked(vividness=0.5))
    assert b"guided" not in plain.read_bytes()
