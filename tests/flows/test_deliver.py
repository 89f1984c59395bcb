"""Delivering: from a row that is due to a mail on the wire and its outcome, with the courier's side played here."""

from __future__ import annotations

import asyncio
import hashlib
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from flow_office import ELSEWHERE, HARBOUR, HOME, MINATO, accept, message, text

from mailbot.clock import moment, stamp
from mailbot.domain.policy import OnUnknown
from mailbot.errors import Deferred, Rejected, Unanswered
from mailbot.flows.deliver import IN_DOUBT
from mailbot.flows.lay_out import LayOut
from mailbot.flows.mailroom import Mailroom
from mailbot.flows.post import Accepted
from mailbot.flows.slow_domains import SlowDomains
from mailbot.flows.withdraw import Withdraw
from mailbot.mail.edition import Edition
from mailbot.store import installation, ledger, outbox

if TYPE_CHECKING:
    from flow_office import Answer, Office

    from mailbot.mail.envelope import Envelope
    from mailbot.store.outbox import Mail

EMAIL = "keiri@sakura.example"


def defer(_: Envelope) -> Deferred:
    return Deferred("450 4.2.1 later", code=450)


def reject(_: Envelope) -> Rejected:
    return Rejected("550 5.1.1 no such person", code=550)


def lose(_: Envelope) -> Unanswered:
    return Unanswered("connection lost after the final dot")


def trouble(_: Envelope) -> Deferred:
    return Deferred("the relay cannot be reached", relay=True)


def answers(*first: Answer) -> Answer:
    """Answer with these in turn, and accept what follows."""
    left = list(first)

    def answer(envelope: Envelope) -> Accepted | Deferred | Rejected | Unanswered:
        return (left.pop(0) if left else accept)(envelope)

    return answer


async def noticed(office: Office, *numbers: str) -> None:
    """Have invoices issued to one address, nothing of it sent."""
    await office.customer("C-1", EMAIL)
    await office.issued("C-1", *(numbers or ("A-1",)), sent=False)


def laid_out_again(office: Office, mail: Mail) -> str:
    """Lay a mail out from its row and its claim, as somebody would years later, and return its bytes' SHA-256."""
    assert mail.composed_by is not None
    claim_id = mail.composed_by
    claim = office.database.read(lambda reading: outbox.get_claim(reading, claim_id))
    edition = Edition.read(office.database.read(lambda reading: installation.edition(reading, claim.edition)))
    return hashlib.sha256(LayOut(edition, office.desk.links).envelope(mail, claim).content).hexdigest()


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


async def test_the_bytes_are_a_function_of_the_row_and_its_claim(office: Office) -> None:
    await office.customers(f"C-1,株式会社さくら工業,{EMAIL},confirm")
    await office.post()
    session = await office.prove(EMAIL)
    await office.issued("C-1", "A-1", "A-2")
    await office.confirm.add(session, "second@sakura.example")
    await office.sign_in.mail_link(office.invoice_link("A-1", EMAIL))
    await office.post()
    office.clock.go("2026-11-24T00:30Z")
    await office.sweep()
    await Withdraw(office.desk).invoice("minato", "A-2", reason="二重計上")
    await office.post(answers(reject))
    await office.post()
    kinds = {mail.kind for mail in office.mails() if mail.bytes_sha256}
    assert kinds == {"proof", "notice", "confirm", "sign_in", "reminder", "withdrawn", "staff"}
    office.keyring.rotate(now=office.clock.now())
    office.set_issuers(replace(MINATO, name="別名株式会社", proof_days=1))
    office.clock.advance(days=2000)
    for mail in office.mails():
        if mail.bytes_sha256:
            assert laid_out_again(office, mail) == mail.bytes_sha256, mail.kind


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
    await office.post(answers(trouble, reject, reject))
    office.clock.advance(days=3)
    assert [each.kind for each in await office.post()] == ["notice"], "tried once more at its deadline"


# Still wanted, asked right before it goes out.


async def test_what_was_downloaded_or_withdrawn_meanwhile_is_told_accordingly(office: Office) -> None:
    await noticed(office, "A-1", "A-2")
    await Withdraw(office.desk).invoice("minato", "A-1", reason="誤り")
    await office.fetch("A-2", EMAIL)
    (envelope,) = await office.post()
    assert "A-2" in text(envelope)
    cancelled = next(mail for mail in office.mails("notice") if mail.state == "cancelled")
    assert "A-1" in cancelled.payload
    assert cancelled.reason
    assert cancelled.attempts == 0
    assert office.ledger("mail.cancelled") == 1


