"""Acting by reply: what each command does, that it is answered once in its thread, and how it is taken back."""

from __future__ import annotations

import json
from email.utils import format_datetime
from typing import TYPE_CHECKING

import pytest
from flow_courier import lose
from flow_inbound import hear, judge, listens, reply, take
from flow_office import MINATO, message, text

from mailbot.flows.withdraw import Withdraw
from mailbot.links import Purpose

if TYPE_CHECKING:
    from flow_invited import Desks
    from flow_office import Office

    from mailbot.mail.envelope import Envelope
    from mailbot.store.inbox import Inbound

EMAIL = "keiri@sakura.example"
SECOND = "second@sakura.example"


async def noticed(office: Office, *numbers: str, emails: tuple[str, ...] = (EMAIL,)) -> Envelope:
    """Send notices to a customer who can answer them, and return the first."""
    listens(office)
    await office.customer("C-1", *emails)
    await office.issued("C-1", *(numbers or ("A-1",)), sent=False)
    return (await office.post())[0]


async def reminded(office: Office) -> Envelope:
    office.clock.go("2026-11-16T01:00Z")
    await noticed(office)
    office.clock.go("2026-11-19T01:00Z")
    await office.sweep()
    (envelope,) = await office.post()
    assert envelope.kind == "reminder"
    return envelope


async def say(office: Office, envelope: Envelope, words: str, *, sender: str = EMAIL, **headers: str) -> Inbound:
    """Answer one of our mails, now."""
    stated = {"Date": format_datetime(office.clock.now()), **headers}
    return await hear(office, reply(envelope, words, sender=sender, headers=stated), sender=sender)


async def answered(office: Office) -> Envelope:
    """Return the one answer that goes out now."""
    (envelope,) = [each for each in await office.post() if each.kind == "answer"]
    return envelope


def what(office: Office) -> list[str]:
    """Return what all answers so far are called."""
    return [json.loads(mail.payload)["what"] for mail in office.mails("answer")]


def evidence(office: Office, number: str = "A-1", email: str = EMAIL) -> str:
    return str(office.value("SELECT evidence FROM deliveries WHERE id = ?", office.delivery(number, email)))


# 受領


@pytest.mark.parametrize("words", ["受領", "受領しました。", "Received, thanks."])
async def test_a_receipt_is_evidence_and_ends_the_reminders_of_all_addresses(office: Office, words: str) -> None:
    first = await noticed(office, emails=(EMAIL, SECOND))
    heard = await say(office, first, words)
    assert (heard.kind, heard.action, heard.attributed_by) == ("command", "received", "tag")
    assert evidence(office) == "acknowledged"
    assert evidence(office, email=SECOND) == "accepted"
    assert office.ledger("invoice.acknowledged") == 1
    assert office.value("SELECT count(*) FROM deliveries WHERE remind_at IS NOT NULL") == 0
    envelope = await answered(office)
    assert "A-1" in text(envelope)
    assert "未受領" in text(envelope)
    office.clock.advance(days=30)
    await office.sweep()
    assert office.mails("reminder") == []


async def test_an_invoice_that_was_received_is_in_no_reminder_of_another(office: Office) -> None:
    first = await noticed(office)
    await office.issued("C-1", "A-2")
    await say(office, first, "受領")
    office.clock.go("2026-11-24T01:00Z")
    await office.sweep()
    assert "A-1" not in office.mail("reminder").payload
    reminder = [each for each in await office.post() if each.kind == "reminder"]
    assert ["A-2" in text(each) and "A-1" not in text(each) for each in reminder] == [True]


async def test_a_receipt_between_the_queue_and_the_wire_stops_a_reminder(office: Office) -> None:
    first = await noticed(office)
    office.clock.go("2026-11-24T01:00Z")
    await office.sweep()
    await say(office, first, "受領")
    assert [each.kind for each in await office.post()] == ["answer"]
    assert office.mail("reminder").state == "cancelled"


