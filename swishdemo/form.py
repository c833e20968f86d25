"""Reads forms: frozen models whose fields are declared once.

A declaration gives a field's type, its default, what is allowed and its place on the page. From it
come the page's control, the schema in /openapi.json, the strict reading of a request, and the
sentence by which one is refused.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from types import MappingProxyType, NoneType, UnionType
from typing import (
    Any,
    ClassVar,
    Concatenate,
    Literal,
    ParamSpec,
    Self,
    get_args,
    get_origin,
)

from pydantic import BaseModel, ConfigDict, ValidationError, ValidationInfo, field_validator
from pydantic import Field as model_field

from swishdemo.activations.record import formula_name, is_formula
from swishdemo.activations.registry import fixed_beta, registered
from swishdemo.activations.typed.formula_process import checked_name
from swishdemo.errors import UserError, refuse_unknown, short
from swishdemo.settings import Settings
from swishdemo.text import Language, Sentence, say

FieldKind = Literal[
    "choice", "choices", "flag", "integer", "integers", "number", "numbers", "table"
]
Schema = dict[str, Any]
P = ParamSpec("P")

_KINDS: dict[Any, Any] = {str: "choice", bool: "flag", int: "integer", float: "number"}
_JSON_TYPES = {"integer": "integer", "number": "number", "choice": "string", "flag": "boolean"}
_MOST_STORED = 2**40
"""A number beyond this, or so many entries, no version has allowed."""


@dataclass(frozen=True, slots=True)
class Field:
    """What one field of a form may hold, and what it is called.

    Attributes:
        group: The heading under which the page has it, in the order of the declarations.
        low: The smallest allowed number.
        high: The largest.
        unit: What the number counts; empty for a pure number.
        choices: Allowed names.
        longest: Entries that a list may have.
        shortest: Entries that a list must have.
        repeats: Whether an entry of a list may occur twice; else it counts once.
        formulas: How many entries may be typed formulas, such as ``=x*sigmoid(2*x)``.
        here: What a server's settings change of all this, and of the default.
        labels: Language → what the page calls it.
        tips: Language → what it is for, in a line.
        choice_labels: Allowed name → language → what the page calls it; these are all ``choices``
            where none are given.
        name: The field's name in JSON, where it is not the model's; what follows is taken from it.
        kind: ``choice`` (of names), ``flag`` (true or false), ``integer`` or ``number``; with an
            ``s`` a list of them; a ``table`` is a visitor's own.
        default: Its value where it is left out.
        formula_seconds: In which a formula must be worked out; 0 where that was done before.
    """

    group: str = ""
    low: float | None = None
    high: float | None = None
    unit: str = ""
    choices: tuple[str, ...] = ()
    longest: int = 1
    shortest: int = 0
    repeats: bool = False
    formulas: int = 0
    fixed: bool = False
    here: Callable[[Settings], Mapping[str, Any]] = lambda server: {}
    labels: Mapping[Language, str] = field(default_factory=dict, hash=False)
    tips: Mapping[Language, str] = field(default_factory=dict, hash=False)
    choice_labels: Mapping[str, Mapping[Language, str]] = field(default_factory=dict, hash=False)
    name: str = ""
    kind: FieldKind = "choice"
    default: Any = None
    formula_seconds: float = 0.0

    def on(self, server: Settings) -> Field:
        """The field on a server, where a default is within its limits."""
        here = self.here(server)
        if not here and not self.formulas:
            return self
        field = replace(self, formula_seconds=server.formula_seconds, **here)
        if field.high is None or field.default is None:
            return field
        many = isinstance(field.default, tuple)
        fitted = tuple(min(n, field.high) for n in (field.default if many else (field.default,)))
        return replace(field, default=fitted if many else fitted[0])

    def unlimited(self) -> Field:
        """The field as another version may have stored it: limits change."""
        high = None if self.low is None else _MOST_STORED
        formulas = self.formulas and _MOST_STORED
        return replace(self, high=high, longest=_MOST_STORED, formulas=formulas)

    def as_json(self) -> dict[str, Any]:
        """The field as a JSON object, for the page."""
        names = ("name", "kind", "low", "high", "unit", "longest", "shortest", "formulas")
        return {
            **{name: getattr(self, name) for name in names},
            "default": self._told_default(),
            "choices": list(self.choices),
        }

    def schema(self) -> Schema:
        """The field as JSON schema."""
        if self.kind == "table":
            return _TABLE
        single = self.kind.removesuffix("s")
        schema: Schema = {"type": _JSON_TYPES[single]}
        if self.choices and self.formulas:
            formula = {"type": "string", "pattern": "^=", "description": "= and a formula in x."}
            schema = {"anyOf": [{"enum": list(self.choices)}, formula]}
            if self.fixed:
                schema["anyOf"].append(_FIXED)
        elif self.choices:
            schema["enum"] = list(self.choices)
        bounds = {"minimum": self.low, "maximum": self.high}
        schema |= {name: bound for name, bound in bounds.items() if bound is not None}
        if self.kind != single:
            schema = {"type": "array", "items": schema, "maxItems": self.longest}
        default = self._told_default()
        return schema if default is None else schema | {"default": default}

    def check_length(self, entries: tuple[Any, ...]) -> None:
        """Refuse too few entries, or too many."""
        count, limit = len(entries), self.longest
        if count < self.shortest:
            raise self._refused("empty")
        if count > limit:
            raise self._refused("too_long", count=count, limit=limit)

    def allowed(self, value: Any) -> Any:
        """The value, where it is allowed: a formula by its one name, an entry once, −0.0 as 0.0.

        Raises:
            UserError: It is out of range or unknown, or a formula is none.
        """
        if not isinstance(value, tuple):
            return self._one(value)
        if self.formulas and sum(map(is_formula, value)) > self.formulas:
            raise self._refused("formulas", limit=self.formulas)
        entries = tuple(map(self._one, value))
        return entries if self.repeats else tuple(dict.fromkeys(entries))

    def out_of_range(self, value: float) -> UserError:
        """The refusal of a number."""
        # Python refuses to print integers of more than 4300 digits; JSON can carry them.
        shown = f"{value:.10g}" if abs(value) < 10**30 else Sentence("error.kind.beyond")
        return self._refused(
            "out_of_range", value=shown, low=f"{self.low:.10g}", high=f"{self.high:.10g}"
        )

    def _one(self, value: Any) -> Any:
        if isinstance(value, str):
            if self.formulas and is_formula(value):
                seconds = self.formula_seconds
                return checked_name(value, seconds, self.name) if seconds else formula_name(value)
            if self.fixed and fixed_beta(value):
                return registered(value).name
            if value not in self.choices:
                raise self._refused("unknown_choice", value=short(value), choices=self.choices)
        elif isinstance(value, int | float) and not isinstance(value, bool):
            if (
                self.low is not None
                and self.high is not None
                and not self.low <= value <= self.high
            ):
                raise self.out_of_range(value)
            return value + 0.0 if isinstance(value, float) else value
        return value

    def _told_default(self) -> Any:
        """The default in JSON; an empty list that could not be sent is none."""
        if not isinstance(self.default, tuple):
            return self.default
        return list(self.default) if len(self.default) >= self.shortest else None

    def _refused(self, key: str, **values: Any) -> UserError:
        return UserError(f"error.{key}", field=self.name, name=self.name, **values)


def _declaring(field: Callable[P, Field]) -> Callable[Concatenate[Any, P], Any]:
    def declare(default: Any, /, *allowed: P.args, **named: P.kwargs) -> Any:
        """Declare a field of a form: its default, and what a `Field` is made of."""
        made: Any = field(*allowed, **named)
        return model_field(default, alias=made.name or None, json_schema_extra={"field": made})

    return declare


declare = _declaring(Field)


class Form(BaseModel):
    """A request each of whose fields is made by `declare`.

    What is made in code is held to the types alone; limits and choices are asked where a form is
    `read`, for they are the server's.
    """

    model_config = ConfigDict(
        frozen=True,
        strict=True,
        extra="forbid",
        allow_inf_nan=False,
        validate_by_name=True,
        serialize_by_alias=True,
    )
    what: ClassVar[str]
    """Key of what the form asks for, such as ``error.what.run``."""
    not_an_object: ClassVar[str]
    """Key of the sentence that refuses what is no object."""
    room: ClassVar[str] = ""
    """Where the catalogue has what the declarations say: ``train.field.steps.label``."""

    @classmethod
    def __pydantic_init_subclass__(cls, **options: Any) -> None:
        """Say what the fields are called."""
        for each in cls._declared():
            if each.labels:
                say(f"{cls.room}.field.{each.name}.label", each.labels)
            if each.tips:
                say(f"{cls.room}.field.{each.name}.tip", each.tips)
            for choice, labels in each.choice_labels.items():
                say(f"{cls.room}.choice.{each.name}.{choice}", labels)

    @classmethod
    def fields(cls, server: Settings) -> dict[str, Field]:
        """The fields by their names in JSON, with a server's limits."""
        return {field.name: field.on(server) for field in cls._declared()}

    @classmethod
    def schema_on(cls, server: Settings, **beside: Schema) -> Schema:
        """The JSON schema of a request to a server, all of whose fields may be left out."""
        fields = {name: field.schema() for name, field in cls.fields(server).items()}
        return {
            "type": "object",
            "properties": {**beside, **fields},
            "additionalProperties": False,
        }

    @classmethod
    def read(
        cls,
        given: object,
        server: Settings,
        *,
        start: Mapping[str, Any] = MappingProxyType({}),
        beside: tuple[str, ...] = (),
    ) -> Self:
        """Read a request; a field that is left out takes its default.

        Args:
            given: The request's JSON, of any type.
            server: Its settings are the limits.
            start: Values that take the place of defaults.
            beside: Names that the request may have too, which something else reads.

        Raises:
            UserError: A field is unknown, of another type, not finite, out of range, or too long.
        """
        fields = cls.fields(server)
        if not isinstance(given, Mapping):
            raise UserError(cls.not_an_object, choices=tuple(fields))
        refuse_unknown(given, (*beside, *fields), cls.what)
        values = {name: value for name, value in given.items() if name in fields}
        own = {
            each.name: fields[each.name].default
            for each in cls._declared()
            if fields[each.name].default != each.default
        }
        return cls._valid({**own, **start, **values}, fields)

    @classmethod
    def restored(cls, record: Mapping[str, Any]) -> Self:
        """Read what was stored, perhaps by another version. Limits are not asked.

        A field that is newer takes its default, one that is gone is left out.

        Raises:
            UserError: A value is of another type, or names what this version does not know.
        """
        fields = cls._unlimited()
        return cls._valid({name: v for name, v in record.items() if name in fields}, fields)

    def replace(self, **changes: Any) -> Self:
        """The form with some values changed; held to the types alone."""
        return type(self).model_validate({**self.__dict__, **changes})

    def as_json(self) -> dict[str, Any]:
        """The form as `read` takes it."""
        return self.model_dump(mode="json")

    @classmethod
    def _valid(cls, values: Mapping[str, Any], fields: Mapping[str, Field]) -> Self:
        try:
            return cls.model_validate(values, context=fields, by_alias=True, by_name=False)
        except ValidationError as error:
            problem = error.errors(include_url=False)[0]
            field, value = fields[str(problem["loc"][0])], problem["input"]
            if problem["type"] == "float_type" and type(value) is int:  # float has none so large
                raise field.out_of_range(value) from None
            raise refusal(problem, field.name) from None

    @classmethod
    @cache
    def _declared(cls) -> tuple[Field, ...]:
        found = []
        for attribute, info in cls.model_fields.items():
            made: Any = info.json_schema_extra
            field: Field = made["field"]
            found.append(
                replace(
                    field,
                    choices=field.choices or tuple(field.choice_labels),
                    name=info.alias or attribute,
                    kind=_kind_of(info.annotation),
                    default=info.default,
                )
            )
        return tuple(found)

    @classmethod
    @cache
    def _unlimited(cls) -> Mapping[str, Field]:
        """The fields without their limits: a sweep's configs are as many as a list of runs."""
        return {field.name: field.unlimited() for field in cls._declared()}

    @classmethod
    def _field(cls, info: ValidationInfo) -> Field | None:
        name = str(info.field_name)
        found: Field | None = (info.context or {}).get(cls.model_fields[name].alias or name)
        return found

    @field_validator("*", mode="before")
    @classmethod
    def _listed(cls, value: object, info: ValidationInfo) -> object:
        """A list as a tuple; its length is asked before its entries are looked at."""
        entries = tuple(value) if isinstance(value, list) else value
        field = cls._field(info)
        if isinstance(entries, tuple) and field is not None and field.kind.endswith("s"):
            field.check_length(entries)
        return entries

    @field_validator("*", mode="after")
    @classmethod
    def _allowed(cls, value: Any, info: ValidationInfo) -> Any:
        field = cls._field(info)
        return value if field is None else field.allowed(value)


