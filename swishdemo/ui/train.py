"""Train: start a recipe, watch what β it learns, stop it, find it again."""

from __future__ import annotations

import math
from typing import Any

import gradio as gr

from swishdemo.errors import UserError
from swishdemo.jobs.visitor import visitor_of
from swishdemo.training import Field, TrainingConfig, fields, recipes
from swishdemo.ui.components import live
from swishdemo.ui.handlers import answering, beside_field, field_text, internal, language
from swishdemo.ui.lab import Lab
from swishdemo.ui.runview import RunView
from swishdemo.ui.words import words

_CONVERGENCE = ("weight_decay", "beta_decay", "beta_lr_factor", "beta_scope", "beta_starts")
_REST = ("rivals", "seeds", "steps", "seed", "lr", "batch")
_WISHES = ("stop", "pause", "resume", "step", "delete")


def build(lab: Lab) -> None:
    """Put the tab's components into the surrounding ``gr.Blocks``."""
    view = RunView(lab.manager)
    table = {field.name: field for field in fields(lab.settings)}
    with gr.Row(elem_classes="lab-columns", elem_id="lab-train-columns"):
        with gr.Column(elem_classes="lab-col lab-controls", min_width=0):
            with gr.Column(elem_classes="lab-card", min_width=0):
                recipe = gr.Dropdown(
                    [(words(f"train.recipe.{each.name}.title"), each.name) for each in recipes()],
                    value=recipes()[0].name,
                    label=words("train.field.recipe.label"),
                    info=words("train.field.recipe.tip"),
                    elem_id="lab-recipe",
                )
                notes = gr.Markdown(_notes(recipes()[0].name), elem_classes="lab-note")
                start = gr.Button(words("run.start"), variant="primary", elem_id="lab-start")
            inputs: dict[str, gr.components.Component] = {}
            with gr.Column(elem_classes="lab-card lab-two", min_width=0):
                gr.Markdown(words("run.made_of"), elem_classes="lab-heading")
                inputs |= {name: _component(table[name]) for name in _CONVERGENCE}
            with gr.Column(elem_classes="lab-card lab-two", min_width=0):
                gr.Markdown(words("run.more"), elem_classes="lab-heading")
                inputs |= {name: _component(table[name]) for name in _REST}
                gr.Markdown(words("run.data_note"), elem_classes="lab-note")
        shown = live("train", elem_id="lab-train", functions=(_poll(view), _wish(lab)))

    names = ("recipe", *inputs)

    def read(values: tuple[Any, ...], request: gr.Request) -> TrainingConfig:
        return TrainingConfig.parse(_request(dict(zip(names, values, strict=True))), lab.settings)

    def check(request: gr.Request, *values: Any) -> list[dict[str, Any]]:
        try:
            read(values, request)
        except UserError as error:
            return beside_field(error, names, request)
        return [gr.validate(True, "") for _ in names]

    def begin(request: gr.Request, *values: Any) -> dict[str, Any]:
        try:
            job = lab.manager.submit("run", read(values, request), visitor_of(request))
        except UserError as error:
            return {"error": error.sentence(language(request))}
        except Exception:
            return {"error": internal(request)}
        return {"run": job.id}

    # A formula that another tab hands over joins the rivals; nothing is sent.
    shown.input(
        fn=None,
        js="(rivals) => document.getElementById('lab-train').withFormula(rivals)",
        inputs=inputs["rivals"],
        outputs=inputs["rivals"],
        api_visibility="private",
    )
    start.click(
        begin,
        [recipe, *inputs.values()],
        shown,
        validator=check,
        show_progress="hidden",
        queue=True,
        api_visibility="private",
    )
    recipe.input(
        lambda name: [_notes(name), *_values(name, tuple(inputs))],
        recipe,
        [notes, *inputs.values()],
        show_progress="hidden",
        queue=False,
        api_visibility="private",
    )


def _component(field: Field) -> gr.components.Component:
    """The control of one field of the table."""
    common: dict[str, Any] = {
        "label": words(f"train.field.{field.name}.label"),
        "info": words(f"train.field.{field.name}.tip"),
        "elem_id": f"lab-{field.name}",
        "elem_classes": "lab-wide" if field.kind in ("choice", "choices", "numbers") else None,
    }
    value = _shown(field.default)
    if field.name == "beta_scope":
        choices = [(words(f"run.scope_{choice}"), choice) for choice in field.choices]
        return gr.Radio(choices, value=value, **common)
    if field.kind == "choices":
        return gr.Dropdown(
            list(field.choices),
            value=value,
            multiselect=True,
            allow_custom_value=field.formulas > 0,
            **common,
        )
    if field.kind == "numbers":
        return gr.Textbox(value, max_length=400, **common)
    return gr.Number(value, **common)


def _notes(recipe: str) -> Any:
    return words(f"train.recipe.{recipe}.notes")


def _values(recipe: str, names: tuple[str, ...]) -> list[Any]:
    """What the controls show for a recipe; an unknown one changes nothing."""
    config = next((each.config for each in recipes() if each.name == recipe), None)
    if config is None:
        return [gr.skip() for _ in names]
    record = config.as_json()
    return [_shown(record[name]) for name in names]


def _shown(value: Any) -> Any:
    """A field's value as its control holds it: numbers as a text, names as a list."""
    if not isinstance(value, list | tuple):
        return value
    if all(isinstance(each, str) for each in value):
        return list(value)
    return " ".join(f"{each:g}" for each in value)


def _request(given: dict[str, Any]) -> dict[str, Any]:
    """The page's values as REST would send them: a text of numbers as a list, 6.0 as 6.

    Raises:
        UserError: The starting values are no numbers.
    """
    request = {
        name: int(value) if isinstance(value, float) and value.is_integer() else value
        for name, value in given.items()
    }
    words_given = request["beta_starts"]
    try:
        starts = [float(part) for part in str(words_given)[:400].replace(",", " ").split()]
    except ValueError:
        raise UserError("run.error_starts", field="beta_starts") from None
    if not starts or not all(map(math.isfinite, starts)):
        raise UserError("run.error_starts", field="beta_starts")
    request["beta_starts"] = starts
    return request


def _poll(view: RunView) -> Any:
    @answering
    def poll(given: dict[str, Any], request: gr.Request) -> dict[str, Any]:
        """What has changed of a run since the browser last asked."""
        run = field_text(given, "run") if given.get("run") is not None else None
        after = given.get("after")
        known = after if isinstance(after, int) and not isinstance(after, bool) else -1
        return view.answer(run, known, visitor_of(request), language(request))

    return poll


def _wish(lab: Lab) -> Any:
    @answering
    def wish(given: dict[str, Any], request: gr.Request) -> dict[str, Any]:
        """Stop, pause, resume, step or delete a run."""
        wanted = field_text(given, "wish")
        if wanted not in _WISHES:
            raise UserError(
                "error.unknown_choice", name="wish", value=wanted, choices=", ".join(_WISHES)
            )
        getattr(lab.manager, wanted)(field_text(given, "run"), visitor_of(request))
        return {"done": True}

    return wish
