"""Makes proofs about Swish with SymPy, and keeps those that were made beforehand.

A proof takes SymPy seconds, and comes out the same everywhere. So what each found is kept in
``proofs.json`` with what it was made on and when; ``python -m swishdemo generate`` writes the file,
and a test holds it to the claims. SymPy is imported when the first proof runs, not before.
"""

from __future__ import annotations

import json
import pickle
import platform
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any

import swishdemo
from swishdemo.claims.record import Claim, Evidence, Instant
from swishdemo.errors import UserError

DIGITS = 40
"""Working precision, in decimal digits, of every number that is computed rather than derived."""


@dataclass(frozen=True, slots=True)
class Definition:
    """An activation's formula, written out in exponentials.

    Attributes:
        formula: The SymPy expression.
        x: Its variable, real.
        beta: The symbol of its β, real; None where it has none.
    """

    formula: Any
    x: Any
    beta: Any


@cache
def definition(name: str) -> Definition:
    """The registry's formula of the activation called ``name``, its named functions written out.

    Raises:
        UserError: The registry has no such activation.
    """
    import sympy

    from swishdemo.activations import get
    from swishdemo.activations.symbolic import symbols
    from swishdemo.activations.typed.expressions import expression_of

    formula = expression_of(get(name))
    written_out = {
        symbols.Sigmoid: lambda z: 1 / (1 + sympy.exp(-z)),
        symbols.Softplus: lambda z: sympy.log(1 + sympy.exp(z)),
        symbols.Tanh: sympy.tanh,
        symbols.Expm1: lambda z: sympy.exp(z) - 1,
    }
    for named, plain in written_out.items():
        formula = formula.replace(named, plain)
    beta = symbols.symbol("beta")
    return Definition(formula, symbols.X, beta if formula.has(beta) else None)


def vanishes(difference: Any) -> bool:
    """Whether an expression simplifies to 0."""
    import sympy

    return bool(sympy.simplify(difference.rewrite(sympy.exp)) == 0)


def of_each_sign() -> dict[str, Any]:
    """A value of either sign, and 0."""
    import sympy

    return {
        "positive": sympy.Symbol("p", positive=True),
        "zero": sympy.Integer(0),
        "negative": sympy.Symbol("n", negative=True),
    }


@dataclass(frozen=True, slots=True)
class Landmarks:
    """Where Swish's slope is zero and where it is extreme, at one β > 0.

    Attributes:
        omega: W(1/e), from Lambert's function.
        minimum: The only zero of f′.
        minimum_value: f there.
        steep: The positive root z of z·tanh(z/2) = 2, over β.
        largest: f′ there.
        smallest: f′ at ``-steep``.
        steps: Each step of the proof, and whether it held.
    """

    omega: float
    minimum: float
    minimum_value: float
    steep: float
    largest: float
    smallest: float
    steps: dict[str, bool]


@cache
def landmarks(beta: float) -> Landmarks:
    """Derive the landmarks of Swish at ``beta``, and check every step of the derivation.

    With z = βx, f′ = eᶻ·(1 + z + eᶻ)/(1 + eᶻ)², whose bracket rises all the way (its derivative is
    1 + eᶻ), so that f′ has one zero, at z = −1 − W(1/e). And f″ = β·σ(z)·σ(−z)·(2 − z·tanh(z/2)),
    in which z·tanh(z/2) is even and rises for z > 0: f′ rises between the two roots and falls
    beyond them, towards 1 on the right and 0 on the left.

    Raises:
        ValueError: ``beta`` is not above 0.
    """
    import mpmath  # type: ignore[import-untyped]  # it ships no types
    import sympy

    if not beta > 0:
        raise ValueError(f"beta is {beta}; it must be above 0")
    swish = definition("swish")
    slope, steps = _identities()
    with mpmath.workdps(DIGITS):
        omega = mpmath.lambertw(mpmath.exp(-1)).real
        z = mpmath.findroot(lambda z: z * mpmath.tanh(z / 2) - 2, 2.4)
        exact_beta = mpmath.mpf(beta)
        minimum, steep = -(1 + omega) / exact_beta, z / exact_beta
        value = sympy.lambdify((swish.x, swish.beta), swish.formula, "mpmath")
        rise = sympy.lambdify((swish.x, swish.beta), slope, "mpmath")
        tiny = mpmath.mpf(10) ** (5 - DIGITS)
        steps = steps | {
            "zero": bool(abs(rise(minimum, exact_beta)) < tiny),
            "extremes": bool(rise(steep, exact_beta) > 1 and rise(-steep, exact_beta) < 0),
        }
        return Landmarks(
            omega=float(omega),
            minimum=float(minimum),
            minimum_value=float(value(minimum, exact_beta)),
            steep=float(steep),
            largest=float(rise(steep, exact_beta)),
            smallest=float(rise(-steep, exact_beta)),
            steps=steps,
        )


def slope_at(x: float, beta: float) -> float:
    """f′ of Swish at ``x``, every digit of it right, far tails included."""
    import mpmath
    import sympy

    swish = definition("swish")
    slope, _ = _identities()
    rise = sympy.lambdify((swish.x, swish.beta), slope, "mpmath")
    with mpmath.workdps(DIGITS):
        return float(rise(mpmath.mpf(x), mpmath.mpf(beta)))


