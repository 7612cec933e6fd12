"""The file of a photo's hints: what is written is read, slips of the pen are told, and sizes are changed."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from colorgan.hints import HINTS_SUFFIX, Hint, PhotoHints, parse_hints, read_hints, write_hints
from colorgan.hints.sidecar import MOST_BYTES
from colorgan.limits import MAX_VIVIDNESS

WRITTEN = {
    "format": "colorgan hints",
    "version": 1,
    "size": [1600, 1200],
    "hints": [{"x": 812.5, "y": 640, "colour": "#7a1f2b"}, {"x": 100, "y": 90, "colour": None}],
}
SIDES = st.integers(8, 5000)
NUMBERS = st.one_of(st.integers(-3000, 9000), st.floats(-3000, 9000, allow_nan=False))
COLOURS = st.one_of(
    st.none(),
    st.sampled_from(["teal", "#7a1f2b", "hsl(353, 59%, 30%)"]),
    st.tuples(*[st.integers(0, 255)] * 3),
)
LASSOS = st.none() | st.lists(st.tuples(NUMBERS, NUMBERS), min_size=3, max_size=6).map(tuple)


@st.composite
def photo_hints(draw: st.DrawFn) -> PhotoHints:
    size = draw(SIDES), draw(SIDES)
    hint = st.builds(
        Hint,
        st.integers(0, size[0] - 1) | st.floats(0, size[0], exclude_max=True),
        st.integers(0, size[1] - 1) | st.floats(0, size[1], exclude_max=True),
        COLOURS,
        st.floats(0, 500),
        LASSOS,
    )
    return PhotoHints(
        size,
        tuple(draw(st.lists(hint, max_size=5))),
        draw(st.integers(0, 2**63 - 1)),
        draw(st.none() | st.floats(0, 1)),
        draw(st.floats(0, MAX_VIVIDNESS)),
    )


def in_hex(photo: PhotoHints) -> list[Any]:
    """Numbers for a colour are written as hex."""
    return [
        "#{:02x}{:02x}{:02x}".format(*hint.colour) if isinstance(hint.colour, tuple) else hint.colour
        for hint in photo.hints
    ]


@settings(max_examples=60, deadline=None)
@given(photo_hints())
def test_what_is_written_is_read(tmp_path_factory: pytest.TempPathFactory, photo: PhotoHints) -> None:
    path = tmp_path_factory.getbasetemp() / f"photo{HINTS_SUFFIX}"
    write_hints(path, photo)
    again = read_hints(path)
    assert [hint.colour for hint in again.hints] == in_hex(photo)
    for name in ("size", "seed", "daring", "vividness"):
        assert getattr(again, name) == getattr(photo, name)
    for one, other in zip(again.hints, photo.hints, strict=True):
        assert (one.x, one.y, one.radius, one.lasso) == (other.x, other.y, other.radius, other.lasso)
    write_hints(path, again)
    assert read_hints(path) == again


def test_it_can_be_read_by_people(tmp_path: Path) -> None:
    hints = (Hint(812.5, 640, (122, 31, 43)), Hint(400, 300, "teal", 20, ((350, 250), (450, 250), (400, 380))))
    write_hints(tmp_path / "a.hints.json", PhotoHints((1600, 1200), hints, 7))
    assert (tmp_path / "a.hints.json").read_text() == (
        '{\n  "format": "colorgan hints",\n  "version": 1,\n  "size": [1600, 1200],\n  "seed": 7,\n  "daring": null,\n'
        '  "vividness": 1.0,\n  "hints": [\n    {"x": 812.5, "y": 640, "colour": "#7a1f2b"},\n'
        '    {"x": 400, "y": 300, "colour": "teal", "radius": 20, "lasso": [[350, 250], [450, 250], [400, 380]]}\n'
        "  ]\n}\n"
    )


def test_what_is_left_out_is_as_usual() -> None:
    wanted = PhotoHints((1600, 1200), (Hint(812.5, 640, "#7a1f2b"), Hint(100, 90, None)))
    assert parse_hints(WRITTEN) == parse_hints(json.dumps(WRITTEN)) == wanted
    assert parse_hints({name: WRITTEN[name] for name in ("format", "version", "size")}) == PhotoHints((1600, 1200))


def changed(**other: Any) -> dict[str, Any]:
    return {**WRITTEN, **other}


def hinted(**other: Any) -> dict[str, Any]:
    return changed(hints=[{"x": 1, "y": 1, "colour": "red", **other}])


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "it is no JSON: Expecting value: line 1 column 1"),
        (b"{'x': 1}", "it is no JSON: Expecting property name"),
        (b'{"format": "colorgan hints",}', "it is no JSON: "),
        (b"\xff\xfe{\x00", "it is no JSON: 'utf-8' codec can't decode"),
        (b"[" * 200_000, "it is nested too deeply"),
        (b'{"format": "colorgan hints", "hints": [], "hints": []}', "'hints' is there twice"),
        (b'{"size": ' + b"9" * 5000 + b"}", "Exceeds the limit"),
        (b"[]", '"format" must be "colorgan hints"'),
        (b'{"hints": []}', '"format" must be "colorgan hints"'),
        (changed(version=2), "this colorgan reads version 1, got 2"),
        (changed(version=None), "this colorgan reads version 1, got None"),
        (changed(colour="red"), "'colour' is none of format, version, size, seed, daring, vividness, hints"),
        (changed(size=[1600]), '"size" must be the photo\'s width and height in pixels, got [1600]'),
        (changed(size=[1600, 0]), "got [1600, 0]"),
        (changed(size=[1600, True]), "got [1600, True]"),
        (changed(size=[1600, 10**40]), '"size" must be the photo\'s width'),
        (changed(size="1600x1200"), "got '1600x1200'"),
        (changed(seed=-1), '"seed" must be a whole number from 0, got -1'),
        (changed(seed=1.5), "got 1.5"),
        (changed(seed=2**63), '"seed" must be'),
        (changed(daring=1.1), '"daring" must be from 0 to 1, got 1.1'),
        (changed(daring="bold"), "got 'bold'"),
        (changed(vividness=-1), '"vividness" must be from 0 to 3, got -1'),
        (changed(vividness=None), "got None"),
        (b'{"format": "colorgan hints", "version": 1, "size": [9, 9], "vividness": NaN}', "from 0 to 3, got nan"),
        (changed(hints={}), '"hints" must be a list, got dict'),
        (changed(hints=[[1, 1, "red"]]), 'hint 1 must have "x", "y" and "colour"'),
        (changed(hints=[WRITTEN["hints"][0], {"x": 1, "y": 1}]), 'hint 2 must have "x", "y" and "colour"'),
        (hinted(color="red"), "hint 1: 'color' is none of x, y, colour, radius, lasso"),
        (hinted(x="1"), "hint 1: a hint's x must be a number, got '1'"),
        (hinted(x=1600), "hint 1 is outside the photo: x must be from 0 to below 1600"),
        (hinted(colour="redd"), "hint 1: a hint's colour must be hex"),
        (hinted(colour=[1, 2]), "hint 1: a hint's colour must be hex"),
        (hinted(radius=-1), "hint 1: a hint's radius must be 0 or more"),
        (hinted(radius=None), "hint 1: a hint's radius must be a number, got None"),
        (hinted(lasso=[[0, 0], [1, 1]]), "hint 1: a hint's lasso must be three or more corners"),
        (hinted(lasso={"a": 1}), "hint 1: a hint's lasso must be three or more corners"),
        (changed(hints=[{"x": 1, "y": 1, "colour": "red"}] * 1001), "at most 1,000 hints can be given for a photo"),
    ],
)
def test_slips_are_told_in_one_line(tmp_path: Path, content: Any, said: str) -> None:
    path = tmp_path / "photo.hints.json"
    path.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
    with pytest.raises(ValueError) as refused:
        read_hints(path)
    text = str(refused.value)
    assert text.startswith(f"{str(path)!r} is no file of hints: ") and said in text and "\n" not in text, text


def test_a_huge_file_is_not_read(tmp_path: Path) -> None:
    with (tmp_path / "a.hints.json").open("wb") as file:
        file.truncate(10 * 2**30)  # a hole: no disk holds it, and no memory should
    with pytest.raises(ValueError, match="it has more than 16 MiB"):
        read_hints(tmp_path / "a.hints.json")
    with pytest.raises(ValueError, match="it has more than 16 MiB"):
        parse_hints(" " * (MOST_BYTES + 1))


@pytest.mark.parametrize(("name", "reason"), [("none", "No such file or directory"), (".", "Is a directory")])
def test_what_cannot_be_read(tmp_path: Path, name: str, reason: str) -> None:
    with pytest.raises(ValueError, match=f"cannot be read: {reason}"):
        read_hints(tmp_path / name)


def test_a_mark_of_byte_order_is_no_slip(tmp_path: Path) -> None:
    """Windows' editors write one."""
    (tmp_path / "a.hints.json").write_text(json.dumps(WRITTEN), encoding="utf-8-sig")
    assert read_hints(tmp_path / "a.hints.json") == parse_hints(WRITTEN)


