"""From exec to READY, and memory when idle, beside an empty Starlette application under uvicorn."""

from __future__ import annotations

import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

RUNS = 5
EMPTY = """
import os, socket, uvicorn
from starlette.applications import Starlette
class Server(uvicorn.Server):
    async def startup(self, sockets=None):
        await super().startup(sockets)
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as s:
            s.sendto(b"READY=1", os.environ["NOTIFY_SOCKET"])
Server(uvicorn.Config(Starlette(), port=0, log_level="critical")).run()
"""


def measure() -> dict[str, object]:
    """Measure both in turn, and take medians."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "mailbot.toml").write_text('[http]\nlisten = "127.0.0.1:0"\n')
        mailbot = [sys.executable, "-m", "mailbot"]
        subprocess.run([*mailbot, "init", "--sandbox"], cwd=folder, check=True, capture_output=True)
        ours, empty = [], []
        for _ in range(RUNS):
            ours.append(_started([*mailbot, "run", "--sandbox"], folder))
            empty.append(_started([sys.executable, "-c", EMPTY], folder))
    seconds, mib = (statistics.median(column) for column in zip(*ours, strict=True))
    reference_s, reference_mib = (statistics.median(column) for column in zip(*empty, strict=True))
    return {
        "bench": "start",
        "unit": "s",
        "ours": round(seconds, 3),
        "reference": round(reference_s, 3),
        "ratio": round(seconds / reference_s, 2),
        "to_reach": 2,
        "better": "less",
        "idle_mib": round(mib, 1),
        "reference_mib": round(reference_mib, 1),
        "memory_ratio": round(mib / reference_mib, 2),
    }


def _started(command: list[str], folder: Path) -> tuple[float, float]:
    """Return seconds until READY and MiB a second later."""
    path = folder / "notify"
    path.unlink(missing_ok=True)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as channel:
        channel.bind(str(path))
        channel.settimeout(30)
        began = time.perf_counter()
        process = subprocess.Popen(
            command, cwd=folder, env={**os.environ, "NOTIFY_SOCKET": str(path)}, stderr=subprocess.DEVNULL
        )
        try:
            while b"READY=1" not in channel.recv(4096):
                pass
            took = time.perf_counter() - began
            time.sleep(1)
            return took, _resident_mib(process.pid)
        finally:
            process.terminate()
            process.wait(timeout=30)


def _resident_mib(pid: int) -> float:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    raise SystemExit("this kernel does not say how much memory a process has")
