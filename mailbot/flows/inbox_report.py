"""What people ask of mails that came in: a list, and one in full.

Owns the keys of `--json`. It changes nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mailbot.clock import stamp
from mailbot.errors import Refused, UnreadableMail
from mailbot.facts import REPLY_OBEYED
from mailbot.links import masked
from mailbot.mail.classify import classify
from mailbot.mail.legible import legible
from mailbot.mail.parse import parse
from mailbot.store import inbox, ledger
from mailbot.store.inbox import Inbound, InboxSearch

if TYPE_CHECKING:
    from mailbot.mail.parse import Message
    from mailbot.mail.verdict import Outcome
    from mailbot.store.database import Database, Reading

__all__ = ["InboxReport", "InboxSearch"]

SHOWN = 20_000
"""Characters of a mail's text that are shown."""


REPORTS = frozenset({"bounce", "complaint"})
"""Classes that say what became of a mail at each of its recipients."""

COMMANDED = "a word that mailbot obeys"
"""Rule of a command, which the words of a person turned out to be."""


class InboxReport:
    """Lists and looks, beside a running daemon."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def mails(self, search: InboxSearch) -> list[dict[str, Any]]:
        """Return the mails that were searched for, the newest first."""
        found = self._database.read(lambda reading: inbox.newest(reading, search))
        return [_line(mail, customer) for mail, customer in found]

    def mail(self, inbox_id: int) -> dict[str, Any]:
        """Return one mail with envelope, header, text and what followed; raises `Refused` where there is none.

        `outcomes` has each recipient that a report is about, `queued` our mails that followed.
        """

        def look(reading: Reading) -> dict[str, Any]:
            (mail, customer), raw = _kept(reading, inbox_id)
            envelope = {"sender": mail.sender, "recipients": list(mail.recipients)}
            judged = {"rule": _rule(reading, mail), "reason": mail.reason, "queued": _queued(reading, mail)}
            return {**_line(mail, customer), **envelope, **judged, **_readable(raw, reports=mail.kind in REPORTS)}

        return self._database.read(look)

    def raw(self, inbox_id: int) -> bytes:
        """Return a mail as it came; raises `Refused` where there is none."""
        return self._database.read(lambda reading: _kept(reading, inbox_id))[1]


def _kept(reading: Reading, inbox_id: int) -> tuple[tuple[Inbound, str | None], bytes]:
    try:
        return inbox.one(reading, inbox_id), inbox.raw(reading, inbox_id)
    except LookupError:
        raise Refused(f"there is no inbound mail {inbox_id}; see: mailbot inbox list") from None


def _rule(reading: Reading, mail: Inbound) -> str | None:
    """Return what told the mail apart; of a command, which one it was."""
    if mail.kind != "command":
        return mail.rule
    if mail.issuer is None:
        return COMMANDED
    entries = ledger.rows(reading, mail.issuer, f"inbox:{mail.id}")
    deeds = [entry.details["command"] for entry in entries if entry.fact == REPLY_OBEYED.name and entry.details]
    return f"{COMMANDED}: {deeds[-1]}" if deeds else COMMANDED


def _queued(reading: Reading, mail: Inbound) -> list[dict[str, Any]]:
    """Return our mails that followed from one that came in."""
    return [{"id": row["id"], "kind": row["kind"], "to": row["email"]} for row in inbox.queued_for(reading, mail)]


def _line(mail: Inbound, customer: str | None) -> dict[str, Any]:
    return {
        "id": mail.id,
        "door": mail.door,
        "state": mail.state,
        "class": mail.kind,
        "from": mail.from_email,
        "subject": mail.subject,
        "customer": customer,
        "action": mail.action,
        "rule": COMMANDED if mail.kind == "command" else mail.rule,
        "attributed_by": mail.attributed_by,
        "outbox": mail.outbox_id,
        "issuer": mail.issuer,
        "error": mail.error,
        "size": mail.size,
        "message_id": mail.message_id,
        "received_at": stamp(mail.received_at),
        "judged_at": None if mail.judged_at is None else stamp(mail.judged_at),
    }


def _readable(raw: bytes, *, reports: bool) -> dict[str, Any]:
    try:
        message = parse(raw)
    except UnreadableMail as error:
        return {"outcomes": [], "headers": [], "text": "", "unreadable": str(error)}
    return {
        "outcomes": [_outcome(each) for each in classify(message).outcomes] if reports else [],
        "headers": [[field.name, field.value] for field in message.fields],
        # People quote our mails: whoever has a token can act for the customer.
        "text": masked(legible(_text(message)[:SHOWN])),
    }


def _outcome(each: Outcome) -> dict[str, Any]:
    return {
        "recipient": each.recipient or each.original,
        "reason": each.reason,
        "hard": each.hard,
        "status": each.status or None,
        "action": each.action,
    }


def _text(message: Message) -> str:
    """Return the first text that a reader sees, plain before HTML."""
    texts = [part for part in message.walk() if part.kind in {"text/plain", "text/html"} and not part.parts]
    plain = sorted(texts, key=lambda part: part.kind != "text/plain")
    return plain[0].text() if plain else ""
