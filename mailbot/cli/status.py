"""`mailbot status`: the state of all, on one screen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from mailbot.cli.brake import count
from mailbot.cli.office import opened
from mailbot.cli.options import Chosen, common
from mailbot.cli.printing import local, print_facts, print_json
from mailbot.cli.process import daemon

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from mailbot.cli.office import Office


@click.command(
    help="""Show what waits, and whether the daemon runs.

    \b
    Examples:
      mailbot status
      mailbot status --json
    """
)
@common
def command(chosen: Chosen) -> None:
    """Ask the store, and the process table."""
    with opened(chosen) as office:
        status = office.report.status()
        status["daemon"] = daemon(status.pop("start"))
        if chosen.json:
            print_json(status)
        else:
            print_facts(_facts(office, status))


def _pages(known: Mapping[str, Any], office: Office) -> str:
    """Return where a sandbox without a configured address serves its pages."""
    return f"http://{known['listen']}" if "listen" in known else office.settings.rules.base_url


def _facts(office: Office, status: Mapping[str, Any]) -> list[tuple[str, object]]:
    known = status["daemon"]
    since = f" since {local(known['started_at'])}, process {known['pid']}" if known["state"] == "running" else ""
    return [
        ("mode", status["mode"]),
        ("daemon", known["state"] + since),
        ("pages", office.settings.mailbot.base_url or _pages(known, office)),
        ("mails", _words(status["queue"])),
        ("invoices", _words(status["invoices"])),
        ("addresses", _words(status["addresses"])),
        ("invitations", _words(status["invitations"])),
        *(("attention", line) for line in _attention(status)),
        *(
            (f"ledger {code}", f"{head['seq']} rows, head {head['head'][:16]}")
            for code, head in status["ledger"].items()
        ),
    ]


def _attention(status: Mapping[str, Any]) -> Iterator[str]:
    """Say what needs a person, and where to look."""
    if waiting := status["invoices"].get("waiting", 0):
        wait = "1 invoice waits" if waiting == 1 else f"{waiting} invoices wait"
        yield f"{wait} for a confirmed address: mailbot invoices list"
    asked = {**status["attention"], "expired": status["invitations"].get("expired", 0)}
    for word, number in asked.items():
        if number:
            yield f"{count(number, 'invitation')} {word}: mailbot invitations list --{word}"


def _words(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {word}" for word, count in counts.items()) or "none"
