"""Templates of one language: sentences that stand fast are part of the compiled page.

Owns what `t('key')` becomes. A page says some twenty sentences, most of them without values; put in when a template
is compiled they cost nothing when it is rendered, and a sentence that is missing is found before anybody reads it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jinja2 import Environment, nodes
from jinja2.visitor import NodeTransformer

if TYPE_CHECKING:
    from mailbot.edges.web.words import Words

SAY = "t"
"""Name of the function that says a sentence."""


class SpokenEnvironment(Environment):
    """An environment whose templates speak the language of `words`."""

    def __init__(self, words: Words, **options: Any) -> None:  # noqa: ANN401  # the library's own
        super().__init__(**options)
        self.globals[SAY] = words
        self._fixed = _FixedSentences(words)

    def _generate(self, source: nodes.Template, *args: Any, **options: Any) -> str:  # noqa: ANN401  # the library's hook
        return super()._generate(self._fixed.visit(source), *args, **options)


class _FixedSentences(NodeTransformer):
    def __init__(self, words: Words) -> None:
        self._words = words

    def visit_Call(self, node: nodes.Call) -> nodes.Node:  # noqa: N802  # the library calls it by this name
        match node:
            case nodes.Call(node=nodes.Name(name=name), args=[nodes.Const(value=key)], kwargs=[]) if name == SAY:
                return nodes.Const(self._words(key), lineno=node.lineno)
        return self.generic_visit(node)
