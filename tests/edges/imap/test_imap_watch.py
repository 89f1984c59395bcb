"""Mails out of a real mailbox: each on file once, marked after that, through restarts, crashes and frozen servers."""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from imap_door import BRISK, Post, account, mail

from mailbot.domain.policy import Security
from mailbot.edges.imap.opening import probe
from mailbot.edges.imap.trouble import SignInRefused, Unreachable

if TYPE_CHECKING:
    from pathlib import Path

    from dovecot import Dovecot


async def test_mails_that_lie_there_are_taken_and_marked(server: Dovecot, post: Post) -> None:
    for number in (1, 2, 3):
        server.deliver(mail(number), "lying")
    async with post.watching(account(server.imap, "lying")):
        await post.has(1, 2, 3)
        await post.until(lambda: server.unseen("lying") == 0)
    assert post.rows("SELECT door, sender, recipients FROM inbox") == [("imap", None, "[]")] * 3
    assert post.said.of("inbox.lost") == []


async def test_a_mail_that_comes_is_taken_at_once(server: Dovecot, post: Post) -> None:
    async with post.watching(account(server.imap, "live")):
        await _signed_in(server, post, "live")
        for number in (1, 2, 3):
            began = time.monotonic()
            server.deliver(mail(number), "live")
            await post.has(*range(1, number + 1), within=2)
            assert time.monotonic() - began < 2
        await post.until(lambda: server.unseen("live") == 0)


async def test_the_bytes_are_those_of_the_mailbox(server: Dovecot, post: Post) -> None:
    server.deliver(mail(1, "日本語\r\n.\r\nend"), "bytes")
    async with post.watching(account(server.imap, "bytes")):
        await post.has(1)
    with server.client("bytes") as client:
        (lies,) = client.fetch([1], ["BODY.PEEK[]"]).values()
    assert post.rows("SELECT content FROM inbox_raw") == [(lies[b"BODY[]"],)]


async def test_the_same_mail_twice_is_one(server: Dovecot, post: Post) -> None:
    server.deliver(mail(1), "twice")
    server.deliver(mail(1), "twice")
    server.deliver(mail(2), "twice")
    async with post.watching(account(server.imap, "twice")):
        await post.has(1, 2)
        await post.until(lambda: server.unseen("twice") == 0)


async def test_a_restart_goes_on_where_it_stopped(server: Dovecot, post: Post) -> None:
    server.deliver(mail(1), "again")
    async with post.watching(account(server.imap, "again")):
        await post.has(1)
        await post.until(lambda: server.unseen("again") == 0)
    server.deliver(mail(2), "again")
    async with post.watching(account(server.imap, "again")):
        await post.has(1, 2)
    # The first was not fetched once more: what it is now would be another mail.
    assert [found for (found,) in post.rows("SELECT last_uid FROM mailboxes")] == [2]
    assert len(post.said.of("inbox.received")) == 2


async def test_a_mail_on_file_that_a_crash_left_unmarked_is_marked(server: Dovecot, post: Post) -> None:
    server.deliver(mail(1), "unmarked")
    async with post.watching(account(server.imap, "unmarked")):
        await post.until(lambda: server.unseen("unmarked") == 0)
    with server.client("unmarked") as client:
        client.remove_flags([1], [b"\\Seen"])
    async with post.watching(account(server.imap, "unmarked")):
        await post.until(lambda: server.unseen("unmarked") == 0)
    await post.has(1)


async def test_a_folder_made_anew_is_read_from_its_start(server: Dovecot, post: Post) -> None:
    # Dovecot does not tell who has the folder open; opening it again does.
    watched = account(server.imap, "anew", folder="Replies", pace=replace(BRISK, renew=0.5))
    with server.client("anew") as client:
        client.create_folder("Replies")
        client.append("Replies", mail(1))
        client.append("Replies", mail(2))
    async with post.watching(watched):
        await post.has(1, 2)
        with server.client("anew") as client:
            client.delete_folder("Replies")
            client.create_folder("Replies")
            client.append("Replies", mail(2))
            client.append("Replies", mail(3), [b"\\Seen"])  # so that nothing but its newness speaks for it
        await post.has(1, 2, 3)
        await post.until(lambda: server.unseen("anew", "Replies") == 0)
    ((uid,),) = post.rows("SELECT last_uid FROM mailboxes")
    assert uid == 2


async def test_a_server_that_was_killed_is_found_again(mortal: Dovecot, post: Post) -> None:
    async with post.watching(account(mortal.imap)):
        mortal.deliver(mail(1), "reply")
        await post.has(1)
        mortal.kill()
        lost = await post.heard("inbox.lost")
        assert "cannot be reached" in str(lost["error"]) or "ended" in str(lost["error"])
        mortal.start()
        mortal.deliver(mail(2), "reply")
        await post.has(1, 2)
        await post.heard("inbox.back")
    assert len(post.said.of("inbox.lost")) == len(post.said.of("inbox.back")) == 1


async def test_a_frozen_server_is_noticed(mortal: Dovecot, post: Post) -> None:
    impatient = replace(BRISK, renew=0.3, answer=0.4)
    async with post.watching(account(mortal.imap, pace=impatient)):
        mortal.deliver(mail(1), "reply")
        await post.has(1)
        mortal.freeze()
        lost = await post.heard("inbox.lost")
        assert "does not answer" in str(lost["error"])
        mortal.thaw()
        mortal.deliver(mail(2), "reply")
        await post.has(1, 2)
        await post.heard("inbox.back")


