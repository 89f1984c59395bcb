"""Registering behind a mailed invitation.

Owns what the link is worth and what a press does, however often and from wherever it comes. The link proves the
address that it went to, so a registration is complete without a second mail; another address that was typed is asked
to prove itself. What follows from an approval is `flows.decide`'s.
"""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from weakref import WeakValueDictionary

from mailbot import passwords as rules
from mailbot.clock import stamp
from mailbot.domain.address import Status
from mailbot.domain.company import check_company, check_person
from mailbot.domain.invitation import State, ended
from mailbot.domain.outbox import Kind
from mailbot.errors import BadLink, Refused
from mailbot.facts import ACCOUNT_REGISTERED, ADDRESS_ADDED
from mailbot.flows import asking, decide, notify, settle
from mailbot.flows.addresses import is_full
from mailbot.flows.confirm import is_same_visit
from mailbot.flows.invited import by_mail
from mailbot.flows.record import record
from mailbot.flows.session import BY_INVITATION, open_person_session, open_session
from mailbot.mail import address as mail_address
from mailbot.store import accounts, addresses, customers, invitations

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from mailbot.domain.policy import Issuer
    from mailbot.flows.desk import Desk
    from mailbot.flows.session import Session
    from mailbot.links import Link
    from mailbot.passwords import Passwords
    from mailbot.store.accounts import Person
    from mailbot.store.addresses import Address
    from mailbot.store.customers import Customer
    from mailbot.store.database import Reading, Transaction
    from mailbot.store.invitations import Invitation
    from mailbot.store.outbox import Mail

OPEN = frozenset({"ready", "declined"})
"""States of the page in which an answer counts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InvitationPage:
    """What the page behind an invitation's link shows."""

    state: str
    """`ready`, `done` (approved), `declined` (may still be approved), `expired` or `superseded`."""
    invitation_id: int
    issuer: Issuer
    customer: Customer
    """What the issuer has on file: the forms are filled in with it."""
    locale: str
    email: str
    """The address that the invitation went to, which the link proves."""
    known_person: bool
    """True where somebody with this address has an account: nothing is to be filled in."""
    first_at: datetime | None
    """When it was approved or declined."""
    expires_at: datetime
    renewed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Registered:
    """What came of pressing a last button."""

    page: InvitationPage
    session_id: int | None
    """None where this press gets no session (a link in an old mail opens nothing)."""
    joined: bool = False
    """True where the address had an account already and this joined it: nothing typed was kept."""


@dataclass(frozen=True, slots=True)
class Press:
    """Where a press came from, and when its page was got (None where no page was)."""

    network: str
    seen_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Forms:
    """The two forms as they were reviewed."""

    company: Mapping[str, str]
    person: Mapping[str, str]
    password_hash: str = ""


