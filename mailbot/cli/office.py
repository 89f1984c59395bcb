"""What a command opens before it can do anything: the configuration, the store, the keys.

Owns the order of it: as root, a command first becomes the owner of the data folder, so that no file there ever ends
as root's; the store says whether it is a sandbox, and with that how much the configuration must hold.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from mailbot.cli.owner import become_owner
from mailbot.clock import SystemClock
from mailbot.config import Settings, load
from mailbot.flows.desk import Desk
from mailbot.flows.report import Report
from mailbot.keyring import Keyring
from mailbot.links import Links
from mailbot.store import installation
from mailbot.store.database import Database
from mailbot.store.files import Vault

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mailbot.cli.options import Chosen
    from mailbot.facts import Fact


@dataclass(frozen=True, slots=True)
class Office:
    """An opened installation, and what was chosen on the command line."""

    chosen: Chosen
    settings: Settings
    desk: Desk
    keyring: Keyring

    @property
    def report(self) -> Report:
        """Lists and looks."""
        return Report(self.desk.database, self.desk.clock)

    @property
    def issuer(self) -> str:
        """Code of the issuer that is meant; wrong usage where there are several and none was chosen."""
        if self.chosen.issuer is None and len(self.settings.issuers) > 1:
            raise click.UsageError(f"there are several issuers; add --issuer with one of: {self._codes()}")
        return self.issuer_or_all or next(iter(self.settings.issuers))

    @property
    def issuer_or_all(self) -> str | None:
        """Code of the issuer that was chosen, or None for all."""
        code = self.chosen.issuer
        if code is not None and code not in self.settings.issuers:
            raise click.UsageError(f"there is no issuer {code}; choose one of: {self._codes()}")
        return code

    @property
    def issuers(self) -> tuple[str, ...]:
        """Codes of the issuer that was chosen, or of all."""
        return tuple(self.settings.issuers) if self.issuer_or_all is None else (self.issuer_or_all,)

    def _codes(self) -> str:
        return ", ".join(self.settings.issuers)


@contextmanager
def opened(chosen: Chosen) -> Iterator[Office]:
    """Open the installation beside a running daemon, and close it again."""
    settings = load(chosen.config, sandbox=True)
    become_owner(settings.data_dir)
    clock = SystemClock()
    database = Database.open(settings.store_path, clock=clock)
    try:
        if database.read(lambda reading: installation.value(reading, "mode")) == "production":
            settings = load(chosen.config, sandbox=False)
        clock.offset = database.read(installation.clock_offset)
        keyring = Keyring.load(settings.keys_dir)
        yield Office(chosen, settings, _desk(settings, database, keyring, clock), keyring)
    finally:
        database.close()


def _desk(settings: Settings, database: Database, keyring: Keyring, clock: SystemClock) -> Desk:
    return Desk(
        database=database,
        vault=Vault(settings.vault_dir),
        links=Links(keyring),
        clock=clock,
        issuers=settings.issuers,
        rules=settings.rules,
        facts=_unheard,
    )


def _unheard(fact: Fact, **fields: object) -> None:
    """Say nothing: a command prints what it did, the log is the daemon's, and what is proof stands in the ledger."""
