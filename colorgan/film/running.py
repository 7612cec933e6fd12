"""A film from file to file: read, coloured, painted and packed segment by segment, then joined.

Three threads: one reads frames ahead, this one asks for their colours, one paints and packs them.
"""

import contextlib
import itertools
import os
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from PIL import Image
from torch import Tensor

from colorgan.colorizer.prediction import check_vividness
from colorgan.files import file_whole
from colorgan.film.colours import FilmColours, FilmFrame, ShotTold
from colorgan.film.encoding import SegmentEncoder, keeps_fields, pixels_of
from colorgan.film.formats import CODECS, DEFAULT_CODEC, Codec, check_codec, check_film_output
from colorgan.film.joining import join
from colorgan.film.motion import opencv
from colorgan.film.reading import Film, FilmError, FrameFormat, SourceFrame, pyav
from colorgan.film.segments import Parts, Segment, identity_of
from colorgan.film.telling import told_shots
from colorgan.fingerprint import model_revision
from colorgan.hints import FilmHints
from colorgan.limits import MAX_MEGAPIXELS
from colorgan.painting import paint
from colorgan.photo.description import description

if TYPE_CHECKING:
    from colorgan.colorizer import Colorizer, Reference

READ_AHEAD = 4  # frames
PACK_BEHIND = 2


@dataclass(frozen=True)
class FilmProgress:
    """How far a film is. `picture` is the frame at hand, upright and in colour; `total` frames are an estimate, None
    where the file says nothing; times in seconds of the film."""

    frames: int
    total: int | None
    time_s: float
    duration_s: float | None
    picture: Image.Image


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
            "PyAV": pyav().__version__,
            "OpenCV": opencv().__version__,
        }
        done = parts.resume(asked) if parts.exist and not overwrite else []
        if not done:
            parts.begin(asked)
        hinted = any(one.hints for one in told.values())
        referenced = reference is not None or any(one.references for one in told.values())
        note = description(colorizer.name, hinted=hinted, referenced=referenced) if describe else None
        run = _Run(film, colours, parts, CODECS[codec], crf, report)
        try:
            run.work(done)
        except KeyboardInterrupt:
            raise _interrupted(run, output.suffix, note) from None
        with file_whole(output) as draft:
            notes = join(film, parts, run.done, draft, output.suffix, description=note)
        parts.remove()
        before = sum(len(segment.pts) for segment in done)
        return FilmOutcome(run.frames, before, (*film.notes, *_notes(film.frame_format, CODECS[codec]), *notes))


def _told(source: Path, max_megapixels: float, colorizer: "Colorizer", hints: FilmHints) -> dict[int, ShotTold]:
    """What was said of the shots of a film, which is read once for it."""
    with Film(source, max_megapixels) as film:
        first: int | None = None

        def shown() -> Iterator[FilmFrame]:
            nonlocal first
            for number, frame in enumerate(film.frames()):
                first = frame.pts if first is None else first
                yield FilmFrame(number, float((frame.pts - first) * film.frame_format.time_base), frame.image)

        return told_shots(colorizer, shown(), hints)


def _identity_of(told: dict[int, ShotTold]) -> str | None:
    """What tells what was said of a film from all else that might be; None where nothing was."""
    if not told:
        return None
    said = [
        (shot, sorted(one.hints.items()), [part.colours for part in one.references])
        for shot, one in sorted(told.items())
    ]
    return sha256(repr(said).encode()).hexdigest()


def _interrupted(run: "_Run", ending: str, note: str | None) -> FilmInterrupted:
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


