"""The whole daemon under systemd's socket activation, and what it tells systemd of itself."""

from __future__ import annotations

import shutil
import socket
from typing import TYPE_CHECKING

import pytest
from real_daemon import START_S, Daemon, Installation, until
from recording_relay import recording

if TYPE_CHECKING:
    from pathlib import Path

    from real_daemon import Install

ACTIVATOR = "systemd-socket-activate"


@pytest.fixture
def listening() -> socket.socket:
    """Return a listening socket, as systemd holds it while a service is restarted."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=64)
    listener.set_inheritable(True)
    return listener


def _ask(address: tuple[str, int]) -> socket.socket:
    asking = socket.create_connection(address, timeout=START_S)
    asking.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    return asking


def _answer(asking: socket.socket) -> bytes:
    with asking, asking.makefile("rb") as lines:
        return lines.readline()


def test_a_restart_loses_no_connection_that_waits_at_the_socket(install: Install, listening: socket.socket) -> None:
    with recording() as relay, listening:
        site = install(relay.port)
        address = listening.getsockname()
        first = _activated(site, listening)
        first.await_fact("daemon.started", within=START_S)
        assert b" 200 " in _answer(_ask(address))
        assert first.stop()[0] == 0
        waiting = [_ask(address) for _ in range(20)]
        second = _activated(site, listening)
        assert [b" 200 " in _answer(each) for each in waiting] == [True] * 20, second.log
        second.kill()
        waiting = [_ask(address) for _ in range(20)]
        third = _activated(site, listening)
        assert [b" 200 " in _answer(each) for each in waiting] == [True] * 20, third.log
        assert third.stop()[0] == 0


def _activated(site: Installation, listening: socket.socket) -> Daemon:
    """Start the daemon with the listening socket as its descriptor 3, as sd_listen_fds(3) has it."""
    script = f'exec 3<&{listening.fileno()}; LISTEN_PID=$$ LISTEN_FDS=1 exec "$@"'
    return site.spawn("bash", "-c", script, "sh", keep=(listening.fileno(),))


def test_the_first_connection_starts_it_and_is_answered(install: Install) -> None:
    if shutil.which(ACTIVATOR) is None:
        pytest.skip(f"{ACTIVATOR} is not installed")
    with recording() as relay, socket.create_server(("127.0.0.1", 0)) as probe:
        site = install(relay.port)
        address = probe.getsockname()
        probe.close()
        daemon = site.spawn(ACTIVATOR, "-l", f"{address[0]}:{address[1]}", "-E", "PYTHONPATH", "-E", "MAILBOT_CONFIG")
        until("systemd-socket-activate listens", lambda: "Listening" in daemon.log)
        assert b" 200 " in _answer(_ask(address)), daemon.log
        assert daemon.stop()[0] == 0


def test_systemd_is_told_of_each_step(install: Install, tmp_path: Path) -> None:
    path = str(tmp_path / "notify")
    with recording() as relay, socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as channel:
        channel.bind(path)
        channel.settimeout(START_S)
        site = install(relay.port)
        daemon = site.spawn(NOTIFY_SOCKET=path, WATCHDOG_USEC="400000")
        assert channel.recv(1000).decode().splitlines() == ["READY=1", "STATUS=serving http://127.0.0.1:1"]
        assert [channel.recv(1000) for _ in range(3)] == [b"WATCHDOG=1"] * 3
        assert daemon.stop()[0] == 0
        told = _rest(channel)
        assert told[-1].splitlines() == ["STOPPING=1", "STATUS=finishing mails in flight"]


def _rest(channel: socket.socket) -> list[str]:
    channel.settimeout(0)
    told = []
    while True:
        try:
            told.append(channel.recv(1000).decode())
        except BlockingIOError:
            return told
