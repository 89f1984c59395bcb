"""Registering behind a mailed invitation: exactly once, without a second mail, and for good."""

from __future__ import annotations

import asyncio
from itertools import product
from typing import TYPE_CHECKING

import pytest
from flow_invited import COMPANY, PERSON, WORD
from flow_office import ELSEWHERE, HOME, text

from mailbot.domain.invitation import LIVE, STEPS, Event, State, advance
from mailbot.errors import BadLink, IllegalTransition, Refused
from mailbot.flows import decide
from mailbot.links import Purpose
from mailbot.store import accounts, invitations

if TYPE_CHECKING:
    from flow_invited import Desks
    from flow_office import Office

    from mailbot.store.database import Transaction

EMAIL = "keiri@sakura.example"


@pytest.mark.parametrize(("state", "event"), sorted(product(State, Event)))
def test_every_order_of_events_is_a_step_or_an_error(state: State, event: Event) -> None:
    if (state, event) in STEPS:
        assert advance(state, event) is STEPS[state, event]
    else:
        with pytest.raises(IllegalTransition):
            advance(state, event)


def test_nothing_leads_out_of_an_approval_and_only_what_lives_leads_there() -> None:
    assert [event for state, event in STEPS if state is State.APPROVED] == []
    assert {state for (state, event), to in STEPS.items() if to is State.APPROVED} == LIVE


async def test_looking_says_what_a_press_would_do_and_changes_nothing(office: Office, desks: Desks) -> None:
    link = await desks.invited("C-1", EMAIL)
    before = office.everything()
    page = desks.register.look(link)
    assert (page.state, page.email, page.known_person, page.first_at) == ("ready", EMAIL, False, None)
    assert (page.customer.code, page.issuer.code, page.locale) == ("C-1", "minato", "ja")
    assert office.everything() == before


async def test_registering_does_all_of_it_without_a_second_mail(office: Office, desks: Desks) -> None:
    link = await desks.invited("C-1", EMAIL)
    await office.issued("C-1", "A-1", "A-2")
    assert office.status("A-1") == "waiting"
    done = await desks.complete(link, password=WORD)
    assert (done.page.state, done.page.first_at, done.joined) == ("done", office.clock.now(), False)
    session = desks.session(done.session_id)
    assert (session.email, session.customer_code, session.how) == (EMAIL, "C-1", "registration")
    assert [each.code for each in session.customers] == ["C-1"]
    assert office.rows("SELECT name, kana, registration_number, phone FROM accounts") == [
        ("株式会社さくら工業", "サクラコウギョウ", "T7000012050002", "03-1234-5678")
    ]
    assert office.rows("SELECT name, department, email, locale FROM persons") == [("山田 太郎", "経理課", EMAIL, "ja")]
    assert office.value("SELECT password_hash FROM persons").startswith("$argon2id$")
    assert (desks.states(), desks.customer("C-1")) == (["approved"], "approved")
    assert office.rows("SELECT status, is_default FROM addresses") == [("confirmed", 1)]
    assert (office.status("A-1"), office.status("A-2")) == ("open", "open")
    sent = await office.post()
    assert sorted(mail.kind for mail in sent) == ["approval", "notice"]
    for fact in ("account.registered", "invitation.approved", "address.confirmed", "session.opened"):
        assert office.ledger(fact) == 1, fact


async def test_staff_hears_of_an_approval(office: Office, desks: Desks) -> None:
    await desks.registered("C-1", EMAIL, issuer="harbour")
    mails = [mail for mail in await office.post() if mail.kind == "approval"]
    assert sorted(mail.recipient for mail in mails) == ["desk@harbour.example", "lead@harbour.example"]
    assert "山田 太郎" in text(mails[0])


async def test_a_hundred_presses_at_once_are_one(office: Office, desks: Desks) -> None:
    link = await desks.invited("C-1", EMAIL)
    register = desks.register
    presses = (register.complete(link, company=COMPANY, person=PERSON, password=WORD, network=HOME) for _ in range(100))
    done = await asyncio.gather(*presses)
    assert {(each.page.state, each.page.first_at) for each in done} == {("done", office.clock.now())}
    assert all(each.session_id for each in done)
    assert (office.value("SELECT count(*) FROM accounts"), office.value("SELECT count(*) FROM persons")) == (1, 1)
    assert (office.ledger("invitation.approved"), len(office.mails("approval"))) == (1, 1)


