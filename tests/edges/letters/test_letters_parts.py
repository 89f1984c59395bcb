"""The parts of a letter: the font, lines, the table for a printing house, and files that are whole or not there."""

from __future__ import annotations

import csv
import io
import stat
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from paper import FONT, ISSUER, letter, stationery
from wcwidth import wcswidth

from mailbot.domain.policy import Contact, Spoken
from mailbot.edges.letters import listing
from mailbot.edges.letters.faces import PACKAGE, Faces
from mailbot.edges.letters.fitting import Piece, fitted, wrapped
from mailbot.edges.letters.new_file import NewFile
from mailbot.errors import ConfigError, Refused

if TYPE_CHECKING:
    from pathlib import Path

settings.register_profile("patient", deadline=None)  # another program may have the processor for a while
settings.load_profile("patient")


def wide(text: str) -> float:
    return float(sum(max(wcswidth(character), 0) for character in text))


def test_a_missing_font_names_the_package(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=f"there is no font .*{PACKAGE}"):
        Faces(tmp_path / "none.ttf")


def test_a_file_that_is_no_font_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.ttf").write_bytes(b"%PDF-1.7 and so on, and so on")
    with pytest.raises(ConfigError, match="cannot be used"):
        Faces(tmp_path / "x.ttf")


def test_a_font_without_a_bold_face_does_for_both(tmp_path: Path) -> None:
    (tmp_path / "Mine-Regular.ttf").write_bytes(FONT.read_bytes())
    faces = Faces(tmp_path / "Mine-Regular.ttf")
    assert faces.bold == faces.regular
    assert Faces(FONT).bold != Faces(FONT).regular


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("", []),
        ("東京都千代田区", ["東京都千代", "田区"]),
        ("東京都千代。", ["東京都千", "代。"]),
        ("東京都千「代", ["東京都千", "「代"]),
        ("one two three", ["one two", "three"]),
        ("青葉町1-2-3 あおばビル", ["青葉町", "1-2-3", "あおばビル"]),
        ("abcdefghijklmno", ["abcdefghij", "klmno"]),
        ("。。。。。。。。", ["。。。。", "。。。。"]),
        ("あい うえabcdefghi", ["あい うえ", "abcdefghi"]),
    ],
)
def test_lines_end_where_they_may(text: str, lines: list[str]) -> None:
    assert wrapped(text, width=10, measure=wide) == lines


@given(text=st.text(alphabet="東京、。（）「」abc -1あっ　", max_size=60), width=st.integers(2, 40))
def test_no_character_is_lost_and_no_line_too_wide(text: str, width: int) -> None:
    lines = wrapped(text, width=width, measure=wide)
    assert "".join("".join(lines).split()) == "".join(text.split())
    assert all(wide(line.rstrip()) <= width for line in lines)


def test_what_is_too_much_gets_smaller_and_at_last_is_refused() -> None:
    short, long, endless = (Piece("あ" * length, 10, wide) for length in (3, 30, 3000))
    assert {line.size for line in fitted([short], width=200, height=20, leading=1.4, least=5) or ()} == {10}
    smaller = fitted([short, long], width=200, height=50, leading=1.4, least=5)
    assert smaller is not None
    assert 5 <= smaller[0].size < 10
    assert [line.piece for line in smaller] == [0, 1, 1, 1]
    assert fitted([endless], width=200, height=60, leading=1.4, least=5) is None


@pytest.mark.parametrize(("locale", "heading"), [("ja", "仮パスワード"), ("en", "password")])
def test_a_printing_house_gets_all_of_it(locale: str, heading: str) -> None:
    out = io.BytesIO()
    letters = [letter(name='A "B", C\u3000株式会社'), letter(locale="en")]
    listing.write(out, letters, stationery(replace(ISSUER, locale=locale)))
    content = out.getvalue()
    assert content.startswith(b"\xef\xbb\xbf")
    first, second = csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline=""))
    assert len(first) == len(listing.HEADINGS)
    assert first[heading] == "ANHN-EZWT-1QDS"
    values = list(first.values())
    assert values[:5] == [
        "0001000",
        'A "B", C\u3000株式会社',
        'A "B", C\u3000株式会社 御中',
        "150-0000",
        "東京都渋谷区桜木町4-5-6",
    ]
    assert {"07K4-M9QZ-01T0", "2027-01-18", letter().link, "AOBA", "03-0000-0000"} <= set(values)
    assert second[list(first)[2]] == "株式会社みどり製作所"
    assert content.count(b"\r\n") == 3


@pytest.mark.parametrize(
    "values",
    [
        {"name": "=HYPERLINK(A1)"},
        {"postal_address": "+1-2-3"},
        {"postal_code": "-100"},
        {"code": "@C1"},
        {"name": "\t=1"},
    ],
)
def test_what_a_spreadsheet_would_run_is_held_back(values: dict[str, str]) -> None:
    assert "would be a formula" in listing.fault(letter(**values))


@pytest.mark.parametrize("name", ["＝みどり", "A=B", "みどり-あか", "'=1", ""])
def test_what_a_spreadsheet_takes_for_text_is_not(name: str) -> None:
    assert listing.fault(letter(name=name)) == ""


def test_a_printing_house_gets_the_issuer_in_the_customers_language() -> None:
    out = io.BytesIO()
    issuer = replace(ISSUER, en=Spoken(name="Aoba Trading Co., Ltd.", contact=Contact(name="Billing desk")))
    listing.write(out, [letter(), letter(locale="en")], stationery(issuer))
    first, second = csv.DictReader(io.StringIO(out.getvalue().decode("utf-8-sig"), newline=""))
    assert (first["発行元"], first["担当"]) == (ISSUER.name, ISSUER.contact.name)
    assert (second["発行元"], second["担当"], second["電話"]) == (issuer.en.name, "Billing desk", ISSUER.contact.phone)


def test_a_file_is_private_and_whole_or_not_there(tmp_path: Path) -> None:
    file = NewFile(tmp_path / "letters.pdf")
    file.out.write(b"codes")
    (fresh,) = tmp_path.iterdir()
    assert fresh.name.startswith(".letters.pdf.")
    file.keep()
    assert [path.name for path in tmp_path.iterdir()] == ["letters.pdf"]
    assert stat.S_IMODE(file.path.stat().st_mode) == 0o600
    file.drop(kept=False)
    assert file.path.read_bytes() == b"codes"
    with pytest.raises(Refused, match="may be the only copy"):
        NewFile(tmp_path / "letters.pdf")
    file.drop()
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_was_not_kept_leaves_nothing(tmp_path: Path) -> None:
    NewFile(tmp_path / "letters.pdf").drop(kept=False)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="cannot be written"):
        NewFile(tmp_path / "no" / "letters.pdf")
