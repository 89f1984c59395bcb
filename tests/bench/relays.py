"""Postfix's `smtp-sink` and `smtp-source`, on loopback, as relay and as reference."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

PATH = os.environ.get("PATH", "") + ":/usr/sbin"


def program(name: str) -> str:
    """Return the path of one of Postfix's programs, or end with a word on where it comes from."""
    found = shutil.which(name, path=PATH)
    if found is None:
        raise SystemExit(f"{name} is missing; it comes with Debian's package postfix")
    return found


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def sink(*options: str) -> Iterator[int]:
    """Run `smtp-sink` and return its port."""
    port = free_port()
    user = ["-u", "nobody"] if os.geteuid() == 0 else []
    process = subprocess.Popen([program("smtp-sink"), *user, *options, f"127.0.0.1:{port}", "200"])
    try:
        _await(port)
        yield port
    finally:
        process.terminate()
        process.wait(timeout=5)


def source_rate(port: int, *, size: int, mails: int) -> float:
    """Return how many mails of `size` bytes a second `smtp-source -s 10` sends to this port."""
    command = [program("smtp-source"), "-s", "10", "-m", str(mails), "-l", str(size), f"127.0.0.1:{port}"]
    began = time.perf_counter()
    subprocess.run(command, check=True)
    return mails / (time.perf_counter() - began)


def _await(port: int) -> None:
    for _ in range(200):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.02)
    raise SystemExit(f"nothing answers on port {port}")
