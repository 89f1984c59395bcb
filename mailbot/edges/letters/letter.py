"""What a letter is made of: the stationery of its issuer, and what is one customer's alone.

Owns these values, each in one language. What stands where is `sheet`'s.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from mailbot.edges.letters.words import words_for
from mailbot.mail.addressee import date_en, date_ja

if TYPE_CHECKING:
    from datetime import date, datetime

    from mailbot.domain.policy import Issuer
    from mailbot.edges.letters.words import Words

LOCALES = ("ja", "en")
"""Languages that letters are written in; any other is written to in the last one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stationery:
    """What all sheets of one issuer in one language share."""

    issuer: Issuer
    locale: str
    claim: str
    """Address of the page that takes the codes."""
    sign_in: str
    """Address of the page to sign in at."""
    written_on: date

    @property
    def words(self) -> Words:
        """The words of its language."""
        return words_for(self.locale)

    def said(self, text: str) -> str:
        """Return one of the words with what it stands for."""
        return text.format(issuer=self.issuer.name, claim=self.claim, sign_in=self.sign_in)

    def date(self, day: date) -> str:
        """Write a date as its language does."""
        return date_ja(day.isoformat()) if self.locale == "ja" else date_en(day.isoformat())

    @property
    def own_texts(self) -> tuple[str, ...]:
        """The issuer's own texts, which the font must be able to print."""
        contact = self.issuer.contact
        names = (self.issuer.name, self.issuer.code, self.issuer.registration_number, self.claim, self.sign_in)
        return (*names, contact.name, contact.phone, contact.hours, contact.email, contact.postal)


def stationery_of(issuer: Issuer, *, base_url: str, written_on: date) -> dict[str, Stationery]:
    """Return the stationery of an issuer by language, in each with its name and contact as they are called there."""
    return {
        locale: Stationery(
            issuer=issuer.in_language(locale),
            locale=locale,
            claim=f"{base_url}/claim",
            sign_in=f"{base_url}/sign-in",
            written_on=written_on,
        )
        for locale in LOCALES
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """What is one customer's alone."""

    locale: str
    code: str
    """The customer's code at the issuer."""
    name: str
    postal_code: str
    postal_address: str
    paper_id: str
    """Temporary ID, 12 characters."""
    password: str
    """Temporary password, 12 characters."""
    expires: date
    """Last day on which the codes work, as the issuer counts days."""
    link: str
    """What the QR code says."""


def sample(stationery: Stationery) -> Letter:
    """Return a letter that is nobody's and whose codes work nowhere."""
    japanese = stationery.locale == "ja"
    return Letter(
        locale=stationery.locale,
        code="0000000",
        name="株式会社見本" if japanese else "Sample Company Ltd.",
        postal_code="100-0000",
        postal_address="東京都千代田区見本町1-2-3 見本ビル5階"
        if japanese
        else "1-2-3 Mihon-cho, Chiyoda-ku, Tokyo, Japan",
        paper_id="0" * 12,
        password="0" * 12,
        expires=stationery.written_on,
        link=stationery.claim,
    )


def last_day(expires_at: datetime) -> date:
    """Return the last day that is over before a code ends, where `expires_at` is in the issuer's time zone."""
    return (expires_at + timedelta(seconds=1)).date() - timedelta(days=1)
