"""Taking things back on staff's word: an invoice that does not stand, an address that must get nothing more."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mailbot.domain import address as address_rules
from mailbot.domain.invoice import Event, Status, advance
from mailbot.domain.outbox import State
from mailbot.errors import Refused
from mailbot.facts import ADDRESS_REVOKED, INVOICE_WITHDRAWN
from mailbot.flows import notify, settle
from mailbot.flows.record import record
from mailbot.store import addresses, customers, deliveries, invoices, outbox

if TYPE_CHECKING:
    from mailbot.flows.desk import Desk
    from mailbot.store.customers import Customer
    from mailbot.store.database import Transaction
    from mailbot.store.invoices import Invoice


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """What came of withdrawing an invoice."""

    number: str
    told: int
    """Addresses that had been told of the invoice, or may have been, and now get word."""


class Withdraw:
    """Withdraws invoices and revokes addresses."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def invoice(self, issuer: str, number: str, *, reason: str) -> Withdrawn:
        """Withdraw an invoice; its links say so from now on. Raises `Refused` where there is none, or it is done."""
        return await self._desk.database.write(lambda tx: self._invoice(tx, issuer, number, reason))

    def _invoice(self, tx: Transaction, issuer: str, number: str, reason: str) -> Withdrawn:
        invoice = invoices.by_number(tx, issuer, number)
        if invoice is None:
            raise Refused(f"{issuer} has no invoice {number}; see `mailbot invoices list`")
        if invoice.status is Status.WITHDRAWN:
            raise Refused(f"invoice {number} was withdrawn already")
        invoices.withdrawn(tx, invoice.id, advance(invoice.status, Event.WITHDRAW), reason)
        record(
            tx,
            self._desk.facts,
            INVOICE_WITHDRAWN,
            issuer=issuer,
            subject=f"invoice:{number}",
            invoice=number,
            reason=reason,
        )
        return Withdrawn(number, self._tell(tx, invoice, customers.get(tx, invoice.customer_id), reason))

    def _tell(self, tx: Transaction, invoice: Invoice, customer: Customer, reason: str) -> int:
        told = 0
        for address in addresses.of_customer(tx, customer.id):
            delivery = deliveries.of(tx, invoice_id=invoice.id, address_id=address.id)
            if delivery is None or address.status not in address_rules.RECEIVES:
                continue
            if delivery.accepted_at is None and not _may_know(tx, invoice, address):
                continue
            notify.withdrawn(self._desk, tx, customer, address, invoice=invoice, delivery=delivery.id, reason=reason)
            told += 1
        return told

    async def address(self, email_key: str, *, issuers: tuple[str, ...]) -> list[str]:
        """Take an address off file at every customer of these issuers; return the customers' codes.

        Its waiting mails are cancelled and its links say so. Raises `Refused` where no customer has it.
        """
        return await self._desk.database.write(lambda tx: self._address(tx, email_key, issuers))

    def _address(self, tx: Transaction, email_key: str, issuers: tuple[str, ...]) -> list[str]:
        found = [each for issuer in issuers for each in addresses.by_mailbox(tx, issuer, email_key)]
        held = [each for each in found if each.status is not address_rules.Status.REMOVED]
        if not held:
            raise Refused(f"no customer has the address {email_key}; see `mailbot addresses list`")
        return [self._revoke(tx, each) for each in held]

    def _revoke(self, tx: Transaction, address: addresses.Address) -> str:
        customer = customers.get(tx, address.customer_id)
        status = address_rules.advance(address.status, address_rules.Event.REMOVE)
        addresses.remove(tx, address.id, status, by="staff")
        for mail in outbox.unfinished_at(tx, address_id=address.id):
            settle.cancel(self._desk, tx, mail, "the address was revoked")
        record(
            tx,
            self._desk.facts,
            ADDRESS_REVOKED,
            issuer=customer.issuer,
            subject=f"address:{address.id}",
            customer=customer.code,
            to=address.email,
        )
        return customer.code


def _may_know(tx: Transaction, invoice: Invoice, address: addresses.Address) -> bool:
    """Tell whether the answer to a notice of this invoice was lost: then it may have arrived."""
    telling = (*outbox.notices_of(tx, invoice.id), *outbox.late_notices_of(tx, invoice.id))
    return any(mail.state is State.UNKNOWN and mail.address_id == address.id for mail in telling)
