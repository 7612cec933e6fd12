"""Photos leafed through, turned, cut, removed and taken home, without a browser."""

import io
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
import torch
from cases.page import loaded_models
from cases.words import colourful, scene
from PIL import Image

from colorgan import Hint
from colorgan.color import rgb_to_lightness
from colorgan.hints import PhotoHints, read_hints
from colorgan.photo.framing import Framing
from colorgan.web.arranging import arrange
from colorgan.web.colorize import ColorizePage
from colorgan.web.colorize_api import Asked, convert
from colorgan.web.history import MarkKind
from colorgan.web.items import ColouredPhoto, PhotoItem
from colorgan.web.limits import Limits
from colorgan.web.models import LoadedModel, Models
from colorgan.web.session import PageSession
from colorgan.web.taking import FileWish, save, save_all, save_with_hints

SIZE = (160, 120)


@pytest.fixture(scope="module")
def models(words: str) -> Models:  # type: ignore[override]
    return loaded_models(words)  # type: ignore[no-any-return]


def brought(folder: Path, models: Models, *images: Image.Image, ending: str = ".png") -> PageSession:
    session = PageSession(folder / "sessions", 120.0)
    for number, image in enumerate(images):
        image.save(folder / f"photo{number}{ending}")
    new = [session.copy(f"photo{number}{ending}", folder / f"photo{number}{ending}") for number in range(len(images))]
    for _ in session.work(new, models):
        pass
    return session


def first(session: PageSession) -> tuple[PhotoItem, ColouredPhoto]:
    item = session.items[0]
    assert item.coloured and item.history
    return item, item.coloured


def do(session: PageSession, models: Models, what: str, value: Any = 0) -> None:
    session.error = ""
    for _ in arrange(session, what, value, models):
        pass


def say(item: PhotoItem, x: float, y: float, colour: str = "teal") -> None:
    assert item.history
    mark = item.history.new_mark(MarkKind.POINT, [Hint(x, y, colour)])
    item.history.tell(item.history.told.with_mark(mark))


def places(item: PhotoItem) -> list[tuple[float, float]]:
    assert item.history
    return [(hint.x, hint.y) for hint in item.history.told.hints]


def pixels(path: Path | None) -> np.ndarray:
    assert path
    return np.asarray(Image.open(io.BytesIO(path.read_bytes())).convert("RGB")).astype(int)


def test_what_was_said_turns_along_and_nothing_is_cut_off_for_good(tmp_path: Path, models: Models) -> None:
    session = brought(tmp_path, models, scene(SIZE))
    item, _ = first(session)
    say(item, 10, 20)
    say(item, 100, 60)
    do(session, models, "turn", 1)
    assert item.history and item.history.size == (120, 160) and places(item) == [(100, 10), (60, 100)]
    assert first(session)[1].decoded.size == (120, 160)
    do(session, models, "cut", [0.25, 0.5, 1, 1])  # from (30, 80) on
    assert item.history.size == (90, 80) and places(item) == [(30, 20)]
    saved = save(session, first(session)[1], FileWish())
    assert pixels(saved).shape == (80, 90, 3)
    do(session, models, "turn", 3)
    assert item.history.size == (80, 90) and places(item) == [(20, 60)]
    do(session, models, "uncut")
    assert item.history.size == SIZE and sorted(places(item)) == [(10, 20), (100, 60)] and item.framing == Framing()
    do(session, models, "cut", [0, 0, 0.01, 1])
    assert "at least 8 x 8 pixels" in session.error and item.history.size == SIZE


def test_hints_of_a_turned_photo_hold_for_its_file(tmp_path: Path, models: Models) -> None:
    """The command line gets the file as it was, and its hints in the file's own pixels."""
    session = brought(tmp_path, models, scene(SIZE))
    item, _ = first(session)
    do(session, models, "turn", 1)
    do(session, models, "cut", [0.25, 0.5, 1, 1])
    say(item, 30, 20)
    archive = save_with_hints(session, first(session)[1], FileWish())
    with zipfile.ZipFile(archive) as opened:
        opened.extract("photo0.hints.json", tmp_path)
    said = read_hints(tmp_path / "photo0.hints.json")
    assert said.size == SIZE and [(hint.x, hint.y) for hint in said.hints] == [(100, 60)]
    do(session, models, "uncut")
    do(session, models, "turn", 3)
    session.take_hints(item, (tmp_path / "photo0.hints.json").read_bytes())
    assert places(item) == [(100, 60)]


