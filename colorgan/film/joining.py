"""The segments of a film, and all else that was in its file, in one file: sound, subtitles, data, chapters, tags."""

import errno
import heapq
import io
from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

from colorgan.film.formats import CONTAINERS
from colorgan.film.reading import MICROSECONDS, Film, is_cover, open_film, pyav
from colorgan.film.segments import Parts, Segment

_OF_THE_DISK = (errno.EIO, errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_PAUSE = b"\0\0"  # a text of no letters
_WRITTEN_ANEW = frozenset({"major_brand", "minor_version", "compatible_brands", "encoder", "software", "duration"})


class _RefusedError(Exception):
    """The container takes a stream's header, but not its packets."""

    def __init__(self, index: int):
        self.index = index


def join(
    film: Film,
    parts: Parts,
    segments: Sequence[Segment],
    target: Path,
    ending: str,
    *,
    description: str | None = None,
    whole: bool = True,
) -> list[str]:
    """Write the film's file: packets of the segments, and from the source what is no picture, as it is there.

    Args:
        target: what to write, under any name; `ending` says as what.
        description: what to add to the tags of how the film came to be.
        whole: False ends sound and subtitles with the pictures.

    Returns:
        Notes on what the container has no place for.
    """
    refused = set[int]()
    while True:
        try:
            return _Join(film, parts, segments, ending, refused, whole).write(target, description)
        except _RefusedError as error:
            refused.add(error.index)


class _Join:
    def __init__(
        self, film: Film, parts: Parts, segments: Sequence[Segment], ending: str, refused: set[int], whole: bool
    ):
        self._av, self._film, self._parts, self._segments = pyav(), film, parts, segments
        self._ending, self._container_name, self._refused = ending, CONTAINERS[ending.lower()], refused
        self._end = segments[-1].pts[-1] + segments[-1].durations[-1]
        self._until_s = float("inf") if whole else float(self._end * film.frame_format.time_base)

    def write(self, target: Path, description: str | None) -> list[str]:
        with open_film(self._film.path) as source, self._open_segment(0) as template:
            kept, notes = self._kept(source)
            options = (
                {"movflags": "+faststart"}
                if self._container_name in ("mp4", "mov")
                else {"avoid_negative_ts": "disabled"}
            )
            with self._av.open(str(target), "w", format=self._container_name, container_options=options) as out:
                streams = {}
                for stream in source.streams:
                    if stream.index == self._film.stream.index:
                        streams[stream.index] = self._picture_stream(out, template.streams.video[0], stream)
                    elif stream.index in kept:
                        streams[stream.index] = _copied_stream(out, stream)
                out.metadata.update(self._tags(source, description))
                chapters = source.chapters()
                if chapters:
                    out.set_chapters([_shifted(chapter, self._offset(source)) for chapter in chapters])
                self._mux(out, source, streams, kept)
        return notes + self._lost_tags(target, source, chapters)

    def _kept(self, source: Any) -> tuple[list[int], list[str]]:
        """Which other streams the container takes, and notes on those it does not."""
        kept, notes = [], []
        for stream in source.streams:
            if stream.index == self._film.stream.index or (self._is_chapters(stream) and source.chapters()):
                continue  # the track of chapters is written anew, from the chapters
            if stream.index not in self._refused and takes(self._container_name, stream):
                kept.append(stream.index)
                if stream.type == "video" and not is_cover(stream):
                    notes.append(f"stream {stream.index}, another film, is copied as it is")
            else:
                kind = "film" if stream.type == "video" else stream.type
                name = stream.codec_context.name if stream.codec_context else (stream.name or "of no known codec")
                other = "" if self._container_name == "matroska" else "; .mkv may"
                notes.append(f"stream {stream.index}, {kind} ({name}), is left out: {self._ending} has no place{other}")
        return kept, notes

    def _is_chapters(self, stream: Any) -> bool:
        return stream.type == "data" and stream.name == "bin_data" and "mp4" in self._film.container.format.name

    def _picture_stream(self, out: Any, template: Any, source: Any) -> Any:
        stream = out.add_stream_from_template(template, opaque=True)
        stream.time_base = self._film.frame_format.time_base
        stream.codec_context.sample_aspect_ratio = self._film.frame_format.sample_aspect
        if self._film.frame_format.matrix is not None:
            stream.set_display_matrix(self._film.frame_format.matrix)
        _keep_facts(stream, source)
        return stream

    def _mux(self, out: Any, source: Any, streams: dict[int, Any], kept: Sequence[int]) -> None:
        pictures = ((at, 0, packet) for at, packet in self._picture_packets(streams[self._film.stream.index], source))
        others = ((at, 1, packet) for at, packet in self._other_packets(source, streams, kept))
        for _, is_other, packet in heapq.merge(pictures, others, key=lambda entry: entry[:2]):
            index = packet.stream.index
            try:
                out.mux(packet)
            except self._av.FFmpegError as error:
                if is_other and not (isinstance(error, OSError) and error.errno in _OF_THE_DISK):
                    raise _RefusedError(next(old for old in kept if streams[old].index == index)) from error
                raise

    def _picture_packets(self, stream: Any, source: Any) -> Iterator[tuple[float, Any]]:
        """The segments' packets, at the times of their frames.

        When to decode them is decided here, for the film as a whole: each segment's encoder knew its own frames alone,
        and the times that it chose run backwards from one segment to the next where frames are not evenly apart.
        """
        base, offset = self._film.frame_format.time_base, self._offset(source)
        delay = max(max(at - place for at, place in enumerate(segment.order)) for segment in self._segments)
        shown = [pts for segment in self._segments for pts in segment.pts]
        early = [shown[0] - (delay - at) * self._segments[0].durations[0] for at in range(delay)]
        decoded = iter(early + shown)
        shift = round(offset / base)
        for number, segment in enumerate(self._segments):
            ends = [*segment.pts[1:], self._starts(number + 1)]
            with self._open_segment(number) as packets:
                for place, packet in zip(segment.order, _with_content(packets.demux()), strict=True):
                    packet.stream, packet.time_base = stream, base
                    packet.pts, packet.dts = segment.pts[place] - shift, next(decoded) - shift
                    packet.duration = ends[place] - segment.pts[place]
                    yield float(packet.dts * base), packet

    def _starts(self, number: int) -> int:
        """When a segment does; behind the last, when the film ends."""
        return self._segments[number].pts[0] if number < len(self._segments) else self._end

    def _other_packets(self, source: Any, streams: dict[int, Any], kept: Sequence[int]) -> Iterator[tuple[float, Any]]:
        if not kept:
            return
        offset, last = self._offset(source), -float("inf")
        try:
            for packet in source.demux([source.streams[index] for index in kept]):
                if packet.dts is None and packet.pts is None:
                    continue  # the end
                if bytes(packet) == _PAUSE and packet.stream.codec_context.name == "mov_text":
                    continue  # the muxer writes pauses between texts by itself, beside those that it is given
                base = Fraction(packet.time_base)
                shift = round(offset / base)
                packet.pts = None if packet.pts is None else packet.pts - shift
                packet.dts = packet.pts if packet.dts is None else packet.dts - shift
                if packet.dts * base + offset > self._until_s:
                    return
                last = max(last, float(packet.dts * base))  # streams that lie apart in the file: as they come
                packet.stream = streams[packet.stream.index]
                yield last, packet
        except self._av.FFmpegError:
            return  # the film ends early, which reading its pictures has found, too

    def _offset(self, source: Any) -> Fraction:
        """Seconds at which a broadcast's clock stood when the film began; other containers begin at 0."""
        discontinuous = bool(source.format.flags & self._av.format.Flags.ts_discont.value)
        return Fraction(source.start_time or 0, MICROSECONDS) if discontinuous else Fraction(0)

    def _tags(self, source: Any, description: str | None) -> dict[str, str]:
        tags = {name: text for name, text in source.metadata.items() if name.lower() not in _WRITTEN_ANEW}
        if description is not None:
            before = next((name for name in tags if name.lower() == "comment"), "comment")
            tags[before] = f"{tags[before]}; {description}" if tags.get(before) else description
        return tags

    def _lost_tags(self, target: Path, source: Any, chapters: Sequence[Any]) -> list[str]:
        """Notes on what the written file does not give back."""
        with self._av.open(str(target), format=None) as written:
            there = {name.lower() for name in written.metadata}
            lost = [name for name in self._tags(source, None) if name.lower() not in there]
            notes = [f"{self._ending} has no place for the tags {', '.join(sorted(lost))}"] if lost else []
            if chapters and len(written.chapters()) != len(chapters):
                notes.append(f"{self._ending} has no place for the chapters")
            return notes

    def _open_segment(self, number: int) -> Any:
        return self._av.open(str(self._parts.packets(number)), format="nut")


def takes(container: str, stream: Any) -> bool:
    """Whether a container, by FFmpeg's name, takes a stream's packets as they are: found by trying."""
    av = pyav()
    try:
        with av.open(io.BytesIO(), "w", format=container) as trial:
            _copied_stream(trial, stream)
            trial.start_encoding()
    except (av.FFmpegError, ValueError):
        return False
    return True


def _copied_stream(out: Any, stream: Any) -> Any:
    """A stream of packets that stay as they are."""
    if stream.type == "attachment":
        return out.add_attachment(stream.name or "attachment", stream.mimetype or "", stream.data)
    copy = out.add_stream_from_template(stream, opaque=True)
    _keep_facts(copy, stream)
    return copy


def _keep_facts(copy: Any, stream: Any) -> None:
    """Language, title and role."""
    copy.metadata.update((name, text) for name, text in stream.metadata.items() if name.lower() not in _WRITTEN_ANEW)
    copy.disposition = stream.disposition


def _shifted(chapter: dict[str, Any], offset: Fraction) -> dict[str, Any]:
    shift = round(offset / Fraction(chapter["time_base"]))
    return {**chapter, "start": chapter["start"] - shift, "end": chapter["end"] - shift}


def _with_content(packets: Iterator[Any]) -> Iterator[Any]:
    return (packet for packet in packets if packet.size)
