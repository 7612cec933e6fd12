"""What every request passes on its way to Gradio and back: who asks, by what name, from whose page, for what.

One room for all rules of requests, as an ASGI middleware. Gradio serves more than the pages need (other servers' files,
its own development tools) and believes more than it should (any host name, any page's requests, any file of its cache
folder): here is what remains. What a visitor sends is checked in sent.py.
"""

import re
import sys
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from http.cookies import SimpleCookie
from secrets import token_urlsafe
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import get_route_path
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from colorgan.files import one_line
from colorgan.web.address import HostNames, frame_ancestors, is_own_name
from colorgan.web.masks import Masks
from colorgan.web.quota import QuotaError
from colorgan.web.sent import Events, RefusedEventError
from colorgan.web.uploads import Uploads

COOKIE = "colorgan_visitor"
_TOKEN = re.compile(r"[A-Za-z0-9_-]{22}")
_API = "/gradio_api/"
_FILE = "/gradio_api/file="
_JSON_BYTES = 4 * 2**20  # of an event: a thousand hints with their lassos
_PAGES = r"/|/(compare|film)/?|/vote|/quick|/results(/.*)?|/study/.*|/study-assets/.*"
_PARTS = r"/(assets|static|svelte)/.*|/theme\.css|/favicon\.ico|/robots\.txt|/manifest\.json|/config/?|/openapi\.json"
_CALLS = (
    r"info/?|openapi\.json|app_id/?|startup-events|theme\.css|upload|upload_progress|queue/(join|data|status)|cancel"
)
_CALLS += r"|component_server/?|heartbeat/[^/]+|reset/?|call/(v2/)?colorize/?|call/(v2/)?colorize/[^/]+|file=.+"
_SERVED = re.compile(rf"{_PAGES}|{_PARTS}|{_API}({_CALLS})")
_EVENTS = re.compile(rf"{_API}(queue/join|component_server/?|cancel|call/(v2/)?colorize/?)")
_MASKED = ("text/html", "application/json", "text/event-stream", "text/plain")
# Gradio's pages hold scripts of their own, and make functions of the text of ours.
_POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' blob: data:; font-src 'self' data:; connect-src 'self' blob: data:; worker-src 'self' blob:; "
    "media-src 'self' blob:; object-src 'none'; base-uri 'self'; form-action 'self'; "
)
_FORWARDED = (b"forwarded", b"x-forwarded-", b"x-real-ip")


class RefusedRequestError(Exception):
    """A request that gets no answer: an HTTP status and one line on why."""

    def __init__(self, status: int, line: str):
        super().__init__(line)
        self.status = status


@dataclass(frozen=True)
class Door:
    """What the gate goes by: the server's names, the proxies that it believes, what files are called, and whose."""

    names: HostNames
    proxies: Sequence[str]
    masks: Masks
    uploads: Uploads
    events: Events
    more: frozenset[str] = frozenset()  # paths that are served as well


class Gate:
    """The middleware. It stands innermost: nothing has been compressed yet on the way out."""

    def __init__(self, app: ASGIApp, door: Door):
        self.app, self.door = app, door
        self._behind_proxy = ProxyHeadersMiddleware(self._pass, list(door.proxies))  # type: ignore[arg-type]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse, answer or hand on."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        peer = scope["client"][0] if scope.get("client") else None
        if peer in self._behind_proxy.trusted_hosts:
            await self._behind_proxy(scope, receive, send)  # type: ignore[arg-type]
        else:
            await self._pass({**scope, "headers": _without_forwarded(scope["headers"])}, receive, send)

    async def _pass(self, scope: Scope, receive: Receive, send: Send) -> None:
        answer = _Answer(send, self.door.masks)
        try:
            await self._answer(scope, receive, answer)
        except (RefusedRequestError, RefusedEventError, QuotaError) as refusal:
            await self._refuse(scope, receive, answer, getattr(refusal, "status", 413), str(refusal))
        except Exception as error:  # of Gradio's, on what it did not expect
            if answer.started:
                raise
            line = one_line(error, name_class=True).encode(errors="replace")
            sys.stderr.write(f"colorgan page: {scope['method']}: {self.door.masks.hide(line).decode()}\n")
            await self._refuse(scope, receive, answer, 400, "this request cannot be read")

    async def _answer(self, scope: Scope, receive: Receive, answer: "_Answer") -> None:
        headers, path = Headers(scope=scope), get_route_path(scope)
        self._check_who_asks(headers)
        if not _SERVED.fullmatch(path) and path not in self.door.more:
            raise RefusedRequestError(404, "there is no such page")
        visitor, token = self._visitor(scope, headers)
        if path == f"{_API}upload" and scope["method"] == "POST":
            await self._upload(Request(scope, receive), visitor)(scope, receive, answer)
            return
        if path.startswith(_FILE):
            real = self.door.masks.path(path[len(_FILE) :])
            if real is None:
                raise RefusedRequestError(403, "there is no such file")
            scope = {**scope, "path": scope["path"].removesuffix(path[len(_FILE) :]) + real}
            scope.pop("raw_path", None)
        elif _EVENTS.fullmatch(path) and scope["method"] == "POST":
            sent = self.door.masks.show(await _body(Request(scope, receive)))
            self.door.events.check(path, sent, visitor)
            scope, receive = _with_body(scope, sent), _replayed(sent, receive)
        elif "session_hash" in (query := Request(scope).query_params):
            self.door.events.check_session(query["session_hash"], visitor)
        if token is not None and (path == "/" or path.startswith(("/compare", "/film"))):
            answer.cookie = _cookie(token, scope, headers)
        await self.app(scope, receive, answer)

    def _check_who_asks(self, headers: Headers) -> None:
        """By one of our names, and from one of our pages: browsers say which page, and no script can change it."""
        host = headers.get("x-forwarded-host") or headers.get("host", "")
        if host not in self.door.names:
            raise RefusedRequestError(
                403, f"this page is not served as {host[:80]!r}: app.py --public-name makes it so"
            )
        origin = headers.get("origin")
        if origin is not None and urlsplit(origin).netloc.lower() not in (
            host.lower(),
            headers.get("host", "").lower(),
        ):
            raise RefusedRequestError(403, "requests are taken from this server's own pages only")

    def _visitor(self, scope: Scope, headers: Headers) -> tuple[str, str | None]:
        """Who asks, and the token of a browser that has none yet."""
        cookies = SimpleCookie(headers.get("cookie", ""))
        known = cookies[COOKIE].value if COOKIE in cookies else ""
        if _TOKEN.fullmatch(known):
            return known, None
        return f"at {scope['client'][0] if scope.get('client') else 'nowhere'}", token_urlsafe(16)

    def _upload(self, request: Request, visitor: str) -> "Callable[[Scope, Receive, Send], Awaitable[None]]":
        async def upload(scope: Scope, receive: Receive, send: Send) -> None:
            try:
                paths = await self.door.uploads.receive(request, visitor)
            except QuotaError:
                raise
            except ValueError as error:
                raise RefusedRequestError(400, str(error)) from error
            await JSONResponse([str(path) for path in paths])(scope, receive, send)

        return upload

    async def _refuse(self, scope: Scope, receive: Receive, answer: "_Answer", status: int, line: str) -> None:
        is_event = bool(_EVENTS.fullmatch(get_route_path(scope)))
        response: Response = JSONResponse({"detail": line}, status) if is_event else PlainTextResponse(line, status)
        await response(scope, receive, answer)


