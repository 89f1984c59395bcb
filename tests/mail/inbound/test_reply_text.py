"""What is new in a reply."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailbot.mail.reply_text import new_words

NEW = "承認します。\nよろしくお願いします。"


@pytest.mark.parametrize(
    "rest",
    [
        "",
        "\n\n> Your invoice is ready.\n> Regards",
        "\n\n＞ 請求書のご案内\n",
        "\n\nOn Fri, Nov 20, 2026 at 11:28, ACME <a@example.jp> wrote:\n\n> x",
        "\n\nOn Fri, Nov 20, 2026 at 11:28, ACME\n<a@example.jp> wrote:\n",
        "\n\n2026年11月20日(金) 11:28 ACME <a@example.jp>:\n> x",
        "\n\n2026/11/20 11:28、ACME <a@example.jp>のメール:\n\n請求書のご案内",
        "\n\nAm 20.11.2026 um 11:28 schrieb ACME <a@example.jp>:\nx",
        "\n\nLe 20 nov. 2026 à 11:28, ACME a écrit :\nx",
        "\n\n-----Original Message-----\nFrom: a@example.jp\n",
        "\n\n________________________________\n差出人: ACME\n",
        "\n\nFrom: ACME <a@example.jp>\nSent: Friday\nTo: b@example.jp\n\nx",
        "\n\n差出人: ACME\n送信日時: 2026年11月20日\n\nx",
        "\n\n-- \n山田 花子\n",
        "\n\n━━━━━━━━━━━━━━━━━━━━\n株式会社例 経理部\n",
        "\n\n*************\n山田\n",
        "\n\niPhoneから送信\n",
        "\n\nSent from my iPhone\n",
    ],
)
def test_what_stands_on_top_counts(rest: str) -> None:
    assert new_words(f"{NEW}{rest}").startswith(NEW)
    assert "請求書" not in new_words(f"{NEW}{rest}")
    assert "山田" not in new_words(f"{NEW}{rest}")


def test_an_answer_below_a_quotation() -> None:
    assert new_words("> Your invoice is ready.\n\nThank you!\n-- \nHanako") == "Thank you!"


def test_an_answer_below_an_announced_quotation() -> None:
    announced = "On Fri, Nov 20, 2026 at 11:28, ACME <a@example.jp> wrote:\n> Your invoice is ready.\n\nThank you!"
    assert new_words(announced) == "Thank you!"


@pytest.mark.parametrize(
    "heading",
    [
        "---------- Forwarded message ---------\nFrom: boss@sakura.example\nSubject: y\n",
        "Begin forwarded message:\n",
        "-----Original Message-----\nFrom: a@evil.example\n",
        "差出人: 営業 <a@evil.example>\n送信日時: 2026年11月20日\n宛先: keiri@sakura.example\n件名: x\n",
        "________________________________\n",
    ],
)
def test_what_stands_below_a_quotation_in_somebody_elses_mail_is_not_new(heading: str) -> None:
    assert new_words(f"{heading}\n> 以下の件\n停止\n") == ""
    assert new_words(f"> 以下の件\n承認\n\n{heading}\n> x\n停止") == ""


def test_a_date_at_the_beginning_of_a_line_is_no_announcement() -> None:
    assert (
        new_words("On Friday 20 November 2026 we will pay.\nRegards")
        == "On Friday 20 November 2026 we will pay.\nRegards"
    )


def test_a_mail_of_quotations_only_says_nothing() -> None:
    assert new_words("-----Original Message-----\nwords") == ""
    assert new_words("") == ""


@given(st.text(max_size=500))
def test_new_words_are_words_of_the_mail(text: str) -> None:
    assert len(new_words(text)) <= len(text)


@pytest.mark.parametrize("piece", ["-", " ", "\n", "> \n", "on ", "1", "From: a\n", "＊", "a>", "_"])
def test_trimming_takes_time_by_length_only(piece: str) -> None:
    began = time.process_time()
    new_words(piece * 50_000)
    assert time.process_time() - began < 2
