"""The list of received invitations: approving, declining, adding one by a letter.

Owns which invitations a session may see and decide. A person sees what the account received and what was mailed to the
person's own address, of any issuer. A session that an invitation's link opened sees and decides that one alone; of the
others it is told who invites and where that stands, and nothing more.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from mailbot.domain.invitation import LIVE, UNANSWERED, State, ended
from mailbot.errors import Refused
from mailbot.flows import decide, paper
from mailbot.flows.claim_letter import code_of_ticket, invitation_of
from mailbot.flows.session import BY_INVITATION
from mailbot.pepper import Pepper
from mailbot.store import accounts, addresses, customers, invitations, paper_codes

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from mailbot.domain.policy import Issuer
    from mailbot.flows.desk import Desk
    from mailbot.flows.session import Session
    from mailbot.store.accounts import Person
    from mailbot.store.database import Reading, Transaction
    from mailbot.store.invitations import Invitation
    from mailbot.store.paper_codes import PaperCode


@dataclass(frozen=True, slots=True, kw_only=True)
class InvitationView:
    """One line of the list."""

    id: int
    issuer: Issuer
    customer_code: str
    customer_name: str
    state: State
    decided_at: datetime | None
    expires_at: datetime
    decidable: bool
    """True where it may be approved (or declined) now; an approval is final."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherView:
    """One line of the list about an invitation that this session may not decide."""

    issuer_name: str
    state: State


