"""`mailbot addresses`: where mails may go."""

from __future__ import annotations

import asyncio

import click

from mailbot.cli.app import noun
from mailbot.cli.office import opened
from mailbot.cli.options import Chosen, common
from mailbot.cli.printing import Column, column, print_done, print_lines, time_column
from mailbot.flows.withdraw import Withdraw
from mailbot.mail import address


@noun("List and revoke receiving addresses.")
def command(_chosen: Chosen) -> None:
    """Group the commands about addresses."""


@command.command("list", help="List the addresses on file, and which are proved.")
@common
def list_(chosen: Chosen) -> None:
    """Print one line an address."""
    with opened(chosen) as office:
        lines = office.report.addresses(office.issuer_or_all)
    columns = [
        column("issuer"),
        column("customer"),
        column("address", "email"),
        column("status"),
        column("delivery"),
        Column("", lambda line: "default" if line["default"] else ""),
        time_column("confirmed", "confirmed_at"),
    ]
    print_lines(chosen, lines, columns, empty="No address is on file.")


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
    if "@" not in email:
        raise click.UsageError(f'"{email}" is no mail address')
    with opened(chosen) as office:
        codes = asyncio.run(Withdraw(office.desk).address(address.key(email), issuers=office.issuers))
    print_done(chosen, f"{email} is off file at {', '.join(codes)}.", email=email, customers=codes)
