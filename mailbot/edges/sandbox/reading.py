"""A kept mail in the parts that a page shows.

Owns no rules for foreign mail: what lies in a sandbox is our own, and what is not ours is shown as far as it goes.
"""

from __future__ import annotations

import email
import email.policy
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mailbot.edges.sandbox.mailbox import header

if TYPE_CHECKING:
    from email.message import EmailMessage, MIMEPart


@dataclass(frozen=True, slots=True)
class Attachment:
    """One attached file."""

    name: str
    type: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail, decoded."""

    headers: tuple[tuple[str, str], ...]
    """The first of each name, in the order of the mail."""
    text: str | None
    html: str | None
    attachments: tuple[Attachment, ...]


def read(content: bytes) -> Letter:
    """Take a mail apart."""
    message = email.message_from_bytes(content, policy=email.policy.default)
    return Letter(
        tuple((name, header(message, name)) for name in dict.fromkeys(message.keys())),
        _body(message, "plain"),
        _body(message, "html"),
        tuple(_attached(part, number) for number, part in enumerate(message.iter_attachments(), 1)),
    )


def _body(message: EmailMessage, kind: str) -> str | None:
    part = message.get_body((kind,))
    return None if part is None else _text(part)


def _text(part: MIMEPart) -> str:
    try:
        text: str = part.get_content()
    except (LookupError, UnicodeError, ValueError):
        raw = part.get_payload(decode=True)
        text = raw.decode("utf-8", "replace") if isinstance(raw, bytes) else ""
    return text.replace("\r\n", "\n")


def _attached(part: MIMEPart, number: int) -> Attachment:
    raw = part.get_payload(decode=True)
    return Attachment(
        part.get_filename() or f"part-{number}", part.get_content_type(), raw if isinstance(raw, bytes) else b""
    )
