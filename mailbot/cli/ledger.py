"""`mailbot ledger`: the proof of everything."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from mailbot.cli.app import noun
from mailbot.cli.office import opened
from mailbot.cli.options import Chosen, common
from mailbot.cli.printing import print_json
from mailbot.errors import Refused

if TYPE_CHECKING:
    from collections.abc import Callable


@noun("Verify the proof of everything.")
def command(_chosen: Chosen) -> None:
    """Group the commands about the ledger."""


@command.command(
    "verify",
    help="""Recompute the chain of every row, and name the first that is not what was written.

    Works beside the daemon. Ends with 1 where a chain is broken. The head that is printed can be compared with the
    X-Mailbot-Ledger line of any mail that went out.

    \b
    Examples:
      mailbot ledger verify
      mailbot ledger verify --issuer ACME --json
    """,
)
@common
def verify(chosen: Chosen) -> None:
    """Recompute and compare."""
    with opened(chosen) as office:
        found = office.report.proof(office.issuer_or_all, progress=_progress())
    if sys.stderr.isatty():
        click.echo("\r\033[K", nl=False, err=True)
    for line in found:
        if chosen.json:
            print_json(line)
        elif line["problem"] is None:
            click.echo(f"{line['issuer']}: {line['seq']} rows, whole; head {line['head']}")
    broken = [line for line in found if line["problem"] is not None]
    if broken:
        raise Refused("\n".join(f"{line['issuer']}: row {line['bad_seq']}: {line['problem']}" for line in broken))
    if not found and not chosen.json:
        click.echo("The ledger is empty.")


def _progress() -> Callable[[int], object] | None:
    if not sys.stderr.isatty():
        return None
    return lambda seen: click.echo(f"\r{seen:,} rows", nl=False, err=True)