async def test_a_reminder_says_less_where_one_of_two_was_downloaded_meanwhile(office: Office) -> None:
    await noticed(office, "A-1", "A-2")
    await office.post()
    office.clock.go("2026-11-24T00:30Z")
    await office.sweep()
    await office.fetch("A-1", EMAIL)
    (envelope,) = await office.post()
    assert "A-2" in text(envelope)
    assert "A-1" not in text(envelope)
    mail = office.mail("reminder")
    assert laid_out_again(office, mail) == mail.bytes_sha256


async def test_a_reminder_whose_answer_was_lost_says_the_same_again_or_nothing(office: Office) -> None:
    await noticed(office, "A-1", "A-2")
    await office.post()
    office.clock.go("2026-11-24T00:30Z")
    await office.sweep()
    (first,) = await office.post(lose)
    await office.fetch("A-1", EMAIL)
    assert office.mail("reminder").state == "accepted", "its link was pressed"
    office.execute(
        "UPDATE outbox SET state = 'unknown', next_attempt_at = ? WHERE kind = 'reminder'", "2026-11-24T00:40:00.000Z"
    )
    office.clock.advance(minutes=10)
    assert await office.post() == [first]
    await office.fetch("A-2", EMAIL)
    office.execute(
        "UPDATE outbox SET state = 'unknown', next_attempt_at = ? WHERE kind = 'reminder'", "2026-11-24T00:50:00.000Z"
    )
    office.clock.advance(minutes=10)
    assert await office.post() == []
    assert office.mail("reminder").state == "cancelled"


async def test_a_reminder_to_somebody_muted_meanwhile_is_not_sent(office: Office) -> None:
    await noticed(office)
    await office.post()
    office.clock.go("2026-11-24T00:30Z")
    await office.sweep()
    office.execute("UPDATE addresses SET status = 'muted'")
    assert await office.post() == []
    assert office.mail("reminder").state == "cancelled"


async def test_a_proof_is_not_sent_once_proved_or_asked_anew(office: Office) -> None:
    await office.customers(f"C-1,さくら,{EMAIL} second@sakura.example third@sakura.example,confirm")
    await office.prove(EMAIL)
    office.execute("UPDATE addresses SET version = 2 WHERE email = 'second@sakura.example'")
    assert [each.recipient for each in await office.post()] == ["third@sakura.example"]
    assert [mail.state for mail in office.mails("proof")] == ["cancelled", "cancelled", "accepted"]


async def test_a_sign_in_link_is_not_sent_once_used_nor_to_an_address_off_file(office: Office) -> None:
    await noticed(office)
    await office.post()
    await office.sign_in.mail_link(office.invoice_link("A-1", EMAIL))
    office.execute("UPDATE sign_ins SET used_at = ?", stamp(office.clock.now()))
    assert await office.post() == []
    await office.sign_in.mail_link(office.invoice_link("A-1", EMAIL))
    await office.deliver.step()
    await Withdraw(office.desk).address(EMAIL, issuers=("minato",))
    assert await office.post() == []
    assert {mail.state for mail in office.mails("sign_in")} == {"cancelled"}


async def test_in_hand_when_its_address_is_revoked_nothing_goes_out(office: Office) -> None:
    await noticed(office, "A-1", "A-2")
    await office.post()
    await Withdraw(office.desk).invoice("minato", "A-2", reason="誤り")
    await office.issued("C-1", "A-3", sent=False)
    await office.deliver.step()
    await Withdraw(office.desk).address(EMAIL, issuers=("minato",))
    assert await office.post() == []
    assert office.mail("withdrawn").state == "cancelled"


# What is taken up, and how much of it may be in doubt.


async def test_mails_that_a_person_waits_for_go_first(office: Office) -> None:
    await office.customer("C-1", EMAIL)
    await office.issued("C-1", *(f"A-{number}" for number in range(5)), sent=False)
    office.clock.advance(seconds=10)
    await office.confirm.add(await office.prove(EMAIL), "second@sakura.example")
    assert [each.kind for each in await office.post()] == ["confirm"] + ["notice"] * 5


async def test_two_hundred_are_taken_up_at_once(office: Office) -> None:
    await noticed(office, *(f"A-{number}" for number in range(450)))
    assert await office.deliver.step()
    assert office.rows("SELECT state, count(*) FROM outbox WHERE kind = 'notice' GROUP BY state") == [
        ("queued", 250),
        ("sending", 200),
    ]
    assert not await office.deliver.step(), "there is enough in hand"
    assert len(await office.post()) == 450
    assert office.value("SELECT count(*) FROM claims") == 3


