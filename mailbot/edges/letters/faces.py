"""The font of the letters: found on this machine, embedded into the PDF, asked before anything is printed.

Owns what the font can print. reportlab draws nothing at all for a character without a glyph, so a name with a hole in
it would go to print unseen: `lacking` is asked first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFError, TTFont

from mailbot.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

PACKAGE = "fonts-morisawa-bizud-gothic"
"""Debian's package of the default font."""

_REGULAR, _BOLD = "-Regular", "-Bold"


class Faces:
    """A regular and a bold face; where the font has no bold one, both are the same."""

    __slots__ = ("_bold", "_regular", "file")

    def __init__(self, file: Path) -> None:
        self.file = file
        self._regular = _registered(file)
        bold = file.with_name(file.name.replace(_REGULAR, _BOLD))
        self._bold = _registered(bold) if bold.is_file() else self._regular

    @property
    def regular(self) -> str:
        """Name of the face that text is set in."""
        return str(self._regular.fontName)

    @property
    def bold(self) -> str:
        """Name of the face that stands out."""
        return str(self._bold.fontName)

    def lacking(self, *texts: str) -> list[str]:
        """Return the characters of `texts` that cannot be printed, each once, in their order."""
        known = (self._regular.face.charToGlyph, self._bold.face.charToGlyph)
        return [character for character in dict.fromkeys("".join(texts)) if not _printable(character, known)]

    def width(self, text: str, *, bold: bool = False) -> float:
        """Return how wide `text` is at a size of 1."""
        face = (self._bold if bold else self._regular).face
        widths, default = face.charWidths, face.defaultWidth
        return float(sum(widths.get(ord(character), default) for character in text)) / 1000


def _printable(character: str, known: Iterable[dict[int, int]]) -> bool:
    return character == " " or all(glyphs.get(ord(character)) for glyphs in known)


def _registered(file: Path) -> TTFont:
    """Load a face; raises `ConfigError` that says what to install or to write."""
    if not file.is_file():
        raise ConfigError(
            f"letters.font: there is no font {file}; install Debian's package {PACKAGE}, or write the path of"
            " another TrueType font that has Japanese characters"
        )
    try:
        font = TTFont(f"letters-{file.stem}", str(file))
    except (TTFError, OSError) as error:
        raise ConfigError(
            f"letters.font: {file} cannot be used ({error}); write the path of a font with TrueType outlines (.ttf)"
        ) from None
    pdfmetrics.registerFont(font)
    return font
