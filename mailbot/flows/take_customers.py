"""Taking a batch of customers: new ones, changed ones, their addresses, and the proofs that are asked for.

Owns what an import of customers may change. A column that the file does not have leaves what is on file; an empty cell
clears it. It never takes an address away: customers add and remove theirs themselves. The same file twice changes
nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from mailbot.clock import stamp
from mailbot.domain.address import Delivery, Event, Status, advance
from mailbot.domain.customer_sheet import Channel, unreachable
from mailbot.domain.outbox import Kind
from mailbot.errors import BatchRefused, Fault
from mailbot.facts import ADDRESS_ADDED, IMPORT_TAKEN
from mailbot.flows import notify
from mailbot.flows.record import record
from mailbot.store import addresses, customers, imports, outbox
from mailbot.store.customers import Customer

if TYPE_CHECKING:
    from mailbot.domain.customer_sheet import CustomerRow, CustomerSheet, Mailbox
    from mailbot.flows.desk import Desk
    from mailbot.store.database import Transaction


@dataclass(slots=True)
class CustomerPlan:
    """What an import of customers does, or would do."""

    import_id: int | None = None
    created: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    unchanged: int = 0
    mails: list[str] = field(default_factory=list)
    """Addresses that are asked to prove themselves."""
    warnings: list[Fault] = field(default_factory=list)

    @property
    def empty(self) -> bool:
        """True where the file says nothing that is not on file already."""
        return not (self.created or self.changed or self.mails)


class _Rehearsed(Exception):
    def __init__(self, plan: CustomerPlan) -> None:
        self.plan = plan


class TakeCustomers:
    """Rehearses and takes batches of customers of one issuer."""

    def __init__(self, desk: Desk, issuer: str) -> None:
        self._desk = desk
        self._issuer = desk.issuer(issuer).code

    async def check(self, sheet: CustomerSheet) -> CustomerPlan:
        """Return what `take` would do, and change nothing; raises `BatchRefused`."""

        def rehearse(tx: Transaction) -> None:
            raise _Rehearsed(self._apply(tx, sheet, source="", source_sha256=""))

        _refuse(sheet)
        try:
            await self._desk.database.write(rehearse)
        except _Rehearsed as rehearsed:
            return replace(rehearsed.plan, import_id=None)
        raise AssertionError("a rehearsal always ends by its own exception")

    async def take(self, sheet: CustomerSheet, *, source: str, source_sha256: str) -> CustomerPlan:
        """Take the batch whole; raises `BatchRefused`. `import_id` is None where nothing changed."""
        _refuse(sheet)
        return await self._desk.database.write(
            lambda tx: self._apply(tx, sheet, source=source, source_sha256=source_sha256)
        )

    def _apply(self, tx: Transaction, sheet: CustomerSheet, *, source: str, source_sha256: str) -> CustomerPlan:
        plan = CustomerPlan(warnings=list(sheet.warnings))
        import_id = imports.insert(
            tx,
            issuer=self._issuer,
            kind="customers",
            source=source,
            source_sha256=source_sha256,
            counts=(0, 0, 0),
            sends_from=stamp(tx.now + self._desk.rules.send_delay),
        )
        _refuse_unreachable(tx, self._issuer, sheet)
        for row in sheet.rows:
            self._row(tx, row, sheet.default_locale, plan, import_id)
        if plan.empty:
            imports.forget(tx, import_id)
        else:
            plan.import_id = import_id
            self._close(tx, import_id, plan, source)
        return plan

    def _close(self, tx: Transaction, import_id: int, plan: CustomerPlan, source: str) -> None:
        counts = (len(plan.created), len(plan.changed), plan.unchanged)
        imports.count(tx, import_id, counts)
        record(
            tx,
            self._desk.facts,
            IMPORT_TAKEN,
            issuer=self._issuer,
            subject=f"import:{import_id}",
            **{"import": import_id},
            kind="customers",
            rows=sum(counts),
            created=counts[0],
            changed=counts[1],
            unchanged=counts[2],
            source=source,
        )

    def _row(self, tx: Transaction, row: CustomerRow, locale: str, plan: CustomerPlan, import_id: int) -> None:
        known = customers.by_code(tx, self._issuer, row.code)
        customer = _stated(row, known or _unknown(self._issuer, row.code, locale=locale))
        if known is None:
            customer = replace(customer, id=customers.insert(tx, customer, import_id=import_id))
            plan.created.append(row.code)
        elif customer != known:
            customers.update(tx, customer)
            plan.changed.append(row.code)
        added = [
            self._address(tx, row, customer, mailbox, plan=plan, import_id=import_id) for mailbox in row.emails or ()
        ]
        if known is not None and customer == known:
            if any(added):
                plan.changed.append(row.code)
            else:
                plan.unchanged += 1

    def _address(
        self,
        tx: Transaction,
        row: CustomerRow,
        customer: Customer,
        mailbox: Mailbox,
        *,
        plan: CustomerPlan,
        import_id: int,
    ) -> bool:
        """Put an address on file where it is new, and ask for its proof where the channel says so."""
        known = next((each for each in addresses.of_customer(tx, customer.id) if each.email_key == mailbox.key), None)
        address = self._restored(tx, known) if known else self._insert(tx, customer, mailbox)
        if address.status is Status.REMOVED:
            problem = f"the customer took {mailbox.email} off, and it stays so"
            plan.warnings.append(Fault(row.line, "email", problem, "the customer may add it again on their page"))
        if address.status is Status.UNDELIVERABLE:
            problem = f"mail to {mailbox.email} comes back, and nothing is sent there"
            remedy = f"ask the customer for another one; if it works again: mailbot addresses revoke {mailbox.email}"
            plan.warnings.append(Fault(row.line, "email", problem, f"{remedy}, then import once more"))
        wants_proof = customer.channel == Channel.CONFIRM and address.status is Status.PENDING
        asked = outbox.is_queued(tx, address_id=address.id, kind=Kind.PROOF) and address is known
        if wants_proof and not asked and notify.proof(self._desk, tx, customer, address, import_id=import_id):
            plan.mails.append(address.email)
        return known is None

    def _restored(self, tx: Transaction, address: addresses.Address) -> addresses.Address:
        """Put an address that staff revoked back on file, now that staff names it again; it has to be proved anew."""
        if address.status is not Status.REMOVED or address.removed_by != "staff":
            return address
        addresses.ask_again(tx, address, status=advance(address.status, Event.ASK))
        return addresses.get(tx, address.id)

    def _insert(self, tx: Transaction, customer: Customer, mailbox: Mailbox) -> addresses.Address:
        address = addresses.insert(
            tx,
            customer_id=customer.id,
            issuer=self._issuer,
            email=mailbox.email,
            email_key=mailbox.key,
            delivery=customer.delivery,
            source="import",
        )
        record(
            tx,
            self._desk.facts,
            ADDRESS_ADDED,
            issuer=self._issuer,
            subject=f"address:{address.id}",
            customer=customer.code,
            to=address.email,
            source="import",
        )
        return address


def _unknown(issuer: str, code: str, *, locale: str) -> Customer:
    """Return what a customer is of whom nothing is said."""
    return Customer(
        id=0,
        issuer=issuer,
        code=code,
        name="",
        kana="",
        locale=locale,
        channel=str(Channel.CONFIRM),
        postal_code="",
        postal_address="",
        delivery=str(Delivery.LINK),
        status="new",
    )


def _stated(row: CustomerRow, known: Customer) -> Customer:
    """Return a customer with what a row states of it."""
    stated: dict[str, Any] = {
        "name": row.name,
        "kana": row.kana,
        "locale": row.locale,
        "channel": None if row.channel is None else str(row.channel),
        "postal_code": row.postal_code,
        "postal_address": row.postal_address,
        "delivery": None if row.delivery is None else str(row.delivery),
    }
    return replace(known, **{name: value for name, value in stated.items() if value is not None})


def _refuse_unreachable(tx: Transaction, issuer: str, sheet: CustomerSheet) -> None:
    """Raise `BatchRefused` where a row, with what is on file, lacks what its channel needs."""
    faults = []
    for row in sheet.rows:
        if None not in (row.channel, row.emails, row.postal_address):
            continue  # the sheet itself was judged
        known = customers.by_code(tx, issuer, row.code)
        customer = _stated(row, known or _unknown(issuer, row.code, locale=sheet.default_locale))
        emails = row.emails or (known and addresses.of_customer(tx, known.id)) or ()
        found = unreachable(Channel(customer.channel), emails=emails, postal_address=customer.postal_address)
        if found is not None:
            faults.append(Fault(row.line, *found))
    if faults:
        raise BatchRefused(tuple(faults))


def _refuse(sheet: CustomerSheet) -> None:
    if sheet.faults:
        raise BatchRefused(sheet.faults)
