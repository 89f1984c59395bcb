"""Amounts of money: read as people write them, kept as integer minor units, written back.

Owns the currencies that mailbot knows with their exponents (ISO 4217), and the forms of an amount. There is no
`float` anywhere: `33000` yen is 33000, `1234.56` dollars is 123456.
"""

from __future__ import annotations

import re
from functools import lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING

from mailbot.domain.written import Misread, fold, quoted

if TYPE_CHECKING:
    from collections.abc import Mapping

DEFAULT_CURRENCY = "JPY"
LARGEST = 10**15
"""Amounts stay below this many minor units, far inside the store's 64-bit integers."""

_NONE = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF"
_TWO = (
    "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CNY COP CRC "
    "CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD "
    "KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO "
    "NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL "
    "THB TJS TMT TOP TRY TTD TWD TZS UAH USD UYU UZS VES WST XCD YER ZAR ZMW"
)
_THREE = "BHD IQD JOD KWD LYD OMR TND"

EXPONENTS: Mapping[str, int] = MappingProxyType(
    {code: digits for digits, codes in ((0, _NONE), (2, _TWO), (3, _THREE)) for code in codes.split()}
)
"""Digits after the decimal point, by currency."""

_UNITS: dict[str, int] = {code: int("1" + "0" * digits) for code, digits in EXPONENTS.items()}

_SIGNS = {
    "¥": ("JPY", "CNY"),
    "\\": ("JPY",),  # what CP932 has where other code pages have a backslash
    "円": ("JPY",),
    "US$": ("USD",),
    "$": ("USD", "AUD", "CAD", "HKD", "NZD", "SGD", "TWD", "MXN"),
    "€": ("EUR",),
    "£": ("GBP",),
    "₩": ("KRW",),
    "元": ("CNY",),
}
_PREFIX = {"JPY": "¥", "USD": "US$", "EUR": "€", "GBP": "£", "KRW": "₩"}

_MARK = r"(?:[¥\\円€£₩元]|US\$|\$|[A-Za-z]{3}|)"
_AMOUNT = re.compile(
    rf"(?P<minus>[-−△▲]?)\s*(?P<before>{_MARK})\s*(?P<inner>[-−△▲]?)\s*"
    rf"(?P<whole>[0-9]{{1,3}}(?:,[0-9]{{3}})+|[0-9]+)(?:\.(?P<part>[0-9]+))?\s*(?P<after>{_MARK})",
)


def read_currency(text: str) -> str:
    """Read a currency code, yen where the cell is empty; raises `Misread`."""
    return _read_currency(text) if text else DEFAULT_CURRENCY


@lru_cache(maxsize=1024)
def _read_currency(text: str) -> str:
    code = fold(text).upper() or DEFAULT_CURRENCY
    if code in {"円", "¥", "日本円"}:
        return DEFAULT_CURRENCY
    if code not in EXPONENTS:
        raise Misread(f"{quoted(text)} is no currency", "write its ISO 4217 code, such as JPY, USD or EUR")
    return code


def read_amount(text: str, currency: str = DEFAULT_CURRENCY) -> int:
    """Read an amount such as `33000`, `¥33,000`, `３３，０００円`, `1,234.56` or `△1,000` to minor units.

    A minus (`-`, `△`, `▲`) is a credit. `currency` is a code of `EXPONENTS`; a sign of another currency, digits beyond
    its smallest unit and commas in odd places raise `Misread`.
    """
    if len(text) < 13 and text.isdecimal() and text.isascii():  # noqa: PLR2004  the plain case, and below LARGEST
        return int(text) * _UNITS[currency]
    return _read_amount(text, currency)


@lru_cache(maxsize=65536)
def _read_amount(text: str, currency: str) -> int:
    found = _AMOUNT.fullmatch(fold(text)) if len(text) <= 64 else None  # noqa: PLR2004  longer than any amount
    if found is None or (found["minus"] and found["inner"]):
        raise Misread(f"{quoted(text)} is no amount", f"write it as {_example(currency)}")
    for mark in (found["before"], found["after"]):
        _check_mark(mark, text=text, currency=currency)
    units = _UNITS[currency]
    amount = int(found["whole"].replace(",", "")) * units + _read_part(found["part"] or "", text, currency)
    if amount >= LARGEST:
        raise Misread(f"{quoted(text)} is too large", "look for digits that do not belong there")
    return -amount if found["minus"] or found["inner"] else amount


def _check_mark(mark: str, *, text: str, currency: str) -> None:
    if mark and currency not in _SIGNS.get(mark, (mark.upper(),)):
        raise Misread(
            f"{quoted(text)} is written in another currency than {currency}",
            f"write it as {_example(currency)}, or its currency's ISO 4217 code in the column currency",
        )


def _read_part(part: str, text: str, currency: str) -> int:
    digits = EXPONENTS[currency]
    if part[digits:].strip("0"):
        raise Misread(f"{quoted(text)} has more than {digits} decimals", f"write it as {_example(currency)}")
    return int(part[:digits].ljust(digits, "0") or "0")


def _example(currency: str) -> str:
    shown = format_amount(33000 * _UNITS[currency], currency)
    return f"{decimal_text(33000 * _UNITS[currency], currency)} or {shown}"


def decimal_text(amount: int, currency: str) -> str:
    """Write an amount of minor units as `--json` does: `"33000"`, `"1234.56"`."""
    return _text(amount, currency, "d")


def format_amount(amount: int, currency: str) -> str:
    """Write an amount for people of any language: `¥33,000`, `US$1,234.56`, `-¥1,000`, `CHF 10.00`."""
    minus = "-" if amount < 0 else ""
    return f"{minus}{_PREFIX.get(currency, currency + ' ')}{_text(abs(amount), currency, ',d')}"


def _text(amount: int, currency: str, form: str) -> str:
    whole, part = divmod(abs(amount), _UNITS[currency])
    digits = EXPONENTS[currency]
    point = f".{part:0{digits}d}" if digits else ""
    return f"{'-' if amount < 0 else ''}{whole:{form}}{point}"
