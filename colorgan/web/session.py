"""One person's photos on a page: those they brought, and what was made of them. Knows no web framework.

A photo begins as a `PhotoItem`, a file. What is known once it was read is its `DecodedPhoto`, and once the network has
run its `ColouredPhoto` (items.py). Pixels are kept in files, in one folder that `close` removes. What is decoded is the
`Decoder`'s to hold, and what a model said of photos that nobody looks at is forgotten (`rest`): asked again, it says
the same.
"""

import contextlib
import secrets
import shutil
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from PIL import Image

from colorgan.hints import parse_hints
from colorgan.photo import Photo, open_photo, without_depth
from colorgan.photo.finding import count_pages
from colorgan.photo.fitting import fit
from colorgan.photo.framing import WHOLE, framed
from colorgan.web.decoding import SHARED, Decoder, with_pixels
from colorgan.web.history import History, MarkKind
from colorgan.web.items import MAX_CHOICES, Choice, ColouredPhoto, DecodedPhoto, ItemState, Original, PhotoItem, Setting
from colorgan.web.messages import as_sentence, describe_failure
from colorgan.web.models import LoadedModel, Models
from colorgan.web.names import plain_name
from colorgan.web.own_colours import has_own_colours
from colorgan.web.places import of_framed
from colorgan.web.quota import QuotaError
from colorgan.web.retouch import Retouch
from colorgan.web.screen import QUICK_EDGE, Screen
from colorgan.web.seen import Seen
from colorgan.web.session_files import SessionFiles, fit_screen

if TYPE_CHECKING:
    from colorgan.colorizer import Prediction

VARIANTS = 3  # drawn with the picture, and by each press of "More variants"


