"""The real daemon at a real mailbox: started, stopped, killed, and left alone by its server."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from dovecot import PASSWORD, Dovecot, dovecot
from imap_peer import Peer
from real_daemon import Installation, until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from real_daemon import Install

MAIL = b"From: hana@customer.test\r\nSubject: Question %d\r\nMessage-ID: <%d@customer.test>\r\n\r\nHello.\r\n"


@pytest.fixture
def server() -> Iterator[Dovecot]:
    with dovecot() as running:
        yield running


def watching(installation: Installation, port: int, password: str = PASSWORD) -> Installation:
    """Point an installation at a mailbox."""
    (installation.folder / "secret").write_text(f"{password}\n")
    with installation.config.open("a") as config:
        config.write(
            f'[imap]\nhost = "127.0.0.1"\nport = {port}\nsecurity = "none"\nusername = "reply"\n'
            'password_file = "secret"\n[inbound]\naddress = "reply@acme.test"\n'
        )
    return installation


def taken(installation: Installation) -> int:
    ((count,),) = installation.rows("SELECT count(*) FROM inbox")
    return int(count)


def test_a_daemon_takes_mails_and_goes_on_after_a_restart(install: Install, server: Dovecot) -> None:
    installation = watching(install(1), server.imap)
    server.deliver(MAIL % (1, 1), "reply")
    daemon = installation.start()
    until("the mail that lay there is taken", lambda: taken(installation) == 1)
    server.deliver(MAIL % (2, 2), "reply")
    until("the mail that came is taken", lambda: taken(installation) == 2, within=5)
    until("both are marked", lambda: server.unseen("reply") == 0)
    until("both are judged", lambda: daemon.says("inbox.judged") == 2)
    code, seconds = daemon.stop()
    assert (code, seconds < 5) == (0, True)
    server.deliver(MAIL % (3, 3), "reply")
    daemon = installation.start()
    until("the mail that came meanwhile is taken", lambda: taken(installation) == 3)
    daemon.await_fact("inbox.received")
    assert daemon.says("inbox.received") == 1
    assert "mailbox" in installation.cli("check").stdout


def test_a_server_that_dies_or_freezes_does_not_stop_the_daemon(install: Install, server: Dovecot) -> None:
    installation = watching(install(1), server.imap)
    daemon = installation.start()
    server.deliver(MAIL % (1, 1), "reply")
    until("a mail is taken", lambda: taken(installation) == 1)
    server.kill()
    daemon.await_fact("inbox.lost")
    assert daemon.get("/healthz")[0] == 200
    said = installation.cli("check").stdout
    assert "cannot be reached" in said
    assert "Check [imap] host and port" in said
    server.start()
    server.deliver(MAIL % (2, 2), "reply")
    until("a mail after that is taken", lambda: taken(installation) == 2)
    server.freeze()
    code, seconds = daemon.stop()
    assert (code, seconds < 6) == (0, True)


def test_a_password_that_cannot_be_read_is_told_at_start(install: Install) -> None:
    installation = watching(install(1), 1)
    (installation.folder / "secret").unlink()
    done = installation.cli("run", within=30)
    assert done.returncode == 1
    assert "imap.password_file" in done.stderr


async def test_a_kill_between_file_and_mark_leaves_one_mail(install: Install) -> None:
    async with Peer(login_answer="OK in", stuck=True).listening() as peer:
        peer.arrives(MAIL % (1, 1))
        installation = watching(install(1), peer.port)
        daemon = await asyncio.to_thread(installation.start)
        await asyncio.to_thread(until, "it is to be marked", lambda: any("STORE" in each for each in peer.commands))
        assert taken(installation) == 1
        daemon.kill()
        assert peer.seen == set()
        peer.stuck = False
        await asyncio.to_thread(installation.start)
        await asyncio.to_thread(until, "it is marked", lambda: peer.seen == {1})
    assert taken(installation) == 1


def test_a_mailbox_is_loaded_only_where_one_is_configured() -> None:
    code = "import sys, mailbot.daemon; print([n for n in sys.modules if 'imap' in n])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == "[]"


async def test_a_sandbox_leaves_the_mailbox_alone(tmp_path: Path) -> None:
    async with Peer(login_answer="OK in").listening() as peer:
        text = f'[http]\nlisten = "127.0.0.1:0"\n[imap]\nhost = "127.0.0.1"\nport = {peer.port}\nusername = "reply"\n'
        (tmp_path / "mailbot.toml").write_text(text)
        command = [sys.executable, "-m", "mailbot", "run", "--sandbox"]
        log = tmp_path / "log"
        with log.open("wb") as stream:
            process = subprocess.Popen(command, cwd=tmp_path, stdout=stream, stderr=stream)  # noqa: ASYNC220  starts at once
        try:
            await asyncio.to_thread(until, "it runs", lambda: "fact=daemon.started" in log.read_text(), within=30)
        finally:
            process.terminate()
            await asyncio.to_thread(process.wait, 20)
        assert (process.returncode, peer.commands) == (0, [])
