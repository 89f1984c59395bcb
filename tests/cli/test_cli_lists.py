"""Lists, single things and single steps, as tables and as JSON lines."""

from __future__ import annotations

import csv
import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from wcwidth import wcswidth

if TYPE_CHECKING:
    from command_line import Run

SAMPLE = Path(__file__).parents[2] / "data" / "sample"
INVOICE = [
    "number",
    "customer",
    "subject",
    "amount",
    "currency",
    "note",
    "issue_date",
    "status",
    "sent_at",
    "last_downloaded_at",
    "downloads",
    "reminders",
    "addresses",
]


def test_customers_have_their_keys(filled: Run) -> None:
    lines = filled("customers", "list", "--issuer", "AOBA", "--json").lines
    assert list(lines[0])[:6] == ["code", "name", "status", "channel", "locale", "addresses"]
    assert lines[0]["name"] == "さくら歯科クリニック"
    (address,) = lines[0]["addresses"]
    assert address == {
        "email": "uketsuke@sakura-dental.example.com",
        "status": "pending",
        "delivery": "link",
        "default": False,
        "snoozed_until": None,
        "bounce_score": 0,
        "bounced_on": None,
        "probed_at": None,
        "absent_at": None,
        "has_left": False,
    }


def test_invoices_have_their_keys(filled: Run) -> None:
    lines = filled("invoices", "list", "--json").lines
    assert list(lines[0])[: len(INVOICE)] == INVOICE
    first = next(line for line in lines if line["number"] == "AB-2026-1101")
    assert (first["amount"], first["currency"], first["status"]) == ("33000", "JPY", "scheduled")
    assert (first["sent_at"], first["downloads"], first["addresses"]) == (None, 0, [])


@pytest.mark.parametrize("words", ["invoices list", "customers list", "addresses list", "outbox list"])
def test_tables_align_with_japanese_text(filled: Run, words: str) -> None:
    heading, rule, *rows = filled(*words.split()).out.splitlines()
    starts = [place for place, character in enumerate(rule) if character == "-" and rule[place - 1 : place] != "-"]
    assert len(rows) > 5
    for row in (heading, *rows):
        widths = [wcswidth(row[:end]) for end in range(len(row) + 1)]
        for start in starts[1:]:
            place = widths.index(start) if start in widths else None
            assert place is not None or widths[-1] < start, row
            if place is not None and widths[-1] > start:
                assert row[place - 1] == " ", row


def numbers(run: Run, *words: str) -> set[str]:
    return {line["number"] for line in run("invoices", "list", "--json", *words).lines}


def test_invoices_are_searched_by_day_amount_and_customer(filled: Run) -> None:
    everything = filled("invoices", "list", "--json").lines
    chosen = {line["number"] for line in everything if 33000 <= float(line["amount"]) <= 100000}
    assert numbers(filled, "--min", "33,000", "--max", "100000") == chosen
    assert numbers(filled, "--customer", "ひばり") == {"AB-2026-1104"}
    assert numbers(filled, "--customer", "a001") == {"AB-2026-1101", "AB-2026-1108"}
    assert numbers(filled, "--customer", "a001", "--max", "50000") == {"AB-2026-1101"}
    assert numbers(filled, "--customer", "%") == set()
    assert numbers(filled, "--from", "2026年11月20日", "--to", "2026/11/20", "--issuer", "AOBA") == {
        line["number"] for line in everything if line["issuer"] == "AOBA" and line["issue_date"] == "2026-11-20"
    }
    assert numbers(filled, "--from", "2099-01-01") == set()
    assert numbers(filled, "--undownloaded") == set(), "nothing was issued without a daemon"


def test_one_customer_and_one_invoice_are_shown_whole(filled: Run) -> None:
    (customer,) = filled("customers", "show", "A001", "--issuer", "AOBA", "--json").lines
    assert {line["number"] for line in customer["invoices"]} == {"AB-2026-1101", "AB-2026-1108"}
    assert "さくら歯科クリニック" in filled("customers", "show", "A001", "--issuer", "AOBA").out
    (invoice,) = filled("invoices", "show", "AB-2026-1101", "--issuer", "AOBA", "--json").lines
    assert invoice["timeline"] == []
    assert "¥33,000" in filled("invoices", "show", "AB-2026-1101", "--issuer", "AOBA").out


