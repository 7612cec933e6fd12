"""The film stays itself: frames, times, shape, lightness, and all that is no picture."""

import dataclasses
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from cases.film import (
    CHAPTERS,
    Recipe,
    accurate_rgb,
    frames_of,
    gray_frame,
    lightness_of,
    make_film,
    packets_of,
    tiny_colorizer,
)

from colorgan.film import colorize_film
from colorgan.film.reading import FilmError

VARIABLE = (0, 40, 55, 300, 301, 420, 1000, 1033, 1066, 1500)


@pytest.fixture(scope="module")
def colorizer() -> Any:
    return tiny_colorizer()


def times(path: Path) -> list[float]:
    return [round(frame.time, 4) for frame in frames_of(path)]


def test_a_film_with_all_that_belongs_to_one(tmp_path: Path, colorizer: Any) -> None:
    """Frames at times of their own, two sound tracks, subtitles, chapters, tags, a turn, pixels that are not square."""
    recipe = Recipe(
        pts=VARIABLE,
        frames=len(VARIABLE),
        turn=90,
        sample_aspect=Fraction(16, 15),
        sound=2,
        subtitles="mov_text",
        chapters=True,
        tags={"title": "A reel", "date": "1957", "comment": "from the attic"},
    )
    source, output = make_film(tmp_path / "film.mp4", recipe), tmp_path / "out.mp4"
    outcome = colorize_film(source, output, colorizer)
    assert (outcome.frames, outcome.notes) == (len(VARIABLE), ())
    assert times(output) == times(source) == [time / 1000 for time in VARIABLE]
    assert packets_of(output) == packets_of(source) and len(packets_of(output)) == 3
    with av.open(str(output)) as film:
        stream = film.streams.video[0]
        assert (stream.codec_context.name, stream.pix_fmt) == ("h264", "yuv420p")
        assert (stream.width, stream.height, stream.sample_aspect_ratio) == (64, 48, Fraction(16, 15))
        assert [(one["start"], one["end"], one["metadata"]["title"]) for one in film.chapters()] == [
            (start, end, title) for title, start, end in CHAPTERS
        ]
        assert (film.metadata["title"], film.metadata["date"]) == ("A reel", "1957")
        said = film.metadata["comment"]
        assert said.startswith("from the attic; Colorized by colorgan") and "the colours are a guess" in said
        frame = next(film.decode(stream))
        assert frame.rotation == 90
        assert (frame.colorspace, frame.color_range, frame.color_primaries, frame.color_trc) == (1, 1, 1, 1)
    head = output.read_bytes()[:4096]
    assert b"moov" in head and (b"mdat" not in head or head.index(b"moov") < head.index(b"mdat"))  # faststart
    assert sorted(tmp_path.iterdir()) == [source, output]
    chroma = frames_of(output)[0].to_ndarray(format="rgb24").astype(int)
    assert np.ptp(chroma, axis=2).mean() > 5  # it is in colour


@pytest.mark.parametrize(
    "recipe",
    [
        Recipe(frames=6),
        Recipe(frames=6, tagged=False),
        Recipe(frames=6, full_range=True, pixels="yuvj420p"),
        Recipe(
            frames=6,
            full_range=True,
            pixels="yuvj420p",
            codec="mjpeg",
            tagged=False,
            options={"qmin": "1", "qmax": "1"},
        ),
        Recipe(frames=6, pixels="yuv420p10le"),
        Recipe(frames=6, pixels="gray", codec="ffv1", full_range=True, tagged=False),
        Recipe(frames=6, pixels="gray", codec="ffv1"),
        Recipe(frames=6, pixels="gray10le", codec="ffv1", full_range=True),
        Recipe(frames=6, size=(63, 47), codec="ffv1"),
        Recipe(frames=6, turn=-90, codec="libx264"),
    ],
    ids=["limited", "untagged", "full", "jpeg", "10-bit", "gray", "gray-limited", "gray-10", "odd", "turned"],
)
def test_lightness_is_that_of_the_film(tmp_path: Path, colorizer: Any, recipe: Recipe) -> None:
    """Against the tones that the film was made of, not against another reader of it."""
    ending = ".mp4" if recipe.turn else ".mkv"
    source, output = make_film(tmp_path / f"film{ending}", recipe), tmp_path / "out.mkv"
    outcome = colorize_film(source, output, colorizer, codec="ffv1")
    assert outcome.notes == (("10 bits a channel are written as 8",) if "10" in recipe.pixels else ())
    made = frames_of(output)
    assert len(made) == recipe.frames
    for number, frame in enumerate(made):
        assert (frame.width, frame.height) == recipe.size
        wanted = lightness_of(gray_frame(number, recipe.size))
        error = np.abs(lightness_of(frame.to_ndarray(format="rgb24")) - wanted).mean()
        assert error < (1.0 if recipe.codec == "mjpeg" else 0.5)


