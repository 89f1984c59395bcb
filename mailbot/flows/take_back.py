"""Taking an import back while its mails have not gone out.

Owns what cancelling means: waiting mails are cancelled, invoices that nobody was told of are forgotten so that their
numbers are free again, and what has been told stays and is named.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mailbot.domain.address import Status
from mailbot.domain.outbox import Kind, State
from mailbot.errors import Refused
from mailbot.facts import IMPORT_CANCELLED
from mailbot.flows import settle
from mailbot.flows.record import record
from mailbot.store import addresses, imports, invoices, outbox

if TYPE_CHECKING:
    from mailbot.flows.desk import Desk
    from mailbot.store.database import Transaction

CANCELLABLE = frozenset({State.QUEUED, State.DEFERRED, State.HELD})


@dataclass(frozen=True, slots=True)
class TakenBack:
    """What came of cancelling an import."""

    import_id: int
    kind: str
    """`invoices` or `customers`."""
    rows: int
    """Invoices that are forgotten, or addresses that are not asked any more."""
    mails: int
    kept: tuple[str, ...]
    """Invoices and addresses that were told already, or may have been."""


class TakeBack:
    """Cancels imports."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def cancel(self, import_id: int, *, issuers: tuple[str, ...]) -> TakenBack:
        """Take an import of one of these issuers back; raises `Refused` where there is none or it is done."""
        return await self._desk.database.write(lambda tx: self._cancel(tx, import_id, issuers))

    def _cancel(self, tx: Transaction, import_id: int, issuers: tuple[str, ...]) -> TakenBack:
        found = imports.get(tx, import_id)
        if found is None or found.issuer not in issuers:
            raise Refused(f"there is no import {import_id}; see `mailbot imports list`")
        if found.state == "cancelled":
            raise Refused(f"import {import_id} was cancelled already")
        undo = self._invoices if found.kind == "invoices" else self._customers
        result = undo(tx, import_id)
        if result.kept and not result.rows and not result.mails:
            raise Refused(f"everybody was told already of all {len(result.kept)} rows of import {import_id}")
        imports.cancel(tx, import_id)
        record(
            tx,
            self._desk.facts,
            IMPORT_CANCELLED,
            issuer=found.issuer,
            subject=f"import:{import_id}",
            **{"import": import_id},
            rows=result.rows,
            mails=result.mails,
        )
        return result

    def _invoices(self, tx: Transaction, import_id: int) -> TakenBack:
        forgotten, mails, kept = [], 0, []
        for invoice_id in imports.invoice_ids(tx, import_id):
            waiting = outbox.notices_of(tx, invoice_id)
            # A notice of several invoices goes on, and says less when it is sent.
            telling = [*waiting, *outbox.late_notices_of(tx, invoice_id)]
            if invoices.get(tx, invoice_id).sent_at is None and all(mail.state in CANCELLABLE for mail in telling):
                for mail in waiting:
                    settle.cancel(self._desk, tx, mail, "its import was cancelled")
                mails += len(waiting)
                forgotten.append(invoice_id)
            else:
                kept.append(invoices.get(tx, invoice_id).number)
        imports.forget_invoices(tx, forgotten)
        return TakenBack(import_id, "invoices", len(forgotten), mails, tuple(kept))

    def _customers(self, tx: Transaction, import_id: int) -> TakenBack:
        mails, kept = 0, []
        for mail in outbox.of_import(tx, import_id):
            if mail.kind != Kind.PROOF or mail.state is State.CANCELLED:
                continue
            if mail.state not in CANCELLABLE:
                kept.append(mail.email)
                continue
            settle.cancel(self._desk, tx, mail, "its import was cancelled")
            mails += 1
            address = addresses.get(tx, mail.address_id or 0)
            if address.status is Status.PENDING and address.version == json.loads(mail.payload)["version"]:
                # A later import of the same address asks again, with a proof of its own.
                addresses.ask_again(tx, address, status=Status.PENDING)
        return TakenBack(import_id, "customers", mails, mails, tuple(kept))
