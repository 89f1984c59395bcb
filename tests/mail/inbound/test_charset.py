"""Japanese text, whatever it is called."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailbot.mail import charset

NEC_AND_IBM = "①㈱髙﨑"
SHIFT_JIS_NAMES = (
    "Shift_JIS",
    "shift-jis",
    "x-sjis",
    "SJIS",
    "MS_Kanji",
    "Windows-31J",
    "cp932",
    "ms932",
    "csShiftJIS",
)
EUC_NAMES = ("EUC-JP", "eucJP-ms", "x-euc-jp", "ujis", "cp51932")


@pytest.mark.parametrize("name", SHIFT_JIS_NAMES)
def test_shift_jis_reads_under_any_of_its_names(name: str) -> None:
    text = f"{NEC_AND_IBM} ﾃｽﾄ 請求書～"
    assert charset.decode(text.encode("cp932"), name) == text


@pytest.mark.parametrize("name", ["utf-8", "iso-8859-1", "us-ascii", "", "x-unknown", "EUC-JP", "iso-2022-jp", "big5"])
def test_shift_jis_reads_under_a_wrong_name(name: str) -> None:
    assert charset.decode("請求書のご案内".encode("cp932"), name) == "請求書のご案内"


@pytest.mark.parametrize("name", [*EUC_NAMES, "", "utf-8", "shift_jis", "iso-8859-1", "nobody-knows"])
def test_euc_jp_reads_under_any_name(name: str) -> None:
    assert charset.decode("ご請求のお知らせです".encode("euc_jp"), name) == "ご請求のお知らせです"


def test_euc_jp_has_nec_and_ibm_characters_half_width_kana_and_jis_x_0212() -> None:
    octets = b"\xad\xa1\xad\xea\xfc\xe2 \x8e\xb1\x8e\xb2 \x8f\xb0\xa1 abc"
    assert charset.decode(octets, "eucjp-ms") == "①㈱髙 ｱｲ 丂 abc"


@pytest.mark.parametrize("name", ["utf-8", "iso-2022-jp", "shift_jis", "euc-jp", "iso-8859-1", "us-ascii", "", "x-y"])
def test_utf_8_reads_under_a_wrong_name(name: str) -> None:
    assert charset.decode("請求書です".encode(), name) == "請求書です"


@pytest.mark.parametrize("name", ["iso-2022-jp", "us-ascii", "", "utf-8", "CP50221", "shift_jis"])
def test_iso_2022_jp_reads_under_any_name(name: str) -> None:
    octets = b"\x1b$B-!-j|b\x1b(B abc \x1b(I1234\x1b(B \x1b$@F|K\\\x1b(J.\r\nnext"
    assert charset.decode(octets, name) == "①㈱髙 abc ｱｲｳｴ 日本.\r\nnext"


@pytest.mark.parametrize(
    ("octets", "text"),
    [
        (b'\x1b$B$"$$\nplain', "あい\nplain"),
        (b"\x1b$(D0!\x1b(B", "丂"),
        (b"\x1b$(O-!\x1b(B", "①"),
        (b"\x1b$(Q-!\x1b(B", "①"),
        (b"\x1b$(P!!\x1b(B", "𠂉"),
        (b"\x1b$A0!\x1b(B", "啊"),
        (b"\x1b$(C0!\x1b(B", "가"),
        (b"\x1b(B\xb1\xb2", "ｱｲ"),
        (b"\x1b(J\x0e12\x0f ok", "ｱｲ ok"),
        (b"\x1b$BF|\x1b", "日"),
        (b"\x1b(I1\x21\x7f", "ｱ｡\x7f"),
    ],
)
def test_iso_2022_jp_and_its_kin(octets: bytes, text: str) -> None:
    assert charset.decode(octets, "iso-2022-jp") == text


def test_kana_between_shifts_need_no_escape_under_its_name() -> None:
    assert charset.decode(b"\x0e12\x0f", "iso-2022-jp") == "ｱｲ"


@pytest.mark.parametrize(
    ("text", "codec", "name"),
    [
        ("été à la carte", "cp1252", "iso-8859-1"),
        ("été à la carte", "cp1252", ""),
        ("“quoted” – dash", "cp1252", "us-ascii"),
        ("Привет", "koi8-r", "koi8-r"),
        ("Привет", "cp1251", "windows-1251"),
        ("Привет", "iso8859-5", "ISO-8859-5"),
        ("发票", "gb18030", "gb2312"),
        ("發票", "big5", "Big5"),
        ("청구서", "cp949", "euc-kr"),
        ("日本", "utf-16", "utf-16"),
        ("日本", "utf-7", "unicode-1-1-utf-7"),
        ("日本語", "utf-8", "shift_jis*ja"),
        ("plain", "ascii", "utf-16"),
    ],
)
def test_other_charsets(text: str, codec: str, name: str) -> None:
    assert charset.decode(text.encode(codec), name) == text


def test_damaged_utf_8_keeps_what_can_be_read() -> None:
    assert charset.decode("請求書のご案内".encode()[:-1], "utf-8") == "請求書のご案\ufffd"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (b"=?ISO-2022-JP?B?GyRCRnxLXBsoQg==?= =?ISO-2022-JP?B?GyRCOGwbKEI=?= <a@b>", "日本語 <a@b>"),
        (b"=?utf-8?Q?=E3=83?=\r\n =?utf-8?Q?=86?= x", "テ x"),
        (b"a =?utf-8?Q?b_c?= d =?iso-8859-1?q?=E9?= =?utf-8?b?w6k=?=", "a b c d éé"),
        (b"=?Shift_JIS?B?h0A=?=", "①"),
        (b"=?utf-8?B?44OG44K5 44OI?=", "テスト"),
        (b"=?utf-8?B?44OG44K544?", "テス\ufffd"),
        (b"=?utf-8?B?44OG44K5A?=", "テス"),
        ("テスト".encode("cp932"), "テスト"),
        (b"\x1b$B%F%9%H\x1b(B", "テスト"),
        (b"plain\r\n folded", "plain folded"),
        (b"=?nonsense", "=?nonsense"),
    ],
)
def test_header_fields(value: bytes, text: str) -> None:
    assert charset.header(value) == text


def test_extended_parameters() -> None:
    assert charset.parameter("iso-2022-jp'ja'%1B$BF|K%5C%1B(B.pdf") == "日本.pdf"
    assert charset.parameter("%E8%AB%8B.pdf") == "請.pdf"


@given(st.binary(max_size=400), st.text(max_size=30))
def test_any_bytes_read_under_any_name(content: bytes, name: str) -> None:
    assert isinstance(charset.decode(content, name), str)


@given(st.binary(max_size=400))
def test_any_header_reads(value: bytes) -> None:
    assert isinstance(charset.header(value), str)


@given(st.text(alphabet="①㈱髙﨑ソ表ーあアｱﾞ漢字～ aZ9", min_size=4))
def test_what_was_written_in_shift_jis_reads_back(text: str) -> None:
    content = f"請求書ア{text}".encode("cp932")
    assert charset.decode(content, "shift_jis") == f"請求書ア{text}"


@pytest.mark.parametrize("piece", [b"=?", b"=?a?B?", b"\x1b$B", b"\x1b(I", b"\xe3", b"\x8e", b"?=", b"\x0e"])
def test_reading_takes_time_by_length_only(piece: bytes) -> None:
    began = time.process_time()
    charset.header(piece * 50_000)
    assert time.process_time() - began < 2


@pytest.mark.parametrize(("written", "text"), [(b"a+2AA-b", "a\ufffdb"), (b"+2D3eAA-", "\U0001f600"), (b"+MEI-", "あ")])
def test_halves_of_pairs_in_utf_7_are_no_characters(written: bytes, text: str) -> None:
    assert charset.decode(written, "utf-7") == text
    assert charset.header(b"=?utf-7?q?" + written.replace(b"_", b"") + b"?=") == text
