"""Postfix's smtp-sink, a relay that is not ours."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
from typing import TYPE_CHECKING

import pytest
from real_daemon import until

if TYPE_CHECKING:
    from collections.abc import Iterator

PROGRAM = shutil.which("smtp-sink", path="/usr/sbin:/usr/bin:/sbin:/bin")


@contextlib.contextmanager
def smtp_sink(*options: str) -> Iterator[int]:
    """Run smtp-sink until the end of the block, on the port that it gives."""
    if PROGRAM is None:
        pytest.skip("Postfix's smtp-sink is not installed")
    port = free_port()
    user = ["-u", "nobody"] if os.geteuid() == 0 else []  # as root it wants to become somebody else
    with subprocess.Popen([PROGRAM, *user, *options, f"127.0.0.1:{port}", "100"], stderr=subprocess.DEVNULL) as process:
        try:
            until("smtp-sink listens", lambda: _listens(port), within=5)
            yield port
        finally:
            process.terminate()


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
