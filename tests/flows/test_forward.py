"""A person's words on their way to staff: whose staff, with what above them, and what never goes along."""

from __future__ import annotations

import json
from dataclasses import replace
from email import message_from_bytes, policy
from typing import TYPE_CHECKING, Any

import pytest
from flow_inbound import hear, heard, judge, letter, listens, reply, take
from flow_office import HARBOUR, MINATO, message, text

from mailbot.errors import StoreError
from mailbot.flows.hearing.forward import A_DAY, STRANGERS_A_DAY

if TYPE_CHECKING:
    from email.message import EmailMessage

    from flow_office import Office

    from mailbot.mail.envelope import Envelope

EMAIL = "hanako@sakura.example"
STAFF = "keiri@minato.example"
QUESTION = "いつもお世話になっております。\n請求書の宛名を変更いただけますでしょうか。"


@pytest.fixture
async def notice(office: Office) -> Envelope:
    """The notice of an invoice, which the customer has had."""
    listens(office)
    await office.customer("S-1", EMAIL)
    await office.invoices("S-1,INV-1,保守料,33000,2026-11-20,,a.pdf", "S-1,INV-2,撤去費,415569,2026-11-20,,b.pdf")
    await office.publish()
    (first, _) = await office.post()
    return first


async def forwarded(office: Office) -> list[Envelope]:
    return [each for each in await office.post() if each.kind == "forward"]


async def one(office: Office) -> Envelope:
    (found,) = await forwarded(office)
    return found


def parsed(envelope: Envelope) -> EmailMessage:
    return message_from_bytes(envelope.content, policy=policy.default)


def attached(envelope: Envelope) -> list[tuple[str, str]]:
    return [(str(part.get_filename()), part.get_content_type()) for part in parsed(envelope).iter_attachments()]


def payload(office: Office) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(office.mails("forward")[-1].payload)
    return found


async def test_staff_reads_all_and_just_presses_reply(office: Office, notice: Envelope) -> None:
    await office.fetch("INV-2", EMAIL)
    raw = reply(notice, QUESTION, sender=f'"株式会社さくら 花子" <{EMAIL}>')
    judged = await hear(office, raw)
    assert (judged.action, judged.kind) == ("forwarded", "person")
    mail = await one(office)
    header, said = message(mail), text(mail)
    assert mail.recipient == STAFF
    assert str(header["Reply-To"]) == f"株式会社さくら 花子 <{EMAIL}>"
    assert str(header["Subject"]).startswith("[S-1 株式会社S-1] Re: ")
    assert "INV-1" in str(header["Subject"]) or "みなと商事" in str(header["Subject"])
    assert said.index("S-1 株式会社S-1") < said.index("INV-1: 保守料、¥33,000、送信済み") < said.index("【最近の経過】")
    assert "INV-2: " not in said.partition("【最近の経過】")[0], "what was fetched is not open any more"
    assert "ダウンロード INV-2" in said
    assert "登録済みのアドレスです" in said
    assert "返信元のメール: 請求書のご案内（2026年11月20日 10:00、送信番号 1）" in said
    assert "偽ることができます" not in said
    words, _, rest = said.partition("【お客様の文面】")[2].partition("2026年11月20日(金)")
    assert words.split() == QUESTION.split()
    assert rest.count("\n>") > 5
    assert "/l/" not in said, "no link of the customer's goes to staff"
    assert "担当者に届きます" not in said.rpartition("----")[2], "to answer this one is to answer the customer"
    assert office.facts.of("question.forwarded") == [
        {"issuer": "minato", "customer": "S-1", "to": STAFF, "files": 0},
    ]


async def test_every_member_of_staff_has_it_in_the_issuers_language(office: Office) -> None:
    listens(office)
    await office.customer("H-1", EMAIL, issuer="harbour")
    await hear(office, letter(QUESTION, sender=EMAIL, to="reply@minato.example"))
    found = await forwarded(office)
    assert [each.recipient for each in found] == list(HARBOUR.staff)
    assert "What they wrote" in text(found[0])
    assert "A sender's address can be forged" in text(found[0])


