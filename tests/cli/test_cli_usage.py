"""How commands are called: options in any place, exit codes, quick help."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import click
import pytest

from mailbot.cli.app import COMMANDS, app

if TYPE_CHECKING:
    from command_line import Run


def leaves() -> list[list[str]]:
    context = click.Context(app)
    found = []
    for name in COMMANDS:
        command = app.get_command(context, name)
        inner = list(command.commands) if isinstance(command, click.Group) else []
        found += [[name, each] for each in inner] or [[name]]
    return found


@pytest.mark.parametrize("words", leaves(), ids=" ".join)
def test_every_command_explains_itself(words: list[str]) -> None:
    command: click.Command = app
    for word in words:
        assert isinstance(command, click.Group)
        inner = command.get_command(click.Context(command), word)
        assert inner is not None
        command = inner
    text = command.get_help(click.Context(command, info_name="mailbot"))
    assert {"--config", "--issuer", "--json"} <= set(text.split())
    assert command.help


@pytest.mark.parametrize("order", ["--json {}", "{} --json"])
def test_options_stand_before_or_after_the_command(sandbox: Run, order: str) -> None:
    assert sandbox(*order.format("keys list").split()).lines[0]["id"] == "a"
    assert sandbox("keys", "--json", "list").lines[0]["state"] == "signing"


@pytest.mark.parametrize(
    "words",
    [
        ["nonsense"],
        ["invoices"],
        ["invoices", "list", "--from", "yesterday"],
        ["invoices", "list", "--min", "much"],
        ["invoices", "show"],
        ["invoices", "show", "INV-1"],
        ["customers", "list", "--issuer", "NOBODY"],
        ["sandbox", "advance", "tomorrow"],
        ["outbox", "show", "first"],
        ["outbox", "retry"],
        ["invite"],
        ["invite", "A001", "--all"],
        ["letters"],
        ["letters", "-o", "letters.pdf", "--reissue"],
        ["letters", "-o", "letters.pdf", "--csv", "./letters.pdf"],
    ],
    ids=" ".join,
)
def test_wrong_usage_ends_with_2(sandbox: Run, words: list[str]) -> None:
    done = sandbox(*words, code=2)
    assert done.out == "" or "Usage" in done.out


def test_several_issuers_are_listed_where_one_is_wanted(sandbox: Run) -> None:
    assert "one of: AOBA, HARBOUR" in sandbox("invoices", "show", "INV-1", code=2).err
    assert "choose one of: AOBA, HARBOUR" in sandbox("--issuer", "X", "customers", "list", code=2).err


@pytest.mark.parametrize(
    "words",
    [
        ["customers", "show", "C1", "--issuer", "AOBA"],
        ["invoices", "show", "INV-1", "--issuer", "AOBA"],
        ["invoices", "withdraw", "INV-1", "--reason", "x", "--issuer", "AOBA"],
        ["addresses", "revoke", "a@b.example"],
        ["imports", "cancel", "1"],
        ["outbox", "show", "1"],
        ["outbox", "retry", "1"],
        ["letters", "-o", "no/letters.pdf", "--issuer", "AOBA"],
        ["keys", "retire", "a"],
        ["keys", "revoke", "z"],
        ["customers", "import", "no.csv", "--issuer", "AOBA"],
    ],
    ids=" ".join,
)
def test_a_refusal_is_a_sentence_and_ends_with_1(sandbox: Run, words: list[str]) -> None:
    done = sandbox(*words, code=1)
    assert done.err.startswith("mailbot: ")
    assert "Traceback" not in done.err


def test_help_is_quick_because_it_loads_nothing() -> None:
    code = "import sys; sys.argv = ['mailbot', '--help']\nfrom mailbot.cli import main\n"
    code += "try: main()\nexcept SystemExit: pass\n"
    heavy = "'cattrs', 'jinja2', 'sqlite3', 'tabulate', 'starlette', 'structlog', 'aiosmtplib', 'pypdf', 'holidays'"
    heavy += ", 'reportlab', 'segno'"
    code += f"print([name for name in ({heavy},) if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=30, check=True)
    assert done.stdout.splitlines()[-1] == "[]"
