"""The two forms of a registration: the company, and the person who registers it.

Owns their fields, which of them must be filled in, and how each is read: widths and kana are folded into one spelling,
so that whoever types on a Japanese keyboard need not switch it. A field that cannot be taken has a problem, one that
looks odd a warning; both are keys of sentences. A mail address is read by whoever the caller passes in.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, Protocol

from mailbot.domain import registration_number
from mailbot.domain.written import Misread, fold
from mailbot.errors import Refused

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

MAX_NAME = 200
MAX_ADDRESS = 400
MAX_SHORT = 100
"""Characters of a person's name and department."""
MAX_POSTAL_CODE = 20
MAX_PHONE = 40

REQUIRED = "required"
TOO_LONG = "too_long"
UNFIT = "unfit"
"""A character that cannot be shown: a control character, or one of a private font."""

_UNSEEN = dict.fromkeys(map(ord, "\u00ad\u200b\u200c\u2060\ufeff"))
_BLANKS = re.compile(r"[ \t\r\n\u3000\u00a0\u2028\u2029]+")
_LINE_ENDS = re.compile(r"[ \t\u3000]*(?:\r\n|[\r\n\u2028\u2029])[ \t\u3000]*")

_HIRAGANA = {code: code + 0x60 for code in (*range(0x3041, 0x3097), 0x309D, 0x309E)}
_KANA = re.compile(r"[\u30a0-\u30ff\u0020-\u007e]*")
_DASH_AFTER_KANA = re.compile(r"(?<=[\u30a1-\u30ff])[-‐‑‒–—―−~]")

_POSTAL_MARKS = re.compile(r"[\s〒\-‐‑‒–—―−ー]+")
_JAPANESE_CODE = re.compile(r"[0-9]{7}")
_FOREIGN_CODE = re.compile(r"(?=.*[A-Z])[A-Z0-9][A-Z0-9 -]*")

_JAPANESE = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uff66-\uff9f]")
_LETTER = re.compile(r"[^\W\d_]")

_PHONE_DASHES = re.compile(r"[\-‐‑‒–—―−ー・]")
_PHONE_MARKS = re.compile(r"[\s()\-./]+")
_TRUNK_ZERO = re.compile(r"(?<=\d)\s*\(0\)")
_PHONE = re.compile(r"0[0-9]{9,10}|\+[1-9][0-9]{6,14}")


class BusinessClass(StrEnum):
    """事業者区分; the word is public."""

    CORPORATION = "corporation"
    SOLE_PROPRIETOR = "sole_proprietor"


class ReadAddress(Protocol):
    """A mail address as its reader understood it."""

    @property
    def email(self) -> str:
        """The address as it stands on the envelope."""
        ...


class AddressReader(Protocol):
    """Reads one mail address; raises `Refused` where it is none."""

    def __call__(self, typed: str, /) -> ReadAddress:
        """Return the address that somebody typed."""
        ...


@dataclass(frozen=True, slots=True)
class Checked:
    """A form as it was understood."""

    values: dict[str, str]
    """Every field of the form: as it will be kept, or as it was typed where it has a problem."""
    problems: dict[str, str] = field(default_factory=dict)
    """Field to the key of the sentence that says why it cannot be taken."""
    warnings: dict[str, str] = field(default_factory=dict)
    """Field to the key of the sentence that says what looks odd about it."""

    @property
    def ok(self) -> bool:
        """True where the form can be taken."""
        return not self.problems


class _Wrong(Refused):
    """A field that cannot be taken; its text is the key of the sentence that says why."""


def check_company(values: Mapping[str, str], *, locale: str = "ja") -> Checked:
    """Read the company form; fields that are missing count as empty, others are ignored.

    Of who reads another language than Japanese (`locale`), or types an address of another country, the postal code is
    any short line, or none: some countries have none.
    """
    checked = _check(values, _COMPANY if locale == "ja" and not _is_abroad(values) else _ABROAD)
    number = checked.values["registration_number"]
    if number and "registration_number" not in checked.problems:
        _check_number(checked, number)
    return checked


def check_person(values: Mapping[str, str], *, read_address: AddressReader | None = None) -> Checked:
    """Read the person form; without `read_address` its mail address was proved otherwise and stays as it is."""
    checked = _check(values, _PERSON)
    if read_address is not None:
        _check_email(checked, read_address)
    return checked


def _check(values: Mapping[str, str], readers: Mapping[str, Callable[[str], str]]) -> Checked:
    checked = Checked({})
    for name, reader in readers.items():
        typed = values.get(name, "")
        try:
            checked.values[name] = reader(typed)
        except _Wrong as wrong:
            checked.values[name] = typed
            checked.problems[name] = str(wrong)
    return checked


def _check_number(checked: Checked, number: str) -> None:
    found = registration_number.problem_for(registration_number.read(number), checked.values["business_class"])
    if found is not None:
        severity, key = found
        (checked.problems if severity == "error" else checked.warnings)["registration_number"] = key


