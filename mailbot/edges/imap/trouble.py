"""What can go wrong with a mailbox, by what it means for the next step."""

from __future__ import annotations

import re

from mailbot.errors import MailbotError

_QUOTED = re.compile(r"\bb'([^']*)'")
"""What imaplib makes of octets when it raises them."""


class Unreachable(MailbotError):
    """The mailbox cannot be opened now; trying again may succeed by itself."""


class SignInRefused(MailbotError):
    """The server does not let us in; a person has to look, and trying often would lock the account."""


class Lost(MailbotError):
    """The connection ended, or the server fell silent or said what nobody understands."""


class Declined(MailbotError):
    """The server said NO; the connection stands."""


def words(error: BaseException) -> str:
    """Return what an error says, on one line."""
    said = _QUOTED.sub(r"\1", str(error)) or type(error).__name__
    return " ".join(said.split())[:300]
