"""Keeping the store tidy: what commands that were killed have left behind, and failures that count no more."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from mailbot.clock import stamp
from mailbot.store import attempts, imports

if TYPE_CHECKING:
    from mailbot.flows.desk import Desk

STALE = timedelta(hours=1)
"""An import that has staged nothing for so long was killed."""

FORGET = timedelta(days=2)
"""Failed tries to get in are forgotten when they have long ceased to lock anything."""

SLICE = 2_000


class Housekeep:
    """Removes what nobody will come back for."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def step(self) -> bool:
        """Remove one slice of what is stale; True where there may be more."""
        return await self._staged() or await self._failures()

    async def _staged(self) -> bool:
        before = stamp(self._desk.clock.now() - STALE)
        stale = self._desk.database.read(lambda reading: imports.stale_batches(reading, before))
        for batch in stale[:1]:
            await self._desk.database.write(lambda tx, batch=batch: imports.clear_staged(tx, batch, SLICE))  # type: ignore[misc]
        return bool(stale)

    async def _failures(self) -> bool:
        before = self._desk.clock.now() - FORGET
        if not self._desk.database.read(lambda reading: attempts.any_before(reading, before)):
            return False
        return await self._desk.database.write(lambda tx: attempts.forget_before(tx, before, limit=SLICE)) == SLICE
