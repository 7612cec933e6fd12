"""What another thread makes ahead."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from colorgan.film.ahead import ahead


def test_items_are_made_before_they_are_asked_for_and_no_more_than_said() -> None:
    third, made = threading.Event(), list[int]()

    def items() -> Iterator[int]:
        for number in range(1, 10):
            made.append(number)
            if number == 3:
                third.set()
            yield number

    with ThreadPoolExecutor(1) as worker:
        coming = ahead(items(), worker, 2)
        assert next(coming) == 1
        assert third.wait(100)
        worker.submit(int).result()  # behind all that was asked of it
        assert made == [1, 2, 3]
        assert list(coming) == list(range(2, 10))


def test_an_error_comes_in_its_place() -> None:
    def items() -> Iterator[int]:
        yield 1
        raise ValueError("the second")

    with ThreadPoolExecutor(1) as worker:
        coming = ahead(items(), worker, 4)
        assert next(coming) == 1
        with pytest.raises(ValueError, match="the second"):
            next(coming)


def test_what_is_closed_early_drops_what_nobody_made() -> None:
    made, begun, held = list[int](), threading.Event(), threading.Event()

    def items() -> Iterator[int]:
        for number in range(9):
            if number == 1:
                begun.set()
                held.wait(100)
            made.append(number)
            yield number

    with ThreadPoolExecutor(1) as worker:
        coming = ahead(items(), worker, 4)
        assert next(coming) == 0
        assert begun.wait(100)
        coming.close()
        held.set()
    assert made == [0, 1]
