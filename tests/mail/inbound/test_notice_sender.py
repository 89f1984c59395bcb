"""Who wrote a mail: the address in From, whatever its display name says."""

from __future__ import annotations

import pytest

from mailbot.mail.notice import sender
from mailbot.mail.parse import parse


@pytest.mark.parametrize(
    ("field", "found"),
    [
        ("Hanako@Sakura.example", "hanako@sakura.example"),
        ("Hanako <hanako@sakura.example>", "hanako@sakura.example"),
        ("<hanako@sakura.example>", "hanako@sakura.example"),
        ('"boss@minato.example" <hanako@sakura.example>', "hanako@sakura.example"),
        ("boss@minato.example <hanako@sakura.example>", "hanako@sakura.example"),
        ("=?utf-8?B?PGJvc3NAbWluYXRvLmV4YW1wbGU+?= <hanako@sakura.example>", "hanako@sakura.example"),
        ("hanako@sakura.example (boss@minato.example)", "hanako@sakura.example"),
        ("nobody", ""),
        ("<>", ""),
    ],
)
def test_a_display_name_is_no_sender(field: str, found: str) -> None:
    assert sender(parse(f"From: {field}\n\nhello\n".encode())) == found


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ("=?utf-8?q?=22?= <evil@evil.example> =?utf-8?q?=22_<keiri=40sakura=2Eexample>?=", "evil@evil.example"),
        ("=?utf-8?q?keiri=40sakura=2Eexample?=", "keiri@sakura.example"),
        (f"{'x' * 100_000} <keiri@sakura.example>", "keiri@sakura.example"),
    ],
)
def test_encoded_words_name_a_sender_only_where_nothing_else_does(value: str, found: str) -> None:
    assert sender(parse(f"From: {value}\n\nx".encode())) == found
