"""Rewriting of expressions from their leaves up. This module needs no SymPy itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def bottom_up(expression: Any, rewrite: Callable[[Any], Any]) -> Any:
    """The expression with each part but its leaves rewritten, each distinct part once.

    Args:
        expression: A SymPy expression.
        rewrite: Gives what stands for a part whose own parts have been rewritten.
    """
    done: dict[Any, Any] = {}

    def visit(node: Any) -> Any:
        if not node.args:
            return node
        if node not in done:
            arguments = tuple(map(visit, node.args))
            done[node] = rewrite(node if arguments == node.args else node.func(*arguments))
        return done[node]

    return visit(expression)
