"""The PDF of a batch: one sheet a customer, in the order given.

Owns the file's structure: one subset of each face for all pages, and what the sheets of an issuer share drawn once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, BinaryIO

from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas

from mailbot.edges.letters import sheet, window
from mailbot.edges.letters.pen import HEIGHT, WIDTH, Pen
from mailbot.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from mailbot.domain.policy import Issuer
    from mailbot.edges.letters.faces import Faces
    from mailbot.edges.letters.letter import Letter, Stationery


class Booklet:
    """Letters of one issuer, each in its customer's language."""

    def __init__(self, faces: Faces, stationery: Mapping[str, Stationery]) -> None:
        """Take the stationery by language.

        Raises `ConfigError` where the font cannot print the issuer's own texts, or the window leaves no place.
        """
        self._faces = faces
        self._stationery = stationery
        for each in stationery.values():
            _expect_place(each.issuer)
            _expect_printable(faces, each)

    def fault(self, letter: Letter) -> str:
        """Say why a letter cannot be printed whole; empty where it can."""
        lacking = self._faces.lacking(letter.name, letter.postal_code, letter.postal_address, letter.code)
        if lacking:
            named = ", ".join(f"{character} (U+{ord(character):04X})" for character in lacking)
            return f"the font has no {named}"
        if not letter.postal_address:
            return "there is no postal address on file"
        return (
            "" if sheet.fits(self._faces, letter, self._stationery[letter.locale]) else "name and address are too long"
        )

    def write(
        self,
        out: BinaryIO,
        letters: Iterable[Letter],
        *,
        outline: bool = False,
        progress: Callable[[int], object] = lambda _: None,
    ) -> None:
        """Print letters in which `fault` finds nothing, with the window's `outline` if wanted.

        `progress` hears of sheets done.
        """
        canvas = _canvas(out, self._faces)
        pen = Pen(canvas, self._faces)
        self._describe(canvas)
        for locale, stationery in self._stationery.items():
            self._draw_common(pen, locale, stationery)
        for letter in letters:
            canvas.doForm(_form(letter.locale))
            stationery = self._stationery[letter.locale]
            sheet.own(pen, letter, stationery)
            if outline:
                window.draw_outline(pen, stationery.issuer.letter_window)
            canvas.showPage()
            progress(1)
        canvas.save()

    def _describe(self, canvas: Canvas) -> None:
        first = next(iter(self._stationery.values()))
        own = self._stationery.get(first.issuer.locale, first)
        canvas.setTitle(own.words.title)
        canvas.setAuthor(own.issuer.name)
        canvas.setCreator("mailbot")

    def _draw_common(self, pen: Pen, locale: str, stationery: Stationery) -> None:
        pen.canvas.beginForm(_form(locale))
        fits = sheet.common(pen, stationery)
        pen.canvas.endForm()
        if not fits:
            raise ConfigError(
                f"issuer {stationery.issuer.code}: name and contact are too long for a letter; write them shorter"
            )


def _form(locale: str) -> str:
    return f"common-{locale}"


def _canvas(out: BinaryIO, faces: Faces) -> Canvas:
    """Open a PDF of A4 pages that knows no font but ours: a printing house takes embedded ones only."""
    size = (WIDTH * mm, HEIGHT * mm)
    return Canvas(out, pagesize=size, initialFontName=faces.regular, pageCompression=1)  # type: ignore[arg-type]  # stubs take its name for a number


def _expect_place(issuer: Issuer) -> None:
    if wrong := window.fault(issuer.letter_window):
        raise ConfigError(f"issuer {issuer.code}: letter_window: {wrong}; measure the envelope, and write it anew")


def _expect_printable(faces: Faces, stationery: Stationery) -> None:
    lacking = faces.lacking(*stationery.own_texts)
    if lacking:
        raise ConfigError(
            f"letters.font: {faces.file} has no {', '.join(lacking)}, which issuer {stationery.issuer.code} needs;"
            " write the path of another font, or other texts for the issuer"
        )
