"""The text of a typed formula: its characters, its syntax tree, its size, within limits.

It is never evaluated and never given to SymPy: it is read as a tree of a few kinds of node. What is
too large is refused before anything symbolic is computed from it.
"""

from __future__ import annotations

import ast
import keyword
import re
from collections.abc import Iterable, Iterator

from swishdemo.errors import UserError, wrong_type

MAX_CHARACTERS = 200
MAX_NODES = 120
MAX_DEPTH = 60
MAX_DIGITS = 25
MAX_DECIMAL_EXPONENT = 300
MAX_POWER = 100
MAX_BITS = 20_000
MAX_PARAMETERS = 8
MAX_TREE = 1000
MAX_NAME = 20
_SHORTEST_SLIP, _SHORTEST_TWO = 3, 7
"""Letters of a name from which on one of them, or two, may be wrong by a slip."""

NUMBER = r"(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?"
GREEK_LETTERS = "αβγδεθκλμπρστΦφω"
_TOKEN = re.compile(
    rf"(?P<number>{NUMBER})"
    rf"|(?P<name>[A-Za-z][A-Za-z0-9_]*|[{GREEK_LETTERS}])"
    r"|(?P<operator>\*\*|//|<=|>=|==|!=|[-+*/(),<>])"
    r"|(?P<space>[ \t]+)"
)

# Signs of other keyboards, and those that are printed, each for the one sign that is meant.
_TYPED = str.maketrans("−–×·÷\u3000", "--**/ ") | {0xFEE0 + code: code for code in range(33, 127)}
# Signs that are written otherwise here, and how.
_INSTEAD = {
    "=": "equals",
    "|": "bar",
    "&": "both",
    ".": "dot",
}
CONDITION_WORDS = frozenset({"and", "or", "not", "if", "else"})
_IN_NUMBER = frozenset("0123456789.")


def typed(text: object) -> str:
    """A formula as it was typed, each sign of another keyboard by the one that is meant.

    Raises:
        UserError: It is no text, or too long.
    """
    if not isinstance(text, str):
        raise wrong_type("formula", "text")
    if len(text) > MAX_CHARACTERS:
        raise refuse("length", count=len(text), limit=MAX_CHARACTERS)
    return text.translate(_TYPED)


def check(text: str) -> None:
    """Refuse a formula whose characters or size are not in order.

    Raises:
        UserError: The sentence names the column and what is allowed.
    """
    if len(text) > MAX_CHARACTERS:
        raise refuse("length", count=len(text), limit=MAX_CHARACTERS)
    _check_characters(text)
    _check_size(syntax_tree(text), text)


def refuse(key: str, column: int | None = None, **values: object) -> UserError:
    """The error ``activations.error_formula_<key>`` about the formula."""
    if column is not None:
        values["column"] = column
    return UserError(f"activations.error_formula_{key}", field="formula", status=422, **values)


def suggestion(name: str, known: Iterable[str]) -> str:
    """The known name of which ``name`` is a slip of the fingers; empty where there is none.

    One letter may be wrong, missing, too many or changed with its neighbour; two of more than six.
    Not the first letter, and no digit: asin is not sin, and log3 is not log.
    """
    typed = name.lower()
    found: list[tuple[int, str]] = []
    for candidate in known:
        meant = candidate.lower()
        digits = re.findall(r"\d", typed) == re.findall(r"\d", meant)
        if digits and typed[:1] == meant[:1]:
            found.append((_slips(typed, meant), candidate))
    slips, nearest = min(found, key=lambda each: each[0], default=(0, ""))
    most = 0 if len(typed) < _SHORTEST_SLIP else 1 if len(typed) < _SHORTEST_TWO else 2
    return nearest if slips <= most else ""


def _slips(one: str, other: str) -> int:
    """How many letters are wrong, missing, too many or swapped (optimal string alignment)."""
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, a in enumerate(one):
        last, before, row = before, row, [i + 1]
        for j, b in enumerate(other):
            row.append(min(before[j + 1] + 1, row[j] + 1, before[j] + (a != b)))
            if i and j and a == other[j - 1] and one[i - 1] == b:
                row[-1] = min(row[-1], last[j - 1] + 1)
    return row[-1]


def named_tokens(text: str) -> Iterator[tuple[int, str]]:
    """The names in a formula that is one: offset and name of each."""
    for match in _TOKEN.finditer(text):
        if match.lastgroup == "name":
            yield match.start(), match.group()


