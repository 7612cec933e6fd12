"""Long films: what a run that was stopped leaves, and how the next one goes on; films that are damaged."""

import errno
import os
import resource
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from cases.film import Recipe, frames_of, make_film, packets_of, tiny_colorizer

from colorgan.film import FilmInterrupted, FilmProgress, colorize_film, running
from colorgan.film.formats import CODECS
from colorgan.film.reading import Film
from colorgan.folder.pipeline import is_disk_full

SEGMENT = 5  # frames


@pytest.fixture(scope="module")
def colorizer() -> Any:
    return tiny_colorizer()


@pytest.fixture
def short_segments(monkeypatch: pytest.MonkeyPatch) -> None:
    codecs = {name: replace(codec, segment_frames=SEGMENT) for name, codec in CODECS.items()}
    monkeypatch.setattr(running, "CODECS", codecs)


def pixels(path: Path) -> list[tuple[float, bytes]]:
    return [(frame.time, frame.to_ndarray(format="rgb24").tobytes()) for frame in frames_of(path)]


class StopError(Exception):
    pass


def stopping_at(frame: int, error: type[BaseException]) -> Any:
    def report(done: FilmProgress) -> None:
        if done.frames == frame:
            raise error

    return report


@pytest.mark.parametrize("codec", ["h264", "ffv1"])
@pytest.mark.usefixtures("short_segments")
def test_a_resumed_film_is_that_of_an_unbroken_run(tmp_path: Path, colorizer: Any, codec: str) -> None:
    """Stopped twice, once with the film's parts cut off in the middle of being written."""
    source = make_film(tmp_path / "film.mp4", Recipe(frames=18, sound=1, options={"g": "7"}))
    unbroken, output = tmp_path / "unbroken.mkv", tmp_path / "out.mkv"
    colorize_film(source, unbroken, colorizer, codec=codec)
    for at in (7, 13):
        with pytest.raises(StopError):
            colorize_film(source, output, colorizer, codec=codec, resume=True, report=stopping_at(at, StopError))
        parts = tmp_path / "out.mkv.parts"
        assert sorted(path.name for path in parts.glob("*.safetensors"))[-1] == f"0000{at // SEGMENT - 1}.safetensors"
        (parts / ".abc.part").write_bytes(b"half")
        assert not output.exists()
    with pytest.raises(ValueError, match=r"^'.*out.mkv.parts' is already there, of a run that was stopped$"):
        colorize_film(source, output, colorizer, codec=codec)
    with pytest.raises(ValueError, match=r"was begun with another vividness: take the same, or --overwrite it$"):
        colorize_film(source, output, colorizer, codec=codec, vividness=0.5, resume=True)
    told: list[FilmProgress] = []
    outcome = colorize_film(source, output, colorizer, codec=codec, resume=True, report=told.append)
    assert (outcome.frames, outcome.resumed_frames, outcome.notes) == (18, 10, ())
    assert [one.frames for one in told] == list(range(11, 19)) and told[-1].total == 18
    assert told[-1].picture.size == (64, 48) and told[-1].time_s == pytest.approx(17 / 25)
    assert pixels(output) == pixels(unbroken) and packets_of(output) == packets_of(unbroken)
    assert not parts.exists()


