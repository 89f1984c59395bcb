"""Bytes of a mail into a value: header fields and parts, read as tolerantly as people's programs write them.

Owns the syntax of RFC 5322 and MIME (RFC 2045, 2046, 2231) and its limits; what a mail means is others' business.
Line ends of every kind, a missing blank line, a boundary that is not the one announced, a part never closed: all of
it reads as what was meant. The only error is `UnreadableMail`.
"""

from __future__ import annotations

import re
from binascii import Error as UuError
from binascii import a2b_uu
from dataclasses import dataclass
from html import unescape

from mailbot.errors import UnreadableMail
from mailbot.mail import charset

LARGEST = 50 * 1024 * 1024
"""Octets of a mail that is read at all."""

MOST_PARTS = 500
"""Parts that are taken apart; what follows stays in one piece."""

DEEPEST = 12
"""Mails within mails and multiparts within multiparts that are opened."""

MOST_FIELDS = 1000
"""Header fields of one part that are read."""

LONGEST_HEADER = 256 * 1024
"""Octets of one header that are read."""

LONGEST_TEXT = 512 * 1024
"""Octets of one part that are read as text, where nothing else is asked for."""

_MBOX = re.compile(rb">?From [^\n]*\n")
_FIELD = re.compile(rb"([!-9;-~]{1,200})[ \t]*:(.*)", re.DOTALL)
_PLAIN_FIELD = re.compile(r"^([!-9;-~]{1,60})[ \t]*:([^\n]*(?:\n[ \t]+[^\n]+)*)", re.MULTILINE)
_LINE_WITH_FOLDS = re.compile(rb"[^\n]*(?:\n[ \t][^\n]*)*")
_KIND = re.compile(r"\s*([\w.+-]+/[\w.+-]+)")
_PARAMETER = re.compile(r"""(?<![\w-])([\w-]{1,60}(?:\*\d*)?\*?)\s*=\s*(?:"((?:[^"\\]|\\.)*)"?|([^;\s"]*))""")
_BOUNDARY_LIKE = re.compile(
    rb"^--([^\s-][^\n]{0,100}|-+[^\s-][^\n]{0,100}?)[ \t]*\n(?=content-)", re.MULTILINE | re.IGNORECASE
)
_QUOTED = re.compile(rb"=([0-9A-Fa-f]{2})|=\n")
_NAME = re.compile(r"[a-z0-9]+")
_HIDDEN = frozenset({"style", "script", "title", "head"})
_BREAKS = frozenset({"br", "p", "div", "tr", "td", "li", "h1", "h2", "h3", "table", "pre", "hr", "blockquote"})
_MAILS = frozenset({"message/rfc822", "message/global", "message/news"})


@dataclass(frozen=True, slots=True)
class Field:
    """One header field."""

    name: str
    """In lower case."""
    value: str
    """Unfolded and decoded."""


@dataclass(frozen=True, slots=True)
class Part:
    """One MIME part, or a whole mail."""

    fields: tuple[Field, ...]
    kind: str
    """Media type in lower case, `text/plain` where none is given."""
    parameters: tuple[Field, ...]
    """Parameters of Content-Type."""
    raw: bytes
    """The body as it came, with LF line ends, its transfer encoding still on."""
    parts: tuple[Part, ...] = ()
    """Parts of a multipart; of a mail within the mail, that mail."""

    def first(self, name: str, default: str = "") -> str:
        """Return the first field of a name, given in lower case."""
        return next((field.value for field in self.fields if field.name == name), default)

    def all(self, name: str) -> tuple[str, ...]:
        """Return every field of a name, given in lower case."""
        return tuple(field.value for field in self.fields if field.name == name)

    def parameter(self, name: str) -> str:
        """Return a parameter of Content-Type, given in lower case, or an empty string."""
        return next((field.value for field in self.parameters if field.name == name), "")

    def content(self, limit: int | None = None) -> bytes:
        """Return the body without its transfer encoding; of more than `limit` octets the beginning."""
        return _decoded(self.raw[:limit], self.first("content-transfer-encoding"))

    def text(self, limit: int = LONGEST_TEXT) -> str:
        """Return the body as text; of HTML, what a reader sees."""
        text = charset.decode(self.content(limit), self.parameter("charset")).replace("\r\n", "\n")
        return visible(text) if self.kind == "text/html" else text

    def walk(self) -> list[Part]:
        """Return this part and all within it, in the order of the mail."""
        return [self, *(inner for part in self.parts for inner in part.walk())]

    @property
    def is_mail(self) -> bool:
        """True for a mail within the mail."""
        return self.kind in _MAILS


Message = Part
"""A whole mail is its outermost part."""


@dataclass(slots=True)
class _Budget:
    parts: int = MOST_PARTS


def parse(raw: bytes) -> Message:
    """Read a mail.

    Raises `UnreadableMail` where there is nothing, or more than `LARGEST` octets.
    """
    if len(raw) > LARGEST:
        raise UnreadableMail(f"the mail has {len(raw):,} octets; up to {LARGEST:,} are read")
    content = raw.replace(b"\r\n", b"\n")
    if b"\n" not in content:
        content = content.replace(b"\r", b"\n")
    content = content.lstrip(b"\n")
    if not content.strip():
        raise UnreadableMail("the mail is empty")
    mbox = _MBOX.match(content)
    return _part(content[mbox.end() :] if mbox else content, _Budget(), depth=0)


