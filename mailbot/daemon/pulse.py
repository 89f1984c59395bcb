"""What wakes the daemon's workers: the timer's ticks, and changes that another process made.

Owns no work. APScheduler only ticks, and whatever is due lies in the store: a tick that is missed loses nothing. The
command line writes to the same store, so its changes are noticed within a fraction of a second.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from mailbot.clock import stamp
from mailbot.edges import systemd
from mailbot.facts import CLOCK_MOVED, DAEMON_RELOADED
from mailbot.flows.advance import is_quiet, next_due, quiet_wanted
from mailbot.store import installation

if TYPE_CHECKING:
    from apscheduler.schedulers.asyncio import AsyncIOScheduler

    from mailbot.clock import SystemClock
    from mailbot.daemon.supervisor import Supervisor
    from mailbot.flows.deliver import Deliver
    from mailbot.flows.desk import Desk
    from mailbot.keyring import Keyring

TICK_S = 1
"""How often the store is asked whether anything has become due."""

SWEEP_S = 30
"""How often every worker looks for itself: a clock that jumped is noticed by then."""

WATCH_S = 0.1
"""How often the store and the keys are looked at for another process's changes."""


class Pulse:
    """Wakes the workers of a supervisor."""

    def __init__(self, desk: Desk, *, clock: SystemClock, keyring: Keyring, supervisor: Supervisor) -> None:
        self._desk = desk
        self._clock = clock
        self._keyring = keyring
        self._supervisor = supervisor
        self._scheduler: AsyncIOScheduler | None = None

    def start(self) -> None:
        """Begin to tick; to be called when the daemon is ready, since nothing before that waits for a tick."""
        self._scheduler = _scheduler()
        self._scheduler.add_job(self._tick, "interval", seconds=TICK_S)
        self._scheduler.add_job(self._sweep, "interval", seconds=SWEEP_S)
        watchdog = systemd.watchdog_interval()
        if watchdog is not None:
            self._scheduler.add_job(systemd.notify, "interval", ["WATCHDOG=1"], seconds=watchdog)
        self._scheduler.start()

    def stop(self) -> None:
        """Tick no more."""
        if self._scheduler is not None:
            self._scheduler.shutdown(wait=False)

    async def _tick(self) -> None:
        due = self._desk.database.read(next_due)
        if due is not None and due <= self._clock.now():
            self._supervisor.wake()

    async def _sweep(self) -> None:
        self._supervisor.wake()

    async def watch(self) -> None:
        """Notice what another process changed: rows, the sandbox's clock, the keys."""
        seen = self._desk.database.data_version()
        while True:
            await asyncio.sleep(WATCH_S)
            if self._keyring.reload_if_changed():
                self._desk.facts(DAEMON_RELOADED, keys=len(self._keyring.keys))
            version = self._desk.database.data_version()
            if version != seen:
                seen = version
                self._follow_clock()
                self._supervisor.wake()

    def _follow_clock(self) -> None:
        offset = self._desk.database.read(installation.clock_offset)
        moved = offset - self._clock.offset
        if moved:
            self._clock.offset = offset
            self._desk.facts(CLOCK_MOVED, by=str(moved), now=self._clock.now().isoformat(timespec="seconds"))


def _scheduler() -> AsyncIOScheduler:
    from apscheduler.schedulers.asyncio import AsyncIOScheduler  # noqa: PLC0415  20 ms that need not delay the start

    return AsyncIOScheduler(
        # A late tick is a tick, several late ones are one (the library's defaults drop what is a second late).
        job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
    )


async def note_quiet(desk: Desk, deliver: Deliver, start_id: int) -> None:
    """In the sandbox: tell whoever moved the clock when everything due has been done."""
    while True:
        await asyncio.sleep(WATCH_S / 2)
        wanted = desk.database.read(quiet_wanted)
        if wanted is None or not deliver.idle:
            continue
        now = desk.clock.now()
        if stamp(now) >= wanted and desk.database.read(lambda reading, now=now: is_quiet(reading, now)):  # type: ignore[misc]
            await desk.database.write(lambda tx: installation.quiet(tx, start_id, tx.now_text))
