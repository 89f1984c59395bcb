"""The list of received invitations: who sees what, and what a decision does."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
from flow_office import HOME

from mailbot.domain.invitation import State
from mailbot.errors import IllegalTransition, Refused
from mailbot.flows.claim_letter import EndedCode, WrongCode
from mailbot.flows.join import OtherView
from mailbot.flows.session import open_person_session, open_session
from mailbot.store import accounts

if TYPE_CHECKING:
    from flow_invited import Desks
    from flow_office import Office

    from mailbot.flows.session import Session

EMAIL = "keiri@sakura.example"


async def entered(office: Office, desks: Desks) -> Session:
    """Return the session that a second issuer's link opens to somebody who has an account."""
    await desks.registered("C-1", EMAIL)
    link = await desks.invited("H-1", EMAIL, issuer="harbour")
    await office.post()
    return desks.session((await desks.register.enter(link, network=HOME)).session_id)


def person_session(office: Office, desks: Desks, person_id: int = 1) -> Session:
    """Sign a person in."""
    return desks.session(
        office.database.write_now(
            lambda tx: open_person_session(office.desk, tx, accounts.person(tx, person_id), how="password")
        )
    )


async def test_a_link_shows_its_own_invitation_and_a_sign_in_all(office: Office, desks: Desks) -> None:
    session = await entered(office, desks)
    (view,) = desks.join.listing(session)
    assert (view.id, view.customer_code, view.state, view.decidable) == (2, "H-1", State.SENT, True)
    everything = desks.join.listing(person_session(office, desks))
    assert [(each.id, each.decidable) for each in everything] == [(2, True), (1, False)]


async def test_approving_connects_and_sends_what_waits(office: Office, desks: Desks) -> None:
    session = await entered(office, desks)
    await office.issued("H-1", "B-1", issuer="harbour")
    assert office.status("B-1") == "waiting"
    (view,) = await desks.join.decide(session, {2: "approve"}, network=HOME)
    assert (view.state, view.decided_at, view.decidable) == (State.APPROVED, office.clock.now(), False)
    assert office.status("B-1") == "open"
    assert sorted(mail.kind for mail in await office.post()) == ["approval", "approval", "notice"]
    assert [each.code for each in person_session(office, desks).customers] == ["C-1", "H-1"]


async def test_saying_the_same_again_changes_nothing(office: Office, desks: Desks) -> None:
    session = await entered(office, desks)
    lists = await asyncio.gather(*(desks.join.decide(session, {2: "approve"}, network=HOME) for _ in range(50)))
    assert {view.decided_at for views in lists for view in views} == {office.clock.now()}
    assert len(office.facts.of("invitation.approved")) == 2
    assert len(office.mails("approval", to="desk@harbour.example")) == 1


async def test_an_approval_is_final(office: Office, desks: Desks) -> None:
    session = await entered(office, desks)
    await desks.join.decide(session, {2: "approve"}, network=HOME)
    before = office.everything()
    with pytest.raises(IllegalTransition):
        await desks.join.decide(session, {2: "decline"}, network=HOME)
    assert office.everything() == before


async def test_a_decline_may_become_an_approval(office: Office, desks: Desks) -> None:
    session = await entered(office, desks)
    (view,) = await desks.join.decide(session, {2: "decline"}, network=HOME, reason="あとで")
    assert (view.state, view.decidable) == (State.DECLINED, True)
    await desks.join.decide(session, {2: "decline"}, network=HOME)
    assert sorted(mail.kind for mail in await office.post()) == ["decline", "decline"]  # two of the staff
    (view,) = await desks.join.decide(session, {2: "approve"}, network=HOME)
    assert view.state is State.APPROVED
    assert desks.customer("H-1", issuer="harbour") == "approved"


async def test_decisions_are_taken_all_or_none(office: Office, desks: Desks) -> None:
    await entered(office, desks)
    session = person_session(office, desks)
    before = office.everything()
    for decisions in ({2: "approve", 1: "decline"}, {2: "approve", 99: "approve"}, {2: "perhaps"}):
        with pytest.raises(Refused):
            await desks.join.decide(session, decisions, network=HOME)
        assert office.everything() == before


async def test_nobody_decides_for_somebody_else(office: Office, desks: Desks) -> None:
    await entered(office, desks)
    other = await desks.registered("C-2", "someone@else.example")
    customers_own = office.session(EMAIL)  # of customer C-1, opened by a sign-in link
    before = office.everything()
    for session in (other, customers_own):
        with pytest.raises(Refused):
            await desks.join.decide(session, {2: "approve"}, network=HOME)
    assert office.everything() == before
    assert [view.id for view in desks.join.listing(other)] == [3]


