"""A recipient's own word that invoices have come, or have not.

Owns which invoices one mail of ours speaks of, and what such a word does: it is the highest evidence, and ends the
reminders for all addresses of the customer until it is taken back.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from mailbot.domain.evidence import Evidence
from mailbot.domain.invoice import SHOWN
from mailbot.domain.outbox import Kind
from mailbot.facts import INVOICE_ACKNOWLEDGED, INVOICE_DISAVOWED
from mailbot.flows import remind
from mailbot.flows.record import record
from mailbot.store import deliveries, invoices

if TYPE_CHECKING:
    from mailbot.facts import Fact
    from mailbot.flows.desk import Desk
    from mailbot.store.database import Transaction
    from mailbot.store.deliveries import Delivery
    from mailbot.store.invoices import Invoice
    from mailbot.store.outbox import Mail

CARRIERS = frozenset({str(Kind.NOTICE), str(Kind.REMINDER)})
"""Kinds of mail that bring invoices."""


def deliveries_of(mail: Mail) -> list[int]:
    """Return the deliveries that a mail brings with a link to fetch them; an answer only names invoices."""
    return [entry["delivery"] for entry in json.loads(mail.payload)["invoices"]] if mail.kind in CARRIERS else []


def carried(tx: Transaction, mail: Mail) -> list[tuple[Invoice, Delivery]]:
    """Return the invoices that a mail brought and that still stand, each on its way to that address."""
    found = [deliveries.get(tx, each) for each in deliveries_of(mail)]
    pairs = [(invoices.get(tx, each.invoice_id), each) for each in found]
    return [(invoice, delivery) for invoice, delivery in pairs if invoice.status in SHOWN]


def acknowledge(desk: Desk, tx: Transaction, brought: list[tuple[Invoice, Delivery]], *, by: str) -> list[Invoice]:
    """Write that these have come, on the word of the address `by`; said again, it changes nothing."""
    for invoice, delivery in brought:
        if delivery.evidence is not Evidence.ACKNOWLEDGED:
            deliveries.acknowledged(tx, delivery.id)
            _state(desk, tx, INVOICE_ACKNOWLEDGED, invoice, by)
    return [invoice for invoice, _ in brought]


def disavow(desk: Desk, tx: Transaction, brought: list[tuple[Invoice, Delivery]], *, by: str) -> list[Invoice]:
    """Take such a word back; reminders go on where the invoice is open. Return those that had been acknowledged."""
    taken_back = [(invoice, each) for invoice, each in brought if each.evidence is Evidence.ACKNOWLEDGED]
    for invoice, delivery in taken_back:
        deliveries.disavowed(tx, delivery.id)
        remind.resume(desk, tx, invoice)
        _state(desk, tx, INVOICE_DISAVOWED, invoice, by)
    return [invoice for invoice, _ in taken_back]


def _state(desk: Desk, tx: Transaction, fact: Fact, invoice: Invoice, by: str) -> None:
    subject = f"invoice:{invoice.number}"
    record(tx, desk.facts, fact, issuer=invoice.issuer, subject=subject, invoice=invoice.number, to=by)
