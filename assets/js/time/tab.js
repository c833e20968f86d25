/**
 * Runs the Time tab: what the implementations cost on this host, drawn while the figures come in.
 */

import { disable, hide, isDisabled } from "../core/controls.js";
import { untilDone } from "../core/follow.js";
import { beginner, goToRefused, mendFields, onAnswered, whenThere } from "../core/gradio.js";
import { handed, onHanded } from "../core/handover.js";
import { fill, findAll, html, partsOf, reveal, setText, t } from "../core/html.js";
import { jobList } from "../core/job_list.js";
import { tellJob } from "../core/job_news.js";
import { language } from "../core/language.js";
import { lentChoice } from "../core/lent_gpu.js";
import { ask, attempt, downloadFrom, prepare, route } from "../core/server.js";
import { readJob, write } from "../core/state.js";
import { besidePicker, citedCard } from "./elsewhere.js";
import { timingCards } from "./timing_cards.js";

const NARROW = matchMedia("(width <= 760px), (900px <= width <= 1100px)");

/** @param {import("../core/gradio.js").Component} component */
export function mount(component) {
  const { element, props, trigger, watch } = component;
  const page = timingCards(element, {
    look: (changed) => look(changed),
    save: (format, baseline) =>
      downloadFrom(route(`timings/${state.id}/export`, { format, baseline })),
    again,
    notice,
  });
  citedCard(page.part("cited"), props.cited);
  const beside = besidePicker(page.part("beside-pick"), {
    lay: (token) => look({ beside: token }),
    notice,
  });
  const status = document.createElement("div");
  status.className = "lab time-status";
  fill(status, statusParts());
  (document.getElementById("lab-time-start") ?? element).append(status);
  const s = partsOf(status);
  const stop = s("stop", HTMLButtonElement);
  const begin = beginner(component);
  const withoutGpu = lentChoice(s("lent"), async (wish) => {
    const answer = await begin("submit", { run: state.id, wish });
    if (answer.error) notice(answer.error, true);
    follow();
  });
  const kept = jobList(
    s("kept"),
    { kind: "timing", tab: "time", words: (key) => t(`timed.kept.${key}`) },
    {
      open: (id) => {
        write({ timing: id });
        notice("");
        look({ id, elements: null, beside: null, next: [] });
      },
      changed: () => follow(),
      notice,
    },
  );

  const state = {
    /** @type {string | null} The timing that is shown; null asks for the visitor's latest. */
    id: readJob("timing"),
    mark: "",
    baseline: "relu",
    /** @type {number | null} */
    elements: null,
    /** @type {string | null} Another timing's id, or the token of a file. */
    beside: null,
    /** @type {string[]} Timings that follow this one, each to be laid beside it. */
    next: [],
    drawn: false,
  };
  const named = state.id !== null;
  /** @type {ReturnType<typeof untilDone> | null} */
  let following = null;

  /** Asks for the timing until it has ended; with it, what is drawn changes. */
  function follow() {
    following?.end();
    following = untilDone(
      () => {
        const { id: timing, mark, baseline, elements, beside } = state;
        const query = { timing, mark, baseline, elements, beside, narrow: NARROW.matches };
        return ask("timings/view", { query });
      },
      (answer) => {
        if (answer.error) {
          if (named && !state.drawn && state.id !== null) {
            // A shared or a forgotten address: the visitor's own latest stands in its place.
            notice(t("time.ui.not_yours"));
            write({ timing: null });
            state.id = null;
            follow();
          } else notice(answer.error, true);
          return;
        }
        hear(answer);
      },
      { topics: ({ id }) => (id ? [id] : []), milliseconds: 300 },
    );
  }

  /** @param {any} answer */
  function hear(answer) {
    if (answer.id && answer.id !== state.id) state.id = answer.id;
    state.mark = answer.mark ?? "";
    if (answer.beside_gone) {
      state.beside = null;
      notice(answer.beside_gone, true);
    }
    if (answer.drawn) {
      state.drawn = true;
      page.draw(answer.drawn);
    }
    if (answer.presets) about(chosen, answer.presets);
    if (answer.earlier) {
      kept.show(answer.earlier, state.id);
      beside.show(
        answer.earlier.filter((/** @type {{id: string}} */ { id }) => id !== state.id),
        answer.files ?? [],
        state.beside,
      );
    }
    const [id, ...next] = state.next;
    if (answer.done && id) {
      write({ timing: id });
      look({ id, elements: null, beside: answer.id, mark: "", next });
      return;
    }
    const active = Boolean(answer.id) && !answer.done;
    const { id: shown = null, state: stands, share = 0 } = answer;
    tellJob("timing", { id: shown, name: t("shell.tab_time"), active, state: stands, share });
    if (active) beside.rest();
    hide(stop, !active, "#lab-time-measure");
    s("progress").hidden = !active;
    s("share").style.width = `${Math.round(100 * (answer.share ?? 0))}%`;
    if (active) disable(stop, isDisabled(stop) && stop.dataset.id === answer.id);
    withoutGpu(answer);
    if (answer.line !== undefined) say(answer.line, answer.failed);
    element.dataset.state = answer.state ?? "empty";
  }

  /** @param {string} line */
  function say(line, failed = false) {
    setText(s("line"), line);
    s("line").className = failed ? "lab-error" : "lab-note";
  }

  /** Times what is shown once more. */
  async function again() {
    notice("");
    const { id, error } = await begin("submit", { run: state.id, wish: "again" });
    if (error) return notice(error, true);
    write({ timing: id });
    look({ id, elements: null, beside: null, mark: "", next: [] });
  }

  /** @param {string} line */
  function notice(line, failed = false) {
    s("notice").textContent = line;
    s("notice").className = failed ? "lab-error" : "lab-note";
  }

  whenThere("lab-time-measure").then((button) => {
    button.addEventListener("click", () => notice(""));
    onAnswered(button, () => goToRefused("#lab-time-fields", notice));
  });

  /**
   * Looks at the same figures in another way: nothing is measured again.
   * @param {Partial<typeof state>} changed
   */
  function look(changed) {
    Object.assign(state, changed);
    follow();
  }

  NARROW.addEventListener("change", () => look({}));
  stop.addEventListener("click", async () => {
    disable(stop);
    stop.dataset.id = state.id ?? "";
    say(t("time.ui.stopping"));
    for (const id of [state.id, ...state.next.splice(0)]) {
      const answer = await attempt(`timings/${id}/stop`, { method: "POST" });
      if (answer.error) notice(answer.error, true);
    }
    follow();
  });

  /** Measure was pressed, or a preset chosen: the handler's answer is the component's value. */
  watch("value", () => {
    const { id, next = [], error, preset, call } = props.value ?? {};
    if (call) return; // what was asked by another button
    if (preset) return about(preset);
    if (error) return notice(error, true);
    if (!id || id === state.id) return;
    notice("");
    disable(stop, false);
    write({ timing: id });
    say(t("time.ui.state_starting"));
    look({ id, elements: null, beside: null, mark: "", next });
    reveal(element);
  });
  let chosen = "article";
  /** @type {Record<string, string>} */
  let presets = {};

  /**
   * Says what a preset answers, and about how long that takes as things stand.
   * @param {string} preset
   */
  function about(preset, sentences = presets) {
    [chosen, presets] = [preset, sentences];
    s("preset").textContent = sentences[preset] ?? props.presets[preset]?.[language] ?? "";
  }
  about("article");

  const column = element.closest(".lab-columns")?.querySelector(".lab-col");
  mendFields(/** @type {HTMLElement} */ (column), {
    "#lab-time-start": t("time.ui.preset.label"),
    "#lab-time-fields": t("time.ui.settings"),
  });
  // A worker takes seconds to start: it does so while the reader's hand is on its way.
  const start = document.getElementById("lab-time-start");
  for (const event of ["pointerenter", "focusin"])
    start?.addEventListener(event, () => prepare("timing"), { once: true });
  for (const card of [start, document.getElementById("lab-time-fields")]) if (card) tooltips(card);
  // Gradio's field for a formula asks for it here when another tab has handed one over.
  whenThere("lab-time").then((node) => {
    Object.assign(node, { formula: () => (handed("time") ?? "").slice(1) });
    onHanded("time", () => trigger("input"));
  });
  window.addEventListener("swish-lab-back", follow);
  follow();
}

/**
 * Gradio's lines of help become tooltips of their fields; they stay in the page for screen readers.
 * @param {HTMLElement} fields
 */
function tooltips(fields) {
  for (const help of findAll(fields, ".info-text")) {
    help.closest(".block")?.setAttribute("title", (help.textContent ?? "").trim());
  }
  for (const box of findAll(fields, "#lab-time-variants input", HTMLInputElement)) {
    // The box bears the bare name; what it is stands in the catalogue.
    box.title = t(`time.variant.${box.name}.note`);
    box.closest("label")?.setAttribute("title", box.title);
  }
}

function statusParts() {
  return html`
    <p class="lab-note time-preset" data-part="preset"></p>
    <div class="lab-row time-run">
      <button class="lab-btn" data-part="stop" type="button" hidden
        title="${t("time.ui.stop_tip")}">■ ${t("time.ui.stop")}</button>
      <span class="lab-row" data-part="lent"></span>
      <span class="lab-note" data-part="line"></span>
    </div>
    <div class="lab-bar" data-part="progress" hidden><i data-part="share"></i></div>
    <p class="lab-note" data-part="notice" role="alert"></p>
    <div data-part="kept" hidden></div>`;
}
