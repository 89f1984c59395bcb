"""Sheets with headings: what every kind of import has in common.

Owns headings in two languages and any order, the delimiter, rows with their line numbers, the limits of a cell, and
the collecting of faults. What the columns mean is decided in `customer_sheet` and `invoice_sheet`.

Whatever bytes come in, only rows and faults come out: no exception leaves a sheet's reader.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache
from operator import itemgetter
from typing import TYPE_CHECKING, Concatenate, ParamSpec, TypeVar, cast

from mailbot.domain.delimited import Broken, decode, records
from mailbot.domain.written import Misread, fold, fold_width, quoted
from mailbot.errors import Fault

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

MAX_ROWS = 1_000_000
MAX_CELL = 2_000
"""Characters of a cell, where its column does not say less."""
MAX_HEADINGS = 100
MAX_CODE = 64
MAX_NAME = 200

_DELIMITERS = (",", "\t", ";")
_HEAD = 65_536
"""Characters at the start of a file in which its headings are looked for."""

# Control characters except tab and line ends; separators that some programs take for line ends; marks that turn the
# direction of what follows; characters of a private font (gaiji), which no reader of a mail could see.
_UNFIT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ue000-\uf8ff]")
_LINE_END = re.compile(r"\s*[\r\n]\s*")

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Column:
    """A column that a sheet may have."""

    name: str
    japanese: str
    required: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """One row: the file's line where it begins, and its trimmed cells in the order of the columns asked for."""

    line: int
    cells: tuple[str, ...]


@dataclass(slots=True)
class Sheet:
    """What was found in a file; grows while it is read."""

    columns: Sequence[Column]
    headings: dict[str, str] = field(default_factory=dict)
    """Headings as the file writes them, by canonical name."""
    faults: list[Fault] = field(default_factory=list)
    warnings: list[Fault] = field(default_factory=list)
    line: int = 0
    """Line of the row that is being read."""

    def read(
        self, column: str, reader: Callable[Concatenate[str, P], T], text: str, *more: P.args, **named: P.kwargs
    ) -> T:
        """Return what `reader` makes of a cell; where it raises `Misread`, that becomes a fault.

        After a fault the answer is `None` whatever its type says: a row with a fault is never taken, so nobody who
        looks at `faults` afterwards uses it.
        """
        try:
            return reader(text, *more, **named)
        except Misread as wrong:
            self.fault(column, wrong.problem, wrong.remedy)
            return cast("T", None)

    def fault(self, column: str, problem: str, remedy: str) -> None:
        """Note what is wrong with a column of the present row."""
        self.faults.append(Fault(self.line, column, problem, remedy))

    def warn(self, column: str, problem: str, remedy: str) -> None:
        """Note what looks odd about a column of the present row and does not stop the import."""
        self.warnings.append(Fault(self.line, column, problem, remedy))


def read_rows(content: bytes, sheet: Sheet) -> Iterator[Row]:
    """Yield the rows of a CSV file whose cells are fit to be read, setting `sheet.line` to each.

    Faults of the file go to `sheet`; where its headings have any, there are no rows.
    """
    try:
        text = decode(content)
        yield from _rows(text, sheet)
    except Broken as broken:
        sheet.faults.append(broken.fault)


def _rows(text: str, sheet: Sheet) -> Iterator[Row]:
    found = records(text, _delimiter(text, sheet.columns))
    sheet.line, headings = next(found, (0, []))
    if not headings:
        sheet.fault("", "the file is empty", f"begin it with the headings {_names(sheet.columns)}")
        return
    while not headings[-1].strip():
        headings.pop()
    places = _places(headings, sheet)
    if sheet.faults:
        return
    clean = _UNFIT.search(text) is None
    for row in _cells(found, places=places, width=len(headings), sheet=sheet):
        if (clean and len(max(row.cells, key=len)) <= MAX_CELL) or _fit(row, sheet):
            yield row


def _cells(found: Iterable[tuple[int, list[str]]], *, places: Sequence[int], width: int, sheet: Sheet) -> Iterator[Row]:
    """Yield rows with their cells in the order of the sheet's columns; one that is not there is empty."""
    pick = itemgetter(*places)
    for count, (line, record) in enumerate(found):
        sheet.line = line
        if count == MAX_ROWS:
            sheet.fault("", f"the file has more than {MAX_ROWS:,} rows", "split it into several")
            return
        if "".join(record[width:]).strip():
            sheet.fault(
                "", f"the row has {len(record)} cells under {width} headings", 'quote cells with a comma: "33,000"'
            )
            continue
        # Short rows are common; the last cell is the one that place -1 picks.
        record[width:] = [""] * (width + 1 - min(len(record), width))
        yield Row(line, tuple(map(str.strip, pick(record))))


