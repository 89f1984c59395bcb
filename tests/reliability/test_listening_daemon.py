"""The daemon's own door for mails, with real sockets and real signals: what it answered 250 to is on file."""

from __future__ import annotations

import contextlib
import random
import socket
import threading
from typing import TYPE_CHECKING

import pytest
from lmtp_client import INBOUND, TAGGED, Lmtp, inlet, listening, mail
from real_daemon import START_S, until

if TYPE_CHECKING:
    from pathlib import Path

    from real_daemon import Daemon, Install, Installation

NO_RELAY = 1
SENDERS = 8
KILLS = 5
ON_FILE = "250 2.0.0 On file"


def _on_file(site: Installation) -> set[str]:
    """Return what the mails on file begin with."""
    return {bytes(raw).decode() for (raw,) in site.rows("SELECT content FROM inbox_raw")}


def test_the_same_mail_is_one_mail_however_often_it_comes(install: Install) -> None:
    site = install(NO_RELAY, more=listening())
    daemon = site.start()
    with Lmtp(inlet(daemon)) as server:
        assert server.deliver(mail(1), INBOUND, TAGGED) == [ON_FILE] * 2
        assert server.deliver(b"Received: from elsewhere\r\n" + mail(1)) == [ON_FILE]
    daemon.kill()
    with Lmtp(inlet(site.start())) as server:
        assert server.deliver(mail(1)) == [ON_FILE]
        assert server.deliver(mail(2)) == [ON_FILE]
    assert _on_file(site) == {mail(1).decode(), mail(2).decode()}


def test_a_kill_while_mails_come_in_loses_none_that_was_answered(install: Install) -> None:
    site = install(NO_RELAY, more=listening())
    chance = random.Random(20261120)  # noqa: S311 - chance, and nothing secret
    answered: set[int] = set()
    for kill in range(KILLS):
        daemon, enough = site.start(), len(answered) + chance.randrange(20, 120)
        senders = [
            threading.Thread(
                target=_deliver_until_lost, args=(daemon, range(kill * 10**6 + n, 10**9, SENDERS), answered)
            )
            for n in range(SENDERS)
        ]
        for each in senders:
            each.start()
        until("mails come in", lambda enough=enough: len(answered) >= enough)  # type: ignore[misc]  # bound now
        daemon.kill()
        for each in senders:
            each.join(20)
    assert {mail(number, size=5000).decode() for number in answered} <= _on_file(site)


def _deliver_until_lost(daemon: Daemon, numbers: range, answered: set[int]) -> None:
    with contextlib.suppress(OSError), Lmtp(inlet(daemon)) as server:
        for number in numbers:
            if server.deliver(mail(number, size=5000)) != [ON_FILE]:
                return
            answered.add(number)


def test_a_stop_takes_the_mail_that_is_under_way_and_judges_it_later(install: Install) -> None:
    site = install(NO_RELAY, more=listening())
    daemon = site.start()
    with Lmtp(inlet(daemon)) as busy, Lmtp(inlet(daemon)) as idle:
        busy.envelope(INBOUND, TAGGED)
        busy.send(mail(1)[:50])
        daemon.process.terminate()
        assert idle.reply().startswith("421 4.3.2")
        assert busy.content(mail(1)[50:], 2) == [ON_FILE] * 2
        assert busy.reply().startswith("421 4.3.2")
        assert busy.reply() == ""
    assert daemon.process.wait(20) == 0, daemon.log
    assert daemon.says("daemon.stopped") == 1
    assert site.rows("SELECT recipients, state FROM inbox") == [(f'["{INBOUND}", "{TAGGED}"]', "received")]
    site.start()
    until("it is judged", lambda: site.rows("SELECT state FROM inbox") != [("received",)])


def test_a_stop_does_not_wait_for_a_mail_that_never_ends(install: Install) -> None:
    site = install(NO_RELAY, more=listening())
    daemon = site.start()
    with Lmtp(inlet(daemon)) as slow:
        slow.envelope(INBOUND)
        slow.send(b"Subject: and then")
        code, took = daemon.stop(within=40)
    assert (code, site.rows("SELECT id FROM inbox")) == (0, [])
    assert took < 20


