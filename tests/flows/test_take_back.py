"""Taking an import of invoices back: before anything went out, and when some of it did."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from flow_office import text

from mailbot.errors import Refused, Unanswered
from mailbot.flows.take_back import TakeBack
from mailbot.store import ledger

if TYPE_CHECKING:
    from flow_office import Office

    from mailbot.flows.take_back import TakenBack

EMAIL = "keiri@sakura.example"
A1 = "C-1,A-1,保守料,33000,2026-11-20,,a.pdf"
A2 = "C-1,A-2,利用料,1100,2026-11-20,,b.pdf"


async def taken(office: Office, *rows: str) -> int:
    import_id = (await office.invoices(*rows)).import_id
    assert import_id is not None
    return import_id


async def cancel(office: Office, import_id: int, *issuers: str) -> TakenBack:
    return await TakeBack(office.desk).cancel(import_id, issuers=issuers or ("minato", "harbour"))


async def test_within_the_send_delay_the_numbers_are_free_again(office: Office) -> None:
    office.rule(send_delay=timedelta(minutes=30))
    await office.customer("C-1", EMAIL)
    import_id = await taken(office, A1, A2)
    result = await cancel(office, import_id)
    assert (result.rows, result.mails, result.kept) == (2, 0, ())
    assert office.value("SELECT count(*) FROM invoices") == 0
    assert office.value("SELECT state FROM imports WHERE id = ?", import_id) == "cancelled"
    assert office.ledger("import.cancelled") == 1
    assert (await office.invoices(A1.replace("33000", "44000"))).created == 1


async def test_issued_and_not_sent_its_mails_are_cancelled(office: Office) -> None:
    await office.customer("C-1", EMAIL, "second@sakura.example")
    import_id = await taken(office, A1, A2)
    await office.publish()
    result = await cancel(office, import_id)
    assert (result.rows, result.mails, result.kept) == (2, 4, ())
    assert {mail.state for mail in office.mails("notice")} == {"cancelled"}
    assert office.value("SELECT count(*) FROM deliveries") == 0
    assert await office.post() == []
    assert office.ledger("mail.cancelled") == 4
    assert office.database.read(ledger.verify) == []
    await taken(office, A1)
    await office.publish()
    assert len(await office.post()) == 2


async def test_what_somebody_was_told_of_stays_and_is_named(office: Office) -> None:
    await office.customer("C-1", EMAIL)
    import_id = await taken(office, A1, A2, "C-1,A-3,保守料,1,2026-11-20,2026-12-24 09:00,c.pdf")
    await office.publish()
    office.execute("UPDATE outbox SET next_attempt_at = '2027-01-01T00:00:00.000Z' WHERE payload LIKE '%A-2%'")
    await office.post()
    result = await cancel(office, import_id)
    assert (result.rows, result.mails, result.kept) == (2, 1, ("A-1",))
    assert office.rows("SELECT number, status FROM invoices") == [("A-1", "open")]


@pytest.mark.parametrize("way", ["sending", "unknown"])
async def test_what_may_have_been_told_counts_as_told(office: Office, way: str) -> None:
    await office.customer("C-1", EMAIL)
    import_id = await taken(office, A1)
    await office.publish()
    if way == "unknown":
        await office.post(lambda _: Unanswered("lost"))
    else:
        await office.deliver.step()
    with pytest.raises(Refused, match="told already"):
        await cancel(office, import_id)
    assert office.status("A-1") == "open"


async def test_a_notice_of_several_that_may_have_been_taken_keeps_each_of_them(office: Office) -> None:
    await office.customers(f"C-1,さくら,{EMAIL},none")
    import_id = await taken(office, A1, A2)
    await office.publish()
    await office.prove(EMAIL)
    await office.post(lambda _: Unanswered("lost"))
    with pytest.raises(Refused, match="told already"):
        await cancel(office, import_id)
    assert (office.status("A-1"), office.status("A-2")) == ("open", "open")


async def test_a_notice_of_several_that_waits_says_less(office: Office) -> None:
    await office.customers(f"C-1,さくら,{EMAIL},none")
    import_id = await taken(office, A1)
    await taken(office, A2)
    await office.publish()
    await office.prove(EMAIL)
    assert (await cancel(office, import_id)).rows == 1
    (envelope,) = await office.post()
    assert "A-2" in text(envelope)
    assert "A-1" not in text(envelope)


async def test_what_cannot_be_taken_back_says_why(office: Office) -> None:
    await office.customer("C-1", EMAIL)
    import_id = await taken(office, A1)
    with pytest.raises(Refused, match="no import 99"):
        await cancel(office, 99)
    with pytest.raises(Refused, match="no import"):
        await cancel(office, import_id, "harbour")
    await cancel(office, import_id)
    with pytest.raises(Refused, match="cancelled already"):
        await cancel(office, import_id)
