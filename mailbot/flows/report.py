"""Answers what people ask of the store: lists, one thing in full, and the state of all.

Owns the keys of `--json`: times as RFC 3339 in UTC, amounts as decimal strings. It changes nothing.
"""

from __future__ import annotations

import json
from collections import defaultdict
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any, TypeAlias

from mailbot.clock import SystemClock, moment, stamp
from mailbot.domain import evidence, money
from mailbot.domain.bounces import Score
from mailbot.domain.evidence import Evidence
from mailbot.domain.outbox import WAITING
from mailbot.errors import Refused
from mailbot.flows.invitation_lines import asked, invitation_of, is_about_asking, letter_of
from mailbot.store import attention, imports, inbox, installation, ledger, listings, outbox
from mailbot.store.listings import Search

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable
    from datetime import datetime

    from mailbot.clock import Clock
    from mailbot.store.database import Database, Reading

__all__ = ["Line", "Report", "Search"]

Line: TypeAlias = dict[str, Any]
"""One object of `--json`, its keys in their order."""


NEWEST_IMPORTS = 1000


class Report:
    """Lists and looks, beside a running daemon."""

    def __init__(self, database: Database, clock: Clock | None = None) -> None:
        """`clock` says what is over by now; the machine's where none is given."""
        self._database = database
        self._clock = clock or SystemClock()

    def invoices(self, search: Search) -> list[Line]:
        """Return the invoices that were searched for."""
        return self._database.read(lambda reading: _invoices(reading, search))

    def invoice(self, issuer: str, number: str) -> Line:
        """Return one invoice with its history; raises `Refused` where there is none."""

        def look(reading: Reading) -> Line:
            found = _invoices(reading, Search(issuer=issuer, number=number))
            if not found:
                raise Refused(f"{issuer} has no invoice {number}; see: mailbot invoices list")
            subjects = [f"invoice:{number}", *(f"mail:{mail}" for mail in _mails_about(reading, issuer, number))]
            return {**found[0], "timeline": _timeline(reading, issuer, subjects)}

        return self._database.read(look)

    def customers(self, issuer: str | None) -> list[Line]:
        """Return the customers with their addresses."""
        return self._database.read(lambda reading: _customers(reading, issuer, None, self._clock.now()))

    def customer(self, issuer: str, code: str) -> Line:
        """Return one customer with addresses, invitation and invoices; raises `Refused` where there is none."""

        def look(reading: Reading) -> Line:
            found = _customers(reading, issuer, code, self._clock.now())
            if not found:
                raise Refused(f"{issuer} has no customer {code}; see: mailbot customers list")
            mine = [
                each for each in _invoices(reading, Search(issuer=issuer, customer=code)) if each["customer"] == code
            ]
            return {**found[0], "invitation": invitation_of(reading, issuer, code), "invoices": mine}

        return self._database.read(look)

    def invitations(self, issuer: str | None) -> list[Line]:
        """Return the invitations that count, one a customer."""
        rows = self._database.read(lambda reading: listings.invitations(reading, issuer=issuer))
        return [asked(row) for row in rows]

    def invitation(self, issuer: str, code: str) -> Line:
        """Return one customer's invitation with its history; raises `Refused` where there is none."""

        def look(reading: Reading) -> Line:
            rows = listings.invitations(reading, issuer=issuer, code=code)
            if not rows:
                raise Refused(f"{issuer} has invited no customer {code}; see: mailbot invitations list")
            history = [entry for entry in _timeline(reading, issuer, [f"customer:{code}"]) if is_about_asking(entry)]
            return {**asked(rows[0]), "letter": letter_of(reading, issuer, code), "timeline": history}

        return self._database.read(look)

    def addresses(self, issuer: str | None) -> list[Line]:
        """Return all addresses that are on file."""
        rows, now = self._database.read(lambda reading: listings.addresses(reading, issuer=issuer)), self._clock.now()
        return [
            {
                "customer": row["customer"],
                **_address(row, now),
                "issuer": row["issuer"],
                "confirmed_at": row["confirmed_at"],
                "successor": _successor(row),
            }
            for row in rows
        ]

    def outbox(self, *, issuer: str | None, state: str | None, reported: str | None = None, limit: int) -> list[Line]:
        """Return mails, the newest first; `reported` is what a server said later (delayed, delivered, bounced)."""
        rows = self._database.read(
            lambda reading: listings.outbox(reading, issuer=issuer, state=state, reported=reported, limit=limit)
        )
        return [_mail(row) for row in rows]

    def mail(self, mail_id: int) -> Line:
        """Return one mail; raises `Refused` where there is none."""
        rows = self._database.read(lambda reading: listings.outbox(reading, mail_id=mail_id, limit=1))
        if not rows:
            raise Refused(f"there is no mail {mail_id}; see: mailbot outbox list")
        return _mail(rows[0])

    def imports(self, issuer: str | None) -> list[Line]:
        """Return the newest imports first."""
        found = self._database.read(lambda reading: imports.newest(reading, issuer=issuer, limit=NEWEST_IMPORTS))
        return [_import(each) for each in found]

    def proof(self, issuer: str | None, *, progress: Callable[[int], object] | None = None) -> list[Line]:
        """Recompute one ledger or all; `problem` is None where a chain is whole, and `progress` hears of rows done."""

        def look(reading: Reading) -> list[Line]:
            breaks = {each.issuer: each for each in ledger.verify(reading, issuer, progress=progress)}
            for code, (seq, digest) in outbox.last_heads(reading).items():
                cut_off = ledger.lacks(reading, ledger.Head(code, seq, digest))
                if cut_off is not None and issuer in {None, code}:
                    breaks.setdefault(code, cut_off)
            heads = [head for head in ledger.heads(reading) if issuer in {None, head.issuer}]
            lines: dict[str, Line] = {
                head.issuer: {
                    "issuer": head.issuer,
                    "seq": head.seq,
                    "head": head.hash,
                    "bad_seq": None,
                    "problem": None,
                }
                for head in heads
            }
            for code, found in breaks.items():
                lines[code] = {**lines.get(code, {"issuer": code}), "bad_seq": found.seq, "problem": found.problem}
            return list(lines.values())

        return self._database.read(look)

    def status(self) -> Line:
        """Return what waits, what stands, and whether a daemon runs."""

        def look(reading: Reading) -> Line:
            heads = {head.issuer: {"seq": head.seq, "head": head.hash} for head in ledger.heads(reading)}
            return {
                **listings.counts(reading),
                "attention": {
                    **listings.count_invitations(reading),
                    **attention.counts(reading, now=self._clock.now()),
                },
                "inbox": inbox.counts(reading),
                "ledger": heads,
                "mode": installation.value(reading, "mode"),
                "start": installation.last_start(reading),
            }

        return self._database.read(look)


