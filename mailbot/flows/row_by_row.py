"""Working through rows of which one may be poisoned.

Owns what happens then: nothing of that row is kept, it is pushed ahead and logged, and the others go on as if it were
not there. What is the store's own trouble (a full disk, a lock) is no row's fault and comes out.
"""

from __future__ import annotations

import sqlite3
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from mailbot.clock import stamp
from mailbot.errors import StoreError
from mailbot.facts import ROW_FAILED

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from mailbot.flows.desk import Desk
    from mailbot.store.database import Transaction

T = TypeVar("T")

AHEAD = timedelta(hours=1)
"""A row that raised is looked at again after this."""


def row_by_row(
    desk: Desk,
    tx: Transaction,
    rows: Sequence[T],
    *,
    work: Callable[[Sequence[T]], object],
    push_ahead: Callable[[T, str], object],
    table: str,
    row_id: Callable[[T], int],
) -> None:
    """Do `work` on all rows together; where that raises, on each alone.

    A row that raises alone is handed to `push_ahead` with the moment until which to leave it; `table` and `row_id`
    name it in the log.
    """
    if _failure(tx, lambda: work(rows)) is None:
        return
    until = stamp(tx.now + AHEAD)
    for row in rows:
        error = _failure(tx, lambda row=row: work([row]))  # type: ignore[misc]
        if error is not None:
            push_ahead(row, until)
            words = f"{type(error).__name__}: {error}"
            tx.after_commit(partial(desk.facts, ROW_FAILED, table=table, id=row_id(row), error=words))


def _failure(tx: Transaction, work: Callable[[], object]) -> Exception | None:
    try:
        with tx.attempt():
            work()
    except (StoreError, sqlite3.OperationalError):
        raise
    except Exception as error:  # noqa: BLE001 - whatever a row makes its flow raise, the other rows are to go on
        return error
    return None
