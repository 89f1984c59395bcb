"""`mailbot check`: tries everything that production rests on, and says what to do about what fails."""

from __future__ import annotations

import asyncio
import stat
import sys
from dataclasses import dataclass, replace
from datetime import date
from io import BytesIO
from typing import TYPE_CHECKING
from urllib.error import HTTPError, URLError
from urllib.request import ProxyHandler, Request, build_opener

import click

from mailbot import stationery
from mailbot.cli.options import Chosen, common
from mailbot.cli.owner import become_owner
from mailbot.cli.printing import print_json
from mailbot.cli.process import daemon
from mailbot.clock import SystemClock
from mailbot.config import Settings, load
from mailbot.edges.letters.letter import stationery_of
from mailbot.errors import MailbotError
from mailbot.keyring import Keyring
from mailbot.store import installation, listings
from mailbot.store.database import Database
from mailbot.store.database_health import damage

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from mailbot.domain.policy import Issuer

SECONDS = 10
"""How long the public address, the relay and the mailbox may take to answer."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What one part of the check found."""

    name: str
    works: bool
    says: str
    """What was found, or what is wrong and what to do about it."""
    doubtful: bool = False
    """True where it works, and does less than people may think."""


@click.command(
    help="""Try everything that production rests on.

    That is configuration, store, templates, keys, the letters' font, public address, relay and the ways in. Says of
    each whether it works, and what to do where it does not. Ends with 1 where anything fails (✗), not for what works
    and does less than you may think (!). Sends no mail.

    \b
    Examples:
      mailbot check
      mailbot check --config /etc/mailbot/mailbot.toml --json
    """
)
@common
def command(chosen: Chosen) -> None:
    """Check all parts, whatever becomes of the first."""
    failed = False
    for finding in _findings(chosen):
        failed = failed or not finding.works
        if chosen.json:
            shown = {"check": finding.name, "ok": finding.works, "doubtful": finding.doubtful, "says": finding.says}
            print_json(shown)
        else:
            _print(finding)
    if failed:
        sys.exit(1)


def _print(finding: Finding) -> None:
    mark, color = ("✗", "red") if not finding.works else ("!", "yellow") if finding.doubtful else ("✓", "green")
    first, *rest = finding.says.splitlines() or [""]
    click.echo(f"{click.style(mark, fg=color)} {finding.name:<16}{first}")
    for line in rest:
        click.echo(f"{'':<18}{line}")


def _findings(chosen: Chosen) -> Iterator[Finding]:
    yield _tried("configuration", lambda: _configuration(chosen))
    try:
        settings = _settings(chosen)
    except MailbotError:
        return  # said above; nothing else can be tried without it
    for name, part in PARTS.items():
        yield _tried(name, lambda part=part: part(settings))  # type: ignore[misc]  # bound now, not at the end of the loop


def _tried(name: str, part: Callable[[], str]) -> Finding:
    try:
        return Finding(name, works=True, says=part())
    except Doubtful as doubt:
        return Finding(name, works=True, says=str(doubt), doubtful=True)
    except MailbotError as error:
        return Finding(name, works=False, says=str(error))


class NotWell(MailbotError):  # named as the errors in `errors` are
    """A part that is there and does not do; says what to do."""


class Doubtful(MailbotError):  # the same
    """A part that does, and less than people may think; says what it does not do, and how it would."""


def _settings(chosen: Chosen) -> Settings:
    settings = load(chosen.config, sandbox=True)
    if settings.data_dir.exists():
        become_owner(settings.data_dir)
    return settings if _is_sandbox(settings) else load(chosen.config, sandbox=False)


def _is_sandbox(settings: Settings) -> bool:
    try:
        database = Database.open(settings.store_path, clock=SystemClock())
    except MailbotError:
        return False  # what is wrong with the store is said by its own part
    try:
        return database.read(lambda reading: installation.value(reading, "mode")) == "sandbox"
    finally:
        database.close()


def _configuration(chosen: Chosen) -> str:
    settings = _settings(chosen)
    settings.smtp_password()
    return f"{settings.file}; issuers: {', '.join(map(_called, settings.issuers.values()))}"


def _called(issuer: Issuer) -> str:
    """Name an issuer, and the language in which it has no words of its own."""
    other = "en" if issuer.locale == "ja" else "ja"
    same = issuer.in_language(other) == issuer
    return f"{issuer.code} (no [issuer.{other}]: named there as it is in {issuer.locale})" if same else issuer.code


def _store(settings: Settings) -> str:
    database = Database.open(settings.store_path, clock=SystemClock())
    try:
        mode = database.read(lambda reading: installation.value(reading, "mode"))
        faults = database.read(damage)
    finally:
        database.close()
    if faults:
        raise NotWell(f"{settings.store_path} is damaged: {faults[0]}; stop mailbot and go back to a backup")
    _expect_private(settings.data_dir)
    return f"{settings.store_path}, {mode}, whole"


def _expect_private(path: Path) -> None:
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & 0o077:
        raise NotWell(
            f"{path} can be read by others (mode {mode:o}); do: chmod {0o700 if path.is_dir() else 0o600:o} {path}"
        )


def _templates(settings: Settings) -> str:
    from mailbot.flows.lay_out import edition_of  # noqa: PLC0415  # Jinja2 is loaded for this alone
    from mailbot.mail.proofread import check  # noqa: PLC0415  # the same

    found = stationery.load("mail", settings.mailbot.templates_dir)
    check(edition_of(settings.issuers, settings.rules, found))
    return f"{len(found)} files, ours" + (
        f" and {settings.mailbot.templates_dir}" if settings.mailbot.templates_dir else ""
    )


