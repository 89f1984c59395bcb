"""The shape that bounces of one family share, and how any of them is read.

Owns the reading: marks in header fields, an opening in the words, recipients at the beginning of lines, each with the
words up to the next one. What the families look like is written in the tables beside this.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from itertools import islice
from typing import TYPE_CHECKING

from mailbot.mail.bounces import naming
from mailbot.mail.bounces.naming import LINE, words
from mailbot.mail.dsn import elsewhere
from mailbot.mail.failure import MOST, Failure, completed
from mailbot.mail.notice import ADDRESS, addresses

if TYPE_CHECKING:
    import re
    from collections.abc import Iterable

    from mailbot.mail.notice import Notice
    from mailbot.mail.parse import Message

NEAR = 3000
"""Characters of a notice in which its opening must stand."""

_LINE = words(LINE)
_ASKED = words(rf"^(?:sent )?>>> rcpt to: *<({ADDRESS})>")
_HEARD = words(r"^<<< (.*(?:\n[ \t]+\S.*)*)")
_AFTER_ALL = words(r"(need|no valid|must (precede|have)|valid) (rcpt|recipient)|^503|too many errors|^2\d\d ")
_DELAY = words(
    r"not (yet )?been delivered|delayed|warning message only|temporary failure|will be retried|still being retried"
)
_NEVER = words(r"(?!)")


@dataclass(frozen=True, slots=True)
class Family:
    """What bounces of one kind of server have in common."""

    name: str
    opening: re.Pattern[str]
    """What stands in the words before the recipients."""
    fields: tuple[tuple[str, re.Pattern[str]], ...] = ()
    """Header fields, by name, that must say this as well; one of them is enough."""
    recipient: re.Pattern[str] = field(default=_LINE)
    """How a recipient is named; the first group is the address."""
    closing: re.Pattern[str] = field(default=_NEVER)
    """What stands behind the last recipient's words."""
    reason_before: bool = False
    """True where the server's words stand before the recipients."""
    meaning: str = ""
    """The reason that all of them have, whatever they say."""
    transcript: bool = False
    """True where the servers' dialogue is shown, `<<<` before what the refusing server said."""
    person: bool = False
    """True where the mail need not come from a mail server's address."""


def read(family: Family, message: Message, notice: Notice) -> tuple[Failure, ...]:
    """Read a bounce of a family; nothing where the mail is none of it."""
    opening = family.opening.search(notice.text, 0, NEAR) if _has_fields(family, message) else None
    if opening is None:
        return ()
    closing = family.closing.search(notice.text, opening.end())
    start, end = opening.start(), closing.start() if closing else len(notice.text)
    report = Failure(
        "",
        action="delayed" if _DELAY.search(notice.text[:end]) else "failed",
        text=_heard(notice.text) if family.transcript else "",
        meaning=family.meaning,
    )
    named = _named(family, notice.text, start, end) or _named_otherwise(family, message, notice.text[start:end])
    if not named:
        others = elsewhere(message, notice)[:MOST]
        return tuple(completed(replace(report, recipient=who, around=notice.text[start:end])) for who in others)
    whole = family.reason_before or family.transcript
    return merged(
        completed(replace(report, recipient=who, around=notice.text[:end] if whole else words_of))
        for who, words_of in named
    )


def _named(family: Family, text: str, start: int, end: int) -> list[tuple[str, str]]:
    """Return the recipients that stand between two places, each with the words from his line to the next one's."""
    found = list(islice(family.recipient.finditer(text, start, end), MOST))
    found = found or list(islice(_ASKED.finditer(text, start, end), MOST))
    starts = [text.rfind("\n", 0, match.start()) + 1 for match in found]
    names = [next(group for group in match.groups() if group) for match in found]
    return [(name, text[a:b]) for name, a, b in zip(names, starts, [*starts[1:], end], strict=False)]


def _named_otherwise(family: Family, message: Message, text: str) -> list[tuple[str, str]]:
    """Return whom the words name as any server's may, where they are not in the family's form."""
    if family.meaning or message.first("x-failed-recipients"):
        return []
    return naming.named(text, {*addresses(message.first("from")), *addresses(message.first("to"))})


def _heard(text: str) -> str:
    """Return what the refusing server said in the dialogue, without what follows from that."""
    return "\n".join(line for line in _HEARD.findall(text) if not _AFTER_ALL.search(line))


def merged(failures: Iterable[Failure]) -> tuple[Failure, ...]:
    """Keep one failure a recipient, that which says most."""
    kept: dict[str, Failure] = {}
    for failure in failures:
        before = kept.get(failure.recipient)
        if before is None or (not before.status and not before.code and (failure.status or failure.code)):
            kept[failure.recipient] = failure
    return tuple(kept.values())


def _has_fields(family: Family, message: Message) -> bool:
    return not family.fields or any(
        pattern.search(value) for name, pattern in family.fields for value in message.all(name)
    )
