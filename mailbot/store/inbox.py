"""Rows of mails that came in: their bytes first, what was made of them later.

Owns what makes two arrivals the same mail, and how far a mailbox was read. What a mail is, and what follows from it,
are the flows'.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from mailbot.clock import stamp
from mailbot.store.rows import columns, new_id

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence
    from datetime import datetime

    from mailbot.store.database import Reading, Transaction


class State(StrEnum):
    """Where a mail that came in stands; the word is public (`inbox list --json`)."""

    RECEIVED = "received"
    DONE = "done"
    SET_ASIDE = "set_aside"


@dataclass(frozen=True, slots=True, kw_only=True)
class Inbound:
    """A mail that came in, without its bytes."""

    id: int
    door: str
    sender: str | None
    """Sender of the envelope; empty for the null sender, None where the door does not know it."""
    recipients: tuple[str, ...]
    size: int
    state: State
    kind: str | None
    """Its class; None until it was judged."""
    rule: str | None
    reason: str | None
    hard: bool
    from_email: str | None
    subject: str | None
    message_id: str | None
    issuer: str | None
    customer_id: int | None
    address_id: int | None
    outbox_id: int | None
    attributed_by: str | None
    action: str | None
    error: str | None
    attempts: int
    """How often a daemon began to read it."""
    received_at: datetime
    judged_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What was made of a mail."""

    kind: str
    rule: str
    reason: str | None = None
    hard: bool = False
    from_email: str = ""
    subject: str = ""
    message_id: str = ""
    issuer: str | None = None
    customer_id: int | None = None
    address_id: int | None = None
    outbox_id: int | None = None
    attributed_by: str | None = None
    action: str = ""


@dataclass(frozen=True, slots=True)
class Cursor:
    """How far a mailbox was read."""

    mailbox: str
    """`user@host/folder`."""
    uidvalidity: int
    last_uid: int


COLUMNS = (
    "id, door, sender, recipients, size, state, class AS kind, rule, reason, hard, from_email, subject, message_id,"
    " issuer, customer_id, address_id, outbox_id, attributed_by, action, error, attempts, received_at, judged_at"
)

UNHEARD = "(action LIKE 'nobody to tell%' OR action LIKE 'not forwarded%')"
"""Condition: a person's words that nobody has read, whatever else is noted of them."""

VOUCHED = "+vouched"
"""Follows the fingerprint of a mail that a server vouches for, where a copy that it did not vouch for came first."""

_HEADER_ENDS = re.compile(rb"\r?\n\r?\n")
_TELLING = re.compile(
    rb"^(message-id|date|from|subject|to)[ \t]*:((?:[^\n]*\n[ \t])*[^\n]*)", re.IGNORECASE | re.MULTILINE
)
_LONGEST_HEADER = 256 * 1024
_BLANKS = b" \t\r\n"


def fingerprint(raw: bytes, *, recipients: Sequence[str] = ()) -> str:
    """Return what two arrivals of one mail have in common: its own fields and its body, without their blanks.

    Servers on the way put fields on top and fold lines anew: the last field of a name is its writer's, and the one that
    he signed (RFC 6376 §3.4, §5.4.2). A mail without Message-ID is told by whom it went to as well.
    """
    found = _HEADER_ENDS.search(raw, 0, _LONGEST_HEADER)
    header, body = (raw[: found.start()], raw[found.end() :]) if found else (raw[:_LONGEST_HEADER], raw)
    fields = {name.lower(): value.translate(None, _BLANKS) for name, value in _TELLING.findall(header)}
    to = fields.pop(b"to", b"")
    whom = [] if fields.get(b"message-id") else [to, *recipients]
    digest = hashlib.sha256(repr((sorted(fields.items()), whom)).encode("utf-8", "surrogatepass"))
    digest.update(body.translate(None, _BLANKS))
    return digest.hexdigest()


def take(
    tx: Transaction, raw: bytes, *, door: str, sender: str | None, recipients: Sequence[str], vouched: bool = False
) -> int | None:
    """Put a mail on file as received and return its id; None where the same mail is on file.

    `vouched` puts it beside the copy that no server vouched for, once.
    """
    row = tx.one(
        "INSERT INTO inbox (fingerprint, door, sender, recipients, size, state, received_at)"
        " VALUES (:fingerprint, :door, :sender, :recipients, :size, 'received', :now)"
        " ON CONFLICT (fingerprint) DO NOTHING RETURNING id",
        {
            "fingerprint": fingerprint(raw, recipients=recipients) + (VOUCHED if vouched else ""),
            "door": door,
            "sender": sender,
            "recipients": json.dumps(list(recipients), ensure_ascii=False),
            "size": len(raw),
            "now": tx.now_text,
        },
    )
    if row is None:
        return None
    inbox_id = new_id(row)
    tx.execute("INSERT INTO inbox_raw (inbox_id, content) VALUES (?, ?)", (inbox_id, raw))
    return inbox_id


