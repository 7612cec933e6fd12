"""One hint: what is taken, and what is refused, in one line that quotes it."""

import math
from typing import Any

import numpy as np
import pytest

from colorgan import Hint
from colorgan.hints import check_hints, rgb_of
from colorgan.limits import MAX_HINTS, MAX_LASSOS

TRIANGLE = ((0, 0), (9, 0), (0, 9))


@pytest.mark.parametrize(
    ("colour", "rgb"),
    [
        ("#7a1f2b", (122, 31, 43)),
        ("#fff", (255, 255, 255)),
        (" Firebrick ", (178, 34, 34)),  # CSS Color 4, section 6.1
        ("rgb(122, 31, 43)", (122, 31, 43)),
        ("hsl(0, 100%, 50%)", (255, 0, 0)),
        ((1, 2, 3), (1, 2, 3)),
        ([1, 2.0, 3], (1, 2, 3)),
        (tuple(np.array([1, 2, 3], np.uint8)), (1, 2, 3)),
        (None, None),
    ],
)
def test_colours(colour: Any, rgb: tuple[int, int, int] | None) -> None:
    assert rgb_of(colour) == rgb
    assert rgb_of(Hint(0, 0, colour).colour) == rgb


@pytest.mark.parametrize(
    "colour",
    [
        *("", "teall", "#12", "rgb(300, 0, 0)", "rgb(101%, 0%, 0%)", "x" * 10_000),
        *((1, 2), (1, 2, 256), (1, 2, -1), (1, 2, 0.5), (1, 2, math.nan), (1, 2, None), (1, 2, "3")),
        *((True, True, True), b"abc", 7, {"red": 1}, [[]]),
    ],
    ids=lambda colour: repr(colour)[:20],
)
def test_bad_colours_are_refused(colour: Any) -> None:
    with pytest.raises(ValueError, match=r"a hint's colour must be hex such as '#7a1f2b'.*, got ") as refused:
        Hint(0, 0, colour)
    assert "\n" not in str(refused.value) and len(str(refused.value)) < 300


@pytest.mark.parametrize("value", [math.nan, math.inf, "5", None, True, 10**400, 1j, [1]], ids=lambda v: repr(v)[:20])
@pytest.mark.parametrize("name", ["x", "y", "radius"])
def test_numbers_that_are_none(name: str, value: Any) -> None:
    given = {"x": 1, "y": 1, "radius": 0, name: value}
    with pytest.raises(ValueError, match=f"a hint's {name} must be a number, got ") as refused:
        Hint(colour="red", **given)
    assert len(str(refused.value)) < 150


def test_a_radius_below_nothing() -> None:
    with pytest.raises(ValueError, match="a hint's radius must be 0 or more pixels, got -1"):
        Hint(1, 1, "red", radius=-1)


@pytest.mark.parametrize(
    "lasso",
    [
        *((), "abc", 7, ((0, 0), (1, 1)), ((0, 0), (1, 1), None), ((0, 0), (1, 1), (2,))),
        *(((0, 0), (1, 1), (third, 2)) for third in (math.nan, 10**400, "2")),
    ],
    ids=lambda lasso: repr(lasso)[:30],
)
def test_bad_lassos_are_refused(lasso: Any) -> None:
    with pytest.raises(ValueError, match=r"a hint's lasso must be three or more corners \(x, y\) of a polygon, got "):
        Hint(1, 1, "red", lasso=lasso)


def test_a_hint_is_a_value() -> None:
    """Whatever sequences it came of: lists of JSON, numbers of NumPy."""
    one = Hint(np.int64(3), np.float32(4.5), [1, 2, 3], lasso=[[0, 0], [9, 0], [0, 9]])
    assert one == Hint(3, 4.5, (1, 2, 3), lasso=TRIANGLE)
    assert len({one, Hint(3, 4.5, (1, 2, 3), lasso=TRIANGLE)}) == 1
    assert (type(one.x), type(one.y)) == (int, float)


def test_hints_lie_inside_the_photo() -> None:
    check_hints([Hint(0, 0, None), Hint(39.9, 29.9, None)], (40, 30))
    for x, y in ((-0.1, 0), (40, 0), (0, 30), (1e300, 0)):
        with pytest.raises(
            ValueError, match="hint 2 is outside the photo: x must be from 0 to below 40 and y from 0 to"
        ):
            check_hints([Hint(1, 1, "red"), Hint(x, y, "red")], (40, 30))


def test_hints_are_hints() -> None:
    with pytest.raises(ValueError, match=r"hints must be colorgan.Hint\(x, y, colour\), got \(1, 1, 'red'\)"):
        check_hints([(1, 1, "red")], (40, 30))  # type: ignore[list-item]


def test_so_many_hints_and_no_more() -> None:
    check_hints([Hint(1, 1, "red")] * MAX_HINTS, (40, 30))
    with pytest.raises(ValueError, match="at most 1,000 hints can be given for a photo, got 1,001"):
        check_hints([Hint(1, 1, "red")] * (MAX_HINTS + 1), (40, 30))


def test_so_many_lassos_and_no_more() -> None:
    """Each costs a picture; hints that share one cost nothing more."""
    check_hints([Hint(1, 1, "red", lasso=TRIANGLE)] * MAX_HINTS, (40, 30))
    lassos = [Hint(1, 1, "red", lasso=((0, 0), (9, 0), (0, corner))) for corner in range(MAX_LASSOS + 1)]
    check_hints(lassos[:MAX_LASSOS], (40, 30))
    with pytest.raises(ValueError, match="at most 50 lassos can be drawn in a photo, got 51"):
        check_hints(lassos, (40, 30))
