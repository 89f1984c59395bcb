"""`mailbot run`: the daemon in the foreground."""

from __future__ import annotations

import gc
import sys

import click

from mailbot.cli.options import Chosen, common


@click.command(
    help="""Run the daemon.

    It serves the links, sends mails, and writes one fact a line to standard error. SIGTERM ends it in order: mails in
    flight are finished first. A sandbox needs no preparation; production wants `mailbot init` and `mailbot check`.

    \b
    Examples:
      mailbot run --config /etc/mailbot/mailbot.toml
      mailbot run --sandbox
    """
)
@click.option("--sandbox", is_flag=True, help="Keep every mail on this machine, and show them at /sandbox.")
@common
def command(chosen: Chosen, *, sandbox: bool) -> None:
    """Hand over to the daemon."""
    gc.disable()  # what a start loads stays; the daemon lets the collector in when it is ready
    from mailbot.cli.owner import become_owner  # noqa: PLC0415  # the same
    from mailbot.config import load  # noqa: PLC0415  # the same
    from mailbot.daemon import main  # noqa: PLC0415  # the whole daemon is loaded here

    settings = load(chosen.config, sandbox=sandbox)
    if settings.data_dir.exists():
        become_owner(settings.data_dir)
    if sandbox and not settings.store_path.exists():
        from mailbot.cli.init import prepare  # noqa: PLC0415  # only a new sandbox needs it

        prepare(settings, mode="sandbox")
    sys.exit(main(settings, sandbox=sandbox))
