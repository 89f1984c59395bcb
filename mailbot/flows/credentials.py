"""Signing in by something known (a password, a letter) or by a mail, and changing the password.

Owns that every wrong answer is the same one: whatever is unknown goes the same way as what is wrong, through one
verification of a password and the same writes, and only somebody who knows a secret learns what became of it. The
sessions are `sign_in`'s, the counting of failures `locks`'.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from mailbot import passwords as policy
from mailbot.clock import stamp
from mailbot.domain import paper_code
from mailbot.domain.address import PASSWORD_LIFETIME
from mailbot.domain.outbox import Kind
from mailbot.domain.written import Misread, fold_width
from mailbot.errors import BadLink, Refused
from mailbot.facts import PASSWORD_CHANGED
from mailbot.flows import asking, locks, notify
from mailbot.flows.own_password import ChangeOwnPassword
from mailbot.flows.paper import NOBODYS, EndedCode, ended
from mailbot.flows.record import record
from mailbot.flows.session import BY_LETTER, open_person_session, open_session, place_of
from mailbot.flows.sign_in import mail_address, mail_person
from mailbot.mail import address as mail_address_form
from mailbot.pepper import Pepper
from mailbot.store import accounts, addresses, attempts, customers, paper_codes, password_links, sessions

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from mailbot.domain.policy import Issuer
    from mailbot.flows.desk import Desk
    from mailbot.flows.session import Session
    from mailbot.links import Link
    from mailbot.passwords import Passwords
    from mailbot.store.accounts import Person
    from mailbot.store.customers import Customer
    from mailbot.store.database import Reading, Transaction
    from mailbot.store.paper_codes import PaperCode

MAILED_AT_ONCE = 10
"""Sign-in links that one request sends to a mailbox: one for each customer that it receives for without an account."""

MAIL_WINDOW = timedelta(days=1)


class SignInWays:
    """The three ways of the sign-in page."""

    def __init__(self, desk: Desk, passwords: Passwords) -> None:
        self._desk = desk
        self._passwords = passwords

    async def by_password(self, email: str, password: str, *, network: str) -> int | None:
        """Open a session of a person and return its id; None where address or password is wrong.

        Raises `locks.Locked`, and `passwords.Busy` where too many sign in at once.
        """
        key = _key(email)
        subjects = (locks.network(network), locks.mailbox(key, network))
        person = await self._desk.database.write(lambda tx: _entered(tx, subjects, key))
        try:
            right = await self._passwords.verify(person.password_hash if person else "", password)
        except policy.Busy:
            await self._desk.database.write(lambda tx: locks.give_back(tx, subjects))
            raise
        found = person if right else None
        return await self._desk.database.write(lambda tx: self._by_password(tx, found, subjects, network))

    def _by_password(
        self, tx: Transaction, found: Person | None, subjects: Sequence[locks.Subject], network: str
    ) -> int | None:
        person = None if found is None else accounts.person(tx, found.id)
        if found is None or person is None or person.password_version != found.password_version:
            locks.failed(self._desk, tx, subjects, how="password", network=network)
            return None
        locks.passed(tx, subjects)
        return open_person_session(self._desk, tx, person, how="password")

    async def by_letter(self, issuer: str, customer_code: str, password: str, *, network: str) -> int | None:
        """Open a session of a customer by company code, CODE and a password, and return its id.

        The password is the letter's temporary one, or one that the customer has set. None where any of the three is
        wrong. Raises `EndedCode` where all are right and the letter works no more, `locks.Locked`, `passwords.Busy`.
        """
        whose = fold_width(issuer), fold_width(customer_code)
        # However it is spelled, a code has one lock.
        subjects = (locks.network(network), locks.letter(whose[0].casefold(), whose[1].upper(), network))
        pepper = Pepper.beside(self._desk.links.keyring)

        def enter(tx: Transaction) -> customers.OwnPassword:
            locks.enter(tx, subjects)
            customer = self._customer(tx, *whose)
            return customers.own_password(tx, customer.id) if customer else customers.OwnPassword()

        own = await self._desk.database.write(enter)
        try:
            # Also for a letter's, and for nobody's: every answer takes one verification.
            is_own = await self._passwords.verify(own.hash, password)
        except policy.Busy:
            await self._desk.database.write(lambda tx: locks.give_back(tx, subjects))
            raise

        def write(tx: Transaction) -> int | EndedCode | None:
            customer = self._customer(tx, *whose)
            code = self._code(tx, customer, password=password, pepper=pepper)
            still_own = is_own and customer and customers.own_password(tx, customer.id).version == own.version
            if customer is None or not (code or still_own):
                locks.failed(self._desk, tx, subjects, how="letter", network=network)
                return None
            locks.passed(tx, subjects)
            state = ended(code, tx.now) if code else ""
            if state and not still_own:
                return EndedCode(state, customer.issuer)
            opener = code if code and not state else None
            return open_session(
                self._desk,
                tx,
                customer_id=customer.id,
                address_id=None,
                how=BY_LETTER if opener else "code",
                paper_code_id=opener.id if opener else None,
            )

        outcome = await self._desk.database.write(write)
        if isinstance(outcome, EndedCode):
            raise outcome
        return outcome

    def _customer(self, tx: Transaction, issuer: str, customer_code: str) -> Customer | None:
        code = next((each for each in self._desk.issuers if each.casefold() == issuer.casefold()), "")
        return customers.by_code(tx, code, customer_code) or customers.by_code(tx, code, customer_code.upper())

    def _code(self, tx: Transaction, customer: Customer | None, *, password: str, pepper: Pepper) -> PaperCode | None:
        """Return the code of a customer that has this password, the newest that works first."""
        known = paper_codes.printed_of_customer(tx, customer.id) if customer else []
        secret = _typed_code(password)
        right = [each for each in known if pepper.matches(secret, each.secret_hmac)]
        # Where no letter was ever printed, one comparison is made all the same.
        return right[0] if right or pepper.matches(secret, NOBODYS) else None

    async def mail_link(self, email: str, *, network: str) -> None:
        """Mail a sign-in link to a person and to an address that receives; for anybody else the same, and no mail."""
        key = _key(email)
        await self._desk.database.write(lambda tx: self._mail_link(tx, key, network))

    def _mail_link(self, tx: Transaction, key: str, network: str) -> None:
        _note_asked(tx, network)
        person = accounts.by_email_key(tx, key)
        joined: set[int] = set()
        if person is not None:
            joined = {customer.id for customer in accounts.customers_of(tx, person.account_id)}
            mail_person(self._desk, tx, person)
        for address in addresses.at_mailbox(tx, key, limit=MAILED_AT_ONCE):
            if address.customer_id not in joined and address.issuer in self._desk.issuers:
                mail_address(self._desk, tx, address)


@dataclass(frozen=True, slots=True, kw_only=True)
class PasswordPage:
    """What the page behind a link that sets a password shows."""

    state: str
    """`ready`, `done` (it has set one), `expired` or `superseded` (the password was changed since)."""
    issuer: Issuer
    locale: str
    customer_name: str
    email: str
    used_at: datetime | None
    problem: str | None = None
    """Key of the sentence that says why the new password cannot be taken."""
    session_id: int | None = None
    """The session that setting the password opened."""


class ChangePassword:
    """Sets a new password, by the old one or by a mailed link."""

    def __init__(self, desk: Desk, passwords: Passwords) -> None:
        self._desk = desk
        self._passwords = passwords
        self.own = ChangeOwnPassword(desk, passwords)
        """That of a customer without an account."""

    async def with_old(self, session: Session, old: str, new: str, *, network: str = "") -> str | None:
        """Change the password of the session's person, or else of its customer (`own_password`).

        All other sessions of that password end, and this one needs a new cookie. Returns the key of what is wrong, None
        where it is changed: `password_wrong`, or one of `passwords.problem`. Raises `Refused` in a session that has
        none, `locks.Locked`, `passwords.Busy`.
        """
        if session.person_id is None:
            return await self.own.change(session, old, new, network=network)
        wrong = policy.problem(new, email=session.email)
        if wrong is not None:
            return wrong
        person_id, subjects = session.person_id, (locks.session(session.id),)
        person = await self._desk.database.write(lambda tx: _entered_as(tx, subjects, person_id))
        try:
            right = await self._passwords.verify(person.password_hash, old)
            known = await self._passwords.hash(new) if right else ""
        except policy.Busy:
            await self._desk.database.write(lambda tx: locks.give_back(tx, subjects))
            raise

        def write(tx: Transaction) -> str | None:
            # Two changes at once: the second one's old password is not the old one any more.
            if not right or accounts.person(tx, person.id).password_version != person.password_version:
                locks.failed(self._desk, tx, subjects, how="change", network=network)
                return "password_wrong"
            locks.passed(tx, subjects)
            sessions.keep(tx, session.id, password_version=self._set(tx, person, known, how="old"))
            return None

        return await self._desk.database.write(write)

    async def mail_link(self, email: str, *, network: str) -> None:
        """Mail a link that sets a new password to a person; for anybody else the same, and no mail."""
        key = _key(email)

        def write(tx: Transaction) -> None:
            _note_asked(tx, network)
            person = accounts.by_email_key(tx, key)
            since = stamp(tx.now - notify.ASK_AGAIN_AFTER)
            if person is None or password_links.asked_since(tx, person_id=person.id, since=since):
                return
            if not asking.may_go(tx, Kind.PASSWORD, person.email_key):
                return
            place = place_of(self._desk, tx, person)
            notify.password(self._desk, tx, place, person, password_links.request(tx, person.id))

        await self._desk.database.write(write)

    def look(self, link: Link) -> PasswordPage:
        """Return what the link's page shows; raises `BadLink` where its row is gone."""
        return self._desk.database.read(lambda reading: self._page(reading, link))

    def _page(self, reading: Reading | Transaction, link: Link) -> PasswordPage:
        row, person = _rows(reading, link)
        place = place_of(self._desk, reading, person)
        return PasswordPage(
            state=self._state(link, row, person),
            issuer=place.issuer,
            locale=person.locale,
            customer_name=place.name,
            email=person.email,
            used_at=row.used_at,
        )

    def _state(self, link: Link, row: password_links.PasswordLink, person: Person) -> str:
        if row.used_at is not None:
            return "done"
        if link.ids[1] != person.password_version:
            return "superseded"
        ended = link.retired or self._desk.clock.now() - link.signed_at > PASSWORD_LIFETIME
        return "expired" if ended else "ready"

    async def set(self, link: Link, new: str) -> PasswordPage:
        """Set the password by a link, once, and open a session; all older sessions of the person end.

        Raises `BadLink`, `passwords.Busy`.
        """
        page = self.look(link)
        if page.state != "ready":
            return page
        wrong = policy.problem(new, email=page.email)
        if wrong is not None:
            return replace(page, problem=wrong)
        known = await self._passwords.hash(new)
        return await self._desk.database.write(lambda tx: self._set_by_link(tx, link, known))

    def _set_by_link(self, tx: Transaction, link: Link, known: str) -> PasswordPage:
        page = self._page(tx, link)
        if page.state != "ready":
            return page
        row, person = _rows(tx, link)
        password_links.use(tx, row.id)
        self._set(tx, person, known, how="link")
        session_id = open_person_session(self._desk, tx, accounts.person(tx, person.id), how="password")
        return replace(page, state="done", used_at=tx.now, session_id=session_id)

    def _set(self, tx: Transaction, person: Person, known: str, *, how: str) -> int:
        version = accounts.set_password(tx, person.id, known)
        place = place_of(self._desk, tx, person)
        notify.password_changed(self._desk, tx, place, person, version=version)
        record(
            tx,
            self._desk.facts,
            PASSWORD_CHANGED,
            issuer=place.issuer.code,
            subject=f"person:{person.id}",
            account=person.account_id,
            to=person.email,
            how=how,
        )
        return version


