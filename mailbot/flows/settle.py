"""Settling a mail by something else than an attempt: cancelled by us, proved to have arrived, or come back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mailbot.domain.outbox import Event, State, advance
from mailbot.facts import MAIL_ACCEPTED, MAIL_CANCELLED, MAIL_REFUSED
from mailbot.flows.ended import note_accepted
from mailbot.flows.record import record
from mailbot.store import outbox

if TYPE_CHECKING:
    from collections.abc import Callable

    from mailbot.facts import Fact
    from mailbot.flows.desk import Desk
    from mailbot.store.database import Transaction
    from mailbot.store.outbox import Mail


def cancel(desk: Desk, tx: Transaction, mail: Mail, reason: str) -> None:
    """Cancel a mail that waits or is held; raises `IllegalTransition` for one that may be on its way."""
    state = advance(mail.state, Event.CANCEL)
    outbox.settle(tx, [outbox.Outcome(mail_id=mail.id, state=state, reason=reason)])
    record(
        tx,
        desk.facts,
        MAIL_CANCELLED,
        issuer=mail.issuer,
        subject=f"mail:{mail.id}",
        outbox=mail.id,
        kind=mail.kind,
        to=mail.email,
        reason=reason,
    )


def proved_arrived(desk: Desk, tx: Transaction, address_id: int, holds: Callable[[Mail], bool]) -> None:
    """Settle the mails of unknown outcome that hold a link which was pressed: they must have arrived."""
    for mail in outbox.unknown_at(tx, address_id=address_id):
        if holds(mail):
            _accept(desk, tx, mail)


def holds_delivery(mail: Mail, delivery_id: int) -> bool:
    """Tell whether a mail holds the link to this delivery."""
    return f'"delivery":{delivery_id},' in mail.payload


def heard_of(desk: Desk, tx: Transaction, mail: Mail) -> None:
    """Settle a mail of unknown outcome about which something came in that only those who have it can write."""
    if may_have_gone(mail):
        _accept(desk, tx, mail, "no answer was heard, but a mail about this one came in")


def came_back(desk: Desk, tx: Transaction, mail: Mail, said: str) -> bool:
    """Settle a mail of unknown outcome that a report brought back, so that it is not sent again; True where it was."""
    if not may_have_gone(mail):
        return False
    outbox.settle(tx, [outbox.Outcome(mail_id=mail.id, state=State.REFUSED, response=said)])
    _state(desk, tx, MAIL_REFUSED, mail, said)
    return True


def may_have_gone(mail: Mail) -> bool:
    """Tell whether a mail waits, or is held, of which nobody knows whether the relay took it."""
    return mail.state is State.UNKNOWN or (mail.state is State.HELD and mail.composed_by is not None)


def _accept(
    desk: Desk, tx: Transaction, mail: Mail, said: str = "no answer was heard, but a link of this mail was pressed"
) -> None:
    outbox.settle(tx, [outbox.Outcome(mail_id=mail.id, state=State.ACCEPTED, response=said)])
    note_accepted(desk, tx, [mail])
    _state(desk, tx, MAIL_ACCEPTED, mail, said)


def _state(desk: Desk, tx: Transaction, fact: Fact, mail: Mail, said: str) -> None:
    record(
        tx,
        desk.facts,
        fact,
        issuer=mail.issuer,
        subject=f"mail:{mail.id}",
        outbox=mail.id,
        kind=mail.kind,
        to=mail.email,
        attempt=mail.attempts,
        response=said,
    )
