"""The listener's two neighbours in tests: a tray that mails are put into, and clients that say what they are told."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING

from mailbot.edges.listening import bind, shown
from mailbot.edges.smtp_in import Limits, Listener, Ours
from mailbot.flows.hear import Taken

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from mailbot.facts import Fact
    from mailbot.flows.hear import Arrival

INBOUND = "reply@minato.example"
TAGGED = "reply+ba7x@minato.example"
MAIL = b"Subject: a report\r\n\r\nIt did not arrive.\r\n"
WAIT_S = 10


class Facts:
    """Keeps the names of the facts that it is told."""

    def __init__(self) -> None:
        self.names: list[str] = []

    def __call__(self, fact: Fact, **fields: object) -> None:
        assert set(fields) == set(fact.fields)
        self.names.append(fact.name)


class Tray:
    """Takes mails, or fails as it is told."""

    def __init__(self) -> None:
        self.mails: list[Arrival] = []
        self.failure: Exception | None = None
        self.asked = asyncio.Event()
        self.open = asyncio.Event()
        """While it is cleared, mails wait."""
        self.open.set()

    async def take(self, arrival: Arrival) -> Taken:
        self.asked.set()
        await self.open.wait()
        if self.failure is not None:
            raise self.failure
        self.mails.append(arrival)
        return Taken(len(self.mails))


class Door:
    """A listener at work, and how to reach it."""

    def __init__(self, protocol: str, limits: Limits, listen: str) -> None:
        self.tray = Tray()
        self.facts = Facts()
        self.protocol = protocol
        self._listening = bind(listen)
        self.place = shown(self._listening)
        self.listener = Listener(
            self._listening,
            self.tray,
            protocol=protocol,
            ours=Ours(INBOUND, "+"),
            hostname="mail.minato.example",
            facts=self.facts,
            limits=limits,
        )

    @contextlib.asynccontextmanager
    async def visited(self) -> AsyncIterator[Client]:
        """Connect and read the greeting."""
        async with self.knocked() as client:
            assert (await client.reply()).startswith("220 ")
            yield client

    @contextlib.asynccontextmanager
    async def knocked(self) -> AsyncIterator[Client]:
        """Connect."""
        if self.place.startswith("unix:"):
            reader, writer = await asyncio.open_unix_connection(self.place[5:])
        else:
            host, _, port = self.place.rpartition(":")
            reader, writer = await asyncio.open_connection(host, int(port))
        try:
            yield Client(reader, writer, hello="LHLO" if self.protocol == "lmtp" else "EHLO")
        finally:
            writer.close()
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()


class Client:
    """One connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, hello: str) -> None:
        self._reader = reader
        self._writer = writer
        self._hello = hello

    async def reply(self) -> str:
        """Read one reply; empty where the connection has ended."""
        async with asyncio.timeout(WAIT_S):
            lines = [await self._reader.readline()]
            while lines[-1][3:4] == b"-":
                lines.append(await self._reader.readline())
        return b"".join(lines).decode().rstrip("\r\n")

    async def say(self, *lines: str | bytes) -> list[str]:
        """Send lines at once and read as many replies."""
        self.send(*(each if isinstance(each, bytes) else each.encode() + b"\r\n" for each in lines))
        return [await self.reply() for _ in lines]

    def send(self, *pieces: bytes) -> None:
        self._writer.write(b"".join(pieces))

    async def greet(self) -> str:
        (said,) = await self.say(f"{self._hello} client.example")
        return said

    async def envelope(self, *recipients: str, sender: str = "") -> list[str]:
        """Say hello and give an envelope, up to the go-ahead for the content; return the replies to RCPT."""
        await self.greet()
        _, *replies, go_on = await self.say(
            f"MAIL FROM:<{sender}>", *(f"RCPT TO:<{each}>" for each in recipients), "DATA"
        )
        assert go_on.startswith("354"), go_on
        return replies

    async def content(self, content: bytes = MAIL, *, replies: int = 1) -> list[str]:
        """Send a mail's content, dots doubled already, and the lone dot."""
        self.send(content, b".\r\n")
        return [await self.reply() for _ in range(replies)]


@contextlib.asynccontextmanager
async def open_door(
    protocol: str = "lmtp", *, limits: Limits | None = None, listen: str = "127.0.0.1:0"
) -> AsyncIterator[Door]:
    """Run a listener until the end of the block."""
    door = Door(protocol, limits or Limits(), listen)
    await door.listener.start()
    try:
        yield door
    finally:
        await door.listener.stop(2)