async def test_a_session_without_an_account_has_no_list(office: Office, desks: Desks) -> None:
    await office.customer("C-1", EMAIL)
    session = office.session(EMAIL)
    assert desks.join.listing(session) == []
    with pytest.raises(Refused):
        await desks.join.add_paper(session, "", "", network=HOME)


async def test_invitations_mailed_to_a_persons_own_address_are_in_the_list(office: Office, desks: Desks) -> None:
    session = await desks.registered("C-1", EMAIL)
    await desks.invited("H-1", EMAIL, issuer="harbour")
    await desks.invited("H-2", "someone@else.example", issuer="harbour")
    assert [view.customer_code for view in desks.join.listing(session)] == ["H-1", "C-1"]
    await desks.join.decide(session, {2: "approve"}, network=HOME)
    assert desks.states() == ["approved", "approved", "sent"]
    assert office.ledger("invitation.received") == 1


async def test_an_expired_invitation_stands_there_and_cannot_be_decided(office: Office, desks: Desks) -> None:
    await entered(office, desks)
    office.clock.advance(days=61)
    session = person_session(office, desks)
    assert [(view.state, view.decidable) for view in desks.join.listing(session)] == [
        (State.EXPIRED, False),
        (State.APPROVED, False),
    ]
    with pytest.raises(Refused, match="expired"):
        await desks.join.decide(session, {2: "approve"}, network=HOME)
    await desks.sweep()
    with pytest.raises(IllegalTransition):
        await desks.join.decide(session, {2: "approve"}, network=HOME)


async def test_a_letter_joins_the_list_of_whoever_is_signed_in(office: Office, desks: Desks) -> None:
    session = await desks.registered("C-1", EMAIL)
    letter = await desks.letter("H-1", issuer="harbour")
    with pytest.raises(WrongCode):
        await desks.join.add_paper(session, letter.paper_id, "0" * 12, network=HOME)
    view = await desks.join.add_paper(session, letter.paper_id, letter.password, network=HOME)
    assert (view.customer_code, view.state, view.decidable) == ("H-1", State.RECEIVED, True)
    again = await desks.join.add_paper(session, letter.paper_id, letter.password, network=HOME)
    assert again == view
    await desks.join.decide(session, {view.id: "approve"}, network=HOME)
    assert office.rows("SELECT email, status FROM addresses WHERE issuer = 'harbour'") == [(EMAIL, "confirmed")]
    with pytest.raises(EndedCode):
        await desks.join.add_paper(session, letter.paper_id, letter.password, network=HOME)
    other = await desks.registered("C-2", "someone@else.example")
    with pytest.raises(EndedCode):
        await desks.join.add_paper(other, letter.paper_id, letter.password, network=HOME)


async def test_an_issuer_that_is_configured_no_more_is_left_out(office: Office, desks: Desks) -> None:
    await entered(office, desks)
    office.set_issuers(office.desk.issuer("minato"))
    assert [view.id for view in desks.join.listing(person_session(office, desks))] == [1]


async def test_a_receiving_address_alone_decides_nothing(office: Office, desks: Desks) -> None:
    await desks.registered("C-1", EMAIL)
    await office.customer("H-1", EMAIL, "boss@sakura.example", issuer="harbour")
    office.execute("UPDATE addresses SET is_default = (email = 'boss@sakura.example') WHERE issuer = 'harbour'")
    await desks.invited("H-1", "boss@sakura.example", issuer="harbour")
    address = office.address_id(EMAIL, issuer="harbour")
    customer = office.value("SELECT customer_id FROM addresses WHERE id = ?", address)
    session = desks.session(
        office.database.write_now(
            lambda tx: open_session(office.desk, tx, customer_id=customer, address_id=address, how="sign_in")
        )
    )
    assert desks.join.listing(session) == []
    with pytest.raises(Refused):
        await desks.join.decide(session, {2: "approve"}, network=HOME)


async def test_what_another_account_has_taken_over_is_not_decided_here(office: Office, desks: Desks) -> None:
    session = await entered(office, desks)
    letter = await desks.letter("H-1", issuer="harbour")
    other = await desks.registered("C-2", "someone@else.example")
    await desks.join.add_paper(other, letter.paper_id, letter.password, network=HOME)
    assert desks.join.listing(session) == []
    with pytest.raises(Refused):
        await desks.join.decide(session, {2: "approve"}, network=HOME)


