"""Opening connections: encryption, certificates, sign-in, and sentences that say what to do."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
import trustme
from aiosmtpd.handlers import Sink
from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword
from smtp_peers import IMPATIENT, Facts, Ledger, Script, envelope, free_port, relay, running, sent, until

from mailbot.domain.policy import Security
from mailbot.edges.smtp_out.opening import probe
from mailbot.errors import Deferred, MailbotError
from mailbot.flows.post import Accepted

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from mailbot.edges.smtp_out import Relay


pytestmark = pytest.mark.filterwarnings(
    "ignore:Requiring AUTH while not requiring TLS"  # aiosmtpd does not see that implicit TLS is TLS
)


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def cafile(authority: trustme.CA, tmp_path: Path) -> str:
    path = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(path))
    return str(path)


def server_side(authority: trustme.CA, name: str = "127.0.0.1") -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert(name).configure_cert(context)
    return context


def _authenticate(_server: object, _session: object, _envelope: object, _mechanism: str, data: object) -> AuthResult:
    known = isinstance(data, LoginPassword) and (data.login, data.password) == (b"mailbot", b"secret")
    return AuthResult(success=known, handled=False)


@contextlib.asynccontextmanager
async def submission(
    context: ssl.SSLContext | None, *, implicit: bool = False, methods_hidden: tuple[str, ...] = ()
) -> AsyncIterator[int]:
    """A real submission server that wants a sign-in, encrypted by STARTTLS or from the first byte."""
    open_ones: set[SMTP] = set()

    class Tracked(SMTP):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            open_ones.add(self)
            super().connection_made(transport)

        def connection_lost(self, error: Exception | None) -> None:
            open_ones.discard(self)
            super().connection_lost(error)

    def factory() -> SMTP:
        return Tracked(
            Sink(),
            hostname="relay.test",
            tls_context=None if implicit else context,
            require_starttls=not implicit and context is not None,
            authenticator=_authenticate,
            auth_required=True,
            auth_require_tls=context is not None and not implicit,
            auth_exclude_mechanism=methods_hidden,
        )

    loop = asyncio.get_running_loop()
    server = await loop.create_server(factory, "127.0.0.1", 0, ssl=context if implicit else None)
    async with server:
        yield server.sockets[0].getsockname()[1]
        await until(lambda: not open_ones)


def signed_in(port: int, security: Security, cafile: str | None) -> Relay:
    return replace(relay(port), security=security, username="mailbot", password="secret", cafile=cafile)  # noqa: S106


@pytest.mark.parametrize("security", [Security.STARTTLS, Security.TLS])
@pytest.mark.parametrize("hidden", [("LOGIN",), ("PLAIN",)])
async def test_mails_go_out_encrypted_and_signed_in(
    security: Security, hidden: tuple[str, ...], authority: trustme.CA, cafile: str
) -> None:
    context = server_side(authority)
    async with submission(context, implicit=security is Security.TLS, methods_hidden=hidden) as port:
        to = signed_in(port, security, cafile)
        outcomes = await sent(to, *(envelope(number) for number in range(3)))
        found = await probe(to)
    assert all(isinstance(outcome, Accepted) for outcome in outcomes.values())
    assert found.tls.startswith("TLSv1.")
    assert found.authenticated
    assert found.greeting.startswith("relay.test")
    assert "auth" in found.extensions


@pytest.mark.parametrize("security", [Security.STARTTLS, Security.TLS])
async def test_an_unknown_authority_is_not_trusted(security: Security, authority: trustme.CA) -> None:
    async with submission(server_side(authority), implicit=security is Security.TLS) as port:
        with pytest.raises(Deferred, match=r"certificate .* is not trusted: .*\[smtp\] cafile") as caught:
            await probe(signed_in(port, security, None))
    assert caught.value.relay


@pytest.mark.parametrize("security", [Security.STARTTLS, Security.TLS])
async def test_a_certificate_for_another_name_is_not_trusted(
    security: Security, authority: trustme.CA, cafile: str
) -> None:
    context = server_side(authority, "other.example.test")
    async with submission(context, implicit=security is Security.TLS) as port:
        with pytest.raises(Deferred, match=r"not trusted: .*mismatch.*Set \[smtp\] host"):
            await probe(signed_in(port, security, cafile))


async def test_a_wrong_password_kills_no_mail(authority: trustme.CA, cafile: str) -> None:
    async with submission(server_side(authority)) as port:
        wrong = replace(signed_in(port, Security.STARTTLS, cafile), password="guess")  # noqa: S106
        post, facts = Ledger([envelope(1), envelope(2)]), Facts()
        async with running(replace(wrong, first_pause=5, longest_pause=5), post, facts):
            outcomes = await post.settled(1)
            await until(lambda: facts.names == ["relay.lost"])
    refused = outcomes[1]
    assert isinstance(refused, Deferred)
    assert refused.relay
    assert refused.code == 535
    assert "[smtp] username and the password file" in str(refused)
    assert "guess" not in str(refused)
    assert post.left == 1


async def test_a_relay_without_starttls_is_not_used_in_the_clear() -> None:
    async with Script().listening() as script:
        with pytest.raises(Deferred, match=r"STARTTLS.*\[smtp\] security"):
            await probe(signed_in(script.port, Security.STARTTLS, None))
    assert not any(command.startswith(b"AUTH") for command in script.commands)


async def test_a_relay_that_offers_no_sign_in() -> None:
    async with Script().listening() as script:
        with pytest.raises(Deferred, match=r"AUTH.*username"):
            await probe(signed_in(script.port, Security.NONE, None))


async def test_a_port_that_does_not_speak_tls() -> None:
    async with Script().listening() as script:
        with pytest.raises(Deferred, match=r"does not speak TLS here.*port and security"):
            await probe(signed_in(script.port, Security.TLS, None))


async def test_nobody_listens() -> None:
    with pytest.raises(MailbotError, match=r"cannot be reached: .*\[smtp\] host and port"):
        await probe(relay(free_port()))


async def test_a_name_that_nobody_has() -> None:
    with pytest.raises(MailbotError, match=r"cannot be reached|does not answer"):
        await probe(replace(relay(25), host="no-such-host.invalid"))


async def test_a_relay_that_does_not_answer() -> None:
    async with Script({"CONNECT": b""}).listening() as script:
        with pytest.raises(MailbotError, match=r"does not answer.*firewalls"):
            await probe(relay(script.port, timeouts=IMPATIENT))


async def test_a_relay_that_refuses_us() -> None:
    async with Script({"CONNECT": b"554 5.7.1 no service\r\n"}).listening() as script:
        with pytest.raises(MailbotError, match=r"does not serve us: 554 5\.7\.1 no service\. Ask its operator"):
            await probe(relay(script.port))


async def test_a_cafile_that_cannot_be_read(tmp_path: Path) -> None:
    async with Script().listening() as script:
        with pytest.raises(MailbotError, match="must name a readable PEM file"):
            await probe(signed_in(script.port, Security.TLS, str(tmp_path / "missing.pem")))


async def test_probing_says_goodbye() -> None:
    async with Script({"QUIT": b""}).listening() as script:
        found = await probe(relay(script.port, timeouts=IMPATIENT))
    assert script.commands == [b"EHLO mailbot.example.test", b"QUIT"]
    assert (found.greeting, found.tls, found.authenticated) == ("script ESMTP", "", False)


async def test_a_machine_without_a_full_name_gives_its_address(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("socket.getfqdn", lambda: "localhost.localdomain")
    async with Script().listening() as script:
        await probe(replace(relay(script.port), hostname=None))
    assert script.commands[0] == b"EHLO [127.0.0.1]"


def test_a_password_is_never_shown() -> None:
    assert "secret" not in repr(signed_in(25, Security.NONE, None))
