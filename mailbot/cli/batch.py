"""What became of a batch of letters: printed, held back, passed over.

Owns how that is told, and whether somebody who should have a letter has none.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from mailbot.cli.brake import count
from mailbot.cli.passed_over import Reason, print_passed_over
from mailbot.cli.printing import print_json
from mailbot.clock import stamp
from mailbot.errors import Refused
from mailbot.flows.letters import Why

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from mailbot.cli.options import Chosen
    from mailbot.edges.letters.letter import Letter
    from mailbot.flows.letters import Letter as Drawn

WHY = {
    Why.UNKNOWN: Reason("there is no customer of this code; see: mailbot customers list", "no customer of this code"),
    Why.APPROVED: Reason("is connected already", "connected already"),
    Why.LIVE: Reason(
        "has a letter whose code still works; add --reissue to replace it",
        "a letter is out whose code still works; to replace one: mailbot letters --reissue CODE",
    ),
    Why.DECLINED: Reason(
        "declined, and may still change that; add --reissue to ask anew",
        "declined, and may still change that; see: mailbot invitations list --declined",
    ),
}


@dataclass(frozen=True, slots=True)
class Batch:
    """What became of a batch."""

    whole: tuple[tuple[Drawn, Letter], ...]
    """Letters that were printed, as they were drawn and as they stand on paper."""
    held: tuple[tuple[Drawn, str], ...]
    """Letters that cannot be printed whole, and why."""
    skipped: tuple[tuple[str, Why], ...]


def report(chosen: Chosen, batch: Batch, output: Path, *, named: bool) -> None:
    """Print what became of a batch; `named`: its customers were named one by one."""
    if chosen.json:
        for line in _lines(batch):
            print_json(line)
        return
    for drawn, why in batch.held:
        click.echo(f"{drawn.customer.code}  {drawn.customer.name}: held back, {why}", err=True)
    print_passed_over(batch.skipped, WHY, named=named)
    if batch.whole:
        click.echo(f"Printed {count(len(batch.whole), 'letter')} to {output}; the codes on them work from now on.")
    else:
        click.echo("There is nothing to print.")


def _lines(batch: Batch) -> Iterator[dict[str, object]]:
    for drawn, sheet in batch.whole:
        yield {
            "code": sheet.code,
            "name": sheet.name,
            "result": "printed",
            "last_day": sheet.expires.isoformat(),
            "expires_at": stamp(drawn.expires_at),
        }
    for drawn, fault in batch.held:
        yield {"code": drawn.customer.code, "name": drawn.customer.name, "result": "held back", "why": fault}
    for code, why in batch.skipped:
        yield {"code": code, "result": "passed over", "why": str(why)}


def expect_all(batch: Batch, *, named: bool) -> None:
    """Raise `Refused` where somebody who should have one got no letter."""
    left = [count(len(batch.held), "letter") + " held back"] if batch.held else []
    if named and batch.skipped:
        left.append(count(len(batch.skipped), "customer") + " passed over")
    if left:
        raise Refused(f"{' and '.join(left)}; see above")