def test_sixty_connections_against_the_limit(install: Install) -> None:
    daemon = install(NO_RELAY, more=listening("smtp:127.0.0.1:0")).start()
    with contextlib.ExitStack() as stack:
        servers = [stack.enter_context(Lmtp(inlet(daemon), hello="EHLO")) for _ in range(60)]
        assert [each.greeting[:3] for each in servers] == ["220"] * 50 + ["421"] * 10
        assert servers[49].deliver(mail(1)) == [ON_FILE]
        assert daemon.get("/healthz")[0] == 200
    assert daemon.says("inbox.turned_away") == 10
    until("there is room again", lambda: _is_greeted(daemon))


def _is_greeted(daemon: Daemon) -> bool:
    with Lmtp(inlet(daemon), hello="EHLO") as server:
        return server.greeting.startswith("220")


def test_rubbish_stops_nothing_and_prints_nothing(install: Install) -> None:
    daemon = install(NO_RELAY, more=listening()).start()
    chance = random.Random(7)  # noqa: S311 - chance, and nothing secret
    for _ in range(50):
        with contextlib.suppress(OSError), Lmtp(inlet(daemon)) as stranger:
            stranger.send(
                chance.randbytes(chance.randrange(5000)) + b"\r\n\r\n.\r\nDATA\r\nRCPT TO:<\xff>\r\nQUIT x\r\n"
            )
    with Lmtp(inlet(daemon)) as server:
        assert server.deliver(mail(1)) == [ON_FILE]
    assert daemon.stop()[0] == 0
    assert all(" fact=" in line for line in daemon.log.splitlines()), daemon.log
    assert daemon.says("task.failed") == 0


def test_a_place_that_is_taken_is_said_at_the_start(install: Install, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        place = f"lmtp:127.0.0.1:{other.getsockname()[1]}"
        site = install(NO_RELAY, more=listening(place))
        refused = site.cli("run", within=START_S)
        assert refused.returncode == 1
        assert f"[inbound] listen = {place[5:]!r}: [Errno 98] Address already in use" in refused.stderr
        checked = site.cli("check")
        assert "✗ listener" in checked.stdout
        assert "Address already in use" in checked.stdout
    assert f"✓ listener        {place} is free" in site.cli("check").stdout
    site.start()
    assert f"✓ listener        {place} answers" in site.cli("check").stdout
    assert "✓ listener        none is configured" in install(NO_RELAY + 1).cli("check").stdout
    path = tmp_path / "lmtp"
    unix = install(NO_RELAY + 2, more=listening(f"lmtp:{path}"))
    assert f"✓ listener        lmtp:{path} is free" in unix.cli("check").stdout
    assert not path.exists()
    daemon = unix.start()
    assert f"✓ listener        lmtp:{path} answers" in unix.cli("check").stdout
    daemon.kill()
    with Lmtp(inlet(unix.start())) as server:
        assert server.deliver(mail(1)) == [ON_FILE]


def test_a_listener_without_an_address_of_its_own_is_a_fault(install: Install) -> None:
    refused = install(NO_RELAY, more='[inbound]\nlisten = "lmtp:127.0.0.1:0"').cli("run", within=START_S)
    assert refused.returncode == 1
    assert "inbound.address: is missing" in refused.stderr


@pytest.mark.parametrize("protocol", ["lmtp", "smtp"])
def test_systemd_hands_over_both_sockets_by_name(install: Install, protocol: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as mails, socket.create_server(("127.0.0.1", 0)) as pages:
        site = install(NO_RELAY, more=listening(f"{protocol}:127.0.0.1:1"))
        script = (
            f"exec 3<&{mails.fileno()} 4<&{pages.fileno()};"
            ' LISTEN_PID=$$ LISTEN_FDS=2 LISTEN_FDNAMES=inbound:http exec "$@"'
        )
        daemon = site.spawn("bash", "-c", script, "sh", keep=(mails.fileno(), pages.fileno()))
        daemon.await_fact("daemon.started", within=START_S)
        assert inlet(daemon) == mails.getsockname()
        assert daemon.address == pages.getsockname()
        with Lmtp(mails.getsockname(), hello="LHLO" if protocol == "lmtp" else "EHLO") as server:
            assert server.deliver(mail(1)) == [ON_FILE]
        assert daemon.get("/healthz")[0] == 200
