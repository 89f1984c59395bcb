"""What the commands print: tables for people, JSON lines for programs.

Owns alignment (Japanese text is two columns wide) and the form of a time for people: local, to the minute.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING, Any

import click

from mailbot.clock import moment

if TYPE_CHECKING:
    from datetime import datetime

    from mailbot.cli.options import Chosen

Line = Mapping[str, Any]

WIDTH = 120
"""Columns of a line that a table keeps to where it can; a wider terminal is used."""

GAP = 2
LEAST = 16
"""Columns that a cell is left with, however wide the others are."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table."""

    heading: str
    cell: Callable[[Line], object]
    """What stands in it; a list has a line for each."""
    right: bool = False
    """Numbers stand at the right."""
    cut: bool = False
    """Shortened where lines would be too wide; `--json` has it whole."""


def column(heading: str, key: str = "", *, right: bool = False, cut: bool = False) -> Column:
    """Show one key as it is; its name is the heading where no other is given."""
    return Column(heading, lambda line: line[key or heading], right, cut)


def time_column(heading: str, key: str) -> Column:
    """Show a moment in this machine's time zone."""
    return Column(heading, lambda line: local(line[key]))


def local(text: str | None) -> str:
    """Write a moment for people: `2026-11-20 11:28`, in this machine's time zone."""
    return "" if text is None else f"{_local(text):%Y-%m-%d %H:%M}"


def _local(text: str) -> datetime:
    return moment(text).astimezone()


def print_lines(chosen: Chosen, lines: Iterable[Line], columns: Sequence[Column], *, empty: str) -> None:
    """Print a list: a table, or with `--json` every line in full; `empty` is said where there is nothing."""
    if chosen.json:
        for line in lines:
            print_json(line)
        return
    rows = [[_cell(each.cell(line)) for each in columns] for line in lines]
    click.echo(_table(rows, columns) if rows else empty)


def _table(rows: list[list[str]], columns: Sequence[Column]) -> str:
    import tabulate  # type: ignore[import-untyped]  # noqa: PLC0415  # 30 ms that only tables cost

    tabulate.MIN_PADDING = 0  # a heading needs no more room beside it than a cell does
    text: str = tabulate.tabulate(
        _fitted(rows, columns),
        headers=[each.heading for each in columns],
        colalign=["right" if each.right else "left" for each in columns],
        tablefmt="simple",
        disable_numparse=True,
    )
    return text


def _fitted(rows: list[list[str]], columns: Sequence[Column]) -> list[list[str]]:
    """Cut the cells that may be cut to what the other columns leave of a line."""
    widths = [_width(of, cells) for of, cells in zip(columns, zip(*rows, strict=True), strict=True)]
    fixed = sum(width for width, of in zip(widths, columns, strict=True) if not of.cut)
    wanted = {place: widths[place] for place, of in enumerate(columns) if of.cut}
    rooms = _rooms(wanted, _line_width() - fixed - GAP * (len(columns) - 1))
    return [[_shortened(cell, rooms[n]) if n in rooms else cell for n, cell in enumerate(row)] for row in rows]


def _width(of: Column, cells: Sequence[str]) -> int:
    """Return how many columns of the screen a column takes up."""
    from wcwidth import wcswidth  # noqa: PLC0415  # as tabulate is, which asks it too

    lines = (line for cell in cells for line in cell.split("\n"))
    return max(wcswidth(of.heading), *map(wcswidth, lines))


def _rooms(wanted: Mapping[int, int], room: int) -> dict[int, int]:
    """Share room out: what wants little gets it, and the others the same each."""
    rooms: dict[int, int] = {}
    for place, width in sorted(wanted.items(), key=lambda each: each[1]):
        rooms[place] = min(width, max(room // (len(wanted) - len(rooms)), LEAST))
        room -= rooms[place]
    return rooms


def _line_width() -> int:
    return max(WIDTH, shutil.get_terminal_size((WIDTH, 0)).columns)


def _shortened(text: str, room: int) -> str:
    from wcwidth import wcswidth, wcwidth  # noqa: PLC0415  # the same

    if wcswidth(text) <= room:
        return text
    ends = accumulate(max(wcwidth(character), 0) for character in text)
    return text[: sum(end < room for end in ends)].rstrip() + "…"


def _cell(value: object) -> str:
    """Keep each thing on one line, whatever a customer wrote into it."""
    if isinstance(value, list):
        return "\n".join(_cell(each) for each in value)
    text = "" if value is None else str(value)
    return text if text.isprintable() else "".join(c if c.isprintable() else " " for c in text)


def print_json(line: Line) -> None:
    """Print one JSON line."""
    click.echo(json.dumps(dict(line), ensure_ascii=False))


def print_facts(facts: Iterable[tuple[str, object]]) -> None:
    """Print label and value under each other, leaving out what is empty."""
    shown = [(label, _cell(value)) for label, value in facts if value not in (None, "")]
    width = max((len(label) for label, _ in shown), default=0)
    for label, value in shown:
        click.echo(f"{label:<{width}}  {value}")


def print_done(chosen: Chosen, sentence: str, **values: object) -> None:
    """Say what was done: a sentence, or with `--json` its values."""
    if chosen.json:
        print_json(values)
    else:
        click.echo(sentence)
