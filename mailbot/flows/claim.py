"""Taking rows of the outbox up, and giving back what was not sent.

Owns the transactions around delivering: the claim, which is committed before any network work; what becomes of rows
that a former start left `sending`; giving up what is past its deadline while the relay is down altogether.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from mailbot.clock import stamp
from mailbot.domain.outbox import SHORT_LIVED, State
from mailbot.domain.policy import OnUnknown
from mailbot.facts import MAIL_CANCELLED, MAIL_EXPIRED, MAIL_HELD, MAIL_UNKNOWN, Fact
from mailbot.flows.ended import tell_staff
from mailbot.flows.record import record
from mailbot.flows.row_by_row import row_by_row
from mailbot.store import installation, ledger, outbox

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from typing import Any

    from mailbot.flows.desk import Desk
    from mailbot.mail.edition import Edition
    from mailbot.mail.envelope import Envelope
    from mailbot.store.database import Transaction
    from mailbot.store.outbox import Claim, Mail

SLICE = 200
"""Rows that one transaction takes up, or gives up."""


@dataclass(slots=True, eq=False)
class Job:
    """A claimed mail, as its row was before the claim."""

    mail: Mail
    claim: Claim
    """The claim whose record its bytes follow."""
    envelope: Envelope | None = None
    """The mail laid out, once somebody has done so."""
    ordered: bool = False
    """Somebody is about to lay it out; whoever does so as well has worked in vain."""


@dataclass(frozen=True, slots=True)
class Aside:
    """A claimed mail that is not to be sent as it is."""

    mail: Mail
    state: State
    """`cancelled`, `held`, or `sending` where it only says less from now on."""
    reason: str = ""
    payload: dict[str, Any] | None = None


class Claims:
    """The claims of one start of the daemon."""

    def __init__(self, desk: Desk, *, start_id: int, edition: Edition) -> None:
        self._desk = desk
        self._start_id = start_id
        self._edition = edition

    async def recover(self) -> int:
        """Take over what a former start left `sending`; return how many mails that were.

        Mails that never had an attempt and whose deadline passed while no mailbot ran get a new one.
        """
        await self._desk.database.write(self._extend)
        count = 0
        while found := await self._desk.database.write(self._recover):
            count += found
        return count

    def _extend(self, tx: Transaction) -> None:
        outbox.extend_deadlines(tx, overdue_at=tx.now_text, deadline=stamp(tx.now + self._desk.rules.deadline))

    def _recover(self, tx: Transaction) -> int:
        left = outbox.left_sending(tx, SLICE)
        said = "mailbot was stopped while this was being sent"
        for mail in left:
            wait = timedelta() if mail.kind in SHORT_LIVED else self._desk.rules.unknown_after
            self._settle(tx, mail, State.UNKNOWN, at=stamp(tx.now + wait), response=said)
            self._state(tx, MAIL_UNKNOWN, mail, attempt=mail.attempts, response=said)
        return len(left)

    async def take(self, slowed: Collection[str]) -> list[Job]:
        """Claim what is due, none of it for a domain in `slowed`."""
        return await self._desk.database.write(lambda tx: self._take(tx, slowed))

    def _take(self, tx: Transaction, slowed: Collection[str]) -> list[Job]:
        found = outbox.due(tx, limit=SLICE, slowed=slowed)
        if self._desk.rules.unknown is OnUnknown.HOLD:
            found = self._hold_unknown(tx, found)
        if not found:
            return []
        installation.keep_edition(tx, self._edition.digest, self._edition.text)
        claim = outbox.claim(
            tx,
            found,
            start_id=self._start_id,
            key=self._desk.links.signing_key,
            edition=self._edition.digest,
            heads={head.issuer: (head.seq, head.hash) for head in ledger.heads(tx)},
        )
        return [Job(mail, self._followed(tx, mail, claim)) for mail in found]

    def _followed(self, tx: Transaction, mail: Mail, claim: Claim) -> Claim:
        """Return the claim that the bytes follow: a mail that may have been taken keeps those it had.

        Not so where the key of its links was revoked meanwhile: such bytes would lead nowhere.
        """
        if mail.state is not State.UNKNOWN or mail.composed_by is None:
            return claim
        former = outbox.get_claim(tx, mail.composed_by)
        return former if self._desk.links.is_live(former.key) else claim

    def _hold_unknown(self, tx: Transaction, found: list[Mail]) -> list[Mail]:
        reason = "nobody knows whether the relay took it; `mailbot outbox release` sends it once more"
        held = [mail for mail in found if mail.state is State.UNKNOWN and mail.reason != outbox.ASKED_FOR]
        for mail in held:
            self._settle(tx, mail, State.HELD, reason=reason)
            self._state(tx, MAIL_HELD, mail, reason=reason)
        return [mail for mail in found if mail not in held]

    def set_aside(self, tx: Transaction, asides: Sequence[Aside]) -> None:
        """Write what became of claimed mails that are not sent as they are."""
        for aside in asides:
            if aside.payload is not None:
                outbox.rewrite(tx, aside.mail.id, aside.payload)
            else:
                self._settle(tx, aside.mail, aside.state, reason=aside.reason, attempts_back=1)
                fact = MAIL_CANCELLED if aside.state is State.CANCELLED else MAIL_HELD
                self._state(tx, fact, aside.mail, reason=aside.reason)

    def give_back(self, tx: Transaction, jobs: Sequence[Job]) -> None:
        """Give back what never went on the wire, as if it had not been touched."""
        outcomes = [
            outbox.Outcome(
                mail_id=job.mail.id,
                state=job.mail.state,
                next_attempt_at=job.mail.next_attempt_at,
                reason=job.mail.reason,
                attempts_back=1,
            )
            for job in jobs
        ]
        outbox.settle(tx, outcomes)

    async def expire(self) -> bool:
        """Give up what is past its deadline; True where there may be more."""
        return await self._desk.database.write(self._expire) == SLICE

    def _expire(self, tx: Transaction) -> int:
        found = outbox.overdue(tx, SLICE)
        row_by_row(
            self._desk,
            tx,
            found,
            work=lambda rows: self._give_up(tx, rows),
            push_ahead=lambda mail, until: outbox.put_off(tx, mail.id, until),
            table="outbox",
            row_id=lambda mail: mail.id,
        )
        return len(found)

    def _give_up(self, tx: Transaction, overdue: Sequence[Mail]) -> None:
        said = "the relay could not be reached before the deadline"
        for mail in overdue:
            self._settle(tx, mail, State.EXPIRED, response=said)
            self._state(tx, MAIL_EXPIRED, mail, attempt=mail.attempts, response=said)
            tell_staff(self._desk, tx, mail, State.EXPIRED, said)

    def _settle(
        self,
        tx: Transaction,
        mail: Mail,
        state: State,
        *,
        at: str = outbox.NEVER,
        response: str | None = None,
        reason: str | None = None,
        attempts_back: int = 0,
    ) -> None:
        outcome = outbox.Outcome(
            mail_id=mail.id,
            state=state,
            next_attempt_at=at,
            response=response,
            reason=reason,
            attempts_back=attempts_back,
        )
        outbox.settle(tx, [outcome])

    def _state(self, tx: Transaction, fact: Fact, mail: Mail, **details: object) -> None:
        record(
            tx,
            self._desk.facts,
            fact,
            issuer=mail.issuer,
            subject=f"mail:{mail.id}",
            outbox=mail.id,
            kind=mail.kind,
            to=mail.email,
            **details,
        )
