"""How templates are compiled here: into Jinja's own code, less two things that cost more than they give.

Owns both. A value without any character that HTML wants escaped is put out as it is, where Jinja makes an object of it
first; and functions whose names are known are called directly, as filters are, where Jinja goes through its context.
Mails and pages are rendered in half the time so.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, nodes
from jinja2.compiler import CodeGenerator
from jinja2.visitor import NodeTransformer
from markupsafe import Markup, escape

if TYPE_CHECKING:
    from jinja2.compiler import Frame

_SPECIAL = re.compile("[&<>'\"]")


class SwiftEnvironment(Environment):
    """An environment that compiles so."""

    def __init__(self, **options: Any) -> None:  # noqa: ANN401  # the library's own
        super().__init__(**options)
        self.calls = DirectCalls()

    def _generate(self, source: nodes.Template, *args: Any, **options: Any) -> str:  # noqa: ANN401  # the library's hook
        return super()._generate(self.calls.visit(source), *args, **options)

    @staticmethod
    def put_out(value: object) -> str:
        """Return what stands in the HTML for a value."""
        kind = type(value)
        if kind is Markup or (kind is str and _SPECIAL.search(value) is None):  # type: ignore[call-overload]
            return value  # type: ignore[return-value]  # mypy does not follow `kind`
        return escape(value)


class _Generator(CodeGenerator):
    def _output_child_pre(self, node: nodes.Expr, frame: Frame, finalize: CodeGenerator._FinalizeInfo) -> None:
        if frame.eval_ctx.autoescape and not frame.eval_ctx.volatile and finalize.src is None:
            self.write("environment.put_out(")
        else:
            super()._output_child_pre(node, frame, finalize)


SwiftEnvironment.code_generator_class = _Generator


class DirectCalls(NodeTransformer):
    """Makes calls of functions that are filters too, `name(...)` or `owner.name(...)`, calls of those filters."""

    def __init__(self) -> None:
        self.names: set[str] = set()
        """`name` or `owner.name`; the filter is called `name`."""

    def visit_Call(self, node: nodes.Call) -> nodes.Node:  # noqa: N802  # the library calls it by this name
        """Replace a call that has at least one argument."""
        self.generic_visit(node)
        match node:
            case nodes.Call(node=nodes.Name(name=name), args=[first, *rest]) if name in self.names:
                pass
            case nodes.Call(node=nodes.Getattr(node=nodes.Name(name=owner), attr=name), args=[first, *rest]) if (
                f"{owner}.{name}" in self.names
            ):
                pass
            case _:
                return node
        return nodes.Filter(first, name, rest, node.kwargs, node.dyn_args, node.dyn_kwargs, lineno=node.lineno)
