"""Rules for attempts to get in that fail: how many are free, and how long one waits after more.

Owns the numbers. Whatever is counted is counted for a network, or for something at a network, so that nobody can shut
out another person from elsewhere; mailed links are never counted.
"""

from __future__ import annotations

from datetime import timedelta

from mailbot.domain import paper_code

NETWORK_FAILURES = 20
"""Failures from one network (/24 or /48) within `NETWORK_WINDOW`."""
NETWORK_WINDOW = timedelta(minutes=15)
NETWORK_LOCK = timedelta(minutes=15)

SUBJECT_WINDOW = timedelta(days=1)
"""Failures about one person, letter or session are forgotten this long after the first."""


def network_lock(failures: int) -> timedelta:
    """Return how long a network waits after so many failures."""
    return NETWORK_LOCK if failures >= NETWORK_FAILURES else timedelta()


subject_lock = paper_code.lock_for
"""Return how long somebody waits after so many failures about the same person, letter or session."""
