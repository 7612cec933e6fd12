"""What a person says of a photo's colours, without a browser: steps, edits that anybody may send, palettes, files."""

import io
import subprocess
import sys
import zipfile
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from cases.page import loaded_models
from cases.words import colourful, scene
from PIL import Image
from skimage.color import deltaE_ciede2000, rgb2lab

from colorgan import Hint
from colorgan.colorizer import ShownColour
from colorgan.hints import PhotoHints, read_hints, write_hints
from colorgan.limits import MAX_HINTS
from colorgan.web.colorize import ColorizePage
from colorgan.web.describing import NAMES, colour_name, colour_names, place_name, why_other
from colorgan.web.edits import MAX_PLACES, Edit
from colorgan.web.history import History, MarkKind
from colorgan.web.items import ColouredPhoto
from colorgan.web.limits import Limits
from colorgan.web.models import Models
from colorgan.web.retouch import HUES, KEPT_PREDICTIONS, STRENGTHS, Retouch
from colorgan.web.session import PageSession
from colorgan.web.taking import FileWish, save_all
from colorgan.web.visits import AWAKE, Visits

SIZE = (160, 120)


@pytest.fixture(scope="module")
def models(words: str) -> Models:  # type: ignore[override]
    return loaded_models(words)  # type: ignore[no-any-return]


@pytest.fixture
def page(tmp_path: Path, models: Models) -> ColorizePage:
    return ColorizePage(models, tmp_path / "sessions", [], Limits(), "Private.")


def brought(page: ColorizePage, folder: Path, size: tuple[int, int] = SIZE) -> tuple[PageSession, ColouredPhoto]:
    """A session of the page, its photo "cup.png" in colour."""
    scene(size).save(folder / "cup.png")
    session = page.visits.enter(PageSession(page.folder, 120.0))
    for _ in session.work([session.copy("cup.png", folder / "cup.png")], page.models):
        pass
    photo = session.items[0].coloured
    assert photo and photo.retouch
    return session, photo


def event(**fields: Any) -> Any:
    return SimpleNamespace(**fields)


def retouch(photo: ColouredPhoto) -> Retouch:
    assert photo.retouch
    return photo.retouch


def pixels(path: Path | None) -> np.ndarray:
    assert path
    with Image.open(path) as image:
        return np.asarray(image.convert("RGB"))


def apart(one: np.ndarray, other: np.ndarray) -> float:
    """Mean CIEDE2000 of two pictures."""
    return float(deltaE_ciede2000(rgb2lab(one), rgb2lab(other)).mean())


# Steps


def test_undo_and_redo_have_no_end() -> None:
    history = History(SIZE)
    told = [history.told]
    for number in range(300):
        mark = history.new_mark(MarkKind.POINT, [Hint(number % 160, 5, "teal")])
        history.tell(history.told.with_mark(mark))
        told.append(history.told)
    for expected in told[-2::-1]:
        history.undo()
        assert history.told == expected
    assert not history.can_undo and history.told.is_nothing
    history.undo()
    for expected in told[1:]:
        history.redo()
        assert history.told == expected
    assert not history.can_redo
    history.undo()
    history.tell(told[3])
    assert not history.can_redo, "what was taken back is still there after something else was said"


def test_one_turn_of_the_dial_is_one_step() -> None:
    history = History(SIZE)
    for daring in (0.1, 0.2, 0.7):
        history.dial(daring)
    history.tell(history.told.with_mark(history.new_mark(MarkKind.POINT, [Hint(1, 1, "red")])))
    history.dial(0.3)
    assert history.told.daring == 0.3
    history.undo()
    assert history.told.daring == 0.7 and history.told.marks
    history.undo()
    history.undo()
    assert history.told.daring == 0 and not history.can_undo
    history.dial(0.5)
    assert history.told.daring == 0.5 and not history.can_redo


def test_too_many_hints_are_refused_and_nothing_changes() -> None:
    history = History(SIZE)
    told = history.told.with_mark(history.new_mark(MarkKind.STROKE, [Hint(1, 1, "red")] * (MAX_HINTS + 1)))
    with pytest.raises(ValueError, match="1,000"):
        history.tell(told)
    assert history.told.is_nothing and not history.can_undo


def test_a_mark_moves_as_far_as_the_photo_goes() -> None:
    mark = History(SIZE).new_mark(MarkKind.STROKE, [Hint(10, 10, "red"), Hint(30, 20, "red")])
    assert [(hint.x, hint.y) for hint in mark.moved(-50, 5, SIZE).hints] == [(0, 15), (20, 25)]
    far = mark.moved(500, 500, SIZE).hints
    assert far[1].x == pytest.approx(159.99) and far[1].x - far[0].x == pytest.approx(20)


