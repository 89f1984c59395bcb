"""Whether the daemon runs, judged from the store's last start and the process table."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


def daemon(start: Mapping[str, Any] | None) -> dict[str, object]:
    """Return `state` (running, stopped, never started) and what is known of the last start."""
    if start is None:
        return {"state": "never started"}
    running = start["stopped_at"] is None and _is_ours(int(start["pid"]))
    known = {"pid": start["pid"], "version": start["version"], "started_at": start["started_at"]}
    if running and start["listen"]:
        known["listen"] = start["listen"]
    return {"state": "running" if running else "stopped", **known}


def _is_ours(pid: int) -> bool:
    """Tell whether a process of this number is there and is mailbot, not another that got the number since."""
    try:
        return b"mailbot" in Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False