async def test_two_processes_that_register_at_once_make_one_account(office: Office, desks: Desks) -> None:
    link = await desks.invited("C-1", EMAIL)
    done = await asyncio.gather(*(desks.complete(link) for _ in range(20)))  # each with a flow of its own
    assert [each.joined for each in done] == [False] * 20
    assert office.value("SELECT count(*) FROM accounts") == 1


async def test_later_and_from_elsewhere_the_link_opens_nothing(office: Office, desks: Desks) -> None:
    link = await desks.invited("C-1", EMAIL)
    first = (await desks.complete(link)).page.first_at
    office.clock.advance(minutes=5)
    assert (await desks.complete(link)).session_id is not None
    assert (await desks.complete(link, network=ELSEWHERE)).session_id is None
    office.clock.advance(minutes=6)
    late = await desks.complete(link)
    assert (late.page.state, late.page.first_at, late.session_id) == ("done", first, None)
    assert (await desks.register.enter(link, network=HOME)).session_id is None
    assert (await desks.register.decline(link, reason="", network=HOME)).state == "done"
    assert (await desks.register.renew(link)).renewed is False
    assert desks.states() == ["approved"]


async def test_an_address_that_has_an_account_is_led_to_its_list(desks: Desks) -> None:
    await desks.registered("C-1", EMAIL)
    link = await desks.invited("H-1", EMAIL, issuer="harbour")
    assert desks.register.look(link).known_person
    entered = await desks.register.enter(link, network=HOME)
    assert (entered.joined, desks.states()) == (True, ["approved", "sent"])
    session = desks.session(entered.session_id)
    assert (session.customers, session.customer_id, session.person_id) == ((), 0, None), "nothing of the customer yet"
    assert [view.issuer.code for view in desks.join.listing(session)] == ["harbour"]


async def test_that_press_moves_nothing_but_the_session(office: Office, desks: Desks) -> None:
    await desks.registered("C-1", EMAIL)
    link = await desks.invited("H-1", EMAIL, issuer="harbour")
    before = office.everything()
    for _ in range(3):
        await desks.register.enter(link, network=HOME)
    changed = {name for name, rows in office.everything().items() if rows != before[name]}
    assert changed == {"sessions", "ledger", "ledger_details", "sqlite_sequence"} & {*before}
    assert (desks.customer("H-1", issuer="harbour"), office.ledger("invitation.received")) == ("invited", 0)


async def test_registering_where_an_account_came_up_meanwhile_joins_it(office: Office, desks: Desks) -> None:
    one = await desks.invited("C-1", EMAIL)
    two = await desks.invited("H-1", EMAIL, issuer="harbour")
    done = await asyncio.gather(
        desks.complete(one, person_name="一郎"), desks.complete(two, person_name="二郎", password=WORD)
    )
    assert sorted(each.joined for each in done) == [False, True]
    assert office.value("SELECT count(*) FROM accounts") == 1
    assert desks.states() == ["approved", "approved"]
    assert office.rows("SELECT DISTINCT account_id FROM invitations") == [(1,)]
    joined = next(each for each in done if each.joined)
    session = desks.session(joined.session_id)
    assert (session.person_id, len(session.customers)) == (None, 1)


async def test_another_address_that_was_typed_has_to_prove_itself(office: Office, desks: Desks) -> None:
    link = await desks.invited("C-1", EMAIL)
    await desks.complete(link, email="Taro@sakura.example")
    assert office.rows("SELECT email, status FROM addresses ORDER BY id") == [
        (EMAIL, "confirmed"),
        ("Taro@sakura.example", "pending"),
    ]
    assert office.rows("SELECT email FROM persons") == [(EMAIL,)]
    assert office.mail("confirm").email == "Taro@sakura.example"


