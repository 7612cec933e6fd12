"""The photos of a session: a file, what it turned out to be once it was read, its colours once the network has run."""

import functools
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from PIL import Image

from colorgan.photo.framing import WHOLE, Framing
from colorgan.web.history import History, Mark, Told
from colorgan.web.models import LoadedModel
from colorgan.web.names import download_name
from colorgan.web.retouch import Retouch
from colorgan.web.seen import Seen

if TYPE_CHECKING:
    from colorgan.colorizer import Prediction
    from colorgan.painting import PhotoPainting

MAX_CHOICES = 13


class ItemState(StrEnum):
    """How far a photo has come."""

    WAITING = "waiting"
    WORKING = "working"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True)
class Original:
    """Where a photo's pixels come from: a file, which of its pages, and how that is turned and cut."""

    path: Path
    page: int = 0
    framing: Framing = WHOLE


@dataclass(frozen=True)
class Choice:
    """One of the colorizations to pick from: the picture (variant 0) or a variant."""

    seen: Seen
    variant: int
    seed: int

    @property
    def prediction(self) -> "Prediction":
        """What the model says, asked again where it was forgotten."""
        return self.seen.prediction

    def picture(self, image: Image.Image, vividness: float) -> Image.Image:
        """These colours on an upright image of the photo, of any size."""
        return self.prediction.picture(image, self.variant, vividness)

    def painting(self, image: Image.Image, vividness: float) -> "PhotoPainting":
        """The same, painted when it is written."""
        return self.prediction.painting(image, self.variant, vividness)


@dataclass(eq=False)
class DecodedPhoto:
    """What a file turned out to be; `shown` is the JPEG on the screen, as it was brought.

    pages: of the file. in_colour: the photo has colours of its own, beyond a toning.
    """

    name: str
    original: Original
    size: tuple[int, int]  # width and height of the photo itself
    format: str  # as Pillow calls it
    notes: tuple[str, ...]
    shown: Path
    shown_size: tuple[int, int]
    pages: int = 1
    in_colour: bool = False
    whole_size: tuple[int, int] = (0, 0)  # of the photo in the file, neither turned nor cut

    @property
    def download_name(self) -> str:
        """What its picture is called."""
        return download_name(self.name, self.format)


@dataclass(frozen=True)
class Setting:
    """How a person has set a photo, to be set so again once it has colours anew; names as of `ColouredPhoto`.

    drawn: how many colorizations there were to choose from.
    """

    vividness: float = 1.0
    chosen: int = 0
    drawn: int = 0
    is_left: bool = False
    likelier: int | None = None


@dataclass(eq=False)
class ColouredPhoto:
    """The colorizations of a photo and how the person has set them; `shown` is the JPEG on the screen.

    `retouch` is there where the model can be told more: the picture then follows what was said, and `choices` are
    drawings to take, made when there is time for them.
    """

    decoded: DecodedPhoto
    model: LoadedModel
    seconds: float  # in the network
    choices: list[Choice]
    chosen: int = 0
    vividness: float = 1.0
    shown: Path | None = None
    sharp: bool = False  # `shown` is as large as the screen gets it
    thumbnails: list[Path] = field(default_factory=list)  # JPEGs, one for each choice
    retouch: Retouch | None = None
    drawn: tuple[list[Told], float] | None = None  # what the thumbnails show, and their vividness
    is_left: bool = False  # a photo in colour that keeps its own
    beside: Choice | None = None  # another colorization of it, to be seen beside this one
    beside_shown: Path | None = None
    likelier: int | None = None  # quarters to the right by which the network would understand it better; 0 for none

    @property
    def choice(self) -> Choice:
        """The colorization that was picked."""
        if self.retouch:
            told = self.retouch.told
            return Choice(Seen(functools.partial(self.retouch.prediction, told)), 0, told.seed)
        return self.choices[self.chosen]

    @property
    def pressed(self) -> int:
        """Which of the thumbnails the picture is."""
        return self.retouch.chosen if self.retouch else self.chosen

    @property
    def setting(self) -> tuple[int, float, Told | None, bool]:
        """What the person has set: a picture made for another setting is out of date."""
        return self.chosen, self.vividness, self.retouch.told if self.retouch else None, self.is_left

    @property
    def variant_name(self) -> str:
        """What the colorization that was picked is called; empty for the likeliest."""
        if self.retouch:
            return f"drawing-{self.retouch.told.seed + 1}" if self.retouch.told.daring else ""
        return f"variant-{self.chosen + 1}" if self.chosen else ""

    @property
    def undrawn(self) -> bool:
        """Whether the drawings to choose from are not there yet, or of something else that was said."""
        return self.retouch is not None and self.drawn != (self.retouch.tiles(), self.vividness)

    @property
    def names(self) -> list[str]:
        """What each of the thumbnails is called."""
        if self.retouch:
            return ["Calm", *(f"Drawing {tile.seed + 1}" for tile in self.retouch.tiles()[1:])]
        return ["Likeliest", *(f"Variant {number + 1}" for number in range(1, len(self.choices)))]

    @property
    def has_room(self) -> bool:
        """Whether more variants can be drawn."""
        return self.model.can_vary and (self.retouch is not None or len(self.choices) < MAX_CHOICES)

    @property
    def look(self) -> Setting:
        """How it is set."""
        return Setting(self.vividness, self.chosen, len(self.choices), self.is_left, self.likelier)

    def picture(self, image: Image.Image) -> Image.Image:
        """An upright image of the photo, of any size, as the person has set it."""
        return image.convert("RGB") if self.is_left else self.choice.picture(image, self.vividness)

    def rest(self) -> None:
        """Keep in memory nothing that can be made again."""
        for choice in self.choices:
            choice.seen.forget()
        if self.retouch:
            self.retouch.rest()


@dataclass(eq=False)
class PhotoItem:
    """A file that somebody brought, and how far it has come. `failure` says why it comes no further."""

    name: str
    path: Path
    failure: str = ""
    source: str | None = None  # of the model to use; None is the default one
    decoded: DecodedPhoto | None = None
    coloured: ColouredPhoto | None = None
    history: History | None = None  # of what was said of it, for whatever model
    page: int = 0
    framing: Framing = WHOLE
    whole_size: tuple[int, int] = (0, 0)  # of the photo in the file, neither turned nor cut
    said: dict[int, tuple[History | None, Framing, tuple[Mark, ...]]] = field(default_factory=dict)  # of other pages
    is_answered: bool = False  # what is to become of its own colours
    cut_off: tuple[Mark, ...] = ()  # what was said of places outside the cut, in pixels of the whole
    look: Setting | None = None  # to take once there are colours: it had some before the server was started anew

    @property
    def original(self) -> Original:
        """Where its pixels come from."""
        return Original(self.path, self.page, self.framing)

    @property
    def state(self) -> ItemState:
        """How far it has come, in a word."""
        if self.failure:
            return ItemState.FAILED
        if self.coloured:
            return ItemState.DONE
        return ItemState.WORKING if self.decoded else ItemState.WAITING

    @property
    def preview(self) -> Path | None:
        """The best small picture of it that there is."""
        if self.coloured:
            is_shown = self.coloured.retouch is not None or self.coloured.is_left
            return self.coloured.shown if is_shown else self.coloured.thumbnails[self.coloured.chosen]
        return self.decoded.shown if self.decoded else None
