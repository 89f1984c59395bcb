"""Whether the engine finds its own file whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mailbot.store.database import Reading


def damage(reading: Reading) -> list[str]:
    """Return what the engine finds wrong with its file; empty where all is well. Costs a look at every page."""
    return [str(row[0]) for row in reading.all("PRAGMA quick_check") if row[0] != "ok"]