def test_an_invoice_is_withdrawn(filled: Run) -> None:
    words = ("invoices", "withdraw", "AB-2026-1101", "--issuer", "AOBA", "--reason", "金額の誤り")
    assert filled(*words, "--json").lines == [{"number": "AB-2026-1101", "status": "withdrawn", "told": 0}]
    assert "was withdrawn already" in filled(*words, code=1).err
    assert "say why" in filled(*words[:-1], " ", code=2).err
    (invoice,) = filled("invoices", "show", "AB-2026-1101", "--issuer", "AOBA", "--json").lines
    assert (invoice["status"], invoice["withdrawn_reason"]) == ("withdrawn", "金額の誤り")
    assert [line["fact"] for line in invoice["timeline"]] == ["invoice.withdrawn"]
    assert "金額の誤り" in filled("invoices", "show", "AB-2026-1101", "--issuer", "AOBA").out


def test_an_address_is_revoked(filled: Run) -> None:
    done = filled("addresses", "revoke", "INFO@Minato-Suisan.example.com", "--json").lines
    assert done[0]["customers"] == ["A003"]
    assert not any("minato" in line["email"] for line in filled("addresses", "list", "--json").lines)
    filled("addresses", "revoke", "info@minato-suisan.example.com", code=1)
    filled("addresses", "revoke", "info", code=2)


def test_mails_are_held_released_and_shown(filled: Run) -> None:
    lines = filled("outbox", "list", "--json").lines
    keys = ["id", "kind", "to", "state", "attempts", "next_attempt_at", "message_id", "response"]
    assert list(lines[0])[: len(keys)] == keys
    assert {line["state"] for line in lines} == {"queued"}
    filled("outbox", "hold", "1", "2")
    assert {line["id"] for line in filled("outbox", "list", "--state", "held", "--json").lines} == {1, 2}
    assert filled("outbox", "release", "1", "--json").lines == [{"id": 1, "state": "queued"}]
    filled("outbox", "release", "1", "2", code=1)
    assert [line["id"] for line in filled("outbox", "list", "--state", "held", "--json").lines] == [2]
    assert "mailbot outbox release 2" in filled("outbox", "retry", "2", code=1).err
    shown = filled("outbox", "show", "1").out
    assert "not laid out yet" in shown
    assert lines[-1]["to"] in shown
    assert len(filled("outbox", "list", "--limit", "3", "--json").lines) == 3


def test_an_import_is_taken_back(filled: Run) -> None:
    lines = filled("imports", "list", "--json").lines
    assert [(line["id"], line["kind"]) for line in lines][-1] == (1, "customers")
    number = next(line["id"] for line in lines if line["kind"] == "invoices" and line["issuer"] == "AOBA")
    assert filled("imports", "cancel", str(number), "--json").lines[0]["rows"] == 8
    filled("imports", "cancel", str(number), code=1)
    assert numbers(filled, "--issuer", "AOBA") == set()
    assert "customers stay on file" in filled("imports", "cancel", "1").out


def test_keys_are_rotated_retired_and_revoked(filled: Run) -> None:
    filled("keys", "rotate")
    filled("keys", "retire", "a")
    filled("keys", "revoke", "a")
    states = {line["id"]: line["state"] for line in filled("keys", "list", "--json").lines}
    assert states == {"a": "revoked", "b": "signing"}
    whole = filled("ledger", "verify", "--json").lines
    assert [line["problem"] for line in whole] == [None, None]