async def test_a_late_address_is_told_of_what_was_received_and_not_reminded(office: Office) -> None:
    first = await noticed(office)
    await say(office, first, "受領")
    await office.customers(f"C-1,株式会社C-1,{EMAIL} {SECOND},none")
    await office.prove(SECOND)
    await office.post()
    assert office.value("SELECT count(*) FROM deliveries WHERE remind_at IS NOT NULL") == 0


@pytest.mark.parametrize("words", ["未受領", "not received"])
async def test_a_receipt_is_taken_back_by_answering_the_answer(office: Office, words: str) -> None:
    first = await noticed(office)
    before = office.value("SELECT remind_at FROM deliveries")
    await say(office, first, "受領")
    done = await say(office, await answered(office), words)
    assert done.action == "disavowed"
    assert evidence(office) == "accepted"
    assert office.value("SELECT remind_at FROM deliveries") == before
    assert office.ledger("invoice.disavowed") == 1
    assert (await say(office, await answered(office), "not received")).action == "nothing_to_disavow"


async def test_a_receipt_said_twice_is_one(office: Office) -> None:
    first = await noticed(office)
    for _ in range(2):
        assert (await say(office, first, "受領")).action == "received"
    assert office.ledger("invoice.acknowledged") == 1
    await say(office, first, "未受領")
    assert evidence(office) == "accepted"


async def test_what_was_received_stays_so_while_reminders_begin_again(office: Office) -> None:
    first = await noticed(office)
    for words in ("受領", "停止", "再開"):
        await say(office, first, words)
    assert office.value("SELECT remind_at FROM deliveries") is None


async def test_what_was_downloaded_stays_so_under_a_receipt_and_after_it(office: Office) -> None:
    first = await noticed(office)
    await say(office, first, "受領")
    await office.fetch("A-1", EMAIL)
    assert evidence(office) == "acknowledged"
    await say(office, first, "未受領")
    assert evidence(office) == "downloaded"


async def test_a_mail_without_invoices_cannot_be_received(office: Office) -> None:
    first = await noticed(office)
    await office.sign_in.mail_link(office.invoice_link("A-1", EMAIL))
    (sign_in,) = await office.post()
    assert (await say(office, sign_in, "受領")).action == "nothing_to_receive"
    assert evidence(office) == "accepted"
    assert first.kind == "notice"


async def test_a_colleague_receives_for_the_common_customer_only(office: Office) -> None:
    """One reminder may speak for two customers; whoever is known at one of them says nothing of the other."""
    listens(office)
    office.clock.go("2026-11-16T01:00Z")
    await office.customer("C-1", EMAIL, SECOND)
    await office.customer("C-2", EMAIL)
    await office.issued("C-1", "A-1")
    await office.issued("C-2", "B-1")
    office.clock.go("2026-11-19T01:00Z")
    await office.sweep()
    reminder = next(each for each in await office.post() if each.kind == "reminder" and each.recipient == EMAIL)
    assert "B-1" in text(reminder)
    about = office.value(
        "SELECT c.code FROM customers c JOIN outbox o ON o.customer_id = c.id WHERE o.id = ?", reminder.row
    )
    assert about == "C-1"
    await say(office, reminder, "received", sender=SECOND)
    assert {number: evidence(office, number) for number in ("A-1", "B-1")} == {"A-1": "acknowledged", "B-1": "accepted"}
    await say(office, reminder, "received")
    assert evidence(office, "B-1") == "acknowledged"


# 再送, 一覧


@pytest.mark.parametrize("words", ["再送", "再送をお願いします", "resend"])
async def test_invoices_are_sent_again_to_the_same_address(office: Office, words: str) -> None:
    first = await noticed(office, "A-1", emails=(EMAIL, SECOND))
    to = first.recipient
    heard = await say(office, first, words, sender=SECOND if to == EMAIL else EMAIL)
    assert heard.action == "resent"
    sent = await office.post()
    assert sorted((each.kind, each.recipient) for each in sent) == sorted(
        [("notice", to), ("answer", heard.from_email)]
    )
    again = next(each for each in sent if each.kind == "notice")
    assert office.mailed(again).ids == office.mailed(first).ids
    assert office.mailed(again).purpose is Purpose.INVOICE


