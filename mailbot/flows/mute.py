"""Stopping the reminders to a mailbox, putting them off, and beginning again: by the link in a reminder, or by reply.

Owns that it holds for all rows of the mailbox at an issuer, since one reminder speaks for all of them, and that the
same wish twice is one. Notices of new invoices go on in any case. Which replies may ask for it is `hearing`'s.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from mailbot.clock import stamp
from mailbot.domain.address import RECEIVES, Event, Status, advance
from mailbot.errors import BadLink
from mailbot.facts import ADDRESS_MUTED, ADDRESS_SNOOZED, ADDRESS_UNMUTED, Fact
from mailbot.flows import remind
from mailbot.flows.record import record
from mailbot.store import addresses, customers

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from mailbot.domain.policy import Issuer
    from mailbot.flows.desk import Desk
    from mailbot.links import Link
    from mailbot.store.addresses import Address
    from mailbot.store.database import Reading, Transaction

PAUSES = {"7": 7, "14": 14, "30": 30}
"""Choices of the page that put reminders off, with their days."""

STOP, RESUME = "stop", "resume"
"""Its other choices."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MutePage:
    """What the page behind a reminder's last link shows."""

    state: str
    """`ready`, `done` (stopped, put off, or just begun again), `expired` (its key was retired) or `superseded`."""
    stands: str
    """`on`, `paused` or `stopped`."""
    issuer: Issuer
    locale: str
    email: str
    until: datetime | None
    """End of a pause."""
    at: datetime | None
    """When that was chosen."""


class Mute:
    """Looks at and acts on links that stop reminders."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def look(self, link: Link) -> MutePage:
        """Return what the link's page shows; raises `BadLink` where its row is gone."""
        return self._desk.database.read(lambda reading: self._page(reading, link, self._desk.clock.now()))

    async def act(self, link: Link, *, choice: str, seen_at: datetime) -> MutePage:
        """Do what was chosen, one of `PAUSES`, `STOP` and `RESUME`; `seen_at` is when the page with it was got.

        The same choice pressed again on that page changes nothing.
        """

        def write(tx: Transaction) -> MutePage:
            page = self._page(tx, link, tx.now)
            if page.state not in {"ready", "done"}:
                return page
            address = addresses.get(tx, link.ids[0])
            if choice in PAUSES and not _is_pressed_again(address, PAUSES[choice], seen_at):
                pause(self._desk, tx, address, days=PAUSES[choice], how="link")
            elif choice == STOP:
                stop(self._desk, tx, address, how="link")
            elif choice == RESUME:
                begin_again(self._desk, tx, address, how="link")
            return self._page(tx, link, tx.now, acted=True)

        return await self._desk.database.write(write)

    def _page(self, reading: Reading | Transaction, link: Link, now: datetime, *, acted: bool = False) -> MutePage:
        try:
            address = addresses.get(reading, link.ids[0])
        except LookupError:
            raise BadLink("this link is about nothing that we have") from None
        stands = stands_at(address, now)
        done = acted or stands != "on"
        gone, ended = address.status not in RECEIVES, link.retired
        return MutePage(
            state="superseded" if gone else "expired" if ended else "done" if done else "ready",
            stands=stands,
            issuer=self._desk.issuer(address.issuer),
            locale=customers.get(reading, address.customer_id).locale,
            email=address.email,
            until=address.snoozed_until,
            at=address.quiet_changed_at,
        )


def stands_at(address: Address, now: datetime) -> str:
    """Say whether an address gets reminders: `on`, `paused` or `stopped`."""
    if address.status is Status.MUTED:
        return "stopped"
    return "paused" if address.snoozed_until is not None and address.snoozed_until > now else "on"


def stop(desk: Desk, tx: Transaction, address: Address, *, how: str) -> None:
    """Send no reminders to this mailbox until it asks for them; `how` is `reply` or `link`."""

    def quiet(row: Address) -> None:
        if row.status is Status.CONFIRMED:
            addresses.set_quiet(tx, row.id, status=advance(row.status, Event.MUTE), snoozed_until=None)
            _state(desk, tx, ADDRESS_MUTED, row, how=how)

    _each(tx, address, quiet)


def pause(desk: Desk, tx: Transaction, address: Address, *, days: int, how: str) -> datetime:
    """Send no reminders to this mailbox for so many days, and return until when; one that had stopped begins then."""
    until = tx.now + timedelta(days=days)

    def quiet(row: Address) -> None:
        addresses.set_quiet(tx, row.id, status=_awake(row), snoozed_until=until)
        remind.resume_at(desk, tx, row)
        _state(desk, tx, ADDRESS_SNOOZED, row, until=stamp(until), how=how)

    _each(tx, address, quiet)
    return until


def begin_again(desk: Desk, tx: Transaction, address: Address, *, how: str) -> None:
    """Send reminders to this mailbox again."""

    def wake(row: Address) -> None:
        if stands_at(row, tx.now) != "on":
            addresses.set_quiet(tx, row.id, status=_awake(row), snoozed_until=None)
            remind.resume_at(desk, tx, row)
            _state(desk, tx, ADDRESS_UNMUTED, row, how=how)

    _each(tx, address, wake)


def _each(tx: Transaction, address: Address, change: Callable[[Address], None]) -> None:
    for row in addresses.by_mailbox(tx, address.issuer, address.email_key):
        if row.status in RECEIVES:
            change(row)


def _awake(row: Address) -> Status:
    return advance(row.status, Event.UNMUTE) if row.status is Status.MUTED else row.status


def _is_pressed_again(address: Address, days: int, seen_at: datetime) -> bool:
    """Tell whether this pause was chosen since the page was got: browsers send a form twice."""
    at, until = address.quiet_changed_at, address.snoozed_until
    return at is not None and until is not None and seen_at <= at and until - at == timedelta(days=days)


def _state(desk: Desk, tx: Transaction, fact: Fact, row: Address, **details: object) -> None:
    record(
        tx,
        desk.facts,
        fact,
        issuer=row.issuer,
        subject=f"address:{row.id}",
        customer=customers.get(tx, row.customer_id).code,
        to=row.email,
        **details,
    )
