"""The ways in: each is put together only where it is configured, and hands what comes in to `flows.hear`.

Owns which doors there are, and that their technologies are not even loaded where nobody wants them.
"""

from __future__ import annotations

import asyncio
import socket
from typing import TYPE_CHECKING

from mailbot.edges.listening import bind, shown
from mailbot.facts import INBOX_LISTENING
from mailbot.oauth import Tokens

if TYPE_CHECKING:
    from collections.abc import MutableMapping

    from mailbot.config import Settings
    from mailbot.daemon.supervisor import Supervisor
    from mailbot.edges.imap.account import Account
    from mailbot.edges.imap.watch import Watch
    from mailbot.edges.smtp_in import Listener
    from mailbot.flows.desk import Desk
    from mailbot.flows.hear import Hear

LISTEN_KEY = "[inbound] listen"

SOCKET_NAME = "inbound"
"""`FileDescriptorName=` of a socket that systemd opened for the listener."""


class Doors:
    """All ways in of one run."""

    def __init__(self, settings: Settings, desk: Desk, hear: Hear, *, inbound: socket.socket | None) -> None:
        """`inbound` is where the listener listens, as `bind_inbound` returned it."""
        self._desk = desk
        self._inbound = inbound
        self._protocol = settings.inbound.listen.partition(":")[0]
        self._listener = None if inbound is None else _listener(settings, desk, hear, inbound, self._protocol)
        watched = settings.imap.host and not settings.sandbox
        self._watch = _watch(settings, desk, hear) if watched else None

    async def start(self, supervisor: Supervisor) -> None:  # noqa: ARG002 - doors that are tasks are kept by it
        """Open them."""
        if self._watch is not None:
            self._watch.start()
        if self._listener is not None and self._inbound is not None:
            await self._listener.start()
            self._desk.facts(INBOX_LISTENING, door=self._protocol, listen=shown(self._inbound))

    async def stop(self, timeout: float) -> None:  # noqa: ASYNC109 - each door drains within this bound
        """Take nothing new; what is coming in has `timeout` seconds to be on file."""
        watch = [] if self._watch is None else [self._watch.stop()]
        listener = [] if self._listener is None else [self._listener.stop(timeout)]
        await asyncio.gather(*watch, *listener)


def bind_inbound(settings: Settings, given: MutableMapping[str, list[socket.socket]]) -> socket.socket | None:
    """Return where the listener listens: what systemd hands over by our name (taken out), or what we bind.

    None where no listener is configured. Raises `ConfigError` where the place cannot be had.
    """
    handed_over = given.pop(SOCKET_NAME, [])
    place = place_of(settings)
    if not place:
        return None
    return handed_over[0] if handed_over else bind(place, key=LISTEN_KEY)


def place_of(settings: Settings) -> str:
    """Return where the listener is to listen, as `bind` wants it; empty where none is configured."""
    place = settings.inbound.listen.partition(":")[2]
    return f"unix:{place}" if place.startswith("/") else place


def _listener(settings: Settings, desk: Desk, hear: Hear, inbound: socket.socket, protocol: str) -> Listener:
    from mailbot.edges.smtp_in import Listener, Ours  # noqa: PLC0415  aiosmtpd is loaded for this alone

    return Listener(
        inbound,
        hear,
        protocol=protocol,
        ours=Ours(desk.rules.inbound_address, desk.rules.inbound_separator),
        hostname=settings.smtp.hostname or socket.gethostname(),
        facts=desk.facts,
    )


def account_of(settings: Settings) -> Account:
    """Return the configured mailbox; raises `ConfigError` where its secrets cannot be read."""
    from mailbot.edges.imap import Account  # noqa: PLC0415  as above

    imap, grant = settings.imap, settings.imap_grant()
    return Account(
        host=imap.host,
        port=settings.imap_port,
        security=imap.security,
        username=imap.username,
        password=settings.imap_password(),
        tokens=None if grant is None else Tokens(grant),
        cafile=None if imap.cafile is None else str(imap.cafile),
        folder=imap.folder,
    )


def _watch(settings: Settings, desk: Desk, hear: Hear) -> Watch:
    from mailbot.edges.imap.watch import Watch  # noqa: PLC0415  as above

    return Watch(account_of(settings), hear, desk.facts)
