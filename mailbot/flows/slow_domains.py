"""Domains that asked for less.

Owns what a 421 for a domain means: its mails wait, longer each time it says so again, while all others go on. Kept
in memory: after a restart a domain is asked anew.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

CODE = 421
"""Service not available, closing channel (RFC 5321 §4.2.3): too much, for now."""

FIRST = timedelta(seconds=30)
SLOWEST = timedelta(minutes=10)
FORGOTTEN_AFTER = timedelta(hours=1)


class SlowDomains:
    """Until when each domain is left alone."""

    def __init__(self) -> None:
        self._until: dict[str, datetime] = {}
        self._wait: dict[str, timedelta] = {}

    def slow(self, domain: str, now: datetime) -> int:
        """Leave a domain alone for a while, twice as long as the last time; return for how many seconds.

        0 where it is left alone already: what was on the wire when it said so says the same once more.
        """
        last = self._until.get(domain)
        if last is not None and last > now:
            return 0
        again = last is not None and now - last < FORGOTTEN_AFTER
        wait = min(self._wait[domain] * 2, SLOWEST) if again else FIRST
        self._wait[domain], self._until[domain] = wait, now + wait
        return int(wait.total_seconds())

    def at(self, now: datetime) -> list[str]:
        """Return the domains that are left alone at this moment."""
        return [domain for domain, until in self._until.items() if until > now]

    def has(self, domain: str, now: datetime) -> bool:
        """Tell whether a domain is left alone at this moment."""
        until = self._until.get(domain)
        return until is not None and until > now

    def next_end(self, now: datetime) -> datetime | None:
        """Return when the first of them may be asked again, or None."""
        return min((until for until in self._until.values() if until > now), default=None)
