"""Frames and their colours -> the packets of one segment, in a file of its own.

The segment's file is NUT, FFmpeg's own container: it takes every codec, and any player that is built on FFmpeg plays
it. What the film's file needs to know of packets (their order among the frames) is told beside it.
"""

from fractions import Fraction
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from colorgan.film.formats import Codec
from colorgan.film.planes import paint_planes
from colorgan.film.reading import FilmError, FrameFormat, pyav
from colorgan.film.tones import BT709, FULL, LIMITED, RGB_MATRIX, Pixels, samples_of
from colorgan.painting import paint

UNTAGGED_TRANSFER = 2


class SegmentEncoder:
    """Packs the frames of a segment into a file that is open to be written, by a codec, as good as `crf` says.

    BT.709 and limited range are what the pixels are converted by and what the file says, whatever the source had; a
    lossless codec keeps RGB.
    """

    def __init__(self, file: BinaryIO, frames: FrameFormat, codec: Codec, crf: int | None):
        av = pyav()
        self._av, self._format, self._codec = av, frames, codec
        self._interlaced = frames.top_first is not None and keeps_fields(codec)
        self._container = av.open(file, "w", format="nut")
        options = dict(codec.options)
        if not codec.lossless:
            options["crf"] = str(codec.crf if crf is None else crf)
        if self._interlaced:
            options["flags"] = "+ildct+ilme"
        self._stream = self._container.add_stream(codec.encoder, rate=frames.rate, options=options)
        context = self._stream.codec_context
        context.width, context.height = frames.width, frames.height
        context.pix_fmt = pixels_of(codec, frames)
        context.time_base = frames.time_base
        context.sample_aspect_ratio = frames.sample_aspect
        context.colorspace = RGB_MATRIX if codec.lossless else BT709
        context.color_range = FULL if codec.lossless else LIMITED
        context.color_primaries = BT709
        context.color_trc = BT709 if frames.transfer == UNTAGGED_TRANSFER else frames.transfer
        context.flags |= av.codec.context.Flags.global_header.value
        self._takes_planes = context.pix_fmt == "yuv420p" and not self._interlaced and not frames.turns
        self._fields = _field_marker(av, frames, context.pix_fmt) if self._interlaced else None
        self._given: list[int] = []
        self._packed: list[int] = []

    def add(self, pixels: Pixels, lines: Tensor, pts: int) -> None:
        """The next frame, as `colours.FilmFrame` has it, and the lines to paint it by, later than the one before."""
        if pixels.ndim == 2 and self._takes_planes:
            frame = self._av.VideoFrame(self._format.width, self._format.height, "yuv420p")
            paint_planes(pixels, lines, *map(samples_of, frame.planes))
            frame.colorspace, frame.color_range = BT709, LIMITED
        else:
            stored = np.rot90(np.asarray(paint(Image.fromarray(pixels), lines)), -self._format.turns)
            frame = self._converted(np.ascontiguousarray(stored))
        frame.pts, frame.time_base, frame.pict_type = pts, self._format.time_base, 0
        if self._fields is not None:
            self._fields.push(frame)
            frame = self._fields.pull()
        self._given.append(pts)
        self._mux(self._stream.encode(frame))

    def close(self) -> list[int]:
        """Write the rest -> for each packet, in their order, which of the frames it is."""
        self._mux(self._stream.encode(None))
        self._container.close()
        places = {pts: place for place, pts in enumerate(self._given)}
        if sorted(self._packed) != self._given:
            raise FilmError(f"{self._codec.encoder} made {len(self._packed)} packets of {len(self._given)} frames")
        return [places[pts] for pts in self._packed]

    def abandon(self) -> None:
        """Let go of what was begun."""
        self._container.close()

    def _mux(self, packets: list[Any]) -> None:
        for packet in packets:
            self._packed.append(round(packet.pts * Fraction(packet.time_base) / self._format.time_base))
            self._container.mux(packet)

    def _converted(self, rgb: NDArray[Any]) -> Any:
        """Stored RGB (H, W, 3) -> a frame as the codec takes it."""
        pixels = pixels_of(self._codec, self._format)
        if self._codec.lossless:
            return self._av.VideoFrame.from_ndarray(rgb, "rgb24").reformat(format=pixels)
        if not self._interlaced:
            return self._limited(rgb, pixels)
        # Colour planes of half the rows: each field has its own, or moving colours would show in both.
        fields = [self._limited(np.ascontiguousarray(rgb[first::2]), pixels) for first in (0, 1)]
        frame = self._av.VideoFrame(self._format.width, self._format.height, pixels)
        for index, plane in enumerate(frame.planes):
            woven = samples_of(plane)
            for first, field in enumerate(fields):
                woven[first::2] = samples_of(field.planes[index])[: len(woven[first::2])]
        frame.colorspace, frame.color_range = BT709, LIMITED
        return frame

    def _limited(self, rgb: NDArray[Any], pixels: str) -> Any:
        frame = self._av.VideoFrame.from_ndarray(rgb, "rgb24")
        return frame.reformat(format=pixels, dst_colorspace="ITU709", dst_color_range="MPEG")


def keeps_fields(codec: Codec) -> bool:
    """Whether a codec packs interlaced frames as what they are."""
    return codec.encoder == "libx264"


def pixels_of(codec: Codec, frames: FrameFormat) -> str:
    """FFmpeg's name of how pixels are stored: of half as many rows of colours as of pixels, sides must be even, and so
    must each field of interlaced frames be."""
    rows = 4 if frames.top_first is not None and keeps_fields(codec) else 2
    return codec.odd_pixels if frames.width % 2 or frames.height % rows else codec.pixels


def _field_marker(av: Any, frames: FrameFormat, pixels: str) -> Any:
    """A filter graph that marks frames as interlaced, which PyAV has no other way for."""
    graph = av.filter.Graph()
    source = graph.add_buffer(width=frames.width, height=frames.height, format=pixels, time_base=frames.time_base)
    marker = graph.add("setfield", "tff" if frames.top_first else "bff")
    sink = graph.add("buffersink")
    source.link_to(marker)
    marker.link_to(sink)
    graph.configure()
    return graph
