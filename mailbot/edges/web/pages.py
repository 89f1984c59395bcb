"""The pages: templates, their one inline style, and what becomes of a page's state in HTTP.

Owns rendering. A page is one answer under 30 KB that loads nothing else and runs nothing; `data-state` tells
programs what people read. Templates are compiled once, when the app is built; a folder of the issuer's shadows ours
file by file.
"""

from __future__ import annotations

import base64
import hashlib
from typing import TYPE_CHECKING

from jinja2 import Environment, FileSystemLoader, StrictUndefined, TemplateSyntaxError
from jinja2 import TemplateError as JinjaError
from markupsafe import Markup
from starlette.responses import HTMLResponse

from mailbot.edges.web.languages import spoken
from mailbot.edges.web.moments import date_html, moment_html
from mailbot.edges.web.words import load_words
from mailbot.errors import TemplateError
from mailbot.mail.addressee import addressed

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from jinja2 import Template

STATUSES = {"ready": 200, "done": 200, "expired": 410, "superseded": 410, "invalid": 404, "locked": 429}
"""The HTTP status of each state that a page can be in."""

STYLE = "style.css"


class Pages:
    """Renders pages."""

    def __init__(self, folders: Sequence[Path]) -> None:
        """Compile the templates of `folders`, the first shadowing the next; raises `TemplateError`."""
        self._words = load_words(folders)
        style = _style(folders)
        self.style_hash = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
        self._environment = Environment(
            loader=FileSystemLoader([str(folder) for folder in folders]),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
        )
        # Our own file, whose hash is what the browser lets through.
        self._environment.globals.update(style=Markup(style), moment=moment_html, date=date_html)  # noqa: S704
        self._environment.filters["addressed"] = _addressed
        self._templates = self._compiled()

    def render(self, name: str, locale: str, **values: object) -> str:
        """Return the HTML of the page `name` in the language spoken at `locale`; raises `TemplateError`."""
        language = spoken(locale)
        try:
            return self._templates[name].render(values, locale=language, t=self._words[language])
        except JinjaError as fault:
            raise TemplateError(f"page {name}: {fault}") from fault

    def answer(
        self, name: str, locale: str, state: str = "ready", *, status: int | None = None, **values: object
    ) -> HTMLResponse:
        """Return the page as an answer, with its state's HTTP status unless `status` says another."""
        body = self.render(name, locale, state=state, **values)
        return HTMLResponse(body, STATUSES[state] if status is None else status)

    def _compiled(self) -> Mapping[str, Template]:
        names = self._environment.list_templates(extensions=["j2"])
        try:
            return {name.partition(".")[0]: self._environment.get_template(name) for name in names}
        except TemplateSyntaxError as fault:
            raise TemplateError(f"{fault.filename or fault.name}:{fault.lineno}: {fault}") from fault


def _addressed(name: str, locale: str) -> str:
    """Address somebody by name as a letter in this language does."""
    return addressed(name) if locale == "ja" else name


def _style(folders: Sequence[Path]) -> str:
    for folder in folders:
        if (folder / STYLE).is_file():
            return (folder / STYLE).read_text(encoding="utf-8").strip()
    raise TemplateError(f"{STYLE} is in none of {', '.join(map(str, folders))}")
