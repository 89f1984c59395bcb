"""The parts of the README that are generated: `python tests/readme_parts.py` writes them, `test_docs` compares.

Each stands between two marks, `<!-- part: NAME -->` and `<!-- end: NAME -->`; what is outside is written by people.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from mailbot.cli.app import COMMANDS, app
from mailbot.config import document
from mailbot.log import facts_table

if TYPE_CHECKING:
    from collections.abc import Iterator

README = Path(__file__).parents[1] / "README.md"


def commands() -> str:
    """Return every command with its arguments and what it does, as a Markdown table."""
    rows = [f"| `{usage}` | {meaning} |" for usage, meaning in _commands()]
    return "\n".join(["| command | |", "|---|---|", *rows]) + "\n"


def _commands() -> Iterator[tuple[str, str]]:
    context = click.Context(app, info_name="mailbot")
    for name in COMMANDS:
        command = app.get_command(context, name)
        assert command is not None
        yield from _leaves(command, click.Context(command, info_name=name, parent=context))


def _leaves(command: click.Command, context: click.Context) -> Iterator[tuple[str, str]]:
    if isinstance(command, click.Group):
        for name, inner in command.commands.items():
            yield from _leaves(inner, click.Context(inner, info_name=name, parent=context))
    else:
        words = [context.command_path, *map(_word, command.params)]
        yield " ".join(word for word in words if word), (command.help or "").partition("\n")[0]


def _word(param: click.Parameter) -> str:
    if isinstance(param, click.Argument):
        return param.make_metavar(click.Context(click.Command("")))
    if param.name in {"config", "issuer", "json"} or not isinstance(param, click.Option):
        return ""
    value = "" if param.is_flag else f" {param.metavar or param.name.upper()}"
    word = f"{param.opts[0]}{value}"
    return word if param.required else f"[{word}]"


PARTS = {"configuration": document.table, "commands": commands, "facts": facts_table}


def with_parts(text: str) -> str:
    """Return the README's text with every generated part as it is now; raises `LookupError` where marks are missing."""
    for name, generate in PARTS.items():
        begin, end = f"<!-- part: {name} -->\n", f"<!-- end: {name} -->"
        if begin not in text or end not in text:
            raise LookupError(f"the README has no marks for {name}")
        before, _, rest = text.partition(begin)
        text = before + begin + generate() + end + rest.partition(end)[2]
    return text


if __name__ == "__main__":
    README.write_text(with_parts(README.read_text(encoding="utf-8")), encoding="utf-8")