_KEYS = {
    "missing": "api.invalid.missing",
    "int_parsing": "error.not_an_integer",
    "int_type": "error.not_an_integer",
    "int_from_float": "error.not_an_integer",
    "int_parsing_size": "error.not_an_integer",
    "float_type": "error.not_a_number",
    "finite_number": "error.not_a_number",
    "bool_type": "error.not_a_flag",
    "string_type": "error.not_text",
    "tuple_type": "error.not_a_list",
    "greater_than_equal": "api.invalid.low",
    "less_than_equal": "api.invalid.high",
    "literal_error": "api.invalid.choice",
    "string_too_long": "api.invalid.long",
}
"""Pydantic's kinds of error, as our sentences."""


def refusal(problem: Mapping[str, Any], name: str) -> UserError:
    """What pydantic found wrong, in our own sentence.

    Args:
        problem: One of a `ValidationError`'s errors.
        name: The field at fault.
    """
    values: dict[str, Any] = {"name": name, **problem.get("ctx", {})}
    return UserError(_KEYS.get(problem["type"], "api.invalid.other"), field=name, **values)


def _kind_of(annotation: Any) -> FieldKind:
    options = get_args(annotation) if isinstance(annotation, UnionType) else (annotation,)
    (single,) = (each for each in options if each is not NoneType)
    many = get_origin(single) is tuple
    kind: FieldKind = _KINDS.get(get_args(single)[0] if many else single, "table")
    return f"{kind}s" if many else kind  # type: ignore[return-value]


_FIXED: Schema = {
    "type": "string",
    "pattern": r"^\w+@[-+.\d]+$",
    "description": "An activation, @ and a number: its β, which is not trained.",
}
_TABLE: Schema = {
    "anyOf": [
        {"type": ["string", "null"]},
        {
            "type": "object",
            "required": ["text"],
            "properties": {"name": {"type": "string"}, "text": {"type": "string"}},
        },
    ],
}
