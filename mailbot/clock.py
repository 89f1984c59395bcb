"""The only place that asks the time.

Owns the clock that everything else is handed, and the one textual form of a moment: UTC, milliseconds, `Z`
(RFC 3339), fixed width, so that text order is time order. A sandbox moves its clock forward by an offset; nothing
moves a production clock.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """What the rest of mailbot knows of time."""

    def now(self) -> datetime:
        """Return the present moment, aware, in UTC."""
        ...


class SystemClock:
    """The machine's clock, moved ahead by `offset` (zero outside the sandbox)."""

    __slots__ = ("offset",)

    def __init__(self, offset: timedelta = timedelta()) -> None:
        self.offset = offset

    def now(self) -> datetime:
        """Return the machine's time plus the offset, aware, in UTC."""
        return datetime.fromtimestamp(time.time(), UTC) + self.offset


def stamp(moment: datetime) -> str:
    """Write an aware moment as the store and `--json` do: `2026-11-20T02:28:45.123Z`."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds")[:-6] + "Z"


def moment(text: str) -> datetime:
    """Read what `stamp` wrote; raises `ValueError` on anything else that is no RFC 3339 moment."""
    return datetime.fromisoformat(text)
