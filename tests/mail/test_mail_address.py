"""Addresses as people type them."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailbot.errors import Refused
from mailbot.mail.address import key, mask, path, read, split

settings.register_profile("patient", deadline=None)  # another program may have the processor for a while
settings.load_profile("patient")

locals_ = st.from_regex(r"[a-zA-Z0-9_-]{1,20}(\.[a-zA-Z0-9_-]{1,20}){0,2}", fullmatch=True)
domains = st.from_regex(r"[a-z]{1,10}(\.[a-z]{1,10}){0,2}\.(jp|com|example)", fullmatch=True)


def _full_width(text: str) -> str:
    return "".join(chr(ord(character) + 0xFEE0) for character in text)


@pytest.mark.parametrize(
    ("typed", "email"),
    [
        ("taro@example.co.jp", "taro@example.co.jp"),
        ("  Taro@Example.CO.JP  ", "Taro@example.co.jp"),
        ("ｔａｒｏ＠ｅｘａｍｐｌｅ．ｃｏ．ｊｐ", "taro@example.co.jp"),
        ("taro＠example.co.jp\u3000", "taro@example.co.jp"),
        ("taro@example。co。jp", "taro@example.co.jp"),
        ("<taro@example.co.jp>", "taro@example.co.jp"),
        ("山田太郎 <taro@example.co.jp>", "taro@example.co.jp"),
        ("mailto:taro@example.co.jp", "taro@example.co.jp"),
        ("MAILTO:taro@example.co.jp", "taro@example.co.jp"),
        ("\ufefftaro@example.co.jp\u200b", "taro@example.co.jp"),
        ("taro+tag@example.co.jp", "taro+tag@example.co.jp"),
        ("taro@日本語.jp", "taro@xn--wgv71a119e.jp"),
        ("taro@xn--wgv71a119e.jp", "taro@xn--wgv71a119e.jp"),
    ],
)
def test_what_is_meant_is_taken(typed: str, email: str) -> None:
    found = read(typed)
    assert (found.email, found.warning) == (email, "")


@pytest.mark.parametrize(
    ("typed", "email"),
    [
        ("a..b@docomo.ne.jp", "a..b@docomo.ne.jp"),
        (".abc@ezweb.ne.jp", ".abc@ezweb.ne.jp"),
        ("abc.@ezweb.ne.jp", "abc.@ezweb.ne.jp"),
        ("abc.@au.com", "abc.@au.com"),
        ("ａ．．ｂ＠DOCOMO.ne.jp", "a..b@docomo.ne.jp"),
        ('"a..b"@docomo.ne.jp', "a..b@docomo.ne.jp"),
        ("a..b@t.docomo.ne.jp", "a..b@t.docomo.ne.jp"),
    ],
)
def test_old_carrier_addresses_are_taken_with_a_warning(typed: str, email: str) -> None:
    found = read(typed)
    assert found.email == email
    assert "carrier" in found.warning


def test_an_ordinary_carrier_address_has_no_warning() -> None:
    assert not read("a.b@docomo.ne.jp").warning


def test_a_domain_for_tests_is_taken_with_a_warning() -> None:
    assert "reserved" in read("a@sub.test").warning


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("", "no mail address here"),
        ("   ", "no mail address here"),
        ("taro", "no @"),
        ("taro@", "after the @"),
        ("@example.jp", "before the @"),
        ("taro@localhost", "should have a period"),
        ("taro@intranet", "should have a period"),
        ("taro@nowhere.invalid", "special-use"),
        ("a..b@example.jp", "two periods"),
        ("a..b@notdocomo.ne.jp", "two periods"),
        ("..@docomo.ne.jp", "before the @"),
        ("a b@example.jp", "no single"),
        ("a@example.jp b@example.jp", "no single"),
        ("a@example.jp;b@example.jp", "no single"),
        ("a@b@example.jp", "no single"),
        ("太郎@example.jp", "'太' before the @"),
        ("taro@[127.0.0.1]", "no mail address"),
        ('"a b"@example.jp', "no single"),
        ("x" * 65 + "@example.jp", "too long"),
        ("x@" + "a." * 130 + "example.jp", "no mail address"),
        ("taro@example.jp\r\nBcc: x@example.jp", "no single"),
        ("ta\x00ro@example.jp", "no mail address"),
    ],
)
def test_a_refusal_says_what_is_wrong(typed: str, said: str) -> None:
    with pytest.raises(Refused, match=said) as caught:
        read(typed)
    assert str(caught.value).isprintable()


def test_a_refusal_of_a_large_cell_is_short() -> None:
    with pytest.raises(Refused) as caught:
        read("x" * 10_000_000)
    assert len(str(caught.value)) < 200


@given(local=locals_, domain=domains)
def test_full_width_typing_means_the_same(local: str, domain: str) -> None:
    typed = f"{local}@{domain}"
    assert read(_full_width(typed)) == read(typed)


@given(text=st.text(max_size=40))
def test_any_text_is_an_address_or_refused(text: str) -> None:
    try:
        found = read(text)
    except Refused:
        return
    assert found.email.isascii()
    assert found.email.isprintable()
    assert " " not in found.email
    assert read(found.email).key == found.key


@given(local=locals_, domain=domains)
def test_one_mailbox_has_one_key(local: str, domain: str) -> None:
    email = f"{local}@{domain}"
    assert key(email.upper()) == key(email) == key(f' "{local}"@{domain}. ')


def test_a_cell_of_several_is_split() -> None:
    assert split("a@x.jp b@x.jp;c@x.jp； d@x.jp、e@x.jp\u3000f＠x.jp\n") == [f"{letter}@x.jp" for letter in "abcdef"]
    assert split("  ") == []


@pytest.mark.parametrize(
    ("email", "masked"),
    [("taro@example.com", "t***@example.com"), ("t@example.com", "t***@example.com"), ("x", "***@x")],
)
def test_a_mask_hides_the_person(email: str, masked: str) -> None:
    assert mask(email) == masked


@pytest.mark.parametrize(
    ("email", "on_the_wire"),
    [
        ("taro@example.jp", "taro@example.jp"),
        ("a..b@docomo.ne.jp", '"a..b"@docomo.ne.jp'),
        ('"a..b"@docomo.ne.jp', '"a..b"@docomo.ne.jp'),
        ('a"b@example.jp', '"a\\"b"@example.jp'),
    ],
)
def test_a_path_is_quoted_where_it_must_be(email: str, on_the_wire: str) -> None:
    assert path(email) == on_the_wire
