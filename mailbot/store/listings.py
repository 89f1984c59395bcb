"""Rows for lists that people read: joined, filtered, and never written.

Owns the queries behind the command line's lists. What a list calls its columns is `flows.report`'s.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import sqlite3

    from mailbot.store.database import Reading


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """Which invoices are meant; everything given must hold, None asks for nothing."""

    issuer: str | None = None
    number: str | None = None
    undownloaded: bool = False
    """Issued or waiting, and not downloaded (undoubted) by anybody."""
    first_day: str | None = None
    """Issue date, `YYYY-MM-DD`, inclusive like the last day."""
    last_day: str | None = None
    least: str | None = None
    """Amount as a decimal of major units, whatever the currency; inclusive like the most."""
    most: str | None = None
    customer: str | None = None
    """Part of the customer's code, name or kana, in upper or lower case."""


FROM = " FROM invoices i JOIN customers c ON c.id = i.customer_id"


def _where(search: Search) -> tuple[str, dict[str, object]]:
    conditions = {
        "i.issuer = :issuer": search.issuer,
        "i.number = :number": search.number,
        "i.issue_date >= :first_day": search.first_day,
        "i.issue_date <= :last_day": search.last_day,
        "(lower(c.code) LIKE :customer ESCAPE '!' OR lower(c.name) LIKE :customer ESCAPE '!'"
        " OR lower(c.kana) LIKE :customer ESCAPE '!')": _containing(search.customer),
    }
    wanted = [condition for condition, value in conditions.items() if value is not None]
    if search.undownloaded:
        wanted.append("i.status IN ('waiting', 'open')")
    values: dict[str, object] = {
        "issuer": search.issuer,
        "number": search.number,
        "first_day": search.first_day,
        "last_day": search.last_day,
        "customer": _containing(search.customer),
    }
    return (f" WHERE {' AND '.join(wanted)}" if wanted else ""), values


def _containing(text: str | None) -> str | None:
    if text is None:
        return None
    literal = text.lower().replace("!", "!!").replace("%", "!%").replace("_", "!_")
    return f"%{literal}%"


def invoices(reading: Reading, search: Search) -> list[sqlite3.Row]:
    """Return the invoices that were searched for, oldest issue date first."""
    where, values = _where(search)
    sql = (
        "SELECT i.id, i.issuer, i.number, c.code AS customer, c.name AS customer_name, i.subject, i.amount,"
        " i.currency, i.note, i.issue_date, i.due_date, i.publish_at, i.status, i.sent_at, i.last_downloaded_at,"
        " i.downloads, i.withdrawn_at, i.withdrawn_reason, i.file_sha256, i.file_name"
        f"{FROM}{where} ORDER BY i.issue_date, i.id"
    )
    return reading.all(sql, values)


def deliveries(reading: Reading, search: Search) -> list[sqlite3.Row]:
    """Return what became of those invoices at each address; `fetched` is 1 where a page was got."""
    where, values = _where(search)
    sql = (
        "SELECT d.invoice_id, a.email, a.status, d.evidence, d.doubtful, d.accepted_at, d.pressed_at,"
        " d.downloaded_at, d.reminders, d.came_back,"
        " EXISTS (SELECT 1 FROM accesses x WHERE x.delivery_id = d.id) AS fetched"
        f"{FROM} JOIN deliveries d ON d.invoice_id = i.id JOIN addresses a ON a.id = d.address_id{where}"
        " ORDER BY d.invoice_id, a.is_default DESC, a.id"
    )
    return reading.all(sql, values)


def mails_to_receivers(reading: Reading, search: Search) -> list[sqlite3.Row]:
    """Return every mail to an address that gets one of those invoices, with the delivery that it may be about."""
    where, values = _where(search)
    sql = (
        f"SELECT o.id, o.payload, d.id AS delivery{FROM} JOIN deliveries d ON d.invoice_id = i.id"
        f" JOIN outbox o ON o.address_id = d.address_id{where} AND o.kind IN ('notice', 'reminder', 'withdrawn')"
    )
    return reading.all(sql, values)