async def test_what_was_withdrawn_is_not_sent_again(office: Office) -> None:
    first = await noticed(office)
    await Withdraw(office.desk).invoice("minato", "A-1", reason="誤り")
    await office.post()
    assert (await say(office, first, "再送")).action == "nothing_to_resend"


async def test_resending_has_its_bound(office: Office) -> None:
    first = await noticed(office)
    for _ in range(21):
        await say(office, first, "再送")
    assert len([mail for mail in office.mails("notice") if ":reply:" in office_key(office, mail.id)]) == 20


def office_key(office: Office, mail: int) -> str:
    return str(office.value("SELECT unique_key FROM outbox WHERE id = ?", mail))


@pytest.mark.parametrize("words", ["一覧", "請求書一覧をお願いします", "list"])
async def test_a_list_names_what_is_open_and_signs_in_once(office: Office, words: str) -> None:
    first = await noticed(office, "A-1")
    await office.issued("C-1", "A-2", "A-3")
    await office.fetch("A-3", EMAIL)
    await say(office, first, words)
    envelope = await answered(office)
    said = text(envelope)
    assert [number in said for number in ("A-1", "A-2", "A-3")] == [True, True, False]
    link = office.mailed(envelope)
    assert link.purpose is Purpose.SIGN_IN
    page = await office.sign_in.act(link, seen_at=office.clock.now(), network="192.0.2.0/24")
    assert page.session_id is not None
    assert (page.email, envelope.recipient) == (EMAIL, EMAIL)


async def test_an_address_that_was_never_proved_gets_no_list(office: Office) -> None:
    listens(office)
    await office.customers(f"C-1,さくら,{EMAIL},confirm")
    (proof,) = await office.post()
    assert proof.kind == "proof"
    for words in ("一覧", "停止", "再送", "停止 7日", "再開"):
        assert (await say(office, proof, words)).action == "not_receiving"
    assert office.value("SELECT status FROM addresses") == "pending"
    assert office.value("SELECT count(*) FROM sign_ins") == 0


# 停止, 再開


async def test_reminders_stop_and_begin_again(office: Office) -> None:
    reminder = await reminded(office)
    assert (await say(office, reminder, "停止してください")).action == "stopped"
    assert office.value("SELECT status FROM addresses") == "muted"
    (fact,) = office.facts.of("address.muted")
    assert (fact["customer"], fact["to"], fact["how"]) == ("C-1", EMAIL, "reply")
    stopped = await answered(office)
    assert "再開" in text(stopped)
    office.clock.go("2026-11-24T01:00Z")
    await office.sweep()
    assert len(office.mails("reminder")) == 1
    assert (await say(office, stopped, "再開")).action == "resumed"
    assert office.value("SELECT status FROM addresses") == "confirmed"
    await office.sweep()
    assert sorted(each.kind for each in await office.post()) == ["answer", "reminder"]


async def test_a_new_invoice_is_told_to_a_muted_address(office: Office) -> None:
    first = await noticed(office)
    await say(office, first, "stop")
    await answered(office)
    await office.issued("C-1", "A-2", sent=False)
    assert [each.kind for each in await office.post()] == ["notice"]


@pytest.mark.parametrize("words", ["停止 7日", "stop 7", "停止７日間"])
async def test_a_pause_puts_reminders_off_and_they_go_on_by_themselves(office: Office, words: str) -> None:
    office.clock.go("2026-11-16T01:00Z")
    first = await noticed(office)
    assert (await say(office, first, words)).action == "paused"
    assert "2026年11月23日" in text(await answered(office))
    office.clock.go("2026-11-19T01:00Z")
    await office.sweep()
    assert office.mails("reminder") == []
    assert office.value("SELECT remind_at FROM deliveries") == "2026-11-23T01:00:00.000Z"
    office.clock.go("2026-11-23T01:00Z")
    await office.sweep()
    assert office.mails("reminder") == [], "a holiday"
    office.clock.go("2026-11-24T01:00Z")
    await office.sweep()
    (reminder,) = office.mails("reminder")
    assert json.loads(reminder.payload)["step"] == 2, "what came due meanwhile is one"


