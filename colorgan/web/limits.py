"""What the pages take from one visitor, and from all of them. Imports nothing heavy: the command line offers it."""

from dataclasses import dataclass
from typing import Any

from colorgan.limits import MAX_MEGAPIXELS

MAX_MEGABYTES = 100  # of a file, unless told otherwise
MAX_VIVIDNESS_PERCENT = 150  # of the slider: beyond it photos look gaudy, though programs may ask for more
KEEP_ALONE_MINUTES = 24 * 60.0  # on one's own machine
KEEP_MINUTES = 60.0  # for visitors of a server
FILM_MINUTES_ALONE = 240.0


@dataclass(frozen=True)
class Limits:
    """The largest photo, film and file, how long an idle visit keeps its photos, and how much visitors may keep.

    A visitor is a browser, or an address where no browser says which it is. What counts is what lies on the disk:
    photos, pictures made of them, downloads. `free_megabytes` of the disk stay free, whoever asks. A film has frames of
    at most `film_megapixels`, and lasts at most `film_minutes`.
    """

    max_megapixels: float = MAX_MEGAPIXELS
    max_megabytes: int = MAX_MEGABYTES
    keep_minutes: float = KEEP_MINUTES
    visitor_files: int = 4000
    visitor_megabytes: int = 2000
    all_files: int = 200_000
    all_megabytes: int = 20_000
    free_megabytes: int = 500
    film_megapixels: float = 4.0  # 1080p has 2.1; each megapixel takes 0.2 GB of memory while a film is made
    film_minutes: float = 10.0

    @classmethod
    def of(cls, *, alone: bool, **given: float | int | None) -> "Limits":
        """The usual ones but for those that are given. Who is alone on the machine has all of it for a day."""
        usual: dict[str, Any] = {"keep_minutes": KEEP_ALONE_MINUTES} if alone else {}
        if alone:
            usual |= {"visitor_files": cls.all_files, "visitor_megabytes": cls.all_megabytes}
            usual |= {"film_minutes": FILM_MINUTES_ALONE}
        return cls(**usual | {name: value for name, value in given.items() if value is not None})

    @property
    def max_bytes(self) -> int:
        """Of a file."""
        return self.max_megabytes * 2**20

    @property
    def kept_for(self) -> str:
        """How long an idle visit keeps its photos, in words."""
        if self.keep_minutes % 60:
            return f"{self.keep_minutes:g} minutes" if self.keep_minutes != 1 else "a minute"
        hours = self.keep_minutes / 60
        if hours % 24:
            return f"{hours:g} hours" if hours != 1 else "an hour"
        return f"{hours / 24:g} days" if hours != 24 else "a day"
