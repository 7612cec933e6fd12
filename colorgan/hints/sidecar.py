"""`photo.hints.json`, beside a photo: what was said of it, so that the same picture can be made again at any size.

{
  "format": "colorgan hints",
  "version": 1,
  "size": [1600, 1200],      pixels of the upright photo that x and y count
  "seed": 7,                 of what is drawn
  "daring": null,            0 the mean of what is likely, 1 one drawing of it; null: the picture 0, variants 1
  "vividness": 1.0,
  "hints": [
    {"x": 812.5, "y": 640, "colour": "#7a1f2b"},
    {"x": 100, "y": 90, "colour": null},                              as it is
    {"x": 400, "y": 300, "colour": "teal", "radius": 20, "lasso": [[350, 250], [450, 250], [400, 380]]}
  ]
}
"""

import json
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from colorgan.files import write_whole
from colorgan.hints.hint import Hint, check_hints, colour_name_or_hex, quoted
from colorgan.limits import MAX_VIVIDNESS

HINTS_SUFFIX = ".hints.json"
FORMAT, VERSION = "colorgan hints", 1
MOST_BYTES = 16 * 2**20  # a thousand hints, each with a lasso of two hundred corners, are a third of it
LONGEST_SIDE = 2**31 - 1  # of a photo: as much as any format can say


@dataclass(frozen=True)
class PhotoHints:
    """Everything that was said of one photo; `size` (width, height) is what the hints' pixels count.

    seed, daring and vividness are those of `Colorizer.colorize`.
    """

    size: tuple[int, int]
    hints: tuple[Hint, ...] = ()
    seed: int = 0
    daring: float | None = None
    vividness: float = 1.0

    def but(
        self, *, seed: int | None = None, daring: float | None = None, vividness: float | None = None
    ) -> "PhotoHints":
        """The same, but for what somebody asks for in its place; None is nothing."""
        asked = {"seed": seed, "daring": daring, "vividness": vividness}
        return replace(self, **{name: value for name, value in asked.items() if value is not None})  # type: ignore[arg-type]

    def at_size(self, size: tuple[int, int]) -> "PhotoHints":
        """The same for the photo at another size. ValueError where its proportions are others: another photo."""
        if size == self.size:
            return self
        across, down = size[0] / self.size[0], size[1] / self.size[1]
        # Scaled to whole pixels, a side of n is off by up to half of one.
        if abs(across / down - 1) > 1 / min(*size, *self.size) + 0.005:
            raise ValueError(
                f"the hints are for a photo of {self.size[0]} x {self.size[1]} pixels, and this one of {size[0]} x "
                f"{size[1]} has other proportions"
            )
        return replace(self, size=size, hints=tuple(_scaled(hint, across, down, size) for hint in self.hints))


def write_hints(path: Path, photo: PhotoHints) -> None:
    """Write what was said of a photo, whole or not at all. OSError where it cannot be written."""
    hints = []
    for hint in photo.hints:
        said: dict[str, Any] = {"x": hint.x, "y": hint.y, "colour": colour_name_or_hex(hint.colour)}
        if hint.radius:
            said["radius"] = hint.radius
        if hint.lasso:
            said["lasso"] = [list(corner) for corner in hint.lasso]
        hints.append(said)
    record = {
        "format": FORMAT,
        "version": VERSION,
        "size": list(photo.size),
        "seed": photo.seed,
        "daring": photo.daring,
        "vividness": photo.vividness,
    }
    lines = [f"  {json.dumps(name)}: {json.dumps(value)}," for name, value in record.items()]
    rows = ",\n".join(f"    {json.dumps(said)}" for said in hints)
    text = "\n".join(["{", *lines, f'  "hints": [\n{rows}\n  ]' if rows else '  "hints": []', "}", ""])
    write_whole(path, text.encode())


def read_hints(path: Path) -> PhotoHints:
    """What `write_hints` wrote, or a person by hand. ValueError, one line with the file's name, for anything else."""
    try:
        return hints_of(read_text(path), str(path))
    except OSError as error:
        raise ValueError(f"{str(path)!r} cannot be read: {error.strerror}") from error


def hints_of(said: bytes, name: str) -> PhotoHints:
    """The content of a file of hints, of this name. ValueError, one line with the name, for anything else."""
    try:
        return parse_hints(said)
    except ValueError as error:
        raise ValueError(f"{name!r} is no file of hints: {error}") from error


