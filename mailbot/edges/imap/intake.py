"""Mails out of a folder: each on file first, marked as read second, and only once.

Owns which mails are asked for, and that one which the server does not hand out holds up none behind it. How far the
folder was read stands in the store, written together with the mail. Runs in the mailbox's thread; the flow runs on the
daemon's loop.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from typing import TYPE_CHECKING, TypeVar

from mailbot.edges.imap.trouble import Declined
from mailbot.errors import StoreError
from mailbot.facts import INBOX_SKIPPED
from mailbot.flows.hear import Arrival
from mailbot.mail.parse import LARGEST
from mailbot.store.inbox import Cursor

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from mailbot.edges.imap.account import Account
    from mailbot.edges.imap.bell import Bell
    from mailbot.edges.imap.session import Session
    from mailbot.facts import Facts
    from mailbot.flows.hear import Hear

T = TypeVar("T")

TRIES = 3
"""How often a mail is asked for that the server does not hand out."""

_MIB = 1024 * 1024


class Intake:
    """Takes the mails of one folder."""

    def __init__(
        self, account: Account, hear: Hear, say: Facts, *, loop: asyncio.AbstractEventLoop, bell: Bell
    ) -> None:
        self._account = account
        self._hear = hear
        self._say = say
        self._loop = loop
        self._bell = bell
        self._cursor = Cursor(account.mailbox, -1, 0)
        self._failures: Counter[int] = Counter()
        self._skipped: set[int] = set()

    def begin(self, session: Session) -> None:
        """Look up how far this folder was read; one that was made anew is read from its start."""
        known = self._hear.cursor(self._account.mailbox)
        if known is None or known.uidvalidity != session.uidvalidity:
            known = Cursor(self._account.mailbox, session.uidvalidity, 0)
        if known.uidvalidity != self._cursor.uidvalidity:
            self._failures.clear()
            self._skipped.clear()
        self._cursor = known

    def look(self, session: Session, *, thorough: bool) -> None:
        """Take what is new; if `thorough`, also what lies further back and was not marked.

        That is a mail after which we were killed, before we could mark it, and one that was stepped over.
        """
        if thorough:
            for uid in session.unseen(self._cursor.last_uid):
                if self._bell.rung:
                    return
                self._one(session, uid, None)
        for uid in session.after(self._cursor.last_uid):
            if self._bell.rung:
                return
            self._one(session, uid, Cursor(self._account.mailbox, session.uidvalidity, uid))

    def _one(self, session: Session, uid: int, cursor: Cursor | None) -> None:
        if self._failures[uid] >= TRIES:
            self._step_over(uid, cursor, "the connection ended whenever it was fetched")
            return
        try:
            self._take(session, uid, cursor)
        except StoreError:
            raise  # the store's trouble, not this mail's: it waits
        except Declined as declined:
            self._step_over(uid, cursor, str(declined))
        except Exception:
            # Whatever this mail does to the server or to us, it does so a few times and no more.
            self._failures[uid] += 1
            raise

    def _take(self, session: Session, uid: int, cursor: Cursor | None) -> None:
        arrival = self._fetched(session, uid, cursor)
        if arrival is None:
            return
        self._wait_for(self._hear.take(arrival))
        self._failures.pop(uid, None)
        self._move(cursor)
        with contextlib.suppress(Declined):  # a mark is a courtesy to people who look into the folder
            session.mark(uid)

    def _fetched(self, session: Session, uid: int, cursor: Cursor | None) -> Arrival | None:
        """Return a mail, asked for a few times; None where it is gone."""
        for attempt in range(TRIES - 1):
            try:
                return self._arrival(session, uid, cursor)
            except Declined:
                if uid not in self._skipped:
                    self._bell.wait(self._account.pace.again * (1 << attempt))
        return self._arrival(session, uid, cursor)

    def _arrival(self, session: Session, uid: int, cursor: Cursor | None) -> Arrival | None:
        size = session.size(uid)
        if size is None:
            return None
        if size <= LARGEST:
            raw = session.mail(uid)
            return None if raw is None else Arrival(raw=raw, door="imap", cursor=cursor)
        header = session.header(uid)
        why = (
            f"it has {size / _MIB:.1f} MiB, more than the {LARGEST // _MIB} that are read: only its header was fetched,"
            f" the mail lies in {self._account.folder} of {self._account.username} (UID {uid})"
        )
        return None if header is None else Arrival(raw=header, door="imap", cursor=cursor, set_aside=why)

    def _step_over(self, uid: int, cursor: Cursor | None, why: str) -> None:
        """Go on with the next mail; this one stays unmarked, and is asked for again when we look thoroughly."""
        if uid not in self._skipped:
            self._skipped.add(uid)
            self._say(INBOX_SKIPPED, mailbox=self._account.mailbox, uid=uid, error=why)
        if cursor is not None:
            self._wait_for(self._hear.move_cursor(cursor))
            self._move(cursor)

    def _move(self, cursor: Cursor | None) -> None:
        self._cursor = cursor or self._cursor

    def _wait_for(self, doing: Coroutine[object, object, T]) -> T:
        return asyncio.run_coroutine_threadsafe(doing, self._loop).result()
