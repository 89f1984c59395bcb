"""What an inbound mail is: the value that classification ends in."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a mail to one recipient."""

    recipient: str
    """In lower case; empty where the report names nobody."""
    reason: str
    """One word, as operators know them from sisimai."""
    hard: bool
    """True where the address is dead."""
    status: str = ""
    action: str = "failed"
    original: str = ""
    said: str = ""
    """The server's words, as they stood."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What an inbound mail is, and by which rule."""

    kind: str
    """bounce, complaint, challenge, auto-reply, person or own."""
    rule: str
    """The rule that said so, kept as evidence."""
    outcomes: tuple[Outcome, ...] = field(default=())
    """For a bounce or a complaint, each recipient; for an auto-reply, who answered."""
    message_id: str = ""
    """Message-ID of the mail that it answers or brings back."""
    envid: str = ""
    """Envelope id that a report gives back (RFC 3461 §4.4)."""