def _check_email(checked: Checked, read_address: AddressReader) -> None:
    typed = checked.values["email"]
    if not typed:
        checked.problems["email"] = REQUIRED
        return
    try:
        checked.values["email"] = read_address(typed).email
    except Refused:
        checked.problems["email"] = "email"


def _business_class(typed: str) -> str:
    if not typed.strip():
        raise _Wrong(REQUIRED)
    if typed not in set(BusinessClass):
        raise _Wrong("business_class")
    return typed


def _registration_number(typed: str) -> str:
    plain = typed.translate(_UNSEEN)
    if not plain.strip():
        return ""
    try:
        return registration_number.read(plain).text
    except Misread:
        raise _Wrong("registration_number") from None


def _line(limit: int) -> Callable[[str], str]:
    """Read text that stands in one line. Its letters stay as they are: `㈱` and `①` are part of a name."""

    def read(typed: str) -> str:
        return _fit(_BLANKS.sub(_one_blank, typed.translate(_UNSEEN)).strip(), limit)

    return read


def _one_blank(found: re.Match[str]) -> str:
    return "\u3000" if found.group() == "\u3000" else " "


def _required(read: Callable[[str], str]) -> Callable[[str], str]:
    def read_it(typed: str) -> str:
        text = read(typed)
        if not text:
            raise _Wrong(REQUIRED)
        return text

    return read_it


def _kana(typed: str) -> str:
    """Read kana of any width, hiragana too, as full-width katakana; Latin letters and digits of a name may stand."""
    plain = _BLANKS.sub(" ", fold(typed.translate(_UNSEEN))).translate(_HIRAGANA)
    kana = _fit(_DASH_AFTER_KANA.sub("ー", plain), MAX_NAME)
    if not _KANA.fullmatch(kana):
        raise _Wrong("kana")
    return kana


def _postal_code(typed: str) -> str:
    """Read a Japanese code as `100-0001`; one with letters, as other countries write them, in capitals.

    Digits alone must be a Japanese code: seven of them. Another country's is written with its letters (`DE-10115`).
    """
    plain = fold(typed.translate(_UNSEEN)).upper()
    digits = _POSTAL_MARKS.sub("", plain)
    if _JAPANESE_CODE.fullmatch(digits):
        return f"{digits[:3]}-{digits[3:]}"
    if digits and not (_FOREIGN_CODE.fullmatch(plain) and len(plain) <= MAX_POSTAL_CODE):
        raise _Wrong("postal_code")
    return plain if digits else ""


def _is_abroad(values: Mapping[str, str]) -> bool:
    """Tell whether the address is written in letters and in none of a Japanese one."""
    address = values.get("postal_address", "")
    return bool(_LETTER.search(address)) and not _JAPANESE.search(address)


def _code_abroad(typed: str) -> str:
    return _fit(_BLANKS.sub(" ", fold(typed.translate(_UNSEEN))), MAX_POSTAL_CODE)


def _postal_address(typed: str) -> str:
    """Read a postal address; its lines stay lines."""
    lines = (line.strip() for line in _LINE_ENDS.split(typed.translate(_UNSEEN)))
    text = "\n".join(line.replace("\t", " ") for line in lines if line)
    _fit(text.replace("\n", ""), MAX_ADDRESS)
    return text


def _phone(typed: str) -> str:
    """Read a telephone number, narrow and otherwise as it was grouped, so that its owner knows it again.

    It has ten or eleven digits from a 0 on, or is an international one from its + on.
    """
    written = _PHONE_DASHES.sub("-", _BLANKS.sub(" ", fold(typed.translate(_UNSEEN))))
    digits = _PHONE_MARKS.sub("", _TRUNK_ZERO.sub("", written))
    if digits and not _PHONE.fullmatch(digits):
        raise _Wrong("phone")
    return _fit(written, MAX_PHONE) if digits else ""


def _fit(text: str, limit: int) -> str:
    if len(text) > limit:
        raise _Wrong(TOO_LONG)
    # "C…": control, unassigned and private characters, lone surrogates, and marks that turn the direction of text.
    if any(unicodedata.category(character)[0] == "C" for character in text):
        raise _Wrong(UNFIT)
    return text


_COMPANY: Mapping[str, Callable[[str], str]] = MappingProxyType(
    {
        "business_class": _business_class,
        "registration_number": _registration_number,
        "name": _required(_line(MAX_NAME)),
        "kana": _kana,
        "postal_code": _required(_postal_code),
        "postal_address": _required(_postal_address),
        "phone": _required(_phone),
    }
)
_ABROAD: Mapping[str, Callable[[str], str]] = MappingProxyType({**_COMPANY, "postal_code": _code_abroad})
_PERSON: Mapping[str, Callable[[str], str]] = MappingProxyType(
    {
        "person_name": _required(_line(MAX_SHORT)),
        "department": _line(MAX_SHORT),
        "email": _line(MAX_NAME * 2),
    }
)

COMPANY_FIELDS = tuple(_COMPANY)
"""Names of the company form's fields, in their order."""
PERSON_FIELDS = tuple(_PERSON)
"""Names of the person form's fields, in their order."""
