"""One person's visit to the Colorize page: the photos they brought, and what was made of them. Knows no web framework.

Pixels are kept in files, below one folder that `close` removes; in memory is one photo at most.
"""

import contextlib
import shutil
import tempfile
import zipfile
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from PIL import Image

from colorgan.photo import Photo, PhotoError, open_photo, save_photo
from colorgan.web.models import Model, Models
from colorgan.web.names import distinct, download_name, plain_name

if TYPE_CHECKING:
    from colorgan.colorizer import Prediction

QUICK_EDGE = 1280  # pixels of the longer side of what is shown at once; the full size follows
SCREEN_PIXELS = 16_000_000  # a browser holds this twice; larger photos are shown smaller, and downloaded full
THUMBNAIL_EDGE = 320
VARIANTS = 3  # drawn with the picture, and by each press of "More variants"
MAX_CHOICES = 13
MAX_VARIANT = 64  # for programs
CALL_PREFIX = "call-"  # of the folders of `/colorize`
GONE = "These photos are no longer here: the page was left alone for too long. Please choose them again."


class State(StrEnum):
    """What has become of a photo."""

    WAITING = "waiting"
    WORKING = "working"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True)
class Choice:
    """One of the colorizations to pick from: the picture (variant 0) or a variant."""

    prediction: "Prediction"
    variant: int
    seed: int


@dataclass
class Entry:
    """A photo that somebody brought: `before` and `after` are the JPEGs on the screen, `thumbnails` one per choice."""

    name: str
    path: Path
    state: State = State.WAITING
    reason: str = ""
    size: tuple[int, int] = (0, 0)
    format: str = ""  # as Pillow calls it
    notes: tuple[str, ...] = ()
    source: str | None = None  # of the model; None is the default one
    model: Model | None = None
    seconds: float = 0.0
    choices: list[Choice] = field(default_factory=list)
    chosen: int = 0
    vividness: float = 1.0
    sharp: bool = False  # `after` is as large as the screen gets it
    before: Path | None = None
    before_size: tuple[int, int] = (0, 0)
    after: Path | None = None
    thumbnails: list[Path] = field(default_factory=list)

    @property
    def look(self) -> tuple[int, float]:
        """What the person has set: a picture made for another look is out of date."""
        return self.chosen, self.vividness

    @property
    def download_name(self) -> str:
        """What its picture is called."""
        return download_name(self.name, self.format)

    @property
    def choice(self) -> Choice:
        """The colorization that was picked."""
        return self.choices[self.chosen]