class _Answer:
    """`send`, with what every answer has: names in the place of folders, and what browsers shall make of it."""

    def __init__(self, send: Send, masks: Masks):
        self._send, self._masks = send, masks
        self.started = self._masked = False
        self.cookie: str | None = None
        self._held: Message | None = None  # a head that states the length of what is masked

    async def __call__(self, message: Message) -> None:
        """Hand on a message of the answer."""
        if message["type"] == "http.response.start":
            self.started = True
            headers = MutableHeaders(scope=message)
            self._add(headers)
            self._masked = headers.get("content-type", "").split(";")[0] in _MASKED
            if self._masked and "content-length" in headers:
                self._held = message
                return
        elif message["type"] == "http.response.body" and self._masked:
            message = {**message, "body": self._masks.hide(message.get("body", b""))}
            if self._held is not None:
                headers, head, self._held = MutableHeaders(scope=self._held), self._held, None
                if message.get("more_body"):
                    del headers["content-length"]
                else:
                    headers["content-length"] = str(len(message["body"]))
                await self._send(head)
        await self._send(message)

    def _add(self, headers: MutableHeaders) -> None:
        headers["X-Content-Type-Options"] = "nosniff"
        headers.setdefault("Referrer-Policy", "same-origin")
        headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        if headers.get("content-type", "").startswith("text/html"):
            headers.setdefault("Content-Security-Policy", _POLICY + frame_ancestors())
            if self.cookie:
                headers.append("Set-Cookie", self.cookie)


def _cookie(token: str, scope: Scope, headers: Headers) -> str:
    """A browser's number, until it is closed. In the frame of another site browsers keep only what is secure (comes by
    https, or from the same machine) and partitioned by that site."""
    secure = scope.get("scheme") == "https"
    framed = headers.get("sec-fetch-dest") == "iframe" and (secure or is_own_name(headers.get("host", "")))
    kept = "SameSite=None; Secure; Partitioned" if framed else "SameSite=Lax" + ("; Secure" if secure else "")
    return f"{COOKIE}={token}; Path=/; HttpOnly; {kept}"


def _without_forwarded(headers: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    """What a proxy would say counts from one that was named alone; of others is known only that there is one."""
    kept = [one for one in headers if not one[0].startswith(_FORWARDED)]
    return kept if len(kept) == len(headers) else [*kept, (b"forwarded", b"for=unknown")]


async def _body(request: Request) -> bytes:
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > _JSON_BYTES:
            raise RefusedRequestError(413, f"an event may have {_JSON_BYTES:,} bytes")
    return body


def _with_body(scope: Scope, body: bytes) -> Scope:
    length = (b"content-length", str(len(body)).encode())
    lengths = (b"content-length", b"transfer-encoding")
    return {**scope, "headers": [*(one for one in scope["headers"] if one[0] not in lengths), length]}


def _replayed(body: bytes, receive: Receive) -> Receive:
    """`receive` that has the body once more, and then whatever comes."""
    left = [body]

    async def again() -> Message:
        if left:
            return {"type": "http.request", "body": left.pop(), "more_body": False}
        return await receive()

    return again
