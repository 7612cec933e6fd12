"""What people are told when something does not work, in sentences without a name of a class."""

import errno

from colorgan.photo import PhotoError
from colorgan.web.quota import QuotaError

GONE_FILM = "This film is no longer here: the page was left alone for too long. Please choose it again."
GONE = "These photos are no longer here: the page was left alone for too long. Please choose them again."
NOT_DONE = "That did not work: this page is busy, or lost these photos. If it stays so, please start over."


def describe_failure(error: Exception, what: str = "photo") -> str:
    """Why a photo, or a film, has no colours, or no file, for the person who brought it."""
    if isinstance(error, PhotoError | QuotaError):
        return str(error)
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return "the disk of this computer is full"
    if isinstance(error, MemoryError):
        return f"this {what} is too large for the memory of this computer"
    return f"something unexpected went wrong with this {what}"


def as_sentence(reason: str) -> str:
    """A reason as a sentence of its own."""
    return reason[:1].upper() + reason[1:] + ("" if reason.endswith((".", "!", "?")) else ".")
