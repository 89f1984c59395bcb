"""Withdrawing invoices and revoking addresses."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from flow_office import text

from mailbot.errors import Refused, Unanswered
from mailbot.flows.withdraw import Withdraw

if TYPE_CHECKING:
    from flow_office import Office

EMAIL = "keiri@sakura.example"
SECOND = "second@sakura.example"


async def test_those_who_were_told_get_word(office: Office) -> None:
    await office.customer("C-1", EMAIL, SECOND)
    await office.issued("C-1", "A-1")
    withdrawn = await Withdraw(office.desk).invoice("minato", "A-1", reason="金額の誤り")
    assert (withdrawn.number, withdrawn.told) == ("A-1", 2)
    assert office.rows("SELECT status, withdrawn_reason FROM invoices") == [("withdrawn", "金額の誤り")]
    envelopes = await office.post()
    assert [envelope.recipient for envelope in envelopes] == [EMAIL, SECOND]
    assert "金額の誤り" in text(envelopes[0])
    assert office.download.look(office.mailed(envelopes[0])).state == "withdrawn"
    assert office.ledger("invoice.withdrawn") == 1


async def test_nobody_hears_of_what_they_were_never_told(office: Office) -> None:
    await office.customer("C-1", EMAIL)
    await office.issued("C-1", "A-1", sent=False)
    assert (await Withdraw(office.desk).invoice("minato", "A-1", reason="誤り")).told == 0
    assert await office.post() == []
    assert office.mail("notice").state == "cancelled"


async def test_those_who_may_have_been_told_get_word_too(office: Office) -> None:
    await office.customer("C-1", EMAIL)
    await office.issued("C-1", "A-1", sent=False)
    await office.post(lambda _: Unanswered("lost"))
    assert (await Withdraw(office.desk).invoice("minato", "A-1", reason="誤り")).told == 1
    office.clock.advance(minutes=10)
    assert [envelope.kind for envelope in await office.post()] == ["withdrawn"]


async def test_one_that_waits_is_never_issued(office: Office) -> None:
    await office.customers(f"C-1,さくら,{EMAIL},none")
    await office.issued("C-1", "A-1")
    await Withdraw(office.desk).invoice("minato", "A-1", reason="誤り")
    await office.prove(EMAIL)
    assert office.mails("notice") == []


async def test_it_is_final_and_of_the_named_issuer(office: Office) -> None:
    await office.customer("C-1", EMAIL)
    await office.issued("C-1", "A-1")
    flow = Withdraw(office.desk)
    with pytest.raises(Refused, match="no invoice A-1"):
        await flow.invoice("harbour", "A-1", reason="誤り")
    await flow.invoice("minato", "A-1", reason="誤り")
    with pytest.raises(Refused, match="invoice A-1 was withdrawn already"):
        await flow.invoice("minato", "A-1", reason="もう一度")
    assert office.value("SELECT withdrawn_reason FROM invoices") == "誤り"


async def test_a_revoked_address_gets_nothing_more(office: Office) -> None:
    await office.customer("C-1", EMAIL, SECOND)
    await office.issued("C-1", "A-1", sent=False)
    await office.customers(f"C-2,みどり,{EMAIL},confirm")
    codes = await Withdraw(office.desk).address(EMAIL, issuers=("minato", "harbour"))
    assert codes == ["C-1", "C-2"]
    assert [envelope.recipient for envelope in await office.post()] == [SECOND]
    assert {mail.state for mail in office.mails(to=EMAIL)} == {"cancelled"}
    assert office.rows("SELECT status, is_default FROM addresses WHERE email = ?", EMAIL) == [("removed", 0)] * 2
    await office.issued("C-1", "A-2", sent=False)
    assert [mail.email for mail in office.mails("notice") if mail.state == "queued"] == [SECOND]
    assert office.ledger("address.revoked") == 2
    with pytest.raises(Refused, match="no customer has"):
        await Withdraw(office.desk).address(EMAIL, issuers=("minato",))


async def test_only_the_named_issuers_take_it_off_file(office: Office) -> None:
    await office.customer("C-1", "jo@tide.example")
    await office.customer("C-1", "jo@tide.example", issuer="harbour")
    await Withdraw(office.desk).address("jo@tide.example", issuers=("harbour",))
    assert office.rows("SELECT issuer, status FROM addresses ORDER BY id") == [
        ("minato", "confirmed"),
        ("harbour", "removed"),
    ]


async def test_the_next_address_confirmed_becomes_the_default_one(office: Office) -> None:
    await office.customer("C-1", EMAIL)
    await Withdraw(office.desk).address(EMAIL, issuers=("minato",))
    await office.customers(f"C-1,株式会社C-1,{SECOND},none")
    await office.prove(SECOND)
    assert office.rows("SELECT email, is_default FROM addresses ORDER BY id") == [(EMAIL, 0), (SECOND, 1)]