def fields(header: bytes) -> tuple[Field, ...]:
    """Read header fields, with LF line ends, up to the first line that is none."""
    return _fields(header[:LONGEST_HEADER])[0]


def plain_fields(text: str) -> tuple[Field, ...]:
    """Read fields that have no encoded words, such as those of a report; lines that are no fields are passed over."""
    found = _PLAIN_FIELD.findall(text[:LONGEST_HEADER])
    return tuple(Field(name.lower(), " ".join(value.split())) for name, value in found[:MOST_FIELDS])


def parameters(value: str) -> tuple[Field, ...]:
    """Read the parameters behind a media type or a disposition (RFC 2045 §5.1, RFC 2231)."""
    found: dict[str, str] = {}
    encoded: set[str] = set()
    for name, quoted, plain in _PARAMETER.findall(value):
        base, star, rest = name.lower().partition("*")
        found[base] = found.get(base, "") + (re.sub(r"\\(.)", r"\1", quoted) or plain)
        if star and (rest.endswith("*") or not rest):
            encoded.add(base)
    return tuple(
        Field(name, charset.parameter(text) if name in encoded else charset.header(text.encode("utf-8", "replace")))
        for name, text in found.items()
    )


def visible(html: str) -> str:
    """Return what a reader of HTML sees, as lines of text; in time that grows with its length only."""
    head, *pieces = html.split("<")
    texts, hidden = [head], ""
    for piece in pieces:
        tag, _, text = piece.partition(">")
        closing = tag.startswith("/")
        found = _NAME.match(tag.lower().removeprefix("/"))
        name = found[0] if found else ""
        if hidden:
            hidden = "" if closing and name == hidden else hidden
        elif name in _HIDDEN and not closing:
            hidden = name
        if not hidden:
            texts.append("\n" + text if name in _BREAKS else text)
    return unescape("".join(texts)).replace("\u00a0", " ")


def _part(content: bytes, budget: _Budget, *, depth: int, default: str = "text/plain") -> Part:
    budget.parts -= 1
    found, body = _header_and_body(content)
    described = next((field.value for field in found if field.name == "content-type"), "")
    kind = _KIND.match(described)
    part = Part(found, kind[1].lower() if kind else default, parameters(described.partition(";")[2]), body)
    inner = _inner(part, budget, depth=depth + 1) if depth < DEEPEST else ()
    return Part(part.fields, part.kind, part.parameters, part.raw, inner) if inner else part


def _inner(part: Part, budget: _Budget, *, depth: int) -> tuple[Part, ...]:
    if part.is_mail:
        return (_part(part.content().replace(b"\r\n", b"\n").lstrip(b"\n"), budget, depth=depth),)
    if not part.kind.startswith("multipart/"):
        return ()
    default = "message/rfc822" if part.kind == "multipart/digest" else "text/plain"
    pieces = _pieces(part.raw, part.parameter("boundary").encode("utf-8", "replace"))
    inner: list[Part] = []
    for piece in pieces:
        if budget.parts <= 0:
            break
        inner.append(_part(piece, budget, depth=depth, default=default))
    return tuple(inner)


def _pieces(body: bytes, boundary: bytes) -> list[bytes]:
    """Part a multipart at its boundary, or where no line is that, at the first line that looks like one."""
    pieces = _split(body, boundary.rstrip()) if boundary.strip() else []
    if pieces:
        return pieces
    found = _BOUNDARY_LIKE.search(body)
    return _split(body, found[1]) if found else []


def _split(body: bytes, boundary: bytes) -> list[bytes]:
    line = re.compile(rb"^--" + re.escape(boundary) + rb"(--)?[ \t]*(?:\n|\Z)", re.MULTILINE)
    pieces: list[bytes] = []
    start = -1
    for found in line.finditer(body):
        if start >= 0:
            pieces.append(body[start : max(start, found.start() - 1)])
        start = -1 if found[1] else found.end()
    return [*pieces, body[start:]] if start >= 0 else pieces


def _header_and_body(content: bytes) -> tuple[tuple[Field, ...], bytes]:
    found, end = _fields(content[:LONGEST_HEADER])
    return found, content[end:].removeprefix(b"\n")


def _fields(header: bytes) -> tuple[tuple[Field, ...], int]:
    """Return the fields, and where the first line stands that is none of them."""
    found: list[Field] = []
    end = 0
    while end < len(header) and len(found) < MOST_FIELDS:
        line = _LINE_WITH_FOLDS.match(header, end)
        field = _FIELD.fullmatch(line[0]) if line and line[0] else None
        if line is None or field is None:
            break
        found.append(Field(field[1].decode("ascii").lower(), charset.header(field[2])))
        end = min(line.end() + 1, len(header))
    return tuple(found), end


def _decoded(raw: bytes, encoding: str) -> bytes:
    name = encoding.strip().lower()
    if name == "base64":
        return charset.base64(raw)
    if name == "quoted-printable":
        lines = b"\n".join(line.rstrip(b" \t") for line in raw.split(b"\n"))
        return _QUOTED.sub(lambda found: bytes.fromhex(found[1].decode()) if found[1] else b"", lines)
    if name in {"x-uuencode", "uuencode", "x-uue"}:
        return b"".join(map(_uu_line, raw.partition(b"\nbegin ")[2].split(b"\n")[1:]))
    return raw


def _uu_line(line: bytes) -> bytes:
    try:
        return a2b_uu(line)
    except UuError:
        return b""
