"""States of an invitation, and when a sweep looks at one that nobody answers."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailbot.domain.calendar import calendar_of
from mailbot.domain.invitation import LIVE, STEPS, Event, State, advance, ended, next_look
from mailbot.domain.policy import Issuer
from mailbot.errors import IllegalTransition

ISSUER = Issuer(code="AOBA", name="あおば商事", sender="invoice@aoba.example")
CALENDAR = calendar_of(ISSUER)
SENT = datetime(2026, 11, 20, 3, tzinfo=UTC)
"""Noon in Tokyo, on a Friday."""


@given(st.sampled_from(State), st.sampled_from(Event))
def test_a_step_that_is_not_in_the_table_is_refused_by_name(state: State, event: Event) -> None:
    if (state, event) in STEPS:
        assert advance(state, event) is STEPS[state, event]
        return
    with pytest.raises(IllegalTransition, match=f"this invitation is {state}"):
        advance(state, event)


def test_an_approval_is_final_and_a_decline_is_not() -> None:
    assert State.APPROVED not in {state for state, _ in STEPS}
    assert advance(State.DECLINED, Event.APPROVE) is State.APPROVED
    assert all(advance(state, Event.APPROVE) is State.APPROVED for state in LIVE)


def test_it_ends_at_its_moment() -> None:
    assert not ended(now=SENT, expires_at=SENT + timedelta(seconds=1))
    assert ended(now=SENT, expires_at=SENT)


def look(*, now: datetime = SENT, sent: int = 0, mailed: bool = True, reminded_on: date | None = None) -> datetime:
    return next_look(
        now=now,
        base=date(2026, 11, 20),
        passed_steps=sent,
        sent=sent,
        mailed=mailed,
        reminded_on=reminded_on,
        policy=ISSUER.reminders,
        calendar=CALENDAR,
    )


@pytest.mark.parametrize(
    ("sent", "mailed", "reminded_on", "day"),
    [
        (0, True, None, date(2026, 11, 24)),  # three days later is a holiday
        (3, True, date(2026, 12, 4), date(2026, 12, 11)),  # a week after the last reminder staff is told
        (3, True, date(2026, 12, 10), date(2026, 12, 17)),
        (0, False, None, date(2026, 12, 11)),  # nobody can be reminded on paper
    ],
)
def test_it_is_looked_at_when_a_reminder_or_the_list_is_due(
    sent: int, day: date, reminded_on: date | None, *, mailed: bool
) -> None:
    assert CALENDAR.local_date(look(sent=sent, mailed=mailed, reminded_on=reminded_on)) == day


def test_what_is_long_due_is_looked_at_in_the_next_office_hours() -> None:
    late = datetime(2027, 2, 6, 3, tzinfo=UTC)  # a Saturday
    assert CALENDAR.local_date(look(now=late, mailed=False)) == date(2027, 2, 8)