async def test_a_stop_does_not_wait_for_a_frozen_server(mortal: Dovecot, post: Post) -> None:
    async with post.watching(account(mortal.imap)):
        mortal.deliver(mail(1), "reply")
        await post.has(1)
        mortal.freeze()
        began = time.monotonic()
    assert time.monotonic() - began < 4
    assert not _threads()


async def test_a_stop_does_not_wait_for_a_server_that_never_greets(mortal: Dovecot, post: Post) -> None:
    mortal.freeze()
    async with post.watching(account(mortal.imap)):
        await post.until(_threads)
        began = time.monotonic()
    assert time.monotonic() - began < 4
    # A connection attempt cannot be broken off: the thread is left alone, and ends as soon as it hears anything.
    mortal.thaw()
    await post.until(lambda: not _threads())


async def test_a_stop_ends_the_dialogue_in_order(server: Dovecot, post: Post) -> None:
    async with post.watching(account(server.imap, "orderly")):
        await _signed_in(server, post, "orderly")
        began = time.monotonic()
    assert time.monotonic() - began < 1
    await post.until(lambda: "imap(orderly)" in server.log and "Logged out" in _of(server, "orderly"))


async def test_a_wrong_password_is_said_once_and_not_tried_again(server: Dovecot, post: Post) -> None:
    async with post.watching(account(server.imap, "locked", password="wrong")):  # noqa: S106  # that is what it is
        lost = await post.heard("inbox.lost")
    assert "refused the sign-in of locked" in str(lost["error"])
    assert "Check [imap] username and the password file" in str(lost["error"])
    assert lost["next"] == 600
    await post.until(lambda: "auth failed, 1 attempts" in _of(server, "locked"))  # said when we hung up
    assert _of(server, "locked").count("auth failed") == 1


async def test_a_folder_that_is_not_there_is_told(server: Dovecot, post: Post) -> None:
    async with post.watching(account(server.imap, "nofolder", folder="Replies")):
        lost = await post.heard("inbox.lost")
        assert "there is no folder Replies" in str(lost["error"])
        with server.client("nofolder") as client:
            client.create_folder("Replies")
        await post.heard("inbox.back")


@pytest.mark.parametrize("security", [Security.TLS, Security.STARTTLS])
async def test_mails_come_over_an_encrypted_connection(
    server: Dovecot, post: Post, security: Security, cafile: str
) -> None:
    port = server.imaps if security is Security.TLS else server.imap
    user = f"private-{security}"
    server.deliver(mail(1), user)
    secure = account(port, user, security=security, cafile=cafile)
    async with post.watching(secure):
        await post.has(1)
        await _signed_in(server, post, user)
        server.deliver(mail(2), user)
        await post.has(1, 2, within=2)
    assert "TLSv1." in probe(secure)
    assert "TLS" in _of(server, user)


@pytest.mark.parametrize("security", [Security.TLS, Security.STARTTLS])
def test_an_unknown_authority_is_not_trusted(server: Dovecot, security: Security) -> None:
    port = server.imaps if security is Security.TLS else server.imap
    with pytest.raises(Unreachable, match=r"certificate of 127.0.0.1:\d+ is not trusted: .* \[imap\] cafile"):
        probe(account(port, "stranger", security=security))
    assert "stranger" not in server.log


def test_a_certificate_of_another_name_is_not_trusted(server: Dovecot, cafile: str) -> None:
    elsewhere = account(server.imaps, security=Security.TLS, cafile=cafile, host="localhost")
    with pytest.raises(Unreachable, match="is not trusted"):
        probe(elsewhere)


def test_a_server_without_starttls_is_not_used(mortal: Dovecot) -> None:
    with pytest.raises(Unreachable, match=r"STARTTLS.*Check \[imap\] port and security"):
        probe(account(mortal.imap, security=Security.STARTTLS))
    assert "Login" not in mortal.log


def test_a_probe_says_what_to_do(server: Dovecot, tmp_path: Path) -> None:
    assert "not encrypted, signed in, 0 mails" in probe(account(server.imap, "probed"))
    with pytest.raises(SignInRefused):
        probe(account(server.imap, "probed", password="passwört"))  # noqa: S106  # wrong, and not ASCII
    with pytest.raises(Unreachable, match=r"cannot be reached: .* Check \[imap\] host and port"):
        probe(account(1))
    with pytest.raises(Unreachable, match=r"does not speak TLS here: .* \(993 tls, 143 starttls\)"):
        probe(account(server.imap, security=Security.TLS))
    (tmp_path / "bad.pem").write_text("no certificate")
    with pytest.raises(Unreachable, match=r"\[imap\] cafile must name a readable PEM file"):
        probe(account(server.imaps, security=Security.TLS, cafile=str(tmp_path / "bad.pem")))


async def _signed_in(server: Dovecot, post: Post, user: str) -> None:
    """Wait until the door is in."""
    await post.until(lambda: f"Login: user=<{user}>" in server.log)


def _threads() -> list[threading.Thread]:
    return [each for each in threading.enumerate() if each.name.startswith("imap ")]


def _of(server: Dovecot, user: str) -> str:
    """Return the lines of the server's log that are about a user."""
    return "\n".join(line for line in server.log.splitlines() if f"<{user}>" in line or f"({user})" in line)
