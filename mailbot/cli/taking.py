"""What `customers import` and `invoices import` share: check, show, ask, take.

Owns the conversation: every fault with its line and the file's own heading, and what a batch would do. What a batch
may do is decided by the flows.
"""

from __future__ import annotations

import asyncio
import hashlib
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar
from zoneinfo import ZoneInfo

import click

from mailbot.cli.brake import bar, brake, count
from mailbot.cli.office import opened
from mailbot.cli.printing import print_json
from mailbot.domain.customer_sheet import read_customers
from mailbot.domain.delimited import MAX_BYTES
from mailbot.domain.invoice_sheet import read_invoices
from mailbot.edges.pdf import checked
from mailbot.errors import BatchRefused, Fault, Refused
from mailbot.flows.take_customers import TakeCustomers
from mailbot.flows.take_invoices import TakeInvoices
from mailbot.mail import address

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from mailbot.cli.office import Office
    from mailbot.cli.options import Chosen

F = TypeVar("F")

SHOWN = 20
"""Waiting invoices that are named one by one."""


def asking(function: Callable[..., None]) -> Callable[..., None]:
    """Give an import its argument and its options."""
    for decorate in (
        click.option("--yes", is_flag=True, help="Send however many mails without asking."),
        click.option("--dry-run", is_flag=True, help="Show what would be done, and do nothing."),
        click.argument("file", type=click.Path(path_type=Path, dir_okay=False)),
    ):
        function = decorate(function)
    return function


@dataclass(frozen=True, slots=True)
class Effect:
    """What a batch does, or would do."""

    kind: str
    created: int
    changed: int
    unchanged: int
    mails: int
    waiting: tuple[str, ...] = ()
    later: int = 0
    warnings: tuple[Fault, ...] = ()

    @property
    def empty(self) -> bool:
        """True where all of it is on file already."""
        return not (self.created or self.changed or self.mails)


@dataclass(frozen=True, slots=True)
class Asked:
    """What was asked for on the command line."""

    chosen: Chosen
    file: Path
    dry_run: bool
    yes: bool


def take_customers(chosen: Chosen, *, file: Path, dry_run: bool, yes: bool) -> None:
    """Import a file of customers."""
    asked = Asked(chosen, file, dry_run, yes)
    with opened(chosen) as office:
        issuer = office.desk.issuer(office.issuer)
        content = _content(file)
        sheet = read_customers(content, default_locale=issuer.locale, read_address=address.read)
        flow = TakeCustomers(office.desk, issuer.code)
        with _faults_shown(asked, sheet.headings):
            plan = asyncio.run(flow.check(sheet))
            effect = Effect(
                kind="customer",
                created=len(plan.created),
                changed=len(plan.changed),
                unchanged=plan.unchanged,
                mails=len(plan.mails),
                warnings=tuple(plan.warnings),
            )
            if _goes_on(office, asked, effect, sheet.headings):
                digest = hashlib.sha256(content).hexdigest()
                taken = asyncio.run(flow.take(sheet, source=file.name, source_sha256=digest))
                _say_taken(asked, effect, taken.import_id)


def take_invoices(chosen: Chosen, *, file: Path, dry_run: bool, yes: bool) -> None:
    """Import a file of invoices with the PDFs beside it."""
    asked = Asked(chosen, file, dry_run, yes)
    with opened(chosen) as office:
        issuer = office.desk.issuer(office.issuer)
        content = _content(file)
        sheet = read_invoices(content, zone=ZoneInfo(issuer.time_zone))
        pdf = checked(file.absolute().parent, limit=office.desk.rules.max_pdf)
        flow = TakeInvoices(office.desk, issuer.code)
        digest = hashlib.sha256(content).hexdigest()
        with _faults_shown(asked, sheet.headings):
            with bar("checking", len(sheet.rows)) as progress:
                plan = flow.check(sheet, pdf, source=file.name, source_sha256=digest, progress=progress)
            effect = Effect(
                kind="invoice",
                created=len(plan.rows),
                changed=0,
                unchanged=plan.unchanged,
                mails=plan.mails,
                waiting=plan.waiting,
                later=plan.later,
                warnings=plan.warnings,
            )
            if _goes_on(office, asked, effect, sheet.headings):
                with bar("taking", len(plan.rows)) as progress:
                    taken = asyncio.run(flow.take(plan, pdf, progress=progress))
                _say_taken(asked, effect, taken.import_id)


def _content(file: Path) -> bytes:
    try:
        with file.open("rb") as opened_file:
            return opened_file.read(MAX_BYTES + 1)  # one more than any sheet may have is told to be too many
    except FileNotFoundError:
        raise Refused(f"{file}: there is no such file") from None
    except OSError as error:
        raise Refused(f"{file} cannot be read ({error.strerror}); let the owner of the data folder read it") from None


@contextmanager
def _faults_shown(asked: Asked, headings: Mapping[str, str]) -> Iterator[None]:
    """Print each fault of a refused batch before its sentence ends the command."""
    try:
        yield
    except BatchRefused as refused:
        for fault in refused.faults:
            if asked.chosen.json:
                print_json({**asdict(fault), "heading": headings.get(fault.column, "")})
            else:
                click.echo(_fault(asked.file, fault, headings), err=True)
        raise


def _fault(file: Path, fault: Fault, headings: Mapping[str, str]) -> str:
    place = [file.name, f"line {fault.line}" if fault.line else "", headings.get(fault.column, fault.column)]
    return f"{', '.join(part for part in place if part)}: {fault.problem}; {fault.remedy}"


def _goes_on(office: Office, asked: Asked, effect: Effect, headings: Mapping[str, str]) -> bool:
    """Show what would be done, and find out whether to do it."""
    if not asked.chosen.json:
        _show(asked, effect, headings)
    if asked.dry_run or effect.empty:
        _close(asked, effect)
        return False
    limit = office.desk.rules.confirm_above
    brake(asked.chosen, mails=effect.mails, limit=limit, yes=asked.yes, otherwise="nothing was taken")
    return True


def _show(asked: Asked, effect: Effect, headings: Mapping[str, str]) -> None:
    for warning in effect.warnings:
        click.echo(f"note: {_fault(asked.file, warning, headings)}", err=True)
    would = "would send" if asked.dry_run else "sends"
    mails = count(effect.mails, "mail")
    click.echo(
        f"{asked.file.name}: {effect.created} new, {effect.changed} changed, {effect.unchanged} on file already; "
        f"this {would} {mails}"
    )
    if effect.later:
        click.echo(f"{count(effect.later, 'invoice')} will be published later")
    if effect.waiting:
        named = ", ".join(effect.waiting[:SHOWN]) + (", ..." if len(effect.waiting) > SHOWN else "")
        click.echo(f"{count(len(effect.waiting), 'invoice')} that nobody could receive yet: {named}")


def _close(asked: Asked, effect: Effect) -> None:
    if asked.chosen.json:
        print_json(_values(effect, import_id=None, dry_run=asked.dry_run))
    elif asked.dry_run:
        click.echo("Nothing was done: this was a dry run.")
    else:
        click.echo(f"Nothing to do: {'all of it is on file already' if effect.unchanged else 'it has no rows'}.")


def _say_taken(asked: Asked, effect: Effect, import_id: int | None) -> None:
    if asked.chosen.json:
        print_json(_values(effect, import_id=import_id, dry_run=False))
    else:
        click.echo(f"Taken as import {import_id}; the way back is: mailbot imports cancel {import_id}")


def _values(effect: Effect, *, import_id: int | None, dry_run: bool) -> dict[str, Any]:
    return {"import": import_id, "dry_run": dry_run, **asdict(effect)}
