"""What tests of invitations share: filled-in forms, invitations that went out, letters that were printed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from flow_office import CUSTOMER_HEAD, HOME

from mailbot.domain.outbox import Kind
from mailbot.flows.claim_letter import Claim
from mailbot.flows.invite import Invite, InvitePlan
from mailbot.flows.join import Join
from mailbot.flows.letters import Draft, Letter, Letters
from mailbot.flows.register import Register, Registered
from mailbot.flows.remind_invitations import InvitationReminders

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flow_office import Office

    from mailbot.flows.claim_letter import ClaimTicket
    from mailbot.flows.session import Session
    from mailbot.links import Link
    from mailbot.passwords import Passwords

COMPANY: Mapping[str, str] = {
    "business_class": "corporation",
    "registration_number": "Ｔ７０００-０１２０-５０００２",
    "name": "株式会社さくら工業",
    "kana": "ｻｸﾗｺｳｷﾞｮｳ",
    "postal_code": "1000001",
    "postal_address": "東京都千代田区千代田1-1",
    "phone": "03-1234-5678",
}
PERSON: Mapping[str, str] = {"person_name": "山田 太郎", "department": "経理課", "email": ""}
WORD = "correct horse battery"


@dataclass(frozen=True, slots=True)
class Desks:
    """The flows of invitations at one office."""

    office: Office
    passwords: Passwords

    @property
    def invite(self) -> Invite:
        return Invite(self.office.desk)

    @property
    def letters(self) -> Letters:
        return Letters(self.office.desk)

    @property
    def register(self) -> Register:
        return Register(self.office.desk, self.passwords)

    @property
    def claim(self) -> Claim:
        return Claim(self.office.desk, self.passwords)

    @property
    def join(self) -> Join:
        return Join(self.office.desk)

    async def mail(
        self, *codes: str, issuer: str = "minato", again: bool = False, all_of_them: bool = False
    ) -> InvitePlan:
        """Invite customers without sending yet."""
        plan = self.invite.plan(issuer, None if all_of_them else codes, again=again)
        return await self.invite.mail(plan)

    async def invited(self, code: str, email: str, *, issuer: str = "minato", again: bool = False) -> Link:
        """Put a customer on file where there is none, invite it, send that, and return the link."""
        if not self.office.value("SELECT count(*) FROM customers WHERE code = ? AND issuer = ?", code, issuer):
            await self.office.customers(f"{code},株式会社{code},{email},mail", issuer=issuer)
        done = await self.mail(code, issuer=issuer, again=again)
        assert [row.email for row in done.rows] == [email], done
        sent = [each for each in await self.office.post() if each.kind == Kind.INVITATION]
        return self.office.mailed(sent[-1])

    async def complete(self, link: Link, *, network: str = HOME, password: str = "", **person: str) -> Registered:
        """Fill the forms in and register."""
        return await self.register.complete(
            link, company=COMPANY, person={**PERSON, **person}, password=password, network=network
        )

    async def registered(self, code: str, email: str, *, issuer: str = "minato") -> Session:
        """Invite, register and return the session that this opens."""
        done = await self.complete(await self.invited(code, email, issuer=issuer))
        return self.session(done.session_id)

    def session(self, session_id: int | None) -> Session:
        """Return a live session."""
        assert session_id is not None
        found = self.office.sign_in.session(self.office.sign_in.cookie(session_id))
        assert found is not None
        return found

    async def draft(self, *codes: str, issuer: str = "minato", reissue: bool = False) -> Draft:
        """Draw codes for letters."""
        return await self.letters.draw(issuer, codes or None, reissue=reissue)

    async def letter(self, code: str, *, issuer: str = "minato", reissue: bool = False) -> Letter:
        """Put a customer on file where there is none, print its letter, and return that."""
        if not self.office.value("SELECT count(*) FROM customers WHERE code = ? AND issuer = ?", code, issuer):
            row = f"{code},株式会社{code},,letter,100-0001,東京都千代田区千代田1-1"
            await self.office.customers(row, issuer=issuer, head=f"{CUSTOMER_HEAD},postal_code,address")
        draft = await self.draft(code, issuer=issuer, reissue=reissue)
        await self.letters.printed(draft)
        (letter,) = draft.letters
        return letter

    async def ticket(self, letter: Letter, email: str, *, network: str = HOME) -> ClaimTicket:
        """Type what stands on a letter."""
        return await self.claim.check(email, letter.paper_id, letter.password, network=network)

    async def claimed(self, letter: Letter, email: str) -> Link:
        """Type what stands on a letter, fill the forms in, and return the link of the mail that comes."""
        ticket = await self.ticket(letter, email)
        await self.ask(ticket.token, email)
        return self.office.mailed([each for each in await self.office.post() if each.kind == Kind.REGISTRATION][-1])

    async def ask(self, token: str, email: str, *, name: str = "山田 太郎") -> str:
        """Send the reviewed forms of a claim."""
        person = {**PERSON, "email": email, "person_name": name}
        return await self.claim.request(token, company=COMPANY, person=person, locale="ja")

    async def sweep(self) -> None:
        """Do what is due of invitations."""
        while await InvitationReminders(self.office.desk).step():
            pass

    def states(self) -> list[str]:
        """Return the states of all invitations, the oldest first."""
        return [state for (state,) in self.office.rows("SELECT state FROM invitations ORDER BY id")]

    def customer(self, code: str, *, issuer: str = "minato") -> str:
        """Return a customer's status."""
        return str(self.office.value("SELECT status FROM customers WHERE code = ? AND issuer = ?", code, issuer))
