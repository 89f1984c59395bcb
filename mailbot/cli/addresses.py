"""`mailbot addresses`: where mails may go."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import click

from mailbot.cli.app import noun
from mailbot.cli.office import opened
from mailbot.cli.options import Chosen, common
from mailbot.cli.printing import Column, column, local, print_done, print_lines
from mailbot.cli.remarks import DATE, remarks
from mailbot.flows.succeed import Succeed
from mailbot.flows.withdraw import Withdraw
from mailbot.mail import address

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mailbot.flows.succeed import Decided


@noun("List and revoke receiving addresses, and decide who succeeds whom.")
def command(_chosen: Chosen) -> None:
    """Group the commands about addresses."""


@command.command(
    "list", help="List the addresses on file: which are proved, paused or in doubt, and who is to succeed whom."
)
@common
def list_(chosen: Chosen) -> None:
    """Print one line an address."""
    with opened(chosen) as office:
        lines = office.report.addresses(office.issuer_or_all)
        several = len(office.settings.issuers) > 1
    columns = [
        *([column("issuer")] if several else []),
        column("customer"),
        column("address", "email"),
        column("status"),
        column("delivery"),
        Column("confirmed", lambda line: local(line["confirmed_at"])[:DATE]),
        Column("remarks", lambda line: ["default", *remarks(line)] if line["default"] else remarks(line)),
    ]
    print_lines(chosen, lines, columns, empty="No address is on file.")


@command.command(
    "approve",
    help="""Let a change of recipient take effect now, which the successor has confirmed.

    EMAIL is the successor's address, or the one that is replaced; `addresses list` shows both.

    \b
    Example:
      mailbot addresses approve hanako@example.com
    """,
)
@click.argument("email")
@common
def approve(chosen: Chosen, *, email: str) -> None:
    """Exchange one address for another."""
    with opened(chosen) as office:
        decided = asyncio.run(Succeed(office.desk).approve(_key(email), issuers=office.issuers))
    _print_decided(chosen, decided, "{successor} receives in the place of {old} at {customer}.")


@command.command(
    "refuse",
    help="""Stop a change of recipient that has not taken effect; nothing is changed, and the old address is told.

    EMAIL is the successor's address, or the one that would be replaced.

    \b
    Example:
      mailbot addresses refuse hanako@example.com
    """,
)
@click.argument("email")
@common
def refuse(chosen: Chosen, *, email: str) -> None:
    """End what is open."""
    with opened(chosen) as office:
        decided = asyncio.run(Succeed(office.desk).refuse(_key(email), issuers=office.issuers))
    _print_decided(chosen, decided, "{old} stays at {customer}; {successor} does not succeed.")


def _print_decided(chosen: Chosen, decided: Sequence[Decided], words: str) -> None:
    for each in decided:
        facts = {"customer": each.customer, "old": each.old, "successor": each.successor}
        print_done(chosen, words.format(**facts), **facts)


def _key(email: str) -> str:
    if "@" not in email:
        raise click.UsageError(f'"{email}" is no mail address')
    return address.key(email)


@command.command(
    "revoke",
    help="""Take an address off file: no more mails go there, and its links say so.

    It is taken off at every customer of the issuer (of all issuers where none is chosen).

    \b
    Example:
      mailbot addresses revoke taro@example.com
    """,
)
@click.argument("email")
@common
def revoke(chosen: Chosen, *, email: str) -> None:
    """Remove one address."""
    with opened(chosen) as office:
        codes = asyncio.run(Withdraw(office.desk).address(_key(email), issuers=office.issuers))
    print_done(chosen, f"{email} is off file at {', '.join(codes)}.", email=email, customers=codes)
