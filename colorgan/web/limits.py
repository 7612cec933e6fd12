"""What the pages take from one person. Imports nothing heavy: the command line offers it."""

from dataclasses import dataclass

from colorgan.limits import MAX_MEGAPIXELS

MAX_MEGABYTES = 100  # of a file, unless told otherwise


@dataclass(frozen=True)
class Limits:
    """The largest photo, and the largest file."""

    max_megapixels: float = MAX_MEGAPIXELS
    max_megabytes: int = MAX_MEGABYTES

    @property
    def max_bytes(self) -> int:
        """Of a file."""
        return self.max_megabytes * 2**20
