"""SQLite connections, and what an error of the engine means to a person.

Owns the settings that every connection has, asserted when it is opened, and the sentences for a store that cannot be
opened, read or written. What is done through a connection is `database_transaction`'s and `database_writer`'s.
"""

from __future__ import annotations

import os
import sqlite3
from types import MappingProxyType
from typing import TYPE_CHECKING

from mailbot.errors import StoreError, StoreFull
from mailbot.store.files import NO_ROOM

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

BUSY_MS = 30_000
"""How long a statement waits for another process's lock, in milliseconds."""

STATEMENTS = 512
"""Prepared statements that each connection keeps; more than the program has."""

WAL_PAGES = 4_000
"""Pages (4 KiB) in the write-ahead log after which a commit copies them into the file."""

_ASSERTED: Mapping[str, object] = MappingProxyType(
    # synchronous 2 is FULL: a commit has reached the disk before it is answered.
    {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": BUSY_MS}
)

_PROBE = b"\0" * 65_536

_REMEDIES: Mapping[int, str] = MappingProxyType(
    {
        sqlite3.SQLITE_BUSY: "another process held its lock for 30 s; find it with `fuser -v {path}` and try again",
        sqlite3.SQLITE_LOCKED: "a table is in use by another connection of this process; try again",
        sqlite3.SQLITE_CORRUPT: "it is damaged; stop mailbot, keep the file, and restore the last backup in its place",
        sqlite3.SQLITE_NOTADB: "it is not a mailbot store; restore a backup, or point data_dir at the right folder",
        sqlite3.SQLITE_CANTOPEN: "it cannot be opened; let it and its folder belong to the user that mailbot runs as",
        sqlite3.SQLITE_PERM: "access is denied; let it and its folder belong to the user that mailbot runs as",
        sqlite3.SQLITE_READONLY: "it cannot be written; let it and its folder belong to the user that mailbot runs as",
        sqlite3.SQLITE_IOERR: "the disk failed to read or write; look at the system's log",
        sqlite3.SQLITE_NOMEM: "there was no memory left; nothing of this was kept, and it may be tried again",
    }
)


def connect(path: Path, *, read_only: bool) -> sqlite3.Connection:
    """Open the SQLite file at `path`, which must exist, with every setting made and asserted.

    Transactions are begun by hand. The connection may be handed to another thread, never shared with one. Raises
    `StoreError` where the file cannot be used or a setting does not hold.
    """
    try:
        connection = sqlite3.connect(
            f"{path.absolute().as_uri()}?mode=rw",
            uri=True,
            timeout=BUSY_MS / 1000,
            isolation_level=None,
            check_same_thread=False,
            cached_statements=STATEMENTS,
        )
    except sqlite3.Error as error:
        raise fault(error, path) from error
    try:
        _set(connection, read_only=read_only)
        _assert_settings(connection, path)
    except sqlite3.Error as error:
        connection.close()
        raise fault(error, path) from error
    except StoreError:
        connection.close()
        raise
    return connection


def _set(connection: sqlite3.Connection, *, read_only: bool) -> None:
    connection.row_factory = sqlite3.Row
    if read_only:
        connection.execute("PRAGMA query_only = ON")
    else:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute(f"PRAGMA wal_autocheckpoint = {WAL_PAGES}")
        # The log is cut back to this after a checkpoint, so that one big import does not keep its disk space for ever.
        connection.execute(f"PRAGMA journal_size_limit = {WAL_PAGES * 4096}")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA foreign_keys = ON")


def _assert_settings(connection: sqlite3.Connection, path: Path) -> None:
    for name, wanted in _ASSERTED.items():
        (found,) = connection.execute(f"PRAGMA {name}").fetchone()
        if found != wanted:
            raise StoreError(
                f"{path}: {name} is {found!r} where {wanted!r} is needed; keep the store on a local file system"
            )


def explain(error: sqlite3.Error, path: Path) -> StoreError | None:
    """Return what an error says about the store itself, or `None` where it speaks of a statement or its values."""
    code = getattr(error, "sqlite_errorcode", None)
    if code is None:
        return None
    primary = code & 0xFF
    if primary == sqlite3.SQLITE_FULL or (primary == sqlite3.SQLITE_IOERR and _has_no_room(path)):
        return full(path)
    remedy = _REMEDIES.get(primary)
    return StoreError(f"{path}: {remedy.format(path=path)} ({error})") if remedy else None


def fault(error: sqlite3.Error, path: Path) -> StoreError:
    """Return the `StoreError` for an error that no statement of a caller can be blamed for."""
    return explain(error, path) or StoreError(f"{path}: {error}; nothing of this was kept, and it may be tried again")


def full(path: Path) -> StoreFull:
    """Return the error for a full disk under `path`."""
    return StoreFull(f"the disk under {path} is full: nothing of this was kept; make room, and it may be tried again")


def not_ours(path: Path) -> StoreError:
    """Return the error for a store that this user may not look at."""
    return StoreError(f"{path} may not be opened by this user; run this as root, or as the user that mailbot runs as")


def _has_no_room(path: Path) -> bool:
    """Tell a full disk, quota or limit from a failing disk: SQLite calls some of either an I/O error."""
    import tempfile  # noqa: PLC0415 - costs a start 4 ms and is needed after an I/O error only

    try:
        with tempfile.TemporaryFile(dir=path.parent) as probe:
            probe.seek(max((file.stat().st_size for file in path.parent.glob(f"{path.name}*")), default=0))
            probe.write(_PROBE)
            probe.flush()
            os.fsync(probe.fileno())
    except OSError as error:
        return error.errno in NO_ROOM
    return False
