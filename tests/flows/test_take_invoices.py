"""Importing invoices: everything wrong is said at once, nothing is seen before all is taken, nothing twice."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from flow_office import Folder

from mailbot.errors import BatchRefused, Refused
from mailbot.flows import take_invoices
from mailbot.flows.housekeep import Housekeep
from mailbot.flows.take_invoices import TakeInvoices

if TYPE_CHECKING:
    from flow_office import Office, Pdf

    from mailbot.errors import Fault

EMAIL = "keiri@sakura.example"
A1 = "C-1,A-1,保守料,33000,2026-11-20,,a.pdf"
A2 = "C-1,A-2,利用料,1100,2026-11-20,2026-12-01 09:00,b.pdf"


def faults(office: Office, *rows: str, folder: Folder | None = None) -> list[Fault]:
    with pytest.raises(BatchRefused) as caught:
        office.plan(*rows, folder=folder)
    return list(caught.value.faults)


async def test_a_batch_is_taken_whole(office: Office) -> None:
    await office.customer("C-1", EMAIL)
    taken = await office.invoices(A1, A2)
    assert (taken.created, taken.unchanged) == (2, 0)
    now = "2026-11-20T01:00:00.000Z"
    assert office.rows("SELECT number, amount, status, publish_at, file_name FROM invoices") == [
        ("A-1", 33000, "scheduled", now, "a.pdf"),
        ("A-2", 1100, "scheduled", "2026-12-01T00:00:00.000Z", "b.pdf"),
    ]
    for (sha256,) in office.rows("SELECT sha256 FROM files"):
        assert office.desk.vault.check(sha256).read_bytes().startswith(b"%PDF")
    assert office.value("SELECT count(*) FROM staged_invoices") == 0
    assert office.facts.of("import.taken")[-1]["rows"] == 2


async def test_checking_says_what_would_be_and_changes_nothing(office: Office) -> None:
    await office.customer("C-1", EMAIL, "second@sakura.example")
    await office.customers("C-2,電話の会社,,none")
    before = office.everything()
    plan = office.plan(A1, A2, "C-2,B-1,保守料,1,2026-11-20,,b.pdf")
    assert (len(plan.rows), plan.mails, plan.waiting, plan.later) == (3, 4, ("B-1",), 1)
    assert office.everything() == before
    assert not list(office.desk.vault.folder.rglob("*.pdf"))


async def test_the_same_file_twice_changes_nothing(office: Office) -> None:
    await office.customer("C-1", EMAIL)
    await office.invoices(A1, A2)
    await office.publish()
    await office.post()
    before = office.everything()
    taken = await office.invoices(A1, A2)
    assert (taken.import_id, taken.created, taken.unchanged) == (None, 0, 2)
    assert office.everything() == before


async def test_a_file_with_new_rows_takes_those(office: Office) -> None:
    await office.customer("C-1", EMAIL)
    await office.invoices(A1)
    taken = await office.invoices(A1, A2)
    assert (taken.created, taken.unchanged) == (1, 1)


@pytest.mark.parametrize(
    ("row", "column"),
    [
        ("C-1,A-1,保守料,33001,2026-11-20,,a.pdf", "amount"),
        ("C-1,A-1,別の件,33000,2026-11-20,,a.pdf", "subject"),
        ("C-1,A-1,保守料,33000,2026-11-21,,a.pdf", "issue_date"),
        ("C-1,A-1,保守料,33000,2026-11-20,,other.pdf", "file"),
        ("C-2,A-1,保守料,33000,2026-11-20,,a.pdf", "customer"),
    ],
)
async def test_a_number_that_stands_for_something_else_is_refused(office: Office, row: str, column: str) -> None:
    await office.customer("C-1", EMAIL)
    await office.customers("C-2,みどり,,none")
    await office.invoices(A1)
    (fault,) = faults(office, A2, row)
    assert (fault.line, fault.column) == (3, column)
    assert "A-1" in fault.problem
    assert fault.remedy
    assert office.value("SELECT count(*) FROM invoices") == 1


async def test_the_same_name_with_another_content_is_another_pdf(office: Office) -> None:
    await office.customer("C-1", EMAIL)
    await office.invoices(A1)
    (fault,) = faults(office, A1, folder=Folder({"a.pdf": b"%PDF-1.7 altered"}))
    assert fault.column == "file"


async def test_all_faults_are_named_at_once(office: Office) -> None:
    await office.customer("C-1", EMAIL)
    found = faults(
        office,
        "C-1,A-1,保守料,much,2026-11-20,,a.pdf",
        "C-9,A-2,保守料,1,2026-11-20,,missing.pdf",
        "C-1,A-3,,1,2026-13-01,,a.pdf",
        "C-1,A-4,保守料,1,2026-11-20,,missing.pdf",
    )
    assert [(fault.line, fault.column) for fault in found] == [
        (2, "amount"),
        (3, "file"),
        (3, "customer"),
        (4, "subject"),
        (4, "issue_date"),
        (5, "file"),
    ]
    assert office.value("SELECT count(*) FROM invoices") == 0


async def test_numbers_are_each_issuers_own(office: Office) -> None:
    await office.customer("C-1", EMAIL)
    await office.customer("C-1", "jo@tide.example", issuer="harbour")
    await office.invoices(A1)
    taken = await office.invoices(
        "C-1,A-1,Pilotage,330.50,2026-11-20,,a.pdf".replace("330.50", "330"), issuer="harbour"
    )
    assert taken.created == 1


async def test_another_import_of_the_same_numbers_meanwhile_is_refused_whole(office: Office) -> None:
    await office.customer("C-1", EMAIL)
    plan, folder = office.plan(A1, A2), Folder()
    await office.invoices(A1)
    with pytest.raises(BatchRefused):
        await TakeInvoices(office.desk, "minato").take(plan, folder)
    assert office.rows("SELECT number FROM invoices") == [("A-1",)]
    assert office.value("SELECT count(*) FROM staged_invoices") == 0
    assert office.value("SELECT count(*) FROM imports WHERE kind = 'invoices'") == 1


async def test_a_file_that_changes_between_check_and_take_is_refused(office: Office) -> None:
    await office.customer("C-1", EMAIL)
    plan = office.plan(A1)
    with pytest.raises(Refused, match="was changed while"):
        await TakeInvoices(office.desk, "minato").take(plan, Folder({"a.pdf": b"%PDF-1.7 altered"}))
    assert office.value("SELECT count(*) FROM invoices") == 0


async def test_staging_is_seen_by_nobody(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(take_invoices, "SLICE", 2)
    await office.customer("C-1", EMAIL)
    rows = [f"C-1,A-{number},保守料,33000,2026-11-20,,a.pdf" for number in range(7)]
    plan, seen = office.plan(*rows), []

    def look(_: int) -> None:
        seen.append(tuple(office.value(f"SELECT count(*) FROM {name}") for name in ("staged_invoices", "invoices")))

    await TakeInvoices(office.desk, "minato").take(plan, Folder(), progress=look)
    assert seen == [(2, 0), (4, 0), (6, 0), (7, 0)]
    assert office.value("SELECT count(*) FROM invoices") == 7
    assert office.value("SELECT count(*) FROM staged_invoices") == 0


async def killed_while_staging(office: Office) -> None:
    """Leave behind what an import leaves that is killed before its last transaction."""
    plan = office.plan(A1, A2)
    flow = TakeInvoices(office.desk, "minato")
    await flow._stage("0123456789abcdef", plan, lambda _: None)  # noqa: SLF001 - and no more than that


async def test_killed_before_the_end_it_leaves_nothing_that_anybody_sees(office: Office) -> None:
    await office.customer("C-1", EMAIL)
    await killed_while_staging(office)
    await office.publish()
    assert office.value("SELECT count(*) FROM invoices") == 0
    assert not await Housekeep(office.desk).step(), "it may still be at work"
    assert office.value("SELECT count(*) FROM staged_invoices") == 2
    assert (await office.invoices(A1, A2)).created == 2
    office.clock.advance(hours=1, seconds=1)
    while await Housekeep(office.desk).step():
        pass
    assert office.value("SELECT count(*) FROM staged_invoices") == 0
    assert office.value("SELECT count(*) FROM invoices") == 2


async def test_an_import_whose_staging_was_cleared_meanwhile_says_so(office: Office) -> None:
    await office.customer("C-1", EMAIL)
    plan = office.plan(A1, A2)

    def sleep_for_hours(_: int) -> None:
        office.clock.advance(hours=2)
        office.execute("DELETE FROM staged_invoices")

    with pytest.raises(Refused, match="import it again"):
        await TakeInvoices(office.desk, "minato").take(plan, Folder(), progress=sleep_for_hours)
    assert office.value("SELECT count(*) FROM imports WHERE kind = 'invoices'") == 0


async def test_cancelled_in_the_middle_it_clears_its_staging(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(take_invoices, "SLICE", 1)
    await office.customer("C-1", EMAIL)
    plan = office.plan(A1, A2)

    def interrupt(_: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        await TakeInvoices(office.desk, "minato").take(plan, Folder(), progress=interrupt)
    assert office.value("SELECT count(*) FROM staged_invoices") == 0


async def test_each_file_is_read_once_however_many_rows_name_it(office: Office) -> None:
    await office.customer("C-1", EMAIL)
    read = []

    class Counting(Folder):
        def __call__(self, name: str, /) -> Pdf:
            read.append(name)
            return super().__call__(name)

    office.plan(*(f"C-1,A-{number},保守料,1,2026-11-20,,a.pdf" for number in range(5)), folder=Counting())
    assert read == ["a.pdf"]


async def test_the_send_delay_keeps_a_whole_import_back(office: Office) -> None:
    office.rule(send_delay=timedelta(minutes=30))
    await office.customer("C-1", EMAIL)
    await office.invoices(A1)
    office.clock.advance(minutes=29, seconds=59)
    await office.publish()
    assert office.status("A-1") == "scheduled"
    office.clock.advance(seconds=1)
    await office.publish()
    assert office.status("A-1") == "open"


async def test_two_imports_at_once_do_not_mix(office: Office) -> None:
    await office.customer("C-1", EMAIL)
    batches = [[f"C-1,{code}-{number},保守料,1,2026-11-20,,a.pdf" for number in range(50)] for code in "AB"]
    taken = await asyncio.gather(*(office.invoices(*rows) for rows in batches))
    assert [each.created for each in taken] == [50, 50]
    assert len({each.import_id for each in taken}) == 2


async def test_a_pdf_that_goes_to_two_customers_is_warned_of_once(office: Office) -> None:
    await office.customers(f"C-1,さくら,{EMAIL},none", "C-2,みどり,kanri@midori.example,none")
    rows = [f"C-{customer},A-{number},x,1000,2026-11-20,,same.pdf" for number, customer in enumerate((1, 1, 2, 2), 1)]
    plan = office.plan(*rows)
    assert [(fault.line, fault.column) for fault in plan.warnings] == [(4, "file")]
    assert "line 2" in plan.warnings[0].problem
