"""A delivery with all that the page behind its link shows, in one statement: the busiest look-up of all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mailbot.clock import moment
from mailbot.domain import address
from mailbot.domain.evidence import Evidence
from mailbot.domain.invoice import Status
from mailbot.store.deliveries import Delivery
from mailbot.store.invoices import Invoice

if TYPE_CHECKING:
    from datetime import datetime

    from mailbot.store.database import Reading


@dataclass(frozen=True, slots=True)
class Opened:
    """What stands behind an invoice link."""

    delivery: Delivery
    invoice: Invoice
    email: str
    address_status: address.Status
    customer_name: str
    locale: str


_SQL = (
    "SELECT d.id, d.invoice_id, d.address_id, d.evidence, d.doubtful, d.accepted_at, d.pressed_at, d.downloaded_at,"
    " i.issuer, i.customer_id, i.number, i.subject, i.amount, i.currency, i.note, i.issue_date, i.due_date,"
    " i.file_sha256, i.file_name, f.size, i.status, i.publish_at, i.sent_at, i.last_downloaded_at, i.downloads,"
    " i.withdrawn_at, i.withdrawn_reason, a.email, a.status, c.name, c.locale"
    " FROM deliveries d JOIN invoices i ON i.id = d.invoice_id JOIN files f ON f.sha256 = i.file_sha256"
    " JOIN addresses a ON a.id = d.address_id JOIN customers c ON c.id = i.customer_id WHERE d.id = ?"
)


def opened(reading: Reading, delivery_id: int) -> Opened:
    """Return a delivery with its invoice, address and customer; raises `LookupError` where there is none."""
    row = reading.one(_SQL, (delivery_id,))
    if row is None:
        raise LookupError(f"no delivery {delivery_id}")
    (did, invoice_id, address_id, evidence, doubtful, accepted, pressed, downloaded, *rest) = row
    (issuer, customer_id, number, subject, amount, currency, note, issue_date, due_date, *rest) = rest
    (sha256, file_name, size, status, publish, sent, fetched, downloads, withdrawn, reason, *rest) = rest
    email, address_status, customer_name, locale = rest
    return Opened(
        Delivery(
            id=did,
            invoice_id=invoice_id,
            address_id=address_id,
            evidence=Evidence(evidence),
            doubtful=bool(doubtful),
            accepted_at=_moment(accepted),
            pressed_at=_moment(pressed),
            downloaded_at=_moment(downloaded),
        ),
        Invoice(
            id=invoice_id,
            issuer=issuer,
            customer_id=customer_id,
            number=number,
            subject=subject,
            amount=amount,
            currency=currency,
            note=note,
            issue_date=issue_date,
            due_date=due_date,
            file_sha256=sha256,
            file_name=file_name,
            file_size=size,
            status=Status(status),
            publish_at=moment(publish),
            sent_at=_moment(sent),
            last_downloaded_at=_moment(fetched),
            downloads=downloads,
            withdrawn_at=_moment(withdrawn),
            withdrawn_reason=reason,
        ),
        email,
        address.Status(address_status),
        customer_name,
        locale,
    )


def _moment(text: str | None) -> datetime | None:
    return None if text is None else moment(text)
