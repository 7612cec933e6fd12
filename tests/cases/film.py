"""Small films, made with PyAV: soft shapes that move, sound, subtitles, chapters; and what came of them."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import torch
from numpy.typing import NDArray

from colorgan import Colorizer
from colorgan.color import bytes_to_lightness

CHAPTERS = (("one", 0, 400), ("two", 400, 1000))  # milliseconds
LIMITED, FULL = 1, 2


@dataclass(frozen=True)
class Recipe:
    """How a film is made. pts: in milliseconds; by default 25 frames a second."""

    frames: int = 25
    size: tuple[int, int] = (64, 48)
    codec: str = "libx264"
    pixels: str = "yuv420p"
    full_range: bool = False
    tagged: bool = True
    pts: Sequence[int] | None = None
    turn: int = 0
    sample_aspect: Fraction = Fraction(1)
    sound: int = 0
    subtitles: str = ""
    interlaced: bool = False
    chapters: bool = False
    tags: dict[str, str] = field(default_factory=dict)
    options: dict[str, str] = field(default_factory=dict)


def tiny_colorizer() -> Colorizer:
    """An untrained network that gives colours, soon."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return Colorizer("LiteUNet", {"widths": [8, 8, 8, 8], "cells": 0}, view_size=32, gain=3.0, recipe="tiny")


def gray_frame(number: int, size: tuple[int, int]) -> NDArray[Any]:
    """Soft waves that move, uint8 (H, W), from 8 to 247."""
    width, height = size
    x, y = np.arange(width)[None], np.arange(height)[:, None]
    waves = np.sin(x / 7 + number / 3) + np.cos(y / 5 - number / 4)
    return (127.5 + waves * 59).round().astype(np.uint8)


def make_film(path: Path, recipe: Recipe | None = None) -> Path:
    """Write a film."""
    recipe = recipe or Recipe()
    with av.open(str(path), "w") as film:
        film.metadata.update(recipe.tags)
        if recipe.chapters:
            film.set_chapters(
                [
                    {"id": at, "start": start, "end": end, "time_base": Fraction(1, 1000), "metadata": {"title": title}}
                    for at, (title, start, end) in enumerate(CHAPTERS, start=1)
                ]
            )
        stream = _picture_stream(film, recipe)
        sounds = [film.add_stream("aac", rate=16000) for _ in range(recipe.sound)]
        for sound, language in zip(sounds, ("deu", "fra"), strict=False):
            sound.metadata["language"] = language
        subtitles = film.add_mux_stream(recipe.subtitles, time_base=Fraction(1, 1000)) if recipe.subtitles else None
        marker = _marker(recipe) if recipe.interlaced else None
        times = recipe.pts or range(0, 40 * recipe.frames, 40)
        for number, pts in enumerate(times):
            frame = _picture(number, recipe)
            frame.pts, frame.time_base, frame.pict_type = pts, Fraction(1, 1000), 0
            if marker is not None:
                marker.push(frame)
                frame = marker.pull()
            film.mux(stream.encode(frame))
        film.mux(stream.encode())
        for at, sound in enumerate(sounds):
            noise = np.random.default_rng(at).normal(0, 0.1, (1, 640 * recipe.frames)).astype(np.float32)
            for start in range(0, noise.shape[1], 1024):
                part = av.AudioFrame.from_ndarray(np.ascontiguousarray(noise[:, start : start + 1024]), "fltp", "mono")
                part.sample_rate, part.pts, part.time_base = 16000, start, Fraction(1, 16000)
                film.mux(sound.encode(part))
            film.mux(sound.encode())
        if subtitles is not None:
            for at, text in enumerate(("Grandmother", "waves")):
                said = text.encode() if recipe.subtitles == "subrip" else len(text).to_bytes(2, "big") + text.encode()
                packet = av.Packet(said)
                packet.stream, packet.time_base = subtitles, Fraction(1, 1000)
                packet.pts = packet.dts = at * 400
                packet.duration = 300
                film.mux(packet)
    return path