async def test_no_more_than_fifty_besides_the_connections_are_in_doubt(office: Office) -> None:
    await noticed(office, *(f"A-{number}" for number in range(70)))
    deliver = office.start(connections=2)
    await deliver.step()
    for _ in range(2 + IN_DOUBT):
        envelope = deliver.next_now()
        assert envelope is not None
        await deliver.permit(envelope)
        deliver.settle(envelope, accept(envelope))
    one_more = deliver.next_now()
    assert one_more is not None
    waiting = asyncio.create_task(deliver.permit(one_more))
    await asyncio.sleep(0)
    assert not waiting.done()
    await deliver.flush()
    await asyncio.wait_for(waiting, 5)


async def test_what_never_went_on_the_wire_is_handed_back_as_it_was(office: Office) -> None:
    await noticed(office, "A-1", "A-2", "A-3")
    await office.post(answers(defer, lose))
    office.clock.advance(hours=1)
    await office.issued("C-1", "A-4", sent=False)
    columns = (
        "id, state, attempts, next_attempt_at, deadline_at, resends, message_id, code, response, bytes_sha256, reason,"
        " payload, finished_at"
    )
    before = office.rows(f"SELECT {columns} FROM outbox ORDER BY id")
    ledger = office.value("SELECT count(*) FROM ledger")
    await office.deliver.step()
    assert len([mail for mail in office.mails() if mail.state == "sending"]) == 3
    envelope = office.deliver.next_now()
    assert envelope is not None
    await office.deliver.permit(envelope)
    office.deliver.put_back(envelope)
    await office.deliver.hand_back()
    assert office.deliver.idle
    assert office.rows(f"SELECT {columns} FROM outbox ORDER BY id") == before
    assert office.value("SELECT count(*) FROM ledger") == ledger
    assert len(await office.post()) == 3


async def test_what_waited_long_in_hand_is_signed_anew(office: Office) -> None:
    await office.customer("C-1", EMAIL)
    await office.confirm.add(await office.prove(EMAIL), "second@sakura.example")
    await office.deliver.step()
    envelope = office.deliver.next_now()
    assert envelope is not None
    office.deliver.put_back(envelope)  # the relay is down
    office.clock.advance(hours=2)
    (envelope,) = await office.post()
    assert office.mailed(envelope).signed_at == office.clock.now()
    assert office.mail("confirm").attempts == 1


async def test_when_the_courier_breaks_off_all_on_the_wire_is_unknown(office: Office) -> None:
    await noticed(office, "A-1", "A-2", "A-3")
    await office.deliver.step()
    known, open_ = office.deliver.next_now(), office.deliver.next_now()
    assert known is not None
    assert open_ is not None
    office.deliver.settle(known, accept(known))
    office.deliver.lose("the courier broke off")
    await office.deliver.flush()
    assert sorted(mail.state for mail in office.mails("notice")) == ["accepted", "sending", "unknown"]
    assert len(await office.post()) == 1, "what was still in hand goes out"


async def test_broken_off_while_an_outcome_is_written_it_stays_what_it_was(office: Office) -> None:
    await noticed(office)
    await office.deliver.step()
    envelope = office.deliver.next_now()
    assert envelope is not None
    office.deliver.settle(envelope, accept(envelope))
    writing = asyncio.create_task(office.deliver.flush())
    await asyncio.sleep(0)
    office.deliver.lose("the courier broke off")
    await writing
    await office.deliver.hand_back()
    assert office.mail("notice").state == "accepted"
    assert (office.ledger("mail.accepted"), office.ledger("mail.unknown")) == (1, 0)


async def test_a_cancelled_flush_writes_every_outcome_once(office: Office) -> None:
    await noticed(office)
    await office.deliver.step()
    envelope = office.deliver.next_now()
    assert envelope is not None
    office.deliver.settle(envelope, accept(envelope))
    writing = asyncio.create_task(office.deliver.flush_forever())
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    writing.cancel()
    await asyncio.gather(writing, return_exceptions=True)
    await office.deliver.hand_back()
    assert office.ledger("mail.accepted") == 1
    assert office.deliver.idle


async def test_a_claim_that_is_cancelled_is_handed_back(office: Office) -> None:
    await noticed(office)
    claiming = asyncio.create_task(office.deliver.step())
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    claiming.cancel()
    await asyncio.gather(claiming, return_exceptions=True)
    await office.deliver.hand_back()
    assert (office.mail("notice").state, office.mail("notice").attempts) == ("queued", 0)


async def test_next_waits_for_a_claim(office: Office) -> None:
    await noticed(office)
    waiting = asyncio.create_task(office.deliver.next())
    await asyncio.wait_for(office.deliver.hungry.wait(), 5)
    await office.deliver.step()
    envelope = await asyncio.wait_for(waiting, 5)
    assert envelope.recipient == EMAIL


