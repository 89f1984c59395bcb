"""A temporary ID and password by mail: the answer's link goes on, nothing is confirmed by the mail alone."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from flow_inbound import INBOUND, hear, letter, listens
from flow_office import text

from mailbot.domain.paper_code import FREE, FREE_ANYWHERE, shown
from mailbot.flows.claim_letter import MOST
from mailbot.links import Purpose

if TYPE_CHECKING:
    from flow_invited import Desks
    from flow_office import Office

    from mailbot.mail.envelope import Envelope
    from mailbot.store.inbox import Inbound

EMAIL = "keiri@sakura.example"
WRONG = "0000-0000-0000"


async def mailed(office: Office, paper_id: str, password: str, *, sender: str = EMAIL) -> Inbound:
    words = f"お世話になっております。\n案内状の件です。\n仮ID：{paper_id}\n仮パスワード：{password}\n以上\n"
    return await hear(office, letter(words, sender=sender, to=INBOUND), sender=sender)


async def answer(office: Office) -> Envelope:
    (envelope,) = [each for each in await office.post() if each.kind == "answer"]
    return envelope


async def test_the_answers_link_registers_whoever_has_the_letter(office: Office, desks: Desks) -> None:
    listens(office)
    paper = await desks.letter("C-1")
    heard = await mailed(office, shown(paper.paper_id), shown(paper.password))
    assert (heard.kind, heard.action) == ("command", "redeemed")
    assert office.rows("SELECT email, status FROM addresses") == [(EMAIL, "pending")]
    assert desks.states() == ["sent"]
    assert office.value("SELECT state FROM paper_codes") == "live"
    assert office.value("SELECT remind_at FROM invitations") is not None, "it is reminded of as any other"
    envelope = await answer(office)
    assert (envelope.recipient, "株式会社C-1" in text(envelope)) == (EMAIL, True)
    link = office.mailed(envelope)
    assert link.purpose is Purpose.INVITATION
    done = await desks.complete(link)
    assert (done.page.state, done.page.email) == ("done", EMAIL)
    assert desks.states() == ["approved"]
    assert office.value("SELECT state FROM paper_codes") == "used"
    assert office.rows("SELECT email, status FROM addresses") == [(EMAIL, "confirmed")]
    again = await mailed(office, paper.paper_id, paper.password)
    assert again.action == "redeem_ended"


async def test_two_who_mail_the_same_letter_get_a_link_each_and_the_later_counts(office: Office, desks: Desks) -> None:
    listens(office)
    paper = await desks.letter("C-1")
    await mailed(office, paper.paper_id, paper.password)
    first = office.mailed(await answer(office))
    await mailed(office, paper.paper_id, paper.password, sender="second@sakura.example")
    second = office.mailed(await answer(office))
    assert desks.register.look(first).state == "superseded"
    assert desks.register.look(second).email == "second@sakura.example"


async def test_somebody_with_an_account_is_led_to_its_list(office: Office, desks: Desks) -> None:
    listens(office)
    await desks.registered("C-9", EMAIL, issuer="harbour")
    paper = await desks.letter("C-1")
    await office.post()
    await mailed(office, paper.paper_id, paper.password)
    page = desks.register.look(office.mailed(await answer(office)))
    assert page.known_person


@pytest.mark.parametrize("which", ["id", "password"])
async def test_a_wrong_pair_is_answered_and_counted(office: Office, desks: Desks, which: str) -> None:
    listens(office)
    paper = await desks.letter("C-1")
    pair = (WRONG, paper.password) if which == "id" else (paper.paper_id, WRONG)
    for _ in range(FREE):
        assert (await mailed(office, *pair)).action == "redeem_wrong"
        office.clock.advance(seconds=1)
    assert office.ledger("address.added") == 0
    envelope = (await office.post())[-1]
    assert "株式会社C-1" not in text(envelope)
    # That mailbox had its five answers; from everywhere the code rests after many more.
    assert (await mailed(office, *pair, sender="other@sakura.example")).action == "redeem_wrong"
    office.execute("UPDATE attempts SET failures = ? WHERE subject LIKE 'code:%'", FREE_ANYWHERE)
    assert (await mailed(office, *pair, sender="third@sakura.example")).action == "redeem_wrong"
    assert (await mailed(office, *pair, sender="fourth@sakura.example")).action == "redeem_locked"
    office.clock.advance(minutes=1)
    right = await mailed(office, paper.paper_id, paper.password, sender="fifth@sakura.example")
    assert right.action == "redeemed"


async def test_who_gets_no_answer_is_not_judged(office: Office, desks: Desks) -> None:
    listens(office)
    paper = await desks.letter("C-1")
    heard = await mailed(office, paper.paper_id, paper.password, sender="no-reply@sakura.example")
    assert heard.action == "not answered"
    assert office.rows("SELECT email FROM addresses") == []


async def test_a_letter_that_expired_or_was_replaced_works_no_more(office: Office, desks: Desks) -> None:
    listens(office)
    old = await desks.letter("C-1")
    new = await desks.letter("C-1", reissue=True)
    assert (await mailed(office, old.paper_id, old.password)).action == "redeem_ended"
    office.clock.advance(days=400)
    assert (await mailed(office, new.paper_id, new.password)).action == "redeem_ended"
    problems = [json.loads(mail.payload)["problem"] for mail in office.mails("answer")]
    assert problems == ["replaced", "expired"]
    assert office.rows("SELECT email FROM addresses") == []


async def test_an_invitation_that_is_over_is_not_begun_anew(office: Office, desks: Desks) -> None:
    listens(office)
    paper = await desks.letter("C-1")
    office.execute("UPDATE invitations SET expires_at = ?", "2026-11-19T00:00:00.000Z")
    assert (await mailed(office, paper.paper_id, paper.password)).action == "redeem_ended"
    assert len(desks.states()) == 1


async def test_an_address_that_was_taken_off_proves_itself_anew(office: Office, desks: Desks) -> None:
    listens(office)
    paper = await desks.letter("C-1")
    await mailed(office, paper.paper_id, paper.password)
    office.execute("UPDATE addresses SET status = 'removed'")
    await mailed(office, paper.paper_id, paper.password)
    assert office.rows("SELECT email, status, version FROM addresses") == [(EMAIL, "pending", 2)]
    done = await desks.complete(office.mailed((await office.post())[-1]))
    assert done.page.state == "done"


async def test_one_letter_is_not_mailed_in_from_a_whole_town(office: Office, desks: Desks) -> None:
    listens(office)
    paper = await desks.letter("C-1")
    for number in range(MOST):
        await mailed(office, paper.paper_id, paper.password, sender=f"p{number}@sakura.example")
    assert (await mailed(office, paper.paper_id, paper.password)).action == "redeem_ended"
    assert office.value("SELECT count(*) FROM addresses") == MOST


async def test_no_code_and_no_password_is_in_a_fact(office: Office, desks: Desks) -> None:
    listens(office)
    paper = await desks.letter("C-1")
    await mailed(office, shown(paper.paper_id), shown(paper.password))
    said = str(office.facts.facts) + str(office.rows("SELECT payload FROM outbox"))
    assert not [secret for secret in (paper.password, shown(paper.password)) if secret in said]


async def test_a_code_that_cannot_be_read_is_answered_with_the_page(office: Office, desks: Desks) -> None:
    listens(office)
    paper = await desks.letter("C-1")
    heard = await mailed(office, shown(paper.paper_id), "0000-0000")
    assert (heard.kind, heard.action) == ("person", "forwarded")
    said = text(await answer(office))
    assert "読み取れませんでした" in said
    assert f"{office.desk.rules.base_url}/claim" in said
    assert "株式会社C-1" not in said
