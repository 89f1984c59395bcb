"""A real installation in a folder of its own, and the real daemon on it, as a process that may be killed.

Owns processes: whatever a test starts here has ended when the installation is closed, also where the test failed.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    Install = Callable[..., "Installation"]

ROOT = Path(__file__).parents[2]
PDFS = sorted((ROOT / "data" / "sample" / "invoices-harbour").glob("*.pdf"))
START_S = 30
"""Seconds that a start may take on a busy machine."""

CONFIG = """\
[mailbot]
base_url = "http://127.0.0.1:1"
data_dir = "data"
[http]
listen = "127.0.0.1:0"
[smtp]
host = "127.0.0.1"
port = {port}
security = "none"
hostname = "mailbot.example.test"
connections = {connections}
timeout = "{timeout}"
[outbox]
deadline = "{deadline}"
unknown_after = "{unknown_after}"
unknown = "{unknown}"
{more}
[[issuer]]
code = "ACME"
name = "Acme"
from = "billing@acme.test"
staff = ["staff@acme.test"]
locale = "en"
time_zone = "UTC"
"""


KEYS: dict[str, object] = {
    "connections": 10,
    "timeout": "10s",
    "deadline": "3d",
    "unknown_after": "1s",
    "unknown": "resend",
    "more": "",
}


def until(what: str, condition: Callable[[], object], *, within: float = 20) -> None:
    """Return as soon as `condition` holds; fails after `within` seconds and says what it waited for."""
    end = time.monotonic() + within
    while not condition():
        if time.monotonic() > end:
            raise AssertionError(f"waited {within} s in vain: {what}")
        time.sleep(0.01)


class Daemon:
    """One run of `mailbot run`."""

    def __init__(self, process: subprocess.Popen[bytes], log: Path) -> None:
        self.process = process
        self._log = log

    @property
    def log(self) -> str:
        return self._log.read_text(encoding="utf-8")

    def says(self, fact: str) -> int:
        """Count the lines of a fact."""
        return self.log.count(f"fact={fact} ")

    def await_fact(self, fact: str, *, within: float = 20, count: int = 1) -> None:
        until(f"{fact} in the log", lambda: self.says(fact) >= count or self._gone(), within=within)
        assert self.says(fact) >= count, self.log

    def _gone(self) -> bool:
        return self.process.poll() is not None

    @property
    def address(self) -> tuple[str, int]:
        """Where the pages are served."""
        found = re.search(r"fact=daemon\.started .*listen=([\d.]+):(\d+)", self.log)
        assert found, self.log
        return found[1], int(found[2])

    def get(self, path: str) -> tuple[int, str]:
        """Fetch a page; return its status and its text."""
        connection = http.client.HTTPConnection(*self.address, timeout=10)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        finally:
            connection.close()

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(10)

    def stop(self, *, within: float = 20) -> tuple[int, float]:
        """Send SIGTERM; return the exit code and the seconds until it came."""
        began = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(within), time.monotonic() - began


class Installation:
    """A folder with configuration, keys, store and PDFs."""

    def __init__(self, folder: Path, port: int, **keys: object) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.config = folder / "mailbot.toml"
        self.config.write_text(CONFIG.format(**{**KEYS, "port": port, **keys}), encoding="utf-8")
        self._runs = 0
        self._daemons: list[Daemon] = []
        if not self.store.exists():
            self.done("init")

    def copied(self, folder: Path, port: int, **keys: object) -> Installation:
        """Return a copy in another folder, configured anew."""
        shutil.copytree(self.folder / "data", folder / "data")
        return Installation(folder, port, **keys)

    @property
    def store(self) -> Path:
        return self.folder / "data" / "mailbot.db"

    @property
    def environment(self) -> dict[str, str]:
        return {**os.environ, "PYTHONPATH": str(ROOT), "MAILBOT_CONFIG": str(self.config)}

    def command(self, *words: str) -> list[str]:
        return [sys.executable, "-m", "mailbot", *words]

    def cli(self, *words: str, within: float = 60) -> subprocess.CompletedProcess[str]:
        """Run a command beside the daemon."""
        return subprocess.run(
            self.command(*words),
            env=self.environment,
            cwd=self.folder,
            capture_output=True,
            text=True,
            timeout=within,
            check=False,
        )

    def done(self, *words: str, within: float = 60) -> str:
        """Run a command that is to succeed."""
        done = self.cli(*words, within=within)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def spawn(self, *before: str, keep: Sequence[int] = (), **environment: str) -> Daemon:
        """Start the daemon and do not wait for it.

        `before` are the words of a program that starts it, `keep` the descriptors that it inherits.
        """
        self._runs += 1
        log = self.folder / f"run-{self._runs}.log"
        with log.open("wb") as stream:
            process = subprocess.Popen(
                [*before, *self.command("run", "--config", str(self.config))],
                env={**self.environment, **environment},
                cwd=self.folder,
                stdout=stream,
                stderr=stream,
                pass_fds=keep,
            )
        daemon = Daemon(process, log)
        self._daemons.append(daemon)
        return daemon

    def start(self) -> Daemon:
        """Start the daemon and return it ready."""
        daemon = self.spawn()
        daemon.await_fact("daemon.started", within=START_S)
        return daemon

    def close(self) -> None:
        """End what was started here."""
        for daemon in self._daemons:
            if daemon.process.poll() is None:
                daemon.kill()

    def rows(self, sql: str, values: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        """Read from the store, beside whoever has it."""
        with contextlib.closing(sqlite3.connect(f"{self.store.as_uri()}?mode=ro", uri=True, timeout=30)) as store:
            return store.execute(sql, values).fetchall()

    def states(self, kind: str = "notice") -> dict[str, int]:
        """Count the mails of a kind by state."""
        return dict(self.rows("SELECT state, count(*) FROM outbox WHERE kind = ? GROUP BY state", (kind,)))

    def await_states(self, within: float = 30, kind: str = "notice", **wanted: int) -> None:
        """Wait until the mails of a kind are in just these states."""
        until(f"{kind}s {wanted}, last {self.states(kind)}", lambda: self.states(kind) == wanted, within=within)

    def fill(self, invoices: int, *, customers: int = 0) -> None:
        """Take confirmed customers, and invoices that wait to be sent to them, by the commands."""
        count = customers or invoices
        self.take_customers([[f"C{n}", f"Customer {n}", f"c{n}@customer.test"] for n in range(count)])
        self.done("invoices", "import", "--yes", str(self.batch("batch", invoices, customers=count)))

    def take_customers(self, rows: Sequence[Sequence[str]]) -> None:
        """Import customers (code, name, email) and confirm their addresses."""
        sheet = self.folder / "customers.csv"
        lines = [["code", "name", "email", "channel"], *([*row, "none"] for row in rows)]
        sheet.write_text("".join(",".join(line) + "\n" for line in lines), encoding="utf-8")
        self.done("customers", "import", "--yes", str(sheet))
        self.confirm_all()

    def confirm_all(self) -> None:
        """Confirm every address behind mailbot's back."""
        with contextlib.closing(sqlite3.connect(self.store, timeout=30)) as store, store:
            store.execute("UPDATE addresses SET status = 'confirmed', confirmed_at = created_at")

    def batch(self, name: str, invoices: int, *, customers: int) -> Path:
        """Write a folder with a sheet of invoices and a few PDFs that they share."""
        folder = self.folder / name
        folder.mkdir()
        for pdf in PDFS:
            (folder / pdf.name).write_bytes(pdf.read_bytes())
        lines = ["customer,number,subject,amount,currency,issue_date,file"]
        lines += [
            f"C{n % customers},{name}-{n},November,{1000 + n},JPY,2026-11-20,{PDFS[n % len(PDFS)].name}"
            for n in range(invoices)
        ]
        sheet = folder / "invoices.csv"
        sheet.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return sheet

    def verify(self) -> None:
        """Assert that the ledger is whole."""
        assert "broken" not in self.done("ledger", "verify").lower()

    def status(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.done("status", "--json"))
        return found


@contextlib.contextmanager
def installed(folder: Path, port: int, **keys: object) -> Iterator[Installation]:
    """An installation whose processes end with the block."""
    installation = Installation(folder, port, **keys)
    try:
        yield installation
    finally:
        installation.close()


def drained(installation: Installation) -> bool:
    """Tell whether no mail waits or is on its way."""
    sql = "SELECT count(*) FROM outbox WHERE state IN ('queued', 'sending', 'deferred', 'unknown')"
    return installation.rows(sql) == [(0,)]
