"""The listener, spoken to as mail servers and strangers do."""

from __future__ import annotations

import asyncio
import contextlib
import re
import stat
from typing import TYPE_CHECKING

import pytest
from mail_clients import INBOUND, MAIL, TAGGED, WAIT_S, Door, open_door

from mailbot.edges.listening import bind
from mailbot.edges.smtp_in import Limits, session
from mailbot.errors import ConfigError, StoreError, StoreFull

if TYPE_CHECKING:
    from pathlib import Path

OTHER = "reply+bother@minato.example"
REPLY = re.compile(r"(2\d\d 2\.|4\d\d 4\.|5\d\d 5\.|354 )")


async def test_a_mail_over_smtp_arrives_byte_for_byte() -> None:
    content = b"Subject: =?\r\n\r\n..dots\r\n\x82\xa0 raw\nbare\rends\r\n" + b"x" * 200_000 + b"\r\n"
    async with open_door("smtp") as door, door.visited() as client:
        assert await client.envelope(INBOUND, TAGGED, sender="a@b.example") == ["250 2.1.5 Ok"] * 2
        assert await client.content(content.replace(b"..dots", b"...dots")) == ["250 2.0.0 On file"]
        assert await client.say("NOOP", "QUIT") == ["250 2.0.0 OK", "221 2.0.0 Bye"]
        assert await client.reply() == ""
    (mail,) = door.tray.mails
    assert mail.raw == content
    assert (mail.door, mail.sender, mail.recipients) == ("smtp", "a@b.example", (INBOUND, TAGGED))


async def test_lmtp_answers_once_for_each_recipient() -> None:
    async with open_door() as door, door.visited() as client:
        replies = await client.envelope(INBOUND, "who@minato.example", TAGGED)
        assert [each[:9] for each in replies] == ["250 2.1.5", "550 5.1.1", "250 2.1.5"]
        assert await client.content(replies=2) == ["250 2.0.0 On file"] * 2
        assert await client.say("NOOP") == ["250 2.0.0 OK"]
    (mail,) = door.tray.mails
    assert (mail.door, mail.sender, mail.recipients) == ("lmtp", "", (INBOUND, TAGGED))


@pytest.mark.parametrize(
    ("failure", "reply", "fact"),
    [
        (StoreFull("full"), "451 4.3.1 ", "store.full"),
        (StoreError("gone"), "451 4.3.0 ", "task.failed"),
        (ValueError("odd"), "451 4.3.0 ", "task.failed"),
    ],
)
@pytest.mark.parametrize("protocol", ["smtp", "lmtp"])
async def test_what_is_not_on_file_is_never_answered_250(
    protocol: str, failure: Exception, reply: str, fact: str
) -> None:
    async with open_door(protocol) as door, door.visited() as client:
        door.tray.failure = failure
        await client.envelope(INBOUND, TAGGED)
        replies = await client.content(replies=2 if protocol == "lmtp" else 1)
        assert [each[:10] for each in replies] == [reply] * len(replies)
        door.tray.failure = None
        await client.envelope(INBOUND)
        assert await client.content() == ["250 2.0.0 On file"]
    assert door.facts.names == [fact]


async def test_parameters_of_delivery_reports_are_passed_over() -> None:
    async with open_door("smtp") as door, door.visited() as client:
        said = await client.greet()
        assert {"250-PIPELINING", "250-8BITMIME", "250-SMTPUTF8", "250-ENHANCEDSTATUSCODES"} <= set(said.splitlines())
        assert f"250-SIZE {Limits().size}" in said.splitlines()
        assert "DSN" not in said
        orcpt = "ORCPT=rfc822;" + "x" * 480
        replies = await client.say(
            f"MAIL FROM:<a@b.example> BODY=8BITMIME SIZE=100 RET=HDRS ENVID={'e' * 100} SMTPUTF8",
            f"RCPT TO:<{TAGGED}> NOTIFY=FAILURE,DELAY {orcpt}",
            f"RCPT TO:<{TAGGED}> SOMETHING=else",
        )
        assert [each[:3] for each in replies] == ["250", "250", "555"]


