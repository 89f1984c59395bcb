"""Registration numbers: their form, their check digit, and for whom a wrong one is an error."""

from __future__ import annotations

import re

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from mailbot.domain.registration_number import CHECK, CHECK_SOLE, Number, check_digit, problem_for, read
from mailbot.domain.written import Misread

TWELVE = st.text("0123456789", min_size=12, max_size=12)

PUBLISHED = [
    "T7000012050002",  # 国税庁
    "T1180301018771",  # トヨタ自動車株式会社
    "T1130001011420",  # 任天堂株式会社
]
"""Numbers as their owners publish them."""


@pytest.mark.parametrize("text", PUBLISHED)
def test_published_numbers_pass_their_check(text: str) -> None:
    assert read(text) == Number(text, check_ok=True)


@pytest.mark.parametrize(
    "typed",
    [
        "T7000012050002",
        "t7000012050002",
        "Ｔ７０００－０１２０－５０００２",
        " T 7000 0120 50002 ",
        "T7-0000-1205-0002",
        "Ｔー7000012050002",
        "T‐7000−012050002",
    ],
)
def test_however_it_is_typed_it_reads_the_same(typed: str) -> None:
    assert read(typed).text == "T7000012050002"


@pytest.mark.parametrize(
    ("typed", "problem"),
    [
        ("", "is no registration number"),
        ("T", "is no registration number"),
        ("T70000120500０x", "is no registration number"),
        ("TT7000012050002", "is no registration number"),
        ("T٧٠٠٠٠١٢٠٥٠٠٠٢", "is no registration number"),
        ("T700001205000", "has 12 digits"),
        ("T70000120500021", "has 14 digits"),
        ("700001205000", "has 12 digits"),
        ("7000012050002", "has no T before its digits"),
    ],
)
def test_what_has_not_the_form_is_refused_and_said_why(typed: str, problem: str) -> None:
    with pytest.raises(Misread, match=problem) as caught:
        read(typed)
    assert "T and 13 digits" in caught.value.remedy


@given(TWELVE)
def test_the_check_digit_is_the_ministrys_rule(digits: str) -> None:
    weighted = sum(int(digits[-n]) * (1 if n % 2 else 2) for n in range(1, 13))
    assert check_digit(digits) == 9 - weighted % 9
    assert read(f"T{check_digit(digits)}{digits}").check_ok


@given(TWELVE, st.integers(0, 11), st.integers(1, 9))
def test_one_digit_typed_wrong_is_noticed(digits: str, place: int, more: int) -> None:
    wrong = digits[:place] + str((int(digits[place]) + more) % 10) + digits[place + 1 :]
    assume({digits[place], wrong[place]} != {"0", "9"})  # the rule counts modulo nine and cannot tell these apart
    assert not read(f"T{check_digit(digits)}{wrong}").check_ok


@given(TWELVE, st.integers(0, 10))
def test_two_neighbours_swapped_are_noticed(digits: str, place: int) -> None:
    one, other = digits[place], digits[place + 1]
    assume(one != other and {one, other} != {"0", "9"})
    swapped = digits[:place] + other + one + digits[place + 2 :]
    assert not read(f"T{check_digit(digits)}{swapped}").check_ok


def test_a_wrong_check_digit_is_an_error_for_a_corporation_and_a_warning_for_others() -> None:
    right, wrong = read("T7000012050002"), read("T1000012050002")
    assert problem_for(right, "corporation") is None
    assert problem_for(right, "sole_proprietor") is None
    assert problem_for(wrong, "corporation") == ("error", CHECK)
    assert problem_for(wrong, "sole_proprietor") == ("warning", CHECK_SOLE)


@given(st.text())
def test_nothing_else_comes_out_of_any_text(text: str) -> None:
    try:
        number = read(text)
    except Misread:
        return
    assert re.fullmatch(r"T[0-9]{13}", number.text)
