"""The files of one session: what was brought, the pictures on the screen, and what is to be taken home."""

import shutil
import tempfile
from collections import deque
from collections.abc import Callable, Collection, Iterable
from pathlib import Path

from PIL import Image

from colorgan.photo.fitting import fit

SESSIONS = "sessions"  # the folder of all of them
CALL_PREFIX = "call-"  # of the folders of programs' answers
SCREEN_PIXELS = 16_000_000  # a browser holds this twice; larger photos are shown smaller, and downloaded full
KEPT_PICTURES = 4  # for browsers that are just about to fetch them
KEPT_THUMBNAILS = 26


class SessionFiles:
    """A folder of its own with a name that nobody can guess, and new names in it. `remove` removes all."""

    def __init__(self, folder: Path, prefix: str = ""):
        """In a new folder below this one, or, without a prefix, in this one, which holds files already."""
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = Path(tempfile.mkdtemp(prefix=prefix, dir=folder)) if prefix else folder
        self.check: Callable[[], None] = lambda: None  # raises where there may be no more files
        self._count = max((int(path.stem) for path in self.folder.iterdir() if path.stem.isdecimal()), default=0)
        self._former: deque[Path] = deque()  # screen files that a browser may still be fetching

    def new_file(self, suffix: str) -> Path:
        """A path that nothing else has."""
        self._count += 1
        return self.folder / f"{self._count}{suffix}"

    def new_folder(self) -> Path:
        """A folder inside, for a file that needs a certain name. QuotaError where there is no room for one."""
        self.check()
        folder = self.new_file("")
        folder.mkdir()
        return folder

    def show(self, image: Image.Image, former: Path | None = None) -> Path:
        """A JPEG for the screen under a new name, since browsers keep what they fetched; the former one goes."""
        path = self.new_file(".jpg")
        image.save(path, quality=95, subsampling=0)  # 4:4:4: chroma at half size would blur what this page is about
        if former:
            self._retire(former, KEPT_PICTURES)
        return path

    def retire_thumbnails(self, paths: Iterable[Path]) -> None:
        """Thumbnails go, in a while."""
        for path in paths:
            self._retire(path, KEPT_THUMBNAILS)

    def keep_only(self, paths: Collection[Path]) -> None:
        """Nothing is left but these, which lie in the folder or in folders of it."""
        for path in self.folder.iterdir():
            if path in paths or any(one.is_relative_to(path) for one in paths):
                continue
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink(missing_ok=True)

    def remove(self) -> None:
        """Nothing is left."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def _retire(self, path: Path, kept: int) -> None:
        """Remove a screen file, but not before a few more: the browser may be just about to fetch it."""
        self._former.append(path)
        while len(self._former) > kept:
            self._former.popleft().unlink(missing_ok=True)


def opened(path: Path, edge: int) -> Image.Image:
    """A JPEG of the screen, its longer side at most `edge` pixels."""
    with Image.open(path) as image:
        image.draft(image.mode, (edge, edge))  # a large one is decoded small
        image.load()  # before the file is closed, and before several threads paint on it
        return fit(image, edge, reducing_gap=2.0)


def fit_screen(image: Image.Image) -> Image.Image:
    """The image at most at `SCREEN_PIXELS`."""
    pixels = image.width * image.height
    if pixels <= SCREEN_PIXELS:
        return image
    return fit(image, int(max(image.size) * (SCREEN_PIXELS / pixels) ** 0.5), reducing_gap=2.0)
