"""When a customer who has not downloaded is reminded.

Owns the rule, as a pure function of (now, calendar, policy, what happened). The base is the local date of the first
accepted notice. Step n is due at base + `after_days[n]` calendar days, at the start of hours of the first business day
on or after it. Where several steps passed, the latest counts and the earlier are never made up. Nothing is sent outside
business hours, and one person gets at most one reminder on one local date.

Which invoices are open, and who is to be told of them, is the store's to know.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mailbot.domain.calendar import Calendar
    from mailbot.domain.policy import ReminderPolicy


def step_due(step: int, *, base: date, policy: ReminderPolicy, calendar: Calendar) -> datetime:
    """Return the moment, in UTC, from which the 1-based `step` is due."""
    day = base + timedelta(days=policy.after_days[step - 1])
    return calendar.opening(calendar.next_business_day(day))


def next_look(
    *, now: datetime, base: date, passed_steps: int, sent: int, policy: ReminderPolicy, calendar: Calendar
) -> datetime | None:
    """Return the moment at which a sweep must look at this invoice again, `None` when no step is left.

    `passed_steps` is the highest step sent or passed over, `sent` how many reminders were queued. The moment is never
    before `now`, and within business hours; a step that is due already gives `now`, or the next opening.
    """
    steps = _left(passed_steps, sent, policy)
    if not steps:
        return None
    first = min(step_due(step, base=base, policy=policy, calendar=calendar) for step in steps)
    return first if first > now else calendar.next_opening(now)


def due_step(
    *, now: datetime, base: date, passed_steps: int, sent: int, policy: ReminderPolicy, calendar: Calendar
) -> int | None:
    """Return the highest step that is due now (1-based), `None` where none is or the office is closed.

    Whoever sends it stores it as the new `passed_steps`: the same sweep a second later then finds nothing.
    """
    if not calendar.within_hours(now):
        return None
    for step in reversed(_left(passed_steps, sent, policy)):
        if step_due(step, base=base, policy=policy, calendar=calendar) <= now:
            return step
    return None


def _left(passed_steps: int, sent: int, policy: ReminderPolicy) -> range:
    return range(passed_steps + 1, len(policy.after_days) + 1) if sent < policy.max else range(0)


def may_remind(person_last: date | None, *, today: date, policy: ReminderPolicy) -> bool:
    """Tell whether somebody last reminded on the local date `person_last` may be reminded today."""
    return person_last is None or today >= person_last + _gap(policy)


def after_gap(person_last: date, *, policy: ReminderPolicy, calendar: Calendar) -> datetime:
    """Return the moment, in UTC, from which somebody reminded on `person_last` may be reminded again."""
    return calendar.opening(calendar.next_business_day(person_last + _gap(policy)))


def _gap(policy: ReminderPolicy) -> timedelta:
    """Return the days between two reminders to one person: never two on one date, whatever the policy says."""
    return timedelta(days=max(policy.min_gap_days, 1))
