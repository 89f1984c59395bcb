"""What becomes of an invitation, each step in the caller's transaction.

Owns all that follows from an approval: the customer is connected to an account for good, the person's address counts,
what waited is sent, codes on paper end, staff is told. No function here, and none elsewhere, leads out of an approval.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mailbot.clock import stamp
from mailbot.domain import address as address_rules
from mailbot.domain.address import RECEIVES, Status
from mailbot.domain.invitation import LIVE, Event, State, advance, ended
from mailbot.errors import Refused
from mailbot.facts import (
    ADDRESS_ADDED,
    ADDRESS_CONFIRMED,
    INVITATION_APPROVED,
    INVITATION_DECLINED,
    INVITATION_RECEIVED,
)
from mailbot.flows import notify
from mailbot.flows.addresses import PAGE, is_full, take_off, who_is_told
from mailbot.flows.issue import tell_newcomer
from mailbot.flows.paper import use_up
from mailbot.flows.record import record
from mailbot.store import addresses, customers, invitations

if TYPE_CHECKING:
    from mailbot.facts import Fact
    from mailbot.flows.desk import Desk
    from mailbot.store.accounts import Person
    from mailbot.store.addresses import Address
    from mailbot.store.customers import Customer
    from mailbot.store.database import Transaction
    from mailbot.store.invitations import Invitation


def receive(desk: Desk, tx: Transaction, invitation: Invitation, account_id: int) -> None:
    """Put an invitation into an account's list; a second time changes nothing."""
    _assert_alive(tx, invitation)
    state = advance(invitation.state, Event.RECEIVE)
    if invitation.account_id == account_id and state is invitation.state:
        return
    invitations.received(tx, invitation.id, state=state, account_id=account_id)
    customer = customers.get(tx, invitation.customer_id)
    if state is State.RECEIVED:
        customers.set_status(tx, customer.id, "registered")
    _state(desk, tx, INVITATION_RECEIVED, customer, account=account_id)


def approve(desk: Desk, tx: Transaction, invitation: Invitation, person: Person, *, network: str) -> int | None:
    """Connect the customer to the person's account, for good; return the id of the person's address there.

    None where it was not on file and there is no room for it: the customer is connected all the same.
    """
    _assert_alive(tx, invitation)
    state = advance(invitation.state, Event.APPROVE)
    invitations.decided(
        tx,
        invitation.id,
        state=state,
        account_id=person.account_id,
        person_id=person.id,
        network=network,
        remind_at=None,
    )
    customer = customers.get(tx, invitation.customer_id)
    customers.set_status(tx, customer.id, "approved")
    _state(desk, tx, INVITATION_APPROVED, customer, account=person.account_id, by=person.email)
    _tell_others(desk, tx, customer, person)
    address_id = _confirm_address(desk, tx, customer, person, network=network)
    use_up(desk, tx, customer)
    notify.approval(desk, tx, customer, invitation, who=called(person))
    return address_id


def decline(
    desk: Desk, tx: Transaction, invitation: Invitation, *, person: Person | None, by: str, reason: str, network: str
) -> None:
    """Decline; the invitation may still be approved while it lives. `by` is the address of whoever said so.

    Addresses that somebody put on a page since the invitation was made get nothing from now on.
    """
    _assert_alive(tx, invitation)
    state = advance(invitation.state, Event.DECLINE)
    if invitation.state is State.DECLINED:
        return
    account_id, person_id = (None, None) if person is None else (person.account_id, person.id)
    invitations.decided(
        tx,
        invitation.id,
        state=state,
        account_id=account_id,
        person_id=person_id,
        network=network,
        remind_at=stamp(invitation.expires_at),
    )
    customer = customers.get(tx, invitation.customer_id)
    customers.set_status(tx, customer.id, "declined")
    _state(desk, tx, INVITATION_DECLINED, customer, account=account_id or invitation.account_id, by=by)
    _stop_newcomers(desk, tx, customer, invitation)
    notify.decline(desk, tx, customer, invitation, who=by if person is None else called(person), reason=reason)


def _stop_newcomers(desk: Desk, tx: Transaction, customer: Customer, invitation: Invitation) -> None:
    """Take the addresses off that were typed on a page since the invitation, and say so to all whom it concerns."""
    typed = [
        each
        for each in addresses.of_customer(tx, customer.id)
        if each.source == PAGE and each.status is not Status.REMOVED and each.created_at >= invitation.created_at
    ]
    for address in typed:
        if address.id == invitation.address_id:
            continue
        told = {each.id: each for each in (*who_is_told(tx, customer.id), address)}
        take_off(desk, tx, customer, address, by="staff")
        for each in told.values():
            if each.id != address.id or address.status in RECEIVES:
                notify.change(desk, tx, customer, each, what="removed", about=address.email)


def called(person: Person) -> str:
    """Return how staff reads of a person: `山田 太郎（経理課） <taro@example.jp>`."""
    opening, closing = ("（", "）") if person.locale == "ja" else (" (", ")")
    department = f"{opening}{person.department}{closing}" if person.department else ""
    return f"{person.name}{department} <{person.email}>"


def _assert_alive(tx: Transaction, invitation: Invitation) -> None:
    """Raise `Refused` where the time for an answer is over, though no sweep has written so yet."""
    if invitation.state in LIVE and ended(now=tx.now, expires_at=invitation.expires_at):
        raise Refused("this invitation has expired; ask its issuer for a new one")


def _tell_others(desk: Desk, tx: Transaction, customer: Customer, person: Person) -> None:
    """Tell the default address that somebody else is connected from now on."""
    for address in addresses.of_customer(tx, customer.id):
        if address.is_default and address.status in RECEIVES and address.email_key != person.email_key:
            notify.change(desk, tx, customer, address, what="connected", who=called(person))


def _confirm_address(desk: Desk, tx: Transaction, customer: Customer, person: Person, *, network: str) -> int | None:
    """Let the person's address receive this customer's invoices, and send it what waits; None where all are taken."""
    known = addresses.of_customer(tx, customer.id)
    address = next((each for each in known if each.email_key == person.email_key), None)
    if (address is None or address.status is Status.REMOVED) and is_full(known):
        return None
    if address is None:
        address = _add_address(desk, tx, customer, person)
    if address.status in RECEIVES:
        return address.id
    status = address.status
    if status in {Status.REMOVED, Status.UNDELIVERABLE}:
        status = address_rules.advance(status, address_rules.Event.ASK)
        addresses.ask_again(tx, address, status=status)
    addresses.confirm(tx, address, status=address_rules.advance(status, address_rules.Event.CONFIRM), network=network)
    _state(desk, tx, ADDRESS_CONFIRMED, customer, subject=f"address:{address.id}", to=address.email)
    tell_newcomer(desk, tx, customer, addresses.get(tx, address.id))
    return address.id


def _add_address(desk: Desk, tx: Transaction, customer: Customer, person: Person) -> Address:
    address = addresses.insert(
        tx,
        customer_id=customer.id,
        issuer=customer.issuer,
        email=person.email,
        email_key=person.email_key,
        delivery=customer.delivery,
        source="page",
    )
    _state(desk, tx, ADDRESS_ADDED, customer, subject=f"address:{address.id}", to=address.email, source="page")
    return address


def _state(
    desk: Desk, tx: Transaction, fact: Fact, customer: Customer, *, subject: str = "", **details: object
) -> None:
    record(
        tx,
        desk.facts,
        fact,
        issuer=customer.issuer,
        subject=subject or f"customer:{customer.code}",
        customer=customer.code,
        **details,
    )
