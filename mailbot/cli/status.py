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


MAILS = {
    "mails_unknown": ("of unknown outcome, which mailbot does not try again", "unknown"),
    "mails_held": ("held back", "held"),
    "mails_expired": ("given up in the last 30 days", "expired"),
}
"""Mails that nothing becomes of without a person: what is said of them, and their state."""


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
        ("inbox", _words(status["inbox"])),
        ("invitations", _words(status["invitations"])),
        *(("attention", line) for line in _attention(status)),
        *(
            (f"ledger {code}", f"{head['seq']} rows, head {head['head'][:16]}")
            for code, head in status["ledger"].items()
        ),
    ]


def _attention(status: Mapping[str, Any]) -> Iterator[str]:
    """Say what needs a person, and where to look."""
    asked = status["attention"]
    yield from _standstill(status["daemon"]["state"], asked["mails_due_since"])
    if waiting := status["invoices"].get("waiting", 0):
        wait = "1 invoice waits" if waiting == 1 else f"{waiting} invoices wait"
        yield f"{wait} for a confirmed address: mailbot invoices list"
    invited = {word: asked[word] for word in ("unanswered", "undelivered")}
    for word, number in {**invited, "expired": status["invitations"].get("expired", 0)}.items():
        if number:
            yield f"{count(number, 'invitation')} {word}: mailbot invitations list --{word}"
    if lost := asked["customers_unreachable"]:
        have = f"{count(lost, 'customer')} {'has' if lost == 1 else 'have'}"
        open_ = f"{count(asked['invoices_unreachable'], 'invoice')} open"
        yield f"{have} no deliverable address left, {open_}: mailbot addresses list"
    for key, (words, where) in MAILS.items():
        if number := asked[key]:
            yield f"{count(number, 'mail')} {words}: mailbot outbox list --state {where}"
    if unheard := asked["words_unheard"]:
        yield f"{count(unheard, 'mail')} from people reached nobody: mailbot inbox list --unheard"
    if set_aside := status["inbox"].get("set_aside", 0):
        mails = "1 mail that came in was" if set_aside == 1 else f"{set_aside} mails that came in were"
        yield f"{mails} set aside: mailbot inbox list --set-aside"


def _standstill(daemon_state: str, due_since: str | None) -> Iterator[str]:
    """Say that nothing goes out, and why where that is known."""
    if daemon_state == "stopped":
        yield "the daemon has stopped, nothing goes out and nothing comes in: start it, and see its log"
    elif daemon_state == "running" and due_since is not None:
        yield f"mails are due since {local(due_since)} and none gets off: mailbot check, which tries the relay"


def _words(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {word}" for word, count in counts.items()) or "none"
