"""Replies of an SMTP server: bytes in, values out.

Owns the parser, which knows no connection and no time. A reply may arrive in any pieces and several may arrive in
one; what is no reply at all, or has no end, raises `BadReply`, after which the stream cannot be trusted any more.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from mailbot.errors import MailbotError

if TYPE_CHECKING:
    from collections.abc import Iterator

LONGEST_LINE = 8192
"""Bytes of one line; RFC 5321 §4.5.3.1.5 allows 512, and nobody keeps to it."""
LONGEST_REPLY = 65536
LONGEST_TEXT = 500
"""Characters of a reply that are kept for people."""

_CODE = re.compile(rb"[2-5][0-9][0-9](?:[ -]|\r?$)")
_ENHANCED = re.compile(rb"([245]\.[0-9]{1,3}\.[0-9]{1,3})(?: |$)")


class BadReply(MailbotError):
    """The server said something that is no SMTP reply (RFC 5321 §4.2)."""


class Reply(NamedTuple):
    """One reply, of one line or several."""

    code: int
    lines: tuple[bytes, ...]
    """The text of each line, without its code and line end."""

    @property
    def good(self) -> bool:
        """Whether this is a 2yz."""
        return 200 <= self.code < 300  # noqa: PLR2004 - RFC 5321 §4.2.1

    @property
    def enhanced(self) -> str:
        """The enhanced status code (RFC 3463) at the head of the last line, or an empty string."""
        found = _ENHANCED.match(self.lines[-1])
        return found[1].decode() if found else ""

    @property
    def text(self) -> str:
        """The whole reply on one line, printable, at most `LONGEST_TEXT` characters."""
        words = f"{self.code} {self._joined()}"
        if not words.isprintable():
            words = "".join(char if char.isprintable() else " " for char in words)
        return words.rstrip()[:LONGEST_TEXT]

    def _joined(self) -> str:
        if len(self.lines) == 1:
            return self.lines[0].decode("utf-8", "replace")
        # Later lines repeat the enhanced code (RFC 2034 §4); a person reads it once.
        first, *rest = self.lines
        return b" ".join([first, *(_ENHANCED.sub(b"", line, count=1) for line in rest)]).decode("utf-8", "replace")


class ReplyParser:
    """Cuts a stream into replies; holds what has not ended yet."""

    __slots__ = ("_lines", "_rest", "_size")

    def __init__(self) -> None:
        self._rest = b""
        self._lines: list[bytes] = []
        self._size = 0

    def feed(self, data: bytes) -> Iterator[Reply]:
        """Yield the replies that `data` completes; those before the place where it raises `BadReply` are good."""
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            if (reply := self._line(line)) is not None:
                yield reply
        if len(self._rest) > LONGEST_LINE:
            raise BadReply(f"a reply line has more than {LONGEST_LINE} bytes and no end")

    def _line(self, line: bytes) -> Reply | None:
        if not _CODE.match(line) or len(line) > LONGEST_LINE:
            raise BadReply(f"not an SMTP reply: {line[:80].decode('ascii', 'backslashreplace')!r}")
        text = line[4:].rstrip(b"\r")
        if line[3:4] == b"-":
            self._keep(text)
            return None
        lines = (*self._lines, text) if self._lines else (text,)
        self._lines, self._size = [], 0
        return Reply(int(line[:3]), lines)

    def _keep(self, text: bytes) -> None:
        self._lines.append(text)
        self._size += len(text) + 5
        if self._size > LONGEST_REPLY:
            raise BadReply(f"a reply of more than {LONGEST_REPLY} bytes has no end")
