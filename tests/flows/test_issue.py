"""Issuing: the moment comes, status, ledger and mails change together; who confirms later is told what is open."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from flow_office import HARBOUR, MINATO, text

from mailbot.flows import issue
from mailbot.flows.issue import SLICE, Issue
from mailbot.store import ledger

if TYPE_CHECKING:
    import pytest
    from flow_office import Office

EMAIL = "keiri@sakura.example"
SECOND = "second@sakura.example"


async def test_each_confirmed_address_gets_one_mail_of_its_own(office: Office) -> None:
    await office.customer("C-1", EMAIL, SECOND)
    await office.customers(f"C-1,株式会社C-1,{EMAIL} {SECOND} third@sakura.example,none")
    await office.issued("C-1", "A-1", sent=False)
    assert office.status("A-1") == "open"
    assert [mail.email for mail in office.mails("notice")] == [EMAIL, SECOND]
    assert office.value("SELECT count(*) FROM deliveries") == 2
    assert office.ledger("invoice.issued") == 1
    assert office.facts.of("invoice.issued") == [{"issuer": "minato", "customer": "C-1", "invoice": "A-1", "mails": 2}]
    ids = [office.mailed(envelope).ids for envelope in await office.post()]
    assert ids == [(office.delivery("A-1", EMAIL),), (office.delivery("A-1", SECOND),)]
    await office.publish()
    assert len(office.mails("notice")) == 2


async def test_status_ledger_and_mails_stand_or_fall_together(office: Office) -> None:
    await office.customer("C-1", EMAIL)
    await office.invoices("C-1,A-1,保守料,33000,2026-11-20,,a.pdf")
    office.execute("CREATE TRIGGER full BEFORE INSERT ON outbox BEGIN SELECT RAISE(ABORT, 'no'); END")
    before = office.everything()
    await office.publish()
    changed = {name for name, rows in office.everything().items() if rows != before[name]}
    assert changed == {"invoices"}, "it was pushed ahead, and nothing else"
    assert office.status("A-1") == "scheduled"
    assert len(office.facts.of("row.failed")) == 1
    assert office.facts.of("invoice.issued") == []


async def test_an_invoice_that_nobody_can_receive_waits_and_says_so(office: Office) -> None:
    await office.customers(f"C-1,さくら,{EMAIL},none")
    await office.issued("C-1", "A-1")
    assert (office.status("A-1"), office.mails("notice")) == ("waiting", [])
    assert office.ledger("invoice.waiting") == 1


async def test_a_future_moment_of_publication_is_waited_for(office: Office) -> None:
    await office.customer("C-1", EMAIL)
    await office.invoices("C-1,A-1,保守料,33000,2026-11-20,2026-12-01 09:00,a.pdf")
    office.clock.go("2026-11-30T23:59:59.999Z")
    await office.publish()
    assert office.status("A-1") == "scheduled"
    office.clock.go("2026-12-01T00:00Z")
    await office.publish()
    assert office.status("A-1") == "open"


async def test_more_than_a_slice_is_issued_in_several_transactions(office: Office) -> None:
    await office.customer("C-1", EMAIL)
    count = SLICE + 7
    await office.invoices(*(f"C-1,A-{number},保守料,33000,2026-11-20,,a.pdf" for number in range(count)))
    assert await Issue(office.desk).step()
    assert office.value("SELECT count(*) FROM invoices WHERE status = 'open'") == SLICE
    assert not await Issue(office.desk).step()
    assert len(office.mails("notice")) == count
    assert office.database.read(ledger.verify) == []


async def test_a_row_that_raises_is_pushed_ahead_and_the_others_go_on(office: Office) -> None:
    await office.customer("C-1", EMAIL)
    await office.customer("H-1", "jo@tide.example", issuer="harbour")
    await office.invoices("H-1,HP-1,Pilotage,330,2026-11-20,,h.pdf", issuer="harbour")
    await office.invoices("C-1,A-1,保守料,33000,2026-11-20,,a.pdf", "C-1,A-2,保守料,33000,2026-11-20,,a.pdf")
    office.set_issuers(MINATO)
    await office.publish()
    assert [office.status(number) for number in ("HP-1", "A-1", "A-2")] == ["scheduled", "open", "open"]
    (failed,) = office.facts.of("row.failed")
    assert failed["table"] == "invoices"
    assert "harbour" in str(failed["error"])
    await office.publish()
    assert len(office.facts.of("row.failed")) == 1, "it is not looked at again at once"
    assert office.database.read(ledger.verify) == []
    office.set_issuers(MINATO, HARBOUR)
    office.clock.advance(hours=1)
    await office.publish()
    assert office.status("HP-1") == "open"


# Who confirms later.


async def test_what_waited_goes_out_in_one_notice_when_the_first_address_is_confirmed(office: Office) -> None:
    await office.customers(f"C-1,さくら,{EMAIL} {SECOND},none")
    await office.issued("C-1", "A-1", "A-2")
    await office.prove(EMAIL)
    assert (office.status("A-1"), office.status("A-2")) == ("open", "open")
    assert office.ledger("invoice.issued") == 2
    (envelope,) = await office.post()
    assert envelope.recipient == EMAIL
    assert all(number in text(envelope) for number in ("A-1", "A-2"))
    assert office.rows("SELECT evidence FROM deliveries") == [("accepted",), ("accepted",)]


async def test_one_that_waited_alone_is_told_of_like_any_other(office: Office) -> None:
    await office.customers(f"C-1,さくら,{EMAIL},none")
    await office.issued("C-1", "A-1")
    await office.prove(EMAIL)
    assert '"late":false' in office.mail("notice").payload


async def test_a_notice_stays_small_enough_for_a_relay(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(issue, "LISTED", 2)
    await office.customers(f"C-1,さくら,{EMAIL},none")
    await office.issued("C-1", "A-1", "A-2", "A-3")
    await office.prove(EMAIL)
    payloads = [row[0] for row in office.rows("SELECT payload FROM outbox WHERE kind = 'notice' ORDER BY id")]
    assert [payload.count('"number"') for payload in payloads] == [2, 1]
    assert all('"late":true' in payload for payload in payloads)


async def test_an_address_confirmed_later_gets_one_notice_of_what_is_open(office: Office) -> None:
    await office.customer("C-1", EMAIL)
    await office.issued("C-1", "A-1", "A-2", "A-3")
    await office.fetch("A-2", EMAIL)
    await office.customers(f"C-1,株式会社C-1,{EMAIL} {SECOND},none")
    await office.prove(SECOND)
    (envelope,) = await office.post()
    assert envelope.recipient == SECOND
    assert [number in text(envelope) for number in ("A-1", "A-2", "A-3")] == [True, False, True]
    assert '"late":true' in office.mail("notice", to=SECOND).payload


async def test_with_nothing_open_a_newcomer_gets_no_notice(office: Office) -> None:
    await office.customer("C-1", EMAIL)
    assert office.mails("notice") == []


async def test_muted_addresses_get_notices_and_removed_ones_none(office: Office) -> None:
    await office.customer("C-1", EMAIL, SECOND, "third@sakura.example")
    office.execute("UPDATE addresses SET status = 'muted' WHERE email = ?", SECOND)
    office.execute("UPDATE addresses SET status = 'removed' WHERE email = ?", "third@sakura.example")
    await office.issued("C-1", "A-1", sent=False)
    assert [mail.email for mail in office.mails("notice")] == [EMAIL, SECOND]


async def test_each_issuer_speaks_for_itself(office: Office) -> None:
    await office.customer("C-1", "jo@tide.example")
    await office.customer("C-1", "jo@tide.example", issuer="harbour")
    office.set_issuers(MINATO, replace(HARBOUR, name="Harbour Ltd."))
    await office.issued("C-1", "A-1", sent=False)
    await office.issued("C-1", "A-1", issuer="harbour", sent=False)
    senders = {envelope.sender for envelope in await office.post()}
    assert senders == {"invoice@minato.example", "billing@harbour.example"}
