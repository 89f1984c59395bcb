"""Rows of which one is poisoned, and the nested undo that this stands on."""

from __future__ import annotations

import sqlite3
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

import pytest

from mailbot.errors import StoreError
from mailbot.facts import IMPORT_CANCELLED
from mailbot.flows.record import record
from mailbot.flows.row_by_row import row_by_row
from mailbot.store import ledger

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from flow_office import Office

    from mailbot.store.database import Transaction


def state(office: Office, tx: Transaction, row: int) -> None:
    record(tx, office.desk.facts, IMPORT_CANCELLED, issuer="minato", subject=f"import:{row}", rows=row, mails=0)


def spoilt(office: Office, error: Exception, tx: Transaction, rows: Sequence[int]) -> None:
    """State every row, and raise at the third after having stated it."""
    for row in rows:
        state(office, tx, row)
        if row == 3:
            raise error


def run(office: Office, work: Callable[[Transaction, Sequence[int]], None]) -> list[int]:
    pushed: list[int] = []

    def write(tx: Transaction) -> None:
        row_by_row(
            office.desk,
            tx,
            [1, 2, 3, 4],
            work=partial(work, tx),
            push_ahead=lambda row, _: pushed.append(row),
            table="imports",
            row_id=lambda row: row,
        )

    office.database.write_now(write)
    return pushed


def test_nothing_of_the_row_that_raised_is_kept(office: Office) -> None:
    assert run(office, partial(spoilt, office, ValueError("poison"))) == [3]
    assert office.rows("SELECT seq, subject FROM ledger") == [(1, "import:1"), (2, "import:2"), (3, "import:4")]
    assert office.database.read(ledger.verify) == []
    assert [fields["rows"] for fields in office.facts.of("import.cancelled")] == [1, 2, 4]
    assert office.facts.of("row.failed") == [{"table": "imports", "id": 3, "error": "ValueError: poison"}]


def test_where_none_raises_all_are_done_together(office: Office) -> None:
    calls: list[Sequence[int]] = []
    assert run(office, lambda _, rows: calls.append(rows)) == []
    assert calls == [[1, 2, 3, 4]]


@pytest.mark.parametrize("error", [StoreError("full"), sqlite3.OperationalError("locked")])
def test_the_stores_own_trouble_is_no_rows_fault(office: Office, error: Exception) -> None:
    with pytest.raises((StoreError, sqlite3.OperationalError)):
        run(office, partial(spoilt, office, error))
    assert office.value("SELECT count(*) FROM ledger") == 0
    assert office.facts.facts == []


def test_attempts_may_be_nested(office: Office) -> None:
    def write(tx: Transaction) -> None:
        state(office, tx, 1)
        with suppress(KeyError), tx.attempt():
            state(office, tx, 2)
            with tx.attempt():
                state(office, tx, 3)
            raise KeyError
        with tx.attempt():
            state(office, tx, 4)
            with suppress(KeyError), tx.attempt():
                state(office, tx, 5)
                raise KeyError
            state(office, tx, 6)

    office.database.write_now(write)
    assert [fields["rows"] for fields in office.facts.of("import.cancelled")] == [1, 4, 6]
    assert office.value("SELECT max(seq) FROM ledger") == 3
    assert office.database.read(ledger.verify) == []
