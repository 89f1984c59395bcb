"""What an installation and its issuers have decided: the values that rules are applied with.

Owns the frozen values that the configuration is read into. Nothing here reads a file; see `config` for names,
defaults and faults of the file itself.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace
from datetime import time, timedelta
from enum import StrEnum
from functools import lru_cache


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """Whom a customer reaches at the issuer; stands on every mail, page and letter."""

    name: str = ""
    phone: str = ""
    hours: str = ""
    email: str = ""
    postal: str = ""

    def over(self, other: Contact) -> Contact:
        """Return this contact, with what it leaves empty taken from another one."""
        return Contact(**{each.name: getattr(self, each.name) or getattr(other, each.name) for each in fields(Contact)})


@dataclass(frozen=True, slots=True, kw_only=True)
class Spoken:
    """What an issuer is called, and whom one reaches there, in one language; what is empty is as the issuer says."""

    name: str = ""
    contact: Contact = field(default_factory=Contact)


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """Where the envelope of letters shows the address: millimetres from the envelope's top left corner."""

    left: int = 20
    top: int = 12
    width: int = 90
    height: int = 45
    envelope_width: int = 235
    """長形3号 on its side (JIS S 5502)."""
    envelope_height: int = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class ReminderPolicy:
    """When customers who have not downloaded are reminded."""

    after_days: tuple[int, ...] = (3, 7, 14)
    """Calendar days after the local date of the first accepted notice, one for each step."""
    opens: time = time(9)
    closes: time = time(17)
    max: int = 3
    min_gap_days: int = 1
    weekdays_only: bool = True
    holidays: str = "JP"
    """ISO 3166 country (with an optional subdivision, `DE-BY`) whose holidays are no business days; empty: none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Issuer:
    """A company that issues invoices through this installation."""

    code: str
    name: str
    sender: str
    """Address in From, and the local part and domain that return paths are made of."""
    staff: tuple[str, ...] = ()
    locale: str = "ja"
    time_zone: str = "Asia/Tokyo"
    registration_number: str = ""
    contact: Contact = field(default_factory=Contact)
    fiscal_year_end: str = "03-31"
    retention_years: int = 7
    proof_days: int = 60
    invitation_days: int = 60
    closed: tuple[str, ...] = ()
    """Days off besides weekends and holidays: `2027-08-13`, `12-29`, or a range `12-29..01-03`."""
    reminders: ReminderPolicy = field(default_factory=ReminderPolicy)
    ja: Spoken = field(default_factory=Spoken)
    en: Spoken = field(default_factory=Spoken)
    letter_window: Window = field(default_factory=Window)

    def __hash__(self) -> int:
        """Return the code's alone: pages look an issuer up for each word of it."""
        return hash(self.code)

    def in_language(self, locale: str) -> Issuer:
        """Return the issuer as people read of it in a language: name and contact as it has them there."""
        return _in_language(self, locale)


@lru_cache(maxsize=256)
def _in_language(issuer: Issuer, locale: str) -> Issuer:
    spoken = {"ja": issuer.ja, "en": issuer.en}.get(locale, Spoken())
    return replace(issuer, name=spoken.name or issuer.name, contact=spoken.contact.over(issuer.contact))


class Security(StrEnum):
    """How a connection to a mail server is kept private; the word is the configuration's."""

    NONE = "none"
    STARTTLS = "starttls"
    """Upgraded before anything is said; a server that does not offer it is not used (no silent fall-back)."""
    TLS = "tls"
    """Encrypted from the first byte (RFC 8314 §3.2, §3.3)."""


class OnUnknown(StrEnum):
    """What becomes of a mail of which nobody knows whether the relay took it."""

    RESEND = "resend"
    HOLD = "hold"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What holds for the whole installation."""

    base_url: str
    """Where customers reach us, without a slash at the end."""
    confirm_above: int = 50
    redirect_to: str = ""
    """Every mail goes here instead, and says so in its subject; empty: to whom it is meant."""
    send_delay: timedelta = timedelta()
    deadline: timedelta = timedelta(days=3)
    unknown: OnUnknown = OnUnknown.RESEND
    unknown_after: timedelta = timedelta(minutes=10)
    per_domain: int = 0
    """Mails to one domain that may be on the wire at once; 0: as many as there are connections."""
    min_reading: timedelta = timedelta(seconds=2)
    inbound_address: str = ""
    """Where replies and bounces are heard, `local@domain`; empty: no way in is configured."""
    inbound_separator: str = "+"
    hears: bool = False
    """Whether a way in is configured, so that a mail may say that one can answer it."""
    authserv_id: str = ""
    """Whose Authentication-Results are believed (RFC 8601 §2.2); empty: nobody's."""
    max_pdf: int = 20 * 1024 * 1024
