"""What a mail says: one template for each kind and language, rendered as text and as HTML.

Owns the two Jinja environments and what templates may use. A template says its matter in building blocks;
`layout.txt.j2` and `layout.html.j2` give each block its two forms, so that the two parts of a mail never disagree.
Values are made harmless before a template sees them (`plain_values`). That templates are complete is `proofread`'s.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import jinja2
from markupsafe import Markup, escape

from mailbot.errors import TemplateError
from mailbot.mail.addressee import addressed, date_en, date_ja
from mailbot.mail.compiled import SwiftEnvironment

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import TracebackType

    from jinja2.runtime import Context

    from mailbot.mail.edition import Edition

LOCALES = ("ja", "en")

KINDS = (
    *("proof", "confirm", "sign_in", "notice", "reminder", "withdrawn", "staff"),
    *("invitation", "registration", "approval", "decline", "change", "password"),
    *("forward", "successor", "probe", "answer"),
)
"""Kinds of mail that an edition must have a template for, in each language."""

WRAPPING = ("heading", "paragraph", "note", "warning", "closing")
"""Building blocks that stand around words."""

OTHER = ("opening", "facts", "button", "line")
"""Building blocks that are called."""

WRAPPED = 256
"""Results that are kept of each of these blocks."""

_LINK = "link"
_UNSEEN = re.compile("[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]+")
_SURROGATE = re.compile("[\ud800-\udfff]")
_OUR_PATH = re.compile(r"/(?=l/)", re.IGNORECASE)
_SPACES = re.compile(r"[ \t\r\n]+")
_FAULTS = (jinja2.TemplateError, ArithmeticError, AttributeError, LookupError, TypeError, ValueError)
"""What an expression in a template can raise."""

_EMPTY_LINES = re.compile(r"\n{3,}")


@dataclass(frozen=True, slots=True)
class Rendered:
    """What one mail says."""

    subject: str
    """One line."""
    text: str
    """Lines that end with `\\n`."""
    html: str


class Renderer:
    """Renders the mails of one edition; equal arguments give equal text in any process.

    Templates are compiled when they are first needed.
    """

    __slots__ = ("_html", "_text")

    def __init__(self, edition: Edition) -> None:
        self._text = _Part(edition.templates, "layout.txt.j2", autoescape=False)
        self._html = _Part(edition.templates, "layout.html.j2", autoescape=True)

    def render(self, kind: str, locale: str, context: Mapping[str, object]) -> Rendered:
        """Say `kind` in `locale` with the values of `context`.

        Raises `TemplateError` naming file, line and name where a template is missing, does not compile, or asks for
        what the context has not.
        """
        name = template_name(kind, locale)
        values = plain_values(context)
        try:
            text, html = self._text.template(name), self._html.template(name)
            values["subject"] = _subject(text, values)
            return Rendered(values["subject"], _tidy(_said(text, values)), _said(html, values))
        except _FAULTS as error:
            raise located(error) from error


class _Part:
    """One form of mails, text or HTML: an environment with the building blocks of a layout, and what it compiled.

    Blocks that wrap words are filters, `{% filter paragraph %}`; the others functions, `{{ say.button(...) }}`.
    """

    __slots__ = ("_compiled", "_environment", "_layout")

    def __init__(self, templates: Mapping[str, str], layout: str, *, autoescape: bool) -> None:
        self._environment = environment(templates, autoescape=autoescape)
        self._layout = layout
        self._compiled: dict[str, jinja2.Template] = {}

    def template(self, name: str) -> jinja2.Template:
        """Return a template, compiled once; raises Jinja's errors."""
        found = self._compiled.get(name)
        if found is None:
            self._learn_blocks()
            found = self._compiled[name] = self._environment.get_template(name)
        return found

    def _learn_blocks(self) -> None:
        if "say" not in self._environment.globals:
            blocks = self._environment.get_template(self._layout).module
            # A block is a function of its words, most of which stand in every mail of a kind. A cache that told text
            # from Markup by value alone would let one pass for the other: hence `typed`.
            wraps = {name: getattr(blocks, name) for name in WRAPPING if hasattr(blocks, name)}
            cached = {name: lru_cache(maxsize=WRAPPED, typed=True)(block) for name, block in wraps.items()}
            called = {name: getattr(blocks, name) for name in OTHER if hasattr(blocks, name)}
            self._environment.filters |= cached | called
            self._environment.globals["say"] = blocks
            self._environment.calls.names = {f"say.{name}" for name in called}


def _said(template: jinja2.Template, values: Mapping[str, object]) -> str:
    return "".join(template.root_render_func(_context(template, values)))


