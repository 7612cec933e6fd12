"""What every request to the study passes: rate limits, same origin, size and form; and what an error looks like."""

import json
import sys
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response

from colorgan.voting.privacy import RateLimiter

MAX_BODY_BYTES = 4096
RETRY_AFTER_S = 2
NO_STORE = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
}
Handler = Callable[..., Response]
Endpoint = Callable[[Request], Awaitable[Response]]


class RefusedError(Exception):
    """A request that gets no answer: an HTTP status and one line on why."""

    def __init__(self, status: int, line: str):
        super().__init__(line)
        self.status, self.line = status, line


def guarded(handler: Handler, *limiters: RateLimiter, takes_json: bool = False) -> Endpoint:
    """A synchronous handler as an endpoint: checked here, run in the thread pool, its refusals as JSON.

    Args:
        handler: takes the request, and with `takes_json` the object that was posted.
        limiters: each must let the client's address pass.
        takes_json: whether it is a POST, which must come from our own pages.
    """

    async def endpoint(request: Request) -> Response:
        try:
            check_rate(request, *limiters)
            arguments = [await _posted(request)] if takes_json else []
            return await run_in_threadpool(handler, request, *arguments)
        except RefusedError as refusal:
            return refused(refusal.status, refusal.line)
        except ClientDisconnect:
            return refused(400, "the request ended before its body")  # nobody reads it
        except (OperationalError, InterfaceError, PoolTimeout):
            return refused(503, "the study's database does not answer, please try again in a moment")

    return endpoint


def check_rate(request: Request, *limiters: RateLimiter) -> None:
    """Refuse an address that asks too often. A broken client without an address shares one allowance."""
    address = request.client.host if request.client else "unknown"
    for limiter in limiters:
        if not limiter.allow(address):
            raise RefusedError(429, "too many requests from this address, please slow down")


def answered(values: dict[str, Any]) -> JSONResponse:
    """A reply that nothing keeps."""
    return JSONResponse(values, headers=NO_STORE)


def refused(status: int, line: str) -> JSONResponse:
    """An error as the pages read it."""
    retry = {"Retry-After": str(RETRY_AFTER_S)} if status in (429, 503) else {}
    return JSONResponse({"error": line}, status, headers=NO_STORE | retry)


def report(line: str) -> None:
    """Tell the operator, not the participant."""
    sys.stderr.write(f"colorgan study: {line}\n")


async def _posted(request: Request) -> dict[str, Any]:
    """The JSON object of a POST from our own pages."""
    if not _same_origin(request):
        raise RefusedError(403, "answers are taken from the study's own pages only")
    if request.headers.get("content-type", "").split(";")[0].strip().lower() != "application/json":
        raise RefusedError(403, "the body must be application/json")
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BODY_BYTES:
            raise RefusedError(413, f"the body may have {MAX_BODY_BYTES} bytes")
    try:
        values = json.loads(body)
    except (ValueError, RecursionError):  # brackets nested too deep are no JSON of ours either
        raise RefusedError(400, "the body is not JSON") from None
    if not isinstance(values, dict):
        raise RefusedError(400, "the body must be a JSON object")
    return values


def _same_origin(request: Request) -> bool:
    """Browsers say where a request comes from, and no script can change it; programs need not say anything."""
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site == "same-origin"
    origin = request.headers.get("origin")
    return origin is None or urlsplit(origin).netloc == request.headers.get("host")
