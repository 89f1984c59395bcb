"""Opening a connection to the relay: connect, greet, encrypt, authenticate, hand over.

aiosmtplib does these steps; then its transport becomes a `Connection` of ours. Whatever fails here says nothing about
any mail, so that every error is `Deferred(relay=True)` with a sentence that names the remedy: a wrong password or a
certificate that ran out must not cost a single invoice.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import ssl
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, cast

import aiosmtplib

from mailbot.domain.policy import Security
from mailbot.edges.smtp_out.connection import Connection, Lost
from mailbot.edges.smtp_out.wire import QUIT, Abilities
from mailbot.errors import Deferred
from mailbot.oauth import TokenRefused, TokenUnavailable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mailbot.edges.smtp_out.relay import Relay
    from mailbot.oauth import Tokens

_CREDENTIALS_REFUSED = frozenset({534, 535})
"""RFC 4954 §6: too weak, or wrong; what else may go wrong is no token's fault."""

_COMMAND_UNKNOWN = frozenset({500, 501, 502, 504})
"""A server that answers so to EHLO knows only HELO (RFC 5321 §3.2)."""


@dataclass(frozen=True, slots=True)
class Probe:
    """What a relay said when it was tried."""

    greeting: str
    tls: str
    """Protocol version such as `TLSv1.3`; empty: not encrypted."""
    authenticated: bool
    extensions: Mapping[str, str]
    """Name in lower case and its parameters."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A connection that is ready for mails."""

    connection: Connection
    abilities: Abilities
    probe: Probe


async def probe(relay: Relay) -> Probe:
    """Open a connection as the courier would, and end it; raises `Deferred` with a sentence that says what to do."""
    opened = await Opener(relay).open()
    try:
        opened.connection.write(QUIT)
        await opened.connection.reply(relay.timeouts.quit)
    except Lost:
        pass  # a relay that does not say goodbye works all the same
    finally:
        opened.connection.close()
    return opened.probe


