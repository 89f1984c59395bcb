"""The sheet of a customer import."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailbot.domain.address import Delivery
from mailbot.domain.customer_sheet import Channel, CustomerRow, CustomerSheet, Mailbox, read_customers
from mailbot.mail import address

HEAD = "code,name,kana,email,locale,channel,postal_code,address,delivery\n"


def read(text: str | bytes) -> CustomerSheet:
    content = text if isinstance(text, bytes) else text.encode("utf-8", "replace")
    return read_customers(content, default_locale="ja", read_address=address.read)


def row(**cells: str) -> str:
    """Return a sheet with one good row in which some cells are replaced."""
    good = dict.fromkeys(HEAD.strip().split(","), "") | {"code": "C1", "name": "Acme", "email": "a@example.com"}
    text = io.StringIO()
    csv.writer(text).writerow((good | cells).values())
    return HEAD + text.getvalue()


def test_a_row_is_read_whole_in_japanese_and_cp932() -> None:
    text = (
        "顧客コード,会社名,フリガナ,メールアドレス,言語,案内方法,郵便番号,住所,送付方法\r\n"
        'Ｃ００１,㈱髙橋工務店,ﾀｶﾊｼ,Keiri@Example.com;b@example.com,英語,メール,〒１００－０００１,"東京都\r\n千代田区",両方\r\n'
    )
    sheet = read(text.encode("cp932"))
    assert not sheet.faults
    assert sheet.rows == (
        CustomerRow(
            line=2,
            code="C001",
            name="㈱髙橋工務店",
            kana="ﾀｶﾊｼ",
            emails=(Mailbox("Keiri@example.com", "keiri@example.com"), Mailbox("b@example.com", "b@example.com")),
            locale="en",
            channel=Channel.MAIL,
            postal_code="100-0001",
            postal_address="東京都\n千代田区",
            delivery=Delivery.BOTH,
        ),
    )
    assert sheet.headings["email"] == "メールアドレス"


def test_what_is_left_empty_has_its_default() -> None:
    (customer,) = read(row()).rows
    assert (customer.locale, customer.channel, customer.delivery) == ("ja", Channel.CONFIRM, Delivery.LINK)


@pytest.mark.parametrize(
    ("column", "cell", "value"),
    [
        ("channel", "確認のみ", Channel.CONFIRM),
        ("channel", "Mail", Channel.MAIL),
        ("channel", "なし", Channel.NONE),
        ("delivery", "リンク", Delivery.LINK),
        ("delivery", "添付", Delivery.PDF),
        ("delivery", "ＰＤＦ", Delivery.PDF),
        ("locale", "日本語", "ja"),
        ("locale", "en-US", "en"),
        ("postal_code", "1000001", "100-0001"),
        ("postal_code", "SW1A 2AA", "SW1A 2AA"),
        ("kana", "アクメ", "アクメ"),
    ],
)
def test_words_of_both_languages_mean_the_same(column: str, cell: str, value: object) -> None:
    (customer,) = read(row(**{column: cell})).rows
    assert getattr(customer, column) == value


@pytest.mark.parametrize(
    ("cells", "column", "problem"),
    [
        ({"code": ""}, "code", "the cell is empty"),
        ({"code": "x" * 65}, "code", "65 characters"),
        ({"name": ""}, "name", "the cell is empty"),
        ({"name": "Acme\r\nBcc: all@example.com"}, "name", "more than one line"),
        ({"name": "x" * 201}, "name", "201 characters"),
        ({"kana": "a\nb"}, "kana", "more than one line"),
        ({"email": "acme"}, "email", '"acme"'),
        ({"email": "a@example.com nobody@"}, "email", '"nobody@"'),
        ({"email": " ".join(f"{n}@example.com" for n in range(7))}, "email", "there are 7 addresses"),
        ({"locale": "fr"}, "locale", '"fr" is none of the words'),
        ({"channel": "fax"}, "channel", '"fax" is none of the words'),
        ({"delivery": "pigeon"}, "delivery", '"pigeon" is none of the words'),
        ({"postal_code": "1" * 21}, "postal_code", "21 characters"),
        ({"email": ""}, "email", "the channel confirm needs a mail address"),
        ({"email": "", "channel": "mail"}, "email", "the channel mail needs a mail address"),
        ({"channel": "letter"}, "address", "the channel letter needs a postal address"),
    ],
)
def test_a_cell_that_cannot_be_used_is_a_fault_of_its_column(cells: dict[str, str], column: str, problem: str) -> None:
    sheet = read(row(**cells))
    assert not sheet.rows
    (fault,) = sheet.faults
    assert (fault.line, fault.column) == (2, column)
    assert problem in fault.problem
    assert fault.remedy


def test_some_channels_need_no_mail_address() -> None:
    assert read(row(email="", channel="なし")).rows[0].emails == ()
    assert read(row(email="", channel="郵送", address="東京都")).rows[0].channel is Channel.LETTER


@pytest.mark.parametrize("between", [" ", ";", "; ", "；", "\n", "　", "、"])
def test_addresses_of_one_cell_are_parted(between: str) -> None:
    (customer,) = read(row(email=f"a@example.com{between}b@example.com")).rows
    assert [mailbox.email for mailbox in customer.emails or ()] == ["a@example.com", "b@example.com"]


def test_the_same_address_twice_is_taken_once_with_a_warning() -> None:
    sheet = read(row(email="a@example.com A@Example.com"))
    assert len(sheet.rows[0].emails or ()) == 1
    assert [(warning.line, warning.column) for warning in sheet.warnings] == [(2, "email")]


def test_an_odd_address_of_a_carrier_is_taken_with_a_warning() -> None:
    sheet = read(row(email="a..b@docomo.ne.jp"))
    assert sheet.rows[0].emails == (Mailbox("a..b@docomo.ne.jp", "a..b@docomo.ne.jp"),)
    assert len(sheet.warnings) == 1


def test_a_code_stands_in_a_file_once() -> None:
    sheet = read(HEAD + "C1,Acme,,a@example.com,,,,,\nＣ１,Other,,b@example.com,,,,,\n")
    (fault,) = sheet.faults
    assert (fault.line, fault.column) == (3, "code")
    assert "line 2" in fault.problem
    assert len(sheet.rows) == 1


@given(st.binary(max_size=300))
def test_any_bytes_are_rows_or_faults(content: bytes) -> None:
    sheet = read(content)
    assert sheet.rows or sheet.faults


@given(st.lists(st.text(max_size=12), max_size=9))
def test_any_cells_under_good_headings_are_rows_or_faults(cells: list[str]) -> None:
    text = io.StringIO(newline="")
    csv.writer(text).writerow(cells)
    for customer in read(HEAD + text.getvalue()).rows:
        assert customer.code
        assert "\n" not in customer.name
        assert "\r" not in customer.name


def test_a_column_that_is_not_there_says_nothing() -> None:
    (customer,) = read("code,name\nC1,Acme\n").rows
    assert (customer.kana, customer.emails, customer.locale, customer.channel) == (None, None, None, None)
    assert (customer.postal_code, customer.postal_address, customer.delivery) == (None, None, None)
    (cleared,) = read(HEAD + "C1,Acme,,a@example.com,,,,,\n").rows
    assert (cleared.kana, cleared.postal_code, cleared.postal_address) == ("", "", "")
