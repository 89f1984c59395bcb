r"""The ledger: one append-only chain of hashes for each issuer.

Owns the rows of `ledger` and `ledger_details`, how they are hashed, and how a chain is proved whole. What is worth a
row is the flows' business; `facts` lists the names.

Anyone can recompute a chain. JSON here is written with sorted keys, without spaces, and with every character outside
ASCII as `\uXXXX`, which is what Python's `json.dumps(value, sort_keys=True, separators=(",", ":"))` gives:

    details_hash = SHA-256(salt + JSON(details))
    hash = SHA-256(JSON([previous hash, issuer, seq, at, fact, subject, details_hash]))

all in lower-case hex; the salt is 32 hex digits, so there is no question where it ends; the first row's previous hash
is 64 zeros. A JSON list has one reading only, so no two rows share an input. The issuer is in it so that a chain cannot
be passed off as another's. A purge removes a row's salt and details, or empties both: without the salt nobody can guess
the details from the hash that stays.
"""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, cast

from mailbot.store.rows import marks

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from mailbot.facts import Fact
    from mailbot.store.database import Reading, Transaction

SALT = 32
"""Hex digits of a salt."""

GENESIS = "0" * 64
"""Stands for the hash before the first row."""

SLICE = 2_000
"""Rows that a verification holds in memory at once."""

_ENCODER = json.JSONEncoder(sort_keys=True, separators=(",", ":"), allow_nan=False)

_COLUMNS = ("issuer", "seq", "at", "fact", "subject", "details_hash", "hash")
_DETAILS = ("issuer", "seq", "salt", "details")
AT_ONCE = 500
"""Rows that one statement inserts."""

_HEAD = "SELECT seq, hash FROM ledger WHERE issuer = :issuer ORDER BY seq DESC LIMIT 1"

# Steps from one issuer to the next through the key, whatever the length of the chains.
_ISSUERS = """
    WITH RECURSIVE known (issuer) AS (
        SELECT min(issuer) FROM ledger
        UNION ALL
        SELECT (SELECT min(issuer) FROM ledger WHERE issuer > known.issuer) FROM known WHERE known.issuer IS NOT NULL
    )
    SELECT issuer FROM known WHERE issuer IS NOT NULL
"""

_ENTRIES = """
    SELECT l.issuer, l.seq, l.at, l.fact, l.subject, l.details_hash, l.hash, d.salt, d.details
    FROM ledger l LEFT JOIN ledger_details d ON d.issuer = l.issuer AND d.seq = l.seq
"""

_LOOSE_DETAILS = """
    SELECT d.issuer, d.seq FROM ledger_details d LEFT JOIN ledger l ON l.issuer = d.issuer AND l.seq = d.seq
    WHERE l.seq IS NULL
"""


@dataclass(frozen=True, slots=True)
class Head:
    """The newest row of a chain; `seq` 0 and 64 zeros where there is none."""

    issuer: str
    seq: int
    hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One row with its details, which are `None` once purged."""

    issuer: str
    seq: int
    at: str
    fact: str
    subject: str
    details: Mapping[str, object] | None
    hash: str


@dataclass(frozen=True, slots=True)
class Break:
    """The first row of a chain that is not what was written."""

    issuer: str
    seq: object
    """The row's number as found, which tampering may have made anything."""
    problem: str


def canonical(value: object) -> str:
    """Write a value as the one JSON text of it; raises `TypeError` or `ValueError` where it has none."""
    return _ENCODER.encode(value)


def append(tx: Transaction, issuer: str, fact: Fact, subject: str, details: Mapping[str, object]) -> int:
    """Add one row to the issuer's chain and return its number."""
    return append_many(tx, issuer, [(fact, subject, details)])


def append_many(tx: Transaction, issuer: str, entries: Sequence[tuple[Fact, str, Mapping[str, object]]]) -> int:
    """Add rows to the issuer's chain, in order, and return the number of the last.

    Raises `ValueError` for a fact that is not one of the proven ones.
    """
    memo = (__name__, issuer)
    last = cast("Head | None", tx.memo.get(memo)) or head(tx, issuer)
    rows, last = _chain(last, tx.now_text, entries)
    for start in range(0, len(rows), AT_ONCE):
        _insert(tx, "ledger", _COLUMNS, rows[start : start + AT_ONCE])
        _insert(tx, "ledger_details", _DETAILS, rows[start : start + AT_ONCE])
    tx.memo[memo] = last
    return last.seq


def _insert(tx: Transaction, table: str, names: Sequence[str], rows: Sequence[Mapping[str, object]]) -> None:
    values = [row[name] for row in rows for name in names]
    tx.execute(f"INSERT INTO {table} ({', '.join(names)}) VALUES {marks(len(rows), len(names))}", values)


def head(reading: Reading, issuer: str) -> Head:
    """Return the newest row of the issuer's chain."""
    row = reading.one(_HEAD, {"issuer": issuer})
    return Head(issuer, row["seq"], row["hash"]) if row else Head(issuer, 0, GENESIS)


def heads(reading: Reading) -> list[Head]:
    """Return the newest row of every chain, by issuer; costs what there are issuers, not rows."""
    return [head(reading, row["issuer"]) for row in reading.all(_ISSUERS)]


def rows(reading: Reading, issuer: str, subject: str) -> list[Entry]:
    """Return the timeline of one subject, oldest first."""
    chosen = f"{_ENTRIES} WHERE l.issuer = :issuer AND l.subject = :subject ORDER BY l.seq"
    return [_entry(row) for row in reading.all(chosen, {"issuer": issuer, "subject": subject})]


