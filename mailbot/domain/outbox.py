"""Rules for a mail on its way out: its kinds, its states, when to try again.

Owns the public words `kind` and `state` and the one table of steps between states. Sending itself is an edge's.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING

from mailbot.errors import IllegalTransition

if TYPE_CHECKING:
    from collections.abc import Mapping


class Kind(StrEnum):
    """What a mail is for; the word is public (`outbox list --json`)."""

    PROOF = "proof"
    CONFIRM = "confirm"
    INVITATION = "invitation"
    REGISTRATION = "registration"
    SIGN_IN = "sign_in"
    NOTICE = "notice"
    REMINDER = "reminder"
    REPLACED = "replaced"
    WITHDRAWN = "withdrawn"
    ANNOUNCEMENT = "announcement"
    APPROVAL = "approval"
    DECLINE = "decline"
    STAFF = "staff"
    DIGEST = "digest"
    ANSWER = "answer"
    CANARY = "canary"
    CHANGE = "change"
    """Word of a change to an address, a password or who is connected, to whoever had it before."""
    PASSWORD = "password"  # noqa: S105 -- the word of a kind of mail
    """A link that sets a new password."""
    FORWARD = "forward"
    """A customer's words on their way to the issuer's staff."""
    PROBE = "probe"
    """Asks an address that bounces now and then whether it still works."""
    SUCCESSOR = "successor"
    """Asks somebody whom a recipient named whether to receive in his place."""


URGENT = frozenset({Kind.CONFIRM, Kind.SIGN_IN, Kind.REGISTRATION, Kind.PASSWORD})
"""A person sits before a page and waits for these: they are sent before any bulk."""

SHORT_LIVED = frozenset({Kind.CONFIRM, Kind.SIGN_IN, Kind.REGISTRATION, Kind.PASSWORD})
"""Their links end within minutes, so an unknown outcome is tried again at once (`unknown_after` does not apply)."""


TO_STAFF = frozenset({Kind.STAFF, Kind.APPROVAL, Kind.DECLINE, Kind.FORWARD})
"""Mails to the issuer's own staff: where one cannot be delivered, another one would not be either."""


class State(StrEnum):
    """Where a mail stands; the word is public."""

    QUEUED = "queued"
    SENDING = "sending"
    DEFERRED = "deferred"
    UNKNOWN = "unknown"
    HELD = "held"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    EXPIRED = "expired"
    CANCELLED = "cancelled"


class Event(StrEnum):
    """What can happen to a mail."""

    CLAIM = "claim"
    ACCEPT = "accept"
    DEFER = "defer"
    REFUSE = "refuse"
    LOSE = "lose"
    EXPIRE = "expire"
    CANCEL = "cancel"
    HOLD = "hold"
    RELEASE = "release"
    RESEND = "resend"
    """Released, while it may have been taken before: it goes out with the same bytes."""
    RETRY = "retry"


WAITING = frozenset({State.QUEUED, State.DEFERRED, State.UNKNOWN})
"""States that a claim takes up when their next attempt is due."""

FINAL = frozenset({State.ACCEPTED, State.REFUSED, State.EXPIRED, State.CANCELLED})

STEPS: Mapping[tuple[State, Event], State] = MappingProxyType(
    {
        **{(state, Event.CLAIM): State.SENDING for state in WAITING},
        (State.SENDING, Event.ACCEPT): State.ACCEPTED,
        (State.SENDING, Event.DEFER): State.DEFERRED,
        (State.SENDING, Event.REFUSE): State.REFUSED,
        (State.SENDING, Event.LOSE): State.UNKNOWN,
        (State.SENDING, Event.CANCEL): State.CANCELLED,
        (State.SENDING, Event.HOLD): State.HELD,
        **{(state, Event.EXPIRE): State.EXPIRED for state in (*WAITING, State.SENDING)},
        **{(state, Event.CANCEL): State.CANCELLED for state in (*WAITING, State.HELD)},
        **{(state, Event.HOLD): State.HELD for state in WAITING},
        (State.HELD, Event.RELEASE): State.QUEUED,
        (State.HELD, Event.RESEND): State.UNKNOWN,
        (State.UNKNOWN, Event.RETRY): State.UNKNOWN,
        **{
            (state, Event.RETRY): State.QUEUED for state in (State.QUEUED, State.DEFERRED, State.REFUSED, State.EXPIRED)
        },
    }
)


def advance(state: State, event: Event) -> State:
    """Return the state after `event`; raises `IllegalTransition` and changes nothing where there is no such step."""
    try:
        return STEPS[state, event]
    except KeyError:
        raise IllegalTransition("this mail", state, event) from None


FIRST_DELAY = timedelta(minutes=1)
LONGEST_DELAY = timedelta(hours=4)


def retry_delay(*, attempts: int, jitter: float) -> timedelta:
    """Return how long to wait after the `attempts`-th failed attempt.

    Doubles from one minute to four hours (RFC 5321 §4.5.4.1 asks for a growing interval), times 0.75 to 1.25 by
    `jitter` in [0, 1), so that mails deferred together do not come back together.
    """
    doubled = FIRST_DELAY * (1 << min(max(attempts, 1) - 1, 16))
    return min(doubled, LONGEST_DELAY) * (0.75 + jitter / 2)


def expired(*, now: datetime, deadline: datetime) -> bool:
    """Tell whether a mail that could not be sent by `now` is given up."""
    return now >= deadline
