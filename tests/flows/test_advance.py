"""Moving a sandbox's clock: from one due moment to the next, or at once."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from flow_office import START

from mailbot.clock import stamp
from mailbot.errors import Refused, Unanswered
from mailbot.flows import advance
from mailbot.flows.advance import Advance, is_quiet, next_due, quiet_wanted
from mailbot.store import installation
from mailbot.store.database import Database

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from datetime import datetime

    from flow_office import Office

EMAIL = "keiri@sakura.example"


def due(office: Office) -> datetime | None:
    return office.database.read(next_due)


def quiet(office: Office) -> bool:
    return office.database.read(lambda reading: is_quiet(reading, office.clock.now()))


async def test_what_is_due_next_is_the_earliest_of_all(office: Office) -> None:
    assert due(office) is None
    assert quiet(office)
    await office.customer("C-1", EMAIL)
    await office.invoices("C-1,A-1,保守料,33000,2026-11-20,2026-12-01 09:00,a.pdf")
    assert due(office) == START.replace(month=12, day=1, hour=0)
    assert quiet(office)
    await office.issued("C-1", "A-2", sent=False)
    assert due(office) == START
    assert not quiet(office), "a mail is due"
    await office.deliver.step()
    assert not quiet(office), "a mail is on the wire"
    await office.post(lambda _: Unanswered("lost"))
    assert due(office) == START + timedelta(minutes=10)
    office.clock.advance(minutes=10)
    await office.post(lambda _: Unanswered("lost"))
    office.clock.advance(hours=1)
    await office.post()
    assert due(office) == START.replace(month=12, day=1, hour=0), "what waits for a person is not due"


async def test_a_reminder_is_due(office: Office) -> None:
    await office.customer("C-1", EMAIL)
    await office.issued("C-1", "A-1")
    assert due(office) == START.replace(day=24, hour=0)


@asynccontextmanager
async def daemon(office: Office) -> AsyncIterator[list[str]]:
    """Do what is due at every moment that the clock is moved to, as the daemon beside the command does."""
    moments: list[str] = []

    async def run() -> None:
        while True:
            await asyncio.sleep(0.005)
            wanted = office.database.read(quiet_wanted)
            if wanted is not None and wanted <= stamp(office.clock.now()):
                await office.publish()
                await office.sweep()
                await office.post()
                moments.append(stamp(office.clock.now()))
                await office.database.write(lambda tx: installation.quiet(tx, 1, tx.now_text))

    task = asyncio.create_task(run())
    try:
        yield moments
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@pytest.fixture(autouse=True)
def short_polls(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(advance, "POLL_S", 0.005)


async def test_it_steps_from_one_due_moment_to_the_next(office: Office) -> None:
    await office.customer("C-1", EMAIL)
    await office.issued("C-1", "A-1")
    said: list[datetime] = []
    async with daemon(office) as moments:
        reached = await Advance(office.desk).by(timedelta(days=12), jump=False, said=said.append)
    assert reached == START + timedelta(days=12)
    assert [mail.created_at[:16] for mail in office.mails("reminder")] == ["2026-11-24T00:00", "2026-11-27T00:00"]
    assert said == sorted(said)
    assert said[-1] == reached
    assert len(moments) >= 4
    assert office.database.read(installation.clock_offset) == timedelta(days=12)


async def test_a_jump_is_like_downtime(office: Office) -> None:
    await office.customer("C-1", EMAIL)
    await office.issued("C-1", "A-1")
    async with daemon(office):
        await Advance(office.desk).by(timedelta(days=17), jump=True)
    assert len(office.mails("reminder")) == 1


async def test_only_forward_and_only_in_a_sandbox(office: Office) -> None:
    with pytest.raises(Refused, match="only moves forward"):
        await Advance(office.desk).by(timedelta(), jump=True)
    path = office.path.with_name("production.db")
    Database.create(path, mode="production", clock=office.clock)
    database = Database.open(path, clock=office.clock)
    try:
        with pytest.raises(Refused, match="only a sandbox"):
            await Advance(replace(office.desk, database=database)).by(timedelta(days=1), jump=True)
    finally:
        database.close()


async def test_without_a_daemon_it_says_so(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(advance, "PATIENCE_S", 0.02)
    with pytest.raises(Refused, match="mailbot run --sandbox"):
        await Advance(office.desk).by(timedelta(days=1), jump=True)
