"""Writes facts as lines that an admin can tail.

Owns the form of a line: logfmt, or colours on a terminal; which facts are important enough; and what never stands in
a log: mail addresses are masked unless the configuration says otherwise, tokens and links always. What may be said
at all stands in `facts`.
"""

from __future__ import annotations

import contextlib
import logging
import os
import re
import sys
from typing import TYPE_CHECKING, TextIO

from mailbot.clock import Clock, stamp
from mailbot.facts import FACTS, Fact
from mailbot.mail import address

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, MutableMapping
    from typing import Any


@contextlib.contextmanager
def _without(*modules: str) -> Iterator[None]:
    """Let a library believe that optional modules are not installed, unless somebody has loaded them already."""
    hidden = [module for module in modules if module not in sys.modules]
    for module in hidden:
        sys.modules[module] = None  # type: ignore[assignment]  # how Python marks what cannot be imported
    try:
        yield
    finally:
        for module in hidden:
            del sys.modules[module]


# structlog would load them for tracebacks in colour and for contexts of greenlets, which no fact has: half of a start
with _without("rich", "greenlet"):
    import structlog

LEVELS = logging.getLevelNamesMapping()
PRIORITIES = {"debug": 7, "info": 6, "warning": 4, "error": 3}
"""What journald sorts by: the numbers of syslog (RFC 5424 §6.2.1), as sd-daemon(3) wants them before a line."""

MAILBOX = re.compile(r"[^\s<>@\"'(),:;=]+@[\w.-]+")
TOKEN = re.compile(r"/([ld])/[\w.~-]+")


def mask(text: str) -> str:
    """Hide every mail address in a text but its first character and its domain: `t***@example.com`."""
    return MAILBOX.sub(lambda found: address.mask(found[0]), text)


class Log:
    """Where the daemon's facts go; implements `facts.Facts`."""

    __slots__ = ("_full", "_least", "_say")

    def __init__(self, stream: TextIO, *, clock: Clock, level: str = "info", full_addresses: bool = False) -> None:
        """Write to `stream` the facts of `level` and above."""
        self._full = full_addresses
        self._least = LEVELS[level.upper()]
        logger = structlog.wrap_logger(
            structlog.WriteLogger(stream),
            processors=[_timed(clock), _renderer(stream)],
            wrapper_class=structlog.make_filtering_bound_logger(self._least),
            context_class=dict,
        ).bind()
        self._say: dict[str, Callable[..., object]] = {name: getattr(logger, name) for name in PRIORITIES}

    def __call__(self, fact: Fact, **fields: object) -> None:
        """Write one line; raises `KeyError` for a field that the fact does not have.

        A log that cannot be written (a closed pipe, a full disk) does not stop the work that it tells of.
        """
        if unknown := fields.keys() - fact.fields:
            raise KeyError(f"{fact.name} has no field {', '.join(sorted(unknown))}")
        if LEVELS[fact.level.upper()] < self._least:
            return
        for name, value in fields.items():
            if value.__class__ is str:
                fields[name] = self._clean(name, str(value))
        with contextlib.suppress(OSError):
            self._say[fact.level](fact.name, **fields)

    def _clean(self, name: str, text: str) -> str:
        if "@" in text and not self._full:
            text = address.mask(text) if name == "to" else mask(text)
        if "/l/" in text or "/d/" in text:
            text = TOKEN.sub(r"/\1/***", text)
        return text if text.isprintable() else "".join(c if c.isprintable() else " " for c in text)


def _timed(clock: Clock) -> Callable[..., dict[str, Any]]:
    def add(_: object, level: str, event: MutableMapping[str, Any]) -> dict[str, Any]:
        return {"time": stamp(clock.now()), "level": level, "fact": event.pop("event"), **event}

    return add


def _renderer(stream: TextIO) -> Any:  # noqa: ANN401  # structlog's own word for a processor
    if stream.isatty():
        return structlog.dev.ConsoleRenderer(timestamp_key="time", event_key="fact")
    logfmt = structlog.processors.LogfmtRenderer(bool_as_flag=False)
    return _with_priority(logfmt) if _is_journal(stream) else logfmt


def _with_priority(logfmt: structlog.processors.LogfmtRenderer) -> Callable[..., str]:
    return lambda logger, level, event: f"<{PRIORITIES[level]}>{logfmt(logger, level, event)}"


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
