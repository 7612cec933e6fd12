"""What goes wrong with data, and patience with what may pass: a stalled network, a server that restarts."""

import logging
from collections.abc import Callable, Sequence
from typing import TypeVar

from colorgan.files import one_line
from colorgan.hub.retry import PASSING_STATUSES, retried

T = TypeVar("T")
_LOG = logging.getLogger(__name__)

# Two minutes in all, on top of what the Hub's own client retries within one request.
RETRY_DELAYS_S = (1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0, 30.0)
_FOR_GOOD = (FileNotFoundError, PermissionError, IsADirectoryError, NotADirectoryError)


class DataError(ValueError):
    """A data set that cannot be used: one line that quotes what was asked for and says what would do."""

    def __init__(self, message: str) -> None:
        # A DataLoader raises what a worker raised with the whole traceback for a message.
        super().__init__(message.rpartition(f"{type(self).__name__}: ")[2].strip())


def with_retries(what: str, action: Callable[[], T], delays_s: Sequence[float] = RETRY_DELAYS_S) -> T:
    """The action's result; a failure that may pass is tried again after each delay, with a warning naming `what`.

    Raises DataError naming `what` when the delays are used up; any other failure is raised as it is.
    """

    def warn(error: Exception, attempt: int, delay_s: float) -> None:
        _LOG.warning("%s: %s; trying again in %g s (%d of %d)", what, one_line(error), delay_s, attempt, len(delays_s))

    try:
        return retried(action, may_pass, delays_s, warn)
    except Exception as error:
        if not may_pass(error):
            raise
        raise DataError(f"{what}: still failing after {len(delays_s)} retries: {one_line(error)}") from error


def may_pass(error: Exception) -> bool:
    """Whether another try may succeed: network and input-output errors, but no missing file and no corrupt one."""
    status = getattr(getattr(error, "response", None), "status_code", None)
    if status is not None:
        return status in PASSING_STATUSES
    # Connection failures of the Hub's client (httpx in 1.x, httpx2 in 2.x) are no OSErrors.
    if type(error).__module__.partition(".")[0] in ("httpx", "httpx2"):
        return True
    if type(error).__name__ == "OfflineModeIsEnabled" or isinstance(error, _FOR_GOOD):
        return False
    # Arrow reports corrupt bytes as an OSError too, without the number that the system gives its own.
    return isinstance(error, (TimeoutError, ConnectionError)) or (
        isinstance(error, OSError) and error.errno is not None
    )
