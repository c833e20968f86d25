"""Formulas are worked out elsewhere, under a limit: what is slow or hostile harms nobody."""

import os
import signal
import subprocess
import sys
import threading
import time
from multiprocessing.connection import Connection
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_formula import ATTACKS, HEAVY
from visiting import eventually

from swishdemo.activations.typed.formula_process import (
    FairLock,
    checked_name,
    formula_process,
)
from swishdemo.errors import UserError

SECONDS = 60.0


@pytest.fixture(scope="module")
def shop():
    return formula_process(SECONDS)


def refused(call, *arguments, **named):
    with pytest.raises(UserError) as caught:
        call(*arguments, **named)
    assert caught.value.sentence("en") and caught.value.sentence("zh")
    return caught.value


def test_a_formula_is_described(shop):
    found = shop.ask("describe", " σ(β*x) * x ")
    assert found["name"] == "=σ(β*x) * x"
    assert found["places"] == [(2, 1, "beta")]
    assert shop.ask("describe", "x^2 + βx")["places"] == [(7, 1, "beta")]
    mathml = ElementTree.fromstring(found["mathml"])
    assert {each.tag.partition("}")[0] for each in mathml.iter()} == {
        "{http://www.w3.org/1998/Math/MathML"
    }
    assert "".join(mathml.itertext()) == "xσ(βx)"
    assert (found["shape"], found["at"]) == ("smooth", [])
    assert "sigmoid(beta * x)" in found["module"]
    assert dict((x, f) for x, f, _ in found["probes"])[1000.0] == 1000.0


@pytest.mark.parametrize(
    ("text", "shape", "at"),
    [
        ("max(x, a*x)", "kinked", [0.0]),
        ("abs(x - 1.5) + x", "kinked", [1.5]),
        ("abs(x - c)", "kinked", []),
        ("where(x > 2, 1, 0)", "jumping", [2.0]),
        ("where(x > a, 1, 0)", "jumping", []),
        ("where(x > 0, x**2, 0)", "smooth", []),
        ("abs(x**2 - 1)", "pieces", []),
        ("where(x>0, x, a*(exp(x)-1))", "kinked", [0.0]),
        ("x*tanh(log(1+exp(x)))", "smooth", []),
        ("where(x > 1e5, 1/x, sinh(x))", "jumping", [1e5]),
        ("where(x > 1e5, cosh(x), sinh(x))", "smooth", []),  # both beyond all doubles
    ],
)
def test_how_smooth_it_is(shop, text, shape, at):
    found = shop.ask("describe", text)
    assert (found["shape"], found["at"]) == (shape, at)


def test_an_error_comes_back_whole(shop):
    error = refused(shop.ask, "describe", "x + sigmod(x)")
    assert (error.field, error.status, error.values["column"]) == ("formula", 422, 5)
    assert "did you mean `sigmoid`" in error.sentence("en")


SHORT = "sqrt(x+" * 8 + "x" + ")" * 8
"""Of the one that takes as long as all others."""


@pytest.mark.parametrize(
    "text",
    [
        *ATTACKS,
        *(pytest.param(t, marks=[pytest.mark.long] * t.startswith(SHORT[:56])) for t in HEAVY),
        SHORT,
        "x" * 10**7,
    ],
    ids=lambda text: repr(text[:20]),
)
def test_hostile_texts_are_read_or_refused_within_the_limit(shop, text):
    before = shop.pid
    try:
        shop.ask("describe", text)
    except UserError as error:
        assert error.sentence("en") and error.sentence("zh")
        assert error.key not in ("formula.error_slow", "formula.error_ended"), "it cost a worker"
    assert shop.pid == before or before is None


WORDS = [
    *("x", "beta", "sigmoid", "max", "where", "exp(", "if", "else", "lambda", "__class__"),
    *("(", ")", ",", "*", "**", "+", "-", "/", "<", ">", ".", ":=", "[", "]", "{", "'", "f'"),
    *("1", "2", "0.5", "9", "e", "\\", "\n", "π", "ｘ"),
]


IN_ANY_ORDER = st.lists(st.sampled_from(WORDS), max_size=25).map("".join)


@settings(max_examples=40, deadline=None)
@given(IN_ANY_ORDER)
def test_words_of_the_grammar_in_any_order_are_read_or_refused(shop_text):
    check_words(shop_text)


@pytest.mark.long
@settings(max_examples=1000, deadline=None)
@given(IN_ANY_ORDER)
def test_more_words_of_the_grammar_are_read_or_refused(shop_text):
    check_words(shop_text)


def check_words(shop_text):
    try:
        formula_process(SECONDS).ask("describe", shop_text)
    except UserError as error:
        assert error.sentence("en") and error.sentence("zh")
        assert error.key not in ("formula.error_slow", "formula.error_ended")


def test_what_takes_too_long_costs_the_worker_and_is_told(shop, monkeypatch):
    shop.warm()
    monkeypatch.setattr(shop, "seconds", 0.0)
    error = refused(shop.ask, "describe", "x*tanh(log(1+exp(a*x)))")
    assert error.key == "formula.error_slow"
    assert "longer than 0 s" in error.sentence("en")
    monkeypatch.undo()
    assert shop.ask("check", "x*x") == "=x*x"


