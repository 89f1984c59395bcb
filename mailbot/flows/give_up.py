"""Giving an address up: mail to it comes back for good.

Owns all that follows, for every customer of the issuer who receives at that mailbox: nothing waits for it any more,
another address of the customer becomes the default one, and staff hears of it once, with what is to be done.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mailbot.domain.address import RECEIVES, STEPS, Event, Status
from mailbot.domain.invoice import Status as InvoiceStatus
from mailbot.facts import ADDRESS_CHANGED, ADDRESS_UNDELIVERABLE, Fact
from mailbot.flows import notify, settle
from mailbot.flows.bounce_words import Left, undeliverable
from mailbot.flows.record import record
from mailbot.store import addresses, bounces, customers, invoices, outbox

if TYPE_CHECKING:
    from mailbot.domain.policy import Issuer
    from mailbot.flows.desk import Desk
    from mailbot.store.addresses import Address
    from mailbot.store.customers import Customer
    from mailbot.store.database import Transaction
    from mailbot.store.outbox import Mail


@dataclass(frozen=True, slots=True, kw_only=True)
class Why:
    """What a report said of an address."""

    reason: str
    """One word, as in `mail.verdict`."""
    said: str
    """The server's words on one line; may be empty."""
    mail: Mail
    """The mail that came back."""
    elsewhere: str = ""
    """Another mailbox that the report is about, where somebody forwards ours."""
    asks: bool = False
    """True where the address is to be asked at once whether it works."""


def give_up(desk: Desk, tx: Transaction, *, issuer: Issuer, email_key: str, why: Why) -> bool:
    """Write that nothing more is sent to a mailbox, and why; False where that is so already."""
    found = [each for each in addresses.by_mailbox(tx, issuer.code, email_key) if (each.status, Event.GIVE_UP) in STEPS]
    if not found:
        return False
    left = [_give_up(desk, tx, address, why) for address in found]
    bounces.forget(tx, issuer=issuer.code, email_key=email_key)
    content = undeliverable(left, email=found[0].email, why=why, locale=issuer.locale)
    versions = ".".join(f"{each.id}v{each.version}" for each in found)
    notify.staff(desk, tx, issuer, subject=f"undeliverable:{versions}", content=content)
    return True


def _give_up(desk: Desk, tx: Transaction, address: Address, why: Why) -> Left:
    customer = customers.get(tx, address.customer_id)
    bounces.set_status(tx, address.id, STEPS[address.status, Event.GIVE_UP])
    bounces.stop_counting(tx, address.id)
    _state(desk, tx, ADDRESS_UNDELIVERABLE, customer, address, reason=why.reason)
    for mail in outbox.unfinished_at(tx, address_id=address.id):
        settle.cancel(desk, tx, mail, "its address is undeliverable")
    others = [each for each in addresses.of_customer(tx, customer.id) if each.status in RECEIVES]
    default = _new_default(desk, tx, customer, others) if address.is_default else None
    unheard = [] if others else [each.number for each in invoices.of_customer(tx, customer.id, (InvoiceStatus.OPEN,))]
    return Left(
        code=customer.code,
        name=customer.name,
        others=tuple(each.email for each in others),
        default="" if default is None else default.email,
        unheard=tuple(unheard),
    )


def _new_default(desk: Desk, tx: Transaction, customer: Customer, others: list[Address]) -> Address | None:
    """Make the oldest other address that receives the default one; without one, the next that is confirmed will be."""
    if not others:
        return None
    # A muted one gets no reminders, so that it is the second choice.
    default = min(others, key=lambda each: (each.status is Status.MUTED, each.id))
    addresses.set_default(tx, default)
    _state(desk, tx, ADDRESS_CHANGED, customer, default, change="default")
    return default


def _state(desk: Desk, tx: Transaction, fact: Fact, customer: Customer, address: Address, **details: object) -> None:
    record(
        tx,
        desk.facts,
        fact,
        issuer=customer.issuer,
        subject=f"address:{address.id}",
        customer=customer.code,
        to=address.email,
        **details,
    )
