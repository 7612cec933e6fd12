import json
from pathlib import Path
from typing import Any

import pytest

from colorgan import Hint
from colorgan.hints import FilmHints, Moment, read_film_hints


def file_with(folder: Path, **changed: Any) -> Path:
    record = {
        "format": "colorgan film hints",
        "version": 1,
        "size": [640, 272],
        "moments": [
            {"time": 8, "reference": "coat.jpg"},
            {"time": 3.2, "hints": [{"x": 300, "y": 120, "colour": "#7a1f2b", "radius": 5}]},
        ],
    }
    path = folder / "film.hints.json"
    path.write_text(json.dumps(record | changed))
    return path


def test_a_film_s_hints_are_read(tmp_path: Path) -> None:
    said = read_film_hints(file_with(tmp_path))
    first = Moment(3.2, (Hint(300, 120, "#7a1f2b", 5),))
    assert said == FilmHints((640, 272), (first, Moment(8.0, (), tmp_path / "coat.jpg")))


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"format": "colorgan hints"}, '"format" must be "colorgan film hints"'),
        ({"version": 2}, "reads version 1, got 2"),
        ({"size": [640]}, '"size" must be'),
        ({"shots": []}, "'shots' is none of"),
        ({"moments": {}}, '"moments" must be a list'),
        ({"moments": [7]}, "moment 1 must be an object, got 7"),
        ({"moments": [{"time": -1, "reference": "a.jpg"}]}, "moment 1: \"time\" must be seconds from 0, got -1"),
        ({"moments": [{"time": True, "reference": "a.jpg"}]}, "must be seconds from 0, got True"),
        ({"moments": [{"time": 1}]}, 'moment 1 must have "hints", a "reference" or both'),
        ({"moments": [{"time": 1, "reference": 3}]}, 'moment 1: "reference" must be the name of a photo, got 3'),
        ({"moments": [{"time": 1, "hints": [{"x": 700, "y": 1, "colour": None}]}]}, "moment 1: hint 1 is outside"),
        ({"moments": [{"time": 1, "hint": []}]}, "moment 1: 'hint' is none of time, hints, reference"),
    ],
)  # fmt: skip
def test_what_is_none_is_refused_in_one_line(tmp_path: Path, changed: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError) as refused:
        read_film_hints(file_with(tmp_path, **changed))
    assert said in str(refused.value) and "film.hints.json' is no file of a film's hints" in str(refused.value)
    assert "\n" not in str(refused.value)


def test_no_json_and_no_file(tmp_path: Path) -> None:
    path = file_with(tmp_path)
    path.write_text('{"format": 1, "format": 2}')
    with pytest.raises(ValueError, match="'format' is there twice"):
        read_film_hints(path)
    with pytest.raises(ValueError, match="cannot be read: No such file"):
        read_film_hints(tmp_path / "none.hints.json")
