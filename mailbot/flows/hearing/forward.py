"""A person's words go on to the issuer's staff, who just press reply.

Owns whose staff that is, what stands above the words, and how many one correspondent may have forwarded. Staff of one
issuer never reads of another's customers: a mail that nothing attributes goes on without anybody's data. What a
quoted mail holds of links and reply addresses works for whoever has it, and is masked.
"""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from mailbot.clock import moment
from mailbot.domain.address import RECEIVES, Status
from mailbot.domain.invoice import Status as InvoiceStatus
from mailbot.domain.money import format_amount
from mailbot.errors import HeaderInjection
from mailbot.facts import QUESTION_FORWARDED, QUESTION_UNHEARD
from mailbot.flows import notify
from mailbot.flows.forward_words import enough
from mailbot.flows.hearing.heard import Done
from mailbot.flows.hearing.origin import written_to
from mailbot.flows.hearing.standing import is_proved, is_stranger
from mailbot.flows.locks import MARK
from mailbot.flows.record import record
from mailbot.links import masked, tag_of
from mailbot.mail import address as mail_address
from mailbot.mail.header import formatted
from mailbot.store import addresses, attempts, history, invoices

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from mailbot.domain.policy import Issuer
    from mailbot.flows.desk import Desk
    from mailbot.flows.hearing.heard import Heard
    from mailbot.store.addresses import Address
    from mailbot.store.customers import Customer
    from mailbot.store.database import Transaction

A_DAY = 20
"""Mails of one correspondent that go on, in a day that begins with the first."""

STRANGERS_A_DAY = 100
"""Mails of people whom nothing attributes that go on at one issuer, all together: From is anybody's word."""

WINDOW = timedelta(days=1)

OPEN = 20
"""Open invoices that are listed."""

HISTORY = 10
REST_LINES = 60
REST = 4000
"""Characters of what stands around the new words (a signature, a quoted mail) that go on."""

OWN_LINES = 8
"""Lines of it where the mail answers one of ours: staff has that, and reads a signature before it."""

LONGEST_SUBJECT = 200
LONGEST_NAME = 80


def forward(desk: Desk, tx: Transaction, heard: Heard, *, note: str = "") -> Done:
    """Hand a person's words on to the issuer's staff; `note` is a sentence of ours that stands above them.

    What `is_own` must have been passed over before: staff that writes to itself would never end.
    """
    issuer = issuer_of(desk, heard)
    if not issuer.staff:
        _unheard(desk, tx, heard, issuer, why="no staff")
        return Done(action="nobody to tell")
    if not _may_go(desk, tx, heard, issuer):
        _unheard(desk, tx, heard, issuer, why="too many")
        return Done(action="not forwarded")
    notify.forward(desk, tx, issuer, subject=f"inbox:{heard.inbound.id}", content=_content(tx, heard, issuer, note))
    for email in issuer.staff:
        record(
            tx,
            desk.facts,
            QUESTION_FORWARDED,
            issuer=issuer.code,
            subject=f"inbox:{heard.inbound.id}",
            customer=_code(heard),
            to=email,
            files=len(heard.files),
        )
    return Done(action="forwarded")


def is_own(desk: Desk, sender: str) -> bool:
    """Tell whether an address is one of ours: where we hear, what we send from, or a member of any issuer's staff."""
    issuers = desk.issuers.values()
    ours = [
        desk.rules.inbound_address,
        *(each.sender for each in issuers),
        *(email for each in issuers for email in each.staff),
    ]
    base, separator = desk.rules.inbound_address, desk.rules.inbound_separator
    tagged = bool(base and separator) and tag_of(sender, base, separator=separator) is not None
    return tagged or mail_address.key(sender) in {mail_address.key(each) for each in ours if each}


def issuer_of(desk: Desk, heard: Heard) -> Issuer:
    """Return whose staff is told: of an attributed mail that issuer's, else whom it was written to, else the first."""
    if heard.origin.issuer is not None:
        return heard.origin.issuer
    named = written_to(desk, inbound=heard.inbound, message=heard.message)
    return next(iter([*named, *desk.issuers.values()]))


def _may_go(desk: Desk, tx: Transaction, heard: Heard, issuer: Issuer) -> bool:
    """Count the mail; staff hears once a day that a correspondent writes more than goes on."""
    for who, subject, most in _bounds(desk, tx, heard, issuer):
        mark = hashlib.sha256(subject.encode("utf-8", "surrogatepass")).hexdigest()[:MARK]
        count = attempts.count(tx, f"forwarded:{mark}", since=tx.now - WINDOW)
        if count <= most:
            continue
        if count == most + 1:
            content = enough(who, count=most, customer=_named(heard), locale=issuer.locale)
            notify.staff(desk, tx, issuer, subject=f"enough:{mark}:{tx.now_text}", content=content)
        return False
    return True


def _bounds(desk: Desk, tx: Transaction, heard: Heard, issuer: Issuer) -> Iterator[tuple[str, str, int]]:
    """Yield what a mail is counted by: who is told of (nobody: strangers), what is counted, how many may go on.

    Mails that may be forged are counted apart; and a reply address that leaked serves few, under whatever names.
    """
    apart = "" if is_proved(desk, heard) else "/unproved"
    yield heard.sender, f"{mail_address.key(heard.sender)}@{issuer.code}{apart}", A_DAY
    if _customer(heard) is not None and not is_stranger(tx, heard):
        return
    if heard.origin.mail is not None:
        yield "", f"strangers:{heard.origin.mail.id}", A_DAY
    yield "", f"strangers@{issuer.code}{apart}", STRANGERS_A_DAY


