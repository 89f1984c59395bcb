"""Tokens and tags: what we signed opens as what it was signed for, and nothing else does."""

from __future__ import annotations

import re
import tempfile
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailbot.errors import BadLink, ConfigError, Refused
from mailbot.keyring import Keyring
from mailbot.links import (
    BASE,
    LOCAL_PART,
    Link,
    Links,
    Purpose,
    Tag,
    TagPurpose,
    check_base,
    masked,
    overwritten,
    tag_of,
    tagged,
)

NOW = datetime(2026, 11, 20, 2, 28, 45, 123000, tzinfo=UTC)
LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_."

settings.register_profile("patient", deadline=None)  # another program may have the processor for a while
settings.load_profile("patient")

purposes = st.sampled_from(Purpose)
ids = st.lists(st.integers(min_value=0, max_value=2**63), max_size=4)
moments = st.datetimes(min_value=datetime(2020, 1, 1), max_value=datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001  hypothesis wants them naive


def _in_milliseconds(moment: datetime) -> datetime:
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


@pytest.fixture
def links(tmp_path: Path) -> Links:
    return Links(Keyring.create(tmp_path / "keys", now=NOW))


@pytest.fixture(scope="module")
def ours() -> Links:
    """Links for properties: nothing that changes its keys may use it."""
    return Links(Keyring.create(Path(tempfile.mkdtemp()) / "keys", now=NOW))


@given(purpose=purposes, ids=ids, at=moments)
def test_a_token_says_what_was_signed(ours: Links, purpose: Purpose, ids: list[int], at: datetime) -> None:
    token = ours.sign(purpose, *ids, at=at)
    assert ours.open(token) == Link(purpose, tuple(ids), _in_milliseconds(at), "a", retired=False)
    assert token == ours.sign(purpose, *ids, at=at)
    assert re.fullmatch(r"[A-Za-z0-9._-]+", token)


@given(purpose=purposes, others=st.sets(purposes, min_size=1), ids=ids)
def test_a_token_opens_only_for_its_purpose(
    ours: Links, purpose: Purpose, others: set[Purpose], ids: list[int]
) -> None:
    token = ours.sign(purpose, *ids, at=NOW)
    if purpose in others:
        assert ours.open(token, *others).purpose is purpose
    else:
        with pytest.raises(BadLink, match="something else"):
            ours.open(token, *others)


@given(purpose=purposes, other=purposes, ids=ids)
def test_no_token_passes_for_one_of_another_purpose(
    ours: Links, purpose: Purpose, other: Purpose, ids: list[int]
) -> None:
    token = ours.sign(purpose, *ids, at=NOW)
    if other is not purpose:
        with pytest.raises(BadLink):
            ours.open(other + token[1:])


@given(ids=ids, place=st.integers(min_value=0), letter=st.sampled_from(LETTERS))
def test_one_changed_character_spoils_a_token(ours: Links, ids: list[int], place: int, letter: str) -> None:
    token = ours.sign(Purpose.INVOICE, *ids, at=NOW)
    place %= len(token)
    changed = token[:place] + letter + token[place + 1 :]
    if changed != token:
        with pytest.raises(BadLink):
            ours.open(changed)


@given(text=st.text())
def test_any_text_is_refused_as_a_bad_link(ours: Links, text: str) -> None:
    with pytest.raises(BadLink):
        ours.open(text)
    with pytest.raises(BadLink):
        ours.read_tag(text)


def test_every_spelling_of_the_unused_bits_is_refused(ours: Links) -> None:
    token = ours.sign(Purpose.INVOICE, 7, at=NOW)
    opened = [letter for letter in LETTERS if _opens(ours, token[:-1] + letter)]
    assert opened == [token[-1]]


def _opens(links: Links, token: str) -> bool:
    try:
        links.open(token)
    except BadLink:
        return False
    return True


@pytest.mark.parametrize("more", ["\n", " ", "=", "A", "!"])
def test_nothing_may_follow_a_token(ours: Links, more: str) -> None:
    assert not _opens(ours, ours.sign(Purpose.INVOICE, 7, at=NOW) + more)


def test_a_moment_in_another_zone_is_the_same_moment(ours: Links) -> None:
    tokyo = NOW.astimezone(timezone(timedelta(hours=9)))
    assert ours.sign(Purpose.SEEN, 1, at=tokyo) == ours.sign(Purpose.SEEN, 1, at=NOW)


def test_a_token_is_short(ours: Links) -> None:
    assert len(ours.sign(Purpose.INVOICE, 1_000_000, at=NOW)) <= 60


def test_a_negative_id_is_a_mistake(ours: Links) -> None:
    with pytest.raises(ValueError, match="negative"):
        ours.sign(Purpose.INVOICE, -1, at=NOW)


def test_a_forged_token_of_another_ring_is_refused(links: Links, tmp_path: Path) -> None:
    theirs = Links(Keyring.create(tmp_path / "theirs", now=NOW))
    with pytest.raises(BadLink, match="not made here"):
        links.open(theirs.sign(Purpose.INVOICE, 7, at=NOW))
    with pytest.raises(BadLink, match="not made here"):
        links.read_tag(theirs.tag("b", 7))


def test_rotating_keeps_old_links_and_signs_new_ones(links: Links) -> None:
    old = links.sign(Purpose.INVOICE, 7, at=NOW)
    links.keyring.rotate(now=NOW)
    new = links.sign(Purpose.INVOICE, 7, at=NOW)
    assert (old[1], new[1], links.signing_key) == ("a", "b", "b")
    assert links.open(old).ids == links.open(new).ids
    assert links.sign(Purpose.INVOICE, 7, at=NOW, key="a") == old


def test_a_retired_key_is_said(links: Links) -> None:
    token, tag = links.sign(Purpose.INVOICE, 7, at=NOW), links.tag("b", 7)
    links.keyring.rotate(now=NOW)
    links.keyring.retire("a")
    assert links.open(token).retired
    assert links.read_tag(tag).row_id == 7


def test_a_revoked_key_opens_nothing_and_lays_out_again(links: Links) -> None:
    token, tag = links.sign(Purpose.INVOICE, 7, at=NOW), links.tag("b", 7)
    links.keyring.rotate(now=NOW)
    links.keyring.revoke("a")
    with pytest.raises(BadLink, match="not in use"):
        links.open(token)
    with pytest.raises(BadLink, match="not in use"):
        links.read_tag(tag)
    assert links.sign(Purpose.INVOICE, 7, at=NOW, key="a") == token


def test_a_letter_never_given_is_refused(links: Links) -> None:
    token = links.sign(Purpose.INVOICE, 7, at=NOW)
    with pytest.raises(BadLink, match="not in use"):
        links.open(f"{token[0]}z{token[2:]}")
    with pytest.raises(Refused, match="there are: a"):
        links.sign(Purpose.INVOICE, 7, at=NOW, key="z")


@given(purpose=st.sampled_from(TagPurpose), row_id=st.integers(min_value=0, max_value=2**40 - 1), upper=st.booleans())
def test_a_tag_leads_back_to_its_row_in_any_case(ours: Links, purpose: TagPurpose, row_id: int, *, upper: bool) -> None:
    tag = ours.tag(purpose, row_id)
    assert re.fullmatch("[a-z2-7]{26}", tag)
    assert ours.read_tag(tag.upper() if upper else tag) == Tag(purpose, row_id, "a")


@given(row_id=st.integers(min_value=0, max_value=2**40 - 1), place=st.integers(0, 25), letter=st.sampled_from(LETTERS))
def test_one_changed_character_spoils_a_tag(ours: Links, row_id: int, place: int, letter: str) -> None:
    tag = ours.tag("r", row_id)
    changed = tag[:place] + letter + tag[place + 1 :]
    if changed.lower() != tag:
        with pytest.raises(BadLink):
            ours.read_tag(changed)


@pytest.mark.parametrize("row_id", [-1, 2**40])
def test_a_tag_holds_forty_bits(ours: Links, row_id: int) -> None:
    with pytest.raises(ValueError, match="40 bits"):
        ours.tag("b", row_id)


def test_a_tag_has_a_known_purpose(ours: Links) -> None:
    with pytest.raises(ValueError, match="x"):
        ours.tag("x", 1)


@pytest.mark.parametrize("local", ["", "a" * (BASE + 1)])
def test_a_base_too_long_for_a_tag_is_refused(local: str) -> None:
    with pytest.raises(ConfigError, match="36"):
        check_base(local)


def test_the_longest_base_with_a_tag_fits_into_a_local_part(ours: Links) -> None:
    base = "b" * BASE + "@example.jp"
    check_base("b" * BASE)
    address = tagged(base, ours.tag("b", 2**40 - 1), separator="+")
    assert len(address.rpartition("@")[0]) < LOCAL_PART
    assert ours.read_tag(tag_of(address, base, separator="+") or "").row_id == 2**40 - 1


@pytest.mark.parametrize(
    ("address", "found"),
    [
        ("In+TAG@Example.JP", "tag"),
        ("in+a+b@example.jp", "a+b"),
        ("in@example.jp", None),
        ("other+tag@example.jp", None),
        ("in+tag@example.com", None),
        ("", None),
    ],
)
def test_a_tag_is_found_behind_our_own_base_only(address: str, found: str | None) -> None:
    assert tag_of(address, "in@example.jp", separator="+") == found


def test_links_of_a_key_are_live_until_it_is_revoked(links: Links) -> None:
    keyring = links.keyring
    first = keyring.signing.letter
    keyring.rotate(now=NOW)
    assert links.is_live(first)
    keyring.retire(first)
    assert links.is_live(first), "they still offer a new one"
    keyring.revoke(first)
    assert not links.is_live(first)
    assert not links.is_live("z")


# What others than who was mailed may read of them.


@given(purpose=purposes, ids=ids, row=st.integers(min_value=0, max_value=2**40 - 1))
def test_no_token_and_no_tag_is_left_in_text(ours: Links, purpose: Purpose, ids: list[int], row: int) -> None:
    token, tag = ours.sign(purpose, *ids, at=NOW), ours.tag(TagPurpose.REPLY, row)
    written = (
        f"（https://a.example/l/{token}）",
        f"https://a.example/ l/{token}",
        f"> https://a.example/l/\n> {token}\n",
        f"https://a.example/l/{token[:-20]}\n{token[-20:]}",
        f"https://safe.example/?url=https%3A%2F%2Fa.example%2Fl%2F{token}&data=1",
        f"reply+{tag}@a.example、reply_{tag.upper()}@a.example",
        f"mailto:reply%2B{tag}%40a.example",
    )
    for text in written:
        assert token[-43:] not in masked(text).replace("\n", ""), text
        assert tag not in masked(text).lower(), text


def test_all_else_of_a_text_stays() -> None:
    text = "詳細は https://a.example/list/d/ をご覧ください。\nreply+question@a.example, 1.23, 3/d 4/l/"
    assert masked(text) == text
    assert masked("a /l/xyz. b") == "a /l/*** b"


@given(purpose=purposes, ids=ids, row=st.integers(min_value=0, max_value=2**40 - 1))
def test_a_file_keeps_its_length_and_no_signature(ours: Links, purpose: Purpose, ids: list[int], row: int) -> None:
    token, tag = ours.sign(purpose, *ids, at=NOW), ours.tag(TagPurpose.RETURN_PATH, row)
    text = f'<a href="https://a.example/l/{token}">x</a> reply+{tag}@a.example reply%2b{tag}%40a.example'
    for coding in ("ascii", "utf-16-le"):
        found = overwritten(text.encode(coding))
        assert len(found) == len(text.encode(coding))
        left = found.decode(coding)
        assert token[-43:] not in left
        assert tag not in left
        assert left.startswith('<a href="https://a.example/l/')
    assert overwritten(bytes(range(256)) * 4) == bytes(range(256)) * 4
