/** Shows a sweep: how far it is, what mattered, and its runs; found again after a reload. */

import { disable, hide, isDisabled } from "../core/controls.js";
import { untilDone } from "../core/follow.js";
import { beginner, goToRefused, onAnswered, whenThere } from "../core/gradio.js";
import { closest, fill, findAll, html, partsOf, t } from "../core/html.js";
import { jobList } from "../core/job_list.js";
import { tellJob } from "../core/job_news.js";
import { lentChoice, nextLease } from "../core/lent_gpu.js";
import { ask, attempt, downloadFrom, route } from "../core/server.js";
import { readJob, write } from "../core/state.js";
import { LivePlot, loadPlotly } from "../plot/live_plot.js";
import { pictureMenu } from "../plot/picture_menu.js";

const FORMATS = ["json", "csv", "markdown"];
/** @param {string} key */
const h = (key) => t(`sweep.ui.${key}`);

/** @param {import("../core/gradio.js").Component} component */
export function mount(component) {
  const { element, props, watch } = component;
  fill(element, skeleton());
  const $ = partsOf(element);
  const begin = beginner(component);
  const goesOn = nextLease(begin);
  const withoutGpu = lentChoice($("lent"), async (wish) => {
    const answer = await begin("submit", { run: sweep, wish });
    if (answer.error) notice(answer.error, true);
    follow();
  });
  const plot = new LivePlot($("effects"));
  const stop = $("stop", HTMLButtonElement);
  const kept = jobList(
    $("kept"),
    { kind: "sweep", tab: "train", words: (key) => t(`sweep.kept.${key}`) },
    { open, changed: () => follow(), notice },
  );
  let sweep = readJob("sweep");
  let mark = "";
  /** @type {ReturnType<typeof untilDone> | null} */
  let following = null;

  /** Asks for the sweep until it has ended; without one, for the list of the visitor's. */
  function follow() {
    following?.end();
    const topics = (/** @type {{sweep?: string | null}} */ answer) =>
      answer.sweep ? [answer.sweep] : [];
    const question = () => ask("sweeps/view", { query: { sweep, mark } });
    following = untilDone(question, show, { topics, milliseconds: 300 });
  }

  /** @param {string | null} next */
  function open(next) {
    sweep = next || null;
    mark = "";
    notice("");
    write({ sweep });
    follow();
  }

  /** @param {string} words */
  function notice(words, wrong = false) {
    $("notice").textContent = words;
    $("notice").className = wrong ? "lab-error" : "lab-note";
  }

  /** @param {any} answer */
  function show(answer) {
    if (answer.error) {
      // A sweep that is not there, or not theirs: their own can be chosen.
      if (sweep !== null) open(null);
      return notice(answer.error, true);
    }
    const there = answer.sweep !== null;
    $("card").hidden = !there && !answer.earlier.length && !$("notice").textContent;
    $("shown").hidden = $("close").hidden = !there;
    element.toggleAttribute("data-shows", there);
    kept.show(answer.earlier, answer.id ?? null);
    element.dataset.state = answer.state ?? "none";
    if (!there || goesOn(answer, answer.id)) return;
    withoutGpu(answer);
    $("what").textContent = answer.what;
    const { id, what: name, state, done, progress: share } = answer;
    tellJob("sweep", { id, name, active: !done, state, share });
    $("line").textContent = answer.line;
    $("line").className = answer.state === "failed" ? "lab-error" : "lab-note";
    $("left").textContent = answer.left;
    $("progress").style.width = `${100 * answer.progress}%`;
    $("bar").hidden = answer.done;
    hide(stop, answer.done || !answer.own, "#lab-sweep-start");
    disable(stop, isDisabled(stop) && stop.dataset.sweep === sweep);
    $("foreign").hidden = answer.own;
    if (answer.drawn !== undefined) draw(answer.drawn);
    mark = answer.mark;
  }

  /** @param {any} drawn What there is of rows; null where no run has ended yet. */
  function draw(drawn) {
    $("none").hidden = Boolean(drawn);
    $("results").hidden = !drawn;
    if (!drawn) return;
    $("scores").textContent = drawn.scores;
    $("effects").style.height = `${drawn.figure.layout.height}px`;
    plot.update(drawn.figure);
    fill($("table"), table(drawn.table));
  }

  stop.addEventListener("click", async () => {
    disable(stop);
    stop.dataset.sweep = sweep ?? "";
    const answer = await attempt(`sweeps/${sweep}/stop`, { method: "POST" });
    if (answer.error) notice(answer.error, true);
    follow();
  });
  $("close").addEventListener("click", () => open(null));
  element.addEventListener("click", async ({ target }) => {
    const format = closest(target, "[data-format]")?.dataset.format;
    if (!format) return;
    const refused = await downloadFrom(route(`sweeps/${sweep}/export`, { format }));
    if (refused) notice(refused, true);
  });

  // The button is Gradio's; its answer arrives as this component's value.
  watch("value", () => {
    const { sweep: begun, error, call } = props.value ?? {};
    if (call) return; // what was asked by another button
    if (error) {
      $("card").hidden = false;
      return notice(error, true);
    }
    if (!begun) return;
    open(begun);
    $("card").hidden = false;
    element.scrollIntoView({ block: "nearest", behavior: "smooth" });
  });
  whenThere("lab-group-sweep").then((group) => {
    // The button is in the page once its fold has been opened.
    group.addEventListener("click", () => {
      const [start] = findAll(group, "#lab-sweep-start");
      if (!start || start.dataset.heard) return;
      start.dataset.heard = "yes";
      start.addEventListener("click", () => loadPlotly(), { once: true });
      onAnswered(start, () => goToRefused("#lab-group-sweep"));
    });
  });
  window.addEventListener("swish-lab-back", follow);
  follow();
}