@pytest.mark.parametrize(
    ("sender", "status", "said"),
    [
        ("stranger@other.example", "confirmed", "登録のないアドレスです"),
        ("boss@sakura.example", "confirmed", "別の登録済みアドレスです"),
        ("boss@sakura.example", "removed", "登録から外れたアドレスです"),
        ("boss@sakura.example", "undeliverable", "配信を止めているアドレスです"),
        ("boss@sakura.example", "pending", "確認が済んでいないアドレスです"),
    ],
)
async def test_who_writes_is_said(office: Office, sender: str, status: str, said: str) -> None:
    listens(office)
    await office.customer("S-1", EMAIL, "boss@sakura.example")
    office.execute("UPDATE addresses SET status = ? WHERE email LIKE 'boss%'", status)
    office.execute("UPDATE addresses SET confirmed_at = NULL WHERE status = 'pending'")
    await office.issued("S-1", "INV-1", sent=False)
    (notice,) = [each for each in await office.post() if each.recipient == EMAIL]
    await hear(office, reply(notice, QUESTION, sender=sender))
    mail = await one(office)
    assert said in text(mail)
    assert str(message(mail)["Reply-To"]) == sender


async def test_nothing_of_a_customer_goes_with_a_mail_that_nobody_can_place(office: Office, notice: Envelope) -> None:
    del notice
    judged = await hear(office, letter(QUESTION, sender="who@other.example", to="reply@minato.example"))
    assert judged.action == "forwarded"
    mail = await one(office)
    assert mail.recipient == STAFF
    assert "S-1" not in text(mail)
    assert "INV-1" not in text(mail)
    assert "特定できなかった" in text(mail)
    assert str(message(mail)["Subject"]) == "[mailbot minato] お問い合わせ"


async def test_it_goes_to_the_issuer_that_it_was_written_to(office: Office) -> None:
    listens(office)
    await hear(office, letter(QUESTION, sender="who@other.example", to=HARBOUR.sender))
    assert {each.recipient for each in await forwarded(office)} == set(HARBOUR.staff)


async def test_somebody_of_two_issuers_customers_is_nobodys(office: Office) -> None:
    """One issuer's staff never reads of another's customers."""
    listens(office)
    await office.customer("S-1", EMAIL)
    await office.customer("H-1", EMAIL, issuer="harbour")
    await hear(office, letter(QUESTION, sender=EMAIL, to="reply@minato.example"))
    mail = await one(office)
    assert mail.recipient == STAFF
    assert {"S-1", "H-1"} & set(text(mail).split()) == set()


async def test_the_customers_of_an_issuer_that_is_configured_no_more_are_nobodys(
    office: Office, notice: Envelope
) -> None:
    office.set_issuers(HARBOUR)
    await hear(office, reply(notice, QUESTION, quoted=False))
    found = office.mails("forward")
    assert [each.email for each in found] == list(HARBOUR.staff)
    assert not [each for each in found if "S-1" in each.payload or "INV-1" in each.payload]


async def test_a_vault_that_cannot_be_written_makes_a_mail_wait(office: Office, notice: Envelope) -> None:
    """A full disk is no fault of the mail: it is not set aside, and goes on once there is room."""
    raw = reply(notice, QUESTION, attached=[("a.pdf", "application/pdf", b"%PDF-1.7 new")])
    folder = office.desk.vault.folder
    folder.rename(folder.with_name("away"))
    folder.touch()
    inbox_id = await take(office, raw)
    assert inbox_id is not None
    with pytest.raises(StoreError):
        await judge(office)
    assert heard(office, inbox_id).state == "received"
    folder.unlink()
    folder.with_name("away").rename(folder)
    await judge(office)
    assert heard(office, inbox_id).action == "forwarded"


