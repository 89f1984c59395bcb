"""`mailbot inbox`: what comes in."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mailbot.cli.app import noun
from mailbot.cli.options import Chosen, common
from mailbot.cli.printing import print_json
from mailbot.errors import UnreadableMail

if TYPE_CHECKING:
    from mailbot.mail.verdict import Verdict


@noun("Say what a mail that came in is.")
def command(_chosen: Chosen) -> None:
    """Group the commands about inbound mail."""


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
    from mailbot.mail.classify import classify as classified  # noqa: PLC0415  its tables cost what only this command needs
    from mailbot.mail.parse import parse  # noqa: PLC0415  the same

    try:
        line = _line(path, classified(parse(path.read_bytes())))
    except (OSError, UnreadableMail) as error:
        click.echo(f"mailbot: {path}: {getattr(error, 'strerror', None) or error}", err=True)
        line = _line(path, None)
    if chosen.json:
        print_json(line)
    else:
        click.echo(_sentence(line))
    return line["class"] is not None


def _line(path: Path, verdict: Verdict | None) -> dict[str, Any]:
    outcomes = verdict.outcomes if verdict else ()
    first = outcomes[0] if outcomes else None
    return {
        "file": str(path),
        "class": verdict.kind if verdict else None,
        "hard": first.hard if first else False,
        "reason": first.reason if first else None,
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
    told = [line["class"] or "unreadable", line["reason"], "hard" if line["hard"] else None, *line["recipients"]]
    return f"{line['file']}: {' '.join(word for word in told if word)}"
