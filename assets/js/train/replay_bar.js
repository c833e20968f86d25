/** A bar under a run by which its reports are shown again: dragged, by arrow keys, or played. */

import { fill, html, partsOf, setText } from "../core/dom.js";
import { t } from "../core/text.js";

/** Milliseconds between two reports as they are played, at least. */
const PACE = 110;
/** Where of so many reports not one has pictures, it is said: a run of before they were kept. */
const FEW = 5;

/**
 * @param {HTMLElement} host
 * @param {(step: number | null) => Promise<void>} show Shows the run as of a step, null for the
 *   newest; its promise resolves once that is drawn.
 */
export function replayBar(host, show) {
  fill(
    host,
    html`<button class="lab-btn" data-part="play" title="${t("run.replay_play_tip")}"></button>
    <input type="range" min="0" value="0" step="1" data-part="scrub"
      aria-label="${t("run.replay")}">
    <output class="lab-note" data-part="place"></output>
    <button class="lab-btn" data-part="live" title="${t("run.replay_live_tip")}"
      >${t("run.replay_live")}</button>
    <span class="lab-note train-few" data-part="few"></span>`,
  );
  const $ = partsOf(host);
  const range = $("scrub", HTMLInputElement);
  const [play, live] = [$("play", HTMLButtonElement), $("live", HTMLButtonElement)];
  /** @type {number[]} The steps of the reports, and those that have pictures of the inside. */
  let steps = [];
  /** @type {number[]} */
  let pictured = [];
  let total = 0;
  /** @type {number | null} Which report is shown; null for the newest. */
  let at = null;
  let playing = false;
  /** Whether an answer is awaited; whether another was asked for meanwhile. */
  let [busy, again] = [false, false];

  function paint() {
    host.hidden = steps.length < 2;
    range.max = String(Math.max(0, steps.length - 1));
    range.value = at === null ? range.max : String(at);
    const step = steps[Number(range.value)] ?? 0;
    const words = t("run.replay_at", { step, steps: total });
    range.setAttribute("aria-valuetext", words);
    setText($("place"), words);
    live.disabled = at === null;
    setText(play, playing ? "❚❚" : "▶");
    play.setAttribute("aria-label", t(playing ? "run.replay_pause" : "run.replay_play"));
    const few = FEW * pictured.length < steps.length;
    const known = { count: pictured.length, all: steps.length };
    setText($("few"), few ? t("run.replay_pictures", known) : "");
  }

  async function refresh() {
    again = busy;
    if (busy) return;
    busy = true;
    do {
      again = false;
      await show(at === null ? null : (steps[at] ?? null));
    } while (again);
    busy = false;
  }

  /** @param {number | null} next */
  function go(next) {
    at = next === null || next >= steps.length - 1 ? null : Math.max(0, next);
    if (at === null) playing = false;
    paint();
    return refresh();
  }

  async function playOn() {
    playing = true;
    await go(at === null ? 0 : at + 1);
    while (playing && at !== null) {
      const paced = new Promise((done) => setTimeout(done, PACE));
      await paced;
      if (playing && at !== null) await go(at + 1);
    }
    paint();
  }

  play.addEventListener("click", () => {
    if (!playing) return playOn();
    playing = false;
    paint();
  });
  live.addEventListener("click", () => go(null));
  range.addEventListener("input", () => {
    playing = false;
    go(Number(range.value));
  });

  return {
    /** The reports that there are. @param {any} answer */
    offer(answer) {
      if (!answer.reported) return;
      ({ reported: steps, pictured } = answer);
      total = answer.steps ?? 0;
      paint();
    },
    /** Another run is shown. */
    reset() {
      [at, playing, steps] = [null, false, []];
      paint();
    },
  };
}