def test_what_a_file_says_comes_back(tmp_path: Path) -> None:
    said = PhotoHints((320, 240), (Hint(40, 60, "#7a1f2b"), Hint(1, 2, None)), seed=7, daring=0.25, vividness=0.5)
    history = History(SIZE)
    history.take(said)
    assert [(mark.kind, mark.middle.x) for mark in history.told.marks] == [("point", 20), ("kept", 0.5)]
    assert history.sidecar(0.5) == said.at_size(SIZE)
    with pytest.raises(ValueError, match="proportions"):
        history.take(PhotoHints((100, 300)))


# What anybody may send


@pytest.mark.parametrize(
    "sent",
    [
        None,
        "places",
        {},
        {"places": [[1, 2]], "colour": "brickish"},
        {"places": [[1, 2]] * (MAX_PLACES + 1)},
        {"places": [[-1, 2]]},
        {"places": [[160, 2]]},
        {"places": [[float("nan"), 2]]},
        {"places": [1, 2]},
        {"places": [["a", "b"]]},
        {"places": [[1, 2]], "kind": "gift"},
        {"mark": 99, "colour": "#102030"},
        {"mark": "x"},
        {"mark": 1e400},
        {"places": [[1, 2]], "lasso": [[1, 1], [2, 2]]},
        {"places": {"1": 2}},
        {"mark": {}, "places": [[1, 2, 3]]},
    ],
)
def test_an_edit_that_is_none_changes_nothing(page: ColorizePage, tmp_path: Path, sent: Any) -> None:
    session, photo = brought(page, tmp_path)
    shown = page.tell(session, event(edit=sent))
    assert retouch(photo).told.is_nothing and 'role="alert"' in shown[1]
    answers = {answer.__name__: answer for answer in page.telling.answers()}
    assert answers["preview"]({"token": session.token, "edit": sent, "edge": 200}) == {}


def test_answers_are_for_who_has_the_token(page: ColorizePage, tmp_path: Path) -> None:
    session, _ = brought(page, tmp_path)
    answers = {answer.__name__: answer for answer in page.telling.answers()}
    asked = {"x": 80, "y": 60, "edit": {"places": [[80, 60]], "colour": "#a03020"}, "edge": 200}
    assert {name: bool(answer({**asked, "token": session.token})) for name, answer in answers.items()} == {
        "palette": True,
        "preview": True,
        "doubt": True,
    }
    for token in ("", "x", session.token[:-1], None):
        assert all(answer({**asked, "token": token}) == {} for answer in answers.values())
    assert all(
        answer({**asked, "token": session.token, "x": 1e9, "edit": 1, "edge": "x"}) == {}
        for answer in list(answers.values())[:2]
    )
    assert len({PageSession(tmp_path, 1).token for _ in range(50)}) == 50 and len(session.token) >= 22


def test_a_session_lives_until_nobody_has_touched_it_for_long_enough(tmp_path: Path) -> None:
    now, rested = [0.0], []
    visits = Visits(tmp_path, Limits(keep_minutes=60), rest_s=45, clock=lambda: now[0])
    session, other = visits.new(), visits.new()
    session.rest = lambda: rested.append(now[0])  # type: ignore[method-assign]
    assert visits.find(session.token) is session and visits.find("other") is None
    for now[0] in (44, 46, 3000):
        visits.look()
    assert rested == [46, 3000]
    assert visits.find(session.token) is session, "looked for, and so touched"
    for now[0] in (3599, 3601):
        visits.look()
    assert session.folder.exists() and not other.folder.exists() and visits.find(other.token) is None
    visits.end(session)
    assert session.closed and not session.folder.exists() and visits.find(session.token) is None


def test_only_the_last_visits_hold_pixels(tmp_path: Path) -> None:
    now, rested = [0.0], list[int]()
    visits = Visits(tmp_path, Limits(), clock=lambda: now[0])
    sessions = []
    for number in range(AWAKE + 3):
        now[0] += 1
        sessions.append(visits.new())
        sessions[-1].rest = lambda number=number: rested.append(number)  # type: ignore[method-assign,misc]
        if number == 4:
            now[0] += 0.5
            visits.touch(sessions[0])  # its person goes on
    assert rested == [1, 2, 3]
    visits.touch(sessions[1])
    visits.new()
    assert rested == [1, 2, 3, 4, 0] and visits.find(sessions[1].token) is sessions[1]


