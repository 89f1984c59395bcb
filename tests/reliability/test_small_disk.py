"""A full disk under the daemon and its commands: said clearly, nothing half done, and on it goes when there is room."""

from __future__ import annotations

import os
import subprocess
import time
from typing import TYPE_CHECKING

import pytest
from lmtp_client import INBOUND, TAGGED, Lmtp, inlet, listening, mail
from real_daemon import Daemon, Installation, drained, installed, until
from recording_relay import Recorder, recording

if TYPE_CHECKING:
    from collections.abc import Iterator
    from io import FileIO
    from pathlib import Path

NOTICES = 400
INVOICES = 3_000
IN_DOUBT = 10 + 50
"""Mails that one kill may double."""


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Path]:
    """Return a folder whose `data` is a file system of 48 MiB: three times what the write-ahead log may take."""
    if os.geteuid() != 0:
        pytest.skip("a small disk can be mounted by root only")
    data = tmp_path / "site" / "data"
    data.mkdir(parents=True)
    mount = ["mount", "-t", "tmpfs", "-o", "size=48m,mode=700", "tmpfs", str(data)]
    done = subprocess.run(mount, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"mounting is not allowed here: {done.stderr.strip()}")
    yield data.parent
    subprocess.run(["umount", str(data)], check=True)


def _fill(site: Path, *, leave: int = 0) -> Path:
    """Put a ballast on the disk that leaves so many bytes."""
    ballast = site / "data" / "ballast"
    with ballast.open("wb", buffering=0) as file:
        with pytest.raises(OSError, match="No space left"):
            _write_for_ever(file)
        file.truncate(max(file.tell() - leave, 0))
    return ballast


def _write_for_ever(file: FileIO) -> None:
    while True:
        file.write(bytes(4096))


def test_an_import_onto_a_full_disk_is_refused_whole_and_succeeds_when_there_is_room(site: Path) -> None:
    with installed(site, 1) as installation:
        installation.take_customers([[f"C{n}", f"Customer {n}", f"c{n}@customer.test"] for n in range(100)])
        sheet = installation.batch("batch", INVOICES, customers=100)
        refused = 0
        for room in (0, 32, 128, 512, 1024):
            ballast = _fill(site, leave=room * 1024)
            done = installation.cli("invoices", "import", "--yes", str(sheet))
            ballast.unlink()
            refused += done.returncode
            if done.returncode == 0:
                break
            assert done.returncode == 1
            assert "is full" in done.stderr
            assert "Traceback" not in done.stderr
            assert _taken(installation) == (0, 0, 0)
        assert refused >= 3
        if refused == 5:
            installation.done("invoices", "import", "--yes", str(sheet))
        assert _taken(installation) == (INVOICES, 1, 2)
        installation.verify()


def _taken(installation: Installation) -> tuple[int, int, int]:
    """Count invoices, imports of them, and rows of the ledger."""
    tables = ("invoices", "imports WHERE kind = 'invoices'", "ledger WHERE fact = 'import.taken'")
    invoices, imports, rows = (installation.rows(f"SELECT count(*) FROM {table}")[0][0] for table in tables)
    return invoices, imports, rows if imports else 0


def _drain_into_a_full_disk(installation: Installation, relay: Recorder) -> Daemon:
    relay.slowest = 0.1
    daemon = installation.start()
    until("the drain has begun", lambda: len(relay.mails) >= 20)
    _fill(installation.folder)
    daemon.await_fact("store.full", within=30)
    return daemon


def _await_standstill(relay: Recorder) -> None:
    """Return once no mail has come for a second: as many are in doubt as may be."""
    count, since = len(relay.mails), time.monotonic()

    def still() -> bool:
        nonlocal count, since
        if len(relay.mails) != count:
            count, since = len(relay.mails), time.monotonic()
        return time.monotonic() - since > 1

    until("the daemon waits for room", still)


def test_outcomes_that_find_no_room_wait_in_memory_and_are_written_when_there_is_some(site: Path) -> None:
    with recording() as relay, installed(site, relay.port) as installation:
        installation.fill(NOTICES, customers=100)
        daemon = _drain_into_a_full_disk(installation, relay)
        assert len(relay.mails) < NOTICES
        assert daemon.process.poll() is None
        assert daemon.get("/healthz")[0] == 200
        (site / "data" / "ballast").unlink()
        until("the outbox is empty", lambda: drained(installation), within=60)
        assert len(relay.mails) == len(relay.arrivals) == NOTICES
        assert installation.states() == {"accepted": NOTICES}
        assert daemon.stop()[0] == 0
        installation.verify()


def test_a_kill_on_a_full_disk_loses_nothing_and_doubles_few(site: Path) -> None:
    with recording() as relay, installed(site, relay.port) as installation:
        installation.fill(NOTICES, customers=100)
        daemon = _drain_into_a_full_disk(installation, relay)
        _await_standstill(relay)
        daemon.kill()
        (site / "data" / "ballast").unlink()
        relay.slowest = 0.0
        installation.start()
        until("the outbox is empty", lambda: drained(installation), within=60)
        assert len(relay.arrivals) == NOTICES
        assert len(relay.mails) - NOTICES <= IN_DOUBT
        assert relay.altered() == []
        installation.verify()


def test_a_stop_on_a_full_disk_ends_in_time_and_says_why_it_could_not_write(site: Path) -> None:
    with recording() as relay, installed(site, relay.port) as installation:
        installation.fill(NOTICES, customers=100)
        daemon = _drain_into_a_full_disk(installation, relay)
        code, took = daemon.stop(within=40)
        assert code == 1
        assert took < 20
        assert "is full" in daemon.log.splitlines()[-1]
        assert "Traceback" not in daemon.log


def test_mails_that_find_no_room_stay_with_their_server_and_come_again(site: Path) -> None:
    with installed(site, 1, more=listening()) as installation:
        daemon = installation.start()
        _fill(site)
        with Lmtp(inlet(daemon)) as server:
            replies = [server.deliver(mail(n, size=1 << 20), INBOUND, TAGGED) for n in range(20)]
            assert replies[-1] == ["451 4.3.1 No room to keep it now, try again later"] * 2
            (site / "data" / "ballast").unlink()
            again = [server.deliver(mail(n, size=1 << 20), INBOUND, TAGGED) for n in range(20)]
            assert again == [["250 2.0.0 On file"] * 2] * 20
        assert installation.rows("SELECT count(*) FROM inbox_raw") == [(20,)]
        assert daemon.says("store.full") >= 1
        assert daemon.stop()[0] == 0
