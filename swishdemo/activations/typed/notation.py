"""Writes out what people leave out of a formula: ``2x``, ``x^2``, ``|x|``, ``x(x-1)``, ``sin x``.

Only what can mean one thing is taken so. ``1/2x`` is (1/2)*x to some and 1/(2*x) to others, and is
refused as having two meanings. A formula in which nothing is left out stays as it is, sign by sign.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from swishdemo.activations.typed.syntax import CONDITION_WORDS, GREEK_LETTERS, NUMBER, refuse
from swishdemo.errors import UserError

_RAISED = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-")
_TOKEN = re.compile(
    rf"(?P<number>{NUMBER})"
    rf"|(?P<name>[A-Za-z][A-Za-z0-9_]*|[{GREEK_LETTERS}])"
    r"|(?P<power>\*\*|\^)"
    r"|(?P<raised>⁻?[⁰¹²³⁴⁵⁶⁷⁸⁹]+)"
    r"|(?P<root>√)|(?P<open>\()|(?P<close>\))|(?P<bar>\|)"
    r"|(?P<space>[ \t]+)"
    r"|(?P<sign>[\s\S])"
)
_GREEK_FUNCTIONS = frozenset("σΦφ")
_COMPARED = {"≤": "<=", "≥": ">="}
_STARTS = frozenset({"number", "name", "root", "open", "bar"})
"""Tokens with which an operand begins."""
_ENDS = frozenset({"number", "name", "close", "raised", "shut"})
"""Those with which one ends; ``shut`` is a bar that closes."""
_BINDS = frozenset({"power", "raised"})


@dataclass(frozen=True, slots=True)
class _Sign:
    """A token: its kind, its text, and its offset in what was typed."""

    kind: str
    text: str
    at: int


_END = _Sign("end", "", 0)


@dataclass(slots=True)
class _Level:
    """What stands within one pair of brackets or bars.

    Attributes:
        opened: What opened it; None for the formula itself.
        ending: What is written where it closes.
        operator: The last one with two sides: what a product that is left out would stand behind.
    """

    opened: _Sign | None = None
    ending: str = ")"
    operator: str = ""


def written_out(text: str, functions: Collection[str]) -> tuple[str, tuple[int, ...]]:
    """The formula in the grammar's signs, and for each of its signs the offset in what was typed.

    Args:
        text: As it was typed.
        functions: The names that may be called.

    Raises:
        UserError: Something that is left out could be one of two things, or a bar has no other.
    """
    writer = _NotationWriter(text, functions)
    writer.write()
    return "".join(writer.written), tuple(writer.offsets)


@contextmanager
def told_at(offsets: tuple[int, ...]) -> Iterator[None]:
    """Have errors tell the columns of what was typed, not of what was written out of it."""
    try:
        yield
    except UserError as error:
        column = error.values.get("column")
        if isinstance(column, int) and offsets:
            at = offsets[min(column, len(offsets)) - 1] + 1
            values = {**error.values, "column": at}
            raise UserError(error.key, field=error.field, status=error.status, **values) from None
        raise


class _NotationWriter:
    """Writes a formula out, token by token."""

    def __init__(self, text: str, functions: Collection[str]) -> None:
        self.written: list[str] = []
        self.offsets: list[int] = []
        self._functions = functions
        self._tokens = [
            _Sign(_kind(found), found.group(), found.start()) for found in _TOKEN.finditer(text)
        ]
        self._next = 0
        self._before = _END
        self._levels = [_Level()]

    def write(self) -> None:
        """Write all of it.

        Raises:
            UserError: See `written_out`.
        """
        while self._next < len(self._tokens):
            spaces = self._take("space")
            token = self._peek()
            if token is _END:
                self._put(spaces)
                return
            self._next += 1
            if not self._product(token):
                self._put(spaces)
            getattr(self, f"_write_{token.kind}", self._copy)(token)
        for level in self._levels:
            if level.opened and level.opened.kind == "bar":
                raise refuse("bar", level.opened.at + 1)

    # ---- Tokens ----

    def _peek(self, after: int = 0) -> _Sign:
        """The next token that is no blank, or one behind it."""
        rest = (token for token in self._tokens[self._next :] if token.kind != "space")
        for _ in range(after):
            next(rest, _END)
        return next(rest, _END)

    def _take(self, kind: str) -> _Sign | None:
        if self._next < len(self._tokens) and self._tokens[self._next].kind == kind:
            self._next += 1
            return self._tokens[self._next - 1]
        return None

    def _skip(self) -> _Sign:
        """Take the next token that is no blank."""
        self._take("space")
        self._next += 1
        return self._tokens[self._next - 1]

    def _put(self, token: _Sign | None, text: str | None = None) -> None:
        """Write a token, or a text in its place."""
        if token is None:
            return
        text = token.text if text is None else text
        self.written.append(text)
        own = text == token.text
        self.offsets += [token.at + number * own for number in range(len(text))]

    def _is_function(self, token: _Sign) -> bool:
        return token.kind == "name" and (
            token.text in self._functions or token.text in _GREEK_FUNCTIONS
        )

    # ---- What is left out ----

    def _product(self, token: _Sign) -> bool:
        """Write the * that is left out before an operand, where it is."""
        before = self._before
        if token.kind == "bar" and self._closes(token):
            return False
        if before.kind not in _ENDS or token.kind not in _STARTS:
            return False
        if before.kind == "shut" or (token.kind == "bar" and self._peek().kind == "bar"):
            raise refuse(
                "bar" if token.kind == "bar" else "product", token.at + 1, value=token.text
            )
        if not _is_product(before, token):
            return False
        if self._levels[-1].operator in ("/", "**"):
            raise refuse("ambiguous", token.at + 1, value=token.text)
        self._put(token, "*")
        self._levels[-1].operator = "*"
        return True

    def _closes(self, token: _Sign) -> bool:
        opened = self._levels[-1].opened
        return self._before.kind in _ENDS and opened is not None and opened.kind == token.kind

    # ---- Each kind of token ----

    def _copy(self, token: _Sign) -> None:
        self._put(token, _COMPARED.get(token.text))
        if token.kind == "sign":
            unary = token.text in "+-" and self._before.kind not in _ENDS
            if not unary:
                self._levels[-1].operator = token.text
        elif token.kind == "word":
            self._levels[-1].operator = ""
        self._before = token

    def _write_power(self, token: _Sign) -> None:
        self._put(token, "**")
        self._levels[-1].operator = "**"
        self._before = token

    def _write_raised(self, token: _Sign) -> None:
        if self._before.kind not in _ENDS - {"raised"}:
            raise refuse("square", token.at + 1)
        power = token.text.translate(_RAISED)
        self._put(token, f"**({power})" if power.startswith("-") else f"**{power}")
        self._before = token

    def _write_open(self, token: _Sign, ending: str = ")") -> None:
        self._put(token)
        self._levels.append(_Level(token, ending))
        self._before = token

    def _write_close(self, token: _Sign) -> None:
        opened = self._levels[-1].opened
        if opened and opened.kind == "bar":
            raise refuse("bar", opened.at + 1)
        level = self._levels.pop() if opened else _Level()
        self._put(token)
        self._put(token, level.ending[1:])
        self._before = token

    def _write_bar(self, token: _Sign) -> None:
        if self._closes(token):
            self._levels.pop()
            self._put(token, ")")
            self._before = _Sign("shut", token.text, token.at)
        else:
            self._put(token, "abs(")
            self._levels.append(_Level(token))
            self._before = token

    def _write_root(self, token: _Sign) -> None:
        following = self._peek()
        if following.kind not in ("open", "number", "name") or self._is_function(following):
            raise refuse("root", token.at + 1)
        self._put(token, "sqrt")
        if following.kind == "open":
            self._before = _Sign("name", "sqrt", token.at)
        else:
            self._argument(token, pairs=False)

    def _write_name(self, token: _Sign) -> None:
        following = self._peek()
        if self._is_function(token):
            if following.kind in _BINDS and self._function_power(token):
                return
            if following.kind in ("number", "name"):
                self._put(token)
                self._argument(token)
                return
        self._copy(token)

    def _function_power(self, token: _Sign) -> bool:
        """Write ``sin^2(x)`` and ``sin²x`` as ``(sin(x)**2)``; False where it is neither."""
        power, count = self._peek(), 1
        if power.kind == "power":
            power, count = self._peek(1), 2
        number = power.text.translate(_RAISED)
        following = self._peek(count)
        if not number.isdigit() or int(number) < 2 or following.kind not in _STARTS - {"bar"}:
            return False
        if following.kind == "root":
            return False
        for _ in range(count):
            self._skip()
        self._put(token, "(")
        self._put(token)
        if following.kind == "open":
            self._write_open(self._skip(), f")**{number})")
        else:
            self._argument(token, f")**{number})")
        return True

    def _argument(self, function: _Sign, ending: str = ")", pairs: bool = True) -> None:
        """Write brackets about an argument without any: ``x``, ``2x``, ``cos x``; not ``x*2``."""
        token = self._skip()
        self._put(token, "(")
        following = self._peek()
        if self._is_function(token) and pairs:
            self._write_name(token)
        else:
            self._put(token)
            if pairs and token.kind == "number" and following.kind == "name":
                if self._is_function(following) or not _is_product(token, following):
                    raise refuse("argument", following.at + 1, value=function.text)
                self._put(following, "*")
                self._put(self._skip())
        rest = self._peek()
        if rest.kind in (_STARTS | _BINDS) - {"bar"} or (pairs and rest.text in ("*", "/")):
            raise refuse("argument", rest.at + 1, value=function.text)
        self._put(token, ending)
        self._before = _Sign("close", ")", token.at)


def _kind(found: re.Match[str]) -> str:
    kind = found.lastgroup or "sign"
    return "word" if kind == "name" and found.group() in CONDITION_WORDS else kind


def _is_product(before: _Sign, token: _Sign) -> bool:
    """Whether two operands beside each other are a product, and nothing else."""
    beside = before.at + len(before.text) == token.at
    if token.kind == "number":
        return False
    if before.kind == "number" and token.kind == "name":
        # 0x10 is a number to some, and so is 1j.
        return bool(before.text.strip("0.")) and not (beside and token.text == "j")
    if before.kind == "name" and token.kind == "open":
        # A name of one letter is no function here; of a longer one, one letter may be wrong.
        return before.text in ("x", "pi") or (
            len(before.text) == 1 and before.text not in _GREEK_FUNCTIONS | {"e", "X"}
        )
    return True