def parse_hints(said: str | bytes | dict[str, Any]) -> PhotoHints:
    """The content of such a file, as text or as what JSON makes of it. ValueError, one line, for anything else."""
    if not isinstance(said, str | bytes):
        return _hints(said)
    if len(said) > MOST_BYTES:
        raise ValueError(_too_long())
    return _hints(parsed_json(said))


def record_of(hints: Any, size: Any) -> dict[str, Any]:
    """A list of hints as such a file has them, of a photo of (width, height) pixels, as the record of one: what
    `parse_hints` takes. Nothing is checked."""
    return {"format": FORMAT, "version": VERSION, "size": size, "hints": hints}


def read_text(path: Path) -> bytes:
    """A file of hints. OSError where it cannot be read, ValueError where it is too long to be one."""
    if path.stat().st_size > MOST_BYTES:
        raise ValueError(_too_long())
    return path.read_bytes()


def parsed_json(said: str | bytes) -> Any:
    """What JSON makes of a text, in which no name is there twice. ValueError, one line, where it is none."""
    try:
        text = said.decode("utf-8-sig") if isinstance(said, bytes) else said
        return json.loads(text, object_pairs_hook=_once)
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise ValueError(f"it is no JSON: {error}") from error


def _hints(record: Any) -> PhotoHints:
    if not isinstance(record, dict) or record.get("format") != FORMAT:
        raise ValueError(f'"format" must be "{FORMAT}"')
    if record.get("version") != VERSION:
        raise ValueError(f"this colorgan reads version {VERSION}, got {quoted(record.get('version'))}")
    only(record, "", "format", "version", "size", "seed", "daring", "vividness", "hints")
    size = record.get("size")
    sides = size if isinstance(size, list) else []
    if len(sides) != 2 or not all(type(side) is int and 0 < side <= LONGEST_SIDE for side in sides):
        raise ValueError(f'"size" must be the photo\'s width and height in pixels, got {quoted(size)}')
    seed = record.get("seed", 0)
    if type(seed) is not int or not 0 <= seed < 2**63:
        raise ValueError(f'"seed" must be a whole number from 0, got {quoted(seed)}')
    listed = record.get("hints", [])
    if not isinstance(listed, list):
        raise ValueError(f'"hints" must be a list, got {type(listed).__name__}')
    hints = tuple(_hint(number, said) for number, said in enumerate(listed, start=1))
    check_hints(hints, (sides[0], sides[1]))
    dial = record.get("daring")
    daring = None if dial is None else _share(dial, "daring", 1.0)
    vividness = _share(record.get("vividness", 1.0), "vividness", MAX_VIVIDNESS)
    return PhotoHints((sides[0], sides[1]), hints, seed, daring, vividness)


def _hint(number: int, said: Any) -> Hint:
    if not isinstance(said, dict) or not {"x", "y", "colour"} <= said.keys():
        raise ValueError(f'hint {number} must have "x", "y" and "colour"')
    only(said, f"hint {number}: ", "x", "y", "colour", "radius", "lasso")
    try:
        return Hint(said["x"], said["y"], said["colour"], said.get("radius", 0), said.get("lasso"))
    except ValueError as error:
        raise ValueError(f"hint {number}: {error}") from error


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object of JSON, in which a name is there once: of two, one would be passed over without a word."""
    record = dict(pairs)
    if len(record) < len(pairs):
        [(twice, _)] = Counter(name for name, _ in pairs).most_common(1)
        raise ValueError(f"{quoted(twice)} is there twice")
    return record


def only(record: dict[str, Any], where: str, *known: str) -> None:
    """A name that nobody reads is a slip of the pen, which would be passed over without a word."""
    for name in record:
        if name not in known:
            raise ValueError(f"{where}{quoted(name)} is none of {', '.join(known)}")


def _share(value: Any, name: str, most: float) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= most:
        raise ValueError(f'"{name}" must be from 0 to {most:g}, got {quoted(value)}')
    return float(value)


def _scaled(hint: Hint, across: float, down: float, size: tuple[int, int]) -> Hint:
    """A hint of the photo at another size; rounding never brings it outside."""
    x, y = min(hint.x * across, size[0] - 0.01), min(hint.y * down, size[1] - 0.01)
    lasso = None if hint.lasso is None else tuple((x * across, y * down) for x, y in hint.lasso)
    return replace(hint, x=x, y=y, radius=hint.radius * (across * down) ** 0.5, lasso=lasso)


def _too_long() -> str:
    return f"it has more than {MOST_BYTES // 2**20} MiB"
