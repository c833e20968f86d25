/** Swish over x and β, as a map or in 3-D; on the map, dragging and the arrow keys set β. */

import { escaped, short, t } from "../core/text.js";
import { isDark } from "../core/theme.js";
import { surfaceMap } from "./surface_map.js";
import { hasWebGl, surfaceScene } from "./surface_scene.js";

const TITLES = { f: "f", df: "f′" };
const FINE = { ArrowUp: 1, ArrowRight: 1, ArrowDown: -1, ArrowLeft: -1 };
const COARSE = { PageUp: 1, PageDown: -1 };
/** Milliseconds of rest after which the surface is drawn for another x or another size. */
const REST = 60;

/** @param {HTMLElement} host @param {any} lab */
export function card(host, lab) {
  const { state } = lab;
  const segment = (name, choices) =>
    `<span class="lab-seg" role="group" aria-label="${escaped(t(`surface.${name}`))}">${choices.map(([key, words]) => `<button data-${name}="${key}" title="${escaped(t(`surface.tip_${key}`))}">${escaped(words)}</button>`).join("")}</span>`;
  host.classList.add("surface-card");
  host.innerHTML = `<div class="lab-row lab-between">${segment("of", [
    ["f", "f(x, β)"],
    ["df", "f′(x, β)"],
  ])}${segment("view", [
    ["map", t("surface.map")],
    ["3d", t("surface.3d")],
  ])}</div>
    <div class="surface-map"></div>
    <div class="surface-scene" role="img" aria-label="${escaped(t("surface.scene_label"))}" hidden></div>
    <p class="lab-note surface-none" hidden>${escaped(t("surface.no_webgl"))}</p>
    <p class="lab-note lab-reading surface-reading"></p>`;
  const [box, room, none, reading] = [
    ".surface-map",
    ".surface-scene",
    ".surface-none",
    ".surface-reading",
  ].map((each) => host.querySelector(each));
  const map = surfaceMap(box);
  const { area } = map;
  area.insertAdjacentHTML("beforeend", "<i><b></b></i>");
  const line = area.querySelector("i");
  const label = line.firstElementChild;
  for (const [name, words] of Object.entries({
    tabindex: "0",
    role: "slider",
    "aria-orientation": "vertical",
    "aria-label": t("surface.map_label"),
    title: t("surface.tip_drag"),
  }))
    area.setAttribute(name, words);
  /** @type {ReturnType<typeof surfaceScene> | null} Made when it is first shown. */
  let scene = null;
  let drawn = "";
  let resting = 0;
  let height = 0;
  /** Where the map stands on the screen; null where that is to be measured anew. @type {DOMRect | null} */
  let bounds = null;

  const value = (x, beta) => lab.swish[state.get("of")](x, { beta });
  const inThree = () => state.get("surface") === "3d";
  const key = () =>
    JSON.stringify([
      state.get("of"),
      state.get("surface"),
      state.get("x"),
      state.get("scale"),
      isDark(),
      box.clientWidth,
      room.clientWidth,
    ]);

  function show() {
    for (const [name, property] of [
      ["of", "of"],
      ["view", "surface"],
    ]) {
      for (const button of host.querySelectorAll(`[data-${name}]`))
        button.setAttribute("aria-pressed", String(button.dataset[name] === state.get(property)));
    }
    const possible = !inThree() || hasWebGl();
    box.hidden = inThree();
    room.hidden = !inThree() || !possible;
    none.hidden = possible;
    const now = key();
    if (now === drawn) return;
    drawn = now;
    tell();
    const [range, scale] = [state.get("x"), lab.scale];
    if (!inThree()) {
      map.draw(state.get("of"), value, range, scale);
      height = area.clientHeight;
      area.setAttribute("aria-valuemin", String(scale.toBeta(scale.low)));
      area.setAttribute("aria-valuemax", String(scale.toBeta(scale.high)));
      mark();
    } else if (possible) {
      scene ??= surfaceScene(room);
      scene.draw(TITLES[state.get("of")], value, range, scale, state.get("beta"));
    }
  }

  /** Puts the line where β is: nothing else moves, and nothing is measured. */
  function mark() {
    const [{ low, high, toSlider }, beta] = [lab.scale, state.get("beta")];
    // On a logarithmic axis, 0 and what is below it lie under its foot.
    const at = state.get("scale") === "log" && beta <= 0 ? -Infinity : toSlider(beta);
    const share = Math.min(1, Math.max(0, (high - at) / (high - low)));
    const beyond = at > high ? "↑ " : at < low ? "↓ " : "";
    const words = `${beyond}β = ${short(beta, 4)}`;
    line.style.transform = `translateY(${(share * height).toFixed(1)}px)`;
    line.className = `${beyond ? "surface-beyond " : ""}${share < 0.12 ? "surface-under" : ""}`;
    label.textContent = words;
    area.setAttribute("aria-valuenow", String(beta));
    area.setAttribute("aria-valuetext", words);
  }

  /** What is under the pointer, or what may be done. */
  function tell(x, beta) {
    const name = TITLES[state.get("of")];
    reading.textContent =
      x === undefined
        ? t(inThree() ? "surface.hint_3d" : "surface.hint")
        : `x = ${short(x, 5)} · β = ${short(beta, 5)} · ${name} = ${short(value(x, beta), 6)}`;
  }

  const rounded = (at, digits = 3) => Number(lab.scale.toBeta(at).toPrecision(digits));
  const within = (share) => Math.min(1, Math.max(0, share));
  function under(event) {
    // Measured at each move, the page would be laid out twice a frame.
    bounds ??= area.getBoundingClientRect();
    const { low, high } = lab.scale;
    const [from, to] = state.get("x");
    const x = from + (to - from) * within((event.clientX - bounds.left) / bounds.width);
    const at = high - (high - low) * within((event.clientY - bounds.top) / bounds.height);
    // As many decimals as a pixel tells apart.
    const decimals = Math.min(12, Math.max(0, 2 - Math.floor(Math.log10((to - from) / 4))));
    return [Number(x.toFixed(decimals)), rounded(at)];
  }

  const elsewhere = () => {
    bounds = null;
  };
  for (const what of ["scroll", "resize"])
    window.addEventListener(what, elsewhere, { capture: true, passive: true });
  for (const what of ["pointerenter", "pointerdown"]) area.addEventListener(what, elsewhere);
  area.addEventListener("pointerdown", (event) => {
    if (event.button) return;
    area.setPointerCapture(event.pointerId);
    const [x, beta] = under(event);
    lab.tune("swish.beta", beta);
    tell(x, beta);
  });
  area.addEventListener("pointermove", (event) => {
    const [x, beta] = under(event);
    if (area.hasPointerCapture(event.pointerId)) lab.tune("swish.beta", beta);
    tell(x, beta);
  });
  area.addEventListener("pointerleave", () => tell());
  area.addEventListener("keydown", (event) => {
    const { low, high, coarse } = lab.scale;
    const fine = (high - low) / 100;
    const step =
      (FINE[event.key] ?? 0) * (event.shiftKey ? coarse : fine) + (COARSE[event.key] ?? 0) * coarse;
    const ends = { Home: low, End: high };
    const at = ends[event.key] ?? (step ? lab.scale.toSlider(state.get("beta")) + step : null);
    if (at === null || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    lab.tune("swish.beta", rounded(Math.min(high, Math.max(low, at)), 4));
  });
  host.addEventListener("click", ({ target }) => {
    const { of, view } = target.dataset;
    if (of) state.set({ of });
    if (view) state.set({ surface: view });
  });

  state.subscribe((changed) => (changed.has("of") || changed.has("surface")) && show());
  const soon = () => {
    if (key() === drawn) return;
    clearTimeout(resting);
    resting = setTimeout(show, REST);
  };
  new ResizeObserver(() => {
    elsewhere();
    soon();
  }).observe(host);

  return {
    prompt: true,
    update(what) {
      if (what === "shown") {
        if (drawn) soon();
        else show();
      }
      if (inThree()) scene?.move(state.get("beta"));
      else mark();
    },
  };
}
