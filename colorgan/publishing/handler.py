"""A photo in, its picture in colour out: what a Hugging Face Inference Endpoint calls, beside the model that it serves.

{"inputs": BASE64 of a photo's file,
 "parameters": {"vividness": 1.0, "variants": 0, "seed": 0, "daring": 0.5, "format": "png",
                "hints": [{"x": 120, "y": 80, "colour": "teal"}]}}

-> {"image": BASE64, "content_type": "image/png", "variants": [BASE64, ...], "notes": [TEXT, ...]}

All parameters may be left out. hints is such a list, in pixels of the upright photo, or the object of photo.hints.json;
format is jpg, png, webp or tiff, or else the photo's own. What is wrong is a ValueError of one line, which an endpoint
answers with status 400 and {"error": LINE}.
"""

import base64
import io
from typing import Any

from PIL import Image

from colorgan import Colorizer
from colorgan.hints import PhotoHints, parse_hints, record_of
from colorgan.limits import MAX_VIVIDNESS
from colorgan.machine import fastest_device
from colorgan.photo import Photo, open_photo, photo_from_image, save_photo
from colorgan.photo.description import description
from colorgan.photo.endings import usual_ending
from colorgan.photo.inline import inline_file

FORMATS = {"jpg": "image/jpeg", "png": "image/png", "webp": "image/webp", "tiff": "image/tiff"}
PARAMETERS = ("vividness", "variants", "seed", "daring", "format", "hints")
MOST_VARIANTS = 16
MOST_MIB = 100  # of a photo's file


class EndpointHandler:
    """Made once with the model's folder; called with each request's JSON."""

    def __init__(self, path: str = "") -> None:
        self.colorizer = Colorizer.from_pretrained(path or ".", device=fastest_device())

    def __call__(self, data: dict[str, Any]) -> dict[str, Any]:
        """A request -> what is answered. Raises ValueError, one line, for a request that cannot be met."""
        asked = data.get("parameters") or {}
        if not isinstance(asked, dict):
            raise ValueError(f"parameters must be an object, got {type(asked).__name__}")
        if unknown := sorted(asked.keys() - set(PARAMETERS)):
            raise ValueError(f"{unknown[0]!r} is no parameter: there are {', '.join(PARAMETERS)}")
        photo = _photo(data.get("inputs"))
        kind = _kind(asked.get("format"), photo)
        variants = int(_number(asked, "variants", 0, MOST_VARIANTS, whole=True) or 0)
        said = _said(asked, photo.size)
        how: dict[str, Any] = {"seed": said.seed, "hints": said.hints, "daring": said.daring}
        [made] = self.colorizer.predict([photo.image], variants=variants, **how)
        about, notes = description(self.colorizer.name, hinted=bool(said.hints)), dict.fromkeys(photo.notes)
        pictures = []
        for variant in range(variants + 1):
            file = io.BytesIO()
            picture = made.painting(photo.image, variant, said.vividness)
            notes |= dict.fromkeys(save_photo(picture, file, photo, format=kind, description=about))
            pictures.append(base64.b64encode(file.getvalue()).decode("ascii"))
        first, *others = pictures
        return {"image": first, "content_type": FORMATS[kind], "variants": others, "notes": list(notes)}


def _photo(sent: Any) -> Photo:
    """The photo: a file's base64, its bytes, or what the endpoint has made an image of."""
    if isinstance(sent, Image.Image):
        return photo_from_image(sent)
    if isinstance(sent, str):
        sent = inline_file(sent, MOST_MIB, "inputs")
    if not isinstance(sent, bytes):
        raise ValueError(f"inputs must be the base64 of a photo's file, got {type(sent).__name__}")
    return open_photo(io.BytesIO(sent))


def _kind(asked: Any, photo: Photo) -> str:
    """The format to answer in: as asked, or the photo's own, or PNG."""
    if asked is None:
        own = {".tif": "tiff"}.get(usual_ending(photo.format), usual_ending(photo.format)[1:])
        return own if own in FORMATS else "png"
    if asked not in FORMATS:
        raise ValueError(f"format must be one of {', '.join(FORMATS)}, got {asked!r}")
    return str(asked)


def _said(asked: dict[str, Any], size: tuple[int, int]) -> PhotoHints:
    """All that was said of a photo of this size."""
    sent = asked.get("hints")
    if isinstance(sent, list):
        sent = record_of(sent, list(size))
    said = PhotoHints(size) if sent is None else parse_hints(sent).at_size(size)
    seed = _number(asked, "seed", 0, 2**63 - 1, whole=True)
    return said.but(
        seed=None if seed is None else int(seed),
        daring=_number(asked, "daring", 0, 1),
        vividness=_number(asked, "vividness", 0, MAX_VIVIDNESS),
    )


def _number(asked: dict[str, Any], name: str, least: float, most: float, *, whole: bool = False) -> float | None:
    value = asked.get(name)
    if value is None:
        return None
    kinds = int if whole else int | float
    if isinstance(value, bool) or not isinstance(value, kinds) or not least <= value <= most:
        raise ValueError(f"{name} must be a {'whole ' * whole}number from {least:g} to {most:g}, got {value!r}")
    return value
