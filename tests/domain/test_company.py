"""The company form and the person form: what each field takes, and what is said of what it does not."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailbot.domain.company import COMPANY_FIELDS, PERSON_FIELDS, BusinessClass, check_company, check_person
from mailbot.errors import Refused

COMPANY = {
    "business_class": "corporation",
    "registration_number": "T7000012050002",
    "name": "株式会社みなと",
    "kana": "カブシキガイシャミナト",
    "postal_code": "100-0001",
    "postal_address": "東京都千代田区千代田1-1",
    "phone": "0312345678",
}
PERSON = {"person_name": "山田 太郎", "department": "経理課", "email": "taro@minato.example"}


@dataclass(frozen=True)
class Read:
    """An address as a reader understood it."""

    email: str


def read_address(typed: str, /) -> Read:
    if "@" not in typed:
        raise Refused("no @")
    return Read(typed.lower())


def test_what_is_right_stays_as_it_is() -> None:
    company, person = check_company(COMPANY), check_person(PERSON)
    assert (company.values, company.problems, company.warnings) == (COMPANY, {}, {})
    assert (person.values, person.problems, person.warnings) == (PERSON, {}, {})
    assert company.ok
    assert tuple(company.values) == COMPANY_FIELDS
    assert tuple(person.values) == PERSON_FIELDS


def test_an_empty_form_says_what_is_required() -> None:
    company, person = check_company({}), check_person({}, read_address=read_address)
    assert set(company.problems) == {"business_class", "name", "postal_code", "postal_address", "phone"}
    assert set(company.problems.values()) == {"required"}
    assert person.problems == {"person_name": "required", "email": "required"}
    assert not company.ok


def test_blanks_are_nothing() -> None:
    company = check_company(dict.fromkeys(COMPANY_FIELDS, " 　\u200b "))
    assert set(company.problems) == {"business_class", "name", "postal_code", "postal_address", "phone"}


FIELDS = [
    ("business_class", "corporation", "corporation"),
    ("business_class", "sole_proprietor", "sole_proprietor"),
    ("registration_number", "", ""),
    ("registration_number", "Ｔ７０００－０１２０－５０００２", "T7000012050002"),
    ("name", " 　㈱みなと　商事 ", "㈱みなと　商事"),
    ("name", "Minato\tShoji\r\nLtd.", "Minato Shoji Ltd."),
    ("name", "髙\u200b﨑商店", "髙﨑商店"),
    ("name", "x" * 200, "x" * 200),
    ("kana", "ｶﾌﾞｼｷｶﾞｲｼｬ ﾐﾅﾄ", "カブシキガイシャ ミナト"),
    ("kana", "かぶしきがいしゃみなと", "カブシキガイシャミナト"),
    ("kana", "さーびす", "サービス"),
    ("kana", "サ-ビス", "サービス"),
    ("kana", "ＡＢＣ・トラスト", "ABC・トラスト"),
    ("kana", "", ""),
    ("postal_code", "1000001", "100-0001"),
    ("postal_code", "〒１００－０００１", "100-0001"),
    ("postal_code", "100 0001", "100-0001"),
    ("postal_code", "100ー0001", "100-0001"),
    ("postal_code", "sw1a 1aa", "SW1A 1AA"),
    ("postal_code", "DE-10115", "DE-10115"),
    ("postal_address", " 東京都千代田区\r\n 千代田1-1 \r\n\r\n", "東京都千代田区\n千代田1-1"),
    ("postal_address", "1\t2", "1 2"),
    ("phone", "03-1234-5678", "03-1234-5678"),
    ("phone", "0312345678", "0312345678"),
    ("phone", "０３－１２３４－５６７８", "03-1234-5678"),
    ("phone", "03・1234・5678", "03-1234-5678"),
    ("phone", "03‐1234―5678", "03-1234-5678"),
    ("phone", " 03  1234\n5678 ", "03 1234 5678"),
    ("phone", "０９０（１２３４）５６７８", "090(1234)5678"),
    ("phone", "03ー1234ー5678", "03-1234-5678"),
    ("phone", "+81 (0)3 1234 5678", "+81 (0)3 1234 5678"),
    ("phone", "+44 20 7946 0958", "+44 20 7946 0958"),
]


@pytest.mark.parametrize(("name", "typed", "kept"), FIELDS)
def test_a_field_is_folded_into_one_spelling(name: str, typed: str, kept: str) -> None:
    checked = check_company({**COMPANY, name: typed})
    assert checked.problems == {}
    assert checked.values[name] == kept


WRONG = [
    ("business_class", "company", "business_class"),
    ("registration_number", "T123", "registration_number"),
    ("registration_number", "7000012050002", "registration_number"),
    ("registration_number", "T1000012050002", "registration_number_check"),
    ("name", "x" * 201, "too_long"),
    ("name", "a\x00b", "unfit"),
    ("name", "a\u202eb", "unfit"),
    ("name", "a\ue000b", "unfit"),
    ("name", "a\ud800b", "unfit"),
    ("kana", "株式会社みなと", "kana"),
    ("kana", "ア" * 201, "too_long"),
    ("postal_code", "100-001", "postal_code"),
    ("postal_code", "10115", "postal_code"),
    ("postal_code", "A" * 21, "postal_code"),
    ("postal_code", "東京", "postal_code"),
    ("postal_address", "x" * 401, "too_long"),
    ("postal_address", "a\x1bb", "unfit"),
    ("phone", "12345", "phone"),
    ("phone", "3-1234-5678", "phone"),
    ("phone", "なし", "phone"),
    ("phone", "+8", "phone"),
    ("phone", "--", "required"),
    ("phone", "03" + "-" * 40 + "12345678", "too_long"),
    ("phone", "03-1234-5678 内線 9", "phone"),
]


@pytest.mark.parametrize(("name", "typed", "key"), WRONG)
def test_a_field_that_cannot_be_taken_says_why_and_loses_nothing(name: str, typed: str, key: str) -> None:
    checked = check_company({**COMPANY, name: typed})
    assert checked.problems == {name: key}
    kept = "T1000012050002" if key == "registration_number_check" else typed
    assert checked.values[name] == kept


def test_a_check_digit_that_is_wrong_is_odd_for_a_sole_proprietor_only() -> None:
    typed = COMPANY | {"registration_number": "T1000012050002", "business_class": BusinessClass.SOLE_PROPRIETOR}
    checked = check_company(typed)
    assert checked.ok
    assert checked.warnings == {"registration_number": "registration_number_check_sole"}


def test_an_address_is_read_by_whom_the_caller_names() -> None:
    typed = PERSON | {"email": "Taro@Minato.example"}
    assert check_person(typed, read_address=read_address).values["email"] == "taro@minato.example"
    assert check_person(typed).values["email"] == "Taro@Minato.example", "it was proved otherwise"
    wrong = check_person(PERSON | {"email": "taro"}, read_address=read_address)
    assert (wrong.problems, wrong.values["email"]) == ({"email": "email"}, "taro")
    assert check_person(PERSON | {"department": ""}).ok
    assert check_person(PERSON | {"person_name": "x" * 101}).problems == {"person_name": "too_long"}


@given(st.dictionaries(st.sampled_from(COMPANY_FIELDS), st.text(max_size=60)))
def test_reading_what_was_read_changes_nothing(typed: dict[str, str]) -> None:
    once = check_company(typed)
    again = check_company(once.values)
    assert again.values == once.values
    assert again.problems == once.problems
    for name, text in once.values.items():
        if name not in once.problems and name != "postal_address":
            assert "\n" not in text


ABROAD = {**COMPANY, "postal_address": "Unter den Linden 1, Berlin"}


@pytest.mark.parametrize("code", ["10115", "", "SW1A 1AA", "75008", "D-10115", "6100000", "1234567"])
def test_a_foreign_address_takes_any_short_code_or_none(code: str) -> None:
    for locale in ("ja", "en"):
        company = check_company({**ABROAD, "postal_code": code}, locale=locale)
        assert (company.problems, company.values["postal_code"]) == ({}, code)


@pytest.mark.parametrize("code", ["12345", ""])
def test_who_reads_english_needs_no_japanese_code(code: str) -> None:
    assert check_company({**COMPANY, "postal_code": code}, locale="en").ok
    assert not check_company({**COMPANY, "postal_code": code}).ok
    assert not check_company({**COMPANY, "postal_code": code, "postal_address": "1-2-3"}).ok, "no letters at all"


def test_a_foreign_code_is_one_short_line() -> None:
    wide = check_company({**ABROAD, "postal_code": " １０\n１１５ "}, locale="en")
    assert wide.values["postal_code"] == "10 115"
    long = check_company({**ABROAD, "postal_code": "1" * 21}, locale="en")
    assert long.problems == {"postal_code": "too_long"}
    assert check_company({**ABROAD, "postal_code": "1\x1b"}, locale="en").problems == {"postal_code": "unfit"}
