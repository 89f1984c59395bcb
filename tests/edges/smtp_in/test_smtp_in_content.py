"""A mail's content, in whatever pieces it comes."""

from __future__ import annotations

import asyncio
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailbot.edges.smtp_in.content import read_content

LIMIT = 1000
OCTETS = st.lists(st.sampled_from([b".", b"\r\n", b"\r", b"\n", b"x", b"..", b"long" * 20]), max_size=30).map(b"".join)


def stuffed(content: bytes) -> bytes:
    """Double the dots that open lines, as a client does (RFC 5321 §4.5.2)."""
    return (b"\r\n" + content).replace(b"\r\n.", b"\r\n..")[2:]


@given(content=OCTETS, cuts=st.lists(st.integers(1, 60), min_size=1, max_size=20), limit=st.integers(0, 300))
async def test_any_content_is_read_as_it_was(content: bytes, cuts: list[int], limit: int) -> None:
    content += b"\r\n"
    reader = asyncio.StreamReader(limit=32)
    reading = asyncio.create_task(read_content(reader, limit=limit))
    wire, at = stuffed(content) + b".\r\nQUIT\r\n", 0
    for size in cuts:
        reader.feed_data(wire[at : at + size])
        at += size
        await asyncio.sleep(0)
    reader.feed_data(wire[at:])
    assert await asyncio.wait_for(reading, 5) == (content if len(content) <= limit else None)
    assert await reader.readline() == b"QUIT\r\n"


async def test_what_is_too_much_takes_no_memory() -> None:
    reader, piece = asyncio.StreamReader(), b"no end of a line" * 4096
    reading = asyncio.create_task(read_content(reader, limit=LIMIT))
    tracemalloc.start()
    try:
        for _ in range(100):
            reader.feed_data(piece)
            await asyncio.sleep(0)
        reader.feed_data(b"\r\n.\r\n")
        assert await asyncio.wait_for(reading, 5) is None
        assert tracemalloc.get_traced_memory()[1] < 10 * len(piece)
    finally:
        tracemalloc.stop()


async def test_an_empty_content() -> None:
    reader = asyncio.StreamReader()
    reader.feed_data(b".\r\n")
    assert await read_content(reader, limit=LIMIT) == b""


async def test_a_connection_that_ends_is_no_end_of_a_mail() -> None:
    reader = asyncio.StreamReader()
    reader.feed_data(b"Subject: x\r\n.\r")
    reader.feed_eof()
    with pytest.raises(asyncio.IncompleteReadError):
        await read_content(reader, limit=LIMIT)
