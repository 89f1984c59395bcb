"""Delivering: what an answer of the relay, or none, makes of a mail, with the courier's side played here."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from flow_courier import EMAIL, answers, defer, laid_out_again, lose, noticed, refuse_words, reject, trouble
from flow_office import ELSEWHERE, HARBOUR, HOME, MINATO, accept, message, text

from mailbot.clock import moment, stamp
from mailbot.domain.policy import OnUnknown
from mailbot.flows.mailroom import Mailroom
from mailbot.flows.post import Accepted
from mailbot.store import ledger, outbox

if TYPE_CHECKING:
    from flow_office import Answer, Office

    from mailbot.mail.envelope import Envelope


async def test_an_accepted_notice_is_proved_and_starts_its_reminders(office: Office) -> None:
    await noticed(office)
    (envelope,) = await office.post()
    mail = office.mail("notice")
    assert (mail.state, mail.attempts, mail.response) == ("accepted", 1, "250 2.0.0 taken")
    assert mail.finished_at == stamp(office.clock.now())
    assert mail.bytes_sha256 == hashlib.sha256(envelope.content).hexdigest()
    assert office.rows("SELECT evidence, accepted_at, base_date, remind_at FROM deliveries") == [
        ("accepted", stamp(office.clock.now()), "2026-11-20", "2026-11-24T00:00:00.000Z")
    ]
    assert office.value("SELECT sent_at FROM invoices") == stamp(office.clock.now())
    assert office.ledger("mail.accepted") == 1
    assert (envelope.sender, envelope.recipient) == ("invoice@minato.example", EMAIL)
    assert message(envelope)["Message-ID"] == f"<{mail.message_id}>"


async def test_a_deferred_mail_is_tried_again_after_growing_jittered_pauses(office: Office) -> None:
    await noticed(office)
    pauses = []
    for _ in range(6):
        await office.post(defer)
        mail = office.mail("notice")
        assert (mail.state, mail.code, mail.response) == ("deferred", 450, "450 4.2.1 later")
        pauses.append((moment(mail.next_attempt_at) - office.clock.now()).total_seconds() / 60)
        assert await office.post(defer) == [], "not before its time"
        office.clock.go(mail.next_attempt_at)
    assert office.mail("notice").attempts == 6
    for attempt, pause in enumerate(pauses):
        assert 0.75 * 2**attempt <= pause <= 1.25 * 2**attempt
    assert pauses != [2**attempt for attempt in range(6)]
    (envelope,) = await office.post()
    mail = office.mail("notice")
    assert (mail.state, mail.code, mail.attempts) == ("accepted", None, 7)
    assert message(envelope)["Message-ID"] == f"<{mail.message_id}>"
    assert len(office.facts.of("mail.deferred")) == 6


async def test_past_its_deadline_a_deferred_mail_is_given_up_and_the_staff_told_once(office: Office) -> None:
    await noticed(office)
    deadline = office.mail("notice").deadline
    while office.mail("notice").state != "expired":
        await office.post(defer)
        mail = office.mail("notice")
        assert mail.state == "expired" or office.clock.now() < moment(mail.next_attempt_at) <= deadline
        if mail.state == "deferred":
            office.clock.go(mail.next_attempt_at)
    assert office.clock.now() == deadline
    assert office.mail("staff").email == "keiri@minato.example"
    office.clock.advance(minutes=2)
    (envelope,) = await office.post()
    assert envelope.recipient == "keiri@minato.example"
    assert EMAIL in text(envelope)
    assert "450 4.2.1 later" in text(envelope)
    assert office.ledger("mail.expired") == 1


async def test_a_refused_mail_is_tried_no_more_and_every_staff_address_told_once(office: Office) -> None:
    await office.customer("H-1", "jo@tide.example", issuer="harbour")
    await office.issued("H-1", "HP-1", issuer="harbour", sent=False)
    await office.post(answers(reject))
    mail = office.mail("notice")
    assert (mail.state, mail.code, mail.response) == ("refused", 550, "550 5.1.1 no such person")
    assert [mail.email for mail in office.mails("staff")] == list(HARBOUR.staff)
    assert {mail.state for mail in office.mails("staff")} == {"accepted"}
    office.clock.advance(days=30)
    assert await office.post() == []
    assert office.value("SELECT remind_at FROM deliveries") is None, "who was not told is not reminded"


async def test_a_refused_mail_to_staff_tells_nobody(office: Office) -> None:
    await noticed(office)
    await office.post(reject)
    assert [mail.state for mail in office.mails("staff")] == ["refused"]
    assert await office.post() == []


async def test_without_an_answer_the_same_mail_is_sent_once_more_with_the_same_bytes(office: Office) -> None:
    await noticed(office)
    (first,) = await office.post(lose)
    assert office.mail("notice").state == "unknown"
    office.clock.advance(minutes=9, seconds=59)
    assert await office.post() == []
    office.clock.advance(seconds=1)
    office.keyring.rotate(now=office.clock.now())
    office.templates["notice.ja.j2"] += "{# changed meanwhile #}"
    office.set_issuers(replace(MINATO, name="別名株式会社"))
    (again,) = await office.post()
    assert again == first
    assert office.mail("notice").state == "accepted"
    assert office.mails("staff") == []


async def test_lost_again_it_stays_unknown_and_the_staff_is_told(office: Office) -> None:
    await noticed(office)
    await office.post(lose)
    office.clock.advance(minutes=10)
    await office.post(lambda envelope: lose(envelope) if envelope.kind == "notice" else accept(envelope))
    mail = office.mail("notice")
    assert (mail.state, mail.next_attempt_at, mail.resends) == ("unknown", outbox.NEVER, 2)
    office.clock.advance(days=10)
    assert await office.post() == []
    assert office.mail("notice").state == "unknown"
    assert [mail.state for mail in office.mails("staff")] == ["accepted"]


async def test_deferred_after_a_lost_answer_it_keeps_its_bytes(office: Office) -> None:
    await noticed(office)
    (first,) = await office.post(lose)
    office.clock.advance(minutes=10)
    await office.post(defer)
    assert office.mail("notice").state == "unknown"
    office.clock.advance(minutes=3)
    assert await office.post() == [first]


async def test_policy_hold_leaves_a_lost_mail_to_a_person(office: Office) -> None:
    office.rule(unknown=OnUnknown.HOLD)
    await noticed(office)
    await office.post(lose)
    office.clock.advance(minutes=10)
    assert await office.post() == []
    mail = office.mail("notice")
    assert mail.state == "held"
    assert "release" in (mail.reason or "")
    assert office.ledger("mail.held") == 1
    await Mailroom(office.desk).release([mail.id])
    (envelope,) = await office.post()
    assert message(envelope)["Message-ID"] == f"<{mail.message_id}>"


async def test_links_of_minutes_are_sent_again_at_once(office: Office) -> None:
    await office.customer("C-1", EMAIL)
    await office.confirm.add(await office.prove(EMAIL), "second@sakura.example")
    sent = await office.post(answers(lose))
    assert len(sent) == 2
    assert sent[0] == sent[1]
    assert office.mail("confirm").state == "accepted"


async def test_what_a_former_start_left_is_unknown_and_goes_out_again_with_the_same_bytes(office: Office) -> None:
    await noticed(office, "A-1", "A-2")
    await office.deliver.step()
    first = office.deliver.next_now()
    assert first is not None
    assert {mail.state for mail in office.mails("notice")} == {"sending"}
    # Killed here.
    office.clock.advance(seconds=5)
    office.keyring.rotate(now=office.clock.now())
    office.templates["notice.ja.j2"] += "{# changed meanwhile #}"
    office.set_issuers(replace(MINATO, name="別名株式会社"))
    assert await office.deliver.recover() == 2
    assert {mail.state for mail in office.mails("notice")} == {"unknown"}
    assert office.ledger("mail.unknown") == 2
    assert await office.post() == []
    office.clock.advance(minutes=10)
    again = await office.post()
    assert first in again
    assert {mail.state for mail in office.mails("notice")} == {"accepted"}
    assert [laid_out_again(office, mail) for mail in office.mails("notice")] == [
        mail.bytes_sha256 for mail in office.mails("notice")
    ]
    assert await office.deliver.recover() == 0


async def test_a_mail_not_tried_before_its_deadline_because_we_were_away_gets_a_new_one(office: Office) -> None:
    await noticed(office)
    office.clock.advance(days=10)
    office.deliver = office.start()
    await office.deliver.recover()
    assert office.mail("notice").deadline == office.clock.now() + timedelta(days=3)
    assert len(await office.post()) == 1


async def test_while_the_relay_is_down_mails_past_their_deadline_are_given_up(office: Office) -> None:
    await noticed(office, *(f"A-{number}" for number in range(5)))
    await office.deliver.step()
    probe = office.deliver.next_now()
    assert probe is not None
    office.deliver.settle(probe, trouble(probe))
    await office.deliver.hand_back()
    office.clock.advance(days=3)
    await office.deliver.step()
    assert {mail.state for mail in office.mails("notice")} == {"expired"}
    assert len(office.mails("staff")) == 5


async def test_a_relay_that_refuses_one_mail_is_not_down(office: Office) -> None:
    await noticed(office, "A-1", "A-2")
    await office.post(answers(trouble, refuse_words, refuse_words))
    office.clock.advance(days=3)
    assert [each.kind for each in await office.post()] == ["notice"], "tried once more at its deadline"


async def test_an_outcome_whose_consequences_fail_is_written_all_the_same(office: Office) -> None:
    await noticed(office, "A-1", "A-2")
    first = office.mails("notice")[0].id

    def spoil(envelope: Envelope) -> Accepted:
        if envelope.row == first:
            office.deliver._taken[first] = replace(  # noqa: SLF001 - a row that was fine when it was claimed
                office.deliver._taken[first],  # noqa: SLF001
                mail=replace(office.deliver._taken[first].mail, payload="{"),  # noqa: SLF001
            )
        return Accepted("250 ok")

    await office.post(spoil)
    assert [mail.state for mail in office.mails("notice")] == ["accepted", "accepted"]
    assert office.rows("SELECT accepted_at IS NULL FROM deliveries ORDER BY id") == [(1,), (0,)]
    assert [fields["id"] for fields in office.facts.of("row.failed")] == [first]


async def test_an_issuer_that_the_configuration_lost_stops_nobody(office: Office) -> None:
    await noticed(office)
    await office.customer("H-1", "jo@tide.example", issuer="harbour")
    await office.issued("H-1", "HP-1", issuer="harbour", sent=False)
    await office.post(lose)
    office.set_issuers(HARBOUR)
    office.clock.advance(minutes=10)
    assert len(await office.post()) == 2
    assert {mail.state for mail in office.mails("notice")} == {"accepted"}


async def test_a_press_proves_that_a_notice_without_an_answer_arrived(office: Office) -> None:
    await noticed(office)
    await office.post(lose)
    await office.press("A-1", EMAIL, network=ELSEWHERE)
    mail = office.mail("notice")
    assert mail.state == "accepted"
    assert "pressed" in (mail.response or "")
    assert office.rows("SELECT evidence, base_date FROM deliveries") == [("pressed", "2026-11-20")]
    assert office.value("SELECT remind_at FROM deliveries") == "2026-11-24T00:00:00.000Z"
    assert office.value("SELECT sent_at FROM invoices") == stamp(office.clock.now())
    office.clock.advance(minutes=10)
    assert await office.post() == []
    await office.fetch("A-1", EMAIL, network=HOME)
    assert office.status("A-1") == "downloaded"


@pytest.mark.parametrize("answer", [accept, defer, reject, lose])
async def test_every_outcome_leaves_a_ledger_that_holds(office: Office, answer: Answer) -> None:
    await noticed(office, "A-1", "A-2")
    await office.post(answer)
    assert office.database.read(ledger.verify) == []
