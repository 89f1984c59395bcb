"""A small IMAP server on a real socket, whose every oddity is a test's wish; where none is wanted, there is Dovecot."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


@dataclass(slots=True)
class Peer:
    """What the server has and how it behaves; may be changed at any time."""

    mails: dict[int, bytes] = field(default_factory=dict)
    sizes: dict[int, int] = field(default_factory=dict)
    """Sizes that are said of mails in place of the real ones."""
    tokens: set[str] = field(default_factory=set)
    """Access tokens that are good now."""
    denied: set[int] = field(default_factory=set)
    """Mails that are not handed out."""
    deadly: set[int] = field(default_factory=set)
    """Mails at which the server hangs up."""
    read_only: bool = False
    extensions: str = "IDLE AUTH=XOAUTH2"
    login_answer: str = "NO [AUTHENTICATIONFAILED] wrong"
    early: list[bytes] = field(default_factory=list)
    """Mails that come just when the client begins to idle, and are told of before or with the consent."""
    together: bool = False
    """Whether consent and announcement go out in one breath."""
    meanwhile: list[bytes] = field(default_factory=list)
    """Mails that come while another is being marked, and are told of in that answer only."""
    stuck: bool = False
    """Whether it falls silent when a mail is to be marked, and does not mark it."""
    commands: list[str] = field(default_factory=list)
    sign_ins: list[str] = field(default_factory=list)
    """The tokens that were shown, good or not."""
    idling: int = 0
    seen: set[int] = field(default_factory=set)
    port: int = 0
    writers: set[asyncio.StreamWriter] = field(default_factory=set)

    @contextlib.asynccontextmanager
    async def listening(self) -> AsyncIterator[Peer]:
        tasks: set[asyncio.Task[None]] = set()

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = asyncio.current_task()
            assert task is not None
            tasks.add(task)
            self.writers.add(writer)
            try:
                with contextlib.suppress(ConnectionError):
                    await _Dialogue(self, reader, writer).hold()
            finally:
                self.writers.discard(writer)
                writer.close()
                tasks.discard(task)

        server = await asyncio.start_server(serve, "127.0.0.1", 0, limit=1 << 20)
        self.port = server.sockets[0].getsockname()[1]
        async with server:
            yield self
            server.close()
            self.drop()
            if tasks:
                await asyncio.wait(tasks, timeout=5)

    def arrives(self, mail: bytes) -> None:
        """Put a mail into the folder, and tell those who idle."""
        self.mails[max(self.mails, default=0) + 1] = mail
        for writer in self.writers:
            writer.write(b"* %d EXISTS\r\n" % len(self.mails))

    def drop(self) -> None:
        """End all connections."""
        for writer in self.writers:
            writer.close()


class _Dialogue:
    def __init__(self, peer: Peer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._peer, self._reader, self._writer = peer, reader, writer

    def _say(self, line: str) -> None:
        self._writer.write(line.encode() + b"\r\n")

    async def hold(self) -> None:
        self._say(f"* OK [CAPABILITY IMAP4rev1 {self._peer.extensions}] peer")
        while line := await self._reader.readline():
            tag, _, rest = line.decode().strip().partition(" ")
            self._peer.commands.append(rest)
            verb = rest.upper().removeprefix("UID ").split(" ")[0]
            answer = await getattr(self, f"_{verb.lower()}")(rest)
            if answer is None:
                return
            self._say(f"{tag} {answer}")
            await self._writer.drain()
            if verb == "LOGOUT":
                return

    async def _capability(self, _: str) -> str:
        self._say(f"* CAPABILITY IMAP4rev1 {self._peer.extensions}")
        return "OK done"

    async def _login(self, _: str) -> str:
        return self._peer.login_answer

    async def _authenticate(self, _: str) -> str:
        self._say("+ ")
        said = base64.b64decode(await self._reader.readline()).decode()
        found = re.fullmatch("user=([^\1]*)\1auth=Bearer ([^\1]*)\1\1", said)
        assert found, said
        self._peer.sign_ins.append(found[2])
        if found[2] in self._peer.tokens:
            return "OK signed in"
        self._say("+ " + base64.b64encode(b'{"status":"400"}').decode())
        assert await self._reader.readline() == b"\r\n"
        return "NO [AUTHENTICATIONFAILED] token refused"

    async def _select(self, _: str) -> str:
        self._say(f"* {len(self._peer.mails)} EXISTS")
        self._say("* 0 RECENT")
        self._say("* FLAGS (\\Seen)")
        self._say("* OK [UIDVALIDITY 7] valid")
        self._say(f"* OK [UIDNEXT {max(self._peer.mails, default=0) + 1}] next")
        return f"OK [READ-{'ONLY' if self._peer.read_only else 'WRITE'}] selected"

    _examine = _select

    async def _search(self, rest: str) -> str:
        low, high = rest.rsplit(" ", maxsplit=1)[-1].split(":")
        top = max(self._peer.mails, default=0)
        found = [uid for uid in self._peer.mails if int(low) <= uid <= (top if high == "*" else int(high))]
        if high == "*" and top and top not in found:
            found.append(top)  # RFC 3501 §6.4.8
        if "UNSEEN" in rest:
            found = [uid for uid in found if uid not in self._peer.seen]
        self._say(" ".join(["* SEARCH", *map(str, found)]))
        return "OK searched"

    async def _fetch(self, rest: str) -> str | None:
        _, _, uids, item = rest.split(" ", 3)
        uid = int(uids)
        mail = self._peer.mails.get(uid)
        if mail is None:
            return "OK gone"
        if "SIZE" in item:
            self._say(f"* {uid} FETCH (UID {uid} RFC822.SIZE {self._peer.sizes.get(uid, len(mail))})")
            return "OK told"
        if uid in self._peer.deadly:
            return None
        if uid in self._peer.denied:
            return "NO not this one"
        part, name = (mail.split(b"\r\n\r\n")[0], "BODY[HEADER]<0>") if "HEADER" in item else (mail, "BODY[]")
        self._say(f"* {uid} FETCH (UID {uid} {name} {{{len(part)}}}")
        self._writer.write(part + b")\r\n")
        return "OK fetched"

    async def _store(self, rest: str) -> str:
        if self._peer.stuck:
            await self._reader.read()
            raise ConnectionError
        self._peer.seen.add(int(rest.split(" ")[2]))
        for mail in self._peer.meanwhile:
            self._peer.mails[max(self._peer.mails) + 1] = mail
            self._say(f"* {len(self._peer.mails)} EXISTS")
        self._peer.meanwhile.clear()
        return "OK stored"

    async def _noop(self, _: str) -> str:
        return "OK still here"

    async def _idle(self, _: str) -> str:
        consent = "+ idling\r\n"
        for mail in self._peer.early:
            self._peer.mails[max(self._peer.mails, default=0) + 1] = mail
            told = f"* {len(self._peer.mails)} EXISTS\r\n"
            consent = consent + told if self._peer.together else told + consent
        self._peer.early.clear()
        self._writer.write(consent.encode())
        self._peer.idling += 1
        try:
            done = await self._reader.readline()
        finally:
            self._peer.idling -= 1
        if not done:
            raise ConnectionError
        assert done == b"DONE\r\n"
        return "OK idled"

    async def _logout(self, _: str) -> str:
        self._say("* BYE")
        return "OK bye"
