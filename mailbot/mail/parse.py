"""Bytes of a mail into a value: header fields and parts, read as tolerantly as people's programs write them.

Owns the syntax of RFC 5322 and MIME (RFC 2045, 2046, 2231) and its limits; what a mail means is others' business.
Line ends of every kind, a missing blank line, a boundary that is not the one announced, a part never closed: all of
it reads as what was meant. The only error is `UnreadableMail`. Limits hold for a mail as a whole: what is within them
in each of five hundred parts would still take minutes.
"""

from __future__ import annotations

import re
from binascii import Error as UuError
from binascii import a2b_qp, a2b_uu
from dataclasses import dataclass, field, replace
from html import unescape
from itertools import chain, islice, takewhile
from typing import TYPE_CHECKING

from mailbot.errors import UnreadableMail
from mailbot.mail import charset

if TYPE_CHECKING:
    from collections.abc import Iterator

LARGEST = 50 * 1024 * 1024
"""Octets of a mail that is read at all."""

MOST_PARTS = 500
"""Parts that are taken apart; what follows stays in one piece."""

MOST_BOUNDARIES = 4 * MOST_PARTS
"""Lines between parts that are looked at."""

LONGEST_BOUNDARY = 1000
"""Octets behind a boundary on its line that are looked at."""

DEEPEST = 12
"""Mails within mails and multiparts within multiparts that are opened."""

MOST_FIELDS = 1000
"""Header fields of one part that are read."""

LONGEST_HEADER = 256 * 1024
"""Octets of one header that are read."""

HEADERS = 512 * 1024
"""Octets of all headers of a mail that are read; what follows is words."""

LONGEST_TEXT = 512 * 1024
"""Octets of one part that are read as text, where nothing else is asked for."""

TEXTS = 768 * 1024
"""Octets of all texts of a mail that are read, in their order."""

LONGEST_PARAMETERS = 4096
"""Characters behind a media type or a disposition that are read."""

MOST_PARAMETERS = 100

COPIES = 4
"""How many times its own size the parts of a mail may have together: parts of parts hold their octets once more."""

LEAST_COPIES = 1024 * 1024
"""Octets of parts that a small mail may have all the same."""

_MBOX = re.compile(rb">?From [^\n]*\n")
_FIELD = re.compile(rb"([!-9;-~]{1,200})[ \t]*:(.*)", re.DOTALL)
_PLAIN_FIELD = re.compile(r"^([!-9;-~]{1,60})[ \t]*:([^\n]*(?:\n[ \t]+[^\n]+)*)", re.MULTILINE)
_LINE_WITH_FOLDS = re.compile(rb"[^\n]*(?:\n[ \t][^\n]*)*")
_KIND = re.compile(r"\s*([\w.+-]+/[\w.+-]+)")
_PARAMETER = re.compile(r"""(?<![\w-])([\w-]{1,60}(?:\*\d*)?\*?)\s*=\s*(?:"((?:[^"\\]|\\.)*)"?|([^;\s"]*))""")
_BOUNDARY_LIKE = re.compile(
    rb"^--([^\s-][^\n]{0,180}|-++[^\s-][^\n]{0,180})\n(?=content-)", re.MULTILINE | re.IGNORECASE
)
_BLANKS_AT_END = re.compile(rb"(?<![ \t])[ \t]++(?=\n|\Z)")
_NAME = re.compile(r"[a-z0-9]+")
_VERBATIM = frozenset({"authentication-results"})
"""Fields that are read as they stand: servers copy strangers' words into them, which decoded could pass for theirs."""
_HIDDEN = frozenset({"style", "script", "title", "head"})
_LONG_NUMBER = re.compile(r"&#\d{20,};?")
"""A reference to no character: `unescape` raises where such a number has thousands of digits."""
_BREAKS = frozenset({"br", "p", "div", "tr", "td", "li", "h1", "h2", "h3", "table", "pre", "hr", "blockquote"})
_TEXTS = ("text/", "message/", "multipart/")
_MAILS = frozenset({"message/rfc822", "message/global", "message/news"})


