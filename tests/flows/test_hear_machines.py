"""What follows from complaints and automatic replies: reminders that end, staff that is told, and never an answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from flow_inbound import INBOUND, absence, complaint, hear, letter, listens, reply_to
from flow_office import text

from mailbot.flows.hear import Hear

if TYPE_CHECKING:
    from flow_office import Office

    from mailbot.mail.envelope import Envelope

EMAIL = "keiri@sakura.example"
GONE = (
    "お世話になっております。山田は2026年10月31日付で退職いたしました。"
    "今後は佐藤（sato@sakura.example）までご連絡ください。"
)


async def noticed(office: Office) -> Envelope:
    """Have an invoice issued to a customer and return the notice."""
    listens(office)
    await office.customer("C-1", EMAIL)
    await office.issued("C-1", "A-1", sent=False)
    (notice,) = await office.post()
    return notice


def status(office: Office) -> str:
    return str(office.value("SELECT status FROM addresses"))


def staff(office: Office) -> list[str]:
    return [each.payload for each in office.mails("staff")]


async def test_a_complaint_mutes_its_recipient_and_staff_is_told_once(office: Office) -> None:
    notice = await noticed(office)
    office.clock.go("2026-11-24T00:00Z")
    await office.sweep()
    assert office.mail("reminder").state == "queued"
    found = await hear(office, complaint(notice))
    assert (found.kind, found.action, status(office)) == ("complaint", "muted", "muted")
    assert office.mail("reminder").state == "cancelled"
    assert (await hear(office, complaint(notice))).action == "noted"
    assert office.facts.of("address.muted") == [
        {"customer": "C-1", "to": EMAIL, "how": "complaint", "issuer": "minato", **_seq(office)}
    ]
    assert len(staff(office)) == 1
    (told,) = await office.post()
    assert "迷惑メールとして報告" in text(told)
    await office.issued("C-1", "A-2", sent=False)
    assert [each.kind for each in await office.post()] == ["notice"], "a muted address gets notices and no reminders"


def _seq(office: Office) -> dict[str, object]:
    (fact,) = office.facts.of("address.muted")
    return {"seq": fact["seq"]} if "seq" in fact else {}


@pytest.mark.parametrize("feedback", ["auth-failure", "not-spam", "virus", "dmarc"])
async def test_a_report_that_no_person_made_mutes_nobody(office: Office, feedback: str) -> None:
    notice = await noticed(office)
    found = await hear(office, complaint(notice, feedback=feedback))
    assert (found.action, status(office), staff(office)) == ("noted", "confirmed", [])


async def test_a_complaint_is_believed_by_the_message_id_that_it_brings_back(office: Office) -> None:
    notice = await noticed(office)
    found = await hear(office, complaint(notice, to=INBOUND, complainer="redacted@sakura.example"))
    assert (found.attributed_by, found.action, status(office)) == ("message-id", "muted", "muted")


async def test_a_complaint_without_a_mail_of_ours_is_noted(office: Office) -> None:
    notice = await noticed(office)
    found = await hear(office, complaint(notice, to=INBOUND, returned=False))
    assert (found.attributed_by, found.action, status(office)) == ("report", "noted", "confirmed")


async def test_an_answers_reference_makes_no_complaint(office: Office) -> None:
    notice = await noticed(office)
    reference = f"In-Reply-To: <{notice.envid}>\r\n".encode()
    found = await hear(office, reference + complaint(notice, to=INBOUND, returned=False))
    assert (found.attributed_by, found.action, status(office)) == ("message-id", "noted", "confirmed")
    headers = {"In-Reply-To": f"<{notice.envid}>", "X-Apple-Unsubscribe": "true"}
    found = await hear(office, letter("hi", sender="x@evil.example", to=INBOUND, headers=headers))
    assert (found.kind, found.action, status(office), staff(office)) == ("complaint", "noted", "confirmed", [])


@pytest.mark.parametrize("complainer", ["other@else.example", "tanaka@sakura.example", "redacted@else.example"])
@pytest.mark.parametrize("to", ["", INBOUND])
async def test_somebody_elses_complaint_mutes_nobody_and_staff_is_told_once(
    office: Office, complainer: str, to: str
) -> None:
    notice = await noticed(office)
    for _ in range(2):
        found = await hear(office, complaint(notice, to=to or None, complainer=complainer))
        assert (found.kind, found.action, status(office)) == ("complaint", "told", "confirmed")
    assert len(staff(office)) == 1
    (told,) = await office.post()
    assert "ご本人からの報告かどうかを確かめられませんでした" in text(told)


@pytest.mark.parametrize(
    "complainer", ["redacted@sakura.example", "3f2a9c0d1e4b5a6978@sakura.example", "xxxx@sakura.example", ""]
)
async def test_providers_hide_who_complained(office: Office, complainer: str) -> None:
    notice = await noticed(office)
    assert (await hear(office, complaint(notice, complainer=complainer))).action == "muted"


async def test_a_complaint_at_a_reply_address_is_in_doubt(office: Office) -> None:
    notice = await noticed(office)
    raw = letter("hi", sender=EMAIL, to=reply_to(notice), headers={"X-Apple-Unsubscribe": "true"})
    assert (await hear(office, raw, sender=EMAIL)).action == "told"
    assert (await hear(office, complaint(notice, to=reply_to(notice), returned=False))).action == "told"
    assert (status(office), len(staff(office))) == ("confirmed", 1)


async def test_a_complaint_in_another_form_needs_a_tag(office: Office) -> None:
    notice = await noticed(office)
    raw = complaint(notice, to=INBOUND).replace(b"message/feedback-report", b"text/plain")
    raw = raw.replace(b"Subject: abuse report", b"Subject: complaint about message from 192.0.2.1")
    found = await hear(office, raw)
    assert (found.kind, found.action, status(office)) == ("complaint", "told", "confirmed")


async def test_a_complaint_mutes_the_mailbox_at_every_customer_of_the_issuer(office: Office) -> None:
    notice = await noticed(office)
    await office.customer("C-2", EMAIL)
    await office.customer("C-1", EMAIL, issuer="harbour")
    await hear(office, complaint(notice))
    assert office.rows("SELECT status FROM addresses ORDER BY id") == [("muted",), ("muted",), ("confirmed",)]


async def test_whoever_has_proved_nothing_yet_is_not_muted(office: Office) -> None:
    listens(office)
    await office.customers(f"C-1,株式会社C-1,{EMAIL},confirm")
    (proof,) = await office.post()
    assert (await hear(office, complaint(proof))).action == "noted"
    assert status(office) == "pending"


async def test_an_absence_is_noted_and_not_answered(office: Office) -> None:
    notice = await noticed(office)
    mails = len(office.mails())
    found = await hear(office, absence(notice, "11月25日まで休暇をいただいております。"))
    assert (found.kind, found.action) == ("auto-reply", "noted")
    assert [each["left"] for each in office.facts.of("address.absent")] == [False]
    assert len(office.mails()) == mails


async def test_an_absence_of_nobody_that_we_know_is_kept(office: Office) -> None:
    notice = await noticed(office)
    raw = absence(notice, "不在です。", to=INBOUND, sender="x@else.example", headers={"In-Reply-To": "<a@b.example>"})
    raw = raw.replace(f"References: <{notice.envid}>".encode(), b"X-None: 1")
    found = await hear(office, raw)
    assert (found.attributed_by, found.action) == (None, "noted")
    assert office.facts.of("address.absent") == []


async def test_word_that_somebody_has_left_goes_to_staff_once(office: Office) -> None:
    notice = await noticed(office)
    found = await hear(office, absence(notice, GONE, sender="yamada@sakura.example"))
    assert found.action == "told"
    assert (await hear(office, absence(notice, GONE))).action == "told"
    assert [each["left"] for each in office.facts.of("address.absent")] == [True, True]
    assert status(office) == "confirmed"
    (told,) = await office.post()
    words = text(told)
    for part in (EMAIL, "yamada@sakura.example", "sato@sakura.example", "退職", "C-1"):
        assert part in words, words


async def test_a_departure_that_no_mail_of_ours_caused_is_only_noted(office: Office) -> None:
    notice = await noticed(office)
    raw = absence(notice, GONE, to=INBOUND, headers={"In-Reply-To": "", "References": ""})
    found = await hear(office, raw)
    assert (found.attributed_by, found.action, staff(office)) == ("report", "noted", [])


async def test_whoever_only_names_a_mail_of_ours_tells_of_no_departure(office: Office) -> None:
    notice = await noticed(office)
    found = await hear(office, absence(notice, GONE, to=INBOUND))
    assert (found.attributed_by, found.action, staff(office)) == ("message-id", "noted", [])


async def test_without_tags_a_mails_name_has_to_do(office: Office) -> None:
    notice = await noticed(office)
    office.rule(inbound_separator="", inbound_address=INBOUND, hears=True)
    assert (await hear(office, absence(notice, GONE, to=INBOUND))).action == "told"


async def test_nothing_is_left_to_judge(office: Office) -> None:
    notice = await noticed(office)
    await hear(office, absence(notice, "不在です。"))
    assert not await Hear(office.desk).step()