def test_what_encoding_adds_is_small(tmp_path: Path, colorizer: Any) -> None:
    """As tagged, the film that is written by default gives the tones back: matrix and range are those of its pixels."""
    source, output = make_film(tmp_path / "film.mp4", Recipe(frames=6)), tmp_path / "out.mp4"
    lossless = tmp_path / "lossless.mkv"
    colorize_film(source, output, colorizer)
    colorize_film(source, lossless, colorizer, codec="ffv1")
    for packed, exact in zip(frames_of(output), frames_of(lossless), strict=True):
        difference = accurate_rgb(packed).astype(int) - accurate_rgb(exact)
        assert np.abs(difference.mean((0, 1))).max() < 1.5


def test_interlaced_films_keep_their_fields(tmp_path: Path, colorizer: Any) -> None:
    source = make_film(tmp_path / "film.mp4", Recipe(frames=5, interlaced=True))
    assert frames_of(source)[0].interlaced_frame
    outcome = colorize_film(source, tmp_path / "out.mp4", colorizer)
    assert outcome.notes == ("interlaced: its fields are kept",)
    made = frames_of(tmp_path / "out.mp4")
    assert all(frame.interlaced_frame for frame in made)
    for number, frame in enumerate(made):
        rgb = frame.to_ndarray(format="rgb24")
        for field in (0, 1):
            wanted = lightness_of(gray_frame(number + field, (64, 48))[field::2])
            assert np.abs(lightness_of(rgb[field::2]) - wanted).mean() < 1.5


def test_odd_sizes_stay(tmp_path: Path, colorizer: Any) -> None:
    source = make_film(tmp_path / "film.mkv", Recipe(frames=3, size=(63, 47), codec="ffv1"))
    outcome = colorize_film(source, tmp_path / "out.mp4", colorizer)
    assert outcome.notes == ("63 x 47 is odd: written as yuv444p, which some players lack",)
    assert {(frame.width, frame.height) for frame in frames_of(tmp_path / "out.mp4")} == {(63, 47)}


def test_a_film_in_colour_is_read_by_its_matrix(tmp_path: Path, colorizer: Any) -> None:
    """Red under BT.601 and under BT.709 are different numbers and one lightness."""
    red = np.full((48, 64, 3), (200, 40, 40), np.uint8)
    for matrix, tag in (("ITU601", 5), ("ITU709", 1)):
        source, output = tmp_path / f"{matrix}.mkv", tmp_path / f"{matrix}-out.mkv"
        with av.open(str(source), "w") as film:
            stream = film.add_stream("libx264", rate=25, options={"crf": "1"})
            stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
            stream.codec_context.colorspace, stream.codec_context.color_range = tag, 1
            frame = av.VideoFrame.from_ndarray(red, "rgb24")
            film.mux(stream.encode(frame.reformat(format="yuv420p", dst_colorspace=matrix, dst_color_range="MPEG")))
            film.mux(stream.encode())
        colorize_film(source, output, colorizer, codec="ffv1", vividness=0.0)
        made = lightness_of(frames_of(output)[0].to_ndarray(format="rgb24"))
        assert np.abs(made - lightness_of(red)).mean() < 1.0


def test_avis_say_when_frames_are_decoded_not_shown(tmp_path: Path, colorizer: Any) -> None:
    source = make_film(tmp_path / "film.avi", Recipe(frames=12))
    outcome = colorize_film(source, tmp_path / "out.mp4", colorizer)
    assert outcome.frames == 12
    assert times(tmp_path / "out.mp4") == [round(number / 25, 4) for number in range(12)]


def test_an_edit_list_hides_what_it_hid(tmp_path: Path, colorizer: Any) -> None:
    """A clip cut without coding it anew: frames before its beginning are in the file, and nobody sees them."""
    whole, source = make_film(tmp_path / "whole.mp4", Recipe(frames=20)), tmp_path / "film.mp4"
    with av.open(str(whole)) as film, av.open(str(source), "w") as cut:
        stream = cut.add_stream_from_template(film.streams.video[0])
        for packet in film.demux(video=0):
            if packet.size:
                shift = round(Fraction(8, 25) / packet.time_base)
                packet.pts, packet.dts, packet.stream = packet.pts - shift, packet.dts - shift, stream
                cut.mux(packet)
    before = times(source)
    assert 0 < len(before) < 20
    outcome = colorize_film(source, tmp_path / "out.mp4", colorizer)
    assert times(tmp_path / "out.mp4") == before and outcome.frames == len(before)


