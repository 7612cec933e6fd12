from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pytest
import torch
from cases.shots import Picture, dissolved, faded, film, flashed, pan, seen
from cases.words import untrained_words
from torch import Tensor
from torch.nn import functional

from colorgan import Colorizer
from colorgan.film import motion
from colorgan.film.colours import KEY_FRAMES, FilmColours
from colorgan.film.views import small_frame

A, B = pan(0, 20), pan(1, 20)


@pytest.fixture(scope="module")
def colorizer() -> Colorizer:
    colorizer = untrained_words()
    colorizer.view_size = 128  # at 64 there is too little to tell two scenes apart by
    return colorizer


@pytest.fixture
def counted(colorizer: Colorizer, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """The frames that the network looks at."""
    looks, predict = list[int](), colorizer.predict

    def counting(images: Any, **how: Any) -> Any:
        looks.append(len(images))
        return predict(images, **how)

    monkeypatch.setattr(colorizer, "predict", counting)
    yield looks


def coloured(colours: FilmColours, pictures: Sequence[Picture], first: int = 0) -> list[Tensor]:
    given = list(film(pictures, first))
    made = list(colours.colour(given))
    assert [frame.number for frame, _ in made] == [frame.number for frame in given]
    return [lines for _, lines in made]


def ab_of(lines: Tensor, picture: Picture, colorizer: Colorizer) -> Tensor:
    """The ab (2, h, w) that lines give a picture of a film."""
    [frame] = film([picture])
    lightness = torch.from_numpy(small_frame(frame.pixels, colorizer).lightness)
    lines = functional.interpolate(lines[None], lightness.shape, mode="area")[0]  # a photo's are twice the size
    return lines[:2] * lightness + lines[2:]


def unlike(first: Sequence[Tensor], second: Sequence[Tensor]) -> list[float]:
    return [float((one - other).abs().max()) for one, other in zip(first, second, strict=True)]


def test_no_colour_crosses_a_cut(colorizer: Colorizer) -> None:
    """What comes after a cut is what it would be without what was before it, to the bit."""
    both = coloured(FilmColours(colorizer), A[:12] + B[:10])
    alone = coloured(FilmColours(colorizer), A[:12]) + coloured(FilmColours(colorizer), B[:10])
    assert unlike(both, alone) == [0.0] * len(both)


@pytest.mark.parametrize(
    "pictures",
    [A[:10] + B[:10], A[:8] + B[:3] + A[11:], flashed(A, 8, 3), faded(A, 1.0, 0.0), faded(A, 0.0, 1.0)],
    ids=["a cut", "an interruption", "a flash", "a fade out", "a fade in"],
)
def test_a_restored_state_goes_on_as_if_nothing_had_been(colorizer: Colorizer, pictures: Sequence[Picture]) -> None:
    """Segments of five frames: one process, and a new one for each."""
    parts = [pictures[start : start + 5] for start in range(0, 20, 5)]
    whole, state = FilmColours(colorizer), dict[str, Tensor]()
    for number, part in enumerate(parts):
        resumed = FilmColours(colorizer)
        resumed.restore(state)
        ours, theirs = coloured(whole, part, 5 * number), coloured(resumed, part, 5 * number)
        assert unlike(ours, theirs) == [0.0] * 5
        state = {name: tensor.clone() for name, tensor in resumed.state().items()}
        assert state.keys() == whole.state().keys()
        assert all(torch.equal(tensor, state[name]) for name, tensor in whole.state().items())


def test_the_network_looks_at_key_frames_alone(colorizer: Colorizer, counted: list[int]) -> None:
    coloured(FilmColours(colorizer), A)
    assert sum(counted) <= 2 + len(A) / KEY_FRAMES


def test_colours_stay_with_what_they_belong_to(colorizer: Colorizer) -> None:
    """Grain makes a network change its mind from frame to frame: joined, colours change by less than half as much,
    and in the mean they are the colours that it says."""
    grain = np.random.default_rng(0)
    noisy = [(picture + grain.normal(0, 6, picture.shape)).astype(np.float32) for picture in pan(0, 17, speed=0.0)]
    lines = coloured(FilmColours(colorizer), noisy)
    ours = torch.stack([ab_of(one, picture, colorizer) for one, picture in zip(lines, noisy, strict=True)])
    said = [colorizer.predict([frame.image])[0].lines[0] for frame in film(noisy)]
    theirs = torch.stack([ab_of(one, picture, colorizer) for one, picture in zip(said, noisy, strict=True)])
    assert ours.diff(dim=0).abs().mean() < 0.5 * theirs.diff(dim=0).abs().mean()
    assert (ours.mean(0) - theirs.mean(0)).abs().mean() < 0.15 * theirs.abs().mean()


def test_a_flash_changes_no_colour_after_it(colorizer: Colorizer) -> None:
    plain, lit = coloured(FilmColours(colorizer), A), coloured(FilmColours(colorizer), flashed(A, 9, 2))
    after = [ab_of(one[-1], A[-1], colorizer) for one in (plain, lit)]
    fresh = ab_of(coloured(FilmColours(colorizer), A[-1:])[0], A[-1], colorizer)
    assert (after[0] - after[1]).abs().mean() < 0.25 * (after[0] - fresh).abs().mean()


def test_after_a_dissolve_the_colours_are_the_second_shots(colorizer: Colorizer) -> None:
    """No cut says so: what is remembered gives way as the lightness that came with it goes."""
    first, second = pan(0, 30), pan(1, 46)
    film_of_both = [*first[:6], *dissolved(first[6:], second[:24]), *second[24:]]
    left = ab_of(coloured(FilmColours(colorizer), film_of_both)[-1], second[-1], colorizer)
    alone = ab_of(coloured(FilmColours(colorizer), second)[-1], second[-1], colorizer)
    assert (left - alone).abs().mean() < 0.15 * alone.abs().mean()


def test_vividness_scales_chroma(colorizer: Colorizer) -> None:
    plain, calm = coloured(FilmColours(colorizer), A[:3]), coloured(FilmColours(colorizer, vividness=0.5), A[:3])
    assert max(unlike([one * 0.5 for one in plain], calm)) < 1e-5


def test_the_bars_of_a_film_stay_gray(colorizer: Colorizer) -> None:
    barred = [np.pad(picture[:80], ((20, 20), (0, 0))) for picture in A[:12]]
    for lines in coloured(FilmColours(colorizer), barred):
        rows = lines.shape[1]
        assert not lines[:, : rows // 8].any() and not lines[:, -(rows // 8) :].any() and lines[:, rows // 2].any()


def test_places_that_come_from_nowhere_are_not_trusted() -> None:
    """A pan of 6 pixels: what is new at the edge has no origin, the rest has."""
    before, after = seen(pan(5, 3, speed=6.0)[1]), seen(pan(5, 3, speed=6.0)[2])
    finder = motion.MotionFinder()
    found = finder.motion(before, after, finder.flow(after, before))
    trusted = motion.trust(
        motion.carry(motion.field_of(np.zeros((60, 80, 2), np.float32), before.lightness), found.there), after
    )
    assert trusted[5:-5, 5:-6].mean() > 0.9 and trusted[5:-5, -2:].mean() < 0.3


@pytest.mark.parametrize("threads", [1, 3])
def test_the_flow_hangs_on_no_number_of_threads(threads: int) -> None:
    cv2 = motion.opencv()
    before, after = seen(A[0]), seen(A[3])
    usual, wanted = cv2.getNumThreads(), motion.MotionFinder().flow(after, before)
    cv2.setNumThreads(threads)
    try:
        assert (motion.MotionFinder().flow(after, before) == wanted).all()
    finally:
        cv2.setNumThreads(usual)


def test_without_opencv_one_line_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(motion, "extra", lambda name: None)
    with pytest.raises(ValueError, match=r"pip install 'colorgan\[film\]'"):
        motion.MotionFinder()
