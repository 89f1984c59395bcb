"""The composition root.

Owns the parts list, the signals and the order of starting and stopping. It decides nothing: flows do the work, the
timer only ticks, and all due work lies in the store, so that a kill at any moment loses nothing.
"""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import time
from dataclasses import replace
from typing import TYPE_CHECKING

import uvloop

from mailbot import __version__, stationery
from mailbot.clock import SystemClock
from mailbot.daemon.alone import alone
from mailbot.daemon.doors import Doors, bind_inbound
from mailbot.daemon.proofread import Proofread
from mailbot.daemon.pulse import Pulse, note_quiet
from mailbot.daemon.supervisor import Supervisor
from mailbot.edges import systemd
from mailbot.edges.listening import bind, shown
from mailbot.edges.smtp_out.courier import Courier
from mailbot.edges.smtp_out.relay import Relay, Timeouts
from mailbot.edges.typesetter import Typesetter
from mailbot.edges.web.app import build_app
from mailbot.edges.web.server import WebServer
from mailbot.facts import DAEMON_STARTED, DAEMON_STOPPED, DAEMON_STOPPING
from mailbot.flows.addresses import Addresses
from mailbot.flows.claim_letter import Claim
from mailbot.flows.confirm import Confirm
from mailbot.flows.credentials import ChangePassword, SignInWays
from mailbot.flows.deliver import Deliver
from mailbot.flows.desk import Desk
from mailbot.flows.download import Download
from mailbot.flows.hear import Hear
from mailbot.flows.housekeep import Housekeep
from mailbot.flows.issue import Issue
from mailbot.flows.join import Join
from mailbot.flows.lay_out import LayOut, edition_of
from mailbot.flows.letters import Letters
from mailbot.flows.mute import Mute
from mailbot.flows.register import Register
from mailbot.flows.remind import Remind
from mailbot.flows.remind_invitations import InvitationReminders
from mailbot.flows.sign_in import SignIn
from mailbot.flows.succeed import Succeed
from mailbot.flows.succession import Succeeding
from mailbot.flows.weaken import Probe
from mailbot.keyring import Keyring
from mailbot.links import Links
from mailbot.log import open_log
from mailbot.oauth import Tokens
from mailbot.passwords import Passwords
from mailbot.store import installation
from mailbot.store.database import Database
from mailbot.store.files import Vault

if TYPE_CHECKING:
    import socket
    from collections.abc import Awaitable, Callable, Mapping, Sequence
    from pathlib import Path

    from starlette.types import ASGIApp

    from mailbot.config import Settings
    from mailbot.daemon.sandbox import Sandbox
    from mailbot.domain.policy import Rules
    from mailbot.facts import Facts
    from mailbot.store.database import Transaction

SANDBOX_ADDRESS = "reply@mailbot.example"
"""Where a sandbox hears replies and bounces, unless an address is configured."""

WORKING = (
    *("deliver", "issue", "remind", "invitations", "letters", "successions", "hear", "probe", "housekeep"),
    *("drop_folder", "watch", "quiet"),
)
"""Tasks that end first when the daemon stops: they begin what others carry out."""

MAIL_GRACE_S = 15.0
"""How long mails in flight may take to be answered when the daemon stops."""

WEB_GRACE_S = 5.0
"""How long requests in flight may take when the daemon stops."""

DOORS_GRACE_S = 5.0
"""How long a mail that is coming in may take to be on file when the daemon stops."""

COMMAND_TIMEOUT_S = 300.0
"""RFC 5321 §4.5.3.2; a configured time-out below it shortens every phase but the one after the final dot."""


def main(settings: Settings, *, sandbox: bool) -> int:
    """Run until SIGTERM or SIGINT; returns the exit code. Raises `MailbotError` where it cannot start."""
    with alone(settings.data_dir), asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(_main(settings, sandbox=sandbox))


async def _main(settings: Settings, *, sandbox: bool) -> int:
    stop = _stop_signal()
    clock = SystemClock()
    facts = open_log(clock=clock, level=settings.log.level, full_addresses=settings.log.addresses == "full")
    mode = "sandbox" if sandbox else "production"
    database = Database.open(settings.store_path, clock=clock, mode=mode)
    try:
        clock.offset = database.read(installation.clock_offset)
        daemon = await Daemon.build(settings, database, clock, facts, sandbox=sandbox)
        await daemon.start()
        facts(DAEMON_STARTED, version=__version__, mode=mode, listen=daemon.listening, start=daemon.start_id)
        name = await stop
        began = time.monotonic()
        facts(DAEMON_STOPPING, signal=name)
        await daemon.stop()
        facts(DAEMON_STOPPED, seconds=round(time.monotonic() - began, 3))
    finally:
        database.close()
    return 0


