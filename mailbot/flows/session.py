"""A session: whose it is, how long it lasts, and the cookie that stands for it.

Owns what a browser may see: one customer's, or all customers that a person's account is joined to. The cookie is a
signed token of the session's id, the version of the person's password and the moment of the last page: no write is
needed to keep a session alive, and ending it is a row. A new password moves the version, and with it ends what was
opened before. The ways that lead to a session are others': `sign_in`, `credentials`, `confirm`, `register`.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from mailbot.domain.address import RECEIVES, Status
from mailbot.domain.invitation import State
from mailbot.errors import BadLink, Refused
from mailbot.facts import SESSION_ENDED, SESSION_OPENED
from mailbot.flows.paper import opens
from mailbot.flows.record import record
from mailbot.links import Purpose
from mailbot.store import accounts, addresses, customers, invitations, paper_codes, sessions

if TYPE_CHECKING:
    from datetime import datetime

    from mailbot.domain.policy import Issuer
    from mailbot.flows.desk import Desk
    from mailbot.store.accounts import Person
    from mailbot.store.addresses import Address
    from mailbot.store.customers import Customer
    from mailbot.store.database import Reading, Transaction

IDLE = timedelta(minutes=30)
LONGEST = timedelta(hours=12)

BY_LETTER = "letter"
BY_CODE = frozenset({BY_LETTER, "code"})
"""How sessions are opened by company code and CODE: with a letter, or with a password of the customer's own."""

BY_INVITATION = "invitation"
"""How a session of one customer is opened to somebody who has an account, by the link of that customer's invitation.

The link proves who may decide, and no more: until the invitation is approved, deciding is all there is.
"""

_COOKIE_IDS = 2
"""A cookie's token carries the session's id and the version of the password."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerRef:
    """One customer that a session may see."""

    id: int
    code: str
    name: str
    issuer: Issuer
    locale: str
    address_id: int | None = None
    """The confirmed address of the session's person, or of the session itself, at this customer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A time in which one browser sees the invoices of its customers.

    `issuer` and all `customer_…` are those of one of them: the first, or the one that `at` chose. A person whose
    account is joined to none yet has `customer_id` 0, which is no customer's, and the issuer of an invitation.
    """

    id: int
    customer_id: int
    address_id: int | None
    issuer: Issuer
    customer_name: str
    customer_code: str
    locale: str
    email: str
    started_at: datetime
    how: str
    """`proof`, `confirm`, `sign_in`, `invitation`, `registration`, `password`, `letter` or `code`."""
    person_id: int | None = None
    account_id: int | None = None
    customers: tuple[CustomerRef, ...] = ()
    """All customers that it may see; a customer's session has that one."""
    invited_id: int = 0
    """The customer whose invitation opened this session and is not approved: it sees nothing of it but that.

    Such a session has `customer_id` 0 and no `customers`.
    """

    def at(self, issuer: str, code: str) -> Session:
        """Return the same session with one of its customers chosen; raises `Refused` for any other customer."""
        for each in self.customers:
            if (each.issuer.code, each.code) == (issuer, code):
                return self._choose(each)
        raise Refused("this session is not for that customer")

    def at_id(self, customer_id: int) -> Session:
        """Return the same session with the customer of this id chosen; raises `Refused` as `at` does."""
        for each in self.customers:
            if each.id == customer_id:
                return self._choose(each)
        raise Refused("this session is not for that customer")

    def _choose(self, customer: CustomerRef) -> Session:
        return replace(
            self,
            customer_id=customer.id,
            address_id=customer.address_id,
            issuer=customer.issuer,
            customer_name=customer.name,
            customer_code=customer.code,
        )


