"""Amounts as people write them."""

from __future__ import annotations

from contextlib import suppress
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailbot.domain.money import EXPONENTS, LARGEST, decimal_text, format_amount, read_amount, read_currency
from mailbot.domain.written import Misread


@pytest.mark.parametrize(
    ("text", "currency", "amount"),
    [
        ("33000", "JPY", 33000),
        ("¥33,000", "JPY", 33000),
        ("￥３３，０００", "JPY", 33000),
        ("33,000円", "JPY", 33000),
        ("３３，０００円", "JPY", 33000),
        ("\\33,000", "JPY", 33000),  # CP932 has its yen sign where a backslash is
        ("JPY 33,000", "JPY", 33000),
        ("33000.00", "JPY", 33000),
        (" 0 ", "JPY", 0),
        ("△1,000", "JPY", -1000),
        ("▲1,000", "JPY", -1000),
        ("-1,000", "JPY", -1000),
        ("−¥1,000", "JPY", -1000),
        ("¥-1,000", "JPY", -1000),
        ("-0", "JPY", 0),
        ("1,234.56", "USD", 123456),
        ("1234.5", "USD", 123450),
        ("12", "USD", 1200),
        ("US$1,234.56", "USD", 123456),
        ("$0.05", "USD", 5),
        ("usd 7.10", "USD", 710),
        ("7.10 USD", "USD", 710),
        ("€10.00", "EUR", 1000),
        ("1.234", "KWD", 1234),
        ("¥10.50", "CNY", 1050),
        ("999999999999999", "JPY", LARGEST - 1),
    ],
)
def test_an_amount_is_read_to_minor_units(text: str, currency: str, amount: int) -> None:
    assert read_amount(text, currency) == amount


@pytest.mark.parametrize(
    ("text", "currency", "problem"),
    [
        ("", "JPY", "no amount"),
        ("abc", "JPY", "no amount"),
        ("12,34", "JPY", "no amount"),
        ("1,2345", "JPY", "no amount"),
        ("1.234,56", "EUR", "no amount"),
        ("--5", "JPY", "no amount"),
        ("-¥-5", "JPY", "no amount"),
        ("33,000-", "JPY", "no amount"),  # a flourish in Japan, a minus elsewhere
        ("3万", "JPY", "no amount"),
        ("٣٣", "JPY", "no amount"),
        ("1e5", "JPY", "no amount"),
        ("9" * 65, "JPY", "no amount"),
        ("$5", "JPY", "another currency"),
        ("¥5", "USD", "another currency"),
        ("EUR 5", "USD", "another currency"),
        ("33000.50", "JPY", "more than 0 decimals"),
        ("1.234", "USD", "more than 2 decimals"),
        ("1000000000000000", "JPY", "too large"),
    ],
)
def test_what_is_no_amount_is_refused_with_what_to_write(text: str, currency: str, problem: str) -> None:
    with pytest.raises(Misread) as caught:
        read_amount(text, currency)
    assert problem in caught.value.problem
    assert caught.value.remedy
    assert caught.value.remedy in str(caught.value)


def test_the_remedy_shows_the_currencys_own_form() -> None:
    with pytest.raises(Misread, match=r"33000 or ¥33,000"):
        read_amount("x", "JPY")
    with pytest.raises(Misread, match=r"33000\.00 or US\$33,000\.00"):
        read_amount("x", "USD")


@pytest.mark.parametrize(
    ("amount", "currency", "shown", "decimal"),
    [
        (33000, "JPY", "¥33,000", "33000"),
        (-1000, "JPY", "-¥1,000", "-1000"),
        (123456, "USD", "US$1,234.56", "1234.56"),
        (-5, "USD", "-US$0.05", "-0.05"),
        (1000, "CHF", "CHF 10.00", "10.00"),
        (1234, "KWD", "KWD 1.234", "1.234"),
        (0, "JPY", "¥0", "0"),
    ],
)
def test_an_amount_is_written_for_people_and_for_programs(amount: int, currency: str, shown: str, decimal: str) -> None:
    assert format_amount(amount, currency) == shown
    assert decimal_text(amount, currency) == decimal


@pytest.mark.parametrize(
    ("text", "code"), [("", "JPY"), ("  ", "JPY"), ("usd", "USD"), ("ＥＵＲ", "EUR"), ("円", "JPY"), ("￥", "JPY")]
)
def test_a_currency_is_its_iso_code(text: str, code: str) -> None:
    assert read_currency(text) == code


@pytest.mark.parametrize("text", ["$", "yen", "XXX", "US"])
def test_an_unknown_currency_is_refused(text: str) -> None:
    with pytest.raises(Misread, match="ISO 4217"):
        read_currency(text)


amounts = st.integers(1 - LARGEST, LARGEST - 1)
currencies = st.sampled_from(sorted(EXPONENTS))


@given(amounts, currencies)
def test_what_is_written_is_read_back(amount: int, currency: str) -> None:
    assert read_amount(format_amount(amount, currency), currency) == amount
    assert read_amount(decimal_text(amount, currency), currency) == amount
    assert Decimal(decimal_text(amount, currency)).scaleb(EXPONENTS[currency]) == amount


@given(st.text(max_size=80), currencies)
def test_any_text_is_an_amount_or_refused(text: str, currency: str) -> None:
    with suppress(Misread):
        assert abs(read_amount(text, currency)) < LARGEST
