"""Defines the one error that users are told about, and recognises a lack of memory in others."""

from __future__ import annotations

import logging
import re
import uuid
from collections.abc import Iterable
from difflib import get_close_matches
from functools import partial

from swishdemo.text import Language, Sentence, text

_LOG = logging.getLogger(__name__)

_FEW = 12
_NEAREST = 5
_LISTS = {
    "activation": "/api/activations",
    "rivals": "/api/activations",
    "variants": "/api/variants",
    "dataset": "/api/datasets",
    "recipe": "/api/recipes",
}


_NO_MEMORY = (
    *("can't allocate memory", "not enough memory"),  # Linux, and Windows
    *("out of memory", "cublas_status_alloc_failed", "cudnn_status_alloc_failed"),
)


class UserError(Exception):
    """A bad value or a refused wish, told in one plain sentence.

    Everything else that goes wrong is logged with its traceback and shown as an internal error.

    Args:
        key: The sentence's key in the text catalogue, such as ``"error.out_of_range"``.
        field: The name of the field at fault, or None where no single field is.
        status: The HTTP status by which REST answers (404, 409, 413, 422, 429 or 503).
        values: What fills the sentence's placeholders. Of a tuple of ``choices`` those are named
            that are nearest to the ``value``; where none is near, it is told where all are listed.
    """

    def __init__(
        self, key: str, *, field: str | None = None, status: int = 422, **values: object
    ) -> None:
        self.key = key
        self.field = field
        self.status = status
        self.values = values
        super().__init__(self.sentence("en"))

    def sentence(self, language: Language) -> str:
        """The sentence in ``language``."""
        return text(self.key, language, **self.filled)

    @property
    def filled(self) -> dict[str, object]:
        """What fills the placeholders; of many choices, the nearest."""
        values = dict(self.values)
        choices = values.get("choices")
        if isinstance(choices, tuple):
            values["choices"] = self._named(choices)
        return values

    def _named(self, choices: tuple[str, ...]) -> str | Sentence:
        if len(choices) <= _FEW:
            return ", ".join(choices)
        value = str(self.values.get("value", "")).lower()
        near = get_close_matches(value, choices, _NEAREST, 0.5)
        # Half a name is as near: “beta” for “beta-convergence”.
        near += [c for c in choices if len(value) > 2 and value in c.lower() and c not in near]
        if near:
            return Sentence("error.nearest", near=", ".join(near[:_NEAREST]), count=len(choices))
        where = _LISTS.get(self.field or "", "/docs")
        return Sentence("error.listed", count=len(choices), where=where)

    def __reduce__(self) -> tuple[object, ...]:
        """Pickle by the parts, because a worker process sends its errors to the web process."""
        made = partial(UserError, self.key, field=self.field, status=self.status, **self.values)
        return made, ()


def internal(error: Exception, of: str = "") -> Sentence:
    """Log an unexpected error with its traceback; the sentence names its id in the log.

    Args:
        error: The error.
        of: What it broke, such as ``"job 3"``; for the log.
    """
    name = uuid.uuid4().hex[:8]
    _LOG.error("%sinternal error, id %s", of and f"{of}: ", name, exc_info=error)
    return Sentence("error.internal", id=name)


def short(value: object) -> str:
    """A foreign value that an error repeats, cut and encodable, so that it can be answered."""
    if not isinstance(value, str):
        return type(value).__name__
    words = value.encode("utf-8", "replace").decode("utf-8")
    return words if len(words) <= 40 else words[:39] + "…"


def refuse_unknown(given: Iterable[object], known: Iterable[str], what: str) -> None:
    """Refuse the first of the fields that were sent that is not known: who mistypes one is told.

    Args:
        given: Their names.
        known: Those that there are.
        what: Key of what is asked for, such as ``error.what.run``.

    Raises:
        UserError: There is one (422).
    """
    choices = tuple(known)
    for name in given:
        if name not in choices:
            told, form = short(name), Sentence(what)
            raise UserError(
                "error.unknown_field", field=told, value=told, name=form, choices=choices
            )


def unknown_choice(
    name: str, value: object, choices: Iterable[str], status: int = 422
) -> UserError:
    """The refusal of a field's value that is none of its choices."""
    told, known = short(value), tuple(choices)
    return UserError(
        "error.unknown_choice", field=name, status=status, name=name, value=told, choices=known
    )


def wrong_type(name: str, kind: str) -> UserError:
    """The refusal of a field that is not of its kind, a key of ``error.kind``."""
    expected = Sentence(f"error.kind.{kind}")
    return UserError("error.wrong_type", field=name, name=name, expected=expected)


def is_lack_of_memory(error: BaseException) -> bool:
    """Whether an error says that the memory ran out, this process's or a GPU's."""
    # PyTorch tells a lack of memory on the CPU by a plain RuntimeError, and on CUDA by a class of
    # its own, which this module must not import.
    told = str(error).lower()
    return (
        isinstance(error, MemoryError)
        or type(error).__name__ == "OutOfMemoryError"
        or (isinstance(error, RuntimeError) and any(words in told for words in _NO_MEMORY))
    )


def lack_on_gpu(error: BaseException) -> dict[str, str] | None:
    """What a GPU was asked for, what is free, and what it has; None where another memory ran out.

    Without figures, which libraries do not tell, each is ``"?"``.
    """
    told = str(error)
    if not is_lack_of_memory(error) or not re.search("CUDA|HIP|CUBLAS|CUDNN", told):
        return None
    size = r"([\d.]+ \w?i?B|[\d.]+ bytes)"
    asked = re.search(rf"Tried to allocate {size}", told)
    there = re.search(rf"total capacity of {size} of which {size} is free", told)
    return {
        "asked": asked[1] if asked else "?",
        "total": there[1] if there else "?",
        "free": there[2] if there else "?",
    }


def lack_of_memory(error: BaseException) -> Sentence:
    """What a job is told that ended so (`is_lack_of_memory`)."""
    figures = lack_on_gpu(error)
    if figures is None:
        return Sentence("jobs.out_of_memory")
    if "?" in figures.values():
        return Sentence("jobs.gpu_out_of_memory")
    return Sentence("jobs.gpu_out_of_memory_figures", **figures)
