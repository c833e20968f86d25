"""Train: start a recipe or a sweep, watch what β it learns, stop it, find it again, compare.

The tab, the controls of a run's fields, and what they hold as REST would send it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import gradio as gr

from swishdemo import host
from swishdemo.errors import UserError
from swishdemo.form import Field
from swishdemo.jobs.access import visitor_of
from swishdemo.settings import Settings
from swishdemo.text import numeral
from swishdemo.training import TrainingConfig, nearest, recipes
from swishdemo.training.in_words import activation_label
from swishdemo.training.recipes import Recipe
from swishdemo.training.request import fitted, parse_run
from swishdemo.training.sweep import SweepRequest, grid_of
from swishdemo.ui.assets import live
from swishdemo.ui.in_gradio import (
    answered,
    beginning,
    filling,
    in_browser,
    judged,
    language,
    pressed,
    when_chosen,
    words,
)
from swishdemo.ui.lab import Lab

_LONGEST_CSV = 1_000_000


def component(field: Field, start: Mapping[str, Any] | None = None) -> gr.components.Component:
    """The control of one field of the table, with what ``start`` has for it, or its default."""
    common: dict[str, Any] = {
        "label": words(f"train.field.{field.name}.label"),
        "info": words(f"train.field.{field.name}.tip") + _range(field),
        "elem_id": f"lab-{field.name}",
        "elem_classes": None if field.kind in ("number", "integer") else "lab-wide",
    }
    value = shown_value((start or {}).get(field.name, field.default))
    if field.kind == "table":
        return gr.Textbox(
            lines=3, max_lines=6, max_length=_LONGEST_CSV, placeholder="x, y, label", **common
        )
    if field.kind == "flag":
        return gr.Checkbox(value, **common)
    if field.kind == "choices":
        return gr.Dropdown(
            _called(field),
            value=value,
            multiselect=True,
            allow_custom_value=field.formulas > 0,
            **common,
        )
    if field.kind == "choice":
        return _choice(field, value, common)
    if field.kind == "numbers":
        return gr.Textbox(value, max_length=400, **common)
    return gr.Number(value, **common)


def offered(field: Field) -> tuple[str, ...]:
    """The choices of a field that can be had on this host: a GPU only where there may be one."""
    absent = "cuda" if field.name == "device" and host.missing_cuda() else None
    return tuple(choice for choice in field.choices if choice != absent)


def caps(settings: Settings) -> str:
    """What this server allows one run, in a line."""
    limits = (
        settings.max_steps,
        settings.max_replicas,
        settings.max_parameters,
        settings.max_job_seconds,
    )
    # Gradio translates one text of a string.
    return f"{words('train.caps')} {' · '.join(numeral(limit) for limit in limits)}"


def shown_value(value: Any) -> Any:
    """A field's value as its control holds it: numbers as a text, names as a list."""
    if not isinstance(value, list | tuple):
        return value
    if all(isinstance(each, str) for each in value):
        return list(value)
    return " ".join(f"{each:g}" for each in value)


def request_of(given: Mapping[str, Any], table: Mapping[str, Field]) -> dict[str, Any]:
    """The page's values as REST would send them: a text of numbers as a list, 6.0 as 6.

    Raises:
        UserError: A list of numbers holds something else.
    """
    request: dict[str, Any] = {}
    for name, value in given.items():
        kind = table[name].kind if name in table else "choice"
        if kind == "numbers":
            request[name] = _numbers(name, value)
        elif kind == "table":
            request[name] = value or None
        elif kind == "integer" and isinstance(value, float) and value.is_integer():
            request[name] = int(value)
        else:
            request[name] = value
    if request.get("dataset") != "csv":
        request["csv"] = None  # what stands in the field waits for its dataset
    return request


def _range(field: Field) -> str:
    """The allowed numbers, behind the tip."""
    if field.low is None or field.high is None:
        return ""
    return f" ({numeral(field.low, '.10g')} – {numeral(field.high, '.10g')})"


def _called(field: Field) -> list[tuple[str, str | int | float]]:
    """Activations as a reader knows them, with their names."""
    return [(activation_label(name), name) for name in field.choices]


def _choice(field: Field, value: Any, common: dict[str, Any]) -> gr.components.Component:
    if field.formulas:
        return gr.Dropdown(_called(field), value=value, allow_custom_value=True, **common)
    key = "data.title" if field.name == "dataset" else f"train.choice.{field.name}"
    choices = [(words(f"{key}.{choice}"), choice) for choice in offered(field)]
    if field.name == "beta_scope":
        return gr.Radio(choices, value=value, **common)
    return gr.Dropdown(choices, value=value, **common)


