"""Rules for a receiving address: its states, and what a press of its confirm button means.

Owns the public word `status` of an address, and its delivery modes.
"""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING

from mailbot.errors import IllegalTransition

if TYPE_CHECKING:
    from collections.abc import Mapping

CONFIRM_LIFETIME = timedelta(minutes=30)
"""A link to an address that somebody typed is good for this long from its real sending."""

PASSWORD_LIFETIME = timedelta(minutes=30)
"""A link that sets a password is good for this long from its real sending."""

ADDITIONAL = 5
"""Receiving addresses that a customer may have besides the default one."""


class Status(StrEnum):
    """Where an address stands; the word is public (`addresses list --json`)."""

    PENDING = "pending"
    CONFIRMED = "confirmed"
    MUTED = "muted"
    UNDELIVERABLE = "undeliverable"
    REMOVED = "removed"


class Delivery(StrEnum):
    """How an invoice reaches an address; the word is public."""

    LINK = "link"
    PDF = "pdf"
    BOTH = "both"


class Event(StrEnum):
    """What can happen to an address."""

    CONFIRM = "confirm"
    ASK = "ask"
    """A proof is asked for (again)."""
    MUTE = "mute"
    UNMUTE = "unmute"
    GIVE_UP = "give_up"
    REMOVE = "remove"


STEPS: Mapping[tuple[Status, Event], Status] = MappingProxyType(
    {
        (Status.PENDING, Event.ASK): Status.PENDING,
        (Status.REMOVED, Event.ASK): Status.PENDING,
        (Status.UNDELIVERABLE, Event.ASK): Status.PENDING,
        (Status.PENDING, Event.CONFIRM): Status.CONFIRMED,
        (Status.CONFIRMED, Event.CONFIRM): Status.CONFIRMED,
        (Status.CONFIRMED, Event.MUTE): Status.MUTED,
        (Status.MUTED, Event.CONFIRM): Status.MUTED,
        (Status.MUTED, Event.UNMUTE): Status.CONFIRMED,
        (Status.PENDING, Event.GIVE_UP): Status.UNDELIVERABLE,
        (Status.CONFIRMED, Event.GIVE_UP): Status.UNDELIVERABLE,
        (Status.MUTED, Event.GIVE_UP): Status.UNDELIVERABLE,
        **{
            (status, Event.REMOVE): Status.REMOVED
            for status in (Status.PENDING, Status.CONFIRMED, Status.MUTED, Status.UNDELIVERABLE)
        },
    }
)

RECEIVES = frozenset({Status.CONFIRMED, Status.MUTED})
"""Statuses to which notices go; a muted address gets notices and no reminders."""


def advance(status: Status, event: Event) -> Status:
    """Return the status after `event`; raises `IllegalTransition` and changes nothing where there is no such step."""
    try:
        return STEPS[status, event]
    except KeyError:
        raise IllegalTransition("this address", status, event) from None


class Look(StrEnum):
    """What the page behind a proof or confirm link shows (`data-state`)."""

    READY = "ready"
    DONE = "done"
    EXPIRED = "expired"
    SUPERSEDED = "superseded"


def look(*, status: Status, link_version: int, version: int, ended: bool) -> Look:
    """Judge a genuine link to an address.

    A confirmed address shows the same success to every link of its own, however old; a newer link or a removed
    address supersedes this one; `ended` is true where the link is too old or its key was retired.
    """
    if status is Status.REMOVED:
        return Look.SUPERSEDED
    if status in RECEIVES:
        return Look.DONE
    if link_version != version:
        return Look.SUPERSEDED
    if ended or status is Status.UNDELIVERABLE:
        return Look.EXPIRED
    return Look.READY
