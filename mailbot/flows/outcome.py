"""What the end of an attempt means for a mail, and writing it down.

Owns the judgement (accepted, deferred until when, refused, unknown, expired) and everything that follows from it in
one transaction: the row and the ledger here; what the end sets going is `ended`'s and `refused`'s.
"""

from __future__ import annotations

import hashlib
import random
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

from mailbot.clock import stamp
from mailbot.domain.outbox import SHORT_LIVED, Event, State, advance, expired, retry_delay
from mailbot.errors import Deferred, Rejected
from mailbot.facts import MAIL_ACCEPTED, MAIL_DEFERRED, MAIL_EXPIRED, MAIL_REFUSED, MAIL_UNKNOWN, Fact
from mailbot.flows.ended import note_accepted, tell_staff
from mailbot.flows.post import Accepted
from mailbot.flows.refused import recipient_is_gone
from mailbot.flows.row_by_row import row_by_row
from mailbot.store import ledger, outbox

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from mailbot.flows.desk import Desk
    from mailbot.flows.post import Outcome
    from mailbot.mail.envelope import Envelope
    from mailbot.store.database import Transaction
    from mailbot.store.outbox import Mail

RESENDS = 1
"""A mail whose answer was lost is sent once more; lost again, it waits for evidence or a person."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt that has ended."""

    mail: Mail
    outcome: Outcome
    envelope: Envelope | None
    """What was sent; None where the courier broke off and it is not known to have been begun."""

    @property
    def number(self) -> int:
        """Count of attempts with this one (the row was read before its claim)."""
        return self.mail.attempts + 1

    @property
    def sha256(self) -> str | None:
        """SHA-256 of the bytes that were sent, in hexadecimal."""
        if self.envelope is None:
            return None
        return self.envelope.sha256 or hashlib.sha256(self.envelope.content).hexdigest()


class Outcomes:
    """Writes down how attempts ended, many at a time."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def write(self, tx: Transaction, attempts: Sequence[Attempt]) -> None:
        """Write the outcomes of attempts and what follows from each."""
        judged = [(each, self._judge(each, tx.now)) for each in attempts]
        outbox.settle(tx, [outcome for _, outcome in judged])
        proven: dict[str, list[tuple[Fact, str, Mapping[str, object]]]] = {}
        for attempt, outcome in judged:
            fact, details = self._facts(attempt, outcome)
            issuer = attempt.mail.issuer
            if fact.proven:
                entry = (fact, f"mail:{attempt.mail.id}", {**details, "sha256": outcome.bytes_sha256})
                proven.setdefault(issuer, []).append(entry)
            tx.after_commit(partial(self._desk.facts, fact, issuer=issuer, **details))
        row_by_row(
            self._desk,
            tx,
            judged,
            work=lambda rows: self._follow_all(tx, rows),
            push_ahead=lambda _, __: None,  # the outcome itself stands
            table="outbox",
            row_id=lambda row: row[0].mail.id,
        )
        for issuer, entries in proven.items():
            ledger.append_many(tx, issuer, entries)

    def _judge(self, attempt: Attempt, now: datetime) -> outbox.Outcome:
        match attempt.outcome:
            case Accepted(response):
                return self._outcome(attempt, Event.ACCEPT, response=response)
            case Deferred() as failure:
                return self._deferred(attempt, failure, now)
            case Rejected() as failure:
                return self._outcome(attempt, Event.REFUSE, response=str(failure), code=failure.code)
            case unanswered:
                again = now + self._wait_for_evidence(attempt)
                lost = attempt.mail.resends >= RESENDS
                at = outbox.NEVER if lost else stamp(again)
                return self._outcome(attempt, Event.LOSE, response=str(unanswered), at=at, resends=1)

    def _deferred(self, attempt: Attempt, failure: Deferred, now: datetime) -> outbox.Outcome:
        mail = attempt.mail
        if expired(now=now, deadline=mail.deadline):
            return self._outcome(attempt, Event.EXPIRE, response=str(failure), code=failure.code)
        jitter = random.random()  # noqa: S311 -- spreads retries; nothing secret hangs on it
        at = min(now + retry_delay(attempts=attempt.number, jitter=jitter), mail.deadline)
        # What the relay said now says nothing of an earlier attempt that it may have taken: the row keeps its bytes.
        event = Event.LOSE if mail.state is State.UNKNOWN else Event.DEFER
        return self._outcome(attempt, event, response=str(failure), code=failure.code, at=stamp(at))

    def _wait_for_evidence(self, attempt: Attempt) -> timedelta:
        return timedelta() if attempt.mail.kind in SHORT_LIVED else self._desk.rules.unknown_after

    def _outcome(
        self,
        attempt: Attempt,
        event: Event,
        *,
        response: str,
        code: int | None = None,
        at: str = outbox.NEVER,
        resends: int = 0,
    ) -> outbox.Outcome:
        return outbox.Outcome(
            mail_id=attempt.mail.id,
            state=advance(State.SENDING, event),
            next_attempt_at=at,
            code=code,
            response=response,
            bytes_sha256=attempt.sha256,
            resends=resends,
        )

    def _facts(self, attempt: Attempt, outcome: outbox.Outcome) -> tuple[Fact, dict[str, object]]:
        mail = attempt.mail
        details: dict[str, object] = {
            "outbox": mail.id,
            "kind": mail.kind,
            "to": mail.email,
            "attempt": attempt.number,
            "response": outcome.response,
        }
        if outcome.state is State.DEFERRED:
            details["next"] = outcome.next_attempt_at
        return _FACTS[outcome.state], details

    def _follow_all(self, tx: Transaction, judged: Sequence[tuple[Attempt, outbox.Outcome]]) -> None:
        accepted = [attempt.mail for attempt, outcome in judged if outcome.state is State.ACCEPTED]
        note_accepted(self._desk, tx, accepted)
        for attempt, outcome in judged:
            self._follow(tx, attempt, outcome)

    def _follow(self, tx: Transaction, attempt: Attempt, outcome: outbox.Outcome) -> None:
        failure = attempt.outcome
        if isinstance(failure, Rejected) and recipient_is_gone(self._desk, tx, attempt.mail, failure):
            return
        lost_for_good = outcome.state is State.UNKNOWN and outcome.next_attempt_at == outbox.NEVER
        if outcome.state in {State.REFUSED, State.EXPIRED} or lost_for_good:
            tell_staff(self._desk, tx, attempt.mail, outcome.state, outcome.response or "")


_FACTS = {
    State.ACCEPTED: MAIL_ACCEPTED,
    State.DEFERRED: MAIL_DEFERRED,
    State.REFUSED: MAIL_REFUSED,
    State.UNKNOWN: MAIL_UNKNOWN,
    State.EXPIRED: MAIL_EXPIRED,
}
