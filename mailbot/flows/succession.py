"""A recipient names who receives in his place; the successor confirms, the old address may take it back.

Owns what is asked of whom, and who is told. That it takes effect, by the issuer's word or in time, is `succeed`'s.
Nobody is redirected unnoticed: the old address and the issuer's staff are told of every step, the old address with a
link that takes it back.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from mailbot.domain.address import RECEIVES, Status
from mailbot.domain.calendar import calendar_of, read_zone
from mailbot.domain.dates import end_of_days
from mailbot.domain.outbox import Kind
from mailbot.domain.succession import (
    A_DAY,
    DAYS,
    LIVE,
    Event,
    Look,
    State,
    advance,
    look_of_recipient,
    look_of_successor,
    takes_effect_at,
)
from mailbot.errors import BadLink, Refused
from mailbot.facts import SUCCESSOR_CONFIRMED, SUCCESSOR_NAMED, SUCCESSOR_UNDONE, Fact
from mailbot.flows import asking, notify, succession_words
from mailbot.flows.record import record
from mailbot.links import Purpose
from mailbot.mail import address as mail_address
from mailbot.store import addresses, customers, successions

if TYPE_CHECKING:
    from datetime import datetime

    from mailbot.domain.policy import Issuer
    from mailbot.flows.desk import Desk
    from mailbot.flows.session import Session
    from mailbot.links import Link
    from mailbot.store.addresses import Address
    from mailbot.store.customers import Customer
    from mailbot.store.database import Reading, Transaction
    from mailbot.store.successions import Succession

DAY = timedelta(days=1)

OFF = frozenset({"refused", "undone", "expired"})
"""Steps after which nothing comes of it."""


@dataclass(frozen=True, slots=True)
class Named:
    """What came of naming a successor."""

    email: str
    """The successor's address, as it was understood."""
    problem: str | None = None
    """Key of the sentence that says why nobody was asked.

    `invalid` (no address), `ours` (an address of this service), `same` (the one who names), `unproved` (the one who
    names does not receive), `unknown` (is not on file), or `too_often` (enough were named today); None: the successor
    is asked.
    """
    said: str = ""
    """The sentence that says what is wrong with an invalid address."""
    row: int = field(default=0, compare=False)
    """Id of the succession, where somebody is asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SuccessionPage:
    """What the page behind either link shows."""

    state: Look
    stands: State
    issuer: Issuer
    customer_name: str
    locale: str
    old: str
    """Address of who leaves."""
    email: str
    """Address of who is to come."""
    at: datetime | None
    """When it ended."""
    by: str
    """Who ended it: `successor`, `recipient`, `staff`, `newer` or `time`."""
    confirmed_at: datetime | None
    """When the successor confirmed."""
    due_at: datetime | None
    """When a confirmed one takes effect by itself."""
    until: datetime | None = None
    """How long the successor may confirm."""


@dataclass(frozen=True, slots=True)
class Whose:
    """A succession with the rows that it is about."""

    row: Succession
    customer: Customer
    old: Address


def name_successor(
    desk: Desk,
    tx: Transaction,
    *,
    customer: Customer,
    address: Address,
    typed: str,
    how: str,
    answered: bool = False,
) -> Named:
    """Ask whom the holder of `address` names (as typed) to receive in his place; `how` is `reply` or `page`.

    Whom the same address named before is asked no more. The same name again, while it stands, changes nothing. Where
    the holder is `answered`, with the link that takes it back, no other mail tells him.
    """
    read = _judged(desk, address, typed)
    if isinstance(read, Named):
        return read
    before = successions.live_of(tx, address.id)
    if before is not None and before.email_key == read.key and _stands(before, tx.now):
        return Named(before.email, row=before.id)
    often = successions.named_since(tx, address.id, tx.now - DAY) >= A_DAY
    if often or not asking.may_go(tx, Kind.SUCCESSOR, read.key):
        return Named(read.email, "too_often")
    if before is not None:
        ended = end(desk, tx, whose(tx, before), Event.SUPERSEDE, by="newer")
        _tell_successor(desk, tx, ended)
    named = _ask(desk, tx, customer, address, read, how=how)
    tell(desk, tx, named, "named", unless=address.id if answered else 0)
    return Named(read.email, row=named.row.id)


def _judged(desk: Desk, address: Address, typed: str) -> mail_address.Address | Named:
    try:
        read = mail_address.read(typed)
    except Refused as refusal:
        return Named(typed, "invalid", str(refusal))
    if read.key == address.email_key:
        return Named(read.email, "same")
    if _is_ours(desk, read.key):
        return Named(read.email, "ours")
    return read if address.status in RECEIVES else Named(read.email, "unproved")


def _is_ours(desk: Desk, key: str) -> bool:
    """Tell whether mail to this address would come back to us, tagged or not."""
    local, _, domain = key.rpartition("@")
    ours = [desk.rules.inbound_address, *(issuer.sender for issuer in desk.issuers.values())]
    separator = desk.rules.inbound_separator
    plain = local.partition(separator)[0] if separator else local
    return any(mail_address.key(each) in {key, f"{plain}@{domain}"} for each in ours if each)


def _stands(before: Succession, now: datetime) -> bool:
    """Tell whether naming the same successor again is the second press of a button, or asks for what is confirmed."""
    return before.state is State.CONFIRMED or now - before.asked_at < notify.ASK_AGAIN_AFTER


def _ask(
    desk: Desk, tx: Transaction, customer: Customer, address: Address, read: mail_address.Address, *, how: str
) -> Whose:
    row = successions.insert(
        tx,
        address,
        email=read.email,
        email_key=read.key,
        locale=customer.locale,
        how=how,
        due_at=_expiry(desk, customer.issuer, tx.now + desk.rules.deadline),
    )
    named = Whose(row, customer, address)
    notify.successor(desk, tx, customer, row, old=address.email)
    state_fact(desk, tx, SUCCESSOR_NAMED, named, how=how)
    return named


class Succeeding:
    """The two pages of a succession, and the form that begins one."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def check(self, session: Session, email: str, typed: str) -> Named:
        """Return what would come of naming a successor for one of the session's addresses; changes nothing."""

        def look(reading: Reading) -> Named:
            address = _of_session(reading, session, email)
            if address is None:
                return Named(typed, "unknown")
            read = _judged(self._desk, address, typed)
            return read if isinstance(read, Named) else Named(read.email)

        return self._desk.database.read(look)

    async def name(self, session: Session, email: str, typed: str) -> Named:
        """Name a successor for one of the session's addresses."""

        def write(tx: Transaction) -> Named:
            address = _of_session(tx, session, email)
            if address is None:
                return Named(typed, "unknown")
            customer = customers.get(tx, address.customer_id)
            return name_successor(self._desk, tx, customer=customer, address=address, typed=typed, how="page")

        return await self._desk.database.write(write)

    def look(self, link: Link) -> SuccessionPage:
        """Return what the link's page shows; raises `BadLink` where its row is gone."""
        return self._desk.database.read(lambda reading: self._page(link, _by_link(reading, link)))

    def _page(self, link: Link, found: Whose) -> SuccessionPage:
        row, now = found.row, self._desk.clock.now()
        until = _expiry(self._desk, row.issuer, link.signed_at) if link.purpose is Purpose.SUCCESSOR else None
        ended = link.retired or found.old.status is Status.REMOVED or (until is not None and now > until)
        look = look_of_recipient if until is None else look_of_successor
        return SuccessionPage(
            state=look(row.state, ended=ended),
            stands=row.state,
            issuer=self._desk.issuer(row.issuer),
            customer_name=found.customer.name,
            locale=row.locale,
            old=found.old.email,
            email=row.email,
            at=row.decided_at,
            by=row.decided_by or "",
            confirmed_at=row.confirmed_at,
            due_at=row.due_at if row.state is State.CONFIRMED else None,
            until=until,
        )

    async def confirm(self, link: Link, *, network: str) -> SuccessionPage:
        """Confirm, on the successor's press; however often it comes, the first one counts."""
        return await self._desk.database.write(lambda tx: self._confirm(tx, link, network))

    def _confirm(self, tx: Transaction, link: Link, network: str) -> SuccessionPage:
        found = _by_link(tx, link)
        if self._page(link, found).state is Look.READY:
            issuer = self._desk.issuer(found.row.issuer)
            due = takes_effect_at(confirmed_at=tx.now, calendar=calendar_of(issuer))
            state = advance(found.row.state, Event.CONFIRM)
            successions.confirmed(tx, found.row.id, state=state, network=network, due_at=due)
            found = replace(found, row=successions.get(tx, found.row.id))
            state_fact(self._desk, tx, SUCCESSOR_CONFIRMED, found, due=due.isoformat())
            tell(self._desk, tx, found, "confirmed")
        return self._page(link, found)

    async def refuse(self, link: Link) -> SuccessionPage:
        """End it on the successor's word, while it was not confirmed."""
        return await self._desk.database.write(lambda tx: self._end(tx, link, Event.REFUSE, by="successor"))

    async def undo(self, link: Link) -> SuccessionPage:
        """Take it back on the word of the old address, while it is not in effect."""
        return await self._desk.database.write(lambda tx: self._end(tx, link, Event.UNDO, by="recipient"))

    def _end(self, tx: Transaction, link: Link, event: Event, *, by: str) -> SuccessionPage:
        found = _by_link(tx, link)
        if self._page(link, found).state is Look.READY:
            found = end(self._desk, tx, found, event, by=by)
            tell(self._desk, tx, found, str(found.row.state), by=by)
        return self._page(link, found)


