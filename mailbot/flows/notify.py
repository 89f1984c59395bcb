"""Queueing mails: what each kind of mail states, laid down as a row of the outbox in the caller's transaction.

Owns the payload of every kind. The words around it are templates; the links are signed when the mail is sent.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from mailbot.clock import moment, stamp
from mailbot.domain.address import Delivery
from mailbot.domain.money import format_amount
from mailbot.domain.outbox import URGENT, Kind, State
from mailbot.facts import MAIL_QUEUED
from mailbot.store import outbox

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from mailbot.domain.policy import Issuer
    from mailbot.flows.desk import Desk
    from mailbot.flows.session import Place
    from mailbot.store.accounts import Person
    from mailbot.store.addresses import Address
    from mailbot.store.claims import ClaimByMail
    from mailbot.store.customers import Customer
    from mailbot.store.database import Reading, Transaction
    from mailbot.store.invitations import Invitation
    from mailbot.store.invoices import Invoice
    from mailbot.store.successions import Succession

ATTACHED = 10 * 1024 * 1024
"""Bytes of files that go along with one mail; in base64 they become a third more, and many servers take 20 MB."""

TELL_AGAIN_AFTER = timedelta(minutes=10)
"""Who changes the same thing to and fro is told at once of the first change, and this much later of the last one."""

ASK_AGAIN_AFTER = timedelta(seconds=60)
"""Somebody who asks for a mailed link twice within this gets one mail: nobody's mailbox is flooded by a button."""


def proof(desk: Desk, tx: Transaction, customer: Customer, address: Address, *, import_id: int | None = None) -> bool:
    """Ask the owner of an imported address to prove it; False where this was asked before."""
    return _queue(desk, tx, Kind.PROOF, customer, address, subject=f"v{address.version}", import_id=import_id)


def confirm(desk: Desk, tx: Transaction, customer: Customer, address: Address) -> None:
    """Ask the owner of an address that somebody typed on a page to prove it within 30 minutes."""
    _queue(desk, tx, Kind.CONFIRM, customer, address, subject=f"v{address.version}")


def sign_in(desk: Desk, tx: Transaction, customer: Customer, address: Address, sign_in_id: int) -> None:
    """Mail a link that opens one session."""
    _queue(desk, tx, Kind.SIGN_IN, customer, address, subject=str(sign_in_id), more={"sign_in": sign_in_id})


def sign_in_of_person(desk: Desk, tx: Transaction, place: Place, person: Person, sign_in_id: int) -> None:
    """Mail a person a link that opens one session."""
    to_person(desk, tx, Kind.SIGN_IN, place, person, subject=str(sign_in_id), more={"sign_in": sign_in_id})


def password(desk: Desk, tx: Transaction, place: Place, person: Person, link_id: int) -> None:
    """Mail a person a link that sets a new password."""
    more = {"password_link": link_id, "password_version": person.password_version}
    to_person(desk, tx, Kind.PASSWORD, place, person, subject=str(link_id), more=more)


def password_changed(desk: Desk, tx: Transaction, place: Place, person: Person, *, version: int) -> None:
    """Tell a person that the password was changed to the one of that version."""
    more = _change(place.issuer, tx.now, what="password")
    to_person(desk, tx, Kind.CHANGE, place, person, subject=f"password:v{version}", more=more)


def own_password_changed(desk: Desk, tx: Transaction, customer: Customer, address: Address, *, version: int) -> None:
    """Tell an address that the password of a customer without an account was changed to the one of that version."""
    more = _change(desk.issuer(customer.issuer), tx.now, what="password")
    _queue(desk, tx, Kind.CHANGE, customer, address, subject=f"password:v{version}", more=more)


def notice_mail(
    desk: Desk,
    customer: Customer,
    address: Address,
    entries: Sequence[tuple[Invoice, int]],
    *,
    now: datetime,
    subject: str,
    late: bool = False,
    again: bool = False,
    import_id: int | None = None,
) -> outbox.NewMail:
    """Lay out a notice of (invoice, delivery) entries; the caller queues it with others.

    `late`: to somebody who comes after them; `again`: to somebody who was told of them and asks once more.
    """
    facts = [invoice_facts(invoice, delivery) for invoice, delivery in entries]
    if address.delivery != Delivery.LINK:
        _attach(facts, [invoice for invoice, _ in entries])
    more = {"invoices": facts, "late": late, "again": again, "delivery": address.delivery}
    return _new(desk, Kind.NOTICE, customer, address, now=now, subject=subject, more=more, import_id=import_id)


