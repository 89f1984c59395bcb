"""What a person's mail brings along besides its words: which files may go on to somebody else, and which may not.

Owns that judgement. Markup goes on as text that no program draws, programs and documents with macros not at all; what
is known to be harmless keeps its media type, the rest is octets. Whatever is left out is named.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mailbot.errors import UnreadableMail
from mailbot.mail.compose import file_name
from mailbot.mail.parse import parameters, parse

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mailbot.mail.parse import Message, Part

MOST = 10
"""Files that go on."""

LARGEST = 10 * 1024 * 1024
"""Bytes of them together; in base64 they become a third more, and many servers take 20 MB."""

ENCODED = 3
"""How many times its size a file takes at most, written as quoted-printable."""

BEGINNING = 1024
"""Octets of a file in which its first ones are, with its encoding on."""

LETTER = 100 * 1024
"""Octets of a mail that came along as a file which are read, with its encoding on: its words stand first."""

NAMED = 50
"""Files that were left out which are named."""

OCTETS = "application/octet-stream"
TEXT = "text/plain"

HARMLESS = {
    "pdf": "application/pdf",
    "png": "image/png",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "gif": "image/gif",
}
"""Media types that stay, by extension; every other file is octets."""

MARKUP = frozenset(
    ("htm", "html", "xhtml", "xht", "shtml", "shtm", "mht", "mhtml", "svg", "svgz", "xml", "xsl", "xslt", "eml")
)
"""What a program would draw, with what it leads to."""

_RUNS = """
    ade adp app appimage appref-ms application asp aspx bas bat bin chm class cmd com command cpl crt csh deb diagcab
    dll dmg docm dotm elf exe fxp gadget hlp hta img inf ins iqy iso isp its jar jnlp js jse jsp ksh lnk mad maf mam
    maq mar mas mau mav maw mda mdb mde mdt mdw mdz msc msh msi msix msp mst ocx one onepkg ops pcd pif pkg pl plg
    ppam potm ppsm pptm prf prg ps1 ps1xml ps2 psc1 psc2 psd1 psm1 py pyc pyw pyz reg rgs rpm scf scr sct
    search-ms settingcontent-ms sh shb shs sldm sys theme tmp udl url vb vba vbe vbp vbs vhd vhdx vsmacros vsw
    vxd website wll ws wsc wsf wsh xbap xlam xll xlm xlsb xlsm xltm xnk
"""
PROGRAMS = frozenset(_RUNS.split())
"""What runs where it is opened, or holds what does, by extension."""

_BEGINNINGS = (b"MZ", b"\x7fELF", b"#!", b"\xca\xfe\xba\xbe")
"""First octets of programs, whatever they are called."""

_SIGNATURES = frozenset({"application/pgp-signature", "application/pkcs7-signature", "application/x-pkcs7-signature"})
"""Parts that are no files to anybody."""

_BODIES = frozenset({"text/plain", "text/html"})
_LETTERS = frozenset({"eml", "mht", "mhtml"})
_SHOWN = ("from", "to", "cc", "date", "subject")
_SUFFIXES = {"image/jpeg": "jpg", "message/rfc822": "eml", "text/plain": "txt", "text/calendar": "ics"}


@dataclass(frozen=True, slots=True)
class Enclosed:
    """A file that may go on."""

    name: str
    """Harmless to save under."""
    media_type: str
    content: bytes


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A file that may not."""

    name: str
    why: str
    """`program`, `too_many` or `too_large`."""


def enclosures(message: Message) -> tuple[tuple[Enclosed, ...], tuple[LeftOut, ...]]:
    """Return the files of a mail that may go on, in their order, and those that may not."""
    files: list[Enclosed] = []
    left_out: list[LeftOut] = []
    room = LARGEST
    for part in _files(message):
        found = _judged(part, room=room if len(files) < MOST else 0)
        if len(files) == MOST and isinstance(found, LeftOut) and found.why == "too_large":
            found = LeftOut(found.name, "too_many")
        if isinstance(found, Enclosed):
            room -= len(found.content)
            files.append(found)
        elif len(left_out) < NAMED:
            left_out.append(found)
    return tuple(files), tuple(left_out)