def _invoices(reading: Reading, search: Search) -> list[Line]:
    found = [row for row in listings.invoices(reading, search) if _within(row, search)]
    at: dict[int, list[sqlite3.Row]] = defaultdict(list)
    for row in listings.deliveries(reading, search):
        at[row["invoice_id"]].append(row)
    return [_invoice(row, at[row["id"]]) for row in found]


def _within(row: sqlite3.Row, search: Search) -> bool:
    """Compare amounts here: the store keeps minor units, of which each currency has its own number."""
    amount = Decimal(money.decimal_text(row["amount"], row["currency"]))
    return (search.least is None or amount >= Decimal(search.least)) and (
        search.most is None or amount <= Decimal(search.most)
    )


def _invoice(row: sqlite3.Row, at: list[sqlite3.Row]) -> Line:
    return {
        "number": row["number"],
        "customer": row["customer"],
        "subject": row["subject"],
        "amount": money.decimal_text(row["amount"], row["currency"]),
        "currency": row["currency"],
        "note": row["note"],
        "issue_date": row["issue_date"],
        "status": row["status"],
        "sent_at": row["sent_at"],
        "last_downloaded_at": row["last_downloaded_at"],
        "downloads": row["downloads"],
        "reminders": max((each["reminders"] for each in at), default=0),
        "addresses": [_evidence(each) for each in at],
        "issuer": row["issuer"],
        "customer_name": row["customer_name"],
        "due_date": row["due_date"],
        "publish_at": row["publish_at"],
        "withdrawn_at": row["withdrawn_at"],
        "withdrawn_reason": row["withdrawn_reason"],
        "file": row["file_name"],
        "sha256": row["file_sha256"],
    }