def _stop_signal() -> asyncio.Future[str]:
    """Return what resolves to the name of the first signal that asks us to end."""
    loop = asyncio.get_running_loop()
    asked: asyncio.Future[str] = loop.create_future()

    def stop(number: signal.Signals) -> None:
        if not asked.done():
            asked.set_result(number.name)

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop, number)
    return asked


class Daemon:
    """All parts of one run."""

    @classmethod
    async def build(
        cls, settings: Settings, database: Database, clock: SystemClock, facts: Facts, *, sandbox: bool
    ) -> Daemon:
        """Put the parts together, and take over what a former run left behind."""
        self = cls()
        self._settings = settings
        self._facts = facts
        given = systemd.listen_sockets()
        inbound = bind_inbound(settings, given)
        self._sockets = _listen(settings, given)
        self._proofread = Proofread(settings.data_dir)
        keyring = Keyring.load(settings.keys_dir)
        self._desk = Desk(
            database=database,
            vault=Vault(settings.vault_dir),
            links=Links(keyring),
            clock=clock,
            issuers=settings.issuers,
            rules=_rules(settings, self._sockets, sandbox=sandbox),
            facts=facts,
        )
        self.start_id = await database.write(self._begin)
        self._hear = Hear(self._desk)
        self._sandbox = await _open_sandbox(settings, clock, self._hear) if sandbox else None
        relay = self._sandbox.relay() if self._sandbox else relay_of(settings)
        lay_out = _lay_out(self._desk, settings, self._proofread)
        self._typesetter = Typesetter(lay_out.edition, keys=settings.keys_dir, facts=facts)
        self._deliver = Deliver(
            self._desk,
            start_id=self.start_id,
            lay_out=lay_out,
            connections=relay.connections,
            ahead=self._typesetter.order if _has_two_processors() else None,
        )
        await self._deliver.recover()
        self._courier = Courier(relay, self._deliver, facts)
        self._download = Download(self._desk)
        self._doors = Doors(settings, self._desk, self._hear, inbound=inbound)
        self._passwords = Passwords()
        self._web = WebServer(self._app(), sockets=self._sockets)
        self._supervisor = Supervisor(facts)
        self._pulse = Pulse(self._desk, clock=clock, keyring=keyring, supervisor=self._supervisor)
        return self

    _settings: Settings
    _facts: Facts
    _sockets: list[socket.socket]
    _proofread: Proofread
    _desk: Desk
    _sandbox: Sandbox | None
    _typesetter: Typesetter
    _deliver: Deliver
    _courier: Courier
    _download: Download
    _hear: Hear
    _doors: Doors
    _passwords: Passwords
    _web: WebServer
    _supervisor: Supervisor
    _pulse: Pulse
    _ready = False
    start_id: int

    def _begin(self, tx: Transaction) -> int:
        return installation.begin(tx, pid=os.getpid(), version=__version__, listen=self.listening)

    @property
    def listening(self) -> str:
        """Where the link pages are served."""
        return ", ".join(shown(each) for each in self._sockets)

    def _app(self) -> ASGIApp:
        desk, settings = self._desk, self._settings
        return build_app(
            confirm=Confirm(desk),
            sign_in=SignIn(desk),
            download=self._download,
            ways=SignInWays(desk, self._passwords),
            change_password=ChangePassword(desk, self._passwords),
            addresses=Addresses(desk),
            register=Register(desk, self._passwords),
            claim=Claim(desk, self._passwords),
            join=Join(desk),
            mute=Mute(desk),
            succession=Succeeding(desk),
            links=desk.links,
            clock=desk.clock,
            rules=desk.rules,
            issuers=desk.issuers,
            facts=desk.facts,
            templates=_folders(settings.mailbot.templates_dir),
            proofread=self._proofread,
            trusted_proxies=[str(network) for network in settings.http.trusted_proxies],
            extra_routes=self._sandbox.routes if self._sandbox else (),
            ready=lambda: self._ready,
        )

    async def start(self) -> None:
        """Start every task, then the web pages, then say so."""
        supervisor, desk = self._supervisor, self._desk
        supervisor.keep("courier", self._courier.run, lost=self._deliver.lose)
        supervisor.keep("outcomes", self._deliver.flush_forever)
        supervisor.work("deliver", self._deliver.step, wake=self._deliver.hungry)
        supervisor.work("issue", Issue(desk).step)
        supervisor.work("remind", Remind(desk).step)
        supervisor.work("invitations", InvitationReminders(desk).step)
        supervisor.work("successions", Succeed(desk).step)
        supervisor.work("hear", self._hear.step, wake=self._hear.hungry)
        supervisor.work("probe", Probe(desk).step)
        supervisor.work("letters", Letters(desk).step)
        supervisor.work("accesses", self._download.step)
        supervisor.work("housekeep", Housekeep(desk).step)
        supervisor.keep("watch", self._pulse.watch)
        if self._sandbox:
            supervisor.keep("quiet", lambda: note_quiet(desk, self._deliver, self.start_id))
        if self._settings.mailbot.drop_folder is not None:
            supervisor.keep("drop_folder", _drop_folder(desk, self._settings))
        await self._doors.start(supervisor)
        await self._web.start()
        self._ready = True
        systemd.notify("READY=1", f"STATUS=serving {desk.rules.base_url}")
        self._pulse.start()
        _spare_the_collector()

    async def stop(self) -> None:
        """Take no new work, let mails and requests in flight end, write down what is known; bounded in time."""
        systemd.notify("STOPPING=1", "STATUS=finishing mails in flight")
        self._ready = False
        self._pulse.stop()
        await self._supervisor.stop(*WORKING)
        await self._typesetter.stop()
        doors = self._doors.stop(DOORS_GRACE_S)
        await asyncio.gather(self._courier.stop(MAIL_GRACE_S), self._web.stop(WEB_GRACE_S), doors)
        await self._supervisor.stop("courier", "outcomes", "accesses")
        self._passwords.close()
        await self._deliver.hand_back()
        await self._download.step()
        if self._sandbox:
            await self._sandbox.stop()
        await self._desk.database.write(lambda tx: installation.end(tx, self.start_id))


