"""`mailbot init`: the first files of an installation."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from mailbot.cli.options import Chosen, common
from mailbot.cli.printing import print_done
from mailbot.clock import SystemClock
from mailbot.config import load
from mailbot.config.document import example
from mailbot.errors import Refused
from mailbot.keyring import Keyring
from mailbot.store.database import Database

if TYPE_CHECKING:
    from mailbot.config import Settings


@click.command(
    help="""Write a configuration, keys and an empty store.

    The configuration holds every key as a comment with its default and its meaning. One that exists is kept as it is,
    and what it points at is made. A store that exists is never touched.

    \b
    Examples:
      mailbot init
      mailbot init --config /etc/mailbot/mailbot.toml --data-dir /var/lib/mailbot
      mailbot init --sandbox
    """
)
@click.option("--sandbox", is_flag=True, help="Make a sandbox, whose mails never leave the machine.")
@click.option(
    "--data-dir",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Where store, PDFs and keys lie, instead of mailbot-data beside the configuration.",
)
@common
def command(chosen: Chosen, *, sandbox: bool, data_dir: Path | None) -> None:
    """Make what is not there yet."""
    if chosen.config.exists():
        _expect_no_other_folder(chosen.config, data_dir)
    else:
        _write_config(chosen.config, data_dir)
    settings = load(chosen.config, sandbox=True)
    prepare(settings, mode="sandbox" if sandbox else "production")
    print_done(
        chosen,
        _next_steps(settings, sandbox=sandbox),
        config=str(settings.file),
        data_dir=str(settings.data_dir),
        mode="sandbox" if sandbox else "production",
    )


def _expect_no_other_folder(file: Path, data_dir: Path | None) -> None:
    if data_dir is not None:
        raise Refused(f"{file} exists and is not changed; write data_dir there, and leave --data-dir out")


def _write_config(file: Path, data_dir: Path | None) -> None:

    text = example()
    if data_dir is not None:
        default = '# data_dir = "mailbot-data"'
        text = text.replace(default, f'data_dir = "{data_dir.absolute().as_posix()}"', 1)
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise Refused(f"{file} cannot be written ({error.strerror}); run this as somebody who may") from None


def prepare(settings: Settings, *, mode: str) -> None:
    """Make data folder, keys and store; raises `Refused` where there is a store already."""
    if settings.store_path.exists():
        raise Refused(f"{settings.store_path} is there already; nothing was changed")
    clock = SystemClock()
    _make_folder(settings.data_dir)
    if not settings.keys_dir.exists():
        Keyring.create(settings.keys_dir, now=clock.now())
    Database.create(settings.store_path, mode=mode, clock=clock)


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder.chmod(0o700)
    except OSError as error:
        raise Refused(f"{folder} cannot be made ({error.strerror}); make it, and own it") from None


def _next_steps(settings: Settings, *, sandbox: bool) -> str:
    made = f"Made {settings.file}\nand  {settings.data_dir} with an empty store and a first key.\n\nNext:\n"
    option = "" if settings.file == Path("mailbot.toml").absolute() else f" --config {settings.file}"
    if sandbox:
        return f"{made}  mailbot run --sandbox{option}\n"
    return (
        f"{made}  1. Fill in {settings.file}: base_url, smtp.host, and an [[issuer]].\n"
        f"  2. mailbot check{option}\n"
        f"  3. mailbot customers import customers.csv --dry-run{option}\n"
        f"  4. mailbot run{option}   (or the units in systemd/)\n"
    )
