"""The pages: templates, their one inline style, and what becomes of a page's state in HTTP.

Owns rendering. A page is one answer under 30 KB that loads nothing else and runs nothing; `data-state` tells
programs what people read. Templates are read when the app is built and compiled once for each language, when they are
first needed; a folder of the issuer's shadows ours file by file.
"""

from __future__ import annotations

import base64
import hashlib
from typing import TYPE_CHECKING, Any

from jinja2 import FunctionLoader, StrictUndefined, TemplateSyntaxError
from jinja2 import TemplateError as JinjaError
from markupsafe import Markup
from starlette.responses import HTMLResponse

from mailbot.domain.policy import Issuer
from mailbot.edges.web.languages import spoken
from mailbot.edges.web.moments import date_html, moment_html
from mailbot.edges.web.spoken_template import SpokenEnvironment
from mailbot.edges.web.words import load_words
from mailbot.errors import TemplateError
from mailbot.mail.addressee import addressed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

    from jinja2 import Template

    from mailbot.edges.web.words import Words

    Source = tuple[str, str, None]
    """A template, its file, and nothing to ask whether it changed: what Jinja's loaders return."""

    Proofread = Callable[[str, dict[str, str], Callable[[], object]], object]
    """Has an area's templates, source by file name, checked, unless it knows that they have passed."""

STATUSES = {"ready": 200, "done": 200, "expired": 410, "superseded": 410, "invalid": 404, "locked": 429}
"""The HTTP status of each state that a page can be in."""

STYLE = "style.css"
SUFFIX = ".html.j2"


def each_time(_: str, __: dict[str, str], check: Callable[[], object]) -> None:
    """Remember nothing of what passed."""
    check()


class Pages:
    """Renders pages."""

    def __init__(self, folders: Sequence[Path], proofread: Proofread = each_time) -> None:
        """Read the templates of `folders`, the first shadowing the next; raises `TemplateError`."""
        words = load_words(folders)
        style = _style(folders)
        self.style_hash = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
        files = _files(folders)
        sources = {name: (_source(file), str(file), None) for name, file in files.items()}
        self._environments = {language: _environment(language, spoken, sources) for language, spoken in words.items()}
        for environment in self._environments.values():
            # Our own file, whose hash is what the browser lets through.
            environment.globals["style"] = Markup(style)  # noqa: S704
        self._templates: dict[tuple[str, str], Template] = {}
        said = {language: " ".join(sorted(spoken.keys())) for language, spoken in words.items()}
        read = said | {name: source for name, (source, *_) in sources.items()}
        proofread("page", read, lambda: self._check(sources))

    def render(self, name: str, locale: str, **values: object) -> str:
        """Return the HTML of the page `name` in the language spoken at `locale`; raises `TemplateError`."""
        language = spoken(locale)
        try:
            template = self._template(name, language)
            return self._environments[language].rendered(template, {**values, "locale": language})
        except JinjaError as fault:
            raise TemplateError(f"page {name}: {fault}") from fault

    def answer(
        self, name: str, locale: str, state: str = "ready", *, status: int | None = None, **values: object
    ) -> HTMLResponse:
        """Return the page as an answer, with its state's HTTP status unless `status` says another."""
        body = self.render(name, locale, state=state, **values)
        return HTMLResponse(body, STATUSES[state] if status is None else status)

    def _template(self, name: str, language: str) -> Template:
        found = self._templates.get((name, language))
        if found is None:
            found = self._environments[language].get_template(name + SUFFIX)
            self._templates[name, language] = found
        return found

    def _check(self, names: Iterable[str]) -> None:
        try:
            for environment in self._environments.values():
                for name in names:
                    environment.get_template(name)
        except TemplateSyntaxError as fault:
            raise TemplateError(f"{fault.filename or fault.name}:{fault.lineno}: {fault}") from fault


class _Environment(SpokenEnvironment):
    """An environment in which an issuer, wherever a page has it from, is called as in the page's language."""

    language = ""

    def getattr(self, obj: Any, attribute: str) -> Any:  # noqa: ANN401  # the library's signature
        try:
            return getattr(obj.in_language(self.language) if type(obj) is Issuer else obj, attribute)
        except AttributeError:
            return super().getattr(obj, attribute)


def _environment(language: str, words: Words, sources: dict[str, Source]) -> _Environment:
    found = _Environment(
        words,
        {"moment": moment_html, "date": date_html},
        loader=FunctionLoader(sources.get),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    found.language = language
    found.filters["addressed"] = _addressed
    return found


def _files(folders: Sequence[Path]) -> dict[str, Path]:
    return {path.name: path for folder in reversed(folders) for path in sorted(folder.glob(f"*{SUFFIX}"))}


def _source(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as fault:
        raise TemplateError(f"{file}: {fault}") from fault


def _addressed(name: str, locale: str) -> str:
    """Address somebody by name as a letter in this language does."""
    return addressed(name) if locale == "ja" else name


def _style(folders: Sequence[Path]) -> str:
    for folder in folders:
        if (folder / STYLE).is_file():
            return (folder / STYLE).read_text(encoding="utf-8").strip()
    raise TemplateError(f"{STYLE} is in none of {', '.join(map(str, folders))}")