class Join:
    """Lists and decides invitations in a session."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._pepper = Pepper.beside(desk.links.keyring)

    def listing(self, session: Session) -> list[InvitationView]:
        """Return what the session may see: undecided ones first, then the newest."""
        now = self._desk.clock.now()
        return self._desk.database.read(lambda reading: self._views(reading, session, now))

    def _views(self, reading: Reading | Transaction, session: Session, now: datetime) -> list[InvitationView]:
        found = self._received(reading, session, _person(reading, session))
        views = [self._view(reading, each, now) for each in found]
        return sorted(views, key=lambda view: (not (view.decidable and view.state in UNANSWERED), -view.id))

    def others(self, session: Session) -> list[OtherView]:
        """Return what a session that an invitation's link opened is told of the person's other invitations.

        Undecided ones come first, then the newest. Nothing in any other session: it decides all, or knows of no other.
        """
        now = self._desk.clock.now()
        return self._desk.database.read(lambda reading: self._others(reading, session, now))

    def _others(self, reading: Reading, session: Session, now: datetime) -> list[OtherView]:
        person = _person(reading, session)
        if session.how != BY_INVITATION or person is None:
            return []
        here = {each.id for each in self._received(reading, session, person)}
        found = [(each, _state(each, now)) for each in self._of_person(reading, person) if each.id not in here]
        found.sort(key=lambda pair: (pair[1] not in UNANSWERED, -pair[0].id))
        return [OtherView(issuer_name=self._desk.issuer(each.issuer).name, state=state) for each, state in found]

    def _of_person(self, reading: Reading | Transaction, person: Person) -> list[Invitation]:
        mailed = invitations.mailed_to(reading, person.email_key, tuple(self._desk.issuers))
        found = [*invitations.of_account(reading, person.account_id), *mailed]
        return [each for each in found if each.issuer in self._desk.issuers]

    def _received(self, reading: Reading | Transaction, session: Session, person: Person | None) -> list[Invitation]:
        if person is None:
            return []
        if session.person_id is not None:
            return self._of_person(reading, person)
        one = invitations.current(reading, session.customer_id or session.invited_id)
        mailed_here = one is not None and one.address_id == session.address_id
        return [one] if one is not None and mailed_here and one.account_id in {None, person.account_id} else []

    def _view(self, reading: Reading | Transaction, invitation: Invitation, now: datetime) -> InvitationView:
        customer, state = customers.get(reading, invitation.customer_id), _state(invitation, now)
        return InvitationView(
            id=invitation.id,
            issuer=self._desk.issuer(invitation.issuer),
            customer_code=customer.code,
            customer_name=customer.name,
            state=state,
            decided_at=invitation.decided_at,
            expires_at=invitation.expires_at,
            decidable=state in LIVE,
        )

    async def decide(
        self, session: Session, decisions: Mapping[int, str], *, network: str, reason: str = ""
    ) -> list[InvitationView]:
        """Approve or decline (`approve`, `decline`) in one transaction, all or none, and return the list after it.

        Saying the same again changes nothing. Raises `Refused` for an invitation that this session may not decide,
        and for a step that there is not: an approval is final.
        """

        def write(tx: Transaction) -> list[InvitationView]:
            person = _person(tx, session)
            known = {each.id: each for each in self._received(tx, session, person)}
            for invitation_id, word in decisions.items():
                if person is None or invitation_id not in known:
                    raise Refused("this session may not decide that invitation")
                self._decide(tx, known[invitation_id], person, word, network=network, reason=reason)
            return self._views(tx, session, tx.now)

        return await self._desk.database.write(write)

    def _decide(
        self, tx: Transaction, invitation: Invitation, person: Person, word: str, *, network: str, reason: str
    ) -> None:
        if word not in {"approve", "decline"}:
            raise Refused(f"{word!r} is no decision; it is approve or decline")
        if (word, invitation.state) == ("approve", State.APPROVED):
            return
        if invitation.account_id is None:
            decide.receive(self._desk, tx, invitation, person.account_id)
            invitation = invitations.get(tx, invitation.id)
        if word == "approve":
            decide.approve(self._desk, tx, invitation, person, network=network)
            return
        by = person.email
        decide.decline(self._desk, tx, invitation, person=person, by=by, reason=reason.strip(), network=network)

    async def add_paper(self, session: Session, paper_id: str, password: str, *, network: str) -> InvitationView:
        """Put the invitation of a letter into the list of the account that is signed in.

        Raises `Locked`, `WrongCode` and `EndedCode` as `Claim.check` does, `Refused` without an account.
        """
        account_id = session.account_id
        if account_id is None:
            raise Refused("sign in with your account to add an invitation")
        typed = paper.Typed(paper_id, password)
        judge = partial(paper.judge, self._desk, typed=typed, pepper=self._pepper, network=network)
        code = (await self._desk.database.write(judge)).right()
        return await self._desk.database.write(lambda tx: self._receive(tx, code, account_id))

    async def add_ticket(self, session: Session, token: str) -> InvitationView:
        """Do the same for somebody who typed the pair before signing in, and brings the ticket of `Claim.check`.

        Raises `BadLink` where the ticket has expired, `EndedCode`, `Refused` without an account.
        """
        account_id = session.account_id
        if account_id is None:
            raise Refused("sign in with your account to add an invitation")
        code_id = code_of_ticket(self._desk, token)
        return await self._desk.database.write(lambda tx: self._receive(tx, paper_codes.get(tx, code_id), account_id))

    def _receive(self, tx: Transaction, code: PaperCode, account_id: int) -> InvitationView:
        invitation = invitation_of(tx, code, tx.now)
        decide.receive(self._desk, tx, invitation, account_id)
        return self._view(tx, invitations.get(tx, invitation.id), tx.now)


def _state(invitation: Invitation, now: datetime) -> State:
    """Return where an invitation stands now, though no sweep may have written so yet."""
    over = invitation.state in LIVE and ended(now=now, expires_at=invitation.expires_at)
    return State.EXPIRED if over else invitation.state


def _person(reading: Reading | Transaction, session: Session) -> Person | None:
    """Return on whose behalf a session decides: its person, or whoever has the address that opened it."""
    if session.person_id is not None:
        return accounts.person(reading, session.person_id)
    if session.address_id is None:
        return None
    return accounts.by_email_key(reading, addresses.get(reading, session.address_id).email_key)