def end(desk: Desk, tx: Transaction, found: Whose, event: Event, *, by: str) -> Whose:
    """Write that nothing comes of a succession; raises `IllegalTransition` where it has ended, or is in effect."""
    successions.decided(tx, found.row.id, state=advance(found.row.state, event), by=by)
    state_fact(desk, tx, SUCCESSOR_UNDONE, found, by=by)
    return replace(found, row=successions.get(tx, found.row.id))


def state_fact(desk: Desk, tx: Transaction, fact: Fact, found: Whose, **details: object) -> None:
    """State a step of a succession, about the address that it comes from."""
    record(
        tx,
        desk.facts,
        fact,
        issuer=found.row.issuer,
        subject=f"address:{found.old.id}",
        customer=found.customer.code,
        to=found.old.email,
        successor=found.row.email,
        **details,
    )


def tell(desk: Desk, tx: Transaction, found: Whose, step: str, *, by: str = "", unless: int = 0) -> None:
    """Tell the old address and the issuer's staff of a step; `by` is who ended it, `unless` an address that knows.

    `step` is `named`, `confirmed`, `effective`, `refused`, `undone` or `expired`. Where another address of the
    customer is the default one, it is told what takes effect. A successor who had confirmed hears that it is off.
    """
    issuer, row = desk.issuer(found.row.issuer), found.row
    told = [found.old]
    if step == "effective":
        known = addresses.of_customer(tx, row.customer_id)
        told += [each for each in known if each.is_default and each.email_key != row.email_key]
    for address in told:
        if address.id != unless:
            notify.succession(desk, tx, found.customer, address, row, old=found.old, step=step, by=by)
    if step in OFF:
        _tell_successor(desk, tx, found)
    content = succession_words.content(
        row, step=step, by=by, old=found.old.email, customer=found.customer, issuer=issuer
    )
    notify.staff(desk, tx, issuer, subject=f"succession:{row.id}:{step}", content=content)


