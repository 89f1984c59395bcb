"""`mailbot demo`: the whole story on one machine, with nothing to configure."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import click

import mailbot
from mailbot.cli.options import Chosen, common
from mailbot.cli.story import Story
from mailbot.errors import Refused

if TYPE_CHECKING:
    from collections.abc import Iterator

PORT = 8025
PATIENCE = 30.0
"""Seconds for the daemon to start, and again to stop."""


@click.command(
    help="""Play the whole story on this machine.

    Runs the real daemon on sample data in a sandbox, which no mail leaves: customers are imported and prove their
    addresses, invoices are issued, one is downloaded, days pass, the other is reminded. Then it stays up for you to
    try, until Ctrl-C.

    \b
    Examples:
      mailbot demo
      mailbot demo --keep /tmp/demo     and look at its files afterwards
    """
)
@click.option(
    "--keep",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Use this new folder, and leave it there.",
)
@click.option(
    "--port", type=int, metavar="N", help=f"Port of the pages; 0: any free one (default: {PORT}, or else a free one)."
)
@click.option("--exit", "leave", is_flag=True, help="End after the story.")
@common
def command(_chosen: Chosen, *, keep: Path | None, port: int | None, leave: bool) -> None:
    """Lay out the folder, run the daemon, tell the story."""
    # A demo that is asked to end takes its daemon along, also when its window is closed or a script runs it with `&`.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    signal.signal(signal.SIGINT, signal.default_int_handler)
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
        signal.signal(signal.SIGHUP, lambda *_: sys.exit(0))
    with _folder(keep) as folder:
        sample = sample_folder()
        base_url = f"http://127.0.0.1:{port or _free_port(PORT if port is None else 0)}"
        config = _write_config(folder, sample, base_url)
        click.echo(f"mailbot demo, in {folder}")
        with _daemon(config, folder / "mailbot.log"):
            Story(config=config, sample=sample, base_url=base_url).tell()
            click.echo(f"\nThat was the story. Mails: {base_url}/sandbox")
            if not leave:
                _stay(config, kept=keep is not None)


def sample_folder() -> Path:
    """Return the sample data that came with the program, in an installed package or in a checkout."""
    package = Path(mailbot.__file__).parent
    for folder in (package / "data" / "sample", package.parent / "data" / "sample"):
        if folder.is_dir():
            return folder
    raise Refused(f"the sample data that belongs to mailbot is missing beside {package}; install it again")


@contextmanager
def _folder(keep: Path | None) -> Iterator[Path]:
    if keep is None:
        with tempfile.TemporaryDirectory(prefix="mailbot-demo-") as name:
            yield Path(name)
        return
    if keep.exists() and any(keep.iterdir()):
        raise Refused(f"{keep} is not empty; choose a new folder")
    keep.mkdir(mode=0o700, parents=True, exist_ok=True)  # its log and mails are as private as any
    yield keep.absolute()


def _free_port(first: int) -> int:
    for wanted in (first, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", wanted))
            except OSError:
                continue  # somebody else's; any free one will do
            port: int = probe.getsockname()[1]
            return port
    raise Refused("there is no free port on 127.0.0.1")


def _write_config(folder: Path, sample: Path, base_url: str) -> Path:
    listen = base_url.removeprefix("http://")
    head = f'[mailbot]\nbase_url = "{base_url}"\n\n[http]\nlisten = "{listen}"\n\n'
    config = folder / "mailbot.toml"
    config.write_text(head + (sample / "issuers.toml").read_text(encoding="utf-8"), encoding="utf-8")
    return config


@contextmanager
def _daemon(config: Path, log: Path) -> Iterator[None]:
    """Run the real daemon beside us, its log in a file."""
    command = [sys.executable, "-m", "mailbot", "run", "--sandbox", "--config", str(config)]
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notified, log.open("wb") as out:
        # It tells us as it tells systemd when it is ready: that the port answers might be somebody else.
        notified.bind("")
        environment = {**os.environ, "NOTIFY_SOCKET": notified.getsockname().decode().replace("\0", "@", 1)}
        # In a session of its own, so that Ctrl-C reaches us and we end it in order.
        process = subprocess.Popen(  # noqa: S603  # our own words
            command, env=environment, stdout=out, stderr=subprocess.STDOUT, start_new_session=True
        )
        try:
            _await(process, notified)
            yield
        except Refused as error:
            raise Refused(f"{error}\nthe end of the daemon's log:\n{_tail(log)}") from None
        finally:
            _end(process)


def _await(process: subprocess.Popen[bytes], notified: socket.socket) -> None:
    notified.settimeout(0.1)
    deadline = time.monotonic() + PATIENCE
    while process.poll() is None and time.monotonic() < deadline:
        with suppress(TimeoutError):
            if b"READY=1" in notified.recv(4096).split(b"\n"):
                return
    raise Refused("the daemon did not start")


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _tail(log: Path, lines: int = 15) -> str:
    return "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:])


def _stay(config: Path, *, kept: bool) -> None:
    program = shutil.which("mailbot") or f"{sys.executable} -m mailbot"
    try:
        click.echo(
            f"\nIt stays up for you to try; Ctrl-C ends it{'' if kept else ' and removes all of it'}."
            " In another window:\n"
            f"  export MAILBOT_CONFIG={config}\n"
            f"  {program} status\n"
            f"  {program} invoices list --undownloaded\n"
            f"  {program} invoices show AB-2026-1104 --issuer AOBA\n"
            f"  {program} sandbox advance 7d"
        )
        signal.pause()
    except KeyboardInterrupt:
        click.echo("\nGood-bye.")