@pytest.mark.parametrize("size", ["²", "٣", "9" * 1000, "-1", "x", ""])
async def test_a_size_that_is_no_number_is_a_mistake_of_the_client(size: str) -> None:
    async with open_door("smtp") as door, door.visited() as client:
        await client.greet()
        (refused,) = await client.say(f"MAIL FROM:<a@b.example> SIZE={size}")
        assert refused.startswith("501 5.5.4")
    assert door.facts.names == []


@pytest.mark.parametrize(
    "recipient",
    [
        "someone@elsewhere.example",
        "replyx@minato.example",
        "reply+@minato.example",
        "reply+tag@elsewhere.example",
        "reply%elsewhere.example@minato.example",
        "elsewhere.example!reply@minato.example",
        '"reply+a b"@minato.example',
        '"x@elsewhere.example"@minato.example',
        "postmaster@elsewhere.example",
        "reply",
        "",
    ],
)
async def test_nothing_else_is_taken_and_nothing_is_sent_on(recipient: str) -> None:
    async with open_door("smtp") as door, door.visited() as client:
        await client.greet()
        _, refused, data = await client.say("MAIL FROM:<a@b.example>", f"RCPT TO:<{recipient}>", "DATA")
        assert refused.startswith("550 5.1.1")
        assert data.startswith("503 5.5.1")
    assert door.facts.names == ["inbox.turned_away"]


@pytest.mark.parametrize(
    "recipient",
    [
        INBOUND,
        TAGGED,
        "Reply@MINATO.example",
        "REPLY+BA7X@minato.example",
        "reply+not-ours-at-all@minato.example",
        "@relay.example,@other.example:reply+ba7x@minato.example",
        "postmaster",
        "Postmaster@minato.example",
        "reply+税@minato.example",
    ],
)
async def test_all_that_is_ours_is_taken(recipient: str) -> None:
    async with open_door() as door, door.visited() as client:
        assert await client.envelope(recipient, sender="あ@b.example") == ["250 2.1.5 Ok"]
        assert await client.content() == ["250 2.0.0 On file"]
    assert door.tray.mails[0].sender == "あ@b.example"


async def test_octets_that_are_no_utf8_are_taken_as_text() -> None:
    async with open_door() as door, door.visited() as client:
        await client.greet()
        await client.say(b"MAIL FROM:<\x82\xa0@b.example>\r\n", f"RCPT TO:<{INBOUND}>", "DATA")
        assert await client.content() == ["250 2.0.0 On file"]
    assert door.tray.mails[0].sender == "\ufffd\ufffd@b.example"


async def test_what_is_too_large_is_refused_and_the_next_mail_is_taken() -> None:
    async with open_door(limits=Limits(size=1000)) as door, door.visited() as client:
        await client.greet()
        assert [each[:9] for each in await client.say("MAIL FROM:<> SIZE=1001")] == ["552 5.3.4"]
        await client.envelope(INBOUND, TAGGED)
        replies = await client.content(b"x" * 5_000_000 + b"\r\n" + b".\n.\r\r\n", replies=2)
        assert [each[:9] for each in replies] == ["552 5.3.4"] * 2
        await client.envelope(INBOUND)
        assert await client.content(b"x" * 998 + b"\r\n") == ["250 2.0.0 On file"]
    assert [len(each.raw) for each in door.tray.mails] == [1000]


async def test_too_many_recipients_are_left_for_another_time() -> None:
    async with open_door(limits=Limits(recipients=2)) as door, door.visited() as client:
        replies = await client.envelope(INBOUND, TAGGED, OTHER)
        assert [each[:9] for each in replies] == ["250 2.1.5", "250 2.1.5", "452 4.5.3"]
        assert len(await client.content(replies=2)) == 2
    assert door.tray.mails[0].recipients == (INBOUND, TAGGED)


