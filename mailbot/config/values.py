"""The kinds of value that the configuration knows: durations, addresses, listening places and so on.

Owns how each is written, read and shown. Which key holds which kind stands in `sections`.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import date, time, timedelta
from enum import Enum, StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, NewType

from mailbot.domain.policy import OnUnknown, Security

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Address = NewType("Address", str)
Addresses = NewType("Addresses", tuple[str, ...])
Code = NewType("Code", str)
Country = NewType("Country", str)
Days = NewType("Days", tuple[str, ...])
Inlet = NewType("Inlet", str)
Locale = NewType("Locale", str)
MonthDay = NewType("MonthDay", str)
Networks = NewType("Networks", tuple[str, ...])
Positive = NewType("Positive", int)
Registration = NewType("Registration", str)
Separator = NewType("Separator", str)
Steps = NewType("Steps", tuple[int, ...])
Url = NewType("Url", str)
Zone = NewType("Zone", str)


class Masking(StrEnum):
    """How mail addresses stand in the log."""

    MASKED = "masked"
    FULL = "full"


class Level(StrEnum):
    """The least important facts that are logged."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Listen:
    """Where to listen: a host, and a port (0: any free one)."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Hours:
    """A part of the day, local time."""

    opens: time
    closes: time

    def __str__(self) -> str:
        return f"{self.opens:%H:%M}-{self.closes:%H:%M}"


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of value: `read` takes what TOML gave and raises `ValueError`; `form` says what to write."""

    read: Callable[[object], object]
    form: str


class Unfit(ValueError):  # named as the errors in `errors` are
    """A value that is not of its kind; the text is the part of the sentence after the value."""


UNITS = {"d": 86400, "h": 3600, "m": 60, "s": 1}
DURATION = re.compile(r"(?=\d)(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?")
MAILBOX = re.compile(r"[^\s@<>\"(),:;\\\[\]]+@(?:[^\W_](?:[\w-]*[^\W_])?\.)*[^\W_](?:[\w-]*[^\W_])?")
HIGHEST_PORT = 65535
LOCAL_PART_WITH_TAG = 36
"""Characters that leave room for a separator and a tag in the 64 of a local part (RFC 5321 §4.5.3.1.1)."""


def show(value: object) -> str:
    """Write a value as it stands in the file."""
    if value is None:
        return '""'
    if isinstance(value, bool | int | float) or (isinstance(value, str) and not isinstance(value, Enum)):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, timedelta):
        return f'"{duration_text(value)}"'
    if isinstance(value, list | tuple):
        return "[" + ", ".join(show(item) for item in value) + "]"
    return json.dumps(str(value), ensure_ascii=False)


def duration_text(length: timedelta) -> str:
    """Write a length of time as the configuration does: `1h30m`."""
    rest, text = int(length.total_seconds()), ""
    for unit, seconds in UNITS.items():
        count, rest = divmod(rest, seconds)
        text += f"{count}{unit}" if count else ""
    return text or "0s"


def duration(text: str) -> timedelta:
    """Read `10m`, `3d`, `1h30m`; raises `ValueError`."""
    found = DURATION.fullmatch(text.strip())
    if found is None:
        raise Unfit("is no duration")
    return timedelta(
        seconds=sum(int(count or 0) * unit for count, unit in zip(found.groups(), UNITS.values(), strict=True))
    )


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise Unfit("is no text")
    if any(ord(character) < ord(" ") for character in value):
        raise Unfit("holds a line break or a control character")
    return value.strip()


