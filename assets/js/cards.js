/** The cards under the plot: each is told what changed, once it is on the screen. */

import { escape, t } from "./text.js";

/**
 * @typedef {object} Card
 * @property {(what: "shown" | "beta") => void} update
 */

/**
 * @param {HTMLElement} grid
 * @param {[string, () => Promise<{card: (host: HTMLElement, lab: any) => Card}>, string?][]} list
 *   Key of the heading, the module that makes the card, and a class of its own.
 * @param {any} lab
 */
export function cards(grid, list, lab) {
  const entries = list.map(([key, load, look = ""]) => {
    const host = document.createElement("section");
    host.className = `lab-card ${look}`;
    host.innerHTML = `<h3>${escape(t(key))}</h3><div></div>`;
    grid.append(host);
    return { host, load, card: null, seen: false, stale: "shown" };
  });

  function refresh(entry) {
    if (!entry.seen || !entry.stale) return;
    if (!entry.card) {
      make(entry);
      return;
    }
    const what = entry.stale;
    entry.stale = null;
    entry.card.update(what);
  }

  /** Loads and makes a card when it is first seen: what nobody scrolls to costs nothing. */
  async function make(entry) {
    if (entry.making) return;
    entry.making = true;
    const { card } = await entry.load();
    entry.card = card(entry.host.querySelector("div"), lab);
    entry.host.classList.add("explore-made");
    refresh(entry);
  }

  const watch = new IntersectionObserver((seen) => {
    for (const { target, isIntersecting } of seen) {
      const entry = entries.find(({ host }) => host === target);
      entry.seen = isIntersecting;
      refresh(entry);
    }
  }, { rootMargin: "200px" });
  for (const { host } of entries) watch.observe(host);

  return {
    /** @param {"shown" | "beta"} what */
    update(what) {
      for (const entry of entries) {
        if (entry.stale !== "shown") entry.stale = what;
        refresh(entry);
      }
    },
  };
}
