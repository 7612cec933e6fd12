"""The frames of a film -> its segments: read, coloured, painted and packed.

Four threads: one reads frames ahead, one looks for motion between them, this one asks for their colours, one paints and
packs them, beside the threads of the encoder itself.
"""

import contextlib
import itertools
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from fractions import Fraction
from hashlib import sha256

import torch
from PIL import Image
from torch import Tensor

from colorgan.film.ahead import ahead
from colorgan.film.colours import FilmColours, FilmFrame
from colorgan.film.encoding import SegmentEncoder
from colorgan.film.formats import Codec
from colorgan.film.reading import Film, FilmError, SourceFrame, pyav
from colorgan.film.segments import Parts, Segment
from colorgan.film.tones import Pixels
from colorgan.machine import give_back_memory
from colorgan.painting import paint

READ_AHEAD = 2  # frames
LOOK_AHEAD = 12  # frames that motion is looked for in, while those of the last key frame are coloured
PACK_BEHIND = 8  # frames that wait to be painted and packed while others are seen
HELD_BYTES = 16 << 20  # of frames that wait for one of these: there are fewer of large ones, and of those in RGB
LEAST_HELD = 2
GIVEN_BACK_EVERY = 4  # frames


@dataclass(frozen=True)
class FilmProgress:
    """How far a film is: `pixels` are the frame at hand as it was, and `lines` its colours; `total` frames are an
    estimate, None where the file says nothing; times in seconds of the film."""

    frames: int
    total: int | None
    time_s: float
    duration_s: float | None
    pixels: Pixels
    lines: Tensor

    @property
    def picture(self) -> Image.Image:
        """The frame at hand, upright and in colour; painted when asked for."""
        return paint(Image.fromarray(self.pixels), self.lines)


class Making:
    """One run over one film: what is done, and what is being done.

    Args:
        film: at its beginning.
        colours: of its frames.
        parts: where segments are kept.
        codec, crf: how they are packed.
        report: called after each frame that is packed, from the thread that calls `make`.
    """

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

    def make(self, done: list[Segment]) -> None:
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
        # Decoding, painting and packing have the other half: torch's threads would wait for one another's cores.
        torch.set_num_threads(max(1, threads // 2))
        reader = ThreadPoolExecutor(1, "film-reader")
        packer = ThreadPoolExecutor(1, "film-packer", initializer=torch.set_num_threads, initargs=(1,))
        try:
            frames = ahead(self._frames_to_do(), reader, READ_AHEAD)
            following = next(frames, None)
            while following is not None:
                rest = itertools.islice(frames, self.codec.segment_frames - 1)
                most_held = max(LEAST_HELD, HELD_BYTES // following.pixels.nbytes)
                segment = self._segment(itertools.chain([following], rest), packer, most_held)
                following = next(frames, None)
                self._keep(replace(segment, ends=following is None))
        finally:
            packer.shutdown()
            reader.shutdown(cancel_futures=True)
            torch.set_num_threads(threads)  # the packer's setting is also that of every thread born later

    def _keep(self, segment: Segment) -> None:
        self.parts.save(len(self.done), segment)
        self.done.append(segment.without_colours())

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

    def _segment(self, frames: Iterator[SourceFrame], packer: ThreadPoolExecutor, most_held: int) -> Segment:
        """Make the next segment of these frames."""
        times, interrupted = _Times(), False
        with self.parts.packets_whole(len(self.done)) as draft, draft.open("xb") as file:
            encoder = SegmentEncoder(file, self.film.frame_format, self.codec, self.crf)

            def pack(frame: SourceFrame, lines: Tensor) -> Future[None]:
                times.add(frame)
                return packer.submit(encoder.add, frame.pixels, lines, frame.pts)

            try:
                try:
                    self._colour_and_pack(frames, pack, most_held)
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
        self, frames: Iterator[SourceFrame], pack: Callable[[SourceFrame, Tensor], Future[None]], most_held: int
    ) -> None:
        """Frames of a segment, in colour, to who packs them, and the news of each."""
        coming, waiting = deque[SourceFrame](), deque[tuple[FilmFrame, Tensor, Future[None]]]()

        def noted() -> Iterator[SourceFrame]:
            for frame in frames:
                coming.append(frame)
                yield frame

        def tell(most: int) -> None:
            while len(waiting) > most:
                frame, lines, packed = waiting.popleft()
                packed.result()
                self._tell(frame, lines)

        first = self.done[0].pts[0] if self.done else None
        shown = as_shown(noted(), self.film.frame_format.time_base, self.frames, first)
        with contextlib.closing(self.colours.colour(shown, min(LOOK_AHEAD, most_held))) as coloured:
            for frame, lines in coloured:
                waiting.append((frame, lines, pack(coming.popleft(), lines)))
                tell(min(PACK_BEHIND, most_held))
        tell(0)

    def _tell(self, frame: FilmFrame, lines: Tensor) -> None:
        self._reported += 1
        if frame.pixels.ndim == 3 and self._reported % GIVEN_BACK_EVERY == 0:
            give_back_memory()  # RGB leaves holes, in which its next frames seldom find room: 120 MB of 1080p
        if self.report is not None:
            how_far = self._reported, self.film.frame_count, frame.time_s, self.film.duration_s
            self.report(FilmProgress(*how_far, frame.pixels, lines))


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


def as_shown(
    frames: Iterable[SourceFrame], time_base: Fraction, number: int = 0, first_pts: int | None = None
) -> Iterator[FilmFrame]:
    """Frames as they are read -> as they are coloured: numbered on from `number`, and at their seconds from the film's
    first, by default the first of these."""
    for at, frame in enumerate(frames, start=number):
        first_pts = frame.pts if first_pts is None else first_pts
        yield FilmFrame(at, float((frame.pts - first_pts) * time_base), frame.pixels)


def _identity(frame: SourceFrame) -> str:
    """What tells a frame from others: when it is shown, and its pixels."""
    height, width = frame.pixels.shape[:2]
    return sha256(b"%d %d %d " % (frame.pts, width, height) + frame.pixels.tobytes()).hexdigest()
