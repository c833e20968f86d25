"""Formulas as they are typed, valued by mpmath: independent of the package's reading and code.

The text is read as Python's syntax tree, with real numbers alone: where a part of it has none, the
formula has none. A piece that is not taken is not asked.
"""

import ast
import itertools
from fractions import Fraction

import mpmath as mp
from activation_oracle import ORACLE

DIGITS = 400
_SAME = mp.mpf(10) ** -380
"""What cancels to less than this, relative to its terms, is 0: it was equal before rounding."""
LARGEST = mp.mpf(10) ** 290
_EDGE = mp.mpf(10) ** -13
FAR = 10**6
"""Beyond it an exponential is not worked out: its digits would take long."""


class NoValue(Exception):
    """The formula has no real value there."""


class Unknown(Exception):
    """The value, or one on the way to it, is too large for this oracle."""


def value(text, x, parameters):
    """The value at an exact x, as mpmath's number.

    Args:
        text: The formula.
        x: A number.
        parameters: Values by name.

    Raises:
        NoValue: There is none.
        Unknown: It is out of reach.
    """
    with mp.workdps(DIGITS):
        names = {"x": x, **parameters}
        reader = _Reader({name: mp.mpf(each) for name, each in names.items()})
        found = reader.value(ast.parse(text.strip(), mode="eval").body)
        if reader.tied and "1e" in text:
            raise Unknown  # such numbers may tie by their digits alone
        return found


def is_middling(text, x, parameters, largest=LARGEST):
    """Whether all that stands on the way to a value is between ``largest`` and its inverse."""
    with mp.workdps(DIGITS):
        reader = _Reader({name: mp.mpf(each) for name, each in {"x": x, **parameters}.items()})
        try:
            reader.value(ast.parse(text.strip(), mode="eval").body)
        except (NoValue, Unknown):
            return True
        return reader.largest < largest and reader.smallest > 1 / largest


def slope(text, x, parameters, by="x"):
    """The derivative by x or a parameter; NoValue also where it jumps or is infinite."""
    with mp.workdps(DIGITS):
        given = {"x": mp.mpf(x), **{name: mp.mpf(each) for name, each in parameters.items()}}
        step = mp.mpf(10) ** -100 * max(1, abs(given[by]))

        tree = ast.parse(text.strip(), mode="eval").body

        def at(moved):
            reader = _Reader({**given, by: given[by] + moved})
            found = reader.value(tree)
            if reader.tied and not moved:
                raise NoValue  # a break: which piece's derivative holds there is a convention
            return found

        middle = at(0)
        sides = [(at(sign * step) - middle) / (sign * step) for sign in (-1, 1, mp.mpf(10) ** -20)]
        apart, size = max(sides) - min(sides), max(map(abs, sides))
        if apart > mp.mpf(10) ** -20 * size:
            raise NoValue
        return sides[0]


def _exp(z):
    if abs(z) > FAR:
        raise Unknown
    return mp.exp(z)


