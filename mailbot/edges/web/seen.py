"""The signed `seen` of a form: which page it stood on, when that page was got, and from which network.

Owns the proof that somebody's browser got the page before its button was pressed. A press without it is no press:
the page is shown again. The network is kept in it for evidence and is not compared, since phones change networks
between a page and its button.
"""

from __future__ import annotations

import hashlib
from datetime import timedelta
from functools import lru_cache
from typing import TYPE_CHECKING

from mailbot.errors import BadLink
from mailbot.links import Purpose

if TYPE_CHECKING:
    from datetime import datetime

    from mailbot.clock import Clock
    from mailbot.links import Links

LIFETIME = timedelta(hours=12)
"""How long an open page keeps a button that works; as long as a session at most."""

_ORDINALS = {purpose: ordinal for ordinal, purpose in enumerate(Purpose)}


class Seen:
    """Signs and reads the `seen` of forms."""

    __slots__ = ("_clock", "_links")

    def __init__(self, links: Links, clock: Clock) -> None:
        self._links = links
        self._clock = clock

    def sign(self, purpose: Purpose, subject: int, network: str) -> str:
        """Say that the page of `subject` is being got now from `network`."""
        return self._links.sign(Purpose.SEEN, _ORDINALS[purpose], subject, _mark(network), at=self._clock.now())

    def read(self, text: str, purpose: Purpose, subject: int) -> datetime | None:
        """Return when the page of `subject` was got, or None where `text` does not prove it or is too old."""
        try:
            link = self._links.open(text, Purpose.SEEN)
        except BadLink:
            return None
        fresh = self._clock.now() - link.signed_at <= LIFETIME
        return link.signed_at if fresh and link.ids[:2] == (_ORDINALS[purpose], subject) else None


@lru_cache(maxsize=4096)
def _mark(network: str) -> int:
    return int.from_bytes(hashlib.sha256(network.encode()).digest()[:4], "big")
