"""Tailors a source of Python to what is known: works that out, and cuts what is then of no use.

An expression of known names becomes its value, an ``if`` of them the branch that it takes; known
names themselves are gone, as parameters and as arguments, and so are annotations and comments.
"""

from __future__ import annotations

import ast
import builtins
import json
import re
from collections.abc import Mapping
from itertools import groupby
from typing import Any


class Tailor(ast.NodeTransformer):
    """Tailors the functions and classes at the top of a source.

    Args:
        source: The source.
        known: What is known, by the names that the source has for it; ``self.config`` is
            ``config``.
        named: Expressions of what is known that have a name in the result, with that name.

    Attributes:
        names: The names of these functions and classes.
    """

    def __init__(self, source: str, known: Mapping[str, Any], named: Mapping[str, str]) -> None:
        self._known, self._named = dict(known), named
        tree = ast.parse(re.sub(rf"\bself\.({'|'.join(known)})\b", r"\1", source))
        kinds = ast.FunctionDef | ast.ClassDef
        self._nodes = {node.name: node for node in tree.body if isinstance(node, kinds)}
        self.names = frozenset(self._nodes)

    def needed(self, text: str) -> list[str]:
        """The definitions that a text needs, and those that they need, in their own order."""
        found: dict[str, str] = {}
        texts = [text]
        while texts:
            for name in (used(texts.pop()) & self.names) - found.keys():
                found[name] = ast.unparse(self.visit(self._nodes[name]))
                texts.append(found[name])
        return [found[name] for name in self._nodes if name in found]

    def visit(self, node: ast.AST) -> Any:
        """What stands in a node's place."""
        text = self._text(node) if isinstance(node, ast.expr) else ""
        return ast.parse(text, mode="eval").body if text else super().visit(node)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> Any:
        """Cut parameters that are known."""
        node.args.args = [each for each in node.args.args if each.arg not in self._known]
        node.returns = None
        return self.generic_visit(node)

    def visit_arg(self, node: ast.arg) -> Any:
        """Cut an annotation."""
        return ast.arg(node.arg)

    def visit_Call(self, node: ast.Call) -> Any:
        """Cut known arguments of functions of this source."""
        if ast.unparse(node.func) in self.names:
            node.args = [each for each in node.args if ast.unparse(each) not in self._known]
        return self.generic_visit(node)

    def visit_Assign(self, node: ast.Assign) -> Any:
        """Cut what gives a known record a name, which is then known too."""
        target = node.targets[0]
        if isinstance(target, ast.Name) and self._is_known(node.value):
            value = self._value(node.value)
            if not isinstance(value, str | int | float | list | tuple):
                self._known[target.id] = value
                return None
        return self.generic_visit(node)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> Any:
        """Cut an annotation."""
        return node.value and self.visit(ast.Assign([node.target], node.value, lineno=node.lineno))

    def visit_Assert(self, node: ast.Assert) -> Any:
        """Cut what is known to hold."""
        return None if self._is_known(node.test) else node

    def visit_IfExp(self, node: ast.IfExp) -> Any:
        """Keep the value that is taken."""
        if self._is_known(node.test):
            return self.visit(node.body if self._value(node.test) else node.orelse)
        return self.generic_visit(node)

    def visit_If(self, node: ast.If) -> Any:
        """Keep the branch that is taken."""
        if not self._is_known(node.test):
            return self.generic_visit(node)
        kept = ast.Module(node.body if self._value(node.test) else node.orelse, [])
        self.generic_visit(kept)
        return kept.body

    def _text(self, node: ast.expr) -> str:
        """What is known of an expression as text; empty where that is not all of it."""
        text = self._named.get(ast.unparse(node), "")
        if text or isinstance(node, ast.Constant | ast.Slice) or not self._is_known(node):
            return text
        whole = isinstance(node, ast.Call) and ast.unparse(node.func) in self._known
        if not whole and any(ast.unparse(each) in self._named for each in ast.walk(node)):
            return ""
        try:
            return literal(self._value(node))
        except TypeError:
            return ""

    def _is_known(self, node: ast.expr) -> bool:
        """Whether the expression has known names, and no others but its own and Python's."""
        names = [each for each in ast.walk(node) if isinstance(each, ast.Name)]
        read = {each.id for each in names} - {
            each.id for each in names if isinstance(each.ctx, ast.Store)
        }
        return bool(read & self._known.keys()) and all(
            name in self._known or hasattr(builtins, name) for name in read
        )

    def _value(self, node: ast.expr) -> Any:
        return eval(ast.unparse(node), dict(self._known))


def imported(source: str) -> dict[str, str]:
    """The names that a source imports at its top, each with the line that imports it alone."""
    found = {}
    for node in ast.parse(source).body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            start = f"from {node.module} " if isinstance(node, ast.ImportFrom) else ""
            for alias in node.names:
                found[alias.asname or alias.name] = f"{start}import {ast.unparse(alias)}"
    return found


def used(text: str) -> set[str]:
    """The names that a text uses."""
    return {node.id for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Name)}


def literal(value: Any) -> str:
    """A value as Python; what a list repeats is written once.

    Raises:
        TypeError: It is none of numbers, texts, lists of them and named functions.
    """
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if value is None or isinstance(value, bool | int | float):
        return repr(value)
    if isinstance(value, tuple):
        return f"({', '.join(map(literal, value))}{',' if len(value) == 1 else ''})"
    if isinstance(value, list):
        runs = [(text, len(list(same))) for text, same in groupby(map(literal, value))]
        return f"[{', '.join(t if n == 1 else f'*{n} * [{t}]' for t, n in runs)}]"
    if callable(value) and hasattr(value, "__name__"):
        return str(value.__name__)
    raise TypeError(f"{value!r} is not written as Python")
