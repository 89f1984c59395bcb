"""One HTTP connection, with what uvicorn does not watch.

Owns the limits of a connection (size of the head, time until a request is complete) and the two ends it can come to:
the peer closed in order, or it was reset. Downloads find their connection in the scope, and judge by it whether the
last byte arrived.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, cast

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

if TYPE_CHECKING:
    import socket

    from starlette.types import Scope

WIRE = "mailbot.wire"
"""Key of the scope's extensions under which the connection's `Wire` is found."""

MAX_HEAD = 32 * 1024
"""Octets of request line and header fields together."""

REQUEST_SECONDS = 30.0
"""A request must have come in whole this long after its connection began, or after its first octet."""


class Wire:
    """What is known of a connection."""

    __slots__ = ("_transport", "ended", "reset")

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self.ended = asyncio.Event()
        """Set once the peer has closed its side, or the connection is lost."""
        self.reset = False
        """True where the connection broke instead of being closed in order."""

    @property
    def socket(self) -> socket.socket:
        """The connection's socket, or what the event loop shows of it."""
        return cast("socket.socket", self._transport.get_extra_info("socket"))

    @property
    def buffered(self) -> int:
        """Octets that wait in this process."""
        return self._transport.get_write_buffer_size()

    def abort(self) -> None:
        """Break the connection off; what waits is thrown away."""
        self._transport.abort()


class WireProtocol(HttpToolsProtocol):
    """uvicorn's protocol, which also tells requests about their connection."""

    wire: Wire
    _head = 0
    _timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin a connection."""
        super().connection_made(transport)
        self.wire = Wire(transport)
        self._expect()

    def on_message_begin(self) -> None:
        """Begin a request."""
        super().on_message_begin()
        self._head = 0
        cast("dict[str, Any]", self.scope)["extensions"] = {WIRE: self.wire}
        self._expect()

    def on_url(self, url: bytes) -> None:
        """Take a piece of the target; too long a head is no request (uvicorn answers 400)."""
        self._grow(len(url))
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a header field."""
        self._grow(len(name) + len(value))
        super().on_header(name, value)

    def on_message_complete(self) -> None:
        """End a request; from here on time is the answer's matter."""
        self._stop_timer()
        super().on_message_complete()

    def eof_received(self) -> None:
        """Note that the peer has closed its side in order."""
        self.wire.ended.set()
        super().eof_received()

    def connection_lost(self, exc: Exception | None) -> None:
        """Note the end, and which it was."""
        self._stop_timer()
        self.wire.reset = exc is not None
        self.wire.ended.set()
        super().connection_lost(exc)

    def _grow(self, octets: int) -> None:
        self._head += octets
        if self._head > MAX_HEAD:
            raise ValueError("the head of the request is too large")

    def _expect(self) -> None:
        self._stop_timer()
        self._timer = self.loop.call_later(REQUEST_SECONDS, self.wire.abort)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


def wire_of(scope: Scope) -> Wire:
    """Return the connection that a request came over."""
    wire: Wire = scope["extensions"][WIRE]
    return wire
