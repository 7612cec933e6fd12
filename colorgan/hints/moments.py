"""`film.hints.json`, beside a film: what was said of its colours, each moment of it for the whole shot that it is in.

{
  "format": "colorgan film hints",
  "version": 1,
  "size": [640, 272],        pixels of the upright frames that x and y count
  "moments": [
    {"time": 3.2, "hints": [{"x": 300, "y": 120, "colour": "#7a1f2b"}]},          seconds from the first frame
    {"time": 8, "hints": [{"x": 12, "y": 40, "colour": "teal", "radius": 20}], "reference": "coat.jpg"}
  ]
}

A moment's hints are those of a photo (`photo.hints.json`); its reference is a photo in colour, named from the file's
own folder. A moment has hints, a reference, or both.
"""

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from colorgan.hints.hint import Hint, quoted
from colorgan.hints.sidecar import only, parse_hints, parsed_json, read_text, record_of

FILM_FORMAT, FILM_VERSION = "colorgan film hints", 1
MOST_MOMENTS = 1000


@dataclass(frozen=True)
class Moment:
    """What was said of the frame that is shown so many seconds after the film's first."""

    time_s: float
    hints: tuple[Hint, ...] = ()
    reference: Path | None = None


@dataclass(frozen=True)
class FilmHints:
    """Everything that was said of one film; `size` (width, height) is what the hints' pixels count. Moments are in the
    order of their times."""

    size: tuple[int, int]
    moments: tuple[Moment, ...] = ()


def read_film_hints(path: Path) -> FilmHints:
    """What was said of a film. ValueError, one line with the file's name, for a file that says something else."""
    try:
        return parse_film_hints(read_text(path), path.parent)
    except ValueError as error:
        raise ValueError(f"{str(path)!r} is no file of a film's hints: {error}") from error
    except OSError as error:
        raise ValueError(f"{str(path)!r} cannot be read: {error.strerror}") from error


def parse_film_hints(text: str | bytes, folder: Path) -> FilmHints:
    """What a file's text says, whose references are named from a folder. ValueError, one line, for other text."""
    record = parsed_json(text)
    if not isinstance(record, dict) or record.get("format") != FILM_FORMAT:
        raise ValueError(f'"format" must be "{FILM_FORMAT}"')
    if record.get("version") != FILM_VERSION:
        raise ValueError(f"this colorgan reads version {FILM_VERSION}, got {quoted(record.get('version'))}")
    only(record, "", "format", "version", "size", "moments")
    listed = record.get("moments", [])
    if not isinstance(listed, list) or len(listed) > MOST_MOMENTS:
        raise ValueError(f'"moments" must be a list of at most {MOST_MOMENTS:,}, got {quoted(listed)}')
    size = parse_hints(record_of([], record.get("size"))).size
    moments = [_moment(number, said, record, folder) for number, said in enumerate(listed, start=1)]
    return FilmHints(size, tuple(sorted(moments, key=lambda moment: moment.time_s)))


def _moment(number: int, said: Any, record: dict[str, Any], folder: Path) -> Moment:
    where = f"moment {number}"
    if not isinstance(said, dict):
        raise ValueError(f"{where} must be an object, got {quoted(said)}")
    only(said, f"{where}: ", "time", "hints", "reference")
    time_s, reference = said.get("time"), said.get("reference")
    if isinstance(time_s, bool) or not isinstance(time_s, int | float) or not (time_s >= 0 and math.isfinite(time_s)):
        raise ValueError(f'{where}: "time" must be seconds from 0, got {quoted(time_s)}')
    if reference is not None and (not isinstance(reference, str) or not reference):
        raise ValueError(f'{where}: "reference" must be the name of a photo, got {quoted(reference)}')
    try:
        hints = parse_hints(record_of(said.get("hints", []), record.get("size"))).hints
    except ValueError as error:
        raise ValueError(f"{where}: {error}") from error
    if not hints and reference is None:
        raise ValueError(f'{where} must have "hints", a "reference" or both')
    return Moment(float(time_s), hints, None if reference is None else folder / reference)
