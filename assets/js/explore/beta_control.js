/** The control of β: a slider (linear or logarithmic), exact entry, presets, a sweep. */

import { number } from "../core/state.js";
import { escaped, short, t } from "../core/text.js";

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
/** What the slider's position means; the map of f(x, β) has the same axis. */
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
const COARSE = { PageUp: 1, PageDown: -1, ArrowUp: 1, ArrowRight: 1, ArrowDown: -1, ArrowLeft: -1 };

/** The scale of the slider by the state. */
export const scaleOf = (state) => SCALES[state.get("scale")];

/**
 * @param {HTMLElement} host
 * @param {ReturnType<import("../core/state.js").store>} state
 */
export function betaControl(host, state) {
  host.innerHTML = `
    <div class="lab-row lab-between"><h3 style="margin:0">β</h3>
      <span class="lab-seg" role="group" aria-label="${escaped(t("explore.scale"))}">
        <button data-scale="linear" title="${escaped(t("explore.tip_linear"))}">${escaped(t("explore.linear"))}</button>
        <button data-scale="log" title="${escaped(t("explore.tip_log"))}">${escaped(t("explore.log"))}</button></span></div>
    <div class="lab-row lab-between" style="flex-wrap:nowrap">
      <span class="explore-exact"><input class="lab-big explore-beta" id="lab-beta-value" inputmode="decimal" aria-label="${escaped(t("explore.beta_exact"))}" title="${escaped(t("explore.beta_exact"))}" autocomplete="off"></span>
      <span class="lab-row explore-sweep"><button class="lab-btn" data-sweep title="${escaped(t("explore.tip_sweep"))}"></button>
      <select class="lab-field" data-speed aria-label="${escaped(t("explore.speed"))}" title="${escaped(t("explore.speed"))}">${SPEEDS.map(([speed, label]) => `<option value="${speed}">${label}</option>`).join("")}</select></span></div>
    <input type="range" id="lab-beta" aria-label="β" title="${escaped(t("explore.tip_beta"))}">
    <div class="lab-row explore-presets" style="gap:5px">${PRESETS.map(([label, beta]) => `<button class="lab-btn" data-beta="${beta}">${label}</button>`).join("")}</div>
    <p class="lab-error" data-error role="alert"></p>
    <p class="lab-note" data-part="beta-note" style="margin-top:8px;min-height:36px"></p>`;
  const slider = host.querySelector("#lab-beta");
  const exact = host.querySelector("#lab-beta-value");
  const sweep = host.querySelector("[data-sweep]");
  const speed = host.querySelector("[data-speed]");
  const error = host.querySelector("[data-error]");
  const note = host.querySelector("[data-part=beta-note]");
  const presets = [...host.querySelectorAll("[data-beta]")];

  function show() {
    const beta = state.get("beta");
    slider.value = String(scaleOf(state).toSlider(beta));
    // For a logarithmic slider, the number it stands for is not its own.
    slider.setAttribute("aria-valuetext", `β = ${short(beta, 4)}`);
    if (document.activeElement !== exact) exact.value = short(beta, 15);
    for (const button of presets) {
      const pressed = String(Number(button.dataset.beta) === beta);
      if (button.getAttribute("aria-pressed") !== pressed)
        button.setAttribute("aria-pressed", pressed);
    }
    const words = noteOf(beta);
    if (note.textContent !== words) note.textContent = words;
  }

  function showScale() {
    const { low, high, step } = scaleOf(state);
    Object.assign(slider, { min: String(low), max: String(high), step: String(step) });
    for (const button of host.querySelectorAll("[data-scale]")) {
      button.setAttribute("aria-pressed", String(button.dataset.scale === state.get("scale")));
    }
    speed.value = String(state.get("speed"));
  }

  const refuse = (words) => {
    error.textContent = words;
    exact.setAttribute("aria-invalid", String(words !== ""));
  };

  function choose(beta) {
    if (playing) stop();
    refuse("");
    state.set({ beta });
  }
  /** Rounded as a reader would: the slider's own steps, free of floating-point tails. */
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
  for (const button of host.querySelectorAll("[data-scale]")) {
    button.addEventListener("click", () => state.set({ scale: button.dataset.scale }));
  }
  speed.addEventListener("change", () => state.set({ speed: Number(speed.value) }));

  let playing = false;
  function stop() {
    playing = false;
    sweep.innerHTML = `▶ ${escaped(t("explore.sweep"))}`;
    sweep.setAttribute("aria-pressed", "false");
  }
  /** Moves β up and down from where it is; once a second alone where less motion is asked for. */
  function play() {
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    playing = true;
    sweep.innerHTML = `❚❚ ${escaped(t("explore.pause"))}`;
    sweep.setAttribute("aria-pressed", "true");
    const { low, high, toSlider } = scaleOf(state);
    let phase = Math.min(1, Math.max(0, (toSlider(state.get("beta")) - low) / (high - low)));
    let last = performance.now();
    const frame = (now) => {
      if (!playing) return;
      requestAnimationFrame(frame);
      if (calm && now - last < 1000) return;
      phase = (phase + (2 * state.get("speed") * Math.max(0, now - last)) / PERIOD) % 2;
      last = now;
      const at = phase < 1 ? phase : 2 - phase;
      const scale = scaleOf(state);
      state.set({ beta: atSlider(scale.low + at * (scale.high - scale.low), 3) });
    };
    requestAnimationFrame(frame);
  }
  sweep.addEventListener("click", () => (playing ? stop() : play()));

  state.subscribe((changed) => {
    if (changed.has("scale") || changed.has("speed")) showScale();
    if (changed.has("beta") || changed.has("scale")) show();
  });
  stop();
  showScale();
  show();
  return { choose };
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