def _numbers(name: str, value: object) -> list[float]:
    try:
        numbers = [float(part) for part in str(value)[:400].replace(",", " ").split()]
    except ValueError:
        raise UserError("run.error_starts", field=name) from None
    if not numbers or not all(map(math.isfinite, numbers)):
        raise UserError("run.error_starts", field=name)
    return numbers


FIRST_RECIPE = "playground-spiral"
"""The recipe with which the page opens; a request without one has the form's defaults."""
_OPEN = ("beta", "activations", "replicas")
_LONGEST_GRID = 4000


def build(lab: Lab) -> None:
    """Put the tab's components into the surrounding ``gr.Blocks``."""
    table = TrainingConfig.fields(lab.settings)
    with gr.Row(elem_classes="lab-columns", elem_id="lab-train-columns"):
        with gr.Column(elem_classes="lab-col lab-controls", min_width=0):
            recipe, tiles, notes, start = _recipe_card()
            inputs = _groups(table, lab.settings)
            grid, start_sweep = _sweep_card()
        with gr.Column(elem_classes="lab-col lab-shown", min_width=0):
            swept = live("train/sweep", elem_id="lab-sweep")
            shown = live("train/tab", elem_id="lab-train")
    tab = _Tab(lab, table, tuple(inputs))

    # A formula that another tab hands over joins the rivals.
    in_browser(shown, "lab-train.withFormula", inputs["rivals"], given=True)
    form = [recipe, *inputs.values()]
    pressed(start, tab.begin, form, shown, tab.check)
    pressed(start_sweep, tab.begin_sweep, [*form, grid], swept, tab.check_sweep)
    beginning(shown.submit, shown, tab.go_on)
    beginning(swept.submit, swept, tab.go_on)
    filled = [recipe, tiles, notes, *inputs.values()]
    when_chosen(recipe, tab.fill, filled)
    filling(tiles.input, tab.choose, tiles, filled)
    filling(shown.edit, tab.use, shown, filled)


def _recipe_card() -> tuple[gr.Dropdown, gr.HTML, gr.Markdown, gr.Button]:
    with gr.Column(elem_classes="lab-card", min_width=0):
        tiles = live("train/recipe_tiles", elem_id="lab-recipes", value={"chosen": FIRST_RECIPE})
        recipe = gr.Dropdown(
            [(words(f"train.recipe.{each.name}.title"), each.name) for each in recipes()],
            value=FIRST_RECIPE,
            label=words("train.field.recipe.label"),
            info=words("train.field.recipe.tip"),
            elem_id="lab-recipe",
        )
        notes = gr.Markdown(_notes(FIRST_RECIPE), elem_classes="lab-note")
        start = gr.Button(words("run.start"), variant="primary", elem_id="lab-start")
    return recipe, tiles, notes, start


def _sweep_card() -> tuple[gr.Textbox, gr.Button]:
    with gr.Accordion(
        words("sweep.ui.heading"), open=False, elem_id="lab-group-sweep", elem_classes="lab-card"
    ):
        grid = gr.Textbox(
            label=words("sweep.ui.grid.label"),
            info=words("sweep.ui.grid.tip"),
            placeholder="depth = 2, 5, 10\nnormalisation = none, batch",
            lines=3,
            max_lines=8,
            max_length=_LONGEST_GRID,
            elem_id="lab-sweep-grid",
        )
        start = gr.Button(words("sweep.ui.start"), elem_id="lab-sweep-start")
    return grid, start


def _groups(table: Mapping[str, Field], settings: Settings) -> dict[str, gr.components.Component]:
    """The controls of all fields, each group of them under its heading."""
    inputs: dict[str, gr.components.Component] = {}
    [start] = (each.config.as_json() for each in recipes() if each.name == FIRST_RECIPE)
    for group, fields in groupby(table.values(), lambda field: field.group):
        with gr.Accordion(
            words(f"train.group.{group}"),
            open=group in _OPEN,
            elem_id=f"lab-group-{group}",
            elem_classes="lab-card lab-two",
        ):
            inputs |= {field.name: component(field, start) for field in fields}
            if group == "replicas":
                gr.Markdown(caps(settings), elem_classes="lab-note lab-wide")
    return inputs


