"""Rules for an invoice: its states and who may still fetch it.

Owns the public word `status` of an invoice. An invoice has no address of its own: see `evidence` for what each
address did with it.
"""

from __future__ import annotations

from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING

from mailbot.errors import IllegalTransition

if TYPE_CHECKING:
    from collections.abc import Mapping


class Status(StrEnum):
    """Where an invoice stands; the word is public (`invoices list --json`)."""

    SCHEDULED = "scheduled"
    WAITING = "waiting"
    OPEN = "open"
    DOWNLOADED = "downloaded"
    WITHDRAWN = "withdrawn"
    REPLACED = "replaced"


class Event(StrEnum):
    """What can happen to an invoice."""

    ISSUE = "issue"
    """Its moment has come and somebody can receive it."""
    WAIT = "wait"
    """Its moment has come and nobody can receive it."""
    DOWNLOAD = "download"
    DOUBT = "doubt"
    """Its only download turned out to be a machine's."""
    WITHDRAW = "withdraw"
    REPLACE = "replace"


STEPS: Mapping[tuple[Status, Event], Status] = MappingProxyType(
    {
        (Status.SCHEDULED, Event.ISSUE): Status.OPEN,
        (Status.SCHEDULED, Event.WAIT): Status.WAITING,
        (Status.WAITING, Event.ISSUE): Status.OPEN,
        (Status.WAITING, Event.DOWNLOAD): Status.DOWNLOADED,
        (Status.OPEN, Event.DOWNLOAD): Status.DOWNLOADED,
        (Status.DOWNLOADED, Event.DOWNLOAD): Status.DOWNLOADED,
        (Status.DOWNLOADED, Event.DOUBT): Status.OPEN,
        **{
            (status, event): after
            for status in (Status.SCHEDULED, Status.WAITING, Status.OPEN, Status.DOWNLOADED)
            for event, after in ((Event.WITHDRAW, Status.WITHDRAWN), (Event.REPLACE, Status.REPLACED))
        },
    }
)

SHOWN = frozenset({Status.WAITING, Status.OPEN, Status.DOWNLOADED})
"""Statuses in which a customer sees the invoice and may fetch it."""


def advance(status: Status, event: Event) -> Status:
    """Return the status after `event`; raises `IllegalTransition` and changes nothing where there is no such step."""
    try:
        return STEPS[status, event]
    except KeyError:
        raise IllegalTransition("this invoice", status, event) from None
