"""What the IMAP door needs to know of the mailbox that it watches.

Owns the frozen values; see `opening` and `watch` for what is done with them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mailbot.domain.policy import Security

if TYPE_CHECKING:
    from mailbot.oauth import Tokens


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How long things may take, in seconds."""

    answer: float = 30
    """Connecting, and every answer: a server that is silent for longer is taken for lost."""
    renew: float = 240
    """IDLE is ended and begun anew so often (RFC 2177 wants 29 minutes at most; address translation forgets sooner)."""
    poll: float = 60
    """Between two looks where the server knows no IDLE."""
    first_pause: float = 1
    """Until a server that could not be reached is tried again; doubles with each failure."""
    longest_pause: float = 300
    refused_pause: float = 300
    """The same where the sign-in was refused: whoever tries often gets an account locked."""
    settled: float = 60
    """A connection that held for so long is replaced at once when it ends, and nothing is said of it."""
    again: float = 1
    """Until a mail that the server did not hand out is asked for again; doubles."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """One folder of one mailbox, and how to get at it."""

    host: str
    port: int
    security: Security = Security.TLS
    username: str
    password: str = field(default="", repr=False)
    tokens: Tokens | None = None
    """Where access tokens come from, in place of a password."""
    cafile: str | None = None
    """PEM file of certificate authorities trusted in place of the system's."""
    folder: str = "INBOX"
    pace: Pace = field(default_factory=Pace)

    @property
    def mailbox(self) -> str:
        """Name of the mailbox in the store and in the log."""
        return f"{self.username}@{self.host}/{self.folder}"

    @property
    def server(self) -> str:
        """Name the server as an admin would."""
        return f"{self.host}:{self.port}"
