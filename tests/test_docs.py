"""Documentation that is generated cannot drift from the program."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from readme_parts import README, with_parts

from mailbot.cli.app import COMMANDS

if TYPE_CHECKING:
    import click

ROOT = Path(__file__).parents[1]


def test_the_readme_is_up_to_date() -> None:
    text = README.read_text(encoding="utf-8")
    assert with_parts(text) == text, "write the generated parts anew: python tests/readme_parts.py"


@pytest.mark.parametrize("name", COMMANDS)
def test_the_short_help_is_the_command_s_own(name: str) -> None:
    command: click.Command = import_module(f"mailbot.cli.{name}").command
    assert (command.help or "").partition("\n")[0] == COMMANDS[name]


@pytest.mark.parametrize("name", ["tests/run", "data/demo"])
def test_the_readme_names_the_two_commands(name: str) -> None:
    assert f"sh {name}" in README.read_text(encoding="utf-8")
    assert (ROOT / name).is_file()