def _spare_the_collector() -> None:
    """Never again have the collector walk through what a start made: a full round of it would hold up every answer."""
    gc.collect()
    gc.freeze()
    gc.enable()


def _has_two_processors() -> bool:
    """Tell whether a second process gains anything: on one processor it only takes turns with ours."""
    return len(os.sched_getaffinity(0)) > 1


def _listen(settings: Settings, given: Mapping[str, Sequence[socket.socket]]) -> list[socket.socket]:
    """Return the sockets that systemd hands over for pages, or else one that we bind."""
    return [each for sockets in given.values() for each in sockets] or [bind(str(settings.http.listen))]


def _rules(settings: Settings, sockets: Sequence[socket.socket], *, sandbox: bool) -> Rules:
    """Return the rules; a sandbox has what is not configured: where its links lead, and an address that hears."""
    rules = settings.rules
    if sandbox:
        rules = replace(rules, inbound_address=rules.inbound_address or SANDBOX_ADDRESS, hears=True)
    return rules if settings.mailbot.base_url else replace(rules, base_url=f"http://{shown(sockets[0])}")


def _lay_out(desk: Desk, settings: Settings, proofread: Proofread) -> LayOut:
    """Return today's edition of the mails; raises `TemplateError` where any kind of mail could not be written."""
    templates = stationery.load("mail", settings.mailbot.templates_dir)
    lay_out = LayOut(edition_of(desk.issuers, desk.rules, templates), desk.links, desk.vault)
    proofread("mail", templates, lay_out.check)
    return lay_out


def _folders(theirs: Path | None) -> list[Path]:
    """Return the folders of page templates, the issuer's before ours."""
    ours = stationery.ours() / "page"
    return [ours] if theirs is None else [theirs / "page", ours]


async def _open_sandbox(settings: Settings, clock: SystemClock, hear: Hear) -> Sandbox:
    from mailbot.daemon.sandbox import Sandbox  # noqa: PLC0415  production never loads it

    sandbox = Sandbox(settings, clock, hear)
    await sandbox.start()
    return sandbox


def _drop_folder(desk: Desk, settings: Settings) -> Callable[[], Awaitable[None]]:
    from mailbot.daemon.batches import watch  # noqa: PLC0415  only where a folder is watched

    return watch(desk, settings)


def relay_of(settings: Settings) -> Relay:
    """Return the configured relay; raises `ConfigError` where its password cannot be read."""
    smtp, grant = settings.smtp, settings.smtp_grant()
    seconds = min(smtp.timeout.total_seconds(), COMMAND_TIMEOUT_S)
    return Relay(
        smtp.host,
        settings.smtp_port,
        security=smtp.security,
        username=smtp.username,
        password=settings.smtp_password(),
        tokens=None if grant is None else Tokens(grant),
        cafile=None if smtp.cafile is None else str(smtp.cafile),
        hostname=smtp.hostname or None,
        connections=smtp.connections,
        timeouts=Timeouts(connect=seconds, command=seconds, data=seconds, block=seconds),
    )