def _tell_successor(desk: Desk, tx: Transaction, found: Whose) -> None:
    """Tell a successor who had confirmed that nothing comes of it."""
    if found.row.confirmed_at is not None:
        notify.succession_off(desk, tx, found.customer, found.row, old=found.old)


def whose(reading: Reading | Transaction, row: Succession) -> Whose:
    """Return a succession with the rows that it is about."""
    return Whose(row, customers.get(reading, row.customer_id), addresses.get(reading, row.address_id))


def live_of_mailbox(reading: Reading | Transaction, email_key: str, issuers: tuple[str, ...]) -> list[Whose]:
    """Return what is open at these issuers and names this mailbox, or comes from it."""
    return [whose(reading, row) for row in successions.live_at(reading, email_key, issuers) if row.state in LIVE]


def _expiry(desk: Desk, issuer: str, begun: datetime) -> datetime:
    return end_of_days(begun, DAYS, read_zone(desk.issuer(issuer).time_zone))


def _of_session(reading: Reading | Transaction, session: Session, email: str) -> Address | None:
    key = mail_address.key(email)
    found = addresses.of_customer(reading, session.customer_id)
    return next((each for each in found if each.email_key == key and each.status is not Status.REMOVED), None)


def _by_link(reading: Reading | Transaction, link: Link) -> Whose:
    try:
        return whose(reading, successions.get(reading, link.ids[0]))
    except LookupError:
        raise BadLink("this link is about nothing that we have") from None
