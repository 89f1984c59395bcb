"""Mails laid out ahead by a process of its own: the same bytes, and none of it needed."""

from __future__ import annotations

import asyncio
import hashlib
import os
import signal
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from flow_courier import noticed

from mailbot.edges import typesetter
from mailbot.edges.typesetter import Typesetter
from mailbot.flows.claim import Claims, Job
from mailbot.flows.lay_out import LayOut, edition_of
from mailbot.keyring import Keyring
from mailbot.store import installation

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from flow_office import Office

MANY = 60
"""More than are ordered and not yet answered."""


class Ahead:
    """A typesetter, and claims for it."""

    def __init__(self, office: Office) -> None:
        self.office = office
        edition = edition_of(office.desk.issuers, office.desk.rules, office.templates)
        self.lay_out = LayOut(edition, office.desk.links, office.desk.vault)
        self.typesetter = Typesetter(edition, keys=office.keyring.folder, facts=office.facts)
        start_id = office.database.write_now(lambda tx: installation.begin(tx, pid=1, version="test"))
        self._claims = Claims(office.desk, start_id=start_id, edition=edition)

    async def claimed(self, name: str, count: int = MANY) -> list[Job]:
        await self.office.issued("C-1", *(f"{name}-{number}" for number in range(count)), sent=False)
        jobs = await self._claims.take(())
        assert len(jobs) == count
        return jobs

    async def ordered(self, name: str, count: int = MANY) -> list[Job]:
        """Return jobs that were laid out ahead."""
        jobs = await self.claimed(name, count)
        self.typesetter.order(jobs)
        await until(lambda: all(job.envelope for job in jobs))
        return jobs

    def assert_as_usual(self, jobs: list[Job]) -> None:
        for job in jobs:
            assert job.envelope == self.lay_out.envelope(job.mail, job.claim)
            assert job.envelope.sha256 == hashlib.sha256(job.envelope.content).hexdigest()


async def until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(30):
        while not condition():  # noqa: ASYNC110 - what it waits for is done by another process
            await asyncio.sleep(0.01)


def processes() -> list[int]:
    """Return the ids of typesetters that this process has started."""
    tasks = Path(f"/proc/{os.getpid()}/task").glob("*/children")
    children = [pid for each in tasks for pid in each.read_text().split()]
    return [int(pid) for pid in children if b"typesetter" in Path(f"/proc/{pid}/cmdline").read_bytes()]


@pytest.fixture
async def ahead(office: Office) -> AsyncIterator[Ahead]:
    await office.customer("C-1", "keiri@sakura.example")
    found = Ahead(office)
    yield found
    await found.typesetter.stop()
    assert processes() == []


async def test_the_bytes_are_those_that_are_laid_out_where_a_mail_is_sent(ahead: Ahead) -> None:
    assert processes() == [], "none is there before it is needed"
    jobs = await ahead.ordered("A")
    assert len(processes()) == 1
    ahead.assert_as_usual(jobs)
    assert not any(job.ordered for job in jobs)


async def test_keys_that_are_added_and_revoked_meanwhile_are_seen(ahead: Ahead) -> None:
    former = await ahead.ordered("A")
    elsewhere = Keyring.load(ahead.office.keyring.folder)
    elsewhere.rotate(now=ahead.office.clock.now())
    elsewhere.revoke("a")
    assert ahead.office.desk.links.keyring.reload_if_changed()
    jobs = await ahead.ordered("B")
    assert {job.claim.key for job in former + jobs} == {"a", "b"}
    ahead.assert_as_usual(jobs)


async def test_files_and_other_editions_are_left_to_whoever_sends(ahead: Ahead) -> None:
    ahead.office.execute("UPDATE addresses SET delivery = 'both'")
    filed = await ahead.claimed("A", 3)
    ahead.office.execute("UPDATE addresses SET delivery = 'link'")
    other = await ahead.claimed("B", 3)
    for job in other:
        job.claim = replace(job.claim, edition="0" * 64)
    plain = await ahead.claimed("C", 3)
    ahead.typesetter.order([*filed, *other, *plain])
    await until(lambda: all(job.envelope for job in plain))
    assert not any(job.envelope or job.ordered for job in filed + other)


