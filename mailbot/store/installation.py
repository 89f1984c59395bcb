"""What the store knows of itself: its sandbox clock, its starts, the editions of its mails."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from mailbot.store.rows import new_id

if TYPE_CHECKING:
    from mailbot.store.database import Reading, Transaction


def value(reading: Reading | Transaction, name: str) -> str:
    """Return one value of the installation (`mode`, `installation_id`, ...); empty where it has none."""
    return str(reading.value("SELECT value FROM installation WHERE name = :name", {"name": name}) or "")


def clock_offset(reading: Reading | Transaction) -> timedelta:
    """Return how far the sandbox's clock stands ahead; zero in production."""
    return timedelta(milliseconds=int(value(reading, "clock_offset_ms") or 0))


def move_clock(tx: Transaction, offset: timedelta, wanted: str) -> None:
    """Move the sandbox's clock and ask to be told when all that is due at the moment `wanted` has been done."""
    values = {"clock_offset_ms": str(round(offset.total_seconds() * 1000)), "quiet_wanted": wanted}
    tx.executemany(
        "INSERT INTO installation (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        list(values.items()),
    )


def begin(tx: Transaction, *, pid: int, version: str, listen: str = "") -> int:
    """Note a start of the daemon and return its id."""
    row = tx.one(
        "INSERT INTO starts (started_at, pid, version, listen) VALUES (:now, :pid, :version, :listen) RETURNING id",
        {"now": tx.now_text, "pid": pid, "version": version, "listen": listen},
    )
    return new_id(row)


def end(tx: Transaction, start_id: int) -> None:
    """Note that a start ended in order."""
    tx.execute("UPDATE starts SET stopped_at = :now WHERE id = :id", {"now": tx.now_text, "id": start_id})


def quiet(tx: Transaction, start_id: int, at: str) -> None:
    """Note that all that was due at a moment of the sandbox's clock has been done."""
    tx.execute("UPDATE starts SET quiet_at = :at WHERE id = :id", {"at": at, "id": start_id})


def last_start(reading: Reading | Transaction) -> dict[str, object] | None:
    """Return the newest start (`id, started_at, pid, version, listen, stopped_at, quiet_at`), or None."""
    row = reading.one(
        "SELECT id, started_at, pid, version, listen, stopped_at, quiet_at FROM starts ORDER BY id DESC LIMIT 1"
    )
    return None if row is None else dict(zip(row.keys(), row, strict=True))


def keep_edition(tx: Transaction, digest: str, content: str) -> None:
    """Keep what the bytes of mails depend on; a second time changes nothing."""
    tx.execute(
        "INSERT INTO editions (digest, content, first_used_at) VALUES (:digest, :content, :now)"
        " ON CONFLICT (digest) DO NOTHING",
        {"digest": digest, "content": content, "now": tx.now_text},
    )


def edition(reading: Reading | Transaction, digest: str) -> str:
    """Return the content of an edition; raises `LookupError` where it was never kept."""
    content = reading.value("SELECT content FROM editions WHERE digest = :digest", {"digest": digest})
    if content is None:
        raise LookupError(f"no edition {digest}")
    return str(content)