def _entered(tx: Transaction, subjects: Sequence[locks.Subject], key: str) -> Person | None:
    locks.enter(tx, subjects)
    return accounts.by_email_key(tx, key)


def _entered_as(tx: Transaction, subjects: Sequence[locks.Subject], person_id: int) -> Person:
    locks.enter(tx, subjects)
    return accounts.person(tx, person_id)


def _rows(reading: Reading | Transaction, link: Link) -> tuple[password_links.PasswordLink, Person]:
    try:
        row = password_links.get(reading, link.ids[0])
        return row, accounts.person(reading, row.person_id)
    except LookupError:
        raise BadLink("this link is about nothing that we have") from None


def _note_asked(tx: Transaction, network: str) -> None:
    """Write something whoever asks, so that the time of an answer does not tell whom we know."""
    attempts.count(tx, f"mailed:{network}", since=tx.now - MAIL_WINDOW)


def _key(typed: str) -> str:
    """Return the key of a mailbox as typed; of what is no address, a key that nobody has."""
    try:
        return mail_address_form.read(typed).key
    except Refused:
        return mail_address_form.key(typed[: mail_address_form.LONGEST])


def _typed_code(password: str) -> str:
    """Return a temporary password as it was drawn; of what is none, text that no code is."""
    try:
        return paper_code.read(password)
    except Misread:
        return ""
