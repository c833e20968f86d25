/**
 * Controls β: a slider (linear or logarithmic), exact entry, presets, a sweep; and at a first visit
 * β moves once by itself.
 */

import { choices, press, rove } from "../core/controls.js";
import { fill, find, findAll, html, setText, short, t } from "../core/html.js";
import { number } from "../core/state.js";
import { keep, kept } from "../core/storage.js";

const PRESETS = [
  ["0", 0],
  ["0.1", 0.1],
  ["1", 1],
  ["1.702", 1.702],
  ["10", 10],
  ["→ ∞", 1e6],
];
const SPEEDS = [
  [0.25, "¼ ×"],
  [0.5, "½ ×"],
  [1, "1 ×"],
  [2, "2 ×"],
  [4, "4 ×"],
];
/**
 * @typedef {object} Scale What the slider's position means; the map of f(x, β) has the same axis.
 * @property {number} low
 * @property {number} high
 * @property {(at: number) => number} toBeta
 * @property {(beta: number) => number} toSlider
 * @property {number} step
 * @property {number} coarse A step of the page keys.
 */

/** @type {Record<string, Scale>} */
const SCALES = {
  linear: {
    low: -10,
    high: 10,
    toBeta: (at) => at,
    toSlider: (beta) => beta,
    step: 0.01,
    coarse: 0.5,
  },
  // The slider runs over the decimal logarithm of β, 0.01 to 100.
  log: {
    low: -2,
    high: 2,
    toBeta: (at) => 10 ** at,
    toSlider: (beta) => Math.log10(Math.max(beta, 0.01)),
    step: 0.002,
    coarse: 0.1,
  },
};
/** Milliseconds of a sweep over the slider's range and back, at speed 1. */
const PERIOD = 8000;
/** @type {Record<string, number>} */
const COARSE = { PageUp: 1, PageDown: -1, ArrowUp: 1, ArrowRight: 1, ArrowDown: -1, ArrowLeft: -1 };

/** @typedef {import("../core/state.js").State} State */

/** The scale of the slider by the state. @param {State} state */
export const scaleOf = (state) => SCALES[state.get("scale")];

/**
 * @param {HTMLElement} host
 * @param {State} state
 */
export function betaControl(host, state) {
  fill(host, skeleton());
  const slider = find(host, "#lab-beta", HTMLInputElement);
  const exact = find(host, "#lab-beta-value", HTMLInputElement);
  const sweep = find(host, "[data-sweep]");
  const speed = find(host, "[data-speed]", HTMLSelectElement);
  const error = find(host, "[data-error]");
  const note = find(host, "[data-part=beta-note]");
  const presets = findAll(host, "[data-beta]");
  const pressScale = choices(host, state, "scale");
  for (const group of findAll(host, "[role=group]")) rove(group);

  function show() {
    const beta = state.get("beta");
    slider.value = String(scaleOf(state).toSlider(beta));
    // For a logarithmic slider, the number it stands for is not its own.
    slider.setAttribute("aria-valuetext", `β = ${short(beta, 4)}`);
    if (document.activeElement !== exact) exact.value = short(beta, 15);
    press(presets, ({ dataset }) => Number(dataset.beta) === beta);
    setText(note, noteOf(beta));
  }

  function showScale() {
    const { low, high, step } = scaleOf(state);
    Object.assign(slider, { min: String(low), max: String(high), step: String(step) });
    pressScale();
    speed.value = String(state.get("speed"));
  }

  /** @param {string} words */
  const refuse = (words) => {
    error.textContent = words;
    exact.setAttribute("aria-invalid", String(words !== ""));
  };

  /** @param {number} beta */
  function choose(beta) {
    settled();
    state.set({ beta });
  }
  /** β is another than what was refused, or than where the sweep is. */
  function settled() {
    if (playing) stop();
    refuse("");
  }
  /**
   * Rounded as a reader would: the slider's own steps, free of tails.
   * @param {number} at @param {number} digits
   */
  const atSlider = (at, digits) => Number(scaleOf(state).toBeta(at).toPrecision(digits));

  slider.addEventListener("input", () => choose(atSlider(Number(slider.value), 4)));
  slider.addEventListener("keydown", (event) => {
    if (event.key === " ") {
      event.preventDefault();
      sweep.click();
    }
    const turn = COARSE[event.key];
    if (!turn || (event.key.startsWith("Arrow") && !event.shiftKey)) return;
    event.preventDefault();
    const { low, high, coarse } = scaleOf(state);
    choose(atSlider(Math.min(high, Math.max(low, Number(slider.value) + turn * coarse)), 4));
  });
  exact.addEventListener("change", () => {
    const beta = number()(exact.value);
    if (beta === undefined) refuse(t("explore.error_beta"));
    else choose(beta);
  });
  exact.addEventListener("keydown", (event) => event.key === "Enter" && exact.blur());
  exact.addEventListener("blur", () => exact.getAttribute("aria-invalid") !== "true" && show());
  for (const button of presets)
    button.addEventListener("click", () => choose(Number(button.dataset.beta)));
  speed.addEventListener("change", () => state.set({ speed: Number(speed.value) }));

  let playing = false;
  /** Whether the sweep itself is setting β. */
  let sweeping = false;
  function stop() {
    playing = false;
    sweep.textContent = `▶ ${t("explore.sweep")}`;
    sweep.setAttribute("aria-pressed", "false");
  }
  /** Moves β up and down from where it is; once a second alone where less motion is asked for. */
  function play() {
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    playing = true;
    sweep.textContent = `❚❚ ${t("explore.pause")}`;
    sweep.setAttribute("aria-pressed", "true");
    const { low, high, toSlider } = scaleOf(state);
    let phase = Math.min(1, Math.max(0, (toSlider(state.get("beta")) - low) / (high - low)));
    let last = performance.now();
    /** @param {number} now */
    const frame = (now) => {
      if (!playing) return;
      requestAnimationFrame(frame);
      if (calm && now - last < 1000) return;
      phase = (phase + (2 * state.get("speed") * Math.max(0, now - last)) / PERIOD) % 2;
      last = now;
      const at = phase < 1 ? phase : 2 - phase;
      const scale = scaleOf(state);
      sweeping = true;
      state.set({ beta: atSlider(scale.low + at * (scale.high - scale.low), 3) });
      sweeping = false;
    };
    requestAnimationFrame(frame);
  }
  sweep.addEventListener("click", () => (playing ? stop() : play()));

  state.subscribe(["beta", "scale", "speed"], (changed) => {
    if (changed.has("beta") && !sweeping) settled();
    if (changed.has("scale") || changed.has("speed")) showScale();
    if (changed.has("beta") || changed.has("scale")) show();
  });
  stop();
  showScale();
  show();
}

