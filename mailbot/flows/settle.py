"""Settling a mail by something else than an attempt: cancelled by us, or proved to have arrived."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mailbot.domain.outbox import Event, State, advance
from mailbot.facts import MAIL_ACCEPTED, MAIL_CANCELLED
from mailbot.flows.record import record
from mailbot.store import outbox

if TYPE_CHECKING:
    from mailbot.flows.desk import Desk
    from mailbot.store.database import Transaction
    from mailbot.store.deliveries import Delivery
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


def proved_arrived(desk: Desk, tx: Transaction, delivery: Delivery) -> None:
    """Settle a notice of unknown outcome whose link was pressed: it must have arrived."""
    for mail in outbox.unfinished_at(tx, address_id=delivery.address_id):
        if mail.state is not State.UNKNOWN or f'"delivery":{delivery.id},' not in mail.payload:
            continue
        said = "no answer was heard, but a link of this mail was pressed"
        outbox.settle(tx, [outbox.Outcome(mail_id=mail.id, state=State.ACCEPTED, response=said)])
        record(
            tx,
            desk.facts,
            MAIL_ACCEPTED,
            issuer=mail.issuer,
            subject=f"mail:{mail.id}",
            outbox=mail.id,
            kind=mail.kind,
            to=mail.email,
            attempt=mail.attempts,
            response=said,
        )
