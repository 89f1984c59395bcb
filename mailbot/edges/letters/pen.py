"""Drawing on a sheet in millimetres from its top left corner, as people measure paper.

Owns the way from there to PDF's points from the bottom left, and that text in a box stays in it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from reportlab.lib.units import mm

from mailbot.edges.letters import fitting

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reportlab.pdfgen.canvas import Canvas

    from mailbot.edges.letters.faces import Faces

WIDTH, HEIGHT = 210.0, 297.0
"""A4, in millimetres (ISO 216)."""

INK, FAINT, RULE, TINT = 0.08, 0.38, 0.72, 0.955
"""Shades of grey, from black (0) to white (1)."""

LEADING = 1.4
"""Distance of two lines, in sizes."""

LEAST = 5.0
"""Smallest size that is printed, in points."""

STROKE = 0.07
"""Width of the stroke through a zero, in sizes."""


@dataclass(frozen=True, slots=True)
class Box:
    """A part of the sheet, in millimetres."""

    left: float
    top: float
    width: float
    height: float

    @property
    def right(self) -> float:
        """Its right edge."""
        return self.left + self.width

    @property
    def bottom(self) -> float:
        """Its lower edge, from the top of the sheet."""
        return self.top + self.height


@dataclass(frozen=True, slots=True)
class Text:
    """One text of a box."""

    text: str
    size: float
    """In points."""
    bold: bool = False


def lines_in(
    faces: Faces, texts: Sequence[Text], box: Box, *, leading: float = LEADING, least: float = LEAST
) -> list[fitting.Line] | None:
    """Return the lines of `texts` as large as a box allows, or None where they do not fit into it."""
    pieces = [fitting.Piece(each.text, each.size, partial(faces.width, bold=each.bold)) for each in texts if each.text]
    return fitting.fitted(pieces, width=box.width * mm, height=box.height * mm, leading=leading, least=least)


class Pen:
    """Draws with the faces of one font."""

    __slots__ = ("canvas", "faces")

    def __init__(self, canvas: Canvas, faces: Faces) -> None:
        self.canvas = canvas
        self.faces = faces

    def line(self, text: str, left: float, baseline: float, *, size: float, bold: bool = False) -> None:
        """Write one line."""
        self.canvas.setFont(self.faces.bold if bold else self.faces.regular, size)
        self.canvas.drawString(left * mm, (HEIGHT - baseline) * mm, text)

    def centred(self, text: str, middle: float, baseline: float, *, size: float, bold: bool = False) -> None:
        """Write one line around a middle."""
        wide = self.faces.width(text, bold=bold) * size / mm
        self.line(text, middle - wide / 2, baseline, size=size, bold=bold)

    def fill(self, texts: Sequence[Text], box: Box, *, leading: float = LEADING, least: float = LEAST) -> bool:
        """Write texts under each other, smaller where they are long; False where they do not fit into the box."""
        lines = lines_in(self.faces, texts, box, leading=leading, least=least)
        baseline = box.top
        for line in lines or ():
            baseline += line.size * leading / mm
            bold = texts[line.piece].bold
            self.line(line.text, box.left, baseline - line.size * (leading - 1) / mm, size=line.size, bold=bold)
        return lines is not None

    def code(self, shown: str, left: float, baseline: float, *, size: float) -> None:
        """Write a temporary ID or password: wide apart, and with a stroke through each zero."""
        canvas, apart = self.canvas, size * 0.09
        canvas.setFont(self.faces.bold, size)
        bottom = (HEIGHT - baseline) * mm
        canvas.drawString(left * mm, bottom, shown, charSpace=apart)
        canvas.setLineWidth(size * STROKE)
        at = left * mm
        for character in shown:
            wide = self.faces.width(character, bold=True) * size
            if character == "0":
                canvas.line(at + 0.3 * wide, bottom + 0.1 * size, at + 0.7 * wide, bottom + 0.66 * size)
            at += wide + apart

    def rule(self, left: float, right: float, top: float, *, shade: float = RULE) -> None:
        """Draw a thin horizontal line."""
        self.canvas.setStrokeGray(shade)
        self.canvas.setLineWidth(0.4)
        self.canvas.line(left * mm, (HEIGHT - top) * mm, right * mm, (HEIGHT - top) * mm)
        self.canvas.setStrokeGray(INK)

    def frame(self, box: Box, *, dashed: bool = False) -> None:
        """Draw the edges of a box."""
        canvas = self.canvas
        canvas.saveState()
        canvas.setLineWidth(0.4)
        canvas.setDash([2, 2] if dashed else [])
        canvas.rect(box.left * mm, (HEIGHT - box.bottom) * mm, box.width * mm, box.height * mm, stroke=1, fill=0)
        canvas.restoreState()

    def panel(self, box: Box) -> None:
        """Tint a box."""
        self.canvas.setFillGray(TINT)
        self.canvas.roundRect(
            box.left * mm, (HEIGHT - box.bottom) * mm, box.width * mm, box.height * mm, 2 * mm, stroke=0, fill=1
        )
        self.canvas.setFillGray(INK)
