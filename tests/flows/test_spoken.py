"""Who may command by reply, what happens to all others, and how often anybody is answered."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from flow_inbound import INBOUND, hear, letter, listens, reply, reply_to
from flow_office import HARBOUR, MINATO, message, text

from mailbot.flows.hearing.answer import A_DAY

if TYPE_CHECKING:
    from flow_office import Office

    from mailbot.mail.envelope import Envelope
    from mailbot.store.inbox import Inbound

EMAIL = "keiri@sakura.example"
SECOND = "second@sakura.example"
STRANGER = "somebody@elsewhere.example"
MX = "mx.minato.example"


async def noticed(office: Office, *emails: str, **rules: object) -> Envelope:
    listens(office, **rules)
    await office.customer("C-1", *(emails or (EMAIL,)))
    await office.issued("C-1", "A-1", sent=False)
    return (await office.post())[0]


def status(office: Office) -> str:
    return str(office.value("SELECT status FROM addresses ORDER BY id"))


def answers(office: Office) -> list[str]:
    return [json.loads(mail.payload)["what"] for mail in office.mails("answer")]


def is_words(office: Office, heard: Inbound, *, answer: str | None = "unproved") -> None:
    """Check that a mail was taken for a person's words: nothing was done, staff has it, one answer at most."""
    assert (heard.kind, heard.action) == ("person", "forwarded")
    assert status(office) == "confirmed"
    assert office.ledger("reply.obeyed") == 0
    assert [mail.email for mail in office.mails("forward")] == list(MINATO.staff)
    assert answers(office) == ([] if answer is None else [answer])


async def test_a_mail_without_our_tag_commands_nothing(office: Office) -> None:
    first = await noticed(office)
    is_words(office, await hear(office, reply(first, "停止", to=INBOUND), sender=EMAIL))


async def test_a_forged_tag_commands_nothing(office: Office) -> None:
    first = await noticed(office)
    tagged = reply_to(first)
    at = tagged.index("@")
    forged = tagged[: at - 1] + ("2" if tagged[at - 1] != "2" else "3") + tagged[at:]
    assert forged != tagged
    is_words(office, await hear(office, reply(first, "停止", to=forged), sender=EMAIL))


async def test_a_return_path_is_no_reply_address(office: Office) -> None:
    first = await noticed(office)
    is_words(office, await hear(office, reply(first, "停止", to=first.sender), sender=EMAIL))


async def test_a_stranger_with_the_tag_commands_nothing_and_learns_nothing(office: Office) -> None:
    first = await noticed(office)
    is_words(office, await hear(office, reply(first, "一覧", sender=STRANGER), sender=STRANGER))
    envelope = next(each for each in await office.post() if each.kind == "answer")
    assert envelope.recipient == STRANGER
    said = text(envelope)
    assert not [word for word in ("株式会社C-1", "A-1", "33,000", "/l/") if word in said.replace(f"{INBOUND}", "")]


async def test_another_customers_address_is_a_stranger(office: Office) -> None:
    first = await noticed(office)
    await office.customer("C-2", STRANGER)
    is_words(office, await hear(office, reply(first, "停止", sender=STRANGER), sender=STRANGER))


async def test_an_address_taken_off_commands_nothing(office: Office) -> None:
    first = await noticed(office, EMAIL, SECOND)
    office.execute("UPDATE addresses SET status = 'removed' WHERE email_key = ?", SECOND)
    is_words(office, await hear(office, reply(first, "停止", sender=SECOND), sender=SECOND))


async def test_the_very_address_taken_off_commands_nothing(office: Office) -> None:
    first = await noticed(office)
    office.execute("UPDATE addresses SET status = 'removed'")
    heard = await hear(office, reply(first, "一覧"), sender=EMAIL)
    assert (heard.kind, answers(office)) == ("person", ["unproved"])


