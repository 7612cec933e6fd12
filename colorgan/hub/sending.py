"""Files to a Hub repository in one commit: a reader sees all of them or none, however often the line drops."""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from huggingface_hub import CommitOperationAdd, CommitOperationDelete, HfApi, constants, get_token
from huggingface_hub.errors import HfHubHTTPError, HTTPError

from colorgan.hub.fetching import HUB_ERRORS, LOGIN, hub_reason
from colorgan.hub.retry import PASSING_STATUSES, retried

Content = bytes | Path
DELAYS_S = (1.0, 2.0, 4.0, 8.0)  # between attempts at the whole; the client has its own for most single requests
OVERTAKEN = 412  # HTTP status: somebody committed in between, or we did and the answer was lost


def send(
    files: Mapping[str, Content],
    repo_id: str,
    message: str,
    *,
    owned: Callable[[str], bool] = lambda name: False,
    private: bool = False,
    revision: str | None = None,
    token: str | None = None,
    **repository: Any,
) -> str:
    """Make the repository if need be, and commit the files -> its address.

    Args:
        files: name in the repository -> content, or where it is.
        repo_id: "user/name".
        message: of the commit.
        owned: names that an earlier commit of ours may have left; those not in `files` are deleted with it.
        private: for a new repository; an old one that is public is refused.
        revision: branch, made from main if it is new; None for main.
        token: None for HF_TOKEN or the login.
        repository: more of what `HfApi.create_repo` takes.

    Raises:
        ValueError: it cannot be done; one line that does not hold the token.
    """
    if not re.fullmatch(r"[\w.-]+/[\w.-]+", repo_id):
        raise ValueError(f"a repository on the Hub is 'user/name', got {repo_id!r}")
    check_token(token)
    api = HfApi(token=token)

    def attempt() -> str:
        return _commit(api, files, repo_id, message, owned, private, revision, repository)

    with _errors_in_one_line(repo_id, token):
        return retried(attempt, may_pass, DELAYS_S)


def prepare(repo_id: str, *, private: bool = False, revision: str | None = None) -> str:
    """See to it that `send` will work, before the hours that its files take to make -> the full "user/name".

    The login of this machine is known to the Hub and may write there, and the repository, with its branch, is made if
    it is not there. repo_id: "user/name", or "name" for one of the login's own; the rest as of `send`.

    Raises:
        ValueError: it would not work; one line.
    """
    if not re.fullmatch(r"([\w.-]+/)?[\w.-]+", repo_id):
        raise ValueError(f"a repository on the Hub is 'user/name', got {repo_id!r}")
    if constants.HF_HUB_OFFLINE:
        raise ValueError(f"cannot publish to {repo_id!r}: HF_HUB_OFFLINE is set")
    token = get_token()
    if token is None:
        raise ValueError(f"cannot publish to {repo_id!r}: the Hub wants a login: {LOGIN}")
    check_token(token)
    api = HfApi(token=token)
    with _errors_in_one_line(repo_id, token):
        login = retried(api.whoami, may_pass, DELAYS_S)
        owner, _, name = repo_id.rpartition("/")
        _check_login(login, repo_id, owner)
        repo_id = f"{owner or login['name']}/{name}"
        retried(lambda: _repository(api, repo_id, private, revision, {}), may_pass, DELAYS_S)
    return repo_id


def check_token(token: str | None) -> None:
    """Refuse what no header can carry: the client's own message would quote it."""
    if token is not None and (not token or re.search(r"[^!-~]", token)):
        raise ValueError("the token is empty, or holds spaces, line breaks or letters that no token has")


def _commit(
    api: HfApi,
    files: Mapping[str, Content],
    repo_id: str,
    message: str,
    owned: Callable[[str], bool],
    private: bool,
    revision: str | None,
    repository: Mapping[str, Any],
) -> str:
    """One attempt. Begun anew it finds what the last one did: large files that arrived, or even the whole commit."""
    kind = repository.get("repo_type")
    address, now = _repository(api, repo_id, private, revision, repository)
    there = {sibling.rfilename for sibling in now.siblings or ()}
    operations: list[Any] = [CommitOperationAdd(name, content) for name, content in files.items()]
    operations += [CommitOperationDelete(name) for name in sorted(there - files.keys()) if owned(name)]
    try:
        # On this parent and no other: a request that the client repeats cannot make a second commit.
        api.create_commit(
            repo_id, operations, commit_message=message, revision=revision, parent_commit=now.sha, repo_type=kind
        )
    except RuntimeError as error:  # what the client says of a large file, whatever went wrong
        raise error.__cause__ or error from None
    return f"{address}/tree/{revision}" if revision else address


def _repository(
    api: HfApi, repo_id: str, private: bool, revision: str | None, repository: Mapping[str, Any]
) -> tuple[str, Any]:
    """The repository and its branch, made if they are not there -> its address, and what it holds."""
    kind = repository.get("repo_type")
    address = str(api.create_repo(repo_id, private=private or None, exist_ok=True, **repository))
    if revision:
        api.create_branch(repo_id, branch=revision, repo_type=kind, exist_ok=True)
    now: Any = api.repo_info(repo_id, revision=revision, repo_type=kind)
    if private and not now.private:
        raise ValueError(f"{repo_id!r} is there already and public: make it private in its settings, or take another")
    return address, now


def _check_login(login: Mapping[str, Any], repo_id: str, owner: str) -> None:
    """Refuse a login that may not write where this is to go, as far as it tells."""
    role = login.get("auth", {}).get("accessToken", {}).get("role")
    if role == "read":
        raise ValueError(f"cannot publish to {repo_id!r}: this token may only read; make one that may write")
    writers = [login["name"], *(one["name"] for one in login.get("orgs", ()))]
    if owner and owner not in writers:
        raise ValueError(f"cannot publish to {repo_id!r}: this login may write to {', '.join(writers)}, not to {owner}")


@contextmanager
def _errors_in_one_line(repo_id: str, token: str | None) -> Iterator[None]:
    """Turn what the client raises into a ValueError that does not hold the token."""
    try:
        yield
    except json.JSONDecodeError as error:
        raise ValueError(f"cannot publish to {repo_id!r}: what answers there is no Hub; try again later") from error
    except HUB_ERRORS as error:
        raise ValueError(f"cannot publish to {repo_id!r}: {_without_token(hub_reason(error, token), token)}") from error


def may_pass(error: Exception) -> bool:
    """Whether another try at what the client raised this of may succeed."""
    if isinstance(error, HfHubHTTPError):
        return error.response.status_code in (*PASSING_STATUSES, OVERTAKEN)
    return isinstance(error, HTTPError | json.JSONDecodeError)  # a proxy's error page is no JSON


def _without_token(words: str, token: str | None) -> str:
    secret = token or get_token()
    return words.replace(secret, "(the token)") if secret else words
