"""A person's word on single mails: try again now, hold, let go."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from mailbot.clock import stamp
from mailbot.domain.outbox import Event, State, advance
from mailbot.errors import IllegalTransition, Refused
from mailbot.facts import MAIL_HELD, MAIL_QUEUED, MAIL_RELEASED, Fact
from mailbot.flows.record import record
from mailbot.flows.wanted import still_wanted
from mailbot.store import outbox

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mailbot.flows.desk import Desk
    from mailbot.store.database import Transaction
    from mailbot.store.outbox import Mail


class Mailroom:
    """Retries, holds and releases mails of the outbox; all of the named ones or none."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def retry(self, mail_ids: Sequence[int]) -> list[Mail]:
        """Try mails again now, given-up ones too; raises `Refused` for one that is on its way or was accepted."""
        return await self._each(mail_ids, Event.RETRY, MAIL_QUEUED)

    async def hold(self, mail_ids: Sequence[int]) -> list[Mail]:
        """Keep waiting mails back until they are released; raises `Refused` for one that waits no more."""
        return await self._each(mail_ids, Event.HOLD, MAIL_HELD)

    async def release(self, mail_ids: Sequence[int]) -> list[Mail]:
        """Let held mails go on; raises `Refused` for one that is not held."""
        return await self._each(mail_ids, Event.RELEASE, MAIL_RELEASED)

    async def again(self, mail_ids: Sequence[int]) -> list[Mail]:
        """Mail anew, with fresh links and as mails of their own, what was accepted and did not reach its reader.

        Raises `Refused` for one that was not accepted, or that is about something that has passed.
        """

        def write(tx: Transaction) -> list[Mail]:
            return [self._copy(tx, mail_id) for mail_id in mail_ids]

        return await self._desk.database.write(write)

    def _copy(self, tx: Transaction, mail_id: int) -> Mail:
        mail = outbox.get(tx, mail_id)
        if mail is None:
            raise Refused(f"there is no mail {mail_id}; see `mailbot outbox list`")
        if mail.state is not State.ACCEPTED:
            raise Refused(f"mail {mail_id} is {mail.state}, not accepted; leave --again out to try it again")
        reason = still_wanted(tx, mail).reason
        if reason:
            raise Refused(f"mail {mail_id} is not mailed anew: {reason}")
        copy = outbox.copy(tx, mail, deadline=stamp(tx.now + self._desk.rules.deadline))
        details = {"outbox": copy.id, "kind": copy.kind, "to": copy.email}
        tx.after_commit(partial(self._desk.facts, MAIL_QUEUED, issuer=copy.issuer, **details))
        return copy

    async def _each(self, mail_ids: Sequence[int], event: Event, fact: Fact) -> list[Mail]:
        def write(tx: Transaction) -> list[Mail]:
            return [self._one(tx, mail_id, event, fact) for mail_id in mail_ids]

        return await self._desk.database.write(write)

    def _one(self, tx: Transaction, mail_id: int, event: Event, fact: Fact) -> Mail:
        mail = outbox.get(tx, mail_id)
        if mail is None:
            raise Refused(f"there is no mail {mail_id}; see `mailbot outbox list`")
        asked = event
        if event is Event.RELEASE and mail.composed_by is not None:
            event = Event.RESEND
        try:
            state = advance(mail.state, event)
        except IllegalTransition:
            raise Refused(f"mail {mail_id} is {mail.state}: {_remedy(mail, asked)}; none was changed") from None
        details: dict[str, object] = {}
        if event is Event.HOLD:
            details["reason"] = "held by staff"
            outbox.settle(tx, [outbox.Outcome(mail_id=mail.id, state=state, reason="held by staff")])
        else:
            outbox.again(tx, mail.id, state, deadline=stamp(tx.now + self._desk.rules.deadline))
        subject = f"mail:{mail.id}"
        record(
            tx,
            self._desk.facts,
            fact,
            issuer=mail.issuer,
            subject=subject,
            outbox=mail.id,
            kind=mail.kind,
            to=mail.email,
            **details,
        )
        found = outbox.get(tx, mail_id)
        assert found is not None  # noqa: S101 -- it was there a moment ago, in this transaction
        return found


def _remedy(mail: Mail, asked: Event) -> str:
    """Say what can be done instead of a step that is not possible."""
    if mail.state is State.HELD:
        return f"let it go on with `mailbot outbox release {mail.id}`"
    if mail.state is State.ACCEPTED and asked is Event.RETRY:
        return f"`mailbot outbox retry --again {mail.id}` mails it anew"
    return f"{asked} is not possible from there"