class _Run:
    """One run over one film: what is done, and what is being done."""

    def __init__(
        self,
        film: Film,
        colours: FilmColours,
        parts: Parts,
        codec: Codec,
        crf: int | None,
        report: Callable[[FilmProgress], None] | None,
    ):
        self.film, self.colours, self.parts, self.report = film, colours, parts, report
        self.codec, self.crf = codec, crf
        self.done: list[Segment] = []
        self.begun: Segment | None = None  # by a run that was interrupted in the middle of it
        self._reported = 0

    @property
    def frames(self) -> int:
        """How many are done, in whole segments."""
        return sum(len(segment.pts) for segment in self.done)

    def work(self, done: list[Segment]) -> None:
        """Make the segments that are not done.

        Raises:
            KeyboardInterrupt: Ctrl-C; `begun` is what was made of the segment at hand.
        """
        self.done, self._reported = list(done), sum(len(segment.pts) for segment in done)
        if done:
            self.colours.restore(done[-1].colours)
            if done[-1].ends:
                self.film.damaged += done[-1].damaged
                return
        threads = torch.get_num_threads()
        reader = ThreadPoolExecutor(1, "film-reader")
        packer = ThreadPoolExecutor(1, "film-packer", initializer=torch.set_num_threads, initargs=(1,))
        try:
            frames = _ahead(self._frames_to_do(), reader)
            following = next(frames, None)
            while following is not None:
                rest = itertools.islice(frames, self.codec.segment_frames - 1)
                segment = self._make(itertools.chain([following], rest), packer)
                following = next(frames, None)
                self._keep(replace(segment, ends=following is None))
        finally:
            packer.shutdown()
            reader.shutdown(cancel_futures=True)
            torch.set_num_threads(threads)  # the packer's setting is also that of every thread born later

    def _keep(self, segment: Segment) -> None:
        self.parts.save(len(self.done), segment)
        self.done.append(segment)

    def _frames_to_do(self) -> Iterator[SourceFrame]:
        """Those after the segments that are done.

        Seeking is quick and not always right. It is believed if it leads past the last frame that was done, known by
        its time and its pixels; otherwise all is read from the beginning.
        """
        if not self.done:
            yield from self.film.frames()
            return
        last = self.done[-1]
        with contextlib.suppress(pyav().FFmpegError):
            self.film.seek(last.pts[-1])
            found = self.film.frames()
            for frame in found:
                if frame.pts >= last.pts[-1]:
                    if _identity(frame) == last.last:
                        self.film.damaged[:] = last.damaged
                        yield from found
                        return
                    break
        self.film.restart()
        yield from self.film.frames(after=last.pts[-1])

    def _make(self, frames: Iterator[SourceFrame], packer: ThreadPoolExecutor) -> Segment:
        """Make the next segment of these frames."""
        times, interrupted = _Times(), False
        with self.parts.packets_whole(len(self.done)) as draft, draft.open("xb") as file:
            encoder = SegmentEncoder(file, self.film.frame_format, self.codec, self.crf)
            try:
                try:
                    self._colour_and_pack(frames, times, encoder, packer)
                except KeyboardInterrupt:
                    interrupted = True
                order = packer.submit(encoder.close).result()  # behind the frames that wait
            except BaseException:
                with contextlib.suppress(OSError, FilmError):
                    packer.submit(encoder.abandon).result()
                raise
        segment = Segment(
            pts=times.pts,
            durations=times.durations,
            order=order,
            last=times.last,
            damaged=sorted(set(self.film.damaged)),
            ends=False,
            colours={} if interrupted else self.colours.state(),
        )
        if interrupted:
            self.begun = segment if times.pts else None
            raise KeyboardInterrupt
        return segment

    def _colour_and_pack(
        self, frames: Iterator[SourceFrame], times: "_Times", encoder: SegmentEncoder, packer: ThreadPoolExecutor
    ) -> None:
        """Frames of a segment -> the encoder; the times of those given to it are added up in `times`."""
        pending, waiting = deque[SourceFrame](), deque[tuple[int, Future[Image.Image]]]()
        first = self.done[0].pts[0] if self.done else None

        def shown() -> Iterator[FilmFrame]:
            nonlocal first
            for number, frame in enumerate(frames, start=self.frames):
                first = frame.pts if first is None else first
                pending.append(frame)
                yield FilmFrame(number, float((frame.pts - first) * self.film.frame_format.time_base), frame.image)

        def tell(most: int) -> None:
            while len(waiting) > most:
                pts, packed = waiting.popleft()
                self._tell(pts - (first or 0), packed.result())

        for film_frame, lines in self.colours.colour(shown()):
            frame = pending.popleft()
            assert frame.image is film_frame.image, "colours come in the order of the frames"
            waiting.append((frame.pts, packer.submit(_paint_and_pack, encoder, frame, lines)))
            times.add(frame)
            tell(PACK_BEHIND)
        tell(0)

    def _tell(self, since_first: int, picture: Image.Image) -> None:
        self._reported += 1
        if self.report is not None:
            time_s = float(since_first * self.film.frame_format.time_base)
            self.report(FilmProgress(self._reported, self.film.frame_count, time_s, self.film.duration_s, picture))


class _Times:
    """When the frames of a segment are shown, and what the last of them is."""

    def __init__(self) -> None:
        self.pts: list[int] = []
        self.durations: list[int] = []
        self._latest: SourceFrame | None = None

    def add(self, frame: SourceFrame) -> None:
        """The next frame."""
        self.pts.append(frame.pts)
        self.durations.append(frame.duration)
        self._latest = frame

    @property
    def last(self) -> str:
        """See `Segment`."""
        return "" if self._latest is None else _identity(self._latest)


def _paint_and_pack(encoder: SegmentEncoder, frame: SourceFrame, lines: Tensor) -> Image.Image:
    painted = paint(frame.image, lines)
    encoder.add(painted, frame.pts)
    return painted


def _identity(frame: SourceFrame) -> str:
    """What tells a frame from others: when it is shown, and its pixels."""
    return sha256(b"%d %d %d " % (frame.pts, *frame.image.size) + frame.image.tobytes()).hexdigest()


def _ahead(frames: Iterator[SourceFrame], reader: ThreadPoolExecutor) -> Iterator[SourceFrame]:
    """The same frames, of which some are read by another thread before they are asked for."""
    held = deque(reader.submit(next, frames, None) for _ in range(READ_AHEAD))
    while (frame := held.popleft().result()) is not None:
        held.append(reader.submit(next, frames, None))
        yield frame