async def test_a_reminder_that_waits_is_not_sent_into_a_pause(office: Office) -> None:
    office.clock.go("2026-11-16T01:00Z")
    first = await noticed(office)
    office.clock.go("2026-11-19T01:00Z")
    await office.sweep()
    await say(office, first, "停止 7日")
    assert [each.kind for each in await office.post()] == ["answer"]
    assert office.mail("reminder").state == "cancelled"


async def test_a_pause_ends_at_once_when_it_is_asked_to(office: Office) -> None:
    office.clock.go("2026-11-16T01:00Z")
    first = await noticed(office)
    await say(office, first, "停止 30日")
    office.clock.go("2026-11-19T01:00Z")
    await office.sweep()
    await say(office, first, "再開")
    await office.sweep()
    assert len(office.mails("reminder")) == 1


async def test_a_pause_in_the_place_of_a_stop_ends_by_itself(office: Office) -> None:
    office.clock.go("2026-11-16T01:00Z")
    first = await noticed(office)
    await say(office, first, "停止")
    office.clock.go("2026-11-19T01:00Z")
    await office.sweep()
    assert office.value("SELECT remind_at FROM deliveries") is None
    await say(office, first, "停止 7日")
    assert office.value("SELECT status FROM addresses") == "confirmed"
    await office.sweep()
    assert office.mails("reminder") == []
    office.clock.go("2026-11-26T01:00Z")
    await office.sweep()
    assert len(office.mails("reminder")) == 1


async def test_a_mailbox_at_two_customers_is_quiet_at_both(office: Office) -> None:
    listens(office)
    await office.customer("C-1", EMAIL)
    await office.customer("C-2", EMAIL)
    await office.issued("C-1", "A-1", sent=False)
    (first,) = await office.post()
    await say(office, first, "停止")
    assert office.rows("SELECT status FROM addresses") == [("muted",), ("muted",)]


# 承認, 辞退


async def test_an_approval_changes_nothing_before_its_link(office: Office, desks: Desks) -> None:
    listens(office)
    await desks.invited("C-1", EMAIL)
    invitation = await invited_mail(office)
    before = office.rows("SELECT * FROM invitations")
    heard = await say(office, invitation, "承認します。")
    assert (heard.kind, heard.action) == ("command", "approve")
    assert office.rows("SELECT * FROM invitations") == before
    assert office.ledger("invitation.approved") == 0
    envelope = await answered(office)
    link = office.mailed(envelope)
    assert link.purpose is Purpose.INVITATION
    done = await desks.complete(link)
    assert done.page.state == "done"
    assert desks.states() == ["approved"]
    for words, action in (("承認", "already_approved"), ("辞退", "decline_final"), ("再送", "already_approved")):
        assert (await say(office, invitation, words)).action == action
    assert desks.states() == ["approved"]


async def invited_mail(office: Office) -> Envelope:
    """Return the invitation as it went out: laid out once more for its tags."""
    mail = office.mails("invitation")[-1]
    office.execute(
        "UPDATE outbox SET state = 'queued', next_attempt_at = ? WHERE id = ?", "2026-11-20T01:00:00.000Z", mail.id
    )
    (envelope,) = await office.post()
    return envelope


@pytest.mark.parametrize("words", ["辞退", "辞退いたします。", "decline"])
async def test_a_decline_takes_effect_and_can_become_an_approval(office: Office, desks: Desks, words: str) -> None:
    listens(office)
    await desks.invited("C-1", EMAIL)
    invitation = await invited_mail(office)
    assert (await say(office, invitation, words)).action == "declined"
    assert desks.states() == ["declined"]
    assert desks.customer("C-1") == "declined"
    assert [mail.email for mail in office.mails("decline")] == list(MINATO.staff)
    sent = {each.kind: each for each in await office.post()}
    assert set(sent) == {"answer", "decline"}
    await say(office, invitation, words)
    assert len(office.mails("decline")) == 1
    await desks.complete(office.mailed(sent["answer"]))
    assert desks.states() == ["approved"]


