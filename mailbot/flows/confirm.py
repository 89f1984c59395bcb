"""Proving an address: its owner presses the button behind a link that was mailed to it.

Owns what a press does, however often and from wherever it comes, and how another address is added. The rule of what
a link is worth is `domain.address.look`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

from mailbot.clock import stamp
from mailbot.domain.address import CONFIRM_LIFETIME, RECEIVES, Event, Look, Status, advance, look
from mailbot.domain.calendar import read_zone
from mailbot.domain.dates import end_of_days
from mailbot.domain.outbox import Kind
from mailbot.errors import BadLink, Refused
from mailbot.facts import ADDRESS_ADDED, ADDRESS_CONFIRMED
from mailbot.flows import asking, notify, settle
from mailbot.flows.addresses import PAGE, is_full, who_is_told
from mailbot.flows.issue import tell_newcomer
from mailbot.flows.paper import use_up
from mailbot.flows.record import record
from mailbot.flows.session import open_session
from mailbot.flows.staff_words import first_by_letter
from mailbot.links import Purpose
from mailbot.mail import address as mail_address
from mailbot.store import addresses, customers, paper_codes, sessions

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from mailbot.domain.policy import Issuer
    from mailbot.flows.desk import Desk
    from mailbot.flows.session import Session
    from mailbot.links import Link
    from mailbot.store.addresses import Address
    from mailbot.store.customers import Customer
    from mailbot.store.database import Reading, Transaction
    from mailbot.store.outbox import Mail

SAME_VISIT = timedelta(minutes=10)
"""A press repeated from the same network within this is the same person's double click, who gets the session too.

Later presses see the success and no session: these mails are forwarded, and a link in an old one opens nothing. Nor
does one on a page that was got after the link had been used: whoever got it was told so, and is somebody else.
"""

DECLINED = "declined"
"""Status of a customer who said no: no further address receives."""

_UNREACHED = frozenset({"new", "invited"})
"""Statuses of a customer whose first confirmed address makes it `registered`."""

TYPED_A_DAY = 20
"""New addresses that a customer's pages take in `TYPED_WINDOW`: each of them is sent a mail that nobody asked for."""

TYPED_WINDOW = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfirmPage:
    """What the page behind a proof or confirm link shows."""

    state: Look
    issuer: Issuer
    customer_name: str
    locale: str
    email: str
    purpose: Purpose
    first_at: datetime | None
    signed_at: datetime
    expires_at: datetime
    session_id: int | None = None
    renewed: bool = False


@dataclass(frozen=True, slots=True)
class Added:
    """What came of typing another address."""

    email: str
    problem: str | None = None
    """`invalid`, `already`, `too_many`, `too_many_today` or `declined`; None: the confirm mail is on its way."""
    said: str = ""
    """The sentence that says what is wrong with an invalid address."""
    before: bool = False
    """True where the confirm mail went a moment ago, and no second one does now."""


