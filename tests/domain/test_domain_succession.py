"""States of a succession, its days, and what its two pages show."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailbot.domain.calendar import calendar_of
from mailbot.domain.policy import Issuer
from mailbot.domain.succession import (
    LIVE,
    STEPS,
    Event,
    Look,
    State,
    advance,
    look_of_recipient,
    look_of_successor,
    takes_effect_at,
)
from mailbot.errors import IllegalTransition

CALENDAR = calendar_of(Issuer(code="AOBA", name="あおば商事", sender="invoice@aoba.example", closed=("12-29..01-03",)))


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("event", Event)
def test_a_step_that_is_not_in_the_table_is_refused_by_name(state: State, event: Event) -> None:
    if (state, event) in STEPS:
        assert advance(state, event) is STEPS[state, event]
        return
    with pytest.raises(IllegalTransition, match=f"this change of recipient is {state}"):
        advance(state, event)


def test_what_has_ended_stays_so_and_nothing_takes_effect_unconfirmed() -> None:
    assert {state for state, _ in STEPS} == LIVE
    assert [state for state, event in STEPS if event is Event.TAKE_EFFECT] == [State.CONFIRMED]
    assert [state for state, event in STEPS if event is Event.CONFIRM] == [State.ASKED]


@pytest.mark.parametrize(
    ("confirmed", "day"),
    [
        (datetime(2026, 11, 20, 1, tzinfo=UTC), date(2026, 11, 26)),  # a Friday; the Monday is a holiday
        (datetime(2026, 11, 20, 14, 59, tzinfo=UTC), date(2026, 11, 26)),  # one minute before midnight
        (datetime(2026, 11, 20, 15, tzinfo=UTC), date(2026, 11, 26)),  # Saturday
        (datetime(2026, 11, 23, 15, tzinfo=UTC), date(2026, 11, 27)),  # Tuesday, after midnight
        (datetime(2026, 12, 28, 1, tzinfo=UTC), date(2027, 1, 6)),  # the days between the years are no business days
    ],
)
def test_it_takes_effect_after_three_whole_business_days(confirmed: datetime, day: date) -> None:
    at = takes_effect_at(confirmed_at=confirmed, calendar=CALENDAR)
    assert at == CALENDAR.closing(day)


@given(
    st.datetimes(datetime(2026, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - given its zone
)
def test_three_business_days_lie_between(confirmed: datetime) -> None:
    at = takes_effect_at(confirmed_at=confirmed, calendar=CALENDAR)
    first, last = CALENDAR.local_date(confirmed), CALENDAR.local_date(at)
    between = [date.fromordinal(day) for day in range(first.toordinal() + 1, last.toordinal() + 1)]
    assert sum(CALENDAR.is_business_day(day) for day in between) == 3
    assert CALENDAR.is_business_day(last)


@pytest.mark.parametrize(
    ("state", "successor", "recipient"),
    [
        (State.ASKED, Look.READY, Look.READY),
        (State.CONFIRMED, Look.DONE, Look.READY),
        (State.EFFECTIVE, Look.DONE, Look.EXPIRED),
        (State.REFUSED, Look.DONE, Look.EXPIRED),
        (State.UNDONE, Look.SUPERSEDED, Look.DONE),
        (State.EXPIRED, Look.EXPIRED, Look.EXPIRED),
        (State.SUPERSEDED, Look.SUPERSEDED, Look.SUPERSEDED),
    ],
)
def test_each_page_shows_where_it_stands(state: State, successor: Look, recipient: Look) -> None:
    assert look_of_successor(state, ended=False) is successor
    assert look_of_recipient(state, ended=False) is recipient
    ended = {Look.READY: Look.EXPIRED}
    assert look_of_successor(state, ended=True) is ended.get(successor, successor)
    assert look_of_recipient(state, ended=True) is ended.get(recipient, recipient)
