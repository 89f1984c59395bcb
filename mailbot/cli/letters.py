"""`mailbot letters`: prints letters that invite customers, as a PDF and for a printing house.

Owns the order of it: files are opened before codes are drawn, and codes work only once the files are safely on disk.
Whatever ends it earlier leaves no file and no code that works.
"""

from __future__ import annotations

import asyncio
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import click

from mailbot.cli.brake import bar, count
from mailbot.cli.office import opened
from mailbot.cli.options import Chosen, common
from mailbot.cli.printing import print_json
from mailbot.clock import stamp
from mailbot.edges.letters.new_file import NewFile
from mailbot.errors import Refused
from mailbot.flows.letters import Draft, Letters, Why

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from mailbot.cli.office import Office
    from mailbot.edges.letters.booklet import Booklet
    from mailbot.edges.letters.sheet import Letter, Stationery
    from mailbot.flows.letters import Letter as Drawn

LOCALES = ("ja", "en")

WHY = {
    Why.UNKNOWN: "there is no customer of this code; see: mailbot customers list",
    Why.APPROVED: "is connected already",
    Why.LIVE: "has a letter whose code still works; add --reissue to replace it",
    Why.DECLINED: "declined, and may still change that; add --reissue to ask anew",
}


@dataclass(frozen=True, slots=True)
class Batch:
    """What became of a batch."""

    whole: tuple[tuple[Drawn, Letter], ...]
    """Letters that were printed, as they were drawn and as they stand on paper."""
    held: tuple[tuple[Drawn, str], ...]
    """Letters that cannot be printed whole, and why."""
    skipped: tuple[tuple[str, Why], ...]


@click.command(
    help="""Print letters that invite customers on paper.

    One A4 sheet each, the address where the window of an envelope (長形3号) shows it, with a temporary ID and password
    and a QR code. Without codes, customers of channel letter who have none that works get one; with codes, these
    customers. The file can be read by its owner only, is never written over, and is the only copy of the passwords.

    A letter that cannot be printed whole (the font lacks a character of the name) is held back and listed; its code
    never works. Ends with 1 where any was held back, or a customer that was named is passed over.

    \b
    Examples:
      mailbot letters -o letters.pdf
      mailbot letters -o letters.pdf --csv letters.csv      the same for a printing house
      mailbot letters -o again.pdf --reissue A003 A007      lost ones: the codes on the former letters end
    """
)
@click.argument("codes", nargs=-1, metavar="[CODE...]")
@click.option(
    "-o", "output", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE", required=True, help="The PDF."
)
@click.option(
    "--csv", "table", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE", help="The same as CSV (UTF-8)."
)
@click.option("--reissue", is_flag=True, help="Print new letters for these customers; the codes they have end.")
@common
def command(chosen: Chosen, *, codes: tuple[str, ...], output: Path, table: Path | None, reissue: bool) -> None:
    """Open the files, draw codes, print, make the codes work."""
    if reissue and not codes:
        raise click.UsageError("--reissue wants the codes of the customers that it is for")
    if table is not None and table.absolute() == output.absolute():
        raise click.UsageError("the PDF and the CSV cannot be the same file")
    with opened(chosen) as office, _files(output, table) as files:
        batch = _printed(office, files, codes or None, reissue=reissue)
    _report(chosen, batch, output)
    _expect_all(batch, named=bool(codes))


@contextmanager
def _files(*paths: Path | None) -> Iterator[list[NewFile]]:
    """Open the files that are wanted; what raises in here leaves none of them, and none that was not kept stays."""
    files: list[NewFile] = []
    try:
        files += (NewFile(path) for path in paths if path is not None)
        yield files
    except BaseException:
        for file in files:
            file.drop()
        raise
    for file in files:
        file.drop(kept=False)


def _printed(office: Office, files: Sequence[NewFile], codes: Sequence[str] | None, *, reissue: bool) -> Batch:
    """Draw, write, and only then let the codes work; what raises leaves no code that does."""
    stationery = _stationery(office)
    booklet = _booklet(office, stationery)
    letters = Letters(office.desk)
    draft = asyncio.run(letters.draw(office.issuer, codes, reissue=reissue))
    try:
        batch = _sorted(booklet, draft)
        if batch.whole:
            _write(booklet, stationery, files, [sheet for _, sheet in batch.whole])
            asyncio.run(letters.printed(draft, only=[drawn.code_id for drawn, _ in batch.whole]))
        else:
            asyncio.run(letters.discard(draft))
    except BaseException:
        asyncio.run(letters.discard(draft))
        raise
    return batch


