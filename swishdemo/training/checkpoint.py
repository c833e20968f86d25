"""Keeps the weights of a run, and writes one replica's as a file for `torch.load`.

The web process hands the file out, and does not load torch: so the file is put together here, in
the format of `torch.save`: a zip archive of a pickle, which describes the tensors, and of one
record of raw bytes for each tensor. The pickle names nothing but what ``torch.load(path,
weights_only=True)`` allows.
"""

from __future__ import annotations

import base64
import io
import math
import pickle
import struct
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Self

from pydantic import NonNegativeInt

from swishdemo.formats import of_json
from swishdemo.ticks import Attachment

KEPT_BYTES = 4_000_000
"""If all replicas' weights together are larger, only those of the replicas looked into are kept."""

_STORAGES = {"float32": ("FloatStorage", 4), "int64": ("LongStorage", 8)}


@dataclass(frozen=True, slots=True)
class Entry:
    """A tensor of a ``state_dict``: its name, ``float32`` or ``int64``, and its shape."""

    name: str
    dtype: str
    shape: tuple[int, ...]

    @property
    def elements(self) -> int:
        """Numbers in it."""
        return math.prod(self.shape)


@dataclass(frozen=True, slots=True)
class State:
    """The weights of one replica.

    Attributes:
        entries: What they are.
        content: Their numbers, one entry after the other, little-endian.
    """

    entries: tuple[Entry, ...]
    content: bytes

    def file(self) -> bytes:
        """The file from which ``torch.load`` reads the ``state_dict``."""
        written = io.BytesIO()
        with zipfile.ZipFile(written, "w") as archive:  # not compressed: torch does not unpack
            archive.writestr("weights/data.pkl", _pickled(self.entries))
            archive.writestr("weights/byteorder", "little")
            first = 0
            for number, entry in enumerate(self.entries):
                end = first + entry.elements * _STORAGES[entry.dtype][1]
                archive.writestr(f"weights/data/{number}", self.content[first:end])
                first = end
            archive.writestr("weights/version", "3\n")
        return written.getvalue()


@dataclass(frozen=True, slots=True)
class Weights(Attachment):
    """The weights of some replicas after ``step`` steps, by the replicas' numbers."""

    step: int
    states: Mapping[int, State]

    def as_json(self) -> dict[str, Any]:
        """Entries that replicas have in common stand there once; bytes are in base 64."""
        layouts = list(dict.fromkeys(state.entries for state in self.states.values()))
        return {
            "step": self.step,
            "layouts": [
                [[entry.name, entry.dtype, list(entry.shape)] for entry in layout]
                for layout in layouts
            ],
            "states": {
                str(number): [
                    layouts.index(state.entries),
                    base64.b64encode(state.content).decode("ascii"),
                ]
                for number, state in self.states.items()
            },
        }

    @classmethod
    def of_json(cls, record: Mapping[str, Any]) -> Self:
        """The weights of which ``record`` is the JSON.

        Raises:
            ValueError: It is none, or bytes are missing.
        """
        kept = of_json(_Kept, record)
        layouts = [
            tuple(Entry(name, dtype, shape) for name, dtype, shape in layout)
            for layout in kept.layouts
        ]
        states = {}
        for number, (layout, content) in kept.states.items():
            if layout >= len(layouts):
                raise ValueError("there is no such layout")
            state = State(layouts[layout], base64.b64decode(content, validate=True))
            if len(state.content) != sum(
                entry.elements * _STORAGES[entry.dtype][1] for entry in state.entries
            ):
                raise ValueError("bytes are missing, or are too many")
            states[number] = state
        return cls(kept.step, states)


@dataclass(frozen=True, slots=True)
class _Kept:
    step: int
    layouts: list[list[tuple[str, Literal["float32", "int64"], tuple[NonNegativeInt, ...]]]]
    states: dict[int, tuple[NonNegativeInt, str]]


def _pickled(entries: Iterable[Entry]) -> bytes:
    """The dictionary of the tensors as a pickle of protocol 2.

    A tensor is a call of ``torch._utils._rebuild_tensor_v2``; its storage is a persistent id,
    which tells the number of a record.
    """
    parts = [pickle.PROTO, b"\x02", pickle.EMPTY_DICT, pickle.MARK]
    for number, entry in enumerate(entries):
        storage = _STORAGES[entry.dtype][0].encode("ascii")
        strides = [math.prod(entry.shape[axis + 1 :]) for axis in range(len(entry.shape))]
        parts += [
            *(_text(entry.name), pickle.GLOBAL, b"torch._utils\n_rebuild_tensor_v2\n", pickle.MARK),
            *(pickle.MARK, _text("storage"), pickle.GLOBAL, b"torch\n", storage, b"\n"),
            *(_text(str(number)), _text("cpu"), _number(entry.elements), pickle.TUPLE),
            *(pickle.BINPERSID, _number(0), _numbers(entry.shape), _numbers(strides)),
            # No gradient is wanted, and there are no hooks.
            *(pickle.NEWFALSE, pickle.GLOBAL, b"collections\nOrderedDict\n"),
            *(pickle.EMPTY_TUPLE, pickle.REDUCE, pickle.TUPLE, pickle.REDUCE),
        ]
    return b"".join([*parts, pickle.SETITEMS, pickle.STOP])


def _text(text: str) -> bytes:
    encoded = text.encode()
    return pickle.BINUNICODE + struct.pack("<I", len(encoded)) + encoded


def _number(number: int) -> bytes:
    return pickle.BININT + struct.pack("<i", number)


def _numbers(numbers: Sequence[int]) -> bytes:
    return pickle.MARK + b"".join(map(_number, numbers)) + pickle.TUPLE
