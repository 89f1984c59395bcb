"""Registration numbers of qualified invoice issuers (適格請求書発行事業者の登録番号): `T` and 13 digits.

Owns their form and their check digit. A corporation's number is `T` and its corporate number, whose first digit checks
the other twelve; other businesses were given numbers of the same form whose rule is not published, so that a check
digit which does not match is wrong for a corporation and only odd for a sole proprietor.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from mailbot.domain.written import Misread, fold, quoted

DIGITS = 13
HOW = 'write T and 13 digits, such as "T7000012050002"'

CHECK = "registration_number_check"
"""Key of the sentence for a corporation: the check digit does not match."""
CHECK_SOLE = "registration_number_check_sole"
"""Key of the sentence for a sole proprietor: the number looks odd, and is taken."""

_FORM = re.compile(r"T([0-9]{13})")
_BETWEEN = re.compile(r"[\s\-‐‑‒–—―−ー・.,]+")

Severity = Literal["error", "warning"]


@dataclass(frozen=True, slots=True)
class Number:
    """A registration number of the right form."""

    text: str
    """`T` and 13 digits."""
    check_ok: bool
    """Whether its first digit is the check digit of the other twelve."""


def read(text: str) -> Number:
    """Read a number as people type it: full-width, in small letters, parted by hyphens or spaces.

    Raises `Misread` where it is not `T` and 13 digits. A `T` that is missing is not made up: a corporate number alone
    does not say that its owner is registered.
    """
    plain = _BETWEEN.sub("", fold(text)).upper()
    found = _FORM.fullmatch(plain)
    if found is not None:
        return Number(plain, check_digit(found[1][1:]) == int(found[1][0]))
    digits = plain.removeprefix("T")
    if not (digits.isascii() and digits.isdigit()):
        raise Misread(f"{quoted(text)} is no registration number", HOW)
    if len(digits) != DIGITS:
        raise Misread(f"{quoted(text)} has {len(digits)} digits", HOW)
    raise Misread(f"{quoted(text)} has no T before its digits", HOW)


def check_digit(digits: str) -> int:
    """Return the check digit of the twelve digits of a corporate number.

    法人番号の指定等に関する省令 第2条: 9 - (the sum of Pn x Qn, mod 9), where Pn is the n-th digit from the lowest
    and Qn is 1 for an odd n and 2 for an even one.
    """
    weighted = sum(int(digit) * (1 + place % 2) for place, digit in enumerate(reversed(digits)))
    return 9 - weighted % 9


def problem_for(number: Number, business_class: str) -> tuple[Severity, str] | None:
    """Return how bad a number is for a class of business and the key of the sentence to say; None where it is fine."""
    if number.check_ok:
        return None
    return ("error", CHECK) if business_class == "corporation" else ("warning", CHECK_SOLE)
