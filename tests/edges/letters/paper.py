"""Letters for tests, and what they are once they are printed: words and where those stand, and a picture."""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass
from datetime import date
from html import unescape
from pathlib import Path
from typing import Any

from mailbot.domain.policy import Contact, Issuer
from mailbot.edges.letters.booklet import Booklet
from mailbot.edges.letters.faces import Faces
from mailbot.edges.letters.letter import Letter, Stationery, stationery_of

FONT = Path("/usr/share/fonts/truetype/bizud-gothic/BIZUDPGothic-Regular.ttf")
DPI = 150
POINT = 25.4 / 72

ISSUER = Issuer(
    code="AOBA",
    name="株式会社あおば商事",
    sender="seikyu@aoba.example.com",
    registration_number="T7999901000001",
    contact=Contact(
        name="経理部 請求書係",
        phone="03-0000-0000",
        hours="平日 9:00～17:00",
        email="keiri@aoba.example.com",
        postal="〒100-0000 東京都千代田区青葉町1-2-3 あおばビル5階",
    ),
)
LINK = "https://invoice.aoba.example.com/l/qaAbCdEfGhIjKl.0123456789abcdefghijABCDEFGHIJ0123456789abc"


@dataclass(frozen=True)
class Word:
    """One word of a page, in millimetres from its top left corner."""

    text: str
    left: float
    top: float
    right: float
    bottom: float


def stationery(issuer: Issuer = ISSUER) -> dict[str, Stationery]:
    return stationery_of(issuer, base_url="https://invoice.aoba.example.com", written_on=date(2026, 11, 20))


def letter(**values: Any) -> Letter:  # noqa: ANN401  any field
    return Letter(
        **{
            "locale": "ja",
            "code": "0001000",
            "name": "株式会社みどり製作所",
            "postal_code": "150-0000",
            "postal_address": "東京都渋谷区桜木町4-5-6",
            "paper_id": "07K4M9QZ01T0",
            "password": "ANHNEZWT1QDS",
            "expires": date(2027, 1, 18),
            "link": LINK,
            **values,
        }
    )


def booklet(issuer: Issuer = ISSUER) -> Booklet:
    return Booklet(Faces(FONT), stationery(issuer))


def printed(folder: Path, *letters: Letter, issuer: Issuer = ISSUER, outline: bool = False) -> Path:
    """Print letters into a PDF."""
    file = folder / "letters.pdf"
    with file.open("wb") as out:
        booklet(issuer).write(out, letters, outline=outline)
    return file


def text(pdf: Path) -> str:
    return run("pdftotext", "-raw", str(pdf), "-")


def words(pdf: Path) -> list[Word]:
    """Return the words of a PDF of one page, with their places."""
    found = re.findall(r'<word xMin="(.+?)" yMin="(.+?)" xMax="(.+?)" yMax="(.+?)">(.*?)</word>', _bbox(pdf))
    return [Word(unescape(word), *(float(place) * POINT for place in places)) for *places, word in found]


def _bbox(pdf: Path) -> str:
    return run("pdftotext", "-bbox", str(pdf), "-")


def picture(pdf: Path) -> Path:
    """Return the first page as a PNG, kept beside the PDF."""
    run("pdftoppm", "-r", str(DPI), "-png", "-singlefile", str(pdf), str(pdf.with_suffix("")))
    return pdf.with_suffix(".png")


def run(*command: str) -> str:
    """Run a program and return what it prints."""
    return subprocess.run(command, check=True, capture_output=True, encoding="utf-8", timeout=60).stdout
