"""An office of its own for each test: real store, keys, templates and flows, two issuers, and a clock to move."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from mailbot import stationery
from mailbot.clock import moment
from mailbot.domain.customer_sheet import read_customers
from mailbot.domain.invoice_sheet import read_invoices
from mailbot.domain.policy import Issuer, Rules
from mailbot.domain.written import Misread
from mailbot.flows.confirm import Confirm
from mailbot.flows.deliver import Deliver
from mailbot.flows.desk import Desk
from mailbot.flows.download import Download
from mailbot.flows.issue import Issue
from mailbot.flows.lay_out import LayOut, edition_of
from mailbot.flows.post import Accepted, Outcome
from mailbot.flows.remind import Remind
from mailbot.flows.session import Session, open_session
from mailbot.flows.sign_in import SignIn
from mailbot.flows.take_customers import CustomerPlan, TakeCustomers
from mailbot.flows.take_invoices import InvoicePlan, TakeInvoices, Taken
from mailbot.keyring import Keyring
from mailbot.links import Link, Links, Purpose
from mailbot.mail import address as mail_address
from mailbot.store import installation, outbox
from mailbot.store.database import Database
from mailbot.store.files import Vault

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from mailbot.facts import Fact
    from mailbot.flows.claim import Job
    from mailbot.mail.envelope import Envelope
    from mailbot.store.outbox import Mail

    Answer = Callable[[Envelope], Outcome]

START = datetime(2026, 11, 20, 1, tzinfo=UTC)
"""A Friday, ten o'clock in Tokyo; the Monday after it is a holiday there."""

HOME = "192.0.2.0/24"
ELSEWHERE = "198.51.100.0/24"

MINATO = Issuer(
    code="minato", name="みなと商事株式会社", sender="invoice@minato.example", staff=("keiri@minato.example",)
)
HARBOUR = Issuer(
    code="harbour",
    name="Harbour Pilots Ltd.",
    sender="billing@harbour.example",
    staff=("desk@harbour.example", "lead@harbour.example"),
    locale="en",
    time_zone="Europe/London",
)

CUSTOMER_HEAD = "code,name,email,channel"
INVOICE_HEAD = "customer,number,subject,amount,issue_date,publish_at,file"

_LINK = re.compile(r"/l/([\w.~-]+)")


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self, now: datetime = START) -> None:
        self._now = now
        self.offset = timedelta()
        """What a sandbox moves."""

    def now(self) -> datetime:
        return self._now + self.offset

    def advance(self, **ahead: float) -> None:
        self._now += timedelta(**ahead)

    def go(self, to: str) -> None:
        """Go to a moment such as `2026-11-24T00:00Z`."""
        self._now = moment(to)


@dataclass(slots=True)
class Heard:
    """The facts that were stated, in their order."""

    facts: list[tuple[str, dict[str, object]]] = field(default_factory=list)

    def __call__(self, fact: Fact, **fields: object) -> None:
        assert set(fields) <= {*fact.fields, "seq"}, (fact.name, fields)
        self.facts.append((fact.name, fields))

    def of(self, name: str) -> list[dict[str, object]]:
        return [fields for each, fields in self.facts if each == name]


@dataclass(frozen=True, slots=True)
class Pdf:
    """A file of a batch; what makes a PDF fit is another's business."""

    content: bytes
    pages: int = 1

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.content).hexdigest()


class Folder(dict[str, bytes]):
    """The files of a batch: what was laid in by hand, and one for every other name that does not say `missing`."""

    def __call__(self, name: str, /) -> Pdf:
        if name.startswith("missing"):
            raise Misread(f"there is no file {name}", "put it beside the sheet")
        return Pdf(self.get(name, f"%PDF-1.7 {name}".encode()))


def accept(_: Envelope) -> Outcome:
    return Accepted("250 2.0.0 taken")


