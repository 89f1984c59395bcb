"""Every key of the configuration: its kind, its default, and what it means.

Owns the one list from which the reader, the table in the README and the commented file that `mailbot init` writes
are made. What the rest of mailbot works with are `Settings`, not these.
"""

# ruff: noqa: RUF009  # key() and table() are dataclasses.field() with names of ours

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import time, timedelta
from pathlib import Path
from typing import Any

from mailbot.config.values import (
    Address,
    Addresses,
    Code,
    Country,
    Days,
    Hours,
    Inlet,
    Level,
    Listen,
    Locale,
    Masking,
    MonthDay,
    Networks,
    Positive,
    Registration,
    Separator,
    Steps,
    Url,
    Zone,
)
from mailbot.domain.policy import OnUnknown, Security


def key(default: object, meaning: str, *, wanted: str = "") -> Any:  # noqa: ANN401  # dataclasses.field is typed so, too
    """Describe one key; `wanted` is what to write where production cannot do without it."""
    return field(default=default, metadata={"meaning": meaning, "wanted": wanted})


def table(kind: type, meaning: str) -> Any:  # noqa: ANN401  # the same
    """Describe a table of keys."""
    return field(default_factory=kind, metadata={"meaning": meaning})


@dataclass(frozen=True, slots=True, kw_only=True)
class Mailbot:
    """The installation as a whole."""

    base_url: Url = key(
        Url(""),
        "where customers reach the link pages; in the sandbox the listening address",
        wanted='"https://invoices.example.com"',
    )
    data_dir: Path = key(Path("mailbot-data"), "folder of the store, the PDFs and the keys; relative to this file")
    templates_dir: Path | None = key(None, "folder whose templates shadow ours, file by file")
    confirm_above: int = key(50, "an import that would send more mails than this asks first, or wants --yes")
    drop_folder: Path | None = key(None, "folder to watch for batches: a folder each, with its CSV and PDFs")
    redirect_to: Address = key(Address(""), "a rehearsal: every mail goes to this one address and says so")
    send_delay: timedelta = key(timedelta(), "how long an import's mails wait, so that it can be cancelled")
    max_pdf_mb: Positive = key(Positive(20), "largest PDF that an import takes, in MiB")


