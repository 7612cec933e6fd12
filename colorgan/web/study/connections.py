"""Connections that stall are closed: uvicorn alone waits for ever, so that one client could take all there are."""

import asyncio
import socket

from uvicorn.protocols.http.h11_impl import H11Protocol

CHECK_S = 10.0  # a request has one to two of these to arrive
_CHECKS_OF_ONE_REQUEST = 6  # to be answered, and its reply to be read: longer than any wait for the database


class Connection(H11Protocol):
    """uvicorn's connection, with an end for those that neither finish a request nor read its reply."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to look at it now and then."""
        super().connection_made(transport)
        # asyncio does so only for some listening sockets; without it the body of a reply waits 40 ms for its head.
        transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._known, self._checks = self.cycle, 0
        self._timer = self.loop.call_later(CHECK_S, self._check)

    def connection_lost(self, exc: Exception | None) -> None:
        """Look no more."""
        self._timer.cancel()
        super().connection_lost(exc)

    def _check(self) -> None:
        idle = self.timeout_keep_alive_task is not None  # between two requests, which uvicorn ends itself
        if idle or self.cycle is not self._known:
            self._known, self._checks = self.cycle, 0
        self._checks += 1
        arriving = self.cycle is None or self.cycle.more_body or self.cycle.response_complete
        if self._checks > (1 if arriving else _CHECKS_OF_ONE_REQUEST):
            self.transport.abort()
        else:
            self._timer = self.loop.call_later(CHECK_S, self._check)
