/**
 * Makes the page's head: name, host, language, theme, link; and tells where things are in Gradio's
 * page, whose elements have no such roles.
 */

import { presenting } from "../lecture/mode.js";
import { flash, rove } from "./controls.js";
import { whenThere } from "./gradio.js";
import { fill, find, findAll, html, t } from "./html.js";
import { language, languages, TAGS } from "./language.js";
import { isAlive } from "./server.js";
import { flush, onRefused, outwardLink, tellParent } from "./state.js";
import { keep } from "./storage.js";
import { followTabs } from "./tabs.js";
import { isDark, onTheme, toggleTheme } from "./theme.js";

/** @param {import("./html.js").Html} shapes */
const icon = (shapes) =>
  html`<svg width="15" height="15" viewBox="0 0 24 24" fill="none" stroke="currentColor"
    stroke-width="2" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true"
    >${shapes}</svg>`;
const MOON = icon(html`<path d="M20 14.5A8.5 8.5 0 0 1 9.5 4 8.5 8.5 0 1 0 20 14.5z"/>`);
const SUN = icon(
  html`<circle cx="12" cy="12" r="4"/><path
    d="M12 2v3M12 19v3M2 12h3M19 12h3M5 5l2 2M17 17l2 2M5 19l2-2M17 7l2-2"/>`,
);
const LINK = icon(
  html`<path d="M10 14a4 4 0 0 0 6 .5l3-3a4 4 0 0 0-6-6l-1 1
    M14 10a4 4 0 0 0-6-.5l-3 3a4 4 0 0 0 6 6l1-1"/>`,
);

const SCREEN = icon(html`<path d="M3 4h18v12H3zM8 21h8M12 16v5"/>`);

/** @param {import("./gradio.js").Component} component */
export function mount({ element, props }) {
  document.documentElement.lang = TAGS[language];
  const tip = t("shell.theme_tip");
  const about = [t("shell.host_tip"), props.why?.[language]].filter(Boolean).join("\n");
  fill(
    element,
    html`
    <div class="lab lab-header">
      <h1>${brand()}</h1>
      <div class="lab-tools" role="toolbar" aria-label="${t("shell.tools")}">
        <span class="lab-host" title="${about}">${props.host?.[language]}</span>
        <span class="lab-seg" role="group" aria-label="${t("shell.language")}">
          ${Object.keys(TAGS).map(languageButton)}
        </span>
        <button class="lab-btn" data-theme-toggle title="${tip}" aria-label="${tip}"></button>
        <button class="lab-btn" data-present title="${t("lecture.present_tip")}"
          aria-label="${t("lecture.present")}">${SCREEN}</button>
        <button class="lab-btn" data-copy title="${t("shell.copy_tip")}"
          >${LINK}<span>${t("shell.copy")}</span></button>
      </div>
    </div>`,
  );
  const theme = find(element, "[data-theme-toggle]");
  const paint = () => fill(theme, isDark() ? SUN : MOON);
  paint();
  onTheme(paint);
  theme.addEventListener("click", toggleTheme);
  for (const button of findAll(element, "[data-lang]")) {
    button.addEventListener("click", () => speak(button.dataset.lang ?? ""));
  }
  const copy = find(element, "[data-copy]");
  copy.addEventListener("click", async () => {
    const { href, hidden } = outwardLink();
    const done = await copyText(href);
    if (done && hidden) banner(t("shell.copied_private"), 8000);
    flash(find(copy, "span"), t(done ? "shell.copied" : "shell.copy_failed"));
  });
  const present = find(element, "[data-present]");
  present.addEventListener("click", async () => (await import("../lecture/menu.js")).open());
  if (presenting) import("../lecture/show.js").then(({ show }) => show());
  rove(find(element, ".lab-tools"), "button");
  landmarks();
  followTabs();
  watchServer();
  const later = window.requestIdleCallback ?? setTimeout;
  later(() => import("../glossary/glossary.js").then(({ watch }) => watch()));
  /** @type {HTMLElement | null} */
  let refusals = null;
  onRefused((list) => {
    refusals?.remove();
    refusals = banner(t("shell.refused", { list: list.join(", ") }), 8000);
  });
}

/** @param {string} each A language. */
const languageButton = (each) => html`<button data-lang="${each}" lang="${TAGS[each]}"
  aria-pressed="${language === each}" title="${languages[each].name}"
  >${languages[each].short}</button>`;