async def test_without_staff_it_is_stated_that_nobody_hears(office: Office, notice: Envelope) -> None:
    office.set_issuers(replace(MINATO, staff=()), HARBOUR)
    judged = await hear(office, reply(notice, QUESTION))
    assert judged.action == "nobody to tell"
    assert office.facts.of("question.unheard") == [
        {"issuer": "minato", "customer": "S-1", "inbox": judged.id, "why": "no staff"},
    ]
    assert office.ledger("question.unheard") == 1
    assert office.mails("forward") == []


async def test_staff_and_our_own_addresses_are_passed_over(office: Office, notice: Envelope) -> None:
    for sender in (STAFF, HARBOUR.staff[0], MINATO.sender, "reply@minato.example", "reply+x@minato.example"):
        judged = await hear(office, reply(notice, QUESTION, sender=sender))
        assert judged.action == "passed over", sender
    assert office.mails("forward") == []


async def test_twenty_a_day_go_on_and_then_one_word_that_there_are_more(office: Office, notice: Envelope) -> None:
    actions = [(await hear(office, reply(notice, f"{QUESTION} {number}"))).action for number in range(A_DAY + 3)]
    assert actions == ["forwarded"] * A_DAY + ["not forwarded"] * 3
    assert len(office.mails("forward")) == A_DAY
    (told,) = office.mails("staff")
    assert f"{EMAIL}からのメールが1日に20通" in told.payload
    assert [each["why"] for each in office.facts.of("question.unheard")] == ["too many"] * 3
    await hear(office, reply(notice, QUESTION, sender="other@sakura.example"))
    assert len(office.mails("forward")) == A_DAY + 1, "another one is not held back by that"
    office.clock.advance(days=1, seconds=1)
    assert (await hear(office, reply(notice, "翌日のご連絡です。"))).action == "forwarded"


async def test_strangers_under_ever_new_names_are_bounded_together(office: Office) -> None:
    listens(office)
    for number in range(STRANGERS_A_DAY + 2):
        await hear(office, letter(QUESTION, sender=f"n{number}@spam.example", to="reply@minato.example"))
    assert len(office.mails("forward")) == STRANGERS_A_DAY
    assert len(office.mails("staff")) == 1


async def test_harmless_files_go_along_and_the_others_are_named(office: Office, notice: Envelope) -> None:
    files = [
        ("注文書.pdf", "application/pdf", b"%PDF-1.7 order"),
        ("../見積.xlsx", "application/vnd.ms-excel", b"sheet"),
        ("page.html", "text/html", b"<script>alert(1)</script>"),
        ("invoice.pdf.exe", "application/octet-stream", b"run"),
        ("macro.docm", "application/octet-stream", b"run"),
    ]
    await hear(office, reply(notice, QUESTION, attached=files))
    mail = await one(office)
    assert attached(mail) == [
        ("注文書.pdf", "application/pdf"),
        ("_見積.xlsx", "application/octet-stream"),
        ("page.html.txt", "text/plain"),
    ]
    assert "invoice.pdf.exe（プログラムまたはマクロを含む形式のため）" in text(mail)
    assert "macro.docm" in text(mail)
    first = next(parsed(mail).iter_attachments())
    assert first.get_payload(decode=True) == b"%PDF-1.7 order"
    assert office.facts.of("question.forwarded")[0]["files"] == 3


async def test_files_are_in_the_vault_before_the_row_that_names_them(office: Office, notice: Envelope) -> None:
    await hear(office, reply(notice, QUESTION, attached=[("a.pdf", "application/pdf", b"%PDF-1.7 a")]))
    (file,) = payload(office)["files"]
    assert office.desk.vault.has(file["sha256"], size=10)


