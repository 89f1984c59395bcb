"""Text of strangers made fit to be shown: on a terminal, in a log, in a mail of ours.

Owns which characters act on whatever shows them instead of being seen: control characters, among them the escape
sequences of terminals, what turns the order of writing around (Unicode TR 36 §2.5), and halves of surrogate pairs.
"""

from __future__ import annotations

import re

_LINE_ENDS = re.compile("\r\n?|[\v\f\x1c-\x1e\x85\u2028\u2029]")
_ACTING = re.compile("[\0-\x08\x0e-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")
_SEQUENCE = re.compile("(?:\x1b\\[|\x9b)[0-?]{0,100}[ -/]{0,10}[@-~]?|\x1b\\][^\x07\x1b\n]{0,1000}(?:\x07|\x1b\\\\)")


def legible(text: str) -> str:
    """Return the text with lines and tabs as they were, and nothing in it that is not seen where it stands.

    A terminal's sequences go as a whole (ECMA-48 §5.4), so that no `[2J` is left of them.
    """
    return _ACTING.sub("", _LINE_ENDS.sub("\n", _SEQUENCE.sub("", text)))
