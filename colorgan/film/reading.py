"""A film's file -> its frames in order, upright and at the times they are shown; and what else is known of it."""

import heapq
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from colorgan.film.tones import HLG, PQ, Pixels, quarter_turns, upright_pixels
from colorgan.photo.bounds import check_size
from colorgan.photo.extras import extra

NEEDS_PYAV = "films need PyAV: pip install 'colorgan[film]'"
MICROSECONDS = 1_000_000  # FFmpeg's AV_TIME_BASE
_MOST_NAMED = 8  # damaged places named one by one
_ENDS_EARLY_S = 1.0  # shorter than its file states by more than this, a film was cut off
# Containers that say when packets are decoded, not when frames are shown: in each, frames take these times in order.
_DECODING_TIMES = ("avi", "h264", "hevc", "m4v", "mpegvideo")
# Files that lead to other files, or addresses: who sends a film must not have those read.
_LEADING_ELSEWHERE = frozenset(
    {"concat", "dash", "hls", "imf", "lavfi", "rtp", "rtsp", "sap", "sdp", "vobsub", "webm_dash_manifest"}
)
_TOP_FIRST, _BOTTOM_FIRST = (2, 4), (3, 5)  # AVFieldOrder: as coded, or as shown


class FilmError(ValueError):
    """A film that cannot be read or written, said in one line for its owner."""


@dataclass(frozen=True)
class SourceFrame:
    """A frame, and when it is shown: `pts` and `duration` in units of the film's time base; `pixels` as those of
    `colours.FilmFrame`."""

    pts: int
    duration: int
    pixels: Pixels


@dataclass(frozen=True)
class FrameFormat:
    """What of a film's frames its copy in colour must have, too.

    width, height: as stored; `turns` by 90 degrees against the clock make a frame upright, as `matrix` (FFmpeg's
        display matrix, None for none) tells players.
    top_first: of a film whose frames are two fields each, which is shown first; None for whole frames.
    transfer: AVColorTransferCharacteristic, as tagged.
    """

    width: int
    height: int
    turns: int
    matrix: tuple[int, ...] | None
    sample_aspect: Fraction
    time_base: Fraction
    rate: Fraction
    top_first: bool | None
    transfer: int

    @property
    def upright_size(self) -> tuple[int, int]:
        """Width and height of upright frames."""
        return (self.height, self.width) if self.turns % 2 else (self.width, self.height)


def pyav() -> Any:
    """PyAV; FilmError, which says what to install, without it."""
    av = extra("av")
    if av is None:
        raise FilmError(NEEDS_PYAV)
    return av


