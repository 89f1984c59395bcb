"""Moving the sandbox's clock.

Owns the walk from one due moment to the next, so that days pass in a sandbox as they would have passed in truth. The
clock's offset lies in the store; the daemon beside us sees it move, does what is due, and notes when all is quiet.
"""

from __future__ import annotations

import asyncio
import time
from datetime import timedelta
from typing import TYPE_CHECKING

from mailbot.clock import moment, stamp
from mailbot.errors import Refused
from mailbot.store import bounces, deliveries, inbox, installation, invitations, invoices, outbox, successions

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from mailbot.flows.desk import Desk
    from mailbot.store.database import Reading

POLL_S = 0.05
PATIENCE_S = 120.0
"""Real seconds that the daemon may take for what is due at one moment."""

AFTER = timedelta(milliseconds=1)
"""A step goes just past the due moment: what is due at t is done at t, not before."""


class Advance:
    """Moves the clock of a sandbox."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def by(self, span: timedelta, *, jump: bool, said: Callable[[datetime], object] = lambda _: None) -> datetime:
        """Move the clock by `span`: from one due moment to the next, or at once with `jump`, like downtime.

        Returns when all is quiet, with the moment that it is then; `said` hears of each stop on the way. Raises
        `Refused` outside the sandbox, for a span that is not ahead, and where no daemon does what is due.
        """
        if self._desk.database.read(lambda reading: installation.value(reading, "mode")) != "sandbox":
            raise Refused("only a sandbox has a clock that can be moved; start one with `mailbot run --sandbox`")
        if span <= timedelta():
            raise Refused("the clock only moves forward; give a span such as 3d or 12h")
        target = self._desk.clock.now() + span
        if not jump:
            await self._walk(target, said)
        await self._go(target, said)
        return target

    async def _walk(self, target: datetime, said: Callable[[datetime], object]) -> None:
        await self._go(self._desk.clock.now(), said=lambda _: None)
        while (due := self._desk.database.read(next_due)) is not None and due + AFTER < target:
            await self._go(max(due + AFTER, self._desk.clock.now()), said)

    async def _go(self, to: datetime, said: Callable[[datetime], object]) -> None:
        now = self._desk.clock.now()
        offset = self._desk.database.read(installation.clock_offset) + max(to - now, timedelta())
        await self._desk.database.write(lambda tx: installation.move_clock(tx, offset, stamp(to)))
        self._desk.clock.offset = offset  # type: ignore[attr-defined]  # a sandbox is given a SystemClock
        await self._quiet(to)
        said(to)

    async def _quiet(self, at: datetime) -> None:
        """Wait until the daemon has noted that everything due at a moment is done."""
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            start = self._desk.database.read(installation.last_start)
            if start is not None and start["stopped_at"] is None and str(start["quiet_at"] or "") >= stamp(at):
                return
            await asyncio.sleep(POLL_S)
        raise Refused("the daemon does not do what is due; is `mailbot run --sandbox` running on this store?")


def next_due(reading: Reading) -> datetime | None:
    """Return the earliest moment at which anything is due, or None."""
    tables = (bounces, inbox, outbox, invoices, deliveries, invitations, successions)
    found = [table.next_due(reading) for table in tables]
    earliest = min((at for at in found if at is not None), default=None)
    return None if earliest is None else moment(earliest)


def quiet_wanted(reading: Reading) -> str | None:
    """Return the moment of which somebody wants to know that all is done, where that was not noted yet."""
    wanted = installation.value(reading, "quiet_wanted")
    start = installation.last_start(reading)
    noted = "" if start is None else str(start["quiet_at"] or "")
    return wanted if wanted > noted else None


def is_quiet(reading: Reading, now: datetime) -> bool:
    """Tell whether nothing is due at a moment, nor on the wire."""
    due = next_due(reading)
    return (due is None or due > now) and not outbox.any_sending(reading)