@dataclass(frozen=True, eq=False)
class _Tab:
    """What the tab's events do.

    Attributes:
        lab: What they work on.
        table: The fields, with the server's limits.
        inputs: The names of the fields' controls, in the page's order; the recipe's stands before.
    """

    lab: Lab
    table: Mapping[str, Field]
    inputs: tuple[str, ...]

    def check(self, request: gr.Request, *values: Any) -> list[dict[str, Any]]:
        """Whether each control's value will do, and beside one that will not, why."""
        fields = "recipe", *self.inputs
        return judged(lambda: parse_run(self._asked(values), self.lab.settings), fields, request)

    def begin(self, request: gr.Request, *values: Any) -> dict[str, Any]:
        """Start a run; what the page is told of it."""

        def begun() -> dict[str, Any]:
            given, settings, tongue = self._asked(values), self.lab.settings, language(request)
            config = parse_run(given, settings)
            job = self.lab.manager.submit("run", config, visitor_of(request))
            return {
                "run": job.id,
                "table": config.csv and config.csv.sentence(tongue),
                "fitted": [each.sentence(tongue) for each in fitted(given, config, settings)],
            }

        return answered(begun, request, "train")

    def check_sweep(self, request: gr.Request, *values: Any) -> list[dict[str, Any]]:
        """As `check`; what is wrong with a run of the grid is said at the grid."""
        fields = "recipe", *self.inputs, "grid"

        def read() -> None:
            try:
                SweepRequest.parse(self._sweep_asked(values), self.lab.settings)
            except UserError as error:
                if error.key.startswith("sweep.") or error.field not in fields:
                    error.field = "grid"
                raise

        return judged(read, fields, request)

    def begin_sweep(self, request: gr.Request, *values: Any) -> dict[str, Any]:
        """Start a sweep of the page's settings; what the page is told of it."""

        def begun() -> dict[str, Any]:
            asked = self._sweep_asked(values)
            return {"sweep": self.lab.manager.submit("sweep", asked, visitor_of(request)).id}

        return answered(begun, request)

    def go_on(self, asked: dict[str, Any], request: gr.Request) -> dict[str, Any]:
        """Have a run or a sweep go on, or begin a run again; the run that goes on."""
        run, wish = str(asked.get("run")), asked.get("wish")
        return {"run": self.lab.go_on(run, wish, visitor_of(request))}

    def use(self, asked: Any, request: gr.Request) -> list[Any]:
        """The settings of a run that this visitor may see, in all controls."""
        try:
            config = self.lab.manager.readable(str(asked["use"]), visitor_of(request)).config
        except (UserError, TypeError, KeyError):
            return self._as_they_are()
        known, _ = nearest(config)
        return self._filled(known, {**config, **_here(config, self.table)})

    def fill(self, name: str | None) -> list[Any]:
        """A recipe's settings in all controls but its own; an unknown one changes nothing."""
        return self._of_recipe(name, 0)

    def choose(self, asked: Any) -> list[Any]:
        """The settings of a recipe whose picture was chosen, in all controls; see `fill`."""
        return self._of_recipe(asked.get("chosen") if isinstance(asked, dict) else None, 1)

    def _of_recipe(self, name: object, chosen_by: int) -> list[Any]:
        recipe = _recipe(name)
        if recipe is None:
            return self._as_they_are()
        filled = self._filled(recipe, recipe.config.as_json())
        filled[chosen_by] = gr.skip()
        return filled

    def _asked(self, values: tuple[Any, ...]) -> dict[str, Any]:
        """What REST would be sent: what stands as the recipe has it was not chosen."""
        given = request_of(dict(zip(("recipe", *self.inputs), values, strict=True)), self.table)
        recipe = _recipe(given["recipe"])
        start = recipe.config.as_json() if recipe else {}
        return {name: v for name, v in given.items() if name not in start or start[name] != v}

    def _sweep_asked(self, values: tuple[Any, ...]) -> dict[str, Any]:
        *base, grid = values
        lines = str(grid or "")[:_LONGEST_GRID].splitlines()
        return {"base": self._asked(tuple(base)), "grid": grid_of(lines, self.table)}

    def _filled(self, recipe: Recipe, config: Mapping[str, Any]) -> list[Any]:
        """The recipe, its notes and a config in the controls; a visitor's table stays as it is."""
        shown = [
            gr.skip() if name == "csv" or name not in config else shown_value(config[name])
            for name in self.inputs
        ]
        return [recipe.name, {"chosen": recipe.name}, _notes(recipe.name), *shown]

    def _as_they_are(self) -> list[Any]:
        return [gr.skip() for _ in ("recipe", "tiles", "notes", *self.inputs)]


def _recipe(name: object) -> Recipe | None:
    return next((each for each in recipes() if each.name == name), None)


def _here(config: Mapping[str, Any], table: Mapping[str, Field]) -> dict[str, Any]:
    """The device and the threads of a run from elsewhere, as this host has them."""
    device, threads = config.get("device"), config.get("threads", 1)
    return {
        "device": device if device in offered(table["device"]) else "auto",
        "threads": min(threads, int(table["threads"].high or 1)),
    }


def _notes(recipe: str) -> Any:
    return words(f"train.recipe.{recipe}.notes")
