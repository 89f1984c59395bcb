"""A customer's own receiving addresses: which is the default one, how invoices reach each, taking one off.

Owns that whoever had the default address, and whoever an invitation still waits for, is told of every change, so that
nobody redirects invoices unnoticed. Adding an address, which counts once it is proved, is `confirm`'s.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from mailbot.domain.address import ADDITIONAL, RECEIVES, Delivery, Event, Status, advance
from mailbot.domain.invitation import State
from mailbot.domain.outbox import Kind
from mailbot.errors import Refused
from mailbot.facts import ADDRESS_CHANGED, ADDRESS_REMOVED
from mailbot.flows import notify
from mailbot.flows.record import record
from mailbot.mail import address as mail_address
from mailbot.store import addresses, attempts, customers, invitations, outbox, successions

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

    from mailbot.flows.desk import Desk
    from mailbot.flows.session import Session
    from mailbot.store.addresses import Address
    from mailbot.store.customers import Customer
    from mailbot.store.database import Reading, Transaction

CHANGES_A_DAY = 50
"""Changes that a customer's pages take in `CHANGE_WINDOW`: somebody is told of each kind of them."""

CHANGE_WINDOW = timedelta(days=1)

PAGE = "page"
"""Source of an address that somebody typed on a page of ours."""


@dataclass(frozen=True, slots=True)
class AddressRow:
    """What a customer is shown of a receiving address."""

    email: str
    status: Status
    delivery: str
    is_default: bool
    confirmed_at: datetime | None
    asked: bool = False
    """True where it waits for its proof and a confirm mail, good for 30 minutes, was mailed to it."""
    successor: str = ""
    """Address of whom its holder named in his place, while that is open."""


@dataclass(frozen=True, slots=True)
class Changed:
    """What came of a change."""

    email: str
    problem: str | None = None
    """Key of the sentence that says why it was not made.

    `unknown` (not on file), `unproved` (not confirmed yet), `last` (nothing else receives), `delivery`, or
    `too_many_changes` (enough were made today).
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
    told: list[Address]
    """Who is told of the change."""


class Addresses:
    """Shows and changes the addresses of a session's (chosen) customer."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def listing(self, session: Session) -> list[AddressRow]:
        """Return the addresses on file, the default one first."""
        return self._desk.database.read(lambda reading: _listed(reading, session.customer_id))

    async def remove(self, session: Session, email: str) -> Changed:
        """Take an address off; the last one that receives stays. The oldest other one becomes the default."""
        return await self._change(session, email, self._remove)

    def _remove(self, tx: Transaction, desired: _Desired) -> Changed:
        address = desired.address
        others = [each for each in desired.known if each.id != address.id and each.status in RECEIVES]
        if address.status in RECEIVES and not others:
            return Changed(address.email, "last")
        take_off(self._desk, tx, desired.customer, address, by="customer")
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
            self._record(tx, desired, change="default")
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
            self._record(tx, desired, change=str(delivery))
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
            if not _may_change(tx, session.customer_id):
                return Changed(address.email, "too_many_changes")
            told = who_is_told(tx, session.customer_id)
            return change(tx, _Desired(customers.get(tx, session.customer_id), address, known, session, told))

        return await self._desk.database.write(write)

    def _record(self, tx: Transaction, desired: _Desired, *, change: str) -> None:
        record(
            tx,
            self._desk.facts,
            ADDRESS_CHANGED,
            issuer=desired.customer.issuer,
            subject=f"address:{desired.address.id}",
            customer=desired.customer.code,
            to=desired.address.email,
            change=change,
        )

    def _tell(self, tx: Transaction, desired: _Desired, *, what: str, delivery: str = "") -> None:
        about = desired.address.email
        for address in desired.told:
            notify.change(self._desk, tx, desired.customer, address, what=what, about=about, delivery=delivery)


def _listed(reading: Reading, customer_id: int) -> list[AddressRow]:
    return [
        _row(reading, each) for each in addresses.of_customer(reading, customer_id) if each.status is not Status.REMOVED
    ]


def _may_change(tx: Transaction, customer_id: int) -> bool:
    """Count a change that a customer wants, and tell whether it may be made today."""
    subject, since = f"changed:{customer_id}", tx.now - CHANGE_WINDOW
    row = attempts.get(tx, subject)
    if row is not None and row.first_at >= since and row.failures >= CHANGES_A_DAY:
        return False
    attempts.count(tx, subject, since=since)
    return True


def who_is_told(reading: Reading | Transaction, customer_id: int) -> list[Address]:
    """Return who is told of a change: the default address, and the one whose invitation is not approved yet."""
    known = [each for each in addresses.of_customer(reading, customer_id) if each.status is not Status.REMOVED]
    invitation = invitations.current(reading, customer_id)
    asked = None if invitation is None or invitation.state is State.APPROVED else invitation.address_id
    return [each for each in known if each.is_default or (each.id == asked and each.status is not Status.UNDELIVERABLE)]


def take_off(desk: Desk, tx: Transaction, customer: Customer, address: Address, *, by: str) -> None:
    """Take an address off file, on the word of the `customer` or of `staff`; the oldest other one becomes default."""
    addresses.remove(tx, address.id, advance(address.status, Event.REMOVE), by=by)
    others = [each for each in addresses.of_customer(tx, customer.id) if each.status in RECEIVES]
    if address.is_default and others:
        addresses.set_default(tx, others[0])
    record(
        tx,
        desk.facts,
        ADDRESS_REMOVED,
        issuer=customer.issuer,
        subject=f"address:{address.id}",
        customer=customer.code,
        to=address.email,
    )


def is_full(known: Iterable[Address]) -> bool:
    """Tell whether there are as many addresses on file as a customer may have; those that wait for a proof count."""
    return sum(each.status is not Status.REMOVED for each in known) > ADDITIONAL


def _row(reading: Reading, address: Address) -> AddressRow:
    change = successions.live_of(reading, address.id)
    return AddressRow(
        email=address.email,
        status=address.status,
        delivery=address.delivery,
        is_default=address.is_default,
        confirmed_at=address.confirmed_at,
        asked=address.status is Status.PENDING and outbox.is_queued(reading, address_id=address.id, kind=Kind.CONFIRM),
        successor="" if change is None else change.email,
    )


def _is_bound(desired: _Desired) -> bool:
    """Tell whether the session is the address's own and no person's."""
    return desired.session.person_id is None