@cache
def _identities() -> tuple[Any, dict[str, bool]]:
    """f′ of Swish, and the identities that hold for every β, each checked symbolically."""
    import sympy

    swish = definition("swish")
    x, beta = swish.x, swish.beta
    slope = sympy.diff(swish.formula, x)
    bend = sympy.diff(slope, x)
    z = beta * x

    def sigma(argument: Any) -> Any:
        return 1 / (1 + sympy.exp(-argument))

    factored = sympy.exp(z) * (1 + z + sympy.exp(z)) / (1 + sympy.exp(z)) ** 2
    u = sympy.Symbol("u", real=True)
    p = sympy.Symbol("p", positive=True)
    rate = sympy.tanh(p / 2) + p / (2 * sympy.cosh(p / 2) ** 2)
    steps = {
        "slope": vanishes(slope - factored),
        "one_zero": bool(sympy.diff(1 + u + sympy.exp(u), u).is_positive),
        "bend": vanishes(bend - beta * sigma(z) * sigma(-z) * (2 - z * sympy.tanh(z / 2))),
        "rising": vanishes(sympy.diff(p * sympy.tanh(p / 2), p) - rate) and bool(rate.is_positive),
        "symmetry": vanishes(slope + slope.subs(x, -x) - 1),
    }
    return slope, steps


KEPT = Path(__file__).with_name("proofs.json")

_SECONDS = 60
"""In which the proofs of a claim must have been made; a second does on a quiet machine."""
_CHILD = "import sys; sys.path[:] = {path!r}; from swishdemo.claims.proofs import serve; serve()"


@dataclass(frozen=True, slots=True)
class Proof:
    """What the check of an instant part found, and where and when.

    Attributes:
        of: The part's record as text: with another claimed number it is another proof.
        evidence: What was found.
        host: What it was made on.
        checked_at: When, as ISO 8601 to the second.
    """

    of: str
    evidence: Evidence
    host: str
    checked_at: str


def prove(part: Instant) -> Proof:
    """Check ``part`` here and now; SymPy is loaded where the check needs it."""
    # As JSON has it, so that a proof made now is equal to one that was kept.
    evidence = json.loads(json.dumps(part.check(), allow_nan=False))
    moment = datetime.now(UTC).isoformat(timespec="seconds")
    return Proof(repr(part), evidence, provers(), moment)


def prove_apart(parts: Sequence[Instant]) -> list[Proof]:
    """Check ``parts`` in a process of their own, from nothing: none of an earlier proof is used.

    Raises:
        UserError: It took too long (503).
        RuntimeError: The process failed; its last words are told.
    """
    try:
        done = subprocess.run(
            [sys.executable, "-P", "-c", _CHILD.format(path=sys.path)],
            input=pickle.dumps(list(parts)),
            capture_output=True,
            timeout=_SECONDS,
        )
    except subprocess.TimeoutExpired:
        raise UserError("claims.error.slow", status=503, seconds=_SECONDS) from None
    if done.returncode:
        said = done.stderr.decode(errors="replace")[-2000:]
        raise RuntimeError(f"a proof's process ended with {done.returncode}:\n{said}")
    found: list[Proof] = pickle.loads(done.stdout)
    return found


def serve() -> None:
    """Prove the parts that come in on standard input, and write their proofs to the output."""
    parts: list[Instant] = pickle.load(sys.stdin.buffer)
    sys.stdout.buffer.write(pickle.dumps([prove(part) for part in parts]))


def kept() -> dict[str, Proof]:
    """The proofs that were made beforehand, by ``<claim>.<part>``."""
    return _read(KEPT.read_text("utf-8"))


def kept_text(claims: Sequence[Claim], before: str, same: Callable[[object, object], bool]) -> str:
    """The text of the file that `kept` reads, every proof made anew.

    Args:
        claims: The claims.
        before: The text so far: a proof that finds the same stays as it is, its date too.
        same: Whether two pieces of evidence say the same.
    """
    known = _read(before)
    proofs: dict[str, Proof] = {}
    for claim in claims:
        for part in claim.parts:
            if not isinstance(part, Instant):
                continue
            name, new = f"{claim.id}.{part.name}", prove(part)
            old = known.get(name)
            stays = old is not None and old.of == new.of and same(old.evidence, new.evidence)
            proofs[name] = old if old is not None and stays else new
    listed = {name: asdict(proof) for name, proof in proofs.items()}
    return json.dumps(listed, indent=1, ensure_ascii=False) + "\n"


@cache
def provers() -> str:
    """What proofs are made on in this process."""
    versions = f"SymPy {metadata.version('sympy')} · Python {platform.python_version()}"
    return f"Swish Lab {swishdemo.__version__} · {versions}"


def _read(text: str) -> dict[str, Proof]:
    found: Mapping[str, Mapping[str, Any]] = json.loads(text or "{}")
    return {name: Proof(**each) for name, each in found.items()}