/** @param {{heads: string[], rows: string[][], notes: string[]}} told */
function table({ heads, rows, notes }) {
  const head = heads.map((words) => html`<th>${words}</th>`);
  const row = (/** @type {string[]} */ cells) =>
    html`<tr>${cells.map((words) => html`<td>${words}</td>`)}</tr>`;
  return html`<div class="lab-scroll" tabindex="0"><table><thead><tr>${head}</tr></thead
    ><tbody>${rows.map(row)}</tbody></table></div>
    ${notes.map((words) => html`<p class="lab-note">${words}</p>`)}`;
}

function skeleton() {
  const files = FORMATS.map(
    (format) =>
      html`<button class="lab-btn" data-format="${format}"
        title="${t(`sweep.ui.export_${format}_tip`)}"
        >${format === "markdown" ? "Markdown" : format.toUpperCase()}</button>`,
  );
  return html`<section class="lab lab-card train-sweep" data-part="card" hidden>
    <div class="lab-row lab-between"><h2>${h("title")}</h2
      ><button class="lab-btn" data-part="close" title="${h("close")}"
        aria-label="${h("close")}" hidden>×</button></div>
    <div data-part="shown" hidden>
      <div class="lab-row lab-between train-state">
        <div><p class="train-what" data-part="what"></p
          ><p class="lab-note" data-part="line"></p></div>
        <div class="lab-row"><span class="lab-note" data-part="left"></span
          ><span class="lab-row" data-part="lent"></span
          ><button class="lab-btn" data-part="stop" title="${h("stop_tip")}" hidden
            ><span aria-hidden="true">■</span>${t("run.stop")}</button></div></div>
      <div class="lab-bar" data-part="bar"><i data-part="progress"></i></div>
      <p class="lab-note" data-part="none">${h("none")}</p>
      <div data-part="results" hidden>
        <div class="lab-row lab-between"><h2>${h("effects")}</h2>${pictureMenu()}</div>
        <p class="lab-note" data-part="scores"></p>
        <div data-part="effects"></div>
        <div data-part="table"></div>
        <div class="lab-row train-sweep-files">${files}</div>
      </div>
      <p class="lab-note" data-part="foreign" hidden>${h("foreign")}</p>
    </div>
    <p class="lab-note" data-part="notice" role="alert"></p>
    <div data-part="kept" hidden></div>
  </section>`;
}