def _unheard(desk: Desk, tx: Transaction, heard: Heard, issuer: Issuer, *, why: str) -> None:
    record(
        tx,
        desk.facts,
        QUESTION_UNHEARD,
        issuer=issuer.code,
        subject=f"inbox:{heard.inbound.id}",
        customer=_code(heard),
        inbox=heard.inbound.id,
        why=why,
    )


def _content(tx: Transaction, heard: Heard, issuer: Issuer, note: str) -> dict[str, Any]:
    customer = _customer(heard)
    zone = ZoneInfo(issuer.time_zone)
    name, address = display_name(heard), _answerable(heard.sender)
    return {
        "customer": _named(heard),
        "about": masked(heard.message.first("subject"))[:LONGEST_SUBJECT],
        "note": note,
        "when": _local(heard.inbound.received_at, zone),
        "reply_to": address,
        "reply_name": name,
        "who": {
            "email": heard.sender,
            "name": name,
            "standing": "" if customer is None else _standing(tx, heard, customer),
            "vouched": heard.origin.signed and heard.origin.reply,
        },
        "answered": _answered(heard, zone),
        **(_NOTHING if customer is None else _past(tx, customer, zone)),
        **_words(masked(heard.body), masked(heard.words), lines=REST_LINES if heard.origin.mail is None else OWN_LINES),
        "files": [{"sha256": each.sha256, "name": each.name, "type": each.media_type} for each in heard.files],
        "left_out": [{"name": each.name, "why": each.why} for each in heard.left_out],
        "inbox": heard.inbound.id,
    }


_NOTHING: dict[str, Any] = {"open": [], "more_open": 0, "history": []}


def _past(tx: Transaction, customer: Customer, zone: ZoneInfo) -> dict[str, Any]:
    """Return what stands open with a customer, and what happened lately."""
    found = invoices.of_customer(tx, customer.id, (InvoiceStatus.WAITING, InvoiceStatus.OPEN))
    reached = history.evidence_of(tx, [each.id for each in found[:OPEN]])
    listed = [
        {
            "number": each.number,
            "subject": each.subject,
            "amount": format_amount(each.amount, each.currency),
            "due": each.due_date or "",
            "evidence": str(reached.get(each.id, each.status)),
        }
        for each in found[:OPEN]
    ]
    past = [
        {"at": _local(each.at, zone), "what": each.what, "state": _bare(each.state), "about": each.about}
        for each in history.of_customer(tx, customer.id, limit=HISTORY)
    ]
    return {"open": listed, "more_open": max(len(found) - OPEN, 0), "history": past}


def _bare(state: str) -> str:
    """Return what was done, without whether its writer was told so."""
    return state.partition(",")[0]


def _answered(heard: Heard, zone: ZoneInfo) -> dict[str, Any]:
    """Return which mail of ours it answers; nothing where that is not known, or not this issuer's to know."""
    mail = heard.origin.mail
    if mail is None or heard.origin.issuer is None:
        return {"id": 0, "kind": "", "sent": ""}
    return {"id": mail.id, "kind": mail.kind, "sent": _local(moment(mail.finished_at or mail.created_at), zone)}


def _words(text: str, words: str, *, lines: int) -> dict[str, Any]:
    """Part what was written: the new words, then so many lines of what stands around them."""
    text = text.replace("\u00a0", " ").replace("\u200b", "")
    before, _, after = text.partition(words) if words else ("", "", text)
    rest = "\n".join(each.strip("\n") for each in (before, after) if each.strip())
    kept = rest[:REST].splitlines()[:lines]
    return {"words": words.splitlines(), "rest": kept, "rest_cut": len("\n".join(kept)) < len(rest)}


def _standing(tx: Transaction, heard: Heard, customer: Customer) -> str:
    """Say how the writer's address stands with the customer."""
    key = mail_address.key(heard.sender)
    address = next((each for each in addresses.of_customer(tx, customer.id) if each.email_key == key), None)
    if address is None:
        return "stranger"
    if address.status in {Status.REMOVED, Status.UNDELIVERABLE}:
        return str(address.status)
    if address.status not in RECEIVES and address.confirmed_at is None:
        return "unproved"
    return "known" if _is_origin(heard, address) else "colleague"


def _is_origin(heard: Heard, address: Address) -> bool:
    return heard.origin.address is None or heard.origin.address.id == address.id


def display_name(heard: Heard) -> str:
    """Return what From calls the writer, harmless: one line, and nothing that passes for an address."""
    given = heard.message.first("from").rpartition("<")[0]
    name = " ".join("".join(each if each.isprintable() else " " for each in given).replace('"', " ").split())
    return "" if "@" in name or "＠" in name else name[:LONGEST_NAME]


def _answerable(email: str) -> str:
    """Return an address that a header field can carry, or nothing."""
    try:
        formatted("", email)
    except HeaderInjection:
        return ""
    return email


def _customer(heard: Heard) -> Customer | None:
    """Return the customer, where the issuer is known whose customer it is."""
    origin = heard.origin
    if origin.issuer is None or origin.customer is None or origin.customer.issuer != origin.issuer.code:
        return None
    return origin.customer


def _named(heard: Heard) -> dict[str, str]:
    customer = _customer(heard)
    return {"code": "", "name": ""} if customer is None else {"code": customer.code, "name": customer.name}


def _code(heard: Heard) -> str:
    return _named(heard)["code"]


def _local(at: datetime, zone: ZoneInfo) -> str:
    return f"{at.astimezone(zone):%Y-%m-%d %H:%M}"
