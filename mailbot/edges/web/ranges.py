"""Parts of a file: which one a request asks for, and which ones a download has brought so far.

Owns the reading of `Range` (RFC 9110 §14) and the memory that lets a download resumed in several requests count,
while the last byte alone never does.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from dataclasses import dataclass

PRESSES = 2048
"""Downloads whose parts are remembered; the oldest is forgotten first, and counts when it is fetched whole."""

PARTS = 64
"""Separate parts remembered of one download."""

_RANGE = re.compile(r"\s*bytes\s*=\s*(\d{0,15})\s*-\s*(\d{0,15})\s*", re.IGNORECASE | re.ASCII)


class UnsatisfiableError(Exception):
    """A range that begins behind the end of the file (HTTP 416)."""


@dataclass(frozen=True, slots=True, order=True)
class Part:
    """Octets `start` up to, not including, `stop`."""

    start: int
    stop: int

    @property
    def length(self) -> int:
        """Number of octets."""
        return self.stop - self.start


def wanted(header: str | None, size: int) -> Part | None:
    """Return the part that a `Range` header asks for, or None for the whole file.

    What cannot be read, and several ranges at once, get the whole file (RFC 9110 §14.2 lets a server ignore the
    field). Raises `UnsatisfiableError`.
    """
    found = _RANGE.fullmatch(header or "")
    if found is None or not (found[1] or found[2]):
        return None
    if not found[1]:
        part = Part(max(size - int(found[2]), 0), size)
    else:
        part = Part(int(found[1]), min(int(found[2]) + 1, size) if found[2] else size)
        if found[2] and int(found[2]) < int(found[1]):
            return None
    if part.length <= 0:
        raise UnsatisfiableError
    return part


class Arrivals:
    """Remembers which parts of which download have arrived."""

    def __init__(self) -> None:
        self._parts: OrderedDict[int, tuple[Part, ...]] = OrderedDict()

    def add(self, press_id: int, part: Part, size: int) -> bool:
        """Note that `part` arrived; return True the one time that this makes a file of `size` octets whole."""
        before = self._parts.pop(press_id, ())
        after = _merged((*before, part)) if part.length > 0 else before
        self._parts[press_id] = after[:PARTS]
        if len(self._parts) > PRESSES:
            self._parts.popitem(last=False)
        whole = (Part(0, size),)
        return after == whole != before


def _merged(parts: tuple[Part, ...]) -> tuple[Part, ...]:
    merged: list[Part] = []
    for part in sorted(parts):
        if merged and part.start <= merged[-1].stop:
            merged[-1] = Part(merged[-1].start, max(merged[-1].stop, part.stop))
        else:
            merged.append(part)
    return tuple(merged)
