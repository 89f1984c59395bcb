"""Mails as they come in: what people, their servers, their absence assistants and their providers send back."""

from __future__ import annotations

from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import format_datetime
from itertools import count
from typing import TYPE_CHECKING

from flow_office import START, message, text

from mailbot.flows.hear import Arrival, Hear
from mailbot.store import inbox

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from flow_office import Office

    from mailbot.mail.envelope import Envelope
    from mailbot.store.inbox import Inbound

INBOUND = "reply@minato.example"
"""Where the office hears, once `listens` was called."""

_numbers = count(1)


def listens(office: Office, **rules: object) -> None:
    """Give the office a way in: its mails carry tags from now on, and say that one may answer."""
    office.rule(**{"inbound_address": INBOUND, "hears": True, **rules})


async def take(
    office: Office, raw: bytes, *, recipients: Sequence[str] = (), sender: str | None = "", door: str = "lmtp"
) -> int | None:
    """Put a mail on file as a door does, unjudged; None where it is on file."""
    arrival = Arrival(raw=raw, door=door, sender=sender, recipients=tuple(recipients))
    return (await Hear(office.desk).take(arrival)).inbox_id


async def judge(office: Office) -> None:
    """Judge all that waits."""
    while await Hear(office.desk).step():
        pass


async def hear(
    office: Office, raw: bytes, *, recipients: Sequence[str] = (), sender: str | None = "", door: str = "lmtp"
) -> Inbound:
    """Take a mail, judge it, and return what was made of it; the mail must be a new one."""
    inbox_id = await take(office, raw, recipients=recipients, sender=sender, door=door)
    assert inbox_id is not None, "the same mail is on file"
    await judge(office)
    return heard(office, inbox_id)


def heard(office: Office, inbox_id: int) -> Inbound:
    """Return the row of a mail that came in."""
    return office.database.read(lambda reading: inbox.get(reading, inbox_id))


def reply_to(envelope: Envelope) -> str:
    """Return the address that answers to one of our mails go to: tagged, where the office hears."""
    found = message_from_bytes(envelope.content, policy=policy.default)
    field = found["reply-to"] or found["from"]
    return str(field.addresses[0].addr_spec)


def letter(
    words: str,
    *,
    sender: str,
    to: str,
    subject: str = "お問い合わせ",
    headers: Mapping[str, str] | None = None,
    attached: Sequence[tuple[str, str, bytes]] = (),
) -> bytes:
    """Return a mail of a person that answers nothing; `attached` are (name, media type, bytes)."""
    mail = EmailMessage(policy=policy.SMTP)
    mail["From"], mail["To"], mail["Subject"] = sender, to, subject
    mail["Date"], mail["Message-ID"] = format_datetime(START), _new_id(sender)
    _put(mail, headers or {})
    mail.set_content(words)
    for name, kind, content in attached:
        main, _, sub = kind.partition("/")
        mail.add_attachment(content, maintype=main, subtype=sub, filename=name)
    return mail.as_bytes()


def reply(
    envelope: Envelope,
    words: str,
    *,
    sender: str | None = None,
    to: str | None = None,
    subject: str | None = None,
    quoted: bool = True,
    headers: Mapping[str, str] | None = None,
    attached: Sequence[tuple[str, str, bytes]] = (),
) -> bytes:
    """Return a person's answer to one of our mails: new words on top, the mail quoted below them, written at once.

    It comes from the envelope's recipient and goes to its Reply-To unless said otherwise.
    """
    answered = message(envelope)
    who = sender or envelope.recipient
    thread = {
        "In-Reply-To": answered["Message-ID"],
        "References": answered["Message-ID"],
        "Date": str(answered["Date"]),
    }
    said = f"{words}\n\n{quotation(envelope)}" if quoted else f"{words}\n"
    return letter(
        said,
        sender=who,
        to=reply_to(envelope) if to is None else to,
        subject=f"Re: {answered['Subject']}" if subject is None else subject,
        headers={**thread, **(headers or {})},
        attached=attached,
    )


def quotation(envelope: Envelope) -> str:
    """Return one of our mails as mail programs quote it below an answer."""
    lines = [f"> {line}".rstrip() for line in text(envelope).splitlines()]
    return "\n".join([f"2026年11月20日(金) 10:00 <{reply_to(envelope)}>:", *lines])


