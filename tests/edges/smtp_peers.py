"""The two neighbours of a courier in tests: a post that keeps account, and relays that behave as told."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import subprocess
import time
from collections import Counter, deque
from typing import TYPE_CHECKING, ClassVar, TypeAlias

from mailbot.edges.smtp_out import Courier, Relay, Timeouts
from mailbot.mail.envelope import Envelope

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping

    from mailbot.facts import Fact
    from mailbot.flows.post import Outcome

    Answer: TypeAlias = bytes | Callable[[int, bytes], bytes]

CONTENT = b"From: a@example.test\r\nSubject: an invoice\r\n\r\nHello\r\n"
QUICK = Timeouts(connect=2, command=2, data=2, block=2, body=2, quit=1, closing=0.1)
IMPATIENT = Timeouts(connect=0.3, command=0.3, data=0.3, block=0.3, body=0.3, quit=0.1, closing=0.1)


def envelope(number: int, content: bytes = CONTENT) -> Envelope:
    return Envelope(
        "bounces+tag@example.test", f"user{number}@customer.test", content, f"id+{number}", "notice", number
    )


def relay(
    port: int, *, connections: int = 1, timeouts: Timeouts = QUICK, first_pause: float = 0.02, idle: float = 10
) -> Relay:
    return Relay(
        "127.0.0.1",
        port,
        hostname="mailbot.example.test",
        connections=connections,
        timeouts=timeouts,
        idle=idle,
        first_pause=first_pause,
        longest_pause=0.1,
    )


class Ledger:
    """A post that hands out what it was given, and asserts that each envelope is taken and returned in pairs."""

    def __init__(self, envelopes: Iterable[Envelope] = (), *, again: int = 20) -> None:
        self._waiting = deque(envelopes)
        self._again = again
        self._taken: set[int] = set()
        self._change = asyncio.Event()
        self.expected = len(self._waiting)
        self.permitted: list[int] = []
        self.outcomes: dict[int, Outcome] = {}
        self.put_backs: Counter[int] = Counter()

    def add(self, envelope: Envelope) -> None:
        self._waiting.append(envelope)
        self.expected += 1
        self._change.set()

    async def next(self) -> Envelope:
        while (taken := self.next_now()) is None:
            self._change.clear()
            await self._change.wait()
        return taken

    def next_now(self) -> Envelope | None:
        if not self._waiting:
            return None
        taken = self._waiting.popleft()
        assert taken.row not in self._taken
        self._taken.add(taken.row)
        return taken

    async def permit(self, envelope: Envelope) -> None:
        assert envelope.row in self._taken
        self.permitted.append(envelope.row)

    def settle(self, envelope: Envelope, outcome: Outcome) -> None:
        self._taken.remove(envelope.row)  # KeyError: settled twice
        assert envelope.row not in self.outcomes
        self.outcomes[envelope.row] = outcome
        self._change.set()

    def put_back(self, envelope: Envelope) -> None:
        self._taken.remove(envelope.row)
        self.put_backs[envelope.row] += 1
        assert self.put_backs[envelope.row] <= self._again, "a mail goes round in circles"
        self._waiting.append(envelope)
        self._change.set()

    async def settled(self, count: int | None = None, *, within: float = 10) -> dict[int, Outcome]:
        """Return the outcomes once `count` (or all) mails are settled."""
        await until(lambda: len(self.outcomes) >= (self.expected if count is None else count), within=within)
        return self.outcomes

    @property
    def in_flight(self) -> int:
        return len(self._taken)

    @property
    def left(self) -> int:
        return len(self._waiting)


async def until(condition: Callable[[], bool], *, within: float = 10) -> None:
    """Return as soon as `condition` holds; fails after `within` seconds."""
    async with asyncio.timeout(within):
        while not condition():  # noqa: ASYNC110 - conditions of every kind, some across the network
            await asyncio.sleep(0.002)


async def news() -> None:
    """Let the loop hear what has already come over the wire."""
    for _ in range(10):
        await asyncio.sleep(0)


class Facts:
    """Keeps the facts that it is told."""

    def __init__(self) -> None:
        self.told: list[tuple[str, dict[str, object]]] = []

    def __call__(self, fact: Fact, **fields: object) -> None:
        assert set(fields) <= set(fact.fields)
        self.told.append((fact.name, fields))

    @property
    def names(self) -> list[str]:
        return [name for name, _ in self.told]


@contextlib.asynccontextmanager
async def running(to: Relay, post: Ledger, facts: Facts | None = None) -> AsyncIterator[Courier]:
    """A courier at work; stopped at the end, when nothing may be in flight any more."""
    courier = Courier(to, post, facts or Facts())
    task = asyncio.create_task(courier.run())
    try:
        yield courier
    finally:
        await courier.stop(5)
        await asyncio.wait_for(task, 5)
    assert post.in_flight == 0


async def sent(to: Relay, *envelopes: Envelope) -> dict[int, Outcome]:
    """Send `envelopes` and return what became of each."""
    post = Ledger(envelopes)
    async with running(to, post):
        return await post.settled()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextlib.contextmanager
def sink(*options: str, port: int | None = None) -> Iterator[int]:
    """Postfix's smtp-sink on a port of its own."""
    port = port or free_port()
    command = ["/usr/sbin/smtp-sink", "-u", "nobody", *options, f"127.0.0.1:{port}", "100"]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as process:
        try:
            _await_listener(port)
            yield port
        finally:
            process.terminate()


