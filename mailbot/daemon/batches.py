"""Batches out of the drop folder: read, checked, braked and taken, with nobody there to answer a question.

Owns what a batch from a folder may do by itself. What would send more mails than `confirm_above` is left to a person.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from mailbot.clock import SystemClock
from mailbot.domain.delimited import MAX_BYTES
from mailbot.domain.invoice_sheet import read_invoices
from mailbot.edges.drop_folder import DropFolder
from mailbot.edges.pdf import checked
from mailbot.errors import Refused
from mailbot.flows.take_invoices import TakeInvoices

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

    from mailbot.config import Settings
    from mailbot.edges.drop_folder import Batch
    from mailbot.flows.desk import Desk
    from mailbot.flows.take_invoices import InvoicePlan

LOOK_S = 1.0
"""Between two looks into the folder."""


class Batches:
    """Takes the batches of a drop folder."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def take(self, batch: Batch) -> str:
        """Import a batch whole and return its import's id; raises `Refused`, `StoreError`, `OSError`."""
        take = TakeInvoices(self._desk, batch.issuer)
        pdf = checked(batch.folder, limit=self._desk.rules.max_pdf)
        content = await asyncio.to_thread(read_sheet, batch.sheet)
        zone = ZoneInfo(self._desk.issuer(batch.issuer).time_zone)

        def check() -> InvoicePlan:
            digest = hashlib.sha256(content).hexdigest()
            return take.check(read_invoices(content, zone=zone), pdf, source=batch.sheet.name, source_sha256=digest)

        plan = await asyncio.to_thread(check)
        self._brake(plan, batch)
        taken = await take.take(plan, pdf)
        return "unchanged" if taken.import_id is None else str(taken.import_id)

    def _brake(self, plan: InvoicePlan, batch: Batch) -> None:
        limit = self._desk.rules.confirm_above
        if plan.mails > limit:
            raise Refused(
                f"this would send {plan.mails} mails, more than confirm_above = {limit}; nothing was taken. If that is"
                f" meant, run: mailbot invoices import {batch.sheet.name} --issuer {batch.issuer} --yes"
            )


def read_sheet(sheet: Path) -> bytes:
    """Read a batch's CSV, one octet more than it may have at most; raises `OSError` where it became a link meanwhile.

    Whoever may write into the folder could otherwise have its report show a file that only mailbot may read.
    """
    descriptor = os.open(sheet, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(descriptor, "rb") as file:
        return file.read(MAX_BYTES + 1)


def watch(desk: Desk, settings: Settings) -> Callable[[], Awaitable[None]]:
    """Return what watches the configured drop folder for ever."""
    root = settings.mailbot.drop_folder
    assert root is not None  # noqa: S101 -- whoever calls this has looked
    watcher = DropFolder(
        settings.file.parent / root,
        issuers=list(desk.issuers),
        take=Batches(desk).take,
        facts=desk.facts,
        clock=SystemClock(),  # files settle in real time, also where a sandbox's clock jumps
        settle=settings.drop.settle,
    )

    async def run() -> None:
        while True:
            if not await watcher.step():
                await asyncio.sleep(LOOK_S)

    return run
