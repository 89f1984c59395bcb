"""One A4 sheet: what stands where.

Owns the layout. The address stands where the window of the envelope shows it, wherever the sheet slips to within the
envelope (`window`); nothing else ever shows there. Everything that an issuer's letters share is drawn once (`common`)
and referred to by each page.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from reportlab.lib.units import mm

from mailbot.domain import paper_code
from mailbot.edges.letters import qr, window
from mailbot.edges.letters.pen import FAINT, HEIGHT, INK, WIDTH, Box, Text, lines_in
from mailbot.edges.letters.words import words_for
from mailbot.mail.addressee import addressed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mailbot.edges.letters.faces import Faces
    from mailbot.edges.letters.letter import Letter, Stationery
    from mailbot.edges.letters.pen import Pen
    from mailbot.edges.letters.words import Words

ISSUER = Box(125, 14, 65, 40)
LEFT, RIGHT = 20.0, 190.0
CODES = Box(LEFT, 105, RIGHT - LEFT, 50)
QR = Box(150, 108, 36, 36)
COLUMN = 82.0
CUSTOMER_CODE = Box(LEFT + 88, 243.8, COLUMN, 5.5)
CONTACT = Box(LEFT, 261, RIGHT - LEFT, 26)


def common(pen: Pen, stationery: Stationery) -> bool:
    """Draw what all sheets share; False where the issuer's own texts do not fit."""
    words = stationery.words
    canvas = pen.canvas
    canvas.setFillGray(INK)
    canvas.setStrokeGray(INK)
    for fold in window.FOLDS:
        pen.rule(3, 8, fold)
    pen.centred(words.title, WIDTH / 2, 72, size=16, bold=True)
    greeting = pen.fill(
        [Text(stationery.said(text), 10) for text in words.greeting], Box(LEFT, 79, RIGHT - LEFT, 19), leading=1.6
    )
    pen.panel(CODES)
    _labels(pen, words)
    _steps(pen, stationery)
    _other_ways(pen, stationery)
    return greeting and _issuer(pen, stationery) and _contact(pen, stationery)


def _issuer(pen: Pen, stationery: Stationery) -> bool:
    issuer, contact = stationery.issuer, stationery.issuer.contact
    return pen.fill(
        [
            Text(stationery.date(stationery.written_on), 9),
            Text(issuer.name, 11, bold=True),
            Text(contact.postal, 8.5),
            Text(contact.name, 8.5),
        ],
        ISSUER,
        leading=1.55,
    )


def _labels(pen: Pen, words: Words) -> None:
    pen.canvas.setFillGray(FAINT)
    for label, baseline in ((words.paper_id, 112), (words.password, 125.5)):
        pen.line(label, 26, baseline, size=9)
    pen.line(words.expires, 26, 139.5, size=9)
    pen.fill([Text(words.spelling, 7.5)], Box(26, 143.5, 118, 10), leading=1.35)
    pen.centred(words.qr, QR.left + QR.width / 2, 149, size=7.5)
    pen.canvas.setFillGray(INK)


def _steps(pen: Pen, stationery: Stationery) -> None:
    pen.line(stationery.words.steps_heading, LEFT, 164, size=11, bold=True)
    top = 167.5
    for number, (heading, text) in enumerate(stationery.words.steps, start=1):
        middle = HEIGHT - top - 4
        pen.canvas.circle((LEFT + 4) * mm, middle * mm, 3.4 * mm, stroke=0, fill=1)
        pen.canvas.setFillGray(1)
        pen.centred(str(number), LEFT + 4, top + 5.4, size=11, bold=True)
        pen.canvas.setFillGray(INK)
        texts = [Text(heading, 10, bold=True), Text(stationery.said(text), 9)]
        pen.fill(texts, Box(LEFT + 11, top, RIGHT - LEFT - 11, 14), leading=1.35)
        top += 14


