"""The invoice behind a link: what its page shows, what a press of its button does, and when it counts.

Owns the step from a press to "last downloaded". A page that is got changes nothing; a press gives a pass to the file;
only a file whose last byte arrived counts, and only where no machine is suspected of the press.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from mailbot.clock import stamp
from mailbot.domain import address as address_rules
from mailbot.domain import evidence
from mailbot.domain.invoice import SHOWN, Event, Status, advance
from mailbot.domain.money import format_amount
from mailbot.domain.outbox import Kind
from mailbot.errors import BadLink, Refused
from mailbot.facts import ACCESSES_DROPPED, INVOICE_DOWNLOADED, INVOICE_PRESSED
from mailbot.flows import asking, doubts, notify, settle
from mailbot.flows.record import record
from mailbot.links import Purpose
from mailbot.store import addresses, customers, deliveries, invoices, presses
from mailbot.store.opened import opened

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from mailbot.domain.policy import Issuer
    from mailbot.flows.desk import Desk
    from mailbot.flows.session import Session
    from mailbot.links import Link
    from mailbot.store.database import Reading, Transaction
    from mailbot.store.deliveries import Delivery
    from mailbot.store.invoices import Invoice
    from mailbot.store.opened import Opened

PASS_LIFETIME = timedelta(minutes=10)
MINUTE = len("2026-11-20T02:28")

ACCESSES_KEPT = 20_000
"""Access records that may wait to be written; beyond this the oldest are given up, and that is logged."""


class GoneFile(Refused):
    """The pass is over, or the invoice does not stand any more (HTTP 410)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InvoiceView:
    """What a customer is shown of an invoice."""

    id: int
    number: str
    subject: str
    amount: int
    currency: str
    amount_text: str
    note: str
    issue_date: str
    due_date: str | None
    status: Status
    sent_at: datetime | None
    last_downloaded_at: datetime | None
    file_name: str
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class InvoicePage:
    """What the page behind an invoice link shows."""

    state: str
    """What the link is worth.

    `ready`, `done` (downloaded at this address before), `expired` (its key was retired), `withdrawn`, or `superseded`
    (its address is not on file any more).
    """
    issuer: Issuer
    locale: str
    customer_name: str
    email: str
    invoice: InvoiceView
    first_at: datetime | None
    withdrawn_at: datetime | None
    withdrawn_reason: str | None
    renewed: bool = False


@dataclass(frozen=True, slots=True)
class OpenFile:
    """A file that a pass opens."""

    press_id: int
    path: Path
    size: int
    file_name: str
    sha256: str


@dataclass(frozen=True, slots=True)
class AddressView:
    """What a customer is shown of a receiving address."""

    email: str
    status: str
    is_default: bool


@dataclass(frozen=True, slots=True)
class Listing:
    """All that a session shows."""

    session: Session
    invoices: list[InvoiceView]
    addresses: list[AddressView]


