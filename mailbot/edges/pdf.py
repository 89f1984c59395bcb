"""PDF files that somebody hands us: found inside their folder, and judged before anything is stored.

Owns path safety, the limits of a file, and what makes a PDF unfit to be delivered. What a PDF says is not looked at.

A file may be hostile. So it is opened as a regular file only, no more is read than the limit allows, and of its
structure only the tree of pages is followed, within the limits that pypdf sets on depth, size and circles.
"""

from __future__ import annotations

import hashlib
import io
import logging
import os
import re
import stat
import unicodedata
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from mailbot.domain.written import Misread, quoted

if TYPE_CHECKING:
    from collections.abc import Callable

_HEADER = b"%PDF-"
_HEADER_WITHIN = 1024
_TRAILER_WITHIN = 2048
"""Bytes at either end in which header and trailer are looked for, as other programs do that show PDFs."""
_START = re.compile(rb"startxref\s+(\d{1,10})\s+%%EOF")
_TABLE = re.compile(rb"\s*(?:xref\b|\d{1,10}\s+\d{1,5}\s+obj\b)")

_EXPORT = "export it as PDF again"


class BadPdf(Misread):
    """A file that is not delivered as an invoice; has `problem` and `remedy`."""


@dataclass(frozen=True, slots=True)
class PdfFacts:
    """What is known of a PDF that is fit."""

    size: int
    """Bytes."""
    pages: int
    sha256: str


class PdfFolder:
    """The folder that the files of one batch must lie in."""

    def __init__(self, folder: Path) -> None:
        self._root = folder.resolve()
        self._listings: dict[Path, dict[str, str]] = {}

    def resolve(self, name: str) -> Path:
        """Return the real path of the file that a sheet calls `name`, relative to the folder.

        A name matches however its accents are encoded (macOS writes が as two characters). Raises `BadPdf` for a
        name that leaves the folder, by whatever way, and for a file that is not there.
        """
        parts = _safe_parts(name)
        try:
            path = self._existing(parts).resolve(strict=True)
        except (FileNotFoundError, NotADirectoryError):
            raise BadPdf(f"there is no file {quoted(name)}", "put it beside the CSV, or correct the name") from None
        except (OSError, RuntimeError) as wrong:  # a name too long, links in a circle, a folder that is closed to us
            raise BadPdf(f"{quoted(name)} cannot be looked up ({_words(wrong)})", "correct the name") from None
        if not path.is_relative_to(self._root):
            raise BadPdf(f"{quoted(name)} leads out of the folder", "put the file itself beside the CSV")
        return path

    def _existing(self, parts: tuple[str, ...]) -> Path:
        exact = self._root.joinpath(*parts)
        if os.path.lexists(exact):
            return exact
        found = self._root
        for part in parts:
            found /= self._listing(found).get(_composed(part), part)
        return found

    def _listing(self, folder: Path) -> dict[str, str]:
        """Return the names in a folder by their composed form."""
        listing = self._listings.get(folder)
        if listing is None:
            listing = self._listings[folder] = {_composed(file.name): file.name for file in folder.iterdir()}
        return listing


def _safe_parts(name: str) -> tuple[str, ...]:
    """Split a name written in a sheet; raises `BadPdf` where it is no plain relative path."""
    if not name or "\0" in name:
        raise BadPdf("the name of the file is empty or holds a NUL", "write the name of the PDF")
    if "\\" in name:
        raise BadPdf(f"{quoted(name)} holds a backslash", "write / between a folder and a file")
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or re.match("[A-Za-z]:", name) or not path.parts:
        raise BadPdf(f"{quoted(name)} leads out of the folder", "write the name relative to the CSV, without ..")
    return path.parts


def _composed(name: str) -> str:
    return unicodedata.normalize("NFC", name)


