"""One person's photos on a page: those they brought, and what was made of them. Knows no web framework.

A photo begins as a `PhotoItem`, a file. What is known once it was read is its `DecodedPhoto`, and once the network has
run its `ColouredPhoto`. Pixels are kept in files, in one folder that `close` removes; in memory is one photo at most.
"""

import contextlib
import io
import secrets
import shutil
import tempfile
import threading
import zipfile
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PIL import Image

from colorgan.hints import HINTS_SUFFIX, PhotoHints, parse_hints, write_hints
from colorgan.photo import Photo, PhotoError, open_photo, save_photo
from colorgan.photo.description import description
from colorgan.photo.fitting import fit
from colorgan.web.history import History, MarkKind, Told
from colorgan.web.messages import as_sentence, describe_failure
from colorgan.web.models import LoadedModel, Models
from colorgan.web.names import distinct, download_name, plain_name
from colorgan.web.retouch import Retouch

if TYPE_CHECKING:
    from colorgan.colorizer import Prediction

QUICK_EDGE = 1280  # pixels of the longer side of what is shown at once; the full size follows
SCREEN_PIXELS = 16_000_000  # a browser holds this twice; larger photos are shown smaller, and downloaded full
THUMBNAIL_EDGE = 320
VARIANTS = 3  # drawn with the picture, and by each press of "More variants"
MAX_CHOICES = 13
MAX_VARIANT = 64  # for programs
CALL_PREFIX = "call-"  # of the folders of `/colorize`


class ItemState(StrEnum):
    """How far a photo has come."""

    WAITING = "waiting"
    WORKING = "working"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True)
class Asked:
    """How a program wants a photo's picture. None is what the hints say of it, or else as usual."""

    vividness: float | None = None
    seed: int | None = None
    daring: float | None = None
    hints: PhotoHints | None = None
    reference: Path | None = None


@dataclass(frozen=True)
class Choice:
    """One of the colorizations to pick from: the picture (variant 0) or a variant."""

    prediction: "Prediction"
    variant: int
    seed: int

    def picture(self, image: Image.Image, vividness: float) -> Image.Image:
        """These colours on an upright image of the photo, of any size."""
        return self.prediction.picture(image, self.variant, vividness)


@dataclass(eq=False)
class DecodedPhoto:
    """What a file turned out to be; `shown` is the JPEG on the screen, without colours."""

    name: str
    path: Path
    size: tuple[int, int]  # width and height of the photo itself
    format: str  # as Pillow calls it
    notes: tuple[str, ...]
    shown: Path
    shown_size: tuple[int, int]

    @property
    def download_name(self) -> str:
        """What its picture is called."""
        return download_name(self.name, self.format)


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

    @property
    def choice(self) -> Choice:
        """The colorization that was picked."""
        if self.retouch:
            return Choice(self.retouch.prediction(), 0, self.retouch.told.seed)
        return self.choices[self.chosen]

    @property
    def pressed(self) -> int:
        """Which of the thumbnails the picture is."""
        return self.retouch.chosen if self.retouch else self.chosen

    @property
    def setting(self) -> tuple[int, float, Told | None]:
        """What the person has set: a picture made for another setting is out of date."""
        return self.chosen, self.vividness, self.retouch.told if self.retouch else None

    @property
    def undrawn(self) -> bool:
        """Whether the drawings to choose from are not there yet, or of something else that was said."""
        return self.retouch is not None and self.drawn != (self.retouch.tiles(), self.vividness)

    @property
    def has_room(self) -> bool:
        """Whether more variants can be drawn."""
        return self.model.can_vary and (self.retouch is not None or len(self.choices) < MAX_CHOICES)

    def picture(self, image: Image.Image) -> Image.Image:
        """An upright image of the photo, of any size, as the person has set it."""
        return self.choice.picture(image, self.vividness)


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
            retouched = self.coloured.retouch is not None
            return self.coloured.shown if retouched else self.coloured.thumbnails[self.coloured.chosen]
        return self.decoded.shown if self.decoded else None


