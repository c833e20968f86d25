/** The page's head: name, host, language, theme, link; and the tab that the address names. */

import { choice, flush, onRefused, onReturn, outwardLink, read, write } from "./state.js";
import { keep } from "./storage.js";
import { escaped, language, TAGS, t } from "./text.js";
import { isDark, onTheme, toggleTheme } from "./theme.js";

const TABS = ["explore", "train", "time", "claims"];
const icon = (path) =>
  `<svg width="15" height="15" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true">${path}</svg>`;
const MOON = icon('<path d="M20 14.5A8.5 8.5 0 0 1 9.5 4 8.5 8.5 0 1 0 20 14.5z"/>');
const SUN = icon(
  '<circle cx="12" cy="12" r="4"/><path d="M12 2v3M12 19v3M2 12h3M19 12h3M5 5l2 2M17 17l2 2M5 19l2-2M17 7l2-2"/>',
);
const LINK = icon(
  '<path d="M10 14a4 4 0 0 0 6 .5l3-3a4 4 0 0 0-6-6l-1 1M14 10a4 4 0 0 0-6-.5l-3 3a4 4 0 0 0 6 6l1-1"/>',
);

export function mount({ element, props }) {
  document.documentElement.lang = TAGS[language];
  element.innerHTML = `
    <div class="lab lab-header">
      ${brand()}
      <div class="lab-tools">
        <span class="lab-host" title="${escaped(t("shell.host_tip"))}">${escaped(props.host?.[language] ?? "")}</span>
        <span class="lab-seg" role="group" aria-label="${escaped(t("shell.language"))}">
          ${Object.keys(TAGS).map(tongue).join("")}
        </span>
        <button class="lab-btn" data-theme-toggle title="${escaped(t("shell.theme_tip"))}" aria-label="${escaped(t("shell.theme_tip"))}"></button>
        <button class="lab-btn" data-copy title="${escaped(t("shell.copy_tip"))}">${LINK}<span>${escaped(t("shell.copy"))}</span></button>
      </div>
    </div>`;
  const theme = element.querySelector("[data-theme-toggle]");
  const paint = () => {
    theme.innerHTML = isDark() ? SUN : MOON;
  };
  paint();
  onTheme(paint);
  theme.addEventListener("click", toggleTheme);
  for (const button of element.querySelectorAll("[data-lang]")) {
    button.addEventListener("click", () => speak(button.dataset.lang));
  }
  const copy = element.querySelector("[data-copy]");
  copy.addEventListener("click", async () => {
    const { href, hidden } = outwardLink();
    const done = await copyText(href);
    if (done && hidden) banner(t("shell.copied_private"), 8000);
    const label = copy.querySelector("span");
    label.textContent = t(done ? "shell.copied" : "shell.copy_failed");
    setTimeout(() => {
      label.textContent = t("shell.copy");
    }, 1600);
  });
  followTabs();
  watchServer();
  let told = null;
  onRefused((list) => {
    told?.remove();
    told = banner(t("shell.refused", { list: list.join(", ") }), 8000);
  });
}

const tongue = (each) =>
  `<button data-lang="${each}" lang="${TAGS[each]}" aria-pressed="${language === each}" title="${escaped(t("language.name", {}, each))}">${escaped(t("language.short", {}, each))}</button>`;

/** Sign and name. */
export const brand = () => `<div class="lab-brand">
    <svg width="26" height="20" viewBox="0 0 26 20" aria-hidden="true"><path d="M1 13C7 13 8 17 11 16S17 8 25 1" fill="none" stroke="var(--lab-accent)" stroke-width="2.6" stroke-linecap="round"/></svg>
    <span>Swish Lab</span>
  </div>`;

/** The tab that the address asks for. */
export const wantedTab = () =>
  location.hash.startsWith("#claim-") ? "claims" : read("tab", choice(TABS), TABS[0]);

/** Copies a text; where the clipboard is closed (an unsafe origin), by a selection. */
async function copyText(text) {
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

function speak(lang) {
  if (lang === language) return;
  keep("language", lang);
  flush();
  const url = new URL(location.href);
  url.searchParams.set("lang", lang);
  location.href = url.href;
}

/**
 * Shows the tab of `?tab=` (or of a claim's anchor), and keeps the address up to date. The tabs may
 * not be there yet, and take no click before they are ready: so it looks until the tab is shown.
 */
function followTabs() {
  const wanted = wantedTab();
  const begun = performance.now();
  const look = () => {
    const bar = document.querySelector("#lab-tabs");
    const tab = bar?.querySelector(`button[role="tab"][data-tab-id="${wanted}"]`);
    if (tab?.getAttribute("aria-selected") === "true") {
      bar.addEventListener("click", (event) => {
        const opened = event.target.closest?.("button[data-tab-id]")?.dataset.tabId;
        // Only a reader's click is a step to come back to; ours follows the address.
        if (opened) write({ tab: opened === TABS[0] ? null : opened }, event.isTrusted);
      });
      onReturn(() => openTab(read("tab", choice(TABS), TABS[0])));
      return;
    }
    tab?.click();
    // A page of one tab alone has no other to show.
    if (performance.now() - begun < 20000) setTimeout(look, 50);
  };
  look();
}

/** Opens a tab from anywhere on the page. @param {string} name */
export function openTab(name) {
  document.querySelector(`#lab-tabs button[data-tab-id="${name}"]`)?.click();
}

/** Says when the server is gone, and when it is back. */
function watchServer() {
  const address = new URL("../../../../api/health", import.meta.url);
  let shown = null;
  const check = async () => {
    let alive = false;
    try {
      alive = (await fetch(address, { cache: "no-store", signal: AbortSignal.timeout(5000) })).ok;
    } catch {
      alive = false;
    }
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