async def test_declining_is_told_once_and_may_become_an_approval(office: Office, desks: Desks) -> None:
    link = await desks.invited("C-1", EMAIL)
    page = await desks.register.decline(link, reason=" 紙で受け取りたいため ", network=HOME)
    assert (page.state, page.first_at) == ("declined", office.clock.now())
    assert (await desks.register.decline(link, reason="また", network=HOME)).state == "declined"
    (mail,) = await office.post()
    assert (mail.kind, mail.recipient) == ("decline", "keiri@minato.example")
    assert "紙で受け取りたいため" in text(mail)
    assert (desks.customer("C-1"), office.rows("SELECT status FROM addresses")) == ("declined", [("pending",)])
    office.clock.advance(days=50)
    await desks.complete(link)
    assert (desks.states(), desks.customer("C-1")) == (["approved"], "approved")
    assert (office.ledger("invitation.declined"), office.ledger("invitation.approved")) == (1, 1)


async def test_a_decline_of_a_dead_invitation_cannot_become_an_approval(office: Office, desks: Desks) -> None:
    link = await desks.invited("C-1", EMAIL)
    await desks.register.decline(link, reason="", network=HOME)
    office.clock.advance(days=61)
    assert desks.register.look(link).state == "expired"
    assert (await desks.complete(link)).session_id is None
    assert desks.states() == ["declined"]


async def test_an_expired_link_offers_a_new_one_once_a_minute(office: Office, desks: Desks) -> None:
    old = await desks.invited("C-1", EMAIL)
    assert (await desks.register.renew(old)).renewed is False
    office.clock.go("2027-01-19T14:59:59Z")
    assert desks.register.look(old).state == "expired", "with the last second of the day that the mail names"
    assert [(await desks.register.renew(old)).renewed for _ in range(3)] == [True, True, True]
    (envelope,) = [mail for mail in await office.post() if mail.kind == "invitation"]
    new = office.mailed(envelope)
    assert (desks.register.look(old).state, desks.register.look(new).state) == ("superseded", "ready")
    office.clock.advance(hours=1)
    assert (await desks.register.renew(old)).renewed is False


async def test_a_link_of_a_retired_key_only_offers_a_new_one(office: Office, desks: Desks) -> None:
    old = await desks.invited("C-1", EMAIL)
    office.clock.advance(hours=1)
    office.keyring.rotate(now=office.clock.now())
    office.keyring.retire(old.key)
    token = office.link(Purpose.INVITATION, *old.ids, at=old.signed_at, key=old.key)
    assert desks.register.look(token).state == "expired"
    assert (await desks.complete(token)).session_id is None
    assert (await desks.register.renew(token)).renewed


async def test_links_to_nothing_are_refused(office: Office, desks: Desks) -> None:
    await desks.letter("C-1")  # an invitation that was never mailed
    for ids in ((99, 1), (1, 1)):
        with pytest.raises(BadLink):
            desks.register.look(office.link(Purpose.INVITATION, *ids))


@pytest.mark.parametrize(
    ("company", "person", "password"),
    [
        ({"business_class": ""}, {}, ""),
        ({"registration_number": "T7000012050003"}, {}, ""),
        ({"name": ""}, {}, ""),
        ({}, {"person_name": " "}, ""),
        ({}, {"email": "nobody"}, ""),
        ({}, {}, "short"),
        ({}, {}, EMAIL),
    ],
)
async def test_forms_that_cannot_be_taken_change_nothing(
    office: Office, desks: Desks, company: dict[str, str], person: dict[str, str], password: str
) -> None:
    link = await desks.invited("C-1", EMAIL)
    before = office.everything()
    with pytest.raises(Refused):
        await desks.register.complete(
            link, company={**COMPANY, **company}, person={**PERSON, **person}, password=password, network=HOME
        )
    assert office.everything() == before


async def test_what_fails_at_the_end_leaves_nothing_behind(office: Office, desks: Desks) -> None:
    link = await desks.invited("C-1", EMAIL)
    office.execute("CREATE TRIGGER full BEFORE INSERT ON sessions BEGIN SELECT RAISE(ABORT, 'no'); END")
    before = office.everything()
    with pytest.raises(Exception, match="no"):
        await desks.complete(link)
    assert office.everything() == before