class Sessions:
    """Finds the live session of a cookie, and ends it."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def cookie(self, session_id: int) -> str:
        """Return the cookie of a session, as of now."""
        row = self._desk.database.read(lambda reading: sessions.get(reading, session_id))
        version = 0 if row is None else row.password_version
        return self._desk.links.sign(Purpose.SESSION, session_id, version, at=self._desk.clock.now())

    def session(self, token: str | None) -> Session | None:
        """Return the live session of a cookie, or None.

        None where it is forged, idle for 30 minutes, 12 hours old or ended, or where a newer password ended it.
        """
        if not token:
            return None
        try:
            link = self._desk.links.open(token, Purpose.SESSION)
        except BadLink:
            return None
        if link.retired or len(link.ids) != _COOKIE_IDS or self._desk.clock.now() - link.signed_at > IDLE:
            return None
        session_id, version = link.ids
        return self._desk.database.read(lambda reading: self._live(reading, session_id, version))

    def _live(self, reading: Reading, session_id: int, version: int) -> Session | None:
        row = sessions.get(reading, session_id)
        if row is None or row.ended_at is not None or self._desk.clock.now() - row.started_at > LONGEST:
            return None
        if row.password_version != version:
            return None
        if row.person_id is not None:
            return self._of_person(reading, row, accounts.person(reading, row.person_id))
        return self._of_customer(reading, row)

    def _of_customer(self, reading: Reading, row: sessions.Session) -> Session | None:
        customer = customers.get(reading, row.customer_id or 0)
        if row.how in BY_CODE and customers.own_password(reading, customer.id).version != row.password_version:
            return None
        if row.how == BY_LETTER and not _is_open(reading, row):
            return None
        address = None if row.address_id is None else addresses.get(reading, row.address_id)
        if address is not None and address.status is Status.REMOVED:
            return None
        issuer = self._desk.issuer(customer.issuer)
        found = Session(
            id=row.id,
            customer_id=customer.id,
            address_id=row.address_id,
            issuer=issuer,
            customer_name=customer.name,
            customer_code=customer.code,
            locale=customer.locale,
            email="" if address is None else address.email,
            started_at=row.started_at,
            how=row.how,
            customers=(_ref(customer, issuer, row.address_id),),
        )
        waits = row.how == BY_INVITATION and not _is_approved(reading, customer, address)
        return replace(found, customer_id=0, customers=(), invited_id=customer.id) if waits else found

    def _of_person(self, reading: Reading, row: sessions.Session, person: Person) -> Session | None:
        if person.password_version != row.password_version:
            return None
        found = self._customers(reading, person)
        session = Session(
            id=row.id,
            customer_id=0,
            address_id=None,
            issuer=place_of(self._desk, reading, person).issuer,
            customer_name=accounts.get(reading, person.account_id).name,
            customer_code="",
            locale=person.locale,
            email=person.email,
            started_at=row.started_at,
            how=row.how,
            person_id=person.id,
            account_id=person.account_id,
            customers=found,
        )
        return session.at_id(found[0].id) if found else session

    def _customers(self, reading: Reading, person: Person) -> tuple[CustomerRef, ...]:
        """Return the customers of a person's account; those of an issuer that is configured no more are left out."""
        return tuple(
            _ref(customer, self._desk.issuers[customer.issuer], _address_of(reading, customer, person))
            for customer in accounts.customers_of(reading, person.account_id)
            if customer.issuer in self._desk.issuers
        )

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


@dataclass(frozen=True, slots=True)
class Place:
    """Where a person belongs, for mails and facts that are about no customer alone."""

    issuer: Issuer
    customer: Customer | None
    name: str
    """The customer's name, or the account's."""

    @property
    def code(self) -> str:
        """The customer's code, or an empty string."""
        return self.customer.code if self.customer else ""


def place_of(desk: Desk, reading: Reading | Transaction, person: Person) -> Place:
    """Return the customer that speaks for a person: the first joined, else the newest that invited.

    Raises `Refused` where the configuration has no issuer at all.
    """
    joined = accounts.customers_of(reading, person.account_id)
    for customer in (*joined, *accounts.invited(reading, person.account_id)):
        with suppress(Refused):
            return Place(desk.issuer(customer.issuer), customer, customer.name)
    anyone = next(iter(desk.issuers), "")
    return Place(desk.issuer(anyone), None, accounts.get(reading, person.account_id).name)


def open_session(
    desk: Desk,
    tx: Transaction,
    *,
    customer_id: int,
    address_id: int | None,
    how: str,
    paper_code_id: int | None = None,
) -> int:
    """Open a session of one customer in the caller's transaction and return its id."""
    customer = customers.get(tx, customer_id)
    email = "" if address_id is None else addresses.get(tx, address_id).email
    version = customers.own_password(tx, customer_id).version if how in BY_CODE else 0
    session_id = sessions.start(
        tx,
        customer_id=customer_id,
        address_id=address_id,
        how=how,
        password_version=version,
        paper_code_id=paper_code_id,
    )
    _opened(desk, tx, issuer=customer.issuer, code=customer.code, to=email, how=how)
    return session_id


def open_person_session(desk: Desk, tx: Transaction, person: Person, *, how: str) -> int:
    """Open a session of a person in the caller's transaction and return its id."""
    place = place_of(desk, tx, person)
    version = person.password_version
    session_id = sessions.start_of_person(tx, person_id=person.id, password_version=version, how=how)
    _opened(desk, tx, issuer=place.issuer.code, code=place.code, to=person.email, how=how)
    return session_id


def _opened(desk: Desk, tx: Transaction, *, issuer: str, code: str, to: str, how: str) -> None:
    record(tx, desk.facts, SESSION_OPENED, issuer=issuer, subject=f"customer:{code}", customer=code, to=to, how=how)


def _is_open(reading: Reading, row: sessions.Session) -> bool:
    """Tell whether the letter that opened a session has not been taken from it, by a newer one or by another's use."""
    return row.paper_code_id is not None and opens(paper_codes.get(reading, row.paper_code_id), row.id)


def _is_approved(reading: Reading, customer: Customer, address: Address | None) -> bool:
    """Tell whether a customer is connected to the account of whoever has the address that opened a session."""
    invitation = invitations.current(reading, customer.id)
    if invitation is None or invitation.state is not State.APPROVED:
        return False
    person = None if address is None else accounts.by_email_key(reading, address.email_key)
    return address is None or (person is not None and person.account_id == invitation.account_id)


def _ref(customer: Customer, issuer: Issuer, address_id: int | None) -> CustomerRef:
    return CustomerRef(
        id=customer.id,
        code=customer.code,
        name=customer.name,
        issuer=issuer,
        locale=customer.locale,
        address_id=address_id,
    )


def _address_of(reading: Reading, customer: Customer, person: Person) -> int | None:
    """Return the person's own address at a customer, where it receives."""
    for address in addresses.of_customer(reading, customer.id):
        if address.email_key == person.email_key and address.status in RECEIVES:
            return address.id
    return None
