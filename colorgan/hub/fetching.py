"""A model's files from the Hub: all of one commit, as they were published, or one line that says why not."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from huggingface_hub import constants, get_token, hf_hub_download
from huggingface_hub.errors import (
    EntryNotFoundError,
    GatedRepoError,
    HfHubHTTPError,
    HFValidationError,
    HTTPError,
    OfflineModeIsEnabled,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)

from colorgan.files import one_line, sha256

HUB_ERRORS = (HTTPError, HFValidationError, EntryNotFoundError, OSError)  # what the client raises, all of it
LOGIN = "set HF_TOKEN or run `hf auth login`"


def pinned_revision(model_id: str, **options: Any) -> str:
    """The commit that a model's branch points to now, by way of its config.json; options as of `hf_hub_download`.

    Files fetched at a branch's name one after the other could be of two models, when someone publishes in between.
    """
    path = Path(hf_hub_download(model_id, constants.CONFIG_NAME, **options))
    return path.parent.name  # the cache keeps files as snapshots/COMMIT/NAME


def fetched_weights(model_id: str, **options: Any) -> Path:
    """A model's weights, compared with the SHA-256 that the Hub names them by; fetched once more if they differ.

    Raises:
        ValueError: they are damaged again; one line.
    """
    path = Path(hf_hub_download(model_id, constants.SAFETENSORS_SINGLE_FILE, **options))
    if is_intact(path):
        return path
    try:
        path = Path(hf_hub_download(model_id, constants.SAFETENSORS_SINGLE_FILE, **{**options, "force_download": True}))
    except (*HUB_ERRORS, ValueError) as error:
        raise ValueError(
            f"the weights of {model_id!r} in the cache are damaged, and cannot be fetched again"
        ) from error
    if not is_intact(path):
        raise ValueError(
            f"the weights of {model_id!r} came damaged twice: their SHA-256 is not what the Hub says; try again later"
        )
    return path


def fetched_file(model_id: str, name: str, **options: Any) -> Path | None:
    """A file that a model may have beside its weights; None where it has none, or the Hub does not give it."""
    try:
        return Path(hf_hub_download(model_id, name, **options))
    except HUB_ERRORS:
        return None


def is_intact(path: Path) -> bool:
    """Whether a file of the cache has the SHA-256 that it is kept under; True where it is kept under no such name."""
    kept_as = path.resolve().name
    if not re.fullmatch(r"[0-9a-f]{64}", kept_as):
        return True  # without symbolic links the cache forgets what the Hub said
    return sha256(path) == kept_as


def hub_reason(error: BaseException, token: str | bool | None = None) -> str:
    """Why the Hub did not do what was asked, in a few words that end a line. Never holds the token."""
    for kind, words in _REASONS:
        if isinstance(error, kind):
            return words(error, token)
    return one_line(error)


def _logged_in(token: str | bool | None) -> bool:
    return bool(get_token() if token is None or token is True else token)


def _not_there(error: Any, token: str | bool | None) -> str:
    if _logged_in(token):
        return "there is no such repository that this login may see"
    return f"there is no such repository, or it is private: then {LOGIN}"


def _no_revision(error: Any, token: str | bool | None) -> str:
    found = re.search(r"/(?:resolve|revision|tree|commit|preupload)/([^/?]+)", str(error.response.url))
    return f"there is no revision {found[1]!r} of it" if found else "there is no such revision of it"


def _no_entry(error: Any, token: str | bool | None) -> str:
    """A file that is not in the repository, or not in the cache while the Hub cannot be asked."""
    if isinstance(error, HfHubHTTPError):
        found = re.search(r"/resolve/[^/]+/([^?]+)", str(error.response.url))
        return f"it has no {found[1]}" if found else "a file is not there"
    cause = error.__cause__
    if isinstance(cause, OfflineModeIsEnabled) and constants.HF_HUB_OFFLINE:
        return "HF_HUB_OFFLINE is set, and it is not in the cache"
    if isinstance(cause, HTTPError):
        return f"{hub_reason(cause, token)}, and it is not in the cache"
    return "it is not in the cache, and nowhere else may be looked"


def _by_status(error: Any, token: str | bool | None) -> str:
    status = error.response.status_code
    if status == 401:
        return "the Hub does not know this token" if _logged_in(token) else f"the Hub wants a login: {LOGIN}"
    if status == 403:
        return "this token may not do that there"
    if status == 429:
        return "the Hub wants fewer requests (status 429); try again later"
    if status >= 500:
        return f"the Hub fails (status {status}); try again later"
    said = error.response.headers.get("X-Error-Message") or error.server_message or ""
    return f"the Hub refuses (status {status})" + (f": {said.splitlines()[0]}" if said.strip() else "")


def _no_connection(error: Any, token: str | bool | None) -> str:
    return f"no connection to {constants.ENDPOINT}"


_REASONS: tuple[tuple[type[Exception], Callable[[Any, str | bool | None], str]], ...] = (  # the special ones first
    (GatedRepoError, lambda error, token: "it is gated: accept its terms on its page, with the same login"),
    (RepositoryNotFoundError, _not_there),
    (RevisionNotFoundError, _no_revision),
    (EntryNotFoundError, _no_entry),
    (HFValidationError, lambda error, token: "an id on the Hub looks like 'user/model'"),
    (HfHubHTTPError, _by_status),
    (OfflineModeIsEnabled, lambda error, token: "HF_HUB_OFFLINE is set"),
    (HTTPError, _no_connection),
)