class Register:
    """Looks at and acts on invitation links."""

    def __init__(self, desk: Desk, passwords: Passwords) -> None:
        self._desk = desk
        self._passwords = passwords
        self._queues: WeakValueDictionary[int, asyncio.Lock] = WeakValueDictionary()

    def look(self, link: Link) -> InvitationPage:
        """Return what the link's page shows; raises `BadLink` where its row is gone."""
        now = self._desk.clock.now()
        return self._desk.database.read(lambda reading: self._page(reading, link, now))

    def _page(self, reading: Reading | Transaction, link: Link, now: datetime) -> InvitationPage:
        invitation, customer, address = _rows(reading, link)
        return InvitationPage(
            state=_state(link, invitation, address, now),
            invitation_id=invitation.id,
            issuer=self._desk.issuer(customer.issuer),
            customer=customer,
            locale=customer.locale,
            email=address.email,
            known_person=accounts.by_email_key(reading, address.email_key) is not None,
            first_at=invitation.decided_at,
            expires_at=invitation.expires_at,
        )

    async def complete(
        self,
        link: Link,
        *,
        company: Mapping[str, str],
        person: Mapping[str, str],
        password: str,
        network: str,
        locale: str = "",
        seen_at: datetime | None = None,
    ) -> Registered:
        """Register: account, person, approval, confirmed address and session in one transaction, exactly once.

        `company` and `person` are the forms' values (checked once more), `password` may be empty, `locale` is the
        person's, `seen_at` when the page with the button was got (None where no page was). Where somebody with this
        address has an account by now, this joins it, and nothing typed is kept.
        Raises `Refused` for forms that cannot be taken, `passwords.Busy`.
        """
        # Presses of one invitation wait for each other here, so that a hundred of them cost one Argon2id.
        async with self._queues.setdefault(link.ids[0], asyncio.Lock()):
            page = self.look(link)
            forms = None
            if page.state in OPEN and not page.known_person:
                person = {**person, "email": person.get("email") or page.email}
                spoken = locale or page.locale
                forms = check_forms(company=company, person=person, password=password, locale=spoken)
                forms = await with_password(self._passwords, forms, password)
            press = Press(network, seen_at)
            return await self._desk.database.write(lambda tx: self._complete(tx, link, forms, press, locale))

    def _complete(self, tx: Transaction, link: Link, forms: Forms | None, press: Press, locale: str) -> Registered:
        page = self._page(tx, link, tx.now)
        invitation, customer, address = _rows(tx, link)
        if page.state not in OPEN:
            return Registered(page=page, session_id=self._same_visit(tx, link, page, press))
        settle.proved_arrived(self._desk, tx, address.id, lambda mail: _holds(mail, link))
        invitation = invitations.get(tx, invitation.id)
        known = accounts.by_email_key(tx, address.email_key)
        person = known or self._enrol(tx, customer, address, forms, locale or customer.locale)
        address_id = decide.approve(self._desk, tx, invitation, person, network=press.network)
        if known is not None:
            session_id = open_session(self._desk, tx, customer_id=customer.id, address_id=address_id, how=BY_INVITATION)
        else:
            session_id = open_person_session(self._desk, tx, person, how="registration")
        return Registered(page=self._page(tx, link, tx.now), session_id=session_id, joined=known is not None)

    def _enrol(self, tx: Transaction, customer: Customer, address: Address, forms: Forms | None, locale: str) -> Person:
        if forms is None:
            raise Refused("the forms are missing")
        typed = mail_address.read(forms.person["email"])
        if typed.key != address.email_key:
            self._ask_typed(tx, customer, typed)
        proved = mail_address.Address(address.email, address.email_key)
        return enrol(self._desk, tx, customer, forms, proved, locale=locale)

    def _ask_typed(self, tx: Transaction, customer: Customer, typed: mail_address.Address) -> None:
        """Put an address that nothing proves on file and ask its owner, where there is room for it."""
        known = addresses.of_customer(tx, customer.id)
        if any(each.email_key == typed.key for each in known) or is_full(known):
            return
        address = addresses.insert(
            tx,
            customer_id=customer.id,
            issuer=customer.issuer,
            email=typed.email,
            email_key=typed.key,
            delivery=customer.delivery,
            source="page",
        )
        details = {"customer": customer.code, "to": address.email, "source": "page"}
        subject = f"address:{address.id}"
        record(tx, self._desk.facts, ADDRESS_ADDED, issuer=customer.issuer, subject=subject, **details)
        notify.confirm(self._desk, tx, customer, address)

    def _same_visit(self, tx: Transaction, link: Link, page: InvitationPage, press: Press) -> int | None:
        """Return a session for a press that repeats the deciding one: browsers drop the first answer of two."""
        invitation, customer, address = _rows(tx, link)
        in_time = is_same_visit(invitation.decided_at, now=tx.now, seen_at=press.seen_at)
        same = in_time and invitation.decided_network == press.network and link.ids[1] == invitation.version
        if page.state != "done" or not same or invitation.person_id is None:
            return None
        person = accounts.person(tx, invitation.person_id)
        if person.email_key != address.email_key:
            return None
        if len(invitations.of_account(tx, person.account_id)) == 1:
            return open_person_session(self._desk, tx, person, how="registration")
        return open_session(self._desk, tx, customer_id=customer.id, address_id=address.id, how=BY_INVITATION)

    async def enter(
        self, link: Link, *, network: str, seen_at: datetime | None = None, session: Session | None = None
    ) -> Registered:
        """Lead somebody who has an account to the list of invitations, with this one on top.

        Nothing happens to the invitation: a machine may press this too. The session is of this customer only; where
        the browser's own `session` is that person's, it stays. `session_id` is None where nobody with this address has
        an account, or the link is not `ready` or `declined`.
        """
        return await self._desk.database.write(lambda tx: self._enter(tx, link, Press(network, seen_at), session))

    def _enter(self, tx: Transaction, link: Link, press: Press, session: Session | None) -> Registered:
        page = self._page(tx, link, tx.now)
        _, customer, address = _rows(tx, link)
        person = accounts.by_email_key(tx, address.email_key)
        if page.state not in OPEN or person is None:
            return Registered(page=page, session_id=self._same_visit(tx, link, page, press))
        settle.proved_arrived(self._desk, tx, address.id, lambda mail: _holds(mail, link))
        if session is not None and session.person_id == person.id:
            return Registered(page=page, session_id=session.id, joined=True)
        session_id = open_session(self._desk, tx, customer_id=customer.id, address_id=address.id, how=BY_INVITATION)
        return Registered(page=page, session_id=session_id, joined=True)

    async def decline(self, link: Link, *, reason: str, network: str) -> InvitationPage:
        """Decline; it may become an approval while the invitation lives. The staff is told once."""

        def write(tx: Transaction) -> InvitationPage:
            page = self._page(tx, link, tx.now)
            if page.state not in OPEN:
                return page
            invitation, _, address = _rows(tx, link)
            settle.proved_arrived(self._desk, tx, address.id, lambda mail: _holds(mail, link))
            invitation = invitations.get(tx, invitation.id)
            person = accounts.by_email_key(tx, address.email_key)
            decide.decline(
                self._desk, tx, invitation, person=person, by=address.email, reason=reason.strip(), network=network
            )
            return self._page(tx, link, tx.now)

        return await self._desk.database.write(write)

    async def renew(self, link: Link) -> InvitationPage:
        """Mail a new invitation to the same address where this link has expired; otherwise only look."""
        return await self._desk.database.write(lambda tx: self._renew(tx, link))

    def _renew(self, tx: Transaction, link: Link) -> InvitationPage:
        page = self._page(tx, link, tx.now)
        _, customer, address = _rows(tx, link)
        since = stamp(tx.now - notify.ASK_AGAIN_AFTER)
        lately = notify.asked_lately(tx, address_id=address.id, kind=Kind.INVITATION, since=since)
        if page.state == "expired" and not lately and asking.may_go(tx, Kind.INVITATION, address.email_key):
            notify.invitation(self._desk, tx, customer, address, by_mail(self._desk, tx, customer, address.id))
            lately = True
        return replace(page, renewed=lately and page.state in {"expired", "superseded"})