class Office:
    """What a test works at."""

    def __init__(self, folder: Path, *, rules: Rules) -> None:
        self.clock = Clock()
        self.path = folder / "mailbot.db"
        Database.create(self.path, mode="sandbox", clock=self.clock)
        self.database = Database.open(self.path, clock=self.clock)
        self.keyring = Keyring.create(folder / "keys", now=self.clock.now())
        self.facts = Heard()
        self.templates = stationery.load("mail")
        self.desk = Desk(
            database=self.database,
            vault=Vault(folder / "files"),
            links=Links(self.keyring),
            clock=self.clock,
            issuers={"minato": MINATO, "harbour": HARBOUR},
            rules=rules,
            facts=self.facts,
        )
        self.download = Download(self.desk)
        self.deliver = self.start()

    def rule(self, **changes: Any) -> None:  # noqa: ANN401 - the fields of `Rules`
        """Change the rules; the daemon starts anew with them."""
        self.desk = replace(self.desk, rules=replace(self.desk.rules, **changes))
        self.download, self.deliver = Download(self.desk), self.start()

    def set_issuers(self, *issuers: Issuer) -> None:
        """Change the issuers; the daemon starts anew with them."""
        self.desk = replace(self.desk, issuers={issuer.code: issuer for issuer in issuers})
        self.download, self.deliver = Download(self.desk), self.start()

    def start(self, *, connections: int = 10, ahead: Callable[[Sequence[Job]], object] | None = None) -> Deliver:
        """Begin another start of the daemon, without what it does first (`Deliver.recover`)."""
        start_id = self.database.write_now(lambda tx: installation.begin(tx, pid=1, version="test"))
        edition = edition_of(self.desk.issuers, self.desk.rules, self.templates)
        lay_out = LayOut(edition, self.desk.links, self.desk.vault)
        return Deliver(self.desk, start_id=start_id, lay_out=lay_out, connections=connections, ahead=ahead)

    @property
    def confirm(self) -> Confirm:
        return Confirm(self.desk)

    @property
    def sign_in(self) -> SignIn:
        return SignIn(self.desk)

    # What the store says.

    def value(self, sql: str, *params: object) -> Any:  # noqa: ANN401 - a column's type is the schema's
        return self.database.read(lambda reading: reading.value(sql, params))

    def rows(self, sql: str, *params: object) -> list[tuple[Any, ...]]:
        return self.database.read(lambda reading: [tuple(row) for row in reading.all(sql, params)])

    def execute(self, sql: str, *params: object) -> None:
        self.database.write_now(lambda tx: tx.execute(sql, params) and None)

    def everything(self) -> dict[str, list[tuple[Any, ...]]]:
        """Return every row of every table."""
        wanted = "type = 'table' AND name NOT LIKE 'sqlite%'"
        names = [name for (name,) in self.rows(f"SELECT name FROM sqlite_master WHERE {wanted}")]
        return {name: self.rows(f"SELECT * FROM {name}") for name in names}

    def mails(self, kind: str | None = None, *, to: str | None = None) -> list[Mail]:
        """Return the mails on file, the oldest first."""

        def read(reading: Any) -> list[Mail]:  # noqa: ANN401 - a Reading
            ids = [row["id"] for row in reading.all("SELECT id FROM outbox ORDER BY id")]
            return [mail for each in ids if (mail := outbox.get(reading, each)) is not None]

        found = self.database.read(read)
        return [mail for mail in found if kind in {None, mail.kind} and to in {None, mail.email}]

    def mail(self, kind: str, *, to: str | None = None) -> Mail:
        """Return the one mail of a kind."""
        (mail,) = self.mails(kind, to=to)
        return mail

    def ledger(self, fact: str) -> int:
        """Count the rows of a fact in all ledgers."""
        return int(self.value("SELECT count(*) FROM ledger WHERE fact = ?", fact))

    def status(self, number: str) -> str:
        return str(self.value("SELECT status FROM invoices WHERE number = ?", number))

    # What staff does.

    async def customers(self, *rows: str, issuer: str = "minato", head: str = CUSTOMER_HEAD) -> CustomerPlan:
        """Import customers from lines of CSV."""
        content = "\n".join((head, *rows)).encode()
        sheet = read_customers(content, default_locale=self.desk.issuer(issuer).locale, read_address=mail_address.read)
        digest = hashlib.sha256(content).hexdigest()
        return await TakeCustomers(self.desk, issuer).take(sheet, source="customers.csv", source_sha256=digest)

    def plan(self, *rows: str, issuer: str = "minato", folder: Folder | None = None) -> InvoicePlan:
        """Check an import of invoices."""
        content = "\n".join((INVOICE_HEAD, *rows)).encode()
        sheet = read_invoices(content, zone=ZoneInfo(self.desk.issuer(issuer).time_zone))
        digest = hashlib.sha256(content).hexdigest()
        take = TakeInvoices(self.desk, issuer)
        files = Folder() if folder is None else folder
        return take.check(sheet, files, source="invoices.csv", source_sha256=digest)

    async def invoices(self, *rows: str, issuer: str = "minato", folder: Folder | None = None) -> Taken:
        """Import invoices from lines of CSV."""
        files = Folder() if folder is None else folder
        plan = self.plan(*rows, issuer=issuer, folder=files)
        return await TakeInvoices(self.desk, issuer).take(plan, files)

    # What the daemon does.

    async def publish(self) -> None:
        while await Issue(self.desk).step():
            pass

    async def sweep(self) -> None:
        while await Remind(self.desk).step():
            pass

    async def post(self, answer: Answer = accept, *, deliver: Deliver | None = None) -> list[Envelope]:
        """Carry all that is due now, as a courier with one connection does, and return what went on the wire."""
        flow = deliver or self.deliver
        sent: list[Envelope] = []
        while await flow.step() or not flow.idle:
            while not flow.idle:
                if (envelope := flow.next_now()) is not None:
                    await flow.permit(envelope)
                    sent.append(envelope)
                    flow.settle(envelope, answer(envelope))
                await flow.flush()
        return sent

    # What customers have.

    def link(self, purpose: Purpose, *ids: int, at: datetime | None = None, key: str | None = None) -> Link:
        """Return an opened link, signed now unless said otherwise."""
        links = self.desk.links
        return links.open(links.sign(purpose, *ids, at=at or self.clock.now(), key=key), purpose)

    def mailed(self, envelope: Envelope) -> Link:
        """Return the main link of a mail, opened."""
        found = _LINK.search(text(envelope))
        assert found is not None, text(envelope)
        return self.desk.links.open(found[1])

    def address_id(self, email: str, *, customer: str | None = None, issuer: str | None = None) -> int:
        sql = (
            "SELECT a.id FROM addresses a JOIN customers c ON c.id = a.customer_id WHERE a.email_key = ?1"
            " AND (c.code = ?2 OR ?2 IS NULL) AND (a.issuer = ?3 OR ?3 IS NULL)"
        )
        return int(self.value(sql, email, customer, issuer))

    async def prove(
        self, email: str, *, customer: str | None = None, issuer: str | None = None, network: str = HOME
    ) -> Session:
        """Confirm an address by a link, and return the session that this opens."""
        address = self.address_id(email, customer=customer, issuer=issuer)
        version = self.value("SELECT version FROM addresses WHERE id = ?", address)
        page = await self.confirm.act(self.link(Purpose.PROOF, address, version), network=network)
        assert page.session_id is not None, page
        return self._session(page.session_id)

    def session(self, email: str) -> Session:
        """Return a session opened just now for somebody who is on file."""
        address = self.address_id(email)
        customer = self.value("SELECT customer_id FROM addresses WHERE id = ?", address)
        return self._session(
            self.database.write_now(
                lambda tx: open_session(self.desk, tx, customer_id=customer, address_id=address, how="sign_in")
            )
        )

    def _session(self, session_id: int) -> Session:
        session = self.sign_in.session(self.sign_in.cookie(session_id))
        assert session is not None
        return session

    async def customer(self, code: str, *emails: str, issuer: str = "minato") -> None:
        """Put a customer on file whose addresses are all confirmed, with nothing left in the outbox."""
        await self.customers(f"{code},株式会社{code},{' '.join(emails)},none", issuer=issuer)
        for email in emails:
            await self.prove(email, customer=code, issuer=issuer)

    async def issued(self, code: str, *numbers: str, issuer: str = "minato", sent: bool = True) -> None:
        """Import, publish and send invoices of a customer."""
        rows = [f"{code},{number},保守料 {number},33000,2026-11-20,,{number}.pdf" for number in numbers]
        await self.invoices(*rows, issuer=issuer)
        await self.publish()
        if sent:
            await self.post()

    def delivery(self, number: str, email: str) -> int:
        sql = (
            "SELECT d.id FROM deliveries d JOIN invoices i ON i.id = d.invoice_id JOIN addresses a"
            " ON a.id = d.address_id WHERE i.number = ? AND a.email_key = ?"
        )
        return int(self.value(sql, number, email))

    def invoice_link(self, number: str, email: str, **how: Any) -> Link:  # noqa: ANN401 - as `link`
        return self.link(Purpose.INVOICE, self.delivery(number, email), **how)

    async def fetch(self, number: str, email: str, *, seconds: float = 10, network: str = HOME) -> None:
        """Press the button of an invoice's page after so many seconds, and get the whole file."""
        token = await self.press(number, email, seconds=seconds, network=network)
        file = self.download.open(self.desk.links.open(token, Purpose.PASS))
        await self.download.arrived(file.press_id, file.size)

    async def press(
        self, number: str, email: str, *, seconds: float = 10, network: str = HOME, decoy: bool = False
    ) -> str:
        """Press the button of an invoice's page after so many seconds, and return the pass."""
        seen_at = self.clock.now()
        self.clock.advance(seconds=seconds)
        return await self.download.press(
            self.invoice_link(number, email), seen_at=seen_at, network=network, decoy=decoy
        )


def message(envelope: Envelope) -> Mapping[str, str]:
    """Return the header fields of a mail."""
    return dict(message_from_bytes(envelope.content, policy=policy.default).items())


def text(envelope: Envelope) -> str:
    """Return the text part of a mail."""
    part = message_from_bytes(envelope.content, policy=policy.default).get_body(("plain",))
    assert part is not None
    return str(part.get_content())
