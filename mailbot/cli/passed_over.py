"""Who was passed over by a command that is about many customers, and why.

Owns that a thousand reasons are a few lines: each customer has one only where customers were named.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

import click

from mailbot.cli.brake import count

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from enum import StrEnum

W = TypeVar("W", bound="StrEnum")
"""The reasons that a command knows."""


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason, as it is said of one customer and of many."""

    one: str
    """After its code: `is connected already`."""
    many: str
    """After their number: `connected already`."""


def print_passed_over(skipped: Sequence[tuple[str, W]], reasons: Mapping[W, Reason], *, named: bool) -> None:
    """Print (customer code, reason) of those who were passed over: one by one where they were named, else counted."""
    for line in _each(skipped, reasons) if named else _counted(skipped, reasons):
        click.echo(line, err=True)


def _each(skipped: Sequence[tuple[str, W]], reasons: Mapping[W, Reason]) -> Iterator[str]:
    for code, why in skipped:
        yield f"{code}: {reasons[why].one}"


def _counted(skipped: Sequence[tuple[str, W]], reasons: Mapping[W, Reason]) -> Iterator[str]:
    for why, times in Counter(why for _, why in skipped).most_common():
        yield f"{count(times, 'customer')} passed over: {reasons[why].many}"