async def test_html_is_read_and_never_forwarded(office: Office, notice: Envelope) -> None:
    raw = reply(notice, "x", quoted=False).decode()
    head, _, _ = raw.partition("\r\n\r\n")
    head = "\r\n".join(line for line in head.split("\r\n") if not line.lower().startswith("content-"))
    html = "<p>宛名を変更して<b>ください</b></p><script>alert(1)</script><img src=//evil.example/a><p>よろしく</p>"
    kind = 'Content-Type: text/html; charset="utf-8"\r\nContent-Transfer-Encoding: 8bit\r\n\r\n'
    await hear(office, f"{head}\r\n{kind}{html}".encode())
    mail = await one(office)
    assert "宛名を変更してください" in text(mail)
    body = parsed(mail).get_body(("html",))
    assert body is not None
    for live in ("<script", "evil.example", "alert(1)"):
        assert live not in str(body.get_content())
    assert attached(mail) == []


@pytest.mark.parametrize(
    ("sender", "field"),
    [
        (f'"keiri@minato.example" <{EMAIL}>', EMAIL),
        (f'"a ＠ b" <{EMAIL}>', EMAIL),
        (f"=?utf-8?B?44GV44GP44KJDQpCY2M6IHhAZXZpbC5leGFtcGxl?= <{EMAIL}>", EMAIL),
        (f"=?utf-8?B?44GV44GP44KJDQrjgao=?= <{EMAIL}>", f"さくら な <{EMAIL}>"),
        (f'"{"a" * 200}" <{EMAIL}>', f"{'a' * 80} <{EMAIL}>"),
        (f"花子 {EMAIL}", EMAIL),
    ],
)
async def test_a_name_is_shown_as_far_as_it_is_harmless(
    office: Office, notice: Envelope, sender: str, field: str
) -> None:
    raw = reply(notice, QUESTION).decode().replace(f"From: {EMAIL}", f"From: {sender}").encode()
    await hear(office, raw)
    mail = await one(office)
    assert str(message(mail)["Reply-To"]) == field
    assert "Bcc" not in message(mail)


async def test_an_address_that_no_field_can_carry_is_said_to_be_unanswerable(office: Office, notice: Envelope) -> None:
    raw = reply(notice, QUESTION).replace(f"From: {EMAIL}".encode(), "From: 花子@さくら.example".encode())
    await hear(office, raw)
    mail = await one(office)
    assert "Reply-To" not in message(mail)
    assert "返信しても相手には届きません" in text(mail)


async def test_a_replayed_mail_is_not_forwarded_twice(office: Office, notice: Envelope) -> None:
    judged = await hear(office, reply(notice, QUESTION))
    office.execute("UPDATE inbox SET state = 'received' WHERE id = ?", judged.id)
    await judge(office)
    assert len(office.mails("forward")) == 1


async def test_long_words_stay_and_what_is_quoted_is_shortened(office: Office, notice: Envelope) -> None:
    words = "\n".join(f"{number} 行目のご説明です。" for number in range(300))
    quoted = "\n".join(f"> {number} 行目の引用です。" for number in range(300))
    await hear(office, reply(notice, f"{words}\n\n{quoted}", quoted=False))
    stated = payload(office)
    assert len(stated["words"]) == 300
    assert len(stated["rest"]) < 300
    assert stated["rest_cut"] is True


async def test_a_mail_without_words_is_forwarded_with_its_file(office: Office, notice: Envelope) -> None:
    await hear(office, reply(notice, "", quoted=False, attached=[("a.pdf", "application/pdf", b"%PDF-1.7 a")]))
    assert attached(await one(office)) == [("a.pdf", "application/pdf")]


async def test_many_open_invoices_are_listed_up_to_a_number(office: Office) -> None:
    listens(office)
    await office.customer("S-1", EMAIL)
    await office.issued("S-1", *(f"INV-{number}" for number in range(25)), sent=False)
    notices = await office.post()
    await hear(office, reply(notices[0], QUESTION))
    stated = payload(office)
    assert (len(stated["open"]), stated["more_open"], len(stated["history"])) == (20, 5, 10)
