"""The root command, which loads the others only when they are asked for."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

import click

from mailbot.cli.options import Chosen, common

if TYPE_CHECKING:
    from collections.abc import Callable

COMMANDS = {
    "init": "Write a configuration, keys and an empty store.",
    "check": "Try everything that production rests on.",
    "run": "Run the daemon.",
    "demo": "Play the whole story on this machine.",
    "status": "Show what waits, and whether the daemon runs.",
    "customers": "Import, list and show customers.",
    "invite": "Invite customers by mail to register.",
    "letters": "Print letters that invite customers on paper.",
    "invitations": "List and show invitations, by mail and on paper.",
    "addresses": "List and revoke receiving addresses, and decide who succeeds whom.",
    "invoices": "Import, list, show and withdraw invoices.",
    "imports": "List imports and take one back.",
    "outbox": "List, show, retry, hold and release mails.",
    "inbox": "List, show and replay mails that came in, and classify files.",
    "ledger": "Verify the proof of everything.",
    "keys": "List, rotate, retire and revoke signing keys.",
    "sandbox": "Move the sandbox's clock.",
}
"""Name and one line of each; a test compares the lines with those of the modules."""


class Lazy(click.Group):
    """A group whose commands are modules, so that a command costs what it needs and no more."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  # click's signature
        """Return the names in the order of a working day."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002  # click's signature
        """Import the module of one command."""
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = import_module(f"mailbot.cli.{cmd_name}").command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002  # the same
        """List the commands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


def _version(ctx: click.Context, _: click.Parameter, asked: bool) -> None:  # noqa: FBT001  # click's signature
    if asked:
        from importlib.metadata import version  # noqa: PLC0415  # 20 ms that only this option costs

        click.echo(f"mailbot {version('mailbot')}")
        ctx.exit()


@click.group(cls=Lazy, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.option("--version", is_flag=True, expose_value=False, is_eager=True, callback=_version, help="Show the version.")
@common
def app(_chosen: Chosen) -> None:
    """Deliver invoices by mail, remind those who have not downloaded, and keep proof of all of it.

    \b
    Examples:
      mailbot demo                          see the whole story
      mailbot init && mailbot check         set up
      mailbot customers import customers.csv --dry-run
      mailbot invite --all --dry-run        and on paper: mailbot letters -o letters.pdf
      mailbot invoices list --undownloaded
    """  # noqa: D301  # \b is click's mark for text that is not to be wrapped


def noun(text: str) -> Callable[[Callable[[Chosen], None]], click.Group]:
    """Make a group of commands about one noun; `text` is its help."""

    def build(function: Callable[[Chosen], None]) -> click.Group:
        return click.group(help=text)(common(function))

    return build
