"""A door to a mailbox, with the real flow and a real store behind it."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from dovecot import PASSWORD

from mailbot.clock import SystemClock
from mailbot.domain.policy import Rules, Security
from mailbot.edges.imap import Account, Pace
from mailbot.edges.imap.watch import Watch
from mailbot.flows.desk import Desk
from mailbot.flows.hear import Hear
from mailbot.keyring import Keyring
from mailbot.links import Links
from mailbot.store.database import Database
from mailbot.store.files import Vault

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

    from mailbot.facts import Fact

BRISK = Pace(answer=10, renew=120, first_pause=0.02, longest_pause=0.1, refused_pause=600, settled=600, again=0.01)
"""Pauses short enough for a test; what is waited for comes by itself, not because a time is over."""


def account(port: int, user: str = "reply", **other: object) -> Account:
    """Return the account of a user of a server on this machine."""
    plain = Account(host="127.0.0.1", port=port, security=Security.NONE, username=user, password=PASSWORD, pace=BRISK)
    return replace(plain, **other)  # type: ignore[arg-type]  # names and kinds are the tests'


def mail(number: int, text: str = "Thank you.") -> bytes:
    return (
        f"From: Hana <hana@customer.test>\r\nTo: reply@mailbox.test\r\nSubject: Question {number}\r\n"
        f"Date: Fri, 20 Nov 2026 10:00:00 +0900\r\nMessage-ID: <{number}@customer.test>\r\n\r\n{text}\r\n"
    ).encode()


@dataclass(slots=True)
class Said:
    """The facts that were stated, in their order."""

    facts: list[tuple[str, dict[str, object]]] = field(default_factory=list)

    def __call__(self, fact: Fact, **fields: object) -> None:
        assert set(fields) <= {*fact.fields, "seq"}, (fact.name, fields)
        self.facts.append((fact.name, fields))

    def of(self, name: str) -> list[dict[str, object]]:
        return [fields for each, fields in self.facts if each == name]


class Post:
    """Where mails come in: a store, and the flow that takes them."""

    def __init__(self, folder: Path) -> None:
        path, clock = folder / "mailbot.db", SystemClock()
        if not path.exists():
            Database.create(path, mode="production", clock=clock)
            Keyring.create(folder / "keys", now=clock.now())
        self.database = Database.open(path, clock=clock)
        self.said = Said()
        self.hear = Hear(
            Desk(
                database=self.database,
                vault=Vault(folder / "files"),
                links=Links(Keyring.load(folder / "keys")),
                clock=clock,
                issuers={},
                rules=Rules(base_url="https://bill.example"),
                facts=self.said,
            )
        )

    @contextlib.asynccontextmanager
    async def watching(self, watched: Account) -> AsyncIterator[Watch]:
        """Watch a mailbox until the end of the block."""
        watch = Watch(watched, self.hear, self.said)
        watch.start()
        try:
            yield watch
        finally:
            async with asyncio.timeout(5):
                await watch.stop()

    @property
    def subjects(self) -> list[str]:
        """Subjects of the mails on file, as they came."""
        rows = self.rows("SELECT content FROM inbox_raw ORDER BY inbox_id")
        lines = [line for (content,) in rows for line in content.splitlines()]
        return [line.removeprefix(b"Subject: ").decode() for line in lines if line.startswith(b"Subject: ")]

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        return self.database.read(lambda reading: [tuple(row) for row in reading.all(sql)])

    async def room(self, *, pages: int) -> None:
        """Let the store grow by so many pages and no more, as a disk would."""
        await self.database.write(
            lambda tx: tx.execute(f"PRAGMA max_page_count = {tx.value('PRAGMA page_count') + pages}") and None
        )

    def state(self) -> str:
        """Return what a failed wait shows."""
        return f"subjects {self.subjects}, facts {self.said.facts}"

    async def until(self, condition: Callable[[], object], *, within: float = 10) -> None:
        """Return as soon as `condition` holds."""
        end = asyncio.get_running_loop().time() + within
        while not condition():  # conditions of every kind, some across the network
            assert asyncio.get_running_loop().time() < end, self.state()
            await asyncio.sleep(0.01)

    async def has(self, *numbers: int, within: float = 10) -> None:
        """Wait until just these mails are on file, in this order."""
        wanted = [f"Question {number}" for number in numbers]
        await self.until(lambda: self.subjects == wanted, within=within)

    async def heard(self, fact: str, *, count: int = 1, within: float = 10) -> dict[str, object]:
        """Wait for a fact and return the last of its kind."""
        await self.until(lambda: len(self.said.of(fact)) >= count, within=within)
        return self.said.of(fact)[-1]
