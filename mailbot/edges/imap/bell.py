"""What wakes a thread that waits, be it for time or for a socket."""

from __future__ import annotations

import contextlib
import select
import socket
from typing import Protocol


class _HasFileno(Protocol):
    def fileno(self) -> int: ...


class Bell:
    """Rung once, from any thread; whoever waits wakes, then and ever after."""

    def __init__(self) -> None:
        self._hears, self._rings = socket.socketpair()
        self.rung = False

    def ring(self) -> None:
        """End all waiting."""
        self.rung = True
        with contextlib.suppress(OSError):  # closed meanwhile: nobody waits
            self._rings.send(b"!")  # nobody reads it: what can be read stays so

    def wait(self, seconds: float, *sources: _HasFileno) -> bool:
        """Wait until it is rung, a source has something to read, or the time is over; True where a source has."""
        poll = select.poll()
        poll.register(self._hears, select.POLLIN)
        numbers = {source.fileno() for source in sources}
        for number in numbers:
            poll.register(number, select.POLLIN)
        return any(number in numbers for number, _ in poll.poll(max(seconds, 0) * 1000))

    def close(self) -> None:
        """Let go of the sockets; nobody may wait any more."""
        self._hears.close()
        self._rings.close()
