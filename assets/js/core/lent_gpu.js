/** Keeps a job going on a GPU that is lent by the second; without one, asks the reader. */

import { closest, fill, html, t } from "./html.js";

/** Milliseconds after which a wish that was refused, in another page's favour, is wished again. */
const AGAIN = 2000;

/**
 * Only an event of Gradio's queue can ask for the next seconds, so that an open page has to.
 * @param {(event: string, asked: object) => Promise<any>} begin Asks by such an event.
 * @returns {(job: {rests?: string | null, own?: boolean}, id: string) => boolean} Whether this page
 *   sees to it that the job goes on.
 */
export function nextLease(begin) {
  /** @type {Set<string>} */
  const asking = new Set();
  return ({ rests, own }, id) => {
    if (rests !== "page" || own === false) return false;
    if (!asking.has(id)) {
      asking.add(id);
      begin("submit", { run: id, wish: "resume" }).then(({ error }) =>
        setTimeout(() => asking.delete(id), error ? AGAIN : 0),
      );
    }
    return true;
  };
}

/**
 * Two buttons beside the reason why there is no GPU: to ask for one again, to go on without.
 * @param {HTMLElement} place
 * @param {(wish: string) => void} wished
 * @returns {(job: {rests?: string | null, own?: boolean}) => void} Shows them, or hides them.
 */
export function lentChoice(place, wished) {
  place.addEventListener("click", ({ target }) => {
    const wish = closest(target, "[data-lent]")?.dataset.lent;
    if (wish) wished(wish);
  });
  place.hidden = true;
  return ({ rests, own }) => {
    const shown = rests === "gpu" && own !== false;
    if (shown === !place.hidden) return;
    place.hidden = !shown;
    fill(place, shown ? html`${["resume", "cpu"].map(button)}` : html``);
  };
}

/** @param {string} wish */
const button = (wish) => html`<button class="lab-btn" type="button" data-lent="${wish}"
  title="${t(`run.${wish}_tip`)}">${t(`run.${wish}`)}</button>`;