async def test_an_invitation_that_is_over_is_not_answered(office: Office, desks: Desks) -> None:
    listens(office)
    await desks.invited("C-1", EMAIL)
    invitation = await invited_mail(office)
    office.clock.advance(days=61)
    for words in ("承認", "辞退"):
        assert (await say(office, invitation, words)).action == "invitation_over"
    assert "declined" not in desks.states()


async def test_without_an_invitation_there_is_nothing_to_approve(office: Office) -> None:
    first = await noticed(office)
    for words in ("承認", "辞退", "decline"):
        assert (await say(office, first, words)).action == "no_invitation"


async def test_the_link_goes_to_the_invited_address_alone(office: Office, desks: Desks) -> None:
    listens(office)
    await office.customer("C-1", SECOND)
    await office.customers(f"C-1,株式会社C-1,{SECOND} {EMAIL},mail")
    office.execute("UPDATE addresses SET is_default = (email_key = ?)", EMAIL)
    await desks.mail("C-1")
    office.execute("UPDATE invitations SET address_id = ?", office.address_id(EMAIL))
    invitation = [each for each in await office.post() if each.kind == "invitation"][-1]
    assert (await say(office, invitation, "承認", sender=SECOND)).action == "approve_elsewhere"
    assert "/l/" not in text(await answered(office))


# 担当変更


async def test_a_successor_is_asked(office: Office) -> None:
    first = await noticed(office)
    heard = await say(office, first, "担当変更 kouhai@sakura.example")
    assert heard.action == "successor"
    assert office.value("SELECT email || ' ' || how FROM successions") == "kouhai@sakura.example reply"
    refused = await say(office, first, f"担当変更 {EMAIL}")
    assert refused.action == "successor_refused"
    assert what(office) == ["successor", "successor_refused"]


# Every command.


async def test_an_answer_stands_in_the_thread_and_answers_no_machine(office: Office) -> None:
    first = await noticed(office)
    raw = reply(
        first, "受領", sender=EMAIL, subject="Re: RE: 返信: 請求書\tの件", headers={"Message-ID": "<m1@sakura.example>"}
    )
    await hear(office, raw, sender=EMAIL)
    envelope = await answered(office)
    found = message(envelope)
    assert (envelope.recipient, envelope.sender) == (EMAIL, "")
    assert found["Subject"] == "Re: 請求書 の件"
    assert found["In-Reply-To"] == "<m1@sakura.example>"
    assert found["References"].split() == [message(first)["Message-ID"], "<m1@sakura.example>"]
    assert found["Auto-Submitted"] == "auto-replied"
    assert office.ledger("reply.obeyed") == office.ledger("reply.answered") == 1


async def test_the_same_reply_twice_is_one_act_and_one_answer(office: Office) -> None:
    first = await noticed(office)
    raw = reply(first, "再送", sender=EMAIL)
    await hear(office, raw, sender=EMAIL)
    assert await take(office, b"Received: by other\r\n" + raw, sender=EMAIL) is None
    await judge(office)
    assert len(office.mails("answer")) == 1
    assert sorted(each.kind for each in await office.post()) == ["answer", "notice"]


async def test_an_answer_in_another_charset_below_which_all_is_quoted(office: Office) -> None:
    first = await noticed(office)
    raw = reply(first, "x", sender=EMAIL)
    head = raw.partition(b"\r\n\r\n")[0].replace(b'charset="utf-8"', b"charset=iso-2022-jp")
    head = b"\r\n".join(line for line in head.split(b"\r\n") if not line.lower().startswith(b"content-transfer"))
    words = "お世話になっております。\r\n確かに受領いたしました。\r\n\r\n-- \r\n停止\r\n\r\n> 停止\r\n> 辞退\r\n"
    heard = await hear(office, head + b"\r\n\r\n" + words.encode("iso-2022-jp"), sender=EMAIL)
    assert heard.action == "received"
    assert office.value("SELECT status FROM addresses") == "confirmed"


