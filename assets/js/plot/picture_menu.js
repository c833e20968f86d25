/** The menu beside each plot that takes it along as a picture: PNG, SVG, or copied. */

import { closest, find, findAll, html, t } from "../core/html.js";

/**
 * @typedef {object} Told What a picture says of itself.
 * @property {string} title
 * @property {string[]} [lines] Below the title.
 * @property {string} [name] Of the file, without its end.
 * @property {string} [link] To its state; the page's address where it is left out.
 * @property {(figure: import("./live_plot.js").Figure) => void} [dress] Changes the figure for it.
 * @property {() => import("./picture.js").Drawn} [draw] Makes a picture of what is no plot.
 */

/** @type {WeakMap<Element, (plot: Element) => Partial<Told>>} */
const tellers = new WeakMap();

/**
 * Has all plots within an element tell of themselves: those of a tab, or one alone.
 * @param {Element} element @param {(plot: Element) => Partial<Told>} tell
 */
export function tellPictures(element, tell) {
  tellers.set(element, tell);
}

/** The menu's HTML: it is of the nearest plot that stands in what it stands in. */
export const pictureMenu = () => html`<details class="lab-picture"
  ><summary class="lab-btn" title="${t("picture.tip")}" aria-label="${t("picture.label")}"
    ><svg width="14" height="14" viewBox="0 0 16 16" fill="none" stroke="currentColor"
      stroke-width="1.6" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true"
      ><path d="M8 2.5v7.5M4.8 7L8 10.2 11.2 7M2.5 13.5h11"/></svg></summary
  ><span class="lab-seg" role="group" aria-label="${t("picture.label")}"
    ><button type="button" data-take="png" title="${t("picture.png_tip")}">PNG</button
    ><button type="button" data-take="svg" title="${t("picture.svg_tip")}">SVG</button
    ><button type="button" data-take="copy" title="${t("picture.copy_tip")}"
      >${t("picture.copy")}</button></span
  ><span class="lab-note" role="status"></span></details>`;

const PLOTS = ".lab-plot, svg.picture, .surface-map";

/** The plot of a menu. @param {Element} menu */
function plotOf(menu) {
  for (let at = menu.parentElement; at; at = at.parentElement) {
    const [plot] = findAll(at, PLOTS, Element).filter((each) => each.getClientRects().length);
    if (plot) return plot;
  }
  throw new Error("no plot is here");
}

/**
 * What is said of a plot: by who knows it best, and by the nearest heading.
 * @param {Element} plot
 */
function toldOf(plot) {
  /** @type {Partial<Told>[]} */
  const told = [];
  let title = "";
  for (let at = /** @type {Element | null} */ (plot); at; at = at.parentElement) {
    const tell = tellers.get(at);
    if (tell) told.unshift(tell(plot));
    title ||= at.querySelector("h2, h3, h4")?.textContent?.trim() ?? "";
  }
  return /** @type {Told} */ (Object.assign({ title }, ...told));
}

/** @param {HTMLElement} button */
function take(button) {
  const menu = /** @type {HTMLElement} */ (button.closest(".lab-picture"));
  const plot = plotOf(menu);
  const made = import("./picture.js").then((picture) => ({ picture, told: toldOf(plot) }));
  const kind = button.dataset.take;
  if (kind !== "copy")
    return made.then(({ picture, told }) => picture.save(plot, told, kind === "svg"));
  if (!navigator.clipboard?.write || typeof ClipboardItem === "undefined")
    return Promise.reject(new Error("this browser copies no pictures"));
  // Some browsers take a picture from the very press alone: it is promised to them.
  const blob = made.then(({ picture, told }) => picture.pixels(plot, told));
  return navigator.clipboard.write([new ClipboardItem({ "image/png": blob })]);
}

document.addEventListener("click", async ({ target }) => {
  const button = closest(target, "[data-take]");
  const menu = button?.closest(".lab-picture");
  if (!button || !menu) return;
  const status = find(menu, "[role=status]");
  status.textContent = "";
  const copies = button.dataset.take === "copy";
  try {
    await take(button);
    if (copies) status.textContent = t("picture.copied");
  } catch (error) {
    console.warn(error);
    status.textContent = t(copies ? "picture.not_copied" : "picture.failed");
  }
});

document.addEventListener("keydown", ({ key, target }) => {
  const menu = key === "Escape" && closest(target, ".lab-picture[open]");
  if (!menu) return;
  menu.removeAttribute("open");
  find(menu, "summary").focus();
});
