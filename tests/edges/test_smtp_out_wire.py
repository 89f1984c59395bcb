"""The syntax on the wire: replies in any pieces, commands, dots."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailbot.edges.smtp_out.reply import LONGEST_LINE, LONGEST_REPLY, LONGEST_TEXT, BadReply, Reply, ReplyParser
from mailbot.edges.smtp_out.wire import Abilities, body, commands, path, xtext
from mailbot.errors import Rejected
from mailbot.mail.envelope import Envelope

_text = st.binary(max_size=60).map(lambda raw: re.sub(rb"[\r\n]", b"?", raw))
_replies = st.builds(Reply, st.integers(200, 599), st.lists(_text, min_size=1, max_size=4).map(tuple))


def written(reply: Reply) -> bytes:
    *more, last = reply.lines
    lines = [b"%d-%s\r\n" % (reply.code, text) for text in more]
    return b"".join([*lines, b"%d %s\r\n" % (reply.code, last)])


@given(replies=st.lists(_replies, max_size=6), cuts=st.lists(st.integers(0, 2000), max_size=12))
def test_replies_are_read_whatever_way_they_are_cut(replies: list[Reply], cuts: list[int]) -> None:
    stream = b"".join(map(written, replies))
    edges = sorted({0, len(stream), *(cut for cut in cuts if cut < len(stream))})
    parser = ReplyParser()
    found = [reply for begin, end in pairwise(edges) for reply in parser.feed(stream[begin:end])]
    assert found == replies


def read(*pieces: bytes) -> tuple[list[Reply], str]:
    """Return the replies, and what was wrong after them."""
    parser, found = ReplyParser(), list[Reply]()
    try:
        for piece in pieces:
            found.extend(parser.feed(piece))
    except BadReply as error:
        return found, str(error)
    return found, ""


@given(stream=st.binary(max_size=300))
def test_whatever_comes_is_a_reply_or_refused(stream: bytes) -> None:
    found, wrong = read(stream)
    assert wrong.isprintable()
    for reply in found:
        assert 200 <= reply.code <= 599
        assert reply.text.isprintable()


@pytest.mark.parametrize("stream", [b"250\r\n", b"250 \r\n", b"250\n"])
def test_a_code_alone_is_a_reply(stream: bytes) -> None:
    assert read(stream) == ([Reply(250, (b"",))], "")


@pytest.mark.parametrize("stream", [b"\r\n", b"25 x\r\n", b"2500 x\r\n", b"999 x\r\n", b"abc\r\n", b"150 x\r\n"])
def test_what_is_no_reply_is_refused(stream: bytes) -> None:
    assert "not an SMTP reply" in read(stream)[1]


def test_a_line_without_end_is_refused() -> None:
    assert "no end" in read(*[b"x" * 100] * (LONGEST_LINE // 100 + 2))[1]


def test_a_reply_without_end_is_refused() -> None:
    assert "no end" in read(*[b"250-" + b"x" * 100 + b"\r\n"] * (LONGEST_REPLY // 100 + 2))[1]


def test_replies_before_nonsense_are_good() -> None:
    found, wrong = read(b"250 ok\r\n", b"250 taken\r\nnonsense\r\n")
    assert [reply.lines for reply in found] == [(b"ok",), (b"taken",)]
    assert "nonsense" in wrong


def test_a_reply_in_words() -> None:
    reply = Reply(550, (b"5.7.1 We do not", b"5.7.1 take\x1b[31m this", "5.7.1 \u3042".encode()))
    assert reply.enhanced == "5.7.1"
    assert reply.text == "550 5.7.1 We do not take [31m this \u3042"
    assert len(Reply(250, (b"x" * 5000,)).text) == LONGEST_TEXT
    assert Reply(250, (b"2.0.0 Ok: queued as \xff",)).text == "250 2.0.0 Ok: queued as \ufffd"
    assert Reply(250, (b"ok",)).enhanced == ""


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("user@example.test", "user@example.test"),
        ("a..b@docomo.ne.jp", '"a..b"@docomo.ne.jp'),
        ("a.@ezweb.ne.jp", '"a."@ezweb.ne.jp'),
        ('"a..b"@docomo.ne.jp', '"a..b"@docomo.ne.jp'),
        ('a"b@example.test', '"a\\"b"@example.test'),
        ("x+pk3@example.test", "x+pk3@example.test"),
        ("user@[127.0.0.1]", "user@[127.0.0.1]"),
    ],
)
def test_local_parts_are_quoted_where_they_must_be(address: str, expected: str) -> None:
    assert path(address) == expected


@given(st.text(max_size=30))
def test_no_address_writes_a_command(address: str) -> None:
    try:
        written_path = path(address)
    except Rejected:
        return
    assert written_path.isascii()
    assert written_path.isprintable()
    assert not set("<> ") & set(written_path.rpartition("@")[2])


def test_the_null_sender() -> None:
    mail, rcpt, data = commands(Envelope("", "a@b.test", b"x\r\n"), Abilities())
    assert (mail, rcpt, data) == (b"MAIL FROM:<>\r\n", b"RCPT TO:<a@b.test>\r\n", b"DATA\r\n")


@given(st.text(max_size=30))
def test_xtext_reads_back(value: str) -> None:
    coded = xtext(value)
    assert re.fullmatch(r"(?:[!-*,-<>-~]|\+[0-9A-F]{2})*", coded)
    back = re.sub(rb"\+([0-9A-F]{2})", lambda found: bytes([int(found[1], 16)]), coded.encode())
    assert back.decode() == value


@given(st.lists(st.sampled_from([b".", b"..", b"a", b"", b".a", b"a."]), min_size=1, max_size=8))
def test_dots_are_stuffed_and_read_back(lines: list[bytes]) -> None:
    wire = body(b"\r\n".join(lines))
    assert wire.endswith(b"\r\n.\r\n") or wire == b".\r\n"
    received = wire.removesuffix(b".\r\n").split(b"\r\n")[:-1]
    assert b"." not in received
    expected = lines[:-1] if len(lines) > 1 and lines[-1] == b"" else lines
    assert [line.removeprefix(b".") for line in received] == expected


@pytest.mark.parametrize(
    ("offered", "expected"),
    [
        ({}, Abilities()),
        ({"size": ""}, Abilities(sized=True)),
        ({"size": "1000"}, Abilities(sized=True, limit=1000)),
        ({"size": "lots"}, Abilities(sized=True)),
        ({"pipelining": "", "dsn": ""}, Abilities(pipelining=True, dsn=True)),
    ],
)
def test_abilities(offered: dict[str, str], expected: Abilities) -> None:
    assert Abilities.read(offered) == expected