def _keys(settings: Settings) -> str:
    keyring = Keyring.load(settings.keys_dir)
    return f"{len(keyring.keys)} in {settings.keys_dir}; {keyring.signing.letter} signs"


def _public_address(settings: Settings) -> str:
    base = settings.rules.base_url
    if not settings.sandbox and not base.startswith("https://"):
        raise NotWell(f"{base} is not https; put a web server with a certificate before mailbot and write its address")
    if not _runs(settings):
        return f"{base} was not tried, since the daemon does not run; start it and check again"
    url = f"{base}/healthz"
    opener = build_opener(ProxyHandler({}))
    try:
        request = Request(url, headers={"User-Agent": "mailbot-check"})  # noqa: S310  # http or https, by its kind
        with opener.open(request, timeout=SECONDS) as answer:
            return f"{url} answers {answer.status}"
    except HTTPError as error:
        raise NotWell(
            f"{url} answers {error.code}; another server may be there: let it pass requests to mailbot"
        ) from None
    except (URLError, OSError, ValueError) as error:
        reason = getattr(error, "reason", error)
        raise NotWell(
            f"{url} cannot be reached from here ({reason}); see that the name leads to the web server before mailbot"
        ) from None


def _letters(settings: Settings) -> str:
    font, wanted = settings.letters.font, _prints_letters(settings)
    if not wanted and not font.is_file():
        return f"no customer is of channel letter; printing would need a font at {font}"
    from mailbot.edges.letters.booklet import Booklet  # noqa: PLC0415  # the same
    from mailbot.edges.letters.faces import Faces  # noqa: PLC0415  reportlab is loaded for this alone

    faces = Faces(font)
    for issuer in settings.issuers.values():
        common = stationery_of(issuer, base_url=settings.rules.base_url, written_on=date.min)
        Booklet(faces, common).write(BytesIO(), [])
    return str(font)


def _prints_letters(settings: Settings) -> bool:
    database = Database.open(settings.store_path, clock=SystemClock())
    try:
        return database.read(listings.has_letters)
    finally:
        database.close()


def _runs(settings: Settings) -> bool:
    database = Database.open(settings.store_path, clock=SystemClock())
    try:
        return daemon(database.read(installation.last_start))["state"] == "running"
    finally:
        database.close()


def _relay(settings: Settings) -> str:
    if settings.sandbox:
        return "the sandbox has its own"
    from mailbot.daemon import relay_of  # noqa: PLC0415  # the whole daemon is loaded for this alone
    from mailbot.edges.smtp_out import Timeouts  # noqa: PLC0415  # the same
    from mailbot.edges.smtp_out.opening import probe  # noqa: PLC0415  # the same

    relay = replace(relay_of(settings), timeouts=Timeouts(connect=SECONDS, command=SECONDS))
    found = asyncio.run(probe(relay))
    words = [str(relay), found.tls or "not encrypted", "signed in" if found.authenticated else "without sign-in"]
    if "pipelining" not in found.extensions:
        words.append("no PIPELINING, so sending is slower")
    return ", ".join(words)


def _hearing(settings: Settings) -> str:
    if settings.sandbox:
        return "the sandbox hears what its mailbox answers"
    address = settings.inbound.address
    if not address:
        return (
            "nothing is heard, since [inbound] address is empty: replies and bounces go to each issuer's from,\n"
            "no word in a reply is obeyed, and mailbot goes on mailing to addresses that do not work"
        )
    if not settings.rules.hears:
        raise NotWell(f"mails come back to {address}, and nothing fetches them; write [imap] host or [inbound] listen")
    if doubts := list(_deaf_spots(settings)):
        raise Doubtful("\n".join(doubts))
    return f"replies and bounces come to {address}"


def _deaf_spots(settings: Settings) -> Iterator[str]:
    """Say what is not done with mails that come in."""
    for issuer in settings.issuers.values():
        if not issuer.staff:
            yield f"{issuer.code} has no staff, so nobody reads what customers answer; write staff in its [[issuer]]"
    if not settings.inbound.separator:
        yield 'inbound.separator is "", so no word in a reply is obeyed and staff gets them all; and a report counts'
        yield "only where it names our Message-ID or envelope id. Let the mailbox take tags, and write a separator"


def _mailbox(settings: Settings) -> str:
    if settings.sandbox or not settings.imap.host:
        return "the sandbox needs none" if settings.sandbox else "none is configured"
    from mailbot.daemon.doors import account_of  # noqa: PLC0415  # as above
    from mailbot.edges.imap import Pace  # noqa: PLC0415  # the same
    from mailbot.edges.imap.opening import probe  # noqa: PLC0415  # the same

    return probe(replace(account_of(settings), pace=Pace(answer=SECONDS)))


def _listener(settings: Settings) -> str:
    from mailbot.daemon.doors import LISTEN_KEY, place_of  # noqa: PLC0415  # as above
    from mailbot.edges import listening  # noqa: PLC0415  # the same

    place, listen = place_of(settings), settings.inbound.listen
    if not place:
        return "none is configured"
    if not _runs(settings):
        listening.assert_free(place, key=LISTEN_KEY)
        return f"{listen} is free; the daemon does not run"
    try:
        greeting = listening.greeting(place, seconds=SECONDS)
    except OSError as error:
        raise NotWell(f"{listen} does not answer ({error}); start mailbot again, and see its log") from None
    if "mailbot" not in greeting:
        raise NotWell(f"{listen} answers {greeting!r}, which is not mailbot; give mailbot a place of its own")
    return f"{listen} answers"


PARTS: dict[str, Callable[[Settings], str]] = {
    "store": _store,
    "templates": _templates,
    "keys": _keys,
    "letters": _letters,
    "public address": _public_address,
    "relay": _relay,
    "hearing": _hearing,
    "mailbox": _mailbox,
    "listener": _listener,
}