class Confirm:
    """Looks at, acts on and renews links that prove an address."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def look(self, link: Link) -> ConfirmPage:
        """Return what the link's page shows; raises `BadLink` where its row is gone."""
        now = self._desk.clock.now()
        return self._desk.database.read(lambda reading: self._page(link, *_rows(reading, link), now=now))

    def _page(self, link: Link, customer: Customer, address: Address, *, now: datetime) -> ConfirmPage:
        issuer = self._desk.issuer(customer.issuer)
        expires_at = _expiry(link, issuer)
        return ConfirmPage(
            state=look(
                status=address.status,
                link_version=link.ids[1],
                version=address.version,
                ended=link.retired or now > expires_at,
            ),
            issuer=issuer,
            customer_name=customer.name,
            locale=customer.locale,
            email=address.email,
            purpose=link.purpose,
            first_at=address.confirmed_at if address.status in RECEIVES else None,
            signed_at=link.signed_at,
            expires_at=expires_at,
        )

    async def act(self, link: Link, *, network: str, seen_at: datetime | None = None) -> ConfirmPage:
        """Confirm the address; a hundred presses at once end as one, and each sees the time of the first.

        `seen_at` is when the page with the button was got, None where no page was.
        """
        return await self._desk.database.write(lambda tx: self._act(tx, link, network, seen_at))

    def _act(self, tx: Transaction, link: Link, network: str, seen_at: datetime | None) -> ConfirmPage:
        customer, address = _rows(tx, link)
        page = self._page(link, customer, address, now=tx.now)
        if page.state is Look.READY:
            self._confirm(tx, customer, address, network)
            settle.proved_arrived(self._desk, tx, address.id, lambda mail: _holds(mail, link))
            page = replace(page, state=Look.DONE, first_at=tx.now)
        elif page.state is not Look.DONE or not _repeats(tx.now, address, network, seen_at):
            return page
        how = "confirm" if link.purpose is Purpose.CONFIRM else "proof"
        session_id = open_session(self._desk, tx, customer_id=customer.id, address_id=address.id, how=how)
        return replace(page, session_id=session_id)

    def _confirm(self, tx: Transaction, customer: Customer, address: Address, network: str) -> None:
        status = advance(address.status, Event.CONFIRM)
        told = [each for each in who_is_told(tx, customer.id) if each.id != address.id]
        first = not any(each.status in RECEIVES for each in addresses.of_customer(tx, customer.id))
        addresses.confirm(tx, address, status=status, network=network)
        record(
            tx,
            self._desk.facts,
            ADDRESS_CONFIRMED,
            issuer=customer.issuer,
            subject=f"address:{address.id}",
            customer=customer.code,
            to=address.email,
        )
        if address.source == PAGE:
            self._follow_adding(tx, customer, address, told, first=first)
        if customer.status in _UNREACHED:
            customers.set_status(tx, customer.id, "registered")
        tell_newcomer(self._desk, tx, customer, addresses.get(tx, address.id))

    def _follow_adding(
        self, tx: Transaction, customer: Customer, address: Address, told: Sequence[Address], *, first: bool
    ) -> None:
        """Tell others of a new address; a letter that led here has done its service, and staff hears where it leads."""
        for each in told:
            notify.change(self._desk, tx, customer, each, what="added", about=address.email)
        printed = [code.printed_at for code in paper_codes.live_of_customer(tx, customer.id) if code.printed_at]
        if not printed or not sessions.by_letter_since(tx, customer.id, stamp(min(printed))):
            return
        use_up(self._desk, tx, customer, used_in=address.typed_in or None)
        if first:
            issuer = self._desk.issuer(customer.issuer)
            content = first_by_letter(customer.code, customer.name, address.email, locale=issuer.locale)
            notify.staff(self._desk, tx, issuer, subject=f"first_by_letter:{customer.id}", content=content)

    async def renew(self, link: Link) -> ConfirmPage:
        """Mail a new link to the same address where this one has expired; otherwise only look."""
        return await self._desk.database.write(lambda tx: self._renew(tx, link))

    def _renew(self, tx: Transaction, link: Link) -> ConfirmPage:
        customer, address = _rows(tx, link)
        page = self._page(link, customer, address, now=tx.now)
        if page.state is not Look.EXPIRED:
            return page
        self._ask(tx, customer, address, kind=Kind.CONFIRM)
        return replace(page, renewed=True)

    def _ask(self, tx: Transaction, customer: Customer, address: Address, *, kind: Kind) -> bool:
        """Queue a fresh confirm mail, whose link supersedes the older ones; False where one went within a minute."""
        since = stamp(tx.now - notify.ASK_AGAIN_AFTER)
        if address.status is Status.PENDING and notify.asked_lately(tx, address_id=address.id, kind=kind, since=since):
            return False
        if not asking.may_go(tx, kind, address.email_key):
            return True
        version = addresses.ask_again(tx, address, status=advance(address.status, Event.ASK))
        notify.confirm(self._desk, tx, customer, replace(address, version=version))
        return True

    async def add(self, session: Session, typed: str) -> Added:
        """Put another address on file for the session's (chosen) customer and mail it a link good for 30 minutes.

        Raises `Refused` in a session that is joined to no customer yet.
        """
        if not session.customer_id:
            raise Refused("no issuer is joined yet, so there is nothing to receive")
        try:
            read = mail_address.read(typed)
        except Refused as refusal:
            return Added(typed, "invalid", str(refusal))
        return await self._desk.database.write(partial(self._add, session=session, read=read))

    def _add(self, tx: Transaction, *, session: Session, read: mail_address.Address) -> Added:
        customer = customers.get(tx, session.customer_id)
        known = addresses.of_customer(tx, customer.id)
        same = next((each for each in known if each.email_key == read.key), None)
        if same is not None and same.status in RECEIVES:
            return Added(same.email, "already")
        if customer.status == DECLINED:
            return Added(read.email, "declined")
        if is_full(each for each in known if each is not same):
            return Added(read.email, "too_many")
        if same is not None:
            self._note_typed(tx, same, session)
            return Added(read.email, before=not self._ask(tx, customer, same, kind=Kind.CONFIRM))
        if addresses.typed_since(tx, customer.id, stamp(tx.now - TYPED_WINDOW)) >= TYPED_A_DAY:
            return Added(read.email, "too_many_today")
        self._add_new(tx, customer, read, session)
        return Added(read.email)

    def _note_typed(self, tx: Transaction, address: Address, session: Session) -> None:
        """Write in which session an address is asked for; one that staff put on file is nobody's until it was off."""
        if address.status is Status.REMOVED:
            addresses.typed(tx, address.id, session.id)
        elif address.typed_in is not None and address.typed_in != session.id:
            addresses.typed(tx, address.id, addresses.SEVERAL)

    def _add_new(self, tx: Transaction, customer: Customer, read: mail_address.Address, session: Session) -> None:
        address = addresses.insert(
            tx,
            customer_id=customer.id,
            issuer=customer.issuer,
            email=read.email,
            email_key=read.key,
            delivery=customer.delivery,
            source=PAGE,
            typed_in=session.id,
        )
        record(
            tx,
            self._desk.facts,
            ADDRESS_ADDED,
            issuer=customer.issuer,
            subject=f"address:{address.id}",
            customer=customer.code,
            to=address.email,
            source=PAGE,
        )
        notify.confirm(self._desk, tx, customer, address)


