"""A succession takes effect: by the issuer's word, or by itself once its time has come.

Owns the exchange of one address for another, in one transaction: the old one goes, the successor's comes, with its
place as the default one and its way of delivery, and is told of all open invoices. What nobody confirmed is over here.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from mailbot.domain import address as address_rules
from mailbot.domain.address import RECEIVES, Status
from mailbot.domain.succession import Event, State, advance
from mailbot.errors import Refused
from mailbot.facts import ADDRESS_ADDED, ADDRESS_CONFIRMED, ADDRESS_REMOVED, SUCCESSOR_EFFECTIVE, Fact
from mailbot.flows.addresses import PAGE
from mailbot.flows.issue import tell_newcomer
from mailbot.flows.record import record
from mailbot.flows.row_by_row import row_by_row
from mailbot.flows.succession import end, live_of_mailbox, state_fact, tell, whose
from mailbot.store import addresses, successions

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mailbot.flows.desk import Desk
    from mailbot.flows.succession import Whose
    from mailbot.store.addresses import Address
    from mailbot.store.database import Transaction
    from mailbot.store.successions import Succession

SLICE = 100
"""Successions that one transaction looks at."""


@dataclass(frozen=True, slots=True)
class Decided:
    """A succession that staff decided."""

    customer: str
    """Code of the customer."""
    old: str
    successor: str


class Succeed:
    """Lets successions take effect."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def step(self) -> bool:
        """Do what is due of up to `SLICE` successions; True where there may be more."""
        return await self._desk.database.write(self._sweep) == SLICE

    def _sweep(self, tx: Transaction) -> int:
        due = successions.due(tx, SLICE)
        row_by_row(
            self._desk,
            tx,
            due,
            work=lambda rows: self._look_at(tx, rows),
            push_ahead=lambda row, until: successions.put_off(tx, row.id, until),
            table="successions",
            row_id=lambda row: row.id,
        )
        return len(due)

    def _look_at(self, tx: Transaction, due: Sequence[Succession]) -> None:
        for row in due:
            found = whose(tx, row)
            if row.state is State.CONFIRMED and found.old.status is not Status.REMOVED:
                self._take_effect(tx, found, by="time")
            else:
                tell(self._desk, tx, end(self._desk, tx, found, Event.EXPIRE, by="time"), "expired")

    async def approve(self, email_key: str, *, issuers: tuple[str, ...]) -> list[Decided]:
        """Let what the successor has confirmed take effect now; `email_key` is the successor's, or the old address.

        Raises `Refused` where nobody confirmed.
        """
        return await self._desk.database.write(lambda tx: self._approve(tx, email_key, issuers))

    def _approve(self, tx: Transaction, email_key: str, issuers: tuple[str, ...]) -> list[Decided]:
        found = self._open(tx, email_key, issuers)
        confirmed = [each for each in found if each.row.state is State.CONFIRMED]
        if not confirmed:
            raise Refused(f"{found[0].row.email} was named and has not confirmed yet; it can be approved after that")
        for each in confirmed:
            self._take_effect(tx, each, by="staff")
        return [_decided(each) for each in confirmed]

    async def refuse(self, email_key: str, *, issuers: tuple[str, ...]) -> list[Decided]:
        """End what is open on staff's word; `email_key` as for `approve`. Raises `Refused` where nothing is."""

        def write(tx: Transaction) -> list[Decided]:
            found = self._open(tx, email_key, issuers)
            for each in found:
                tell(self._desk, tx, end(self._desk, tx, each, Event.REFUSE, by="staff"), "refused", by="staff")
            return [_decided(each) for each in found]

        return await self._desk.database.write(write)

    def _open(self, tx: Transaction, email_key: str, issuers: tuple[str, ...]) -> list[Whose]:
        found = [each for each in live_of_mailbox(tx, email_key, issuers) if each.old.status is not Status.REMOVED]
        if not found:
            raise Refused(f"no change of recipient to or from {email_key} is open; see `mailbot addresses list`")
        return found

    def _take_effect(self, tx: Transaction, found: Whose, *, by: str) -> None:
        state = advance(found.row.state, Event.TAKE_EFFECT)
        old = found.old
        addresses.remove(tx, old.id, address_rules.advance(old.status, address_rules.Event.REMOVE), by="customer")
        self._record(tx, ADDRESS_REMOVED, found, old)
        self._let_in(tx, found)
        successions.decided(tx, found.row.id, state=state, by=by)
        state_fact(self._desk, tx, SUCCESSOR_EFFECTIVE, found, by=by)
        tell(self._desk, tx, replace(found, row=successions.get(tx, found.row.id)), "effective")

    def _let_in(self, tx: Transaction, found: Whose) -> None:
        """Put the successor in the old one's place; one who receives already is told of nothing anew."""
        row, old = found.row, found.old
        known = addresses.of_customer(tx, row.customer_id)
        address = next((each for each in known if each.email_key == row.email_key), None)
        if address is None or address.status not in RECEIVES:
            address = self._proved(tx, found, address)
            tell_newcomer(self._desk, tx, found.customer, address)
        if old.is_default:
            addresses.set_default(tx, address)

    def _proved(self, tx: Transaction, found: Whose, address: Address | None) -> Address:
        """Return the successor's address as a confirmed one: the mailed link that was pressed is its proof."""
        if address is None:
            address = self._added(tx, found)
        elif address.status is not Status.PENDING:
            # Taken off, or given up: the version moves on, so that links and notices of that time stay what they were.
            status = address_rules.advance(address.status, address_rules.Event.ASK)
            addresses.ask_again(tx, address, status=status)
        address = addresses.get(tx, address.id)
        status = address_rules.advance(address.status, address_rules.Event.CONFIRM)
        addresses.confirm(tx, address, status=status, network=found.row.confirmed_network or "")
        self._record(tx, ADDRESS_CONFIRMED, found, address)
        return addresses.get(tx, address.id)

    def _added(self, tx: Transaction, found: Whose) -> Address:
        row = found.row
        address = addresses.insert(
            tx,
            customer_id=row.customer_id,
            issuer=row.issuer,
            email=row.email,
            email_key=row.email_key,
            delivery=found.old.delivery,
            source=PAGE,
        )
        self._record(tx, ADDRESS_ADDED, found, address, source=PAGE)
        return address

    def _record(self, tx: Transaction, fact: Fact, found: Whose, address: Address, **details: object) -> None:
        record(
            tx,
            self._desk.facts,
            fact,
            issuer=found.row.issuer,
            subject=f"address:{address.id}",
            customer=found.customer.code,
            to=address.email,
            **details,
        )


def _decided(found: Whose) -> Decided:
    return Decided(found.customer.code, found.old.email, found.row.email)
