"""`mailbot sandbox`: a clock that can be moved."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import click

from mailbot.cli.app import noun
from mailbot.cli.office import opened
from mailbot.cli.options import Chosen, common
from mailbot.cli.printing import local, print_done
from mailbot.cli.process import daemon
from mailbot.clock import stamp
from mailbot.config.values import Unfit, duration
from mailbot.errors import Refused
from mailbot.flows.advance import Advance
from mailbot.store import installation

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from mailbot.cli.office import Office


@noun("Move the sandbox's clock.")
def command(_chosen: Chosen) -> None:
    """Group the commands about the sandbox."""


@command.command(
    "advance",
    help="""Move the sandbox's clock forward by D (10m, 3d, 1h30m), doing all that falls due on the way.

    Steps to each moment at which something is due and returns when all is quiet. With --jump it moves at once, which is
    what mailbot meets after a downtime. Refused outside the sandbox.

    \b
    Examples:
      mailbot sandbox advance 3d
      mailbot sandbox advance 30d --jump
    """,
)
@click.argument("length", metavar="D")
@click.option("--jump", is_flag=True, help="Move at once, as a downtime does.")
@common
def advance(chosen: Chosen, *, length: str, jump: bool) -> None:
    """Ask the running daemon to move on."""
    try:
        by = duration(length)
    except Unfit as wrong:
        raise click.UsageError(f'"{length}" {wrong}; write it like 10m, 3d or 1h30m') from None
    with opened(chosen) as office:
        _expect_daemon(office)
        now = asyncio.run(Advance(office.desk).by(by, jump=jump, said=_stop(chosen, office)))
    print_done(chosen, f"It is {local(stamp(now))} now.", now=stamp(now))


def _expect_daemon(office: Office) -> None:
    """Refuse at once where nobody would do what falls due; what is no sandbox is refused by the flow, in its words."""
    start = office.desk.database.read(installation.last_start)
    mode = office.desk.database.read(lambda reading: installation.value(reading, "mode"))
    if mode == "sandbox" and daemon(start)["state"] != "running":
        raise Refused("no daemon runs on this sandbox, so nobody would do what falls due; start: mailbot run --sandbox")


def _stop(chosen: Chosen, office: Office) -> Callable[[datetime], object]:
    """Tell of each stop on the way and of what came of it, to a person."""
    if chosen.json:
        return lambda _: None
    known = _mails(office)

    def said(moment: datetime) -> None:
        nonlocal known
        before, known = known, _mails(office)
        click.echo(f"{local(stamp(moment))}  new mails: {known - before}", err=True)

    return said


def _mails(office: Office) -> int:
    return sum(office.report.status()["queue"].values())
