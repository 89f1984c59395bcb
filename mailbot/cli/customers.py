"""`mailbot customers`: who gets invoices."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from mailbot.cli.app import noun
from mailbot.cli.office import opened
from mailbot.cli.options import Chosen, common
from mailbot.cli.printing import Column, Line, column, local, print_facts, print_json, print_lines
from mailbot.cli.remarks import remarks
from mailbot.cli.taking import asking, take_customers

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@noun(
    """Import, list and show customers.

    \b
    Examples:
      mailbot customers import customers.csv --dry-run
      mailbot customers list
      mailbot customers show C001
    """
)
def command(_chosen: Chosen) -> None:
    """Group the commands about customers."""


@command.command(
    "import",
    help="""Take customers from a CSV file; all of it, or nothing.

    Columns: code and name, and if you like kana, email, locale, channel, postal_code, address, delivery
    (or 顧客コード, 会社名, フリガナ, メールアドレス, 言語, 案内方法, 郵便番号, 住所, 送付方法). UTF-8 or CP932.
    The same file again changes nothing. New addresses are mailed a link that proves them.

    \b
    Examples:
      mailbot customers import customers.csv --dry-run
      mailbot customers import customers.csv --yes
    """,
)
@asking
@common
def import_(chosen: Chosen, *, file: Path, dry_run: bool, yes: bool) -> None:
    """Check, show, ask, take."""
    take_customers(chosen, file=file, dry_run=dry_run, yes=yes)


@command.command("list", help="List customers with their addresses.")
@common
def list_(chosen: Chosen) -> None:
    """Print one line a customer."""
    with opened(chosen) as office:
        lines = office.report.customers(office.issuer_or_all)
        several = len(office.settings.issuers) > 1
    columns = [
        *([column("issuer")] if several else []),
        column("code"),
        column("name", cut=True),
        column("status"),
        column("channel"),
        column("locale"),
        Column("addresses", _addresses),
    ]
    print_lines(chosen, lines, columns, empty="There are no customers yet; see: mailbot customers import --help")


def _addresses(line: Line) -> list[str]:
    return [f"{each['email']} ({each['status']})" for each in line["addresses"]]


@command.command("show", help="Show one customer with addresses, invitation and invoices.")
@click.argument("code")
@common
def show(chosen: Chosen, *, code: str) -> None:
    """Print all that is known."""
    with opened(chosen) as office:
        line = office.report.customer(office.issuer, code)
    if chosen.json:
        print_json(line)
        return
    facts = [(key, line[key]) for key in ("code", "name", "kana", "status", "channel", "locale", "delivery")]
    print_facts([*facts, ("postal", f"{line['postal_code']} {line['address']}".strip())])
    print_facts(_invitation(line["invitation"] or {}))
    click.echo()
    columns = [
        column("address", "email"),
        column("status"),
        column("delivery"),
        Column("", _default),
        Column("remarks", remarks),
    ]
    print_lines(chosen, line["addresses"], columns, empty="No address is on file.")
    click.echo()
    columns = [column("number"), column("subject"), column("amount", right=True), column("currency"), column("status")]
    print_lines(chosen, line["invoices"], columns, empty="There are no invoices.")


def _invitation(invited: Line) -> Iterator[tuple[str, object]]:
    """Say how the customer was asked to connect, and what came of it."""
    if not invited:
        return
    way = f"by mail to {invited['email']}" if invited["channel"] == "mail" else "by letter"
    yield "invitation", f"{invited['state']}, {way}, reminded {invited['reminders']} times"
    yield "sent", local(invited["sent_at"])
    yield "good until", local(invited["expires_at"])
    if invited["letter"]:
        letter = invited["letter"]
        yield "letter", f"printed {local(letter['printed_at'])}, its code works until {local(letter['expires_at'])}"
    yield "decided", local(invited["decided_at"])
    yield "account", invited["account"]
    yield "by", " ".join(part for part in (invited["person"], invited["person_email"]) if part)


def _default(address: Line) -> str:
    return "default" if address["default"] else ""
