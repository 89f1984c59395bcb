"""`mailbot imports`: what was taken, and the way back."""

from __future__ import annotations

import asyncio

import click

from mailbot.cli.app import noun
from mailbot.cli.office import opened
from mailbot.cli.options import Chosen, common
from mailbot.cli.printing import column, print_done, print_lines, time_column
from mailbot.flows.take_back import TakeBack, TakenBack


@noun("List imports and take one back.")
def command(_chosen: Chosen) -> None:
    """Group the commands about imports."""


@command.command("list", help="List imports, the newest first.")
@common
def list_(chosen: Chosen) -> None:
    """Print one line an import."""
    with opened(chosen) as office:
        lines = office.report.imports(office.issuer_or_all)
    columns = [
        column("id", right=True),
        column("issuer"),
        column("kind"),
        column("file", "source"),
        column("state"),
        column("new", "created", right=True),
        column("changed", right=True),
        column("same", "unchanged", right=True),
        time_column("taken", "taken_at"),
        time_column("mails from", "sends_from"),
    ]
    print_lines(chosen, lines, columns, empty="Nothing was imported yet.")


@command.command(
    "cancel",
    help="""Take import ID back, as far as nobody was told of it.

    Its mails that still wait (see send_delay) are cancelled, and its invoices that nobody was told of are removed.

    \b
    Example:
      mailbot imports cancel 7
    """,
)
@click.argument("id_", metavar="ID", type=int)
@common
def cancel(chosen: Chosen, *, id_: int) -> None:
    """Cancel one import."""
    with opened(chosen) as office:
        done = asyncio.run(TakeBack(office.desk).cancel(id_, issuers=office.issuers))
    kept = f" Told already, and kept: {', '.join(done.kept)}." if done.kept else ""
    print_done(
        chosen,
        f"Import {id_} is taken back. {_undone(done)}{kept}",
        id=id_,
        state="cancelled",
        rows=done.rows,
        mails=done.mails,
        kept=list(done.kept),
    )


def _undone(done: TakenBack) -> str:
    mails = f"Mails that do not go out: {done.mails}."
    return (
        f"Invoices removed: {done.rows}. {mails}" if done.kind == "invoices" else f"{mails} The customers stay on file."
    )