@pytest.mark.usefixtures("short_segments")
def test_a_seek_that_misleads_is_found_out(tmp_path: Path, colorizer: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    source = make_film(tmp_path / "film.mp4", Recipe(frames=12))
    unbroken, output = tmp_path / "unbroken.mp4", tmp_path / "out.mp4"
    colorize_film(source, unbroken, colorizer)
    with pytest.raises(StopError):
        colorize_film(source, output, colorizer, report=stopping_at(8, StopError))
    monkeypatch.setattr(Film, "seek", lambda film, pts: [next(film.frames()) for _ in range(2)])
    colorize_film(source, output, colorizer, resume=True)
    assert pixels(output) == pixels(unbroken)


@pytest.mark.usefixtures("short_segments")
def test_ctrl_c_leaves_a_film_that_plays(tmp_path: Path, colorizer: Any) -> None:
    source = make_film(tmp_path / "film.mp4", Recipe(frames=18, sound=1))
    output = tmp_path / "out.mp4"
    with pytest.raises(FilmInterrupted) as stopped:
        colorize_film(source, output, colorizer, report=stopping_at(7, KeyboardInterrupt))
    playable = stopped.value.playable
    assert playable is not None and not output.exists()
    so_far = pixels(playable)
    assert 7 <= len(so_far) < 18
    [(kind, _, sound)] = packets_of(playable)
    assert kind == "audio" and sound[-1][1] <= len(so_far) * 40
    colorize_film(source, output, colorizer, resume=True)
    made = pixels(output)
    assert len(made) == 18 and made[:SEGMENT] == so_far[:SEGMENT]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["film.mp4", "out.mp4"]


RUN = """
import sys, time
from dataclasses import replace
sys.path.insert(0, {tests!r})
from cases.film import tiny_colorizer
from colorgan.film import colorize_film, running
running.CODECS = {{name: replace(codec, segment_frames={segment}) for name, codec in running.CODECS.items()}}
colorize_film({source!r}, {output!r}, tiny_colorizer(), codec="ffv1", resume=True, report=lambda _: time.sleep(0.02))
"""  # slowly: who kills it on a busy machine comes before its end


SLOW_END = """
import time
from colorgan.film import joining
mux = joining._Join._mux
joining._Join._mux = lambda join, *how: (mux(join, *how), time.sleep(60))
"""


def started(source: Path, output: Path, segment: int, first: str = "") -> "subprocess.Popen[bytes]":
    """A run of its own, in segments of so many frames; `first` is done before."""
    tests = str(Path(__file__).parent.parent)
    program = RUN.format(tests=tests, source=str(source), output=str(output), segment=segment)
    return subprocess.Popen([sys.executable, "-c", first + program])


def kill(run: "subprocess.Popen[bytes]") -> None:
    run.send_signal(signal.SIGKILL)
    run.wait()


def test_killed_at_any_moment(tmp_path: Path, colorizer: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """SIGKILL after the first whole segment."""
    codecs = {name: replace(codec, segment_frames=20) for name, codec in CODECS.items()}
    monkeypatch.setattr(running, "CODECS", codecs)
    source, output = make_film(tmp_path / "film.mkv", Recipe(frames=70, sound=1)), tmp_path / "out.mkv"
    run = started(source, output, 20)
    first = tmp_path / "out.mkv.parts" / "00000.safetensors"
    wait_for(first, run)
    kill(run)
    assert not output.exists() and first.exists()
    outcome = colorize_film(source, output, colorizer, codec="ffv1", resume=True)
    assert outcome.frames == 70 and outcome.resumed_frames in (20, 40, 60)
    unbroken = tmp_path / "unbroken.mkv"
    colorize_film(source, unbroken, colorizer, codec="ffv1")
    assert pixels(output) == pixels(unbroken) and packets_of(output) == packets_of(source)
    assert not [path for path in tmp_path.rglob("*") if path.name.endswith((".part", ".parts"))]


def test_killed_while_its_parts_are_joined(tmp_path: Path, colorizer: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """SIGKILL once the film's own file is begun: it is never there in part, and nothing stays of that."""
    codecs = {name: replace(codec, segment_frames=10) for name, codec in CODECS.items()}
    monkeypatch.setattr(running, "CODECS", codecs)
    source, output = make_film(tmp_path / "film.mkv", Recipe(frames=30, sound=1)), tmp_path / "out.mkv"
    colorize_film(source, tmp_path / "unbroken.mkv", colorizer, codec="ffv1")
    parts = tmp_path / "out.mkv.parts"
    with pytest.raises(StopError):
        colorize_film(source, output, colorizer, codec="ffv1", report=stopping_at(30, StopError))
    run = started(source, output, 10, SLOW_END)
    until = time.monotonic() + 120
    wait_for(parts / "00002.safetensors", run)
    while not list(parts.glob(".*.part")):  # small as it is, it may wait in a buffer
        assert run.poll() is None and time.monotonic() < until
        time.sleep(0.01)
    kill(run)
    assert not output.exists() and parts.exists()
    outcome = colorize_film(source, output, colorizer, codec="ffv1", resume=True)
    assert outcome.resumed_frames == outcome.frames == 30
    assert pixels(output) == pixels(tmp_path / "unbroken.mkv") and packets_of(output) == packets_of(source)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["film.mkv", "out.mkv", "unbroken.mkv"]


def wait_for(path: Path, run: Any) -> None:
    until = time.monotonic() + 120
    while not path.exists():
        assert run.poll() is None and time.monotonic() < until
        time.sleep(0.005)


@pytest.mark.usefixtures("short_segments")
def test_a_full_disk_keeps_what_is_done(tmp_path: Path, colorizer: Any) -> None:
    """The system refuses longer files, as a full disk refuses all: first a segment's, then the whole film's."""
    source, output = make_film(tmp_path / "film.mp4", Recipe(frames=13)), tmp_path / "out.mkv"
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)

    def refuse_after(done: FilmProgress) -> None:
        if done.frames == 6:
            resource.setrlimit(resource.RLIMIT_FSIZE, (1000, hard))

    try:
        with pytest.raises(OSError) as refused:
            colorize_film(source, output, colorizer, codec="ffv1", report=refuse_after)
        assert "File too large" in str(refused.value)
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        parts = tmp_path / "out.mkv.parts"
        segment = (parts / "00000.nut").stat().st_size
        assert not (parts / "00001.safetensors").exists() and not list(parts.glob(".*"))
        resource.setrlimit(resource.RLIMIT_FSIZE, (segment * 2, hard))
        with pytest.raises(OSError, match="File too large"):
            colorize_film(source, output, colorizer, codec="ffv1", resume=True)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, handler)
    assert not output.exists() and sorted(parts.glob("*.safetensors"))[-1].name == "00002.safetensors"
    outcome = colorize_film(source, output, colorizer, codec="ffv1", resume=True)
    assert outcome.resumed_frames == outcome.frames == 13 == len(pixels(output))


def test_no_room_is_known_by_its_number() -> None:
    with pytest.raises(OSError) as refused:
        av.error.err_check(-errno.ENOSPC)
    assert is_disk_full(refused.value)


def test_damaged_frames_are_named_and_the_rest_goes_on(tmp_path: Path, colorizer: Any) -> None:
    source = make_film(tmp_path / "film.mp4", Recipe(frames=20, options={"g": "5", "bf": "0"}))
    with av.open(str(source)) as film:
        places = [(packet.pos, packet.size) for packet in film.demux(video=0) if packet.size]
    content = bytearray(source.read_bytes())
    for number in (6, 7, 13):
        place, size = places[number]
        content[place : place + size] = bytes(size)
    source.write_bytes(content)
    outcome = colorize_film(source, tmp_path / "out.mp4", colorizer)
    made = frames_of(tmp_path / "out.mp4")
    assert outcome.frames == len(made) == 17
    assert [round(frame.time * 25) for frame in made] == [n for n in range(20) if n not in (6, 7, 13)]
    [note] = outcome.notes
    assert note.startswith("3 frames are damaged and left out or shown as far as they go, at 0.240, 0.280, 0.520 s")


def test_a_film_that_ends_early_says_when(tmp_path: Path, colorizer: Any) -> None:
    source = make_film(tmp_path / "film.mkv", Recipe(frames=60, sound=1))
    size = source.stat().st_size
    os.truncate(source, size * 45 // 100)
    outcome = colorize_film(source, tmp_path / "out.mp4", colorizer)
    [note] = outcome.notes
    assert note.startswith("ends early: at ") and note.endswith(" s")
    assert 0 < outcome.frames < 40 and len(frames_of(tmp_path / "out.mp4")) == outcome.frames
    assert np.isfinite(frames_of(tmp_path / "out.mp4")[-1].time)