def read_pdf(path: Path, *, limit: int) -> bytes:
    """Return the content of a regular file of at most `limit` bytes; raises `BadPdf`."""
    try:
        # Without O_NONBLOCK a named pipe would hold us until somebody writes into it.
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC)
        try:
            return _read(handle, path.name, limit)
        finally:
            os.close(handle)
    except OSError as wrong:
        problem = f"{quoted(path.name)} cannot be read ({_words(wrong)})"
        raise BadPdf(problem, "see that it is there and may be read by mailbot") from None


def _read(handle: int, name: str, limit: int) -> bytes:
    state = os.fstat(handle)
    if not stat.S_ISREG(state.st_mode):
        raise BadPdf(f"{quoted(name)} is no file", "name a PDF file")
    if state.st_size > limit:
        raise _too_large(quoted(name), limit)
    with os.fdopen(handle, "rb", closefd=False) as file:
        return file.read(limit + 1)


def check_pdf(content: bytes, *, limit: int) -> PdfFacts:
    """Judge the content of a file; raises `BadPdf` where it is empty, too large, no PDF, cut off or encrypted.

    ISO 32000-1 §7.5: a header, objects, and at the end a trailer that says where the table of objects stands.
    """
    if not content:
        raise BadPdf("the file is empty", _EXPORT)
    if len(content) > limit:
        raise _too_large("the file", limit)
    begin = content.find(_HEADER, 0, _HEADER_WITHIN)
    if begin < 0:
        raise BadPdf("the file is no PDF", "export the invoice as PDF")
    _check_trailer(content, begin)
    return PdfFacts(len(content), _pages(content), hashlib.sha256(content).hexdigest())


def _too_large(what: str, limit: int) -> BadPdf:
    return BadPdf(f"{what} has more than {limit / (1 << 20):.3g} MiB", "make the PDF smaller, or raise the limit")


def _check_trailer(content: bytes, begin: int) -> None:
    """Raise `BadPdf` where the end of the file does not lead to its table of objects."""
    starts = _START.findall(content, max(0, len(content) - _TRAILER_WITHIN))
    if not starts:
        raise BadPdf("the PDF is cut off: its end is missing", "copy it again")
    place = int(starts[-1])
    # Offsets count from the header or, by other programs, from the start of the file.
    if not any(_TABLE.match(content, place + ahead) for ahead in (0, begin)):
        raise BadPdf(
            "the PDF is damaged: its table of objects is not where it should be", f"copy it again, or {_EXPORT}"
        )


def _pages(content: bytes) -> int:
    """Return the number of pages, after following the tree to each of them."""
    from pypdf import PdfReader  # noqa: PLC0415  slow to import, and only imports of files need it

    # What pypdf finds odd about a file that it can read is nobody's business here.
    logging.getLogger("pypdf").setLevel(logging.CRITICAL)
    try:
        reader = PdfReader(io.BytesIO(content), strict=False)
        encrypted = reader.is_encrypted
        pages = 0 if encrypted else len(reader.pages)
    except Exception as wrong:  # noqa: BLE001  a malformed file leads pypdf to raise nearly anything
        raise BadPdf(f"the PDF is damaged ({type(wrong).__name__})", f"open it in a viewer, and {_EXPORT}") from None
    if encrypted:
        raise BadPdf("the PDF is encrypted", "save it without a password and without restrictions")
    if pages < 1:
        raise BadPdf("the PDF has no page", _EXPORT)
    return pages


def _words(wrong: BaseException) -> str:
    return (getattr(wrong, "strerror", None) or str(wrong)).lower()


@dataclass(frozen=True, slots=True)
class CheckedPdf:
    """A file that is fit, with its content."""

    content: bytes
    pages: int
    sha256: str


def checked(folder: Path, *, limit: int) -> Callable[[str], CheckedPdf]:
    """Return a function that reads and judges the files of one batch by the names in its sheet; it raises `BadPdf`."""
    files = PdfFolder(folder)

    def read(name: str) -> CheckedPdf:
        content = read_pdf(files.resolve(name), limit=limit)
        facts = check_pdf(content, limit=limit)
        return CheckedPdf(content, facts.pages, facts.sha256)

    return read