class PageSession:
    """The photos of one person's stay on the page, which of them is open, and one sentence if something went wrong."""

    def __init__(self, folder: Path, max_megapixels: float, prefix: str = "session-", *, decoder: Decoder = SHARED):
        """With a new folder below this one; without a prefix, in this one (keeping.py)."""
        self.files = SessionFiles(folder, prefix)
        self.screen = Screen(self.files)
        self.token = secrets.token_urlsafe(16)  # by which a page that was reloaded finds it again
        self.turn = threading.RLock()  # one change at a time: the last one that was sent is the last one shown
        self._developing = threading.Lock()  # one photo at a time, once, however many pages ask for it
        self.max_megapixels, self.decoder = max_megapixels, decoder
        self.used_at = time.monotonic()  # when its person last did something
        self.visitor = ""  # whose it is, where that is known
        self.closed = False
        self.is_resting = False  # it was told to hold no pixels, and nobody has touched it since
        self.away = False  # somebody started over, and may come back
        self.items: list[PhotoItem] = []
        self.opened: int | None = None
        self.removed: list[tuple[int, PhotoItem]] = []  # and where they were, the last one last
        self.compared: tuple[str, ...] = ()  # the models, where it is the Compare page's
        self.error = self.note = ""

    @property
    def folder(self) -> Path:
        """Of all its files."""
        return self.files.folder

    @property
    def gone(self) -> bool:
        """Whether the page goes on without it: what is still at work on it is not shown."""
        return self.closed or self.away

    @property
    def item(self) -> PhotoItem | None:
        """The open photo."""
        return self.items[self.opened] if self.opened is not None else None

    @property
    def vividness(self) -> float | None:
        """Of the open photo, or of all where they agree."""
        if self.item and self.item.coloured:
            return self.item.coloured.vividness
        found = {item.coloured.vividness for item in self.items if item.coloured}
        return found.pop() if len(found) == 1 else None

    def add(self, name: str, upload: Path) -> PhotoItem:
        """Take an uploaded file into the session; it is moved, so that nothing of it stays elsewhere."""
        name = plain_name(name)
        try:
            folder = self.files.new_folder()
        except QuotaError as error:
            upload.unlink(missing_ok=True)
            return self.refuse(name, str(error))
        path = folder / name  # under its own name, which `open_photo` quotes when it cannot read it
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
        copy = self.files.new_file(source.suffix)
        shutil.copyfile(source, copy)
        return self.add(name, copy)

    def set_aside(self, index: int) -> None:
        """A photo leaves; `bring_back` is the way back. The one after it is open where it was open."""
        item = self.items.pop(index)
        self.removed.append((index, item))
        if self.opened is not None:
            self.opened -= index < self.opened
            there = [place for place, one in enumerate(self.items) if one.coloured]
            if index == self.opened or self.opened not in there:
                self.opened = next((place for place in there if place >= index), there[-1] if there else None)

    def bring_back(self) -> None:
        """The photo that left last is there again, and open where it has colours."""
        if self.removed:
            index, item = self.removed.pop()
            index = min(index, len(self.items))
            self.items.insert(index, item)
            self.opened = index if item.coloured else None

    def work(self, new: Sequence[PhotoItem], models: Models) -> Iterator[None]:
        """Read and colorize new photos one after another; a single one is opened. Stops at each step, to be shown.

        Where the only photo there is cannot be read, the session is empty again, and `error` says why.
        """
        self.opened = self.items.index(new[0]) if len(new) == 1 else None
        for item in new:
            yield from self._develop(item, models)
            if item not in self.items:  # the session was closed meanwhile
                return
            if item.failure:
                self.opened = None
                if self.items == [item]:
                    self.error, self.items = as_sentence(item.failure), []
            yield

    def wake(self, models: Models) -> Iterator[None]:
        """Read and colorize what has no colours yet, the open photo first; as `work` does.

        It was kept while no server ran, or its page was reloaded: what that page asked for may end half-way, or go on.
        """
        first = [self.item] if self.item else []
        there = [*first, *(item for item in self.items if item is not self.item)]
        for item in [one for one in there if one.state in (ItemState.WAITING, ItemState.WORKING)]:
            yield from self._develop(item, models)
            if item not in self.items:
                return
            if item.failure and self.items.index(item) == self.opened:
                self.opened = None
            yield

    def _develop(self, item: PhotoItem, models: Models) -> Iterator[None]:
        if item.state is ItemState.WAITING:
            self.read(item)
            yield
        with self._developing:
            if item.state is ItemState.WORKING:
                self.colorize(item, models)
        if item.coloured and self.item is not item:
            item.coloured.rest()

    @with_pixels
    def read(self, item: PhotoItem) -> None:
        """Decode the photo and prepare the gray one for the screen; a file that is none becomes a failed item."""
        try:
            photo = self.photo(item.original)
            if item.framing == WHOLE:
                item.whole_size = photo.size
            image = fit(photo.image, QUICK_EDGE, reducing_gap=2.0)
            shown = self.files.show(image)
            item.decoded = DecodedPhoto(
                item.name,
                item.original,
                photo.size,
                photo.format,
                without_depth(photo.notes),  # it is said of the file that is written
                shown,
                shown_size=image.size,
                pages=count_pages(item.path),
                in_colour=has_own_colours(image),
                whole_size=item.whole_size,
            )
            item.history = item.history or History(photo.size)
        except Exception as error:  # one bad file never stops the rest, whatever a decoder makes of it
            self._fail(item, error)

    @with_pixels
    def colorize(self, item: PhotoItem, models: Models, former: ColouredPhoto | None = None) -> None:
        """Run the network on a photo that was read, for the picture and the first variants, in place of former ones."""
        former, item.coloured = former or item.coloured, None
        assert item.decoded
        try:
            model = models.get(item.source)
            seen = self._ask(item.original, model, models, 0 if model.takes_hints else VARIANTS, 0)
            choices = [Choice(seen, variant, 0) for variant in range(seen.prediction.variants + 1)]
            photo = ColouredPhoto(item.decoded, model, seen.seconds, choices)
            if seen.prediction.takes_hints and item.history:
                photo.retouch, photo.choices = Retouch(seen, item.history), []
            if former:
                photo.shown = former.shown
                self._set(photo, replace(former.look, likelier=0 if former.likelier is not None else None))
            elif item.look:
                while photo.choices and len(photo.choices) < item.look.drawn and photo.has_room:
                    self.vary(photo, models)
                self._set(photo, item.look)
            item.look = None
            self.screen.paint(photo)
            item.coloured = photo
            self.files.retire_thumbnails(former.thumbnails if former else [])
        except Exception as error:
            self._fail(item, error)

    def _set(self, photo: ColouredPhoto, look: Setting) -> None:
        """Set a photo as one was set before."""
        photo.vividness, photo.is_left, photo.likelier = look.vividness, look.is_left, look.likelier
        photo.chosen = min(look.chosen, max(len(photo.choices) - 1, 0))

    @with_pixels
    def vary(self, photo: ColouredPhoto, models: Models) -> None:
        """Draw more variants of a photo: other plausible colours, after those there are."""
        if photo.retouch:
            photo.retouch.think_again()
            self.screen.paint(photo)
            return
        seed = photo.choices[-1].seed + 1
        seen = self._ask(photo.decoded.original, photo.model, models, VARIANTS, seed)
        new = [Choice(seen, variant, seed) for variant in range(1, seen.prediction.variants + 1)]
        photo.choices += new[: MAX_CHOICES - len(photo.choices)]
        self.screen.draw_thumbnails(photo)

    @with_pixels
    def refer(self, photo: ColouredPhoto, upload: Path, models: Models) -> None:
        """Take the colours of another photo where both show the like: each place becomes a mark of its own.

        ValueError, one line, where it is no photo, has no colours, or nothing in it is like anything in this one.
        """
        assert photo.retouch and photo.retouch.seen.memory
        retouch, memory, told = photo.retouch, photo.retouch.seen.memory, photo.retouch.told
        former = [mark.number for mark in told.marks if mark.kind is MarkKind.REFERENCE]
        reference = models.see(photo.model, self.reference(upload))
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
        item.history.take(of_framed(hints, item.framing, item.whole_size))
        if item.coloured:
            item.coloured.vividness = hints.vividness
            self.screen.paint(item.coloured)

    @with_pixels
    def sharpen(self, photo: ColouredPhoto) -> bool:
        """Show a photo at full size; False if it was set anew meanwhile, so that the result is out of date."""
        setting, decoded = photo.setting, photo.decoded
        image = fit_screen(self.photo(decoded.original).image)
        picture = photo.picture(image)
        if photo.setting != setting:
            return False
        self.screen.show_sharp(photo, image, picture)
        return True

    @contextlib.contextmanager
    def noting(self) -> Iterator[None]:
        """What goes wrong inside is not raised but said: `error` has a sentence afterwards, or is empty."""
        self.error = ""
        try:
            yield
        except Exception as error:
            self.error = as_sentence(describe_failure(error))

    def reference(self, path: Path) -> Image.Image:
        """A photo that lends its colours. ValueError, one line, where it is none, or has no colours."""
        from colorgan.colorizer import check_reference

        image = self.photo(Original(path)).image
        check_reference(image)
        return image

    def rest(self) -> None:
        """Give back all pixels, and what models said: whatever comes next makes it again, the same."""
        self.screen.rest()
        for item in self.items:
            if item.coloured:
                item.coloured.rest()
        self.decoder.let_go(below=self.folder)

    def close(self) -> None:
        """Remove every file of the session; events that are under way find nothing to do."""
        self.closed = True
        self.rest()
        self.items, self.opened = [], None
        self.files.remove()

    def photo(self, original: Original) -> Photo:
        """A decoded photo; waits in turn for room in memory."""
        return self.decoder.photo(original, original.path, self.max_megapixels, lambda: self._decoded(original))

    def _decoded(self, original: Original) -> Photo:
        return framed(open_photo(original.path, self.max_megapixels, page=original.page), original.framing)

    def _ask(self, original: Original, model: LoadedModel, models: Models, variants: int, seed: int) -> Seen:
        """What a model says of a photo, now and whenever it was forgotten."""

        def ask() -> tuple["Prediction", float]:
            with self.decoder.work():
                return models.predict(model, self.photo(original).image, variants, seed)

        return Seen.asked(ask)

    def _fail(self, item: PhotoItem, error: Exception) -> None:
        item.failure = describe_failure(error)
        if item.whole_size == (0, 0):  # it was never read, and will not be
            item.path.unlink(missing_ok=True)
