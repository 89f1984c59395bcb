"""The window of an envelope: what it shows of the folded sheet, and what it may not.

Owns how far a sheet slips within its envelope. A4 folded in three is 210 x 99 mm; the default envelope, 長形3号 laid on
its side, is 235 x 120 mm, its window 90 x 45 mm, 20 mm from the left and 12 mm from the top. Japan Post wants a window
of at least 80 x 45 mm, with postal code and address visible wherever the sheet slips (定形郵便物・はがき作成の
ガイドライン, 窓付封筒), and leaves its place to the makers: hence `issuer.letter_window`, and an outline to hold
against the envelopes at hand.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mailbot.edges.letters.pen import HEIGHT, WIDTH, Box

if TYPE_CHECKING:
    from mailbot.domain.policy import Window
    from mailbot.edges.letters.pen import Pen

FOLDS = (99.0, 198.0)
"""Where the sheet is folded, from its top."""

FREE = Box(0, 0, 123, 66)
"""The part of the sheet where nothing else stands."""

LEAST_WIDTH, LEAST_HEIGHT = 40.0, 15.0
"""What an address needs at least."""


def slip(window: Window) -> tuple[float, float]:
    """Return how far the folded sheet may slip to the right and down within the envelope."""
    return max(window.envelope_width - WIDTH, 0), max(window.envelope_height - FOLDS[0], 0)


def seen(window: Window) -> Box:
    """Return what the window may show of the sheet; nothing but the address may stand there."""
    right, down = slip(window)
    return Box(window.left - right, window.top - down, window.width + right, window.height + down)


def always_seen(window: Window) -> Box:
    """Return what the window shows wherever the sheet slips to."""
    right, down = slip(window)
    return Box(window.left, window.top, window.width - right, window.height - down)


def address(window: Window) -> Box:
    """Return where the address stands: in what is always seen, a little off its edges."""
    inner = always_seen(window)
    return Box(inner.left + 2, inner.top + 1, inner.width - 3, inner.height - 1.5)


def fault(window: Window) -> str:
    """Say why a sheet cannot be laid out for this window; empty where it can."""
    if window.envelope_width < WIDTH or window.envelope_height < FOLDS[0]:
        return f"the envelope does not hold A4 folded in three ({WIDTH:g} x {FOLDS[0]:g} mm)"
    if seen(window).right > FREE.right or seen(window).bottom > FREE.bottom:
        return f"the window shows more than the upper left {FREE.right:g} x {FREE.bottom:g} mm of the sheet"
    box = address(window)
    if box.width < LEAST_WIDTH or box.height < LEAST_HEIGHT:
        return "the window shows too little of the sheet wherever that slips to"
    return ""


def draw_outline(pen: Pen, window: Window) -> None:
    """Draw the window's edge as it lies over a sheet in the upper left corner of its envelope, and the folds."""
    pen.frame(Box(window.left, window.top, window.width, window.height))
    pen.frame(always_seen(window), dashed=True)
    for fold in FOLDS:
        pen.rule(0, WIDTH, fold)
    label = f"{window.width} x {window.height} mm, {window.left} mm from the left, {window.top} mm from the top"
    pen.line(label, window.left, min(window.top + window.height + 3.5, HEIGHT), size=6)
