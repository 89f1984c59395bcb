"""Drain against a relay that answers after 20 ms, beside `smtp-source` against the same relay."""

from __future__ import annotations

import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import uvloop
from drain import drained
from relays import source_rate

if TYPE_CHECKING:
    from collections.abc import Iterator

MAILS = 3_000
REFERENCE_MAILS = 1_000


def measure() -> dict[str, object]:
    """Measure both against one relay."""
    with slow_relay() as port:
        ours, size = uvloop.run(drained(port, MAILS))
        reference = source_rate(port, size=size, mails=REFERENCE_MAILS)
    return {
        "bench": "relay",
        "unit": "mails/s",
        "ours": round(ours),
        "reference": round(reference),
        "ratio": round(ours / reference, 2),
        "to_reach": 3.8,
    }


@contextmanager
def slow_relay() -> Iterator[int]:
    """Run a relay 20 ms away in a process of its own, and return its port."""
    script = str(Path(__file__).with_name("distant.py"))
    process = subprocess.Popen([sys.executable, script], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield int(process.stdout.readline())
    finally:
        process.terminate()
        process.wait(timeout=5)
