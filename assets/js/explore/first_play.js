/** Lets β move once by itself, slowly, at a first visit: the dip is seen to move. */

import { keep, kept } from "../core/storage.js";

/** Where log₂ β goes from 0, and in how many milliseconds. @type {[to: number, time: number][]} */
const WAY = [
  [-1.2, 1600],
  [2, 2600],
  [0, 1800],
];
/** So that it begins where it began, whatever held a frame up. */
const LONGEST_FRAME = 50;
const ENDS = ["pointerdown", "keydown", "wheel"];

/**
 * Plays, unless it has played before, less motion is asked for, or the address has its own state.
 * What the reader does ends it, and β stands where it stood.
 * @param {import("../core/state.js").State} state
 * @param {() => void} ended Called at its end: no trail of it is left.
 */
export function firstPlay(state, ended) {
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  if (kept("played") !== null || calm || location.search || document.hidden) return;
  keep("played", "yes");
  const start = state.get("beta");
  let [leg, from, gone, last] = [0, 0, 0, NaN];
  let playing = true;
  let ours = false;

  /** @param {number} beta */
  function set(beta) {
    ours = true;
    state.set({ beta }, false);
    ours = false;
  }
  function end() {
    if (playing) ended();
    playing = false;
    leave();
    for (const event of ENDS) document.removeEventListener(event, stop, true);
  }
  function stop() {
    if (playing) set(start);
    end();
  }

  /** @param {number} now */
  function frame(now) {
    if (!playing) return;
    gone += Math.min(LONGEST_FRAME, now - (Number.isNaN(last) ? now : last));
    last = now;
    const [to, time] = WAY[leg];
    const eased = (1 - Math.cos(Math.PI * Math.min(1, gone / time))) / 2;
    set(Number((start * 2 ** (from + eased * (to - from))).toPrecision(4)));
    if (gone >= time) [leg, from, gone] = [leg + 1, to, 0];
    if (leg < WAY.length) requestAnimationFrame(frame);
    else end();
  }

  for (const event of ENDS)
    document.addEventListener(event, stop, { capture: true, passive: true });
  const leave = state.subscribe(["beta"], () => !ours && end());
  requestAnimationFrame(frame);
}