# Palettes and pictures


def test_the_palette_knows_the_place_and_what_was_said(page: ColorizePage, tmp_path: Path) -> None:
    session, photo = brought(page, tmp_path)
    palette = retouch(photo).palette(80, 60, 1.0)
    assert palette.now.colour == retouch(photo).shown_at(80, 60) and 5 <= len(palette.likely) <= 8 and not palette.used
    assert len(palette.wheel) == HUES and {len(row) for row in palette.wheel} == {STRENGTHS}
    grays = np.array([[int(row[0][at : at + 2], 16) for at in (1, 3, 5)] for row in palette.wheel])
    assert np.ptp(grays, axis=1).max() <= 1, "strength begins with gray"
    colours = [swatch.colour for swatch in (palette.now, *palette.likely)] + [row[-1] for row in palette.wheel]
    rgb = np.array([[int(colour[at : at + 2], 16) for at in (1, 3, 5)] for colour in colours]) / 255
    assert np.ptp(rgb2lab(rgb[None])[..., 0]) < 1.5, "not all at the photo's own lightness"
    page.tell(session, event(edit={"places": [[70, 50]], "colour": "#7a1f2b"}))
    later = retouch(photo).palette(80, 60, 1.0)
    assert [swatch.colour for swatch in later.used] == ["#7a1f2b"] and later.likely != palette.likely
    vivid, calm = (retouch(photo).palette(80, 60, share).likely[0] for share in (1.5, 0.0))
    assert vivid.colour == calm.colour and len({calm.look[at : at + 2] for at in (1, 3, 5)}) == 1 < len(set(vivid.look))


def test_the_picture_shows_what_the_palette_promised(page: ColorizePage, tmp_path: Path) -> None:
    session, photo = brought(page, tmp_path, (640, 480))
    for x, y in ((100, 100), (500, 300), (320, 240)):
        swatch = retouch(photo).palette(x, y, 1.0).likely[2]
        edit = {"places": [[x, y]], "colour": swatch.colour}
        told = Edit.read(edit).of(retouch(photo))
        preview = np.asarray(Image.open(io.BytesIO(session.screen.preview(photo, told, 640))))
        page.tell(session, event(edit=edit))
        assert apart(preview, pixels(photo.shown)) < 1, "what was taken is not what the pointer was shown"


def test_as_it_is_keeps_the_colour_through_other_drawings(page: ColorizePage, tmp_path: Path) -> None:
    session, photo = brought(page, tmp_path)
    page.vary(session)
    colour = retouch(photo).shown_at(80, 60)
    page.tell(session, event(edit={"kind": "kept", "places": [[80, 60]]}))
    [mark] = retouch(photo).told.marks
    assert (mark.kind, mark.middle.colour) == (MarkKind.KEPT, colour)
    for _ in range(3):
        page.vary(session)
        assert retouch(photo).told.marks == (mark,)


def test_the_dial_mixes_what_the_command_line_mixes(page: ColorizePage, tmp_path: Path) -> None:
    _, photo = brought(page, tmp_path)
    told = retouch(photo).told
    hints = [Hint(30, 30, "#7a1f2b")]
    told = told.with_mark(retouch(photo).history.new_mark(MarkKind.POINT, hints))
    for daring in (0.0, 0.35, 1.0):
        history = retouch(photo).history
        history.tell(told)
        history.dial(daring)
        wanted = page.models.get().colorizer.colorize(scene(), hints=hints, seed=0, daring=daring)
        off = np.asarray(retouch(photo).prediction().picture(scene())).astype(int) - np.asarray(wanted)
        assert np.abs(off).max() <= 1


def test_the_doubt_is_where_nothing_was_said(page: ColorizePage, tmp_path: Path) -> None:
    _, photo = brought(page, tmp_path)
    mask = Image.open(io.BytesIO(retouch(photo).doubt()))
    alpha = np.asarray(mask.getchannel("A"))
    doubt = retouch(photo).prediction().doubt.numpy()
    assert alpha.shape == doubt.shape and alpha.max() == 255 and np.mean(alpha == 0) > 0.6
    assert doubt[alpha > 200].min() > doubt[alpha == 0].max()


# Another photo