def _await_listener(port: int) -> None:
    end = time.monotonic() + 5
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except ConnectionRefusedError:
            if time.monotonic() > end:
                raise
            time.sleep(0.01)
        else:
            return


class Script:
    """A relay whose every answer is written down beforehand.

    `answers` maps a verb (`CONNECT`, `EHLO`, `MAIL`, `RCPT`, `DATA`, `.`, `RSET`, `QUIT`) to what is sent back, or to a
    function of (how often it was asked so far, the line). After an empty answer it never speaks
    again, `HANG_UP` ends the connection.
    """

    HANG_UP = b"\0"
    LATER = b"\1"
    """After an answer: hang up once it was sent."""

    GOOD: ClassVar[Mapping[str, bytes]] = {
        "CONNECT": b"220 script ESMTP\r\n",
        "EHLO": b"250-script\r\n250-PIPELINING\r\n250 DSN\r\n",
        "HELO": b"250 script\r\n",
        "MAIL": b"250 2.1.0 Ok\r\n",
        "RCPT": b"250 2.1.5 Ok\r\n",
        "DATA": b"354 go on\r\n",
        ".": b"250 2.0.0 queued\r\n",
        "RSET": b"250 2.0.0 reset\r\n",
        "QUIT": b"221 2.0.0 bye\r\n" + LATER,
    }

    def __init__(self, answers: Mapping[str, Answer] | None = None, *, strict: bool = False) -> None:
        self._answers: dict[str, Answer] = {**self.GOOD, **(answers or {})}
        self._strict = strict
        self._asked: Counter[str] = Counter()
        self.commands: list[bytes] = []
        self.bodies: list[bytes] = []
        self.early: list[bytes] = []
        """Commands that had arrived before the one before them was answered."""
        self.connections = 0
        self.closed = 0
        self.dribble = False
        self._serving: set[asyncio.Task[object]] = set()
        self.port = 0

    @contextlib.asynccontextmanager
    async def listening(self) -> AsyncIterator[Script]:
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0, limit=1 << 26)
        self.port = server.sockets[0].getsockname()[1]
        async with server:
            yield self
        if self._serving:
            await asyncio.wait(self._serving, timeout=2)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        if task := asyncio.current_task():
            self._serving.add(task)
            task.add_done_callback(self._serving.discard)
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            going = await self._answer(reader, writer, "CONNECT", b"")
            while going and (line := await reader.readline()):
                going = await self._turn(reader, writer, line)
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()
        self.closed += 1

    async def _turn(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, line: bytes) -> bool:
        self.commands.append(line.rstrip(b"\r\n"))
        verb = line.split()[0].decode().upper() if line.strip() else ""
        if self._strict:
            # Whoever is not allowed to pipeline has nothing more to say before our answer.
            with contextlib.suppress(TimeoutError):
                self.early.append(await asyncio.wait_for(reader.readexactly(1), 0.02))
        answer = self._words(verb, line)
        going = await self._say(reader, writer, answer)
        if going and verb == "DATA" and answer.startswith(b"354"):
            if (body := await self._body(reader)) is None:
                return False
            self.bodies.append(body)
            return await self._answer(reader, writer, ".", body)
        return going

    async def _body(self, reader: asyncio.StreamReader) -> bytes | None:
        lines = []
        while (line := await reader.readline()) != b".\r\n":
            if not line:
                return None
            lines.append(line)
        return b"".join(lines)

    def _words(self, verb: str, line: bytes) -> bytes:
        answer = self._answers.get(verb, b"502 5.5.1 what?\r\n")
        self._asked[verb] += 1
        return answer if isinstance(answer, bytes) else answer(self._asked[verb], line)

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, verb: str, line: bytes) -> bool:
        return await self._say(reader, writer, self._words(verb, line))

    async def _say(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, answer: bytes) -> bool:
        if answer == self.HANG_UP:
            return False
        if not answer:
            await reader.read()  # listens on, and never says anything again
            return False
        words = answer.removesuffix(self.LATER)
        for piece in [words[i : i + 1] for i in range(len(words))] if self.dribble else [words]:
            writer.write(piece)
            await writer.drain()
            if self.dribble:
                await asyncio.sleep(0)
        return words == answer


def once(first: bytes, then: bytes) -> Callable[[int, bytes], bytes]:
    """Answer `first` the first time and `then` ever after."""
    return lambda count, _line: first if count == 1 else then