def _wave(function):
    def wave(z):
        if abs(z) > mp.mpf(10) ** (DIGITS // 2):
            raise Unknown
        return function(z)

    return wave


def _log(z):
    _settled(z)
    if z <= 0:
        raise NoValue
    return mp.log(z)


def _root(z):
    _settled(z)
    if z < 0:
        raise NoValue
    return mp.sqrt(z)


def _settled(z):
    """Leave open what is at the end of a domain, or so near it that rounding may step over."""
    if -_EDGE < z < 0 or 0 < z < _SAME:
        raise Unknown


def _divided(a, b):
    if b == 0:
        raise NoValue
    return a / b


def _raised(base, exponent):
    nearest = mp.nint(exponent)
    whole = abs(exponent - nearest) <= _SAME * abs(nearest)
    if not whole:
        _settled(base)
    exponent = nearest if whole else exponent
    if (base < 0 and not whole) or (base == 0 and exponent < 0):
        raise NoValue
    if base == 0:
        if not whole:
            raise Unknown  # or so little above it, or below, that these digits do not tell
        return mp.mpf(exponent == 0)
    if abs(exponent * mp.log(abs(base))) > FAR:
        raise Unknown
    if whole and abs(exponent) <= FAR:
        return base ** int(exponent)
    return mp.exp(exponent * mp.log(base))


def _cube_root(z):
    return mp.sign(z) * mp.root(abs(z), 3)


def _near(z):
    return max(-mp.mpf(FAR), min(mp.mpf(FAR), z))


def _cdf(z):
    return mp.erfc(-_near(z) / mp.sqrt(2)) / 2 if abs(z) < 10**4 else mp.mpf(z > 0)


def _sigmoid(z):
    return 1 / (1 + _exp(-z)) if z > -FAR else mp.mpf(0)


FUNCTIONS = {
    "sigmoid": _sigmoid,
    "softplus": lambda z: mp.log1p(_exp(z)) if z < FAR else z,
    "softsign": lambda z: z / (1 + abs(z)),
    "tanh": lambda z: mp.tanh(_near(z)),
    "sech": lambda z: mp.sech(_near(z)),
    "Phi": _cdf,
    "phi": lambda z: _exp(-z * z / 2) / mp.sqrt(2 * mp.pi),
    "erf": lambda z: mp.erf(z) if abs(z) < 10**4 else mp.sign(z),
    "exp": _exp,
    "expm1": lambda z: mp.expm1(z) if abs(z) < 1 else _exp(z) - 1,
    "log": _log,
    "ln": _log,
    "log1p": lambda z: _log(1 + z),
    "sqrt": _root,
    "cbrt": _cube_root,
    "abs": abs,
    "sin": _wave(mp.sin),
    "cos": _wave(mp.cos),
    "tan": _wave(mp.tan),
    "atan": mp.atan,
    "sinh": lambda z: mp.sinh(z) if abs(z) < 1 else (_exp(z) - _exp(-z)) / 2,
    "cosh": lambda z: (_exp(z) + _exp(-z)) / 2,
    "asinh": mp.asinh,
    "sign": mp.sign,
    "relu": lambda z: max(z, mp.mpf(0)),
    "silu": lambda z: z * _sigmoid(z),
    "gelu": lambda z: z * _cdf(z),
    "max": max,
    "min": min,
    "clip": lambda z, low, high: min(max(z, low), high),
}


def _sum(a, b):
    total = a + b
    return total if abs(total) > _SAME * max(abs(a), abs(b)) else mp.mpf(0)


OPERATIONS = {
    ast.Add: _sum,
    ast.Sub: lambda a, b: _sum(a, -b),
    ast.Mult: lambda a, b: a * b,
    ast.Div: _divided,
    ast.Pow: _raised,
}
COMPARISONS = {
    ast.Lt: lambda a, b: _sum(a, -b) < 0,
    ast.LtE: lambda a, b: _sum(a, -b) <= 0,
    ast.Gt: lambda a, b: _sum(a, -b) > 0,
    ast.GtE: lambda a, b: _sum(a, -b) >= 0,
}


class _Reader:
    def __init__(self, names):
        self.tied = False
        self.largest = mp.mpf(0)
        self.smallest = mp.inf
        self._names = {"pi": +mp.pi, "e": +mp.e, **names}

    def value(self, node):
        found = self._found(node)
        self.largest = max(self.largest, abs(found))
        self.smallest = min(self.smallest, abs(found) or mp.inf)
        return found

    def _found(self, node):
        match node:
            case ast.Constant(value=number):
                exact = Fraction(str(number))
                return mp.mpf(exact.numerator) / exact.denominator
            case ast.Name(id=name):
                return self._names[name]
            case ast.UnaryOp(op=ast.USub(), operand=inner):
                return -self.value(inner)
            case ast.BinOp(left=left, op=op, right=right):
                return OPERATIONS[type(op)](self.value(left), self.value(right))
            case ast.IfExp(test=test, body=body, orelse=otherwise):
                return self.value(body if self.holds(test) else otherwise)
            case ast.Call(func=ast.Name(id="where"), args=[test, above, otherwise]):
                return self.value(above if self.holds(test) else otherwise)
            case ast.Call(func=ast.Name(id=name), args=arguments):
                values = [self.value(each) for each in arguments]
                # softplus is of both: the activation takes a parameter.
                known = [FUNCTIONS, ORACLE] if len(values) == 1 or name not in ORACLE else [ORACLE]
                (function, *_) = [each[name] for each in known if name in each]
                self._tie(name, values)
                return mp.mpf(function(*values))
        raise AssertionError(ast.dump(node))

    def _tie(self, name, values):
        """Note where two pieces of a function meet."""
        if name in ("abs", "sign", "relu", "elu", "softsign", "cbrt"):
            values = [values[0], 0]
        elif name not in ("max", "min", "clip"):
            return
        pairs = itertools.combinations(values, 2)
        self.tied |= any(_sum(one, -mp.mpf(other)) == 0 for one, other in pairs)

    def holds(self, node):
        match node:
            case ast.BoolOp(op=op, values=parts):
                return (all if isinstance(op, ast.And) else any)(map(self.holds, parts))
            case ast.UnaryOp(op=ast.Not(), operand=inner):
                return not self.holds(inner)
            case ast.Compare(left=left, ops=ops, comparators=others):
                before = self.value(left)
                for op, other in zip(ops, others, strict=True):
                    after = self.value(other)
                    self.tied |= _sum(before, -after) == 0
                    if not COMPARISONS[type(op)](before, after):
                        return False
                    before = after
                return True
        raise AssertionError(ast.dump(node))