def test_a_broken_ledger_names_its_first_bad_row(filled: Run, tmp_path: Path) -> None:
    assert "whole" in filled("ledger", "verify").out
    with sqlite3.connect(tmp_path / "mailbot-data" / "mailbot.db") as store:
        store.execute("UPDATE ledger SET subject = 'address:99' WHERE issuer = 'AOBA' AND seq = 3")
    store.close()
    broken = filled("ledger", "verify", code=1)
    assert "AOBA: row 3: " in broken.err
    assert "HARBOUR" in broken.out
    line = next(line for line in filled("ledger", "verify", "--json", code=1).lines if line["issuer"] == "AOBA")
    assert line["bad_seq"] == 3


def write(path: Path, rows: list[list[str]]) -> str:
    with path.open("w", encoding="utf-8", newline="") as out:
        csv.writer(out).writerows(rows)
    return str(path)


def test_a_dry_run_does_nothing(sandbox: Run) -> None:
    words = ("customers", "import", str(SAMPLE / "customers-aoba.csv"), "--issuer", "AOBA")
    (line,) = sandbox(*words, "--dry-run", "--json").lines
    assert (line["dry_run"], line["created"], line["mails"], line["import"]) == (True, 7, 6, None)
    assert "would send 6 mails" in sandbox(*words, "--dry-run").out
    assert sandbox("customers", "list", "--json").lines == []


def test_a_file_that_is_not_there_or_has_no_rows_is_said_to_be_so(sandbox: Run, tmp_path: Path) -> None:
    assert "no such file" in sandbox("customers", "import", "none.csv", "--issuer", "AOBA", code=1).err
    (tmp_path / "empty.csv").write_text("code,name\n", encoding="utf-8")
    assert "it has no rows" in sandbox("customers", "import", "empty.csv", "--issuer", "AOBA").out


def test_the_same_file_twice_changes_nothing(filled: Run) -> None:
    words = ("customers", "import", str(SAMPLE / "customers-aoba.csv"), "--issuer", "AOBA")
    assert "on file already" in filled(*words).out
    words = ("invoices", "import", str(SAMPLE / "invoices-aoba" / "invoices.csv"), "--issuer", "AOBA")
    assert filled(*words, "--json").lines[0]["unchanged"] == 8
    assert len(filled("imports", "list", "--json").lines) == 4


def test_every_fault_is_named_with_the_file_s_own_heading(sandbox: Run, tmp_path: Path) -> None:
    file = write(tmp_path / "c.csv", [["顧客コード", "会社名", "メールアドレス"], ["C1", "", "a@"], ["C2", "よい", ""]])
    done = sandbox("customers", "import", file, "--issuer", "AOBA", code=1)
    assert "c.csv, line 2, 会社名: " in done.err
    assert "c.csv, line 2, メールアドレス: " in done.err
    assert "nothing of the batch was taken" in done.err
    lines = sandbox("customers", "import", file, "--issuer", "AOBA", "--json", code=1).lines
    assert {(line["line"], line["column"], line["heading"]) for line in lines} >= {
        (2, "name", "会社名"),
        (2, "email", "メールアドレス"),
    }
    assert sandbox("customers", "list", "--json").lines == []


def test_many_mails_want_a_yes(sandbox: Run, tmp_path: Path) -> None:
    rows = [["code", "name", "email"], *([f"C{n}", f"Company {n}", f"c{n}@example.com"] for n in range(51))]
    file = write(tmp_path / "many.csv", rows)
    refused = sandbox("customers", "import", file, "--issuer", "AOBA", code=1)
    assert "this would send 51 mails, more than confirm_above = 50" in refused.err
    assert sandbox("customers", "list", "--json").lines == []
    assert sandbox("customers", "import", file, "--issuer", "AOBA", "--yes", "--json").lines[0]["mails"] == 51


def test_the_clock_of_production_is_not_moved(mailbot: Run, tmp_path: Path) -> None:
    (tmp_path / "mailbot.toml").write_text(
        '[mailbot]\nbase_url = "https://x.example"\n[smtp]\nhost = "localhost"\n'
        '[[issuer]]\ncode = "ACME"\nname = "Acme"\nfrom = "a@b.example"\n'
    )
    mailbot("init")
    assert "only a sandbox has a clock" in mailbot("sandbox", "advance", "3d", code=1).err