def _attach(facts: Sequence[dict[str, Any]], found: Sequence[Invoice]) -> None:
    """Let the files of invoices go along, as many as fit; the others have their links."""
    room = ATTACHED
    for each, invoice in zip(facts, found, strict=True):
        if invoice.file_size <= room:
            room -= invoice.file_size
            each["file"] = {"sha256": invoice.file_sha256, "name": invoice.file_name}


def notice(
    desk: Desk,
    tx: Transaction,
    customer: Customer,
    address: Address,
    entries: Sequence[tuple[Invoice, int]],
    *,
    subject: str,
    late: bool = False,
    again: bool = False,
) -> None:
    """Queue one notice of several invoices."""
    _put(desk, tx, notice_mail(desk, customer, address, entries, now=tx.now, subject=subject, late=late, again=again))


def reminder(
    desk: Desk,
    tx: Transaction,
    customer: Customer,
    address: Address,
    *,
    entries: Sequence[tuple[Invoice, int, bool]],
    step: int,
    on: str,
) -> bool:
    """Queue one reminder of (invoice, delivery, doubtful) entries; False where this person had one on that date."""
    facts = [invoice_facts(invoice, delivery, doubtful=doubtful) for invoice, delivery, doubtful in entries]
    more = {"invoices": facts, "step": step, "doubtful": any(doubtful for _, _, doubtful in entries)}
    new = _new(desk, Kind.REMINDER, customer, address, now=tx.now, subject=on, more=more)
    return _put(desk, tx, new)


def withdrawn(
    desk: Desk, tx: Transaction, customer: Customer, address: Address, *, invoice: Invoice, delivery: int, reason: str
) -> None:
    """Tell somebody who was told of an invoice that it does not stand any more."""
    more = {"invoice": invoice_facts(invoice, delivery), "reason": reason}
    _queue(desk, tx, Kind.WITHDRAWN, customer, address, subject=f"invoice:{invoice.id}", more=more)


def invitation(
    desk: Desk, tx: Transaction, customer: Customer, address: Address, invited: Invitation, *, step: int = 0
) -> bool:
    """Invite a customer to register; a reminder (`step` 1 and on) says until when the first link works."""
    subject = f"{invited.id}:v{invited.version}" + (f":step{step}" if step else "")
    more = {
        "invitation": invited.id,
        "invitation_version": invited.version,
        "step": step,
        "expires_at": stamp(invited.expires_at) if step else "",
    }
    return _queue(desk, tx, Kind.INVITATION, customer, address, subject=subject, more=more)


def registration(desk: Desk, tx: Transaction, customer: Customer, claim: ClaimByMail, *, known: bool) -> None:
    """Mail a link that completes a registration; `known`: to an address that has an account already."""
    first = tx.now
    new = outbox.NewMail(
        issuer=customer.issuer,
        kind=Kind.REGISTRATION,
        subject=f"{claim.id}:{tx.now_text}",
        email=claim.email,
        locale=claim.locale,
        payload={"customer": {"code": customer.code, "name": customer.name}, "claim": claim.id, "known": known},
        message_domain=_domain(desk.issuer(customer.issuer)),
        urgent=True,
        first_attempt=first,
        deadline=first + desk.rules.deadline,
        customer_id=customer.id,
    )
    _put(desk, tx, new)


def probe(desk: Desk, tx: Transaction, customer: Customer, address: Address, *, on: str) -> None:
    """Ask an address whose mails come back now and then whether it still works; `on` is the local date."""
    _queue(desk, tx, Kind.PROBE, customer, address, subject=f"v{address.version}:{on}")


def approval(desk: Desk, tx: Transaction, customer: Customer, invited: Invitation, *, who: str) -> None:
    """Tell the issuer's staff that a customer is connected."""
    _decided(desk, tx, Kind.APPROVAL, customer, invited, content={"who": who})


def decline(desk: Desk, tx: Transaction, customer: Customer, invited: Invitation, *, who: str, reason: str) -> None:
    """Tell the issuer's staff that a customer said no."""
    _decided(desk, tx, Kind.DECLINE, customer, invited, content={"who": who, "reason": reason})


def _decided(
    desk: Desk, tx: Transaction, kind: Kind, customer: Customer, invited: Invitation, *, content: Mapping[str, Any]
) -> None:
    issuer = desk.issuer(customer.issuer)
    when = f"{tx.now.astimezone(ZoneInfo(issuer.time_zone)):%Y-%m-%d %H:%M}"
    facts = {"customer": {"code": customer.code, "name": customer.name}, "when": when, **content}
    for email in issuer.staff:
        _put(desk, tx, _to_staff(desk, issuer, kind, email, now=tx.now, subject=str(invited.id), content=facts))