def customers(reading: Reading, *, issuer: str | None, code: str | None = None) -> list[sqlite3.Row]:
    """Return customers by code, of one issuer or of all."""
    return reading.all(
        "SELECT id, issuer, code, name, kana, status, channel, locale, delivery, postal_code, postal_address"
        " FROM customers WHERE (issuer = :issuer OR :issuer IS NULL) AND (code = :code OR :code IS NULL)"
        " ORDER BY issuer, code",
        {"issuer": issuer, "code": code},
    )


_NEWEST_HEARD = (
    "SELECT n.id FROM inbox n WHERE n.address_id = a.id AND n.class IN ('auto-reply', 'person', 'command')"
    " ORDER BY n.received_at DESC, n.id DESC LIMIT 1"
)


def addresses(reading: Reading, *, issuer: str | None, code: str | None = None) -> list[sqlite3.Row]:
    """Return the addresses of customers, the default one first, without those that were removed.

    `absent_at` is set where the last that was heard of an address is an automatic reply; `has_left` is 1 where that
    one says that its holder has left for good.
    """
    return reading.all(
        "SELECT a.customer_id, a.issuer, c.code AS customer, c.name AS customer_name, a.email, a.status, a.delivery,"
        " a.is_default, a.source, a.confirmed_at, a.created_at, s.email AS successor, s.state AS succession,"
        " CASE s.state WHEN 'confirmed' THEN s.due_at END AS succeeded_at,"
        " a.snoozed_until, a.bounce_score, a.bounced_on, a.probed_at,"
        " CASE h.class WHEN 'auto-reply' THEN h.received_at END AS absent_at, h.action = 'told' AS has_left"
        " FROM addresses a JOIN customers c ON c.id = a.customer_id"
        " LEFT JOIN successions s ON s.address_id = a.id AND s.state IN ('asked', 'confirmed')"
        f" LEFT JOIN inbox h ON h.id = ({_NEWEST_HEARD})"
        " WHERE (a.issuer = :issuer OR :issuer IS NULL) AND (c.code = :code OR :code IS NULL)"
        " AND a.status <> 'removed' ORDER BY a.issuer, c.code, a.is_default DESC, a.id",
        {"issuer": issuer, "code": code},
    )


MAIL = (
    "id, issuer, kind, email, state, attempts, next_attempt_at, deadline_at, message_id, response, reason,"
    " reported, reported_at, report_reason, report_said"
)


def outbox(
    reading: Reading,
    *,
    issuer: str | None = None,
    state: str | None = None,
    reported: str | None = None,
    mail_id: int | None = None,
    limit: int,
) -> list[sqlite3.Row]:
    """Return mails, the newest first; all where `limit` is negative."""
    return reading.all(
        f"SELECT {MAIL}, created_at, finished_at FROM outbox WHERE (issuer = :issuer OR :issuer IS NULL)"
        " AND (state = :state OR :state IS NULL) AND (reported = :reported OR :reported IS NULL)"
        " AND (id = :id OR :id IS NULL) ORDER BY id DESC LIMIT :limit",
        {"issuer": issuer, "state": state, "reported": reported, "id": mail_id, "limit": limit},
    )


def _counts(reading: Reading, table: str, column: str) -> dict[str, int]:
    rows = reading.all(f"SELECT {column} AS word, count(*) AS rows FROM {table} GROUP BY {column} ORDER BY {column}")
    return {row["word"]: row["rows"] for row in rows}


def counts(reading: Reading) -> dict[str, dict[str, int]]:
    """Count mails and invitations by state, and invoices and addresses by status."""
    invited = _counts(reading, "invitations", "state")
    invited.pop("superseded", None)
    return {
        "queue": _counts(reading, "outbox", "state"),
        "invoices": _counts(reading, "invoices", "status"),
        "addresses": _counts(reading, "addresses", "status"),
        "invitations": invited,
    }


def has_letters(reading: Reading) -> bool:
    """Tell whether any customer is first reached by a letter."""
    return bool(reading.value("SELECT EXISTS (SELECT 1 FROM customers WHERE channel = 'letter')"))


