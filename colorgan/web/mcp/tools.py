"""What an agent can ask for: photos coloured, with hints or without, and what colours a photo's places may have."""

import base64
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image

from colorgan.hints import parse_hints, record_of
from colorgan.limits import MAX_HINTS, MAX_VIVIDNESS
from colorgan.photo import save_photo
from colorgan.photo.inline import inline_file
from colorgan.web.colorize_api import MAX_VARIANT, Asked, convert
from colorgan.web.describing import colour_name, place_name
from colorgan.web.items import Original
from colorgan.web.limits import Limits
from colorgan.web.models import Models
from colorgan.web.quota import Quota
from colorgan.web.session import PageSession
from colorgan.web.session_files import CALL_PREFIX

SEEN_BY_AGENTS = {".jpg": "image/jpeg", ".png": "image/png", ".webp": "image/webp", ".gif": "image/gif"}
MOST_PLACES = 50
MOST_MEGABYTES = 25  # of a photo: a message is held in memory as a whole

_PHOTO = {
    "type": "string",
    "description": "The photo: its file (JPEG, PNG, WebP, TIFF and others) in base64, or a data: URL. Paths and "
    "addresses are not taken.",
}
_VIVIDNESS = {
    "type": "number",
    "minimum": 0,
    "maximum": MAX_VIVIDNESS,
    "default": 1,
    "description": "Strength of the colours: 0 is gray, 1 as predicted.",
}
_SEED = {"type": "integer", "minimum": 0, "default": 0, "description": "Fixes what is drawn: same seed, same colours."}
_DARING = {
    "type": "number",
    "minimum": 0,
    "maximum": 1,
    "description": "From 0, the calm mean of likely colours, to 1, one drawing of colours that commit. Default: 0.",
}
_X = {"type": "number", "minimum": 0, "description": "Pixels from the left edge of the upright photo."}
_Y = {"type": "number", "minimum": 0, "description": "Pixels from its top edge."}
_HINTS = {
    "type": "array",
    "minItems": 1,
    "maxItems": MAX_HINTS,
    "description": "What is known of the colours. A hint colours the thing that it lies on, and what goes with it.",
    "items": {
        "type": "object",
        "properties": {
            "x": _X,
            "y": _Y,
            "colour": {
                "type": ["string", "null"],
                "description": "A CSS name such as teal, or #rrggbb; null keeps the place as it would be.",
            },
            "radius": {"type": "number", "minimum": 0, "default": 0, "description": "Of a dab, in pixels."},
        },
        "required": ["x", "y", "colour"],
        "additionalProperties": False,
    },
}
_PLACES = {
    "type": "array",
    "minItems": 1,
    "maxItems": MOST_PLACES,
    "description": "Which places; without them, nine that are spread over the photo.",
    "items": {
        "type": "object",
        "properties": {"x": _X, "y": _Y},
        "required": ["x", "y"],
        "additionalProperties": False,
    },
}
_GUESS = "The colours are a plausible guess, no record of how anything looked: say so when you show the picture."


@dataclass(frozen=True)
class Tool:
    """A tool: what it is called, told of, and takes (properties of a JSON schema), and what answers."""

    name: str
    title: str
    description: str
    properties: dict[str, Any]
    required: tuple[str, ...]
    answer: Callable[[dict[str, Any]], list[dict[str, Any]]]

    def listed(self) -> dict[str, Any]:
        """As `tools/list` has it."""
        return {
            "name": self.name,
            "title": self.title,
            "description": self.description,
            "inputSchema": {
                "type": "object",
                "properties": self.properties,
                "required": list(self.required),
                "additionalProperties": False,
            },
            "annotations": {"readOnlyHint": True, "idempotentHint": True, "openWorldHint": False},
        }