async def test_a_domain_has_no_more_on_the_wire_than_it_may(office: Office) -> None:
    office.rule(per_domain=1)
    await office.customer("C-1", EMAIL)
    await office.customer("C-2", "kanri@midori.example")
    await office.issued("C-1", "A-1", "A-2", sent=False)
    await office.issued("C-2", "B-1", sent=False)
    await office.deliver.step()
    first, second = office.deliver.next_now(), office.deliver.next_now()
    assert first is not None
    assert second is not None
    assert {first.recipient, second.recipient} == {EMAIL, "kanri@midori.example"}
    assert office.deliver.next_now() is None
    waiting = asyncio.create_task(office.deliver.next())
    await asyncio.sleep(0)
    sakura = first if first.recipient == EMAIL else second
    office.deliver.settle(sakura, accept(sakura))
    assert (await asyncio.wait_for(waiting, 5)).recipient == EMAIL


async def test_421_slows_one_domain_and_no_other(office: Office) -> None:
    await office.customer("C-1", EMAIL)
    await office.customer("C-2", "kanri@midori.example")
    await office.issued("C-1", "A-1", "A-2", "A-3", sent=False)
    await office.issued("C-2", "B-1", "B-2", sent=False)

    def busy(envelope: Envelope) -> Accepted | Deferred:
        if envelope.recipient == EMAIL:
            return Deferred("421 4.7.0 too much", code=421)
        return Accepted("250 ok")

    sent = await office.post(busy)
    assert [each.recipient for each in sent].count(EMAIL) == 1, "the others in hand wait, too"
    assert [each.recipient for each in sent].count("kanri@midori.example") == 2
    assert office.deliver.next_end_of_slowness() == office.clock.now() + timedelta(seconds=30)
    assert [fields["domain"] for fields in office.facts.of("domain.slowed")] == ["sakura.example"]
    office.clock.advance(seconds=29)
    assert await office.post() == []
    office.clock.advance(seconds=61)
    assert len(await office.post()) == 3


def test_a_domain_that_says_so_again_is_left_alone_for_longer(office: Office) -> None:
    slow, seconds = SlowDomains(), []
    for _ in range(7):
        seconds.append(slow.slow("sakura.example", office.clock.now()))
        assert slow.slow("sakura.example", office.clock.now()) == 0, "said on another connection at the same time"
        office.clock.advance(seconds=seconds[-1])
    assert seconds == [30, 60, 120, 240, 480, 600, 600]
    office.clock.advance(hours=2)
    assert slow.slow("sakura.example", office.clock.now()) == 30


async def test_a_mail_that_cannot_be_laid_out_is_held_while_the_others_go(office: Office) -> None:
    await noticed(office, "A-1", "A-2", "A-3", "A-4")
    ids = [mail.id for mail in office.mails("notice")]
    office.execute("UPDATE outbox SET payload = '{' WHERE id = ?", ids[0])
    office.execute("UPDATE outbox SET payload = replace(payload, '\"subject\"', '\"subjekt\"') WHERE id = ?", ids[1])
    office.execute("UPDATE outbox SET issuer = 'gone' WHERE id = ?", ids[2])
    assert len(await office.post()) == 1
    assert [mail.state for mail in office.mails("notice")] == ["held", "held", "held", "accepted"]
    assert [fields["id"] for fields in office.facts.of("row.failed")] == ids[:3]
    for mail in office.mails("notice")[:3]:
        assert (mail.attempts, (mail.reason or "").startswith("it could not be laid out")) == (0, True)


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


async def test_a_rehearsal_sends_everything_to_one_address_and_says_so(office: Office) -> None:
    office.rule(redirect_to="test@minato.example")
    await noticed(office)
    (envelope,) = await office.post()
    assert envelope.recipient == "test@minato.example"
    assert EMAIL in message(envelope)["Subject"]
    assert message(envelope)["To"] == "test@minato.example"
    assert office.mail("notice").email == EMAIL


async def test_return_paths_carry_a_tag_where_a_way_in_is_configured(office: Office) -> None:
    office.rule(inbound_address="bot@minato.example")
    await noticed(office)
    (envelope,) = await office.post()
    assert envelope.sender.startswith("bot+b")
    tag = envelope.sender.partition("+")[2].partition("@")[0]
    assert office.desk.links.read_tag(tag.upper()).row_id == office.mail("notice").id
    assert "bot+r" in message(envelope)["Reply-To"]


async def test_the_ledgers_head_goes_out_with_the_mail(office: Office) -> None:
    await noticed(office)
    seq, head = office.rows("SELECT seq, hash FROM ledger ORDER BY seq DESC LIMIT 1")[0]
    (envelope,) = await office.post()
    assert message(envelope)["X-Mailbot-Ledger"] == f"minato {seq} {head}"


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