def _evidence(row: sqlite3.Row) -> Line:
    reached = Evidence(row["evidence"])
    return {
        "email": row["email"],
        "status": row["status"],
        "evidence": evidence.higher(reached, Evidence.FETCHED) if row["fetched"] else reached,
        "doubtful": bool(row["doubtful"]),
        "accepted_at": row["accepted_at"],
        "downloaded_at": row["downloaded_at"],
        "bounced": None if reached in evidence.ACTED else row["came_back"],
    }


def _customers(reading: Reading, issuer: str | None, code: str | None, now: datetime) -> list[Line]:
    at: dict[int, list[Line]] = defaultdict(list)
    for row in listings.addresses(reading, issuer=issuer, code=code):
        at[row["customer_id"]].append(_address(row, now))
    return [
        {
            "code": row["code"],
            "name": row["name"],
            "status": row["status"],
            "channel": row["channel"],
            "locale": row["locale"],
            "addresses": at[row["id"]],
            "issuer": row["issuer"],
            "kana": row["kana"],
            "delivery": row["delivery"],
            "postal_code": row["postal_code"],
            "address": row["postal_address"],
        }
        for row in listings.customers(reading, issuer=issuer, code=code)
    ]


def _address(row: sqlite3.Row, now: datetime) -> Line:
    paused = row["snoozed_until"] is not None and moment(row["snoozed_until"]) > now
    # The day is the issuer's, and this one is Greenwich's: a point may stand some hours too long.
    points = _score(row).at(now.date())
    return {
        "email": row["email"],
        "status": row["status"],
        "delivery": row["delivery"],
        "default": bool(row["is_default"]),
        "snoozed_until": row["snoozed_until"] if paused else None,
        "bounce_score": points,
        "bounced_on": row["bounced_on"] if points else None,
        "probed_at": row["probed_at"],
        "absent_at": row["absent_at"],
        "has_left": bool(row["absent_at"] and row["has_left"]),
    }


def _score(row: sqlite3.Row) -> Score:
    on = row["bounced_on"]
    return Score() if on is None else Score(row["bounce_score"], date.fromisoformat(on))


def _successor(row: sqlite3.Row) -> Line | None:
    """Return whom the holder of an address named, while that is open; `due_at` once the successor has confirmed."""
    if row["successor"] is None:
        return None
    return {"email": row["successor"], "state": row["succession"], "due_at": row["succeeded_at"]}


def _mail(row: sqlite3.Row) -> Line:
    return {
        "id": row["id"],
        "kind": row["kind"],
        "to": row["email"],
        "state": row["state"],
        "attempts": row["attempts"],
        "next_attempt_at": row["next_attempt_at"] if row["state"] in WAITING else None,
        "message_id": row["message_id"],
        "response": row["response"],
        "issuer": row["issuer"],
        "reason": row["reason"],
        "created_at": row["created_at"],
        "finished_at": row["finished_at"],
        "reported": row["reported"],
        "reported_at": row["reported_at"],
        "report_reason": row["report_reason"],
        "report_said": row["report_said"],
    }


def _import(found: imports.Import) -> Line:
    return {
        "id": found.id,
        "kind": found.kind,
        "state": found.state,
        "source": found.source,
        "created": found.rows_created,
        "changed": found.rows_changed,
        "unchanged": found.rows_unchanged,
        "taken_at": stamp(found.taken_at),
        "sends_from": stamp(found.sends_from),
        "cancelled_at": None if found.cancelled_at is None else stamp(found.cancelled_at),
        "issuer": found.issuer,
    }


def _mails_about(reading: Reading, issuer: str, number: str) -> list[int]:
    rows = listings.mails_to_receivers(reading, Search(issuer=issuer, number=number))
    return sorted({row["id"] for row in rows if row["delivery"] in _deliveries(json.loads(row["payload"]))})


def _deliveries(payload: Line) -> set[int]:
    stated = [*payload.get("invoices", ()), payload.get("invoice") or {}]
    return {each["delivery"] for each in stated if "delivery" in each}


def _timeline(reading: Reading, issuer: str, subjects: list[str]) -> list[Line]:
    entries = [entry for subject in subjects for entry in ledger.rows(reading, issuer, subject)]
    return [
        {"at": entry.at, "seq": entry.seq, "fact": entry.fact, "details": entry.details}
        for entry in sorted(entries, key=lambda entry: entry.seq)
    ]
