"""The letters of a batch as CSV, for a printing house that has its own form.

Owns columns and encoding: UTF-8 with a byte order mark, since that is what spreadsheets open right, CRLF (RFC 4180).
A spreadsheet runs what begins with one of `FORMULA` as a formula. To write such a name any other way would put it on
paper wrong, so its letter is held back: `fault` is asked first. What the issuer wrote of itself stands as it is.
"""

from __future__ import annotations

import codecs
import csv
import io
from typing import TYPE_CHECKING, BinaryIO

from mailbot.domain import paper_code
from mailbot.mail.addressee import addressed

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from mailbot.edges.letters.letter import Letter, Stationery

HEADINGS = {
    "code": "顧客コード",
    "name": "会社名",
    "addressee": "宛名",
    "postal_code": "郵便番号",
    "address": "住所",
    "locale": "言語",
    "company_code": "企業コード",
    "paper_id": "仮ID",
    "password": "仮パスワード",
    "expires": "有効期限",
    "link": "QRコードのURL",
    "claim": "登録ページ",
    "sign_in": "ログインページ",
    "issuer": "発行元",
    "contact": "担当",
    "phone": "電話",
    "hours": "受付時間",
    "email": "メール",
}
"""Columns, and their headings for an issuer that speaks Japanese."""


FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def fault(letter: Letter) -> str:
    """Say why a letter cannot stand in the table; empty where it can."""
    own = (letter.code, letter.name, letter.postal_code, letter.postal_address)
    found = next((text for text in own if text.startswith(FORMULA)), "")
    if not found:
        return ""
    return (
        f'"{found}" would be a formula in the CSV; import it with its first character in full width, or leave out --csv'
    )


def write(out: BinaryIO, letters: Iterable[Letter], stationery: Mapping[str, Stationery]) -> None:
    """Write one row a letter, all that stands on it included."""
    out.write(codecs.BOM_UTF8)
    text = io.TextIOWrapper(out, encoding="utf-8", newline="")
    rows = csv.writer(text, lineterminator="\r\n")
    issuer = next(iter(stationery.values())).issuer
    rows.writerow(HEADINGS.values() if issuer.locale == "ja" else HEADINGS)
    rows.writerows(_row(letter, stationery[letter.locale]) for letter in letters)
    text.flush()
    text.detach()


def _row(letter: Letter, stationery: Stationery) -> list[str]:
    issuer, contact = stationery.issuer, stationery.issuer.contact
    return [
        letter.code,
        letter.name,
        addressed(letter.name) if letter.locale == "ja" else letter.name,
        letter.postal_code,
        letter.postal_address,
        letter.locale,
        issuer.code,
        paper_code.shown(letter.paper_id),
        paper_code.shown(letter.password),
        letter.expires.isoformat(),
        letter.link,
        stationery.claim,
        stationery.sign_in,
        issuer.name,
        contact.name,
        contact.phone,
        contact.hours,
        contact.email,
    ]
