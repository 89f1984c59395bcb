"""One mail on its way over a connection, and what each end of that way means for it.

Owns the judgement; `session` owns the dialogue that leads to it.
"""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING

from mailbot.errors import Deferred, Rejected, Unanswered
from mailbot.flows.post import Accepted

if TYPE_CHECKING:
    from mailbot.edges.smtp_out.reply import Reply
    from mailbot.flows.post import Outcome
    from mailbot.mail.envelope import Envelope

_OURS_TO_MEND = frozenset({530, 534, 535, 538})
"""The relay wants a sign-in or encryption (RFC 4954 §6, RFC 3207 §4): the configuration's fault, not the mail's."""


class Stage(IntEnum):
    """How far a mail came."""

    WRITTEN = 0
    """Its commands may be on their way; nothing of it was answered."""
    ANSWERED = 1
    DOTTED = 2
    """Its final dot may have arrived: from here on only the relay knows whether it has the mail."""


class Transaction:
    """One mail on its way."""

    __slots__ = ("asked", "commands", "envelope", "first", "stage")

    def __init__(self, envelope: Envelope, commands: tuple[bytes, ...], *, first: bool) -> None:
        self.envelope = envelope
        self.commands = commands
        self.first = first
        """Whether it is the first on its connection: no mail before it can have spoilt that."""
        self.stage = Stage.WRITTEN
        self.asked = b""
        """The command that was answered last."""

    def answered(self, reply: Reply) -> Outcome:
        """Say what the relay's answer, the first that is no consent to go on, means for the mail."""
        words, code, enhanced = reply.text, reply.code, reply.enhanced
        if self.stage is Stage.DOTTED and reply.good:
            return Accepted(words)
        if code in _OURS_TO_MEND:
            remedy = f"{words}. Check [smtp] security, username and the password file."
            return Deferred(remedy, code=code, enhanced=enhanced, relay=True)
        if code >= 500:  # noqa: PLR2004 - RFC 5321 §4.2.1
            return Rejected(words, code=code, enhanced=enhanced, recipient=self.asked.startswith(b"RCPT"))
        return Deferred(words, code=code, enhanced=enhanced)

    def unfinished(self, why: str, *, stopped: bool) -> Outcome | None:
        """Say what became of the mail when its connection ended; None where it was never judged and may start anew."""
        if self.stage is Stage.DOTTED:
            return Unanswered(f"no answer after the final dot: {why}")
        if self.stage is Stage.ANSWERED:
            return Deferred(f"before the final dot: {why}")
        if self.first and not stopped:
            return Deferred(f"before any answer: {why}", relay=True)
        return None
