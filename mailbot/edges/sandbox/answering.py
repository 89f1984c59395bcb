"""What may come back to a mail that the sandbox keeps: a reply, a bounce, an absence, as real programs write them.

Owns their form on the wire; what mailbot makes of them is not known here. The visitor's words stand on top of a
quotation, as mail programs do it.
"""

from __future__ import annotations

from dataclasses import dataclass
from email import policy
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from mailbot.edges.sandbox.mailbox import Kept
    from mailbot.edges.sandbox.reading import Letter

LONGEST = 20_000
"""Characters of an answer."""

QUOTED = 200
"""Lines of the mail that a reply quotes."""

_HOST = "mx.sandbox.example"
_WIRE = policy.SMTP.clone(cte_type="7bit")


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """A mail on its way to mailbot."""

    raw: bytes
    sender: str
    """Sender of the envelope; empty for a report."""
    recipient: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What mailbot says of a mail that it was given."""

    state: str
    """`received`, `done` or `set_aside`."""
    kind: str
    rule: str
    action: str
    error: str


class Ear(Protocol):
    """Whoever takes mails in."""

    async def hear(self, post: Post) -> int | None:
        """Take a mail; None where the very same mail was taken before."""
        ...

    def told(self, inbox_id: int) -> Told | None:
        """Return what was made of a mail, or None where there is none of that id."""
        ...


class NoWayBack(Exception):
    """This mail cannot be answered in this way; the text says why."""


def reply(kept: Kept, letter: Letter, *, words: str, at: datetime, unique: str) -> Post:
    """Write a reply with the visitor's words on top; raises `NoWayBack` for a mail that names nobody to reply to."""
    reader = kept.recipients[0]
    to = parseaddr(_first(letter, "Reply-To") or _first(letter, "From"))[1]
    if not to:
        raise NoWayBack("this mail names nobody to reply to")
    mail = _mail(letter, reader=reader, to=to, at=at, unique=unique)
    mail["Subject"] = _subject(kept.subject)
    mail.set_content(f"{words[:LONGEST].strip()}\n\n{_quotation(letter, at)}")
    return Post(raw=mail.as_bytes(policy=_WIRE), sender=reader, recipient=to)


def absence(kept: Kept, letter: Letter, *, at: datetime, unique: str) -> Post:
    """Write what an absence assistant answers; raises `NoWayBack` for a mail without a return path."""
    reader = kept.recipients[0]
    mail = _mail(letter, reader=reader, to=_return_path(kept), at=at, unique=unique)
    mail["Subject"] = f"自動応答: {kept.subject}"
    mail["Auto-Submitted"] = "auto-replied"
    mail["X-Auto-Response-Suppress"] = "All"
    mail.set_content("ただいま休暇中です。25日より出社いたします。\nお急ぎの場合は弊社代表番号までお電話ください。\n")
    return Post(raw=mail.as_bytes(policy=_WIRE), sender="", recipient=_return_path(kept))


BOUNCES: Mapping[str, tuple[str, str]] = {
    "unknown": ("5.1.1", "550 5.1.1 User unknown"),
    "full": ("4.2.2", "452 4.2.2 Mailbox full"),
}
"""Status and words of the bounces that can be had."""


def bounce(kept: Kept, content: bytes, *, why: str, at: datetime, unique: str) -> Post:
    """Write a report that the mail did not arrive (RFC 3464), for a reason of `BOUNCES`."""
    status, said = BOUNCES[why]
    reader, to = kept.recipients[0], _return_path(kept)
    header = content.partition(b"\r\n\r\n")[0].decode("ascii", "replace").replace("\r\n", "\n")
    text = f"""\
From: MAILER-DAEMON@{_HOST} (Mail Delivery System)
To: {to}
Subject: Undelivered Mail Returned to Sender
Date: {format_datetime(at)}
Message-ID: <bounce.{unique}@{_HOST}>
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="{unique}/{_HOST}"

--{unique}/{_HOST}
Content-Type: text/plain; charset=us-ascii

This is the mail system at host {_HOST}.

I'm sorry to have to inform you that your message could not be delivered.

<{reader}>: host mail.{reader.rpartition("@")[2]} said: {said}
    (in reply to RCPT TO command)

--{unique}/{_HOST}
Content-Type: message/delivery-status

Reporting-MTA: dns; {_HOST}
Original-Envelope-Id: {kept.message_id}

Final-Recipient: rfc822; {reader}
Action: failed
Status: {status}
Diagnostic-Code: smtp; {said}

--{unique}/{_HOST}
Content-Type: text/rfc822-headers

{header}

--{unique}/{_HOST}--
"""
    return Post(raw=text.replace("\n", "\r\n").encode(), sender="", recipient=to)


def _mail(letter: Letter, *, reader: str, to: str, at: datetime, unique: str) -> EmailMessage:
    mail = EmailMessage()
    mail["From"] = Address(addr_spec=reader)
    mail["To"] = Address(addr_spec=to)
    mail["Date"] = at
    mail["Message-ID"] = f"<answer.{unique}@{reader.rpartition('@')[2]}>"
    if answered := _first(letter, "Message-ID"):
        mail["In-Reply-To"] = answered
        mail["References"] = answered
    return mail


def _return_path(kept: Kept) -> str:
    if not kept.sender:
        raise NoWayBack("this mail has no return path: it is an answer itself, and nothing answers an answer")
    return kept.sender


def _first(letter: Letter, name: str) -> str:
    return dict(letter.headers).get(name, "")


def _subject(subject: str) -> str:
    return subject if subject.lower().startswith("re:") else f"Re: {subject}"


def _quotation(letter: Letter, at: datetime) -> str:
    lines = (letter.text or "").splitlines()[:QUOTED]
    quoted = "\n".join(f"> {line}".rstrip() for line in lines)
    return f"{at:%Y/%m/%d %H:%M} {_first(letter, 'From')} wrote:\n{quoted}\n"
