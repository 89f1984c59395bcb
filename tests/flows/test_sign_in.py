"""Mailed sign-in links, how long the session lasts that one opens, and what it may see."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
from flow_office import ELSEWHERE, HARBOUR, HOME, MINATO, START, text

from mailbot.errors import BadLink, Refused, Unanswered
from mailbot.flows.addresses import Addresses
from mailbot.flows.download import GoneFile
from mailbot.flows.session import CustomerRef
from mailbot.flows.withdraw import Withdraw
from mailbot.links import Purpose

if TYPE_CHECKING:
    from flow_invited import Desks
    from flow_office import Office

    from mailbot.links import Link

EMAIL = "keiri@sakura.example"


async def mailed_link(office: Office) -> Link:
    """Ask for a sign-in link on an invoice's page, and return the one in the mail."""
    await office.customer("C-1", EMAIL)
    await office.issued("C-1", "A-1")
    assert await office.sign_in.mail_link(office.invoice_link("A-1", EMAIL)) == EMAIL
    (envelope,) = await office.post()
    assert envelope.recipient == EMAIL
    assert "30" in text(envelope)
    return office.mailed(envelope)


async def test_a_link_opens_one_session_and_no_other(office: Office) -> None:
    link = await mailed_link(office)
    assert office.sign_in.look(link).state == "ready"
    pages = await asyncio.gather(*(office.sign_in.act(link, seen_at=START, network=HOME) for _ in range(50)))
    assert {(page.state, page.used_at) for page in pages} == {("done", office.clock.now())}
    assert len({page.session_id for page in pages}) == 1
    assert None not in {page.session_id for page in pages}
    assert office.value("SELECT count(*) FROM sessions WHERE how = 'sign_in'") == 1
    assert office.ledger("session.opened") == 2, "one by the proof, one by the link"
    office.clock.advance(hours=5)
    again = await office.sign_in.act(link, seen_at=START, network=HOME)
    assert (again.state, again.session_id) == ("done", None)


@pytest.mark.parametrize(
    ("seconds", "network", "gets_in"), [(10, HOME, True), (10.1, HOME, False), (0, ELSEWHERE, False)]
)
async def test_only_a_double_click_gets_the_same_session_again(
    office: Office, seconds: float, network: str, *, gets_in: bool
) -> None:
    link = await mailed_link(office)
    first = await office.sign_in.act(link, seen_at=START, network=HOME)
    office.clock.advance(seconds=seconds)
    again = await office.sign_in.act(link, seen_at=START, network=network)
    assert again.state == "done"
    assert again.session_id == (first.session_id if gets_in else None)


async def test_who_gets_the_page_after_the_link_was_used_is_somebody_else(office: Office) -> None:
    link = await mailed_link(office)
    await office.sign_in.act(link, seen_at=office.clock.now(), network=HOME)
    office.clock.advance(seconds=1)
    again = await office.sign_in.act(link, seen_at=office.clock.now(), network=HOME)
    assert (again.state, again.session_id) == ("done", None)


async def test_once_signed_out_not_even_a_double_click_gets_in(office: Office) -> None:
    link = await mailed_link(office)
    page = await office.sign_in.act(link, seen_at=START, network=HOME)
    assert page.session_id is not None
    session = office.sign_in.session(office.sign_in.cookie(page.session_id))
    assert session is not None
    await office.sign_in.end(session)
    assert (await office.sign_in.act(link, seen_at=START, network=HOME)).session_id is None


async def test_a_link_is_good_for_thirty_minutes_and_offers_a_new_one(office: Office) -> None:
    link = await mailed_link(office)
    office.clock.advance(minutes=30)
    assert office.sign_in.look(link).state == "ready"
    office.clock.advance(seconds=1)
    page = await office.sign_in.act(link, seen_at=START, network=HOME)
    assert (page.state, page.session_id) == ("expired", None)
    assert (await office.sign_in.renew(link)).renewed
    (envelope,) = await office.post()
    assert (await office.sign_in.act(office.mailed(envelope), seen_at=START, network=HOME)).session_id is not None


async def test_asked_for_in_haste_one_mail_is_sent(office: Office) -> None:
    await mailed_link(office)
    link = office.invoice_link("A-1", EMAIL)
    await asyncio.gather(*(office.sign_in.mail_link(link) for _ in range(20)))
    assert len(office.mails("sign_in")) == 1
    office.clock.advance(seconds=61)
    await office.sign_in.mail_link(link)
    assert len(office.mails("sign_in")) == 2


async def test_who_used_a_link_may_ask_for_another_at_once(office: Office) -> None:
    link = await mailed_link(office)
    await office.sign_in.act(link, seen_at=START, network=HOME)
    assert (await office.sign_in.renew(link)).renewed
    assert len(office.mails("sign_in")) == 2


