"""Editions: one text, one digest."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailbot.mail.edition import Edition

settings.register_profile("patient", deadline=None)  # another program may have the processor for a while
settings.load_profile("patient")

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=10,
)


@given(content=st.dictionaries(st.text(st.characters(exclude_categories=["Cs"]), max_size=8), json_values, max_size=5))
def test_what_is_read_back_is_the_same_edition(content: dict[str, object]) -> None:
    edition = Edition(content)
    again = Edition.read(edition.text)
    assert (again.text, again.digest, again.content) == (edition.text, edition.digest, edition.content)


def test_the_order_of_keys_does_not_matter() -> None:
    assert Edition({"a": 1, "b": 2}).digest == Edition({"b": 2, "a": 1}).digest


def test_a_changed_word_is_another_edition() -> None:
    assert Edition({"templates": {"x": "a"}}).digest != Edition({"templates": {"x": "b"}}).digest


def test_what_is_no_json_is_refused() -> None:
    with pytest.raises(ValueError, match="Expecting"):
        Edition.read("{")
