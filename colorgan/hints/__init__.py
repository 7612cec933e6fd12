"""What a person says of a photo's colours: here it was this, there leave it as it is."""

from colorgan.hints.hint import Colour, Hint, check_hints, check_place, colour_name_or_hex, rgb_of
from colorgan.hints.moments import FilmHints, Moment, parse_film_hints, read_film_hints
from colorgan.hints.sidecar import HINTS_SUFFIX, PhotoHints, hints_of, parse_hints, read_hints, record_of, write_hints

__all__ = [
    "HINTS_SUFFIX",
    "Colour",
    "FilmHints",
    "Hint",
    "Moment",
    "PhotoHints",
    "check_hints",
    "check_place",
    "colour_name_or_hex",
    "hints_of",
    "parse_film_hints",
    "parse_hints",
    "read_film_hints",
    "read_hints",
    "record_of",
    "rgb_of",
    "write_hints",
]
