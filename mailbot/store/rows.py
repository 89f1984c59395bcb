"""From a row of an answer to the values of a dataclass."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mailbot.clock import moment

if TYPE_CHECKING:
    import sqlite3


def columns(row: sqlite3.Row | None, *moments: str) -> dict[str, Any]:
    """Return the row's values by column name, those of `moments` read as moments (NULL stays None).

    Raises `LookupError` where there is no row.
    """
    if row is None:
        raise LookupError("no such row")
    values = dict(zip(row.keys(), row, strict=True))
    for name in moments:
        text = values[name]
        values[name] = None if text is None else moment(text)
    return values


def marks(count: int, width: int = 0) -> str:
    """Return the marks of `count` values, or of as many rows of `width` values: `?, ?` or `(?, ?), (?, ?)`.

    One statement over many rows gives the interpreter up once; `executemany` does so for each row, and every time a
    busy event loop takes it.
    """
    one = f"({', '.join('?' * width)})" if width else "?"
    return ", ".join([one] * count)


def new_id(row: sqlite3.Row | None) -> int:
    """Return the id that `INSERT ... RETURNING id` answered."""
    return int(columns(row)["id"])
