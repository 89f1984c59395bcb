"""Whether bytes that were written have arrived.

Owns the only honest answer that a server has: what the peer's TCP acknowledged, read from the kernel. A server's own
buffers prove nothing (they end as empty after a reset as after a success), and an acknowledged byte may still lie
unread at the other end; so, after the last one, the connection's end is awaited for a while: a peer that has read all
closes in order, one that has not makes the kernel send a reset (RFC 9293 §3.10.7.4, RFC 2525 §2.17).
"""

from __future__ import annotations

import asyncio
import fcntl
import os
import socket
import struct
import termios
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from types import TracebackType

    from mailbot.edges.web.wire import Wire

STALL = 60.0
"""Seconds without any progress after which a transfer is given up."""

PATIENCE = 3.0
"""Seconds that a client which has acknowledged all may hold the connection before it is believed."""

PROXY_PATIENCE = 60.0
"""The same for a proxy, which has buffers of its own and closes once its client has read all."""

PROXY_HOLD = 1.0
"""Seconds for which the last octet is kept back from a proxy, which tells in that time if its client breaks off."""

_TCP_CLOSE = 7
_INFO_SIZE = 128
_BYTES_ACKED = 120
"""Offset of `tcpi_bytes_acked` in Linux's `struct tcp_info` (since 4.1)."""


class Meter:
    """Counts what the other end acknowledged from a moment on.

    It holds the socket open by a descriptor of its own, so that the count can still be read when the client closes
    at once; use it as a context manager.
    """

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self._socket = socket.socket(fileno=os.dup(wire.socket.fileno()))
        self._tcp = self._socket.family != socket.AF_UNIX
        self._origin = 0
        self._finished = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._socket.close()

    def begin(self) -> None:
        """Count from what was written up to now."""
        acked, before = self._acked(), -1
        while acked != before:
            # Read between two equal counts, the queue belongs to that count.
            self._origin = acked + self._queued() + self._wire.buffered
            acked, before = self._acked(), acked

    def acknowledged(self, length: int) -> int:
        """Return how many of the `length` octets written since `begin` are acknowledged."""
        if self._tcp:
            return min(max(self._acked() - self._origin, 0), length)
        return 0 if self._wire.buffered or self._queued() else length

    def finish(self) -> None:
        """Say that nothing follows, once this process has handed everything to the kernel."""
        if self._finished or self._wire.buffered:
            return
        self._finished = True
        try:
            self._socket.shutdown(socket.SHUT_WR)
        except OSError:
            # Already closed by the other end: then its way of closing is what counts.
            return

    @property
    def over(self) -> bool:
        """True where the kernel expects nothing more of this connection."""
        return self._wire.reset or (self._tcp and self._info()[0] == _TCP_CLOSE)

    def _acked(self) -> int:
        return int(struct.unpack_from("=Q", self._info(), _BYTES_ACKED)[0]) if self._tcp else 0

    def _info(self) -> bytes:
        return self._socket.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _INFO_SIZE)

    def _queued(self) -> int:
        # SIOCOUTQ: sent or waiting, and not acknowledged; on a Unix socket, not yet read.
        return int(struct.unpack("i", fcntl.ioctl(self._socket.fileno(), termios.TIOCOUTQ, b"\0" * 4))[0])


async def has_arrived(wire: Wire, meter: Meter, length: int, *, patience: float) -> bool:
    """Wait for the fate of `length` octets, all of them written; return whether they arrived.

    `patience` is in seconds. Raises nothing: whatever breaks the connection is a no.
    """
    if not await _all_acknowledged(meter, length):
        return False
    try:
        await asyncio.wait_for(wire.ended.wait(), patience)
    except TimeoutError:
        return True
    return not wire.reset


async def _all_acknowledged(meter: Meter, length: int) -> bool:
    loop = asyncio.get_running_loop()
    reached, since, pause = -1, loop.time(), 0.001
    while (now_reached := meter.acknowledged(length)) < length:
        if now_reached != reached:
            reached, since = now_reached, loop.time()
        if meter.over or loop.time() - since > STALL:
            return meter.acknowledged(length) == length
        meter.finish()
        await asyncio.sleep(pause)
        pause = min(pause * 1.5, 0.1)
    meter.finish()
    return True
