"""Whose mail the listener takes: mailbot's own address, with any tag or none, and the postmaster's."""

from __future__ import annotations

import re
from dataclasses import dataclass

from mailbot.links import tag_of

_TAG = re.compile(r"[^\s@<>\"(),:;\\\[\]]+")


@dataclass(frozen=True, slots=True)
class Ours:
    """The one address of an installation; an empty one leaves the postmaster's alone."""

    address: str
    separator: str
    """Between its local part and a tag; empty where there are no tags."""

    def __contains__(self, recipient: str) -> bool:
        """Tell whether a mailbox is ours; case does not matter, nor whether a tag is one that we signed.

        Mail servers on the way rewrite tags, so a bad one is no reason to turn a bounce away.
        """
        mailbox = recipient.lower()
        return mailbox in self._plain() or self._is_tagged(mailbox)

    def _plain(self) -> tuple[str, ...]:
        domain = self.address.lower().rpartition("@")[2]
        # RFC 5321 §4.5.1: every server takes mail to its postmaster, also without a domain.
        return (self.address.lower(), "postmaster", f"postmaster@{domain}") if domain else ("postmaster",)

    def _is_tagged(self, mailbox: str) -> bool:
        if not (self.address and self.separator):
            return False
        tag = tag_of(mailbox, self.address, separator=self.separator)
        return tag is not None and _TAG.fullmatch(tag) is not None
