"""States of a mail on its way out, and when it is tried again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailbot.domain.outbox import (
    FINAL,
    FIRST_DELAY,
    LONGEST_DELAY,
    SHORT_LIVED,
    STEPS,
    URGENT,
    WAITING,
    Event,
    State,
    advance,
    expired,
    retry_delay,
)
from mailbot.errors import IllegalTransition

NOW = datetime(2026, 11, 20, tzinfo=UTC)


@pytest.mark.parametrize(
    ("state", "event", "after"),
    [
        (State.QUEUED, Event.CLAIM, State.SENDING),
        (State.DEFERRED, Event.CLAIM, State.SENDING),
        (State.UNKNOWN, Event.CLAIM, State.SENDING),
        (State.SENDING, Event.ACCEPT, State.ACCEPTED),
        (State.SENDING, Event.DEFER, State.DEFERRED),
        (State.SENDING, Event.REFUSE, State.REFUSED),
        (State.SENDING, Event.LOSE, State.UNKNOWN),
        (State.SENDING, Event.CANCEL, State.CANCELLED),
        (State.DEFERRED, Event.EXPIRE, State.EXPIRED),
        (State.QUEUED, Event.HOLD, State.HELD),
        (State.HELD, Event.RELEASE, State.QUEUED),
        (State.HELD, Event.RESEND, State.UNKNOWN),
        (State.REFUSED, Event.RETRY, State.QUEUED),
        (State.UNKNOWN, Event.RETRY, State.UNKNOWN),
    ],
)
def test_a_mail_takes_the_steps_of_its_table(state: State, event: Event, after: State) -> None:
    assert advance(state, event) is after


@given(st.sampled_from(State), st.sampled_from(Event))
def test_every_other_step_is_refused_by_name(state: State, event: Event) -> None:
    if (state, event) in STEPS:
        assert advance(state, event) is STEPS[state, event]
        return
    with pytest.raises(IllegalTransition) as caught:
        advance(state, event)
    assert (caught.value.state, caught.value.event) == (state, event)
    assert str(caught.value) == f"this mail is {state}: {event} is not possible from there"


def test_what_was_accepted_or_cancelled_stays_so() -> None:
    assert {state for state, _ in STEPS} & {State.ACCEPTED, State.CANCELLED} == set()
    assert {state for state, event in STEPS if event is Event.CLAIM} == WAITING
    assert not FINAL & WAITING
    assert SHORT_LIVED <= URGENT


@pytest.mark.parametrize(("attempts", "minutes"), [(0, 1), (1, 1), (2, 2), (3, 4), (8, 128), (9, 240), (99, 240)])
def test_the_delay_doubles_up_to_four_hours(attempts: int, minutes: int) -> None:
    assert retry_delay(attempts=attempts, jitter=0.5) == timedelta(minutes=minutes)


@given(st.integers(0, 10_000), st.floats(0, 1, exclude_max=True))
def test_the_delay_stays_in_its_bounds(attempts: int, jitter: float) -> None:
    assert FIRST_DELAY * 0.75 <= retry_delay(attempts=attempts, jitter=jitter) <= LONGEST_DELAY * 1.25


def test_a_mail_expires_at_its_deadline() -> None:
    assert expired(now=NOW, deadline=NOW)
    assert not expired(now=NOW, deadline=NOW + timedelta(microseconds=1))
