"""Business days and hours: closed days, holidays, and clocks that are set forward and back."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailbot.domain.calendar import Calendar, calendar_of, read_closed, read_zone
from mailbot.domain.policy import Issuer, ReminderPolicy
from mailbot.errors import ConfigError

AOBA = Issuer(code="AOBA", name="あおば商事", sender="seikyu@example.com", closed=("12-29..01-03", "2027-08-13"))
ZONES = (
    "Asia/Tokyo",
    "America/New_York",
    "Europe/London",
    "Australia/Lord_Howe",
    "Africa/Cairo",
    "Pacific/Apia",
    "UTC",
)


def issuer(*, zone: str = "Asia/Tokyo", closed: tuple[str, ...] = (), **policy: object) -> Issuer:
    reminders = replace(ReminderPolicy(), **policy)  # type: ignore[arg-type]  # each test names fields of the policy
    return replace(AOBA, time_zone=zone, closed=closed, reminders=reminders)


@pytest.mark.parametrize(
    ("day", "works"),
    [
        (date(2026, 11, 20), True),
        (date(2026, 11, 21), False),  # Saturday
        (date(2026, 11, 22), False),  # Sunday
        (date(2026, 11, 23), False),  # 勤労感謝の日
        (date(2026, 12, 28), True),
        (date(2026, 12, 29), False),
        (date(2026, 12, 31), False),
        (date(2027, 1, 3), False),
        (date(2027, 1, 4), True),
        (date(2027, 8, 12), True),
        (date(2027, 8, 13), False),
        (date(2026, 8, 13), True),  # closed in 2027 only
    ],
)
def test_weekends_holidays_and_closed_days_are_no_business_days(day: date, *, works: bool) -> None:
    assert Calendar(AOBA).is_business_day(day) is works


def test_the_next_business_day_may_be_the_day_itself_or_lie_beyond_new_year() -> None:
    calendar = Calendar(AOBA)
    assert calendar.next_business_day(date(2026, 11, 20)) == date(2026, 11, 20)
    assert calendar.next_business_day(date(2026, 11, 21)) == date(2026, 11, 24)
    assert calendar.next_business_day(date(2026, 12, 29)) == date(2027, 1, 4)


def test_a_range_may_lie_in_one_year_and_a_day_may_return_every_year() -> None:
    closed = read_closed(["2027-08-12..2027-08-16", "12-24", "02-28..03-01", " 05-01 .. 05-02 "])
    assert date(2027, 8, 14) in closed
    assert date(2028, 8, 14) not in closed
    assert date(2031, 12, 24) in closed
    assert date(2028, 2, 29) in closed
    assert date(2027, 3, 1) in closed
    assert date(2027, 5, 2) in closed
    assert date(2027, 5, 3) not in closed


@pytest.mark.parametrize(
    ("entry", "why"),
    [
        ("12/29", "no day"),
        ("", "no day"),
        ("2027-13-01", "there is no day 2027-13-01"),
        ("02-30", "there is no day 02-30"),
        ("12-29..2027-01-03", "one end has a year"),
        ("2027-08-16..2027-08-12", "ends before it begins"),
        ("12-29..", "no day"),
        ("１２-29", "no day"),
    ],
)
def test_a_bad_closed_day_is_named_and_the_right_form_shown(entry: str, why: str) -> None:
    with pytest.raises(ConfigError) as caught:
        Calendar(replace(AOBA, closed=("12-29", entry)))
    assert why in str(caught.value)
    assert f'"{entry}"' in str(caught.value)
    assert '"12-29..01-03"' in str(caught.value)


def test_every_bad_closed_day_is_listed() -> None:
    with pytest.raises(ConfigError) as caught:
        read_closed(["x", "12-29", "y"])
    assert len(str(caught.value).splitlines()) == 2


def test_weekends_may_be_business_days_and_holidays_may_be_left_out() -> None:
    every_day = Calendar(issuer(weekdays_only=False, holidays=""))
    assert every_day.is_business_day(date(2026, 11, 22))
    assert every_day.is_business_day(date(2026, 11, 23))
    plain = Calendar(issuer(holidays=""))
    assert not plain.is_business_day(date(2026, 11, 22))
    assert plain.is_business_day(date(2026, 11, 23))


def test_a_subdivision_has_its_own_holidays() -> None:
    epiphany = date(2027, 1, 6)
    assert not Calendar(issuer(zone="Europe/Berlin", holidays="DE-BY")).is_business_day(epiphany)
    assert Calendar(issuer(zone="Europe/Berlin", holidays="DE")).is_business_day(epiphany)


@pytest.mark.parametrize(
    ("broken", "named"),
    [
        (issuer(zone="Asia/Tokio"), "time_zone"),
        (issuer(zone="../etc/passwd"), "time_zone"),
        (issuer(zone=""), "time_zone"),
        (issuer(zone="Asia"), "time_zone"),
        (issuer(holidays="XX"), "holidays"),
        (issuer(holidays="DE-XX"), "holidays"),
        (issuer(opens=time(17), closes=time(9)), "hours"),
        (issuer(opens=time(9), closes=time(9)), "hours"),
        (issuer(closed=("01-01..12-31",)), "closed"),
    ],
)
def test_a_calendar_that_cannot_work_is_refused(broken: Issuer, named: str) -> None:
    with pytest.raises(ConfigError) as caught:
        Calendar(broken)
    assert named in str(caught.value)


def test_the_search_for_a_business_day_ends() -> None:
    calendar = Calendar(issuer(closed=("2026-01-01..2029-12-31",)))
    with pytest.raises(ConfigError, match="no business day within 366 days from 2026-11-20"):
        calendar.next_business_day(date(2026, 11, 20))


def test_hours_begin_at_their_start_and_end_before_their_end() -> None:
    calendar = Calendar(AOBA)
    opening = calendar.opening(date(2026, 11, 20))
    assert opening == datetime(2026, 11, 20, 0, tzinfo=UTC)
    assert calendar.closing(date(2026, 11, 20)) == datetime(2026, 11, 20, 8, tzinfo=UTC)
    assert calendar.within_hours(opening)
    assert not calendar.within_hours(opening - timedelta(microseconds=1))
    assert not calendar.within_hours(datetime(2026, 11, 20, 8, tzinfo=UTC))
    assert not calendar.within_hours(datetime(2026, 11, 21, 3, tzinfo=UTC))


def test_the_next_opening_is_now_later_today_or_on_another_day() -> None:
    calendar = Calendar(AOBA)
    open_now = datetime(2026, 11, 20, 3, 4, 5, tzinfo=UTC)
    assert calendar.next_opening(open_now) == open_now
    assert calendar.next_opening(datetime(2026, 11, 19, 20, tzinfo=UTC)) == datetime(2026, 11, 20, tzinfo=UTC)
    assert calendar.next_opening(datetime(2026, 11, 20, 8, tzinfo=UTC)) == datetime(2026, 11, 24, tzinfo=UTC)
    assert calendar.next_opening(datetime(2026, 11, 20, 23, tzinfo=UTC)) == datetime(2026, 11, 24, tzinfo=UTC)


def test_a_date_is_the_issuers_own() -> None:
    assert Calendar(AOBA).local_date(datetime(2026, 11, 20, 15, tzinfo=UTC)) == date(2026, 11, 21)


def test_hours_follow_summer_time() -> None:
    calendar = Calendar(issuer(zone="America/New_York", holidays="US"))
    assert calendar.opening(date(2027, 3, 12)) == datetime(2027, 3, 12, 14, tzinfo=UTC)
    assert calendar.opening(date(2027, 3, 15)) == datetime(2027, 3, 15, 13, tzinfo=UTC)


def test_an_opening_in_the_hour_that_is_skipped_moves_with_the_clock() -> None:
    calendar = Calendar(issuer(zone="America/New_York", holidays="", weekdays_only=False, opens=time(2, 30)))
    assert calendar.opening(date(2027, 3, 14)) == datetime(2027, 3, 14, 7, 30, tzinfo=UTC)  # 03:30 of summer time


def test_an_opening_in_the_hour_that_comes_twice_is_its_first() -> None:
    calendar = Calendar(issuer(zone="America/New_York", holidays="", weekdays_only=False, opens=time(1, 30)))
    assert calendar.opening(date(2026, 11, 1)) == datetime(2026, 11, 1, 5, 30, tzinfo=UTC)


def test_a_date_that_a_zone_skipped_is_no_business_day() -> None:
    calendar = Calendar(issuer(zone="Pacific/Apia", holidays="", weekdays_only=False))
    assert not calendar.is_business_day(date(2011, 12, 30))
    assert calendar.is_business_day(date(2011, 12, 31))


def test_equal_issuers_share_a_calendar_that_remembers() -> None:
    calendar = calendar_of(AOBA)
    assert calendar_of(replace(AOBA)) is calendar
    day = date(2026, 11, 24)
    assert calendar.opening(day) is calendar.opening(day)
    assert read_zone("Asia/Tokyo") is ZoneInfo("Asia/Tokyo")


moments = st.datetimes(datetime(2010, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001  hypothesis adds the zone


@given(moments, st.sampled_from(ZONES), st.times(), st.times(), st.booleans())
def test_the_next_opening_lies_in_the_hours_of_a_business_day(
    now: datetime,
    zone: str,
    one: time,
    other: time,
    weekdays_only: bool,  # noqa: FBT001  hypothesis passes by place
) -> None:
    opens, closes = min(one, other), max(one, other)
    if opens == closes:
        return
    calendar = calendar_of(issuer(zone=zone, holidays="", weekdays_only=weekdays_only, opens=opens, closes=closes))
    opening = calendar.next_opening(now)
    local = opening.astimezone(calendar.zone)
    assert opening >= now
    assert calendar.within_hours(opening)
    assert calendar.is_business_day(local.date())
    assert not (weekdays_only and local.weekday() >= 5)
