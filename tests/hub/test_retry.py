"""Another try at what may pass, in the Hub's wire and in data sets alike."""

import pytest
from cases.hub import waits

from colorgan.hub.retry import retried

__all__ = ["waits"]  # a fixture that lives elsewhere


def failing(times: int, error: Exception) -> list[Exception]:
    return [error] * times


@pytest.mark.parametrize("failures", [0, 1, 2])
def test_what_passes_is_tried_again(waits: list[float], failures: int) -> None:
    left, heard = failing(failures, TimeoutError("slow")), []

    def action() -> str:
        if left:
            raise left.pop()
        return "done"

    assert retried(action, lambda error: True, (1.0, 2.0), lambda *told: heard.append(told[1:])) == "done"
    assert waits == [1.0, 2.0][:failures]
    assert heard == [(1, 1.0), (2, 2.0)][:failures]


def test_patience_ends(waits: list[float]) -> None:
    calls = []

    def action() -> None:
        calls.append(1)
        raise TimeoutError("slow")

    with pytest.raises(TimeoutError):
        retried(action, lambda error: True, (1.0, 2.0))
    assert (len(calls), waits) == (3, [1.0, 2.0])


def test_what_cannot_pass_is_not_tried_again(waits: list[float]) -> None:
    calls = []

    def action() -> None:
        calls.append(1)
        raise FileNotFoundError("gone")

    with pytest.raises(FileNotFoundError):
        retried(action, lambda error: isinstance(error, TimeoutError), (1.0,))
    assert (len(calls), waits) == (1, [])