def test_another_photo_lends_its_colours_in_one_step(
    page: ColorizePage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path / "uploads"))
    (tmp_path / "uploads").mkdir()
    session, photo = brought(page, tmp_path)

    def refer(name: str, image: Image.Image) -> list[Any]:
        path = tmp_path / "uploads" / name
        image.save(path)
        shown = page.refer(session, event(files=[{"name": name, "path": str(path)}]))
        assert not path.exists(), "the other photo stays behind"
        return shown

    shown = refer("true.png", colourful())
    marks = retouch(photo).told.marks
    assert len(marks) > 3 and {mark.kind for mark in marks} == {MarkKind.REFERENCE}
    assert f"{len(marks)} points from another photo" in shown[1]
    page.forget(session, event(marks=[marks[0].number]))
    assert retouch(photo).told.marks == marks[1:]
    page.undo(session)
    page.undo(session)
    assert retouch(photo).told.is_nothing
    shown = refer("gray.png", scene())
    assert 'role="alert"' in shown[1] and retouch(photo).told.is_nothing
    shown = page.refer(session, event(files=[{"name": "big.png", "problem": "large"}]))
    assert "larger than 100 MB" in shown[1]


# Taking home


def test_the_download_is_the_preview_at_full_size_and_the_command_lines_own(
    page: ColorizePage, tmp_path: Path, words: str
) -> None:
    session, photo = brought(page, tmp_path, (1600, 1200))
    for x, y, colour in ((200, 300, "#7a1f2b"), (1200, 800, "#2050a0"), (900, 100, "#808020")):
        page.tell(session, event(edit={"places": [[x, y]], "colour": colour}))
    page.tell(
        session, event(edit={"places": [[800, 900]], "colour": "teal", "lasso": [[600, 700], [1000, 700], [800, 1100]]})
    )
    page.vary(session)
    page.set_daring(session, 40)
    next(page.set_vividness(session, 80))
    preview = pixels(photo.shown)
    *_, last = page.save(session, True, True)
    with zipfile.ZipFile(last[-1]) as archive:
        assert sorted(archive.namelist()) == ["cup-colorized-drawing-1.png", "cup.hints.json"]
        archive.extractall(tmp_path / "zip")
    full = pixels(tmp_path / "zip" / "cup-colorized-drawing-1.png")
    small = np.asarray(Image.fromarray(full).resize(preview.shape[1::-1], Image.Resampling.BOX))
    assert full.shape == (1200, 1600, 3) and apart(small, preview) < 1
    said = read_hints(tmp_path / "zip" / "cup.hints.json")
    assert (said.size, len(said.hints), said.daring, said.vividness) == ((1600, 1200), 4, 0.4, 0.8)
    command = [sys.executable, "-m", "colorgan.cli", "colorize", str(tmp_path / "cup.png"), "--model", words]
    command += ["--hints", str(tmp_path / "zip" / "cup.hints.json"), "--output", str(tmp_path / "by-line.png")]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    assert np.abs(pixels(tmp_path / "by-line.png").astype(int) - full).max() <= 1
    *_, last = page.save(session, True, False)
    assert Path(last[-1]).name == "cup-colorized-drawing-1.png"


def test_hints_come_home_with_all_photos(page: ColorizePage, tmp_path: Path) -> None:
    session, _ = brought(page, tmp_path)
    for _ in session.work([session.copy("cup.png", tmp_path / "cup.png")], page.models):
        pass
    page.tell(session, event(edit={"places": [[20, 30]], "colour": "#7a1f2b"}))
    *_, (_, archive) = save_all(session, FileWish(with_hints=True))
    assert archive
    with zipfile.ZipFile(archive) as opened:
        assert sorted(opened.namelist()) == ["cup-2.hints.json", "cup-colorized-2.png", "cup-colorized.png"]


def test_a_file_of_hints_finds_its_photo(page: ColorizePage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path / "uploads"))
    (tmp_path / "uploads").mkdir()

    def sent(name: str, write: Any) -> dict[str, str]:
        path = tmp_path / "uploads" / name
        write(path)
        return {"name": name, "path": str(path)}

    said = PhotoHints(SIZE, (Hint(20, 30, "#7a1f2b"),), vividness=0.5)
    cup, hints = sent("cup.png", scene().save), sent("cup.hints.json", lambda path: write_hints(path, said))
    *_, shown = page.bring(None, event(files=[cup, hints]))
    session = shown[0]
    photo = session.items[0].coloured
    assert retouch(photo).told.hints == said.hints and photo.vividness == 0.5 == shown[2] / 100
    other = sent("other.hints.json", lambda path: write_hints(path, PhotoHints((30, 90))))
    *_, shown = page.bring(session, event(files=[other]))
    assert "&#39;other.hints.json&#39;: the hints are for a photo of 30 x 90" in shown[1]
    assert retouch(photo).told.hints == said.hints
    alone = sent("cup.hints.json", lambda path: write_hints(path, said))
    *_, shown = page.bring(None, event(files=[alone]))
    assert "bring that photo as well" in shown[1] and not list((tmp_path / "uploads").iterdir())


