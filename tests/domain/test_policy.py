"""What an issuer is called in a language, and whom one reaches there."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mailbot.domain.policy import Contact, Issuer, Spoken

AOBA = Issuer(
    code="AOBA",
    name="株式会社あおば商事",
    sender="seikyu@aoba.example.com",
    contact=Contact(name="経理部", phone="03-0000-0000", hours="平日 9:00～17:00", email="k@aoba.example.com"),
    en=Spoken(name="Aoba Trading Co., Ltd.", contact=Contact(name="Billing desk", hours="9:00-17:00 (JST)")),
)


def test_what_is_not_said_in_a_language_is_as_the_issuer_says_it() -> None:
    english = AOBA.in_language("en")
    assert english.name == "Aoba Trading Co., Ltd."
    assert english.contact == replace(AOBA.contact, name="Billing desk", hours="9:00-17:00 (JST)")
    assert replace(english, name=AOBA.name, contact=AOBA.contact) == AOBA
    assert english.in_language("en") == english


@pytest.mark.parametrize("locale", ["ja", "fr", ""])
def test_a_language_without_words_of_its_own_changes_nothing(locale: str) -> None:
    assert AOBA.in_language(locale) == AOBA


def test_the_name_in_general_may_be_the_foreign_one() -> None:
    ours = replace(AOBA, name="Aoba", en=Spoken(), ja=Spoken(name="株式会社あおば商事"))
    assert [ours.in_language(locale).name for locale in ("ja", "en")] == ["株式会社あおば商事", "Aoba"]


def test_equal_issuers_are_one_and_others_are_not() -> None:
    other = replace(AOBA, name="別の会社")
    assert len({AOBA, replace(AOBA), other}) == 2
    assert other.in_language("ja").name == "別の会社"