@dataclass(frozen=True, slots=True)
class Field:
    """One header field."""

    name: str
    """In lower case."""
    value: str
    """Unfolded and decoded."""
    coded: str = field(default="", compare=False)
    """Where that had encoded words, the value with these as they stood; empty otherwise."""


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
    readable: int = LONGEST_TEXT
    """Octets that are read as text: what the parts before left of the mail's."""
    _read: dict[tuple[int, bool], str] = field(default_factory=dict, init=False, repr=False, compare=False)
    """The body as text, by what it was limited to and whether quotations are marked.

    Whoever tells a mail apart reads it, and whoever acts on it again.
    """

    def first(self, name: str, default: str = "") -> str:
        """Return the first field of a name, given in lower case."""
        return next((field.value for field in self.fields if field.name == name), default)

    def all(self, name: str) -> tuple[str, ...]:
        """Return every field of a name, given in lower case."""
        return tuple(field.value for field in self.fields if field.name == name)

    def as_written(self, name: str) -> tuple[str, ...]:
        """Return every field of a name, given in lower case, with its encoded words as they stood."""
        return tuple(field.coded or field.value for field in self.fields if field.name == name)

    def parameter(self, name: str) -> str:
        """Return a parameter of Content-Type, given in lower case, or an empty string."""
        return next((field.value for field in self.parameters if field.name == name), "")

    def content(self, limit: int | None = None) -> bytes:
        """Return the body without its transfer encoding; of more than `limit` octets the beginning."""
        return _decoded(self.raw[:limit], self.first("content-transfer-encoding"))

    def text(self, limit: int = LONGEST_TEXT) -> str:
        """Return the body as text; of HTML, what a reader sees."""
        return self._as_text(limit, marked=False)

    def words(self, limit: int = LONGEST_TEXT) -> str:
        """Return the body as text, where what HTML quotes is marked with `>` as in plain mails."""
        return self._as_text(limit, marked=self.kind == "text/html")

    def _as_text(self, limit: int, *, marked: bool) -> str:
        key = (min(limit, self.readable), marked)
        if key not in self._read:
            text = charset.decode(self.content(key[0]), self.parameter("charset")).replace("\r\n", "\n")
            self._read[key] = visible(text, marked=marked) if self.kind == "text/html" else text
        return self._read[key]

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
    """What is left of a mail's limits."""

    copies: int
    parts: int = MOST_PARTS
    headers: int = HEADERS
    texts: int = TEXTS

    def text(self, size: int) -> int:
        """Take as many octets of text as there may be."""
        taken = min(size, LONGEST_TEXT, self.texts)
        self.texts -= taken
        return taken

    def holds(self, piece: bytes) -> bool:
        """Tell whether one more part may be taken apart."""
        self.copies -= len(piece)
        return self.parts > 0 and self.copies >= 0


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
    budget = _Budget(copies=max(COPIES * len(content), LEAST_COPIES))
    return _part(content[mbox.end() :] if mbox else content, budget, depth=0)


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
    for each in islice(_PARAMETER.finditer(value[:LONGEST_PARAMETERS]), MOST_PARAMETERS):
        name, quoted, plain = each[1], each[2] or "", each[3] or ""
        base, star, rest = name.lower().partition("*")
        found[base] = found.get(base, "") + (re.sub(r"\\(.)", r"\1", quoted) or plain)
        if star and (rest.endswith("*") or not rest):
            encoded.add(base)
    return tuple(
        Field(name, charset.parameter(text) if name in encoded else charset.header(text.encode("utf-8", "replace")))
        for name, text in found.items()
    )


def visible(html: str, *, marked: bool = False) -> str:
    """Return what a reader of HTML sees, as lines of text; in time that grows with its length only.

    `marked`: what stands in a `<blockquote>` has `>` before each line.
    """
    head, *pieces = html.split("<")
    texts, hidden, quotes = [_characters(head)], "", 0
    for piece in pieces:
        tag, _, text = piece.partition(">")
        closing = tag.startswith("/")
        found = _NAME.match(tag.lower().removeprefix("/"))
        name = found[0] if found else ""
        if hidden:
            hidden = "" if closing and name == hidden else hidden
        elif name in _HIDDEN and not closing:
            hidden = name
        if name == "blockquote" and not hidden:
            quotes = max(0, quotes - 1) if closing else quotes + 1
        if not hidden:
            shown = _characters(f"\n{text}" if name in _BREAKS else text)
            texts.append(shown.replace("\n", "\n> ") if marked and quotes else shown)
    return "".join(texts)


def _characters(text: str) -> str:
    """Read what stands for characters, on lines that end in LF whatever was written."""
    if "&" in text:
        text = unescape(_LONG_NUMBER.sub("\ufffd", text))
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\u00a0", " ")