def _picture_stream(film: Any, recipe: Recipe) -> Any:
    options = {**({"crf": "1"} if recipe.codec == "libx264" else {}), **recipe.options}
    if recipe.interlaced:
        options["flags"] = "+ildct+ilme"
    stream = film.add_stream(recipe.codec, rate=25, options=options)
    context = stream.codec_context
    context.width, context.height = recipe.size
    context.pix_fmt, context.time_base = recipe.pixels, Fraction(1, 1000)
    context.sample_aspect_ratio = recipe.sample_aspect
    if recipe.tagged:
        context.color_range = FULL if recipe.full_range else LIMITED
        if "gray" not in recipe.pixels:
            context.colorspace = context.color_primaries = context.color_trc = 1
    if recipe.turn:
        stream.set_display_rotation(recipe.turn)
    return stream


def _picture(number: int, recipe: Recipe) -> Any:
    """Luma by hand, which no library's rounding is in; colour planes that say nothing."""
    bits = 10 if "10" in recipe.pixels else 8
    tones = gray_frame(number, recipe.size) / 255.0
    if recipe.interlaced:
        tones[1::2] = gray_frame(number + 1, recipe.size)[1::2] / 255.0
    step = 1 << (bits - 8)
    luma = tones * ((1 << bits) - 1) if recipe.full_range else 16 * step + tones * 219 * step
    frame = av.VideoFrame(*recipe.size, recipe.pixels)
    dtype = np.uint8 if bits == 8 else np.dtype("<u2")
    for at, plane in enumerate(frame.planes):
        rows = np.full((plane.height, plane.line_size // np.dtype(dtype).itemsize), 1 << (bits - 1), dtype)
        if at == 0:
            rows[:, : plane.width] = luma.round()
        plane.update(rows)
    return frame


def _marker(recipe: Recipe) -> Any:
    graph = av.filter.Graph()
    source = graph.add_buffer(
        width=recipe.size[0], height=recipe.size[1], format=recipe.pixels, time_base=Fraction(1, 1000)
    )
    marker, sink = graph.add("setfield", "tff"), graph.add("buffersink")
    source.link_to(marker)
    marker.link_to(sink)
    graph.configure()
    return graph


def frames_of(path: Path) -> list[Any]:
    """All frames, as PyAV decodes them."""
    with av.open(str(path)) as film:
        return list(film.decode(video=0))


def accurate_rgb(frame: Any) -> NDArray[Any]:
    """RGB (H, W, 3) as swscale makes it when it is asked to take its time."""
    accurate = 0x4 | 0x2000 | 0x4000 | 0x40000  # BICUBIC | FULL_CHR_H_INT | FULL_CHR_H_INP | ACCURATE_RND
    rgb = frame.reformat(format="rgb24", interpolation=accurate)
    return np.asarray(rgb.to_ndarray())


def packets_of(path: Path) -> list[tuple[str, str, list[tuple[str, int, int]]]]:
    """Of each stream that is no picture: its type, language, and its packets' hashes, times and durations in ms."""
    with av.open(str(path)) as film:
        others = [stream for stream in film.streams if stream.type not in ("video", "data")]
        found: dict[int, list[tuple[str, int, int]]] = {stream.index: [] for stream in others}
        for packet in film.demux(others):
            if packet.size:
                scale = packet.time_base * 1000
                times = round(packet.pts * scale), round((packet.duration or 0) * scale)
                found[packet.stream.index].append((hashlib.sha256(bytes(packet)).hexdigest()[:12], *times))
        return [(one.type, one.metadata.get("language", ""), found[one.index]) for one in others]


def lightness_of(rgb: NDArray[Any]) -> NDArray[Any]:
    """uint8 RGB (H, W, 3) or gray (H, W) -> L (H, W) in [0, 100]."""
    return bytes_to_lightness(torch.from_numpy(np.ascontiguousarray(rgb)))[0, 0].numpy()
