"""Patience with what may pass: a network that stalls, a server that restarts, somebody who was a moment faster."""

import time
from collections.abc import Callable, Sequence
from typing import TypeVar

T = TypeVar("T")
PASSING_STATUSES = (408, 429, 500, 502, 503, 504)  # of HTTP: another try may succeed


def retried(
    action: Callable[[], T],
    may_pass: Callable[[Exception], bool],
    delays_s: Sequence[float],
    before_retry: Callable[[Exception, int, float], None] = lambda error, attempt, delay_s: None,
) -> T:
    """The action's result; after a failure that may pass it is tried again, once for each delay.

    `before_retry` hears of every failure that is tried again: the error, how many there have been, and the delay in
    seconds. Raises what the action raises: at once where it cannot pass, otherwise when the delays are used up.
    """
    for attempt, delay_s in enumerate(delays_s, start=1):
        try:
            return action()
        except Exception as error:
            if not may_pass(error):
                raise
            before_retry(error, attempt, delay_s)
        time.sleep(delay_s)
    return action()
