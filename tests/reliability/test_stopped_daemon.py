"""SIGTERM: no new work, mails in flight end, the rest is given back as if it had not been touched; then a 0."""

from __future__ import annotations

import random
import time
from typing import TYPE_CHECKING

import pytest
from real_daemon import Installation, drained, installed, until
from recording_relay import SILENCE, Recorder, recording

if TYPE_CHECKING:
    from pathlib import Path

    from real_daemon import Install

NOTICES = 600
STOPS = 14


def test_a_stop_while_notices_drain_loses_none_and_doubles_none(tmp_path: Path) -> None:
    chance = random.Random(20261120)  # noqa: S311 - chance, and nothing secret
    with recording() as relay, installed(tmp_path, relay.port) as site:
        site.fill(NOTICES, customers=100)
        relay.slowest = 0.15
        for _ in range(STOPS):
            _run_and_stop(site, relay, chance.uniform(0.0, 0.3))
        relay.slowest = 0.0
        site.start()
        until("the outbox is empty", lambda: drained(site), within=30)
        assert len(relay.mails) == len(relay.arrivals) == NOTICES
        assert site.rows("SELECT DISTINCT attempts FROM outbox WHERE kind = 'notice'") == [(1,)]
        assert site.rows("SELECT count(*) FROM ledger WHERE fact = 'mail.accepted'") == [(NOTICES,)]
        site.verify()


def _run_and_stop(site: Installation, relay: Recorder, seconds: float) -> None:
    daemon = site.start()
    end = time.monotonic() + seconds
    until("its time is over", lambda: time.monotonic() >= end)
    code, took = daemon.stop()
    assert code == 0, daemon.log
    assert took < 5
    assert daemon.says("daemon.stopped") == 1
    found = site.rows("SELECT state, attempts, count(*) FROM outbox WHERE kind = 'notice' GROUP BY 1, 2")
    assert {(state, attempts) for state, attempts, _ in found} <= {("queued", 0), ("accepted", 1)}, daemon.log
    assert site.states().get("accepted", 0) == len(relay.mails)


@pytest.mark.parametrize(("verb", "state"), [("EHLO", "queued"), ("MAIL", "queued"), (".", "unknown")])
def test_a_relay_that_has_gone_silent_holds_up_no_stop(install: Install, verb: str, state: str) -> None:
    with recording() as relay:
        relay.answers[verb] = SILENCE
        site = install(relay.port, timeout="60s")
        daemon = site.start()
        until("all three wait for an answer", lambda: relay.commands[verb] >= 3)
        code, took = daemon.stop(within=40)
        assert code == 0, daemon.log
        assert took < 20
        assert site.states() == {state: 3}


def test_a_second_daemon_on_the_same_store_is_refused(install: Install) -> None:
    with recording() as relay:
        site = install(relay.port)
        first = site.start()
        second = site.cli("run", within=20)
        assert second.returncode == 1
        assert f"another mailbot runs on {site.store.parent} already" in second.stderr
        assert first.process.poll() is None
        site.await_states(accepted=3)
        first.kill()
        assert site.start().stop()[0] == 0