class PageSession:
    """The photos of one person's stay on the page, which of them is open, and one sentence if something went wrong."""

    def __init__(self, folder: Path, max_megapixels: float, prefix: str = "session-"):
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = Path(tempfile.mkdtemp(prefix=prefix, dir=folder))  # a name nobody can guess
        self.token = secrets.token_urlsafe(16)  # by which a page that was reloaded finds it again
        self.turn = threading.RLock()  # one change at a time: the last one that was sent is the last one shown
        self.max_megapixels = max_megapixels
        self.items: list[PhotoItem] = []
        self.opened: int | None = None
        self.error = self.note = ""
        self._held: tuple[Path, Photo] | None = None
        self._quick: tuple[DecodedPhoto, Image.Image] | None = None
        self._files = 0
        self._former: deque[Path] = deque()  # screen files that a browser may still be fetching

    @property
    def item(self) -> PhotoItem | None:
        """The open photo."""
        return self.items[self.opened] if self.opened is not None else None

    def add(self, name: str, upload: Path) -> PhotoItem:
        """Take an uploaded file into the session; it is moved, so that nothing of it stays elsewhere."""
        name = plain_name(name)
        path = self._new_folder() / name  # under its own name, which `open_photo` quotes when it cannot read it
        shutil.move(upload, path)
        with contextlib.suppress(OSError):  # Gradio's folder of one upload, named by its content
            upload.parent.rmdir()
        self.items.append(PhotoItem(name, path))
        return self.items[-1]

    def refuse(self, name: str, reason: str) -> PhotoItem:
        """Note a file that never came this far."""
        self.items.append(PhotoItem(plain_name(name), Path(), reason))
        return self.items[-1]

    def copy(self, name: str, source: Path) -> PhotoItem:
        """Take a copy of a file that stays where it is."""
        copy = self._new_file(source.suffix)
        shutil.copyfile(source, copy)
        return self.add(name, copy)

    def work(self, new: Sequence[PhotoItem], models: Models) -> Iterator[None]:
        """Read and colorize new photos one after another; a single one is opened. Stops at each step, to be shown.

        Where the only photo there is cannot be read, the session is empty again, and `error` says why.
        """
        self.opened = self.items.index(new[0]) if len(new) == 1 else None
        for item in new:
            if not item.failure:
                self.read(item)
                yield
            if not item.failure:
                self.colorize(item, models)
            if item not in self.items:  # the session was closed meanwhile
                return
            if item.failure:
                self.opened = None
                if self.items == [item]:
                    self.error, self.items = as_sentence(item.failure), []
            yield

    def read(self, item: PhotoItem) -> None:
        """Decode the photo and prepare the gray one for the screen; a file that is none becomes a failed item."""
        try:
            photo = self.photo(item.path)
            image = fit(photo.image, QUICK_EDGE, reducing_gap=2.0)
            shown = self.write(image)
            item.decoded = DecodedPhoto(
                item.name, item.path, photo.size, photo.format, photo.notes, shown, shown_size=image.size
            )
            item.history = item.history or History(photo.size)
        except Exception as error:  # one bad file never stops the rest, whatever a decoder makes of it
            self._fail(item, error)

    def colorize(self, item: PhotoItem, models: Models) -> None:
        """Run the network on a photo that was read, for the picture and the first variants, in place of former ones."""
        former, item.coloured = item.coloured, None
        assert item.decoded
        try:
            model = models.get(item.source)
            image = self.photo(item.path).image
            prediction, seconds = models.predict(model, image, 0 if model.takes_hints else VARIANTS, 0)
            choices = [Choice(prediction, variant, 0) for variant in range(prediction.variants + 1)]
            photo = ColouredPhoto(item.decoded, model, seconds, choices)
            if prediction.takes_hints and item.history:
                photo.retouch, photo.choices = Retouch(prediction, item.history), []
            if former:
                photo.vividness, photo.shown = former.vividness, former.shown
            self.paint(photo)
            item.coloured = photo
            self._retire_thumbnails(former.thumbnails if former else [])
        except Exception as error:
            self._fail(item, error)

    def vary(self, photo: ColouredPhoto, models: Models) -> None:
        """Draw more variants of a photo: other plausible colours, after those there are."""
        if photo.retouch:
            photo.retouch.think_again()
            self.paint(photo)
            return
        seed = photo.choices[-1].seed + 1
        image = self.photo(photo.decoded.path).image
        prediction, _ = models.predict(photo.model, image, VARIANTS, seed)
        new = [Choice(prediction, variant, seed) for variant in range(1, prediction.variants + 1)]
        photo.choices += new[: MAX_CHOICES - len(photo.choices)]
        self._draw_thumbnails(photo)

    def paint(self, photo: ColouredPhoto) -> None:
        """Show a photo as it is set now, at the quick size: pure painting, no network."""
        photo.shown = self.write(photo.picture(self._screen_image(photo.decoded)), photo.shown)
        photo.sharp = max(photo.decoded.size) <= QUICK_EDGE
        if len(photo.thumbnails) != len(photo.choices) and not photo.retouch:
            self._draw_thumbnails(photo)

    def preview(self, photo: ColouredPhoto, told: Told, edge: int) -> bytes:
        """A JPEG of what the picture would be if that were said, its longer side `edge` pixels at the most."""
        assert photo.retouch
        image = fit(self._screen_image(photo.decoded), min(max(edge, THUMBNAIL_EDGE), QUICK_EDGE), reducing_gap=2.0)
        picture, jpeg = photo.retouch.prediction(told).picture(image, 0, photo.vividness), io.BytesIO()
        picture.save(jpeg, "JPEG", quality=90, subsampling=0)
        return jpeg.getvalue()

    def draw(self, photo: ColouredPhoto) -> bool:
        """Make the drawings to choose from; False if something else was said meanwhile."""
        assert photo.retouch
        small, pictures = fit(self._screen_image(photo.decoded), THUMBNAIL_EDGE, reducing_gap=2.0), []
        tiles, vividness = photo.retouch.tiles(), photo.vividness
        for tile in tiles:
            pictures.append(photo.retouch.prediction(tile).picture(small, 0, vividness))
            if (photo.retouch.tiles(), photo.vividness) != (tiles, vividness):
                return False
        self._retire_thumbnails(photo.thumbnails)
        photo.thumbnails = [self.write(picture) for picture in pictures]
        photo.drawn = tiles, vividness
        return True

    def refer(self, photo: ColouredPhoto, upload: Path, models: Models) -> None:
        """Take the colours of another photo where both show the like: each place becomes a mark of its own.

        ValueError, one line, where it is no photo, has no colours, or nothing in it is like anything in this one.
        """
        assert photo.retouch and photo.retouch.seen.memory
        retouch, memory, told = photo.retouch, photo.retouch.seen.memory, photo.retouch.told
        former = [mark.number for mark in told.marks if mark.kind is MarkKind.REFERENCE]
        image = self._reference(upload)
        assert image
        reference = models.see(photo.model, image)
        hints = reference.hints_for(memory)
        if not hints:
            raise ValueError("nothing in the other photo is surely like something in this one")
        for mark in [retouch.history.new_mark(MarkKind.REFERENCE, [hint]) for hint in hints]:
            told = told.with_mark(mark)
        retouch.history.tell(told.without(*former))

    def take_hints(self, item: PhotoItem, said: bytes) -> None:
        """Say of a photo what a file of hints says. ValueError, one line, for one that is none, or of another photo."""
        assert item.history
        hints = parse_hints(said)
        item.history.take(hints)
        if item.coloured:
            item.coloured.vividness = hints.vividness
            self.paint(item.coloured)

    def sharpen(self, photo: ColouredPhoto) -> bool:
        """Show a photo at full size; False if it was set anew meanwhile, so that the result is out of date."""
        setting, decoded = photo.setting, photo.decoded
        image = _fit_screen(self.photo(decoded.path).image)
        picture = photo.picture(image)
        if photo.setting != setting:
            return False
        if decoded.shown_size != image.size:
            decoded.shown, decoded.shown_size = self.write(image, decoded.shown), image.size
        photo.shown, photo.sharp = self.write(picture, photo.shown), True
        if not photo.retouch:
            self._draw_thumbnails(photo)
        return True

    def save(self, photo: ColouredPhoto, described: bool) -> Path:
        """Write the picture as its owner gets it: the photo's name, format, size and metadata.

        Raises:
            PhotoError: it cannot be written, in no format; one sentence.
        """
        original = self.photo(photo.decoded.path)
        kinds = [mark.kind for mark in photo.retouch.told.marks] if photo.retouch else []
        referenced = MarkKind.REFERENCE in kinds
        hinted = any(kind is not MarkKind.REFERENCE for kind in kinds)
        note = description(photo.model.name, hinted=hinted, referenced=referenced) if described else None
        return self._save(photo.picture(original.image), photo.decoded.download_name, original, note)

    def save_with_hints(self, photo: ColouredPhoto, described: bool) -> Path:
        """The picture in a zip with what was said of it, from which the command line makes the same."""
        picture = self.save(photo, described)
        target = picture.with_suffix(".zip")
        with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
            archive.write(picture, picture.name)
            self._add_hints(archive, photo, Path(photo.decoded.name).stem)
        picture.unlink()
        return target

    def _add_hints(self, archive: zipfile.ZipFile, photo: ColouredPhoto, stem: str) -> None:
        if photo.retouch and not photo.retouch.told.is_nothing:
            sidecar = self._new_file(HINTS_SUFFIX)
            write_hints(sidecar, photo.retouch.history.sidecar(photo.vividness))
            archive.write(sidecar, stem + HINTS_SUFFIX)
            sidecar.unlink()

    def save_all(self, described: bool, with_hints: bool = False) -> Iterator[tuple[int, Path | None]]:
        """Write all pictures into one zip file, and what was said of them if asked to.

        Yields how many were tried, and at last the file, None without one. A picture that cannot be written is not in
        it, and `error` names it.
        """
        items, names, lost = [item for item in self.items if item.coloured], list[str](), list[str]()
        stems = distinct([Path(item.name).stem for item in items])
        target = self._new_folder() / "photos-colorized.zip"
        with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:  # pictures do not compress further
            for count, item in enumerate(items, 1):
                try:
                    assert item.coloured
                    path = self.save(item.coloured, described)
                    archive.write(path, distinct([*names, path.name])[-1])
                    if with_hints:
                        self._add_hints(archive, item.coloured, stems[count - 1])
                except Exception as error:  # one photo never stops the rest
                    lost.append(f"{item.name!r}: {describe_failure(error)}")
                else:
                    names.append(path.name)
                    shutil.rmtree(path.parent)
                yield count, None
        if lost:
            self.error = f"Not in the zip: {as_sentence('; '.join(lost))}"
        yield len(items), target if names else None

    @contextlib.contextmanager
    def noting(self) -> Iterator[None]:
        """What goes wrong inside is not raised but said: `error` has a sentence afterwards, or is empty."""
        self.error = ""
        try:
            yield
        except Exception as error:
            self.error = as_sentence(describe_failure(error))

    def convert(self, path: Path, models: Models, variant: int, asked: Asked) -> Path:
        """A photo's file -> the file of its picture, for a program: nothing is prepared for a screen.

        Raises:
            ValueError: a file or argument that cannot be used; one sentence.
        """
        if not 0 <= variant <= MAX_VARIANT:
            raise ValueError(f"variant must be from 0 to {MAX_VARIANT}, got {variant}")
        model, photo = models.get(), open_photo(path, self.max_megapixels)
        said = asked.hints.at_size(photo.size) if asked.hints else PhotoHints(photo.size)
        said = said.but(seed=asked.seed, daring=asked.daring, vividness=asked.vividness)
        more: dict[str, Any] = {"hints": said.hints, "reference": self._reference(asked.reference)}
        if model.colorizer.takes_hints:  # of many variants only the one that was asked for is drawn
            prediction, _ = models.predict(model, photo.image, 0, said.seed, **more)
            again: dict[str, Any] = {"hints": prediction.hints, "seed": said.seed, "daring": said.daring}
            picture = prediction.picture(photo.image, variant, said.vividness, **again)
        else:
            prediction, _ = models.predict(model, photo.image, variant, said.seed, daring=said.daring, **more)
            picture = prediction.picture(photo.image, variant, said.vividness)
        note = description(model.name, hinted=bool(said.hints), referenced=asked.reference is not None)
        return self._save(picture, download_name(plain_name(path.name), photo.format), photo, note)

    def _reference(self, path: Path | None) -> Image.Image | None:
        if path is None:
            return None
        from colorgan.colorizer import check_reference

        image = open_photo(path, self.max_megapixels).image
        check_reference(image)
        return image

    def close(self) -> None:
        """Remove every file of the session."""
        self.items, self.opened, self._held, self._quick = [], None, None, None
        shutil.rmtree(self.folder, ignore_errors=True)

    def _screen_image(self, decoded: DecodedPhoto) -> Image.Image:
        """The photo as it is shown at once; the last one is held, since it is painted anew with every change."""
        held = self._quick
        if held is None or held[0] is not decoded:
            held = self._quick = (decoded, _opened(decoded.shown, QUICK_EDGE))
        return held[1]

    def photo(self, path: Path) -> Photo:
        """A decoded photo; the last one is held, since people stay with a photo for a while."""
        held = self._held
        if held is None or held[0] != path:
            self._held = None  # two large photos need not be in memory at once
            held = self._held = (path, open_photo(path, self.max_megapixels))
        return held[1]

    def write(self, image: Image.Image, former: Path | None = None) -> Path:
        """A JPEG for the screen under a new name, since browsers keep what they fetched; the former one goes."""
        path = self._new_file(".jpg")
        image.save(path, quality=95, subsampling=0)  # 4:4:4: chroma at half size would blur what this page is about
        if former:
            self._retire(former)
        return path

    def _draw_thumbnails(self, photo: ColouredPhoto) -> None:
        small = _opened(photo.decoded.shown, THUMBNAIL_EDGE)
        self._retire_thumbnails(photo.thumbnails)
        photo.thumbnails = [self.write(choice.picture(small, photo.vividness)) for choice in photo.choices]

    def _fail(self, item: PhotoItem, error: Exception) -> None:
        item.failure = describe_failure(error)
        item.path.unlink(missing_ok=True)

    def _save(self, picture: Image.Image, name: str, photo: Photo, note: str | None) -> Path:
        """Write a picture, as PNG where its photo's own format cannot hold it (a JPEG has at most 65,500 pixels)."""
        path = self._new_folder() / name
        try:
            save_photo(picture, path, photo, description=note)
        except PhotoError:
            if path.suffix == ".png":
                raise
            path = path.with_suffix(".png")
            save_photo(picture, path, photo, description=note)
        return path

    def _retire(self, path: Path, kept: int = 4) -> None:
        """Remove a screen file, but not before a few more: the browser may be just about to fetch it."""
        self._former.append(path)
        while len(self._former) > kept:
            self._former.popleft().unlink(missing_ok=True)

    def _retire_thumbnails(self, paths: Sequence[Path]) -> None:
        for path in paths:
            self._retire(path, kept=2 * MAX_CHOICES)

    def _new_folder(self) -> Path:
        folder = self._new_file("")
        folder.mkdir()
        return folder

    def _new_file(self, suffix: str) -> Path:
        self._files += 1
        return self.folder / f"{self._files}{suffix}"


def _opened(path: Path, edge: int) -> Image.Image:
    """A JPEG of the screen, its longer side at most `edge` pixels."""
    with Image.open(path) as image:
        image.draft(image.mode, (edge, edge))  # a large one is decoded small
        image.load()  # before the file is closed, and before several threads paint on it
        return fit(image, edge, reducing_gap=2.0)


def _fit_screen(image: Image.Image) -> Image.Image:
    """The image at most at `SCREEN_PIXELS`."""
    pixels = image.width * image.height
    if pixels <= SCREEN_PIXELS:
        return image
    return fit(image, int(max(image.size) * (SCREEN_PIXELS / pixels) ** 0.5), reducing_gap=2.0)
