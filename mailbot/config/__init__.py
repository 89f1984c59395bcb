"""The configuration: one TOML file, read into frozen values.

Owns `Settings`, which is all that the daemon and the command line see of the file. The keys stand in `sections`, how
values are written in `values`, faults in `reading`, and what is generated from the keys in `document`.
"""

from __future__ import annotations

import os
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from mailbot.config import reading, sections
from mailbot.config.values import Level, Listen, Masking, Security
from mailbot.domain import policy
from mailbot.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Level", "Listen", "Masking", "Security", "Settings", "load"]

DEFAULT_PORTS = {
    Security.NONE: 25,  # RFC 5321
    Security.STARTTLS: 587,  # RFC 6409
    Security.TLS: 465,  # RFC 8314
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything that an installation has decided; all paths are absolute."""

    file: Path
    sandbox: bool
    mailbot: sections.Mailbot
    http: sections.Http
    smtp: sections.Smtp
    imap: sections.Imap
    inbound: sections.Inbound
    drop: sections.Drop
    letters: sections.Letters
    log: sections.Logging
    issuers: Mapping[str, policy.Issuer]
    """By code, in the order of the file."""
    rules: policy.Rules

    @property
    def data_dir(self) -> Path:
        """Folder of all that mailbot keeps."""
        return self.mailbot.data_dir

    @property
    def store_path(self) -> Path:
        """The SQLite file."""
        return self.data_dir / "mailbot.db"

    @property
    def keys_dir(self) -> Path:
        """Folder of the signing keys."""
        return self.data_dir / "keys"

    @property
    def vault_dir(self) -> Path:
        """Folder of the PDFs."""
        return self.data_dir / "files"

    @property
    def smtp_port(self) -> int:
        """Port of the relay."""
        return self.smtp.port or DEFAULT_PORTS[self.smtp.security]

    def smtp_password(self) -> str:
        """Read the relay's password, afresh each time; empty where no user name is configured.

        Raises `ConfigError` where a user name is configured and there is no password to go with it.
        """
        return _secret(self.file, "smtp", self.smtp.password_file) if self.smtp.username else ""


def load(file: Path, *, sandbox: bool) -> Settings:
    """Read the file, which production must have filled in further than a sandbox.

    Raises `ConfigError` with all faults at once, one a line: file, key, what is wrong; what to write.
    """
    file = Path(os.path.abspath(file))  # noqa: PTH100  # a name, not the thing it links to
    document = reading.structure(reading.parse(file), file=file, production=not sandbox)
    return Settings(
        file=file,
        sandbox=sandbox,
        mailbot=replace(document.mailbot, data_dir=file.parent / document.mailbot.data_dir),
        http=document.http,
        smtp=document.smtp,
        imap=document.imap,
        inbound=document.inbound,
        drop=document.drop,
        letters=document.letters,
        log=document.log,
        issuers=MappingProxyType({each.code: _issuer(each) for each in document.issuer or (sections.Issuer(),)}),
        rules=_rules(document),
    )


def _rules(document: sections.Document) -> policy.Rules:
    return policy.Rules(
        base_url=document.mailbot.base_url or f"http://{document.http.listen}",
        confirm_above=document.mailbot.confirm_above,
        redirect_to=document.mailbot.redirect_to,
        send_delay=document.mailbot.send_delay,
        deadline=document.outbox.deadline,
        unknown=document.outbox.unknown,
        unknown_after=document.outbox.unknown_after,
        per_domain=document.outbox.per_domain,
        min_reading=document.evidence.min_reading,
        inbound_address=document.inbound.address,
        inbound_separator=document.inbound.separator,
        hears=bool(document.inbound.address and (document.imap.host or document.inbound.listen)),
        max_pdf=document.mailbot.max_pdf_mb * 1024 * 1024,
    )


def _issuer(section: sections.Issuer) -> policy.Issuer:
    reminders = section.reminders
    return policy.Issuer(
        code=section.code,
        name=section.name,
        sender=section.sender,
        staff=section.staff,
        locale=section.locale,
        time_zone=section.time_zone,
        registration_number=section.registration_number,
        contact=_contact(section.contact),
        fiscal_year_end=section.fiscal_year_end,
        retention_years=section.retention_years,
        proof_days=section.proof_days,
        invitation_days=section.invitation_days,
        closed=section.closed,
        reminders=policy.ReminderPolicy(
            after_days=reminders.after_days,
            opens=reminders.hours.opens,
            closes=reminders.hours.closes,
            max=reminders.max,
            min_gap_days=reminders.min_gap_days,
            weekdays_only=reminders.weekdays_only,
            holidays=reminders.holidays,
        ),
        ja=policy.Spoken(name=section.ja.name, contact=_contact(section.ja.contact)),
        en=policy.Spoken(name=section.en.name, contact=_contact(section.en.contact)),
        letter_window=policy.Window(**asdict(section.letter_window)),
    )


def _contact(section: sections.Contact) -> policy.Contact:
    return policy.Contact(**asdict(section))


def _secret(file: Path, server: str, password_file: Path | None) -> str:
    path, name = password_file, f"{server}-password"
    if path is None and (folder := os.environ.get("CREDENTIALS_DIRECTORY")):
        path = Path(folder) / name  # systemd.exec(5), LoadCredential=
    if path is None:
        raise ConfigError(
            f"{file}: {server}.username: there is no password to go with it; "
            f"write {server}.password_file, or hand systemd the credential {name}"
        )
    try:
        return path.read_text(encoding="utf-8").rstrip("\r\n")
    except OSError as error:
        raise ConfigError(
            f"{file}: {server}.password_file: {path} cannot be read ({error.strerror}); let the user of mailbot read it"
        ) from None
