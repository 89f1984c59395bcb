"""Rows of mails on their way out.

Owns how a mail is queued once, claimed by one start of the daemon, and given its outcome. Which step is allowed is
`domain.outbox`'s; what a mail says is in its payload and its claim's edition.
"""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Any

from mailbot.clock import moment, stamp
from mailbot.domain.outbox import State
from mailbot.store.rows import marks, new_id

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime

    from mailbot.store.database import Reading, Transaction

AT_ONCE = 500
"""Rows that one statement settles."""

NEVER = "9999-12-31T00:00:00.000Z"
"""A next attempt that does not come by itself."""

ASKED_FOR = "a person wants it sent once more"
"""Reason of an unknown mail that is sent again even where the policy is to hold such."""

UNIQUE = 12
"""Random bytes of a Message-ID: nobody guesses one, so that a report that names it is about our mail."""

WAITS = "'queued', 'deferred', 'unknown'"
"""The states of `WAITING`, in the order in which the index `outbox_due` lists them: SQLite uses it for no other."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewMail:
    """A mail to be queued."""

    issuer: str
    kind: str
    subject: str
    """What it is about and at which step; with kind and address it makes the mail unique."""
    email: str
    locale: str
    payload: Mapping[str, Any]
    message_domain: str
    urgent: bool
    first_attempt: datetime
    deadline: datetime
    customer_id: int | None = None
    address_id: int | None = None
    import_id: int | None = None


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail on file, as a claim or a look-up sees it."""

    id: int
    issuer: str
    kind: str
    customer_id: int | None
    address_id: int | None
    email: str
    domain: str
    locale: str
    payload: str
    state: State
    attempts: int
    next_attempt_at: str
    deadline_at: str
    claim_id: int | None
    composed_by: int | None
    resends: int
    message_id: str
    code: int | None
    response: str | None
    bytes_sha256: str | None
    reason: str | None
    created_at: str
    finished_at: str | None

    @property
    def deadline(self) -> datetime:
        """When the mail is given up."""
        return moment(self.deadline_at)


COLUMNS = ", ".join(Mail.__slots__)


def _mail(row: sqlite3.Row) -> Mail:
    values = list(row)
    values[9] = State(values[9])
    return Mail(*values)


def json_text(payload: Mapping[str, Any]) -> str:
    """Write a payload as the store holds it."""
    return json.dumps(payload, ensure_ascii=False, separators=(",", ":"))


def unique_key(new: NewMail) -> str:
    """Return the words that make a mail the same mail: kind, address, subject and step."""
    return f"{new.kind}:{new.address_id or new.email}:{new.subject}"


def queue(tx: Transaction, new: NewMail) -> int | None:
    """Queue a mail and return its id, or None where the very same mail was queued before."""
    row = tx.one(f"{_INSERT} RETURNING id", _values(tx, new, secrets.token_hex(UNIQUE)))
    return None if row is None else new_id(row)


def queue_many(tx: Transaction, new: Sequence[NewMail]) -> None:
    """Queue mails; those that were queued before are passed over."""
    unique = secrets.token_hex(len(new) * UNIQUE)  # one call of the kernel for all of them
    values = [_values(tx, each, unique[n * 2 * UNIQUE : (n + 1) * 2 * UNIQUE]) for n, each in enumerate(new)]
    tx.executemany(_INSERT, values)


_INSERT = (
    "INSERT INTO outbox (issuer, kind, unique_key, customer_id, address_id, email, domain, locale, payload, urgent,"
    " state, next_attempt_at, deadline_at, message_id, import_id, created_at)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'queued', ?, ?, ?, ?, ?) ON CONFLICT (unique_key) DO NOTHING"
)


