/**
 * Runs the Explore tab: curves of Swish_β and its rivals, computed and drawn here while β is
 * dragged.
 */

import { fill, find, findAll, html, partsOf } from "../core/dom.js";
import { rove } from "../core/roving.js";
import { store } from "../core/state.js";
import { onTheme } from "../core/theme.js";
import { activationPicker } from "../formulas/activation_picker.js";
import { formulaField } from "../formulas/formula_field.js";
import { tellPictures } from "../plot/picture_menu.js";
import { stillOf } from "../plot/still_picture.js";
import { betaControl } from "./beta_control.js";
import { crosshair } from "./crosshair.js";
import { curves } from "./curves.js";
import { dipLens } from "./dip_lens.js";
import { firstPlay } from "./first_play.js";
import { greet, skeleton } from "./frame.js";
import { gestures } from "./gestures.js";
import { exploreLab } from "./lab.js";
import { lazyCards } from "./lazy_cards.js";
import { PANEL, panelControls } from "./panels.js";
import { save, takeFrame, toldOfCurves } from "./save_plot.js";
import { FARTHEST, PROPERTIES } from "./state_properties.js";

/** @type {Parameters<typeof lazyCards>[1]} The cards under the plot. */
const CARDS = [
  ["properties.heading", () => import("./property_card.js"), "explore-wide"],
  ["explore.card_landmarks", () => import("./landmark_card.js")],
  ["surface.heading", () => import("./surface_card.js")],
  ["signal.card", () => import("./signal_card.js"), "explore-wide signal-card"],
  ["precision.card", () => import("./precision_card.js"), "precision-card"],
  ["explore.formulas", () => import("./formula_card.js"), "explore-formulas"],
  ["code.heading", () => import("./code_card.js"), "explore-code"],
];

/** @typedef {import("../core/gradio.js").Component} Component */

/** @type {PromiseWithResolvers<Component["trigger"]>} Once Gradio's component is there. */
const { promise: connected, resolve: connect } = Promise.withResolvers();
/** Raises an event of the component, once it is there. @param {string} event */
const trigger = async (event) => (await connected)(event);

/** @type {HTMLElement | null} */
let made = null;

/**
 * Takes the tab into Gradio's component, made here or, before that was there, by `early.js`.
 * @param {Component} component
 */
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
  fill(element, skeleton());
  const $ = partsOf(element);
  const state = store(PROPERTIES);
  const lab = exploreLab(state, trigger, () => shownAnew());

  greet($("hello"));
  betaControl($("beta"), state);
  const picker = activationPicker($("picker"), lab);
  const panels = panelControls($("panels"), lab);
  for (const row of findAll(element, ".explore-panels, .explore-files")) rove(row);
  const drawn = curves($("plot"), lab, placeHeads);
  const values = crosshair($("frame"), drawn, lab);
  const lens = dipLens($("lens"), lab);
  const below = lazyCards($("cards"), CARDS, lab);
  gestures(
    $("frame"),
    () => drawn.plot.node._fullLayout?.xaxis,
    () => state.get("x"),
    zoom,
  );

  /**
   * The titles and readings over the panels, where the panels are.
   * @param {[string, number][]} places
   */
  function placeHeads(places) {
    const heads = places.map(
      ([panel, top]) => html`<div class="explore-head" style="top:${top}px"
          ><h3>${PANEL[panel].title(lab)}</h3
          ><div class="lab-note lab-reading" data-reading="${panel}"></div
          ><button class="lab-btn explore-more" data-more="${panel}" hidden></button></div>`,
    );
    fill($("heads"), html`${heads}`);
    values.update();
  }

  function shownAnew() {
    picker.paint();
    panels.paint();
    lens.paint();
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
  /** @type {Set<string>} Whose parameters have moved: their curves and no others, once a frame. */
  let moved = new Set();
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let resting;
  /** @param {Iterable<string>} names */
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
    lens.move();
    values.update();
    if (following || names.size > 1 || !names.has("swish")) below.update("shown");
    else if (below.moving) below.update("beta");
    else behind = true;
  }
  function still() {
    if (drawn.plot.figure) stillOf($("still"), drawn.plot.figure);
  }
  /** Whether β has moved while no card followed it. */
  let behind = false;
  function rested() {
    drawn.refit();
    values.place();
    if (behind) below.update("beta");
    behind = false;
    below.rest();
  }

  const redrawn = ["act", "show", "theta", "base", "x", "trail"];
  state.subscribe([...redrawn, "beta", "par", "lens", "scale"], (changed) => {
    if (redrawn.some((name) => changed.has(name))) {
      if (changed.has("x") || changed.has("trail")) drawn.forget();
      return shownAnew();
    }
    /** @type {Set<string>} */
    const names = new Set();
    if (changed.has("beta")) names.add("swish");
    if (changed.has("par")) {
      for (const record of lab.chosen()) {
        if (record.parameters.length && record !== lab.swish) names.add(record.name);
      }
      picker.showParameters();
    }
    if (changed.has("lens")) {
      panels.paint();
      lens.paint();
    }
    if (names.size) move(names);
    if (changed.has("scale")) below.update("shown");
  });

  /** Shows another stretch of x, within what may be shown. @param {number[]} range */
  function zoom([low, high]) {
    const width = Math.min(2 * FARTHEST, Math.max(1e-5, high - low));
    const start = Math.max(-FARTHEST, Math.min(FARTHEST - width, low));
    if (!Number.isFinite(start)) return;
    // As many digits as the eye can tell apart, so that links stay short.
    const digits = Math.ceil(-Math.log10(width)) + 4;
    /** @param {number} value */
    const round = (value) => Number(value.toFixed(Math.max(0, Math.min(12, digits))));
    state.set({ x: [round(start), round(start + width)] });
  }

  for (const button of findAll(element, "[data-save]")) {
    const kind = /** @type {Parameters<typeof save>[0]} */ (button.dataset.save);
    button.addEventListener("click", () => save(kind, drawn, lab));
  }
  tellPictures(element, () => ({ lines: [toldOfCurves(drawn, lab).title ?? ""] }));
  tellPictures($("frame"), () => toldOfCurves(drawn, lab));
  const embed = find(element, "[data-act=embed]");
  embed.addEventListener("click", () => takeFrame(embed));
  onTheme(() => {
    values.update(true);
    below.update("shown");
  });
  lab.facts.onArrived((record) => record === lab.recordOf("formula") && move([record.name]));
  shownAnew();
  formulaField($("own"), lab);
  still();
  firstPlay(state, () => {
    drawn.forget();
    shownAnew();
  });
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