async def test_a_whole_dialogue_in_one_write() -> None:
    mail = [b"MAIL FROM:<>\r\n", f"RCPT TO:<{INBOUND}>\r\nRCPT TO:<{TAGGED}>\r\nDATA\r\n".encode(), MAIL, b".\r\n"]
    async with open_door() as door, door.visited() as client:
        client.send(b"LHLO x\r\n", *mail, *mail, b"QUIT\r\n")
        replies = [await client.reply() for _ in range(14)]
        assert [each[:3] for each in replies] == ["250", *(["250", "250", "250", "354", "250", "250"] * 2), "221"]
    assert [each.raw for each in door.tray.mails] == [MAIL, MAIL]


async def test_no_second_mail_hides_behind_a_bare_line_feed() -> None:
    inner = b"Subject: a\r\n\r\n\n.\nMAIL FROM:<x@y.example>\r\n\n.\r\n\r.\r\n"
    async with open_door("smtp") as door, door.visited() as client:
        await client.envelope(INBOUND)
        assert await client.content(inner) == ["250 2.0.0 On file"]
    assert [each.raw for each in door.tray.mails] == [inner]


async def test_every_reply_carries_its_enhanced_code() -> None:
    odd = [
        "MAIL FROM:a@b",
        "MAIL",
        "RCPT TO:<a@b>",
        "DATA x",
        "DATA",
        "HELP",
        "VRFY a",
        "EXPN",
        "AUTH PLAIN",
        "STARTTLS",
    ]
    async with open_door("smtp") as door, door.visited() as client:
        await client.greet()
        for reply in await client.say(*odd, "RSET x", "RSET", "NOOP", b"\xff\r\n", b"\r\n", "WHAT"):
            assert REPLY.match(reply), reply
    assert door.facts.names == []


async def test_plain_smtp_is_answered_plainly() -> None:
    async with open_door("smtp") as door, door.visited() as client:
        assert await client.say("HELO x", "NOOP") == ["250 mail.minato.example", "250 OK"]
    async with open_door("lmtp") as door, door.visited() as client:
        assert [each[:3] for each in await client.say("HELO x", "EHLO x", "MAIL FROM:<>")] == ["500", "500", "503"]


async def test_a_command_that_is_too_long_is_refused_and_the_next_is_heard() -> None:
    async with open_door() as door, door.visited() as client:
        await client.greet()
        long = ["MAIL FROM:<" + "a" * 3000 + "@b>", "NOOP " + "x" * 300_000, "NOOP"]
        assert [each[:3] for each in await client.say(*long)] == ["500", "500", "250"]
    assert door.facts.names == []


async def test_the_limits_of_a_connection_are_its_own() -> None:
    long = f"MAIL FROM:<> ENVID={'e' * 1500}"
    async with open_door() as door, door.visited() as first:
        await first.greet()
        async with door.visited() as second:
            await second.greet()
            assert [each[:3] for each in await first.say(long)] == ["250"]


async def test_more_connections_than_allowed_are_told_so() -> None:
    async with open_door(limits=Limits(connections=50)) as door, contextlib.AsyncExitStack() as stack:
        clients = [await stack.enter_async_context(door.knocked()) for _ in range(60)]
        greetings = [await each.reply() for each in clients]
        assert sorted(each[:3] for each in greetings) == ["220"] * 50 + ["421"] * 10
        inside = [each for each, greeting in zip(clients, greetings, strict=True) if greeting.startswith("220")]
        assert await inside[0].say("QUIT") == ["221 Bye"]
        assert await inside[0].reply() == ""
        async with door.visited() as late:
            await late.envelope(INBOUND)
            assert await late.content() == ["250 2.0.0 On file"]
    assert door.facts.names == ["inbox.turned_away"] * 10


