/**
 * Shows the cards under the plot: each is told what changed, once it is on the screen; of β, by
 * turns.
 */

import { fill, find, html } from "../core/dom.js";
import { roveRows } from "../core/roving.js";
import { t } from "../core/text.js";

/** @typedef {"shown" | "beta"} Change What has changed: all that is shown, or β alone. */

/**
 * @typedef {object} Card
 * @property {(what: Change) => void} update
 * @property {boolean} [prompt] Whether it is told of β in the very frame: it is dragged itself, or
 *   does next to nothing then.
 */

/** @typedef {(host: HTMLElement, lab: import("./lab.js").Lab) => Card} MakeCard */

/**
 * @typedef {object} Entry
 * @property {HTMLElement} host
 * @property {() => Promise<{card: MakeCard}>} load
 * @property {Card | null} card
 * @property {boolean} making
 * @property {boolean} seen
 * @property {Change | null} stale
 */

/**
 * @param {HTMLElement} grid
 * @param {[string, Entry["load"], string?][]} list Key of the heading, the module that makes the
 *   card, and a class of its own.
 * @param {import("./lab.js").Lab} lab
 */
export function lazyCards(grid, list, lab) {
  /** @type {Entry[]} */
  const entries = list.map(([key, load, look = ""]) => {
    const host = document.createElement("section");
    host.className = `lab-card ${look}`;
    fill(host, html`<h2>${t(key)}</h2><div></div>`);
    grid.append(host);
    return { host, load, card: null, making: false, seen: false, stale: "shown" };
  });

  /** @param {Entry} entry */
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

  /**
   * Loads and makes a card when it is first seen: what nobody scrolls to costs nothing.
   * @param {Entry} entry
   */
  async function make(entry) {
    if (entry.making) return;
    entry.making = true;
    const { card } = await entry.load();
    entry.card = card(find(entry.host, "div"), lab);
    roveRows(entry.host);
    entry.host.classList.add("explore-made");
    refresh(entry);
  }

  const watch = new IntersectionObserver(
    (seen) => {
      for (const { target, isIntersecting } of seen) {
        const entry = entries.find(({ host }) => host === target);
        if (!entry) continue;
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
    /** @param {Entry} entry */
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
    /** @param {Change} what */
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