def test_what_a_container_has_no_place_for_is_said(tmp_path: Path, colorizer: Any) -> None:
    recipe = Recipe(frames=4, sound=1, subtitles="subrip", tags={"title": "Reel", "archivist": "M"})
    source = make_film(tmp_path / "film.mkv", recipe)
    outcome = colorize_film(source, tmp_path / "out.mp4", colorizer)
    assert len(outcome.notes) == 2
    assert outcome.notes[0] == "stream 2, subtitle (srt), is left out: .mp4 has no place; .mkv may"
    assert "no place for the tags ARCHIVIST" in outcome.notes[1]
    outcome = colorize_film(source, tmp_path / "out.mkv", colorizer)
    assert outcome.notes == () and packets_of(tmp_path / "out.mkv") == packets_of(source)


@pytest.mark.parametrize(
    ("change", "line"),
    [
        ({"codec": "mp3"}, "codec must be one of h264, hevc, vp9, ffv1, got 'mp3'"),
        ({"crf": 60}, "crf must be from 0 to 51 for h264, got 60"),
        ({"codec": "ffv1", "crf": 3}, "ffv1 is lossless and takes no crf, got 3"),
        ({"output": "out.webm"}, "cannot write h264 as '.webm': use one of .mp4, .m4v, .mov, .mkv"),
        ({"vividness": 9}, "vividness must be from 0 to 3, got 9"),
        ({"source": "none.mp4"}, "there is no file 'none.mp4'"),
        ({"source": "photo.mp4"}, "'photo.mp4' is a photo, no film"),
        ({"source": "noise.mp4"}, "'noise.mp4' is no film that FFmpeg can read, or its end, with the index, is gone"),
        ({"max_megapixels": 0.001}, "'film.mp4' has 0.1 megapixels (64 x 48); at most 0.001 are accepted"),
        ({"output": "film.mp4"}, "'film.mp4' is the film itself: name another output"),
    ],
)
def test_refusals_are_one_line(
    tmp_path: Path, colorizer: Any, monkeypatch: pytest.MonkeyPatch, change: dict[str, Any], line: str
) -> None:
    from PIL import Image

    monkeypatch.chdir(tmp_path)
    make_film(Path("film.mp4"), Recipe(frames=1))
    Path("noise.mp4").write_bytes(bytes(range(256)) * 40)
    Image.new("L", (32, 32)).save("photo.mp4", "PNG")
    asked = {"source": "film.mp4", "output": "out.mp4", **change}
    with pytest.raises(ValueError) as refused:
        colorize_film(asked.pop("source"), asked.pop("output"), colorizer, overwrite=True, **asked)
    assert str(refused.value) == line
    assert not Path("out.mp4").exists() and not list(tmp_path.glob("*.parts"))


def test_a_file_that_names_another_one_leads_nowhere(tmp_path: Path, colorizer: Any) -> None:
    """FFmpeg plays lists of other files, whatever they are called: who sends one would be shown the others."""
    make_film(tmp_path / "secret.ts", Recipe(frames=4))
    (tmp_path / "film.mp4").write_text("ffconcat version 1.0\nfile secret.ts\n")
    with av.open(str(tmp_path / "film.mp4")) as led:
        assert led.format.name == "concat", "FFmpeg itself refuses it now"
    with pytest.raises(FilmError, match=r"^'film.mp4' is no film that FFmpeg can read"):
        colorize_film(tmp_path / "film.mp4", tmp_path / "out.mp4", colorizer)


def test_sound_alone_is_no_film(tmp_path: Path, colorizer: Any) -> None:
    recipe = dataclasses.replace(Recipe(frames=4), sound=1)
    film = make_film(tmp_path / "film.mp4", recipe)
    with av.open(str(film)) as both, av.open(str(tmp_path / "sound.mp4"), "w") as sound:
        stream = sound.add_stream_from_template(both.streams.audio[0])
        for packet in both.demux(audio=0):
            if packet.size:
                packet.stream = stream
                sound.mux(packet)
    with pytest.raises(FilmError, match="has no film in it that can be read"):
        colorize_film(tmp_path / "sound.mp4", tmp_path / "out.mp4", colorizer)