@pytest.mark.parametrize("limits", [Limits(idle=0.05), Limits(content=0.05)])
async def test_who_says_nothing_is_not_waited_for(limits: Limits) -> None:
    async with open_door(limits=limits) as door, door.visited() as client:
        if limits.content < 1:
            await client.envelope(INBOUND)
        assert (await client.reply()).startswith("421 4.4.2")
        assert await client.reply() == ""
    assert door.tray.mails == []


async def test_the_same_command_over_and_over_ends_the_connection() -> None:
    async with open_door() as door, door.visited() as client:
        replies = await client.say(*["NOOP"] * (session.CALLS + 1))
        assert (replies[-2][:3], replies[-1][:9]) == ("250", "421 4.7.0")


async def test_who_reads_nothing_holds_no_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "CLOSING_S", 0.1)
    limits = Limits(connections=1, idle=0.1)
    async with open_door(limits=limits, listen=f"unix:{tmp_path / 'lmtp'}") as door, door.visited() as deaf:
        deaf.send(b"LHLO x\r\n" * 5000)
        await _let_in(door)


async def _let_in(door: Door) -> None:
    """Return once there is room for one more."""
    async with asyncio.timeout(WAIT_S):
        while True:
            async with door.knocked() as client:
                if (await client.reply()).startswith("220"):
                    return


async def test_who_hangs_up_in_the_middle_is_forgotten() -> None:
    async with open_door(limits=Limits(connections=1)) as door:
        async with door.visited() as client:
            await client.envelope(INBOUND)
            client.send(b"Subject: half a mail\r\n")
        await _let_in(door)
    assert door.tray.mails == []


async def test_a_stop_lets_a_mail_under_way_end_and_sends_the_idle_away() -> None:
    async with open_door() as door, door.visited() as busy, door.visited() as idle, door.visited() as polite:
        door.tray.open.clear()
        await busy.envelope(INBOUND, TAGGED)
        await polite.envelope(INBOUND)
        busy.send(MAIL)
        polite.send(MAIL, b".\r\n")
        await door.tray.asked.wait()
        stopping = asyncio.create_task(door.listener.stop(10))
        assert (await idle.reply()).startswith("421 4.3.2")
        assert await idle.reply() == ""
        door.tray.open.set()
        assert [await polite.reply(), (await polite.reply())[:9]] == ["250 2.0.0 On file", "421 4.3.2"]
        assert not stopping.done()
        *replies, goodbye, end = await busy.content(replies=4)
        assert replies == ["250 2.0.0 On file"] * 2
        assert goodbye.startswith("421 4.3.2")
        assert end == ""
        await asyncio.wait_for(stopping, 5)
    assert len(door.tray.mails) == 2


async def test_a_stop_does_not_wait_for_ever() -> None:
    async with open_door() as door, door.visited() as client:
        await client.envelope(INBOUND)
        client.send(b"Subject: never ends\r\n")
        await asyncio.wait_for(door.listener.stop(0.05), 5)
        with contextlib.suppress(ConnectionError):
            assert await client.reply() == ""
        with pytest.raises(OSError):  # noqa: PT011 - refused or gone, as the machine says it
            async with door.knocked():
                pass


async def test_a_unix_socket_is_for_our_group_and_replaced_only_where_nobody_listens(tmp_path: Path) -> None:
    path = tmp_path / "lmtp"
    bind(f"unix:{path}").close()
    async with open_door(listen=f"unix:{path}") as door, door.visited() as client:
        assert stat.S_IMODE(path.stat().st_mode) == 0o660
        await client.envelope(INBOUND)
        assert await client.content() == ["250 2.0.0 On file"]
        with pytest.raises(ConfigError, match=r"\[inbound\] listen"):
            bind(f"unix:{path}", key="[inbound] listen")
        assert await client.say("NOOP") == ["250 2.0.0 OK"]


async def test_aiosmtpd_logs_nothing_of_what_clients_say(caplog: pytest.LogCaptureFixture) -> None:
    async with open_door() as door, door.visited() as client:
        await client.say(*["SECRET"] * 5)
    assert "SECRET" not in caplog.text