def _check_characters(text: str) -> None:
    if not text.strip():
        raise refuse("empty")
    position, before = 0, ""
    while position < len(text):
        match = _TOKEN.match(text, position)
        column = position + 1
        if match is None:
            raise _no_token(text[position], column)
        token, kind = match.group(), match.lastgroup or ""
        if kind == "number":
            _check_number(token, column)
        around = text[position - 1 : position] + text[match.end() : match.end() + 1]
        if (
            token in CONDITION_WORDS
            and text[position - 1 : position] not in _IN_NUMBER  # read as two words, with a warning
            and not any(map(str.isalpha, around))  # read as one name with the letter beside it
        ):
            kind = "keyword"
        if kind in ("name", "number") and before in ("name", "number"):
            raise refuse("product", column, value=token)
        if token in keyword.kwlist and token.islower() and token not in CONDITION_WORDS:
            raise refuse("keyword", column, value=token)
        if kind == "name" and len(token) > MAX_NAME:
            raise refuse("name_length", column, limit=MAX_NAME)
        position = match.end()
        if kind != "space":
            before = kind


def _no_token(sign: str, column: int) -> UserError:
    if sign in _INSTEAD:
        return refuse(_INSTEAD[sign], column)
    return refuse("character", column, value=sign if sign.isprintable() else repr(sign))


def _check_number(token: str, column: int) -> None:
    mantissa, _, exponent = token.lower().partition("e")
    if sum(character.isdigit() for character in mantissa) > MAX_DIGITS:
        raise refuse("digits", column, limit=MAX_DIGITS)
    if len(exponent) > 6 or abs(int(exponent or 0)) > MAX_DECIMAL_EXPONENT:
        raise refuse("size", column, limit=f"1e{MAX_DECIMAL_EXPONENT}")


def _check_brackets(text: str) -> None:
    """Refuse a bracket that is left open, which Python would seek elsewhere."""
    opened: list[int] = []
    for column, sign in enumerate(text, 1):
        if sign == "(":
            opened.append(column)
        elif sign == ")":
            if not opened:
                return  # Python finds this one where it is
            opened.pop()
    if opened:
        raise refuse("bracket", opened[-1])


def _without_leading_zeros(text: str) -> str:
    """The text with blanks for zeros before a number, which Python would not read."""

    def blank(match: re.Match[str]) -> str:
        token = match.group()
        zeros = re.match(r"0+(?=\d)", token) if match.lastgroup == "number" else None
        return " " * zeros.end() + token[zeros.end() :] if zeros else token

    return _TOKEN.sub(blank, text)


def syntax_tree(text: str) -> ast.expr:
    """The syntax tree of a formula; its columns are told by `column_of`.

    Raises:
        UserError: The text is none that Python reads.
    """
    _check_brackets(text)
    text = _without_leading_zeros(text)
    lead = len(text) - len(text.lstrip())
    try:
        # Brackets let a formula begin with blanks; the columns are moved back by `column_of`.
        return ast.parse(f"({text}\n)", mode="eval").body
    except SyntaxError as error:
        column = min(max((error.offset or 2) - 1, lead + 1), len(text.rstrip()))
        if error.lineno is not None and error.lineno > 1:
            column = len(text.rstrip())
        raise refuse("syntax", max(column, 1)) from None
    except (RecursionError, MemoryError, ValueError):
        raise refuse("depth", 1, limit=MAX_DEPTH) from None


def column_of(node: ast.AST, text: str) -> int:
    """The node's first column in the text, counted from 1."""
    offset = getattr(node, "col_offset", 1) - 1
    return len(text.encode()[: max(offset, 0)].decode(errors="ignore")) + 1


def _check_size(tree: ast.expr, text: str) -> None:
    count = 0
    waiting: list[tuple[ast.AST, int]] = [(tree, 1)]
    while waiting:
        node, depth = waiting.pop()
        if not isinstance(node, (ast.expr_context, ast.operator, ast.unaryop, ast.cmpop)):
            count += 1
        if count > MAX_NODES:
            raise refuse("nodes", limit=MAX_NODES)
        if depth > MAX_DEPTH:
            raise refuse("depth", column_of(node, text), limit=MAX_DEPTH)
        waiting.extend((child, depth + 1) for child in ast.iter_child_nodes(node))
