"""Signing in by a mailed link, and the sessions that this gives.

Owns how long a session lasts. The cookie is a signed token of the session's id and the moment of the last page: no
write is needed to keep a session alive, and ending it is a row.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from mailbot.clock import stamp
from mailbot.domain.address import Status
from mailbot.domain.outbox import Kind
from mailbot.errors import BadLink, Refused
from mailbot.facts import SESSION_ENDED, SESSION_OPENED
from mailbot.flows import notify, settle
from mailbot.flows.record import record
from mailbot.links import Purpose
from mailbot.store import addresses, customers, deliveries, sessions

if TYPE_CHECKING:
    from datetime import datetime

    from mailbot.domain.policy import Issuer
    from mailbot.flows.desk import Desk
    from mailbot.links import Link
    from mailbot.store.database import Reading, Transaction
    from mailbot.store.outbox import Mail

LIFETIME = timedelta(minutes=30)
"""A sign-in link is good for this long from its real sending."""

IDLE = timedelta(minutes=30)
LONGEST = timedelta(hours=12)
DOUBLE_CLICK = timedelta(seconds=10)


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A time in which one browser sees all invoices of one customer."""

    id: int
    customer_id: int
    address_id: int | None
    issuer: Issuer
    customer_name: str
    customer_code: str
    locale: str
    email: str
    started_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SignInPage:
    """What the page behind a sign-in link shows."""

    state: str
    """`ready`, `done` (used before) or `expired`."""
    issuer: Issuer
    locale: str
    customer_name: str
    email: str
    used_at: datetime | None
    session_id: int | None
    """The session that this link opened: only its browser gets in without a new link."""
    renewed: bool = False


