"""Codes on paper: drawn, printed, typed back, and resting after failures."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailbot.domain.paper_code import ALPHABET, LENGTH, RANDOM_BYTES, draw, lock_anywhere, lock_for, read, shown
from mailbot.domain.written import Misread

CODES = st.binary(min_size=RANDOM_BYTES, max_size=RANDOM_BYTES).map(draw)


def test_the_alphabet_has_nothing_that_looks_like_something_else() -> None:
    assert len(set(ALPHABET)) == 32
    assert not set("ILOU") & set(ALPHABET)


@given(CODES)
def test_a_code_is_twelve_characters_of_it_printed_in_fours(code: str) -> None:
    assert len(code) == LENGTH
    assert set(code) <= set(ALPHABET)
    assert re.fullmatch(r"\w{4}-\w{4}-\w{4}", shown(code))
    assert read(shown(code)) == code


def test_every_bit_of_sixty_counts() -> None:
    assert draw(bytes(8)) == "000000000000"
    assert draw(b"\xff" * 8) == "ZZZZZZZZZZZZ"
    assert draw((1 << 4).to_bytes(8, "big")) == "000000000001"
    assert draw((1 << 63).to_bytes(8, "big")) == "G00000000000"
    assert draw(b"\x01" * 20) == draw(b"\x01" * 8), "more bytes do no harm"
    with pytest.raises(ValueError, match="8 random bytes"):
        draw(b"1234567")


@given(CODES, st.data())
def test_a_code_is_read_however_it_is_typed(code: str, data: st.DataObject) -> None:
    def typed(character: str) -> str:
        forms = [character, character.lower(), chr(ord(character) + 0xFEE0), chr(ord(character.lower()) + 0xFEE0)]
        forms += {"0": ["O", "o", "Ｏ"], "1": ["I", "i", "L", "l", "Ｉ", "ｌ"]}.get(character, [])
        between = data.draw(st.sampled_from(["", " ", "-", "　", "－", "—", "ー", ".", "\n"]))
        return data.draw(st.sampled_from(forms)) + between

    assert read("".join(map(typed, code))) == code


@pytest.mark.parametrize(
    ("typed", "problem"),
    [
        ("", "and 0 were typed"),
        ("ABCD-EFGH-JKM", "and 11 were typed"),
        ("ABCD-EFGH-JKMNP", "and 13 were typed"),
        ("ABCD-EFGH-JKMU", "no code has"),
        ("ABCD-EFGH-JKM?", "no code has"),
    ],
)
def test_what_is_no_code_is_refused_without_being_repeated(typed: str, problem: str) -> None:
    with pytest.raises(Misread, match=problem) as caught:
        read(typed)
    assert "EFGH" not in str(caught.value)


@given(st.text())
def test_any_text_is_a_code_or_refused(text: str) -> None:
    try:
        code = read(text)
    except Misread:
        return
    assert len(code) == LENGTH
    assert set(code) <= set(ALPHABET)


@pytest.mark.parametrize(
    ("failures", "minutes"),
    [(0, 0), (1, 0), (5, 0), (6, 1), (7, 2), (8, 4), (9, 8), (10, 16), (11, 32), (12, 60), (13, 60), (10_000, 60)],
)
def test_five_failures_are_free_then_the_rest_doubles_up_to_an_hour(failures: int, minutes: int) -> None:
    assert lock_for(failures) == timedelta(minutes=minutes)


@pytest.mark.parametrize(("failures", "seconds"), [(0, 0), (500, 0), (501, 60), (100_000, 60)])
def test_after_very_many_failures_of_all_networks_it_rests_a_minute_at_a_time(failures: int, seconds: int) -> None:
    assert lock_anywhere(failures) == timedelta(seconds=seconds)