async def test_links_about_nothing_and_of_retired_keys(office: Office) -> None:
    link = await mailed_link(office)
    with pytest.raises(BadLink):
        office.sign_in.look(office.link(Purpose.SIGN_IN, 999))
    office.keyring.rotate(now=office.clock.now())
    office.keyring.retire("a")
    retired = office.link(Purpose.SIGN_IN, *link.ids, at=link.signed_at, key="a")
    assert (await office.sign_in.act(retired, seen_at=START, network=HOME)).state == "expired"
    assert (await office.sign_in.renew(retired)).renewed


async def test_an_address_off_file_neither_signs_in_nor_is_mailed(office: Office) -> None:
    link = await mailed_link(office)
    invoice = office.invoice_link("A-1", EMAIL)
    session = await office.prove(EMAIL)
    cookie = office.sign_in.cookie(session.id)
    await Withdraw(office.desk).address(EMAIL, issuers=("minato",))
    assert office.sign_in.look(link).state == "expired"
    assert office.sign_in.session(cookie) is None
    with pytest.raises(Refused):
        await office.sign_in.renew(link)
    with pytest.raises(Refused):
        await office.sign_in.mail_link(invoice)


async def test_a_press_proves_that_a_mail_without_an_answer_arrived(office: Office) -> None:
    await office.customer("C-1", EMAIL)
    await office.issued("C-1", "A-1")
    await office.sign_in.mail_link(office.invoice_link("A-1", EMAIL))
    envelopes = await office.post(lambda _: Unanswered("lost"))
    assert office.mail("sign_in").state == "unknown"
    await office.sign_in.act(office.mailed(envelopes[0]), seen_at=START, network=HOME)
    assert office.mail("sign_in").state == "accepted"


# Sessions.


async def test_an_idle_session_ends_after_thirty_minutes(office: Office) -> None:
    await office.customer("C-1", EMAIL)
    session = await office.prove(EMAIL)
    cookie = office.sign_in.cookie(session.id)
    office.clock.advance(minutes=30)
    assert office.sign_in.session(cookie) == session
    office.clock.advance(seconds=1)
    assert office.sign_in.session(cookie) is None


async def test_no_session_lasts_longer_than_twelve_hours(office: Office) -> None:
    await office.customer("C-1", EMAIL)
    session = await office.prove(EMAIL)
    for _ in range(24):
        office.clock.advance(minutes=30)
        cookie = office.sign_in.cookie(session.id)
        assert office.sign_in.session(cookie) == session
    office.clock.advance(seconds=1)
    assert office.sign_in.session(cookie) is None


async def test_signed_out_a_cookie_is_worth_nothing(office: Office) -> None:
    await office.customer("C-1", EMAIL)
    session, other = await office.prove(EMAIL), await office.prove(EMAIL)
    cookie = office.sign_in.cookie(session.id)
    await office.sign_in.end(session)
    assert office.sign_in.session(cookie) is None
    assert office.sign_in.session(office.sign_in.cookie(other.id)) == other
    assert len(office.facts.of("session.ended")) == 1


async def test_what_is_no_cookie_of_ours_opens_nothing(office: Office) -> None:
    await office.customer("C-1", EMAIL)
    session = await office.prove(EMAIL)
    links, now = office.desk.links, office.clock.now()
    for token in (
        None,
        "",
        "nonsense",
        links.sign(Purpose.INVOICE, session.id, at=now),
        links.sign(Purpose.SESSION, 999, at=now),
    ):
        assert office.sign_in.session(token) is None
    cookie = office.sign_in.cookie(session.id)
    office.keyring.rotate(now=now)
    assert office.sign_in.session(cookie) == session
    office.keyring.retire("a")
    assert office.sign_in.session(cookie) is None


# Sessions of persons, and what they may see.


async def test_a_person_sees_the_customers_that_the_account_is_joined_to_and_chooses_one(desks: Desks) -> None:
    office = desks.office
    session = await desks.registered("C-1", EMAIL)
    assert session.customers == (
        CustomerRef(
            id=session.customer_id,
            code="C-1",
            name="株式会社C-1",
            issuer=MINATO,
            locale="ja",
            address_id=office.address_id(EMAIL, customer="C-1"),
        ),
    )
    link = await desks.invited("H-1", EMAIL, issuer="harbour")
    assert len(desks.session(session.id).customers) == 1, "an invitation joins nothing by itself"
    await desks.join.decide(desks.session(session.id), {link.ids[0]: "approve"}, network=HOME)
    both = desks.session(session.id)
    assert [(each.issuer, each.code) for each in both.customers] == [(MINATO, "C-1"), (HARBOUR, "H-1")]
    assert (both.issuer, both.customer_code) == (MINATO, "C-1"), "the first one speaks for the session"
    chosen = both.at("harbour", "H-1")
    assert (chosen.issuer, chosen.customer_code, chosen.customer_name) == (HARBOUR, "H-1", "株式会社H-1")
    assert chosen.address_id == office.address_id(EMAIL, issuer="harbour")
    assert (chosen.id, chosen.person_id, chosen.email, chosen.locale) == (both.id, both.person_id, EMAIL, "ja")
    assert chosen.at_id(both.customer_id) == both
    for issuer, code in (("minato", "H-1"), ("harbour", "C-1"), ("minato", "C-2"), ("", "")):
        with pytest.raises(Refused, match="not for that customer"):
            both.at(issuer, code)
    with pytest.raises(Refused, match="not for that customer"):
        both.at_id(0)