function skeleton() {
  /** @param {string} key */
  const h = (key) => t(`explore.${key}`);
  const speeds = SPEEDS.map(([speed, label]) => html`<option value="${speed}">${label}</option>`);
  const presets = PRESETS.map(
    ([label, beta]) => html`<button class="lab-btn" data-beta="${beta}">${label}</button>`,
  );
  return html`
    <div class="lab-row lab-between"><h2 style="margin:0">β</h2>
      <span class="lab-seg" role="group" aria-label="${h("scale")}">
        <button data-scale="linear" title="${h("tip_linear")}">${h("linear")}</button>
        <button data-scale="log" title="${h("tip_log")}">${h("log")}</button></span></div>
    <div class="lab-row lab-between explore-play">
      <span class="explore-exact"><input class="lab-big explore-beta" id="lab-beta-value"
        inputmode="decimal" aria-label="${h("beta_exact")}" title="${h("beta_exact")}"
        autocomplete="off"></span>
      <span class="lab-row explore-sweep"
        ><button class="lab-btn lab-primary" data-sweep title="${h("tip_sweep")}"></button>
      <select class="lab-field" data-speed aria-label="${h("speed")}"
        title="${h("speed")}">${speeds}</select></span></div>
    <input type="range" id="lab-beta" aria-label="β" title="${h("tip_beta")}">
    <div class="lab-row explore-presets" role="group" aria-label="${h("presets")}"
      style="gap:5px">${presets}</div>
    <p class="lab-error" data-error role="alert"></p>
    <p class="lab-note" data-part="beta-note" style="margin-top:8px;min-height:36px"></p>`;
}

/** A line on what this β makes of Swish. @param {number} beta */
function noteOf(beta) {
  if (beta === 0) return t("explore.note_zero");
  if (beta < 0) return t("explore.note_negative");
  if (beta === 1) return t("explore.note_one");
  if (Math.abs(beta - 1.702) < 1e-9) return t("explore.note_gelu");
  if (beta >= 50) return t("explore.note_large");
  return t("explore.note_any");
}

/** Where log₂ β goes from 0, and in how many milliseconds. @type {[to: number, time: number][]} */
const WAY = [
  [-1.2, 1600],
  [2, 2600],
  [0, 1800],
];
/** So that it begins where it began, whatever held a frame up. */
const LONGEST_FRAME = 50;
const ENDS = ["pointerdown", "keydown", "wheel"];

/**
 * Plays, unless it has played before, less motion is asked for, or the address has its own state.
 * What the reader does ends it, and β stands where it stood.
 * @param {import("../core/state.js").State} state
 * @param {() => void} ended Called at its end: no trail of it is left.
 */
export function firstPlay(state, ended) {
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  if (kept("played") !== null || calm || location.search || document.hidden) return;
  keep("played", "yes");
  const start = state.get("beta");
  let [leg, from, gone, last] = [0, 0, 0, NaN];
  let playing = true;
  let ours = false;

  /** @param {number} beta */
  function set(beta) {
    ours = true;
    state.set({ beta }, false);
    ours = false;
  }
  function end() {
    if (playing) ended();
    playing = false;
    leave();
    for (const event of ENDS) document.removeEventListener(event, stop, true);
  }
  function stop() {
    if (playing) set(start);
    end();
  }

  /** @param {number} now */
  function frame(now) {
    if (!playing) return;
    gone += Math.min(LONGEST_FRAME, now - (Number.isNaN(last) ? now : last));
    last = now;
    const [to, time] = WAY[leg];
    const eased = (1 - Math.cos(Math.PI * Math.min(1, gone / time))) / 2;
    set(Number((start * 2 ** (from + eased * (to - from))).toPrecision(4)));
    if (gone >= time) [leg, from, gone] = [leg + 1, to, 0];
    if (leg < WAY.length) requestAnimationFrame(frame);
    else end();
  }

  for (const event of ENDS)
    document.addEventListener(event, stop, { capture: true, passive: true });
  const leave = state.subscribe(["beta"], () => !ours && end());
  requestAnimationFrame(frame);
}
