"""What an inbound mail is. The first rule that holds decides, and is kept as evidence.

Owns the order: our own mail and loops, bounces, complaints, challenges, automatic replies; what is left is a person.
Bounces come before automatic replies: a third of real ones say `Auto-Submitted: auto-replied`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mailbot.mail import autoreply, bounces, challenge, complaint, dsn, notice
from mailbot.mail.reason import hard, reason
from mailbot.mail.verdict import Outcome, Verdict

if TYPE_CHECKING:
    from mailbot.mail.failure import Failure
    from mailbot.mail.notice import Notice
    from mailbot.mail.parse import Message

OURS = "x-mailbot-kind"
"""Field that every mail of ours carries, in lower case."""


def classify(message: Message) -> Verdict:
    """Say what a mail is."""
    if message.first(OURS):
        return Verdict("own", OURS, message_id=message.first("message-id"))
    words = notice.read(message)
    return (
        _bounce(message, words)
        or _complaint(message, words)
        or _machine(message, words)
        or Verdict("person", "none of the others", message_id=words.message_id)
    )


def _bounce(message: Message, words: Notice) -> Verdict | None:
    report = dsn.read(message, words) if not _is_feedback(message) else None
    if report is not None:
        outcomes = tuple(map(_outcome, report.failures))
        return Verdict("bounce", "dsn", outcomes, words.message_id, report.envid)
    if _is_feedback(message):
        return None
    family, failures = bounces.find(message, words)
    return Verdict("bounce", family, tuple(map(_outcome, failures)), words.message_id) if family else None


def _is_feedback(message: Message) -> bool:
    return any(part.kind == complaint.KIND for part in message.walk())


def _outcome(failure: Failure) -> Outcome:
    word = reason(failure)
    return Outcome(
        failure.recipient,
        word,
        hard(word, failure),
        failure.status,
        failure.action,
        failure.original,
        (failure.text or failure.around)[:1000],
    )


def _complaint(message: Message, words: Notice) -> Verdict | None:
    rule, people = complaint.find(message, words)
    if not rule:
        return None
    return Verdict(
        "complaint", rule, tuple(Outcome(who, "feedback", hard=False) for who in people or [""]), words.message_id
    )


def _machine(message: Message, words: Notice) -> Verdict | None:
    rule = challenge.find(message, words)
    if rule:
        return Verdict("challenge", rule, message_id=words.message_id)
    rule = autoreply.find(message, words)
    if not rule:
        return None
    people = notice.addresses(message.first("from"))[:1]
    return Verdict("auto-reply", rule, tuple(Outcome(who, "vacation", hard=False) for who in people), words.message_id)
