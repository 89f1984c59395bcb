"""An address whose mails come back now and then: its score, and the probe that asks whether it still works.

Owns the step from one report to the next, and the sweep over probes that did not come back. The score itself is
`domain.bounces`'; a probe that comes back is `hearing.bounced`'s.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mailbot.domain.address import RECEIVES
from mailbot.domain.bounces import ABOUT_US
from mailbot.domain.calendar import calendar_of
from mailbot.facts import ADDRESS_PROBED, ADDRESS_WEAKENED, Fact
from mailbot.flows import notify
from mailbot.flows.bounce_words import weak
from mailbot.flows.record import record
from mailbot.store import bounces, customers

if TYPE_CHECKING:
    from mailbot.domain.policy import Issuer
    from mailbot.flows.desk import Desk
    from mailbot.flows.give_up import Why
    from mailbot.store.addresses import Address
    from mailbot.store.customers import Customer
    from mailbot.store.database import Transaction

SLICE = 200
"""Probes that one transaction looks at."""


def weaken(desk: Desk, tx: Transaction, issuer: Issuer, address: Address, why: Why) -> str:
    """Count a report against an address, and ask it where it is time; returns `weakened`, `probed` or `noted`."""
    key = address.email_key
    today = calendar_of(issuer).local_date(tx.now)
    before = bounces.score(tx, issuer=issuer.code, email_key=key)
    score = before.weakened(today)
    if address.status not in RECEIVES or score == before:
        return "noted"
    bounces.weaken(tx, score, issuer=issuer.code, email_key=key)
    customer = customers.get(tx, address.customer_id)
    _state(desk, tx, ADDRESS_WEAKENED, customer, address, score=score.points, reason=why.reason)
    if not (score.asks_for_probe() or why.asks) or bounces.is_probed(tx, issuer=issuer.code, email_key=key):
        return "weakened"
    notify.probe(desk, tx, customer, address, on=today.isoformat())
    bounces.probed(tx, issuer=issuer.code, email_key=key)
    _state(desk, tx, ADDRESS_PROBED, customer, address)
    content = weak(
        customer, email=address.email, why=why, points=score.points, ours=why.reason in ABOUT_US, locale=issuer.locale
    )
    notify.staff(desk, tx, issuer, subject=f"weak:{address.id}:{today.isoformat()}", content=content)
    return "probed"


class Probe:
    """Sweeps over probes that did not come back."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def step(self) -> bool:
        """Begin anew with mailboxes whose probe is not heard of any more; True where there may be more."""
        return await self._desk.database.write(self._sweep) == SLICE

    def _sweep(self, tx: Transaction) -> int:
        found = bounces.answered(tx, SLICE)
        for each in found:
            bounces.forget(tx, issuer=each.issuer, email_key=each.email_key)
        return len(found)


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
