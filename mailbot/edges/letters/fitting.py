"""Text into boxes: lines are broken where Japanese and English may be, and what is too much gets smaller.

Owns line breaking (JIS X 4051 as far as a letter needs it: no closing mark begins a line, no opening one ends it) and
the sizes that are tried. Widths are measured by whoever calls.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

Measure: TypeAlias = Callable[[str], float]
"""Width of a text at a size of 1."""

_NEVER_FIRST = frozenset(
    "、。，．・：；？！ー）」』】〕〉》｝］々ぁぃぅぇぉっゃゅょゎァィゥェォッャュョヮヵヶ,.:;?!)]}%"
)
_NEVER_LAST = frozenset("（「『【〔〈《｛［([{")
_TOKENS = re.compile(r"[ \u3000]|[!-~\u00a1-\u024f]+|.", re.DOTALL)
_LATE = 0.5
"""A space beyond this part of a line is a better place to break than within a Japanese word."""

_SHRINK = 0.95
"""Each try is this much smaller than the one before."""


@dataclass(frozen=True, slots=True)
class Piece:
    """One text of a box."""

    text: str
    size: float
    measure: Measure


@dataclass(frozen=True, slots=True)
class Line:
    """One line as it is to be drawn."""

    text: str
    size: float
    piece: int
    """Which piece it belongs to, from 0."""


def wrapped(text: str, *, width: float, measure: Measure) -> list[str]:
    """Break `text` into lines of at most `width`, which is counted like `measure` does."""
    lines: list[str] = []
    line, used = "", 0.0
    for token in _tokens(text, width, measure):
        wide = measure(token)
        if used + wide <= width or not line:
            line, used = line + token, used + wide
            continue
        kept, moved = _parted(line, token)
        if measure(moved) + wide > width:
            kept, moved = line, ""
        lines.append(kept.rstrip(" \u3000"))
        line = (moved + token).lstrip(" \u3000")
        used = measure(line)
    return [*lines, line] if line else lines


def fitted(pieces: Sequence[Piece], *, width: float, height: float, leading: float, least: float) -> list[Line] | None:
    """Return the lines of `pieces` under each other, as large as fits into the box, or None where none does.

    `leading` is the distance of two lines in sizes; `least` the smallest size worth reading.
    """
    scale = 1.0
    while min(piece.size for piece in pieces) * scale >= least:
        lines = [
            Line(text, piece.size * scale, number)
            for number, piece in enumerate(pieces)
            for text in wrapped(piece.text, width=width / (piece.size * scale), measure=piece.measure)
        ]
        if sum(line.size for line in lines) * leading <= height:
            return lines
        scale *= _SHRINK
    return None


def _tokens(text: str, width: float, measure: Measure) -> list[str]:
    """Part a text where a line may end; a word that is wider than a line is parted anywhere."""
    found: list[str] = []
    for token in _TOKENS.findall(text):
        found += [token] if len(token) == 1 or measure(token) <= width else list(token)
    return found


def _parted(line: str, token: str) -> tuple[str, str]:
    """Return what stays in a line, and what has to go along with `token` into the next."""
    space = max(line.rfind(" "), line.rfind("\u3000"))
    if space > len(line) * _LATE and token.strip():
        return line[:space], line[space + 1 :]
    end = len(line)
    if token[0] in _NEVER_FIRST and end > 1:
        end -= 1
    while end > 1 and line[end - 1] in _NEVER_LAST:
        end -= 1
    return line[:end], line[end:]
