"""SIGKILL at random moments while notices drain: every one arrives, few of them twice, and those byte for byte."""

from __future__ import annotations

import os
import random
import time
from typing import TYPE_CHECKING

from real_daemon import Daemon, Installation, drained, installed, until
from recording_relay import Recorder, recording

if TYPE_CHECKING:
    from pathlib import Path

NOTICES = 2_000
KILLS = 24
LEAST_KILLS = 20
CONNECTIONS = 10
IN_DOUBT = CONNECTIONS + 50
"""Mails that one kill may double."""


def test_every_notice_arrives_however_often_the_daemon_is_killed(tmp_path: Path) -> None:
    seed = int(os.environ.get("RELIABILITY_SEED", "0")) or random.SystemRandom().randrange(1, 1 << 31)
    began = time.monotonic()
    with recording(seed) as relay, installed(tmp_path, relay.port, connections=CONNECTIONS) as site:
        site.fill(NOTICES, customers=500)
        relay.slowest = 0.06
        chance = random.Random(seed)  # noqa: S311 - chance, and nothing secret
        kills = _kill_again_and_again(site, relay, chance)
        relay.slowest = 0.0
        site.start()
        until("the outbox is empty", lambda: drained(site), within=60)
        arrivals = relay.arrivals
        doubles = sum(arrivals.values()) - len(arrivals)
        seconds = time.monotonic() - began
        print(f"seed {seed}: {kills} kills, {doubles} doubles, {seconds:.1f} s")  # noqa: T201 -- figures for -s
        assert kills >= LEAST_KILLS, f"seed {seed}"
        assert len(arrivals) == NOTICES, f"seed {seed}"
        assert doubles <= kills * IN_DOUBT, f"seed {seed}"
        assert relay.altered() == [], f"seed {seed}"
        assert site.states() == {"accepted": NOTICES}, f"seed {seed}"
        site.verify()


def _kill_again_and_again(site: Installation, relay: Recorder, chance: random.Random) -> int:
    """Kill one start after another, most of them while mails are on the wire, some before they are ready."""
    kills = 0
    while kills < KILLS and len(relay.arrivals) < NOTICES:
        before = relay.arrivals
        daemon = site.spawn()
        if kills % 6 == 5:
            _let_live(daemon, chance.uniform(0.05, 1.0))
        else:
            daemon.await_fact("daemon.started")
            _let_live(daemon, chance.uniform(0.02, 0.4))
        daemon.kill()
        kills += 1
        until("the relay has read what is left", lambda: relay.dialogues == 0)
        in_doubt = _unsettled(site) & (relay.arrivals - before).keys()
        assert len(in_doubt) <= IN_DOUBT
    return kills


def _let_live(daemon: Daemon, seconds: float) -> None:
    end = time.monotonic() + seconds
    until("its time is over", lambda: time.monotonic() >= end)
    assert daemon.process.poll() is None, daemon.log


def _unsettled(site: Installation) -> set[str]:
    """Return the Message-IDs whose outcome the store does not know: those of them that arrived will arrive twice."""
    return {message_id for (message_id,) in site.rows("SELECT message_id FROM outbox WHERE state = 'sending'")}