@pytest.mark.parametrize("state", sorted(set(State) - LIVE))
async def test_what_is_over_cannot_be_answered_in_any_way(office: Office, desks: Desks, state: State) -> None:
    session = await desks.registered("C-1", EMAIL)
    await desks.invited("H-1", "a@b.example", issuer="harbour")
    office.execute("UPDATE invitations SET state = ? WHERE id = 2", state)

    def attempt(what: str) -> None:
        def write(tx: Transaction) -> None:
            invitation, person = invitations.get(tx, 2), accounts.person(tx, session.person_id or 0)
            if what == "approve":
                decide.approve(office.desk, tx, invitation, person, network=HOME)
            elif what == "decline":
                decide.decline(office.desk, tx, invitation, person=person, by="x", reason="", network=HOME)
            else:
                decide.receive(office.desk, tx, invitation, person.account_id)

        office.database.write_now(write)

    before = office.everything()
    for what in ("approve", "decline", "receive"):
        with pytest.raises(IllegalTransition):
            attempt(what)
    assert office.everything() == before


async def test_an_address_that_was_taken_off_or_given_up_comes_back_with_the_approval(
    office: Office, desks: Desks
) -> None:
    await desks.registered("C-1", EMAIL)
    link = await desks.invited("H-1", EMAIL, issuer="harbour")
    entered = desks.session((await desks.register.enter(link, network=HOME)).session_id)
    office.execute("UPDATE addresses SET status = 'undeliverable' WHERE issuer = 'harbour'")
    await desks.join.decide(entered, {2: "approve"}, network=HOME)
    assert office.rows("SELECT status, is_default FROM addresses WHERE issuer = 'harbour'") == [("confirmed", 1)]


async def test_the_default_address_hears_who_is_connected(office: Office, desks: Desks) -> None:
    await office.customer("C-1", "boss@sakura.example", EMAIL)
    await office.post()
    office.execute("UPDATE addresses SET is_default = (email = 'boss@sakura.example')")
    session = await desks.registered("C-2", EMAIL)
    letter = await desks.letter("C-1")
    view = await desks.join.add_paper(session, letter.paper_id, letter.password, network=HOME)
    await desks.join.decide(session, {view.id: "approve"}, network=HOME)
    assert [mail.email for mail in office.mails("change")] == ["boss@sakura.example"]


async def test_a_person_who_is_signed_in_keeps_that_session(desks: Desks) -> None:
    session = await desks.registered("C-1", EMAIL)
    link = await desks.invited("H-1", EMAIL, issuer="harbour")
    before = desks.office.value("SELECT count(*) FROM sessions")
    done = await desks.register.enter(link, network=HOME, session=session)
    assert (done.session_id, desks.office.value("SELECT count(*) FROM sessions")) == (session.id, before)
    assert desks.states() == ["approved", "sent"]


async def test_another_persons_session_is_not_kept(desks: Desks) -> None:
    other = await desks.registered("C-1", "desk@fuji.example")
    await desks.registered("C-2", EMAIL)
    link = await desks.invited("H-1", EMAIL, issuer="harbour")
    opened = desks.session((await desks.register.enter(link, network=HOME, session=other)).session_id)
    assert (opened.how, opened.person_id, opened.customer_code) == ("invitation", None, "H-1")


async def test_another_address_that_was_typed_is_no_seventh_one(office: Office, desks: Desks) -> None:
    link = await desks.invited("C-1", EMAIL)
    for number in range(5):
        office.execute(
            "INSERT INTO addresses (customer_id, issuer, email, email_key, status, delivery, source, created_at)"
            " VALUES (1, 'minato', ?1, ?1, 'pending', 'link', 'import', '2026-11-20T01:00:00.000Z')",
            f"a{number}@sakura.example",
        )
    await desks.complete(link, email="Taro@sakura.example")
    assert office.value("SELECT count(*) FROM addresses") == 6
    assert office.mails("confirm") == []