class Tools:
    """The tools over the page's models and within its limits: of photos, of memory that they wait for, of the disk.

    Nothing of a call is kept once it is answered.
    """

    def __init__(self, models: Models, folder: Path, limits: Limits, quota: Quota):
        self.models, self.folder, self.limits, self.quota = models, folder, limits, quota
        self.megabytes = min(limits.max_megabytes, MOST_MEGABYTES)
        tools = (
            Tool(
                "colorize",
                "Colour a black-and-white photo",
                f"Gives a black-and-white photo likely colours, under its own light and shade. {_GUESS}",
                {
                    "photo": _PHOTO,
                    "vividness": _VIVIDNESS,
                    "variant": {
                        "type": "integer",
                        "minimum": 0,
                        "maximum": MAX_VARIANT,
                        "default": 0,
                        "description": "0 is the likeliest picture; 1 and on are other plausible ones.",
                    },
                    "seed": _SEED,
                },
                ("photo",),
                self.colorize,
            ),
            Tool(
                "colorize_with_hints",
                "Colour a photo of which some colours are known",
                "Gives a black-and-white photo colours that go with what is known of some places: a dress that was "
                f"teal, a red car. describe_colours tells where things are likely to have which colours. {_GUESS}",
                {"photo": _PHOTO, "hints": _HINTS, "vividness": _VIVIDNESS, "seed": _SEED, "daring": _DARING},
                ("photo", "hints"),
                self.colorize,
            ),
            Tool(
                "describe_colours",
                "What colours places of a photo may have",
                "Says, for places of a black-and-white photo, which colours they may have and how likely each is. Low "
                "probabilities mean that many colours fit: a hint helps most there.",
                {"photo": _PHOTO, "places": _PLACES},
                ("photo",),
                self.describe_colours,
            ),
        )
        self.by_name = {tool.name: tool for tool in tools}

    def call(self, name: str, arguments: dict[str, Any]) -> list[dict[str, Any]]:
        """The content that a tool answers with. KeyError: no such tool. ValueError: what is wrong, in one line."""
        tool = self.by_name[name]
        if unknown := sorted(arguments.keys() - tool.properties.keys()):
            raise ValueError(f"{unknown[0]!r} is none of {', '.join(tool.properties)}")
        if missing := [one for one in tool.required if arguments.get(one) is None]:
            raise ValueError(f"{missing[0]!r} is missing")
        for argument, value in arguments.items():
            _check(argument, value, tool.properties[argument])
        return tool.answer(arguments)

    def colorize(self, asked: dict[str, Any]) -> list[dict[str, Any]]:
        """The picture, and a line about it."""
        with self._session(asked["photo"]) as (session, path):
            size = session.photo(Original(path)).size
            hints = parse_hints(record_of(asked["hints"], list(size))) if "hints" in asked else None
            how = Asked(asked.get("vividness"), asked.get("seed"), asked.get("daring"), hints)
            made = convert(session, path, self.models, asked.get("variant", 0), how)
            kind, data = _viewable(made)
        told = f" with {len(hints.hints)} hints" if hints else ""
        line = f"{size[0]} x {size[1]} pixels, coloured{told} by {self.models.get().name}. The colours are a guess."
        return [
            {"type": "image", "data": base64.b64encode(data).decode("ascii"), "mimeType": kind},
            {"type": "text", "text": line},
        ]

    def describe_colours(self, asked: dict[str, Any]) -> list[dict[str, Any]]:
        """A line for each place."""
        with self._session(asked["photo"]) as (session, path), session.decoder.work():
            image = session.photo(Original(path)).image
            prediction, _ = self.models.predict(self.models.get(), image, 0, 0)
            width, height = image.size
            sixths = [((2 * across + 1) / 6, (2 * down + 1) / 6) for down in range(3) for across in range(3)]
            spread = [(width * across, height * down) for across, down in sixths]
            places = [(one["x"], one["y"]) for one in asked["places"]] if "places" in asked else spread
            lines = [f"{width} x {height} pixels. Each place: the picture's colour, then what is likely there."]
            for x, y in places:
                shown = prediction.shown_at(x, y)
                likely = [
                    f"{colour_name(one.colour)} {one.colour} {one.probability:.0%}"
                    for one in prediction.likely_colours(x, y)
                ]
                place = f"{place_name(x, y, image.size)} (x {x:.0f}, y {y:.0f})"
                lines.append(f"{place}: {colour_name(shown)} {shown}; likely: {', '.join(likely)}")
        return [{"type": "text", "text": "\n".join(lines)}]

    @contextmanager
    def _session(self, sent: str) -> Iterator[tuple[PageSession, Path]]:
        """A session with the photo's file, which goes with it at the end."""
        data = inline_file(sent, self.megabytes, "photo")
        self.quota.check(2 * len(data))
        session = PageSession(self.folder, self.limits.max_megapixels, CALL_PREFIX)
        try:
            path = session.files.new_folder() / "photo"
            path.write_bytes(data)
            yield session, path
        finally:
            session.close()


def _viewable(path: Path) -> tuple[str, bytes]:
    """A picture's file as agents see pictures: as it is, or as PNG."""
    if kind := SEEN_BY_AGENTS.get(path.suffix):
        return kind, path.read_bytes()
    with Image.open(path) as image:
        save_photo(image.convert("RGB"), path.with_suffix(".png"))
    return SEEN_BY_AGENTS[".png"], path.with_suffix(".png").read_bytes()


def _check(name: str, value: Any, schema: dict[str, Any]) -> None:
    """Refuse a value that is not of its schema's kind or limits; what is in lists is checked by who reads it."""
    kinds = {"string": str, "number": int | float, "integer": int, "array": list}
    least, most = schema.get("minimum"), schema.get("maximum")
    fits = isinstance(value, kinds[schema["type"]]) and not isinstance(value, bool)
    if fits and isinstance(value, int | float):
        fits = (least is None or value >= least) and (most is None or value <= most)
    if fits and isinstance(value, list):
        fits = schema["minItems"] <= len(value) <= schema["maxItems"]
        fits = fits and all(_is_place(one) for one in value)
    if not fits:
        limits = f" from {least:g}" * (least is not None) + f" to {most:g}" if most is not None else ""
        of = " of at least one x and y" if schema["type"] == "array" else ""
        raise ValueError(f"{name} must be of type {schema['type']}{limits}{of}, got {str(value)[:60]!r}")


def _is_place(one: Any) -> bool:
    return isinstance(one, dict) and all(
        isinstance(one.get(side), int | float) and not isinstance(one[side], bool) for side in "xy"
    )
