"""The measures of benchmarks/film.py."""

import film
import numpy as np
import pytest


def test_the_true_films_change_as_others_measured() -> None:
    """CDC of the first 80 frames, by another program (issue 24's, ../shared/design/stack.md): 0.0051 and 0.0274."""
    assert film.cdc(film.read(film.CLIPS / film.FILMS["carphone"], 80)) == pytest.approx(0.0051, abs=5e-5)


def test_what_does_not_change_has_no_error() -> None:
    pictures = [np.random.default_rng(0).integers(0, 256, (60, 80, 3), dtype=np.uint8)] * 6
    same = film.measures(pictures, pictures, film.ways(pictures))
    assert same["cdc"] == 0.0 and same["warp_error"] < 1e-3 and same["chroma"] == 1.0


def test_two_unlike_distributions_are_a_bit_apart() -> None:
    assert film.jensen_shannon(np.array([1.0, 0.0]), np.array([0.0, 1.0])) == 1.0


def test_a_flicker_of_colour_is_measured() -> None:
    """Frames of one gray scene, tinted by turns: the warp error is how far apart the tints are."""
    gray = np.random.default_rng(0).integers(40, 216, (15, 20), dtype=np.uint8).repeat(4, 0).repeat(4, 1)
    true = [np.dstack((gray, gray, gray))] * 6
    tinted = [np.dstack((gray, gray, gray + np.uint8(30 * (number % 2)))) for number in range(6)]
    before, after = (film.ab_of(picture) for picture in tinted[:2])
    apart = float(np.linalg.norm(after - before, axis=2).mean())
    figures = film.measures(tinted, true, film.ways(true))
    assert figures["warp_error"] == pytest.approx(apart, rel=0.02) and figures["cdc"] > 0.02
