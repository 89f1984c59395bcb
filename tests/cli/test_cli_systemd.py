"""The daemon under systemd's protocols: readiness, sockets that it is handed, an orderly end."""

from __future__ import annotations

import json
import shutil
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING
from urllib.error import URLError
from urllib.request import urlopen

import pytest
from command_line import environment

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SECONDS = 30
RUN = [sys.executable, "-m", "mailbot", "run", "--sandbox"]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def running(command: list[str], folder: Path, **variables: str) -> Iterator[subprocess.Popen[bytes]]:
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, cwd=folder, env={**environment(), **variables}, stdout=log, stderr=log)
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(SECONDS)


def test_systemd_hears_when_it_is_ready_and_when_it_stops(tmp_path: Path) -> None:
    (tmp_path / "mailbot.toml").write_text('[http]\nlisten = "127.0.0.1:0"\n')
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as heard:
        heard.bind(str(tmp_path / "notify"))
        heard.settimeout(SECONDS)
        with running(RUN, tmp_path, NOTIFY_SOCKET=str(tmp_path / "notify")) as process:
            assert b"READY=1" in heard.recv(1000).split(b"\n")
        said = heard.recv(1000)
        while b"STOPPING=1" not in said:
            said = heard.recv(1000)
        assert process.returncode == 0


def answer(url: str) -> dict[str, object]:
    deadline = time.monotonic() + SECONDS
    while True:
        try:
            with urlopen(url, timeout=SECONDS) as found:  # noqa: S310  # our own address
                return {"status": found.status}
        except (URLError, ConnectionError):
            assert time.monotonic() < deadline


@pytest.mark.skipif(shutil.which("systemd-socket-activate") is None, reason="systemd is not here")
def test_it_serves_on_the_socket_that_it_is_handed(tmp_path: Path) -> None:
    port = free_port()
    (tmp_path / "mailbot.toml").write_text(
        f'[mailbot]\nbase_url = "http://127.0.0.1:{port}"\n[http]\nlisten = "127.0.0.1:1"\n'
    )
    command = ["systemd-socket-activate", f"--listen=127.0.0.1:{port}", "--fdname=http"]
    command += ["--setenv=PATH", "--setenv=PYTHONUTF8", *RUN]
    with running(command, tmp_path):
        assert answer(f"http://127.0.0.1:{port}/healthz") == {"status": 200}
        status = [sys.executable, "-m", "mailbot", "status", "--json"]
        done = subprocess.run(status, cwd=tmp_path, env=environment(), capture_output=True, check=True, timeout=SECONDS)
        assert json.loads(done.stdout)["daemon"]["state"] == "running"
        check = [sys.executable, "-m", "mailbot", "check"]
        done = subprocess.run(check, cwd=tmp_path, env=environment(), capture_output=True, check=True, timeout=SECONDS)
        assert "/healthz answers 200" in done.stdout.decode()
