"""The process that lays mails out ahead, beside a real daemon: it may die, it never stays, and it holds nothing up."""

from __future__ import annotations

import os
import re
import signal
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from real_daemon import drained, installed, until
from recording_relay import Recorder, recording

if TYPE_CHECKING:
    from collections.abc import Iterator

    from real_daemon import Daemon, Installation

NOTICES = 1_500


@pytest.fixture
def relay() -> Iterator[Recorder]:
    with recording() as recorder:
        recorder.slowest = 0.05
        yield recorder


@pytest.fixture
def site(tmp_path: Path, relay: Recorder) -> Iterator[Installation]:
    with installed(tmp_path, relay.port) as installation:
        installation.fill(NOTICES, customers=300)
        yield installation


def helpers(daemon: Daemon) -> list[int]:
    """Return the ids of the processes that lay mails out for a daemon."""
    tasks = Path(f"/proc/{daemon.process.pid}/task").glob("*/children")
    return [int(pid) for each in tasks for pid in each.read_text().split() if _lays_out(int(pid))]


def _lays_out(pid: int) -> bool:
    """Tell whether a process is one of those, and alive: of one that has ended the command line is empty."""
    try:
        return b"typesetter" in Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False


def working(daemon: Daemon, relay: Recorder) -> int:
    """Wait until a process lays mails out for the daemon while others are being sent, and return its id."""
    until("a process lays out", lambda: helpers(daemon))
    arrived = len(relay.mails)
    until("mails arrive", lambda: len(relay.mails) > arrived + 50)
    return helpers(daemon)[0]


def assert_all_arrived_once(site: Installation, relay: Recorder) -> None:
    relay.slowest = 0.0
    until("the outbox is empty", lambda: drained(site), within=60)
    assert len(relay.mails) == len(relay.arrivals) == NOTICES
    assert site.states() == {"accepted": NOTICES}
    written = dict(site.rows("SELECT message_id, bytes_sha256 FROM outbox WHERE kind = 'notice'"))
    assert {mail.message_id: mail.sha256 for mail in relay.mails} == written
    site.verify()


def test_it_is_killed_while_notices_drain_and_nobody_misses_it(site: Installation, relay: Recorder) -> None:
    daemon = site.start()
    os.kill(working(daemon, relay), signal.SIGKILL)
    daemon.await_fact("task.failed")
    assert_all_arrived_once(site, relay)
    assert helpers(daemon) == []
    assert daemon.says("row.failed") == 0
    assert daemon.stop()[0] == 0


def test_it_ends_with_a_daemon_that_is_killed(site: Installation, relay: Recorder) -> None:
    daemon = site.start()
    pid = working(daemon, relay)
    daemon.kill()
    until("it has ended", lambda: not _lays_out(pid), within=5)
    assert "Traceback" not in daemon.log


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_to_all_of_them_ends_both_in_time_and_in_silence(
    site: Installation, relay: Recorder, number: signal.Signals
) -> None:
    daemon = site.start()
    pid = working(daemon, relay)
    os.kill(pid, number)
    daemon.process.send_signal(number)
    assert daemon.process.wait(10) == 0, daemon.log
    assert not _lays_out(pid)
    assert "Traceback" not in daemon.log
    assert daemon.says("task.failed") == 0
    assert set(site.states()) <= {"queued", "accepted"}
    site.start()
    assert_all_arrived_once(site, relay)


def test_keys_that_are_changed_meanwhile_sign_what_is_claimed_from_then_on(site: Installation, relay: Recorder) -> None:
    daemon = site.start()
    working(daemon, relay)
    site.done("keys", "rotate")
    site.done("keys", "revoke", "a")
    assert_all_arrived_once(site, relay)
    assert {key for (key,) in site.rows("SELECT DISTINCT key FROM claims")} == {"a", "b"}
    keys = dict(site.rows("SELECT message_id, key FROM outbox o JOIN claims c ON c.id = o.composed_by"))
    assert keys
    for mail in relay.mails:
        body = mail.message.get_body(("plain",))
        assert body is not None
        link = re.search(r"/l/i([a-z])", body.get_content())
        assert link is not None
        assert link[1] == keys[mail.message_id]
    assert daemon.says("task.failed") == daemon.says("row.failed") == 0