def _stationery(office: Office) -> dict[str, Stationery]:
    from mailbot.edges.letters.sheet import Stationery  # noqa: PLC0415  segno is loaded for letters alone

    issuer, base_url = office.desk.issuer(office.issuer), office.desk.rules.base_url
    today = office.desk.clock.now().astimezone(ZoneInfo(issuer.time_zone)).date()
    claim, sign_in = f"{base_url}/claim", f"{base_url}/sign-in"
    return {
        locale: Stationery(issuer=issuer, locale=locale, claim=claim, sign_in=sign_in, written_on=today)
        for locale in LOCALES
    }


def _booklet(office: Office, stationery: Mapping[str, Stationery]) -> Booklet:
    from mailbot.edges.letters.booklet import Booklet  # noqa: PLC0415  reportlab is loaded for letters alone
    from mailbot.edges.letters.faces import Faces  # noqa: PLC0415  the same

    return Booklet(Faces(office.settings.letters.font), stationery)


def _sorted(booklet: Booklet, draft: Draft) -> Batch:
    """Set the letters apart that cannot be printed whole."""
    whole, held = [], []
    for drawn in draft.letters:
        sheet = _sheet(drawn, ZoneInfo(draft.issuer.time_zone))
        fault = booklet.fault(sheet)
        if fault:
            held.append((drawn, fault))
        else:
            whole.append((drawn, sheet))
    return Batch(tuple(whole), tuple(held), draft.skipped)


def _sheet(drawn: Drawn, zone: ZoneInfo) -> Letter:
    from mailbot.edges.letters.sheet import Letter, last_day  # noqa: PLC0415  segno is loaded for letters alone

    customer = drawn.customer
    return Letter(
        locale=customer.locale if customer.locale in LOCALES else LOCALES[-1],
        code=customer.code,
        name=customer.name,
        postal_code=customer.postal_code,
        postal_address=customer.postal_address,
        paper_id=drawn.paper_id,
        password=drawn.password,
        expires=last_day(drawn.expires_at.astimezone(zone)),
        link=drawn.link,
    )


def _write(
    booklet: Booklet, stationery: Mapping[str, Stationery], files: Sequence[NewFile], sheets: Sequence[Letter]
) -> None:
    """Write the PDF, and the CSV where one is wanted, and see both safely on disk."""
    from mailbot.edges.letters import listing  # noqa: PLC0415  segno is loaded for letters alone

    pdf, *tables = files
    try:
        with bar("printing", len(sheets)) as progress:
            booklet.write(pdf.out, sheets, progress=progress)
        for table in tables:
            listing.write(table.out, sheets, stationery)
        for file in files:
            file.keep()
    except OSError as error:
        raise Refused(f"the letters cannot be written ({error.strerror}); nothing was printed, no code works") from None


def _report(chosen: Chosen, batch: Batch, output: Path) -> None:
    if chosen.json:
        for line in _lines(batch):
            print_json(line)
        return
    for drawn, why in batch.held:
        click.echo(f"{drawn.customer.code}  {drawn.customer.name}: held back, {why}", err=True)
    for code, why in batch.skipped:
        click.echo(f"{code}: {WHY[why]}", err=True)
    if batch.whole:
        click.echo(f"Printed {count(len(batch.whole), 'letter')} to {output}; the codes on them work from now on.")
    else:
        click.echo("There is nothing to print.")


def _lines(batch: Batch) -> Iterator[dict[str, object]]:
    for drawn, sheet in batch.whole:
        yield {
            "code": sheet.code,
            "name": sheet.name,
            "result": "printed",
            "last_day": sheet.expires.isoformat(),
            "expires_at": stamp(drawn.expires_at),
        }
    for drawn, fault in batch.held:
        yield {"code": drawn.customer.code, "name": drawn.customer.name, "result": "held back", "why": fault}
    for code, why in batch.skipped:
        yield {"code": code, "result": "passed over", "why": str(why)}


def _expect_all(batch: Batch, *, named: bool) -> None:
    """Raise `Refused` where somebody who should have one got no letter."""
    left = [count(len(batch.held), "letter") + " held back"] if batch.held else []
    if named and batch.skipped:
        left.append(count(len(batch.skipped), "customer") + " passed over")
    if left:
        raise Refused(f"{' and '.join(left)}; see above")
