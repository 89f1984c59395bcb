"""A relay in a thread of its own that keeps account of every mail, and answers as it was told to.

Offers PIPELINING. What it answers 250 to was recorded before.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import random
import threading
from collections import Counter
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from email.message import EmailMessage

GOOD: Mapping[str, bytes] = {
    "CONNECT": b"220 recorder ESMTP\r\n",
    "EHLO": b"250-recorder\r\n250-PIPELINING\r\n250 DSN\r\n",
    "MAIL": b"250 2.1.0 Ok\r\n",
    "RCPT": b"250 2.1.5 Ok\r\n",
    "DATA": b"354 go on\r\n",
    ".": b"250 2.0.0 queued\r\n",
    "RSET": b"250 2.0.0 reset\r\n",
    "QUIT": b"221 2.0.0 bye\r\n",
}

SILENCE = b""
HANG_UP = b"\0"


@dataclass(frozen=True, slots=True)
class Received:
    """One mail as it arrived."""

    message_id: str
    sha256: str
    recipient: str
    content: bytes = field(repr=False)

    @property
    def message(self) -> EmailMessage:
        return message_from_bytes(self.content, policy=policy.default)


class Recorder:
    """What arrived, and how the relay behaves; both may be touched from the test's thread."""

    def __init__(self, seed: int = 0) -> None:
        self.mails: list[Received] = []
        self.answers: dict[str, bytes] = dict(GOOD)
        """By verb (`CONNECT`, `EHLO`, ..., `.`); may be changed at any time."""
        self.slowest = 0.0
        """A final dot is answered after a random time, in seconds, up to this."""
        self.commands: Counter[str] = Counter()
        self.dialogues = 0
        """Connections that are open now."""
        self.port = 0
        self._random = random.Random(seed)  # noqa: S311 - chance, and nothing secret

    @property
    def arrivals(self) -> Counter[str]:
        """How often each Message-ID arrived."""
        return Counter(mail.message_id for mail in list(self.mails))

    def altered(self) -> list[str]:
        """Return the Message-IDs that arrived with more than one content."""
        seen: dict[str, str] = {}
        return [mail.message_id for mail in self.mails if seen.setdefault(mail.message_id, mail.sha256) != mail.sha256]

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Hold one dialogue."""
        self.dialogues += 1
        try:
            await self._hold(reader, writer)
        except asyncio.CancelledError:
            pass  # the end of the test
        finally:
            self.dialogues -= 1
            writer.close()

    async def _hold(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            going = await self._say("CONNECT", reader, writer)
            recipient = ""
            while going and (line := await reader.readline()):
                verb = line.split()[0].decode().upper() if line.strip() else ""
                if verb == "RCPT":
                    recipient = line.split(b"<")[1].split(b">")[0].decode()
                going = await self._say(verb, reader, writer)
                if going and verb == "DATA" and self.answers["DATA"].startswith(b"354"):
                    self._record(await reader.readuntil(b"\r\n.\r\n"), recipient)
                    await asyncio.sleep(self._random.uniform(0, self.slowest))
                    going = await self._say(".", reader, writer)
                going = going and verb != "QUIT"

    async def _say(self, verb: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        self.commands[verb] += 1
        answer = self.answers.get(verb, b"502 5.5.1 what?\r\n")
        if answer == HANG_UP:
            return False
        if answer == SILENCE:
            await reader.read()  # listens on, and never says anything again
            return False
        writer.write(answer)
        await writer.drain()
        return True

    def _record(self, body: bytes, recipient: str) -> None:
        content = body[:-3].replace(b"\r\n..", b"\r\n.")
        message_id = content.split(b"\r\nMessage-ID: <", 1)[1].split(b">", 1)[0].decode()
        self.mails.append(Received(message_id, hashlib.sha256(content).hexdigest(), recipient, content))


@contextlib.contextmanager
def recording(seed: int = 0) -> Iterator[Recorder]:
    """A recorder that listens on a port of its own until the end of the block."""
    recorder = Recorder(seed)
    loop = asyncio.new_event_loop()
    listening = threading.Event()
    ended = asyncio.Event()

    async def listen() -> None:
        server = await asyncio.start_server(recorder.serve, "127.0.0.1", 0, limit=1 << 25)
        recorder.port = server.sockets[0].getsockname()[1]
        listening.set()
        await ended.wait()
        server.close()
        dialogues = asyncio.all_tasks() - {asyncio.current_task()}
        for dialogue in dialogues:
            dialogue.cancel()
        await asyncio.gather(*dialogues, return_exceptions=True)

    thread = threading.Thread(target=loop.run_until_complete, args=(listen(),), daemon=True)
    thread.start()
    assert listening.wait(10)
    try:
        yield recorder
    finally:
        loop.call_soon_threadsafe(ended.set)
        thread.join(10)
        loop.close()
