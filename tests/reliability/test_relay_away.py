"""A relay that is down for hours and days: the outbox, the courier and their tasks as the daemon runs them.

The clock is the test's, since a production clock moves for nobody; the relay's port is a real one where nobody listens.
"""

from __future__ import annotations

import asyncio
import contextlib
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from types import MappingProxyType
from typing import TYPE_CHECKING

import pytest
from postfix_sink import free_port
from real_daemon import Installation
from recording_relay import Recorder, recording

from mailbot import stationery
from mailbot.config import load
from mailbot.daemon.supervisor import Supervisor
from mailbot.edges.smtp_out.courier import Courier
from mailbot.edges.smtp_out.relay import Relay
from mailbot.flows.deliver import Deliver
from mailbot.flows.desk import Desk
from mailbot.flows.issue import Issue
from mailbot.flows.lay_out import LayOut, edition_of
from mailbot.keyring import Keyring
from mailbot.links import Links
from mailbot.store import installation
from mailbot.store.database import Database
from mailbot.store.files import Vault

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping
    from pathlib import Path

    from mailbot.facts import Fact

NOTICES = 400
"""More than are ever in hand."""


class MovableClock:
    """Stands still until it is moved."""

    def __init__(self, now: datetime) -> None:
        self._now = now

    def now(self) -> datetime:
        return self._now

    def move(self, span: timedelta) -> None:
        self._now += span


class Sending:
    """The sending half of a daemon."""

    def __init__(self, desk: Desk, supervisor: Supervisor, clock: MovableClock) -> None:
        self.desk = desk
        self.clock = clock
        self.wake = supervisor.wake

    def states(self, kind: str) -> dict[str, int]:
        sql = "SELECT state, count(*) FROM outbox WHERE kind = ? GROUP BY state"
        return self.desk.database.read(lambda reading: dict(map(tuple, reading.all(sql, (kind,)))))

    async def until(self, kind: str, wanted: Callable[[Mapping[str, int]], bool]) -> None:
        """Wake the workers, as the pulse does each second, until the mails of a kind are in the states wanted."""
        loop = asyncio.get_running_loop()
        end = loop.time() + 30
        while not wanted(found := self.states(kind)):
            assert loop.time() < end, f"{found} after 30 s"
            self.wake()
            await asyncio.sleep(0.02)


@pytest.fixture(scope="module")
def many_notices(tmp_path_factory: pytest.TempPathFactory) -> Installation:
    made = Installation(tmp_path_factory.mktemp("many"), 1)
    made.fill(NOTICES, customers=100)
    return made


@contextlib.asynccontextmanager
async def sending(site: Installation, port: int) -> AsyncIterator[Sending]:
    """Run the tasks that send, against a relay's port."""
    settings = load(site.config, sandbox=False)
    clock = MovableClock(datetime.fromisoformat(site.rows("SELECT max(created_at) FROM invoices")[0][0]))
    database = Database.open(settings.store_path, clock=clock, mode="production")
    desk = Desk(
        database=database,
        vault=Vault(settings.vault_dir),
        links=Links(Keyring.load(settings.keys_dir)),
        clock=clock,
        issuers=MappingProxyType(dict(settings.issuers)),
        rules=settings.rules,
        facts=_unheard,
    )
    start_id = await database.write(lambda tx: installation.begin(tx, pid=1, version="test"))
    lay_out = LayOut(edition_of(desk.issuers, desk.rules, stationery.load("mail", None)), desk.links)
    deliver = Deliver(desk, start_id=start_id, lay_out=lay_out, connections=4)
    relay = Relay("127.0.0.1", port, hostname="x.test", connections=4, first_pause=0.01, longest_pause=0.02)
    courier = Courier(relay, deliver, _unheard)
    supervisor = Supervisor(_unheard)
    supervisor.work("issue", Issue(desk).step)
    supervisor.keep("courier", courier.run, lost=deliver.lose)
    supervisor.keep("outcomes", deliver.flush_forever)
    supervisor.work("deliver", deliver.step, wake=deliver.hungry)
    try:
        yield Sending(desk, supervisor, clock)
    finally:
        await supervisor.stop("deliver", "issue")
        await courier.stop(5)
        await supervisor.stop("courier", "outcomes")
        await deliver.hand_back()
        database.close()


def _unheard(fact: Fact, **fields: object) -> None:
    """Say nothing."""


async def test_past_the_deadline_every_mail_expires_and_the_staff_is_told_of_each(
    tmp_path: Path, many_notices: Installation
) -> None:
    site = many_notices.copied(tmp_path / "site", 1)
    port = free_port()
    async with sending(site, port) as sender:
        await sender.until("notice", lambda found: sum(found.values()) == NOTICES)
        for _ in range(12):
            sender.clock.move(timedelta(hours=5, minutes=50))
            for _ in range(5):
                sender.wake()
                await asyncio.sleep(0.01)
            assert set(sender.states("notice")) <= {"queued", "sending", "deferred"}
        sender.clock.move(timedelta(hours=3))
        await sender.until("notice", lambda found: found == {"expired": NOTICES})
        assert sum(sender.states("staff").values()) == NOTICES


async def test_after_hours_mails_go_out_with_the_date_and_links_of_their_sending(
    tmp_path: Path, many_notices: Installation
) -> None:
    site = many_notices.copied(tmp_path / "site", 1)
    with recording() as relay:
        relay.answers["CONNECT"] = b"421 4.3.2 down\r\n"
        async with sending(site, relay.port) as sender:
            await sender.until("notice", lambda found: "deferred" in found)
            sender.clock.move(timedelta(hours=9))
            relay.answers["CONNECT"] = b"220 up again\r\n"
            await sender.until("notice", lambda found: found == {"accepted": NOTICES})
            assert len(relay.arrivals) == len(relay.mails) == NOTICES
            _assert_fresh(relay, sender.clock.now())


def _assert_fresh(relay: Recorder, now: datetime) -> None:
    dates = {parsedate_to_datetime(str(mail.message["Date"])) for mail in relay.mails}
    assert all(timedelta() <= now - date < timedelta(minutes=2) for date in dates)