async def test_what_stands_below_or_in_a_signature_is_no_command(office: Office) -> None:
    first = await noticed(office)
    heard = await say(office, first, "ありがとうございます。\n\n-- \n停止 受領\n")
    assert (heard.kind, heard.action) == ("person", "forwarded")
    assert evidence(office) == "accepted"


@pytest.mark.parametrize(
    "words", ["承認しません", "受領していません", "停止すると請求書も止まりますか？", "受領。辞退。"]
)
async def test_what_is_unclear_goes_to_a_person(office: Office, words: str) -> None:
    first = await noticed(office)
    heard = await say(office, first, words)
    assert (heard.kind, heard.action) == ("person", "forwarded")
    assert what(office) == ["unclear"]
    assert len(office.mails("forward")) == len(MINATO.staff)
    assert office.ledger("reply.obeyed") == 0


async def test_a_reply_settles_what_nobody_knew_of_its_mail(office: Office) -> None:
    listens(office)
    await office.customer("C-1", EMAIL)
    await office.issued("C-1", "A-1", sent=False)
    (first,) = await office.post(lose)
    await say(office, first, "受領")
    assert office.mail("notice").state == "accepted"
    assert evidence(office) == "acknowledged"
    assert office.value("SELECT remind_at FROM deliveries") is None


async def test_a_person_of_the_joined_account_commands_without_an_address(office: Office, desks: Desks) -> None:
    listens(office)
    await desks.registered("C-1", EMAIL)
    await office.customers(f"C-1,株式会社C-1,{EMAIL} {SECOND},none")
    await office.prove(SECOND)
    office.execute("UPDATE addresses SET status = 'removed', is_default = 0 WHERE email_key = ?", EMAIL)
    await office.issued("C-1", "A-1", sent=False)
    first = next(each for each in await office.post() if each.kind == "notice")
    assert first.recipient == SECOND
    assert (await say(office, first, "一覧", sender=EMAIL)).action == "list"
    link = office.mailed(await answered(office))
    assert office.sign_in.look(link).email == EMAIL
    assert (await say(office, first, "停止", sender=EMAIL)).action == "stopped"
    assert office.value("SELECT status FROM addresses WHERE email_key = ?", SECOND) == "muted"


# What a person is told, and how often.


@pytest.mark.parametrize("kind", ["receipts", "invitation"])
async def test_what_is_unclear_is_answered_with_the_words_that_help(office: Office, desks: Desks, kind: str) -> None:
    if kind == "receipts":
        first = await noticed(office)
    else:
        listens(office)
        await desks.invited("C-1", EMAIL)
        first = await invited_mail(office)
    await say(office, first, "承認の前に受領について教えてください")
    said = text(await answered(office))
    assert ("「承認」または「辞退」" in said, "「受領」「再送」" in said) == (kind == "invitation", kind == "receipts")


async def test_an_unclear_reply_is_answered_after_one_that_went_to_a_person(office: Office) -> None:
    first = await noticed(office)
    for words in ("宛名を変えられますか。", "受領しましたが、金額が違います", "日付も教えてください。"):
        await say(office, first, words)
    assert what(office) == ["forwarded", "unclear"]


async def test_thanks_are_answered_quietly_and_go_to_a_person(office: Office) -> None:
    first = await noticed(office)
    heard = await say(office, first, "了解しました。よろしくお願いいたします。")
    assert (heard.kind, heard.action, what(office)) == ("person", "forwarded", ["courtesy"])
    said = text(await answered(office))
    assert ("「受領」とだけ" in said, "確認のうえ対応" in said) == (True, False)


async def test_thanks_with_a_file_are_more_than_thanks(office: Office) -> None:
    first = await noticed(office)
    raw = reply(first, "ありがとうございます。", quoted=False, attached=[("a.pdf", "application/pdf", b"%PDF-1.7 a")])
    await hear(office, raw, sender=EMAIL)
    assert what(office) == ["forwarded"]


