/** The control of β: a slider (linear or logarithmic), exact entry, presets, a sweep. */

import { number, read, write } from "./state.js";
import { escape, short, t } from "./text.js";

const PRESETS = [
  ["0", 0],
  ["0.1", 0.1],
  ["1", 1],
  ["1.702", 1.702],
  ["10", 10],
  ["→ ∞", 1e6],
];
/** What the slider's position means; the map of f(x, β) has the same axis. */
const LINEAR = { low: -10, high: 10, toBeta: (at) => at, toSlider: (beta) => beta, step: 0.01 };
/** The slider runs over the decimal logarithm of β, 0.01 to 100. */
const LOGARITHMIC = { low: -2, high: 2, toBeta: (at) => 10 ** at, toSlider: (beta) => Math.log10(Math.max(beta, 0.01)), step: 0.002 };

/**
 * @param {HTMLElement} host
 * @param {(beta: number) => void} changed
 * @param {() => void} rescaled Called when the slider's scale has changed.
 */
export function betaControl(host, changed, rescaled) {
  let scale = read("scale", (text) => (text === "log" ? LOGARITHMIC : undefined), LINEAR);
  let value = read("beta", number(), 1);
  let playing = 0;

  host.innerHTML = `
    <div class="lab-row lab-between"><h3 style="margin:0">β</h3>
      <span class="lab-seg" role="group" aria-label="${escape(t("explore.scale"))}">
        <button data-scale="linear" title="${escape(t("explore.tip_linear"))}">${escape(t("explore.linear"))}</button>
        <button data-scale="log" title="${escape(t("explore.tip_log"))}">${escape(t("explore.log"))}</button></span></div>
    <div class="lab-row lab-between" style="flex-wrap:nowrap">
      <input class="lab-big explore-beta" id="lab-beta-value" inputmode="decimal" aria-label="${escape(t("explore.beta_exact"))}" title="${escape(t("explore.beta_exact"))}" autocomplete="off">
      <button class="lab-btn" data-sweep title="${escape(t("explore.tip_sweep"))}"></button></div>
    <input type="range" id="lab-beta" aria-label="β" title="${escape(t("explore.tip_beta"))}">
    <div class="lab-row explore-presets" style="gap:5px">${PRESETS.map(([label, beta]) => `<button class="lab-btn" data-beta="${beta}">${label}</button>`).join("")}</div>
    <p class="lab-error" data-error role="alert"></p>
    <p class="lab-note" data-part="beta-note" style="margin-top:8px;min-height:36px"></p>`;
  const slider = host.querySelector("#lab-beta");
  const exact = host.querySelector("#lab-beta-value");
  const sweep = host.querySelector("[data-sweep]");
  const error = host.querySelector("[data-error]");

  function show() {
    slider.value = String(scale.toSlider(value));
    if (document.activeElement !== exact) exact.value = short(value, 7);
    for (const button of host.querySelectorAll("[data-beta]")) {
      button.setAttribute("aria-pressed", String(Number(button.dataset.beta) === value));
    }
  }

  function set(next) {
    if (next === value) return;
    value = next;
    error.textContent = "";
    exact.setAttribute("aria-invalid", "false");
    show();
    write({ beta: value === 1 ? null : value });
    changed(value);
  }

  function rescale(next) {
    scale = next;
    Object.assign(slider, { min: String(scale.low), max: String(scale.high), step: String(scale.step) });
    for (const button of host.querySelectorAll("[data-scale]")) {
      button.setAttribute("aria-pressed", String((button.dataset.scale === "log") === (scale === LOGARITHMIC)));
    }
    show();
    write({ scale: scale === LOGARITHMIC ? "log" : null });
  }


  slider.addEventListener("input", () => {
    stop();
    // Rounded as a reader would: the slider's own steps, free of floating-point tails.
    set(Number(scale.toBeta(Number(slider.value)).toPrecision(4)));
  });
  exact.addEventListener("change", () => {
    const next = number()(exact.value.replace("−", "-"));
    exact.setAttribute("aria-invalid", String(next === undefined));
    if (next === undefined) error.textContent = t("explore.error_beta");
    else {
      stop();
      set(next);
    }
  });
  exact.addEventListener("keydown", (event) => event.key === "Enter" && exact.blur());
  exact.addEventListener("blur", () => exact.getAttribute("aria-invalid") !== "true" && show());
  for (const button of host.querySelectorAll("[data-beta]")) {
    button.addEventListener("click", () => {
      stop();
      set(Number(button.dataset.beta));
    });
  }
  for (const button of host.querySelectorAll("[data-scale]")) {
    button.addEventListener("click", () => {
      rescale(button.dataset.scale === "log" ? LOGARITHMIC : LINEAR);
      rescaled();
    });
  }

  /** One sweep over the slider's range and back takes eight seconds; less motion, if asked for. */
  const PERIOD = 8000;
  function stop() {
    playing = 0;
    sweep.innerHTML = `▶ ${escape(t("explore.sweep"))}`;
    sweep.setAttribute("aria-pressed", "false");
  }
  function play() {
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    const share = (scale.toSlider(value) - scale.low) / (scale.high - scale.low);
    const turn = ++playingTurn;
    playing = turn;
    sweep.innerHTML = `❚❚ ${escape(t("explore.pause"))}`;
    sweep.setAttribute("aria-pressed", "true");
    const begun = performance.now() - (Math.min(1, Math.max(0, share)) * PERIOD) / 2;
    let last = 0;
    const frame = (now) => {
      if (playing !== turn) return;
      if (!calm || now - last > 1000) {
        last = now;
        const phase = (((now - begun) % PERIOD) + PERIOD) % PERIOD;
        const at = phase < PERIOD / 2 ? phase / (PERIOD / 2) : 2 - phase / (PERIOD / 2);
        set(Number(scale.toBeta(scale.low + at * (scale.high - scale.low)).toPrecision(3)));
      }
      requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
  }
  let playingTurn = 0;
  sweep.addEventListener("click", () => (playing ? stop() : play()));

  stop();
  rescale(scale);
  return {
    get value() {
      return value;
    },
    get scale() {
      return scale;
    },
    /** @param {number} next */
    set(next) {
      stop();
      set(next);
    },
  };
}
