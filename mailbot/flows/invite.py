"""Inviting customers by mail.

Owns whom an invitation goes to and who is passed over. It is laid down in the transaction that queues its mail, and
counts as sent when the relay has taken that (`flows.invited`).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from mailbot.clock import stamp
from mailbot.domain.address import Status
from mailbot.domain.invitation import State
from mailbot.domain.outbox import Kind
from mailbot.flows import notify
from mailbot.flows.invited import answerable, by_mail
from mailbot.store import addresses, customers, invitations

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from mailbot.flows.desk import Desk
    from mailbot.store.addresses import Address
    from mailbot.store.customers import Customer
    from mailbot.store.database import Reading, Transaction

SLICE = 200
"""Customers whom one transaction invites: short enough for a press of a button to pass between two."""

NOWHERE = frozenset({Status.REMOVED, Status.UNDELIVERABLE})
"""Statuses of addresses that no invitation goes to."""


class Why(StrEnum):
    """Why a customer is passed over; the word is public (`invite --json`)."""

    UNKNOWN = "unknown"
    """The issuer has no customer of this code."""
    APPROVED = "approved"
    """Connected already, for good."""
    NO_ADDRESS = "no_address"
    """Has no address that a mail could go to."""
    INVITED = "invited"
    """An invitation is out and may still be answered; `again` sends a new one, and the older link ends."""
    DECLINED = "declined"
    """Said no, and may still change that; `again` asks anew."""
    JUST_NOW = "just_now"
    """Was invited within the last minute; nobody is, twice."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Invitee:
    """A customer to be invited, and where."""

    customer_id: int
    code: str
    name: str
    email: str


@dataclass(frozen=True, slots=True)
class InvitePlan:
    """What `mail` would do."""

    issuer: str
    rows: tuple[Invitee, ...]
    skipped: tuple[tuple[str, Why], ...]
    """(customer code, why) of those that were asked for and are passed over."""
    again: bool = False


class Invite:
    """Invites customers by mail."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def plan(self, issuer: str, codes: Sequence[str] | None = None, *, again: bool = False) -> InvitePlan:
        """Say whom an invitation would go to: customers of these codes, or all whose channel is `mail`.

        With `again`, also those who have an invitation already that they did not approve. Raises `Refused` for an
        issuer that is not in the configuration.
        """
        self._desk.issuer(issuer)
        return self._desk.database.read(lambda reading: self._plan(reading, issuer, codes, again=again))

    def _plan(self, reading: Reading, issuer: str, codes: Sequence[str] | None, *, again: bool) -> InvitePlan:
        rows: list[Invitee] = []
        skipped: list[tuple[str, Why]] = []
        for code, customer in asked_for(reading, issuer, codes, channel="mail"):
            found = self._judge(reading, customer, again=again, now=self._desk.clock.now())
            if isinstance(found, Why):
                skipped.append((code, found))
            elif customer is not None:
                rows.append(_invitee(customer, found))
        return InvitePlan(issuer, tuple(rows), tuple(skipped), again)

    def _judge(
        self, reading: Reading | Transaction, customer: Customer | None, *, again: bool, now: datetime
    ) -> Address | Why:
        """Return the address that an invitation would go to now, or why there is to be none."""
        if customer is None:
            return Why.UNKNOWN
        known = invitations.current(reading, customer.id)
        if known is not None and known.state is State.APPROVED:
            return Why.APPROVED
        if known is not None and known.state is State.DECLINED and now < known.expires_at and not again:
            return Why.DECLINED
        if answerable(known, now) and not again:
            return Why.INVITED
        if _asked_just_now(reading, customer.id, now):
            return Why.JUST_NOW
        usable = (each for each in addresses.of_customer(reading, customer.id) if each.status not in NOWHERE)
        return next(usable, Why.NO_ADDRESS)

    async def mail(self, plan: InvitePlan) -> InvitePlan:
        """Invite, and return what was done: each customer is looked at again in the transaction that invites."""
        rows: list[Invitee] = []
        skipped = list(plan.skipped)
        for start in range(0, len(plan.rows), SLICE):
            part = plan.rows[start : start + SLICE]
            done = await self._desk.database.write(
                lambda tx, part=part: [self._invite(tx, each.customer_id, again=plan.again) for each in part]  # type: ignore[misc]
            )
            for each, outcome in zip(part, done, strict=True):
                if isinstance(outcome, Why):
                    skipped.append((each.code, outcome))
                else:
                    rows.append(outcome)
        return InvitePlan(plan.issuer, tuple(rows), tuple(skipped), plan.again)

    def _invite(self, tx: Transaction, customer_id: int, *, again: bool) -> Invitee | Why:
        customer = customers.get(tx, customer_id)
        found = self._judge(tx, customer, again=again, now=tx.now)
        if isinstance(found, Why):
            return found
        notify.invitation(self._desk, tx, customer, found, by_mail(self._desk, tx, customer, found.id))
        return _invitee(customer, found)


def asked_for(
    reading: Reading, issuer: str, codes: Sequence[str] | None, *, channel: str
) -> Iterable[tuple[str, Customer | None]]:
    """Return the customers of these codes (each once, None where there is none), or all of a channel."""
    if codes is None:
        return [(each.code, each) for each in customers.by_channel(reading, issuer, channel)]
    return [(code, customers.by_code(reading, issuer, code)) for code in dict.fromkeys(codes)]


def _asked_just_now(reading: Reading | Transaction, customer_id: int, now: datetime) -> bool:
    since = stamp(now - notify.ASK_AGAIN_AFTER)
    return any(
        notify.asked_lately(reading, address_id=each.id, kind=Kind.INVITATION, since=since)
        for each in addresses.of_customer(reading, customer_id)
    )


def _invitee(customer: Customer, address: Address) -> Invitee:
    return Invitee(customer_id=customer.id, code=customer.code, name=customer.name, email=address.email)
