"""Is a mail still wanted? Asked of the store in the moment before MAIL FROM.

Owns one rule a kind. Between the queueing of a mail and its sending an invoice may have been downloaded or withdrawn,
an address muted, removed or proved, a link used: such a mail is not sent, or says less.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mailbot.domain.address import RECEIVES
from mailbot.domain.invitation import UNANSWERED
from mailbot.domain.outbox import Kind, State
from mailbot.store.addresses import RECEIVING
from mailbot.store.deliveries import UNACKNOWLEDGED

if TYPE_CHECKING:
    from mailbot.store.database import Reading
    from mailbot.store.outbox import Mail


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a mail goes out."""

    reason: str = ""
    """Why it is not wanted any more; empty: it is."""
    payload: dict[str, Any] | None = None
    """What it is to say instead, where only a part of it is wanted."""


WANTED = Verdict()


def still_wanted(reading: Reading, mail: Mail) -> Verdict:
    """Judge one mail by what the store says now."""
    return _RULES.get(mail.kind, _always)(reading, mail)


def _always(_: Reading, __: Mail) -> Verdict:
    return WANTED


def _notice(reading: Reading, mail: Mail) -> Verdict:
    return _entries(reading, mail, f"i.status IN ('open', 'downloaded', 'waiting') AND a.status IN ({RECEIVING})")


def _reminder(reading: Reading, mail: Mail) -> Verdict:
    # Where reminders were put off after this one was queued, that ends later than it was queued.
    awake = "(a.snoozed_until IS NULL OR a.snoozed_until <= :queued)"
    return _entries(reading, mail, f"i.status = 'open' AND {UNACKNOWLEDGED} AND a.status = 'confirmed' AND {awake}")


def _entries(reading: Reading, mail: Mail, wanted: str) -> Verdict:
    """Keep the invoices that are still to be told of, or say why there is none left."""
    payload = json.loads(mail.payload)
    entries = payload["invoices"]
    sql = (
        "SELECT 1 FROM deliveries d JOIN invoices i ON i.id = d.invoice_id JOIN addresses a ON a.id = d.address_id"
        f" WHERE d.id = :delivery AND {wanted}"
    )
    values = {"queued": mail.created_at}
    kept = [entry for entry in entries if reading.one(sql, {**values, "delivery": entry["delivery"]}) is not None]
    # A mail that may have been taken goes out with the bytes that it had, or not at all.
    if len(kept) == len(entries) or (kept and mail.state is State.UNKNOWN):
        return WANTED
    if not kept:
        return Verdict("nothing of what it says is open at this address any more")
    return Verdict(payload={**payload, "invoices": kept})


def _proof(reading: Reading, mail: Mail) -> Verdict:
    payload = json.loads(mail.payload)
    row = reading.one("SELECT status, version FROM addresses WHERE id = ?", (mail.address_id,))
    if row is None or row["status"] != "pending":
        return Verdict("the address needs no proof any more")
    if row["version"] != payload["version"]:
        return Verdict("a newer proof was asked for")
    return WANTED


def _sign_in(reading: Reading, mail: Mail) -> Verdict:
    if (gone := _gone(reading, mail)) is not None:
        return gone
    used = reading.value("SELECT used_at FROM sign_ins WHERE id = ?", (json.loads(mail.payload)["sign_in"],))
    return WANTED if used is None else Verdict("its link was used")


def _invitation(reading: Reading, mail: Mail) -> Verdict:
    payload = json.loads(mail.payload)
    sql = "SELECT state, version FROM invitations WHERE id = ?"
    row = reading.one(sql, (payload["invitation"],))
    if row is None or row["state"] not in UNANSWERED:
        return Verdict("the invitation was answered, or has ended")
    if row["version"] != payload["invitation_version"]:
        return Verdict("a newer invitation was asked for")
    return _gone(reading, mail) or WANTED


def _registration(reading: Reading, mail: Mail) -> Verdict:
    sql = "SELECT completed_at FROM claims_by_mail WHERE id = ?"
    row = reading.one(sql, (json.loads(mail.payload)["claim"],))
    return WANTED if row is not None and row["completed_at"] is None else Verdict("the registration is complete")


def _password(reading: Reading, mail: Mail) -> Verdict:
    payload = json.loads(mail.payload)
    sql = (
        "SELECT l.used_at, p.password_version FROM password_links l JOIN persons p ON p.id = l.person_id WHERE l.id = ?"
    )
    row = reading.one(sql, (payload["password_link"],))
    if row is None or row["used_at"] is not None or row["password_version"] != payload["password_version"]:
        return Verdict("the password was changed meanwhile")
    return WANTED


def _successor(reading: Reading, mail: Mail) -> Verdict:
    sql = "SELECT state FROM successions WHERE id = ?"
    state = reading.value(sql, (json.loads(mail.payload)["succession"],))
    return WANTED if state == "asked" else Verdict("whom it asks was answered for, or is asked no more")


def _withdrawn(reading: Reading, mail: Mail) -> Verdict:
    return WANTED if _status(reading, mail) in RECEIVES else Verdict("the address gets no mails any more")


def _change(reading: Reading, mail: Mail) -> Verdict:
    # Whoever was taken off file is told of just that.
    dead = mail.address_id is not None and _status(reading, mail) == "undeliverable"
    return Verdict("its address is undeliverable") if dead else WANTED


def _probe(reading: Reading, mail: Mail) -> Verdict:
    row = reading.one("SELECT status, probed_at FROM addresses WHERE id = ?", (mail.address_id,))
    asks = row is not None and row["status"] in RECEIVES and row["probed_at"] is not None
    return WANTED if asks else Verdict("nobody asks any more whether the address works")


def _gone(reading: Reading, mail: Mail) -> Verdict | None:
    """Say why nothing is sent to an address any more, or return None."""
    match _status(reading, mail):
        case "removed":
            return Verdict("the address is not on file any more")
        case "undeliverable":
            return Verdict("its address is undeliverable")
        case _:
            return None


def _status(reading: Reading, mail: Mail) -> str:
    return str(reading.value("SELECT status FROM addresses WHERE id = ?", (mail.address_id,)))


_RULES = {
    str(Kind.NOTICE): _notice,
    str(Kind.REMINDER): _reminder,
    str(Kind.PROOF): _proof,
    str(Kind.CONFIRM): _proof,
    str(Kind.SIGN_IN): _sign_in,
    str(Kind.PASSWORD): _password,
    str(Kind.WITHDRAWN): _withdrawn,
    str(Kind.INVITATION): _invitation,
    str(Kind.REGISTRATION): _registration,
    str(Kind.CHANGE): _change,
    str(Kind.PROBE): _probe,
    str(Kind.SUCCESSOR): _successor,
}
