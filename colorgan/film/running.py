"""A film from file to file: what is asked for is checked, segments are made, then joined."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from colorgan import __version__
from colorgan.colorizer.prediction import check_vividness
from colorgan.files import file_whole
from colorgan.film.colours import FilmColours, ShotTold
from colorgan.film.encoding import keeps_fields, pixels_of
from colorgan.film.formats import CODECS, DEFAULT_CODEC, Codec, check_codec, check_film_output
from colorgan.film.joining import join
from colorgan.film.making import FilmProgress, Making, as_shown
from colorgan.film.motion import opencv
from colorgan.film.reading import Film, FrameFormat, pyav
from colorgan.film.segments import Parts, identity_of
from colorgan.film.telling import told_shots
from colorgan.fingerprint import model_revision
from colorgan.hints import FilmHints
from colorgan.limits import MAX_MEGAPIXELS
from colorgan.photo.description import description

if TYPE_CHECKING:
    from colorgan.colorizer import Colorizer, Reference


@dataclass(frozen=True)
class FilmOutcome:
    """A film that is done: how many frames it has, how many of them an earlier run had made, and what is to be said of
    it, in plain sentences."""

    frames: int
    resumed_frames: int
    notes: tuple[str, ...]


class FilmInterrupted(KeyboardInterrupt):
    """Ctrl-C: what was done is kept, and `playable` is a film as far as it goes, None where nothing was done yet."""

    def __init__(self, playable: Path | None, time_s: float):
        super().__init__()
        self.playable, self.time_s = playable, time_s


def colorize_film(
    source: str | os.PathLike[str],
    output: str | os.PathLike[str],
    colorizer: "Colorizer",
    *,
    codec: str = DEFAULT_CODEC,
    crf: int | None = None,
    vividness: float = 1.0,
    reference: "Reference | None" = None,
    hints: FilmHints | None = None,
    resume: bool = False,
    overwrite: bool = False,
    describe: bool = True,
    max_megapixels: float = MAX_MEGAPIXELS,
    report: Callable[[FilmProgress], None] | None = None,
) -> FilmOutcome:
    """Give a film its colours.

    Frames keep their lightness, size, times and shape; sound, subtitles, data, chapters and tags are copied, and what
    the file has no place for is named in a note. What is done lies in `OUTPUT.parts` until all is.

    Args:
        source: a film that FFmpeg reads.
        output: its ending says what is written: .mp4, .mov, .mkv and others, as the codec allows.
        colorizer: the model.
        codec: one of `formats.CODECS`; "ffv1" is lossless.
        crf: constant rate factor, 0 is the best; by default the codec's own, 16 for H.264.
        vividness: chroma scale; 0 is gray, 1 as predicted, at most `limits.MAX_VIVIDNESS`.
        reference: a photo in colour to take colours from, as `Colorizer.see` makes it.
        hints: what was said of some moments: hints and references, for the shot that each is in.
        resume: go on where an earlier run of the same film, model and settings stopped. Frames are those of a run that
            never stopped.
        overwrite: replace the output, and parts of an earlier run.
        describe: write into the tags how the film came to be.
        max_megapixels: of a frame.
        report: called after each frame, from this thread. What it raises stops the run; parts are kept.

    Raises:
        ValueError: a bad argument, no film, an output or parts that are there already; one line.
        OSError: the output cannot be written, such as on a full disk; parts are kept.
        FilmInterrupted: Ctrl-C; parts are kept.
    """
    source, output = Path(source), Path(output)
    check_codec(codec, crf)
    check_film_output(output, codec)
    check_vividness(vividness)
    if output.exists() and source.exists() and output.samefile(source):
        raise ValueError(f"{str(output)!r} is the film itself: name another output")
    if output.exists() and not overwrite:
        raise ValueError(f"{str(output)!r} is already there")
    parts = Parts(output)
    if parts.exist and not resume and not overwrite:
        raise ValueError(f"{str(parts.folder)!r} is already there, of a run that was stopped")
    told = {} if hints is None else _told(source, max_megapixels, colorizer, hints)
    colours = FilmColours(colorizer, vividness=vividness, reference=reference, told=told)
    with Film(source, max_megapixels) as film:
        asked = {
            "film": identity_of(source),
            "model": model_revision(colorizer),
            "codec": codec,
            "crf": crf,
            "vividness": vividness,
            "reference": None if reference is None else sha256(repr(reference.colours).encode()).hexdigest(),
            "hints": _identity_of(told),
            "colorgan": __version__,
            "PyAV": pyav().__version__,
            "OpenCV": opencv().__version__,
        }
        done = parts.resume(asked) if parts.exist and not overwrite else []
        if not done:
            parts.begin(asked)
        hinted = any(one.hints for one in told.values())
        referenced = reference is not None or any(one.references for one in told.values())
        note = description(colorizer.name, hinted=hinted, referenced=referenced) if describe else None
        making = Making(film, colours, parts, CODECS[codec], crf, report)
        try:
            making.make(done)
        except KeyboardInterrupt:
            raise _interrupted(making, output.suffix, note) from None
        with parts.output_whole() as draft:
            notes = join(film, parts, making.done, draft, output.suffix, description=note)
        parts.remove()
        before = sum(len(segment.pts) for segment in done)
        return FilmOutcome(making.frames, before, (*film.notes, *_notes(film.frame_format, CODECS[codec]), *notes))


def _told(source: Path, max_megapixels: float, colorizer: "Colorizer", hints: FilmHints) -> dict[int, ShotTold]:
    """What was said of the shots of a film, which is read once for it."""
    with Film(source, max_megapixels) as film:
        return told_shots(colorizer, as_shown(film.frames(), film.frame_format.time_base), hints)


def _identity_of(told: dict[int, ShotTold]) -> str | None:
    """What tells what was said of a film from all else that might be; None where nothing was."""
    if not told:
        return None
    said = [
        (shot, sorted(one.hints.items()), [part.colours for part in one.references])
        for shot, one in sorted(told.items())
    ]
    return sha256(repr(said).encode()).hexdigest()


def _interrupted(run: Making, ending: str, note: str | None) -> FilmInterrupted:
    """What Ctrl-C leaves: the parts, and of them a film that plays."""
    made = run.done if run.begun is None else [*run.done, run.begun]
    if not made:
        return FilmInterrupted(None, 0.0)
    playable = run.parts.so_far(ending)
    with file_whole(playable) as draft:
        join(run.film, run.parts, made, draft, ending, description=note, whole=False)
    return FilmInterrupted(playable, float((made[-1].pts[-1] - made[0].pts[0]) * run.film.frame_format.time_base))


def _notes(frames: FrameFormat, codec: Codec) -> list[str]:
    """What is to be said of how frames are written."""
    notes = []
    if frames.top_first is not None:
        notes.append(f"interlaced: its fields are kept{'' if keeps_fields(codec) else ', but not marked as such'}")
    if not codec.lossless and pixels_of(codec, frames) != codec.pixels:
        notes.append(f"{frames.width} x {frames.height} is odd: written as {codec.odd_pixels}, which some players lack")
    return notes
