"""`/colorize`, for programs: a photo in, its picture out. Nothing is prepared for a screen."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image

from colorgan.hints import PhotoHints, parse_hints
from colorgan.limits import MAX_VIVIDNESS
from colorgan.photo.deep import Deep
from colorgan.photo.description import description
from colorgan.web.events import is_upload
from colorgan.web.gradio_import import gradio as gr
from colorgan.web.items import Original
from colorgan.web.limits import Limits
from colorgan.web.messages import as_sentence
from colorgan.web.models import LoadedModel, Models
from colorgan.web.names import download_name, plain_name
from colorgan.web.session import PageSession
from colorgan.web.session_files import CALL_PREFIX
from colorgan.web.taking import deep_values, write

MAX_VARIANT = 64


@dataclass(frozen=True)
class Asked:
    """How a program wants a photo's picture. None is what the hints say of it, or else as usual."""

    vividness: float | None = None
    seed: int | None = None
    daring: float | None = None
    hints: PhotoHints | None = None
    reference: Path | None = None


class ColorizeApi:
    """The endpoint inside a `gr.Blocks`: for gradio_client and curl; its parts are not in the page."""

    def __init__(self, models: Models, folder: Path, limits: Limits):
        self.models, self.folder, self.limits = models, folder, limits

    def build(self) -> None:
        """The parts, all out of sight."""
        photo, result, reference = (gr.File(visible=False, label=name) for name in ("photo", "picture", "reference"))
        vividness, daring = (gr.Number(None, visible=False, label=name) for name in ("vividness", "daring"))
        seed = gr.Number(None, precision=0, visible=False, label="seed")
        variant = gr.Number(0, precision=0, visible=False, label="variant")
        hints = gr.JSON(visible=False, label="hints")
        gr.Button(visible=False).click(
            self.colorize,
            [photo, vividness, seed, variant, hints, daring, reference],
            result,
            api_name="colorize",
            api_description="A photo in, the same photo in colour out: same format, size and metadata. "
            f"vividness: 0 to {MAX_VIVIDNESS:g}, 1 as predicted (default). variant: 0 is the likeliest picture, 1 and "
            "on are others, which the seed fixes. With a model that has colour words, also: hints, what docs/hints.md "
            "has in photo.hints.json, as text, as an object or as the file; daring: 0 (calm) to 1; reference: a photo "
            "in colour. What the hints say of vividness, seed and daring holds where these are not given.",
            concurrency_limit=2,
        )

    def colorize(
        self,
        photo: str,
        vividness: float | None = None,
        seed: int | None = None,
        variant: int = 0,
        hints: Any = None,
        daring: float | None = None,
        reference: str | None = None,
    ) -> str:
        """Answer `/colorize`: the path of a photo -> the path of its picture.

        Raises:
            gr.Error: one sentence on the file or argument that is at fault.
        """
        session = PageSession(self.folder, self.limits.max_megapixels, CALL_PREFIX)
        try:
            if photo is None:
                raise ValueError("photo must be a file, got nothing")
            whole = None if seed is None else int(seed)
            asked = Asked(vividness, whole, daring, _hints_of(hints), None if reference is None else Path(reference))
            return str(convert(session, Path(photo), self.models, int(variant), asked))
        except ValueError as error:
            session.close()
            raise gr.Error(as_sentence(str(error))) from error


def convert(session: PageSession, path: Path, models: Models, variant: int, asked: Asked) -> Path:
    """A photo's file -> the file of its picture, among those of a session that has nothing else to do.

    Raises:
        ValueError: a file or argument that cannot be used; one sentence.
    """
    if not 0 <= variant <= MAX_VARIANT:
        raise ValueError(f"variant must be from 0 to {MAX_VARIANT}, got {variant}")
    with session.decoder.work():
        return _converted(session, path, models.get(), models, variant, asked)


def _converted(
    session: PageSession, path: Path, model: LoadedModel, models: Models, variant: int, asked: Asked
) -> Path:
    source = Original(path)
    photo = session.photo(source)
    name = download_name(plain_name(path.name), photo.format)
    deep = deep_values(session, source, photo, name)
    said = asked.hints.at_size(photo.size) if asked.hints else PhotoHints(photo.size)
    said = said.but(seed=asked.seed, daring=asked.daring, vividness=asked.vividness)
    reference = session.reference(asked.reference) if asked.reference else None
    more: dict[str, Any] = {"hints": said.hints, "reference": reference}
    if model.colorizer.takes_hints:  # of many variants only the one that was asked for is drawn
        prediction, _ = models.predict(model, photo.image, 0, said.seed, **more)
        again: dict[str, Any] = {"hints": prediction.hints, "seed": said.seed, "daring": said.daring}
    else:
        again = {}
        prediction, _ = models.predict(model, photo.image, variant, said.seed, daring=said.daring, **more)
    picture: Image.Image | Deep
    if deep is None:
        picture = prediction.picture(photo.image, variant, said.vividness, **again)
    else:
        picture = prediction.deep_picture(deep, variant, said.vividness, **again)
    note = description(model.name, hinted=bool(said.hints), referenced=reference is not None)
    saved, _ = write(session, picture, name, photo, note)
    return saved


def _hints_of(sent: Any) -> PhotoHints | None:
    """Hints as a program sends them: text, what JSON makes of it, or an uploaded file."""
    if sent is None or sent == "":
        return None
    if isinstance(sent, dict) and "path" in sent and "format" not in sent:
        if not is_upload(sent):
            raise ValueError("hints must be a file that was uploaded, JSON text, or an object")
        sent = Path(str(sent["path"])).read_bytes()
    try:
        return parse_hints(sent)
    except ValueError as error:
        raise ValueError(f"these are no hints: {error}") from error