async def test_an_unproved_colleague_commands_nothing(office: Office) -> None:
    first = await noticed(office)
    await office.customers(f"C-1,株式会社C-1,{EMAIL} {SECOND},none")
    assert office.value("SELECT status FROM addresses WHERE email_key = ?", SECOND) == "pending"
    is_words(office, await hear(office, reply(first, "停止", sender=SECOND), sender=SECOND))


@pytest.mark.parametrize("known", [EMAIL, SECOND])
async def test_a_known_address_commands(office: Office, known: str) -> None:
    first = await noticed(office, EMAIL, SECOND)
    heard = await hear(office, reply(first, "停止", sender=known), sender=known)
    assert (heard.kind, heard.action) == ("command", "stopped")
    assert office.value("SELECT status FROM addresses WHERE email_key = ?", first.recipient) == "muted"


@pytest.mark.parametrize("field", [f"{EMAIL} <{STRANGER}>", f"{EMAIL}, {STRANGER}"])
async def test_a_known_address_beside_another_is_no_sender(office: Office, field: str) -> None:
    first = await noticed(office)
    raw = reply(first, "停止").replace(f"From: {EMAIL}".encode(), f"From: {field}".encode())
    assert STRANGER.encode() in raw
    heard = await hear(office, raw, sender=STRANGER)
    is_words(office, heard, answer=None)


# Where a server vouches for senders.


@pytest.mark.parametrize(
    ("results", "obeyed"),
    [
        (f"{MX}; dmarc=pass header.from=sakura.example", True),
        (f"{MX}; dmarc=none; spf=pass smtp.mailfrom=keiri@sakura.example", True),
        (f"{MX}; dmarc=fail header.from=sakura.example", False),
        (f"{MX}; spf=pass smtp.mailfrom=x@elsewhere.example", False),
        ("mx.elsewhere.example; dmarc=pass header.from=sakura.example", False),
        ("", False),
    ],
)
async def test_only_whom_the_server_vouches_for_commands(office: Office, results: str, *, obeyed: bool) -> None:
    first = await noticed(office, authserv_id=MX)
    field = f"Authentication-Results: {results}\r\n".encode() if results else b""
    heard = await hear(office, field + reply(first, "停止"), sender=EMAIL)
    if obeyed:
        assert (heard.kind, status(office)) == ("command", "muted")
    else:
        is_words(office, heard, answer=None if "fail" in results else "unproved")


async def test_a_forged_result_below_the_servers_own_does_not_count(office: Office) -> None:
    first = await noticed(office, authserv_id=MX)
    fields = f"Authentication-Results: {MX}; dmarc=fail\r\nAuthentication-Results: {MX}; dmarc=pass\r\n".encode()
    is_words(office, await hear(office, fields + reply(first, "停止"), sender=EMAIL), answer=None)


# Who is answered, and how often.


@pytest.mark.parametrize(
    ("headers", "why"),
    [
        ({"Precedence": "bulk"}, "automatic"),
        ({"Precedence": "list"}, "automatic"),
        ({"List-Id": "<all.sakura.example>"}, "automatic"),
        ({"X-Auto-Response-Suppress": "All"}, "automatic"),
        ({"Return-Path": "<>"}, "null sender"),
    ],
)
async def test_lists_and_machines_are_handed_on_and_not_answered(
    office: Office, headers: dict[str, str], why: str
) -> None:
    first = await noticed(office)
    heard = await hear(office, reply(first, "ご担当者様、質問があります。", headers=headers), sender=EMAIL)
    is_words(office, heard, answer=None)
    assert [fact["why"] for fact in office.facts.of("reply.unanswered")] == [why]


async def test_a_command_by_a_list_is_a_persons_words(office: Office) -> None:
    first = await noticed(office)
    heard = await hear(office, reply(first, "停止", headers={"List-Id": "<all.sakura.example>"}), sender=EMAIL)
    is_words(office, heard, answer=None)


@pytest.mark.parametrize("sender", ["noreply@sakura.example", "do-not-reply@sakura.example", "no_reply@sakura.example"])
async def test_nobody_is_not_answered(office: Office, sender: str) -> None:
    first = await noticed(office)
    await hear(office, reply(first, "質問です", sender=sender), sender=sender)
    assert office.mails("answer") == []