class Visit:
    """The photos of one visit, which of them is open, and one sentence if something went wrong."""

    def __init__(self, folder: Path, max_megapixels: float, prefix: str = "visit-"):
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = Path(tempfile.mkdtemp(prefix=prefix, dir=folder))  # a name nobody can guess
        self.max_megapixels = max_megapixels
        self.entries: list[Entry] = []
        self.opened: int | None = None
        self.error = ""
        self._held: tuple[Path, Photo] | None = None
        self._files = 0
        self._former: deque[Path] = deque()  # screen files that a browser may still be fetching

    @property
    def entry(self) -> Entry | None:
        """The open photo."""
        return self.entries[self.opened] if self.opened is not None else None

    def add(self, name: str, upload: Path) -> Entry:
        """Take an uploaded file into the visit; it is moved, so that nothing of it stays elsewhere."""
        name = plain_name(name)
        folder = self._new_file("")
        folder.mkdir()
        path = folder / name  # under its own name, which `open_photo` quotes when it cannot read it
        shutil.move(upload, path)
        with contextlib.suppress(OSError):  # Gradio's folder of one upload, named by its content
            upload.parent.rmdir()
        self.entries.append(Entry(name, path))
        return self.entries[-1]

    def refuse(self, name: str, reason: str) -> Entry:
        """Note a file that never came this far."""
        self.entries.append(Entry(plain_name(name), Path(), State.FAILED, reason))
        return self.entries[-1]

    def copy(self, name: str, source: Path) -> Entry:
        """Take a copy of a file that stays where it is."""
        copy = self._new_file(source.suffix)
        shutil.copyfile(source, copy)
        return self.add(name, copy)

    def read(self, entry: Entry) -> None:
        """Decode the photo and prepare the gray one for the screen; a file that is none becomes a failed entry."""
        entry.state = State.WORKING
        try:
            photo = self.photo(entry)
            entry.size, entry.format, entry.notes = photo.size, photo.format, photo.notes
            self._show_before(entry, fit(photo.image, QUICK_EDGE))
        except Exception as error:  # one bad file never stops the rest, whatever a decoder makes of it
            self._fail(entry, error)

    def colorize(self, entry: Entry, models: Models) -> None:
        """Run the network on a photo that was read, for the picture and the first variants."""
        entry.state = State.WORKING
        try:
            self._predict(entry, models, seed=0)
            self.paint(entry)
            entry.state = State.DONE
        except Exception as error:
            self._fail(entry, error)

    def vary(self, entry: Entry, models: Models) -> None:
        """Draw more variants of a photo: other plausible colours, after those there are."""
        seed = entry.choices[-1].seed + 1
        prediction, _ = models.predict(models.get(entry.source), self.photo(entry).image, VARIANTS, seed)
        new = [Choice(prediction, variant, seed) for variant in range(1, prediction.variants + 1)]
        entry.choices += new[: MAX_CHOICES - len(entry.choices)]
        self._draw_thumbnails(entry)

    def paint(self, entry: Entry) -> None:
        """Show the entry's look at once, at the quick size: pure painting, no network."""
        assert entry.before
        with Image.open(entry.before) as gray:
            gray.draft(gray.mode, (QUICK_EDGE, QUICK_EDGE))  # a large JPEG is decoded small
            picture = _paint(fit(gray, QUICK_EDGE), entry)
        entry.after = self.write(picture, entry.after)
        entry.sharp = max(entry.size) <= QUICK_EDGE
        if len(entry.thumbnails) != len(entry.choices):
            self._draw_thumbnails(entry)

    def sharpen(self, entry: Entry) -> bool:
        """Show the entry at full size; False if its look changed meanwhile, so that the result is out of date."""
        look, image = entry.look, _fit_screen(self.photo(entry).image)
        picture = _paint(image, entry)
        if entry.look != look:
            return False
        if entry.before_size != image.size:
            self._show_before(entry, image)
        entry.after, entry.sharp = self.write(picture, entry.after), True
        self._draw_thumbnails(entry)
        return True

    def save(self, entry: Entry, name: str, described: bool) -> Path:
        """Write the picture as its owner gets it: the photo's format, size and metadata, under `name`."""
        folder = self._new_file("")
        folder.mkdir()
        photo = self.photo(entry)
        picture = entry.choice.prediction.picture(photo.image, entry.choice.variant, entry.vividness)
        note = describe(entry.model) if described and entry.model else None
        save_photo(picture, folder / name, photo, description=note)
        return folder / name

    def save_all(self, described: bool) -> Iterator[tuple[int, Path | None]]:
        """Write all pictures into one zip file: yields how many are in it, and at last the file."""
        done = [entry for entry in self.entries if entry.state is State.DONE]
        folder = self._new_file("")
        folder.mkdir()
        target = folder / "photos-colorized.zip"
        with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:  # pictures do not compress further
            names = distinct([entry.download_name for entry in done])
            for count, (entry, name) in enumerate(zip(done, names, strict=True), 1):
                path = self.save(entry, name, described)
                archive.write(path, name)
                shutil.rmtree(path.parent)
                yield count, None
        yield len(done), target

    def convert(self, path: Path, models: Models, vividness: float, seed: int, variant: int) -> Path:
        """A photo's file -> the file of its picture, for a program: nothing is prepared for a screen.

        Raises:
            ValueError: a file or argument that cannot be used; one sentence.
        """
        if not 0 <= variant <= MAX_VARIANT:
            raise ValueError(f"variant must be from 0 to {MAX_VARIANT}, got {variant}")
        model, photo = models.get(), open_photo(path, self.max_megapixels)
        prediction, _ = models.predict(model, photo.image, variant, seed)
        choice = Choice(prediction, variant, seed)
        entry = Entry(plain_name(path.name), path, State.DONE, format=photo.format, model=model, choices=[choice])
        entry.vividness, self._held = vividness, (path, photo)
        return self.save(entry, entry.download_name, described=True)

    def close(self) -> None:
        """Remove every file of the visit."""
        self.entries, self.opened, self._held = [], None, None
        shutil.rmtree(self.folder, ignore_errors=True)

    def photo(self, entry: Entry) -> Photo:
        """The decoded photo; the last one is held, since people stay with a photo for a while."""
        held = self._held
        if held is None or held[0] != entry.path:
            self._held = None  # two large photos need not be in memory at once
            held = self._held = (entry.path, open_photo(entry.path, self.max_megapixels))
        return held[1]

    def _predict(self, entry: Entry, models: Models, seed: int) -> None:
        entry.model = models.get(entry.source)
        prediction, entry.seconds = models.predict(entry.model, self.photo(entry).image, VARIANTS, seed)
        entry.choices = [Choice(prediction, variant, seed) for variant in range(prediction.variants + 1)]
        entry.chosen, entry.thumbnails = 0, []

    def _draw_thumbnails(self, entry: Entry) -> None:
        assert entry.before
        with Image.open(entry.before) as gray:
            gray.draft(gray.mode, (THUMBNAIL_EDGE, THUMBNAIL_EDGE))
            small = fit(gray, THUMBNAIL_EDGE)
        for path in entry.thumbnails:
            self._retire(path, kept=2 * MAX_CHOICES)
        entry.thumbnails = [
            self.write(choice.prediction.picture(small, choice.variant, entry.vividness)) for choice in entry.choices
        ]

    def _fail(self, entry: Entry, error: Exception) -> None:
        entry.state, entry.reason = State.FAILED, describe_failure(error)
        entry.path.unlink(missing_ok=True)

    def _show_before(self, entry: Entry, image: Image.Image) -> None:
        entry.before, entry.before_size = self.write(image, entry.before), image.size

    def write(self, image: Image.Image, former: Path | None = None) -> Path:
        """A JPEG for the screen under a new name, since browsers keep what they fetched; the former one goes."""
        path = self._new_file(".jpg")
        image.save(path, quality=95, subsampling=0)  # 4:4:4: chroma at half size would blur what this page is about
        if former:
            self._retire(former)
        return path

    def _retire(self, path: Path, kept: int = 4) -> None:
        """Remove a screen file, but not before a few more: the browser may be just about to fetch it."""
        self._former.append(path)
        while len(self._former) > kept:
            self._former.popleft().unlink(missing_ok=True)

    def _new_file(self, suffix: str) -> Path:
        self._files += 1
        return self.folder / f"{self._files}{suffix}"


