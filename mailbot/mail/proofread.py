"""Reading an edition's templates before a mail is due: what would fail at sending is refused at start.

Owns the list of faults in templates. Every name that a template uses is looked for, in branches that are never
taken too, and every kind is rendered in every language with all of its samples.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import jinja2
from jinja2 import meta, nodes

from mailbot.errors import TemplateError
from mailbot.mail.render import KINDS, LOCALES, OTHER, WRAPPING, Renderer, environment, located, template_name
from mailbot.mail.sample import samples

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from mailbot.mail.edition import Edition


LAYOUTS = ("layout.txt.j2", "layout.html.j2")
BLOCKS = frozenset({*WRAPPING, *OTHER})
"""Building blocks that a layout defines as macros."""


def check(edition: Edition, kinds: Sequence[str] = KINDS) -> Renderer:
    """Return a renderer of an edition in which nothing is missing.

    Raises `TemplateError` that lists every fault, one a line: a kind without its template, a template that does not
    compile, a name that it is not given (with the names that it is given).
    """
    templates = edition.templates
    renderer = Renderer(edition)
    faults = [*_missing(templates, kinds), *_without_blocks(templates)] or [
        *_unknown_names(templates, kinds),
        *_failing(renderer, kinds),
    ]
    if faults:
        raise TemplateError("\n".join(_one_for_each_place(faults)))
    return renderer


def _one_for_each_place(faults: Sequence[str]) -> list[str]:
    """Keep what was found first of each line of a template: looking finds more than rendering, and says it better."""
    first: dict[str, str] = {}
    for fault in faults:
        first.setdefault(fault.partition(":")[0], fault)
    return list(first.values())


def _missing(templates: Mapping[str, str], kinds: Sequence[str]) -> Iterator[str]:
    for name in (*LAYOUTS, *(template_name(kind, locale) for kind in kinds for locale in LOCALES)):
        if name not in templates:
            yield f"{name}: there is no such template"


def _without_blocks(templates: Mapping[str, str]) -> Iterator[str]:
    env = environment(templates, autoescape=False)
    for layout in LAYOUTS:
        try:
            macros = {macro.name for macro in env.parse(templates[layout], layout).find_all(nodes.Macro)}
        except jinja2.TemplateError as error:
            yield str(located(error))
        else:
            yield from (f"{layout}: it has no macro {name}" for name in sorted(BLOCKS - macros))


def _unknown_names(templates: Mapping[str, str], kinds: Sequence[str]) -> Iterator[str]:
    """Look through every template for names that it is not given, in branches that are never taken too."""
    env = environment(templates, autoescape=False)
    env.filters |= dict.fromkeys(WRAPPING, str)
    given = {kind: {"say", "subject"}.union(*samples(kind, LOCALES[0])) for kind in kinds}
    for name, source in templates.items():
        known = given.get(name.partition(".")[0]) or set.intersection(*given.values())
        try:
            yield from _unknown_in(env, name, source, known)
        except jinja2.TemplateError:
            continue  # it does not compile, which rendering says with its place


def _unknown_in(env: jinja2.Environment, name: str, source: str, known: set[str]) -> Iterator[str]:
    tree = env.parse(source, name)
    unknown = meta.find_undeclared_variables(tree) - known - set(env.globals) - set(_given_by_itself(tree))
    for node in tree.find_all(nodes.Name):
        if node.ctx == "load" and node.name in unknown:
            unknown.discard(node.name)
            there_are = ", ".join(sorted(known - {"say"}))
            yield f"{name}, line {node.lineno}: unknown name {node.name!r}; there are: {there_are}"


def _given_by_itself(tree: nodes.Template) -> Iterator[str]:
    """Yield what a template imports or sets outside of its blocks, which the library does not see from within them."""
    for node in tree.body:
        if isinstance(node, nodes.FromImport):
            yield from (name if isinstance(name, str) else name[1] for name in node.names)
        yield from (name.name for name in node.find_all(nodes.Name) if name.ctx == "store")
        if isinstance(node, nodes.Import):
            yield node.target


def _failing(renderer: Renderer, kinds: Sequence[str]) -> Iterator[str]:
    for kind in kinds:
        for locale in LOCALES:
            for context in samples(kind, locale):
                try:
                    renderer.render(kind, locale, context)
                except TemplateError as error:
                    yield str(error)
