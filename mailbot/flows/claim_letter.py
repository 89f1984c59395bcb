"""Claiming a letter: a temporary ID and password, and a mail address that its own mail proves.

Owns the way from a right pair through the forms to the mail whose button completes it. Until that mail nothing says
whether the address has an account: every step before is the same for all. A password is chosen behind that mail, by
whoever has the mailbox, not by whoever has the letter. (`flows.claim` takes up mails of the outbox.)
"""

from __future__ import annotations

import asyncio
from dataclasses import asdict, dataclass, replace
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING
from weakref import WeakValueDictionary

from mailbot.domain.address import CONFIRM_LIFETIME
from mailbot.domain.invitation import LIVE, State, ended
from mailbot.domain.outbox import Kind
from mailbot.errors import BadLink, Refused
from mailbot.flows import asking, decide, notify, paper
from mailbot.flows.confirm import is_same_visit
from mailbot.flows.locks import Locked
from mailbot.flows.paper import EndedCode, WrongCode
from mailbot.flows.register import Forms, Press, check_forms, check_password, enrol, with_password
from mailbot.flows.session import open_person_session
from mailbot.links import Purpose
from mailbot.mail import address as mail_address
from mailbot.pepper import Pepper
from mailbot.store import accounts, claims, customers, invitations, paper_codes
from mailbot.store.paper_codes import CodeState

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from mailbot.domain.policy import Issuer
    from mailbot.flows.desk import Desk
    from mailbot.links import Link
    from mailbot.passwords import Passwords
    from mailbot.store.claims import ClaimByMail
    from mailbot.store.customers import Customer
    from mailbot.store.database import Reading, Transaction
    from mailbot.store.invitations import Invitation
    from mailbot.store.paper_codes import PaperCode

__all__ = [
    "Claim",
    "ClaimPage",
    "ClaimTicket",
    "Claimed",
    "EndedCode",
    "Locked",
    "UsedTooOften",
    "WrongCode",
    "invitation_of",
]

TICKET_LIFETIME = timedelta(hours=12)
"""How long somebody may take over the forms."""

MOST = 20
"""Claims that one letter is good for: it sends no mail to a whole town."""


class UsedTooOften(Refused):
    """A letter has been claimed as often as it may be."""

    def __init__(self, issuer: str) -> None:
        super().__init__("this letter was used too often; ask its sender for a new one")
        self.issuer = issuer


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimTicket:
    """Somebody who typed a right pair, on the way through the forms."""

    token: str
    """Signed; travels as a hidden field."""
    issuer: Issuer
    customer: Customer
    """What the issuer has on file: the forms are filled in with it."""
    locale: str


