"""Dates and moments as people write them."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailbot.domain.dates import end_of_days, read_date, read_moment
from mailbot.domain.written import Misread

TOKYO, NEW_YORK = ZoneInfo("Asia/Tokyo"), ZoneInfo("America/New_York")


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2026-11-20", date(2026, 11, 20)),
        ("2026/11/20", date(2026, 11, 20)),
        ("2026/1/5", date(2026, 1, 5)),
        ("2026-1-5", date(2026, 1, 5)),
        ("2026年11月20日", date(2026, 11, 20)),
        ("2026年 1月 5日", date(2026, 1, 5)),
        ("２０２６／１１／２０", date(2026, 11, 20)),
        ("２０２６年１月５日", date(2026, 1, 5)),
        (" 2028-02-29 ", date(2028, 2, 29)),
    ],
)
def test_a_date_is_read_in_each_of_its_forms(text: str, day: date) -> None:
    assert read_date(text) == day


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "no date"),
        ("20261120", "no date"),
        ("20/11/2026", "no date"),
        ("26/11/20", "no date"),
        ("2026-11/20", "no date"),
        ("令和8年11月20日", "no date"),
        ("2026-11-20 09:00", "no date"),
        ("2026-11-31", "there is no day"),
        ("2027-02-29", "there is no day"),
        ("2026-00-10", "there is no day"),
        ("2206-11-20", "outside 2000 to 2099"),
    ],
)
def test_what_is_no_date_is_refused(text: str, problem: str) -> None:
    with pytest.raises(Misread) as caught:
        read_date(text)
    assert problem in caught.value.problem
    assert caught.value.remedy


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-11-20", datetime(2026, 11, 19, 15, tzinfo=UTC)),
        ("2026-11-20 09:00", datetime(2026, 11, 20, tzinfo=UTC)),
        ("2026/11/20 9:00", datetime(2026, 11, 20, tzinfo=UTC)),
        ("2026/11/20 9:00:30", datetime(2026, 11, 20, 0, 0, 30, tzinfo=UTC)),
        ("2026年11月20日 9:00", datetime(2026, 11, 20, tzinfo=UTC)),
        ("2026年11月20日9:00", datetime(2026, 11, 20, tzinfo=UTC)),
        ("２０２６／１１／２０　９：００", datetime(2026, 11, 20, tzinfo=UTC)),
        ("2026-11-20T09:00", datetime(2026, 11, 20, tzinfo=UTC)),
        ("2026-11-20T09:00:00Z", datetime(2026, 11, 20, 9, tzinfo=UTC)),
        ("2026-11-20t09:00:00.5z", datetime(2026, 11, 20, 9, 0, 0, 500000, tzinfo=UTC)),
        ("2026-11-20T09:00:00+09:00", datetime(2026, 11, 20, tzinfo=UTC)),
        ("2026-11-20 09:00:00-05:00", datetime(2026, 11, 20, 14, tzinfo=UTC)),
    ],
)
def test_a_moment_is_read_at_the_issuers_zone_or_at_its_own_offset(text: str, moment: datetime) -> None:
    assert read_moment(text, TOKYO) == moment


def test_a_time_that_is_skipped_or_comes_twice_is_read_as_the_calendar_does() -> None:
    assert read_moment("2027-03-14 02:30", NEW_YORK) == datetime(2027, 3, 14, 7, 30, tzinfo=UTC)
    assert read_moment("2026-11-01 01:30", NEW_YORK) == datetime(2026, 11, 1, 5, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("tomorrow", "no date or time"),
        ("2026-11-2009:00", "no date or time"),
        ("2026-11-20 9am", "no date or time"),
        ("2026-11-20 25:00", "no such time"),
        ("2026-11-31 09:00", "there is no day"),
        ("2026-11-31T09:00:00Z", "there is no moment"),
        ("2026-11-20T24:30:00Z", "there is no moment"),
        ("1999-11-20T09:00:00Z", "outside 2000"),
    ],
)
def test_what_is_no_moment_is_refused(text: str, problem: str) -> None:
    with pytest.raises(Misread) as caught:
        read_moment(text, TOKYO)
    assert problem in caught.value.problem


@given(st.dates(date(2000, 1, 1), date(2099, 12, 31)), st.sampled_from(["%Y-%m-%d", "%Y/%m/%d", "%Y年%m月%d日"]))
def test_every_day_is_read_back(day: date, form: str) -> None:
    assert read_date(day.strftime(form)) == day


@given(st.text(max_size=40))
def test_any_text_is_a_date_or_refused(text: str) -> None:
    for read in (read_date, lambda each: read_moment(each, TOKYO)):
        with suppress(Misread):
            read(text)


@pytest.mark.parametrize(
    ("begun", "zone", "ends"),
    [
        ("2026-11-20T15:23:00+00:00", TOKYO, "2027-01-20T14:59:59+00:00"),
        ("2026-11-20T14:59:00+00:00", TOKYO, "2027-01-19T14:59:59+00:00"),
        ("2026-09-10T12:00:00+00:00", NEW_YORK, "2026-11-10T04:59:59+00:00"),
    ],
)
def test_what_is_good_for_days_ends_with_the_last_of_them(begun: str, zone: ZoneInfo, ends: str) -> None:
    assert end_of_days(datetime.fromisoformat(begun), 60, zone).isoformat() == ends
