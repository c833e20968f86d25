/** Explore: curves of Swish_β and its rivals, computed and drawn here while β is dragged. */

import { store } from "../core/state.js";
import { escaped } from "../core/text.js";
import { onTheme } from "../core/theme.js";
import { activationPicker } from "../formulas/activation_picker.js";
import { formulaField } from "../formulas/formula_field.js";
import { stillOf } from "../plot/still_picture.js";
import { betaControl } from "./beta_control.js";
import { reading } from "./crosshair.js";
import { curves } from "./curves.js";
import { greet, skeleton } from "./frame.js";
import { gestures } from "./gestures.js";
import { exploreLab } from "./lab.js";
import { cards } from "./lazy_cards.js";
import { panelControls } from "./panel_controls.js";
import { PANEL } from "./panels.js";
import { save } from "./save_plot.js";
import { FARTHEST, PROPERTIES } from "./state_properties.js";

/** The cards under the plot: heading, where it is made, a class of its own. */
const CARDS = [
  ["properties.heading", () => import("./property_card.js"), "explore-wide"],
  ["explore.card_landmarks", () => import("./landmark_card.js")],
  ["surface.heading", () => import("./surface_card.js")],
  ["signal.card", () => import("./signal_card.js"), "explore-wide signal-card"],
  ["precision.card", () => import("./precision_card.js"), "precision-card"],
  ["explore.formulas", () => import("./formula_card.js"), "explore-formulas"],
  ["code.heading", () => import("./code_card.js"), "explore-code"],
];

/** Takes how an event of Gradio's component is raised. @type {(trigger: any) => void} */
let connect;
const connected = new Promise((done) => {
  connect = done;
});
/** Raises an event of the component, once it is there. */
const trigger = async (event) => (await connected)(event);

let made = null;

/** Takes the tab into Gradio's component, made here or, before that was there, by `early.js`. */
export function mount({ element, trigger }) {
  element.append(made ?? make(element));
  document.getElementById("lab-early")?.remove();
  connect(trigger);
}

/** Makes the tab within an element, and gives what it has put there. @param {HTMLElement} host */
export function make(host) {
  const element = document.createElement("div");
  made = element;
  host.append(element);
  element.innerHTML = skeleton();
  const $ = (name) => element.querySelector(`[data-part="${name}"]`);
  const state = store(PROPERTIES);
  const lab = exploreLab(state, trigger);

  greet($("hello"));
  lab.beta = betaControl($("beta"), state);
  const picker = activationPicker($("picker"), lab);
  const panels = panelControls($("panels"), lab);
  const drawn = curves($("plot"), lab);
  Object.assign(lab, { curves: drawn.curvesOf, placeHeads, shownAnew });
  const values = reading($("frame"), drawn.plot, lab);
  const below = cards($("cards"), CARDS, lab);
  gestures(
    $("frame"),
    () => drawn.plot.node._fullLayout?.xaxis,
    () => state.get("x"),
    zoom,
  );

  /** The titles and readings over the panels, where the panels are. */
  function placeHeads(places) {
    const heads = $("heads");
    heads.innerHTML = places
      .map(
        ([panel, top]) =>
          `<div class="explore-head" style="top:${top}px"><h3>${escaped(PANEL[panel].title(lab))}</h3><div class="lab-note lab-reading" data-reading="${panel}"></div><button class="lab-btn explore-more" data-more="${panel}" hidden></button></div>`,
      )
      .join("");
    values.update();
  }

  function shownAnew() {
    picker.paint();
    panels.paint();
    drawn.rebuild();
    // The curves are painted before the cards follow: a table of all activations takes its time.
    rest();
    cancelAnimationFrame(following);
    following = requestAnimationFrame(() => setTimeout(follow));
  }
  let following = 0;
  function follow() {
    if (following) below.update("shown");
    following = 0;
  }

  /** Until Plotly has drawn, a still picture stands there. */
  let waits = true;
  /** Parameters have moved: their curves and no others, at most once a frame. */
  let moved = new Set();
  let resting = 0;
  function move(names) {
    if (!moved.size) requestAnimationFrame(moveNow);
    for (const name of names) moved.add(name);
    rest();
  }
  function rest() {
    clearTimeout(resting);
    resting = setTimeout(rested, 200);
  }
  function moveNow() {
    const names = moved;
    moved = new Set();
    if (!drawn.plot.figure) return;
    drawn.move(names);
    if (waits) still();
    values.update();
    below.update(!following && names.size === 1 && names.has("swish") ? "beta" : "shown");
  }
  function still() {
    stillOf($("still"), drawn.plot.figure);
  }
  function rested() {
    drawn.refit();
    values.place();
  }

  state.subscribe((changed) => {
    if (["act", "show", "theta", "base", "x", "trail"].some((name) => changed.has(name))) {
      if (changed.has("x") || changed.has("trail")) drawn.forget();
      return shownAnew();
    }
    const names = new Set();
    if (changed.has("beta")) names.add("swish");
    if (changed.has("par")) {
      for (const record of lab.chosen()) {
        if (record.parameters.length && record !== lab.swish) names.add(record.name);
      }
      picker.showParameters();
    }
    if (names.size) move(names);
    if (changed.has("scale")) below.update("shown");
  });

  /** Shows another stretch of x, within what may be shown. */
  function zoom([low, high]) {
    const width = Math.min(2 * FARTHEST, Math.max(1e-5, high - low));
    const start = Math.max(-FARTHEST, Math.min(FARTHEST - width, low));
    if (!Number.isFinite(start)) return;
    // As many digits as the eye can tell apart, so that links stay short.
    const digits = Math.ceil(-Math.log10(width)) + 4;
    const round = (value) => Number(value.toFixed(Math.max(0, Math.min(12, digits))));
    state.set({ x: [round(start), round(start + width)] });
  }

  for (const button of element.querySelectorAll("[data-save]")) {
    button.addEventListener("click", () => save(button.dataset.save, drawn, lab));
  }
  onTheme(() => {
    values.update();
    below.update("shown");
  });
  lab.facts.onArrived((record) => record === lab.recordOf("formula") && move([record.name]));
  shownAnew();
  formulaField($("own"), lab);
  still();
  drawn.plot.drawn.then(() => {
    waits = false;
    $("still").remove();
    drawn.plot.node.on("plotly_relayout", (change) => {
      const ends = [change["xaxis.range[0]"], change["xaxis.range[1]"]];
      if (ends.every(Number.isFinite)) zoom(ends);
      else if (change["xaxis.autorange"] || change["xaxis.range"])
        state.set({ x: PROPERTIES.x.fallback });
    });
    drawn.plot.node.on("plotly_afterplot", values.place);
    values.place();
  });
  new ResizeObserver(() =>
    requestAnimationFrame(() => $("frame").clientWidth && drawn.rebuild()),
  ).observe($("frame"));
  return element;
}
