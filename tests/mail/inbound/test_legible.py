"""What strangers wrote, fit to be shown."""

from __future__ import annotations

import time
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailbot.mail.legible import legible


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("請求書\tA-1\n本日\n", "請求書\tA-1\n本日\n"),
        ("a\r\nb\rc\u2028d\x0ce", "a\nb\nc\nd\ne"),
        ("x \x1b]0;owned\x07 \x1b[2J y \x1b[31mred\x1b[0m \x9b1;2Hz", "x   y red z"),
        ("\x1b]8;;https://evil.example\x1b\\click\x1b]8;;\x1b\\", "click"),
        ("\x1b[", ""),
        ("\x1b]52;c;never closed", "]52;c;never closed"),
        ("invoice\u202efdp.exe\u2066\u200f", "invoicefdp.exe"),
        ("a\0b\x08c\x7fd\x90e\ud800f", "abcdef"),
    ],
)
def test_nothing_acts_on_what_shows_it(text: str, shown: str) -> None:
    assert legible(text) == shown


@given(st.text(st.characters() | st.sampled_from("\x1b[]\x9b;m\x07\\"), max_size=60))
def test_whatever_it_is(text: str) -> None:
    shown = legible(text)
    assert not {each for each in shown if unicodedata.category(each) in {"Cc", "Cs"}} - {"\n", "\t"}
    assert legible(shown) == shown
    shown.encode()


def test_it_takes_time_by_length_only() -> None:
    began = time.process_time()
    for piece in ("\x1b]", "\x1b[", "\x9b0", "\r"):
        legible(piece * 20_000)
    assert time.process_time() - began < 2