async def test_the_null_sender_is_not_answered(office: Office) -> None:
    first = await noticed(office)
    await hear(office, reply(first, "質問です"), sender="")
    assert office.mails("answer") == []
    assert [fact["why"] for fact in office.facts.of("reply.unanswered")] == ["null sender"]


@pytest.mark.parametrize("headers", [{"Auto-Submitted": "auto-replied"}, {"X-Autoreply": "yes"}])
async def test_automatic_replies_that_say_a_command_do_nothing(office: Office, headers: dict[str, str]) -> None:
    first = await noticed(office)
    heard = await hear(office, reply(first, "停止", headers=headers), sender=EMAIL)
    assert heard.kind == "auto-reply"
    assert status(office) == "confirmed"
    assert office.mails("answer") == office.mails("forward") == []


@pytest.mark.parametrize("sender", [MINATO.staff[0], HARBOUR.sender, INBOUND])
async def test_our_own_people_and_addresses_are_passed_over(office: Office, sender: str) -> None:
    first = await noticed(office)
    heard = await hear(office, reply(first, "停止", sender=sender), sender=sender)
    assert heard.action == "passed over"
    assert office.mails("answer") == office.mails("forward") == []


async def test_a_tagged_address_of_ours_is_not_answered(office: Office) -> None:
    first = await noticed(office)
    sender = reply_to(first)
    await hear(office, reply(first, "質問です", sender=sender), sender=sender)
    assert office.mails("answer") == []


async def test_five_answers_a_day_and_the_acts_go_on(office: Office) -> None:
    first = await noticed(office)
    for words in ["停止", "再開"] * 4:
        await hear(office, reply(first, words), sender=EMAIL)
    assert len(office.mails("answer")) == A_DAY
    assert [fact["why"] for fact in office.facts.of("reply.unanswered")] == ["enough"] * 3
    assert office.ledger("reply.obeyed") == 8
    office.clock.advance(hours=25)
    await hear(office, reply(first, "停止"), sender=EMAIL)
    assert len(office.mails("answer")) == A_DAY + 1


async def test_words_in_one_thread_are_answered_once_a_day(office: Office) -> None:
    first = await noticed(office)
    await hear(office, reply(first, "質問があります。"), sender=EMAIL)
    answer = next(each for each in await office.post() if each.kind == "answer")
    await hear(office, reply(answer, "もうひとつ質問です。"), sender=EMAIL)
    await hear(office, reply(first, "金額はいくらでしょうか。"), sender=EMAIL)
    assert answers(office) == ["forwarded"]
    assert len(office.mails("forward")) == 3
    office.clock.advance(days=1)
    await hear(office, reply(first, "その後いかがでしょうか。"), sender=EMAIL)
    assert answers(office) == ["forwarded", "forwarded"]


async def test_a_strangers_thread_is_answered_once_a_day(office: Office) -> None:
    listens(office)
    raw = letter(
        "はじめまして。質問です。", sender=STRANGER, to=INBOUND, headers={"Message-ID": "<t1@elsewhere.example>"}
    )
    await hear(office, raw, sender=STRANGER)
    answer = next(each for each in await office.post() if each.kind == "answer")
    assert message(answer)["Subject"].startswith("【みなと商事株式会社】")
    assert message(answer)["In-Reply-To"] == "<t1@elsewhere.example>"
    await hear(
        office,
        reply(
            answer,
            "ありがとうございます。質問です。",
            sender=STRANGER,
            headers={"References": f"<t1@elsewhere.example> {message(answer)['Message-ID']}"},
        ),
        sender=STRANGER,
    )
    assert answers(office) == ["forwarded"]


async def test_without_staff_the_answer_says_so(office: Office) -> None:
    office.set_issuers(replace(MINATO, staff=()))
    first = await noticed(office)
    heard = await hear(office, reply(first, "質問です。"), sender=EMAIL)
    assert heard.action == "nobody to tell"
    assert answers(office) == ["unheard"]
