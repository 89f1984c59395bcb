"""Reminding those who have not answered an invitation, and listing them for the staff in the end.

Owns the sweep over invitations. A mailed one is repeated by the rules that invoices are reminded by; a week after the
last step (`domain.invitation.PATIENCE`) staff gets one list of those of whom nothing was heard, letters among them.
What may be answered no more expires here.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from mailbot.clock import stamp
from mailbot.domain.address import RECEIVES
from mailbot.domain.calendar import calendar_of
from mailbot.domain.invitation import LIVE, UNANSWERED, Event, advance, ended, next_look
from mailbot.domain.reminders import after_gap, due_step, may_remind
from mailbot.facts import INVITATION_EXPIRED, INVITATION_REMINDED, INVITATION_UNANSWERED, Fact
from mailbot.flows import notify
from mailbot.flows.invite import NOWHERE
from mailbot.flows.record import record
from mailbot.flows.row_by_row import row_by_row
from mailbot.flows.staff_words import unanswered
from mailbot.store import addresses, customers, invitations, paper_codes
from mailbot.store.paper_codes import CodeState

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mailbot.domain.policy import Issuer
    from mailbot.flows.desk import Desk
    from mailbot.store.customers import Customer
    from mailbot.store.database import Transaction
    from mailbot.store.invitations import Invitation

SLICE = 2_000
"""Invitations that one transaction looks at, and so the most that one list is about."""


class InvitationReminders:
    """Sweeps over what is due."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def step(self) -> bool:
        """Look at up to `SLICE` invitations that are due; True where there may be more."""
        return await self._desk.database.write(self._sweep) == SLICE

    def _sweep(self, tx: Transaction) -> int:
        due = invitations.to_look_at(tx, SLICE)
        row_by_row(
            self._desk,
            tx,
            due,
            work=lambda rows: self._look_at(tx, rows),
            push_ahead=lambda row, until: invitations.look_again(tx, row.id, until),
            table="invitations",
            row_id=lambda row: row.id,
        )
        return len(due)

    def _look_at(self, tx: Transaction, due: Sequence[Invitation]) -> None:
        to_list: dict[str, list[Invitation]] = {}
        for invitation in due:
            if self._silent(tx, invitation):
                to_list.setdefault(invitation.issuer, []).append(invitation)
        for issuer, silent in to_list.items():
            self._list(tx, self._desk.issuer(issuer), silent)
        for invitation in due:
            if invitation.state in LIVE and ended(now=tx.now, expires_at=invitation.expires_at):
                self._expire(tx, invitation)

    def _silent(self, tx: Transaction, invitation: Invitation) -> bool:
        """Do what is due of one invitation; True where staff is to hear now that nobody answers it."""
        answered = invitation.state not in UNANSWERED or self._receives(tx, invitation)
        if answered or invitation.listed_at is not None:
            later = stamp(invitation.expires_at) if invitation.state in LIVE else None
            invitations.look_again(tx, invitation.id, later)
            return False
        if ended(now=tx.now, expires_at=invitation.expires_at):
            return True
        issuer = self._desk.issuer(invitation.issuer)
        return not self._waits_for_gap(tx, invitation, issuer) and not self._remind(tx, invitation, issuer)

    def _expire(self, tx: Transaction, invitation: Invitation) -> None:
        """Write that it can be answered no more; one that was answered by its letter stays as it is, for good."""
        if self._receives(tx, invitation):
            invitations.look_again(tx, invitation.id, None)
            return
        invitations.set_state(tx, invitation.id, advance(invitation.state, Event.EXPIRE))
        self._state(tx, INVITATION_EXPIRED, invitation)

    def _receives(self, tx: Transaction, invitation: Invitation) -> bool:
        """Tell whether its letter was used for an address that receives: an answer, though nobody has an account."""
        codes = paper_codes.printed_of_customer(tx, invitation.customer_id)
        used = any(code.invitation_id == invitation.id and code.state is CodeState.USED for code in codes)
        return used and any(each.status in RECEIVES for each in addresses.of_customer(tx, invitation.customer_id))

    def _waits_for_gap(self, tx: Transaction, invitation: Invitation, issuer: Issuer) -> bool:
        """Put off what is due of an invitation whose person was reminded of something too lately."""
        calendar = calendar_of(issuer)
        last = self._last(tx, invitation)
        today = calendar.local_date(tx.now)
        if last is None or may_remind(last, today=today, policy=issuer.reminders):
            return False
        at = min(after_gap(last, policy=issuer.reminders, calendar=calendar), invitation.expires_at)
        invitations.look_again(tx, invitation.id, stamp(at))
        return True

    def _last(self, tx: Transaction, invitation: Invitation) -> date | None:
        if invitation.channel != "mail" or invitation.address_id is None:
            return None
        key = addresses.get(tx, invitation.address_id).email_key
        days = [each.last_reminded_on for each in addresses.by_mailbox(tx, invitation.issuer, key)]
        return max((date.fromisoformat(day) for day in days if day), default=None)

    def _remind(self, tx: Transaction, invitation: Invitation, issuer: Issuer) -> bool:
        """Send the step that is due, or look again when the next one is; False where no step is left."""
        base = date.fromisoformat(invitation.base_date or "")
        calendar, policy = calendar_of(issuer), issuer.reminders
        mailed = invitation.channel == "mail" and self._can_be_mailed(tx, invitation)
        passed, sent, today = invitation.reminded_step, invitation.reminders, None
        step = due_step(now=tx.now, base=base, passed_steps=passed, sent=sent, policy=policy, calendar=calendar)
        if step is not None and mailed:
            self._send(tx, invitation, issuer, step)
            passed, sent, today = step, sent + 1, calendar.local_date(tx.now)
        at = next_look(
            now=tx.now,
            base=base,
            passed_steps=passed,
            sent=sent,
            mailed=mailed,
            reminded_on=today,
            policy=policy,
            calendar=calendar,
        )
        if at <= tx.now:
            return False
        remind_at = stamp(min(at, invitation.expires_at))
        if today is None:
            invitations.look_again(tx, invitation.id, remind_at)
        else:
            invitations.reminded(tx, invitation.id, step=passed, remind_at=remind_at)
        return True

    def _can_be_mailed(self, tx: Transaction, invitation: Invitation) -> bool:
        return addresses.get(tx, invitation.address_id or 0).status not in NOWHERE

    def _send(self, tx: Transaction, invitation: Invitation, issuer: Issuer, step: int) -> None:
        customer = customers.get(tx, invitation.customer_id)
        address = addresses.get(tx, invitation.address_id or 0)
        notify.invitation(self._desk, tx, customer, address, invitation, step=step)
        today = calendar_of(issuer).local_date(tx.now).isoformat()
        addresses.reminded(tx, issuer=issuer.code, email_key=address.email_key, on=today)
        self._state(tx, INVITATION_REMINDED, invitation, step=step)

    def _list(self, tx: Transaction, issuer: Issuer, silent: Sequence[Invitation]) -> None:
        """Tell the staff, in one mail, of whom nothing was heard."""
        invitations.listed(tx, [each.id for each in silent])
        rows: list[tuple[Customer, Invitation]] = []
        for each in silent:
            rows.append((customers.get(tx, each.customer_id), each))
            self._state(tx, INVITATION_UNANSWERED, each)
        first = min(each.id for each in silent)
        listed = [(customer.code, customer.name, each.channel, each.base_date or "") for customer, each in rows]
        content = unanswered(sorted(listed), locale=issuer.locale)
        notify.staff(self._desk, tx, issuer, subject=f"unanswered:{first}:{tx.now_text}", content=content)

    def _state(self, tx: Transaction, fact: Fact, invitation: Invitation, **details: object) -> None:
        customer = customers.get(tx, invitation.customer_id)
        record(
            tx,
            self._desk.facts,
            fact,
            issuer=customer.issuer,
            subject=f"customer:{customer.code}",
            customer=customer.code,
            **details,
        )
