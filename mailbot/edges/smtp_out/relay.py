"""What a courier needs to know of the relay that takes our mails.

Owns the frozen values; see `opening` for what is done with them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mailbot.domain.policy import Security

if TYPE_CHECKING:
    from mailbot.oauth import Tokens


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeouts:
    """How long each answer may take, in seconds; the defaults are the least that RFC 5321 §4.5.3.2 allows."""

    connect: float = 300
    """TCP and TLS together, and again the greeting (§4.5.3.2.1)."""
    command: float = 300
    """EHLO, AUTH, MAIL, RCPT, RSET (§4.5.3.2.2, §4.5.3.2.3)."""
    data: float = 120
    """DATA until 354 (§4.5.3.2.4)."""
    block: float = 180
    """A piece of the body until the relay takes more (§4.5.3.2.5)."""
    body: float = 600
    """The final dot until its answer (§4.5.3.2.6): cut short, this makes doubles."""
    quit: float = 5
    """QUIT; nothing depends on its answer."""
    closing: float = 1
    """How long to watch after a 421 whether the relay hangs up (§3.8)."""


@dataclass(frozen=True, slots=True)
class Relay:
    """The server that takes our mails, and how to behave towards it."""

    host: str
    port: int
    security: Security = Security.NONE
    username: str = ""
    """Empty: no AUTH."""
    password: str = field(default="", repr=False)
    tokens: Tokens | None = None
    """Where access tokens come from, in place of a password."""
    cafile: str | None = None
    """PEM file of certificate authorities trusted besides the system's."""
    hostname: str | None = None
    """What EHLO says; None: this machine's full name, or its address where it has none."""
    connections: int = 10
    timeouts: Timeouts = field(default_factory=Timeouts)
    idle: float = 10
    """Seconds after which a connection without work is closed."""
    max_age: float = 600
    """Seconds after which a connection is replaced, so that a relay behind a balancer is spread anew."""
    max_mails: int = 5000
    """Mails after which a connection is replaced."""
    first_pause: float = 1
    """Seconds until a relay that failed is tried again; doubles with each failure."""
    longest_pause: float = 60

    def __str__(self) -> str:
        """Name the relay as an admin would: `host:port`."""
        return f"{self.host}:{self.port}"
