"""What servers do that Dovecot does not do when asked: odd announcements, mails withheld, hang-ups, tokens that end."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from imap_door import BRISK, Post, account, mail
from imap_peer import Peer
from token_endpoint import Endpoint

from mailbot.edges.imap import intake, session
from mailbot.edges.imap.opening import probe
from mailbot.mail.parse import LARGEST
from mailbot.oauth import Grant, Tokens
from mailbot.store.inbox import State

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from mailbot.edges.imap import Account


IN = "OK signed in"
SELECT, EXAMINE = 'SELECT "INBOX"', 'EXAMINE "INBOX"'


@pytest.fixture
async def peer() -> AsyncIterator[Peer]:
    async with Peer().listening() as listening:
        yield listening


@pytest.fixture
async def endpoint(peer: Peer) -> AsyncIterator[Endpoint]:
    async with Endpoint(peer.tokens).listening() as listening:
        yield listening


@pytest.fixture
def watched(peer: Peer, endpoint: Endpoint) -> Account:
    grant = Grant(token_url=endpoint.url, client_id="mailbot", refresh_token="refresh-0")  # noqa: S106  # of a test
    return account(peer.port, tokens=Tokens(grant))


async def test_a_token_signs_in(peer: Peer, endpoint: Endpoint, post: Post, watched: Account) -> None:
    peer.arrives(mail(1))
    async with post.watching(watched):
        await post.has(1)
    assert peer.sign_ins == ["access-1"]
    assert [each["client_id"] for each in endpoint.asked] == ["mailbot"]


async def test_a_token_that_ends_while_we_idle_is_replaced(
    peer: Peer, endpoint: Endpoint, post: Post, watched: Account
) -> None:
    peer.arrives(mail(1))
    # What drops after it was good for a while is replaced without a word.
    async with post.watching(replace(watched, pace=replace(BRISK, settled=0))):
        await post.until(lambda: peer.idling)
        peer.tokens.clear()
        peer.drop()
        await post.until(lambda: len(peer.sign_ins) == 3 and peer.idling)
        peer.arrives(mail(2))
        await post.has(1, 2)
    assert peer.sign_ins == ["access-1", "access-1", "access-2"]
    assert len(endpoint.asked) == 2
    assert post.said.of("inbox.lost") == []


async def test_a_token_that_has_run_out_by_its_own_word_is_not_shown(
    peer: Peer, endpoint: Endpoint, post: Post, watched: Account
) -> None:
    endpoint.lives = 0
    async with post.watching(replace(watched, pace=replace(BRISK, settled=0))):
        await post.until(lambda: peer.idling)
        peer.drop()
        await post.until(lambda: len(peer.sign_ins) == 2 and peer.idling)
    assert peer.sign_ins == ["access-1", "access-2"]


async def test_a_fresh_token_that_is_refused_is_a_matter_for_a_person(
    peer: Peer, endpoint: Endpoint, post: Post, watched: Account
) -> None:
    endpoint.tokens = set()  # what it gives out now opens another server
    async with post.watching(watched):
        lost = await post.heard("inbox.lost")
    assert "refused the sign-in of reply" in str(lost["error"])
    assert "Check [imap] username and oauth" in str(lost["error"])
    assert peer.sign_ins == ["access-1", "access-2"]
    assert "access-" not in str(lost)


async def test_a_refresh_token_that_has_run_out_is_a_matter_for_a_person(
    peer: Peer, endpoint: Endpoint, post: Post, watched: Account
) -> None:
    endpoint.refresh_token = "another"  # noqa: S105  # of a test
    async with post.watching(watched):
        lost = await post.heard("inbox.lost")
    assert "invalid_grant expired" in str(lost["error"])
    assert lost["next"] == 600
    assert len(endpoint.asked) == 1
    assert peer.sign_ins == []


async def test_an_endpoint_that_is_down_is_waited_for(
    peer: Peer, endpoint: Endpoint, post: Post, watched: Account
) -> None:
    endpoint.refusal = (503, {})
    async with post.watching(watched):
        await post.heard("inbox.lost")
        endpoint.refusal = None
        await post.until(lambda: peer.idling)
        await post.heard("inbox.back")
    assert len(post.said.of("inbox.lost")) == 1


async def test_a_sign_in_that_the_server_could_not_judge_is_tried_again(peer: Peer, post: Post) -> None:
    peer.login_answer = "NO [UNAVAILABLE] the directory is down"
    async with post.watching(account(peer.port)):
        lost = await post.heard("inbox.lost")
        peer.login_answer = IN
        await post.heard("inbox.back")
    assert "does not serve us" in str(lost["error"])


@pytest.mark.parametrize("together", [False, True])
async def test_a_mail_told_of_while_we_begin_to_idle_is_taken(peer: Peer, post: Post, together: bool) -> None:  # noqa: FBT001
    peer.login_answer, peer.early, peer.together = IN, [mail(1)], together
    async with post.watching(account(peer.port)):
        await post.has(1, within=5)
    assert post.said.of("inbox.lost") == []


async def test_a_mail_told_of_in_the_answer_to_something_else_is_taken(peer: Peer, post: Post) -> None:
    peer.login_answer, peer.meanwhile = IN, [mail(2)]
    peer.arrives(mail(1))
    async with post.watching(account(peer.port)):
        await post.has(1, 2, within=5)


async def test_a_server_without_idle_is_looked_into(peer: Peer, post: Post) -> None:
    peer.login_answer, peer.extensions = IN, ""
    async with post.watching(account(peer.port, pace=replace(BRISK, poll=0.05))):
        await post.until(lambda: peer.commands.count(SELECT) > 2)
        peer.arrives(mail(1))
        await post.has(1)
    assert "IDLE" not in peer.commands


async def test_what_is_too_large_is_set_aside_by_its_header(peer: Peer, post: Post) -> None:
    peer.login_answer = IN
    peer.sizes[1] = 60 * 1024 * 1024
    peer.arrives(mail(1, "the first of very many lines"))
    peer.arrives(mail(2))
    async with post.watching(account(peer.port)):
        await post.has(1, 2)
        await post.until(lambda: peer.seen == {1, 2})
    aside, taken = post.rows("SELECT state, error, content FROM inbox JOIN inbox_raw ON inbox_id = id ORDER BY id")
    assert aside[0] == State.SET_ASIDE
    assert "60.0 MiB, more than the 50 that are read" in str(aside[1])
    assert b"very many lines" not in bytes(aside[2])
    assert taken[0] == State.RECEIVED
    assert post.said.of("inbox.set_aside") == [{"inbox": 1, "error": aside[1]}]
    assert LARGEST == 50 * 1024 * 1024


async def test_a_mail_that_is_not_handed_out_holds_up_none_behind_it(peer: Peer, post: Post) -> None:
    peer.login_answer, peer.denied = IN, {1}
    peer.arrives(mail(1))
    peer.arrives(mail(2))
    async with post.watching(account(peer.port, pace=replace(BRISK, renew=0.2))):
        await post.has(2)
        assert post.said.of("inbox.skipped") == [
            {"mailbox": "reply@127.0.0.1/INBOX", "uid": 1, "error": "the server says: fetch failed: not this one"}
        ]
        assert sum("BODY" in each and "FETCH 1 " in each for each in peer.commands) >= intake.TRIES
        peer.denied.clear()
        await post.has(2, 1)
    assert len(post.said.of("inbox.skipped")) == 1
    assert post.said.of("inbox.lost") == []


async def test_a_mail_at_which_the_server_hangs_up_holds_up_none_behind_it(peer: Peer, post: Post) -> None:
    peer.login_answer, peer.deadly = IN, {1}
    peer.arrives(mail(1))
    peer.arrives(mail(2))
    async with post.watching(account(peer.port)):
        await post.has(2)
        await post.heard("inbox.back")
    assert [each["uid"] for each in post.said.of("inbox.skipped")] == [1]
    assert len(post.said.of("inbox.lost")) == 1


async def test_a_folder_that_cannot_be_marked_is_read_all_the_same(peer: Peer, post: Post) -> None:
    peer.login_answer, peer.read_only = IN, True
    peer.arrives(mail(1))
    async with post.watching(account(peer.port, pace=replace(BRISK, renew=0.1))):
        await post.has(1)
        fetched = len([each for each in peer.commands if "FETCH" in each])
        looks = peer.commands.count(EXAMINE)
        await post.until(lambda: peer.commands.count(EXAMINE) > looks + 2)
    assert fetched == len([each for each in peer.commands if "FETCH" in each])
    assert not any("STORE" in each for each in peer.commands)


async def test_a_full_disk_costs_no_mail(peer: Peer, post: Post) -> None:
    peer.login_answer = IN
    peer.arrives(mail(1, "x" * 200_000))
    await post.room(pages=0)
    async with post.watching(account(peer.port)):
        lost = await post.heard("inbox.lost")
        assert "the disk under" in str(lost["error"])
        await post.until(lambda: sum("LOGIN" in each for each in peer.commands) > intake.TRIES + 1)
        assert peer.seen == set()
        await post.room(pages=10_000)
        await post.has(1)
        await post.heard("inbox.back")
    assert post.said.of("inbox.skipped") == []


async def test_a_large_folder_is_asked_for_in_parts(peer: Peer, post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "AT_ONCE", 3)
    peer.login_answer = IN
    peer.mails = {uid: mail(uid) for uid in (1, 2, 3, 4, 9, 10, 17)}
    async with post.watching(account(peer.port)):
        await post.has(*peer.mails)
        peer.arrives(mail(18))
        await post.has(*peer.mails)
    asked = [each.rpartition(" ")[2] for each in peer.commands if "SEARCH UID" in each]
    assert asked[:6] == ["1:3", "4:6", "7:9", "10:12", "13:15", "16:*"]


async def test_pauses_grow_and_are_said_once(post: Post, peer: Peer) -> None:
    peer.login_answer = "NO [UNAVAILABLE] later"
    async with post.watching(account(peer.port, pace=replace(BRISK, first_pause=0.05, longest_pause=3600))):
        await post.until(lambda: sum("LOGIN" in each for each in peer.commands) == 3)
        before = len(peer.commands)
    assert len(peer.commands) <= before + 2
    assert [each["next"] for each in post.said.of("inbox.lost")] == [0.05]


async def test_a_probe_of_a_poor_server_says_what_it_lacks(peer: Peer) -> None:
    peer.login_answer, peer.extensions, peer.read_only = IN, "", True
    said = await asyncio.to_thread(probe, account(peer.port))
    assert "no IDLE, so it is looked into once a minute" in said
    assert "read only" in said
