/**
 * Runs the Explore tab: curves of Swish_β and its rivals, computed and drawn here while β is
 * dragged. Where it is the tab that opens, it is shown while Gradio is still loading: its curves
 * stand, and move, a second earlier.
 */

import { rove } from "../core/controls.js";
import { brand } from "../core/header.js";
import { closest, fill, find, findAll, html, partsOf, t } from "../core/html.js";
import { store } from "../core/state.js";
import { keep, kept } from "../core/storage.js";
import { openTab, wantedTab } from "../core/tabs.js";
import { onTheme } from "../core/theme.js";
import { activationPicker } from "../formulas/activation_picker.js";
import { formulaField } from "../formulas/typed_formula.js";
import { stillOf } from "../plot/live_plot.js";
import { pictureMenu, tellPictures } from "../plot/picture_menu.js";
import { betaControl, firstPlay } from "./beta_control.js";
import { curves, PANEL } from "./curves.js";
import { gestures } from "./gestures.js";
import { exploreLab, FARTHEST, PROPERTIES } from "./lab.js";
import { lazyCards } from "./lazy_cards.js";
import { panelControls } from "./panel_controls.js";
import { crosshair, dipLens } from "./plot_overlay.js";
import { save, takeFrame, toldOfCurves } from "./save_plot.js";

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
 * Takes the tab into Gradio's component, made here or before that was there.
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

/** The tab's HTML: one column of controls, the plot, the cards. */
export function skeleton() {
  /** @param {string} key */
  const h = (key) => t(`explore.${key}`);
  return html`<div class="lab"><p class="lab-note explore-hello" data-part="hello" role="group"
    aria-label="${h("first_line")}" hidden
    >${h("first_line")}
    <span>① ${h("try_drag")}</span> <a href="#" data-open="train">② ${h("try_train")}</a>
    <a href="#" data-open="claims">③ ${h("try_claims")}</a>
    <button class="lab-btn" data-dismiss aria-label="${h("dismiss")}"
      title="${h("dismiss")}">×</button></p>
  <div class="lab-grid">
    <div class="lab-col">
      <section class="lab-card lab-first" data-part="beta" aria-label="β"></section>
      <div class="lab-col explore-controls">
      <section class="lab-card explore-picker" data-part="picker"></section>
      <section class="lab-card explore-own" data-part="own"></section>
      <section class="lab-card explore-choice" data-part="panels"></section></div>
    </div>
    <div class="lab-col">
      <section class="lab-card explore-main">
        <h2 class="lab-sr">${h("curves")}</h2>
        <div data-part="frame" class="explore-frame" tabindex="0" role="application"
          aria-label="${h("plot_label")}">
          <div data-part="plot" class="explore-plot"></div>
          <div data-part="still" class="explore-still"></div>
          <div data-part="heads"></div>
          <div class="explore-lens" data-part="lens" hidden></div>
          <div class="explore-crosshair" data-part="crosshair" hidden></div>
          <span class="explore-label" data-part="label-dip" hidden></span
          ><span class="explore-label" data-part="label-steep" hidden></span>
          <div class="explore-box" data-part="box" hidden></div>
          <p class="lab-unseen" data-part="spoken" aria-live="polite"></p>
        </div>
        <div class="lab-row explore-take">${pictureMenu()}</div>
      </section>
      <div class="lab-pair" data-part="cards"></div>
    </div>
  </div></div>`;
}

/** One line for a first visitor, until it is closed. @param {HTMLElement} line */
function greet(line) {
  line.hidden = kept("greeted") !== null;
  rove(line, "a, button");
  line.addEventListener("click", (event) => {
    const tab = closest(event.target, "[data-open]")?.dataset.open;
    if (tab) {
      event.preventDefault();
      openTab(tab);
    }
    if (!closest(event.target, "[data-dismiss]")) return;
    keep("greeted", "yes");
    line.hidden = true;
  });
}

const opens =
  wantedTab() === "explore" &&
  window.gradio_config?.components.some(({ props }) => props.elem_id === "lab-explore");
// Gradio may have been faster: then the tab is there already.
if (opens && !document.getElementById("lab-explore")) {
  const host = document.createElement("div");
  host.id = "lab-early";
  host.className = "gradio-container";
  fill(host, html`<div class="lab-early-bar">${brand()}</div><div class="main app"></div>`);
  document.body.prepend(host);
  make(find(host, ".main"));
}
