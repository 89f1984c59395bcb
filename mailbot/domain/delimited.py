"""Delimited text as spreadsheets write it: bytes to records, each with the line where it begins.

Owns encodings, line ends and quoting (RFC 4180), and the limits that a hostile file runs into. What the cells of a
record mean is not known here; see `sheet`.
"""

from __future__ import annotations

import csv
import re
from typing import TYPE_CHECKING

from mailbot.errors import Fault, MailbotError

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_BYTES = 256 * 1024 * 1024

_BOMS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))
_LINE = re.compile(r"[^\r\n]*+(?:\r\n?|\n)|[^\r\n]++")
_LINE_END = re.compile(r"\r\n?|\n")
_SAVE_AS = 'save the sheet again as "CSV UTF-8"'


class Broken(MailbotError):
    """Nothing more can be read from a file; `fault` says from where on and why."""

    def __init__(self, line: int, problem: str, remedy: str) -> None:
        super().__init__(f"line {line}: {problem}: {remedy}")
        self.fault = Fault(line, "", problem, remedy)


def decode(content: bytes) -> str:
    """Return the text of a file: UTF-8 with or without BOM, UTF-16 with BOM, else CP932; raises `Broken`."""
    if len(content) > MAX_BYTES:
        raise Broken(0, f"the file has more than {MAX_BYTES >> 20} MiB", "split it into several")
    for bom, encoding in _BOMS:
        if content.startswith(bom):
            return _decode(content[len(bom) :], encoding, f"{encoding.upper()}, as it begins")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        return _decode(content, "cp932", "UTF-8 or CP932 (Shift_JIS)")


def _decode(content: bytes, encoding: str, expected: str) -> str:
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as wrong:
        before = content[: wrong.start].decode(encoding, "replace")
        line = len(_LINE_END.findall(before)) + 1
        raise Broken(line, f"this line is not written in {expected}", _SAVE_AS) from None


def records(text: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Yield each record that is not blank with the line of the file where it begins; raises `Broken`."""
    reader = csv.reader((found.group() for found in _LINE.finditer(text)), delimiter=delimiter, strict=True)
    line = 1
    try:
        for record in reader:
            if "".join(record).strip():
                yield line, record
            line = reader.line_num + 1
    except csv.Error as wrong:
        raise Broken(line, *_meaning(wrong)) from None


def _meaning(wrong: csv.Error) -> tuple[str, str]:
    """Return problem and remedy for what the `csv` module said; it has no types for that."""
    if "field limit" in str(wrong):
        return "a cell here is longer than any can be", "look for a quote that is never closed, or shorten the cell"
    return "the quotes from here on do not match", 'close every quoted cell, and write a quote inside one as ""'
