"""Dates and moments as people write them.

Owns the forms that are read: `2026-11-20`, `2026/11/20`, `2026/1/5`, `2026年11月20日`, full-width digits too, a time
behind them, and RFC 3339. A local time belongs to a time zone; one that a change of the clock skips or repeats is
read as in `calendar`. Owns as well when something ends that is good for so many days.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING

from mailbot.domain.written import Misread, fold, quoted

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

FIRST_YEAR, LAST_YEAR = 2000, 2099
"""Years outside are taken for slips of the pen."""

DATE_FORMS = "write it as 2026-11-20, 2026/11/20 or 2026年11月20日"
MOMENT_FORMS = "write it as 2026-11-20, 2026-11-20 09:00 or 2026-11-20T09:00:00+09:00"

_DAY = (
    r"(?P<year>\d{4})(?:-(?P<m1>\d{1,2})-(?P<d1>\d{1,2})|/(?P<m2>\d{1,2})/(?P<d2>\d{1,2})"
    r"|年\s?(?P<m3>\d{1,2})月\s?(?P<d3>\d{1,2})日)"
)
_DATE = re.compile(_DAY, re.ASCII)
_LOCAL = re.compile(_DAY + r"(?:(?:[ T]|(?<=日))(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2}))?)?", re.ASCII)
_RFC_3339 = re.compile(r"\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}:\d{2}(?:\.\d{1,6})?(?:[Zz]|[-+]\d{2}:\d{2})", re.ASCII)


LAST_SECOND = time(23, 59, 59)


def end_of_days(begun: datetime, days: int, zone: ZoneInfo) -> datetime:
    """Return when something ends that began at an aware moment and is good for so many days: with the last of them.

    That is the end of the local day so many days later, in UTC, so that whoever is told the day has all of it.
    """
    last = begun.astimezone(zone).date() + timedelta(days=days)
    return datetime.combine(last, LAST_SECOND, zone).astimezone(UTC)


@lru_cache(maxsize=65536)
def read_date(text: str) -> date:
    """Read a date; raises `Misread`."""
    found = _DATE.fullmatch(fold(text))
    if found is None:
        raise Misread(f"{quoted(text)} is no date", DATE_FORMS)
    return _date(found, text, DATE_FORMS)


@lru_cache(maxsize=65536)
def read_moment(text: str, zone: ZoneInfo) -> datetime:
    """Read a moment, in UTC: a date alone is its first moment in `zone`, a time without an offset is one in `zone`.

    Raises `Misread`.
    """
    folded = fold(text)
    if _RFC_3339.fullmatch(folded):
        return _rfc_3339(folded, text)
    found = _LOCAL.fullmatch(folded)
    if found is None:
        raise Misread(f"{quoted(text)} is no date or time", MOMENT_FORMS)
    return datetime.combine(_date(found, text, MOMENT_FORMS), _time(found, text), zone).astimezone(UTC)


def _date(found: re.Match[str], text: str, forms: str) -> date:
    part = found.groupdict()
    month, day = (part[f"{name}1"] or part[f"{name}2"] or part[f"{name}3"] for name in "md")
    try:
        return _in_range(date(int(part["year"]), int(month or 0), int(day or 0)), text)
    except ValueError:
        raise Misread(f"there is no day {quoted(text)}", forms) from None


def _in_range(day: date, text: str) -> date:
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise Misread(f"{quoted(text)} lies outside {FIRST_YEAR} to {LAST_YEAR}", "look at the year")
    return day


def _time(found: re.Match[str], text: str) -> time:
    try:
        return time(int(found["hour"] or 0), int(found["minute"] or 0), int(found["second"] or 0))
    except ValueError:
        raise Misread(f"there is no such time of day in {quoted(text)}", MOMENT_FORMS) from None


def _rfc_3339(folded: str, text: str) -> datetime:
    try:
        at = datetime.fromisoformat(folded.upper())
    except ValueError:
        raise Misread(f"there is no moment {quoted(text)}", MOMENT_FORMS) from None
    _in_range(at.date(), text)
    return at.astimezone(UTC)
