"""What a user may be told: one sentence in either language, whole on both sides of a process."""

import ast
import copy
import pickle
import re
from multiprocessing import get_context

import pytest
from serving import ROOT

from swishdemo.errors import UserError
from swishdemo.text import LANGUAGES, Sentence

RANGE = {"name": "lr", "value": 9, "low": 0, "high": 1}


def refuse(connection):
    try:
        raise UserError("error.out_of_range", field="lr", status=409, **RANGE)
    except UserError as error:
        connection.send(error)


def parts(error):
    return error.key, error.field, error.status, error.values, str(error), error.sentence("zh")


def test_it_says_what_was_wrong_and_where():
    error = UserError("error.out_of_range", field="lr", **RANGE)
    assert str(error) == error.sentence("en") == "lr is 9; it must be from 0 to 1."
    assert error.sentence("zh") != str(error) and "lr" in error.sentence("zh")
    assert (error.field, error.status) == ("lr", 422)
    assert UserError("error.internal", id="1").field is None


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_it_pickles_by_every_protocol(protocol):
    error = UserError("error.out_of_range", field="lr", status=503, **RANGE)
    assert parts(pickle.loads(pickle.dumps(error, protocol))) == parts(error)
    assert parts(copy.deepcopy(error)) == parts(error)


def test_it_crosses_a_spawned_process():
    context = get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=refuse, args=(theirs,))
    process.start()
    assert ours.poll(30)
    assert parts(ours.recv()) == parts(
        UserError("error.out_of_range", field="lr", status=409, **RANGE)
    )
    process.join()
    assert process.exitcode == 0


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("hostile", ["{low}", "{0.__class__}", "{", "}", "%s", "a" * 1000])
def test_a_value_is_put_in_as_it_is(language, hostile):
    error = UserError("error.out_of_range", **{**RANGE, "value": hostile})
    assert hostile in error.sentence(language)


def test_a_key_or_a_value_that_is_missing_is_our_own_error_at_once():
    with pytest.raises(KeyError):
        UserError("error.no_such_sentence")
    with pytest.raises(KeyError):
        UserError("error.out_of_range", name="lr")


def given_words():
    """(place, value) of each English word that the code itself puts into a sentence."""
    for path in sorted((ROOT / "swishdemo").rglob("*.py")):
        text = path.read_text("utf-8")
        if not re.search(r"\b(UserError|refuse)\(", text):
            continue
        for node in ast.walk(ast.parse(text)):
            called = node.func if isinstance(node, ast.Call) else None
            if not isinstance(called, ast.Name) or called.id not in ("UserError", "refuse"):
                continue
            for given in node.keywords:
                by = getattr(getattr(given.value, "func", None), "id", "")
                words = [
                    each.value
                    for each in ast.walk(given.value)
                    if isinstance(each, ast.Constant) and isinstance(each.value, str)
                ]
                worded = any(re.search("[a-z] [a-z]", each) for each in words)
                if by == "text" or (by != "Sentence" and worded):
                    yield f"{path.name}:{node.lineno}", given.arg, words


def test_no_english_words_are_put_into_a_sentence_of_either_language():
    assert list(given_words()) == []


def test_a_phrase_follows_the_language_of_its_sentence():
    error = UserError("error.wrong_type", name="x", expected=Sentence("error.kind.object"))
    assert error.sentence("en") == "x must be an object."
    assert error.sentence("zh") == "x 必须是对象。"
    assert pickle.loads(pickle.dumps(error)).sentence("zh") == error.sentence("zh")


def test_of_many_choices_the_nearest_are_named():
    many = (
        "swish",
        "silu",
        "mish",
        "beta-convergence",
        *(f"other{number}" for number in range(44)),
    )

    def told(value, language="en", field="activation"):
        given = {"name": "activation", "value": value, "choices": many}
        return UserError("error.unknown_choice", field=field, **given).sentence(language)

    assert "beta-convergence (" in told("beta") and "swish" in told("SWISH2")
    assert "choose one of: the 48 that /api/activations lists." in told("zzzz")
    assert "swish" in told("swihs") and "other43" not in told("swihs") and "48" in told("swihs")
    assert "/api/activations" in told("zzzz") and "48" in told("zzzz", "zh")
    assert "/docs" in told("zzzz", field="network")
    few = UserError("error.unknown_choice", name="x", value="y", choices=("a", "b"))
    assert str(few) == "x “y” is unknown; choose one of: a, b."
    assert re.search("[\u4e00-\u9fff]", told("swihs", "zh"))
