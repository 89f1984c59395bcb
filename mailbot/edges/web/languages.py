"""Which of our languages a visitor reads, where no customer's row says it.

Owns the reading of `Accept-Language` (RFC 9110 §12.5.4).
"""

from __future__ import annotations

from functools import lru_cache

LOCALES = ("ja", "en")
"""The languages that pages are written in; the first is for visitors who do not say."""


def spoken(locale: str) -> str:
    """Return `locale` where pages are written in it, English for any other that is named."""
    return locale if locale in LOCALES else "en" if locale else LOCALES[0]


@lru_cache(maxsize=512)
def preferred(accept_language: str) -> str:
    """Return the language of ours that the header likes best."""
    liked = [_weighed(part) for part in accept_language.split(",")]
    ours = [(weight, tag) for weight, tag in liked if tag in LOCALES and weight > 0]
    if ours:
        return max(ours, key=lambda choice: choice[0])[1]
    return spoken(liked[0][1].strip("*"))


def _weighed(part: str) -> tuple[float, str]:
    tag, _, parameter = part.partition(";")
    name, _, weight = parameter.strip().partition("=")
    try:
        return (float(weight) if name == "q" else 1.0), tag.strip().lower().partition("-")[0]
    except ValueError:
        return 0.0, ""