def _part(content: bytes, budget: _Budget, *, depth: int, default: str = "text/plain") -> Part:
    budget.parts -= 1
    found, body = _header_and_body(content, budget)
    described = next((field.value for field in found if field.name == "content-type"), "")
    kind = _KIND.match(described)
    part = Part(found, kind[1].lower() if kind else default, parameters(described.partition(";")[2]), body)
    inner = _inner(part, budget, depth=depth + 1) if depth < DEEPEST else ()
    if inner:
        return replace(part, parts=inner)
    return replace(part, readable=budget.text(len(body))) if part.kind.startswith(_TEXTS) else part


def _inner(part: Part, budget: _Budget, *, depth: int) -> tuple[Part, ...]:
    if part.is_mail:
        content = part.content().replace(b"\r\n", b"\n").lstrip(b"\n")
        return (_part(content, budget, depth=depth),) if budget.holds(content) else ()
    if not part.kind.startswith("multipart/"):
        return ()
    default = "message/rfc822" if part.kind == "multipart/digest" else "text/plain"
    pieces = _pieces(part.raw, part.parameter("boundary").encode("utf-8", "replace"))
    return tuple(_part(each, budget, depth=depth, default=default) for each in takewhile(budget.holds, pieces))


def _pieces(body: bytes, boundary: bytes) -> Iterator[bytes]:
    """Part a multipart at its boundary, or where no line is that, at the first line that looks like one."""
    pieces = _split(body, boundary.rstrip()) if boundary.strip() else iter(())
    first = next(pieces, None)
    if first is not None:
        return chain([first], pieces)
    found = _BOUNDARY_LIKE.search(body)
    return _split(body, found[1].rstrip(b" \t")) if found else iter(())


def _split(body: bytes, boundary: bytes) -> Iterator[bytes]:
    """Yield the pieces one by one: of those of a hostile mail only so many are ever asked for."""
    start = -1
    for begin, end, closing in islice(_lines(body, b"--" + boundary), MOST_BOUNDARIES):
        if start >= 0 and end > 0:
            yield body[start : max(start, begin)]
        if end > 0:
            start = -1 if closing else end
    if start >= 0:
        yield body[start:]


def _lines(body: bytes, mark: bytes) -> Iterator[tuple[int, int, bool]]:
    """Yield where lines that begin with a mark begin, at the line end before them, and end, and which close.

    Of those on which something else follows the end is 0. No pattern is made of the mark: that takes longer than all.
    """
    at = 0 if body.startswith(mark) else body.find(b"\n" + mark) + 1
    while at or body.startswith(mark):
        line = body.find(b"\n", at)
        end = len(body) if line < 0 else line
        rest = body[at + len(mark) : min(end, at + len(mark) + LONGEST_BOUNDARY)].rstrip(b" \t")
        yield max(at - 1, 0), end + 1 if rest in {b"", b"--"} else 0, rest == b"--"
        at = body.find(b"\n" + mark, at) + 1
        if not at:
            return


def _header_and_body(content: bytes, budget: _Budget) -> tuple[tuple[Field, ...], bytes]:
    found, end = _fields(content[: min(LONGEST_HEADER, budget.headers)])
    budget.headers -= end
    return found, content[end + 1 if content.startswith(b"\n", end) else end :]


def _fields(header: bytes) -> tuple[tuple[Field, ...], int]:
    """Return the fields, and where the first line stands that is none of them."""
    found: list[Field] = []
    end = 0
    while end < len(header) and len(found) < MOST_FIELDS:
        line = _LINE_WITH_FOLDS.match(header, end)
        field = _FIELD.fullmatch(line[0]) if line and line[0] else None
        if line is None or field is None:
            break
        found.append(_field(field[1].decode("ascii").lower(), field[2]))
        end = min(line.end() + 1, len(header))
    return tuple(found), end


def _field(name: str, value: bytes) -> Field:
    if name in _VERBATIM:
        return Field(name, " ".join(value.decode("latin-1").split()))
    return Field(name, charset.header(value), charset.unfolded(value) if b"=?" in value else "")


def _decoded(raw: bytes, encoding: str) -> bytes:
    name = encoding.strip().lower()
    if name == "base64":
        return charset.base64(raw)
    if name == "quoted-printable":
        return a2b_qp(_BLANKS_AT_END.sub(b"", raw).replace(b"==", b"=3D=").replace(b"==", b"=3D="))  # `==` is broken
    if name in {"x-uuencode", "uuencode", "x-uue"}:
        return b"".join(map(_uu_line, raw.partition(b"\nbegin ")[2].split(b"\n")[1:]))
    return raw


def _uu_line(line: bytes) -> bytes:
    try:
        return a2b_uu(line)
    except UuError:
        return b""