_RECEIVES = (
    "(EXISTS (SELECT 1 FROM paper_codes k WHERE k.customer_id = v.customer_id AND k.state = 'used'"
    " AND k.invitation_id = v.id) AND EXISTS (SELECT 1 FROM addresses r WHERE r.customer_id = v.customer_id"
    " AND r.status IN ('confirmed', 'muted')))"
)
"""Its letter was used for an address that receives: an answer, though nobody has an account."""

_UNANSWERED = (
    "(v.listed_at IS NOT NULL AND v.decided_at IS NULL AND v.state IN ('sent', 'received', 'expired')"
    f" AND NOT {_RECEIVES})"
)
"""Staff was told that nobody answers, and nobody has since."""

_UNDELIVERED = (
    "(v.channel = 'mail' AND v.state IN ('sent', 'received') AND EXISTS (SELECT 1 FROM addresses u"
    " WHERE u.id = v.address_id AND (u.status = 'undeliverable' OR (v.sent_at IS NULL AND"
    " (SELECT o.state FROM outbox o WHERE o.address_id = u.id AND o.kind = 'invitation' ORDER BY o.id DESC LIMIT 1)"
    " IN ('refused', 'expired', 'cancelled', 'held', 'unknown')))))"
)
"""The mail that invites did not reach its address."""

INVITATION = (
    "v.issuer, c.code AS customer, c.name AS customer_name, v.channel, v.state, a.email, v.sent_at, v.expires_at,"
    " v.decided_at, v.reminders, v.listed_at, n.name AS account, p.name AS person, p.email AS person_email,"
    f" {_RECEIVES} AS receives, {_UNANSWERED} AS unanswered, {_UNDELIVERED} AS undelivered"
)


def invitations(reading: Reading, *, issuer: str | None, code: str | None = None) -> list[sqlite3.Row]:
    """Return the invitations that count, one a customer, with who has it and whether it needs a person."""
    sql = (
        f"SELECT {INVITATION} FROM invitations v JOIN customers c ON c.id = v.customer_id"
        " LEFT JOIN addresses a ON a.id = v.address_id LEFT JOIN accounts n ON n.id = v.account_id"
        " LEFT JOIN persons p ON p.id = v.person_id WHERE v.state <> 'superseded'"
        " AND (c.issuer = :issuer OR :issuer IS NULL) AND (c.code = :code OR :code IS NULL) ORDER BY c.issuer, c.code"
    )
    return reading.all(sql, {"issuer": issuer, "code": code})


def count_invitations(reading: Reading) -> sqlite3.Row:
    """Count the invitations that need a person: `unanswered`, `undelivered`."""
    sql = (
        f"SELECT coalesce(sum({_UNANSWERED}), 0) AS unanswered, coalesce(sum({_UNDELIVERED}), 0) AS undelivered"
        " FROM invitations v WHERE v.state <> 'superseded'"
    )
    return reading.all(sql)[0]


def live_letter(reading: Reading, *, issuer: str, code: str) -> sqlite3.Row | None:
    """Return the customer's newest letter whose code was neither used nor replaced, or None."""
    sql = (
        "SELECT k.printed_at, k.expires_at FROM customers c JOIN paper_codes k ON k.customer_id = c.id"
        " WHERE c.issuer = :issuer AND c.code = :code AND k.state = 'live' ORDER BY k.id DESC LIMIT 1"
    )
    return reading.one(sql, {"issuer": issuer, "code": code})


def live_invoices_signed_by(reading: Reading, key: str) -> int:
    """Count invoices that customers may fetch and whose link was mailed under this key."""
    sql = (
        "SELECT count(DISTINCT i.id) FROM claims c JOIN outbox o ON o.claim_id = c.id"
        " JOIN deliveries d ON d.address_id = o.address_id JOIN invoices i ON i.id = d.invoice_id"
        " WHERE c.key = :key AND o.kind IN ('notice', 'reminder') AND o.state = 'accepted'"
        " AND i.status IN ('waiting', 'open', 'downloaded')"
    )
    return int(reading.value(sql, {"key": key}))