def test_a_worker_that_is_killed_is_told_and_replaced(shop, monkeypatch):
    assert shop.ask("check", "x") == "=x"
    pid = shop.pid
    os.kill(pid, signal.SIGSTOP)
    found, sent = [], threading.Event()
    send = Connection.send_bytes

    def told(connection, order):
        send(connection, order)
        sent.set()

    monkeypatch.setattr(Connection, "send_bytes", told)
    waiting = threading.Thread(
        target=lambda: found.append(refused(shop.ask, "describe", "x*sigmoid(beta*x)+1"))
    )
    waiting.start()
    assert sent.wait(60)
    os.kill(pid, signal.SIGKILL)
    waiting.join()
    assert found[0].key == "formula.error_ended"
    assert shop.ask("check", "x+1") == "=x+1"
    assert shop.pid != pid


def test_a_worker_that_died_while_idle_is_replaced_unseen(shop):
    shop.ask("check", "x")
    os.kill(shop.pid, signal.SIGKILL)
    while shop._worker.alive():
        time.sleep(0.01)
    assert shop.ask("check", "x") == "=x"


def test_the_worker_dies_with_the_process_that_started_it():
    code = (
        "from swishdemo.activations.typed.formula_process import FormulaProcess\n"
        "import os\n"
        "shop = FormulaProcess(20.0)\n"
        "shop.ask('check', 'x')\n"
        "print(shop.pid, flush=True)\n"
        "os._exit(0)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    pid = int(done.stdout)

    def ended():
        assert not Path(f"/proc/{pid}").exists()

    eventually(ended)


def test_the_process_that_asks_loads_no_sympy_and_the_worker_no_torch():
    code = (
        "import sys\n"
        "from swishdemo.activations.typed.formula_process import checked_name\n"
        "from swishdemo.training import parse_run, replicas\n"
        "from swishdemo.timing import TimingRequest, REGISTRY\n"
        "from swishdemo.settings import Settings\n"
        "s = Settings(formula_seconds=20)\n"
        "assert parse_run({'rivals': ['=x*x']}, s).rivals == ('=x*x',)\n"
        "asked = {'activation': '=x*tanh(beta*x)', 'layer_activations': ['=x*x', 'relu']}\n"
        "assert len(replicas(parse_run(asked, s))) == 18\n"
        "assert TimingRequest.parse({'variants': ['=x*x']}, s).variants == ('=x*x',)\n"
        "REGISTRY.get('=x*x').label()\n"
        "print([m for m in ('sympy', 'torch', 'gradio', 'mpmath') if m in sys.modules])\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
    bench = "import sys; import swishdemo.activations.typed.formula_worker as worker\n"
    bench += "worker.describe('x*Phi(x)')\n"
    bench += "print([m for m in ('torch', 'gradio', 'plotly') if m in sys.modules])\n"
    done = subprocess.run([sys.executable, "-c", bench], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_a_name_is_checked_for_the_field_that_has_it():
    assert checked_name(" =  x*x ", SECONDS, "rivals") == "=x*x"
    error = refused(checked_name, "=x*sigmod(x)", SECONDS, "rivals")
    assert (error.field, error.status) == ("rivals", 422)
    assert "`sigmod` at column 3" in error.sentence("en")


# --- the queue


def taking(turns, visitor, order, gate, entered=None):
    def take():
        with turns.taken(visitor):
            if entered:
                entered.set()
            gate.wait()
            order.append(visitor)

    thread = threading.Thread(target=take)
    thread.start()
    return thread


def queued(turns, count):
    while sum(map(len, turns._queues.values())) < count:
        time.sleep(0.001)


def test_visitors_take_turns_however_much_one_asks():
    turns, order, gate, entered = FairLock(), [], threading.Event(), threading.Event()
    threads = [taking(turns, "first", order, gate, entered)]
    entered.wait()
    for count, visitor in enumerate(["greedy", "greedy", "greedy", "modest", "late"], 1):
        threads.append(taking(turns, visitor, order, gate))
        queued(turns, count)
    gate.set()
    for thread in threads:
        thread.join()
    assert order == ["first", "greedy", "modest", "late", "greedy", "greedy"]


@pytest.mark.parametrize("visitors", [["one"] * 3, ["one", "two", "three"]])
def test_too_many_are_sent_away(visitors):
    turns = FairLock(waiting=2, each=2)
    order, gate, entered = [], threading.Event(), threading.Event()
    threads = [taking(turns, "now", order, gate, entered)]
    entered.wait()
    for count, visitor in enumerate(visitors[:2], 1):
        threads.append(taking(turns, visitor, order, gate))
        queued(turns, count)
    with pytest.raises(UserError) as caught, turns.taken(visitors[2]):
        pass
    assert caught.value.status == 429
    gate.set()
    for thread in threads:
        thread.join()
    with turns.taken("one"):
        pass


def test_a_turn_that_fails_is_over():
    turns = FairLock()
    with pytest.raises(ValueError, match="inside"), turns.taken("a"):
        raise ValueError("inside")
    with turns.taken("b"):
        pass
