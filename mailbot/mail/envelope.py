"""A mail with its envelope: what a courier carries.

Owns nothing but the value. The bytes come from `compose`; a courier reads the envelope and never looks inside.
"""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Envelope:
    """One mail to one recipient (RFC 5321 §2.3.1)."""

    sender: str
    """MAIL FROM, without angle brackets; empty for the null return path."""
    recipient: str
    """RCPT TO, without angle brackets, its local part quoted where it must be (see `address.path`)."""
    content: bytes
    """Header and body with CRLF line ends, before dot-stuffing."""
    envid: str = ""
    """ENVID of the DSN extension (RFC 3461 §4.4), used where the relay offers it."""
    kind: str = ""
    """What the mail is for, for logs."""
    row: int = 0
    """Id of its outbox row, for logs."""
    sha256: str = field(default="", compare=False)
    """Of `content`, in hexadecimal, where somebody had the time to compute it."""
