"""Values as people write them, before they mean anything.

Owns the folding of widths (`３３，０００` is `33,000`) and the error for a value that cannot be read. What a value
means is its own module's: see `money` and `dates`.
"""

from __future__ import annotations

import unicodedata

from mailbot.errors import Refused

_WIDE = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: 0x20}


class Misread(Refused):
    """A value that cannot be read; `problem` says what was found, `remedy` what to write instead."""

    def __init__(self, problem: str, remedy: str) -> None:
        super().__init__(f"{problem}: {remedy}")
        self.problem = problem
        self.remedy = remedy


def fold(text: str) -> str:
    """Return `text` in its plainest form (NFKC), trimmed: for amounts, dates and words of a closed list."""
    return (text if text.isascii() else unicodedata.normalize("NFKC", text)).strip()


def fold_width(text: str) -> str:
    """Return `text` trimmed, full-width Latin letters, digits and signs made narrow: for codes and numbers.

    Unlike `fold` it leaves `①` and `㈱` as they are, since a number is shown as its owner wrote it.
    """
    return (text if text.isascii() else text.translate(_WIDE)).strip()


def quoted(text: str) -> str:
    """Return `text` for a sentence: in quotes, shortened to 40 characters, with nothing that moves a cursor."""
    shown = text if len(text) <= 40 else text[:39] + "…"  # noqa: PLR2004  the docstring names it
    return '"' + "".join(sign if sign.isprintable() else "�" for sign in shown) + '"'
