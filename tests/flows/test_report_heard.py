"""What lists and the status say of what was heard: mails that came back, pauses, absences, and what needs a person."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from flow_courier import lose
from flow_inbound import absence, hear, listens, reply, report
from flow_office import MINATO, START

from mailbot.clock import stamp
from mailbot.errors import Deferred
from mailbot.flows.inbox_report import InboxReport, InboxSearch
from mailbot.flows.mailroom import Mailroom
from mailbot.flows.report import Report

if TYPE_CHECKING:
    from flow_office import Office

    from mailbot.mail.envelope import Envelope

EMAIL = "keiri@sakura.example"
SOFT: dict[str, Any] = {"status": "4.2.2", "said": "452 4.2.2 mailbox full"}


@pytest.fixture
async def notice(office: Office) -> Envelope:
    """The notice of an invoice, which the customer has had."""
    listens(office)
    await office.customer("C-1", EMAIL)
    await office.issued("C-1", "A-1", sent=False)
    return next(each for each in await office.post() if each.kind == "notice")


def address(office: Office) -> dict[str, Any]:
    (line,) = Report(office.database, office.clock).addresses(None)
    assert Report(office.database, office.clock).customer("minato", "C-1")["addresses"] == [
        {key: value for key, value in line.items() if key not in {"customer", "issuer", "confirmed_at", "successor"}}
    ]
    return line


def attention(office: Office) -> dict[str, Any]:
    found: dict[str, Any] = Report(office.database, office.clock).status()["attention"]
    return {name: value for name, value in found.items() if value}


async def test_mails_that_came_back_are_found(office: Office, notice: Envelope) -> None:
    await hear(office, report(notice))
    lines = Report(office.database).outbox(issuer=None, state=None, reported="bounced", limit=-1)
    assert [(line["id"], line["report_reason"]) for line in lines] == [(notice.row, "userunknown")]


async def test_a_pause_is_shown_until_it_ends(office: Office, notice: Envelope) -> None:
    await hear(office, reply(notice, "停止 7日"))
    assert address(office)["snoozed_until"] == stamp(START + timedelta(days=7))
    office.clock.advance(days=7)
    assert address(office)["snoozed_until"] is None


async def test_a_score_is_shown_until_it_is_spent(office: Office, notice: Envelope) -> None:
    await hear(office, report(notice, **SOFT))
    assert (address(office)["bounce_score"], address(office)["bounced_on"]) == (1, "2026-11-20")
    office.clock.advance(days=8)
    assert (address(office)["bounce_score"], address(office)["bounced_on"]) == (0, None)


async def test_an_absence_is_shown_until_its_holder_writes(office: Office, notice: Envelope) -> None:
    await hear(office, absence(notice, "11月30日まで休暇をいただいております。"))
    assert (address(office)["absent_at"], address(office)["has_left"]) == (stamp(START), False)
    office.clock.advance(hours=1)
    await hear(office, absence(notice, "私は10月末をもって退職いたしました。"))
    assert (address(office)["absent_at"], address(office)["has_left"]) == (stamp(START + timedelta(hours=1)), True)
    office.clock.advance(hours=1)
    await hear(office, reply(notice, "戻りました。請求書の宛名を変更いただけますでしょうか。"))
    assert (address(office)["absent_at"], address(office)["has_left"]) == (None, False)


async def test_a_report_names_whom_it_is_about(office: Office, notice: Envelope) -> None:
    inbound = await hear(office, report(notice))
    line = InboxReport(office.database).mail(inbound.id)
    assert line["outcomes"] == [
        {"recipient": EMAIL, "reason": "userunknown", "hard": True, "status": "5.1.1", "action": "failed"}
    ]
    assert [each["kind"] for each in line["queued"]] == []


async def test_a_command_says_which_it_was_and_how_it_was_answered(office: Office, notice: Envelope) -> None:
    other = await hear(office, reply(notice, "請求書の宛名を変更いただけますでしょうか。"), sender=EMAIL)
    inbound = await hear(office, reply(notice, "停止 7日"), sender=EMAIL)
    line = InboxReport(office.database).mail(inbound.id)
    assert line["rule"] == "a word that mailbot obeys: pause"
    assert line["queued"] == [{"id": office.mails("answer")[-1].id, "kind": "answer", "to": EMAIL}]
    assert line["outcomes"] == []
    assert "hard" not in line
    person = InboxReport(office.database).mail(other.id)
    assert {each["kind"] for each in person["queued"]} == {"answer", "forward"}
    assert line["queued"][0] not in person["queued"]
    newest = InboxReport(office.database).mails(InboxSearch(kind="command"))[0]
    assert newest["rule"] == "a word that mailbot obeys"


async def test_words_that_reached_nobody_need_attention(office: Office, notice: Envelope) -> None:
    await hear(office, reply(notice, "こちらは担当の方に届きます。宛名の件です。"), sender=EMAIL)
    office.set_issuers(replace(MINATO, staff=()))
    inbound = await hear(office, reply(notice, "請求書の宛名を変更いただけますでしょうか。"), sender=EMAIL)
    assert attention(office) == {"words_unheard": 1}
    assert [line["id"] for line in InboxReport(office.database).mails(InboxSearch(unheard=True))] == [inbound.id]
    await office.post()
    office.clock.advance(days=31)
    assert attention(office) == {}


async def test_customers_whom_nothing_reaches_need_attention(office: Office, notice: Envelope) -> None:
    assert attention(office) == {}
    await hear(office, report(notice))
    await office.post()
    assert attention(office) == {"customers_unreachable": 1, "invoices_unreachable": 1}


async def test_mails_that_nobody_sends_need_attention(office: Office) -> None:
    await office.customer("C-1", EMAIL)
    await office.issued("C-1", "A-1", "A-2", sent=False)
    first, second = (mail.id for mail in office.mails("notice"))
    await Mailroom(office.desk).hold([first])
    await office.post(lose)
    assert attention(office) == {"mails_held": 1}, "one that is tried again settles itself"
    office.clock.advance(hours=1)
    await office.post(lose)
    office.execute("UPDATE outbox SET state = 'cancelled', next_attempt_at = '' WHERE kind = 'staff'")
    assert attention(office) == {"mails_held": 1, "mails_unknown": 1}
    await Mailroom(office.desk).retry([second])
    assert attention(office) == {"mails_held": 1}


async def test_mails_that_were_given_up_need_attention_for_a_month(office: Office) -> None:
    office.rule(deadline=timedelta(hours=1))
    await office.customer("C-1", EMAIL)
    await office.issued("C-1", "A-1", sent=False)
    office.clock.advance(hours=2)
    await office.post(lambda _: Deferred("451 later"))
    assert office.mail("notice").state == "expired"
    office.clock.advance(minutes=5)
    await office.post()
    assert attention(office) == {"mails_expired": 1}
    office.clock.advance(days=31)
    assert attention(office) == {}


async def test_mails_that_do_not_get_off_need_attention(office: Office) -> None:
    await office.customer("C-1", EMAIL)
    await office.customer("C-2", "second@sakura.example")
    await office.issued("C-1", "A-1", sent=False)
    office.clock.advance(minutes=14)
    assert attention(office) == {}
    office.clock.advance(minutes=2)
    assert attention(office) == {"mails_due_since": stamp(START)}
    office.execute("UPDATE outbox SET finished_at = ? WHERE id = 1", stamp(office.clock.now()))
    assert attention(office) == {}, "others get off"
    office.execute("UPDATE outbox SET finished_at = NULL WHERE id = 1")
    await office.post(lambda _: Deferred("451 later"))
    assert attention(office) == {}, "the relay answers"
