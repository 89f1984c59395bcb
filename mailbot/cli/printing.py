"""What the commands print: tables for people, JSON lines for programs.

Owns alignment (Japanese text is two columns wide) and the form of a time for people: local, to the minute.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from mailbot.clock import moment

if TYPE_CHECKING:
    from datetime import datetime

    from mailbot.cli.options import Chosen

Line = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table."""

    heading: str
    cell: Callable[[Line], object]
    right: bool = False
    """Numbers stand at the right."""


def column(heading: str, key: str = "", *, right: bool = False) -> Column:
    """Show one key as it is; its name is the heading where no other is given."""
    return Column(heading, lambda line: line[key or heading], right)


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
    from tabulate import tabulate  # type: ignore[import-untyped]  # noqa: PLC0415  # 30 ms that only tables cost

    text: str = tabulate(
        rows,
        headers=[each.heading for each in columns],
        colalign=["right" if each.right else "left" for each in columns],
        tablefmt="simple",
        disable_numparse=True,
    )
    return text


def _cell(value: object) -> str:
    """Keep one thing on one line, whatever a customer wrote into it."""
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
