/** The cards under the plot: each is told what changed, once it is on the screen; of β, by turns. */

import { escaped, t } from "../core/text.js";

/**
 * @typedef {object} Card
 * @property {(what: "shown" | "beta") => void} update
 * @property {boolean} [prompt] Whether it is told of β in the very frame: it is dragged itself, or does
 *   next to nothing then.
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
    host.innerHTML = `<h3>${escaped(t(key))}</h3><div></div>`;
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

  const watch = new IntersectionObserver(
    (seen) => {
      for (const { target, isIntersecting } of seen) {
        const entry = entries.find(({ host }) => host === target);
        entry.seen = isIntersecting;
        refresh(entry);
      }
    },
    { rootMargin: "200px" },
  );
  for (const { host } of entries) watch.observe(host);

  /** Whose turn is next, and whether a frame is awaited for it. */
  let next = 0;
  let awaited = false;

  /** One of the cards that wait for β follows it: all in one frame would take the curves' time. */
  function turn() {
    const waiting = (entry) => entry.seen && entry.card && entry.stale === "beta";
    const order = [...entries.slice(next), ...entries.slice(0, next)];
    const entry = order.find(waiting);
    if (!entry) return;
    next = (entries.indexOf(entry) + 1) % entries.length;
    refresh(entry);
    awaited = true;
    requestAnimationFrame(() => {
      awaited = false;
      turn();
    });
  }

  return {
    /** @param {"shown" | "beta"} what */
    update(what) {
      for (const entry of entries) {
        if (entry.stale !== "shown") entry.stale = what;
        if (what === "shown" || !entry.card || entry.card.prompt || entry.stale === "shown")
          refresh(entry);
      }
      if (!awaited) turn();
    },
  };
}
