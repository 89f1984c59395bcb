"""The business calendar of an issuer: which days it works, and from when to when.

Owns business days (weekends, the holidays of a country, the issuer's own closed days) and business hours in the
issuer's time zone. What is done on a business day is not decided here; see `reminders`.

A local time that a change to summer time skips is read with the offset before the change, one that occurs twice means
its first occurrence (RFC 5545 §3.3.5). So the hours of a day are one unbroken span of time.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from itertools import chain
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from mailbot.domain.written import quoted
from mailbot.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator

    from mailbot.domain.policy import Issuer

SEARCH_DAYS = 366
"""A calendar that has no business day in so many days is taken for a mistake."""

SATURDAY, SUNDAY = 5, 6
DAY = timedelta(days=1)
LEAP_YEAR = 2000
"""Days without a year are read in this one, so that 02-29 is a day."""

_DAY = re.compile(r"(?:(\d{4})-)?(\d{2})-(\d{2})", re.ASCII)
_HOW = 'write "12-29", "12-29..01-03" for every year, or "2027-08-13", "2027-08-13..2027-08-16" for one'


@dataclass(frozen=True, slots=True)
class ClosedDays:
    """Days off besides weekends and holidays."""

    yearly: frozenset[tuple[int, int]]
    """(month, day) of every year."""
    once: tuple[tuple[date, date], ...]
    """First and last day of ranges in one year."""

    def __contains__(self, day: date) -> bool:
        """Tell whether the issuer is closed on `day`."""
        return (day.month, day.day) in self.yearly or any(first <= day <= last for first, last in self.once)


def read_closed(entries: Iterable[str]) -> ClosedDays:
    """Read entries such as `12-29`, `12-29..01-03` and `2027-08-13`; raises `ConfigError` that lists every bad one."""
    yearly: set[tuple[int, int]] = set()
    once: list[tuple[date, date]] = []
    faults: list[str] = []
    for entry in entries:
        try:
            first, last, every_year = _read_entry(entry)
        except ValueError as wrong:
            faults.append(f"closed: {quoted(entry)}: {wrong}; {_HOW}")
            continue
        if every_year:
            yearly.update((day.month, day.day) for day in _round_the_year(first, last))
        else:
            once.append((first, last))
    if faults:
        raise ConfigError("\n".join(faults))
    return ClosedDays(frozenset(yearly), tuple(once))


def _read_entry(entry: str) -> tuple[date, date, bool]:
    begin, dots, end = entry.strip().partition("..")
    first, every_year = _read_day(begin)
    last, also = _read_day(end) if dots else (first, every_year)
    if every_year != also:
        raise ValueError("one end has a year and the other has none")
    if last < first and not every_year:
        raise ValueError("it ends before it begins")
    return first, last, every_year


def _read_day(text: str) -> tuple[date, bool]:
    found = _DAY.fullmatch(text.strip())
    if found is None:
        raise ValueError("this is no day")
    year, month, day = found.groups()
    try:
        return date(int(year or LEAP_YEAR), int(month), int(day)), year is None
    except ValueError:
        raise ValueError(f"there is no day {text.strip()}") from None


def _days(first: date, last: date) -> Iterator[date]:
    for ahead in range((last - first).days + 1):
        yield first + ahead * DAY


def _round_the_year(first: date, last: date) -> Iterator[date]:
    """Yield the days of a range of every year, which may lead over new year."""
    if first <= last:
        return _days(first, last)
    return chain(_days(first, date(LEAP_YEAR, 12, 31)), _days(date(LEAP_YEAR, 1, 1), last))


class Calendar:
    """Business days and hours of one issuer.

    Answers are kept for each date, so that a sweep over many rows asks the zone and the holidays once a day.
    Raises `ConfigError` for an unknown time zone or country, for closed days that cannot be read or leave no day
    open, and for hours that end before they begin.
    """

    def __init__(self, issuer: Issuer) -> None:
        policy = issuer.reminders
        if policy.opens >= policy.closes:
            raise ConfigError(
                f"reminders.hours: {policy.opens:%H:%M}-{policy.closes:%H:%M} ends before it begins; "
                'write them as "09:00-17:00", within one day'
            )
        self.zone = read_zone(issuer.time_zone)
        self._opens, self._closes = policy.opens, policy.closes
        self._closed = read_closed(issuer.closed)
        if len(self._closed.yearly) == SEARCH_DAYS:
            raise ConfigError("closed: the entries cover the whole year; leave at least one business day")
        self._holidays, weekend = _holidays(policy.holidays)
        self._weekend = weekend if policy.weekdays_only else frozenset[int]()
        self._business: dict[date, bool] = {}
        self._next: dict[date, date] = {}
        self._hours: dict[date, tuple[datetime, datetime]] = {}

    def local_date(self, now: datetime) -> date:
        """Return the date at the issuer at the aware moment `now`."""
        return now.astimezone(self.zone).date()

    def is_business_day(self, day: date) -> bool:
        """Tell whether the issuer works on `day`."""
        known = self._business.get(day)
        if known is None:
            known = self._business[day] = self._works(day)
        return known

    def next_business_day(self, on_or_after: date) -> date:
        """Return the first business day on or after a date; raises `ConfigError` where none comes within a year."""
        known = self._next.get(on_or_after)
        if known is None:
            known = self._next[on_or_after] = self._search(on_or_after)
        return known

    def business_day_after(self, day: date, count: int) -> date:
        """Return the `count`-th business day after `day`, itself not counted; raises as `next_business_day`."""
        for _ in range(count):
            day = self.next_business_day(day + DAY)
        return day

    def opening(self, day: date) -> datetime:
        """Return the moment, in UTC, at which business hours begin on `day`."""
        return self._span(day)[0]

    def closing(self, day: date) -> datetime:
        """Return the moment, in UTC, at which business hours of `day` are over."""
        return self._span(day)[1]

    def within_hours(self, now: datetime) -> bool:
        """Tell whether `now` lies in the business hours of a business day."""
        today = self.local_date(now)
        return self.is_business_day(today) and self.opening(today) <= now < self.closing(today)

    def next_opening(self, now: datetime) -> datetime:
        """Return `now` itself within hours, else the moment at which hours next begin."""
        if self.within_hours(now):
            return now
        today = self.local_date(now)
        first = today if now < self.opening(today) else today + DAY
        return self.opening(self.next_business_day(first))

    def _works(self, day: date) -> bool:
        if day.weekday() in self._weekend or day in self._closed or day in self._holidays:
            return False
        opening, closing = self._span(day)
        # A zone may skip a whole date (Samoa, 2011-12-30), or most of the hours of one.
        return opening < closing and self.local_date(opening) == day

    def _search(self, on_or_after: date) -> date:
        for day in _days(on_or_after, on_or_after + (SEARCH_DAYS - 1) * DAY):
            if self.is_business_day(day):
                return day
        raise ConfigError(
            f"closed: there is no business day within {SEARCH_DAYS} days from {on_or_after}; shorten the closed days"
        )

    def _span(self, day: date) -> tuple[datetime, datetime]:
        known = self._hours.get(day)
        if known is None:
            known = self._hours[day] = (self._moment(day, self._opens), self._moment(day, self._closes))
        return known

    def _moment(self, day: date, at: time) -> datetime:
        return datetime.combine(day, at, self.zone).astimezone(UTC)


@lru_cache(maxsize=256)
def calendar_of(issuer: Issuer) -> Calendar:
    """Return the calendar of an issuer, the same one for equal issuers."""
    return Calendar(issuer)


@lru_cache(maxsize=256)
def read_zone(name: str) -> ZoneInfo:
    """Return the time zone called `name` (IANA); raises `ConfigError` where there is none."""
    try:
        return ZoneInfo(name)
    except (OSError, ValueError, KeyError):  # a folder of the database, a bad key, an unknown one
        raise ConfigError(f'time_zone: there is no time zone {quoted(name)}; write one such as "Asia/Tokyo"') from None


def _holidays(place: str) -> tuple[Container[date], frozenset[int]]:
    """Return the holidays and the weekend of a country (`JP`) or one of its subdivisions (`DE-BY`)."""
    if not place:
        return frozenset[date](), frozenset((SATURDAY, SUNDAY))
    import holidays  # noqa: PLC0415  slow to import, and only reminders need it

    country, _, subdivision = place.strip().upper().partition("-")
    try:
        days = holidays.country_holidays(country, subdiv=subdivision or None)
    except NotImplementedError:
        raise ConfigError(
            f"reminders.holidays: {quoted(place)} is not known; "
            'write an ISO 3166 country such as "JP" or "DE-BY", or "" for none'
        ) from None
    return days, frozenset(days.weekend)
