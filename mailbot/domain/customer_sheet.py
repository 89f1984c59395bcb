"""The sheet of a customer import: one row a customer.

Owns the columns `code,name,kana,email,locale,channel,postal_code,address,delivery` and what their cells may hold. Which
mail addresses exist in the world is not decided here: the caller passes in who reads them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple, Protocol, TypeVar

from mailbot.domain.address import ADDITIONAL, Delivery
from mailbot.domain.sheet import (
    MAX_NAME,
    Column,
    Row,
    Sheet,
    read_block,
    read_code,
    read_line,
    read_rows,
    required,
)
from mailbot.domain.written import Misread, fold, quoted
from mailbot.errors import Fault, Refused

if TYPE_CHECKING:
    from collections.abc import Mapping, Sized

COLUMNS = (
    Column("code", "顧客コード", required=True),
    Column("name", "会社名", required=True),
    Column("kana", "フリガナ"),
    Column("email", "メールアドレス"),
    Column("locale", "言語"),
    Column("channel", "案内方法"),
    Column("postal_code", "郵便番号"),
    Column("address", "住所"),
    Column("delivery", "送付方法"),
)

MAX_POSTAL_CODE = 20

T = TypeVar("T")


class Channel(StrEnum):
    """How a customer is reached first; the word is public."""

    CONFIRM = "confirm"
    MAIL = "mail"
    LETTER = "letter"
    NONE = "none"


BY_MAIL = frozenset({Channel.CONFIRM, Channel.MAIL})

CHANNELS: Mapping[str, Channel] = MappingProxyType(
    {
        **{channel.value: channel for channel in Channel},
        "": Channel.CONFIRM,
        "確認のみ": Channel.CONFIRM,
        "メール": Channel.MAIL,
        "郵送": Channel.LETTER,
        "なし": Channel.NONE,
    }
)
DELIVERIES: Mapping[str, Delivery] = MappingProxyType(
    {
        **{delivery.value: delivery for delivery in Delivery},
        "": Delivery.LINK,
        "リンク": Delivery.LINK,
        "添付": Delivery.PDF,
        "両方": Delivery.BOTH,
    }
)
LOCALES: Mapping[str, str] = MappingProxyType(
    {
        "ja": "ja",
        "ja-jp": "ja",
        "japanese": "ja",
        "日本語": "ja",
        "en": "en",
        "en-us": "en",
        "en-gb": "en",
        "english": "en",
        "英語": "en",
    }
)
_POSTAL_CODE = re.compile(r"〒?\s*([0-9]{3})[-‐−ー]?([0-9]{4})")
_ADDRESS_FORMS = "write it as name@example.com, several separated by a space or ;"
_BETWEEN_ADDRESSES = re.compile(r"[\s;,、；，]+")


class ReadAddress(Protocol):
    """A mail address as its reader understood it."""

    @property
    def email(self) -> str:
        """The address as it is written on an envelope."""
        ...

    @property
    def key(self) -> str:
        """What is equal for the same mailbox."""
        ...

    @property
    def warning(self) -> str:
        """What is odd about it, or an empty string."""
        ...


class AddressReader(Protocol):
    """Who reads mail addresses."""

    def __call__(self, typed: str, /) -> ReadAddress:
        """Read one address; raises `Refused` with a sentence."""
        ...


class Mailbox(NamedTuple):
    """A receiving address of a row."""

    email: str
    key: str


@dataclass(frozen=True, slots=True)
class CustomerRow:
    """One customer as the sheet states it; None: the sheet has no such column, and so says nothing of it."""

    line: int
    code: str
    name: str
    kana: str | None
    emails: tuple[Mailbox, ...] | None
    """The first is the default one."""
    locale: str | None
    channel: Channel | None
    postal_code: str | None
    postal_address: str | None
    delivery: Delivery | None


@dataclass(frozen=True, slots=True)
class CustomerSheet:
    """What was read from a file of customers; taken only where `faults` is empty."""

    rows: tuple[CustomerRow, ...]
    default_locale: str
    """Of new customers where the sheet names no language."""
    faults: tuple[Fault, ...]
    warnings: tuple[Fault, ...]
    headings: dict[str, str]
    """Headings as the file writes them, by canonical name."""


def read_customers(content: bytes, *, default_locale: str, read_address: AddressReader) -> CustomerSheet:
    """Read a file of customers; `default_locale` is for rows that name no language."""
    sheet = Sheet(COLUMNS)
    seen: dict[str, CustomerRow] = {}
    rows = []
    for row in read_rows(content, sheet):
        before = len(sheet.faults)
        customer = _read(row, sheet, default_locale=default_locale, read_address=read_address)
        if len(sheet.faults) == before and _is_reachable(customer, sheet) and _is_new(customer, seen, sheet):
            rows.append(customer)
    return CustomerSheet(tuple(rows), default_locale, tuple(sheet.faults), tuple(sheet.warnings), sheet.headings)


def _read(row: Row, sheet: Sheet, *, default_locale: str, read_address: AddressReader) -> CustomerRow:
    read, stated = sheet.read, sheet.headings
    code, name, kana, email, locale, channel, postal_code, address, delivery = row.cells
    language = read("locale", _locale, locale) if locale else default_locale
    return CustomerRow(
        row.line,
        read("code", read_code, code),
        read("name", _name, name),
        read("kana", read_line, kana, MAX_NAME) if "kana" in stated else None,
        _mailboxes(email, sheet, read_address) if "email" in stated else None,
        language if "locale" in stated else None,
        read("channel", _channel, channel) if "channel" in stated else None,
        read("postal_code", _postal_code, postal_code) if "postal_code" in stated else None,
        read("address", read_block, address) if "address" in stated else None,
        read("delivery", _delivery, delivery) if "delivery" in stated else None,
    )


def _name(text: str) -> str:
    return read_line(required(text), MAX_NAME)


def _locale(text: str) -> str:
    return _word(text, LOCALES, "write ja or en (日本語, 英語)")


def _channel(text: str) -> Channel:
    return _word(text, CHANNELS, "write confirm, mail, letter or none (確認のみ, メール, 郵送, なし)")


def _delivery(text: str) -> Delivery:
    return _word(text, DELIVERIES, "write link, pdf or both (リンク, 添付, 両方)")


def _word(text: str, words: Mapping[str, T], remedy: str) -> T:
    """Return what a word of a closed list means."""
    try:
        return words[fold(text).casefold()]
    except KeyError:
        raise Misread(f"{quoted(text)} is none of the words of this column", remedy) from None


def _postal_code(text: str) -> str:
    """Read a postal code: a Japanese one becomes `100-0001`, any other stays as it is."""
    folded = fold(text)
    found = _POSTAL_CODE.fullmatch(folded)
    return f"{found[1]}-{found[2]}" if found else read_line(folded, MAX_POSTAL_CODE)


def _mailboxes(cell: str, sheet: Sheet, read_address: AddressReader) -> tuple[Mailbox, ...]:
    """Read the addresses of one cell, separated by spaces or semicolons; each has its own fault."""
    found: dict[str, Mailbox] = {}
    for typed in filter(None, _BETWEEN_ADDRESSES.split(cell)):
        try:
            address = read_address(typed)
        except Refused as refused:
            sheet.fault("email", f"{quoted(typed)}: {refused}", _ADDRESS_FORMS)
            continue
        if address.warning:
            sheet.warn("email", f"{quoted(typed)}: {address.warning}", "make sure that it is written right")
        if address.key in found:
            sheet.warn("email", f"{quoted(typed)} stands there twice", "leave one of the two out")
        found.setdefault(address.key, Mailbox(address.email, address.key))
    if len(found) > 1 + ADDITIONAL:
        sheet.fault("email", f"there are {len(found)} addresses", f"write at most {1 + ADDITIONAL}")
    return tuple(found.values())


def _is_reachable(customer: CustomerRow, sheet: Sheet) -> bool:
    """Tell whether a customer has what its channel needs; adds a fault where not.

    Where the sheet says nothing of that, what is on file decides (`unreachable`).
    """
    fault = (
        None
        if customer.channel is None
        else unreachable(customer.channel, emails=customer.emails, postal_address=customer.postal_address)
    )
    if fault is not None:
        sheet.fault(*fault)
    return fault is None


def unreachable(channel: Channel, *, emails: Sized | None, postal_address: str | None) -> tuple[str, str, str] | None:
    """Return column, problem and remedy where a customer lacks what its channel needs; None: not, or not known."""
    if channel in BY_MAIL and emails is not None and not emails:
        problem = f"the channel {channel} needs a mail address and there is none"
        return "email", problem, "write one, or the channel letter or none (郵送, なし)"
    if channel is Channel.LETTER and postal_address is not None and not postal_address:
        return "address", "the channel letter needs a postal address and there is none", "write one, or another channel"
    return None


def _is_new(customer: CustomerRow, seen: dict[str, CustomerRow], sheet: Sheet) -> bool:
    first = seen.setdefault(customer.code, customer)
    if first is not customer:
        problem = f"the code {quoted(customer.code)} stands in line {first.line} already"
        sheet.fault("code", problem, "give each customer its own code, or leave one of the two rows out")
    return first is customer
