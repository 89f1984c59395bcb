"""IMAPClient, with what it lets slip about new mails caught.

A server may tell of a mail in its answer to anything, before it says that it idles, or in the same breath; it does not
tell twice. And waiting has to end when the daemon does. The dialogue is `session`'s.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from imapclient import IMAPClient, SocketTimeout
from imapclient.exceptions import IMAPClientError

if TYPE_CHECKING:
    import ssl

    from mailbot.edges.imap.account import Account
    from mailbot.edges.imap.bell import Bell


class Client(IMAPClient):  # type: ignore[misc]  # the library has no types
    """A connection to an IMAP server."""

    def __init__(self, account: Account, *, tls: ssl.SSLContext | None, bell: Bell) -> None:
        """Connect; `tls` is given where the connection is to be encrypted from the first byte."""
        self._bell = bell
        seconds = account.pace.answer
        super().__init__(
            account.host, account.port, ssl=tls is not None, ssl_context=tls, timeout=SocketTimeout(seconds, seconds)
        )

    def idle(self) -> None:
        """Begin to idle. Unlike the library's, this bears that a mail is announced before the server idles."""
        self._idle_tag = self._imap._command("IDLE")  # noqa: SLF001  imaplib knows no IDLE before Python 3.14
        while self._imap._get_response() is not None:  # noqa: SLF001  the same; None is the `+` of RFC 2177
            if self._imap.tagged_commands[self._idle_tag]:
                raise IMAPClientError("the server does not idle")
        # What the server said in the same breath lies in a buffer where no poll sees it.
        self._unheard = True

    def idle_check(self, timeout: float | None = None) -> list[Any]:
        """Wait for what the server says; an empty list long before `timeout` may be the end of the connection."""
        return list(super().idle_check(timeout))

    def announced(self) -> bool:
        """Tell whether the server has told of mails in what it answered since the last call."""
        _, told = self._imap.response("EXISTS")
        return bool(told != [None])

    def _poll_socket(self, sock: Any, timeout: float | None = None) -> bool:  # noqa: ANN401  the library has no types
        if self._unheard:
            self._unheard = False
            return True
        return self._bell.wait(timeout or 0, sock)

    _unheard = False
