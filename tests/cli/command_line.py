"""The command line as people run it: a process, its output, its exit code."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

SAMPLE = Path(__file__).parents[2] / "data" / "sample"
SECONDS = 60


@dataclass(frozen=True)
class Done:
    """What came of a command."""

    code: int
    out: str
    err: str

    @property
    def lines(self) -> list[dict[str, Any]]:
        """The JSON lines that were printed."""
        return [json.loads(line) for line in self.out.splitlines()]


Run: TypeAlias = Callable[..., Done]


def environment() -> dict[str, str]:
    clean = {name: value for name, value in os.environ.items() if name != "MAILBOT_CONFIG"}
    return {**clean, "PYTHONUTF8": "1", "TZ": "Asia/Tokyo"}


def runner(folder: Path) -> Run:
    """Return a function that runs `mailbot` in a folder and expects an exit code."""

    def run(*words: str, code: int = 0, **variables: str) -> Done:
        done = subprocess.run(
            [sys.executable, "-m", "mailbot", *words],
            cwd=folder,
            env={**environment(), **variables},
            capture_output=True,
            encoding="utf-8",
            timeout=SECONDS,
            check=False,
        )
        assert done.returncode == code, done.stderr
        return Done(done.returncode, done.stdout, done.stderr)

    return run
