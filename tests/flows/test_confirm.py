"""Proof and confirm links in every state, and addresses typed in a session."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
from flow_office import ELSEWHERE, HOME, text

from mailbot.clock import moment, stamp
from mailbot.domain.address import Look
from mailbot.errors import BadLink, Unanswered
from mailbot.flows.withdraw import Withdraw
from mailbot.links import Purpose
from mailbot.store import customers

if TYPE_CHECKING:
    from flow_office import Office

    from mailbot.links import Link

EMAIL = "keiri@sakura.example"


async def mailed_proof(office: Office) -> Link:
    """Import a customer, and return the link of the mail that this sends."""
    await office.customers(f"C-1,株式会社さくら工業,{EMAIL},confirm")
    (envelope,) = await office.post()
    return office.mailed(envelope)


async def test_looking_says_what_a_press_would_do_and_changes_nothing(office: Office) -> None:
    link = await mailed_proof(office)
    before = office.everything()
    page = office.confirm.look(link)
    assert (page.state, page.email, page.first_at, page.session_id) == (Look.READY, EMAIL, None, None)
    assert page.customer_name == "株式会社さくら工業"
    assert page.issuer.code == "minato"
    assert (page.expires_at - page.signed_at).days == 60
    assert office.everything() == before


async def test_a_press_confirms_opens_a_session_and_is_proved(office: Office) -> None:
    link = await mailed_proof(office)
    office.clock.advance(days=1)
    page = await office.confirm.act(link, network=HOME)
    assert (page.state, page.first_at) == (Look.DONE, office.clock.now())
    assert page.session_id is not None
    session = office.sign_in.session(office.sign_in.cookie(page.session_id))
    assert session is not None
    assert (session.email, session.customer_code) == (EMAIL, "C-1")
    assert office.rows("SELECT status, is_default, confirmed_at FROM addresses") == [
        ("confirmed", 1, stamp(office.clock.now()))
    ]
    assert (office.ledger("address.confirmed"), office.ledger("session.opened")) == (1, 1)
    assert office.facts.of("address.confirmed") == [{"issuer": "minato", "customer": "C-1", "to": EMAIL}]


async def test_a_hundred_presses_at_once_are_one(office: Office) -> None:
    link = await mailed_proof(office)
    await office.invoices("C-1,A-1,保守料,33000,2026-11-20,,a.pdf", "C-1,A-2,保守料,33000,2026-11-20,,a.pdf")
    await office.publish()
    assert office.status("A-1") == "waiting"
    pages = await asyncio.gather(*(office.confirm.act(link, network=HOME) for _ in range(100)))
    assert {(page.state, page.first_at) for page in pages} == {(Look.DONE, office.clock.now())}
    assert office.ledger("address.confirmed") == 1
    assert len(office.mails("notice")) == 1
    assert len(office.facts.of("address.confirmed")) == 1


async def test_the_second_press_shows_the_time_of_the_first(office: Office) -> None:
    link = await mailed_proof(office)
    first = await office.confirm.act(link, network=HOME)
    office.clock.advance(days=400)
    again = await office.confirm.act(link, network=HOME)
    assert (again.state, again.first_at) == (Look.DONE, first.first_at)
    assert office.confirm.look(link).first_at == first.first_at
    assert office.ledger("address.confirmed") == 1


@pytest.mark.parametrize(
    ("minutes", "network", "gets_in"),
    [(0, HOME, True), (10, HOME, True), (10.1, HOME, False), (0, ELSEWHERE, False)],
)
async def test_only_the_same_visit_gets_the_session_again(
    office: Office, minutes: float, network: str, *, gets_in: bool
) -> None:
    link = await mailed_proof(office)
    await office.confirm.act(link, network=HOME)
    office.clock.advance(minutes=minutes)
    page = await office.confirm.act(link, network=network)
    assert page.state is Look.DONE
    assert (page.session_id is not None) is gets_in


async def test_a_confirm_link_counts_its_thirty_minutes_from_the_real_sending(office: Office) -> None:
    await office.customer("C-1", EMAIL)
    session = await office.prove(EMAIL)
    await office.confirm.add(session, "second@sakura.example")
    office.clock.advance(hours=3)
    (envelope,) = await office.post()
    link = office.mailed(envelope)
    assert link.purpose is Purpose.CONFIRM
    assert link.signed_at == office.clock.now()
    office.clock.advance(minutes=30)
    assert office.confirm.look(link).state is Look.READY
    office.clock.advance(seconds=1)
    assert office.confirm.look(link).state is Look.EXPIRED


async def test_a_proof_link_ends_after_the_issuers_proof_days(office: Office) -> None:
    link = await mailed_proof(office)
    office.clock.go("2027-01-19T14:59:59Z")
    page = office.confirm.look(link)
    assert (page.state, page.expires_at) == (Look.READY, office.clock.now()), "all of the day that the mail names"
    office.clock.advance(seconds=1)
    assert office.confirm.look(link).state is Look.EXPIRED


async def test_an_expired_link_confirms_nothing_and_mails_a_new_one_on_request(office: Office) -> None:
    link = await mailed_proof(office)
    office.clock.advance(days=61)
    page = await office.confirm.act(link, network=HOME)
    assert (page.state, page.session_id) == (Look.EXPIRED, None)
    assert office.value("SELECT status FROM addresses") == "pending"
    pages = await asyncio.gather(*(office.confirm.renew(link) for _ in range(20)))
    assert office.mail("confirm").email == EMAIL
    assert pages[0].renewed
    (envelope,) = await office.post()
    assert "30" in text(envelope)
    page = await office.confirm.act(office.mailed(envelope), network=HOME)
    assert page.state is Look.DONE
    assert office.confirm.look(link).state is Look.DONE, "an older link of a confirmed address shows the success, too"


async def test_a_renewal_supersedes_older_links_until_one_is_pressed(office: Office) -> None:
    link = await mailed_proof(office)
    office.clock.advance(days=61)
    await office.confirm.renew(link)
    fresh = office.link(Purpose.PROOF, link.ids[0], 1)
    assert office.confirm.look(fresh).state is Look.SUPERSEDED
    assert (await office.confirm.act(fresh, network=HOME)).state is Look.SUPERSEDED
    assert not (await office.confirm.renew(fresh)).renewed


async def test_a_renewal_is_asked_for_once_a_minute(office: Office) -> None:
    link = await mailed_proof(office)
    office.clock.advance(days=61)
    await office.confirm.renew(link)
    office.clock.advance(days=1)
    stale = office.link(Purpose.CONFIRM, link.ids[0], 2, at=link.signed_at)
    for _ in range(3):
        await office.confirm.renew(stale)
        office.clock.advance(seconds=10)
    assert len(office.mails("confirm")) == 2


async def test_renewing_what_has_not_expired_only_looks(office: Office) -> None:
    link = await mailed_proof(office)
    page = await office.confirm.renew(link)
    assert (page.state, page.renewed, office.mails("confirm")) == (Look.READY, False, [])


async def test_tampered_and_foreign_links_are_bad(office: Office) -> None:
    await mailed_proof(office)
    links = office.desk.links
    token = links.sign(Purpose.PROOF, 1, 1, at=office.clock.now())
    for bad in (token[:-1] + ("A" if token[-1] != "A" else "B"), token.replace(token[4], "x", 1), "nonsense"):
        with pytest.raises(BadLink):
            links.open(bad, Purpose.PROOF, Purpose.CONFIRM)
    with pytest.raises(BadLink):
        links.open(links.sign(Purpose.INVOICE, 1, at=office.clock.now()), Purpose.PROOF, Purpose.CONFIRM)
    with pytest.raises(BadLink):
        office.confirm.look(office.link(Purpose.PROOF, 999, 1))
    with pytest.raises(BadLink):
        await office.confirm.act(office.link(Purpose.PROOF, 999, 1), network=HOME)


async def test_a_link_of_a_rotated_key_works(office: Office) -> None:
    link = await mailed_proof(office)
    office.keyring.rotate(now=office.clock.now())
    reopened = office.link(Purpose.PROOF, *link.ids, at=link.signed_at, key="a")
    assert (await office.confirm.act(reopened, network=HOME)).state is Look.DONE


async def test_a_link_of_a_retired_key_only_offers_a_new_one(office: Office) -> None:
    link = await mailed_proof(office)
    office.keyring.rotate(now=office.clock.now())
    office.keyring.retire("a")
    reopened = office.link(Purpose.PROOF, *link.ids, at=link.signed_at, key="a")
    assert (await office.confirm.act(reopened, network=HOME)).state is Look.EXPIRED
    assert (await office.confirm.renew(reopened)).renewed
    (envelope,) = await office.post()
    assert office.mailed(envelope).key == "b"
    assert (await office.confirm.act(office.mailed(envelope), network=HOME)).state is Look.DONE


async def test_a_link_of_a_revoked_key_is_bad(office: Office) -> None:
    await mailed_proof(office)
    token = office.desk.links.sign(Purpose.PROOF, 1, 1, at=office.clock.now())
    office.keyring.rotate(now=office.clock.now())
    office.keyring.revoke("a")
    with pytest.raises(BadLink):
        office.desk.links.open(token)


async def test_links_to_an_address_off_file_are_superseded(office: Office) -> None:
    link = await mailed_proof(office)
    await Withdraw(office.desk).address(EMAIL, issuers=("minato",))
    assert (await office.confirm.act(link, network=HOME)).state is Look.SUPERSEDED
    assert not (await office.confirm.renew(link)).renewed
    assert office.mails("confirm") == []


async def test_a_press_proves_that_a_mail_without_an_answer_arrived(office: Office) -> None:
    await office.customers(f"C-1,株式会社さくら工業,{EMAIL},confirm")
    (envelope,) = await office.post(lambda _: Unanswered("connection lost after the final dot"))
    assert office.mail("proof").state == "unknown"
    await office.confirm.act(office.mailed(envelope), network=HOME)
    assert office.mail("proof").state == "accepted"
    assert office.ledger("mail.accepted") == 1


# Another address, typed in a session.


async def test_a_typed_address_gets_the_confirm_mail_and_counts_only_once_confirmed(office: Office) -> None:
    await office.customer("C-1", EMAIL)
    session = await office.prove(EMAIL)
    added = await office.confirm.add(session, "second@sakura.example")
    assert (added.email, added.problem) == ("second@sakura.example", None)
    await office.issued("C-1", "A-1", sent=False)
    assert [mail.email for mail in office.mails("notice")] == [EMAIL]
    confirm = next(each for each in await office.post() if each.recipient == added.email)
    await office.confirm.act(office.mailed(confirm), network=HOME)
    assert [mail.email for mail in office.mails("notice")] == [EMAIL, added.email]
    assert office.rows("SELECT email, is_default, source FROM addresses ORDER BY id") == [
        (EMAIL, 1, "import"),
        (added.email, 0, "page"),
    ]


@pytest.mark.parametrize(
    "typed", ["", "sakura", "a@b@c", "keiri@", "a b@sakura.example", "x@sakura.example\r\nBcc: y@z.example"]
)
async def test_what_is_no_address_is_refused_with_a_sentence(office: Office, typed: str) -> None:
    await office.customer("C-1", EMAIL)
    added = await office.confirm.add(await office.prove(EMAIL), typed)
    assert (added.problem, added.email) == ("invalid", typed)
    assert added.said
    assert office.mails("confirm") == []


@pytest.mark.parametrize(
    "typed", [EMAIL, "KEIRI@Sakura.Example", "ｋｅｉｒｉ＠ｓａｋｕｒａ．ｅｘａｍｐｌｅ", f" {EMAIL} "]
)
async def test_the_same_mailbox_in_another_spelling_is_known(office: Office, typed: str) -> None:
    await office.customer("C-1", EMAIL)
    added = await office.confirm.add(await office.prove(EMAIL), typed)
    assert (added.problem, added.email) == ("already", EMAIL)
    assert office.value("SELECT count(*) FROM addresses") == 1


async def test_one_and_five_addresses_and_no_more(office: Office) -> None:
    await office.customer("C-1", EMAIL)
    session = await office.prove(EMAIL)
    found = [await office.confirm.add(session, f"a{number}@sakura.example") for number in range(6)]
    assert [added.problem for added in found] == [None] * 5 + ["too_many"]
    assert office.value("SELECT count(*) FROM addresses") == 6
    await Withdraw(office.desk).address("a0@sakura.example", issuers=("minato",))
    assert (await office.confirm.add(session, "a9@sakura.example")).problem is None


async def test_typed_again_it_is_mailed_again_after_a_minute(office: Office) -> None:
    await office.customer("C-1", EMAIL)
    session = await office.prove(EMAIL)
    for seconds in (0, 30, 40):
        office.clock.advance(seconds=seconds)
        assert (await office.confirm.add(session, "second@sakura.example")).problem is None
    assert len(office.mails("confirm")) == 2
    envelopes = await office.post()
    assert [office.mailed(each).ids[1] for each in envelopes] == [2], "the older link would be superseded: not sent"


async def test_an_address_taken_off_file_may_be_typed_again(office: Office) -> None:
    await office.customer("C-1", EMAIL, "second@sakura.example")
    session = await office.prove(EMAIL)
    old = office.link(Purpose.PROOF, office.address_id("second@sakura.example"), 1)
    await Withdraw(office.desk).address("second@sakura.example", issuers=("minato",))
    assert (await office.confirm.add(session, "second@sakura.example")).problem is None
    assert (await office.confirm.act(old, network=HOME)).state is Look.SUPERSEDED
    (envelope,) = await office.post()
    assert (await office.confirm.act(office.mailed(envelope), network=HOME)).state is Look.DONE


async def test_two_tabs_typing_at_once_add_one_address(office: Office) -> None:
    await office.customer("C-1", EMAIL)
    session = await office.prove(EMAIL)
    await asyncio.gather(*(office.confirm.add(session, "second@sakura.example") for _ in range(20)))
    assert office.value("SELECT count(*) FROM addresses") == 2
    assert len(office.mails("confirm")) == 1
    assert moment(office.mail("confirm").created_at) == office.clock.now()


@pytest.mark.parametrize(
    ("before", "after"),
    [("new", "registered"), ("invited", "registered"), ("approved", "approved"), ("declined", "declined")],
)
async def test_a_confirmed_address_registers_a_customer(office: Office, before: str, after: str) -> None:
    await office.customers(f"C-1,株式会社いち,{EMAIL},none")
    customer = office.value("SELECT id FROM customers")
    office.database.write_now(lambda tx: customers.set_status(tx, customer, before))
    await office.prove(EMAIL, customer="C-1")
    assert office.value("SELECT status FROM customers") == after
