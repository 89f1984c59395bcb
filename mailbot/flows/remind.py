"""Reminding those who have not downloaded.

Owns the sweep over what is due in the store: one mail for each person (issuer and mailbox) and local date, listing
all their open invoices. When is due is `domain.reminders`'; a sweep every second changes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from mailbot.clock import stamp
from mailbot.domain.calendar import calendar_of
from mailbot.domain.reminders import after_gap, due_step, may_remind, next_look
from mailbot.facts import INVOICE_REMINDED
from mailbot.flows import notify
from mailbot.flows.issue import LISTED
from mailbot.flows.record import record
from mailbot.flows.row_by_row import row_by_row
from mailbot.store import addresses, customers, deliveries, invoices

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from mailbot.domain.calendar import Calendar
    from mailbot.domain.policy import Issuer
    from mailbot.flows.desk import Desk
    from mailbot.store.addresses import Address
    from mailbot.store.database import Transaction
    from mailbot.store.deliveries import Due
    from mailbot.store.invoices import Invoice

SLICE = 200
"""Deliveries that one transaction looks at."""


@dataclass(frozen=True, slots=True)
class _Step:
    """A delivery with the step that is due for it."""

    due: Due
    step: int


class Remind:
    """Sweeps over what is due."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def step(self) -> bool:
        """Look at up to `SLICE` deliveries that are due; True where there may be more."""
        return await self._desk.database.write(self._sweep) == SLICE

    def _sweep(self, tx: Transaction) -> int:
        found = deliveries.to_remind(tx, SLICE)
        persons: dict[tuple[str, str], Due] = {}
        for due in found:
            persons.setdefault((due.issuer, due.email_key), due)
        row_by_row(
            self._desk,
            tx,
            list(persons.values()),
            work=lambda persons: self._persons(tx, persons),
            push_ahead=lambda person, until: self._push_ahead(tx, person, until),
            table="deliveries",
            row_id=lambda person: person.id,
        )
        return len(found)

    def _persons(self, tx: Transaction, persons: Sequence[Due]) -> None:
        for person in persons:
            self._person(tx, person.issuer, person.email_key)

    def _push_ahead(self, tx: Transaction, person: Due, until: str) -> None:
        for due in deliveries.to_remind_of(tx, issuer=person.issuer, email_key=person.email_key):
            deliveries.look_again(tx, due.id, until)

    def _person(self, tx: Transaction, issuer_code: str, email_key: str) -> None:
        issuer = self._desk.issuer(issuer_code)
        found = deliveries.to_remind_of(tx, issuer=issuer_code, email_key=email_key)
        for unwanted in (due for due in found if not due.wanted):
            deliveries.look_again(tx, unwanted.id, None)
        wanted = [due for due in found if due.wanted and not _put_off(tx, due)]
        if wanted:
            self._remind(tx, issuer, email_key, wanted)

    def _remind(self, tx: Transaction, issuer: Issuer, email_key: str, wanted: list[Due]) -> None:
        calendar = calendar_of(issuer)
        today = calendar.local_date(tx.now)
        last = self._last(tx, issuer, email_key)
        if last is not None and not may_remind(last, today=today, policy=issuer.reminders):
            later = stamp(after_gap(last, policy=issuer.reminders, calendar=calendar))
            for due in wanted:
                deliveries.look_again(tx, due.id, later)
            return
        steps = [_Step(due, step) for due in wanted if (step := _due(due, issuer, calendar, tx.now)) is not None]
        for due in wanted:
            if all(each.due is not due for each in steps):
                deliveries.look_again(tx, due.id, _next(due, issuer, calendar, tx.now))
        if steps:
            self._send(tx, issuer, email_key, steps, today)

    def _last(self, tx: Transaction, issuer: Issuer, email_key: str) -> date | None:
        days = [each.last_reminded_on for each in addresses.by_mailbox(tx, issuer.code, email_key)]
        return max((date.fromisoformat(day) for day in days if day), default=None)

    def _send(self, tx: Transaction, issuer: Issuer, email_key: str, steps: list[_Step], today: date) -> None:
        first = steps[0].due
        customer, address = customers.get(tx, first.customer_id), addresses.get(tx, first.address_id)
        found = deliveries.open_at(tx, issuer=issuer.code, email_key=email_key)
        entries = [(invoices.get(tx, invoice), delivery, doubtful) for delivery, invoice, doubtful in found[:LISTED]]
        step = max(each.step for each in steps)
        notify.reminder(
            self._desk, tx, customer, address, entries=entries, step=step, on=f"{email_key}:{today.isoformat()}"
        )
        addresses.reminded(tx, issuer=issuer.code, email_key=email_key, on=today.isoformat())
        calendar = calendar_of(issuer)
        for each in steps:
            at = _next(each.due, issuer, calendar, tx.now, passed=each.step, sent=each.due.reminders + 1)
            deliveries.reminded(tx, each.due.id, step=each.step, remind_at=at)
        for each in steps:
            self._state(tx, issuer, invoices.get(tx, each.due.invoice_id).number, each.step)

    def _state(self, tx: Transaction, issuer: Issuer, number: str, step: int) -> None:
        record(
            tx,
            self._desk.facts,
            INVOICE_REMINDED,
            issuer=issuer.code,
            subject=f"invoice:{number}",
            invoice=number,
            step=step,
            mails=1,
        )


def _put_off(tx: Transaction, due: Due) -> bool:
    """Look again when the pause that the address asked for is over; False where there is none."""
    if due.snoozed_until is None or due.snoozed_until <= tx.now_text:
        return False
    deliveries.look_again(tx, due.id, due.snoozed_until)
    return True


def resume_at(desk: Desk, tx: Transaction, address: Address) -> None:
    """Look again at all that an address may be reminded of, now that it gets reminders once more."""
    issuer = desk.issuer(address.issuer)
    calendar = calendar_of(issuer)
    for due in deliveries.told_at(tx, address.id):
        deliveries.look_again(tx, due.id, _next(due, issuer, calendar, tx.now))


def resume(desk: Desk, tx: Transaction, invoice: Invoice) -> None:
    """Look again at everybody who was told of an invoice whose reminders had ended and which is open once more."""
    issuer = desk.issuer(invoice.issuer)
    calendar = calendar_of(issuer)
    for due in deliveries.told(tx, invoice.id):
        deliveries.look_again(tx, due.id, _next(due, issuer, calendar, tx.now))


def _due(due: Due, issuer: Issuer, calendar: Calendar, now: datetime) -> int | None:
    return due_step(
        now=now,
        base=date.fromisoformat(due.base_date),
        passed_steps=due.reminded_step,
        sent=due.reminders,
        policy=issuer.reminders,
        calendar=calendar,
    )


def _next(
    due: Due,
    issuer: Issuer,
    calendar: Calendar,
    now: datetime,
    *,
    passed: int | None = None,
    sent: int | None = None,
) -> str | None:
    at = next_look(
        now=now,
        base=date.fromisoformat(due.base_date),
        passed_steps=due.reminded_step if passed is None else passed,
        sent=due.reminders if sent is None else sent,
        policy=issuer.reminders,
        calendar=calendar,
    )
    return None if at is None else stamp(at)
