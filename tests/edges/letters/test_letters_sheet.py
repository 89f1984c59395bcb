"""What a letter says, where it says it, and that a phone reads its QR code."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pypdf
import pytest
import zxingcpp
from paper import DPI, ISSUER, LINK, booklet, letter, picture, printed, run, text, words
from PIL import Image

from mailbot.domain.policy import Contact
from mailbot.edges.letters.sheet import ADDRESS, ALWAYS_SEEN, QR, SEEN, last_day
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


@pytest.mark.parametrize("values", EVERY.values(), ids=EVERY)
def test_the_window_shows_the_address_and_nothing_else(tmp_path: Path, values: dict[str, str]) -> None:
    one = letter(**values)
    shown = words(printed(tmp_path, one))
    above = [word for word in shown if word.left < SEEN.right and word.top < SEEN.bottom]
    seen = "".join(word.text for word in above).replace("〒", "").replace("御中", "").replace("様", "")
    assert sorted(seen) == sorted((one.name + one.postal_address + one.postal_code).replace(" ", ""))
    for word in above:
        assert word.left >= ALWAYS_SEEN.left
        assert word.right <= ALWAYS_SEEN.right
        assert word.top >= ALWAYS_SEEN.top
        assert word.bottom <= ALWAYS_SEEN.bottom
    assert above[0].left == pytest.approx(ADDRESS.left, abs=0.6)


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