def copy_of(reading: Reading | Transaction, raw: bytes, *, recipients: Sequence[str]) -> int:
    """Return the id of the same mail that came first; raises `LookupError` where there is none."""
    row = reading.one(
        "SELECT id FROM inbox WHERE fingerprint = :fingerprint",
        {"fingerprint": fingerprint(raw, recipients=recipients)},
    )
    return int(columns(row)["id"])


def was_obeyed(reading: Reading | Transaction, *, sender: str, message_id: str, outbox_id: int) -> bool:
    """Tell whether a command by that sender, of that Message-ID and about that mail of ours was carried out."""
    sql = (
        "SELECT 1 FROM inbox WHERE message_id = :message_id AND class = 'command' AND from_email = :sender"
        " AND outbox_id = :outbox_id LIMIT 1"
    )
    return reading.one(sql, {"message_id": message_id, "sender": sender, "outbox_id": outbox_id}) is not None


def get(reading: Reading | Transaction, inbox_id: int) -> Inbound:
    """Return the mail of this id; raises `LookupError` where there is none."""
    return _inbound(reading.one(f"SELECT {COLUMNS} FROM inbox WHERE id = :id", {"id": inbox_id}))


@dataclass(frozen=True, slots=True, kw_only=True)
class InboxSearch:
    """Which mails a list has; None: whatever it is."""

    issuer: str | None = None
    state: State | None = None
    kind: str | None = None
    """A class: bounce, complaint, challenge, auto-reply, person, command or own."""
    customer: str | None = None
    """Code of a customer."""
    unheard: bool = False
    """Only people's words that nobody has read."""
    limit: int = -1
    """The newest so many; all where it is negative."""


_WITH_CUSTOMER = f"SELECT {COLUMNS}, (SELECT code FROM customers c WHERE c.id = customer_id) AS customer FROM inbox"


def one(reading: Reading, inbox_id: int) -> tuple[Inbound, str | None]:
    """Return the mail of this id with its customer's code; raises `LookupError` where there is none."""
    row = reading.one(f"{_WITH_CUSTOMER} WHERE id = :id", {"id": inbox_id})
    return _inbound(row), row["customer"] if row is not None else None


def newest(reading: Reading, search: InboxSearch) -> list[tuple[Inbound, str | None]]:
    """Return the mails that were searched for, the newest first, each with its customer's code."""
    found = reading.all(
        f"{_WITH_CUSTOMER} WHERE (issuer = :issuer OR :issuer IS NULL) AND (state = :state OR :state IS NULL)"
        " AND (class = :kind OR :kind IS NULL)"
        " AND (customer_id IN (SELECT id FROM customers WHERE code = :customer) OR :customer IS NULL)"
        f" AND ({UNHEARD} OR NOT :unheard) ORDER BY id DESC LIMIT :limit",
        {
            "issuer": search.issuer,
            "state": search.state,
            "kind": search.kind,
            "customer": search.customer,
            "unheard": search.unheard,
            "limit": search.limit,
        },
    )
    return [(_inbound(row), row["customer"]) for row in found]


def queued_for(reading: Reading, mail: Inbound) -> list[sqlite3.Row]:
    """Return the mails (`id, kind, email`) that this one had queued when it was judged: answer, forward, notices.

    An answer to a person's words may stand for several of the thread, and is named by the one that it answers.
    """
    sql = (
        "SELECT id, kind, email FROM outbox WHERE created_at = :at AND (unique_key LIKE '%:inbox:' || :id"
        " OR unique_key LIKE '%:reply:' || :id"
        " OR (kind = 'answer' AND json_extract(payload, '$.in_reply_to') = '<' || :message_id || '>')) ORDER BY id"
    )
    at = None if mail.judged_at is None else stamp(mail.judged_at)
    return reading.all(sql, {"at": at, "id": mail.id, "message_id": mail.message_id})


