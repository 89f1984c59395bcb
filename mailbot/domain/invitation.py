"""Rules for an invitation: an issuer asks a customer to connect.

Owns its states. A decline may become an approval while the invitation lives; an approval is final: no event leads out
of it.
"""

from __future__ import annotations

from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING

from mailbot.errors import IllegalTransition

if TYPE_CHECKING:
    from collections.abc import Mapping


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