def absence(
    envelope: Envelope,
    words: str,
    *,
    subject: str = "自動応答: 不在のお知らせ",
    sender: str | None = None,
    to: str | None = None,
    headers: Mapping[str, str] | None = None,
) -> bytes:
    """Return what an absence assistant answers to the return path of one of our mails (RFC 3834 §4)."""
    return reply(
        envelope,
        words,
        sender=sender,
        to=envelope.sender if to is None else to,
        subject=subject,
        quoted=False,
        headers={"Auto-Submitted": "auto-replied", **(headers or {})},
    )


def report(
    envelope: Envelope,
    *,
    action: str = "failed",
    status: str = "5.1.1",
    said: str = "550 5.1.1 no such user here",
    recipient: str | None = None,
    original: str | None = None,
    to: str | None = None,
    envid: bool = False,
    returned: bool = True,
) -> bytes:
    """Return a server's report on one of our mails (RFC 3464), addressed to its return path.

    `recipient` and `original` are Final-Recipient (the envelope's, unless said otherwise) and Original-Recipient;
    `envid` gives back our envelope id; `returned` brings back our header.
    """
    whom = envelope.recipient if recipient is None else recipient
    groups = ["Reporting-MTA: dns; mx.sakura.example"]
    groups += [f"Original-Envelope-Id: {envelope.envid}"] if envid else []
    person = [f"Final-Recipient: rfc822; {whom}", f"Action: {action}", f"Status: {status}"]
    person += [f"Original-Recipient: rfc822; {original}"] if original else []
    person += [f"Diagnostic-Code: smtp; {said}"] if said else []
    fields = "\r\n".join([*groups, "", *person, ""])
    words = f"This is the mail system at host mx.sakura.example.\n\n<{whom}>: host mx said: {said}\n"
    back = ("text/rfc822-headers", _header_of(envelope)) if returned else None
    return _of_server(
        envelope.sender if to is None else to,
        "Undelivered Mail Returned to Sender",
        kind="delivery-status",
        words=words,
        fields=("message/delivery-status", fields.encode()),
        back=back,
    )


def complaint(
    envelope: Envelope,
    *,
    feedback: str = "abuse",
    to: str | None = None,
    complainer: str | None = None,
    returned: bool = True,
) -> bytes:
    """Return a provider's word that somebody pressed "this is spam" on one of our mails (RFC 5965)."""
    whom = envelope.recipient if complainer is None else complainer
    fields = (
        f"Feedback-Type: {feedback}\r\nUser-Agent: Feedback/1.0\r\nVersion: 1\r\nOriginal-Rcpt-To: <{whom}>\r\n"
        f"Original-Mail-From: <{envelope.sender}>\r\n"
    )
    return _of_server(
        envelope.sender if to is None else to,
        "abuse report",
        kind="feedback-report",
        words="This is an email abuse report for an email message received from you.\n",
        fields=("message/feedback-report", fields.encode()),
        back=("message/rfc822", envelope.content) if returned else None,
    )


def _of_server(
    to: str, subject: str, *, kind: str, words: str, fields: tuple[str, bytes], back: tuple[str, bytes] | None
) -> bytes:
    head = (
        "Return-Path: <>\r\nFrom: MAILER-DAEMON@mx.sakura.example\r\n"
        f"To: {to}\r\nSubject: {subject}\r\n"
        f"Date: {format_datetime(START)}\r\nMessage-ID: {_new_id('x@mx.sakura.example')}\r\n"
        "Auto-Submitted: auto-replied\r\nMIME-Version: 1.0\r\n"
        f'Content-Type: multipart/report; report-type={kind}; boundary="report"\r\n\r\n'
    )
    parts = [_part("text/plain; charset=utf-8", words.encode()), _part(*fields)]
    parts += [_part(*back)] if back else []
    return head.encode() + b"".join(b"--report\r\n" + part + b"\r\n" for part in parts) + b"--report--\r\n"


def _part(kind: str, content: bytes) -> bytes:
    return f"Content-Type: {kind}\r\n\r\n".encode() + content.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


def _header_of(envelope: Envelope) -> bytes:
    return envelope.content.partition(b"\r\n\r\n")[0] + b"\r\n"


def _new_id(sender: str) -> str:
    return f"<{next(_numbers)}.inbound@{sender.strip('<> ').rpartition('@')[2]}>"


def _put(mail: EmailMessage, headers: Mapping[str, str]) -> None:
    for name, value in headers.items():
        del mail[name]
        mail[name] = value
