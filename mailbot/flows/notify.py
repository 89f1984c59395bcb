"""Queueing mails: what each kind of mail states, laid down as a row of the outbox in the caller's transaction.

Owns the payload of every kind. The words around it are templates; the links are signed when the mail is sent.
"""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from mailbot.clock import stamp
from mailbot.domain.address import Delivery
from mailbot.domain.money import format_amount
from mailbot.domain.outbox import URGENT, Kind
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

ATTACHED = 10 * 1024 * 1024
"""Bytes of files that go along with one mail; in base64 they become a third more, and many servers take 20 MB."""

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
    import_id: int | None = None,
) -> outbox.NewMail:
    """Lay out a notice of (invoice, delivery) entries; the caller queues it with others."""
    facts = [invoice_facts(invoice, delivery) for invoice, delivery in entries]
    if address.delivery != Delivery.LINK:
        _attach(facts, [invoice for invoice, _ in entries])
    more = {"invoices": facts, "late": late, "delivery": address.delivery}
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
    late: bool,
) -> None:
    """Queue one notice of several invoices."""
    _put(desk, tx, notice_mail(desk, customer, address, entries, now=tx.now, subject=subject, late=late))


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


def staff(desk: Desk, tx: Transaction, issuer: Issuer, *, subject: str, content: Mapping[str, Any]) -> None:
    """Tell the issuer's staff; `content` has `what, heading, lines, facts, remedy`."""
    facts = {"customer": {"code": "", "name": ""}, **content}
    for email in issuer.staff:
        _put(desk, tx, _to_staff(desk, issuer, Kind.STAFF, email, now=tx.now, subject=subject, content=facts))


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
    """
    issuer = desk.issuer(customer.issuer)
    more = _change(issuer, tx.now, what=what, address=about, delivery=delivery, who=who)
    # The same change may be made again tomorrow, and is told again.
    subject = f"{what}:{about or who}:{delivery}:{stamp(tx.now)}"
    _queue(desk, tx, Kind.CHANGE, customer, address, subject=subject, more=more)


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
