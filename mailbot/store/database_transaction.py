"""What a read or a write function is handed: statements, and nothing that could end the transaction.

Owns `Reading` and `Transaction`. When a transaction begins, commits or is run again is `database_writer`'s business.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from mailbot.errors import StoreError

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    Parameters = Mapping[str, object] | Sequence[object]


class Reading:
    """Statements that read. Valid only inside the function that it was handed to, as are its cursors."""

    __slots__ = ("_connection",)

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def execute(self, sql: str, params: Parameters = ()) -> sqlite3.Cursor:
        """Run one statement and return its cursor."""
        return self._connection.execute(sql, params)

    def all(self, sql: str, params: Parameters = ()) -> list[sqlite3.Row]:
        """Return every row that the statement gives."""
        return self.execute(sql, params).fetchall()

    def one(self, sql: str, params: Parameters = ()) -> sqlite3.Row | None:
        """Return the first row, or `None` where there is none."""
        row: sqlite3.Row | None = self.execute(sql, params).fetchone()
        return row

    def value(self, sql: str, params: Parameters = ()) -> Any:  # noqa: ANN401 - a column's type is the schema's
        """Return the first column of the first row, or `None` where there is no row."""
        row = self.execute(sql, params).fetchone()
        return None if row is None else row[0]

    @contextmanager
    def lenient(self) -> Iterator[None]:
        """Let text that is no UTF-8 come with surrogates in it instead of raising: for whoever looks for damage."""
        usual = self._connection.text_factory
        self._connection.text_factory = _decode_anything
        try:
            yield
        finally:
            self._connection.text_factory = usual


class Transaction(Reading):
    """Statements of one write function; all of them are committed, or none.

    The function may be run a second time, from the start and with another transaction, so it touches nothing else.
    """

    __slots__ = ("effects", "memo", "now", "now_text")

    def __init__(
        self, connection: sqlite3.Connection, now: datetime, now_text: str, memo: dict[object, object]
    ) -> None:
        self._connection = connection
        self.now = now
        """The transaction's one moment, aware, in UTC; not before the function was handed in."""
        self.now_text = now_text
        self.memo = memo
        """Scratch for what holds until the commit, such as a ledger's head; functions that stand and fall together
        share it."""
        self.effects: list[Callable[[], object]] = []

    def execute(self, sql: str, params: Parameters = ()) -> sqlite3.Cursor:
        """Run one statement and return its cursor."""
        self._assert_alive()
        return self._connection.execute(sql, params)

    def executemany(self, sql: str, rows: Iterable[Parameters]) -> sqlite3.Cursor:
        """Run one statement for each of `rows`."""
        self._assert_alive()
        return self._connection.executemany(sql, rows)

    @contextmanager
    def attempt(self) -> Iterator[None]:
        """Undo what the block did where it raises, its effects and scratch too; the error comes out all the same."""
        memo, effects = dict(self.memo), len(self.effects)
        self.execute("SAVEPOINT attempt")
        try:
            yield
        except BaseException:
            self.memo.clear()
            self.memo |= memo
            del self.effects[effects:]
            if self._connection.in_transaction:  # else a full disk has undone everything
                self._connection.execute("ROLLBACK TO attempt")
                self._connection.execute("RELEASE attempt")
            raise
        self.execute("RELEASE attempt")

    def after_commit(self, effect: Callable[[], object]) -> None:
        """Have `effect` called once the commit has returned: on the caller's loop (or thread), before its answer.

        Effects keep their order; those of a function that raised, or of a run that was undone, are dropped.
        """
        self.effects.append(effect)

    def _assert_alive(self) -> None:
        # After a full disk SQLite has undone the whole transaction: a function that caught that error and went on
        # would commit every later statement by itself.
        if not self._connection.in_transaction:
            raise StoreError("the transaction was undone by an earlier error; nothing more can be done in it")


def _decode_anything(text: bytes) -> str:
    return text.decode("utf-8", "surrogateescape")
