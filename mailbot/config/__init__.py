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
from mailbot.config.values import Level, Listen, Masking
from mailbot.domain import policy
from mailbot.errors import ConfigError
from mailbot.oauth import Grant

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Level", "Listen", "Masking", "Settings", "load"]

DEFAULT_PORTS = {
    policy.Security.NONE: 25,  # RFC 5321
    policy.Security.STARTTLS: 587,  # RFC 6409
    policy.Security.TLS: 465,  # RFC 8314
}

IMAP_PORT, IMAPS_PORT = 143, 993  # RFC 3501, RFC 8314


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
        return _password(self.file, "smtp", self.smtp)

    def smtp_grant(self) -> Grant | None:
        """Read what the relay's access tokens are fetched with; None where a password is used. Raises `ConfigError`."""
        return _grant(self, "smtp", self.smtp.oauth)

    @property
    def imap_port(self) -> int:
        """Port of the mailbox's server."""
        return self.imap.port or (IMAPS_PORT if self.imap.security is policy.Security.TLS else IMAP_PORT)

    def imap_password(self) -> str:
        """Do `smtp_password` for the mailbox."""
        return _password(self.file, "imap", self.imap)

    def imap_grant(self) -> Grant | None:
        """Do `smtp_grant` for the mailbox."""
        return _grant(self, "imap", self.imap.oauth)


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
        authserv_id=document.inbound.authserv_id,
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


def _password(file: Path, server: str, section: sections.Smtp | sections.Imap) -> str:
    if not section.username or section.oauth.token_url:
        return ""
    path, name = section.password_file or _credential(f"{server}-password"), f"{server}-password"
    if path is None:
        raise ConfigError(
            f"{file}: {server}.username: there is no password to go with it; "
            f"write {server}.password_file, or hand systemd the credential {name}"
        )
    return _secret(file, f"{server}.password_file", path)


def _grant(settings: Settings, server: str, section: sections.OAuth) -> Grant | None:
    if not section.token_url:
        return None
    key, file = f"{server}.oauth", settings.file
    secret, token = (
        path or _credential(f"{server}-{name}")
        for path, name in (
            (section.client_secret_file, "client-secret"),
            (section.refresh_token_file, "refresh-token"),
        )
    )
    if token is None or not (token.exists() or section.refresh_token_file):
        raise ConfigError(
            f"{file}: {key}.token_url: there is no refresh token to go with it; "
            f"write {key}.refresh_token_file, or hand systemd the credential {server}-refresh-token"
        )
    has_secret = secret is not None and (section.client_secret_file is not None or secret.exists())
    return Grant(
        token_url=section.token_url,
        client_id=section.client_id,
        client_secret=_secret(file, f"{key}.client_secret_file", secret) if secret and has_secret else "",
        refresh_token=_secret(file, f"{key}.refresh_token_file", token),
        kept=settings.keys_dir / f"{server}-refresh-token",
    )


def _credential(name: str) -> Path | None:
    """Return where systemd puts a credential (systemd.exec(5), LoadCredential=); None where it gives us none."""
    folder = os.environ.get("CREDENTIALS_DIRECTORY")
    return Path(folder) / name if folder else None


def _secret(file: Path, key: str, path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8").rstrip("\r\n")
    except OSError as error:
        raise ConfigError(
            f"{file}: {key}: {path} cannot be read ({error.strerror}); let the user of mailbot read it"
        ) from None