/** Sign and name. */
export const brand = () => html`<span class="lab-brand">
    <svg width="26" height="20" viewBox="0 0 26 20" aria-hidden="true"><path
      d="M1 13C7 13 8 17 11 16S17 8 25 1" fill="none" stroke="var(--lab-accent)"
      stroke-width="2.6" stroke-linecap="round"/></svg>
    <span>Swish Lab</span>
  </span>`;

/**
 * Copies a text; where the clipboard is closed (an unsafe origin), by a selection.
 * @param {string} text
 */
export async function copyText(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const field = Object.assign(document.createElement("textarea"), { value: text });
    document.body.append(field);
    field.select();
    const done = document.execCommand("copy");
    field.remove();
    return done;
  }
}

/** @param {string} lang */
function speak(lang) {
  if (lang === language) return;
  keep("language", lang);
  flush();
  const url = new URL(location.href);
  url.searchParams.set("lang", lang);
  tellParent(url);
  location.href = url.href;
}

/** Says when the server is gone, and when it is back. */
function watchServer() {
  /** @type {HTMLElement | null} */
  let shown = null;
  const check = async () => {
    const alive = await isAlive();
    if (!alive && !shown) shown = banner(t("shell.gone"));
    if (alive && shown) {
      shown.remove();
      shown = null;
      banner(t("shell.back"), 3000);
      window.dispatchEvent(new Event("swish-lab-back"));
    }
    setTimeout(check, alive ? 15000 : 2000);
  };
  setTimeout(check, 15000);
}

/** A line at the page's foot. @param {string} text @param {number} [milliseconds] */
export function banner(text, milliseconds) {
  const node = Object.assign(document.createElement("div"), {
    className: "lab-banner",
    textContent: text,
  });
  node.setAttribute("role", "status");
  document.body.append(node);
  if (milliseconds) setTimeout(() => node.remove(), milliseconds);
  return node;
}

const TAB = '[role="tablist"] > [role="tab"]';

/** Sets them, in tabs that are opened later too. */
export async function landmarks() {
  const tabs = await whenThere("lab-tabs");
  skipLink();
  // Gradio's own holds head and foot as well.
  document.querySelector("main.contain")?.setAttribute("role", "presentation");
  for (const [id, role] of [
    ["lab-header", "banner"],
    ["lab-footer", "contentinfo"],
  ])
    whenThere(id).then((node) => node.setAttribute("role", role));
  const bar = find(tabs, ".tab-wrapper");
  bar.setAttribute("role", "navigation");
  bar.setAttribute("aria-label", t("shell.tabs"));
  rove(find(bar, '[role="tablist"]'), TAB);
  const tell = () => tellPanel(tabs);
  new MutationObserver(tell).observe(tabs, { childList: true });
  new MutationObserver(tell).observe(bar, {
    subtree: true,
    childList: true,
    attributeFilter: ["aria-selected"],
  });
  tell();
}

/** The contents of the tab that is open. */
const shown = () => findAll(document, '[role="main"]').find((each) => each.offsetParent);

/** Makes what the open tab shows the page's main part. @param {HTMLElement} tabs */
function tellPanel(tabs) {
  const panel = findAll(tabs, ":scope > [role=tabpanel]").find(
    ({ style }) => style.display !== "none",
  );
  const tab = findAll(tabs, TAB).find((each) => each.getAttribute("aria-selected") === "true");
  if (!panel || !tab) return;
  const name = tab.dataset.tabId ?? "";
  panel.id ||= `lab-panel-${name}`;
  for (const each of findAll(tabs, TAB)) {
    // Gradio leaves it empty until it knows the panel's id.
    if (each === tab) each.setAttribute("aria-controls", panel.id);
    else each.removeAttribute("aria-controls");
  }
  const main = panel.firstElementChild;
  if (!main || main.getAttribute("role") === "main") return;
  main.setAttribute("role", "main");
  main.setAttribute("aria-label", (tab.textContent ?? "").trim());
  main.setAttribute("tabindex", "-1");
}

/** The page's first Tab stop: past head and tabs, to the open tab's contents. */
function skipLink() {
  const link = document.createElement("a");
  link.className = "lab-skip";
  link.href = "#lab-tabs";
  link.textContent = t("shell.skip");
  link.addEventListener("click", (event) => {
    event.preventDefault(); // the address is the page's state
    shown()?.focus();
  });
  document.body.prepend(link);
}
