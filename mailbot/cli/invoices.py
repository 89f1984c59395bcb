"""`mailbot invoices`: what was issued, and what became of it."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import click

from mailbot.cli.app import noun
from mailbot.cli.office import opened
from mailbot.cli.options import Chosen, common
from mailbot.cli.printing import (
    Column,
    Line,
    column,
    local,
    print_done,
    print_facts,
    print_json,
    print_lines,
    time_column,
)
from mailbot.cli.taking import asking, take_invoices
from mailbot.domain import dates, money
from mailbot.domain.written import Misread
from mailbot.flows.report import Search
from mailbot.flows.withdraw import Withdraw

if TYPE_CHECKING:
    from pathlib import Path


@noun(
    """Import, list, show and withdraw invoices.

    \b
    Examples:
      mailbot invoices import invoices.csv --dry-run
      mailbot invoices list --undownloaded --from 2026-11-01
      mailbot invoices show INV-1001
    """
)
def command(_chosen: Chosen) -> None:
    """Group the commands about invoices."""


@command.command(
    "import",
    help="""Take invoices from a CSV file and the PDFs beside it; all of it, or nothing.

    Columns: customer, number, subject, amount, issue_date, file, and if you like currency, note, due_date, publish_at
    (or 顧客コード, 請求書番号, 件名, 御請求金額, 発行日, ファイル, 通貨, 備考, 支払期限, 公開日時). UTF-8 or CP932.
    The same file again changes nothing; a number that is taken with another PDF or amount is refused.

    \b
    Examples:
      mailbot invoices import november/invoices.csv --dry-run
      mailbot invoices import november/invoices.csv --yes
    """,
)
@asking
@common
def import_(chosen: Chosen, *, file: Path, dry_run: bool, yes: bool) -> None:
    """Check, show, ask, take."""
    take_invoices(chosen, file=file, dry_run=dry_run, yes=yes)


class Day(click.ParamType[str]):
    """A date as people write it."""

    name = "date"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:  # noqa: ANN401  # click's signature
        """Return `YYYY-MM-DD`; wrong usage where it is no date."""
        try:
            return str(dates.read_date(str(value)))
        except Misread as wrong:
            self.fail(str(wrong), param, ctx)


class Amount(click.ParamType[str]):
    """A bound for amounts, in whatever currency an invoice has."""

    name = "amount"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:  # noqa: ANN401  # click's signature
        """Return a plain decimal; wrong usage where it is no number."""
        plain = str(value).replace(",", "").lstrip("¥￥")
        if not plain.replace(".", "", 1).removeprefix("-").isdecimal():
            self.fail(f'"{value}" is no amount: write it as 33000', param, ctx)
        return plain


@command.command(
    "list",
    help="""List invoices, oldest issue date first; all conditions that are given must hold.

    \b
    Examples:
      mailbot invoices list --undownloaded
      mailbot invoices list --from 2026-11-01 --to 2026-11-30 --min 100000 --customer 商事
    """,
)
@click.option("--undownloaded", is_flag=True, help="Open or waiting, and not downloaded yet.")
@click.option("--from", "first_day", type=Day(), metavar="DATE", help="Issued on this day or later.")
@click.option("--to", "last_day", type=Day(), metavar="DATE", help="Issued on this day or earlier.")
@click.option("--min", "least", type=Amount(), metavar="N", help="Amount of N or more.")
@click.option("--max", "most", type=Amount(), metavar="N", help="Amount of N or less.")
@click.option("--customer", metavar="TEXT", help="Customer whose code, name or kana contains TEXT.")
@common
def list_(chosen: Chosen, **conditions: Any) -> None:  # noqa: ANN401  # the options above
    """Print one line an invoice."""
    with opened(chosen) as office:
        lines = office.report.invoices(Search(issuer=office.issuer_or_all, **conditions))
        several = len(office.settings.issuers) > 1
    columns = [
        *([column("issuer")] if several else []),
        column("number"),
        column("customer", "customer_name"),
        column("subject"),
        Column("amount", _amount, right=True),
        column("issued", "issue_date"),
        column("status"),
        time_column("sent", "sent_at"),
        time_column("downloaded", "last_downloaded_at"),
        column("reminders", right=True),
    ]
    print_lines(chosen, lines, columns, empty="No invoice is like that.")


def _amount(line: Line) -> str:
    return money.format_amount(money.read_amount(line["amount"], line["currency"]), line["currency"])


@command.command("show", help="Show one invoice: its facts, each address, and its history.")
@click.argument("number")
@common
def show(chosen: Chosen, *, number: str) -> None:
    """Print all that is known."""
    with opened(chosen) as office:
        line = office.report.invoice(office.issuer, number)
    if chosen.json:
        print_json(line)
        return
    print_facts(_facts(line))
    click.echo()
    columns = [column("address", "email"), column("status"), Column("evidence", _evidence)]
    print_lines(chosen, line["addresses"], columns, empty="Nobody can receive it yet.")
    click.echo()
    print_lines(chosen, line["timeline"], [time_column("when", "at"), column("fact"), Column("", _details)], empty="")


def _facts(line: Line) -> list[tuple[str, object]]:
    return [
        *((key, line[key]) for key in ("number", "subject")),
        ("customer", f"{line['customer']} {line['customer_name']}"),
        ("amount", _amount(line)),
        ("issued", line["issue_date"]),
        ("due", line["due_date"]),
        ("note", line["note"]),
        ("status", line["status"]),
        ("sent", local(line["sent_at"])),
        ("downloaded", f"{local(line['last_downloaded_at'])} ({line['downloads']}×)" if line["downloads"] else ""),
        ("reminders", line["reminders"]),
        ("withdrawn", f"{local(line['withdrawn_at'])}: {line['withdrawn_reason']}" if line["withdrawn_at"] else ""),
        ("file", line["file"]),
    ]


def _evidence(line: Line) -> str:
    """Say how far an invoice is known to have come, and that the mail about it came back where it did."""
    bounced = f", came back: {line['bounced']}" if line["bounced"] else ""
    return f"{line['evidence']}{' (doubtful)' if line['doubtful'] else ''}{bounced}"


def _details(line: Line) -> str:
    shown = {name: value for name, value in (line["details"] or {}).items() if name != "invoice" and value != ""}
    return "  ".join(
        f"{name}={value if isinstance(value, str) else json.dumps(value)}" for name, value in shown.items()
    )


@command.command(
    "withdraw",
    help="""Withdraw an invoice: its links say so, and those who were told of it are told again.

    \b
    Example:
      mailbot invoices withdraw INV-1001 --reason "Wrong amount; a corrected one follows."
    """,
)
@click.argument("number")
@click.option("--reason", required=True, metavar="TEXT", help="Why; customers read it.")
@common
def withdraw(chosen: Chosen, *, number: str, reason: str) -> None:
    """Withdraw one invoice."""
    if not reason.strip():
        raise click.UsageError("--reason is empty; customers read it, so say why")
    with opened(chosen) as office:
        done = asyncio.run(Withdraw(office.desk).invoice(office.issuer, number, reason=reason))
    told = f"{done.told} address{'' if done.told == 1 else 'es'} will be told"
    print_done(chosen, f"{number} is withdrawn; {told}.", number=number, status="withdrawn", told=done.told)
