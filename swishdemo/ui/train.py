"""Train: start a recipe, watch what β it learns, stop it, find it again, hold runs together."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import groupby
from typing import Any

import gradio as gr

from swishdemo.errors import UserError
from swishdemo.form import Field
from swishdemo.jobs.visitor import visitor_of
from swishdemo.training import TrainingConfig, nearest, recipes
from swishdemo.training.request import fitted, parse_run
from swishdemo.ui.assets import live
from swishdemo.ui.gradio_events import beginning, beside_field, internal, language
from swishdemo.ui.lab import Lab
from swishdemo.ui.labels import words
from swishdemo.ui.run_form import caps, component, offered, request_of, shown_value

_OPEN = ("beta", "activations", "replicas")


def build(lab: Lab) -> None:  # noqa: C901, PLR0915
    """Put the tab's components into the surrounding ``gr.Blocks``."""
    table = TrainingConfig.fields(lab.settings)
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
            for group, fields in groupby(table.values(), lambda field: field.group):
                with gr.Accordion(
                    words(f"train.group.{group}"),
                    open=group in _OPEN,
                    elem_id=f"lab-group-{group}",
                    elem_classes="lab-card lab-two",
                ):
                    inputs |= {field.name: component(field) for field in fields}
                    if group == "replicas":
                        gr.Markdown(caps(lab.settings), elem_classes="lab-note lab-wide")
        shown = live("train/tab", elem_id="lab-train")

    names = ("recipe", *inputs)

    def asked(values: tuple[Any, ...]) -> dict[str, Any]:
        """What REST would be sent: what stands as the recipe has it was not chosen."""
        given = request_of(dict(zip(names, values, strict=True)), table)
        recipe = next((each for each in recipes() if each.name == given["recipe"]), None)
        start = recipe.config.as_json() if recipe else {}
        return {name: v for name, v in given.items() if name not in start or start[name] != v}

    def check(request: gr.Request, *values: Any) -> list[dict[str, Any]]:
        try:
            parse_run(asked(values), lab.settings)
        except UserError as error:
            return beside_field(error, names, request)
        return [gr.validate(True, "") for _ in names]

    def begin(request: gr.Request, *values: Any) -> dict[str, Any]:
        try:
            given = asked(values)
            config = parse_run(given, lab.settings)
            job = lab.manager.submit("run", config, visitor_of(request))
        except UserError as error:
            return {"error": error.sentence(language(request))}
        except Exception:
            return {"error": internal(request)}
        changed = fitted(given, config, lab.settings)
        return {
            "run": job.id,
            "table": config.csv and config.csv.sentence(language(request)),
            "fitted": [each.sentence(language(request)) for each in changed],
        }

    def use(asked: Any, request: gr.Request) -> list[Any]:
        """The settings of a run that this visitor may see."""
        try:
            config = lab.manager.readable(str(asked["use"]), visitor_of(request)).config
        except (UserError, TypeError, KeyError):
            return [gr.skip() for _ in (*names, "notes")]
        known, _ = nearest(config)
        known_here = {**config, **_here(config, table)}
        return [known.name, _notes(known.name), *_shown(known_here, tuple(inputs))]

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
    beginning(shown.submit, shown, _going_on(lab))
    shown.edit(
        use,
        shown,
        [recipe, notes, *inputs.values()],
        show_progress="hidden",
        queue=False,
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


def _notes(recipe: str) -> Any:
    return words(f"train.recipe.{recipe}.notes")


def _here(config: Mapping[str, Any], table: Mapping[str, Field]) -> dict[str, Any]:
    """The device and the threads of a run from elsewhere, as this host has them."""
    device, threads = config.get("device"), config.get("threads", 1)
    return {
        "device": device if device in offered(table["device"]) else "auto",
        "threads": min(threads, int(table["threads"].high or 1)),
    }


def _values(recipe: str, names: tuple[str, ...]) -> list[Any]:
    """What the controls show for a recipe; an unknown one changes nothing."""
    config = next((each.config for each in recipes() if each.name == recipe), None)
    if config is None:
        return [gr.skip() for _ in names]
    return _shown(config.as_json(), names)


def _shown(config: Mapping[str, Any], names: tuple[str, ...]) -> list[Any]:
    """What the controls show for a config; a visitor's table stays as it is."""
    return [
        gr.skip() if name == "csv" or name not in config else shown_value(config[name])
        for name in names
    ]


def _going_on(lab: Lab) -> Callable[[dict[str, Any], gr.Request], dict[str, Any]]:
    """The event by which a run goes on, or another begins with its settings."""

    def go_on(asked: dict[str, Any], request: gr.Request) -> dict[str, Any]:
        """Resume a run, have it go one step, or begin it again; the run that goes on."""
        run, wish, visitor = str(asked.get("run")), asked.get("wish"), visitor_of(request)
        if wish == "again":
            known = lab.manager.readable(run, visitor).config
            config = {name: value for name, value in known.items() if name != "csv"}
            return {"run": lab.manager.submit("run", config, visitor).id}
        wishes = {"resume": lab.manager.resume, "step": lab.manager.step}
        if not isinstance(wish, str) or wish not in wishes:
            choices, value = ("again", *wishes), str(wish)[:40]
            raise UserError("error.unknown_choice", name="wish", value=value, choices=choices)
        wishes[wish](run, visitor)
        return {"run": run}

    return go_on