def describe(model: Model) -> str:
    """What a picture's metadata says about its colours."""
    return f"colorized by colorgan, {model.name}, {date.today().isoformat()}"


def describe_failure(error: Exception) -> str:
    """Why a photo has no colours, in a sentence for the person who brought it."""
    if isinstance(error, PhotoError):
        return str(error)
    if isinstance(error, MemoryError):
        return "this photo is too large for the memory of this computer"
    return "something unexpected went wrong with this photo"


def _paint(image: Image.Image, entry: Entry) -> Image.Image:
    return entry.choice.prediction.picture(image, entry.choice.variant, entry.vividness)


def fit(image: Image.Image, edge: int) -> Image.Image:
    """The image with its longer side at most `edge` pixels."""
    scale = edge / max(image.size)
    if scale >= 1:
        return image.copy()
    width, height = (max(1, round(side * scale)) for side in image.size)
    return image.resize((width, height), Image.Resampling.LANCZOS, reducing_gap=2.0)


def _fit_screen(image: Image.Image) -> Image.Image:
    """The image at most at `SCREEN_PIXELS`."""
    pixels = image.width * image.height
    return fit(image, int(max(image.size) * (SCREEN_PIXELS / pixels) ** 0.5)) if pixels > SCREEN_PIXELS else image
