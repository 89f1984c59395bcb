"""Moments and dates as the pages write them, in the issuer's time zone and the reader's language.

Owns the human form of a time; the exact one stands beside it in `<time datetime>` (RFC 3339).
"""

from __future__ import annotations

from datetime import date, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from markupsafe import Markup

from mailbot import clock

_WEEKDAYS = "月火水木金土日"


@lru_cache(maxsize=1024)
def moment_html(moment: datetime, zone: str, locale: str) -> Markup:
    """Write a moment as a `<time>` element: exact for programs, local for people."""
    return Markup('<time datetime="{}">{}</time>').format(clock.stamp(moment), _local(moment, zone, locale))


def _local(moment: datetime, zone: str, locale: str) -> str:
    local = moment.astimezone(ZoneInfo(zone))
    if locale == "ja":
        day = f"{local.year}年{local.month}月{local.day}日({_WEEKDAYS[local.weekday()]})"
        return f"{day} {local:%H:%M}" + ("" if zone == "Asia/Tokyo" else f" {local:%Z}")
    return f"{local.day} {local:%B %Y, %H:%M %Z}"


@lru_cache(maxsize=1024)
def date_html(text: str, locale: str) -> Markup:
    """Write a calendar date `YYYY-MM-DD` as a `<time>` element."""
    day = date.fromisoformat(text)
    human = f"{day.year}年{day.month}月{day.day}日" if locale == "ja" else f"{day.day} {day:%B %Y}"
    return Markup('<time datetime="{}">{}</time>').format(text, human)