async def test_what_cannot_be_laid_out_is_left_to_whoever_sends_and_harms_no_other(ahead: Ahead) -> None:
    jobs = await ahead.claimed("A")
    jobs[7].mail = replace(jobs[7].mail, payload="{}")
    ahead.typesetter.order(jobs)
    await until(lambda: sum(job.envelope is not None for job in jobs) == MANY - 1)
    assert (jobs[7].envelope, jobs[7].ordered) == (None, False)


async def test_what_was_laid_out_meanwhile_is_not_ordered_again(ahead: Ahead) -> None:
    jobs = await ahead.claimed("A")
    mine = ahead.lay_out.envelope(jobs[-1].mail, jobs[-1].claim)
    jobs[-1].envelope = mine
    ahead.typesetter.order(jobs)
    await until(lambda: all(job.envelope for job in jobs))
    assert jobs[-1].envelope is mine


async def test_a_process_that_dies_is_told_of_and_left_alone_for_a_while(
    ahead: Ahead, monkeypatch: pytest.MonkeyPatch
) -> None:
    await ahead.ordered("A")
    (pid,) = processes()
    os.kill(pid, signal.SIGSTOP)
    jobs = await ahead.claimed("B")
    ahead.typesetter.order(jobs)
    await until(lambda: any(job.ordered for job in jobs))
    os.kill(pid, signal.SIGKILL)
    await until(lambda: ahead.office.facts.of("task.failed"))
    assert [fields["task"] for fields in ahead.office.facts.of("task.failed")] == ["typesetter"]
    assert not any(job.ordered or job.envelope for job in jobs)
    ahead.typesetter.order(jobs)
    assert processes() == []
    monkeypatch.setattr(typesetter, "REST_S", 0)
    fresh = Ahead(ahead.office)
    fresh.assert_as_usual(await fresh.ordered("C"))
    await fresh.typesetter.stop()


async def test_one_that_does_not_answer_is_ended(ahead: Ahead, monkeypatch: pytest.MonkeyPatch) -> None:
    await ahead.ordered("A")
    monkeypatch.setattr(typesetter, "PATIENCE_S", 0.05)
    os.kill(processes()[0], signal.SIGSTOP)
    jobs = await ahead.claimed("B")
    ahead.typesetter.order(jobs)
    await until(lambda: ahead.office.facts.of("task.failed"))
    assert processes() == []
    assert not any(job.ordered for job in jobs)


async def test_one_that_cannot_be_started_is_missed_by_nobody(ahead: Ahead, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    jobs = await ahead.claimed("A", 3)
    ahead.typesetter.order(jobs)
    await until(lambda: ahead.office.facts.of("task.failed"))
    assert not any(job.ordered or job.envelope for job in jobs)


async def test_without_orders_it_ends_and_an_order_starts_it_again(
    ahead: Ahead, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(typesetter, "IDLE_S", 0.05)
    await ahead.ordered("A")
    await until(lambda: processes() == [])
    ahead.assert_as_usual(await ahead.ordered("B"))
    assert ahead.office.facts.of("task.failed") == []


async def test_a_signal_to_the_whole_group_is_for_the_daemon(ahead: Ahead) -> None:
    await ahead.ordered("A")
    (pid,) = processes()
    for number in (signal.SIGTERM, signal.SIGINT):
        os.kill(pid, number)
    ahead.assert_as_usual(await ahead.ordered("B"))
    assert processes() == [pid]


async def test_a_mail_that_is_being_laid_out_elsewhere_waits_behind_the_others(office: Office) -> None:
    await noticed(office, *(f"A-{number}" for number in range(200)))
    seen: list[Job] = []
    deliver = office.start(ahead=seen.extend)
    assert await deliver.step()
    assert len(seen) == 200, "told of a claim that leaves more waiting"
    seen[0].ordered = True
    rows = []
    while (envelope := deliver.next_now()) is not None:
        rows.append(envelope.row)
    assert rows == [job.mail.id for job in [*seen[1:], seen[0]]]


async def test_few_mails_are_laid_out_where_they_are_sent(office: Office) -> None:
    await noticed(office, "A-1", "A-2")
    seen: list[Job] = []
    assert len(await office.post(deliver=office.start(ahead=seen.extend))) == 2
    assert seen == []