def body(message: Message) -> str:
    """Return the words of a mail as a reader sees them: its plain text, or else what its HTML shows.

    What HTML quotes is marked with `>`.
    """
    texts = [part for part in _leaves(message) if _is_body(part)]
    plain = [part for part in texts if _is_plain(part)]
    return "\n".join(part.words() for part in plain or texts).replace("\r", "\n").strip()


def opening(message: Message) -> str:
    """Return the words with which a mail begins, in its first part: no other may command.

    What stands behind a file may be one too, or what a server adds.
    """
    first = _first(message)
    return first.words().replace("\r", "\n").strip() if _is_body(first) else ""


def _first(part: Part) -> Part:
    """Return what a reader meets first; of alternatives the plain text, where it says anything, else the best."""
    while part.parts and not part.is_mail:
        if part.kind == "multipart/alternative":
            part = next(filter(_is_plain, part.parts), part.parts[-1])
        else:
            part = part.parts[0]
    return part


def _is_plain(part: Part) -> bool:
    return part.kind == "text/plain" and bool(part.raw.strip())


def _files(message: Message) -> Iterator[Part]:
    """Yield the files, and behind a mail within the mail its own."""
    for part in _leaves(message):
        if not _is_body(part) and part.kind not in _SIGNATURES:
            yield part
            for inner in part.parts:
                yield from _files(inner)


def _leaves(part: Part) -> Iterator[Part]:
    """Yield what is no container; a mail within the mail is a file of its own."""
    if part.is_mail or not part.parts:
        yield part
        return
    for inner in part.parts:
        yield from _leaves(inner)


def _is_body(part: Part) -> bool:
    disposition = part.first("content-disposition").partition(";")[0].strip().lower()
    broken = part.kind.startswith("multipart/")  # none of its boundaries was found: all of it is words
    return (part.kind in _BODIES or broken) and disposition != "attachment" and not _given_name(part)


def _judged(part: Part, *, room: int) -> Enclosed | LeftOut:
    """Judge one file; what is larger than `room` however it is encoded is not decoded."""
    name = _name(part)
    suffix = name.rpartition(".")[2].lower()
    if suffix in PROGRAMS or part.content(BEGINNING).startswith(_BEGINNINGS):
        return LeftOut(name, "program")
    if len(part.raw) > room * ENCODED:
        return LeftOut(name, "too_large")
    content = _legible(part) if part.is_mail or suffix in _LETTERS else part.content()
    if len(content) > room:
        return LeftOut(name, "too_large")
    if suffix in MARKUP or part.is_mail or part.kind in {"text/html", "image/svg+xml", "application/xhtml+xml"}:
        return Enclosed(f"{name}.txt", TEXT, content)
    return Enclosed(name, HARMLESS.get(suffix, OCTETS), content)


def _legible(part: Part) -> bytes:
    """Return a mail that came along as text: nobody reads it with its encodings on."""
    try:
        mail = part.parts[0] if part.is_mail and part.parts else parse(part.content(LETTER))
    except UnreadableMail:
        return b""
    head = [f"{name.title()}: {value}" for name in _SHOWN if (value := mail.first(name))]
    return "\n".join([*head, "", body(mail)]).strip().encode("utf-8", "replace")


def _name(part: Part) -> str:
    main, _, sub = part.kind.partition("/")
    return file_name(_given_name(part) or f"{main}.{_SUFFIXES.get(part.kind, sub)}")


def _given_name(part: Part) -> str:
    disposition = parameters(part.first("content-disposition").partition(";")[2])
    found = next((each.value for each in disposition if each.name == "filename"), "")
    return found or part.parameter("name")
