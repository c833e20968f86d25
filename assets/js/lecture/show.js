/** Presents: goes through a lecture's views by the arrow keys, and shows a QR code of each. */

import { closest, fill, find, html, setText, t } from "../core/html.js";
import { appRoot } from "../core/server.js";
import { flush } from "../core/state.js";
import { plainQuery, presented, viewsOf } from "./views.js";

/** @type {Record<string, string>} Cards of Explore by the name that a view has for them. */
const CARDS = {
  formula: ".explore-formulas",
  signal: ".signal-card",
  precision: ".precision-card",
  code: ".explore-code",
};
const PLOT = ".explore-main";
/** @type {Record<string, () => void>} */
const KEYS = {
  ArrowRight: () => go(1),
  PageDown: () => go(1),
  ArrowLeft: () => go(-1),
  PageUp: () => go(-1),
  " ": () => document.querySelector("[data-sweep]")?.dispatchEvent(new MouseEvent("click")),
  ArrowUp: () => turn(1),
  ArrowDown: () => turn(-1),
  q: () => showCode(),
  f: () => fullScreen(),
  Escape: () => leave(),
};
/** Steps of the slider that an arrow key moves β by. */
const STEPS = 10;

/** @param {string} name */
const given = (name) => new URLSearchParams(location.search).get(name);
const views = viewsOf(location.search);
const at = () => Math.min(views.length, Math.max(1, Math.trunc(Number(given("present"))) || 1)) - 1;
/** @param {string} query */
const tabOf = (query) => new URLSearchParams(query).get("tab") ?? "explore";

const bar = document.createElement("div");
bar.className = "gradio-container lecture-bar";

/** Begins: the bar at the page's foot, and the keys. */
export function show() {
  fill(bar, skeleton());
  document.body.append(bar);
  bar.addEventListener("click", ({ target }) => {
    const key = closest(target, "[data-key]")?.dataset.key;
    if (key) KEYS[key]();
  });
  document.addEventListener("keydown", heard, true);
  window.addEventListener("popstate", paint);
  new MutationObserver(place).observe(document.body, {
    childList: true,
    subtree: true,
    attributeFilter: ["aria-valuetext"],
  });
  paint();
}

/** @param {KeyboardEvent} event */
function heard(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || !KEYS[event.key]) return;
  event.preventDefault();
  event.stopPropagation();
  KEYS[event.key]();
}

function paint() {
  find(bar, "[data-title]").textContent = views[at()].title;
  const count = { number: at() + 1, count: views.length };
  find(bar, "[data-count]").textContent = t("lecture.count", count);
  document.title = `${views[at()].title} · Swish Lab`;
  find(bar, "[data-qr]").hidden = true;
  place();
}

/** The one card that is shown; it comes when the tab is made. */
function place() {
  const wanted = CARDS[given("card") ?? ""] ?? PLOT;
  // As β's slider tells it.
  const slider = tabOf(location.search) === "explore" ? document.querySelector("#lab-beta") : null;
  setText(find(bar, "[data-beta]"), slider?.getAttribute("aria-valuetext") ?? "");
  const explore = document.querySelector("#lab-explore, #lab-early");
  for (const each of explore?.querySelectorAll(`${PLOT}, .lab-pair > section`) ?? []) {
    const shown = each.matches(wanted);
    if (each.hasAttribute("data-presented") !== shown)
      each.toggleAttribute("data-presented", shown);
  }
}

/** @param {number} step */
function go(step) {
  const next = at() + step;
  if (next < 0 || next >= views.length) return;
  const here = tabOf(location.search);
  const url = presented(views, next, given("lecture"));
  flush();
  if (here !== "explore" || tabOf(views[next].query) !== "explore") return location.assign(url);
  history.pushState(history.state, "", url);
  window.dispatchEvent(new PopStateEvent("popstate"));
}

/** Moves β by the slider, as its own keys would. @param {number} sign */
function turn(sign) {
  const slider = document.querySelector("#lab-beta");
  if (!(slider instanceof HTMLInputElement)) return;
  slider.value = String(Number(slider.value) + sign * STEPS * Number(slider.step));
  slider.dispatchEvent(new Event("input", { bubbles: true }));
}

/** Shows the QR code of the state that is on the screen, or takes it away. */
function showCode() {
  const place = find(bar, "[data-qr]");
  place.hidden = !place.hidden;
  if (place.hidden) return;
  flush();
  const state = plainQuery(location.search);
  const source = `${appRoot()}/qr.svg?${new URLSearchParams({ state })}`;
  fill(place, html`<img src="${source}" alt="${t("lecture.qr_alt")}"><p>${location.host}</p>`);
}

function fullScreen() {
  if (document.fullscreenElement) document.exitFullscreen();
  else document.documentElement.requestFullscreen().catch(() => {});
}

/** Back to the page, in the state that was shown. */
function leave() {
  flush();
  const url = new URL(location.href);
  url.search = plainQuery(location.search);
  location.assign(url);
}

const FULL = html`<svg width="14" height="14" viewBox="0 0 24 24" fill="none" aria-hidden="true"
  stroke="currentColor" stroke-width="2.4"
  ><path d="M4 9V4h5M15 4h5v5M20 15v5h-5M9 20H4v-5"/></svg>`;

/** @param {string} key @param {string} name @param {import("../core/html.js").Content} sign */
const button = (key, name, sign) => html`<button class="lab-btn" type="button" data-key="${key}"
  title="${t(`lecture.${name}`)}" aria-label="${t(`lecture.${name}`)}">${sign}</button>`;

function skeleton() {
  return html`<div class="lecture-qr" data-qr hidden></div>
    <div class="lecture-line">${button("ArrowLeft", "back", "‹")}
      <h2 data-title></h2><b data-beta></b><span data-count></span>
      ${button("q", "qr", "QR")}${button("f", "full", FULL)}${button("Escape", "leave", "×")}
      ${button("ArrowRight", "next", "›")}</div>`;
}
