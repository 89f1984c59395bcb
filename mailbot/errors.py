"""Every error that mailbot raises on purpose, as one tree.

Owns the sentence that a person meets: `str(error)` says what is wrong, where, and what to do about it. Whoever
catches a `MailbotError` may print it as it is. What is permanent and what is temporary are different types, so that
nobody has to look at a number again between the socket and the log.
"""

from __future__ import annotations

from dataclasses import dataclass


class MailbotError(Exception):
    """Root of all errors raised on purpose; its text is fit to be shown."""


class ConfigError(MailbotError):
    """The configuration cannot be used; the text lists every fault, one a line."""


class StoreError(MailbotError):
    """The store cannot be opened, read or written."""


class StoreFull(StoreError):
    """The disk under the store is full: nothing of this write was kept, and it may be tried again."""


class Refused(MailbotError):
    """A request that is understood and not granted; nothing was changed. The command line ends with 1."""


class IllegalTransition(Refused):
    """A thing with states was asked for a step that its transition table does not have."""

    def __init__(self, noun: str, state: str, event: str) -> None:
        super().__init__(f"{noun} is {state}: {event} is not possible from there")
        self.state = state
        self.event = event


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong with one place of an imported file."""

    line: int
    """Line of the file, the heading being line 1; 0 where the file as a whole is meant."""
    column: str
    """Canonical column name such as `amount`, or an empty string."""
    problem: str
    remedy: str


class BatchRefused(Refused):
    """An import was refused as a whole; `faults` lists every reason, in the order of the file."""

    def __init__(self, faults: tuple[Fault, ...]) -> None:
        count = f"{len(faults)} fault" + ("" if len(faults) == 1 else "s")
        super().__init__(f"{count}; nothing of the batch was taken")
        self.faults = faults


class BadLink(MailbotError):
    """A token that we did not make, made for another purpose, or whose key was revoked (HTTP 404)."""


class HeaderInjection(MailbotError):
    """A header value holds a line break or a NUL; composing it would let a value write headers."""


class UnreadableMail(MailbotError):
    """What came in cannot be read as a mail; it is set aside whole."""


class TemplateError(MailbotError):
    """A template is missing, does not compile, or uses a name that it is not given."""


class CourierError(MailbotError):
    """Sending did not end in acceptance; the subclasses say what that means for the mail."""

    def __init__(self, response: str, *, code: int = 0, enhanced: str = "") -> None:
        super().__init__(response)
        self.response = response
        self.code = code
        self.enhanced = enhanced


class Deferred(CourierError):
    """Not accepted now, for certain; trying again may succeed (4yz, connection refused, time-out before the dot)."""

    def __init__(self, response: str, *, code: int = 0, enhanced: str = "", relay: bool = False) -> None:
        super().__init__(response, code=code, enhanced=enhanced)
        self.relay = relay
        """True where the relay as a whole did not work, so that this mail itself was never judged."""


class Rejected(CourierError):
    """Refused for good (5yz); the same mail will not be taken later."""

    def __init__(self, response: str, *, code: int = 0, enhanced: str = "", recipient: bool = False) -> None:
        super().__init__(response, code=code, enhanced=enhanced)
        self.recipient = recipient
        """True where it was the answer to RCPT: what it says may be about the mailbox."""


class Unanswered(CourierError):
    """No answer to the final dot: accepted or not, nobody knows (RFC 5321 §4.5.3.2.6)."""