def check_forms(*, company: Mapping[str, str], person: Mapping[str, str], password: str, locale: str) -> Forms:
    """Check the forms, and whether the password may be chosen; raises `Refused` where a page let something pass."""
    checked = check_company(company, locale=locale), check_person(person, read_address=mail_address.read)
    problems = {**checked[0].problems, **checked[1].problems}
    if password and (key := rules.problem(password, email=checked[1].values["email"])):
        problems["password"] = key
    if problems:
        raise Refused("the forms cannot be taken: " + ", ".join(f"{name} ({key})" for name, key in problems.items()))
    return Forms(company=checked[0].values, person=checked[1].values)


def check_password(password: str, *, email: str) -> None:
    """Raise `Refused` for a password that may not be chosen; none is fine."""
    key = rules.problem(password, email=email) if password else None
    if key:
        raise Refused(f"the password cannot be taken ({key})")


async def with_password(passwords: Passwords, forms: Forms, password: str) -> Forms:
    """Return forms with the hash of a password, where one was chosen; raises `passwords.Busy`."""
    return replace(forms, password_hash=await passwords.hash(password)) if password else forms


def enrol(
    desk: Desk, tx: Transaction, customer: Customer, forms: Forms, email: mail_address.Address, *, locale: str
) -> Person:
    """Put a new account and its person, whose address was proved, on file."""
    account_id = accounts.insert(tx, accounts.Account(id=0, **forms.company))
    person = accounts.insert_person(
        tx,
        account_id=account_id,
        name=forms.person["person_name"],
        department=forms.person["department"],
        email=email.email,
        email_key=email.key,
        locale=locale,
        password_hash=forms.password_hash,
    )
    record(
        tx,
        desk.facts,
        ACCOUNT_REGISTERED,
        issuer=customer.issuer,
        subject=f"customer:{customer.code}",
        customer=customer.code,
        account=account_id,
        to=person.email,
    )
    return person


def _rows(reading: Reading | Transaction, link: Link) -> tuple[Invitation, Customer, Address]:
    try:
        invitation = invitations.get(reading, link.ids[0])
        address = addresses.get(reading, invitation.address_id or 0)
        return invitation, customers.get(reading, invitation.customer_id), address
    except LookupError:
        raise BadLink("this link is about nothing that we have") from None


def _state(link: Link, invitation: Invitation, address: Address, now: datetime) -> str:
    """Judge a genuine link; an approval shows the same success to every link, however old."""
    if invitation.state is State.APPROVED:
        return "done"
    if invitation.state is State.SUPERSEDED or address.status is Status.REMOVED or link.ids[1] != invitation.version:
        return "superseded"
    if invitation.state is State.EXPIRED or link.retired or ended(now=now, expires_at=invitation.expires_at):
        return "expired"
    return "declined" if invitation.state is State.DECLINED else "ready"


def _holds(mail: Mail, link: Link) -> bool:
    if mail.kind != Kind.INVITATION:
        return False
    payload = json.loads(mail.payload)
    return (payload["invitation"], payload["invitation_version"]) == link.ids
