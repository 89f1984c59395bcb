"""Laying a mail out again, to be read: the bytes that were sent, from what its row and its claim recorded."""

from __future__ import annotations

import re
from dataclasses import dataclass
from email import message_from_bytes, policy
from typing import TYPE_CHECKING

from mailbot.errors import Refused
from mailbot.flows.lay_out import LayOut
from mailbot.mail.edition import Edition
from mailbot.store import installation, outbox

if TYPE_CHECKING:
    from email.message import EmailMessage

    from mailbot.flows.desk import Desk
    from mailbot.mail.envelope import Envelope
    from mailbot.store.database import Reading
    from mailbot.store.outbox import Claim, Mail

TOKEN = re.compile(r"(/[ld]/)[\w.~-]+")


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail as a person reads it."""

    sender: str
    """Envelope sender (MAIL FROM)."""
    headers: tuple[tuple[str, str], ...]
    text: str


class Reread:
    """Reads mails again, with or without the tokens of their links."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def letter(self, mail_id: int, *, reveal: bool) -> Letter | None:
        """Return a mail as it was sent last; None where it was never laid out.

        Tokens are replaced by `***` unless `reveal`. Raises `Refused` where there is no such mail.
        """
        envelope = self._desk.database.read(lambda reading: self._envelope(reading, mail_id))
        return None if envelope is None else _letter(envelope, reveal=reveal)

    def _envelope(self, reading: Reading, mail_id: int) -> Envelope | None:
        mail = outbox.get(reading, mail_id)
        if mail is None:
            raise Refused(f"there is no mail {mail_id}; see: mailbot outbox list")
        claim = _claim(reading, mail)
        if claim is None:
            return None
        edition = Edition.read(installation.edition(reading, claim.edition))
        return LayOut(edition, self._desk.links, self._desk.vault).envelope(mail, claim)


def _claim(reading: Reading, mail: Mail) -> Claim | None:
    claim_id = mail.composed_by or mail.claim_id
    return None if claim_id is None else outbox.get_claim(reading, claim_id)


def _letter(envelope: Envelope, *, reveal: bool) -> Letter:
    message: EmailMessage = message_from_bytes(envelope.content, policy=policy.default)
    part = message.get_body(("plain",))
    text = "" if part is None else str(part.get_content()).replace("\r\n", "\n")
    headers = tuple((name, str(value)) for name, value in message.items())
    return Letter(envelope.sender, headers, text if reveal else TOKEN.sub(r"\1***", text))
