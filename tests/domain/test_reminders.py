"""When reminders are due: the rule's examples, and what holds whatever happens."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailbot.domain.calendar import Calendar, calendar_of
from mailbot.domain.policy import Issuer, ReminderPolicy
from mailbot.domain.reminders import after_gap, due_step, may_remind, next_look, step_due

AOBA = Issuer(code="AOBA", name="あおば商事", sender="seikyu@example.com", closed=("12-29..01-03",))
POLICY = AOBA.reminders
CALENDAR = calendar_of(AOBA)
BASE = date(2026, 11, 20)
"""A Friday; the 21st and 22nd are a weekend, the 23rd is a holiday."""


def at(month: int, day: int, hour: int, minute: int = 0) -> datetime:
    """Return a moment of 2026 in Japan."""
    return datetime(2026, month, day, hour, minute, tzinfo=CALENDAR.zone).astimezone(UTC)


def due(now: datetime, passed: int = 0, sent: int = 0, policy: ReminderPolicy = POLICY) -> int | None:
    return due_step(now=now, base=BASE, passed_steps=passed, sent=sent, policy=policy, calendar=CALENDAR)


def look(now: datetime, passed: int = 0, sent: int = 0, policy: ReminderPolicy = POLICY) -> datetime | None:
    return next_look(now=now, base=BASE, passed_steps=passed, sent=sent, policy=policy, calendar=CALENDAR)


@pytest.mark.parametrize(
    ("step", "moment"),
    [
        (1, at(11, 24, 9)),  # the 23rd is a holiday
        (2, at(11, 27, 9)),
        (3, at(12, 4, 9)),
    ],
)
def test_a_step_is_due_at_the_start_of_the_first_business_day_on_or_after_its_day(step: int, moment: datetime) -> None:
    assert step_due(step, base=BASE, policy=POLICY, calendar=CALENDAR) == moment


def test_nothing_is_due_before_and_the_sweep_knows_when_to_look() -> None:
    assert due(at(11, 24, 8, 59)) is None
    assert look(at(11, 20, 12)) == at(11, 24, 9)
    assert due(at(11, 24, 9)) == 1
    assert look(at(11, 24, 9)) == at(11, 24, 9)


def test_after_a_step_the_next_one_is_looked_for() -> None:
    assert due(at(11, 24, 9, 1), passed=1, sent=1) is None
    assert look(at(11, 24, 9, 1), passed=1, sent=1) == at(11, 27, 9)


def test_after_downtime_the_latest_step_counts_and_the_earlier_are_never_made_up() -> None:
    now = at(11, 30, 10)
    assert due(now) == 2
    assert due(now, passed=2, sent=1) is None
    assert look(now, passed=2, sent=1) == at(12, 4, 9)
    assert due(at(12, 20, 10)) is None  # a Sunday
    assert due(at(12, 21, 10)) == 3
    assert look(at(12, 21, 10), passed=3, sent=1) is None


def test_outside_hours_a_due_step_waits_for_the_next_opening() -> None:
    evening = at(11, 27, 17)
    assert due(evening, passed=1, sent=1) is None
    assert look(evening, passed=1, sent=1) == at(11, 30, 9)
    assert due(at(11, 28, 12), passed=1, sent=1) is None


def test_a_reminder_over_new_year_waits_for_the_first_day_at_work() -> None:
    moment = step_due(1, base=date(2026, 12, 28), policy=POLICY, calendar=CALENDAR)
    assert moment == datetime(2027, 1, 4, 9, tzinfo=CALENDAR.zone)


def test_the_maximum_ends_it_before_the_steps_do() -> None:
    policy = replace(POLICY, max=1)
    assert due(at(11, 27, 10), passed=1, sent=1, policy=policy) is None
    assert look(at(11, 27, 10), passed=1, sent=1, policy=policy) is None
    assert look(at(11, 20, 10), policy=replace(POLICY, max=0)) is None
    assert look(at(11, 20, 10), policy=replace(POLICY, after_days=())) is None


def test_two_steps_that_fall_on_one_opening_are_one_reminder() -> None:
    policy = replace(POLICY, after_days=(1, 2, 3))
    assert due(at(11, 24, 9), policy=policy) == 3


def test_one_person_is_reminded_once_a_day_and_not_within_the_gap() -> None:
    today = date(2026, 11, 24)
    assert may_remind(None, today=today, policy=POLICY)
    assert not may_remind(today, today=today, policy=POLICY)
    assert may_remind(today - timedelta(days=1), today=today, policy=POLICY)
    assert not may_remind(today, today=today, policy=replace(POLICY, min_gap_days=0))
    assert not may_remind(today - timedelta(days=2), today=today, policy=replace(POLICY, min_gap_days=3))


def test_after_the_gap_comes_the_next_opening() -> None:
    assert after_gap(date(2026, 11, 20), policy=POLICY, calendar=CALENDAR) == at(11, 24, 9)
    assert after_gap(date(2026, 11, 24), policy=POLICY, calendar=CALENDAR) == at(11, 25, 9)
    assert after_gap(date(2026, 11, 24), policy=replace(POLICY, min_gap_days=5), calendar=CALENDAR) == at(11, 30, 9)


policies = st.builds(
    ReminderPolicy,
    after_days=st.lists(st.integers(0, 40), max_size=5, unique=True).map(lambda days: tuple(sorted(days))),
    max=st.integers(0, 4),
    min_gap_days=st.integers(0, 5),
    weekdays_only=st.booleans(),
    holidays=st.sampled_from(["", "JP"]),
)
zones = st.sampled_from(["Asia/Tokyo", "America/New_York", "Europe/London", "Australia/Lord_Howe"])
bases = st.dates(date(2026, 1, 1), date(2027, 12, 31))
gaps = st.lists(st.timedeltas(timedelta(seconds=1), timedelta(days=9)), max_size=60)


def play(calendar: Calendar, policy: ReminderPolicy, base: date, gaps: list[timedelta]) -> list[tuple[datetime, int]]:
    """Sweep at moments with `gaps` between them, as a daemon that is sometimes down; return what was sent."""
    now, passed, last = calendar.opening(base), 0, None
    sent: list[tuple[datetime, int]] = []
    for gap in gaps:
        now += gap
        for again in range(2):  # the second sweep, at the same moment, must find nothing
            step = due_step(now=now, base=base, passed_steps=passed, sent=len(sent), policy=policy, calendar=calendar)
            if step is None or not may_remind(last, today=calendar.local_date(now), policy=policy):
                continue
            assert not again
            assert step > passed
            sent.append((now, step))
            passed, last = step, calendar.local_date(now)
    return sent


@settings(deadline=None)
@given(policies, zones, bases, gaps)
def test_whenever_it_is_swept_reminders_keep_the_rules(
    policy: ReminderPolicy, zone: str, base: date, gaps: list[timedelta]
) -> None:
    calendar = calendar_of(replace(AOBA, time_zone=zone, reminders=policy))
    sent = play(calendar, policy, base, gaps)
    days = [calendar.local_date(now) for now, _ in sent]
    steps = [step for _, step in sent]
    assert len(sent) <= policy.max
    assert len(set(days)) == len(days)
    assert steps == sorted(set(steps))
    assert all(later - earlier >= timedelta(days=policy.min_gap_days) for earlier, later in pairwise(days))
    for now, step in sent:
        local = now.astimezone(calendar.zone)
        assert calendar.is_business_day(local.date())
        assert policy.opens <= local.time() < policy.closes
        assert local.date() >= base + timedelta(days=policy.after_days[step - 1])


@settings(deadline=None)
@given(policies, zones, bases, st.timedeltas(timedelta(), timedelta(days=60)), st.integers(0, 5), st.integers(0, 4))
def test_the_next_look_is_the_first_moment_at_which_something_is_due(  # noqa: PLR0917  hypothesis passes by place
    policy: ReminderPolicy, zone: str, base: date, later: timedelta, passed: int, sent: int
) -> None:
    calendar = calendar_of(replace(AOBA, time_zone=zone, reminders=policy))
    now = calendar.opening(base) + later

    def due_at(moment: datetime) -> int | None:
        return due_step(now=moment, base=base, passed_steps=passed, sent=sent, policy=policy, calendar=calendar)

    at = next_look(now=now, base=base, passed_steps=passed, sent=sent, policy=policy, calendar=calendar)
    if at is None:
        assert passed >= len(policy.after_days) or sent >= policy.max
        assert due_at(now) is None
        return
    assert at >= now
    assert due_at(at) is not None
    assert at == now or due_at(now) is None
    assert at == now or due_at(at - timedelta(seconds=1)) is None
