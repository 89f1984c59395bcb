"""A mail server in front of mailbot: speaks LMTP with the real daemon, and keeps what it was not answered 250 for."""

from __future__ import annotations

import contextlib
import re
import socket
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import TracebackType

    from real_daemon import Daemon

INBOUND = "reply@acme.test"
TAGGED = "reply+bx@acme.test"
WAIT_S = 20

LISTENING = f"""\
[inbound]
address = "{INBOUND}"
listen = "{{listen}}"
"""


def listening(listen: str = "lmtp:127.0.0.1:0") -> str:
    """Return the part of a configuration that has the daemon listen; a free port, unless told otherwise."""
    return LISTENING.format(listen=listen)


def inlet(daemon: Daemon) -> tuple[str, int] | str:
    """Return where the daemon listens for mails."""
    found = re.search(r"fact=inbox\.listening .*listen=(?:([\d.]+):(\d+)|unix:(\S+))", daemon.log)
    assert found, daemon.log
    return found[3] or (found[1], int(found[2]))


def mail(number: int, *, size: int = 100) -> bytes:
    """Return a mail that no other is like."""
    head = f"From: c0@customer.test\r\nMessage-ID: <{number}@customer.test>\r\nSubject: question {number}\r\n\r\n"
    return head.encode() + (b"x" * 70 + b"\r\n") * (size // 72 + 1)


class Lmtp:
    """One connection; raises `OSError` where it is lost."""

    def __init__(self, place: tuple[str, int] | str, *, hello: str = "LHLO") -> None:
        self._socket = socket.socket(socket.AF_UNIX if isinstance(place, str) else socket.AF_INET)
        self._socket.settimeout(WAIT_S)
        try:
            self._socket.connect(place)
            self._lines = self._socket.makefile("rb")
            self.greeting = self.reply()
            if self.greeting.startswith("220"):
                self.say(f"{hello} mx.acme.test")
        except OSError:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        with contextlib.suppress(AttributeError):
            self._lines.close()
        self._socket.close()

    def reply(self) -> str:
        """Read one reply; empty where the connection has ended."""
        lines = [self._lines.readline()]
        while lines[-1][3:4] == b"-":
            lines.append(self._lines.readline())
        return b"".join(lines).decode().strip()

    def send(self, content: bytes) -> None:
        self._socket.sendall(content)

    def say(self, command: str) -> str:
        self.send(command.encode() + b"\r\n")
        if not (reply := self.reply()):
            raise ConnectionResetError
        return reply

    def envelope(self, *recipients: str, sender: str = "") -> list[str]:
        """Give an envelope up to the go-ahead; return the replies to RCPT."""
        self.say(f"MAIL FROM:<{sender}>")
        replies = [self.say(f"RCPT TO:<{each}>") for each in recipients]
        assert self.say("DATA").startswith("354")
        return replies

    def content(self, content: bytes, replies: int = 1) -> list[str]:
        """Send a content without dots at the beginning of lines; return what is said of it."""
        self.send(content + b".\r\n")
        return [self.reply() for _ in range(replies)]

    def deliver(self, content: bytes, *recipients: str, sender: str = "c0@customer.test") -> Sequence[str]:
        """Deliver a mail; return the replies to it, one a recipient."""
        everyone = recipients or (TAGGED,)
        self.envelope(*everyone, sender=sender)
        return self.content(content, len(everyone))
