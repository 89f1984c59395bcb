"""Rules for an invitation: an issuer asks a customer to connect.

Owns its states, and when nobody's answer is a matter for staff. A decline may become an approval while the invitation
lives; an approval is final: no event leads out of it.
"""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING

from mailbot.domain import reminders
from mailbot.errors import IllegalTransition

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, datetime

    from mailbot.domain.calendar import Calendar
    from mailbot.domain.policy import ReminderPolicy


class State(StrEnum):
    """Where an invitation stands."""

    SENT = "sent"
    """Mailed or printed; nobody has it in an account yet."""
    RECEIVED = "received"
    """In an account's list, not decided."""
    APPROVED = "approved"
    DECLINED = "declined"
    EXPIRED = "expired"
    SUPERSEDED = "superseded"
    """A newer invitation of the same customer took its place."""


class Event(StrEnum):
    """What can happen to an invitation."""

    RECEIVE = "receive"
    APPROVE = "approve"
    DECLINE = "decline"
    EXPIRE = "expire"
    SUPERSEDE = "supersede"


LIVE = frozenset({State.SENT, State.RECEIVED, State.DECLINED})
"""States in which it can still be approved."""

UNANSWERED = frozenset({State.SENT, State.RECEIVED})
"""States in which it is reminded of, and listed in the end."""

PATIENCE = timedelta(days=7)
"""How long after the last reminder (after the last day of the policy, on paper) staff is told that nobody answers."""

STEPS: Mapping[tuple[State, Event], State] = MappingProxyType(
    {
        (State.SENT, Event.RECEIVE): State.RECEIVED,
        (State.RECEIVED, Event.RECEIVE): State.RECEIVED,
        (State.DECLINED, Event.RECEIVE): State.DECLINED,
        **{(state, Event.APPROVE): State.APPROVED for state in LIVE},
        **{(state, Event.DECLINE): State.DECLINED for state in LIVE},
        **{(state, Event.EXPIRE): State.EXPIRED for state in LIVE},
        **{(state, Event.SUPERSEDE): State.SUPERSEDED for state in (*LIVE, State.EXPIRED)},
    }
)


def advance(state: State, event: Event) -> State:
    """Return the state after `event`; raises `IllegalTransition` and changes nothing where there is no such step."""
    try:
        return STEPS[state, event]
    except KeyError:
        raise IllegalTransition("this invitation", state, event) from None


def ended(*, now: datetime, expires_at: datetime) -> bool:
    """Tell whether an invitation can be answered no more."""
    return now >= expires_at


def next_look(
    *,
    now: datetime,
    base: date,
    passed_steps: int,
    sent: int,
    mailed: bool,
    reminded_on: date | None = None,
    policy: ReminderPolicy,
    calendar: Calendar,
) -> datetime:
    """Return when a sweep must look at an unanswered invitation again: to remind (where it was mailed), or to list it.

    `base` is the local date on which it was sent, `reminded_on` that of a last reminder, where one goes out only now;
    the rest is as `reminders.next_look` has it.
    """
    if mailed:
        at = reminders.next_look(
            now=now, base=base, passed_steps=passed_steps, sent=sent, policy=policy, calendar=calendar
        )
        if at is not None:
            return at
    last = base + timedelta(days=max(policy.after_days[: policy.max], default=0))
    at = calendar.opening(calendar.next_business_day(max(last, reminded_on or last) + PATIENCE))
    return at if at > now else calendar.next_opening(now)
