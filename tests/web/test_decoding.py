"""One budget of memory for decoded photos, and what is given back while nobody looks."""

import threading
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from skimage import data

from colorgan.photo import open_photo
from colorgan.photo.finding import stated_megapixels
from colorgan.web.decoding import BYTES_AT_WORK, BYTES_HELD, Decoder
from colorgan.web.models import Models
from colorgan.web.session import PageSession
from colorgan.web.taking import FileWish, save

MEGABYTE_PIXELS = 2**20 // BYTES_AT_WORK  # that work for a budget of one megabyte


def photos(folder: Path, count: int, pixels: int = MEGABYTE_PIXELS) -> list[Path]:
    paths = [folder / f"{number}.png" for number in range(count)]
    for path in paths:
        Image.new("L", (pixels // 16, 16), 90).save(path)
    return paths


def decoded(decoder: Decoder, path: Path, then: Callable[[], None] = lambda: None) -> None:
    with decoder.work():
        decoder.photo(path, path, 120.0, lambda: open_photo(path))
        then()


@pytest.mark.parametrize("at_once", [1, 2])
def test_work_beyond_the_budget_waits_in_turn(tmp_path: Path, at_once: int) -> None:
    decoder, running, most, order = Decoder(megabytes=at_once), [], [], []
    go_on, changing = threading.Event(), threading.Lock()

    def work(path: Path) -> None:
        with changing:
            running.append(path)
            most.append(len(running))
            order.append(path)
        go_on.wait(100)
        with changing:
            running.remove(path)

    paths = photos(tmp_path, 6)
    threads = [threading.Thread(target=decoded, args=(decoder, path, lambda path=path: work(path))) for path in paths]
    for count, thread in enumerate(threads, 1):
        thread.start()
        while len(order) + len(decoder._waiting) < count:  # they come one after another
            time.sleep(0.01)
    while len(order) < at_once:
        time.sleep(0.01)
    assert {*order} == {*paths[:at_once]}, "so many megabytes of work at once, and no more"
    go_on.set()
    for thread in threads:
        thread.join(100)
    assert max(most) == at_once and {*order} == {*paths}
    assert at_once > 1 or order == paths, "first come, first served"


def test_what_is_larger_than_the_budget_has_it_alone(tmp_path: Path) -> None:
    decoder, [large] = Decoder(megabytes=1), photos(tmp_path, 1, 8 * MEGABYTE_PIXELS)
    decoded(decoder, large)
    assert decoder.held_bytes == 8 * MEGABYTE_PIXELS * BYTES_HELD
    with decoder.work():  # the next step with the same photo does not read it again
        decoder.photo(large, large, 120.0, lambda: pytest.fail("decoded twice"))


def test_work_inside_work_waits_for_nobody(tmp_path: Path) -> None:
    decoder, [one, other] = Decoder(megabytes=1), photos(tmp_path, 2)
    decoded(decoder, one, lambda: decoded(decoder, other))


def test_held_photos_make_room_and_go_after_a_while(tmp_path: Path) -> None:
    decoder, paths = Decoder(megabytes=1), photos(tmp_path, 6, MEGABYTE_PIXELS // 2)
    opened: list[Path] = []
    for path in (*paths, paths[-1], paths[0]):
        decoder.photo(path, path, 120.0, lambda path=path: opened.append(path) or open_photo(path))  # type: ignore[misc]
    assert opened == [*paths, paths[0]], "the last is still there, the first had to go"
    assert 0 < decoder.held_bytes <= 2**20 - MEGABYTE_PIXELS // 2 * (BYTES_AT_WORK - BYTES_HELD)
    decoder.let_go(unused_s=60)
    assert decoder.held_bytes
    decoder.let_go(below=tmp_path / "elsewhere")
    assert decoder.held_bytes
    decoder.let_go(below=tmp_path)
    assert decoder.held_bytes == 0


@pytest.mark.parametrize("ending", ["jpg", "png", "webp", "tif", "bmp", "avif", "jp2"])
def test_heads_tell_sizes(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"x.{ending}"
    Image.new("RGB", (400, 300)).save(path)
    assert stated_megapixels(path, 120.0) == pytest.approx(0.12)
    path.write_bytes(path.read_bytes()[:12])
    assert stated_megapixels(path, 120.0) == 120.0, "what tells nothing may be anything"


@pytest.mark.parametrize("folder", ["", "twin"])
def test_a_session_that_rested_goes_on_the_same(tmp_path: Path, folder: str) -> None:
    """With a model that takes hints, and with one that does not: painted anew, drawn anew, saved."""
    from colorgan import DEFAULT_WEIGHTS

    models = Models([str(Path(DEFAULT_WEIGHTS) / folder)])
    Image.fromarray(data.coffee()).convert("L").save(tmp_path / "cup.png")
    session = PageSession(tmp_path / "sessions", 120.0, decoder=Decoder())  # others hold photos in the shared one
    for _ in session.work([session.copy("cup.png", tmp_path / "cup.png")], models):
        pass
    photo = session.items[0].coloured
    assert photo
    before = np.asarray(Image.open(save(session, photo, FileWish(described=False))))
    session.rest()
    assert session.decoder.held_bytes == 0
    assert all(choice.seen._said is None for choice in photo.choices)
    assert photo.retouch is None or photo.retouch._seen._said is None
    session.vary(photo, models)
    assert photo.has_room and len(photo.thumbnails) == len(photo.choices)
    photo.chosen = 0
    if photo.retouch:
        photo.retouch.history.undo()
    session.rest()
    assert np.array_equal(np.asarray(Image.open(save(session, photo, FileWish(described=False)))), before)
    session.close()


def test_of_many_photos_only_the_open_one_is_remembered(tmp_path: Path, models: Models) -> None:
    Image.fromarray(data.camera()).resize((64, 48)).save(tmp_path / "small.png")
    session = PageSession(tmp_path / "sessions", 120.0)
    new = [session.copy(f"{number}.png", tmp_path / "small.png") for number in range(3)]
    for _ in session.work(new, models):
        pass
    assert all(item.coloured and item.coloured.retouch and item.coloured.retouch._seen._said is None for item in new)
    session.close()
