"""`mailbot invitations`: who was invited, and what came of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from mailbot.cli.app import noun
from mailbot.cli.office import opened
from mailbot.cli.options import Chosen, common
from mailbot.cli.printing import Column, Line, column, local, print_facts, print_json, print_lines, time_column

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

GROUPS: Mapping[str, Callable[[Line], bool]] = {
    "unanswered": lambda line: line["unanswered"],
    "undelivered": lambda line: line["undelivered"],
    "declined": lambda line: line["state"] == "declined",
    "expired": lambda line: line["state"] == "expired",
    "approved": lambda line: line["state"] == "approved",
}
"""What each filter lets through."""


@noun(
    """List and show invitations, by mail and on paper.

    \b
    Examples:
      mailbot invitations list --unanswered     whom to telephone
      mailbot invitations list --declined --expired
      mailbot invitations show C001
    """
)
def command(_chosen: Chosen) -> None:
    """Group the commands about invitations."""


@command.command(
    "list",
    help="""List whom was invited and what came of it, one line a customer.

    With several filters, what any of them lets through. --unanswered: reminded to the end, and nothing heard since;
    these are the customers that staff was mailed a list of. A letter that was used for a receiving address is an
    answer, though nobody registered (state: receiving). To invite anew: mailbot invite CODE --again, or mailbot
    letters --reissue CODE.

    \b
    Examples:
      mailbot invitations list
      mailbot invitations list --unanswered --json
    """,
)
@click.option("--unanswered", is_flag=True, help="Reminded to the end, and nothing heard.")
@click.option("--undelivered", is_flag=True, help="The mail did not reach its address.")
@click.option("--declined", is_flag=True, help="Declined, and may still change that.")
@click.option("--expired", is_flag=True, help="May be answered no more.")
@click.option("--approved", is_flag=True, help="Connected, for good.")
@common
def list_(chosen: Chosen, **groups: bool) -> None:
    """Print one line a customer."""
    wanted = [GROUPS[name] for name, is_wanted in groups.items() if is_wanted]
    with opened(chosen) as office:
        lines = office.report.invitations(office.issuer_or_all)
        several = len(office.settings.issuers) > 1
    if wanted:
        lines = [line for line in lines if any(lets_through(line) for lets_through in wanted)]
    columns = [
        *([column("issuer")] if several else []),
        column("code"),
        column("name"),
        column("how", "channel"),
        Column("state", _state),
        time_column("sent", "sent_at"),
        column("reminders", right=True),
        time_column("good until", "expires_at"),
        time_column("decided", "decided_at"),
        time_column("staff told", "listed_at"),
    ]
    empty = "There are no such invitations." if wanted else "Nobody was invited yet; see: mailbot invite --help"
    print_lines(chosen, lines, columns, empty=empty)


def _state(line: Line) -> str:
    """Return the state, or what says more than that."""
    if line["receives"] and line["state"] in {"sent", "received"}:
        return "receiving"
    return "undelivered" if line["undelivered"] else str(line["state"])


@command.command("show", help="Show one customer's invitation, with its history.")
@click.argument("code")
@common
def show(chosen: Chosen, *, code: str) -> None:
    """Print all that is known."""
    with opened(chosen) as office:
        line = office.report.invitation(office.issuer, code)
    if chosen.json:
        print_json(line)
        return
    print_facts(_facts(line))
    click.echo()
    columns = [time_column("when", "at"), column("what", "fact"), Column("", _details)]
    print_lines(chosen, line["timeline"], columns, empty="Nothing is in the ledger yet.")


def _facts(line: Line) -> Iterator[tuple[str, object]]:
    yield "code", line["code"]
    yield "name", line["name"]
    yield "how", f"mail to {line['email']}" if line["channel"] == "mail" else line["channel"]
    yield "state", _state(line)
    yield "sent", local(line["sent_at"])
    yield "reminders", line["reminders"]
    yield "good until", local(line["expires_at"])
    if line["letter"]:
        yield "letter", f"its code works until {local(line['letter']['expires_at'])}"
    yield "decided", local(line["decided_at"])
    yield "account", line["account"]
    yield "by", " ".join(part for part in (line["person"], line["person_email"]) if part)
    yield "staff told", local(line["listed_at"])


def _details(entry: Line) -> str:
    details = entry["details"] or {}
    return ", ".join(
        f"{name} {value}" for name, value in details.items() if name not in {"issuer", "customer"} and value
    )
