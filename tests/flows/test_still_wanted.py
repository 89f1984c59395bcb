"""Asked in the moment before it is sent: is this mail still wanted, and all that it says?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from flow_courier import EMAIL, laid_out_again, lose, noticed
from flow_office import text

from mailbot.clock import stamp
from mailbot.flows.withdraw import Withdraw

if TYPE_CHECKING:
    from flow_office import Office


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
