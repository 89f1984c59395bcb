"""Watches a mailbox in a thread of its own, for as long as the daemon lives.

Owns the thread: that it is never left by an error, that it ends when it is asked to, and that the daemon waits for it
no longer than a moment. The library is loaded there, so that nothing waits for it either.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from functools import partial
from typing import TYPE_CHECKING

from mailbot.edges.imap.bell import Bell
from mailbot.edges.imap.intake import Intake
from mailbot.edges.imap.outage import Outage
from mailbot.edges.imap.trouble import SignInRefused, words
from mailbot.errors import MailbotError

if TYPE_CHECKING:
    from collections.abc import Callable

    from mailbot.edges.imap.account import Account
    from mailbot.edges.imap.client import Client
    from mailbot.edges.imap.session import Session
    from mailbot.facts import Fact, Facts
    from mailbot.flows.hear import Hear

GOODBYE_S = 1.0
"""How long the thread may take to end by itself, and again after its connection was cut."""


class Watch:
    """Hands every mail of one mailbox to `hear`."""

    def __init__(self, account: Account, hear: Hear, facts: Facts) -> None:
        self._account = account
        self._facts = facts
        self._loop = asyncio.get_running_loop()
        self._bell = Bell()
        self._ended: asyncio.Future[None] = self._loop.create_future()
        self._outage = Outage(account, self._say)
        self._intake = Intake(account, hear, self._say, loop=self._loop, bell=self._bell)
        self._client: Client | None = None
        self._thread = threading.Thread(target=self._run, name=f"imap {account.host}", daemon=True)

    def start(self) -> None:
        """Begin to watch."""
        self._thread.start()

    async def stop(self) -> None:
        """Take no more mails; a thread that hangs in a connection attempt is left to the end of the process."""
        self._bell.ring()
        if not await self._has_ended():
            self._cut()
        if await self._has_ended():
            self._thread.join()  # which has said its last word

    async def _has_ended(self) -> bool:
        done, _ = await asyncio.wait([self._ended], timeout=GOODBYE_S)
        return bool(done)

    def _cut(self) -> None:
        if (client := self._client) is not None:
            from mailbot.edges.imap.session import cut  # noqa: PLC0415  see the module

            cut(client)

    # What the thread does.

    def _run(self) -> None:
        try:
            while not self._bell.rung:
                self._bell.wait(self._attempt())
        finally:
            self._bell.close()
            self._tell(partial(self._ended.set_result, None))

    def _attempt(self) -> float:
        """Watch until something fails; return the seconds to wait."""
        began = time.monotonic()
        try:
            self._watch()
        except SignInRefused as error:
            return self._outage.refused(str(error))
        except Exception as error:  # noqa: BLE001 -- nothing that comes in may stop the daemon: the mailbox is tried again
            if not self._bell.rung:
                return self._outage.failed(_said(error), held=time.monotonic() - began)
        return 0.0

    def _watch(self) -> None:
        from mailbot.edges.imap.opening import connect, enter  # noqa: PLC0415  see the module
        from mailbot.edges.imap.session import hang_up  # noqa: PLC0415  the same

        self._client = client = connect(self._account, self._bell)
        try:
            session = enter(client, self._account, self._bell)
            self._read(session)
            session.goodbye()
        finally:
            self._client = None
            hang_up(client)

    def _read(self, session: Session) -> None:
        self._intake.begin(session)
        self._intake.look(session, thorough=True)
        self._outage.over()
        while not self._bell.rung:
            news = session.wait()
            if not news and not self._bell.rung:
                session.select()
                self._intake.begin(session)
            self._intake.look(session, thorough=not news)

    def _say(self, fact: Fact, **fields: object) -> None:
        self._tell(partial(self._facts, fact, **fields))

    def _tell(self, what: Callable[[], object]) -> None:
        with contextlib.suppress(RuntimeError):  # the loop is over: the daemon did not wait for us
            self._loop.call_soon_threadsafe(what)


def _said(error: Exception) -> str:
    return str(error) if isinstance(error, MailbotError) else f"{type(error).__name__}: {words(error)}"
