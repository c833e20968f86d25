/**
 * Shows the cards under the plot: each is told what changed, once it is on the screen; of β, by
 * turns, or when it rests.
 */

import { roveRows } from "../core/controls.js";
import { fill, find, html, t } from "../core/html.js";

/** @typedef {"shown" | "beta"} Change What has changed: all that is shown, or β alone. */

/**
 * @typedef {object} Card
 * @property {(what: Change) => void} update
 * @property {() => void} [leave] Ends what takes time while the card is not on the screen.
 * @property {"frame" | "rest"} [follows] When it is told of β: in the very frame, for it is dragged
 *   itself, or once β rests; else by turns.
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
    below.moving = entries.some(follows);
  }

  const watch = new IntersectionObserver(
    (seen) => {
      for (const { target, isIntersecting } of seen) {
        const entry = entries.find(({ host }) => host === target);
        if (!entry) continue;
        entry.seen = isIntersecting;
        if (!isIntersecting && entry.card?.leave) {
          entry.card.leave();
          entry.stale = "shown";
        }
        refresh(entry);
      }
      below.moving = entries.some(follows);
    },
    { rootMargin: "200px" },
  );
  for (const { host } of entries) watch.observe(host);

  /** Whether it follows β while that moves. @param {Entry} entry */
  const follows = ({ seen, card }) => seen && card !== null && card.follows !== "rest";

  /** Whose turn is next, and whether a frame is awaited for it. */
  let next = 0;
  let awaited = false;

  /** One of the cards that wait for β follows it: all in one frame would take the curves' time. */
  function turn() {
    /** @param {Entry} entry */
    const waiting = (entry) => follows(entry) && entry.stale === "beta";
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

  const below = {
    /** Whether one is on the screen that follows β while that moves. */
    moving: false,
    /** @param {Change} what */
    update(what) {
      for (const entry of entries) {
        if (entry.stale !== "shown") entry.stale = what;
        if (entry.stale === "shown" || entry.card?.follows === "frame") refresh(entry);
      }
      if (!awaited) turn();
    },
    /** All rests: who was to wait for that follows. */
    rest() {
      for (const entry of entries) refresh(entry);
    },
  };
  return below;
}