def _values(tx: Transaction, new: NewMail, unique: str) -> tuple[object, ...]:
    return (
        new.issuer,
        str(new.kind),
        unique_key(new),
        new.customer_id,
        new.address_id,
        new.email,
        new.email.rpartition("@")[2].lower(),
        new.locale,
        json_text(new.payload),
        int(new.urgent),
        stamp(new.first_attempt),
        stamp(new.deadline),
        f"{unique}@{new.message_domain}",
        new.import_id,
        tx.now_text,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What the bytes of mails depend on besides their rows."""

    id: int
    claimed_at: datetime
    key: str
    edition: str
    heads: dict[str, tuple[int, str]]


def due(tx: Transaction, *, limit: int, slowed: Collection[str] = ()) -> list[Mail]:
    """Return waiting mails whose next attempt is due, urgent ones first, none of a domain in `slowed`."""
    marks = ", ".join("?" for _ in slowed)
    sql = (
        f"SELECT {COLUMNS} FROM outbox WHERE state IN ({WAITS}) AND urgent = ? AND next_attempt_at <= ?"
        + (f" AND domain NOT IN ({marks})" if slowed else "")
        + " ORDER BY next_attempt_at LIMIT ?"
    )
    found: list[Mail] = []
    for urgent in (1, 0):
        if len(found) < limit:
            found += [_mail(row) for row in tx.all(sql, (urgent, tx.now_text, *slowed, limit - len(found)))]
    return found


def claim(
    tx: Transaction,
    mails: Sequence[Mail],
    *,
    start_id: int,
    key: str,
    edition: str,
    heads: Mapping[str, tuple[int, str]],
) -> Claim:
    """Take mails up for this start; those whose last outcome is unknown keep the bytes they had."""
    row = tx.one(
        "INSERT INTO claims (start_id, claimed_at, key, edition, heads) VALUES (?, ?, ?, ?, ?) RETURNING id",
        (start_id, tx.now_text, key, edition, json.dumps(heads)),
    )
    claim_id = new_id(row)
    tx.execute(
        "UPDATE outbox SET state = 'sending', attempts = attempts + 1, claim_id = ?,"
        f" composed_by = CASE state WHEN 'unknown' THEN composed_by ELSE ? END WHERE id IN ({marks(len(mails))})",
        (claim_id, claim_id, *(mail.id for mail in mails)),
    )
    return Claim(id=claim_id, claimed_at=moment(tx.now_text), key=key, edition=edition, heads=dict(heads))


def get_claim(reading: Reading | Transaction, claim_id: int) -> Claim:
    """Return a claim of any start; raises `LookupError` where there is none."""
    row = reading.one("SELECT id, claimed_at, key, edition, heads FROM claims WHERE id = :id", {"id": claim_id})
    if row is None:
        raise LookupError(f"no claim {claim_id}")
    heads = {issuer: (seq, digest) for issuer, (seq, digest) in json.loads(row["heads"]).items()}
    return Claim(
        id=row["id"], claimed_at=moment(row["claimed_at"]), key=row["key"], edition=row["edition"], heads=heads
    )


def last_heads(reading: Reading | Transaction) -> dict[str, tuple[int, str]]:
    """Return the heads of the ledgers that the newest mails carry."""
    text = reading.value("SELECT heads FROM claims ORDER BY id DESC LIMIT 1")
    return {issuer: (seq, digest) for issuer, (seq, digest) in json.loads(text or "{}").items()}


def get(reading: Reading | Transaction, mail_id: int) -> Mail | None:
    """Return a mail, or None."""
    row = reading.one(f"SELECT {COLUMNS} FROM outbox WHERE id = :id", {"id": mail_id})
    return None if row is None else _mail(row)


def by_message_id(reading: Reading | Transaction, message_id: str) -> Mail | None:
    """Return the newest mail of that Message-ID (without angle brackets), or None."""
    sql = f"SELECT {COLUMNS} FROM outbox WHERE message_id = :id ORDER BY id DESC LIMIT 1"
    row = reading.one(sql, {"id": message_id})
    return None if row is None else _mail(row)


def of_import(reading: Reading | Transaction, import_id: int) -> list[Mail]:
    """Return the mails that an import queued."""
    sql = f"SELECT {COLUMNS} FROM outbox WHERE import_id = :import ORDER BY id"
    return [_mail(row) for row in reading.all(sql, {"import": import_id})]


def notices_of(reading: Reading | Transaction, invoice_id: int) -> list[Mail]:
    """Return the notices of an invoice that have not been cancelled; those of several invoices are not among them."""
    sql = (
        f"SELECT {', '.join('o.' + name for name in Mail.__slots__)} FROM deliveries d JOIN outbox o"
        " ON o.unique_key = 'notice:' || d.address_id || ':delivery:' || d.id"
        " WHERE d.invoice_id = :invoice AND o.state <> 'cancelled' ORDER BY o.id"
    )
    return [_mail(row) for row in reading.all(sql, {"invoice": invoice_id})]


def late_notices_of(reading: Reading | Transaction, invoice_id: int) -> list[Mail]:
    """Return the notices of several invoices, this one among them, that have not been cancelled."""
    sql = (
        f"SELECT {', '.join('o.' + name for name in Mail.__slots__)} FROM deliveries d JOIN outbox o"
        " ON o.unique_key > 'notice:' || d.address_id || ':late:'"
        " AND o.unique_key < 'notice:' || d.address_id || ':late;'"
        " WHERE d.invoice_id = :invoice AND instr(o.payload, '\"delivery\":' || d.id || ',') > 0"
        " AND o.state <> 'cancelled' ORDER BY o.id"
    )
    return [_mail(row) for row in reading.all(sql, {"invoice": invoice_id})]


def any_sending(reading: Reading | Transaction) -> bool:
    """Tell whether any mail is taken up and not settled."""
    return reading.one("SELECT 1 FROM outbox WHERE state = 'sending' LIMIT 1") is not None


def unfinished_at(reading: Reading | Transaction, *, address_id: int) -> list[Mail]:
    """Return an address's mails that wait or are held."""
    sql = f"SELECT {COLUMNS} FROM outbox WHERE address_id = :address AND state IN ({WAITS}, 'held') ORDER BY id"
    return [_mail(row) for row in reading.all(sql, {"address": address_id})]


def unknown_at(reading: Reading | Transaction, *, address_id: int) -> list[Mail]:
    """Return an address's mails of unknown outcome; every press asks for them, and there are hardly ever any."""
    sql = f"SELECT {COLUMNS} FROM outbox WHERE address_id = :address AND state = 'unknown' ORDER BY id"
    return [_mail(row) for row in reading.all(sql, {"address": address_id})]


def is_queued(reading: Reading | Transaction, *, address_id: int, kind: str) -> bool:
    """Tell whether a mail of a kind was ever queued for an address and not cancelled."""
    sql = "SELECT 1 FROM outbox WHERE address_id = :address AND kind = :kind AND state <> 'cancelled' LIMIT 1"
    return reading.one(sql, {"address": address_id, "kind": kind}) is not None


def last_queued(reading: Reading | Transaction, *, address_id: int, kind: str) -> str | None:
    """Return when the newest mail of a kind was queued for an address, or None."""
    sql = "SELECT max(created_at) FROM outbox WHERE address_id = :address AND kind = :kind"
    at = reading.value(sql, {"address": address_id, "kind": kind})
    return None if at is None else str(at)


def last_about(reading: Reading | Transaction, *, address_id: int, kind: str, subject: str) -> Mail | None:
    """Return the newest mail of this kind to the address whose subject begins with `subject:`, or None."""
    begins = f"{kind}:{address_id}:{subject}:"
    sql = (
        f"SELECT {COLUMNS} FROM outbox WHERE unique_key >= :begins AND unique_key < :ends"
        " ORDER BY created_at DESC, id DESC LIMIT 1"
    )
    row = reading.one(sql, {"begins": begins, "ends": begins[:-1] + ";"})
    return None if row is None else _mail(row)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What an attempt, or a person, made of a mail."""

    mail_id: int
    state: State
    next_attempt_at: str = NEVER
    code: int | None = None
    response: str | None = None
    bytes_sha256: str | None = None
    reason: str | None = None
    resends: int = 0
    attempts_back: int = 0
    """Attempts that turned out not to be one (taken up and put back)."""


def settle(tx: Transaction, outcomes: Sequence[Outcome]) -> None:
    """Write outcomes; a final state gets its time. What was not taken, for certain, is composed anew next time."""
    for start in range(0, len(outcomes), AT_ONCE):
        _settle(tx, outcomes[start : start + AT_ONCE])


def _settle(tx: Transaction, outcomes: Sequence[Outcome]) -> None:
    values = [
        (
            each.mail_id,
            str(each.state),
            each.next_attempt_at,
            each.code,
            each.response,
            each.bytes_sha256,
            each.reason,
            each.resends,
            each.attempts_back,
        )
        for each in outcomes
    ]
    tx.execute(
        "WITH new (id, state, at, code, response, sha256, reason, resends, back) AS"
        f" (VALUES {marks(len(values), 9)})"
        " UPDATE outbox SET state = new.state, next_attempt_at = new.at,"
        " code = CASE WHEN new.response IS NULL THEN outbox.code ELSE new.code END,"
        " response = coalesce(new.response, outbox.response),"
        " bytes_sha256 = coalesce(new.sha256, outbox.bytes_sha256), reason = new.reason,"
        " resends = outbox.resends + new.resends, attempts = outbox.attempts - new.back,"
        " composed_by = CASE WHEN new.state NOT IN ('queued', 'deferred') THEN outbox.composed_by END,"
        " finished_at = CASE WHEN new.state IN ('accepted', 'refused', 'expired', 'cancelled') THEN ? END"
        " FROM new WHERE outbox.id = new.id",
        (*chain.from_iterable(values), tx.now_text),
    )


def put_off(tx: Transaction, mail_id: int, until: str) -> None:
    """Look at a waiting mail again only at a later moment."""
    tx.execute("UPDATE outbox SET next_attempt_at = :until WHERE id = :id", {"until": until, "id": mail_id})


def rewrite(tx: Transaction, mail_id: int, payload: Mapping[str, Any]) -> None:
    """Say something else in a mail that has not been sent: what is so by now."""
    tx.execute(
        "UPDATE outbox SET payload = :payload WHERE id = :id",
        {"payload": json_text(payload), "id": mail_id},
    )


def again(tx: Transaction, mail_id: int, state: State, *, deadline: str) -> None:
    """Queue a mail for now with a new deadline, on a person's word, which an unknown one keeps until it is sent."""
    reason = ASKED_FOR if state is State.UNKNOWN else None
    tx.execute(
        "UPDATE outbox SET state = :state, next_attempt_at = :now, deadline_at = :deadline, reason = :reason,"
        " finished_at = NULL WHERE id = :id",
        {"state": state, "now": tx.now_text, "deadline": deadline, "reason": reason, "id": mail_id},
    )


def copy(tx: Transaction, mail: Mail, *, deadline: str) -> Mail:
    """Queue a mail's words anew, as a mail of its own with an id and a Message-ID of its own."""
    row = tx.one(
        "INSERT INTO outbox (issuer, kind, unique_key, customer_id, address_id, email, domain, locale, payload, urgent,"
        " state, next_attempt_at, deadline_at, message_id, created_at)"
        " SELECT issuer, kind, unique_key || ':again:' || :now, customer_id, address_id, email, domain, locale,"
        " payload, urgent, 'queued', :now, :deadline, :message_id, :now FROM outbox WHERE id = :id RETURNING "
        + COLUMNS,
        {
            "now": tx.now_text,
            "deadline": deadline,
            "message_id": f"{secrets.token_hex(UNIQUE)}@{mail.message_id.rpartition('@')[2]}",
            "id": mail.id,
        },
    )
    assert row is not None  # noqa: S101 -- the row that is copied was read in this transaction
    return _mail(row)


def left_sending(tx: Transaction, limit: int) -> list[Mail]:
    """Return mails that a former start took up and never settled."""
    sql = f"SELECT {COLUMNS} FROM outbox WHERE state = 'sending' ORDER BY id LIMIT :limit"
    return [_mail(row) for row in tx.all(sql, {"limit": limit})]


def overdue(tx: Transaction, limit: int) -> list[Mail]:
    """Return due mails whose deadline has passed while nothing could be sent at all."""
    sql = (
        f"SELECT {COLUMNS} FROM outbox WHERE state IN ({WAITS}) AND next_attempt_at <= :now AND deadline_at <= :now"
        " LIMIT :limit"
    )
    return [_mail(row) for row in tx.all(sql, {"now": tx.now_text, "limit": limit})]


def extend_deadlines(tx: Transaction, *, overdue_at: str, deadline: str) -> int:
    """Give mails that never had an attempt a new deadline, since it was us who were away; return how many."""
    cursor = tx.execute(
        f"UPDATE outbox SET deadline_at = :deadline WHERE state IN ({WAITS}) AND attempts = 0"
        " AND deadline_at <= :overdue",
        {"deadline": deadline, "overdue": overdue_at},
    )
    return int(cursor.rowcount)


def next_due(reading: Reading | Transaction) -> str | None:
    """Return the earliest next attempt of all waiting mails, or None."""
    found = [
        reading.value(
            f"SELECT min(next_attempt_at) FROM outbox WHERE state IN ({WAITS}) AND urgent = :urgent",
            {"urgent": urgent},
        )
        for urgent in (1, 0)
    ]
    times = [str(at) for at in found if at is not None and at != NEVER]
    return min(times, default=None)
