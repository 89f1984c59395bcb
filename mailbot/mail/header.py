"""Header fields on the wire: encoded words, display names, folding.

Owns RFC 2047 and the folding of RFC 5322 §2.2.3, and the refusal of every value that could write more than its own
field. Which fields a mail has is decided by whoever composes it.
"""

from __future__ import annotations

import re
from binascii import b2a_base64
from functools import lru_cache

from mailbot.errors import HeaderInjection
from mailbot.mail.address import path

LINE = 78
"""Characters that a line should not exceed (RFC 5322 §2.1.1)."""

HARD_LINE = 998
"""Characters that a line must not exceed (RFC 5322 §2.1.1)."""

WORD_LINE = 76
"""Characters of a line that holds encoded words, at most (RFC 2047 §2)."""

WORD = 75
"""Characters of an encoded word, at most (RFC 2047 §2)."""

PHRASE_WORD = 64
"""Characters of an encoded word in a display name, so that it fits behind any of the short names of address fields."""

STRUCTURED = frozenset(
    {
        *("auto-submitted", "bcc", "cc", "content-disposition", "content-transfer-encoding", "content-type", "date"),
        *("from", "in-reply-to", "list-unsubscribe", "list-unsubscribe-post", "message-id", "mime-version"),
        *("references", "reply-to", "return-path", "sender", "to"),
    }
)
"""Fields with a grammar of their own: they go out as they are, for an encoded word would mean something else there."""

_AROUND = len("=?utf-8?B??=")
_SMALLEST_WORD = _AROUND + 8  # one character of UTF-8 fits, however long the name of the field
_HIGH_BITS, _WITHIN_CHARACTER = 0b1100_0000, 0b1000_0000
_NAME = re.compile(r"[!-9;-~]{1,70}")
_ENDS_LINE = re.compile(r"[\r\n\0]")
_PLAIN = re.compile(r"[!-~]+(?: [!-~]+)*")
_PRINTABLE = re.compile(r"[ -~]*")
_ATOMS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?: [A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_ADDRESS = re.compile(r"[!-;=?-~]+@[!-;=?-~]+")


@lru_cache(maxsize=1024)  # most fields of a batch of mails are those of the mail before
def field(name: str, value: str) -> bytes:
    """Lay out one field, folded, with its CRLF.

    An unstructured value may be any text and reads back as it was. Raises `HeaderInjection` for a line break or NUL,
    for a name that is none, and for a structured value that is not printable ASCII or has no place to be folded.
    """
    if not _NAME.fullmatch(name):
        raise HeaderInjection(f"{name!r} is no name of a header field")
    if _ENDS_LINE.search(value):
        raise HeaderInjection(f"{name} holds a line break or NUL; its value was not sent: {value[:60]!r}")
    if name.lower() in STRUCTURED:
        return _structured(name, value)
    if _PLAIN.fullmatch(value) and "=?" not in value:
        laid_out = _folded(f"{name}: {value}")
        if laid_out is not None:
            return laid_out
    return f"{name}: {_encoded(value, first=WORD_LINE - len(name) - 2, word=WORD)}\r\n".encode()


def formatted(name: str, email: str) -> str:
    """Write a mailbox for From, To, Reply-To or Sender: `"ACME, Inc." <a@example.com>` (RFC 5322 §3.4).

    Raises `HeaderInjection` where either could write more than itself.
    """
    if _ENDS_LINE.search(name):
        raise HeaderInjection(f"a display name holds a line break or NUL: {name[:60]!r}")
    if not _ADDRESS.fullmatch(email):
        raise HeaderInjection(f"{email[:60]!r} is no address for a header field")
    return f"{_phrase(name)} <{path(email)}>" if name else path(email)


def encoded_words(text: str) -> str:
    """Write text as encoded words for a display name or a parameter, parted by single spaces."""
    return _encoded(text, first=PHRASE_WORD, word=PHRASE_WORD).replace("\r\n", "")


def _structured(name: str, value: str) -> bytes:
    laid_out = _folded(f"{name}: {value}") if _PRINTABLE.fullmatch(value) else None
    if laid_out is None:
        raise HeaderInjection(f"{name} cannot carry this value as it is: {value[:60]!r}")
    return laid_out


@lru_cache(maxsize=256)
def _phrase(name: str) -> str:
    if _ATOMS.fullmatch(name) and "=?" not in name:
        return name
    if _PLAIN.fullmatch(name) and "=?" not in name:
        return '"{}"'.format(name.replace("\\", "\\\\").replace('"', '\\"'))
    return encoded_words(name)


def _folded(line: str) -> bytes | None:
    """Break a field before spaces so that its lines keep to 78 (76 with encoded words) where they can.

    Returns `None` where they break 998.
    """
    limit = WORD_LINE if "=?" in line else LINE
    if len(line) <= limit:
        return line.encode() + b"\r\n"
    name, *words = line.split(" ")
    lines = [name]
    for word in words:
        if len(lines[-1]) + 1 + len(word) <= limit or lines == [name]:
            lines[-1] += f" {word}"
        else:
            lines.append(f" {word}")
    if max(map(len, lines)) > HARD_LINE:
        return None
    return "\r\n".join([*lines, ""]).encode()


def _encoded(text: str, *, first: int, word: int) -> str:
    """Write text as encoded words of at most `word` characters, the first of at most `first`, each on its own line.

    No word splits a character (RFC 2047 §5); the white space between words is not part of the text (§6.2).
    """
    content = text.encode("utf-8", "replace")
    words: list[str] = []
    start, room = 0, _octets(max(min(first, word), _SMALLEST_WORD))
    while start < len(content) or not words:
        end = _before_character(content, start + room)
        words.append(f"=?utf-8?B?{b2a_base64(content[start:end], newline=False).decode()}?=")
        start, room = end, _octets(word)
    return "\r\n ".join(words)


def _octets(characters: int) -> int:
    """Return how many octets fit into an encoded word of so many characters."""
    return (characters - _AROUND) // 4 * 3


def _before_character(content: bytes, end: int) -> int:
    """Step back from `end` to where a character of UTF-8 begins."""
    if end >= len(content):
        return len(content)
    while content[end] & _HIGH_BITS == _WITHIN_CHARACTER:
        end -= 1
    return end