@dataclass(frozen=True, slots=True, kw_only=True)
class Http:
    """The web pages behind the links."""

    listen: Listen = key(
        Listen("127.0.0.1", 8025), "where to listen, unless systemd hands a socket over; port 0: a free one"
    )
    trusted_proxies: Networks = key(
        Networks(("127.0.0.1/32", "::1/128")), "whose X-Forwarded-For and X-Forwarded-Proto are believed"
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class OAuth:
    """Signing in to a mail server with OAuth 2 (XOAUTH2) in place of a password."""

    token_url: str = key("", "where a refresh token is turned into an access token; empty: a password is used")
    client_id: str = key("", "what the provider calls us")
    client_secret_file: Path | None = key(
        None, "file with the client secret, where there is one; else the systemd credential SECTION-client-secret"
    )
    refresh_token_file: Path | None = key(
        None, "file with the refresh token; else the systemd credential SECTION-refresh-token"
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Smtp:
    """The relay that takes our mails; the sandbox has its own and ignores this."""

    host: str = key("", "name of the relay", wanted='"smtp.example.com"')
    port: int = key(0, "0: 25, 587 or 465, as `security` is none, starttls or tls")
    security: Security = key(Security.STARTTLS, "none, starttls or tls; certificates are checked")
    username: str = key("", "empty: no sign-in")
    password_file: Path | None = key(None, "file with the password; else the systemd credential smtp-password")
    oauth: OAuth = table(OAuth, "in place of a password")
    connections: Positive = key(Positive(10), "connections at once")
    cafile: Path | None = key(None, "certificates to trust (PEM) in place of the system's")
    hostname: str = key("", "our name in EHLO; empty: the machine's")
    timeout: timedelta = key(timedelta(seconds=60), "how long an answer may take")


@dataclass(frozen=True, slots=True, kw_only=True)
class Outbox:
    """Mails on their way out."""

    deadline: timedelta = key(timedelta(days=3), "a mail that could not be sent for this long is given up")
    unknown: OnUnknown = key(OnUnknown.RESEND, "connection lost after the final dot: resend once, or hold for a person")
    unknown_after: timedelta = key(timedelta(minutes=10), "how long such a mail waits for evidence first")
    per_domain: int = key(0, "mails to one domain on the wire at once; 0: as many as there are connections")


@dataclass(frozen=True, slots=True, kw_only=True)
class Imap:
    """The mailbox that replies and bounces are fetched from; the sandbox ignores this."""

    host: str = key("", "name of the server; empty: no mailbox")
    port: int = key(0, "0: 993 with tls, else 143")
    security: Security = key(Security.TLS, "none, starttls or tls; certificates are checked")
    username: str = key("", "whose mailbox")
    password_file: Path | None = key(None, "file with the password; else the systemd credential imap-password")
    oauth: OAuth = table(OAuth, "in place of a password")
    folder: str = key("INBOX", "folder to watch; its mails are marked as read once they are on file")
    cafile: Path | None = key(None, "certificates to trust (PEM) in place of the system's")


@dataclass(frozen=True, slots=True, kw_only=True)
class Inbound:
    """Where replies and bounces come in."""

    address: Address = key(Address(""), "address of replies and bounces, tags are added to it; empty: none is heard")
    separator: Separator = key(Separator("+"), 'between its local part and a tag; "": no tags')
    listen: Inlet = key(
        Inlet(""),
        "an SMTP or LMTP listener for the mail server in front; a systemd socket named inbound takes its place",
    )
    authserv_id: str = key("", "whose Authentication-Results are believed (RFC 8601)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """When a press counts."""

    min_reading: timedelta = key(timedelta(seconds=2), "a press sooner than this after its page was got is doubtful")


@dataclass(frozen=True, slots=True, kw_only=True)
class Drop:
    """The drop folder."""

    settle: timedelta = key(timedelta(seconds=5), "a dropped folder is taken once it has not changed for this long")


@dataclass(frozen=True, slots=True, kw_only=True)
class Letters:
    """Letters on paper."""

    font: Path = key(
        Path("/usr/share/fonts/truetype/bizud-gothic/BIZUDPGothic-Regular.ttf"),
        "TrueType font of the letters, embedded into the PDF; a -Bold beside a -Regular is used as well",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Logging:
    """The log."""

    level: Level = key(Level.INFO, "debug, info, warning or error")
    addresses: Masking = key(Masking.MASKED, "masked (t***@example.com) or full")


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """Whom customers reach; stands on every mail and page."""

    name: str = key("", "department or person")
    phone: str = key("", "telephone")
    hours: str = key("", "when it is answered, as people write it")
    email: Address = key(Address(""), "mail address that people answer")
    postal: str = key("", "postal address")


@dataclass(frozen=True, slots=True, kw_only=True)
class Spoken:
    """An issuer in one language; what is not there is as the issuer says it in general."""

    name: str = key("", "name in this language; empty here and below: as the issuer has it in general")
    contact: Contact = table(Contact, "whom customers reach, in this language")


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """The window of the envelopes that letters go into."""

    left: int = key(20, "millimetres from the left edge of the envelope to its window")
    top: int = key(12, "millimetres from its top edge")
    width: Positive = key(Positive(90), "width of the window")
    height: Positive = key(Positive(45), "height of the window")
    envelope_width: Positive = key(Positive(235), "width of the envelope, in which a sheet of 210 mm may slip")
    envelope_height: Positive = key(Positive(120), "its height, in which A4 folded in three (99 mm) may slip")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reminders:
    """When customers who have not downloaded are reminded."""

    after_days: Steps = key(Steps((3, 7, 14)), "calendar days after the first accepted notice, one for each step")
    hours: Hours = key(Hours(time(9), time(17)), "hours in which reminders are sent")
    max: int = key(3, "most reminders for one invoice")
    min_gap_days: int = key(1, "fewest calendar days between two to one person")
    weekdays_only: bool = key(True, "never on Saturday or Sunday")  # noqa: FBT003  # the default of the key
    holidays: Country = key(Country("JP"), 'country whose holidays are days off; "": none')


@dataclass(frozen=True, slots=True, kw_only=True)
class Issuer:
    """A company that issues invoices; one such table each."""

    code: Code = key(Code("DEMO"), "short name for commands and records; never changes", wanted='"ACME"')
    name: str = key("デモ株式会社", "name of the company as customers know it", wanted='"株式会社アクメ"')
    sender: Address = key(
        Address("billing@demo.example"), "address that mails come from", wanted='"billing@example.com"'
    )
    staff: Addresses = key(Addresses(()), "who is told of what needs a person")
    locale: Locale = key(Locale("ja"), "language of customers of whom nothing else is known: ja or en")
    time_zone: Zone = key(Zone("Asia/Tokyo"), "whose dates and hours count")
    registration_number: Registration = key(Registration(""), "invoice registration number (T and 13 digits)")
    contact: Contact = table(Contact, "whom customers reach")
    fiscal_year_end: MonthDay = key(MonthDay("03-31"), "last day of the tax period")
    retention_years: Positive = key(Positive(7), "how long invoices are kept: 7 or 10")
    proof_days: Positive = key(Positive(60), "days that the link of a proof is good, to the end of the last")
    invitation_days: Positive = key(Positive(60), "days that an invitation is good, to the end of the last")
    closed: Days = key(Days(()), "days off besides weekends and holidays: a date, a day of each year, a range")
    reminders: Reminders = table(Reminders, "when customers are reminded")
    ja: Spoken = table(Spoken, "the issuer in Japanese")
    en: Spoken = table(Spoken, "the issuer in English")
    letter_window: Window = table(Window, "where envelopes show the address of a letter")


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """The whole file."""

    mailbot: Mailbot = table(Mailbot, "")
    http: Http = table(Http, "")
    smtp: Smtp = table(Smtp, "")
    outbox: Outbox = table(Outbox, "")
    imap: Imap = table(Imap, "")
    inbound: Inbound = table(Inbound, "")
    evidence: Evidence = table(Evidence, "")
    drop: Drop = table(Drop, "")
    letters: Letters = table(Letters, "")
    log: Logging = table(Logging, "")
    issuer: tuple[Issuer, ...] = field(default=(), metadata={"meaning": ""})


NAMES = {"sender": "from"}
"""Keys that are no Python names."""


def key_name(field_name: str) -> str:
    """Return how a field is written in the file."""
    return NAMES.get(field_name, field_name)