async def test_a_session_never_reads_or_changes_what_is_another_customers(desks: Desks) -> None:
    office = desks.office
    await office.customer("H-1", "desk@fuji.example", issuer="harbour")
    await office.customer("C-2", "desk@fuji.example")
    await office.issued("H-1", "H-A", issuer="harbour")
    await office.issued("C-2", "A-2")
    person = await desks.registered("C-1", EMAIL)
    await office.issued("C-1", "A-1")
    mine = office.session(EMAIL)
    for session in (person, mine):
        assert [invoice.number for invoice in office.download.listing(session).invoices] == ["A-1"]
        assert [each.email for each in Addresses(office.desk).listing(session)] == [EMAIL]
        for number in ("A-2", "H-A"):
            with pytest.raises(GoneFile):
                await office.download.press_listed(
                    session, number, seen_at=office.clock.now(), network=HOME, decoy=False
                )
        for issuer, code in (("harbour", "H-1"), ("minato", "C-2")):
            with pytest.raises(Refused):
                session.at(issuer, code)
        assert (await Addresses(office.desk).remove(session, "desk@fuji.example")).problem == "unknown"
    assert office.value("SELECT count(*) FROM addresses WHERE status = 'confirmed'") == 3


async def test_a_person_whose_account_is_joined_to_nobody_sees_nothing(desks: Desks) -> None:
    office = desks.office
    session = await desks.registered("C-1", EMAIL)
    office.execute("UPDATE invitations SET state = 'declined'")
    alone = desks.session(session.id)
    assert (alone.customer_id, alone.customers, alone.customer_code, alone.address_id) == (0, (), "", None)
    assert (alone.issuer, alone.customer_name, alone.email) == (MINATO, "株式会社さくら工業", EMAIL)
    assert office.download.listing(alone).invoices == []
    for add in (office.confirm.add(alone, "x@sakura.example"), Addresses(office.desk).remove(alone, EMAIL)):
        with pytest.raises(Refused, match="no issuer is joined"):
            await add
    await office.sign_in.end(alone)
    assert office.sign_in.session(office.sign_in.cookie(alone.id)) is None


async def test_a_persons_cookie_is_worth_as_much_as_the_password_version_in_it(desks: Desks) -> None:
    office = desks.office
    session = await desks.registered("C-1", EMAIL)
    cookie = office.sign_in.cookie(session.id)
    assert office.desk.links.open(cookie, Purpose.SESSION).ids == (session.id, 1)
    for ids in ((session.id, 0), (session.id, 2), (session.id,), (session.id, 1, 1)):
        assert office.sign_in.session(office.desk.links.sign(Purpose.SESSION, *ids, at=office.clock.now())) is None
    office.execute("UPDATE persons SET password_version = 2")
    assert office.sign_in.session(cookie) is None
    assert office.sign_in.session(office.sign_in.cookie(session.id)) is None


async def test_an_address_of_a_person_that_was_removed_ends_no_session_of_the_person(desks: Desks) -> None:
    office = desks.office
    session = await desks.registered("C-1", EMAIL)
    await office.confirm.add(session, "second@sakura.example")
    await office.prove("second@sakura.example")
    changed = await Addresses(office.desk).remove(session, EMAIL)
    assert (changed.problem, changed.ends_session) == (None, False)
    left = desks.session(session.id)
    assert (left.address_id, left.email) == (None, EMAIL)


async def test_a_person_in_an_account_without_any_invitation_still_has_an_issuer_to_ask(desks: Desks) -> None:
    office = desks.office
    session = await desks.registered("C-1", EMAIL)
    office.execute("UPDATE invitations SET account_id = NULL, state = 'superseded'")
    assert desks.session(session.id).issuer == MINATO
    office.set_issuers(HARBOUR)
    assert desks.session(session.id).issuer == HARBOUR
    await office.sign_in.end(desks.session(session.id))
