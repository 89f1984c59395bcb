"""The chain of the ledger: growing it, and finding whatever was done to it behind our back."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from mailbot.facts import INVOICE_DOWNLOADED, INVOICE_ISSUED, MAIL_QUEUED
from mailbot.store import ledger
from mailbot.store.database import Database, Reading, Transaction
from mailbot.store.database_connection import connect

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ISSUERS = ("acme", "bolt")
LENGTH = 6
COLUMNS = {
    "ledger": ("issuer", "seq", "at", "fact", "subject", "details_hash", "hash"),
    "ledger_details": ("issuer", "seq", "salt", "details"),
}

MOVED_DETAILS = {("ledger_details", "issuer"), ("ledger_details", "seq")}
"""Details that are moved away look purged where they were, and are named where they do not belong."""

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)


def fill(tx: Transaction) -> None:
    for issuer in ISSUERS:
        for n in range(1, LENGTH + 1):
            ledger.append(tx, issuer, INVOICE_ISSUED, f"invoice {n % 2}", {"invoice": n, "to": "山田"})


def purge(tx: Transaction) -> None:
    """Purge in either way that a purge may take."""
    tx.execute("DELETE FROM ledger_details WHERE issuer = 'bolt' AND seq = 2")
    tx.execute("UPDATE ledger_details SET salt = '', details = '' WHERE issuer = 'acme' AND seq = 3")


@pytest.fixture
def raw(path: Path, database: Database) -> Iterator[sqlite3.Connection]:
    """Return a connection that asks nobody, to a store with two chains."""
    database.write_now(fill)
    database.write_now(purge)
    connection = connect(path, read_only=False)
    connection.execute("PRAGMA foreign_keys = OFF")
    yield connection
    connection.close()


def test_numbers_follow_each_other_for_each_issuer(database: Database) -> None:
    def write(tx: Transaction) -> list[int]:
        entries = [(INVOICE_ISSUED, "invoice 1", {}), (INVOICE_DOWNLOADED, "invoice 1", {"bytes": 3})]
        return [
            ledger.append(tx, "acme", INVOICE_ISSUED, "invoice 1", {}),
            ledger.append_many(tx, "acme", entries),
            ledger.append(tx, "bolt", INVOICE_ISSUED, "invoice 1", {}),
            ledger.append_many(tx, "acme", []),
        ]

    assert database.write_now(write) == [1, 3, 1, 3]
    assert database.write_now(lambda tx: ledger.append(tx, "acme", INVOICE_ISSUED, "x", {})) == 4
    assert database.read(ledger.verify) == []


def test_heads_are_the_newest_rows(database: Database) -> None:
    assert database.read(ledger.heads) == []
    assert database.read(lambda r: ledger.head(r, "acme")) == ledger.Head("acme", 0, "0" * 64)
    database.write_now(fill)
    heads = database.read(ledger.heads)
    assert [(head.issuer, head.seq) for head in heads] == [("acme", LENGTH), ("bolt", LENGTH)]
    assert heads[0] == database.read(lambda r: ledger.head(r, "acme"))


def test_a_function_that_fails_leaves_no_gap(database: Database) -> None:
    def fail(tx: Transaction) -> None:
        ledger.append(tx, "acme", INVOICE_ISSUED, "x", {})
        raise LookupError

    with pytest.raises(LookupError):
        database.write_now(fail)
    assert database.write_now(lambda tx: ledger.append(tx, "acme", INVOICE_ISSUED, "x", {})) == 1


def test_a_fact_that_is_no_proof_is_refused(database: Database) -> None:
    with pytest.raises(ValueError, match=r"mail\.queued is no fact of the ledger"):
        database.write_now(lambda tx: ledger.append(tx, "acme", MAIL_QUEUED, "x", {}))


def test_a_third_party_recomputes_a_chain_from_the_description(database: Database) -> None:
    database.write_now(fill)
    rows = database.read(lambda r: r.all("SELECT * FROM ledger WHERE issuer = 'bolt' ORDER BY seq"))
    details = database.read(lambda r: r.all("SELECT * FROM ledger_details WHERE issuer = 'bolt' ORDER BY seq"))
    previous = "0" * 64
    for row, kept in zip(rows, details, strict=True):
        content = json.dumps(json.loads(kept["details"]), sort_keys=True, separators=(",", ":"))
        assert hashlib.sha256((kept["salt"] + content).encode()).hexdigest() == row["details_hash"]
        parts = [previous, "bolt", row["seq"], row["at"], row["fact"], row["subject"], row["details_hash"]]
        previous = hashlib.sha256(json.dumps(parts, separators=(",", ":")).encode()).hexdigest()
        assert previous == row["hash"]


def test_a_timeline_is_one_subject_in_order(database: Database) -> None:
    database.write_now(fill)
    database.write_now(purge)
    timeline = database.read(lambda r: ledger.rows(r, "acme", "invoice 1"))
    assert [entry.seq for entry in timeline] == [1, 3, 5]
    assert timeline[0].details == {"invoice": 1, "to": "山田"}
    assert timeline[1].details is None


def test_verifying_tells_its_progress_and_keeps_to_one_issuer(database: Database, raw: sqlite3.Connection) -> None:
    seen: list[int] = []
    assert database.read(lambda r: ledger.verify(r, progress=seen.append)) == []
    assert seen == [2 * LENGTH]
    raw.execute("UPDATE ledger SET subject = 'x' WHERE issuer = 'acme' AND seq >= 4")
    raw.execute("UPDATE ledger_details SET details = '{}' WHERE issuer = 'bolt' AND seq = 3")
    assert [(found.issuer, found.seq) for found in database.read(ledger.verify)] == [("acme", 4), ("bolt", 3)]
    assert [found.seq for found in database.read(lambda r: ledger.verify(r, "bolt"))] == [3]
    assert database.read(lambda r: ledger.verify(r, "none")) == []


@pytest.mark.parametrize(
    ("sql", "seq"),
    [
        ("DELETE FROM ledger WHERE issuer = 'bolt' AND seq = 1", 1),
        ("DELETE FROM ledger WHERE issuer = 'bolt' AND seq = 3", 3),
        ("DELETE FROM ledger WHERE issuer = 'bolt' AND seq > 4", 5),
        ("UPDATE ledger SET subject = CAST(x'ff41' AS TEXT) WHERE issuer = 'bolt' AND seq = 4", 4),
        ("UPDATE ledger_details SET details = CAST(x'ff' AS TEXT) WHERE issuer = 'bolt' AND seq = 4", 4),
        ("UPDATE ledger_details SET details = '' WHERE issuer = 'bolt' AND seq = 4", 4),
        ("INSERT INTO ledger VALUES ('bolt', 7, '', '', '', '', '')", 7),
        ("UPDATE ledger SET issuer = 'copy' WHERE issuer = 'bolt'", 1),
    ],
)
def test_coarse_tampering_is_named(database: Database, raw: sqlite3.Connection, sql: str, seq: int) -> None:
    raw.execute(sql)
    assert seq in [found.seq for found in database.read(ledger.verify) if found.issuer in {"bolt", "copy"}]


def test_rows_that_swapped_places_are_found(database: Database, raw: sqlite3.Connection) -> None:
    for step in ((2, 99), (3, 2), (99, 3)):
        raw.execute("UPDATE ledger SET seq = ?2 WHERE issuer = 'bolt' AND seq = ?1", step)
        raw.execute("UPDATE ledger_details SET seq = ?2 WHERE issuer = 'bolt' AND seq = ?1", step)
    assert [(found.issuer, found.seq) for found in database.read(ledger.verify)] == [("bolt", 2)]


@pytest.mark.parametrize("issuer", ISSUERS)
@settings(max_examples=500, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    place=st.sampled_from([(table, column) for table, columns in COLUMNS.items() for column in columns]),
    seq=st.integers(1, LENGTH),
    value=st.text()
    | st.integers(-(2**63), 2**63 - 1)
    | st.binary()
    | st.floats()
    | st.sampled_from([*range(9), *ISSUERS, ""]),
)
@example(place=("ledger", "seq"), seq=LENGTH, value=LENGTH + 1)
@example(place=("ledger", "issuer"), seq=LENGTH, value="bolt2")
def test_any_change_of_any_column_of_any_row_is_named(
    raw: sqlite3.Connection, issuer: str, place: tuple[str, str], seq: int, value: object
) -> None:
    table, column = place
    before = list(raw.iterdump())
    raw.execute("BEGIN")
    try:
        tamper(raw, f"UPDATE {table} SET {column} = ? WHERE issuer = ? AND seq = ?", (value, issuer, seq))
        assume(list(raw.iterdump()) != before)
        breaks = ledger.verify(Reading(raw))
    finally:
        raw.execute("ROLLBACK")
    assert breaks
    if place not in MOVED_DETAILS:
        assert issuer in [found.issuer for found in breaks]
    if column != "seq" and place not in MOVED_DETAILS:
        assert seq in [found.seq for found in breaks if found.issuer == issuer]


def tamper(raw: sqlite3.Connection, sql: str, values: tuple[object, ...]) -> None:
    try:
        raw.execute(sql, values)
    except sqlite3.IntegrityError:
        assume(False)  # noqa: FBT003 - hypothesis' way to say "not an example"


@given(json_values)
def test_canonical_json_is_stable_and_loses_nothing(value: Any) -> None:  # noqa: ANN401 - any JSON
    text = ledger.canonical(value)
    assert text.isascii()
    assert json.loads(text) == value
    assert ledger.canonical(json.loads(text)) == text


@given(st.dictionaries(st.text(), st.integers(), min_size=2))
def test_canonical_json_does_not_depend_on_the_order_of_keys(value: dict[str, int]) -> None:
    assert ledger.canonical(dict(reversed(value.items()))) == ledger.canonical(value)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), {1, 2}, b"x", object()])
def test_what_has_no_json_is_refused(value: object) -> None:
    with pytest.raises((TypeError, ValueError)):
        ledger.canonical({"x": value})


def test_an_undecodable_text_of_a_mail_server_can_be_kept(database: Database) -> None:
    response = b"550 \xff".decode(errors="surrogateescape")
    database.write_now(lambda tx: ledger.append(tx, "acme", INVOICE_ISSUED, "x", {"response": response}))
    assert database.read(ledger.verify) == []
    assert database.read(lambda r: ledger.rows(r, "acme", "x"))[0].details == {"response": response}
