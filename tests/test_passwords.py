"""Passwords: what is asked of them, what is kept of them, and how many may wait."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING

import pytest
from argon2 import extract_parameters
from hypothesis import given
from hypothesis import strategies as st

from mailbot.passwords import Busy, Passwords, problem

if TYPE_CHECKING:
    from collections.abc import Iterator

EMAIL = "keiri@sakura.example"
GOOD = "春は曙 やうやう白く"


@pytest.fixture
def passwords() -> Iterator[Passwords]:
    passwords = Passwords()
    yield passwords
    passwords.close()


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("", "password_short"),
        ("123456789", "password_short"),
        ("ﾊﾞ" * 5, "password_short"),  # five characters, on whatever keyboard
        ("x" * 201, "password_long"),
        (EMAIL, "password_is_address"),
        (EMAIL.upper(), "password_is_address"),
        ("ｋｅｉｒｉ＠ｓａｋｕｒａ．ｅｘａｍｐｌｅ", "password_is_address"),
        ("password123", "password_common"),
        ("Password2026!", "password_common"),
        ("1234567890", "password_common"),
        ("0312345678", "password_common"),
        ("qwertyuiop", "password_common"),
        ("aaaaaaaaaaaa", "password_common"),
        ("abcabcabcabc", "password_common"),
        (GOOD, None),
        ("correct horse battery", None),
        ("tR7#kq02Lm", None),
    ],
)
def test_length_is_asked_for_and_what_is_guessed_first_is_refused(text: str, key: str | None) -> None:
    assert problem(text, email=EMAIL) == key


def test_the_part_before_the_at_is_no_password_either() -> None:
    assert problem("taro.yamada", email="taro.yamada@sakura.example") == "password_is_address"


@given(st.text())
def test_of_any_text_it_says_something(text: str) -> None:
    assert problem(text, email=EMAIL) in {
        *("password_short", "password_long", "password_is_address", "password_common"),
        None,
    }


async def test_only_the_password_itself_is_right(passwords: Passwords) -> None:
    known = await passwords.hash(GOOD)
    assert await passwords.verify(known, GOOD)
    assert not await passwords.verify(known, GOOD + "。")
    assert not await passwords.verify(known, "")
    assert GOOD not in known
    assert await passwords.hash(GOOD) != known, "each has a salt of its own"


async def test_it_costs_64_mebibytes(passwords: Passwords) -> None:
    parameters = extract_parameters(await passwords.hash(GOOD))
    assert (parameters.type.name, parameters.memory_cost, parameters.time_cost) == ("ID", 64 * 1024, 3)


async def test_another_keyboard_gives_the_same_password(passwords: Passwords) -> None:
    known = await passwords.hash("ﾊﾟｽﾜｰﾄﾞ123456")
    assert await passwords.verify(known, "パスワード１２３４５６")


async def test_nobodys_password_takes_a_verification_and_is_never_right(passwords: Passwords) -> None:
    for text in ("", "password", GOOD, "\ud800"):
        assert not await passwords.verify("", text)
    assert passwords.verifications == 4


async def test_beyond_the_queue_one_is_told_at_once_and_the_place_comes_free() -> None:
    passwords = Passwords(workers=1, queue=2)
    try:
        running = [asyncio.create_task(passwords.verify("", GOOD)) for _ in range(3)]
        await asyncio.sleep(0)
        for _ in range(5):
            with pytest.raises(Busy):
                await passwords.verify("", GOOD)
        assert await asyncio.gather(*running) == [False] * 3
        assert not await passwords.verify("", GOOD)
    finally:
        passwords.close()


async def test_who_goes_away_leaves_the_place_taken_until_the_work_is_done() -> None:
    passwords = Passwords(workers=1, queue=0)
    try:
        gone = asyncio.create_task(passwords.verify("", GOOD))
        await asyncio.sleep(0)
        gone.cancel()
        with pytest.raises(asyncio.CancelledError):
            await gone
        free = False
        while not free:
            with contextlib.suppress(Busy):
                assert not await passwords.verify("", GOOD)
                free = True
            await asyncio.sleep(0)
    finally:
        passwords.close()


async def test_closed_it_begins_nothing_more() -> None:
    passwords = Passwords(workers=1, queue=0)
    passwords.close()
    for _ in range(3):
        with pytest.raises(RuntimeError):
            await passwords.hash(GOOD)