def test_leafing_removing_and_bringing_back(tmp_path: Path, models: Models) -> None:
    session = brought(tmp_path, models, *[scene(SIZE)] * 3)
    names = [item.name for item in session.items]
    session.opened = 2
    do(session, models, "step", 1)
    assert session.opened == 0
    do(session, models, "remove", 0)
    assert [item.name for item in session.items] == names[1:] and session.opened == 0
    do(session, models, "remove", 1)
    do(session, models, "bring_back")
    do(session, models, "bring_back")
    assert [item.name for item in session.items] == names and session.opened == 0
    do(session, models, "remove", 99)
    assert session.error == "This photo is no longer here." and len(session.items) == 3
    do(session, models, "vividness_for_all", 0.5)
    assert [item.coloured and item.coloured.vividness for item in session.items] == [0.5] * 3
    do(session, models, "nonsense")
    assert "another version" in session.error


def test_a_photo_in_colour_is_asked_about(tmp_path: Path, models: Models) -> None:
    session = brought(tmp_path, models, colourful(), colourful().convert("L"))
    item, photo = first(session)
    gray = session.items[1].decoded
    assert photo.decoded.in_colour and gray and not gray.in_colour
    session.opened = 0
    do(session, models, "own", "left")
    original = np.asarray(colourful().convert("RGB")).astype(int)
    assert np.abs(pixels(photo.shown) - original).mean() < 4, "its own colours are not what is shown"
    assert np.array_equal(pixels(save(session, photo, FileWish())), original)
    do(session, models, "own", "hints")
    assert item.history and len(item.history.told.marks) > 20 and not photo.is_left
    assert all(mark.kind is MarkKind.OWN for mark in item.history.told.marks)
    assert item.is_answered and item.history.can_undo


def test_another_page_is_a_photo_of_its_own(tmp_path: Path, models: Models) -> None:
    scene(SIZE).save(tmp_path / "pages.tif", save_all=True, append_images=[scene((120, 90))])
    session = PageSession(tmp_path / "sessions", 120.0)
    for _ in session.work([session.copy("pages.tif", tmp_path / "pages.tif")], models):
        pass
    item, photo = first(session)
    assert photo.decoded.pages == 2
    say(item, 10, 20)
    do(session, models, "page", 1)
    assert first(session)[1].decoded.size == (120, 90) and places(item) == []
    do(session, models, "page", 2)
    assert session.error == "There is no such page." and item.page == 1
    do(session, models, "page", 0)
    assert first(session)[1].decoded.size == SIZE and places(item) == [(10, 20)], "what was said of a page is lost"


@pytest.mark.parametrize(
    ("sure", "offered"),
    [((0.02, 0.95, 0.02, 0.01), 1), ((0.1, 0.89, 0.01, 0.0), 0), ((0.97, 0.01, 0.01, 0.01), 0), (None, 0)],
)
def test_a_turn_is_offered_where_it_is_surely_the_right_one(
    tmp_path: Path,
    models: Models,
    monkeypatch: pytest.MonkeyPatch,
    sure: tuple[float, ...] | None,
    offered: int,
) -> None:
    asked = []

    class Told:
        def probabilities(self, image: Image.Image, see: Any) -> list[float]:
            asked.append((image.mode, see(image) is not None))
            return list(sure or ())

    monkeypatch.setattr(LoadedModel, "orientation", Told() if sure else None)
    session = brought(tmp_path, models, scene(SIZE))
    photo = first(session)[1]
    assert photo.likelier is None
    for _ in range(2):  # the second time nothing is left to ask
        do(session, models, "look_around")
    assert (photo.likelier, session.error) == (offered, "")
    assert asked == [("L", True)] * bool(sure)