class SignIn:
    """Opens, finds and ends sessions."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def cookie(self, session_id: int) -> str:
        """Return the cookie of a session, as of now."""
        return self._desk.links.sign(Purpose.SESSION, session_id, at=self._desk.clock.now())

    def session(self, token: str | None) -> Session | None:
        """Return the live session of a cookie, or None: forged, idle for 30 minutes, 12 hours old, or ended."""
        if not token:
            return None
        try:
            link = self._desk.links.open(token, Purpose.SESSION)
        except BadLink:
            return None
        if link.retired or self._desk.clock.now() - link.signed_at > IDLE:
            return None
        return self._desk.database.read(lambda reading: self._live(reading, link.ids[0]))

    def _live(self, reading: Reading, session_id: int) -> Session | None:
        row = sessions.get(reading, session_id)
        if row is None or row.ended_at is not None or self._desk.clock.now() - row.started_at > LONGEST:
            return None
        customer = customers.get(reading, row.customer_id)
        address = None if row.address_id is None else addresses.get(reading, row.address_id)
        if address is not None and address.status is Status.REMOVED:
            return None
        return Session(
            id=row.id,
            customer_id=customer.id,
            address_id=row.address_id,
            issuer=self._desk.issuer(customer.issuer),
            customer_name=customer.name,
            customer_code=customer.code,
            locale=customer.locale,
            email="" if address is None else address.email,
            started_at=row.started_at,
        )

    def look(self, link: Link) -> SignInPage:
        """Return what the link's page shows; raises `BadLink` where its row is gone."""
        return self._desk.database.read(lambda reading: self._page(reading, link))

    def _page(self, reading: Reading | Transaction, link: Link) -> SignInPage:
        try:
            row = sessions.sign_in(reading, link.ids[0])
        except LookupError:
            raise BadLink("this link is about nothing that we have") from None
        customer, address = customers.get(reading, row.customer_id), addresses.get(reading, row.address_id)
        ended = link.retired or self._desk.clock.now() - link.signed_at > LIFETIME or address.status is Status.REMOVED
        return SignInPage(
            state="done" if row.used_at else "expired" if ended else "ready",
            issuer=self._desk.issuer(customer.issuer),
            locale=customer.locale,
            customer_name=customer.name,
            email=address.email,
            used_at=row.used_at,
            session_id=row.session_id,
        )

    async def act(self, link: Link, *, seen_at: datetime, network: str) -> SignInPage:
        """Open the one session of a link; a later press changes nothing and gives no session away.

        The second press of a double click gets the session that the first one opened: browsers drop the first answer
        with its cookie. `seen_at` is when the page with the button was got: whoever got it after the link was used was
        told so, and is somebody else.
        """
        return await self._desk.database.write(lambda tx: self._use(tx, link, seen_at, network))

    def _use(self, tx: Transaction, link: Link, seen_at: datetime, network: str) -> SignInPage:
        page = self._page(tx, link)
        row = sessions.sign_in(tx, link.ids[0])
        if page.state != "ready":
            return page if _same_click(tx, row, seen_at, network) else replace(page, session_id=None)
        session_id = open_session(self._desk, tx, customer_id=row.customer_id, address_id=row.address_id, how="sign_in")
        sessions.use(tx, row.id, session_id, network=network)
        settle.proved_arrived(self._desk, tx, row.address_id, lambda mail: _holds(mail, row.id))
        return replace(page, state="done", used_at=tx.now, session_id=session_id)

    async def renew(self, link: Link) -> SignInPage:
        """Mail a new link to the same address, whatever became of this one."""

        def write(tx: Transaction) -> SignInPage:
            page = self._page(tx, link)
            self._mail(tx, addresses.get(tx, sessions.sign_in(tx, link.ids[0]).address_id))
            return replace(page, renewed=True)

        return await self._desk.database.write(write)

    async def mail_link(self, link: Link) -> str:
        """Mail a sign-in link to the address that an invoice link was mailed to, and return that address."""

        def write(tx: Transaction) -> str:
            address = addresses.get(tx, deliveries.get(tx, link.ids[0]).address_id)
            self._mail(tx, address)
            return address.email

        return await self._desk.database.write(write)

    def _mail(self, tx: Transaction, address: addresses.Address) -> None:
        if address.status is Status.REMOVED:
            raise Refused("this address is not on file any more")
        since = stamp(tx.now - notify.ASK_AGAIN_AFTER)
        if sessions.asked_since(tx, address_id=address.id, since=since):
            return
        sign_in_id = sessions.request(tx, customer_id=address.customer_id, address_id=address.id)
        notify.sign_in(self._desk, tx, customers.get(tx, address.customer_id), address, sign_in_id)

    async def end(self, session: Session) -> None:
        """Sign out; the cookie is worth nothing afterwards."""

        def write(tx: Transaction) -> None:
            sessions.end(tx, session.id)
            record(
                tx,
                self._desk.facts,
                SESSION_ENDED,
                issuer=session.issuer.code,
                subject=f"customer:{session.customer_code}",
                customer=session.customer_code,
            )

        await self._desk.database.write(write)


def _same_click(tx: Transaction, row: sessions.SignIn, seen_at: datetime, network: str) -> bool:
    """Tell whether this press follows the first so closely, and from the same network, that it is the same person's."""
    if row.used_at is None or row.session_id is None or row.used_network != network or seen_at > row.used_at:
        return False
    opened = sessions.get(tx, row.session_id)
    return tx.now - row.used_at <= DOUBLE_CLICK and opened is not None and opened.ended_at is None


def _holds(mail: Mail, sign_in_id: int) -> bool:
    return mail.kind == Kind.SIGN_IN and json.loads(mail.payload)["sign_in"] == sign_in_id


def open_session(desk: Desk, tx: Transaction, *, customer_id: int, address_id: int, how: str) -> int:
    """Open a session in the caller's transaction and return its id."""
    customer, address = customers.get(tx, customer_id), addresses.get(tx, address_id)
    session_id = sessions.start(tx, customer_id=customer_id, address_id=address_id, how=how)
    record(
        tx,
        desk.facts,
        SESSION_OPENED,
        issuer=customer.issuer,
        subject=f"customer:{customer.code}",
        customer=customer.code,
        to=address.email,
        how=how,
    )
    return session_id
