"""The Model Context Protocol's messages over HTTP: "streamable HTTP", but that each POST is answered by itself, without
streams and sessions (https://modelcontextprotocol.io/specification/2025-11-25)."""

import json
from typing import Any

import anyio
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from colorgan import __version__
from colorgan.files import one_line
from colorgan.web.mcp.tools import Tools

PATH = "/mcp"
VERSIONS = ("2025-11-25", "2025-06-18", "2025-03-26")  # of the protocol, the newest first
AT_ONCE = 2  # calls; as many as of /colorize
MOST_OPEN = 16  # messages that are being received or answered, each of which is in memory
PARSE_ERROR, INVALID_REQUEST, NO_SUCH_METHOD, INVALID_PARAMS = -32700, -32600, -32601, -32602  # JSON-RPC 2.0
BUSY = -32000  # of those that it leaves to servers
_ABOUT = "Gives black-and-white photographs their colour. Colours are guesses: never present them as how it was."


def mcp_route(tools: Tools) -> BaseRoute:
    """The route of all messages."""
    server = _Server(tools)
    return Route(PATH, server.answer, methods=["POST"])


class _Server:
    def __init__(self, tools: Tools):
        self.tools = tools
        self._limiter: anyio.CapacityLimiter | None = None  # made where the event loop is
        self._open = 0

    async def answer(self, request: Request) -> Response:
        """A message -> its answer; nothing for a notification."""
        if self._open >= MOST_OPEN:
            return _failed(None, BUSY, "this page is busy: please come back later", 503)
        self._open += 1
        try:
            return await self._answered(request)
        finally:
            self._open -= 1

    async def _answered(self, request: Request) -> Response:
        most = self.tools.megabytes * 2**20 * 4 // 3 + 2**20
        body = bytearray()
        async for chunk in request.stream():
            body += chunk
            if len(body) > most:
                return _failed(None, INVALID_REQUEST, f"a message may have {most:,} bytes", 413)
        try:
            message = json.loads(body)
        except (ValueError, RecursionError) as error:
            return _failed(None, PARSE_ERROR, f"this is no JSON: {one_line(error)}", 400)
        if not isinstance(message, dict) or message.get("jsonrpc") != "2.0":
            return _failed(None, INVALID_REQUEST, "this is no message of JSON-RPC 2.0", 400)
        number, method = message.get("id"), message.get("method")
        if number is None or method is None:  # a notification, or an answer to what was never asked
            return Response(status_code=202)
        asked = message.get("params") or {}
        if not isinstance(asked, dict):
            return _failed(number, INVALID_PARAMS, "params must be an object")
        if method == "initialize":
            return _done(number, _initialized(asked))
        if method == "ping":
            return _done(number, {})
        if method == "tools/list":
            return _done(number, {"tools": [tool.listed() for tool in self.tools.by_name.values()]})
        if method == "tools/call":
            return await self._called(number, asked)
        return _failed(number, NO_SUCH_METHOD, f"there is no method {str(method)[:60]!r}")

    async def _called(self, number: Any, asked: dict[str, Any]) -> Response:
        name, arguments = asked.get("name"), asked.get("arguments") or {}
        if name not in self.tools.by_name or not isinstance(arguments, dict):
            return _failed(number, INVALID_PARAMS, f"there is no tool {str(name)[:60]!r} with such arguments")
        self._limiter = self._limiter or anyio.CapacityLimiter(AT_ONCE)
        try:
            content = await anyio.to_thread.run_sync(self.tools.call, name, arguments, limiter=self._limiter)
        except ValueError as error:
            return _done(number, _told(one_line(error)))
        return _done(number, {"content": content, "isError": False})


def _initialized(asked: dict[str, Any]) -> dict[str, Any]:
    wanted = asked.get("protocolVersion")
    return {
        "protocolVersion": wanted if wanted in VERSIONS else VERSIONS[0],
        "capabilities": {"tools": {"listChanged": False}},
        "serverInfo": {"name": "colorgan", "version": __version__},
        "instructions": _ABOUT,
    }


def _told(line: str) -> dict[str, Any]:
    """A tool's own refusal, which the agent reads and can mend."""
    return {"content": [{"type": "text", "text": line}], "isError": True}


def _done(number: Any, result: dict[str, Any]) -> Response:
    return JSONResponse({"jsonrpc": "2.0", "id": number, "result": result})


def _failed(number: Any, code: int, line: str, status: int = 200) -> Response:
    return JSONResponse({"jsonrpc": "2.0", "id": number, "error": {"code": code, "message": line}}, status)
