"""A web edge of its own for each test: the real flows on a real store, behind a real uvicorn."""

from __future__ import annotations

import asyncio
import html
import re
import time
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from mailbot.clock import SystemClock, stamp
from mailbot.domain.policy import Contact, Issuer, Rules
from mailbot.edges.listening import bind
from mailbot.edges.web.app import build_app
from mailbot.edges.web.server import WebServer
from mailbot.flows.addresses import Addresses
from mailbot.flows.claim_letter import Claim
from mailbot.flows.confirm import Confirm
from mailbot.flows.credentials import ChangePassword, SignInWays
from mailbot.flows.desk import Desk
from mailbot.flows.download import Download
from mailbot.flows.join import Join
from mailbot.flows.mute import Mute
from mailbot.flows.register import Register
from mailbot.flows.sign_in import SignIn
from mailbot.flows.succession import Succeeding
from mailbot.keyring import Keyring
from mailbot.links import Links, Purpose
from mailbot.passwords import Passwords
from mailbot.store import sessions
from mailbot.store.database import Database
from mailbot.store.files import Vault

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import httpx

    from mailbot.facts import Fact
    from mailbot.store.database import Transaction

TEMPLATES = Path(__file__).parents[3] / "templates" / "page"

ISSUER = Issuer(
    code="minato",
    name="みなと商事株式会社",
    sender="invoice@minato.example",
    registration_number="T7000012050002",
    contact=Contact(
        name="経理部 請求書係",
        phone="03-0000-1234",
        hours="平日 9:00〜17:00",
        email="keiri@minato.example",
        postal="〒105-0000 東京都港区海岸1-2-3",
    ),
)

SEEN = re.compile(r'name="seen" value="([^"]+)"')
STATE = re.compile(r'<main data-state="([a-z]+)"')
TIMES = re.compile(r'<time datetime="([^"]+)"')


@dataclass(slots=True)
class Heard:
    """The facts that were stated."""

    facts: list[tuple[str, dict[str, object]]] = field(default_factory=list)

    def __call__(self, fact: Fact, **fields: object) -> None:
        assert set(fields) <= set(fact.fields), (fact.name, fields)
        self.facts.append((fact.name, fields))

    def of(self, name: str) -> list[dict[str, object]]:
        return [fields for each, fields in self.facts if each == name]


@dataclass(slots=True)
class Invoiced:
    """An invoice on its way to one address."""

    id: int
    number: str
    delivery_id: int
    pdf: bytes


class Site:
    """What a test talks to."""

    def __init__(
        self,
        folder: Path,
        *,
        base_url: str = "http://testserver",
        trusted_proxies: Sequence[str] = (),
        issuers: Sequence[Issuer] = (ISSUER,),
    ) -> None:
        self.clock = SystemClock()
        Database.create(folder / "mailbot.db", mode="production", clock=self.clock)
        self.database = Database.open(folder / "mailbot.db", clock=self.clock)
        self.keyring = Keyring.create(folder / "keys", now=self.clock.now())
        self.links = Links(self.keyring)
        self.facts = Heard()
        rules = Rules(base_url=base_url)
        self.desk = Desk(
            self.database,
            Vault(folder / "files"),
            self.links,
            self.clock,
            {issuer.code: issuer for issuer in issuers},
            rules,
            self.facts,
        )
        self.passwords = Passwords()
        self.app = build_app(
            confirm=Confirm(self.desk),
            sign_in=SignIn(self.desk),
            download=Download(self.desk),
            ways=SignInWays(self.desk, self.passwords),
            change_password=ChangePassword(self.desk, self.passwords),
            addresses=Addresses(self.desk),
            register=Register(self.desk, self.passwords),
            claim=Claim(self.desk, self.passwords),
            join=Join(self.desk),
            mute=Mute(self.desk),
            succession=Succeeding(self.desk),
            links=self.links,
            clock=self.clock,
            rules=rules,
            issuers=self.desk.issuers,
            facts=self.facts,
            templates=TEMPLATES,
            trusted_proxies=trusted_proxies,
            ready=lambda: True,
        )
        listening = bind("127.0.0.1:0")
        self.port: int = listening.getsockname()[1]
        self.server = WebServer(self.app, sockets=[listening])

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def close(self) -> None:
        await self.server.stop(2)
        self.passwords.close()
        self.database.close()

    def later(self, **ahead: float) -> None:
        """Move the clock forward."""
        self.clock.offset += timedelta(**ahead)

    def customer(self, *, locale: str = "ja", name: str = "株式会社さくら工業", issuer: str = "minato") -> int:
        return self.database.write_now(lambda tx: _customer(tx, locale, name, issuer))

    def address(self, customer: int, email: str, *, confirmed: bool = False) -> int:
        return self.database.write_now(lambda tx: _address(tx, customer, email, confirmed=confirmed))

    def invoice(
        self,
        customer: int,
        address: int,
        *,
        number: str = "INV-2026-1101",
        subject: str = "2026年11月分 保守サービス利用料",
        amount: int = 1_234_567,
        pdf: bytes = b"%PDF-1.7\n% a small one\n",
    ) -> Invoiced:
        sha256 = self.desk.vault.store(pdf)
        values = {
            "customer": customer,
            "address": address,
            "number": number,
            "subject": subject,
            "amount": amount,
            "sha256": sha256,
            "size": len(pdf),
            "file": f"請求書_{number}.pdf",
        }
        ids = self.database.write_now(lambda tx: _invoice(tx, values))
        return Invoiced(ids[0], number, ids[1], pdf)

    def code(self, customer: int) -> str:
        """Return the customer's code."""
        return str(self.value("SELECT code FROM customers WHERE id = :id", id=customer))

    def signed_in(self, session_id: int) -> dict[str, str]:
        """Return the cookie of a session."""
        return {"mailbot_session": SignIn(self.desk).cookie(session_id)}

    def link(self, purpose: Purpose, *ids: int) -> str:
        """Return the path of a link signed now."""
        return "/l/" + self.links.sign(purpose, *ids, at=self.clock.now())

    def sign_in(self, customer: int, address: int) -> int:
        return self.database.write_now(lambda tx: sessions.request(tx, customer_id=customer, address_id=address))

    def cookie(self, customer: int, address: int) -> dict[str, str]:
        """Return the cookie of a session opened now."""
        session = self.database.write_now(
            lambda tx: sessions.start(tx, customer_id=customer, address_id=address, how="proof")
        )
        return {"mailbot_session": SignIn(self.desk).cookie(session)}

    def value(self, sql: str, **params: object) -> object:
        return self.database.read(lambda reading: reading.value(sql, params))

    def mails(self) -> list[tuple[str, str]]:
        """Return kind and address of every mail in the outbox."""
        rows = self.database.read(lambda reading: reading.all("SELECT kind, email FROM outbox ORDER BY id"))
        return [(row["kind"], row["email"]) for row in rows]

    def changes(self) -> tuple[object, ...]:
        """Return what must not change when a page is only looked at."""
        tables = ("ledger", "outbox", "presses", "sessions")
        return (
            *(self.value(f"SELECT count(*) FROM {table}") for table in tables),
            self.value("SELECT group_concat(status) FROM addresses"),
            self.value("SELECT sum(downloads) FROM invoices"),
        )

    def downloads(self, invoice: Invoiced) -> object:
        return self.value("SELECT downloads FROM invoices WHERE id = :id", id=invoice.id)


