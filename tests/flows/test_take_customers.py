"""Importing customers: what a batch changes, and that it is harmless to repeat."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from flow_office import CUSTOMER_HEAD

from mailbot.domain.address import Status
from mailbot.domain.customer_sheet import read_customers
from mailbot.errors import BatchRefused
from mailbot.flows.take_back import TakeBack
from mailbot.flows.take_customers import TakeCustomers
from mailbot.flows.withdraw import Withdraw
from mailbot.mail import address as mail_address
from mailbot.store import addresses

if TYPE_CHECKING:
    from flow_office import Office

    from mailbot.domain.customer_sheet import CustomerSheet

EMAIL = "keiri@sakura.example"
ROW = f"C-1,株式会社さくら工業,{EMAIL} second@sakura.example,confirm"


def sheet(*rows: str) -> CustomerSheet:
    content = "\n".join((CUSTOMER_HEAD, *rows)).encode()
    return read_customers(content, default_locale="ja", read_address=mail_address.read)


async def test_a_batch_puts_customers_on_file_and_asks_for_proofs(office: Office) -> None:
    plan = await office.customers(ROW, "C-2,みどり,kanri@midori.example,none", "C-3,電話の会社,,none")
    assert (plan.created, plan.changed, plan.unchanged) == (["C-1", "C-2", "C-3"], [], 0)
    assert plan.mails == [EMAIL, "second@sakura.example"]
    assert [mail.email for mail in office.mails("proof")] == plan.mails
    assert office.rows("SELECT code, status, channel FROM customers") == [
        ("C-1", "new", "confirm"),
        ("C-2", "new", "none"),
        ("C-3", "new", "none"),
    ]
    assert office.rows("SELECT kind, state, rows_created FROM imports") == [("customers", "taken", 3)]
    assert (office.ledger("address.added"), office.ledger("import.taken")) == (3, 1)


async def test_a_rehearsal_says_the_same_and_changes_nothing(office: Office) -> None:
    before = office.everything()
    rehearsed = await TakeCustomers(office.desk, "minato").check(sheet(ROW))
    assert (rehearsed.created, rehearsed.mails, rehearsed.import_id) == (
        ["C-1"],
        [EMAIL, "second@sakura.example"],
        None,
    )
    assert office.everything() == before
    assert office.facts.facts == []


async def test_the_same_file_twice_changes_nothing(office: Office) -> None:
    await office.customers(ROW)
    await office.post()
    before = office.everything()
    plan = await office.customers(ROW)
    assert (plan.empty, plan.unchanged, plan.import_id) == (True, 1, None)
    assert office.everything() == before


async def test_nor_does_it_after_the_customer_asked_for_a_new_link(office: Office) -> None:
    await office.customers(ROW)
    link = office.mailed((await office.post())[0])
    office.clock.advance(days=61)
    await office.confirm.renew(link)
    assert (await office.customers(ROW)).empty
    assert len(office.mails("proof")) == 2


async def test_the_same_file_at_once_is_taken_once(office: Office) -> None:
    plans = await asyncio.gather(*(office.customers(ROW) for _ in range(10)))
    assert [bool(plan.created) for plan in plans].count(True) == 1
    assert len(office.mails("proof")) == 2


async def test_changes_are_taken_and_addresses_never_taken_away(office: Office) -> None:
    await office.customers(ROW)
    office.clock.advance(days=1)
    plan = await office.customers("C-1,さくら工業株式会社,third@sakura.example,confirm")
    assert (plan.created, plan.changed, plan.mails) == ([], ["C-1"], ["third@sakura.example"])
    assert office.value("SELECT name FROM customers") == "さくら工業株式会社"
    assert office.value("SELECT count(*) FROM addresses") == 3


async def test_a_channel_that_becomes_confirm_asks_for_the_proof(office: Office) -> None:
    await office.customers(f"C-1,さくら,{EMAIL},none")
    assert office.mails() == []
    assert (await office.customers(f"C-1,さくら,{EMAIL},confirm")).mails == [EMAIL]
    assert (await office.customers(f"C-1,さくら,{EMAIL},confirm")).empty


async def test_a_confirmed_address_is_not_asked_again(office: Office) -> None:
    await office.customer("C-1", EMAIL)
    assert (await office.customers(f"C-1,株式会社C-1,{EMAIL},confirm")).mails == []


async def test_an_address_that_staff_revoked_is_asked_for_a_new_proof_when_staff_names_it_again(office: Office) -> None:
    await office.customers(ROW)
    await Withdraw(office.desk).address(EMAIL, issuers=("minato",))
    plan = await office.customers(ROW)
    assert (plan.mails, plan.warnings) == ([EMAIL], [])
    assert office.value("SELECT status FROM addresses WHERE email = ?", EMAIL) == "pending"


async def test_an_address_that_the_customer_took_off_stays_off_and_is_warned_of(office: Office) -> None:
    await office.customers(ROW)
    address_id = office.value("SELECT id FROM addresses WHERE email = ?", EMAIL)
    await office.desk.database.write(lambda tx: addresses.remove(tx, address_id, Status.REMOVED, by="customer"))
    plan = await office.customers(ROW)
    assert plan.mails == []
    assert [(fault.line, fault.column) for fault in plan.warnings] == [(2, "email")]
    assert office.value("SELECT status FROM addresses WHERE email = ?", EMAIL) == "removed"


async def test_faults_are_all_named_and_nothing_is_taken(office: Office) -> None:
    before = office.everything()
    rows = ("C-1,,keiri@,confirm", "C-2,みどり,kanri@midori.example,pigeon", "C-3,よい会社,a@ok.example,confirm")
    for refused in (office.customers(*rows), TakeCustomers(office.desk, "minato").check(sheet(*rows))):
        with pytest.raises(BatchRefused) as caught:
            await refused
        assert [(fault.line, fault.column) for fault in caught.value.faults] == [
            (2, "name"),
            (2, "email"),
            (3, "channel"),
        ]
    assert office.everything() == before


async def test_mails_of_an_import_wait_for_the_send_delay(office: Office) -> None:
    office.rule(send_delay=timedelta(minutes=30))
    await office.customers(ROW)
    assert await office.post() == []
    office.clock.advance(minutes=30)
    assert len(await office.post()) == 2


# Taking it back.


async def test_taken_back_nobody_is_asked_and_the_same_file_asks_again(office: Office) -> None:
    plan = await office.customers(ROW)
    assert plan.import_id is not None
    taken = await TakeBack(office.desk).cancel(plan.import_id, issuers=("minato",))
    assert (taken.rows, taken.mails, taken.kept) == (2, 2, ())
    assert await office.post() == []
    again = await office.customers(ROW)
    assert again.mails == [EMAIL, "second@sakura.example"]
    assert [office.mailed(each).ids[1] for each in await office.post()] == [2, 2]


async def test_taken_back_late_it_keeps_and_names_who_was_asked(office: Office) -> None:
    plan = await office.customers(ROW)
    assert plan.import_id is not None
    office.execute("UPDATE outbox SET next_attempt_at = '2027-01-01T00:00:00.000Z' WHERE id = 2")
    await office.post()
    taken = await TakeBack(office.desk).cancel(plan.import_id, issuers=("minato",))
    assert (taken.rows, taken.mails, taken.kept) == (1, 1, (EMAIL,))


async def test_taken_back_an_address_that_proved_itself_otherwise_stays_proved(office: Office) -> None:
    plan = await office.customers(ROW)
    assert plan.import_id is not None
    await office.prove(EMAIL)
    await Withdraw(office.desk).address("second@sakura.example", issuers=("minato",))
    taken = await TakeBack(office.desk).cancel(plan.import_id, issuers=("minato",))
    assert (taken.mails, taken.kept) == (1, ())
    assert office.rows("SELECT status, version FROM addresses ORDER BY id") == [("confirmed", 1), ("removed", 1)]


async def test_taken_back_the_link_that_somebody_asked_for_meanwhile_goes_on_working(office: Office) -> None:
    plan = await office.customers(ROW)
    assert plan.import_id is not None
    await office.confirm.add(await office.prove(EMAIL), "second@sakura.example")
    await TakeBack(office.desk).cancel(plan.import_id, issuers=("minato",))
    (envelope,) = await office.post()
    assert office.confirm.look(office.mailed(envelope)).state == "ready"


def whole(*rows: str, head: str) -> CustomerSheet:
    content = "\n".join((head, *rows)).encode()
    return read_customers(content, default_locale="ja", read_address=mail_address.read)


FILE = {"source": "customers.csv", "source_sha256": "0"}


async def test_a_missing_column_leaves_what_is_on_file_and_an_empty_cell_clears_it(office: Office) -> None:
    take = TakeCustomers(office.desk, "minato")
    head = "code,name,kana,email,locale,channel,postal_code,address,delivery"
    full = "C-1,さくら,サクラ,,en,letter,105-0000,東京都港区海岸1-2-3,pdf"
    await take.take(whole(full, head=head), **FILE)
    kept = "SELECT kana, locale, channel, postal_code, postal_address, delivery FROM customers"
    before = office.rows(kept)
    assert before == [("サクラ", "en", "letter", "105-0000", "東京都港区海岸1-2-3", "pdf")]
    plan = await take.take(whole("C-1,さくら工業", head="code,name"), **FILE)
    assert (plan.changed, office.rows(kept), office.value("SELECT name FROM customers")) == (
        ["C-1"],
        before,
        "さくら工業",
    )
    await take.take(whole("C-1,さくら工業,,,,", head="code,name,kana,locale,postal_code,delivery"), **FILE)
    assert office.rows(kept) == [("", "ja", "letter", "", "東京都港区海岸1-2-3", "link")]


async def test_a_new_customer_is_what_nothing_was_said_of(office: Office) -> None:
    await TakeCustomers(office.desk, "minato").take(whole(f"C-1,さくら,{EMAIL}", head="code,name,email"), **FILE)
    row = office.rows("SELECT locale, channel, delivery, postal_address FROM customers")
    assert row == [("ja", "confirm", "link", "")]
    assert [mail.email for mail in office.mails("proof")] == [EMAIL]


@pytest.mark.parametrize(
    ("head", "row", "column"),
    [
        ("code,name", "C-9,だれか", "email"),
        ("code,name,channel", "C-9,だれか,郵送", "address"),
        ("code,name,address", "C-1,さくら,", "address"),
    ],
)
async def test_what_is_missing_with_what_is_on_file_is_a_fault(
    office: Office, head: str, row: str, column: str
) -> None:
    take = TakeCustomers(office.desk, "minato")
    await take.take(whole("C-1,さくら,letter,東京都港区1", head="code,name,channel,address"), **FILE)
    for attempt in (take.check, lambda sheet: take.take(sheet, **FILE)):
        with pytest.raises(BatchRefused) as refused:
            await attempt(whole(row, head=head))
        assert [(fault.line, fault.column) for fault in refused.value.faults] == [(2, column)]
    assert office.rows("SELECT code, postal_address FROM customers") == [("C-1", "東京都港区1")]
