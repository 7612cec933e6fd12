"""A film in, the same film in colour out.

from colorgan.film import colorize_film
colorize_film("film.mp4", "film-colorized.mp4", colorizer)

formats.py    endings, containers, codecs
reading.py    a film's file -> frames, upright and at their times
tones.py      a decoded frame -> the picture it means
colours.py    frames in their order -> their colours: where the engine and whoever knows colours meet
shots.py      where one ends and the next begins
motion.py     where places of a frame are in the next, and colours carried there
telling.py    what was said of moments -> what is known of their shots
views.py      a frame as it is seen small, and lines from there to its own edges
planes.py     a gray frame and its colours -> YUV
encoding.py   frames and their colours -> the packets of a segment
segments.py   what is done, on the disk, so that a run that was killed goes on
joining.py    segments, and all that is no picture -> the film's file
making.py     frames -> segments, by several threads
running.py    all of it: `colorize_film`
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from colorgan.film.running import FilmInterrupted, FilmOutcome, FilmProgress, colorize_film

__all__ = ["FilmInterrupted", "FilmOutcome", "FilmProgress", "colorize_film"]


def __getattr__(name: str) -> Any:
    """Import what needs torch only when it is asked for: `colorgan --help` must not wait for it."""
    if name in __all__:
        from colorgan.film import running

        return getattr(running, name)
    raise AttributeError(f"module 'colorgan.film' has no attribute {name!r}")
