"""A mail's bytes, laid out directly: header fields, a text part, an HTML part, attachments.

Owns the form on the wire (RFC 5322, 2045 to 2047, 2231): CRLF line ends, folded header fields, encoded words, bodies
in base64. What a mail says is `render`'s; who gets it, and the dots that SMTP stuffs, are the courier's. The same
arguments give the same bytes. `email.message` could do all this at forty times the cost.
"""

from __future__ import annotations

import hashlib
import re
from binascii import b2a_base64
from dataclasses import dataclass
from email.utils import format_datetime
from itertools import chain
from struct import Struct
from typing import TYPE_CHECKING
from urllib.parse import quote

from mailbot.errors import HeaderInjection
from mailbot.mail.header import encoded_words, field

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from mailbot.mail.render import Rendered

BASE64_LINE = 76
"""Characters of a line of base64 at most (RFC 2045 §6.8)."""

PARAMETER = 60
"""Characters of a parameter's section, so that its line stays within 78."""

_CUT = Struct(f"{BASE64_LINE}s" * 16)
_LONGEST_NAME = 120
_LONGEST_SUFFIX = 10
_FOLD = "\r\n "
_MEDIA_TYPE = re.compile(r"[a-z0-9.+-]+/[a-z0-9.+-]+")
_TOKENS = re.compile(r"[A-Za-z0-9._-]{1,60}")
_ENDS = re.compile(r"^[\s.]+|[\s.]+$")
_UNSAFE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff/\\\\:*?\"<>|]")


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that goes along."""

    name: str
    """What the reader's mail program saves it as; any language."""
    content: bytes
    media_type: str = "application/pdf"


def compose(
    *,
    headers: Iterable[tuple[str, str]],
    date: datetime,
    rendered: Rendered,
    seed: str,
    attachments: Sequence[Attachment] = (),
) -> bytes:
    """Lay out a mail.

    `headers` are the fields in their order, Subject among them, addresses made by `header.formatted`; Date (from an
    aware moment, in its own zone), MIME-Version and Content-Type are added here. `seed` is whatever is this mail's
    alone, such as its Message-ID: boundaries come from it. Raises `HeaderInjection` naming a field whose value could
    write more than itself.
    """
    if date.tzinfo is None:
        raise ValueError("a mail's date needs a time zone")
    boundary = hashlib.sha256(seed.encode()).hexdigest()[:32]
    lines = [field(name, value) for name, value in headers]
    lines.append(b"Date: %b\r\nMIME-Version: 1.0\r\n" % format_datetime(date).encode())
    content = _alternative(rendered, boundary="=_a" + boundary)
    if attachments:
        content = _multipart("mixed", [content, *map(_attached, attachments)], boundary="=_m" + boundary)
    return b"".join([*lines, content])


def _alternative(rendered: Rendered, *, boundary: str) -> bytes:
    return _multipart("alternative", [_text("plain", rendered.text), _text("html", rendered.html)], boundary=boundary)


def _multipart(subtype: str, parts: Iterable[bytes], *, boundary: str) -> bytes:
    """Join parts (RFC 2046 §5.1.1); base64 holds no `=_`, so a boundary never occurs within one."""
    opening = f"--{boundary}\r\n".encode()
    head = f'Content-Type: multipart/{subtype};\r\n boundary="{boundary}"\r\n\r\n'.encode()
    return head + b"".join([opening + part for part in parts]) + f"--{boundary}--\r\n".encode()


def _text(subtype: str, text: str) -> bytes:
    """Lay out a text part, whose lines end with a line feed; on the wire they end with CRLF (RFC 2046 §4.1.1)."""
    head = b"Content-Type: text/%b; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n" % subtype.encode()
    return head + _base64(text.encode("utf-8", "replace").replace(b"\n", b"\r\n"))


def _attached(attachment: Attachment) -> bytes:
    """Lay out an attachment; its name stands twice, since old programs read RFC 2047 in `name` and no RFC 2231."""
    if not _MEDIA_TYPE.fullmatch(attachment.media_type):
        raise HeaderInjection(f"Content-Type: {attachment.media_type!r} is no media type")
    name = file_name(attachment.name)
    head = (
        f"Content-Type: {attachment.media_type};\r\n {_fallback(name)}\r\n"
        f"Content-Disposition: attachment;\r\n {_parameter(name)}\r\n"
        "Content-Transfer-Encoding: base64\r\n\r\n"
    )
    return head.encode() + _base64(attachment.content)


def _base64(content: bytes) -> bytes:
    """Encode in lines; a body spends most of its time here, so lines are cut sixteen at once."""
    encoded = b2a_base64(content, newline=False)
    whole = len(encoded) // _CUT.size * _CUT.size
    lines = [*chain.from_iterable(_CUT.iter_unpack(encoded[:whole]))]
    lines += [encoded[start : start + BASE64_LINE] for start in range(whole, len(encoded), BASE64_LINE)]
    return b"\r\n".join([*lines, b""])


def file_name(name: str) -> str:
    """Make a name harmless to save under: no folder, nothing unseen, 120 characters at most with its extension."""
    safe = _ENDS.sub("", _UNSAFE.sub("_", name)) or "file"
    stem, _, suffix = safe.rpartition(".")
    ending = f".{suffix}" if stem and len(suffix) <= _LONGEST_SUFFIX else ""
    return safe.removesuffix(ending)[: _LONGEST_NAME - len(ending)] + ending


def _fallback(name: str) -> str:
    return f'name="{name if _TOKENS.fullmatch(name) else encoded_words(name).replace(" ", _FOLD)}"'


def _parameter(name: str) -> str:
    """Write the name as `filename`, in numbered sections of percent-encoded UTF-8 where it is not ASCII (RFC 2231)."""
    if _TOKENS.fullmatch(name):
        return f'filename="{name}"'
    sections = _sections(quote(name, safe=""))
    if len(sections) == 1:
        return f"filename*=utf-8''{sections[0]}"
    opened = [f"utf-8''{sections[0]}", *sections[1:]]
    return f";{_FOLD}".join(f"filename*{number}*={section}" for number, section in enumerate(opened))


def _sections(encoded: str) -> list[str]:
    """Cut percent-encoded text into pieces of at most `PARAMETER` characters, never within an escape."""
    return re.findall(rf"(?:%..|[^%]){{1,{PARAMETER // 3}}}", encoded)
