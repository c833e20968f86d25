"""Building a SymPy expression from a checked syntax tree. This module loads SymPy."""

from __future__ import annotations

import ast
import difflib
import math
import re
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any

import sympy

from swishdemo.activations.analysis.accurate import UNREAL, double, is_held, numbers
from swishdemo.activations.record import Activation, FixedNumber, is_formula
from swishdemo.activations.registry import names, registered
from swishdemo.activations.symbolic import symbols as s
from swishdemo.activations.symbolic.stable import in_pieces, tree_size
from swishdemo.activations.typed.functions import (
    CONSTANTS,
    FUNCTIONS,
    GREEK,
    NO_FUNCTIONS,
    NOT_FINITE,
    WRITTEN_OUT,
    Domain,
    Function,
    function_names,
    is_above,
)
from swishdemo.activations.typed.syntax import (
    MAX_BITS,
    MAX_PARAMETERS,
    MAX_POWER,
    MAX_TREE,
    NUMBER,
    column_of,
    named_tokens,
    refuse,
    suggestion,
    syntax_tree,
)

_NUMBER = re.compile(NUMBER)
_FROM = {
    **dict.fromkeys(("log", "ln"), (0, "positive")),
    "log1p": (-1, "positive"),
    "sqrt": (0, "nonnegative"),
}
"""Below which argument a function has no value, and how much above it has one."""
# A name without brackets is a parameter, unless it is as close as this to a function's name.
_MISSPELT = 0.78
_WORD = 4


def expression_of(activation: Activation) -> Any:
    """The SymPy expression of a record's formula; the decimals of a registered one keep a name.

    Raises:
        UserError: As `built`.
    """
    typed = is_formula(activation.name)
    return built(activation.formula, None if typed else activation.constants)[0]


@lru_cache(maxsize=256)
def built(
    text: str, constants: tuple[FixedNumber, ...] | None = None
) -> tuple[Any, tuple[str, ...]]:
    """A formula's expression in ``x``, and its parameters in the order of the text.

    Args:
        text: A formula whose signs and size are in order.
        constants: As of `Builder`.

    Raises:
        UserError: The text is no formula; the sentence names the column and what is allowed.
    """
    builder = Builder(text, constants)
    found = builder.formula(syntax_tree(text))
    return found, builder.in_order(token for _, token in named_tokens(text))


def function(name: str) -> Function | None:
    """A function of the grammar, or an activation of the registry; None where there is none.

    An activation takes its parameters behind its argument, in their order: ``elu(x, 0.5)``. One
    that is left out has its default.
    """
    own = FUNCTIONS.get(name)
    activation = registered(name) if name in names() else None
    if activation is None or (own and not activation.parameters):
        return own

    def build(u: Any, *given: Any) -> Any:
        if own and not given:
            return own.build(u)
        values = [sympy.Rational(str(each.default)) for each in activation.parameters]
        values[: len(given)] = given
        symbols = [s.symbol(each.name) for each in activation.parameters]
        filled = {s.X: u, **dict(zip(symbols, values, strict=True))}
        return expression_of(activation).xreplace(filled)

    return Function(1, 1 + len(activation.parameters), build)


