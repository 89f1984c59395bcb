"""Templates of one language: what can be known when they are compiled is not asked when they are rendered.

Owns what becomes of calls in a template. A page says some twenty sentences, most of them without values: those become
part of the page, and one that is missing is found before anybody reads it. Other calls of our functions are compiled
as filters, which Jinja calls directly, while functions go through its context at four times the cost.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jinja2 import Environment, nodes
from jinja2.visitor import NodeTransformer

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from jinja2 import Template

    from mailbot.edges.web.words import Words

SAY = "t"
"""Name of the function that says a sentence."""


class SpokenEnvironment(Environment):
    """An environment whose templates speak the language of `words` and call `functions` by their names."""

    def __init__(self, words: Words, functions: Mapping[str, Callable[..., object]], **options: Any) -> None:  # noqa: ANN401  # the library's own
        super().__init__(**options)
        self.filters |= {**functions, SAY: words}
        self._calls = _Calls(words, {*functions, SAY})

    def _generate(self, source: nodes.Template, *args: Any, **options: Any) -> str:  # noqa: ANN401  # the library's hook
        return super()._generate(self._calls.visit(source), *args, **options)

    def rendered(self, template: Template, values: Mapping[str, object]) -> str:
        """Do what `Template.render` does, without walking through its chain of globals each time."""
        context = self.context_class(self, {**self.globals, **values}, template.name, template.blocks)
        return "".join(template.root_render_func(context))


class _Calls(NodeTransformer):
    def __init__(self, words: Words, names: set[str]) -> None:
        self._words = words
        self._names = names

    def visit_Call(self, node: nodes.Call) -> nodes.Node:  # noqa: N802  # the library calls it by this name
        self.generic_visit(node)
        match node:
            case nodes.Call(node=nodes.Name(name=name), args=[nodes.Const(value=key)], kwargs=[]) if name == SAY:
                return nodes.Const(self._words(key), lineno=node.lineno)
            case nodes.Call(node=nodes.Name(name=name), args=[first, *rest]) if name in self._names:
                return nodes.Filter(first, name, rest, node.kwargs, node.dyn_args, node.dyn_kwargs, lineno=node.lineno)
        return node
