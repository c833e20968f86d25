/**
 * Controls what is seen of a run: the choices beside its plots, and a bar by which its earlier
 * reports are shown again, dragged, by arrow keys, or played.
 */

import { fieldOf, offer, press, roveRows } from "../core/controls.js";
import { closest, fill, find, findAll, html, partsOf, setText, t } from "../core/html.js";

/** @type {Record<string, any>} What is drawn by layer is left to the run until the reader picks. */
const FIRST = {
  quantity: "size",
  layer: 0,
  seed: 0,
  look: 0,
  per_layer: undefined,
  smooth: 0,
  log_loss: true,
  log_steps: false,
};

/**
 * @param {HTMLElement} root Holds the controls, each marked with `data-pick`.
 * @param {() => void} changed
 */
export function viewChoices(root, changed) {
  const values = { ...FIRST };
  /** What the reader has picked, though a run that has no such quantity shows another. */
  let quantity = FIRST.quantity;
  /** @template {Element} [T=HTMLElement] @param {string} name @param {new () => T} [kind] */
  const control = (name, kind) => find(root, `[data-pick="${name}"]`, kind);

  function paint() {
    for (const group of findAll(root, ".lab-seg[data-pick]")) {
      const value = values[group.dataset.pick ?? ""];
      press(findAll(group, "button"), ({ dataset }) => dataset.value === value);
    }
    for (const name of ["log_loss", "log_steps"])
      control(name, HTMLInputElement).checked = values[name];
  }

  /** @param {string} name @param {unknown} value */
  function set(name, value) {
    if (values[name] === value) return;
    values[name] = value;
    paint();
    changed();
  }

  root.addEventListener("click", ({ target }) => {
    const button = closest(target, ".lab-seg[data-pick] button");
    const name = closest(button, ".lab-seg")?.dataset.pick;
    if (!button || !name) return;
    if (name === "quantity") quantity = button.dataset.value;
    set(name, button.dataset.value);
  });
  root.addEventListener("input", (event) => {
    const field = fieldOf(event);
    const name = field.dataset?.pick;
    if (!name) return;
    if (field.type === "checkbox") set(name, /** @type {HTMLInputElement} */ (field).checked);
    else set(name, name === "per_layer" ? field.value : Number(field.value));
  });
  paint();
  roveRows(root);

  /**
   * Fills a menu; one that has a single entry is not shown.
   * @param {string} name @param {string[]} words
   */
  function entries(name, words) {
    const menu = control(name, HTMLSelectElement);
    const before = menu.dataset.shown;
    offer(
      menu,
      words.map((word, at) => [String(at), word]),
      "",
    );
    if (menu.dataset.shown !== before)
      values[name] = Math.min(values[name], Math.max(0, words.length - 1));
    menu.value = String(values[name]);
    menu.closest("label")?.toggleAttribute("hidden", words.length < 2);
  }

  return {
    values: () => ({ ...values }),
    /** Another run is shown: what is drawn by layer is left to it. */
    forget: () => {
      values.per_layer = undefined;
      values.quantity = quantity;
      paint();
    },
    /** What a run has to pick from. @param {any} answer */
    offer({ layers = 0, seeds = [], looks, quantities = [], per_layer: perLayer }) {
      if (perLayer) control("per_layer", HTMLSelectElement).value = perLayer;
      entries(
        "layer",
        Array.from({ length: layers }, (_, at) => t("run.layer", { number: at + 1 })),
      );
      const named = seeds.map((/** @type {number} */ seed) => t("run.one_seed", { seed }));
      entries("seed", seeds.length > 1 ? [t("run.all_seeds"), ...named] : []);
      if (looks) entries("look", looks);
      for (const button of findAll(control("quantity"), "button"))
        button.hidden = !quantities.includes(button.dataset.value);
      control("quantity").hidden = quantities.length < 2;
      // The bands are of β and of |β|.
      find(root, ".train-bands").hidden =
        !quantities.includes("size") || ["effective", "own"].includes(values.quantity);
      if (quantities.length && !quantities.includes(values.quantity))
        set("quantity", quantities[0]);
    },
  };
}

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
      await new Promise((done) => setTimeout(done, PACE));
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
