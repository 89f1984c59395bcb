"""`mailbot letters`: prints letters that invite customers, as a PDF and for a printing house.

Owns the order of it: files are opened before codes are drawn, and codes work only once the files are safely on disk.
Whatever ends it earlier leaves no file and no code that works; what ends it later leaves files whose codes all will.
"""

from __future__ import annotations

import asyncio
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import click

from mailbot.cli.batch import Batch, expect_all, report
from mailbot.cli.brake import bar
from mailbot.cli.office import opened
from mailbot.cli.options import Chosen, common
from mailbot.cli.printing import print_done
from mailbot.edges.letters import listing
from mailbot.edges.letters.letter import LOCALES, Letter, last_day, sample, stationery_of
from mailbot.edges.letters.new_file import NewFile
from mailbot.errors import Refused
from mailbot.flows.letters import Draft, Letters

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from mailbot.cli.office import Office
    from mailbot.edges.letters.booklet import Booklet
    from mailbot.edges.letters.letter import Stationery
    from mailbot.flows.letters import Letter as Drawn


@click.command(
    help="""Print letters that invite customers on paper.

    One A4 sheet each, the address where the window of an envelope (長形3号, or what letter_window says) shows it, with
    a temporary ID and password and a QR code. Without codes, customers of channel letter who have none that works get
    one; with codes, these customers. The file can be read by its owner only, is never written over, and is the only
    copy of the passwords.

    A letter that cannot be printed whole (the font lacks a character of the name) is held back and listed; its code
    never works. With --csv so is one whose code, name, postal code or address begins with = + - or @, which a
    spreadsheet would run as a formula: import it in full width. Ends with 1 where any was held back, or a customer
    that was named is passed over.

    \b
    Examples:
      mailbot letters --outline -o test.pdf                 a sheet to hold against your envelopes; no code is drawn
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
@click.option("--outline", is_flag=True, help="Print one made-up letter with the window's outline and the folds.")
@common
def command(
    chosen: Chosen, *, codes: tuple[str, ...], output: Path, table: Path | None, reissue: bool, outline: bool
) -> None:
    """Open the files, draw codes, print, make the codes work."""
    if reissue and not codes:
        raise click.UsageError("--reissue wants the codes of the customers that it is for")
    if table is not None and table.absolute() == output.absolute():
        raise click.UsageError("the PDF and the CSV cannot be the same file")
    if outline and (codes or table):
        raise click.UsageError("--outline prints a letter to nobody; leave out customers and --csv")
    with opened(chosen) as office, _files(output, table) as files:
        if outline:
            _print_outline(office, files)
            print_done(chosen, f"Printed {output}; hold it against an envelope.", result="outline", file=str(output))
            return
        batch = _printed(office, files, codes or None, reissue=reissue)
    report(chosen, batch, output, named=bool(codes))
    expect_all(batch, named=bool(codes))


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


def _printed(office: Office, files: list[NewFile], codes: Sequence[str] | None, *, reissue: bool) -> Batch:
    """Draw, write, and only then let the codes work; what raises before leaves no code that does."""
    stationery = _stationery(office)
    booklet = _booklet(office, stationery)
    letters = Letters(office.desk)
    draft = asyncio.run(letters.draw(office.issuer, codes, reissue=reissue))
    try:
        batch = _sorted(booklet, draft, tabled=len(files) > 1)
        if batch.whole:
            _write(booklet, stationery, files, [sheet for _, sheet in batch.whole])
            asyncio.run(letters.printed(draft, only=[drawn.code_id for drawn, _ in batch.whole]))
        else:
            asyncio.run(letters.discard(draft))
    except BaseException:
        if not asyncio.run(letters.discard(draft)):
            files.clear()  # the batch is on paper: these files stay, and their codes come to life without us
        raise
    return batch


def _stationery(office: Office) -> dict[str, Stationery]:
    issuer = office.desk.issuer(office.issuer)
    today = office.desk.clock.now().astimezone(ZoneInfo(issuer.time_zone)).date()
    return stationery_of(issuer, base_url=office.desk.rules.base_url, written_on=today)


def _booklet(office: Office, stationery: Mapping[str, Stationery]) -> Booklet:
    from mailbot.edges.letters.booklet import Booklet  # noqa: PLC0415  reportlab is loaded for letters alone
    from mailbot.edges.letters.faces import Faces  # noqa: PLC0415  the same

    return Booklet(Faces(office.settings.letters.font), stationery)


def _sorted(booklet: Booklet, draft: Draft, *, tabled: bool) -> Batch:
    """Set the letters apart that cannot be printed whole, or not stand in a table."""
    whole, held = [], []
    for drawn in draft.letters:
        sheet = _sheet(drawn, ZoneInfo(draft.issuer.time_zone))
        fault = booklet.fault(sheet) or (listing.fault(sheet) if tabled else "")
        if fault:
            held.append((drawn, fault))
        else:
            whole.append((drawn, sheet))
    return Batch(tuple(whole), tuple(held), draft.skipped)


def _sheet(drawn: Drawn, zone: ZoneInfo) -> Letter:
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


def _print_outline(office: Office, files: Sequence[NewFile]) -> None:
    """Print a letter that is nobody's, with the outline of the window on it."""
    stationery = _stationery(office)
    (pdf,) = files
    try:
        _booklet(office, stationery).write(
            pdf.out, [sample(stationery[office.desk.issuer(office.issuer).locale])], outline=True
        )
        pdf.keep()
    except OSError as error:
        raise Refused(f"{pdf.path} cannot be written ({error.strerror})") from None