def verify(
    reading: Reading, issuer: str | None = None, *, progress: Callable[[int], object] | None = None
) -> list[Break]:
    """Recompute one issuer's chain, or all, and return the first bad row of each that has one.

    `progress` is called with the number of rows seen so far, every few thousand. Rows cut off at the end of a chain
    leave no trace if their details went too: compare `head` with one that a mail carries. Moments that go backwards
    are no break, since clocks are set.
    """
    chosen, params = ("WHERE {}.issuer = :issuer", {"issuer": issuer}) if issuer is not None else ("", {})
    with reading.lenient():
        found = reading.execute(f"{_ENTRIES} {chosen.format('l')} ORDER BY l.issuer, l.seq", params)
        breaks = _first_breaks(_counted(found, progress or _silent))
        loose = reading.execute(f"{_LOOSE_DETAILS} {chosen.format('AND d').replace('WHERE ', '')}", params)
        for row in loose:
            breaks.setdefault(row["issuer"], Break(row["issuer"], row["seq"], "its details are left, the row is gone"))
    return list(breaks.values())


def lacks(reading: Reading, witness: Head) -> Break | None:
    """Say where a chain has not the row that a mail carries as its head: it was cut off, or written anew."""
    sql = "SELECT hash FROM ledger WHERE issuer = :issuer AND seq = :seq"
    found = reading.value(sql, {"issuer": witness.issuer, "seq": witness.seq})
    if witness.seq == 0 or found == witness.hash:
        return None
    return Break(witness.issuer, witness.seq, "mails that went out name this row, and the chain has it no more")


def _silent(_seen: int) -> None:
    """Tell nobody."""


def _chain(
    last: Head, at: str, entries: Iterable[tuple[Fact, str, Mapping[str, object]]]
) -> tuple[list[dict[str, object]], Head]:
    """Return the rows that follow `last`, and the head that they lead to."""
    issuer, seq, previous = last.issuer, last.seq, last.hash
    rows = []
    entries = tuple(entries)
    salts = secrets.token_hex(len(entries) * SALT // 2)  # one call of the kernel for all of them
    for number, (fact, subject, details) in enumerate(entries):
        if not fact.proven:
            raise ValueError(f"{fact.name} is no fact of the ledger")
        seq += 1
        salt, text = salts[number * SALT : (number + 1) * SALT], canonical(details)
        row: dict[str, object] = {"issuer": issuer, "seq": seq, "at": at, "fact": fact.name, "subject": subject}
        row["salt"], row["details"], row["details_hash"] = salt, text, _details_hash(salt, text)
        row["hash"] = previous = _row_hash(previous, row)
        rows.append(row)
    return rows, Head(issuer, seq, previous)


def _details_hash(salt: str, details: str) -> str:
    # Ours is ASCII; what was tampered with may hold anything, and is only to come out different.
    return sha256((salt + details).encode("utf-8", "surrogateescape")).hexdigest()


def _row_hash(previous: str, row: Mapping[str, object] | sqlite3.Row) -> str:
    parts = [previous, row["issuer"], row["seq"], row["at"], row["fact"], row["subject"], row["details_hash"]]
    return sha256(canonical(parts).encode()).hexdigest()


def _entry(row: sqlite3.Row) -> Entry:
    return Entry(
        issuer=row["issuer"],
        seq=row["seq"],
        at=row["at"],
        fact=row["fact"],
        subject=row["subject"],
        details=json.loads(row["details"]) if row["details"] else None,
        hash=row["hash"],
    )


def _counted(cursor: sqlite3.Cursor, progress: Callable[[int], object]) -> Iterator[sqlite3.Row]:
    seen = 0
    while part := cursor.fetchmany(SLICE):
        yield from part
        seen += len(part)
        progress(seen)


def _first_breaks(found: Iterable[sqlite3.Row]) -> dict[object, Break]:
    breaks: dict[object, Break] = {}
    last = Head("", 0, GENESIS)
    for row in found:
        if row["issuer"] in breaks:
            continue
        if row["issuer"] != last.issuer:
            last = Head(row["issuer"], 0, GENESIS)
        if problem := _problem(last, row):
            breaks[row["issuer"]] = Break(row["issuer"], *problem)
        last = Head(row["issuer"], last.seq + 1, row["hash"])
    return breaks


def _problem(last: Head, row: sqlite3.Row) -> tuple[object, str] | None:
    """Say which row is bad and why, if `row` does not follow `last`."""
    wanted = last.seq + 1
    if row["seq"] != wanted:
        return wanted, f"it is missing; row {row['seq']} stands in its place"
    if not _hash_holds(last.hash, row):
        return wanted, "it was altered: its hash does not follow from its content and the row before"
    if not _details_hold(row):
        return wanted, "its details were altered: they do not give the hash in the row"
    return None


def _hash_holds(previous: str, row: sqlite3.Row) -> bool:
    try:
        return bool(_row_hash(previous, row) == row["hash"])
    except TypeError:
        # A column holds bytes, which no row of ours does.
        return False


def _details_hold(row: sqlite3.Row) -> bool:
    salt, details = row["salt"], row["details"]
    if (salt, details) in {(None, None), ("", "")}:
        return True  # purged
    if not isinstance(salt, str) or not isinstance(details, str) or len(salt) != SALT:
        return False
    return bool(_details_hash(salt, details) == row["details_hash"])
