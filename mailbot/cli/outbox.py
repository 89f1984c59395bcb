"""`mailbot outbox`: mails on their way, and what the relay said."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

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
from mailbot.domain.outbox import State
from mailbot.flows.mailroom import Mailroom
from mailbot.flows.reread import Letter, Reread

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mailbot.store.outbox import Mail

NEWEST = 100
"""Mails that a list shows where no other number is asked for."""

BOUNCED = "bounced"
"""What is reported of a mail that came back."""


@noun(
    """List, show, retry, hold and release mails.

    \b
    Examples:
      mailbot outbox list --state deferred
      mailbot outbox list --bounced
      mailbot outbox show 42
      mailbot outbox hold 42       not to be sent until: mailbot outbox release 42
    """
)
def command(_chosen: Chosen) -> None:
    """Group the commands about mails."""


@command.command(
    "list",
    help="""List mails, the newest first.

    What the relay took is accepted. Where a server reported on it since, the table says so in that word's place, and
    with that server's words: delayed, delivered or bounced.

    \b
    Examples:
      mailbot outbox list --state deferred
      mailbot outbox list --bounced
    """,
)
@click.option("--state", type=click.Choice([str(state) for state in State]), help="Only mails in this state.")
@click.option("--bounced", is_flag=True, help="Only mails that came back.")
@click.option("--limit", default=NEWEST, show_default=True, metavar="N", help="No more than N mails; 0: all.")
@common
def list_(chosen: Chosen, *, state: str | None, bounced: bool, limit: int) -> None:
    """Print one line a mail."""
    reported = BOUNCED if bounced else None
    with opened(chosen) as office:
        lines = office.report.outbox(issuer=office.issuer_or_all, state=state, reported=reported, limit=limit or -1)
    waits = any(line["next_attempt_at"] for line in lines)
    columns = [
        column("id", right=True),
        column("kind"),
        column("to"),
        Column("state", _stands),
        column("attempts", right=True),
        *([time_column("next attempt", "next_attempt_at")] if waits else []),
        Column("response", _last_words, cut=True),
    ]
    print_lines(chosen, lines, columns, empty="No mail is like that.")


def _stands(line: Line) -> str:
    """Return where a mail stands; what was reported of it later is nearer to the truth than what the relay said."""
    later = line["reported"] and (line["reported"] == BOUNCED or line["state"] == State.ACCEPTED)
    return str(line["reported"] if later else line["state"])


def _last_words(line: Line) -> str:
    """Return what was said last of a mail: by the server that reported it, or by the relay."""
    if _stands(line) not in {BOUNCED, "delayed"}:
        return line["response"] or ""
    return ": ".join(word for word in (line["report_reason"], line["report_said"]) if word)


@command.command("show", help="Show one mail as it was sent; the tokens of its links are masked unless you ask.")
@click.argument("id_", metavar="ID", type=int)
@click.option("--reveal", is_flag=True, help="Show the tokens: whoever has them can act for the customer.")
@common
def show(chosen: Chosen, *, id_: int, reveal: bool) -> None:
    """Print the row, the headers and the text."""
    with opened(chosen) as office:
        letter = Reread(office.desk).letter(id_, reveal=reveal)
        line = office.report.mail(id_)
    if chosen.json:
        print_json({**line, "sent": None if letter is None else _sent(letter)})
        return
    print_facts(_facts(line))
    click.echo()
    if letter is None:
        click.echo("It was not laid out yet.")
        return
    print_facts([("MAIL FROM", letter.sender), *letter.headers])
    click.echo(f"\n{letter.text}")


def _facts(line: Line) -> Iterator[tuple[str, object]]:
    for key, value in line.items():
        label = key if key.removesuffix("_at") in line else key.removesuffix("_at")
        yield (label.replace("_", " "), local(value) if key.endswith("_at") else value)


def _sent(letter: Letter) -> dict[str, object]:
    return {"sender": letter.sender, "headers": [list(each) for each in letter.headers], "text": letter.text}


@command.command(
    "retry",
    help="""Try mails again now: deferred, unknown, refused or expired ones.

    With --again, mail anew what was accepted and did not reach its reader: the same words and fresh links, as a mail of
    its own.

    \b
    Examples:
      mailbot outbox retry 42 43
      mailbot outbox retry --again 42
    """,
)
@click.argument("ids", metavar="ID...", type=int, nargs=-1, required=True)
@click.option("--again", is_flag=True, help="Mail anew what was accepted before.")
@common
def retry(chosen: Chosen, *, ids: tuple[int, ...], again: bool) -> None:
    """Queue them anew, all or none."""
    with opened(chosen) as office:
        if again:
            _say(chosen, "is mailed anew", asyncio.run(Mailroom(office.desk).again(ids)))
            return
        _say(chosen, "is tried again now", asyncio.run(Mailroom(office.desk).retry(ids)))


@command.command("hold", help="Keep mails back until they are released.")
@click.argument("ids", metavar="ID...", type=int, nargs=-1, required=True)
@common
def hold(chosen: Chosen, *, ids: tuple[int, ...]) -> None:
    """Hold them, all or none."""
    with opened(chosen) as office:
        _say(chosen, "is held", asyncio.run(Mailroom(office.desk).hold(ids)))


@command.command("release", help="Let held mails go on.")
@click.argument("ids", metavar="ID...", type=int, nargs=-1, required=True)
@common
def release(chosen: Chosen, *, ids: tuple[int, ...]) -> None:
    """Release them, all or none."""
    with opened(chosen) as office:
        _say(chosen, "goes out", asyncio.run(Mailroom(office.desk).release(ids)))


def _say(chosen: Chosen, what: str, mails: list[Mail]) -> None:
    for mail in mails:
        print_done(chosen, f"Mail {mail.id} to {mail.email} {what}.", id=mail.id, state=mail.state)
