"""`mailbot inbox`: what comes in."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
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
from mailbot.errors import UnreadableMail
from mailbot.flows.hear import Hear
from mailbot.flows.inbox_report import InboxReport, InboxSearch
from mailbot.store.inbox import State

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mailbot.mail.verdict import Verdict


NEWEST = 100
"""Mails that a list shows where no other number is asked for."""

CLASSES = ("bounce", "complaint", "challenge", "auto-reply", "person", "command", "own")


@noun(
    """List, show and replay mails that came in, and classify files.

    \b
    Examples:
      mailbot inbox list --class bounce
      mailbot inbox list --set-aside
      mailbot inbox list --unheard
      mailbot inbox show 42
      mailbot inbox classify bounce.eml
    """
)
def command(_chosen: Chosen) -> None:
    """Group the commands about inbound mail."""


@command.command("list", help="List mails that came in, the newest first, with what they are and what was done.")
@click.option("--set-aside", is_flag=True, help="Only mails that could not be worked through.")
@click.option("--unheard", is_flag=True, help="Only people's words that reached nobody.")
@click.option("--class", "kind", type=click.Choice(CLASSES), help="Only mails of this class.")
@click.option("--customer", metavar="CODE", help="Only mails of this customer.")
@click.option("--limit", default=NEWEST, show_default=True, metavar="N", help="No more than N mails; 0: all.")
@common
def list_(
    chosen: Chosen, *, set_aside: bool, unheard: bool, kind: str | None, customer: str | None, limit: int
) -> None:
    """Print one line a mail."""
    with opened(chosen) as office:
        search = InboxSearch(
            issuer=office.issuer_or_all,
            state=State.SET_ASIDE if set_aside else None,
            kind=kind,
            customer=customer,
            unheard=unheard,
            limit=limit or -1,
        )
        lines = InboxReport(office.desk.database).mails(search)
    columns = [
        column("id", right=True),
        time_column("received", "received_at"),
        Column("class", lambda line: line["class"] or line["state"]),
        column("from"),
        column("customer"),
        column("error", cut=True) if set_aside else column("subject", cut=True),
        *([] if set_aside else [column("action", cut=True)]),
    ]
    print_lines(chosen, lines, columns, empty="No mail is like that.")


@command.command("show", help="Show one mail that came in: what it says, what it was taken for and why, what was done.")
@click.argument("id_", metavar="ID", type=int)
@click.option("--raw", is_flag=True, help="Print the mail as it came, octet for octet.")
@common
def show(chosen: Chosen, *, id_: int, raw: bool) -> None:
    """Print the row, the header and the text."""
    with opened(chosen) as office:
        report = InboxReport(office.desk.database)
        if raw:
            click.echo(report.raw(id_), nl=False)
            return
        line = report.mail(id_)
    if chosen.json:
        print_json(line)
        return
    headers, text = line.pop("headers"), line.pop("text")
    print_facts(_facts(line))
    click.echo()
    print_facts(headers)
    click.echo(f"\n{text}")


def _facts(line: Line) -> Iterator[tuple[str, object]]:
    """Name the keys for people: our mail that it is about, what it says of whom, and ours that followed."""
    written = {
        **line,
        "recipients": ", ".join(line["recipients"]),
        "queued": "; ".join(f"mail {each['id']}, {each['kind']} to {each['to']}" for each in line["queued"]),
        "outcomes": "; ".join(_outcome(each) for each in line["outcomes"]),
    }
    labels = {"outbox": "about mail", "attributed_by": "known by", "outcomes": "reported"}
    for key, value in written.items():
        label = labels.get(key, key.removesuffix("_at").replace("_", " "))
        yield label, local(value) if key.endswith("_at") else value


def _outcome(each: Line) -> str:
    words = [each["recipient"], each["action"], each["reason"], each["status"], "hard" if each["hard"] else ""]
    return " ".join(word for word in words if word)


@command.command(
    "replay",
    help="""Have mails that were set aside looked at once more, all or none of those that are named.

    The running daemon does it at once; without one it is done at the next start.

    \b
    Examples:
      mailbot inbox replay 42 43
      mailbot inbox replay --set-aside      all that are
    """,
)
@click.argument("ids", metavar="[ID...]", type=int, nargs=-1)
@click.option("--set-aside", is_flag=True, help="All mails that are set aside.")
@common
def replay(chosen: Chosen, *, ids: tuple[int, ...], set_aside: bool) -> None:
    """Put them back among the received."""
    if bool(ids) == set_aside:
        raise click.UsageError("name mails by their ids, or add --set-aside")
    with opened(chosen) as office:
        if set_aside:
            waiting = InboxReport(office.desk.database).mails(InboxSearch(state=State.SET_ASIDE))
            ids = tuple(line["id"] for line in waiting)
        asyncio.run(Hear(office.desk).replay(ids))
    for each in ids:
        print_done(chosen, f"Inbound mail {each} is looked at once more.", id=each, state=str(State.RECEIVED))
    if not ids and not chosen.json:
        click.echo("No mail is set aside.")


@command.command(
    "classify",
    help="""Say what mails in files are: a bounce of whom and why, a complaint, an automatic reply, a person's words.

    Works without a configuration. A line a file, in order; a file that cannot be read has no class, and the command
    ends with 1. Where a bounce is about several recipients, the reason is the first one's; --json has them all.

    \b
    Examples:
      mailbot inbox classify bounce.eml
      mailbot inbox classify --json *.eml
    """,
)
@click.argument("files", metavar="FILE...", nargs=-1, required=True, type=click.Path(path_type=Path))
@common
def classify(chosen: Chosen, files: tuple[Path, ...]) -> None:
    """Classify each file by itself."""
    lines = [_shown(chosen, path) for path in files]
    if not all(lines):
        sys.exit(1)


def _shown(chosen: Chosen, path: Path) -> bool:
    from mailbot.mail import departure  # noqa: PLC0415  its tables cost what only this command needs
    from mailbot.mail.classify import classify as classified  # noqa: PLC0415  the same
    from mailbot.mail.parse import parse  # noqa: PLC0415  the same

    try:
        message = parse(path.read_bytes())
        verdict = classified(message)
        left = verdict.kind == "auto-reply" and departure.tells(message)
        line = _line(path, verdict, left=left)
    except (OSError, UnreadableMail) as error:
        click.echo(f"mailbot: {path}: {getattr(error, 'strerror', None) or error}", err=True)
        line = _line(path, None)
    if chosen.json:
        print_json(line)
    else:
        click.echo(_sentence(line))
    return line["class"] is not None


def _line(path: Path, verdict: Verdict | None, *, left: bool = False) -> dict[str, Any]:
    outcomes = verdict.outcomes if verdict else ()
    first = outcomes[0] if outcomes else None
    return {
        "file": str(path),
        "class": verdict.kind if verdict else None,
        "hard": first.hard if first else False,
        "reason": first.reason if first else None,
        "left": left,
        "recipients": [each.recipient for each in outcomes if each.recipient],
        "status": (first.status or None) if first else None,
        "message_id": (verdict.message_id or None) if verdict else None,
        "rule": verdict.rule if verdict else None,
        "outcomes": [
            {
                "recipient": each.recipient,
                "reason": each.reason,
                "hard": each.hard,
                "status": each.status or None,
                "action": each.action,
            }
            for each in outcomes
        ],
    }


def _sentence(line: dict[str, Any]) -> str:
    told = [
        line["class"] or "unreadable",
        line["reason"],
        "hard" if line["hard"] else None,
        "left" if line["left"] else None,
        *line["recipients"],
    ]
    return f"{line['file']}: {' '.join(word for word in told if word)}"
