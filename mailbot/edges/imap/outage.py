"""How long a mailbox is left alone after a failure, and what is said of it: once when it begins, once when it is over.

Owns the pauses. Time here is the machine's own, which no change of the clock moves.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from mailbot.facts import INBOX_BACK, INBOX_LOST

if TYPE_CHECKING:
    from mailbot.edges.imap.account import Account
    from mailbot.facts import Facts


class Outage:
    """The state of one mailbox."""

    def __init__(self, account: Account, say: Facts) -> None:
        self._mailbox, self._pace = account.mailbox, account.pace
        self._say = say
        self._failures = 0
        self._since: float | None = None
        self._refused = False

    def failed(self, error: str, *, held: float) -> float:
        """Note that the connection failed after `held` seconds; return the seconds until it is tried again."""
        if held >= self._pace.settled:
            self._failures = 0
            return 0.0  # connections end now and then; one that cannot be had again is an outage
        self._failures += 1
        pause = min(self._pace.first_pause * float(1 << min(self._failures - 1, 30)), self._pace.longest_pause)
        if self._since is None:
            self._begin(error, pause)
        return pause

    def refused(self, error: str) -> float:
        """Note that the sign-in was refused; return the seconds until it is tried again."""
        if self._since is None or not self._refused:
            self._begin(error, self._pace.refused_pause)
        self._refused = True
        return self._pace.refused_pause

    def over(self) -> None:
        """Note that the mailbox was read to its end."""
        if self._since is not None:
            self._say(INBOX_BACK, mailbox=self._mailbox, after=round(time.monotonic() - self._since, 3))
        self._since, self._refused = None, False

    def _begin(self, error: str, pause: float) -> None:
        self._since = self._since or time.monotonic()
        self._say(INBOX_LOST, mailbox=self._mailbox, error=error, next=round(pause, 3))
