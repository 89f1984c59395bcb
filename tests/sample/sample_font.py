"""The font of the sample's PDFs: Noto Sans CJK with TrueType outlines, cut down to the characters that are used.

Chromium embeds TrueType outlines as a small font that can be searched and copied from; those of the original (CFF) it
draws one by one. The original is under the SIL Open Font License, which allows this.
"""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

from fontTools.pens.cu2quPen import Cu2QuPen  # type: ignore[import-untyped]  # fontTools has no types
from fontTools.pens.ttGlyphPen import TTGlyphPen  # type: ignore[import-untyped]  # the same
from fontTools.subset import Options, Subsetter  # type: ignore[import-untyped]  # the same
from fontTools.ttLib import TTFont, newTable  # type: ignore[import-untyped]  # the same

ORIGINAL = Path("/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc")
MOST_ERROR = 1.0
"""Thousandths of an em by which a curve may differ from the original."""


def cut_font(characters: str) -> bytes:
    """Return a TrueType font that has `characters` and no others."""
    font = TTFont(ORIGINAL, fontNumber=0, recalcTimestamp=False)
    options = Options(layout_features=["kern", "palt"], name_IDs=["*"], notdef_outline=True, desubroutinize=True)
    subsetter = Subsetter(options)
    subsetter.populate(text=characters)
    subsetter.subset(font)
    _to_quadratic(font)
    content = io.BytesIO()
    font.save(content)
    return content.getvalue()


def _to_quadratic(font: Any) -> None:  # noqa: ANN401  fontTools has no types
    """Replace the CFF table of `font` by the tables that TrueType outlines stand in."""
    order = font.getGlyphOrder()
    glyphs = font.getGlyphSet()
    table = font["glyf"] = newTable("glyf")
    table.glyphs = {}
    table.glyphOrder = order
    for name in order:
        pen = TTGlyphPen(glyphs)
        glyphs[name].draw(Cu2QuPen(pen, MOST_ERROR, reverse_direction=True))
        table.glyphs[name] = pen.glyph()
    font["loca"] = newTable("loca")
    _to_version_1(font["maxp"], len(order))
    font["post"].formatType = 3.0
    del font["CFF "]
    if "VORG" in font:
        del font["VORG"]
    font.sfntVersion = "\x00\x01\x00\x00"


def _to_version_1(maxp: Any, glyphs: int) -> None:  # noqa: ANN401  the same
    maxp.tableVersion = 0x00010000
    maxp.numGlyphs = glyphs
    for name in (
        "maxTwilightPoints",
        "maxStorage",
        "maxFunctionDefs",
        "maxInstructionDefs",
        "maxStackElements",
        "maxSizeOfInstructions",
        "maxComponentElements",
    ):
        setattr(maxp, name, 0)
    maxp.maxZones = 1
