/** Shows Swish over x and β, as a map or in 3-D; on the map, dragging and the arrow keys set β. */

import { choices } from "../core/controls.js";
import { fill, find, html, short, t } from "../core/html.js";
import { isDark } from "../core/theme.js";
import { pictureMenu, tellPictures } from "../plot/picture_menu.js";
import { surfaceMap } from "./surface_map.js";
import { hasWebGl, surfaceScene } from "./surface_scene.js";

/** @type {Record<string, string>} */
const TITLES = { f: "f", df: "f′" };
/** @type {Record<string, number>} */
const FINE = { ArrowUp: 1, ArrowRight: 1, ArrowDown: -1, ArrowLeft: -1 };
/** @type {Record<string, number>} */
const COARSE = { PageUp: 1, PageDown: -1 };
/** What moves the map on the screen. */
const MOVED = ["scroll", "resize"];
/** Milliseconds of rest after which the surface is drawn for another x or another size. */
const REST = 60;

/** @type {import("./lazy_cards.js").MakeCard} */
export function card(host, lab) {
  const { state } = lab;
  host.classList.add("surface-card");
  fill(host, skeleton());
  const [box, room, none, reading] = [
    ".surface-map",
    ".surface-scene",
    ".surface-none",
    ".surface-reading",
  ].map((each) => find(host, each));
  const pressed = [choices(host, state, "of"), choices(host, state, "view", "surface")];
  const map = surfaceMap(box);
  const { area } = map;
  const shownOf = () => `${TITLES[of()]}(x, β)`;
  tellPictures(host, () => ({ title: `${t("surface.heading")}: ${shownOf()}` }));
  tellPictures(box, () => ({
    draw: () => map.onPaper(of(), value, state.get("x"), lab.scale, state.get("beta")),
  }));
  const [line, label] = ["i", "b"].map((name) => document.createElement(name));
  line.append(label);
  area.append(line);
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
  let away = false;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let resting;
  let height = 0;
  /**
   * Where the map stands on the screen; null where that is to be measured anew.
   * @type {DOMRect | null}
   */
  let bounds = null;

  /** @returns {"f" | "df"} */
  const of = () => state.get("of");
  /** @param {number} x @param {number} beta */
  const value = (x, beta) => lab.swish[of()](x, { beta });
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
    if (away) return;
    for (const show of pressed) show();
    const possible = !inThree() || hasWebGl();
    box.hidden = inThree();
    room.hidden = !inThree() || !possible;
    none.hidden = possible;
    const now = key();
    if (now === drawn) return;
    drawn = now;
    describe();
    const [range, scale] = [state.get("x"), lab.scale];
    if (!inThree()) {
      scene?.end();
      map.draw(of(), value, range, scale);
      height = area.clientHeight;
      area.setAttribute("aria-valuemin", String(scale.toBeta(scale.low)));
      area.setAttribute("aria-valuemax", String(scale.toBeta(scale.high)));
      mark();
    } else if (possible) {
      scene ??= surfaceScene(room);
      scene.draw(TITLES[of()], value, range, scale, state.get("beta"));
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

  /** What is under the pointer, or what may be done. @param {[x: number, beta: number]} [at] */
  function describe(at) {
    if (!at) {
      reading.textContent = t(inThree() ? "surface.hint_3d" : "surface.hint");
      return;
    }
    const [x, beta] = at.map((each) => short(each, 5));
    reading.textContent = `x = ${x} · β = ${beta} · ${TITLES[of()]} = ${short(value(...at), 6)}`;
  }

  /** @param {number} at */
  const rounded = (at, digits = 3) => Number(lab.scale.toBeta(at).toPrecision(digits));
  /** @param {number} share */
  const within = (share) => Math.min(1, Math.max(0, share));
  /** @param {PointerEvent} event @returns {[x: number, beta: number]} */
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
  const passing = { capture: true, passive: true };
  area.addEventListener("pointerenter", () => {
    elsewhere();
    for (const what of MOVED) window.addEventListener(what, elsewhere, passing);
  });
  area.addEventListener("pointerleave", () => {
    elsewhere();
    for (const what of MOVED) window.removeEventListener(what, elsewhere, passing);
    describe();
  });
  area.addEventListener("pointerdown", (event) => {
    if (event.button) return;
    area.setPointerCapture(event.pointerId);
    elsewhere();
    const at = under(event);
    lab.tune("swish.beta", at[1]);
    describe(at);
  });
  area.addEventListener("pointermove", (event) => {
    const at = under(event);
    if (area.hasPointerCapture(event.pointerId)) lab.tune("swish.beta", at[1]);
    describe(at);
  });
  area.addEventListener("keydown", (event) => {
    const { low, high, coarse } = lab.scale;
    const fine = (high - low) / 100;
    const step =
      (FINE[event.key] ?? 0) * (event.shiftKey ? coarse : fine) + (COARSE[event.key] ?? 0) * coarse;
    /** @type {Record<string, number>} */
    const ends = { Home: low, End: high };
    const at = ends[event.key] ?? (step ? lab.scale.toSlider(state.get("beta")) + step : null);
    if (at === null || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    lab.tune("swish.beta", rounded(Math.min(high, Math.max(low, at)), 4));
  });
  state.subscribe(["of", "surface"], show);
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
    follows: "frame",
    leave() {
      away = true;
      if (!inThree()) return;
      scene?.end();
      drawn = "";
    },
    update(what) {
      const returns = away;
      away = false;
      if (what === "shown") {
        // What comes back is drawn before it is seen.
        if (drawn && !returns) soon();
        else show();
      }
      if (inThree()) scene?.move(state.get("beta"));
      else mark();
    },
  };
}

function skeleton() {
  /** @param {string} name @param {[string, string][]} choices */
  const segment = (name, choices) => {
    const buttons = choices.map(
      ([key, words]) => html`<button data-${name}="${key}"
        title="${t(`surface.tip_${key}`)}">${words}</button>`,
    );
    const label = t(`surface.${name}`);
    return html`<span class="lab-seg" role="group" aria-label="${label}">${buttons}</span>`;
  };
  return html`<div class="lab-row lab-between">${segment("of", [
    ["f", "f(x, β)"],
    ["df", "f′(x, β)"],
  ])}${segment("view", [
    ["map", t("surface.map")],
    ["3d", t("surface.3d")],
  ])}${pictureMenu()}</div>
    <div class="surface-map"></div>
    <div class="surface-scene" role="img" aria-label="${t("surface.scene_label")}" hidden></div>
    <p class="lab-note surface-none" hidden>${t("surface.no_webgl")}</p>
    <p class="lab-note lab-reading surface-reading"></p>`;
}
