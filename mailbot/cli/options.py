"""The options that every command takes, before or after its name."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

import click

if TYPE_CHECKING:
    from collections.abc import Callable

P = ParamSpec("P")
R = TypeVar("R")


@dataclass(slots=True)
class Chosen:
    """What was chosen for this run, at whichever place of the command line it stood."""

    config: Path = field(default_factory=lambda: Path(os.environ.get("MAILBOT_CONFIG") or "mailbot.toml"))
    issuer: str | None = None
    json: bool = False


def _remember(ctx: click.Context, param: click.Parameter, value: object) -> None:
    if value:
        setattr(ctx.ensure_object(Chosen), str(param.name), value)


def _option(*names: str, **attributes: Any) -> Callable[[Callable[P, R]], Callable[P, R]]:  # noqa: ANN401  # click's own
    return click.option(*names, expose_value=False, callback=_remember, **attributes)


def common(function: Callable[..., R]) -> Callable[..., R]:
    """Give a command `--config`, `--issuer` and `--json`, and hand them over as its first argument."""
    command: Callable[..., R] = click.make_pass_decorator(Chosen, ensure=True)(function)
    for option in (
        _option("--json", is_flag=True, default=None, help="Print JSON lines."),
        _option("--issuer", metavar="CODE", help="Which issuer, where there are several."),
        _option(
            "--config",
            metavar="FILE",
            type=click.Path(path_type=Path),
            help="Configuration file (default: $MAILBOT_CONFIG, else mailbot.toml).",
        ),
    ):
        command = option(command)
    return command
