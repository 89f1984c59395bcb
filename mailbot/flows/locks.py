"""Locks against guessing: an attempt is counted before it is judged, and given back where it was right.

Owns what is counted together. A name that does not exist is counted like one that does, so that a lock tells nobody
which is which. What was typed is kept as a hash: it may be somebody's address who never asked for anything.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mailbot.domain import paper_code
from mailbot.domain.attempts import NETWORK_WINDOW, SUBJECT_WINDOW, network_lock, subject_lock
from mailbot.errors import Refused
from mailbot.facts import SIGN_IN_FAILED, SIGN_IN_LOCKED
from mailbot.flows.record import record
from mailbot.store import attempts

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime, timedelta

    from mailbot.flows.desk import Desk
    from mailbot.store.database import Transaction

MARK = 24
"""Hexadecimal digits that stand for what was typed."""


class Locked(Refused):
    """Too many failures from there (HTTP 429); a mailed link still works."""

    def __init__(self, until: datetime, *, now: datetime) -> None:
        self.until = until
        self.seconds = max(1, round((until - now).total_seconds()))
        super().__init__(f"too many tries have failed; please try again in {-(-self.seconds // 60)} minutes")


@dataclass(frozen=True, slots=True)
class Subject:
    """Something that failures are counted for."""

    kind: str
    name: str
    window: timedelta
    lock_for: Callable[[int], timedelta]

    @property
    def key(self) -> str:
        """The name of its row."""
        return f"{self.kind}:{self.name}"


def network(name: str) -> Subject:
    """Count all that fails from a network."""
    return Subject("network", name, NETWORK_WINDOW, network_lock)


def mailbox(email_key: str, at: str) -> Subject:
    """Count what fails about a mail address at one network."""
    return _marked("mailbox", email_key, at)


def letter(issuer: str, customer_code: str, at: str) -> Subject:
    """Count what fails about a customer's letter at one network."""
    return _marked("letter", f"{issuer}\n{customer_code}", at)


def code(paper_id: str, at: str) -> tuple[Subject, Subject]:
    """Count what fails about a temporary ID at one network, and, within wider bounds, from anywhere."""
    here = _marked("code", paper_id, at)
    anywhere = Subject("code", here.name.partition("@")[0], SUBJECT_WINDOW, paper_code.lock_anywhere)
    return here, anywhere


def session(session_id: int) -> Subject:
    """Count what fails in one session."""
    return Subject("session", str(session_id), SUBJECT_WINDOW, subject_lock)


def _marked(kind: str, typed: str, at: str) -> Subject:
    mark = hashlib.sha256(typed.encode("utf-8", "surrogatepass")).hexdigest()[:MARK]
    return Subject(kind, f"{mark}@{at}", SUBJECT_WINDOW, subject_lock)


def enter(tx: Transaction, subjects: Sequence[Subject]) -> None:
    """Count an attempt that is about to be judged; raises `Locked`, and counts nothing, where one has to wait."""
    for subject in subjects:
        until = locked_until(tx, subject)
        if until is not None:
            raise Locked(until, now=tx.now)
    for subject in subjects:
        attempts.count(tx, subject.key, since=tx.now - subject.window)


def locked_until(tx: Transaction, subject: Subject) -> datetime | None:
    """Return until when a subject has to wait, or None.

    Attempts that are being judged count as failed: whoever sends a thousand at once gets no more of them judged.
    """
    row = attempts.get(tx, subject.key)
    if row is None:
        return None
    until = row.last_at + subject.lock_for(row.failures)
    return until if until > tx.now else None


def failed(desk: Desk, tx: Transaction, subjects: Sequence[Subject], *, how: str, network: str) -> None:
    """State that an attempt which had entered was wrong, and every lock that it began."""
    record(tx, desk.facts, SIGN_IN_FAILED, issuer="", subject="sign_in", how=how, network=network)
    for subject in subjects:
        until = locked_until(tx, subject)
        if until is not None:
            seconds = round((until - tx.now).total_seconds())
            details = {"subject": subject.kind, "network": network, "seconds": seconds}
            tx.after_commit(lambda details=details: desk.facts(SIGN_IN_LOCKED, **details))  # type: ignore[misc]


def passed(tx: Transaction, subjects: Sequence[Subject]) -> None:
    """Give back an attempt that was right; what failed before about the same person or letter is forgotten.

    A network keeps what others failed there: one who has an account could wipe the slate otherwise.
    """
    for subject in subjects:
        if subject.kind == "network":
            attempts.take_back(tx, subject.key)
        else:
            attempts.forget(tx, subject.key)


def give_back(tx: Transaction, subjects: Sequence[Subject]) -> None:
    """Give back an attempt that was not judged at all."""
    for subject in subjects:
        attempts.take_back(tx, subject.key)