def _subject(template: jinja2.Template, values: Mapping[str, object]) -> str:
    """Return the block `subject` in one line, which says in a rehearsal whom the mail is for."""
    block = template.blocks.get("subject")
    if block is None:
        raise TemplateError(f"{template.name}: it has no block named subject")
    line = _SPACES.sub(" ", "".join(block(_context(template, values)))).strip()
    return f"[→ {values['redirected']}] {line}" if values.get("redirected") else line


def _context(template: jinja2.Template, values: Mapping[str, object]) -> Context:
    """Do what `Template.new_context` does, without walking through its chain of globals each time."""
    env = template.environment
    return env.context_class(env, {**env.globals, **values}, template.name, template.blocks)


class _Environment(SwiftEnvironment):
    """Looks a dotted name up as a key first: twice as fast for contexts, and a key may be called `items`."""

    def getattr(self, obj: Any, attribute: str) -> Any:  # noqa: ANN401  the library's signature
        try:
            return obj[attribute]
        except (TypeError, LookupError, AttributeError):
            return super().getattr(obj, attribute)


class Unknown(jinja2.StrictUndefined):
    """A name that is not there; its message lists those that are."""

    __slots__ = ()

    @property
    def _undefined_message(self) -> str:
        known = (
            f"; there are: {', '.join(sorted(self._undefined_obj))}" if isinstance(self._undefined_obj, dict) else ""
        )
        return f"unknown name {self._undefined_name!r}{known}"


def template_name(kind: str, locale: str) -> str:
    """Return the template of a kind in a language: `notice.ja.j2`."""
    return f"{kind}.{locale}.j2"


def located(error: Exception) -> TemplateError:
    """Say where in which template an error lies."""
    if isinstance(error, jinja2.TemplateNotFound):
        return TemplateError(f"{error.name}: there is no such template")
    if isinstance(error, jinja2.TemplateSyntaxError):
        return TemplateError(f"{error.name}, line {error.lineno}: {error.message}")
    name, line = _place(error)
    return TemplateError(f"{name}, line {line}: {error}")


class PlainValues(dict[str, Any]):
    """Values that were made harmless; nobody has to do it again."""

    __slots__ = ()


def plain_values(context: Mapping[str, object]) -> PlainValues:
    """Copy a context with values that can neither break a line nor pass for one of our links.

    Line breaks, control and direction characters become spaces; `/l/`, the path of our links, is spelled apart
    in every value that is not called `link`, since the first such URL of a text part is its main action.
    """
    return PlainValues(
        (name, value if name == _LINK and _is_printable(value) else _plain(value)) for name, value in context.items()
    )


def environment(templates: Mapping[str, str], *, autoescape: bool) -> SwiftEnvironment:
    """Make the environment that templates are compiled in."""
    found = _Environment(
        loader=jinja2.FunctionLoader(lambda name: (templates[name], name, None) if name in templates else None),
        autoescape=autoescape,
        undefined=Unknown,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        cache_size=-1,
    )
    found.filters |= {"addressed": addressed, "date_ja": date_ja, "date_en": date_en, "breaks": _breaks}
    return found


def _tidy(text: str) -> str:
    return _EMPTY_LINES.sub("\n\n", text).strip() + "\n"


def _is_printable(value: object) -> bool:
    return type(value) is str and value.isprintable()


def _plain(value: object) -> object:
    if isinstance(value, str):
        return _plain_text(value)
    if type(value) is PlainValues or type(value) is bool or type(value) is int:
        return value
    if isinstance(value, Mapping):
        return plain_values(value)
    if isinstance(value, Sequence):
        return [_plain(item) for item in value]
    return value


def _plain_text(text: str) -> str:
    """Most values are printable and hold no slash; full-width spaces are not `isprintable`, and stay all the same."""
    if text.isprintable() and "/" not in text:
        return str(text)
    text = _SURROGATE.sub("\ufffd", _UNSEEN.sub(" ", text))
    return _OUR_PATH.sub("/ ", text)


def _breaks(words: str) -> Markup:
    """Turn the line ends within words into HTML's."""
    escaped = words if isinstance(words, Markup) else escape(words)
    return Markup(str(escaped).strip().replace("\n", "<br>\n"))  # noqa: S704  escaped in the line above


def _place(error: BaseException) -> tuple[str, int]:
    """Return template and line where an error arose: the innermost, or whoever called the layout that it arose in."""
    places = list(_places(error.__traceback__))
    outside = [place for place in places if not place[0].startswith("layout.")]
    return (outside or places)[-1]


def _places(trace: TracebackType | None) -> Iterator[tuple[str, int]]:
    while trace is not None:
        template = trace.tb_frame.f_globals.get("__jinja_template__")
        if template is not None:
            yield trace.tb_frame.f_code.co_filename, template.get_corresponding_lineno(trace.tb_lineno)
        trace = trace.tb_next