class Builder:
    """Builds expressions and collects the parameters on the way.

    Args:
        text: The formula, for its numbers and for the columns of messages.
        constants: The named numbers of a record's formula, whose decimals stay as they are
            written; None for a typed one, whose decimals are fractions.
    """

    def __init__(
        self,
        text: str,
        constants: Iterable[FixedNumber] | None = None,
    ) -> None:
        self.parameters: list[str] = []
        self._keeps_decimals = constants is not None
        self._constants = {
            each.name: s.Constant(each.symbol, each.digits) for each in constants or ()
        }
        self._text = text
        self._domain = Domain()
        self._sound: set[Any] = set()  # the parts whose numbers are known to be doubles

    def in_order(self, tokens: Iterable[str]) -> tuple[str, ...]:
        """The parameters as they stand in the text, whose ``tokens`` are its names."""
        read = dict.fromkeys(GREEK.get(token, token) for token in tokens)
        return tuple(name for name in read if name in self.parameters)

    def formula(self, node: ast.expr) -> Any:
        """The expression of a whole formula; it has no value where the text as written has none.

        Raises:
            UserError: As `build`.
        """
        return self._apart(lambda: self.build(node))[0]

    def _apart(self, building: Callable[[], Any]) -> tuple[Any, Domain]:
        """What ``building`` builds, within a domain of its own; and that."""
        around, self._domain = self._domain, Domain()
        try:
            built = building()
            return self._domain.kept(built), self._domain
        finally:
            self._domain = around

    def build(self, node: ast.expr) -> Any:
        """The expression of a node.

        Raises:
            UserError: The node is of a kind that formulas do not have, or its value is no real
                number or too large a one.
        """
        match node:
            case ast.Constant():
                result = self._number(node)
            case ast.Name():
                result = self._name(node)
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                result = -self.build(operand)
            case ast.UnaryOp(op=ast.UAdd(), operand=operand):
                result = self.build(operand)
            case ast.BinOp():
                result = self._operation(node)
            case ast.Call():
                result = self._call(node)
            case ast.IfExp(test=test, body=body, orelse=otherwise):
                result = self._choice(test, body, otherwise)
            case ast.Compare() | ast.BoolOp() | ast.UnaryOp(op=ast.Not()):
                raise refuse("comparison", self._at(node))
            case ast.Tuple():
                raise refuse("comma", self._at(node))
            case _:
                raise refuse("construct", self._at(node))
        return self._checked(in_pieces(result), node)

    def _at(self, node: ast.AST) -> int:
        return column_of(node, self._text)

    def _checked(self, result: Any, node: ast.expr) -> Any:
        if not result.free_symbols and result.is_zero and double(result) == 0:
            result = sympy.S.Zero  # such as log1p(0)
        if result.has(*UNREAL):
            raise refuse("undefined", self._at(node))
        if result.is_Pow and result.exp.is_Number and abs(result.exp) > MAX_POWER:
            raise refuse("power", self._at(node), limit=MAX_POWER)
        # max(a, b) holds a and b twice, so nesting it doubles what must be differentiated.
        if tree_size(result) > MAX_TREE:
            raise refuse("steps")
        for number in numbers(result, self._sound):
            if math.isnan(double(number)):
                raise refuse("undefined", self._at(node))
            if not is_held(number):
                raise refuse("beyond", self._at(node))
        return result

    def _number(self, node: ast.Constant) -> Any:
        if isinstance(node.value, bool) or not isinstance(node.value, (int, float)):
            raise refuse("construct", self._at(node))
        match = _NUMBER.match(self._text, self._at(node) - 1)
        digits = match.group() if match else str(node.value)
        if self._keeps_decimals and not digits.isdigit():
            return s.Constant(digits, digits)
        return sympy.Rational(digits)

    def _name(self, node: ast.Name) -> Any:
        name = GREEK.get(node.id, node.id)
        if name == "x":
            return s.X
        if name in self._constants:
            return self._constants[name]
        if name in CONSTANTS:
            return CONSTANTS[name]
        if name == "X":
            raise refuse("capital", self._at(node))
        if function(name):
            raise refuse("bare_function", self._at(node), value=node.id)
        if name.lower() in NOT_FINITE:
            raise refuse("not_finite", self._at(node), value=node.id)
        if name not in self.parameters:
            near = self._misspelt(name)
            if near:
                raise refuse("unknown_name_near", self._at(node), value=node.id, near=near)
            if len(self.parameters) == MAX_PARAMETERS:
                raise refuse("parameters", self._at(node), limit=MAX_PARAMETERS)
            self.parameters.append(name)
        return s.symbol(name)

    @staticmethod
    def _misspelt(name: str) -> str:
        """The function that a would-be parameter looks like; empty for a name of its own."""
        if name.lower() in CONSTANTS and len(name) > 1:
            return name.lower()
        if name.removesuffix("x") in FUNCTIONS:
            return f"{name.removesuffix('x')}(x)"
        if len(name) == len("ax") and "x" in name and name.isalpha():
            return "*".join(name)
        if len(name) < _WORD or not name.isalpha() or name in GREEK.values():
            return ""
        words = [known for known in function_names() if len(known) >= _WORD and known.islower()]
        found = difflib.get_close_matches(name.lower(), words, n=1, cutoff=_MISSPELT)
        return found[0] if found else ""

    def _operation(self, node: ast.BinOp) -> Any:
        left, right = self.build(node.left), self.build(node.right)
        match node.op:
            case ast.Add():
                return left + right
            case ast.Sub():
                return left - right
            case ast.Mult():
                return left * right
            case ast.Div():
                self._domain.ask("nonzero", right)
                return left / right
            case ast.Pow():
                return self._power(left, right, node)
        raise refuse("operator", self._at(node))

    def _power(self, base: Any, exponent: Any, node: ast.BinOp) -> Any:
        if not exponent.free_symbols and abs(double(exponent)) > MAX_POWER:
            raise refuse("power", self._at(node.right), limit=MAX_POWER)
        if base.is_Rational and not exponent.free_symbols:
            bits = max(int(base.p).bit_length(), int(base.q).bit_length())
            if bits * abs(double(exponent)) > MAX_BITS:
                raise refuse("constant", self._at(node))
        if exponent.is_integer is not True:
            self._check_base(base, exponent, node)
        self._domain.power(base, exponent)
        return base**exponent

    def _check_base(self, base: Any, exponent: Any, node: ast.expr) -> None:
        """Refuse what has no real power but whole ones."""
        if is_above(-base, strictly=True):
            cube = exponent.is_Rational and exponent.q == 3
            raise refuse("cube_root" if cube else "undefined", self._at(node))
        if base.is_zero and exponent.free_symbols:
            raise refuse("zero_base", self._at(node))

    def _call(self, node: ast.Call) -> Any:
        if not isinstance(node.func, ast.Name):
            raise refuse("product", self._at(node), value="(")
        name = GREEK.get(node.func.id, node.func.id)
        called = function(name)
        if called is None:
            raise self._unknown(node.func)
        if node.keywords or any(isinstance(argument, ast.Starred) for argument in node.args):
            raise refuse("construct", self._at(node))
        if not called.least <= len(node.args) <= called.most:
            expected = str(called.least)
            if called.most > called.least:
                expected += f"–{called.most}"
            raise refuse(
                "arguments", self._at(node), value=name, count=len(node.args), expected=expected
            )
        if name == "where":
            return self._choice(*node.args)
        arguments = [self.build(argument) for argument in node.args]
        if name in _FROM:
            least, kind = _FROM[name]
            if is_above(least - arguments[0], strictly=kind == "nonnegative"):
                raise refuse("undefined", self._at(node))
            self._domain.ask(kind, arguments[0] - least)
        return called.build(*arguments)

    def _unknown(self, node: ast.Name) -> Exception:
        name, at = node.id, self._at(node)
        lower = name.lower()
        near = "" if lower in NO_FUNCTIONS else suggestion(name, function_names())
        if lower in WRITTEN_OUT:
            return refuse("written_out", at, value=name, instead=WRITTEN_OUT[lower])
        if name == "x" or name in CONSTANTS or name in self.parameters:
            return refuse("not_function", at, value=name)
        if near:
            return refuse("unknown_function_near", at, value=name, near=near)
        return refuse("unknown_function", at, value=name, choices=", ".join(FUNCTIONS))

    def _choice(self, test: ast.expr, above: ast.expr, otherwise: ast.expr) -> Any:
        """The value of one formula where a condition holds, else of another."""
        first, domain = self._apart(lambda: self.build(above))
        second, other = self._apart(lambda: self.build(otherwise))
        chosen = self._pieces(test, first, second)
        if chosen in (first, second):
            self._domain.include(domain if chosen == first else other)
        elif not (domain.is_everywhere and other.is_everywhere):
            self._domain.ask("value", chosen)
        return chosen

    def _pieces(self, test: ast.expr, above: Any, otherwise: Any) -> Any:
        """The value ``above`` where a condition holds, else ``otherwise``.

        ``and``, ``or``, ``not`` and 0 < x < 1 are comparisons within comparisons: what holds a
        piece twice is as long as both.
        """
        if tree_size(above) + tree_size(otherwise) > MAX_TREE:
            raise refuse("steps")
        match test:
            case ast.BoolOp(op=op, values=[first, *rest]):
                if not rest:
                    return self._pieces(first, above, otherwise)
                more = ast.copy_location(ast.BoolOp(op, rest), rest[0])
                inner, _ = self._apart(lambda: self._pieces(more, above, otherwise))
                if isinstance(op, ast.And):
                    return self._pieces(first, inner, otherwise)
                return self._pieces(first, above, inner)
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                return self._pieces(operand, otherwise, above)
            case ast.Compare(left=left, ops=[op, *ops], comparators=[right, *rest]):
                if rest:
                    chained = ast.copy_location(ast.Compare(right, ops, rest), right)
                    above, _ = self._apart(lambda: self._pieces(chained, above, otherwise))
                return self._piece(
                    test, op, (self.build(left), self.build(right)), above, otherwise
                )
        raise refuse("condition", self._at(test))

    def _piece(
        self, test: ast.expr, op: ast.cmpop, sides: tuple[Any, Any], above: Any, otherwise: Any
    ) -> Any:
        left, right = sides
        match op:
            case ast.Gt():
                return s.Where(left, right, above, otherwise)
            case ast.Lt():
                return s.Where(right, left, above, otherwise)
            case ast.GtE():
                return s.Where(right, left, otherwise, above)
            case ast.LtE():
                return s.Where(left, right, otherwise, above)
        raise refuse("condition", self._at(test))
