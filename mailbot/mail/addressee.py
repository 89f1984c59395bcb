"""How a letter addresses a customer, and how it writes a date.

Owns the Japanese forms of address (御中 for a firm, 様 for a person) and the dates that mails show. Used by templates
as the filters `addressed`, `date_ja` and `date_en`.
"""

from __future__ import annotations

import re
from datetime import date
from functools import lru_cache

_ADDRESSED = re.compile(r"(?:御中|様|さま|殿|先生|各位)\s*$")
_FIRM = re.compile(
    r"会社|法人|組合|協会|財団|社団|連合会|委員会|商会|商店|商工会|事務所|事業所|営業所|製作所|工務店|研究所|"
    r"銀行|信用金庫|病院|医院|クリニック|薬局|学校|大学|学園|役所|役場|センター|ホールディングス|"
    r"[㈱㈲㈳㈶㍿]|[（(][株有合名資同社財医学福]{1,2}[）)]|"
    r"\b(?:inc|ltd|llc|llp|corp|gmbh|k\.k|co\.,? ?ltd|company|corporation|limited|plc|s\.a|b\.v|pty)\b",
    re.IGNORECASE,
)
_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
_MOMENT = re.compile(r"(\d{4}-\d\d-\d\d)(?: (\d\d:\d\d))?")


def addressed(name: str) -> str:
    """Return a name with 御中 where it is a firm's, else with 様; a name that carries its title stays as it is."""
    text = str(name)  # a name that a template has not raises here, and says so
    if _ADDRESSED.search(text):
        return text
    return f"{text} {'御中' if _FIRM.search(text) else '様'}"


@lru_cache(maxsize=256)  # the mails of a batch have a handful of dates
def date_ja(text: str | None) -> str:
    """Write `2026-11-20` as 2026年11月20日, `2026-11-20 11:28` with its time; any other text stays, never empty."""
    day, time = _moment(text)
    return f"{day.year}年{day.month}月{day.day}日{time}" if day else text or ""


@lru_cache(maxsize=256)
def date_en(text: str | None) -> str:
    """Write `2026-11-20` as 20 November 2026, `2026-11-20 11:28` with its time; any other text stays, never empty."""
    day, time = _moment(text)
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}{time}" if day else text or ""


def _moment(text: str | None) -> tuple[date | None, str]:
    found = _MOMENT.fullmatch(text or "")
    if found is None:
        return None, ""
    return date.fromisoformat(found[1]), f" {found[2]}" if found[2] else ""
