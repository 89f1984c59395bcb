"""Random orders of commands, clicks and days: what must hold after every one of them."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from flow_invited import COMPANY, PERSON, Desks
from flow_office import HOME, Office
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from mailbot.domain.policy import Rules
from mailbot.errors import MailbotError
from mailbot.flows.addresses import Addresses
from mailbot.flows.credentials import SignInWays
from mailbot.flows.session import open_person_session
from mailbot.links import Link, Purpose
from mailbot.passwords import Passwords
from mailbot.store import accounts

if TYPE_CHECKING:
    from collections.abc import Coroutine
    from typing import Any

    from mailbot.flows.letters import Letter
    from mailbot.flows.session import Session

T = TypeVar("T")

ISSUERS = ("minato", "harbour")
INTRUDER = "d@forwarded.example"
"""Typed only by those whose invitation is not approved."""

EMAILS = ("a@sakura.example", "b@sakura.example", "c@momiji.example")
CUSTOMERS = [(issuer, f"{issuer[0].upper()}-{n}") for issuer in ISSUERS for n in (1, 2)]

ANY_CUSTOMER = st.sampled_from(CUSTOMERS)
ANY_EMAIL = st.sampled_from(EMAILS)
ANY = st.integers(0, 1_000)


class Invitations(RuleBasedStateMachine):
    """One office with two issuers, four customers, three mailboxes between them, and nobody who waits their turn."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory(prefix="mailbot-machine-")
        self.office = Office(Path(self.folder.name), rules=Rules(base_url="https://bill.example"))
        self.passwords = Passwords()
        self.desks = Desks(self.office, self.passwords)
        self.loop = asyncio.new_event_loop()
        self.letters: list[tuple[str, Letter]] = []
        self.mailed: list[Link] = []
        self.approved: set[int] = set()
        self.spent: set[str] = set()
        self.number = 0

    def teardown(self) -> None:
        self.loop.close()
        self.passwords.close()
        self.office.database.close()
        self.folder.cleanup()

    def run(self, work: Coroutine[Any, Any, T]) -> T | None:
        """Do something that may be refused, as much of all this is."""
        try:
            return self.loop.run_until_complete(work)
        except MailbotError:
            return None

    @initialize()
    def open(self) -> None:
        for n, (issuer, code) in enumerate(CUSTOMERS):
            email = EMAILS[n % len(EMAILS)]
            self.run(self.office.customers(f"{code},株式会社{code},{email},mail", issuer=issuer))

    # What the issuers do.

    @rule(who=ANY_CUSTOMER, again=st.booleans())
    def invite(self, who: tuple[str, str], *, again: bool) -> None:
        issuer, code = who
        self.run(self.desks.mail(code, issuer=issuer, again=again))

    @rule(who=ANY_CUSTOMER, reissue=st.booleans(), printed=st.booleans())
    def print_letter(self, who: tuple[str, str], *, reissue: bool, printed: bool) -> None:
        issuer, code = who
        draft = self.run(self.desks.draft(code, issuer=issuer, reissue=reissue))
        if draft is None:
            return
        self.run(self.desks.letters.printed(draft) if printed else self.desks.letters.discard(draft))
        self.letters += [(issuer, letter) for letter in draft.letters]

    @rule(who=ANY_CUSTOMER)
    def issue(self, who: tuple[str, str]) -> None:
        self.number += 1
        issuer, code = who
        self.run(self.office.issued(code, f"{issuer}-{self.number}", issuer=issuer, sent=False))

    @rule()
    def post(self) -> None:
        for envelope in self.run(self.office.post()) or []:
            if envelope.kind in {"invitation", "registration", "confirm", "proof"}:
                self.mailed.append(self.office.mailed(envelope))

    @rule(minutes=st.sampled_from([1, 2, 31, 60 * 24, 60 * 24 * 4, 60 * 24 * 61]))
    def wait(self, minutes: int) -> None:
        self.office.clock.advance(minutes=minutes)
        self.run(self.desks.sweep())
        self.run(self.office.sweep())

    # What people do, with any link or letter that ever was.

    @precondition(lambda self: self.mailed)
    @rule(n=ANY, deed=st.sampled_from(["press", "decline", "enter", "renew", "twice"]))
    def click(self, n: int, deed: str) -> None:
        link, desks = self.mailed[n % len(self.mailed)], self.desks
        if link.purpose is Purpose.REGISTRATION:
            claim = desks.claim
            self.run(claim.renew(link) if deed == "renew" else claim.complete(link, network=HOME))
        elif link.purpose is not Purpose.INVITATION:
            confirm = self.office.confirm
            self.run(confirm.renew(link) if deed == "renew" else confirm.act(link, network=HOME))
        elif deed == "decline":
            self.run(desks.register.decline(link, reason="", network=HOME))
        elif deed == "enter":
            self.decide(self.run(desks.register.enter(link, network=HOME)), n)
        elif deed == "renew":
            self.run(desks.register.renew(link))
        else:
            self.run(self.presses(link, 2 if deed == "twice" else 1))

    async def presses(self, link: Link, count: int) -> None:
        register = self.desks.register
        work = (
            register.complete(link, company=COMPANY, person=PERSON, password="", network=HOME) for _ in range(count)
        )
        await asyncio.gather(*work)

    def decide(self, entered: Any, n: int) -> None:  # noqa: ANN401 - a Registered, or None
        if entered is not None and entered.session_id is not None:
            session = self.desks.session(entered.session_id)
            if session.person_id is None:
                assert (session.customer_id, session.customers) == (0, ()), "it sees a customer before the approval"
                self.run(self.office.confirm.add(session, INTRUDER))
            self.decide_in(session, n)

    def decide_in(self, session: Session, n: int) -> None:
        for view in self.desks.join.listing(session):
            word = "approve" if n % 3 else "decline"
            self.run(self.desks.join.decide(session, {view.id: word}, network=HOME))

    @precondition(lambda self: self.letters)
    @rule(n=ANY, email=ANY_EMAIL)
    def claim(self, n: int, email: str) -> None:
        _, letter = self.letters[n % len(self.letters)]
        ticket = self.run(self.desks.ticket(letter, email, network=str(n)))
        if ticket is not None:
            assert letter.paper_id not in self.spent, "a code worked twice"
            self.run(self.desks.ask(ticket.token, email))

    @precondition(lambda self: self.letters)
    @rule(n=ANY, email=ANY_EMAIL)
    def sign_in_by_letter(self, n: int, email: str) -> None:
        issuer, letter = self.letters[n % len(self.letters)]
        ways = SignInWays(self.office.desk, self.passwords)
        entered = self.run(ways.by_letter(issuer, letter.customer.code, letter.password, network=str(n)))
        if entered is not None:
            assert letter.paper_id not in self.spent, "a code worked twice"
            self.run(self.office.confirm.add(self.desks.session(entered), email))

    @rule(n=ANY, email=ANY_EMAIL)
    def sign_in_and_decide(self, n: int, email: str) -> None:
        person = self.office.database.read(lambda reading: accounts.by_email_key(reading, email))
        if person is None:
            return
        session = self.desks.session(
            self.office.database.write_now(lambda tx: open_person_session(self.office.desk, tx, person, how="password"))
        )
        if self.letters and n % 2:
            _, letter = self.letters[n % len(self.letters)]
            added = self.run(self.desks.join.add_paper(session, letter.paper_id, letter.password, network=str(n)))
            assert added is None or letter.paper_id not in self.spent, "a code worked twice"
        self.decide_in(session, n)
        if session.customer_id:
            self.run(self.office.confirm.add(session, EMAILS[n % len(EMAILS)]))
            self.run(Addresses(self.office.desk).remove(session, EMAILS[n % len(EMAILS)]))

    # What must hold.

    @invariant()
    def an_approval_never_ends(self) -> None:
        now = {row[0] for row in self.office.rows("SELECT id FROM invitations WHERE state = 'approved'")}
        assert self.approved <= now
        self.approved = now
        wrong = (
            "SELECT count(*) FROM invitations v JOIN customers c ON c.id = v.customer_id WHERE v.state = 'approved'"
            " AND (c.status <> 'approved' OR v.account_id IS NULL OR v.person_id IS NULL OR v.remind_at IS NOT NULL)"
        )
        assert self.office.value(wrong) == 0

    @invariant()
    def a_customer_has_one_invitation_that_counts(self) -> None:
        many = (
            "SELECT count(*) FROM (SELECT 1 FROM invitations WHERE state <> 'superseded'"
            " GROUP BY customer_id HAVING count(*) > 1)"
        )
        assert self.office.value(many) == 0

    @invariant()
    def no_address_gets_invoices_before_it_was_confirmed(self) -> None:
        early = (
            "SELECT count(*) FROM outbox o JOIN addresses a ON a.id = o.address_id"
            " WHERE o.kind IN ('notice', 'reminder') AND (a.confirmed_at IS NULL OR o.created_at < a.confirmed_at)"
            " AND NOT EXISTS (SELECT 1 FROM ledger l WHERE l.fact = 'address.confirmed'"
            " AND l.subject = 'address:' || a.id AND l.at <= o.created_at)"
        )
        assert self.office.value(early) == 0

    @invariant()
    def what_was_typed_before_an_approval_gets_no_invoice(self) -> None:
        told = "SELECT count(*) FROM outbox WHERE email = ? AND kind IN ('notice', 'reminder')"
        assert self.office.value(told, INTRUDER) == 0

    @invariant()
    def a_letter_that_ended_opens_nothing(self) -> None:
        """No session of a letter goes on after its code, save the one in which that was used up."""
        opened = (
            "SELECT s.id FROM sessions s JOIN paper_codes p ON p.id = s.paper_code_id WHERE s.how = 'letter'"
            " AND (p.state = 'replaced' OR (p.state = 'used' AND p.used_in IS NOT s.id))"
        )
        sign_in = self.office.sign_in
        assert [sign_in.session(sign_in.cookie(row[0])) for row in self.office.rows(opened)] == [
            None for _ in self.office.rows(opened)
        ]
        left = (
            "SELECT count(*) FROM addresses a JOIN sessions s ON s.id = a.typed_in JOIN paper_codes p"
            " ON p.id = s.paper_code_id WHERE a.status = 'pending' AND p.state = 'replaced'"
        )
        assert self.office.value(left) == 0

    @invariant()
    def issuers_are_isolated(self) -> None:
        mixed = (
            "outbox o JOIN customers c ON c.id = o.customer_id WHERE o.issuer <> c.issuer",
            "outbox o JOIN addresses a ON a.id = o.address_id WHERE o.customer_id <> a.customer_id",
            "addresses a JOIN customers c ON c.id = a.customer_id WHERE a.issuer <> c.issuer",
            "invitations v JOIN customers c ON c.id = v.customer_id WHERE v.issuer <> c.issuer",
            "paper_codes p JOIN invitations v ON v.id = p.invitation_id WHERE p.customer_id <> v.customer_id",
        )
        assert [self.office.value(f"SELECT count(*) FROM {each}") for each in mixed] == [0] * len(mixed)

    @invariant()
    def a_person_is_one_and_proved_the_address(self) -> None:
        persons = self.office.rows("SELECT count(*) FROM persons GROUP BY email_key")
        assert {count for (count,) in persons} <= {1}
        assert self.office.value("SELECT count(*) FROM accounts") == self.office.value("SELECT count(*) FROM persons")
        lost = (
            "SELECT count(*) FROM persons p WHERE NOT EXISTS (SELECT 1 FROM ledger l JOIN addresses a"
            " ON l.subject = 'address:' || a.id WHERE l.fact = 'address.confirmed' AND a.email_key = p.email_key)"
        )
        assert self.office.value(lost) == 0

    @invariant()
    def a_code_that_ended_stays_dead(self) -> None:
        now = {
            row[0] for row in self.office.rows("SELECT paper_id FROM paper_codes WHERE state IN ('used', 'replaced')")
        }
        assert self.spent <= now
        self.spent = now
        live = "SELECT count(*) FROM paper_codes WHERE state = 'live' GROUP BY customer_id"
        assert {count for (count,) in self.office.rows(live)} <= {1}

    @invariant()
    def every_row_that_a_sweep_awaits_can_still_change(self) -> None:
        assert self.office.facts.of("row.failed") == []
        awaited = self.office.rows("SELECT state FROM invitations WHERE remind_at IS NOT NULL")
        assert {state for (state,) in awaited} <= {"sent", "received", "declined"}


Invitations.TestCase.settings = settings(
    max_examples=20, stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True
)
TestInvitations = Invitations.TestCase
