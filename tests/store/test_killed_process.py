"""SIGKILL in the middle of writing: every write that was answered is there afterwards."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from mailbot.store import ledger
from mailbot.store.database import Database

if TYPE_CHECKING:
    from pathlib import Path

    from mailbot.clock import SystemClock

PROGRAM = """
import asyncio, os, sys
from pathlib import Path
from mailbot.clock import SystemClock
from mailbot.facts import INVOICE_ISSUED
from mailbot.store import ledger
from mailbot.store.database import Database

database = Database.open(Path(sys.argv[1]), clock=SystemClock())

async def write_for_ever():
    while True:
        seq = await database.write(lambda tx: ledger.append(tx, "acme", INVOICE_ISSUED, "invoice 1", {"mails": 1}))
        os.write(1, b"%d\\n" % seq)

async def main():
    await asyncio.gather(*(write_for_ever() for _ in range(50)))

asyncio.run(main())
"""


@pytest.mark.parametrize("answers", [1, 100, 1_000, 3_000])
def test_every_answered_write_survives(path: Path, clock: SystemClock, answers: int) -> None:
    command = [sys.executable, "-c", PROGRAM, str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        answered = [process.stdout.readline() for _ in range(answers)]
        process.kill()
        answered += process.stdout.readlines()
    numbers = {int(line) for line in answered if line.endswith(b"\n")}
    database = Database.open(path, clock=clock)
    kept = database.read(lambda r: {row[0] for row in r.all("SELECT seq FROM ledger")})
    assert len(numbers) >= answers
    assert numbers <= kept
    assert kept == set(range(1, len(kept) + 1))
    assert database.read(ledger.verify) == []
    database.close()
