/** Offers the recipes to begin with as pictures, of which one is chosen; the others by the menu. */

import { fieldOf } from "../core/controls.js";
import { fill, find, findAll, html, partsOf, t } from "../core/html.js";

const CHOSEN = "swish-lab-recipe";
/** @type {string} */
let chosen = "";

/**
 * Calls back with the recipe that Start trains: now, and when another is chosen.
 * @param {(name: string) => void} heard
 */
export function onRecipe(heard) {
  window.addEventListener(CHOSEN, () => heard(chosen));
  heard(chosen);
}

const WIDE = 120;
const HIGH = 64;
/** @param {number} count @param {(at: number) => [number, number]} point From 0 to 1. */
const line = (count, point) =>
  Array.from({ length: count }, (_, at) =>
    point(at / (count - 1))
      .map((each) => each.toFixed(1))
      .join(),
  ).join(" ");

/** Two arms of a spiral. */
function spiral() {
  const arm = (/** @type {number} */ turn) =>
    line(40, (at) => {
      const angle = 1.5 + 8.2 * at + turn;
      return [WIDE / 2 + 40 * at * Math.cos(angle), HIGH / 2 + 28 * at * Math.sin(angle)];
    });
  return html`<polyline points="${arm(0)}" stroke="var(--lab-b1)" stroke-width="3"/>
    <polyline points="${arm(Math.PI)}" stroke="var(--lab-accent)" stroke-width="3"/>`;
}

/** Six values of β that come together in a band. */
function meeting() {
  const lines = [4, 14, 24, 42, 52, 61].map((from, at) => {
    const to = 33 + at;
    const points = line(30, (x) => [6 + 108 * x, to + (from - to) * Math.exp(-5 * x)]);
    return html`<polyline points="${points}" stroke="var(--lab-b${at})" stroke-width="2"/>`;
  });
  return html`<rect x="6" y="30" width="108" height="12" fill="var(--lab-band)" opacity=".22"/>
    ${lines}`;
}

/** A ReLU whose unit stands where it is flat, struck out. */
function dying() {
  return html`<path d="M8 50H66" stroke="var(--lab-muted)" stroke-width="3"
      stroke-dasharray="5 4"/><path d="M66 50L110 8" stroke="var(--lab-b1)" stroke-width="3"/>
    <circle cx="34" cy="34" r="9" stroke="var(--lab-bad)" stroke-width="2.5"/>
    <path d="M28 40L40 28" stroke="var(--lab-bad)" stroke-width="2.5"/>`;
}

/** Fifty layers, of which each lets less through. */
function deep() {
  const bars = Array.from({ length: 25 }, (_, at) => {
    const height = 52 * Math.exp(-at / 11) + 3;
    const [x, y] = [9 + 4.2 * at, (HIGH - height) / 2];
    return html`<rect x="${x.toFixed(1)}" y="${y.toFixed(1)}" width="2.6"
      height="${height.toFixed(1)}" rx="1.3" fill="var(--lab-${at < 13 ? "b1" : "accent"})"
      opacity="${(1 - at / 34).toFixed(2)}"/>`;
  });
  return html`${bars}`;
}

/** @type {Record<string, () => import("../core/html.js").Html>} */
const PICTURES = {
  "playground-spiral": spiral,
  "beta-convergence": meeting,
  "dying-relu": dying,
  "depth-50": deep,
};

/** @param {string} name */
const tile = (name) => html`<label class="train-tile"><input type="radio" name="lab-recipe-tile"
    value="${name}"><svg viewBox="0 0 ${WIDE} ${HIGH}" fill="none" stroke-linecap="round"
    aria-hidden="true">${PICTURES[name]()}</svg
  ><span>${t(`train.recipe.${name}.title`)}</span></label>`;

/** @param {import("../core/gradio.js").Component} component */
export function mount({ element, props, trigger, watch }) {
  const label = t("train.field.recipe.label");
  fill(
    element,
    html`<div class="lab"><div class="train-tiles" role="radiogroup" aria-label="${label}"
      >${Object.keys(PICTURES).map(tile)}</div>
      <button class="lab-btn train-more" data-part="more" aria-controls="lab-recipe"
        >${t("run.more_recipes")}</button></div>`,
  );
  const more = partsOf(element)("more");

  /** The menu is open where the reader wants it, or where no picture stands for what is chosen. */
  function open(/** @type {boolean} */ shown) {
    more.setAttribute("aria-expanded", String(shown));
    element.toggleAttribute("data-open", shown);
  }

  function show() {
    const name = props.value?.chosen;
    if (typeof name !== "string") return;
    chosen = name;
    for (const radio of findAll(element, "input", HTMLInputElement))
      radio.checked = radio.value === name;
    // Without one that is checked, the Tab key comes to the first.
    if (!(name in PICTURES)) open(true);
    window.dispatchEvent(new Event(CHOSEN));
  }

  open(false);
  more.addEventListener("click", () => {
    open(more.getAttribute("aria-expanded") !== "true");
    const menu = document.querySelector("#lab-recipe input");
    if (element.hasAttribute("data-open") && menu instanceof HTMLElement) menu.focus();
  });
  find(element, ".train-tiles").addEventListener("change", (event) => {
    props.value = { chosen: fieldOf(event).value };
    trigger("input");
    show();
  });
  watch("value", show);
  show();
}
