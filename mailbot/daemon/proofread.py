"""Proofreading templates once: what passed is not read again at every start.

Owns the note of what passed, a file in the data folder that costs nothing but time to lose. Proofreading is the
greater part of a start; templates change when mailbot or the issuer changes them, and then they are read again.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
from typing import TYPE_CHECKING

import jinja2

from mailbot import __version__

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

FILE = "proofread.json"


class Proofread:
    """Remembers which templates passed, by area (`mail`, `page`)."""

    def __init__(self, folder: Path) -> None:
        """Keep the note in `folder`."""
        self._file = folder / FILE
        self._passed = _read(self._file)

    def __call__(self, area: str, sources: Mapping[str, str], check: Callable[[], object], /) -> None:
        """Run `check` unless these very templates have passed it; raises what it raises."""
        digest = _digest(sources)
        if self._passed.get(area) == digest:
            return
        check()
        self._passed[area] = digest
        with contextlib.suppress(OSError):  # they are read once more next time
            self._file.touch(mode=0o600)
            self._file.write_text(json.dumps(self._passed), encoding="utf-8")


def _read(file: Path) -> dict[str, str]:
    try:
        passed = json.loads(file.read_bytes())
    except (OSError, ValueError):
        return {}
    return passed if isinstance(passed, dict) else {}


def _digest(sources: Mapping[str, str]) -> str:
    """Return what changes with the templates, and with what they are read by."""
    read_by = [__version__, jinja2.__version__]
    return hashlib.sha256(json.dumps([read_by, dict(sources)], sort_keys=True).encode()).hexdigest()
