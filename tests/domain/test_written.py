"""Values as people write them: widths, and how they are quoted back."""

from __future__ import annotations

from mailbot.domain.written import fold, fold_width, quoted


def test_folding_makes_amounts_and_words_plain() -> None:
    assert fold(" ３３，０００ ") == "33,000"
    assert fold(" ﾌﾘｶﾞﾅ　") == "フリガナ"
    assert fold("plain ") == "plain"


def test_widths_of_a_number_are_folded_and_its_own_signs_stay() -> None:
    assert fold_width("　ＡＢ－２０２６－①㈱ ") == "AB-2026-①㈱"
    assert fold_width(" A1 ") == "A1"


def test_a_quoted_value_is_short_and_moves_no_cursor() -> None:
    assert quoted("abc") == '"abc"'
    assert quoted("a\r\n\x1b[2J\u202eb") == '"a���[2J�b"'
    assert quoted("x" * 41) == '"' + "x" * 39 + '…"'
    assert quoted("x" * 40) == '"' + "x" * 40 + '"'