@dataclass(frozen=True, slots=True)
class LetterPage:
    """What the QR code of a letter leads to."""

    paper_id: str
    issuer: Issuer
    over: str = ""
    """Why the letter works no more (`used`, `replaced`, `expired`); empty: its pair may be typed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimPage:
    """What the page behind a registration link shows."""

    state: str
    """`ready`, `done`, `expired` or `superseded` (its code was used otherwise, or replaced)."""
    issuer: Issuer
    customer_name: str
    locale: str
    email: str
    known_person: bool
    """True where the address has an account: the button adds the issuer to its invitations."""
    first_at: datetime | None
    expires_at: datetime
    typed: Mapping[str, str]
    """Both forms as they were reviewed, where the button would register them; otherwise nothing."""
    renewed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Claimed:
    """What came of pressing the button behind a registration link."""

    page: ClaimPage
    session_id: int | None
    joined: bool = False
    """True where the address had an account: the invitation waits in its list, to be approved there."""


class Claim:
    """Checks codes, takes forms, and completes registrations."""

    def __init__(self, desk: Desk, passwords: Passwords) -> None:
        self._desk = desk
        self._passwords = passwords
        self._pepper = Pepper.beside(desk.links.keyring)
        self._queues: WeakValueDictionary[int, asyncio.Lock] = WeakValueDictionary()

    def letter(self, link: Link) -> LetterPage:
        """Return what a letter's QR code leads to; raises `BadLink` where there is no such letter."""
        now = self._desk.clock.now()
        return self._desk.database.read(lambda reading: self._letter(reading, link, now))

    def _letter(self, reading: Reading, link: Link, now: datetime) -> LetterPage:
        try:
            code = paper_codes.get(reading, link.ids[0])
        except LookupError:
            raise BadLink("this link is about nothing that we have") from None
        page = LetterPage(code.paper_id, self._desk.issuer(code.issuer))
        if code.state is CodeState.DRAWN:
            # Still being printed: its pair works nowhere yet, and soon will.
            return page
        try:
            invitation_of(reading, code, now)
        except EndedCode as over:
            return replace(page, over=over.state)
        return page

    async def check(self, email: str, paper_id: str, password: str, *, network: str) -> ClaimTicket:
        """Check a pair as typed. Raises `Locked`, `WrongCode`, `EndedCode`, or `Refused` for what is no address.

        The answer says nothing of whether the address has an account.
        """
        mail_address.read(email)
        typed = paper.Typed(paper_id, password)
        judge = partial(paper.judge, self._desk, typed=typed, pepper=self._pepper, network=network)
        code = (await self._desk.database.write(judge)).right()
        return self._desk.database.read(lambda reading: self._ticket(reading, code, self._desk.clock.now()))

    def _ticket(self, reading: Reading | Transaction, code: PaperCode, now: datetime) -> ClaimTicket:
        invitation_of(reading, code, now)
        customer = customers.get(reading, code.customer_id)
        return ClaimTicket(
            token=self._desk.links.sign(Purpose.TICKET, code.id, at=now),
            issuer=self._desk.issuer(customer.issuer),
            customer=customer,
            locale=customer.locale,
        )

    def open(self, token: str) -> ClaimTicket:
        """Return a ticket again, at a later step; raises `BadLink` where it has expired, `EndedCode`."""
        code_id = code_of_ticket(self._desk, token)
        ticket = self._desk.database.read(
            lambda reading: self._ticket(reading, paper_codes.get(reading, code_id), self._desk.clock.now())
        )
        return replace(ticket, token=token)

    async def request(self, token: str, *, company: Mapping[str, str], person: Mapping[str, str], locale: str) -> str:
        """Take the reviewed forms and mail a link to `person["email"]`; return that address.

        Nothing is registered before its button is pressed. The same forms within a minute are a double click. Other
        forms get a mail of their own, so that nobody changes what somebody else has reviewed. Raises `Refused` for
        forms that cannot be taken, `UsedTooOften`, `BadLink`, `EndedCode`.
        """
        code_id = code_of_ticket(self._desk, token)
        self.open(token)
        forms = check_forms(company=company, person=person, password="", locale=locale)
        typed = mail_address.read(forms.person["email"])
        await self._desk.database.write(lambda tx: self._request(tx, code_id, forms, typed, locale))
        return typed.email

    def _request(self, tx: Transaction, code_id: int, forms: Forms, typed: mail_address.Address, locale: str) -> None:
        code = paper_codes.get(tx, code_id)
        invitation = invitation_of(tx, code, tx.now)
        if _asked(tx, code_id, forms, typed, tx.now):
            return
        if claims.count_of(tx, code_id) >= MOST:
            raise UsedTooOften(code.issuer)
        if not asking.may_go(tx, Kind.REGISTRATION, typed.key):
            return
        claim_id = claims.insert(
            tx,
            invitation_id=invitation.id,
            paper_code_id=code_id,
            email=typed.email,
            email_key=typed.key,
            locale=locale,
            form=asdict(forms),
        )
        self._send(tx, claims.get(tx, claim_id))

    def _send(self, tx: Transaction, claim: ClaimByMail) -> None:
        customer = customers.get(tx, invitations.get(tx, claim.invitation_id).customer_id)
        known = accounts.by_email_key(tx, claim.email_key) is not None
        notify.registration(self._desk, tx, customer, claim, known=known)

    def look(self, link: Link) -> ClaimPage:
        """Return what the page behind a registration link shows; raises `BadLink`."""
        now = self._desk.clock.now()
        return self._desk.database.read(lambda reading: self._page(reading, link, now))

    def _page(self, reading: Reading | Transaction, link: Link, now: datetime) -> ClaimPage:
        claim = _claim(reading, link)
        code = paper_codes.get(reading, claim.paper_code_id)
        customer = customers.get(reading, code.customer_id)
        state = _state(reading, link, claim, code, now)
        known = accounts.by_email_key(reading, claim.email_key) is not None
        return ClaimPage(
            state=state,
            issuer=self._desk.issuer(customer.issuer),
            customer_name=customer.name,
            locale=claim.locale,
            email=claim.email,
            known_person=known,
            first_at=claim.completed_at,
            expires_at=link.signed_at + CONFIRM_LIFETIME,
            typed={**claim.form["company"], **claim.form["person"]} if state == "ready" and not known else {},
        )

    async def complete(
        self, link: Link, *, network: str, seen_at: datetime | None = None, password: str = ""
    ) -> Claimed:
        """Complete the registration, exactly once; a hundred presses at once end as one.

        `seen_at` is when the page with the button was got (None where no page was); `password` may be empty, and is
        nothing to a person who has an account. Raises `Refused` for a password that cannot be taken, `passwords.Busy`.
        """
        # Presses of one link wait for each other here, so that a hundred of them cost one Argon2id.
        async with self._queues.setdefault(link.ids[0], asyncio.Lock()):
            page, chosen = self.look(link), Forms(company={}, person={})
            if page.state == "ready" and not page.known_person:
                check_password(password, email=page.email)
                chosen = await with_password(self._passwords, chosen, password)
            press = Press(network, seen_at)
            return await self._desk.database.write(lambda tx: self._complete(tx, link, press, chosen.password_hash))

    def _complete(self, tx: Transaction, link: Link, press: Press, password_hash: str) -> Claimed:
        page, claim = self._page(tx, link, tx.now), _claim(tx, link)
        if page.state == "done" and _same_visit(tx, claim, press):
            person = accounts.person(tx, claim.person_id or 0)
            return Claimed(page=page, session_id=open_person_session(self._desk, tx, person, how="registration"))
        if page.state != "ready":
            return Claimed(page=page, session_id=None)
        code = paper_codes.get(tx, claim.paper_code_id)
        invitation = invitations.get(tx, code.invitation_id or 0)
        known = accounts.by_email_key(tx, claim.email_key)
        if known is not None:
            decide.receive(self._desk, tx, invitation, known.account_id)
        person = known or self._register(tx, claim, invitation, press, password_hash)
        claims.complete(tx, claim.id, person_id=person.id, network=press.network)
        session_id = open_person_session(self._desk, tx, person, how="registration")
        return Claimed(page=self._page(tx, link, tx.now), session_id=session_id, joined=known is not None)

    def _register(
        self, tx: Transaction, claim: ClaimByMail, invitation: Invitation, press: Press, password_hash: str
    ) -> accounts.Person:
        email = mail_address.Address(claim.email, claim.email_key)
        customer = customers.get(tx, invitation.customer_id)
        forms = replace(Forms(**claim.form), password_hash=password_hash)
        person = enrol(self._desk, tx, customer, forms, email, locale=claim.locale)
        decide.approve(self._desk, tx, invitation, person, network=press.network)
        return person

    async def renew(self, link: Link) -> ClaimPage:
        """Mail a new link where this one has expired; nothing has to be typed again."""

        def write(tx: Transaction) -> ClaimPage:
            page = self._page(tx, link, tx.now)
            if page.state != "expired":
                return page
            claim = _claim(tx, link)
            lately = tx.now - claim.requested_at <= notify.ASK_AGAIN_AFTER
            if not lately and asking.may_go(tx, Kind.REGISTRATION, claim.email_key):
                claims.asked(tx, claim.id)
                self._send(tx, claim)
            return replace(page, renewed=True)

        return await self._desk.database.write(write)


