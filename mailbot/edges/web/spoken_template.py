"""Templates of one language: a sentence that stands fast is part of the compiled page.

Owns what becomes of `t('key')`. A page says some twenty sentences, most of them without values: said when a template
is compiled, they cost nothing when it is rendered, and one that is missing is found before anybody reads the page.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jinja2 import nodes

from mailbot.mail.compiled import DirectCalls, SwiftEnvironment

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from jinja2 import Template

    from mailbot.edges.web.words import Words

SAY = "t"
"""Name of the function that says a sentence."""


class SpokenEnvironment(SwiftEnvironment):
    """An environment whose templates speak the language of `words` and call `functions` by their names."""

    def __init__(
        self,
        words: Words,
        functions: Mapping[str, Callable[..., object]],
        **options: Any,  # noqa: ANN401  # the library's own
    ) -> None:
        super().__init__(**options)
        self.filters |= {**functions, SAY: words}
        self.calls = _Said(words)
        self.calls.names = {*functions, SAY}

    def rendered(self, template: Template, values: Mapping[str, object]) -> str:
        """Do what `Template.render` does, without walking through its chain of globals each time."""
        context = self.context_class(self, {**self.globals, **values}, template.name, template.blocks)
        return "".join(template.root_render_func(context))


class _Said(DirectCalls):
    def __init__(self, words: Words) -> None:
        super().__init__()
        self._words = words

    def visit_Call(self, node: nodes.Call) -> nodes.Node:  # noqa: N802  # the library calls it by this name
        match node:
            case nodes.Call(node=nodes.Name(name=name), args=[nodes.Const(value=key)], kwargs=[]) if name == SAY:
                return nodes.Const(self._words(key), lineno=node.lineno)
        return super().visit_Call(node)