# At another size


def test_hints_go_along_with_the_size() -> None:
    lasso = ((350.0, 250.0), (450.0, 250.0), (400.0, 380.0))
    photo = PhotoHints((1600, 1200), (Hint(800, 600, "red", 20, lasso), Hint(0, 0, None)), 7, 0.5, 0.9)
    half = photo.at_size((800, 600))
    assert half == PhotoHints(
        (800, 600),
        (Hint(400, 300, "red", 10, tuple((x / 2, y / 2) for x, y in lasso)), Hint(0, 0, None)),
        7,
        0.5,
        0.9,
    )
    assert photo.at_size((1600, 1200)) is photo


@settings(max_examples=200, deadline=None)
@given(st.integers(8, 4000), st.integers(8, 4000), st.floats(0.05, 4), st.floats(0, 1, exclude_max=True))
def test_no_scaling_to_whole_pixels_leaves_the_photo(width: int, height: int, scale: float, share: float) -> None:
    size = max(8, round(width * scale)), max(8, round(height * scale))
    if min(width, height) * scale < 8:
        return  # such a photo has another shape
    x, y = min(share * width, width - 1e-6), min(share * height, height - 1e-6)
    [hint] = PhotoHints((width, height), (Hint(x, y, "red"),)).at_size(size).hints
    assert 0 <= hint.x < size[0] and 0 <= hint.y < size[1]
    assert abs(hint.x / size[0] - x / width) < 0.002


@pytest.mark.parametrize("size", [(1200, 1600), (1600, 1230), (1600, 900), (800, 615), (8, 8)])
def test_another_photo_is_refused(size: tuple[int, int]) -> None:
    with pytest.raises(
        ValueError, match=rf"for a photo of 1600 x 1200 pixels, and this one of {size[0]} x {size[1]} has"
    ):
        PhotoHints((1600, 1200)).at_size(size)
