"""`mailbot keys`: what links are signed with."""

from __future__ import annotations

import asyncio

import click

from mailbot.cli.app import noun
from mailbot.cli.office import opened
from mailbot.cli.options import Chosen, common
from mailbot.cli.printing import column, print_done, print_lines, time_column
from mailbot.clock import stamp
from mailbot.flows.keys import Keys


@noun(
    """List, rotate, retire and revoke signing keys.

    \b
    Examples:
      mailbot keys rotate       from now on a new key signs; old links go on working
      mailbot keys retire a     links of key a only offer a new one to the address on file
      mailbot keys revoke a     key a leaked: its links are dead
    """
)
def command(_chosen: Chosen) -> None:
    """Group the commands about keys."""


@command.command("list", help="List the keys and what each may still do.")
@common
def list_(chosen: Chosen) -> None:
    """Show letters, states and ages, never secrets."""
    with opened(chosen) as office:
        lines = [
            {"id": key.letter, "state": key.state, "created_at": stamp(key.created_at)}
            for key in office.keyring.keys.values()
        ]
    columns = [column("id"), column("state"), time_column("created", "created_at")]
    print_lines(chosen, lines, columns, empty="There are no keys.")


@command.command("rotate", help="Let a new key sign from now on; links of the former ones go on working.")
@common
def rotate(chosen: Chosen) -> None:
    """Add a key."""
    with opened(chosen) as office:
        key = asyncio.run(Keys(office.desk, office.keyring).rotate())
    print_done(chosen, f"Key {key.letter} signs from now on.", id=key.letter, state=key.state)


@command.command(
    "retire",
    help="""Let links of key ID only offer a new one to the address on file.

    Refused while live invoices hang on it, unless forced.
    """,
)
@click.argument("id_", metavar="ID")
@click.option("--force", is_flag=True, help="Even while live invoices hang on it.")
@common
def retire(chosen: Chosen, *, id_: str, force: bool) -> None:
    """Retire a key."""
    with opened(chosen) as office:
        key = asyncio.run(Keys(office.desk, office.keyring).retire(id_, force=force))
    print_done(chosen, f"Key {key.letter} is retired: its links offer a new one.", id=key.letter, state=key.state)


@command.command("revoke", help="Kill every link of key ID, for it leaked.")
@click.argument("id_", metavar="ID")
@common
def revoke(chosen: Chosen, *, id_: str) -> None:
    """Revoke a key."""
    with opened(chosen) as office:
        key = asyncio.run(Keys(office.desk, office.keyring).revoke(id_))
    print_done(chosen, f"Key {key.letter} is revoked: its links are dead.", id=key.letter, state=key.state)
