"""Rules for a succession: a recipient names who receives in his place.

Owns its states, how long it may take, and what the pages behind its two links show. The successor confirms; it takes
effect when the issuer approves, or by itself once the old address has had three business days to take it back.
"""

from __future__ import annotations

from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING

from mailbot.errors import IllegalTransition

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from mailbot.domain.calendar import Calendar

DAYS = 14
"""The successor's link is good to the end of the day so many days after its real sending."""

BUSINESS_DAYS = 3
"""Whole business days, after the day of the confirmation, in which the old address may take it back."""

A_DAY = 3
"""Successors that one address may name in a day."""


class State(StrEnum):
    """Where a succession stands."""

    ASKED = "asked"
    """The successor has not answered yet."""
    CONFIRMED = "confirmed"
    EFFECTIVE = "effective"
    REFUSED = "refused"
    """By the successor, or by the issuer's staff."""
    UNDONE = "undone"
    """Taken back by whoever holds the old address."""
    EXPIRED = "expired"
    """The successor did not answer in time, or the old address is off file."""
    SUPERSEDED = "superseded"
    """The same address named somebody later."""


class Event(StrEnum):
    """What can happen to a succession."""

    CONFIRM = "confirm"
    TAKE_EFFECT = "take_effect"
    REFUSE = "refuse"
    UNDO = "undo"
    EXPIRE = "expire"
    SUPERSEDE = "supersede"


LIVE = frozenset({State.ASKED, State.CONFIRMED})
"""States from which anything can still come of it."""

STEPS: Mapping[tuple[State, Event], State] = MappingProxyType(
    {
        (State.ASKED, Event.CONFIRM): State.CONFIRMED,
        (State.CONFIRMED, Event.TAKE_EFFECT): State.EFFECTIVE,
        **{(state, Event.REFUSE): State.REFUSED for state in LIVE},
        **{(state, Event.UNDO): State.UNDONE for state in LIVE},
        **{(state, Event.EXPIRE): State.EXPIRED for state in LIVE},
        **{(state, Event.SUPERSEDE): State.SUPERSEDED for state in LIVE},
    }
)


def advance(state: State, event: Event) -> State:
    """Return the state after `event`; raises `IllegalTransition` and changes nothing where there is no such step."""
    try:
        return STEPS[state, event]
    except KeyError:
        raise IllegalTransition("this change of recipient", state, event) from None


def takes_effect_at(*, confirmed_at: datetime, calendar: Calendar) -> datetime:
    """Return when it takes effect by itself: at the close of the third business day after the confirmation."""
    return calendar.closing(calendar.business_day_after(calendar.local_date(confirmed_at), BUSINESS_DAYS))


class Look(StrEnum):
    """What the page behind a link to a succession shows (`data-state`)."""

    READY = "ready"
    DONE = "done"
    EXPIRED = "expired"
    SUPERSEDED = "superseded"


_TO_SUCCESSOR: Mapping[State, Look] = MappingProxyType(
    {
        State.ASKED: Look.READY,
        State.CONFIRMED: Look.DONE,
        State.EFFECTIVE: Look.DONE,
        State.REFUSED: Look.DONE,
        State.UNDONE: Look.SUPERSEDED,
        State.EXPIRED: Look.EXPIRED,
        State.SUPERSEDED: Look.SUPERSEDED,
    }
)

_TO_RECIPIENT: Mapping[State, Look] = MappingProxyType(
    {
        State.ASKED: Look.READY,
        State.CONFIRMED: Look.READY,
        State.EFFECTIVE: Look.EXPIRED,
        State.REFUSED: Look.EXPIRED,
        State.UNDONE: Look.DONE,
        State.EXPIRED: Look.EXPIRED,
        State.SUPERSEDED: Look.SUPERSEDED,
    }
)


def look_of_successor(state: State, *, ended: bool) -> Look:
    """Judge a genuine link of the successor; `ended` where it is too old, or its key was retired."""
    look = _TO_SUCCESSOR[state]
    return Look.EXPIRED if look is Look.READY and ended else look


def look_of_recipient(state: State, *, ended: bool) -> Look:
    """Judge a genuine link that takes the succession back; `ended` where its key was retired."""
    look = _TO_RECIPIENT[state]
    return Look.EXPIRED if look is Look.READY and ended else look