class Film:
    """A film's file, open to be read. A context manager.

    Args:
        path: the file.
        max_megapixels: of a frame; larger ones are refused.

    Raises:
        FilmError: no film, no pictures in it, none that can be decoded, or larger ones.
    """

    def __init__(self, path: Path, max_megapixels: float):
        self.path, self._av = path, pyav()
        self.container = open_film(path)
        try:
            streams = [stream for stream in self.container.streams.video if not is_cover(stream)]
            if not streams or streams[0].codec_context is None:
                raise FilmError(f"{path.name!r} has no film in it that can be read")
            self.stream = self.container.streams.best("video")
            if self.stream not in streams:
                self.stream = streams[0]
            check_size(self.stream.width, self.stream.height, repr(path.name), max_megapixels)
            self.notes: list[str] = []
            self.damaged: list[float] = []  # seconds
            self.frame_format = self._first_format()
        except BaseException:
            self.container.close()
            raise

    def __enter__(self) -> "Film":
        return self

    def __exit__(self, *_: object) -> None:
        self.container.close()

    @property
    def duration_s(self) -> float | None:
        """How long the pictures last, as the file states it; None where it does not."""
        if self.stream.duration is not None:
            return float(self.stream.duration * self.stream.time_base)
        duration = self.container.duration
        return None if duration is None else duration / MICROSECONDS

    @property
    def frame_count(self) -> int | None:
        """About how many frames there are."""
        if self.stream.frames:
            return int(self.stream.frames)
        rate = self.stream.average_rate or self.stream.guessed_rate
        return None if self.duration_s is None or not rate else max(1, round(self.duration_s * float(rate)))

    def frames(self, after: int | None = None) -> Iterator[SourceFrame]:
        """All frames, or those shown after a time of the time base, in the order in which they are shown.

        What cannot be decoded is left out and its times are added to `damaged`, and the rest goes on; once all is
        read, `notes` says so.
        """
        last, shown_to, resized = after, 0.0, 0
        for decoded, pts in self._decoded():
            if pts is None:
                pts = 0 if last is None else last + self._tick()
            if after is not None and pts <= after:
                continue
            if last is not None and pts <= last:
                pts = last + 1  # times that run backwards: players would stop there
            if decoded.is_corrupt:
                self.damaged.append(self._seconds(pts))
            if (decoded.width, decoded.height) != (self.frame_format.width, self.frame_format.height):
                resized += 1
                decoded = decoded.reformat(self.frame_format.width, self.frame_format.height)
            duration = decoded.duration or self._tick()
            yield SourceFrame(pts, duration, upright_pixels(decoded))
            last, shown_to = pts, self._seconds(pts + duration)
        self._note_damage(shown_to, resized)

    def restart(self) -> None:
        """Go to the beginning: by opening the file anew, which always works, as seeking does not."""
        index = self.stream.index  # once its container is closed, a stream is memory that others use
        self.container.close()
        self.container = open_film(self.path)
        self.stream = self.container.streams[index]
        self.damaged.clear()

    def seek(self, pts: int) -> None:
        """Go to the last key frame that is not after a time, or to the beginning where the container cannot seek."""
        self.container.seek(pts, stream=self.stream, backward=True)

    def _decoded(self) -> Iterator[tuple[Any, int | None]]:
        """Frames as they are decoded, with their times."""
        packets, waiting = self.container.demux(self.stream), list[int]()
        unordered = self.container.format.name in _DECODING_TIMES
        while True:
            try:
                packet = next(packets)
            except StopIteration:
                return
            except self._av.FFmpegError:  # what follows is out of reach; `shown_to` tells how far it came
                return
            if not packet.size and packet.dts is not None:
                continue  # "as before" in an AVI; to the decoder an empty packet would be the end
            if unordered and packet.dts is not None:
                heapq.heappush(waiting, packet.dts)
            try:
                frames = packet.decode()
            except self._av.FFmpegError:
                self.damaged.append(self._seconds(packet.dts if packet.pts is None else packet.pts))
                if waiting:
                    waiting.remove(packet.dts)
                    heapq.heapify(waiting)
                continue
            for frame in frames:
                yield frame, heapq.heappop(waiting) if waiting else None if unordered else frame.pts

    def _first_format(self) -> FrameFormat:
        """The film as its first frame shows it; then back to the beginning."""
        av, stream = self._av, self.stream
        try:
            first = next(decoded for decoded, _ in self._decoded())
        except StopIteration:
            raise FilmError(f"{self.path.name!r} has no frame that can be decoded") from None
        top_first = None
        order = stream.codec_context.field_order
        if first.interlaced_frame or order in (*_TOP_FIRST, *_BOTTOM_FIRST):
            top_first = order not in _BOTTOM_FIRST
        bits = max((component.bits for component in first.format.components), default=8)
        if bits > 8:
            self.notes.append(f"{bits} bits a channel are written as 8")
        if first.color_trc in (PQ, HLG):
            self.notes.append("its high dynamic range is coloured as if it were standard")
        matrix = first.side_data.get(av.sidedata.sidedata.Type.DISPLAYMATRIX)
        self.restart()
        return FrameFormat(
            width=first.width,
            height=first.height,
            turns=quarter_turns(first),
            matrix=None if matrix is None else struct.unpack("=9i", bytes(matrix)),
            sample_aspect=Fraction(self.stream.sample_aspect_ratio or 1),
            time_base=Fraction(self.stream.time_base),
            rate=Fraction(self.stream.average_rate or self.stream.guessed_rate or 25),
            top_first=top_first,
            transfer=int(first.color_trc),
        )

    def _tick(self) -> int:
        """How long a frame lasts where nothing says so."""
        return max(1, round(1 / (self.frame_format.rate * self.frame_format.time_base)))

    def _seconds(self, pts: int | None) -> float:
        """From the film's beginning."""
        return 0.0 if pts is None else float((pts - (self.stream.start_time or 0)) * self.stream.time_base)

    def _note_damage(self, shown_to: float, resized: int) -> None:
        damaged = sorted(set(self.damaged))
        if damaged:
            named = ", ".join(f"{time:.3f}" for time in damaged[:_MOST_NAMED])
            more = f" and {len(damaged) - _MOST_NAMED} more" if len(damaged) > _MOST_NAMED else ""
            count = f"{len(damaged)} frame{'s are' if len(damaged) > 1 else ' is'}"
            self.notes.append(
                f"{count} damaged and left out or shown as far as they go, at {named}{more} s; "
                "until the next key frame others may suffer"
            )
        stated = self.duration_s
        if stated is not None and shown_to < stated - _ENDS_EARLY_S:
            self.notes.append(f"ends early: at {shown_to:.1f} of {stated:.1f} s")
        if resized:
            self.notes.append(
                f"{resized} frames of another size are scaled to {self.frame_format.width} x {self.frame_format.height}"
            )


def open_film(path: Path) -> Any:
    """A PyAV container, open to be read; FilmError, one line, where it cannot be, or only leads to other files."""
    av = pyav()
    taken = ",".join(sorted(av.formats_available - _LEADING_ELSEWHERE))
    try:
        container = av.open(str(path), metadata_errors="replace", options={"format_whitelist": taken})
    except FileNotFoundError:
        raise FilmError(f"there is no file {str(path)!r}") from None
    except PermissionError as error:
        raise FilmError(f"{path.name!r} cannot be read: {error.strerror}") from error
    except av.FFmpegError as error:
        raise FilmError(
            f"{path.name!r} is no film that FFmpeg can read, or its end, with the index, is gone"
        ) from error
    if container.format.name == "image2" or container.format.name.endswith("_pipe"):
        container.close()
        raise FilmError(f"{path.name!r} is a photo, no film")
    return container


def is_cover(stream: Any) -> bool:
    """Whether a stream of pictures is a cover, or another still that goes with the film."""
    kinds = type(stream.disposition)
    return bool(stream.disposition & (kinds.attached_pic | kinds.timed_thumbnails | kinds.still_image))
