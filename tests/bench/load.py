"""Load on a page by `wrk`, bounded in time, on loopback."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import tempfile
import urllib.request
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

SECONDS = 6
_MS = {"us": 0.001, "ms": 1.0, "s": 1000.0}


@dataclass(frozen=True, slots=True)
class Load:
    """What a run of load gave."""

    rate: float
    p99_ms: float


@contextmanager
def serving(kind: str) -> Iterator[str]:
    """Run `serving.py` and return the address of its page."""
    with tempfile.TemporaryFile("w+") as log:
        process = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("serving.py")), kind],
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        )
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            if not line:
                log.seek(0)
                raise SystemExit(log.read()[-2000:])
            where = json.loads(line)
            yield f"http://127.0.0.1:{where['port']}{where['path']}"
        finally:
            process.terminate()
            process.wait(timeout=10)


def get(url: str, *, connections: int) -> Load:
    """Get a page as fast as it comes."""
    return _wrk(url, connections=connections)


def post(url: str, *, connections: int) -> Load:
    """Press the button of a page as fast as it is answered."""
    with urllib.request.urlopen(url) as answer:  # noqa: S310 -- our own server on loopback
        found = re.search(r'name="seen" value="([^"]+)"', answer.read().decode())
    assert found is not None
    script = (
        'wrk.method = "POST"\n'
        f'wrk.body = "seen={found[1]}"\n'
        'wrk.headers["Content-Type"] = "application/x-www-form-urlencoded"\n'
    )
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as file:
        file.write(script)
        file.flush()
        return _wrk(url, "-s", file.name, connections=connections)


def _wrk(url: str, *options: str, connections: int) -> Load:
    program = shutil.which("wrk")
    if program is None:
        raise SystemExit("wrk is missing; it comes with Debian's package wrk")
    command = [program, "-t1", f"-c{connections}", f"-d{SECONDS}s", "--latency", *options, url]
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    if "Non-2xx" in said:
        raise SystemExit(f"the server refused:\n{said}")
    rate, p99 = re.search(r"Requests/sec:\s+([\d.]+)", said), re.search(r"99%\s+([\d.]+)(us|ms|s)", said)
    assert rate is not None, said
    assert p99 is not None, said
    return Load(float(rate[1]), float(p99[1]) * _MS[p99[2]])
