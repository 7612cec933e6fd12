"""Processes that run at once make the same bytes; benchmarks/same_bytes.py asks 200 of them."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from same_bytes import differences, pair

from colorgan import kernels


def test_two_processes_at_once_make_the_same_bytes() -> None:
    assert differences(pair()) == []


def test_a_difference_is_found() -> None:
    usual = {"first": "a", "again": "a", "pool": "p"}
    odd = {"first": "b", "again": "a", "pool": "p"}
    assert differences([usual, usual, odd]) == ["process 2: first, the first picture from the next"]


def test_the_painter_is_compiled_once_whoever_comes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    """And not by each of its threads, of which one would paint by what another has not."""
    monkeypatch.setattr(kernels, "_made", {})
    with ThreadPoolExecutor(4) as threads:
        made = [asked.result() for asked in [threads.submit(kernels.translated, kernels.PAINT) for _ in range(4)]]
    assert len(set(made)) == 1
