"""QR codes as filled rectangles, to be drawn at any size."""

from __future__ import annotations

import re

import segno

MASK = 3
"""One mask for all, in place of the best of eight: tokens are as good as random, so that the mask matters little, and
looking for the best one would take three quarters of the time of a letter (ISO/IEC 18004 §7.8)."""

QUIET = 4
"""Modules that stay white around a code (ISO/IEC 18004 §6.3.8)."""

OVERLAP = 0.02
"""Part of a module that a row reaches into the next, so that no viewer shows hairlines between them."""

_RUN = re.compile(rb"\x01+")


def code(text: str) -> tuple[int, str]:
    """Return how many modules a side has, and the dark ones as PDF operators in units of a module.

    Error correction M: it survives a fold or a stain over 15 % of its area.
    """
    matrix = segno.make(text, error="m", micro=False, boost_error=False, mask=MASK).matrix
    top = len(matrix) - 1
    runs = [
        f"{run.start()} {top - number} {run.end() - run.start()} {1 + OVERLAP} re"
        for number, row in enumerate(matrix)
        for run in _RUN.finditer(bytes(row))
    ]
    return len(matrix), "\n".join([*runs, "f"])
