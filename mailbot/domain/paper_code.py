"""Temporary IDs and passwords on paper: twelve characters that survive being read aloud, typed or faxed.

Owns their alphabet (Crockford's base 32, which has no I, L, O and U), how they are printed and how forgiving they are
read, and how long a code rests after failed tries. Whether a code is live is its row's matter.
"""

from __future__ import annotations

import re
from datetime import timedelta

from mailbot.domain.written import Misread, fold

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LENGTH = 12
"""Characters of a code: 60 random bits."""
GROUP = 4
RANDOM_BYTES = 8
"""Bytes that `draw` needs."""

FREE = 5
"""Failed tries before a code rests."""
FIRST_REST = timedelta(minutes=1)
LONGEST_REST = timedelta(hours=1)

FREE_ANYWHERE = 500
"""Failed tries in a day, from all networks together, before a code rests everywhere: never for long."""
REST_ANYWHERE = timedelta(minutes=1)

_SPARE_BITS = RANDOM_BYTES * 8 - LENGTH * 5
_BETWEEN = re.compile(r"[\s\-‐‑‒–—―−ー_.・]+")
_ALIKE = str.maketrans("OIL", "011")
_CODE = re.compile(f"[{ALPHABET}]{{{LENGTH}}}")


def draw(random_bytes: bytes) -> str:
    """Make a code of random bytes (the first `RANDOM_BYTES` of them); raises `ValueError` for fewer."""
    if len(random_bytes) < RANDOM_BYTES:
        raise ValueError(f"a code needs {RANDOM_BYTES} random bytes; there are {len(random_bytes)}")
    number = int.from_bytes(random_bytes[:RANDOM_BYTES], "big") >> _SPARE_BITS
    return "".join(ALPHABET[number >> 5 * place & 31] for place in reversed(range(LENGTH)))


def read(text: str) -> str:
    """Read a code as people type it: any case, full-width, parted in any way, O for 0, I or L for 1.

    Raises `Misread`, which never quotes what was typed: it may be most of a secret.
    """
    code = _BETWEEN.sub("", fold(text)).upper().translate(_ALIKE)
    if _CODE.fullmatch(code):
        return code
    if len(code) != LENGTH:
        raise Misread(
            f"the code has {LENGTH} characters, and {len(code)} were typed", "type it as it stands on the letter"
        )
    raise Misread("a character was typed that no code has", "type it as it stands on the letter")


def shown(code: str) -> str:
    """Write a code as it is printed: `XXXX-XXXX-XXXX`."""
    return "-".join(code[start : start + GROUP] for start in range(0, len(code), GROUP))


def lock_for(failures: int) -> timedelta:
    """Return how long a code rests after so many failed tries: five are free, then 1, 2, 4 … minutes up to an hour."""
    if failures <= FREE:
        return timedelta()
    doublings = min(failures - FREE - 1, 6)
    return min(FIRST_REST * (1 << doublings), LONGEST_REST)


def lock_anywhere(failures: int) -> timedelta:
    """Return how long a code rests after so many failed tries of all networks together.

    Many guess at once where that happens. It rests a minute at a time, so that knowing an ID does not hold it shut.
    """
    return REST_ANYWHERE if failures > FREE_ANYWHERE else timedelta()