def _customer(tx: Transaction, locale: str, name: str, issuer: str) -> int:
    number = int(tx.value("SELECT count(*) FROM customers")) + 1
    cursor = tx.execute(
        "INSERT INTO customers (issuer, code, name, locale, channel, delivery, status, created_at, changed_at)"
        " VALUES (:issuer, :code, :name, :locale, 'confirm', 'link', 'new', :now, :now)",
        {"issuer": issuer, "code": f"C-{number:03}", "name": name, "locale": locale, "now": tx.now_text},
    )
    return int(cursor.lastrowid or 0)


def _address(tx: Transaction, customer: int, email: str, *, confirmed: bool) -> int:
    cursor = tx.execute(
        "INSERT INTO addresses (customer_id, issuer, email, email_key, status, delivery, is_default, source,"
        " confirmed_at, confirmed_network, created_at)"
        " VALUES (:customer, (SELECT issuer FROM customers WHERE id = :customer), :email,"
        " :email, :status, 'link', :confirmed, 'import', :at, :network, :now)",
        {
            "customer": customer,
            "email": email,
            "status": "confirmed" if confirmed else "pending",
            "confirmed": int(confirmed),
            "at": tx.now_text if confirmed else None,
            "network": "192.0.2.0/24" if confirmed else None,
            "now": tx.now_text,
        },
    )
    return int(cursor.lastrowid or 0)


def _invoice(tx: Transaction, values: dict[str, object]) -> tuple[int, int]:
    accepted = stamp(tx.now - timedelta(hours=3))
    tx.execute(
        "INSERT INTO files (sha256, size, pages, stored_at) VALUES (:sha256, :size, 1, :now) ON CONFLICT DO NOTHING",
        {**values, "now": tx.now_text},
    )
    invoice = tx.execute(
        "INSERT INTO invoices (issuer, customer_id, number, subject, amount, currency, note, issue_date, due_date,"
        " file_sha256, file_name, status, publish_at, sent_at, created_at) VALUES"
        " ((SELECT issuer FROM customers WHERE id = :customer), :customer, :number,"
        " :subject, :amount, 'JPY', '御請求書番号をお振込時にお書きください', '2026-11-20', '2026-12-31', :sha256,"
        " :file, 'open', :at, :at, :at)",
        {**values, "at": accepted},
    ).lastrowid
    delivery = tx.execute(
        "INSERT INTO deliveries (invoice_id, address_id, evidence, accepted_at) VALUES (?, ?, 'accepted', ?)",
        (invoice, values["address"], accepted),
    ).lastrowid
    return int(invoice or 0), int(delivery or 0)


def state(page: httpx.Response) -> str:
    found = STATE.search(page.text)
    assert found, page.text
    return found[1]


def seen(page: httpx.Response) -> str:
    found = SEEN.search(page.text)
    assert found, page.text
    return found[1]


def times(page: httpx.Response) -> list[str]:
    return TIMES.findall(page.text)


def words(page: httpx.Response) -> str:
    """Return what a reader reads."""
    return html.unescape(re.sub(r"<style>.*?</style>|<[^>]+>", " ", page.text, flags=re.DOTALL))


async def until(true: Callable[[], object], *, seconds: float = 10) -> None:
    """Wait for something to become true."""
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "it did not come true in time"
        await asyncio.sleep(0.02)
