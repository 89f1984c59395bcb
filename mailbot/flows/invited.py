"""A customer's one invitation: laid out anew, sent, superseded.

Owns what inviting by mail and on paper have in common, each in the caller's transaction. A customer has one invitation
that counts; mailed links and codes on paper lead to it, and whichever is used first decides it.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from mailbot.clock import stamp
from mailbot.domain.calendar import calendar_of, read_zone
from mailbot.domain.dates import end_of_days
from mailbot.domain.invitation import LIVE, UNANSWERED, Event, advance, ended, next_look
from mailbot.facts import INVITATION_SENT
from mailbot.flows.record import record
from mailbot.store import customers, invitations, paper_codes

if TYPE_CHECKING:
    from datetime import datetime

    from mailbot.flows.desk import Desk
    from mailbot.store.customers import Customer
    from mailbot.store.database import Transaction
    from mailbot.store.invitations import Invitation
    from mailbot.store.outbox import Mail


def expiry(desk: Desk, issuer: str, now: datetime) -> datetime:
    """Return until when an invitation of this issuer that goes out now may be answered."""
    known = desk.issuer(issuer)
    return end_of_days(now, known.invitation_days, read_zone(known.time_zone))


def answerable(invitation: Invitation | None, now: datetime) -> bool:
    """Tell whether there is an invitation that waits for its first answer."""
    return (
        invitation is not None
        and invitation.state in UNANSWERED
        and not ended(now=now, expires_at=invitation.expires_at)
    )


def by_mail(desk: Desk, tx: Transaction, customer: Customer, address_id: int) -> Invitation:
    """Return the customer's invitation as it is to be mailed now; older links of it work no more."""
    expires_at = expiry(desk, customer.issuer, tx.now)
    found = invitations.current(tx, customer.id)
    if found is not None and answerable(found, tx.now):
        return invitations.mail_again(tx, found, address_id=address_id, expires_at=expires_at)
    return anew(tx, customer, found, channel="mail", address_id=address_id, expires_at=expires_at)


def anew(
    tx: Transaction,
    customer: Customer,
    old: Invitation | None,
    *,
    channel: str,
    address_id: int | None,
    expires_at: datetime,
) -> Invitation:
    """Put a new invitation in the place of one that was declined or has expired; codes on paper follow."""
    if old is not None:
        invitations.set_state(tx, old.id, advance(old.state, Event.SUPERSEDE))
    invitation = invitations.insert(
        tx,
        issuer=customer.issuer,
        customer_id=customer.id,
        channel=channel,
        address_id=address_id,
        expires_at=expires_at,
    )
    paper_codes.follow(tx, customer_id=customer.id, invitation_id=invitation.id)
    customers.set_status(tx, customer.id, "invited")
    return invitation


def gone_out(
    desk: Desk, tx: Transaction, invitation: Invitation, *, channel: str, to: str, expires_at: datetime
) -> None:
    """Write that an invitation is on its way since now, and when a sweep first looks at it."""
    issuer = desk.issuers[invitation.issuer]
    calendar = calendar_of(issuer)
    base = calendar.local_date(tx.now)
    at = next_look(
        now=tx.now,
        base=base,
        passed_steps=0,
        sent=0,
        mailed=channel == "mail",
        policy=issuer.reminders,
        calendar=calendar,
    )
    invitations.sent(
        tx,
        invitation.id,
        channel=channel,
        base_date=base.isoformat(),
        expires_at=expires_at,
        remind_at=stamp(min(at, expires_at)),
    )
    customer = customers.get(tx, invitation.customer_id)
    record(
        tx,
        desk.facts,
        INVITATION_SENT,
        issuer=invitation.issuer,
        subject=f"customer:{customer.code}",
        customer=customer.code,
        channel=channel,
        to=to,
    )


def note_mailed(desk: Desk, tx: Transaction, mail: Mail) -> None:
    """Write that the relay took an invitation: it lives from now on. Reminders of it change nothing."""
    payload = json.loads(mail.payload)
    if payload["step"] or mail.issuer not in desk.issuers:
        return
    invitation = invitations.get(tx, payload["invitation"])
    if invitation.version == payload["invitation_version"] and invitation.state in LIVE:
        expires_at = expiry(desk, mail.issuer, tx.now)
        gone_out(desk, tx, invitation, channel="mail", to=mail.email, expires_at=expires_at)
