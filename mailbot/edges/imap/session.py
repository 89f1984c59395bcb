"""A folder that was opened: which mails are in it, their bytes, their flags, and waiting for more.

Owns the dialogue (RFC 3501, RFC 2177) of one connection, and which errors end it. What is done with the mails, and
what follows when the connection ends, is others'. Used by one thread; only `cut` may be called by another.
"""

from __future__ import annotations

import contextlib
import socket
import time
from typing import TYPE_CHECKING, Any

from imapclient import SEEN
from imapclient.exceptions import IMAPClientAbortError, IMAPClientError, IMAPClientReadOnlyError

from mailbot.edges.imap.trouble import Declined, Lost, words
from mailbot.mail.parse import LONGEST_HEADER

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from mailbot.edges.imap.account import Pace
    from mailbot.edges.imap.bell import Bell
    from mailbot.edges.imap.client import Client

AT_ONCE = 50_000
"""UIDs that are asked for at a time in a large folder: an answer is one line, and imaplib reads lines of 1 MB."""


class Session:
    """A connection that has signed in, with a folder open."""

    def __init__(self, client: Client, folder: str, *, pace: Pace, bell: Bell) -> None:
        """`client` has signed in; `select` comes next."""
        self._client = client
        self._folder = folder
        self._pace = pace
        self._bell = bell
        self._uidnext = 0
        self.uidvalidity = 0
        self.exists = 0
        self.writable = False
        self.idles = bool(client.has_capability("IDLE"))
        self.tls: str = getattr(client.socket(), "version", str)() or ""
        """Protocol version such as `TLSv1.3`; empty: not encrypted."""

    def select(self) -> None:
        """Open the folder, or open it again: not every server tells who has it open that it was made anew."""
        with _told():
            try:
                found, self.writable = self._client.select_folder(self._folder), True
            except IMAPClientReadOnlyError:
                found, self.writable = self._client.select_folder(self._folder, readonly=True), False
            self._client.announced()  # of those that are there
        self.uidvalidity, self._uidnext, self.exists = (
            int(found.get(name, 0)) for name in (b"UIDVALIDITY", b"UIDNEXT", b"EXISTS")
        )

    def after(self, uid: int) -> Iterator[int]:
        """Yield the UIDs above one, in their order; raises `Lost` and `Declined`, as all below."""
        low = uid + 1
        while self.exists > AT_ONCE and low + AT_ONCE < self._uidnext:
            yield from self._search("UID", f"{low}:{low + AT_ONCE - 1}")
            low += AT_ONCE
        # The star is the last mail, whatever its UID (RFC 3501 §6.4.8).
        yield from (found for found in self._search("UID", f"{low}:*") if found >= low)

    def unseen(self, upto: int) -> Sequence[int]:
        """Return the UIDs up to one whose mails nobody has marked as read; none where we could not mark them."""
        return self._search("UNSEEN", "UID", f"1:{upto}") if self.writable and upto else []

    def size(self, uid: int) -> int | None:
        """Return how many octets the server says that a mail has; None where the mail is gone."""
        found = self._fetch(uid, "RFC822.SIZE")
        return None if found is None else int(found.get(b"RFC822.SIZE", 0))

    def mail(self, uid: int) -> bytes | None:
        """Return a mail, unmarked as it was; None where it is gone."""
        return self._content(uid, "BODY.PEEK[]")

    def header(self, uid: int) -> bytes | None:
        """Return a mail's header, or the first part of an endless one; None where it is gone."""
        return self._content(uid, f"BODY.PEEK[HEADER]<0.{LONGEST_HEADER}>")

    def mark(self, uid: int) -> None:
        """Mark a mail as read, where that may be done."""
        if self.writable:
            with _told():
                self._client.add_flags([uid], [SEEN], silent=True)

    def wait(self) -> bool:
        """Wait until a mail has come (True), a look is due anyway (False), or the bell is rung."""
        if self._client.announced():
            return True
        if self.idles:
            return self._idle()
        self._bell.wait(self._pace.poll)
        return False

    def goodbye(self) -> None:
        """End the dialogue in order."""
        with contextlib.suppress(Exception):  # a server that does not say goodbye has served all the same
            self._client.logout()

    def _idle(self) -> bool:
        with _told():
            self._client.idle()
            news = self._listen(time.monotonic() + self._pace.renew)
            # Where nothing was heard because the connection is over, this raises.
            self._client.idle_done()
        return news

    def _listen(self, until: float) -> bool:
        heard = self._client.idle_check(0)  # what was said together with the server's consent
        while not any(_is_news(each) for each in heard) and not self._client.announced():
            left = until - time.monotonic()
            if left <= 0 or self._bell.rung:
                return False
            heard = self._client.idle_check(left)
            if not heard:
                return False  # time is over, or the connection is: it answers so at once and for ever
        return True

    def _search(self, *criteria: str) -> list[int]:
        with _told():
            return sorted(int(each) for each in self._client.search(list(criteria)))

    def _fetch(self, uid: int, item: str) -> Mapping[bytes, Any] | None:
        with _told():
            found: Mapping[int, Mapping[bytes, Any]] = self._client.fetch([uid], [item])
        return found.get(uid)

    def _content(self, uid: int, item: str) -> bytes | None:
        found = self._fetch(uid, item)
        if found is None:
            return None
        content = next((value for name, value in found.items() if name.startswith(b"BODY[")), None)
        if not isinstance(content, bytes):
            raise Declined(f"the server answers without the bytes of mail {uid}")
        return content


def hang_up(client: Client) -> None:
    """Close a connection without a word."""
    with contextlib.suppress(Exception):  # it may be half open in any way
        client.shutdown()


def cut(client: Client) -> None:
    """End a connection under the thread that waits for it; may be called by any other."""
    with contextlib.suppress(OSError):
        # An SSL socket's own shutdown would take away what that thread reads with.
        socket.socket.shutdown(client.socket(), socket.SHUT_RDWR)


def _is_news(response: object) -> bool:
    return isinstance(response, tuple) and len(response) > 1 and response[1] == b"EXISTS"


@contextlib.contextmanager
def _told() -> Iterator[None]:
    """Turn what the library raises into what it means for the connection."""
    try:
        yield
    except (Lost, Declined):
        raise
    except IMAPClientAbortError as error:
        raise Lost(f"the connection ended: {words(error)}") from error
    except IMAPClientError as error:
        raise Declined(f"the server says: {words(error)}") from error
    except TimeoutError as error:
        raise Lost("the server does not answer any more") from error
    except OSError as error:
        raise Lost(f"the connection ended: {words(error)}") from error
    except Exception as error:  # what a server can say is endless, and the library trips over some of it
        raise Lost(f"the server's answer cannot be read: {type(error).__name__}: {words(error)}") from error