async def test_what_was_asked_for_is_sent_after_the_last_answer_of_the_day(office: Office) -> None:
    first = await noticed(office)
    for words in ("停止", "再開", "停止", "再開"):
        assert ", " not in str((await say(office, first, words)).action)
    await office.post()
    await say(office, first, "停止")
    assert "この後しばらくの間" in text(await answered(office)), "the last one says so"
    silent = await say(office, first, "再開")
    assert silent.action == "resumed, unanswered (enough were sent today)"
    assert await office.post() == []
    assert (await say(office, first, "一覧")).action == "list"
    assert office.mailed(await answered(office)).purpose is Purpose.SIGN_IN
    assert (await say(office, first, "質問があります。")).action == "forwarded"
    assert what(office)[-1] == "forwarded", "answers to words are counted apart"


async def test_a_list_of_one_invoice_answers_a_mail_that_has_no_message_id(office: Office) -> None:
    first = await noticed(office)
    raw = reply(first, "一覧").replace(b"Message-ID: ", b"X-Was: ")
    await hear(office, raw, sender=EMAIL)
    assert "A-1" in text(await answered(office))


async def test_a_list_says_until_which_day_its_link_works(office: Office) -> None:
    await say(office, await noticed(office), "一覧")
    assert "リンクの有効期限: 2026年11月20日 10:30まで" in text(await answered(office))


async def test_what_is_sent_again_says_so_in_its_subject(office: Office) -> None:
    first = await noticed(office)
    await say(office, first, "再送")
    again = next(each for each in await office.post() if each.kind == "notice")
    subject = str(message(again)["Subject"])
    assert subject == str(message(first)["Subject"]).replace("】", "】【再送】", 1)


async def test_one_mail_answers_who_names_a_successor(office: Office) -> None:
    first = await noticed(office)
    await say(office, first, "担当変更 （kouhai@sakura.example）")
    sent = [each for each in await office.post() if each.recipient == EMAIL]
    assert [each.kind for each in sent] == ["answer"]
    assert office.mailed(sent[0]).purpose is Purpose.UNDO


async def test_who_gets_no_answer_is_told_of_the_change_in_another_mail(office: Office) -> None:
    first = await noticed(office, emails=(EMAIL, SECOND))
    await say(office, first, "担当変更 kouhai@sakura.example", sender=SECOND, **{"Precedence": "junk", "List-Id": ""})
    assert office.value("SELECT count(*) FROM successions") == 0, "bulk mail commands nothing"
    office.execute(
        "UPDATE addresses SET email = ?, email_key = ? WHERE email = ?", *["noreply@sakura.example"] * 2, SECOND
    )
    await say(office, first, "担当変更 kouhai@sakura.example", sender="noreply@sakura.example")
    sent = {each.kind for each in await office.post() if each.recipient == "noreply@sakura.example"}
    assert sent == {"change"}


@pytest.mark.parametrize("words", ["担当変更", "担当変更をお願いします", "successor not-an-address"])
async def test_a_successor_without_an_address_is_asked_for_one(office: Office, words: str) -> None:
    first = await noticed(office)
    assert (await say(office, first, words)).action == "successor_refused"
    assert "アドレスを1件だけ書いて" in text(await answered(office))
    assert office.mails("forward") == []


async def test_a_successor_who_declines_by_reply_declines_no_invitation(office: Office, desks: Desks) -> None:
    listens(office)
    await desks.invited("C-1", EMAIL)
    invitation = await invited_mail(office)
    office.execute("UPDATE addresses SET status = 'confirmed'")
    await say(office, invitation, "担当変更 kouhai@sakura.example")
    asked = next(each for each in await office.post() if each.kind == "successor")
    heard = await say(office, asked, "辞退します", sender="kouhai@sakura.example")
    assert heard.action == "no_invitation"
    assert "declined" not in desks.states()


async def test_somebody_who_writes_from_an_address_that_was_given_up_is_told_of_once(office: Office) -> None:
    first = await noticed(office)
    office.execute("UPDATE addresses SET status = 'undeliverable'")
    for words in ("請求書が届きません。", "停止"):
        await say(office, first, words)
    told = [mail for mail in office.mails("staff") if "address.alive" in mail.payload]
    assert [mail.email for mail in told] == list(MINATO.staff)
