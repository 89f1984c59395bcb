"""Who has somebody else's invitation or letter in hand, and what it does not get them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from flow_office import HOME, text

from mailbot.errors import Refused
from mailbot.flows.addresses import Addresses
from mailbot.flows.confirm import DECLINED
from mailbot.flows.credentials import SignInWays
from mailbot.flows.succession import Succeeding

if TYPE_CHECKING:
    from flow_invited import Desks
    from flow_office import Office

    from mailbot.flows.letters import Letter
    from mailbot.flows.session import Session

INVITED, FORWARDER, FINDER = "keiri@sakura.example", "mori@fuji.example", "finder@elsewhere.example"


async def entered(desks: Desks) -> Session:
    """Enter by the invitation of another customer, mailed to a mailbox that has an account."""
    await desks.registered("C-1", INVITED)
    link = await desks.invited("H-1", INVITED, issuer="harbour")
    return desks.session((await desks.register.enter(link, network=HOME)).session_id)


async def by_letter(desks: Desks, letter: Letter, *, network: str = HOME) -> Session:
    ways = SignInWays(desks.office.desk, desks.passwords)
    return desks.session(await ways.by_letter("minato", letter.customer.code, letter.password, network=network))


def is_open(office: Office, session: Session) -> bool:
    return office.sign_in.session(office.sign_in.cookie(session.id)) is not None


async def added(office: Office, session: Session, email: str) -> None:
    """Type an address and press the button in its mail."""
    assert (await office.confirm.add(session, email)).problem is None
    (asked,) = [mail for mail in await office.post() if (mail.recipient, mail.kind) == (email, "confirm")]
    await office.confirm.act(office.mailed(asked), network=HOME)


# An invitation that is not approved.


@pytest.mark.parametrize("decided", ["", "decline"])
async def test_a_link_pressed_by_somebody_known_shows_the_invitation_alone(
    office: Office, desks: Desks, decided: str
) -> None:
    session = await entered(desks)
    await office.issued("H-1", "H-100", issuer="harbour", sent=False)
    if decided:
        await desks.join.decide(session, {2: decided}, network=HOME)
    session = desks.session(session.id)
    assert (session.customer_id, session.customers, session.invited_id) == (0, (), 2)
    assert office.download.listing(session).invoices == []
    assert Addresses(office.desk).listing(session) == []
    for attempt in (
        office.confirm.add(session, FORWARDER),
        Addresses(office.desk).remove(session, INVITED),
        Addresses(office.desk).set_delivery(session, INVITED, "pdf"),
    ):
        with pytest.raises(Refused):
            await attempt
    assert (await Succeeding(office.desk).name(session, INVITED, FORWARDER)).problem == "unknown"
    assert [view.id for view in desks.join.listing(session)] == [2]


async def test_the_approval_opens_the_rest_in_the_same_session(office: Office, desks: Desks) -> None:
    session = await entered(desks)
    await desks.join.decide(session, {2: "approve"}, network=HOME)
    session = desks.session(session.id)
    assert ([each.code for each in session.customers], session.invited_id) == (["H-1"], 0)
    assert (await office.confirm.add(session, "second@sakura.example")).problem is None


async def test_another_accounts_approval_opens_nothing(desks: Desks) -> None:
    session = await entered(desks)
    other = await desks.registered("C-2", FORWARDER)
    letter = await desks.letter("H-1", issuer="harbour")
    view = await desks.join.add_paper(other, letter.paper_id, letter.password, network=HOME)
    await desks.join.decide(other, {view.id: "approve"}, network=HOME)
    assert desks.states()[1] == "approved"
    assert desks.session(session.id).customers == ()


async def test_a_superseded_invitation_leaves_nothing_to_see(office: Office, desks: Desks) -> None:
    session = await entered(desks)
    office.clock.advance(minutes=2)
    await office.customers("H-1,株式会社H-1,second@sakura.example,mail", issuer="harbour")
    office.execute("UPDATE addresses SET status = 'removed' WHERE issuer = 'harbour' AND email = ?", INVITED)
    assert not is_open(office, session)


async def test_a_decline_stops_what_was_added_on_a_page_since_the_invitation(office: Office, desks: Desks) -> None:
    before = "before@sakura.example"
    await office.customer("C-1", INVITED)
    await added(office, office.session(INVITED), before)
    office.clock.advance(minutes=1)
    await desks.mail("C-1")
    (link,) = [office.mailed(mail) for mail in await office.post() if mail.kind == "invitation"]
    session = office.session(INVITED)
    await added(office, session, FINDER)
    await office.confirm.add(session, "waits@elsewhere.example")
    await desks.register.decline(link, reason="", network=HOME)
    assert dict(office.rows("SELECT email, status FROM addresses")) == {
        INVITED: "confirmed",
        before: "confirmed",
        FINDER: "removed",
        "waits@elsewhere.example": "removed",
    }
    told = {mail.recipient for mail in await office.post() if mail.kind == "change" and FINDER in text(mail)}
    assert told >= {INVITED, FINDER}
    await office.issued("C-1", "A-1")
    assert {mail.email for mail in office.mails("notice")} == {INVITED, before}
    assert office.value("SELECT status FROM customers") == DECLINED
    assert (await office.confirm.add(office.session(INVITED), FINDER)).problem == "declined"


async def test_the_invited_address_hears_of_changes_while_it_is_pending(office: Office, desks: Desks) -> None:
    await office.customers(f"C-1,株式会社C-1,{INVITED},mail")
    session = await by_letter(desks, await desks.letter("C-1"))
    await desks.mail("C-1", again=True)
    await office.post()
    await added(office, session, FINDER)
    assert [(mail.recipient, FINDER in text(mail)) for mail in await office.post() if mail.kind == "change"] == [
        (INVITED, True)
    ]
    await added(office, session, "second@sakura.example")
    await office.post()
    await Addresses(office.desk).remove(session, FINDER)
    assert INVITED in {mail.recipient for mail in await office.post() if mail.kind == "change"}
    office.execute("UPDATE addresses SET status = 'undeliverable' WHERE email = ?", INVITED)
    await Addresses(office.desk).set_delivery(session, "second@sakura.example", "pdf")
    assert INVITED not in {mail.recipient for mail in await office.post()}


# A letter that was lost.


async def test_a_new_letter_shuts_out_who_signed_in_with_the_lost_one(office: Office, desks: Desks) -> None:
    finder = await by_letter(desks, await desks.letter("C-1"))
    await office.confirm.add(finder, FINDER)
    (asked,) = [office.mailed(mail) for mail in await office.post() if mail.kind == "confirm"]
    new = await desks.letter("C-1", reissue=True)
    assert not is_open(office, finder)
    assert (await office.confirm.act(asked, network="198.51.100.0/24")).session_id is None
    assert office.rows("SELECT email, status FROM addresses") == [(FINDER, "removed")]
    assert is_open(office, await by_letter(desks, new))


async def test_a_letter_that_two_have_serves_whoever_uses_it_up(office: Office, desks: Desks) -> None:
    letter = await desks.letter("C-1")
    finder, owner = await by_letter(desks, letter, network="198.51.100.0/24"), await by_letter(desks, letter)
    await office.confirm.add(finder, FINDER)
    (asked,) = [office.mailed(mail) for mail in await office.post() if mail.kind == "confirm"]
    await added(office, owner, INVITED)
    assert (is_open(office, finder), is_open(office, owner)) == (False, True)
    assert (await office.confirm.act(asked, network="198.51.100.0/24")).session_id is None
    assert dict(office.rows("SELECT email, status FROM addresses")) == {INVITED: "confirmed", FINDER: "removed"}


async def test_an_address_that_both_typed_keeps_neithers_session(office: Office, desks: Desks) -> None:
    letter = await desks.letter("C-1")
    finder, owner = await by_letter(desks, letter, network="198.51.100.0/24"), await by_letter(desks, letter)
    await office.confirm.add(finder, INVITED)
    office.clock.advance(minutes=2)
    await office.post()
    await added(office, owner, INVITED)
    assert (is_open(office, finder), is_open(office, owner)) == (False, False)


async def test_a_registration_with_the_letter_ends_its_sessions(office: Office, desks: Desks) -> None:
    letter = await desks.letter("C-1")
    finder = await by_letter(desks, letter)
    await office.confirm.add(finder, FINDER)
    ticket = await desks.ticket(letter, INVITED)
    await desks.ask(ticket.token, INVITED)
    (link,) = [office.mailed(mail) for mail in await office.post() if mail.kind == "registration"]
    await desks.claim.complete(link, network=HOME)
    assert not is_open(office, finder)
    assert dict(office.rows("SELECT email, status FROM addresses")) == {INVITED: "confirmed", FINDER: "removed"}


async def test_staff_hears_once_whose_address_a_letter_led_to(office: Office, desks: Desks) -> None:
    session = await by_letter(desks, await desks.letter("C-1"))
    await added(office, session, INVITED)
    (told,) = [mail for mail in await office.post() if mail.kind == "staff"]
    assert INVITED in text(told)
    assert "mailbot addresses revoke keiri@sakura.example" in text(told)
    await added(office, session, "second@sakura.example")
    assert [mail.kind for mail in await office.post() if mail.kind == "staff"] == []


async def test_a_new_letter_ends_the_session_in_which_the_lost_one_was_used_up(office: Office, desks: Desks) -> None:
    finder = await by_letter(desks, await desks.letter("C-1"))
    await added(office, finder, FINDER)
    assert is_open(office, finder)
    await desks.letter("C-1", reissue=True)
    assert not is_open(office, finder)