async def test_a_link_tells_of_the_others_who_invites_and_where_that_stands(office: Office, desks: Desks) -> None:
    session = await entered(office, desks)
    await desks.invited("C-9", EMAIL)
    assert desks.join.others(session) == [
        OtherView(issuer_name="みなと商事株式会社", state=State.SENT),
        OtherView(issuer_name="みなと商事株式会社", state=State.APPROVED),
    ]
    assert {name for name in OtherView.__slots__ if not name.startswith("_")} == {"issuer_name", "state"}
    office.clock.advance(days=61)
    assert desks.join.others(session)[0].state is State.EXPIRED
    for decisions in ({1: "approve"}, {3: "approve"}, {2: "approve", 3: "decline"}):
        with pytest.raises(Refused):
            await desks.join.decide(session, decisions, network=HOME)


async def test_only_an_invitations_session_is_told_of_others(office: Office, desks: Desks) -> None:
    await entered(office, desks)
    assert desks.join.others(person_session(office, desks)) == []
    assert desks.join.others(office.session(EMAIL)) == [], "of a customer, by a sign-in link"
    await office.customer("C-5", "nobody@fuji.example")
    assert desks.join.others(office.session("nobody@fuji.example")) == []


async def test_the_others_of_an_issuer_that_is_configured_no_more_are_left_out(office: Office, desks: Desks) -> None:
    session = await entered(office, desks)
    office.set_issuers(office.desk.issuer("harbour"))
    assert desks.join.others(session) == []


async def test_a_link_to_sign_in_goes_to_the_person_once_a_minute(office: Office, desks: Desks) -> None:
    session = await entered(office, desks)
    for _ in range(3):
        assert await office.sign_in.mail_own(session) == EMAIL
    (mail,) = await office.post()
    assert (mail.kind, mail.recipient) == ("sign_in", EMAIL)
    page = await office.sign_in.act(office.mailed(mail), seen_at=office.clock.now(), network=HOME)
    opened = desks.session(page.session_id)
    assert opened.person_id == 1
    assert [view.decidable for view in desks.join.listing(opened)] == [True, False]


async def test_without_an_account_the_link_is_the_addresss_own(office: Office, desks: Desks) -> None:
    await office.customer("C-1", EMAIL)
    session = office.session(EMAIL)
    office.clock.advance(minutes=2)
    assert await office.sign_in.mail_own(session) == EMAIL
    (mail,) = await office.post()
    assert (mail.kind, mail.recipient) == ("sign_in", EMAIL)
    by_code = office.database.write_now(
        lambda tx: open_session(office.desk, tx, customer_id=1, address_id=None, how="code")
    )
    with pytest.raises(Refused, match="no mail address"):
        await office.sign_in.mail_own(desks.session(by_code))


async def test_an_approval_takes_no_seventh_address(office: Office, desks: Desks) -> None:
    session = await desks.registered("C-1", EMAIL)
    await office.customer("H-1", *(f"a{number}@sakura.example" for number in range(6)), issuer="harbour")
    letter = await desks.letter("H-1", issuer="harbour")
    view = await desks.join.add_paper(session, letter.paper_id, letter.password, network=HOME)
    (first, _) = await desks.join.decide(session, {view.id: "approve"}, network=HOME)
    assert (first.state, desks.customer("H-1", issuer="harbour")) == (State.APPROVED, "approved")
    assert office.value("SELECT count(*) FROM addresses WHERE issuer = 'harbour'") == 6
    assert desks.session(session.id).at("harbour", "H-1").address_id is None
    assert office.value("SELECT count(*) FROM addresses WHERE email = ?", EMAIL) == 1


async def test_an_address_that_was_taken_off_needs_room_too(office: Office, desks: Desks) -> None:
    session = await desks.registered("C-1", EMAIL)
    await office.customer("H-1", EMAIL, *(f"a{number}@sakura.example" for number in range(5)), issuer="harbour")
    own = office.address_id(EMAIL, issuer="harbour")
    office.execute("UPDATE addresses SET status = 'removed', is_default = 0 WHERE id = ?", own)
    six = office.session("a1@sakura.example")
    assert (await office.confirm.add(six, "a5@sakura.example")).problem is None
    letter = await desks.letter("H-1", issuer="harbour")
    view = await desks.join.add_paper(session, letter.paper_id, letter.password, network=HOME)
    await desks.join.decide(session, {view.id: "approve"}, network=HOME)
    assert office.value("SELECT status FROM addresses WHERE id = ?", own) == "removed"
