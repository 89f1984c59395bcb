"""Signing in by a mailed link, which opens one session.

Owns what such a link is worth, what a press of it does, and to whom one is mailed. What a session is, however it was
opened, is `session`'s.
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
from mailbot.flows import asking, notify, settle
from mailbot.flows.session import Sessions, open_person_session, open_session, place_of
from mailbot.store import accounts, addresses, customers, deliveries, sessions

if TYPE_CHECKING:
    from datetime import datetime

    from mailbot.domain.policy import Issuer
    from mailbot.flows.desk import Desk
    from mailbot.flows.session import Session
    from mailbot.links import Link
    from mailbot.store.accounts import Person
    from mailbot.store.database import Reading, Transaction
    from mailbot.store.outbox import Mail

LIFETIME = timedelta(minutes=30)
"""A sign-in link is good for this long from its real sending."""

DOUBLE_CLICK = timedelta(seconds=10)


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


class SignIn(Sessions):
    """Opens sessions by mailed links; finds and ends those of every way."""

    def look(self, link: Link) -> SignInPage:
        """Return what the link's page shows; raises `BadLink` where its row is gone."""
        return self._desk.database.read(lambda reading: self._page(reading, link))

    def _page(self, reading: Reading | Transaction, link: Link) -> SignInPage:
        try:
            row = sessions.sign_in(reading, link.ids[0])
        except LookupError:
            raise BadLink("this link is about nothing that we have") from None
        whose = self._whose(reading, row)
        ended = link.retired or self._desk.clock.now() - link.signed_at > LIFETIME or whose.gone
        return SignInPage(
            state="done" if row.used_at else "expired" if ended else "ready",
            issuer=whose.issuer,
            locale=whose.locale,
            customer_name=whose.name,
            email=whose.email,
            used_at=row.used_at,
            session_id=row.session_id,
        )

    def _whose(self, reading: Reading | Transaction, row: sessions.SignIn) -> _Whose:
        if row.person_id is not None:
            person = accounts.person(reading, row.person_id)
            place = place_of(self._desk, reading, person)
            return _Whose(place.issuer, person.locale, place.name, person.email)
        address = addresses.get(reading, row.address_id or 0)
        customer = customers.get(reading, address.customer_id)
        issuer = self._desk.issuer(customer.issuer)
        gone = address.status is Status.REMOVED
        return _Whose(issuer, customer.locale, customer.name, address.email, gone=gone)

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
        session_id = self._open(tx, row)
        sessions.use(tx, row.id, session_id, network=network)
        if row.address_id is not None:
            settle.proved_arrived(self._desk, tx, row.address_id, lambda mail: _holds(mail, row.id))
        return replace(page, state="done", used_at=tx.now, session_id=session_id)

    def _open(self, tx: Transaction, row: sessions.SignIn) -> int:
        if row.person_id is not None:
            return open_person_session(self._desk, tx, accounts.person(tx, row.person_id), how="sign_in")
        address = addresses.get(tx, row.address_id or 0)
        return open_session(self._desk, tx, customer_id=address.customer_id, address_id=address.id, how="sign_in")

    async def renew(self, link: Link) -> SignInPage:
        """Mail a new link to the same address, whatever became of this one."""

        def write(tx: Transaction) -> SignInPage:
            page = self._page(tx, link)
            row = sessions.sign_in(tx, link.ids[0])
            if row.person_id is not None:
                mail_person(self._desk, tx, accounts.person(tx, row.person_id))
            else:
                mail_address(self._desk, tx, addresses.get(tx, row.address_id or 0))
            return replace(page, renewed=True)

        return await self._desk.database.write(write)

    async def mail_link(self, link: Link) -> str:
        """Mail a sign-in link to the address that an invoice link was mailed to, and return that address."""

        def write(tx: Transaction) -> str:
            address = addresses.get(tx, deliveries.get(tx, link.ids[0]).address_id)
            mail_address(self._desk, tx, address)
            return address.email

        return await self._desk.database.write(write)

    async def mail_own(self, session: Session) -> str:
        """Mail a sign-in link to whoever has the address that opened a session, and return that address.

        It opens a session of the person, where one has that address. Raises `Refused` where no address opened it.
        """

        def write(tx: Transaction) -> str:
            if session.address_id is None:
                raise Refused("no mail address opened this session")
            address = addresses.get(tx, session.address_id)
            person = accounts.by_email_key(tx, address.email_key)
            if person is not None:
                mail_person(self._desk, tx, person)
            else:
                mail_address(self._desk, tx, address)
            return address.email

        return await self._desk.database.write(write)


def _same_click(tx: Transaction, row: sessions.SignIn, seen_at: datetime, network: str) -> bool:
    """Tell whether this press follows the first so closely, and from the same network, that it is the same person's."""
    if row.used_at is None or row.session_id is None or row.used_network != network or seen_at > row.used_at:
        return False
    opened = sessions.get(tx, row.session_id)
    return tx.now - row.used_at <= DOUBLE_CLICK and opened is not None and opened.ended_at is None


def _holds(mail: Mail, sign_in_id: int) -> bool:
    return mail.kind == Kind.SIGN_IN and json.loads(mail.payload)["sign_in"] == sign_in_id


@dataclass(frozen=True, slots=True)
class _Whose:
    """Whom a sign-in link was mailed to."""

    issuer: Issuer
    locale: str
    name: str
    email: str
    gone: bool = False


def mail_address(desk: Desk, tx: Transaction, address: addresses.Address) -> None:
    """Mail a sign-in link to an address, not twice within a minute; raises `Refused` where it is off file."""
    if address.status is Status.REMOVED:
        raise Refused("this address is not on file any more")
    since = stamp(tx.now - notify.ASK_AGAIN_AFTER)
    if sessions.asked_since(tx, address_id=address.id, since=since):
        return
    if not asking.may_go(tx, Kind.SIGN_IN, address.email_key):
        return
    sign_in_id = sessions.request(tx, customer_id=address.customer_id, address_id=address.id)
    notify.sign_in(desk, tx, customers.get(tx, address.customer_id), address, sign_in_id)


def mail_person(desk: Desk, tx: Transaction, person: Person) -> None:
    """Mail a sign-in link to a person, not twice within a minute."""
    since = stamp(tx.now - notify.ASK_AGAIN_AFTER)
    if sessions.person_asked_since(tx, person_id=person.id, since=since):
        return
    if not asking.may_go(tx, Kind.SIGN_IN, person.email_key):
        return
    notify.sign_in_of_person(desk, tx, place_of(desk, tx, person), person, sessions.request_of_person(tx, person.id))
