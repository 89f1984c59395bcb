"""systemd is spoken to over real sockets, and hands over real ones."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from mailbot.edges import systemd

OURS = Path(__file__).parents[2] / "systemd"
UNITS = ("mailbot.service", "mailbot.socket")
WAIT = 20


def receiver(name: str) -> socket.socket:
    channel = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    channel.bind(name)
    channel.settimeout(WAIT)
    return channel


@pytest.mark.parametrize("abstract", [False, True])
def test_a_message_reaches_the_notify_socket(
    *, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, abstract: bool
) -> None:
    path = str(tmp_path / "notify")
    with receiver("\0" + path if abstract else path) as channel:
        monkeypatch.setenv("NOTIFY_SOCKET", "@" + path if abstract else path)
        assert systemd.notify("READY=1", "STATUS=3 mails wait")
        assert channel.recv(100) == b"READY=1\nSTATUS=3 mails wait"


def test_without_systemd_nothing_is_sent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NOTIFY_SOCKET", raising=False)
    assert not systemd.notify("READY=1")
    monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "gone"))
    assert not systemd.notify("READY=1")


def test_the_watchdog_is_fed_twice_as_often_as_it_asks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WATCHDOG_USEC", raising=False)
    monkeypatch.delenv("WATCHDOG_PID", raising=False)
    assert systemd.watchdog_interval() is None
    monkeypatch.setenv("WATCHDOG_USEC", "30000000")
    assert systemd.watchdog_interval() == 15.0
    monkeypatch.setenv("WATCHDOG_PID", "1")
    assert systemd.watchdog_interval() is None


def test_sockets_of_another_process_are_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LISTEN_PID", "1")
    monkeypatch.setenv("LISTEN_FDS", "1")
    assert systemd.listen_sockets() == {}
    assert "LISTEN_FDS" not in os.environ


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


ECHO = """
import os, sys
from mailbot.edges import systemd
sockets = systemd.listen_sockets()
listening = sockets["http"][0]
left = [name for name in os.environ if name.startswith("LISTEN_")]
connection, _ = listening.accept()
inherited = os.get_inheritable(listening.fileno())
connection.sendall(f"{sorted(sockets)} {inherited} {left} {systemd.listen_sockets()}".encode())
connection.close()
"""


@pytest.mark.skipif(shutil.which("systemd-socket-activate") is None, reason="systemd is not here")
def test_a_socket_is_taken_over_by_name() -> None:
    port = free_port()
    command = ["systemd-socket-activate", f"--listen=127.0.0.1:{port}", "--fdname=http", sys.executable, "-c", ECHO]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        while "Listening" not in process.stderr.readline():
            assert process.poll() is None
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=WAIT) as connection:
                assert connection.recv(200) == b"['http'] False [] {}"
        finally:
            process.terminate()


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not here")
def test_the_units_are_clean(tmp_path: Path) -> None:
    for unit in UNITS:
        text = (OURS / unit).read_text(encoding="utf-8").replace("/opt/mailbot/bin/mailbot", sys.executable)
        (tmp_path / unit).write_text(text, encoding="utf-8")
    result = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *(str(tmp_path / unit) for unit in UNITS)],
        capture_output=True,
        text=True,
        timeout=WAIT,
        check=False,
    )
    complaints = [line for line in result.stderr.splitlines() if str(tmp_path) in line or "mailbot" in line]
    assert (result.returncode, complaints) == (0, [])