def successor(desk: Desk, tx: Transaction, customer: Customer, row: Succession, *, old: str) -> None:
    """Ask somebody whom a recipient named, who has no row among the addresses, to receive in the place of `old`."""
    new = outbox.NewMail(
        issuer=customer.issuer,
        kind=Kind.SUCCESSOR,
        subject=str(row.id),
        email=row.email,
        locale=row.locale,
        payload={
            "customer": {"code": customer.code, "name": customer.name},
            "succession": row.id,
            "old": old,
        },
        message_domain=_domain(desk.issuer(customer.issuer)),
        urgent=False,
        first_attempt=tx.now,
        deadline=tx.now + desk.rules.deadline,
        customer_id=customer.id,
    )
    _put(desk, tx, new)


def succession(
    desk: Desk,
    tx: Transaction,
    customer: Customer,
    address: Address,
    row: Succession,
    *,
    old: Address,
    step: str,
    by: str,
) -> None:
    """Tell an address of a step of a succession; what is not in effect can be taken back. `by` is who ended it."""
    more = _succession(desk.issuer(customer.issuer), tx.now, row, old=old, step=step, by=by)
    _queue(desk, tx, Kind.CHANGE, customer, address, subject=f"succession:{row.id}:{step}", more=more)


def succession_off(desk: Desk, tx: Transaction, customer: Customer, row: Succession, *, old: Address) -> None:
    """Tell a successor, who has no row among the addresses, that nothing comes of what he confirmed."""
    issuer = desk.issuer(customer.issuer)
    new = outbox.NewMail(
        issuer=customer.issuer,
        kind=Kind.CHANGE,
        subject=f"succession:{row.id}:off",
        email=row.email,
        locale=row.locale,
        payload={
            "customer": {"code": customer.code, "name": customer.name},
            **_succession(issuer, tx.now, row, old=old, step="off", by=""),
        },
        message_domain=_domain(issuer),
        urgent=False,
        first_attempt=tx.now,
        deadline=tx.now + desk.rules.deadline,
        customer_id=customer.id,
    )
    _put(desk, tx, new)


def _succession(issuer: Issuer, now: datetime, row: Succession, *, old: Address, step: str, by: str) -> dict[str, Any]:
    due = "" if row.due_at is None else f"{row.due_at.astimezone(ZoneInfo(issuer.time_zone)):%Y-%m-%d %H:%M}"
    return {
        **_change(issuer, now, what=f"successor_{step}", address=row.email),
        "succession": row.id if step in {"named", "confirmed"} else 0,
        "old": old.email,
        "due": due,
        "by": by,
    }


def staff(desk: Desk, tx: Transaction, issuer: Issuer, *, subject: str, content: Mapping[str, Any]) -> None:
    """Tell the issuer's staff; `content` has `what, heading, lines, facts, remedy`."""
    facts = {"customer": {"code": "", "name": ""}, **content}
    for email in issuer.staff:
        _put(desk, tx, _to_staff(desk, issuer, Kind.STAFF, email, now=tx.now, subject=subject, content=facts))


def forward(desk: Desk, tx: Transaction, issuer: Issuer, *, subject: str, content: Mapping[str, Any]) -> None:
    """Hand a person's words on to the issuer's staff."""
    for email in issuer.staff:
        _put(desk, tx, _to_staff(desk, issuer, Kind.FORWARD, email, now=tx.now, subject=subject, content=content))


def _to_staff(
    desk: Desk, issuer: Issuer, kind: Kind, email: str, *, now: datetime, subject: str, content: Mapping[str, Any]
) -> outbox.NewMail:
    return outbox.NewMail(
        issuer=issuer.code,
        kind=kind,
        subject=subject,
        email=email,
        locale=issuer.locale,
        payload=content,
        message_domain=_domain(issuer),
        urgent=False,
        first_attempt=now,
        deadline=now + desk.rules.deadline,
    )


def change(
    desk: Desk,
    tx: Transaction,
    customer: Customer,
    address: Address,
    *,
    what: str,
    about: str = "",
    delivery: str = "",
    who: str = "",
) -> None:
    """Tell an address of a change.

    `what` is `added`, `removed`, `default` or `delivery`, each of the address `about`, or `connected`, by `who`.
    However often the same is changed, two mails go out in `TELL_AGAIN_AFTER`, and the last says what is so by then.
    """
    issuer = desk.issuer(customer.issuer)
    more = _change(issuer, tx.now, what=what, address=about, delivery=delivery, who=who)
    subject = f"{what}:{about or who}"
    # The same change may be made again tomorrow, and is told again.
    new = _new(
        desk, Kind.CHANGE, customer, address, now=tx.now, subject=f"{subject}:{delivery}:{stamp(tx.now)}", more=more
    )
    last = outbox.last_about(tx, address_id=address.id, kind=Kind.CHANGE, subject=subject)
    told_at = None if last is None else moment(last.finished_at or last.created_at)
    if last is None or told_at is None or tx.now - told_at >= TELL_AGAIN_AFTER:
        _put(desk, tx, new)
    elif last.state is State.QUEUED:
        outbox.rewrite(tx, last.id, new.payload)
    else:
        later = told_at + TELL_AGAIN_AFTER
        _put(desk, tx, replace(new, first_attempt=later, deadline=later + desk.rules.deadline))