def _expiry(link: Link, issuer: Issuer) -> datetime:
    if link.purpose is Purpose.CONFIRM:
        return link.signed_at + CONFIRM_LIFETIME
    return end_of_days(link.signed_at, issuer.proof_days, read_zone(issuer.time_zone))


def _rows(reading: Reading | Transaction, link: Link) -> tuple[Customer, Address]:
    try:
        address = addresses.get(reading, link.ids[0])
        return customers.get(reading, address.customer_id), address
    except LookupError:
        raise BadLink("this link is about nothing that we have") from None


def _holds(mail: Mail, link: Link) -> bool:
    kind = Kind.CONFIRM if link.purpose is Purpose.CONFIRM else Kind.PROOF
    return mail.kind == kind and json.loads(mail.payload)["version"] == link.ids[1]


def _repeats(now: datetime, address: Address, network: str, seen_at: datetime | None) -> bool:
    in_time = is_same_visit(address.confirmed_at, now=now, seen_at=seen_at)
    return in_time and address.confirmed_network == network


def is_same_visit(used_at: datetime | None, *, now: datetime, seen_at: datetime | None) -> bool:
    """Tell whether a press follows the one that used a link so closely, from a page got before it, to be its repeat."""
    if used_at is None or (seen_at is not None and seen_at > used_at):
        return False
    return now - used_at <= SAME_VISIT