def test_fifty_hints_are_cheap(page: ColorizePage, tmp_path: Path) -> None:
    """What a photo's hints keep in memory and on disk has a limit, whatever is said and looked at."""
    session, photo = brought(page, tmp_path, (800, 600))
    files = []
    for number in range(50):
        edit = {"places": [[10 + 15 * number, 10 + 11 * number]], "colour": f"#{number * 4:02x}5030"}
        retouch(photo).palette(*edit["places"][0], 1.0)
        session.screen.preview(photo, Edit.read(edit).of(retouch(photo)), 600)
        page.tell(session, event(edit=edit))
        if number % 10 == 9:
            page.draw(session)
        files.append(sum(path.is_file() for path in session.folder.rglob("*")))
    assert len(retouch(photo)._made) <= KEPT_PREDICTIONS
    lines = next(iter(retouch(photo)._made.values())).lines
    full = lines.numel() * 4 * (224 * 224 / (lines.shape[2] * lines.shape[3])) * KEPT_PREDICTIONS
    assert full < 12e6, "at a view of 224 pixels"
    assert files[-1] <= max(files[:12]) + 15
    assert all(isinstance(made.lines, torch.Tensor) and len(made.lines) == 1 for made in retouch(photo)._made.values())


# Words for who hears the page


def test_colours_and_places_have_plain_names() -> None:
    assert [colour_name(colour) for colour in NAMES.values()] == list(NAMES)
    assert [colour_name(colour) for colour in ("#9a3a30", "#102060", "#f4f4f4", "#cc2222")] == [
        "brick red",
        "navy blue",
        "white",
        "red",
    ]
    assert colour_names(["#cc2222", "#102060", "#d0211f"]) == ["red #cc2222", "navy blue", "red #d0211f"]
    places = [place_name(x, y, (300, 300)) for y in (50, 150, 250) for x in (50, 150, 250)]
    assert places == [
        "upper left",
        "top",
        "upper right",
        "left",
        "middle",
        "right",
        "lower left",
        "bottom",
        "lower right",
    ]


def test_the_marks_are_listed_in_words(page: ColorizePage, tmp_path: Path) -> None:
    session, _ = brought(page, tmp_path)
    page.tell(session, event(edit={"places": [[10, 10]], "colour": "#9c3b2e"}))
    shown = page.tell(session, event(edit={"places": [[100, 100], [150, 100]], "kind": "stroke", "colour": "#2b5fc4"}))
    assert 'aria-label="Hint 1 of 2: ' in shown[1] and ", upper left" in shown[1]
    assert "hint 2 of 2: stroke of " in shown[1]


def test_why_a_colour_is_another_is_said_in_words() -> None:
    red, border = Hint(1, 1, "#ff0000"), ShownColour(Hint(1, 1, "#ff0000"), "#808080", False, on_border=True)
    assert why_other(ShownColour(red, "#f0907a", exact=False)) == (
        "The photo is too bright here for red: it becomes salmon."
    )
    assert why_other(ShownColour(red, "#8a0a0a", exact=False)).startswith("The photo is too dark here for red: ")
    assert why_other(ShownColour(red, "#e02020", exact=False)) == (
        "The photo is too dark here for so strong a colour: it becomes a paler red."
    )
    assert why_other(border) == "This is the border of the photo, which stays gray."
    assert (
        why_other(ShownColour(red, "#ff0000", exact=True))
        == why_other(ShownColour(Hint(1, 1, None), "#fff", True))
        == ""
    )


def test_a_colour_that_cannot_be_there_is_explained_before_and_after_it_is_said(
    page: ColorizePage, tmp_path: Path
) -> None:
    session, photo = brought(page, tmp_path)
    yellow = {"places": [[80, 60]], "colour": "#ffff00"}  # its lightness is 97, which no place of the scene has
    asked = {"token": session.token, "edge": 320}
    ask = page.telling.answers()[1]
    why = ask({**asked, "edit": yellow})["why"]
    assert why.startswith("The photo is too dark here for yellow: it becomes ")
    shown = page.tell(session, event(edit=yellow))[1]
    assert shown.count(why) == 3, "in the names of the mark and of its button in the list, and there to read"
    strongest = [row[-1] for row in retouch(photo).palette(80, 60, 1.0).wheel]
    assert {ask({**asked, "edit": {"places": [[80, 60]], "colour": one}})["why"] for one in strongest[::12]} == {""}
