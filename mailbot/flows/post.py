"""The contract between the outbox and whoever carries its mails.

Owns the words that the two exchange. The flow decides which mail is next and what an outcome means for it; the
courier decides over which connection it goes, and says truthfully how far it came.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, TypeAlias

from mailbot.errors import Deferred, Rejected, Unanswered

if TYPE_CHECKING:
    from mailbot.mail.envelope import Envelope


@dataclass(frozen=True, slots=True)
class Accepted:
    """The relay took the mail over (RFC 5321 §4.2.5); `response` is what it said, on one line."""

    response: str


Outcome: TypeAlias = Accepted | Deferred | Rejected | Unanswered


class Post(Protocol):
    """Where a courier takes mails from and to which it reports.

    Every envelope that was taken is either settled exactly once or put back exactly once.
    """

    async def next(self) -> Envelope:
        """Wait for a mail to send; it goes on the wire right after.

        Cancelled when the courier stops or idles; cancelled, it has given nothing out.
        """
        ...

    def next_now(self) -> Envelope | None:
        """Return a mail that is ready this moment, to be pipelined behind the one being sent; None where none is."""
        ...

    async def permit(self, envelope: Envelope) -> None:
        """Return when the body of `envelope` may be written; bounds how many mails a crash can leave in doubt."""
        ...

    def settle(self, envelope: Envelope, outcome: Outcome) -> None:
        """Take note of how sending `envelope` ended; must not raise."""
        ...

    def put_back(self, envelope: Envelope) -> None:
        """Take `envelope` back: the relay never judged it, so that this was no attempt.

        Must not raise. It may have been permitted already.
        """
        ...