def _change(
    issuer: Issuer, now: datetime, *, what: str, address: str = "", delivery: str = "", who: str = ""
) -> dict[str, Any]:
    when = f"{now.astimezone(ZoneInfo(issuer.time_zone)):%Y-%m-%d %H:%M}"
    return {"what": what, "address": address, "delivery": delivery, "who": who, "when": when}


def to_person(
    desk: Desk,
    tx: Transaction,
    kind: Kind,
    place: Place,
    person: Person,
    *,
    subject: str,
    more: Mapping[str, Any],
) -> bool:
    """Queue a mail to a person, who has no row among the addresses; False where it was queued before."""
    new = outbox.NewMail(
        issuer=place.issuer.code,
        kind=kind,
        subject=subject,
        email=person.email,
        locale=person.locale,
        payload={"customer": {"code": place.code, "name": place.name}, **more},
        message_domain=_domain(place.issuer),
        urgent=kind in URGENT,
        first_attempt=tx.now,
        deadline=tx.now + desk.rules.deadline,
        customer_id=place.customer.id if place.customer else None,
    )
    return _put(desk, tx, new)


def answer(
    desk: Desk,
    tx: Transaction,
    issuer: Issuer,
    *,
    email: str,
    locale: str,
    subject: str,
    payload: Mapping[str, Any],
    customer_id: int | None,
    address_id: int | None,
) -> bool:
    """Answer a mail that came in; False where that was queued before."""
    new = outbox.NewMail(
        issuer=issuer.code,
        kind=Kind.ANSWER,
        subject=subject,
        email=email,
        locale=locale,
        payload=payload,
        message_domain=_domain(issuer),
        urgent=False,
        first_attempt=tx.now,
        deadline=tx.now + desk.rules.deadline,
        customer_id=customer_id,
        address_id=address_id,
    )
    return _put(desk, tx, new)


def asked_lately(reading: Reading | Transaction, *, address_id: int, kind: Kind, since: str) -> bool:
    """Tell whether a mail of this kind was queued for the address since a moment."""
    last = outbox.last_queued(reading, address_id=address_id, kind=kind)
    return last is not None and last >= since


def invoice_facts(invoice: Invoice, delivery: int, *, doubtful: bool = False) -> dict[str, Any]:
    """Return what a mail states of an invoice."""
    return {
        "delivery": delivery,
        "invoice": invoice.id,
        "number": invoice.number,
        "subject": invoice.subject,
        "amount": format_amount(invoice.amount, invoice.currency),
        "issue_date": invoice.issue_date,
        "due_date": invoice.due_date or "",
        "note": invoice.note,
        "doubtful": doubtful,
    }


def _queue(
    desk: Desk,
    tx: Transaction,
    kind: Kind,
    customer: Customer,
    address: Address,
    *,
    subject: str,
    more: Mapping[str, Any] | None = None,
    import_id: int | None = None,
) -> bool:
    new = _new(desk, kind, customer, address, now=tx.now, subject=subject, more=more or {}, import_id=import_id)
    return _put(desk, tx, new)


def _new(
    desk: Desk,
    kind: Kind,
    customer: Customer,
    address: Address,
    *,
    now: datetime,
    subject: str,
    more: Mapping[str, Any],
    import_id: int | None = None,
) -> outbox.NewMail:
    first = now if import_id is None else now + desk.rules.send_delay
    return outbox.NewMail(
        issuer=customer.issuer,
        kind=kind,
        subject=subject,
        email=address.email,
        locale=customer.locale,
        payload={"customer": {"code": customer.code, "name": customer.name}, "version": address.version, **more},
        message_domain=_domain(desk.issuer(customer.issuer)),
        urgent=kind in URGENT,
        first_attempt=first,
        deadline=first + desk.rules.deadline,
        customer_id=customer.id,
        address_id=address.id,
        import_id=import_id,
    )


def _put(desk: Desk, tx: Transaction, new: outbox.NewMail) -> bool:
    queued = outbox.queue(tx, new)
    if queued is not None:
        tx.after_commit(partial(desk.facts, MAIL_QUEUED, issuer=new.issuer, outbox=queued, kind=new.kind, to=new.email))
    return queued is not None


def _domain(issuer: Issuer) -> str:
    return issuer.sender.rpartition("@")[2]
