/** The teacher's list of views: made from the page, put in order, presented, handed on. */

import { fieldOf } from "../core/controls.js";
import { copyText } from "../core/header.js";
import { closest, fill, find, html, t } from "../core/html.js";
import { outwardLink } from "../core/state.js";
import { keepViews, ownViews, packed, plainQuery, prepared, presented } from "./views.js";

/** @typedef {import("./views.js").View} View */

/** @type {HTMLDialogElement | null} */
let dialog = null;

/** Opens the list. */
export function open() {
  dialog ??= made();
  paint();
  dialog.showModal();
}

function made() {
  const element = document.createElement("dialog");
  element.className = "gradio-container lecture-menu lab";
  element.setAttribute("aria-labelledby", "lab-lecture-title");
  document.body.append(element);
  element.addEventListener("click", ({ target }) => {
    if (target === element) return element.close(); // beside it
    const act = closest(target, "[data-do]")?.dataset;
    if (act?.do) DO[act.do](Number(act.at));
  });
  element.addEventListener("change", (event) => {
    const field = fieldOf(event);
    const views = ownViews();
    views[Number(field.dataset.name)].title = field.value.trim() || t("lecture.unnamed");
    keepViews(views);
  });
  return element;
}

/** @type {Record<string, (at: number) => void>} */
const DO = {
  add: () => change((views) => [...views, thisView()]),
  prepared: (at) => change((views) => [...views, prepared()[at]]),
  up: (at) => change((views) => moved(views, at, at - 1), `[data-do=up][data-at="${at - 1}"]`),
  remove: (at) => change((views) => views.filter((_, place) => place !== at), "[data-do=add]"),
  start: () => location.assign(presented(shown(), 0, null)),
  close: () => dialog?.close(),
  async link() {
    const url = presented(shown(), 0, packed(shown()));
    const done = await copyText(url.href);
    const button = find(/** @type {HTMLElement} */ (dialog), "[data-do=link]");
    button.textContent = t(done ? "shell.copied" : "shell.copy_failed");
  },
};

/** What would be presented. */
const shown = () => (ownViews().length ? ownViews() : prepared());

/**
 * @param {(views: View[]) => View[]} by
 * @param {string} [focus] What the reader goes on with.
 */
function change(by, focus) {
  keepViews(by(ownViews()));
  paint();
  const next = focus && dialog?.querySelector(focus);
  if (next instanceof HTMLElement) next.focus();
}

/** @param {View[]} views @param {number} from @param {number} to @returns {View[]} */
function moved(views, from, to) {
  const rest = views.filter((_, place) => place !== from);
  return [...rest.slice(0, to), views[from], ...rest.slice(to)];
}

/** The page as it is. @returns {View} */
function thisView() {
  const url = new URL(outwardLink().href);
  const claim = url.hash.startsWith("#claim-") ? url.hash.slice("#claim-".length) : "";
  if (claim) {
    url.searchParams.set("tab", "claims");
    url.searchParams.set("claim", claim);
  }
  const tab = url.searchParams.get("tab") ?? "explore";
  const beta = url.searchParams.get("beta") ?? "1";
  const detail = tab === "explore" ? `β = ${beta}` : claim;
  const title = [t(`shell.tab_${tab}`), detail].filter(Boolean).join(" · ");
  return { title, query: plainQuery(url.search) };
}

function paint() {
  const views = ownViews();
  fill(
    /** @type {HTMLElement} */ (dialog),
    html`<div class="lab-row lab-between"><h2 id="lab-lecture-title">${t("lecture.title")}</h2
      ><button class="lab-btn" type="button" data-do="close" title="${t("lecture.close")}"
        aria-label="${t("lecture.close")}">×</button></div>
    <p class="lab-note">${t("lecture.about")}</p>
    ${views.length ? html`<ol>${views.map(entry)}</ol>` : html`<p>${t("lecture.none")}</p>`}
    <div class="lab-row"><button class="lab-btn" type="button" data-do="add"
        >+ ${t("lecture.add")}</button>
      <button class="lab-btn lab-primary" type="button" data-do="start"
        >▶ ${t("lecture.start")}</button>
      <button class="lab-btn" type="button" data-do="link">${t("lecture.link")}</button></div>
    <p class="lab-note">${t("lecture.prepared")}</p>
    <div class="lab-row">${prepared().map(
      ({ title }, at) => html`<button class="lab-btn" type="button" data-do="prepared"
        data-at="${at}">+ ${title}</button>`,
    )}</div>`,
  );
}

/** @param {View} view @param {number} at */
function entry({ title }, at) {
  const named = { title };
  return html`<li><input class="lab-field" data-name="${at}" value="${title}" maxlength="120"
      aria-label="${t("lecture.name", { number: at + 1 })}">
    <button class="lab-btn" type="button" data-do="up" data-at="${at}" ${at ? "" : html`disabled`}
      title="${t("lecture.up", named)}" aria-label="${t("lecture.up", named)}">↑</button>
    <button class="lab-btn" type="button" data-do="remove" data-at="${at}"
      title="${t("lecture.remove", named)}" aria-label="${t("lecture.remove", named)}"
      >×</button></li>`;
}
