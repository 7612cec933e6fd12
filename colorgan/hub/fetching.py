"""A model's files from the Hub: all of one commit, as they were published, or one line that says why not."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from huggingface_hub import (
    constants,
    get_hf_file_metadata,
    get_token,
    hf_hub_download,
    hf_hub_url,
    try_to_load_from_cache,
)
from huggingface_hub.errors import (
    EntryNotFoundError,
    GatedRepoError,
    HfHubHTTPError,
    HFValidationError,
    HTTPError,
    LocalEntryNotFoundError,
    OfflineModeIsEnabled,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)

from colorgan.files import git_sha1, one_line, sha256

HUB_ERRORS = (HTTPError, HFValidationError, EntryNotFoundError, OSError)  # what the client raises, all of it
_HASH = re.compile(r"[0-9a-f]{64}|[0-9a-f]{40}")
ANSWER_SECONDS = 4.0  # to wait for the Hub, twice; its client alone goes on for minutes
LOGIN = "set HF_TOKEN or run `hf auth login`"


def pinned_revision(model_id: str, **options: Any) -> str:
    """The commit that a model's branch points to now, by way of its config.json; options as of `fetched`.

    Files fetched at a branch's name one after the other could be of two models, when someone publishes in between.
    """
    return commit_of(first_fetched(model_id, constants.CONFIG_NAME, **options))


def first_fetched(model_id: str, name: str, **options: Any) -> Path:
    """`fetched` for the first file of a model: without a network the cache's, or an error, in under 10 seconds.

    The client waits once where it has the file, but for minutes where it has not; so the Hub is asked before it.
    """
    place = {option: options.get(option) for option in ("subfolder", "revision")}
    path = f"{place['subfolder']}/{name}" if place["subfolder"] else name
    where = {"revision": place["revision"], "cache_dir": options.get("cache_dir")}
    kept = isinstance(try_to_load_from_cache(model_id, path, **where), str) and not options.get("force_download")
    if not kept and not options.get("local_files_only") and not constants.HF_HUB_OFFLINE:
        silence = _silence(hf_hub_url(model_id, name, **place), options.get("token"))
        if silence is not None:
            raise LocalEntryNotFoundError(f"{name} is not in the cache") from silence
    return fetched(model_id, name, etag_timeout=ANSWER_SECONDS, **options)


def _silence(address: str, token: str | bool | None) -> HTTPError | None:
    """Why the Hub cannot be reached; None if it answers, whatever it says, at the first or the second time."""
    error = None
    for _ in range(2):
        try:
            get_hf_file_metadata(address, token=token, timeout=ANSWER_SECONDS)
        except HfHubHTTPError:
            return None
        except HTTPError as silence:
            error = silence
        except Exception:  # `fetched` meets it again, and knows what to say
            return None
        else:
            return None
    return error


def fetched(model_id: str, name: str, **options: Any) -> Path:
    """A file of a model, compared with the hash that the Hub names it by; fetched once more if they differ.

    Args:
        model_id: "user/model".
        name: of the file.
        options: as of `hf_hub_download`, subfolder among them.

    Raises:
        ValueError: it is damaged, and came damaged again or cannot be fetched again; one line.
        HUB_ERRORS: the Hub does not give it.
    """
    path = Path(hf_hub_download(model_id, name, **options))
    if _is_intact(path, _hash_on_the_hub(path, model_id, name, **options)):
        return path
    if not path.is_symlink():
        path.unlink()  # or the client leaves it where it is, and puts the new one elsewhere
    try:
        path = Path(hf_hub_download(model_id, name, **{**options, "force_download": True}))
    except (*HUB_ERRORS, ValueError) as error:
        raise ValueError(f"{name} of {model_id!r} in the cache is damaged, and cannot be fetched again") from error
    if not _is_intact(path, _hash_on_the_hub(path, model_id, name, **options)):
        raise ValueError(f"{name} of {model_id!r} came damaged twice: its hash is not the Hub's; try again later")
    return path


def fetched_file(model_id: str, name: str, **options: Any) -> Path | None:
    """A file that a model may have beside its weights; None where it has none, or the Hub does not give it."""
    try:
        return fetched(model_id, name, **options)
    except (*HUB_ERRORS, ValueError):
        return None


def commit_of(path: Path) -> str:
    """The commit of a file of the cache, which keeps it as snapshots/COMMIT/NAME, in subfolders if it has them."""
    return next(folder.name for folder in path.parents if folder.parent.name == "snapshots")


def _hash_on_the_hub(path: Path, model_id: str, name: str, **options: Any) -> str:
    """What the Hub names a file of the cache by; "" where that cannot be told.

    The cache keeps a file under that name, and a link to it under its own; that may be a link, too, to a store with
    hashes of another kind. Where there are no symbolic links (Windows) it forgets the hash, and the Hub is asked.
    """
    if path.is_symlink():
        return path.readlink().name
    if options.get("local_files_only"):
        return ""
    try:
        address = hf_hub_url(model_id, name, subfolder=options.get("subfolder"), revision=commit_of(path))
        return get_hf_file_metadata(address, token=options.get("token")).etag or ""
    except HUB_ERRORS:
        return ""


def _is_intact(path: Path, expected: str) -> bool:
    """Whether a file has its hash: SHA-256 of large ones, git's SHA-1 of the others. True where no hash is known."""
    if not _HASH.fullmatch(expected):
        return True
    return (sha256(path) if len(expected) == 64 else git_sha1(path)) == expected


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
