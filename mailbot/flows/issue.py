"""Issuing: an invoice's moment comes, and everybody who may receive it is told.

Owns the step from `scheduled` to `open` or `waiting`, and from `waiting` to `open` when somebody can receive at last.
The status, the ledger's row and one outbox row for each address are one transaction.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from mailbot.domain.address import RECEIVES
from mailbot.domain.invoice import Event, Status, advance
from mailbot.facts import INVOICE_ISSUED, INVOICE_WAITING, Fact
from mailbot.flows import notify
from mailbot.flows.row_by_row import row_by_row
from mailbot.store import addresses, customers, deliveries, invoices, ledger, outbox

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mailbot.flows.desk import Desk
    from mailbot.store.addresses import Address
    from mailbot.store.customers import Customer
    from mailbot.store.database import Transaction
    from mailbot.store.invoices import Invoice

SLICE = 500
"""Invoices that one transaction issues: short enough for a press of a button to pass between two."""

LISTED = 500
"""Invoices in one notice: 2.8 KB each make 1.4 MB, well under what relays take (RFC 1870)."""


class Issue:
    """Publishes what is due."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def step(self) -> bool:
        """Issue up to `SLICE` invoices whose moment has come; True where there may be more."""
        return await self._desk.database.write(self._publish) == SLICE

    def _publish(self, tx: Transaction) -> int:
        due = invoices.due(tx, SLICE)
        row_by_row(
            self._desk,
            tx,
            due,
            work=lambda rows: self._issue(tx, rows),
            push_ahead=lambda invoice, until: invoices.put_off(tx, invoice.id, until),
            table="invoices",
            row_id=lambda invoice: invoice.id,
        )
        return len(due)

    def _issue(self, tx: Transaction, due: Sequence[Invoice]) -> None:
        receivers = _Receivers(tx)
        steps: list[tuple[int, Status]] = []
        mails: list[outbox.NewMail] = []
        stated: dict[str, list[tuple[Fact, str, Mapping[str, object]]]] = {}
        for invoice in due:
            customer, told = receivers.of(invoice.customer_id)
            steps.append((invoice.id, advance(invoice.status, Event.ISSUE if told else Event.WAIT)))
            mails += self._notices(tx, invoice, customer, told)
            fact = INVOICE_ISSUED if told else INVOICE_WAITING
            details: dict[str, object] = {"customer": customer.code, "invoice": invoice.number}
            if told:
                details["mails"] = len(told)
            stated.setdefault(invoice.issuer, []).append((fact, f"invoice:{invoice.number}", details))
            tx.after_commit(partial(self._desk.facts, fact, issuer=invoice.issuer, **details))
        invoices.issued(tx, steps)
        outbox.queue_many(tx, mails)
        for issuer, entries in stated.items():
            ledger.append_many(tx, issuer, entries)

    def _notices(
        self, tx: Transaction, invoice: Invoice, customer: Customer, told: Sequence[Address]
    ) -> list[outbox.NewMail]:
        mails = []
        for address in told:
            delivery = deliveries.plan(tx, invoice_id=invoice.id, address_id=address.id)
            entries = [(invoice, delivery)]
            subject = f"delivery:{delivery}"
            mails.append(notify.notice_mail(self._desk, customer, address, entries, now=tx.now, subject=subject))
        return mails


class _Receivers:
    """Who receives, read once for each customer of a slice."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx
        self._known: dict[int, tuple[Customer, list[Address]]] = {}

    def of(self, customer_id: int) -> tuple[Customer, list[Address]]:
        if customer_id not in self._known:
            customer = customers.get(self._tx, customer_id)
            found = addresses.of_customer(self._tx, customer_id)
            self._known[customer_id] = customer, [each for each in found if each.status in RECEIVES]
        return self._known[customer_id]


def tell_newcomer(desk: Desk, tx: Transaction, customer: Customer, address: Address) -> None:
    """Send an address that was just confirmed one notice of all open invoices, and open those that waited.

    Beyond `LISTED` invoices it is several, since no relay would take one of them all.
    """
    wanted = (Status.WAITING, Status.OPEN)
    found = invoices.of_customer(tx, customer.id, wanted)
    waited = [invoice for invoice in found if invoice.status is Status.WAITING]
    invoices.issued(tx, [(invoice.id, advance(invoice.status, Event.ISSUE)) for invoice in waited])
    for invoice in waited:
        details = {"customer": customer.code, "invoice": invoice.number, "mails": 1}
        ledger.append(tx, invoice.issuer, INVOICE_ISSUED, f"invoice:{invoice.number}", details)
        tx.after_commit(partial(desk.facts, INVOICE_ISSUED, issuer=invoice.issuer, **details))
    entries = [
        (invoice, deliveries.plan(tx, invoice_id=invoice.id, address_id=address.id)) for invoice in reversed(found)
    ]
    for first in range(0, len(entries), LISTED):
        # Of the first part the key is what it always was, so that it is not queued again.
        subject = f"late:v{address.version}" + (f".{first}" if first else "")
        part = entries[first : first + LISTED]
        notify.notice(desk, tx, customer, address, part, subject=subject, late=len(entries) > 1 or not waited)
