"""What a letter says, where it says it, and that a phone reads its QR code."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pypdf
import pytest
import zxingcpp
from paper import DPI, ISSUER, LINK, booklet, letter, picture, printed, run, stationery, text, words
from PIL import Image

from mailbot.domain.policy import Contact, Spoken, Window
from mailbot.edges.letters.letter import last_day, sample
from mailbot.edges.letters.sheet import QR
from mailbot.edges.letters.window import address, always_seen, seen
from mailbot.errors import ConfigError

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

LONG_NAME = "一般社団法人日本電子請求書普及推進協議会 東日本統括本部 第三経理センター債権債務管理課"
LONG_ADDRESS = (
    "東京都千代田区丸の内一丁目二番三号 グランドタワーパークサイドアネックスビルディング東館二十五階 二五〇一号室"
)
ENGLISH = {
    "locale": "en",
    "name": "Larkspur Robotics Inc.",
    "postal_code": "IL 62704",
    "postal_address": "12 Foundry Lane, Springfield, Illinois, United States of America",
}
EVERY = {
    "ja": {},
    "long": {"name": LONG_NAME, "postal_address": LONG_ADDRESS},
    "markup": {"name": "<b>A&B</b> 株式会社 &amp; Co. {claim} %s"},
    "en": ENGLISH,
    "one word": {**ENGLISH, "name": "Llanfairpwllgwyngyllgogerychwyrndrobwllllantysiliogogogoch" * 2},
}


def squeezed(pdf: Path) -> str:
    return "".join(text(pdf).split())


@pytest.mark.parametrize("values", EVERY.values(), ids=EVERY)
def test_a_letter_says_all_that_its_customer_needs(tmp_path: Path, values: dict[str, str]) -> None:
    one = letter(**values)
    said = squeezed(printed(tmp_path, one))
    wanted = [one.name, one.postal_code, one.postal_address, "07K4-M9QZ-01T0", "ANHN-EZWT-1QDS", one.code]
    wanted += ["https://invoice.aoba.example.com/claim", "https://invoice.aoba.example.com/sign-in", "AOBA"]
    contact = ISSUER.contact
    wanted += [ISSUER.name, contact.name, contact.phone, contact.hours, contact.email, contact.postal]
    wanted += ["T7999901000001", "2027年1月18日まで" if one.locale == "ja" else "18January2027"]
    assert [each for each in wanted if each.replace(" ", "") not in said] == []


def test_a_japanese_letter_is_addressed_as_one_is(tmp_path: Path) -> None:
    lines = text(printed(tmp_path, letter())).splitlines()
    assert [line.strip() for line in lines if "みどり製作所" in line] == ["株式会社みどり製作所 御中"]
    assert "〒150-0000" in lines


WINDOWS = {
    "長形3号": Window(),
    "a little lower": Window(left=22, top=15, height=48),
    "洋形4号": Window(left=18, top=12, height=40, envelope_width=235, envelope_height=105),
}


@pytest.mark.parametrize("window", WINDOWS.values(), ids=WINDOWS)
@pytest.mark.parametrize("values", EVERY.values(), ids=EVERY)
def test_the_window_shows_the_address_and_nothing_else(tmp_path: Path, values: dict[str, str], window: Window) -> None:
    one = letter(**values)
    shown = words(printed(tmp_path, one, issuer=replace(ISSUER, letter_window=window)))
    most, least = seen(window), always_seen(window)
    above = [word for word in shown if word.left < most.right and word.top < most.bottom]
    read = "".join(word.text for word in above).replace("〒", "").replace("御中", "").replace("様", "")
    assert sorted(read) == sorted((one.name + one.postal_address + one.postal_code).replace(" ", ""))
    for word in above:
        assert word.left >= least.left
        assert word.right <= least.right
        assert word.top >= least.top
        assert word.bottom <= least.bottom
    assert above[0].left == pytest.approx(address(window).left, abs=0.6)


@pytest.mark.parametrize(
    ("window", "said"),
    [
        (Window(envelope_width=200), "does not hold A4 folded in three"),
        (Window(envelope_height=98), "does not hold A4 folded in three"),
        (Window(left=60), "shows more than the upper left"),
        (Window(top=50, envelope_height=110), "shows more than the upper left"),
        (Window(width=60), "too little"),
        (Window(height=30), "too little"),
    ],
)
def test_a_window_that_leaves_no_place_is_refused(window: Window, said: str) -> None:
    with pytest.raises(ConfigError, match=f"issuer AOBA: letter_window: .*{said}"):
        booklet(replace(ISSUER, letter_window=window))


def test_the_outline_says_where_the_window_is(tmp_path: Path) -> None:
    one = sample(stationery()["ja"])
    said = squeezed(printed(tmp_path, one, outline=True))
    assert "90x45mm,20mmfromtheleft,12mmfromthetop" in said
    assert one.name in said
    with Image.open(picture(printed(tmp_path, one, outline=True))) as page:
        grey = page.convert("L")
    for edge in (20, 110):
        across = round(edge * DPI / 25.4)
        darkest, _ = grey.crop((across - 2, 200, across + 3, 201)).getextrema()
        assert isinstance(darkest, int)
        assert darkest < 200


AOBA_IN_ENGLISH = Spoken(
    name="Aoba Trading Co., Ltd.",
    contact=Contact(name="Billing desk", hours="9:00-17:00 (JST)", postal="1-2-3 Aoba-cho, Tokyo 100-0000"),
)


def test_each_language_has_the_issuer_as_it_is_called_there(tmp_path: Path) -> None:
    issuer = replace(ISSUER, en=AOBA_IN_ENGLISH)
    english = text(printed(tmp_path, letter(**ENGLISH), issuer=issuer))
    japanese = text(printed(tmp_path, letter(), issuer=issuer))
    own = (AOBA_IN_ENGLISH.name, "Billing desk", "9:00-17:00 (JST)", "1-2-3 Aoba-cho")
    assert [each for each in own if each not in english] == []
    assert [each for each in own if each in japanese] == []
    contact = ISSUER.contact
    for each in (ISSUER.name, contact.name, contact.hours):
        assert (each in english, each in japanese) == (False, True)
    assert contact.phone in english


@pytest.mark.parametrize("values", EVERY.values(), ids=EVERY)
def test_nothing_leaves_the_sheet_or_touches_its_neighbour(tmp_path: Path, values: dict[str, str]) -> None:
    shown = words(printed(tmp_path, letter(**values)))
    assert min(word.left for word in shown) > 19
    assert max(word.right for word in shown) < 191
    assert max(word.bottom for word in shown) < 290
    for number, word in enumerate(shown):
        for other in shown[number + 1 :]:
            apart = min(word.right, other.right) - max(word.left, other.left)
            over = min(word.bottom, other.bottom) - max(word.top, other.top)
            assert min(apart, over) < 1, (word, other)


@pytest.mark.parametrize("values", [{}, ENGLISH], ids=["ja", "en"])
def test_a_phone_reads_the_link(tmp_path: Path, values: dict[str, str]) -> None:
    with Image.open(picture(printed(tmp_path, letter(**values)))) as page:
        (found,) = zxingcpp.read_barcodes(page)
        assert found.text == LINK
        corners = (found.position.top_left, found.position.bottom_right)
    for corner in corners:
        assert QR.left < corner.x / DPI * 25.4 < QR.right
        assert QR.top < corner.y / DPI * 25.4 < QR.bottom


def test_the_font_goes_along_and_no_other_is_wanted(tmp_path: Path) -> None:
    file = printed(tmp_path, letter(), letter(**ENGLISH), letter(name=LONG_NAME))
    pdf = pypdf.PdfReader(file)
    assert len(pdf.pages) == 3
    listed = run("pdffonts", str(file)).splitlines()[2:]
    assert listed
    for line in listed:
        name, embedded, subset = line.split()[0], *line.split()[-5:-3]
        assert ("BIZUD" in name, embedded, subset) == (True, "yes", "yes"), line
    assert file.stat().st_size < 400_000


def test_letters_share_what_is_the_same(tmp_path: Path) -> None:
    one = printed(tmp_path, letter()).stat().st_size
    many = printed(tmp_path, *[letter(link=f"{LINK[:-3]}{n:03}") for n in range(101)]).stat().st_size
    assert (many - one) / 100 < 4_000


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"name": "𠮷田商店"}, "the font has no 𠮷 (U+20BB7)"),
        ({"name": "葛\U000e0100城工業"}, "(U+E0100)"),
        ({"name": "山田\n商店"}, "(U+000A)"),
        ({"postal_address": "東京都🏢1-2-3"}, "(U+1F3E2)"),
        ({"code": "ⵣ1"}, "the font has no ⵣ (U+2D63)"),
        ({"postal_address": ""}, "there is no postal address on file"),
        ({"name": "長" * 500}, "too long"),
        ({"code": "9" * 200}, "too long"),
    ],
)
def test_what_cannot_be_printed_whole_is_named(values: dict[str, str], said: str) -> None:
    assert said in booklet().fault(letter(**values))


@pytest.mark.parametrize("values", [*EVERY.values(), {"name": "㈱①髙﨑ﾐﾄﾞﾘ～－"}])
def test_what_can_be_printed_is_not_held_back(values: dict[str, str]) -> None:
    assert booklet().fault(letter(**values)) == ""


def test_an_issuer_that_the_font_cannot_name_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"has no 𠮷, which issuer AOBA needs"):
        booklet(replace(ISSUER, name="𠮷田商事"))


def test_a_contact_that_finds_no_place_is_refused(tmp_path: Path) -> None:
    endless = replace(ISSUER, contact=Contact(postal="東京都" * 600))
    with pytest.raises(ConfigError, match="too long for a letter"):
        printed(tmp_path, letter(), issuer=endless)


def test_an_issuer_without_a_contact_leaves_no_label(tmp_path: Path) -> None:
    said = text(printed(tmp_path, letter(), issuer=replace(ISSUER, contact=Contact(), registration_number="")))
    assert "電話" not in said
    assert "メール " not in said
    assert "登録番号" not in said


def test_the_date_on_a_letter_is_a_whole_day(tokyo: datetime) -> None:
    assert str(last_day(tokyo.replace(hour=12))) == "2027-01-18"
    assert str(last_day(tokyo.replace(hour=0, minute=0))) == "2027-01-18"
    assert str(last_day(tokyo.replace(hour=23, minute=59, second=59))) == "2027-01-19"
