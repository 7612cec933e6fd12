import json
from collections.abc import Sequence
from pathlib import Path

import av
import pytest
import torch
from cases.shots import SIZE, Picture, film, pan
from cases.words import colourful, untrained_words
from torch import Tensor

from colorgan import Colorizer, Hint
from colorgan.color import rgb_to_lab
from colorgan.film.colours import FilmColours, ShotTold
from colorgan.film.telling import told_shots
from colorgan.film.views import small_frame
from colorgan.folder.films import colorize_films
from colorgan.folder.pipeline import PhotoOutcome, Settings
from colorgan.folder.plan import Job
from colorgan.hints import FilmHints, Moment

A, B = pan(0, 9), pan(1, 9)
PICTURES = A + B
TEAL = "#008080"


@pytest.fixture(scope="module")
def colorizer() -> Colorizer:
    colorizer = untrained_words()
    colorizer.view_size = 128
    return colorizer


def coloured(colorizer: Colorizer, pictures: Sequence[Picture], told: dict[int, ShotTold]) -> list[Tensor]:
    return [lines for _, lines in FilmColours(colorizer, told=told).colour(film(pictures))]


def at(lines: Tensor, picture: Picture, x: float, y: float, colorizer: Colorizer) -> Tensor:
    """The ab that lines give a place of a picture."""
    [frame] = film([picture])
    lightness = torch.from_numpy(small_frame(frame.pixels, colorizer).lightness)
    row, column = int(y * lightness.shape[0] / SIZE[1]), int(x * lightness.shape[1] / SIZE[0])
    line = lines[:, row, column]
    return line[:2] * lightness[row, column] + line[2:]


def test_a_hint_counts_for_its_shot_and_no_other(colorizer: Colorizer) -> None:
    """Said of the shot's sixth frame, at a place that has moved by 1.5 and 0.6 pixels a frame: in all of its shot."""
    moment = 9 + 5
    said = FilmHints(SIZE, (Moment(moment / 25, (Hint(70, 60, TEAL, 6),)),))
    told = told_shots(colorizer, film(PICTURES), said)
    assert list(told) == [1]
    plain, ours = coloured(colorizer, PICTURES, {}), coloured(colorizer, PICTURES, told)
    assert all(torch.equal(one, other) for one, other in zip(plain[:9], ours[:9], strict=True))
    teal = rgb_to_lab(torch.tensor([0, 128, 128]).view(1, 3, 1, 1) / 255)[1].flatten()
    for number in range(9, 18):
        x, y = 70 - 1.5 * (number - moment), 60 - 0.6 * (number - moment)
        far, near = (float((at(one[number], PICTURES[number], x, y, colorizer) - teal).norm()) for one in (plain, ours))
        assert near < 0.6 * far, number


def test_a_reference_counts_for_its_shot(colorizer: Colorizer, tmp_path: Path) -> None:
    colourful(SIZE).save(tmp_path / "reference.png")
    said = FilmHints(SIZE, (Moment(0.0, reference=tmp_path / "reference.png"),))
    told = told_shots(colorizer, film(PICTURES), said)
    assert list(told) == [0] and len(told[0].references) == 1
    plain, ours = coloured(colorizer, PICTURES, {}), coloured(colorizer, PICTURES, told)
    assert all(torch.equal(one, other) for one, other in zip(plain[9:], ours[9:], strict=True))


def test_moments_are_of_the_frame_that_is_shown(colorizer: Colorizer) -> None:
    """At 0.1 s the third frame of 25 a second, at 0.12 s, to a thousandth, the fourth; hints are of another size."""
    hint = Hint(35, 30, TEAL)
    said = FilmHints((80, 60), (Moment(0.1, (hint,)), Moment(0.1195, (hint,))))
    told = told_shots(colorizer, film(A), said)
    assert told[0].keys == {2, 3}
    assert Hint(70, 60, TEAL) in told[0].hints[2] and Hint(70, 60, TEAL) in told[0].hints[3]


def test_a_hint_s_place_is_followed_to_both_sides(colorizer: Colorizer) -> None:
    """A pan of 1.5 and 0.6 pixels a frame, from the shot's first frame to its last; half a pixel of the view is 0.6."""
    lasso = ((60.0, 50.0), (80.0, 50.0), (70.0, 70.0))
    said = FilmHints(SIZE, (Moment(14 / 25, (Hint(70, 60, TEAL, 6, lasso),)),))
    hints = told_shots(colorizer, film(PICTURES), said)[1].hints
    assert sorted(hints) == list(range(9, 18))
    for number, (hint,) in hints.items():
        assert abs(hint.x - 70 + 1.5 * (number - 14)) < 1.2 and abs(hint.y - 60 + 0.6 * (number - 14)) < 1.2
        assert hint.lasso is not None and hint.lasso[0] == (hint.x - 10, hint.y - 10)


def test_a_film_is_told_from_its_file_to_its_file(colorizer: Colorizer, tmp_path: Path) -> None:
    """`film.hints.json` beside a film of two shots: the first is what it is without, the second has the hint's colour
    also where it was not said, and the film says that somebody did."""
    source, beside = tmp_path / "film.mkv", tmp_path / "film.hints.json"
    with av.open(str(source), "w") as writing:
        stream = writing.add_stream("ffv1", rate=25)
        stream.width, stream.height, stream.pix_fmt = *SIZE, "gray"
        for frame in film(PICTURES):
            writing.mux(stream.encode(av.VideoFrame.from_ndarray(frame.pixels, "gray")))
        writing.mux(stream.encode(None))
    record = {"format": "colorgan film hints", "version": 1, "size": list(SIZE)}
    moment = {"time": 14 / 25, "hints": [{"x": 70, "y": 60, "colour": TEAL, "radius": 6}]}
    beside.write_text(json.dumps(record | {"moments": [moment]}))
    plans = [Job(source, ((0, tmp_path / "plain.mkv"),)), Job(source, ((0, tmp_path / "told.mkv"),), film_hints=beside)]
    outcomes: list[PhotoOutcome] = []
    colorize_films(colorizer, plans, Settings(model_name="tiny"), outcomes.append, codec="ffv1")
    assert [outcome.error for outcome in outcomes] == [None, None]
    films = []
    for name in ("plain.mkv", "told.mkv"):
        with av.open(str(tmp_path / name)) as reading:
            films.append([frame.to_ndarray(format="rgb24").astype(int) for frame in reading.decode(video=0)])
            assert ("guided by a person's hints" in str(reading.metadata)) == (name == "told.mkv")
    plain, told = films
    assert len(plain) == len(told) == 18
    assert all((one == other).all() for one, other in zip(plain[:9], told[:9], strict=True))
    red, green, _ = (told[9] - plain[9])[62:65, 76:79].mean((0, 1))
    assert red < -10 and green > red + 10  # teal, where the hint's place was five frames before it was said


def test_what_cannot_be_told_is_said(colorizer: Colorizer) -> None:
    with pytest.raises(ValueError, match=r"nothing is shown at 9 s: the film's last frame is at 0\.320 s"):
        told_shots(colorizer, film(A), FilmHints(SIZE, (Moment(9.0, (Hint(1, 1, TEAL),)),)))
    with pytest.raises(ValueError, match="has other proportions"):
        told_shots(colorizer, film(A), FilmHints((100, 100), (Moment(0.0, (Hint(1, 1, TEAL),)),)))
    with pytest.raises(ValueError, match="no colour words"):
        FilmColours(Colorizer("LiteUNet", {"widths": [8, 8, 8, 8]}), told={0: ShotTold()})