def _other_ways(pen: Pen, stationery: Stationery) -> None:
    words, second = stationery.words, LEFT + 88
    pen.rule(LEFT, RIGHT, 213)
    texts = [Text(words.account_heading, 9.5, bold=True), Text(stationery.said(words.account), 8.5)]
    pen.fill(texts, Box(LEFT, 216, COLUMN, 38), leading=1.5)
    texts = [Text(words.direct_heading, 9.5, bold=True), Text(stationery.said(words.direct), 8.5)]
    pen.fill(texts, Box(second, 216, COLUMN, 22), leading=1.5)
    pen.line(f"{words.company_code}　{stationery.issuer.code}", second, 241.5, size=9)
    pen.line(words.letter_password, second, 252.5, size=9)


def _contact(pen: Pen, stationery: Stationery) -> bool:
    words = stationery.words
    pen.rule(LEFT, RIGHT, CONTACT.top - 3)
    texts = [Text(words.contact_heading, 9.5, bold=True), Text(words.lost, 8.5)]
    texts += [Text(line, 8.5) for line in _reached(stationery)]
    return pen.fill(texts, CONTACT, leading=1.5)


def _reached(stationery: Stationery) -> Iterator[str]:
    """Say in two lines who is asked, and where."""
    words, issuer, contact = stationery.words, stationery.issuer, stationery.issuer.contact
    hours = words.hours.format(hours=contact.hours) if contact.hours else ""
    phone = f"{words.phone}{words.separator}{contact.phone}{hours}" if contact.phone else ""
    yield _beside(f"{issuer.name} {contact.name}".strip(), phone)
    number = issuer.registration_number
    yield _beside(
        f"{words.email}{words.separator}{contact.email}" if contact.email else "",
        f"{words.registration_number}{words.separator}{number}" if number else "",
    )


def _beside(*parts: str) -> str:
    return "　".join(part for part in parts if part)


def fits(faces: Faces, letter: Letter, stationery: Stationery) -> bool:
    """Tell whether everything of a customer's own finds its place."""
    shown = window.address(stationery.issuer.letter_window)
    places = ((_address(letter), shown), ([_customer_code(letter)], CUSTOMER_CODE))
    return all(lines_in(faces, texts, box) is not None for texts, box in places)


def own(pen: Pen, letter: Letter, stationery: Stationery) -> None:
    """Draw what is one customer's alone."""
    canvas = pen.canvas
    canvas.setFillGray(INK)
    pen.fill(_address(letter), window.address(stationery.issuer.letter_window))
    pen.code(paper_code.shown(letter.paper_id), 26, 119.5, size=19)
    pen.code(paper_code.shown(letter.password), 26, 133, size=19)
    until = stationery.words.until.format(date=stationery.date(letter.expires))
    pen.line(until, 46, 139.5, size=10.5, bold=True)
    pen.fill([_customer_code(letter)], CUSTOMER_CODE)
    _qr(pen, letter.link)


def _address(letter: Letter) -> list[Text]:
    japanese = letter.locale == "ja"
    mark = "〒" if japanese and letter.postal_code else ""
    name = addressed(letter.name) if japanese else letter.name
    lines = [Text(f"{mark}{letter.postal_code}", 9.5), Text(letter.postal_address, 9.5), Text(name, 11, bold=True)]
    return lines if japanese else [lines[2], lines[1], lines[0]]


def _customer_code(letter: Letter) -> Text:
    return Text(f"{words_for(letter.locale).customer_code}　{letter.code}", 9)


def _qr(pen: Pen, link: str) -> None:
    """Draw the QR code, its quiet zone white within the box."""
    side, dark = qr.code(link)
    canvas, size = pen.canvas, QR.width * mm
    module = size / (side + 2 * qr.QUIET)
    canvas.saveState()
    canvas.setFillGray(1)
    canvas.rect(QR.left * mm, (HEIGHT - QR.bottom) * mm, size, size, stroke=0, fill=1)
    canvas.setFillGray(0)
    canvas.translate(QR.left * mm + qr.QUIET * module, (HEIGHT - QR.bottom) * mm + qr.QUIET * module)
    canvas.scale(module, module)
    canvas.addLiteral(dark)
    canvas.restoreState()