def test_what_cannot_be_turned_stays_as_it_was(tmp_path: Path, models: Models, monkeypatch: pytest.MonkeyPatch) -> None:
    session = brought(tmp_path, models, scene(SIZE))
    item, photo = first(session)
    say(item, 10, 20)
    monkeypatch.setattr(models, "predict", lambda *_: (_ for _ in ()).throw(MemoryError()))
    do(session, models, "turn", 1)
    assert "too large for the memory" in session.error and not item.failure
    assert item.coloured is photo and item.framing == Framing() and places(item) == [(10, 20)] and item.path.exists()


@pytest.mark.parametrize(
    ("wish", "name", "size"),
    [
        (FileWish(ending=".jpg"), "photo0-colorized.jpg", SIZE),
        (FileWish(ending=".webp"), "photo0-colorized.webp", SIZE),
        (FileWish(ending=".png", before_too=True), "photo0-before-and-after.png", (323, 120)),
    ],
)
def test_files_as_they_are_wished(
    tmp_path: Path, models: Models, wish: FileWish, name: str, size: tuple[int, int]
) -> None:
    session = brought(tmp_path, models, scene(SIZE), ending=".tif")
    path = save(session, first(session)[1], wish)
    assert path.name == name and pixels(path).shape == (*size[::-1], 3)
    if wish.before_too:
        both = pixels(path)
        assert np.ptp(both[:, :160], axis=-1).max() == 0 < np.ptp(both[:, 163:], axis=-1).mean()
    photo = first(session)[1]
    assert photo.retouch
    photo.retouch.think_again()
    assert "-drawing-1." in save(session, photo, wish).name, "two drawings would have one name"


def test_16_bits_come_back_turned_and_cut(tmp_path: Path, models: Models) -> None:
    values = np.linspace(2000, 60000, 160 * 120).reshape(120, 160).round().astype(np.uint16)
    session = brought(tmp_path, models, Image.fromarray(values), ending=".tif")
    do(session, models, "turn", 2)
    do(session, models, "cut", [0, 0, 0.5, 0.5])
    photo = first(session)[1]
    painted = tifffile.imread(save(session, photo, FileWish()))
    assert painted.dtype == np.uint16 and painted.shape == (60, 80, 3) and session.note == ""
    assert len(np.unique(painted[..., 1])) > 4000, "fewer levels than the 4,800 that came in"
    save(session, photo, FileWish(ending=".jpg"))
    assert session.note == "JPEG has 8 bits a channel, of the photo's 16." or "16-bit gray became 8-bit" in session.note


@pytest.mark.parametrize("said", [None, PhotoHints(SIZE, (Hint(80, 60, "teal"),), daring=0.5)])
def test_16_bits_come_back_over_http(tmp_path: Path, models: Models, said: PhotoHints | None) -> None:
    values = np.linspace(4000, 60000, SIZE[0] * SIZE[1]).reshape(SIZE[::-1]).astype(np.uint16)
    tifffile.imwrite(tmp_path / "scan.tif", values)
    session = PageSession(tmp_path / "sessions", 120.0)
    saved = convert(session, tmp_path / "scan.tif", models, 1, Asked(hints=said))
    made = tifffile.imread(saved)
    assert made.dtype == np.uint16 and len(np.unique(made)) > 5000
    light = rgb_to_lightness(torch.from_numpy(made / 65535).permute(2, 0, 1)[None])
    gray = rgb_to_lightness(torch.from_numpy(values / 65535).expand(1, 3, -1, -1))
    assert float((light - gray).abs().max()) < 0.01  # of 100; a step of 8 bits is 0.4


def test_the_page_leads_through_all_of_it(tmp_path: Path, models: Models) -> None:
    page = ColorizePage(models, tmp_path / "sessions", [], Limits(), "Private.")
    session = page.visits.enter(brought(tmp_path, models, scene(SIZE), scene(SIZE)))
    session.opened = 0
    from types import SimpleNamespace

    event: Any = SimpleNamespace(what="remove", value=0)
    *_, shown = page.arrange(session, event)
    assert "photo0.png was removed" in shown[1] and "bring_back" in shown[1]
    *_, (count, archive) = save_all(session, FileWish(with_hints=True))
    assert count == 1 and archive
    *_, shown = page.arrange(None, event)
    assert "no longer here" in shown[1]
