"""What commands with a large effect share: the brake above `confirm_above` mails, and the bar for long ones."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from mailbot.errors import Refused

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mailbot.cli.options import Chosen

LONG = 500
"""Rows from which on a bar is worth looking at."""


def brake(chosen: Chosen, *, mails: int, limit: int, yes: bool, otherwise: str) -> None:
    """Ask a person before more than `limit` mails go out; `otherwise` says what did not happen.

    Raises `Refused` where there is nobody to ask, or somebody who says no.
    """
    if mails <= limit or yes:
        return
    sentence = f"this would send {count(mails, 'mail')}, more than confirm_above = {limit}"
    if chosen.json or not sys.stdin.isatty():
        raise Refused(f"{sentence}; {otherwise}, add --yes to go on")
    if not click.confirm(f"{sentence}. Go on?", err=True):
        raise Refused(otherwise)


def count(number: int, noun: str) -> str:
    """Write a number of things."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


@contextmanager
def bar(label: str, rows: int) -> Iterator[Callable[[int], object]]:
    """Show how far something long has come, on a terminal."""
    if rows < LONG or not sys.stderr.isatty():
        yield lambda _: None
        return
    with click.progressbar(length=rows, label=label, file=sys.stderr) as shown:
        yield shown.update