def counts(reading: Reading) -> dict[str, int]:
    """Count mails by class; those without one by their state."""
    sql = (
        "SELECT CASE state WHEN 'done' THEN class ELSE state END AS word, count(*) AS rows FROM inbox"
        " GROUP BY word ORDER BY word"
    )
    return {row["word"]: row["rows"] for row in reading.all(sql)}


def to_judge(reading: Reading, limit: int) -> list[Inbound]:
    """Return mails that nothing was made of yet, the oldest first."""
    sql = f"SELECT {COLUMNS} FROM inbox WHERE state = 'received' ORDER BY id LIMIT :limit"
    return [_inbound(row) for row in reading.all(sql, {"limit": limit})]


def is_waiting(reading: Reading | Transaction, inbox_id: int) -> bool:
    """Tell whether nothing was made of a mail yet."""
    sql = "SELECT 1 FROM inbox WHERE id = :id AND state = 'received'"
    return reading.one(sql, {"id": inbox_id}) is not None


def raw(reading: Reading | Transaction, inbox_id: int) -> bytes:
    """Return a mail as it came; raises `LookupError` where its bytes are not on file."""
    content = reading.value("SELECT content FROM inbox_raw WHERE inbox_id = :id", {"id": inbox_id})
    if content is None:
        raise LookupError(f"the bytes of inbound mail {inbox_id} are not on file")
    return bytes(content)


def judged(tx: Transaction, inbox_id: int, judgement: Judgement) -> None:
    """Write what was made of a mail; it is done."""
    values = {name: getattr(judgement, name) for name in judgement.__slots__}
    tx.execute(
        "UPDATE inbox SET state = 'done', class = :kind, rule = :rule, reason = :reason, hard = :hard,"
        " from_email = :from_email, subject = :subject, message_id = :message_id, issuer = :issuer,"
        " customer_id = :customer_id, address_id = :address_id, outbox_id = :outbox_id,"
        " attributed_by = :attributed_by, action = :action, error = NULL, judged_at = :now WHERE id = :id",
        {**values, "hard": int(judgement.hard), "now": tx.now_text, "id": inbox_id},
    )


def set_aside(tx: Transaction, inbox_id: int, error: str) -> None:
    """Write that a mail could not be worked through, and why."""
    tx.execute(
        "UPDATE inbox SET state = 'set_aside', error = :error, judged_at = :now WHERE id = :id",
        {"error": error, "now": tx.now_text, "id": inbox_id},
    )


def judge_again(tx: Transaction, inbox_id: int) -> None:
    """Have a mail that was set aside looked at once more."""
    sql = "UPDATE inbox SET state = 'received', error = NULL, attempts = 0 WHERE id = :id"
    tx.execute(sql, {"id": inbox_id})


def begin(tx: Transaction, inbox_id: int) -> None:
    """Count that a daemon begins to read a mail."""
    tx.execute("UPDATE inbox SET attempts = attempts + 1 WHERE id = :id", {"id": inbox_id})


def next_due(reading: Reading | Transaction) -> str | None:
    """Return since when a mail waits to be judged, or None."""
    at = reading.value("SELECT received_at FROM inbox WHERE state = 'received' ORDER BY id LIMIT 1")
    return None if at is None else str(at)


def cursor(reading: Reading, mailbox: str) -> Cursor | None:
    """Return how far a mailbox was read, or None where it never was."""
    row = reading.one("SELECT uidvalidity, last_uid FROM mailboxes WHERE name = :name", {"name": mailbox})
    return None if row is None else Cursor(mailbox, int(row["uidvalidity"]), int(row["last_uid"]))


def move_cursor(tx: Transaction, to: Cursor) -> None:
    """Write how far a mailbox was read."""
    tx.execute(
        "INSERT INTO mailboxes (name, uidvalidity, last_uid) VALUES (:name, :validity, :uid)"
        " ON CONFLICT (name) DO UPDATE SET uidvalidity = excluded.uidvalidity, last_uid = excluded.last_uid",
        {"name": to.mailbox, "validity": to.uidvalidity, "uid": to.last_uid},
    )


def _inbound(row: sqlite3.Row | None) -> Inbound:
    values = columns(row, "received_at", "judged_at")
    values.pop("customer", None)
    values["state"] = State(values["state"])
    values["recipients"] = tuple(json.loads(values["recipients"]))
    values["hard"] = bool(values["hard"])
    return Inbound(**values)