class Opener:
    """Opens connections to one relay; keeps what is costly to find out (certificates, our own name)."""

    def __init__(self, relay: Relay) -> None:
        self._relay = relay
        self._tls: ssl.SSLContext | None = None
        self._hostname = relay.hostname or ""

    async def open(self) -> Opened:
        """Return a connection ready for MAIL; raises `Deferred` with `relay` set."""
        await self._prepare()
        client = self._client()
        try:
            return await self._steps(client)
        except (aiosmtplib.SMTPException, OSError, ValueError, TokenUnavailable, TokenRefused) as error:
            raise self._deferred(error) from error
        finally:
            # After a hand-over this only lets go of the transport, see `_handed_over`.
            client.close()

    async def _prepare(self) -> None:
        if self._relay.security is not Security.NONE and self._tls is None:
            self._tls = await asyncio.to_thread(self._context)
        if not self._hostname:
            self._hostname = await asyncio.to_thread(_full_name)

    def _context(self) -> ssl.SSLContext:
        try:
            context = ssl.create_default_context()
            if self._relay.cafile:
                context.load_verify_locations(cafile=self._relay.cafile)
        except (OSError, ValueError) as error:
            raise Deferred(
                f"the certificates in {self._relay.cafile} cannot be read: {error}. "
                "[smtp] cafile must name a readable PEM file.",
                relay=True,
            ) from error
        return context

    def _client(self) -> aiosmtplib.SMTP:
        relay = self._relay
        return aiosmtplib.SMTP(
            hostname=relay.host,
            port=relay.port,
            use_tls=relay.security is Security.TLS,
            start_tls=False,  # done below, one step after the other
            tls_context=self._tls,
            local_hostname=self._hostname or "localhost",
            timeout=relay.timeouts.command,
        )

    async def _steps(self, client: aiosmtplib.SMTP) -> Opened:
        greeting = await client.connect(timeout=self._relay.timeouts.connect)
        if not self._hostname:
            client.local_hostname = _literal(client.get_transport_info("sockname"))
        await _greet(client)
        if self._relay.security is Security.STARTTLS:
            await client.starttls()
            await _greet(client)
        if self._relay.tokens is not None:
            await self._show_token(client, self._relay.tokens)
        elif self._relay.username:
            await client.login(self._relay.username, self._relay.password)
        return self._handed_over(client, greeting.message)

    async def _show_token(self, client: aiosmtplib.SMTP, tokens: Tokens) -> None:
        token = await asyncio.to_thread(tokens.token)
        try:
            await client.auth_xoauth2(self._relay.username, token)
        except aiosmtplib.SMTPAuthenticationError as error:
            if error.code not in _CREDENTIALS_REFUSED:
                raise
            # Revoked or ended before its time: once more, with another one.
            token = await asyncio.to_thread(partial(tokens.token, instead_of=token))
            await client.auth_xoauth2(self._relay.username, token)

    def _handed_over(self, client: aiosmtplib.SMTP, greeting: str) -> Opened:
        if client.transport is None:
            raise aiosmtplib.SMTPServerDisconnected("the relay closed the connection")
        extensions = dict(client.esmtp_extensions)
        secured = client.get_transport_info("ssl_object")
        connection = Connection()
        connection.adopt(cast("asyncio.Transport", client.transport))
        # aiosmtplib closes what it still holds.
        client.transport = None
        client.protocol = None
        return Opened(
            connection,
            Abilities.read(extensions),
            Probe(greeting, secured.version() if secured else "", bool(self._relay.username), extensions),
        )

    def _deferred(self, error: Exception) -> Deferred:
        code = error.code if isinstance(error, aiosmtplib.SMTPResponseException) else 0
        return Deferred(self._sentence(error), code=max(code, 0), relay=True)

    def _sentence(self, error: Exception) -> str:  # noqa: PLR0911 - a list of cases with one sentence each
        """Say what went wrong and what to do about it; the order is from the particular to the general."""
        relay, words = self._relay, _words(error)
        if isinstance(certificate := _cause(error, ssl.SSLCertVerificationError), ssl.SSLCertVerificationError):
            return (
                f"the certificate of {relay} is not trusted: {certificate.verify_message}. Set [smtp] host to a name "
                "that the certificate has, and [smtp] cafile to its authority if that is a private one."
            )
        if _cause(error, ssl.SSLError):
            return f"{relay} does not speak TLS here: {words}. Check [smtp] port and security (465 tls, 587 starttls)."
        if isinstance(error, TokenUnavailable | TokenRefused):
            return f"no token to sign in to {relay} with: {words}"
        if isinstance(error, aiosmtplib.SMTPAuthenticationError):
            secret = "the password file" if relay.tokens is None else "oauth"  # two names of keys
            return f"{relay} refused the sign-in: {words}. Check [smtp] username and {secret}."
        if isinstance(error, aiosmtplib.SMTPResponseException):
            return f"{relay} does not serve us: {words}. Ask its operator whether this machine may send through it."
        if isinstance(error, TimeoutError):
            return f"{relay} does not answer: {words}. Check [smtp] host and port, and the firewalls between."
        if isinstance(error, OSError):
            return f"{relay} cannot be reached: {words}. Check [smtp] host and port, and that the relay is running."
        return f"{relay} cannot be used as configured: {words} Check [smtp] security and username."


async def _greet(client: aiosmtplib.SMTP) -> None:
    try:
        await client.ehlo()
    except aiosmtplib.SMTPHeloError as error:
        if error.code not in _COMMAND_UNKNOWN:
            raise
        await client.helo()


def _full_name() -> str:
    """Return this machine's full name, or an empty string where it has none (RFC 5321 §4.1.4 wants a real one)."""
    name = socket.getfqdn()
    return name if "." in name and not name.startswith("localhost") else ""


def _literal(sockname: tuple[object, ...]) -> str:
    """Return our end of the connection as an address literal (RFC 5321 §4.1.3)."""
    address = ipaddress.ip_address(str(sockname[0]).partition("%")[0])
    return f"[IPv6:{address}]" if address.version == 6 else f"[{address}]"  # noqa: PLR2004 - the protocol's name


def _cause(error: BaseException | None, kind: type[BaseException]) -> BaseException | None:
    """Return the first of `kind` among an error and what led to it."""
    while error is not None and not isinstance(error, kind):
        error = error.__cause__ or error.__context__
    return error


def _words(error: Exception) -> str:
    if isinstance(error, aiosmtplib.SMTPResponseException):
        words = f"{error.code} {error.message}"
    else:
        words = str(error) or type(error).__name__
    return " ".join(words.split())[:300]
