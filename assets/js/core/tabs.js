/** Opens the tab that the address names, and keeps the address up to date with the open one. */

import { closest } from "./html.js";
import { choice, onReturn, read, write } from "./state.js";

const TABS = ["explore", "train", "time", "claims"];

/** The tab that the address asks for. */
export const wantedTab = () =>
  location.hash.startsWith("#claim-") ? "claims" : read("tab", choice(TABS), TABS[0]);

/** Opens a tab from anywhere on the page. @param {string} name */
export function openTab(name) {
  /** @type {HTMLElement | null} */
  const button = document.querySelector(`#lab-tabs button[data-tab-id="${name}"]`);
  button?.click();
}

/** Has Gradio make the page with the tab of the address open, where it has not begun to. */
export function openFirst() {
  const parts = window.gradio_config?.components ?? [];
  const wanted = wantedTab();
  const bar = parts.find(({ props }) => props.elem_id === "lab-tabs");
  // A page may have some of the tabs alone.
  if (bar && parts.some(({ props }) => props.id === wanted)) bar.props.selected = wanted;
}

/**
 * Shows the tab of `?tab=` (or of a claim's anchor), and keeps the address up to date. The tabs may
 * not be there yet, and take no click before they are ready: so it looks until the tab is shown.
 */
export function followTabs() {
  const wanted = wantedTab();
  const begun = performance.now();
  const look = () => {
    const bar = document.querySelector("#lab-tabs");
    /** @type {HTMLElement | null | undefined} */
    const tab = bar?.querySelector(`button[role="tab"][data-tab-id="${wanted}"]`);
    if (tab?.getAttribute("aria-selected") === "true") {
      bar?.addEventListener("click", (event) => {
        const opened = closest(event.target, "button[data-tab-id]")?.dataset.tabId;
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
