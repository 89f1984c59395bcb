"""Claiming a letter: one answer to every wrong pair, one mail, one account."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
from flow_invited import COMPANY, PERSON, WORD
from flow_office import ELSEWHERE, HOME, text

from mailbot.domain.paper_code import shown
from mailbot.errors import BadLink, Refused
from mailbot.flows.claim_letter import MOST, EndedCode, WrongCode
from mailbot.flows.locks import Locked
from mailbot.links import Purpose

if TYPE_CHECKING:
    from flow_invited import Desks
    from flow_office import Office

EMAIL = "taro@sakura.example"
WRONG = "0000-0000-0000"


async def test_a_letter_leads_to_an_account_by_one_mail(office: Office, desks: Desks) -> None:
    letter = await desks.letter("C-1")
    await office.issued("C-1", "A-1")
    ticket = await desks.claim.check(
        f" {EMAIL} ", f" {shown(letter.paper_id).lower()} ", shown(letter.password), network=HOME
    )
    assert (ticket.issuer.code, ticket.customer.code, ticket.locale) == ("minato", "C-1", "ja")
    assert await desks.ask(ticket.token, EMAIL) == EMAIL
    assert office.value("SELECT count(*) FROM accounts") == 0
    (mail,) = await office.post()
    assert (mail.kind, mail.recipient) == ("registration", EMAIL)
    link = office.mailed(mail)
    page = desks.claim.look(link)
    assert (page.state, page.known_person, page.email) == ("ready", False, EMAIL)
    done = await desks.claim.complete(link, network=HOME, password=WORD)
    assert (done.page.state, done.page.first_at, done.joined) == ("done", office.clock.now(), False)
    assert office.value("SELECT password_hash FROM persons").startswith("$argon2id$")
    session = desks.session(done.session_id)
    assert (session.email, session.customer_code) == (EMAIL, "C-1")
    assert (desks.states(), desks.customer("C-1"), office.status("A-1")) == (["approved"], "approved", "open")
    assert office.rows("SELECT email, status, is_default FROM addresses") == [(EMAIL, "confirmed", 1)]
    assert office.rows("SELECT state FROM paper_codes") == [("used",)]
    assert office.rows("SELECT form FROM claims_by_mail") == [("{}",)]
    assert office.ledger("code.used") == 1


async def test_a_used_code_says_so_to_whoever_has_it(office: Office, desks: Desks) -> None:
    letter = await desks.letter("C-1")
    await desks.claim.complete(await desks.claimed(letter, EMAIL), network=HOME)
    with pytest.raises(EndedCode) as ended:
        await desks.ticket(letter, EMAIL)
    assert ended.value.state == "used"
    with pytest.raises(WrongCode):
        await desks.claim.check(EMAIL, letter.paper_id, WRONG, network=HOME)
    assert office.ledger("invitation.approved") == 1


async def test_replaced_and_expired_codes_say_so(office: Office, desks: Desks) -> None:
    old = await desks.letter("C-1")
    ticket = await desks.ticket(old, EMAIL)
    new = await desks.letter("C-1", reissue=True)
    for attempt in (lambda: desks.ticket(old, EMAIL), lambda: desks.ask(ticket.token, EMAIL)):
        with pytest.raises(EndedCode) as ended:
            await attempt()
        assert ended.value.state == "replaced"
    office.clock.advance(days=61)
    with pytest.raises(EndedCode) as ended:
        await desks.ticket(new, EMAIL)
    assert ended.value.state == "expired"


async def test_every_wrong_pair_gets_the_same_answer(desks: Desks) -> None:
    letter, other = await desks.letter("C-1"), await desks.letter("C-2")
    said: set[str] = set()
    for paper_id, password in (
        (letter.paper_id, WRONG),
        (letter.paper_id, other.password),
        (WRONG, letter.password),
        (WRONG, WRONG),
        ("", ""),
        (letter.paper_id, letter.password + "0"),
        ("'; DROP TABLE paper_codes; --", "\ud800"),
    ):
        with pytest.raises(WrongCode) as wrong:
            await desks.claim.check(EMAIL, paper_id, password, network=f"{len(said)}{paper_id[:3]}")
        said.add(str(wrong.value))
    assert len(said) == 1


async def test_a_code_rests_longer_and_longer(office: Office, desks: Desks) -> None:
    letter = await desks.letter("C-1")
    rests = []
    for _ in range(20):
        try:
            await desks.claim.check(EMAIL, letter.paper_id, WRONG, network="guesser")
        except WrongCode:
            continue
        except Locked as locked:
            rests.append(locked.seconds)
            with pytest.raises(Locked):  # the right pair rests too, from there
                await desks.ticket(letter, EMAIL, network="guesser")
            office.clock.advance(seconds=locked.seconds + 1)
    assert rests[:4] == [60, 120, 240, 480]
    assert rests == sorted(rests)
    assert max(rests) <= 3600
    assert (await desks.ticket(letter, EMAIL, network="fresh")).customer.code == "C-1", "from elsewhere it works"
    with pytest.raises(WrongCode):  # a right pair forgets what failed before
        await desks.claim.check(EMAIL, letter.paper_id, WRONG, network="fresh")
    assert await desks.ticket(letter, EMAIL, network="fresh")


async def test_a_temporary_id_that_no_letter_has_rests_like_any_other(desks: Desks) -> None:
    letter = await desks.letter("C-1")

    async def tries(paper_id: str) -> list[str]:
        said = []
        for number in range(8):
            try:
                await desks.claim.check(EMAIL, paper_id, WRONG, network=f"{paper_id}{number}")
            except Refused as refused:
                said.append(type(refused).__name__)
        return said

    assert await tries(letter.paper_id) == await tries("1111-1111-1111")


async def test_guessing_from_one_network_ends_and_shuts_nobody_else_out(office: Office, desks: Desks) -> None:
    letter = await desks.letter("C-1")
    wrong = 0
    for number in range(40):
        try:
            await desks.claim.check(EMAIL, f"{number:012d}", WRONG, network=ELSEWHERE)
        except Locked:
            break
        except WrongCode:
            wrong += 1
    assert wrong == 20
    with pytest.raises(Locked):
        await desks.ticket(letter, EMAIL, network=ELSEWHERE)
    assert await desks.ticket(letter, EMAIL, network=HOME)
    office.clock.advance(minutes=15, seconds=1)
    assert await desks.ticket(letter, EMAIL, network=ELSEWHERE)


async def test_three_hundred_guesses_at_once_are_judged_twenty_times(office: Office, desks: Desks) -> None:
    async def guess(number: int) -> str:
        try:
            await desks.claim.check(EMAIL, f"{number:012d}", WRONG, network=ELSEWHERE)
        except Refused as refused:
            return type(refused).__name__
        return "right"

    said = await asyncio.gather(*(guess(number) for number in range(300)))
    assert said.count("WrongCode") == 20
    assert len(office.facts.of("sign_in.failed")) == 20


async def test_nothing_said_before_the_mail_tells_of_an_account(office: Office, desks: Desks) -> None:
    await desks.registered("H-1", EMAIL, issuer="harbour")
    one, two = await desks.letter("C-1"), await desks.letter("C-2")
    known, unknown = await desks.ticket(one, EMAIL), await desks.ticket(two, "nobody@sakura.example")
    assert (known.issuer, known.locale) == (unknown.issuer, unknown.locale)
    await office.post()
    verifications = desks.passwords.verifications
    await desks.ask(known.token, EMAIL)
    await desks.ask(unknown.token, "nobody@sakura.example")
    assert desks.passwords.verifications == verifications
    assert len([mail for mail in await office.post() if mail.kind == "registration"]) == 2


async def test_an_address_with_an_account_gets_the_issuer_into_its_list(office: Office, desks: Desks) -> None:
    await desks.registered("H-1", EMAIL, issuer="harbour")
    letter = await desks.letter("C-1")
    link = await desks.claimed(letter, EMAIL)
    assert desks.claim.look(link).known_person
    done = await desks.claim.complete(link, network=HOME)
    assert (done.joined, desks.states(), desks.customer("C-1")) == (True, ["approved", "received"], "registered")
    session = desks.session(done.session_id)
    assert [view.decidable for view in desks.join.listing(session)] == [True, False]
    assert office.value("SELECT count(*) FROM persons") == 1
    assert office.rows("SELECT state FROM paper_codes") == [("live",)]
    await desks.join.decide(session, {2: "approve"}, network=HOME)
    assert office.rows("SELECT state FROM paper_codes") == [("used",)]


async def test_the_mail_to_somebody_known_says_so(office: Office, desks: Desks) -> None:
    await desks.registered("H-1", EMAIL, issuer="harbour")
    letter = await desks.letter("C-1")
    await desks.ask((await desks.ticket(letter, EMAIL)).token, EMAIL)
    (mail,) = [mail for mail in await office.post() if mail.kind == "registration"]
    assert "発行元の追加" in text(mail)


async def test_a_hundred_presses_at_once_are_one(office: Office, desks: Desks) -> None:
    link = await desks.claimed(await desks.letter("C-1"), EMAIL)
    done = await asyncio.gather(*(desks.claim.complete(link, network=HOME) for _ in range(100)))
    assert {(each.page.state, each.page.first_at) for each in done} == {("done", office.clock.now())}
    assert all(each.session_id for each in done)
    assert office.value("SELECT count(*) FROM accounts") == 1
    assert (office.ledger("invitation.approved"), office.ledger("code.used")) == (1, 1)
    office.clock.advance(minutes=11)
    assert (await desks.claim.complete(link, network=HOME)).session_id is None


async def test_two_who_claim_one_letter_get_one_connection(office: Office, desks: Desks) -> None:
    letter = await desks.letter("C-1")
    one, two = await desks.claimed(letter, EMAIL), await desks.claimed(letter, "hanako@sakura.example")
    done = await asyncio.gather(desks.claim.complete(one, network=HOME), desks.claim.complete(two, network=HOME))
    assert [each.page.state for each in done] == ["done", "superseded"]
    assert office.rows("SELECT email FROM persons") == [(EMAIL,)]
    assert (await desks.claim.renew(two)).renewed is False


async def test_a_claim_and_a_mailed_invitation_of_the_same_customer_connect_once(office: Office, desks: Desks) -> None:
    link = await desks.invited("C-1", "keiri@sakura.example")
    claimed = await desks.claimed(await desks.letter("C-1"), EMAIL)
    assert desks.register.look(link).state == "ready"  # the letter did not end the mail
    await desks.complete(link)
    assert desks.claim.look(claimed).state == "superseded"
    await desks.claim.complete(claimed, network=HOME)
    assert office.value("SELECT count(*) FROM persons") == 1
    assert desks.states() == ["approved"]


async def test_the_link_lives_thirty_minutes_and_renews_without_typing(office: Office, desks: Desks) -> None:
    old = await desks.claimed(await desks.letter("C-1"), EMAIL)
    assert (await desks.claim.renew(old)).renewed is False
    office.clock.advance(minutes=30, seconds=1)
    assert desks.claim.look(old).state == "expired"
    assert (await desks.claim.complete(old, network=HOME)).session_id is None
    assert (await desks.claim.renew(old)).renewed
    assert (await desks.claim.renew(old)).renewed
    (mail,) = await office.post()
    done = await desks.claim.complete(office.mailed(mail), network=HOME)
    assert done.page.state == "done"
    assert desks.claim.look(old).state == "done"


async def test_a_double_click_is_one_mail_and_other_forms_get_their_own(office: Office, desks: Desks) -> None:
    ticket = await desks.ticket(await desks.letter("C-1"), EMAIL)
    claim = desks.claim
    person = {**PERSON, "email": EMAIL}
    clicks = (claim.request(ticket.token, company=COMPANY, person=person, locale="ja") for _ in range(100))
    assert set(await asyncio.gather(*clicks)) == {EMAIL}
    assert len(office.mails("registration")) == 1
    await desks.ask(ticket.token, EMAIL, name="太郎 改")
    (first, second) = await office.post()
    assert office.value("SELECT count(*) FROM claims_by_mail") == 2
    await desks.claim.complete(office.mailed(first), network=HOME)  # nobody changed what was reviewed for this one
    assert office.rows("SELECT name FROM persons") == [("山田 太郎",)]
    assert (await desks.claim.complete(office.mailed(second), network=HOME)).page.state == "superseded"
    assert office.rows("SELECT form FROM claims_by_mail") == [("{}",), ("{}",)]


async def test_one_letter_does_not_mail_a_whole_town(office: Office, desks: Desks) -> None:
    ticket = await desks.ticket(await desks.letter("C-1"), EMAIL)
    for number in range(MOST):
        await desks.ask(ticket.token, f"{number}@sakura.example")
    with pytest.raises(Refused, match="too often"):
        await desks.ask(ticket.token, "one.more@sakura.example")
    assert len(office.mails("registration")) == MOST


async def test_a_ticket_ends_after_half_a_day_and_is_nothing_else(office: Office, desks: Desks) -> None:
    letter = await desks.letter("C-1")
    ticket = await desks.ticket(letter, EMAIL)
    assert desks.claim.open(ticket.token).token == ticket.token
    qr = letter.link.rpartition("/")[2]
    with pytest.raises(BadLink):
        desks.claim.open(qr)
    with pytest.raises(BadLink):
        await desks.ask(qr, EMAIL)
    assert desks.claim.letter(office.desk.links.open(qr, Purpose.PAPER)).paper_id == letter.paper_id
    office.clock.advance(hours=12, seconds=1)
    with pytest.raises(BadLink):
        desks.claim.open(ticket.token)


async def test_no_address_is_no_address(office: Office, desks: Desks) -> None:
    letter = await desks.letter("C-1")
    before = office.everything()
    with pytest.raises(Refused):
        await desks.ticket(letter, "taro at sakura")
    ticket = await desks.ticket(letter, EMAIL)
    with pytest.raises(Refused):
        await desks.ask(ticket.token, "taro at sakura")
    with pytest.raises(Refused):
        await desks.claim.request(
            ticket.token, company={**COMPANY, "name": ""}, person={**PERSON, "email": EMAIL}, locale="ja"
        )
    after = office.everything()
    assert {**before, "attempts": after["attempts"], "sqlite_sequence": None} == {**after, "sqlite_sequence": None}


async def test_links_to_nothing_are_refused(office: Office, desks: Desks) -> None:
    registration, paper = office.link(Purpose.REGISTRATION, 99), office.link(Purpose.PAPER, 99)
    with pytest.raises(BadLink):
        desks.claim.look(registration)
    with pytest.raises(BadLink):
        desks.claim.letter(paper)


async def test_a_password_that_may_not_be_chosen_completes_nothing(office: Office, desks: Desks) -> None:
    link = await desks.claimed(await desks.letter("C-1"), EMAIL)
    with pytest.raises(Refused, match="password"):
        await desks.claim.complete(link, network=HOME, password="short")  # noqa: S106 - a made-up one
    assert office.value("SELECT count(*) FROM accounts") == 0


async def test_a_password_is_nothing_to_somebody_known(office: Office, desks: Desks) -> None:
    await desks.registered("H-1", EMAIL, issuer="harbour")
    before = office.rows("SELECT password_hash, password_version FROM persons")
    link = await desks.claimed(await desks.letter("C-1"), EMAIL)
    assert (await desks.claim.complete(link, network=HOME, password=WORD)).joined
    assert office.rows("SELECT password_hash, password_version FROM persons") == before


async def test_who_gets_the_page_after_it_was_used_gets_no_session(office: Office, desks: Desks) -> None:
    link = await desks.claimed(await desks.letter("C-1"), EMAIL)
    before = office.clock.now()
    office.clock.advance(seconds=1)
    assert (await desks.claim.complete(link, network=HOME, seen_at=before)).session_id
    office.clock.advance(seconds=1)
    assert (await desks.claim.complete(link, network=HOME, seen_at=before)).session_id
    assert (await desks.claim.complete(link, network=HOME, seen_at=office.clock.now())).session_id is None


async def test_the_qr_code_of_a_letter_that_is_over_says_why(office: Office, desks: Desks) -> None:
    used, late = await desks.letter("C-1"), await desks.letter("C-2")
    links = [office.desk.links.open(each.link.rpartition("/")[2], Purpose.PAPER) for each in (used, late)]
    assert [desks.claim.letter(link).over for link in links] == ["", ""]
    await desks.claim.complete(await desks.claimed(used, EMAIL), network=HOME)
    assert [desks.claim.letter(link).over for link in links] == ["used", ""]
    newer = await desks.letter("C-2", reissue=True)
    assert [desks.claim.letter(link).over for link in links] == ["used", "replaced"]
    office.clock.advance(days=61)
    qr = office.desk.links.open(newer.link.rpartition("/")[2], Purpose.PAPER)
    assert desks.claim.letter(qr).over == "expired"


async def test_the_last_page_says_what_was_typed_while_it_can_be_registered(desks: Desks) -> None:
    link = await desks.claimed(await desks.letter("C-1"), EMAIL)
    typed = desks.claim.look(link).typed
    assert (typed["name"], typed["phone"], typed["person_name"]) == ("株式会社さくら工業", "03-1234-5678", "山田 太郎")
    await desks.claim.complete(link, network=HOME)
    assert desks.claim.look(link).typed == {}
    known = await desks.claimed(await desks.letter("C-2"), EMAIL)
    assert (desks.claim.look(known).state, desks.claim.look(known).typed) == ("ready", {}), "an account keeps its own"


async def test_a_seventh_address_is_not_added_and_the_registration_counts(office: Office, desks: Desks) -> None:
    await office.customer("C-1", *(f"a{number}@sakura.example" for number in range(6)))
    done = await desks.claim.complete(await desks.claimed(await desks.letter("C-1"), EMAIL), network=HOME)
    session = desks.session(done.session_id)
    assert (session.customer_code, session.address_id, desks.customer("C-1")) == ("C-1", None, "approved")
    assert office.value("SELECT count(*) FROM addresses") == 6
