"""Writes facts as lines that an admin can tail.

Owns the form of a line: logfmt, or colours on a terminal; which facts are important enough; and what never stands in
a log: mail addresses are masked unless the configuration says otherwise, tokens and links always. What may be said
at all stands in `facts`.
"""

from __future__ import annotations

import json
import logging
import os
import re
import sys
from typing import TYPE_CHECKING, TextIO

from mailbot.clock import Clock, stamp
from mailbot.facts import FACTS, Fact
from mailbot.mail import address

if TYPE_CHECKING:
    from collections.abc import Callable

    Renderer = Callable[[str, dict[str, object]], str]
    """Makes a line of a level and of what is said."""

LEVELS = logging.getLevelNamesMapping()
PRIORITIES = {"debug": 7, "info": 6, "warning": 4, "error": 3}
"""What journald sorts by: the numbers of syslog (RFC 5424 §6.2.1), as sd-daemon(3) wants them before a line."""

MAILBOX = re.compile(r"[^\s<>@\"'(),:;=]+@[\w.-]+")
TOKEN = re.compile(r"/([ld])/[\w.~-]+")
_QUOTED = re.compile(r"[\s=\"]")


def mask(text: str) -> str:
    """Hide every mail address in a text but its first character and its domain: `t***@example.com`."""
    return MAILBOX.sub(lambda found: address.mask(found[0]), text)


class Log:
    """Where the daemon's facts go; implements `facts.Facts`."""

    __slots__ = ("_clock", "_full", "_least", "_line", "_stream")

    def __init__(self, stream: TextIO, *, clock: Clock, level: str = "info", full_addresses: bool = False) -> None:
        """Write to `stream` the facts of `level` and above."""
        self._clock = clock
        self._full = full_addresses
        self._least = LEVELS[level.upper()]
        self._line = _renderer(stream)
        self._stream = stream

    def __call__(self, fact: Fact, **fields: object) -> None:
        """Write one line; raises `KeyError` for a field that the fact does not have.

        A log that cannot be written (a closed pipe, a full disk) does not stop the work that it tells of.
        """
        if unknown := fields.keys() - fact.fields:
            raise KeyError(f"{fact.name} has no field {', '.join(sorted(unknown))}")
        if LEVELS[fact.level.upper()] < self._least:
            return
        said: dict[str, object] = {"time": stamp(self._clock.now()), "level": fact.level, "fact": fact.name}
        for name, value in fields.items():
            said[name] = self._clean(name, str(value)) if value.__class__ is str else value
        try:
            self._stream.write(self._line(fact.level, said) + "\n")
            self._stream.flush()
        except OSError:
            pass

    def _clean(self, name: str, text: str) -> str:
        if "@" in text and not self._full:
            text = address.mask(text) if name == "to" else mask(text)
        if "/l/" in text or "/d/" in text:
            text = TOKEN.sub(r"/\1/***", text)
        return text if text.isprintable() else "".join(c if c.isprintable() else " " for c in text)


def _renderer(stream: TextIO) -> Renderer:
    if stream.isatty():
        from structlog.dev import ConsoleRenderer  # noqa: PLC0415  a daemon's log seldom is a terminal

        colours = ConsoleRenderer(timestamp_key="time", event_key="fact")
        return lambda level, said: str(colours(None, level, said))
    if _is_journal(stream):
        return lambda level, said: f"<{PRIORITIES[level]}>{_logfmt(said)}"
    return lambda _, said: _logfmt(said)


def _logfmt(said: dict[str, object]) -> str:
    """Write `name=value` pairs. Every click and every mail is a line: structlog would take four times as long."""
    return " ".join([f"{name}={_written(value)}" for name, value in said.items()])


def _written(value: object) -> str:
    if value is None:
        return ""
    text = str(value).lower() if value.__class__ is bool else str(value)
    return json.dumps(text, ensure_ascii=False) if _QUOTED.search(text) else text


def _is_journal(stream: TextIO) -> bool:
    """Tell whether `stream` is what systemd connected to the journal (systemd.exec(5), $JOURNAL_STREAM)."""
    journal = os.environ.get("JOURNAL_STREAM", "")
    try:
        status = os.fstat(stream.fileno())
    except (OSError, ValueError):
        return False
    return journal == f"{status.st_dev}:{status.st_ino}"


def open_log(*, clock: Clock, level: str = "info", full_addresses: bool = False) -> Log:
    """Open the log of this process, which is its standard error."""
    return Log(sys.stderr, clock=clock, level=level, full_addresses=full_addresses)


def facts_table() -> str:
    """Return the closed list of facts as a Markdown table."""
    rows = (
        f"| `{fact.name}` | {fact.level} | {'yes' if fact.proven else ''} | {fact.meaning} | {_fields(fact)} |"
        for fact in FACTS.values()
    )
    return "\n".join(["| fact | level | in the ledger | meaning | fields |", "|---|---|---|---|---|", *rows]) + "\n"


def _fields(fact: Fact) -> str:
    return " ".join(f"`{name}`" for name in fact.fields)
