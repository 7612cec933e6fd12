from collections.abc import Sequence

import numpy as np
import pytest
from cases.shots import Picture, dissolved, faded, flashed, pan, seen

from colorgan.film.shots import Shots

A, B = pan(0, 16), pan(1, 16)
BLACK = [np.zeros_like(A[0])] * 3


def shots_of(pictures: Sequence[Picture], split: int | None = None) -> list[int]:
    """The shot of each picture; told by a second `Shots`, that knows the first one's state, from `split` on."""
    shots, told = Shots(), list[int]()
    for number, picture in enumerate(pictures):
        if number == split:
            state, shots = shots.state(), Shots()
            shots.restore(state)
        told.append(shots.step(seen(picture)).shot)
    return told


FILMS = {
    "a pan": (A, [0] * 16),
    "a fast pan": (pan(2, 10, speed=7.0), [0] * 10),
    "a cut": (A[:8] + B[:8], [0] * 8 + [1] * 8),
    "cuts to and fro": (A[:8] + B[:8] + pan(3, 4), [0] * 8 + [1] * 8 + [2] * 4),
    "back soon, a flash": (A[:8] + B[:3] + A[11:], [0] * 8 + [1] * 3 + [0] * 5),
    "back late, a shot": (A[:8] + B[:8] + A[8:], [0] * 8 + [1] * 8 + [2] * 8),
    "out of black": (BLACK + faded(A, 0.02, 1), [0] * 19),
    "to black and back": (faded(A[:8], 1, 0) + BLACK + faded(A[8:], 0.1, 1), [0] * 19),
    "a fade to another": (faded(A[:8], 1, 0) + BLACK + faded(B[8:], 0.1, 1), [0] * 11 + [1] * 8),
    "a white flash": (flashed(A, 6, 3), [0] * 16),
    "a brighter moment": (flashed(A, 6, 3, floor=120.0), [0] * 16),
    "a white flash over a cut": (flashed(A[:8] + B[:8], 7, 2), [0] * 9 + [1] * 7),
}


@pytest.mark.parametrize("name", FILMS)
def test_shots_end_at_cuts_alone(name: str) -> None:
    pictures, wanted = FILMS[name]
    assert shots_of(pictures) == wanted


@pytest.mark.parametrize("split", [3, 8, 9, 11])
def test_a_state_is_all_that_is_known(split: int) -> None:
    pictures = A[:8] + B[:3] + A[11:]
    assert shots_of(pictures, split) == shots_of(pictures)


def test_a_dissolve_is_no_cut() -> None:
    """Of long dissolves no frame is unlike the one before it; what is remembered gives way (test_colours.py)."""
    assert shots_of(dissolved(A, B)) == [0] * 16
