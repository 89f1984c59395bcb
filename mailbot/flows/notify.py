"""Queueing mails: what each kind of mail states, laid down as a row of the outbox in the caller's transaction.

Owns the payload of every kind. The words around it are templates; the links are signed when the mail is sent.
"""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from mailbot.domain.money import format_amount
from mailbot.domain.outbox import URGENT, Kind
from mailbot.facts import MAIL_QUEUED
from mailbot.store import outbox

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from mailbot.domain.policy import Issuer
    from mailbot.flows.desk import Desk
    from mailbot.store.addresses import Address
    from mailbot.store.customers import Customer
    from mailbot.store.database import Reading, Transaction
    from mailbot.store.invoices import Invoice

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
    more = {"invoices": facts, "late": late}
    return _new(desk, Kind.NOTICE, customer, address, now=now, subject=subject, more=more, import_id=import_id)


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


def staff(desk: Desk, tx: Transaction, issuer: Issuer, *, subject: str, content: Mapping[str, Any]) -> None:
    """Tell the issuer's staff; `content` has `what, heading, lines, facts, remedy`."""
    for email in issuer.staff:
        _put(
            desk,
            tx,
            outbox.NewMail(
                issuer=issuer.code,
                kind=Kind.STAFF,
                subject=subject,
                email=email,
                locale=issuer.locale,
                payload={"customer": {"code": "", "name": ""}, **content},
                message_domain=_domain(issuer),
                urgent=False,
                first_attempt=tx.now,
                deadline=tx.now + desk.rules.deadline,
            ),
        )


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
