"""What a user may be told: one sentence in either language, whole on both sides of a process."""

import copy
import pickle
from multiprocessing import get_context

import pytest

from swishdemo.errors import UserError
from swishdemo.text import LANGUAGES

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
