"""Presses that turn out to be a machine's by what is pressed beside them.

Owns what a press of the decoy says of the other presses on the same page. A machine that presses everything comes to
the real button first, perhaps after a wait as long as any person's: what counted until then is taken back.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mailbot.domain.evidence import DECOY
from mailbot.domain.invoice import Event, Status, advance
from mailbot.facts import INVOICE_DOUBTFUL
from mailbot.flows import remind
from mailbot.flows.record import record
from mailbot.store import deliveries, invoices, presses

if TYPE_CHECKING:
    from datetime import datetime

    from mailbot.flows.desk import Desk
    from mailbot.store.database import Transaction
    from mailbot.store.invoices import Invoice


def is_unmasked(tx: Transaction, invoice_id: int, seen_at: datetime) -> bool:
    """Tell whether the decoy was pressed on the page that was got at `seen_at`."""
    return presses.has_decoy(tx, invoice_id, seen_at)


def unmask(desk: Desk, tx: Transaction, invoice: Invoice, seen_at: datetime) -> None:
    """Doubt every earlier press on the page that was got at `seen_at`, and take back what arrived under it."""
    for press in presses.on_page(tx, invoice.id, seen_at):
        if not press.doubt:
            presses.doubt(tx, press.id, DECOY)
            if press.downloaded_at is not None:
                _take_back(desk, tx, press)


def _take_back(desk: Desk, tx: Transaction, press: presses.Press) -> None:
    if press.delivery_id is not None:
        deliveries.doubted(tx, press.delivery_id)
    invoices.doubted(tx, press.invoice_id, invoices.get(tx, press.invoice_id).status)
    invoice = invoices.get(tx, press.invoice_id)
    if invoice.status is Status.DOWNLOADED and not invoice.downloads:
        invoices.doubted(tx, invoice.id, advance(invoice.status, Event.DOUBT))
        remind.resume(desk, tx, invoice)
    address = presses.address(tx, press)
    state(desk, tx, invoice, address.email if address else "", DECOY)


def state(desk: Desk, tx: Transaction, invoice: Invoice, to: str, reason: str) -> None:
    """State that a download may have been a machine's."""
    record(
        tx,
        desk.facts,
        INVOICE_DOUBTFUL,
        issuer=invoice.issuer,
        subject=f"invoice:{invoice.number}",
        invoice=invoice.number,
        to=to,
        reason=reason,
    )
