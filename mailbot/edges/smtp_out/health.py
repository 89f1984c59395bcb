"""Whether the relay works, as all connections to it together know.

Owns the pause after a failure. A relay is down when it fails and no connection to it is open: then nobody takes mails
from the post, but for one worker at a time that tries again after a growing pause. Time here is the loop's, which no
clock change moves.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from mailbot import facts as known

if TYPE_CHECKING:
    from mailbot.edges.smtp_out.relay import Relay
    from mailbot.edges.smtp_out.session import Session
    from mailbot.facts import Facts


class Health:
    """The state of one relay, shared by the workers of a courier."""

    def __init__(self, relay: Relay, facts: Facts) -> None:
        self._first, self._longest = relay.first_pause, relay.longest_pause
        self._facts = facts
        self._failures = 0
        self._since = 0.0
        self._gate = asyncio.Event()
        self._gate.set()
        self._prober: asyncio.Task[object] | None = None
        self.sessions: set[Session] = set()
        """The connections that the workers have now."""

    def pause(self, failures: int) -> float:
        """Return the seconds to wait after so many failures in a row."""
        return min(self._first * float(1 << min(failures - 1, 30)), self._longest)

    async def clearance(self) -> None:
        """Return when the caller may take a mail; while the relay is down only one caller at a time may, later."""
        while not self._gate.is_set():
            await self._gate.wait()
        if not self._failures:
            return
        self._prober = asyncio.current_task()
        self._gate.clear()
        try:
            await asyncio.sleep(self.pause(self._failures))
        except asyncio.CancelledError:
            self.release()
            raise

    def release(self) -> None:
        """Let another worker probe; to be called when the caller's turn is over, however it ended."""
        if self._prober is not None and self._prober is asyncio.current_task():
            self._prober = None
            self._gate.set()

    def failed(self, error: str) -> bool:
        """Note that the relay failed the calling worker; True where that makes or keeps the relay down.

        False where others still hold connections (one too many for it, perhaps) or somebody is already probing: then
        it is the caller's own affair to wait.
        """
        probing = self._prober is not None and self._prober is asyncio.current_task()
        if (self._failures and not probing) or any(not session.over for session in self.sessions):
            return False
        if not self._failures:
            self._since = asyncio.get_running_loop().time()
        self._failures += 1
        if self._failures & (self._failures - 1) == 0:
            # At the first failure and at growing steps, so that a long outage does not fill the log.
            self._facts(known.RELAY_LOST, error=error, next=round(self.pause(self._failures), 3))
        return True

    def worked(self) -> None:
        """Note that the relay took or refused a mail: it is there."""
        if self._failures:
            self._failures = 0
            self._prober = None
            self._gate.set()
            self._facts(known.RELAY_BACK, after=round(asyncio.get_running_loop().time() - self._since, 3))
