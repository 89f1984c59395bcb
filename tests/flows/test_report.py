"""What people are told of the store: evidence, histories, searches and counts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from flow_office import ELSEWHERE, START

from mailbot.clock import stamp
from mailbot.errors import Refused, Rejected
from mailbot.flows.report import Report, Search

if TYPE_CHECKING:
    from flow_office import Office

    from mailbot.store.database import Transaction

EMAIL = "keiri@sakura.example"
SECOND = "second@sakura.example"


async def test_an_invoice_is_shown_with_what_each_address_did(office: Office) -> None:
    await office.customer("C-1", EMAIL, SECOND)
    await office.issued("C-1", "A-1")
    office.download.fetched(office.invoice_link("A-1", SECOND), "GET", ELSEWHERE)
    await office.download.step()
    office.clock.advance(hours=1)
    await office.fetch("A-1", EMAIL, seconds=0)
    line = Report(office.database).invoice("minato", "A-1")
    assert (line["amount"], line["currency"], line["status"], line["downloads"]) == ("33000", "JPY", "open", 0)
    assert [(each["email"], each["evidence"], each["doubtful"]) for each in line["addresses"]] == [
        (EMAIL, "pressed", True),
        (SECOND, "fetched", False),
    ]
    assert [entry["fact"] for entry in line["timeline"]] == [
        "invoice.issued",
        "mail.accepted",
        "mail.accepted",
        "invoice.pressed",
        "invoice.doubtful",
    ]
    with pytest.raises(Refused):
        Report(office.database).invoice("harbour", "A-1")


@pytest.mark.parametrize(
    ("search", "numbers"),
    [
        (Search(), ["A-0", "A-1", "A-2"]),
        (Search(issuer="harbour"), []),
        (Search(undownloaded=True), ["A-1", "A-2"]),
        (Search(first_day="2026-11-21"), ["A-2"]),
        (Search(last_day="2026-11-20"), ["A-0", "A-1"]),
        (Search(least="33000", most="33000"), ["A-1"]),
        (Search(least="33000.01"), ["A-2"]),
        (Search(customer="さくら"), ["A-0", "A-1"]),
        (Search(customer="c-2", undownloaded=True, most="99000"), ["A-2"]),
        (Search(customer="%"), []),
    ],
)
async def test_invoices_are_found_by_any_of_their_facts(office: Office, search: Search, numbers: list[str]) -> None:
    await office.customers(f"C-1,さくら工業,{EMAIL},none", f"C-2,みどり,{SECOND},none")
    await office.prove(EMAIL)
    await office.invoices(
        "C-1,A-0,保守料,1100,2026-11-19,,a.pdf",
        "C-1,A-1,保守料,33000,2026-11-20,,a.pdf",
        "C-2,A-2,保守料,99000,2026-11-21,,a.pdf",
    )
    await office.publish()
    await office.post()
    office.clock.advance(hours=1)
    await office.fetch("A-0", EMAIL)
    assert [line["number"] for line in Report(office.database).invoices(search)] == numbers


async def test_a_customer_is_shown_with_addresses_and_invoices(office: Office) -> None:
    await office.customer("C-1", EMAIL)
    await office.customer("C-10", SECOND)
    await office.issued("C-1", "A-1")
    await office.issued("C-10", "A-2")
    report = Report(office.database)
    line = report.customer("minato", "C-1")
    (address,) = line["addresses"]
    assert list(address.items())[:4] == [
        ("email", EMAIL),
        ("status", "confirmed"),
        ("delivery", "link"),
        ("default", True),
    ]
    assert [invoice["number"] for invoice in line["invoices"]] == ["A-1"]
    assert [each["code"] for each in report.customers(None)] == ["C-1", "C-10"]
    assert [each["email"] for each in report.addresses("minato")] == [EMAIL, SECOND]
    with pytest.raises(Refused):
        report.customer("minato", "C-9")


async def test_the_status_counts_and_names_the_ledgers_heads(office: Office) -> None:
    await office.customer("C-1", EMAIL)
    await office.issued("C-1", "A-1", "A-2", sent=False)
    await office.post(lambda envelope: Rejected("550 no") if envelope.row % 2 else Rejected("551 no"))
    report = Report(office.database)
    status = report.status()
    assert status["queue"] == {"refused": 4}
    assert status["invoices"] == {"open": 2}
    assert status["addresses"] == {"confirmed": 1}
    assert status["mode"] == "sandbox"
    seq, head = office.rows("SELECT seq, hash FROM ledger ORDER BY seq DESC LIMIT 1")[0]
    assert status["ledger"] == {"minato": {"seq": seq, "head": head}}
    (proof,) = report.proof(None)
    assert (proof["issuer"], proof["problem"]) == ("minato", None)
    office.execute("UPDATE ledger SET subject = 'invoice:X' WHERE seq = 2")
    (proof,) = report.proof("minato")
    assert proof["bad_seq"] == 2


async def test_mails_and_imports_are_listed_newest_first(office: Office) -> None:
    await office.customer("C-1", EMAIL)
    await office.issued("C-1", "A-1", "A-2", sent=False)
    report = Report(office.database)
    lines = report.outbox(issuer="minato", state="queued", limit=-1)
    assert [line["id"] for line in lines] == sorted((line["id"] for line in lines), reverse=True)
    assert lines[0]["next_attempt_at"] == stamp(START)
    assert report.outbox(issuer="harbour", state=None, limit=-1) == []
    assert report.mail(lines[0]["id"])["to"] == EMAIL
    assert [line["kind"] for line in report.imports(None)] == ["invoices", "customers"]
    with pytest.raises(Refused):
        report.mail(99)


async def test_a_ledger_that_was_cut_off_is_told_by_the_mails_that_went_out(office: Office) -> None:
    await office.customer("C-1", EMAIL)
    await office.issued("C-1", "A-1")
    await office.issued("C-1", "A-2")
    report = Report(office.desk.database)
    assert [line["problem"] for line in report.proof(None)] == [None]
    last = report.proof("minato")[0]["seq"]

    def cut_off(tx: Transaction) -> None:
        for table in ("ledger", "ledger_details"):
            tx.execute(f"DELETE FROM {table} WHERE issuer = 'minato' AND seq > :left", {"left": last - 4})

    await office.desk.database.write(cut_off)
    (line,) = report.proof(None)
    assert "mails that went out name this row" in line["problem"]
    assert line["bad_seq"] > last - 4
    assert report.proof("harbour") == []


async def test_a_ledger_of_which_nothing_is_left_is_told_too(office: Office) -> None:
    await office.customer("C-1", EMAIL)
    await office.issued("C-1", "A-1")

    def empty(tx: Transaction) -> None:
        for table in ("ledger", "ledger_details"):
            tx.execute(f"DELETE FROM {table}")

    await office.desk.database.write(empty)
    assert [line["issuer"] for line in Report(office.desk.database).proof(None) if line["problem"]] == ["minato"]
