"""The command line: one module a noun, and the only place that prints.

Owns words, tables and exit codes: 0 done, 1 refused with a reason, 2 wrong usage. It holds no rules; each command
lays a desk and asks a flow.
"""

from __future__ import annotations

import sys

import click

from mailbot.cli.app import app
from mailbot.errors import MailbotError


def main() -> None:
    """Run one command and end the process with its exit code."""
    try:
        app(prog_name="mailbot")
    except MailbotError as error:
        click.echo(f"mailbot: {error}", err=True)
        sys.exit(1)
