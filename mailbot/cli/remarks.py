"""What people should know of an address besides its status: a pause, a bad score, an absence, a successor."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mailbot.cli.printing import local
from mailbot.domain.bounces import PROBE_AT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mailbot.cli.printing import Line

DATE = len("2026-11-20")


def remarks(line: Line) -> list[str]:
    """Return the remarks on an address of `--json`, one for each thing."""
    return [*_quiet(line), *_bounces(line), *_absence(line), *_successor(line.get("successor"))]


def _quiet(line: Line) -> Iterator[str]:
    if line["snoozed_until"]:
        yield f"paused until {_day(line['snoozed_until'])}"


def _bounces(line: Line) -> Iterator[str]:
    if line["bounce_score"]:
        yield f"bounced, {line['bounce_score']} of {PROBE_AT} points"
    if line["probed_at"]:
        yield f"probed {_day(line['probed_at'])}"


def _absence(line: Line) -> Iterator[str]:
    if line["absent_at"]:
        yield f"{'left' if line['has_left'] else 'auto-reply'} {_day(line['absent_at'])}"


def _successor(named: Line | None) -> Iterator[str]:
    """Say whom the holder of the address named, and what that waits for."""
    if named is not None:
        yield f"takes over {_day(named['due_at'])}:" if named["due_at"] else "has yet to confirm:"
        yield named["email"]


def _day(text: str) -> str:
    return local(text)[:DATE]
