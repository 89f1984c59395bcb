"""What came back, on the rows that it is about: mails, deliveries, and the score of a mailbox at one issuer.

A mailbox may receive for several customers of an issuer, as a tax accountant's does: its score is one, kept on all of
its rows. What a report means is `domain.bounces`'.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from mailbot.clock import moment, stamp
from mailbot.domain.bounces import PATIENCE, Score
from mailbot.store.rows import marks

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mailbot.domain.address import Status
    from mailbot.store.database import Reading, Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class Probed:
    """A mailbox at an issuer that a probe is out to."""

    address_id: int
    issuer: str
    email_key: str


def report(tx: Transaction, mail_id: int, what: str, *, reason: str, said: str) -> None:
    """Write of a mail that it was `delayed`, `delivered` or `bounced`; a delay is no news of one that ended."""
    tx.execute(
        "UPDATE outbox SET reported = :what, reported_at = :now, report_reason = :reason, report_said = :said"
        " WHERE id = :id AND (:what <> 'delayed' OR coalesce(reported, 'delayed') = 'delayed')",
        {"what": what, "now": tx.now_text, "reason": reason, "said": said, "id": mail_id},
    )


def came_back(tx: Transaction, delivery_ids: Sequence[int], reason: str | None) -> None:
    """Write why the last mail about these deliveries came back; None: it did not."""
    sql = f"UPDATE deliveries SET came_back = ? WHERE id IN ({marks(len(delivery_ids))})"
    tx.execute(sql, (reason, *delivery_ids))


def delivered(tx: Transaction, delivery_ids: Sequence[int]) -> None:
    """Write that a mail about these deliveries arrived; what is known of a person's acts stands higher."""
    tx.execute(
        "UPDATE deliveries SET came_back = NULL, evidence = CASE WHEN evidence IN ('planned', 'accepted')"
        f" THEN 'delivered' ELSE evidence END WHERE id IN ({marks(len(delivery_ids))})",
        tuple(delivery_ids),
    )


def any_pressed(reading: Reading | Transaction, delivery_ids: Sequence[int], *, since: str) -> bool:
    """Tell whether a person pressed the button of one of these deliveries for the first time since a moment."""
    sql = (
        f"SELECT 1 FROM deliveries WHERE id IN ({marks(len(delivery_ids))}) AND pressed_at >= ? AND doubtful = 0"
        " LIMIT 1"
    )
    return reading.one(sql, (*delivery_ids, since)) is not None


def lives(reading: Reading | Transaction, *, issuer: str, email_key: str, since: str) -> bool:
    """Tell whether a mailbox was proved, or somebody acted on a mail to it, after a moment."""
    sql = (
        "SELECT 1 FROM addresses WHERE issuer = :issuer AND email_key = :key"
        " AND (confirmed_at > :since OR quiet_changed_at > :since)"
        " UNION ALL SELECT 1 FROM addresses a JOIN deliveries d ON d.address_id = a.id"
        " JOIN presses p ON p.invoice_id = d.invoice_id AND p.delivery_id = d.id"
        " WHERE a.issuer = :issuer AND a.email_key = :key AND p.doubt = '' AND p.pressed_at > :since"
        " UNION ALL SELECT 1 FROM addresses a JOIN inbox i ON i.address_id = a.id"
        " WHERE a.issuer = :issuer AND a.email_key = :key AND i.class = 'command' AND i.from_email = :key"
        " AND i.received_at > :since LIMIT 1"
    )
    return reading.one(sql, {"issuer": issuer, "key": email_key, "since": since}) is not None


def set_status(tx: Transaction, address_id: int, status: Status) -> None:
    """Write where an address stands now; one that gets nothing is no default one."""
    tx.execute(
        "UPDATE addresses SET status = :status, is_default = CASE :status WHEN 'undeliverable' THEN 0"
        " ELSE is_default END WHERE id = :id",
        {"status": status, "id": address_id},
    )


def stop_counting(tx: Transaction, address_id: int) -> None:
    """Have nobody reminded at an address any more, until its invoices are told of there anew."""
    tx.execute(
        "UPDATE deliveries SET remind_at = NULL, base_date = NULL, reminded_step = 0 WHERE address_id = :address"
        " AND evidence NOT IN ('downloaded', 'acknowledged')",
        {"address": address_id},
    )


def score(reading: Reading | Transaction, *, issuer: str, email_key: str) -> Score:
    """Return a mailbox's score as it was last written."""
    row = reading.one(
        "SELECT bounce_score, bounced_on FROM addresses WHERE issuer = :issuer AND email_key = :key"
        " ORDER BY bounced_on DESC LIMIT 1",
        {"issuer": issuer, "key": email_key},
    )
    if row is None or row["bounced_on"] is None:
        return Score()
    return Score(int(row["bounce_score"]), date.fromisoformat(row["bounced_on"]))


def weaken(tx: Transaction, to: Score, *, issuer: str, email_key: str) -> None:
    """Write a mailbox's new score."""
    on = None if to.on is None else to.on.isoformat()
    tx.execute(
        "UPDATE addresses SET bounce_score = :points, bounced_on = :on WHERE issuer = :issuer AND email_key = :key",
        {"points": to.points, "on": on, "issuer": issuer, "key": email_key},
    )


def is_probed(reading: Reading | Transaction, *, issuer: str, email_key: str) -> bool:
    """Tell whether a probe is out to a mailbox."""
    sql = "SELECT 1 FROM addresses WHERE issuer = :issuer AND email_key = :key AND probed_at IS NOT NULL LIMIT 1"
    return reading.one(sql, {"issuer": issuer, "key": email_key}) is not None


def probed(tx: Transaction, *, issuer: str, email_key: str) -> None:
    """Write that a probe was queued for a mailbox now."""
    tx.execute(
        "UPDATE addresses SET probed_at = :now WHERE issuer = :issuer AND email_key = :key",
        {"now": tx.now_text, "issuer": issuer, "key": email_key},
    )


def forget(tx: Transaction, *, issuer: str, email_key: str) -> None:
    """Begin anew with a mailbox: it works, or is none of our business any more."""
    tx.execute(
        "UPDATE addresses SET bounce_score = 0, bounced_on = NULL, probed_at = NULL"
        " WHERE issuer = :issuer AND email_key = :key AND (bounce_score > 0 OR probed_at IS NOT NULL)",
        {"issuer": issuer, "key": email_key},
    )


def answered(tx: Transaction, limit: int) -> list[Probed]:
    """Return mailboxes whose probe has been out for so long that it arrived."""
    rows = tx.all(
        "SELECT min(id) AS address_id, issuer, email_key FROM addresses WHERE probed_at <= :since"
        " GROUP BY issuer, email_key LIMIT :limit",
        {"since": stamp(tx.now - PATIENCE), "limit": limit},
    )
    return [Probed(address_id=row["address_id"], issuer=row["issuer"], email_key=row["email_key"]) for row in rows]


def next_due(reading: Reading | Transaction) -> str | None:
    """Return when the next probe will have been out for long enough, or None."""
    at = reading.value("SELECT min(probed_at) FROM addresses WHERE probed_at IS NOT NULL")
    return None if at is None else stamp(moment(str(at)) + PATIENCE)