def code_of_ticket(desk: Desk, token: str) -> int:
    """Return the id of the code that a ticket was given for; raises `BadLink` where that is too long ago."""
    link = desk.links.open(token, Purpose.TICKET)
    if link.retired or desk.clock.now() - link.signed_at > TICKET_LIFETIME:
        raise BadLink("too much time has passed since the temporary ID was typed; please type it again")
    return link.ids[0]


def invitation_of(reading: Reading | Transaction, code: PaperCode, now: datetime) -> Invitation:
    """Return the invitation that a code leads to; raises `EndedCode` where it or the code works no more."""
    state = paper.ended(code, now)
    if state:
        raise EndedCode(state, code.issuer)
    invitation = invitations.get(reading, code.invitation_id or 0)
    if invitation.state is State.APPROVED:
        raise EndedCode("used", code.issuer)
    if invitation.state not in LIVE or ended(now=now, expires_at=invitation.expires_at):
        raise EndedCode("expired", code.issuer)
    return invitation


def _claim(reading: Reading | Transaction, link: Link) -> ClaimByMail:
    try:
        return claims.get(reading, link.ids[0])
    except LookupError:
        raise BadLink("this link is about nothing that we have") from None


def _state(reading: Reading | Transaction, link: Link, claim: ClaimByMail, code: PaperCode, now: datetime) -> str:
    if claim.completed_at is not None:
        return "done"
    try:
        invitation_of(reading, code, now)
    except EndedCode:
        return "superseded"
    return "expired" if link.retired or now > link.signed_at + CONFIRM_LIFETIME else "ready"


def _asked(
    reading: Reading | Transaction, code_id: int, forms: Forms, typed: mail_address.Address, now: datetime
) -> bool:
    """Tell whether the same forms were sent within a minute."""
    last = claims.last_of(reading, paper_code_id=code_id, email_key=typed.key)
    if last is None or now - last.requested_at > notify.ASK_AGAIN_AFTER:
        return False
    return (last.form.get("company"), last.form.get("person")) == (forms.company, forms.person)


def _same_visit(tx: Transaction, claim: ClaimByMail, press: Press) -> bool:
    in_time = is_same_visit(claim.completed_at, now=tx.now, seen_at=press.seen_at)
    return in_time and claim.completed_network == press.network
