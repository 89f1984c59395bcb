"""A customer's own receiving addresses: which is the default one, how invoices reach each, taking one off.

Owns that whoever had the default address is told of every change, so that nobody redirects invoices unnoticed. Adding
an address, which counts once it is proved, is `confirm`'s.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mailbot.domain.address import ADDITIONAL, RECEIVES, Delivery, Event, Status, advance
from mailbot.errors import Refused
from mailbot.facts import ADDRESS_CHANGED, ADDRESS_REMOVED, Fact
from mailbot.flows import notify
from mailbot.flows.record import record
from mailbot.mail import address as mail_address
from mailbot.store import addresses, customers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

    from mailbot.flows.desk import Desk
    from mailbot.flows.session import Session
    from mailbot.store.addresses import Address
    from mailbot.store.customers import Customer
    from mailbot.store.database import Transaction


@dataclass(frozen=True, slots=True)
class AddressRow:
    """What a customer is shown of a receiving address."""

    email: str
    status: Status
    delivery: str
    is_default: bool
    confirmed_at: datetime | None


@dataclass(frozen=True, slots=True)
class Changed:
    """What came of a change."""

    email: str
    problem: str | None = None
    """Key of the sentence that says why it was not made.

    `unknown` (not on file), `unproved` (not confirmed yet), `last` (nothing else receives), or `delivery`.
    """
    ends_session: bool = False
    """True where the session was this address's: its next page asks to sign in."""


@dataclass(frozen=True, slots=True)
class _Desired:
    """One change that a customer wants, with all that it is judged by."""

    customer: Customer
    address: Address
    known: list[Address]
    """All addresses of the customer that are on file."""
    session: Session

    @property
    def default(self) -> Address | None:
        """The default address before the change."""
        return next((each for each in self.known if each.is_default), None)


class Addresses:
    """Shows and changes the addresses of a session's (chosen) customer."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def listing(self, session: Session) -> list[AddressRow]:
        """Return the addresses on file, the default one first."""
        found = self._desk.database.read(lambda reading: addresses.of_customer(reading, session.customer_id))
        return [
            AddressRow(each.email, each.status, each.delivery, each.is_default, each.confirmed_at)
            for each in found
            if each.status is not Status.REMOVED
        ]

    async def remove(self, session: Session, email: str) -> Changed:
        """Take an address off; the last one that receives stays. The oldest other one becomes the default."""
        return await self._change(session, email, self._remove)

    def _remove(self, tx: Transaction, desired: _Desired) -> Changed:
        address = desired.address
        others = [each for each in desired.known if each.id != address.id and each.status in RECEIVES]
        if address.status in RECEIVES and not others:
            return Changed(address.email, "last")
        addresses.remove(tx, address.id, advance(address.status, Event.REMOVE), by="customer")
        if address.is_default and others:
            addresses.set_default(tx, others[0])
        self._record(tx, desired, ADDRESS_REMOVED)
        self._tell(tx, desired, what="removed")
        return Changed(address.email, ends_session=desired.session.address_id == address.id and _is_bound(desired))

    async def make_default(self, session: Session, email: str) -> Changed:
        """Make a confirmed address the default one; the old default is told."""
        return await self._change(session, email, self._make_default)

    def _make_default(self, tx: Transaction, desired: _Desired) -> Changed:
        address = desired.address
        if address.status not in RECEIVES:
            return Changed(address.email, "unproved")
        if not address.is_default:
            addresses.set_default(tx, address)
            self._record(tx, desired, ADDRESS_CHANGED, change="default")
            self._tell(tx, desired, what="default")
        return Changed(address.email)

    async def set_delivery(self, session: Session, email: str, delivery: str) -> Changed:
        """Set how invoices reach an address: `link`, `pdf` or `both`."""
        if delivery not in set(Delivery):
            return Changed(email, "delivery")
        return await self._change(
            session, email, lambda tx, desired: self._set_delivery(tx, desired, Delivery(delivery))
        )

    def _set_delivery(self, tx: Transaction, desired: _Desired, delivery: Delivery) -> Changed:
        if desired.address.delivery != delivery:
            addresses.set_delivery(tx, desired.address.id, delivery)
            self._record(tx, desired, ADDRESS_CHANGED, change=str(delivery))
            self._tell(tx, desired, what="delivery", delivery=delivery)
        return Changed(desired.address.email)

    async def _change(
        self, session: Session, email: str, change: Callable[[Transaction, _Desired], Changed]
    ) -> Changed:
        """Make one change in one transaction; raises `Refused` in a session that is joined to no customer yet."""
        if not session.customer_id:
            raise Refused("no issuer is joined yet, so there is no address to change")
        key = mail_address.key(email)

        def write(tx: Transaction) -> Changed:
            found = addresses.of_customer(tx, session.customer_id)
            known = [each for each in found if each.status is not Status.REMOVED]
            address = next((each for each in known if each.email_key == key), None)
            if address is None:
                return Changed(email, "unknown")
            return change(tx, _Desired(customers.get(tx, session.customer_id), address, known, session))

        return await self._desk.database.write(write)

    def _record(self, tx: Transaction, desired: _Desired, fact: Fact, **details: object) -> None:
        record(
            tx,
            self._desk.facts,
            fact,
            issuer=desired.customer.issuer,
            subject=f"address:{desired.address.id}",
            customer=desired.customer.code,
            to=desired.address.email,
            **details,
        )

    def _tell(self, tx: Transaction, desired: _Desired, *, what: str, delivery: str = "") -> None:
        if desired.default is not None:
            notify.change(
                self._desk,
                tx,
                desired.customer,
                desired.default,
                what=what,
                about=desired.address.email,
                delivery=delivery,
            )


def is_full(known: Iterable[Address]) -> bool:
    """Tell whether there are as many addresses on file as a customer may have; those that wait for a proof count."""
    return sum(each.status is not Status.REMOVED for each in known) > ADDITIONAL


def _is_bound(desired: _Desired) -> bool:
    """Tell whether the session is the address's own and no person's."""
    return desired.session.person_id is None