def _fit(row: Row, sheet: Sheet) -> bool:
    """Tell whether all cells of a row may be looked at; adds faults where not."""
    before = len(sheet.faults)
    for column, cell in zip(sheet.columns, row.cells, strict=True):
        sheet.read(column.name, _check_fit, cell)
    return len(sheet.faults) == before


def _check_fit(cell: str) -> None:
    if len(cell) > MAX_CELL:
        raise Misread(f"the cell has {len(cell):,} characters", f"write at most {MAX_CELL:,}")
    found = _UNFIT.search(cell)
    if found is not None:
        name = f"U+{ord(found.group()):04X}"
        raise Misread(f"{quoted(cell)} holds the character {name}, which cannot be shown", "leave it out or replace it")


def _delimiter(text: str, columns: Sequence[Column]) -> str:
    """Return the delimiter that makes most headings known ones."""
    known, head = _known(columns), text[:_HEAD]

    def recognised(delimiter: str) -> int:
        return len(known.keys() & {_plain(heading) for heading in _first(head, delimiter)})

    return max(_DELIMITERS, key=recognised)


def _first(text: str, delimiter: str) -> list[str]:
    try:
        return next(records(text, delimiter), (0, list[str]()))[1]
    except Broken:  # quoted as no sheet with this delimiter would be
        return []


def _places(headings: Sequence[str], sheet: Sheet) -> list[int]:
    """Return where each column stands in a record, -1 for one that does not; adds faults to the sheet."""
    known = _known(sheet.columns)
    found: dict[str, int] = {}
    if len(headings) > MAX_HEADINGS:
        sheet.fault("", f"the file has {len(headings):,} headings", f"its headings are {_names(sheet.columns)}")
        return []
    for place, heading in enumerate(headings):
        name = known.get(_plain(heading), "")
        shown = quoted(heading.strip())
        if not name:
            sheet.fault("", f"{shown} is no heading of this sheet", f"its headings are {_names(sheet.columns)}")
        elif name in found:
            sheet.fault(name, f"the heading {shown} names the column {name} again", "leave one of the two out")
        else:
            found[name] = place
            sheet.headings[name] = heading.strip()
    for column in sheet.columns:
        if column.required and column.name not in found:
            remedy = f"add the heading {column.name} or {column.japanese}, and its cells"
            sheet.fault(column.name, f"the column {column.name} is missing", remedy)
    return [found.get(column.name, -1) for column in sheet.columns]


def _plain(heading: str) -> str:
    return "".join(fold(heading).casefold().split())


def _known(columns: Sequence[Column]) -> dict[str, str]:
    return {_plain(form): column.name for column in columns for form in (column.name, column.japanese)}


def _names(columns: Sequence[Column]) -> str:
    return ", ".join(f"{column.name} ({column.japanese})" for column in columns)


def required(text: str) -> str:
    """Return the cell; raises `Misread` where it is empty."""
    if not text:
        raise Misread("the cell is empty", "fill it in")
    return text


@lru_cache(maxsize=65536)
def read_code(text: str) -> str:
    """Read a customer's code or an invoice's number: widths folded, one line, at most 64 characters."""
    return read_line(required(fold_width(text)), MAX_CODE)


def read_line(text: str, limit: int) -> str:
    """Read text that may stand in a header or a title: one line of at most `limit` characters, perhaps empty."""
    if len(text) > limit:
        raise Misread(f"{quoted(text)} has {len(text):,} characters", f"write at most {limit}")
    if not text.isprintable() and _LINE_END.search(text):
        raise Misread(f"{quoted(text)} has more than one line", "write it in one line")
    return text.replace("\t", " ")


def read_flat(text: str) -> str:
    """Read text for people: its lines are joined by spaces, since mails and lists show it in one."""
    return text if text.isprintable() else _LINE_END.sub(" ", text).replace("\t", " ")


def read_block(text: str) -> str:
    """Read text whose lines matter, such as a postal address: they stay lines, ended by a line feed."""
    return text if text.isprintable() else _LINE_END.sub("\n", text).replace("\t", " ")