def _whole(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise Unfit("is no whole number of 0 or more")
    return value


def _positive(value: object) -> int:
    if _whole(value) == 0:
        raise Unfit("is too small")
    return _whole(value)


def _yes_or_no(value: object) -> bool:
    if not isinstance(value, bool):
        raise Unfit("is neither true nor false")
    return value


def _duration(value: object) -> timedelta:
    return duration(_text(value))


def _matching(pattern: str, problem: str) -> Callable[[object], str]:
    def read(value: object) -> str:
        text = _text(value)
        if re.fullmatch(pattern, text) is None:
            raise Unfit(problem)
        return text

    return read


def _address(value: object) -> str:
    text = _text(value)
    if text and MAILBOX.fullmatch(text) is None:
        raise Unfit("is no mail address")
    if not text.isascii():
        raise Unfit("has characters outside ASCII, which no header of a mail may hold as they are")
    return text


def _list(read: Callable[[object], object]) -> Callable[[object], tuple[object, ...]]:
    def read_all(value: object) -> tuple[object, ...]:
        items = value if isinstance(value, list) else [value]
        return tuple(read(item) for item in items)

    return read_all


def _url(value: object) -> str:
    text = _text(value).rstrip("/")
    if text and re.fullmatch(r"https?://[^\s/?#@]+(?:/[^\s?#]*)?", text) is None:
        raise Unfit("is no web address")
    return text


def _listen(value: object) -> Listen:
    found = re.fullmatch(r"(?:\[([0-9a-fA-F:.]+)\]|([^\s:\[\]]+)):(\d{1,5})", _text(value))
    if found is None or int(found[3]) > HIGHEST_PORT:
        raise Unfit("is no place to listen at")
    return Listen(found[1] or found[2], int(found[3]))


def _inlet(value: object) -> str:
    text = _text(value)
    protocol, _, place = text.partition(":")
    if text and (protocol not in {"smtp", "lmtp"} or place.startswith("//")):
        raise Unfit("is no way in")
    if text and not (protocol == "lmtp" and re.fullmatch(r"/\S+", place)):
        _listen(place.replace("/", " "))  # a host has none, and a path is what only LMTP listens at
    return text


def _network(value: object) -> str:
    from ipaddress import ip_network  # noqa: PLC0415  # 4 ms that most runs do without

    try:
        return str(ip_network(_text(value)))
    except ValueError as error:
        raise Unfit("is no IP address or network") from error


def _hours(value: object) -> Hours:
    try:
        opens, closes = (time.fromisoformat(part.strip()) for part in _text(value).split("-"))
    except ValueError as error:
        raise Unfit("is no part of a day") from error
    if opens >= closes:
        raise Unfit("ends before it begins")
    return Hours(opens, closes)


def _zone(value: object) -> str:
    from zoneinfo import ZoneInfo  # noqa: PLC0415  # imported where it is used, like all that costs milliseconds

    text = _text(value)
    try:
        ZoneInfo(text)
    except (ValueError, OSError, KeyError) as error:
        raise Unfit("is no time zone") from error
    return text


def _month_day(value: object) -> str:
    text = _text(value)
    try:
        date.fromisoformat(f"2024-{text}")
    except ValueError as error:
        raise Unfit("is no day of the year") from error
    return text


def _day_off(value: object) -> str:
    for part in _text(value).split(".."):
        try:
            date.fromisoformat(part if len(part) > len("12-29") else f"2024-{part}")
        except ValueError as error:
            raise Unfit("is no day or range of days") from error
    return _text(value)


def _choice(words: type[StrEnum]) -> Kind:
    def read(value: object) -> object:
        try:
            return words(_text(value))
        except ValueError as error:
            raise Unfit("is none of the words that may stand here") from error

    return Kind(read, " or ".join(f'"{word}"' for word in words))


def _path(value: object) -> Path | None:
    text = _text(value)
    return Path(text).expanduser() if text else None


def _folder(value: object) -> Path:
    if (path := _path(value)) is None:
        raise Unfit("is empty")
    return path


KINDS: Mapping[object, Kind] = {
    str: Kind(_text, "text in quotes"),
    int: Kind(_whole, "a whole number such as 50"),
    bool: Kind(_yes_or_no, "true or false"),
    timedelta: Kind(_duration, 'a duration such as "10m", "3d" or "1h30m"'),
    Path: Kind(_folder, 'a path such as "/var/lib/mailbot"'),
    Path | None: Kind(_path, 'a path such as "/etc/mailbot/smtp-password"'),
    Positive: Kind(_positive, "a whole number of 1 or more"),
    Address: Kind(_address, 'one bare address such as "billing@example.com"'),
    Addresses: Kind(_list(_address), 'addresses such as ["staff@example.com"]'),
    Code: Kind(
        _matching(r"[A-Za-z0-9][A-Za-z0-9_-]{0,19}", "is no short code"),
        'up to 20 letters, digits, "-" or "_", such as "ACME"',
    ),
    Registration: Kind(
        _matching(r"(?:T[0-9]{13})?", "is no registration number"), 'T and 13 digits such as "T1234567890123", or ""'
    ),
    Country: Kind(_matching(r"(?:[A-Z]{2}(?:-[A-Z0-9]{1,3})?)?", "is no country"), 'an ISO code such as "JP", or ""'),
    Days: Kind(_list(_day_off), 'days such as ["12-29..01-03", "2027-08-13"]'),
    Hours: Kind(_hours, 'hours such as "09:00-17:00"'),
    Inlet: Kind(_inlet, '"smtp:127.0.0.1:2525", "lmtp:127.0.0.1:2424" or "lmtp:/run/mailbot/lmtp"'),
    Listen: Kind(_listen, 'host and port such as "127.0.0.1:8025" or "[::1]:8025"'),
    Locale: Kind(_matching(r"ja|en", "is no language that mailbot speaks"), '"ja" or "en"'),
    MonthDay: Kind(_month_day, 'month and day such as "03-31"'),
    Networks: Kind(_list(_network), 'addresses or networks such as ["127.0.0.1", "10.0.0.0/8"]'),
    Separator: Kind(_matching(r"[+=_.-]?", "cannot stand between a name and a tag"), '"+", "-", "=" or "" for no tags'),
    Steps: Kind(_list(_positive), "days such as [3, 7, 14]"),
    Url: Kind(_url, 'an address such as "https://invoices.example.com"'),
    Zone: Kind(_zone, 'a name such as "Asia/Tokyo"'),
    Security: _choice(Security),
    Masking: _choice(Masking),
    Level: _choice(Level),
    OnUnknown: _choice(OnUnknown),
}