class Download:
    """Looks, presses, passes and counts."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._accesses: deque[tuple[int, str, str, str]] = deque(maxlen=ACCESSES_KEPT)
        self._dropped = 0

    def look(self, link: Link) -> InvoicePage:
        """Return what the link's page shows; raises `BadLink` where its row is gone."""
        return self._page(link, self._desk.database.glance(lambda reading: _opened(reading, link)))

    def _page(self, link: Link, found: Opened) -> InvoicePage:
        invoice = found.invoice
        return InvoicePage(
            state=_state(link, found),
            issuer=self._desk.issuer(invoice.issuer),
            locale=found.locale,
            customer_name=found.customer_name,
            email=found.email,
            invoice=_view(invoice),
            first_at=found.delivery.downloaded_at,
            withdrawn_at=invoice.withdrawn_at,
            withdrawn_reason=invoice.withdrawn_reason,
        )

    def fetched(self, link: Link, method: str, network: str) -> None:
        """Note that the page was got: in memory, written later, never in the way of an answer."""
        if len(self._accesses) == ACCESSES_KEPT:
            self._dropped += 1
        self._accesses.append((link.ids[0], stamp(self._desk.clock.now()), method, network))

    async def step(self) -> bool:
        """Write the access records that have come together; True where there were any."""
        if not self._accesses:
            return False
        taken, dropped = list(self._accesses), self._dropped
        self._accesses.clear()
        self._dropped = 0
        if dropped:
            self._desk.facts(ACCESSES_DROPPED, rows=dropped)
        await self._desk.database.write(lambda tx: presses.got(tx, taken))
        return True

    async def press(self, link: Link, *, seen_at: datetime, network: str, decoy: bool) -> str:
        """Note a press and return the pass that the file is got with; raises `GoneFile`, `BadLink`."""

        def write(tx: Transaction) -> int:
            found = _opened(tx, link)
            if _state(link, found) not in {"ready", "done"}:
                raise GoneFile("this invoice cannot be fetched by this link any more")
            why = self._doubt(tx, found.invoice, found.delivery, seen_at=seen_at, network=network, decoy=decoy)
            return self._note_press(
                tx, found.invoice, found.delivery, found.email, seen_at=seen_at, network=network, why=why
            )

        return self._pass(await self._desk.database.write(write))

    async def press_listed(self, session: Session, number: str, *, seen_at: datetime, network: str, decoy: bool) -> str:
        """Note a press in a session's list; raises `GoneFile` where that customer has no such invoice."""

        def write(tx: Transaction) -> int:
            invoice = invoices.by_number(tx, session.issuer.code, number)
            if invoice is None or invoice.customer_id != session.customer_id or invoice.status not in SHOWN:
                raise GoneFile("this invoice cannot be fetched any more")
            delivery = self._delivery(tx, session, invoice)
            why = self._doubt(tx, invoice, delivery, seen_at=seen_at, network=network, decoy=decoy)
            return self._note_press(tx, invoice, delivery, session.email, seen_at=seen_at, network=network, why=why)

        return self._pass(await self._desk.database.write(write))

    def _delivery(self, tx: Transaction, session: Session, invoice: Invoice) -> Delivery | None:
        if session.address_id is None:
            return None
        return deliveries.of(tx, invoice_id=invoice.id, address_id=session.address_id)

    def _doubt(
        self,
        tx: Transaction,
        invoice: Invoice,
        delivery: Delivery | None,
        *,
        seen_at: datetime,
        network: str,
        decoy: bool,
    ) -> str:
        accepted_at = delivery.accepted_at if delivery else None
        press = evidence.Press(
            at=tx.now,
            seen_at=seen_at,
            network=network,
            accepted_at=accepted_at,
            other_network_fetched=self._got_elsewhere(tx, delivery, network),
            decoy=decoy or doubts.is_unmasked(tx, invoice.id, seen_at),
        )
        return evidence.doubt(press, min_reading=self._desk.rules.min_reading)

    def _got_elsewhere(self, tx: Transaction, delivery: Delivery | None, network: str) -> bool:
        if delivery is None or delivery.accepted_at is None:
            return False
        if any(got[0] == delivery.id and got[3] != network for got in tuple(self._accesses)):
            return True
        since = stamp(delivery.accepted_at)
        return presses.got_elsewhere(tx, delivery.id, network=network, since=since)

    def _note_press(
        self,
        tx: Transaction,
        invoice: Invoice,
        delivery: Delivery | None,
        to: str,
        *,
        seen_at: datetime,
        network: str,
        why: str,
    ) -> int:
        if why == evidence.DECOY:
            doubts.unmask(self._desk, tx, invoice, seen_at)
        press_id = presses.insert(
            tx,
            delivery_id=delivery.id if delivery else None,
            invoice_id=invoice.id,
            customer_id=invoice.customer_id,
            seen_at=seen_at,
            network=network,
            doubt=why,
        )
        if delivery:
            deliveries.pressed(tx, delivery.id, doubtful=bool(why))
            settle.proved_arrived(
                self._desk, tx, delivery.address_id, lambda mail: settle.holds_delivery(mail, delivery.id)
            )
        record(
            tx,
            self._desk.facts,
            INVOICE_PRESSED,
            issuer=invoice.issuer,
            subject=f"invoice:{invoice.number}",
            invoice=invoice.number,
            to=to,
            network=network,
            doubtful=why,
        )
        return press_id

    def _pass(self, press_id: int) -> str:
        return self._desk.links.sign(Purpose.PASS, press_id, at=self._desk.clock.now())

    def open(self, link: Link) -> OpenFile:
        """Return the file of a pass; raises `GoneFile` after ten minutes or a withdrawal, `BadLink` for no row."""
        if link.retired or self._desk.clock.now() - link.signed_at > PASS_LIFETIME:
            raise GoneFile("this download has ended; open the link in the mail again")
        return self._desk.database.read(lambda reading: self._open(reading, link.ids[0]))

    def _open(self, reading: Reading, press_id: int) -> OpenFile:
        try:
            press = presses.get(reading, press_id)
            invoice = invoices.get(reading, press.invoice_id)
        except LookupError:
            raise BadLink("this link is about nothing that we have") from None
        if invoice.status not in SHOWN:
            raise GoneFile("this invoice does not stand any more")
        address = presses.address(reading, press)
        if address is not None and address.status is address_rules.Status.REMOVED:
            raise GoneFile("the address that this was mailed to is not on file any more")
        path = self._desk.vault.path(invoice.file_sha256)
        return OpenFile(press_id, path, invoice.file_size, invoice.file_name, invoice.file_sha256)

    async def arrived(self, press_id: int, size: int) -> None:
        """Note that the last byte of the file arrived under this press; once a press, however often it is said."""
        await self._desk.database.write(lambda tx: self._arrived(tx, press_id, size))

    def _arrived(self, tx: Transaction, press_id: int, size: int) -> None:
        press = presses.get(tx, press_id)
        invoice = invoices.get(tx, press.invoice_id)
        if press.downloaded_at is not None or invoice.status not in SHOWN:
            return
        presses.arrived(tx, press_id, size)
        address = presses.address(tx, press)
        to = address.email if address else ""
        if press.doubt:
            doubts.state(self._desk, tx, invoice, to, press.doubt)
            return
        invoices.downloaded(tx, invoice.id, advance(invoice.status, Event.DOWNLOAD))
        if press.delivery_id is not None:
            deliveries.downloaded(tx, press.delivery_id)
        record(
            tx,
            self._desk.facts,
            INVOICE_DOWNLOADED,
            issuer=invoice.issuer,
            subject=f"invoice:{invoice.number}",
            invoice=invoice.number,
            to=to,
            bytes=size,
        )

    def listing(self, session: Session) -> Listing:
        """Return all invoices and addresses of a session's customer."""

        def read(reading: Reading) -> Listing:
            found = invoices.of_customer(reading, session.customer_id, sorted(SHOWN))
            known = addresses.of_customer(reading, session.customer_id)
            return Listing(
                session,
                [_view(invoice) for invoice in found],
                [
                    AddressView(each.email, each.status, each.is_default)
                    for each in known
                    if each.status is not address_rules.Status.REMOVED
                ],
            )

        return self._desk.database.read(read)

    async def renew(self, link: Link) -> InvoicePage:
        """Mail a new invoice link to the same address where this one's key was retired; otherwise only look."""

        def write(tx: Transaction) -> InvoicePage:
            found = _opened(tx, link)
            page = self._page(link, found)
            if page.state != "expired":
                return page
            delivery, invoice = found.delivery, found.invoice
            address, customer = addresses.get(tx, delivery.address_id), customers.get(tx, invoice.customer_id)
            if not asking.may_go(tx, Kind.NOTICE, address.email_key):
                return replace(page, renewed=True)
            # The minute makes it unique: pressed again within it, the same mail is asked for.
            subject = f"delivery:{delivery.id}:again:{stamp(tx.now)[:MINUTE]}"
            notify.notice(self._desk, tx, customer, address, [(invoice, delivery.id)], subject=subject, late=False)
            return replace(page, renewed=True)

        return await self._desk.database.write(write)


def _opened(reading: Reading | Transaction, link: Link) -> Opened:
    try:
        return opened(reading, link.ids[0])
    except LookupError:
        raise BadLink("this link is about nothing that we have") from None


def _state(link: Link, found: Opened) -> str:
    if found.address_status is address_rules.Status.REMOVED:
        return "superseded"
    if found.invoice.status not in SHOWN:
        return "withdrawn"
    if link.retired:
        return "expired"
    return "done" if found.delivery.downloaded_at else "ready"


def _view(invoice: Invoice) -> InvoiceView:
    return InvoiceView(
        id=invoice.id,
        number=invoice.number,
        subject=invoice.subject,
        amount=invoice.amount,
        currency=invoice.currency,
        amount_text=format_amount(invoice.amount, invoice.currency),
        note=invoice.note,
        issue_date=invoice.issue_date,
        due_date=invoice.due_date,
        status=invoice.status,
        sent_at=invoice.sent_at,
        last_downloaded_at=invoice.last_downloaded_at,
        file_name=invoice.file_name,
        size=invoice.file_size,
    )
