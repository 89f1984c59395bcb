"""What may be believed of an invoice's way to one address.

Owns the ladder of evidence and the rule for doubt. A page that was got proves nothing about a person; a press that
came faster than anyone reads, or together with the button that no person sees, was a machine's.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum


class Evidence(StrEnum):
    """The ladder, lowest first; the word is public (`invoices show --json`)."""

    PLANNED = "planned"
    ACCEPTED = "accepted"
    DELIVERED = "delivered"
    FETCHED = "fetched"
    PRESSED = "pressed"
    DOWNLOADED = "downloaded"
    ACKNOWLEDGED = "acknowledged"


LADDER = tuple(Evidence)


def higher(one: Evidence, other: Evidence) -> Evidence:
    """Return the one that stands higher on the ladder."""
    return max(one, other, key=LADDER.index)


STOPS_REMINDERS = frozenset({Evidence.DOWNLOADED, Evidence.ACKNOWLEDGED})
"""Undoubted, these end the reminders for all addresses of the customer."""

ACTED = frozenset({Evidence.PRESSED, Evidence.DOWNLOADED, Evidence.ACKNOWLEDGED})
"""Somebody had the mail and did something with it, whatever a server reported of it."""

SOON_AFTER_ACCEPTANCE = timedelta(seconds=60)
MIN_READING = timedelta(seconds=2)
DECOY = "decoy"


@dataclass(frozen=True, slots=True, kw_only=True)
class Press:
    """One press of a download button, with what is known of the moments before it."""

    at: datetime
    seen_at: datetime
    """When the page with this button was got (from the form's signed `seen`)."""
    network: str
    accepted_at: datetime | None
    """When the mail with the link was accepted by the relay."""
    other_network_fetched: bool
    """Whether the page was got from another network since then."""
    decoy: bool
    """Whether the button that no person sees was pressed, with this press or before it on the same page."""


def doubt(press: Press, *, min_reading: timedelta = MIN_READING) -> str:
    """Say why a press may have been a machine's (`decoy`, `too fast`, `scanner`), or return an empty string."""
    if press.decoy:
        return DECOY
    if press.at - press.seen_at < min_reading:
        return "too fast"
    soon = press.accepted_at is not None and press.at - press.accepted_at < SOON_AFTER_ACCEPTANCE
    if soon and press.other_network_fetched:
        return "scanner"
    return ""
