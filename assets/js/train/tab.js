/** Runs the Train tab: a run as it streams in, found again after a reload, held beside others. */

import { disable } from "../core/controls.js";
import { untilDone } from "../core/follow.js";
import { beginner, mendFields, whenThere } from "../core/gradio.js";
import { handed, onHanded } from "../core/handover.js";
import {
  closest,
  fill,
  find,
  findAll,
  html,
  moment,
  partsOf,
  refill,
  reveal,
  setText,
  t,
} from "../core/html.js";
import { announce, tellJob } from "../core/job_news.js";
import { nextLease } from "../core/lent_gpu.js";
import { ask, attempt } from "../core/server.js";
import { readJob, write } from "../core/state.js";
import { LivePlot, loadPlotly } from "../plot/live_plot.js";
import { tellPictures } from "../plot/picture_menu.js";
import {
  arrange,
  noteTable,
  PLOTS,
  refusalAfter,
  showRefused,
  skeleton,
  tableField,
} from "./frame.js";
import { networkView } from "./network_view.js";
import { onRecipe } from "./recipe_tiles.js";
import { replayBar, viewChoices } from "./report_controls.js";
import { runList } from "./run_list.js";

/** @type {Record<string, string[]>} Which wishes a run in a state can be asked. */
const WISHES = {
  running: ["pause", "stop"],
  paused: ["resume", "step", "stop"],
  waiting: ["stop"],
};
/** Has a device work on. */
const GOES_ON = new Set(["resume", "step", "cpu"]);
/** @type {Record<string, string>} */
const SIGNS = { pause: "❚❚", resume: "▶", step: "▶❚", cpu: "▶", stop: "■", again: "↺", use: "⇠" };
/** What is drawn of the inside beside its figure. */
const OF_INSIDE = ["units-card", "network-card", "guesses"];
/** Of one that rests for want of a GPU. */
const WITHOUT_GPU = ["resume", "cpu", "stop"];

/**
 * Tells the style sheets what they would ask by :has(). With it, the whole tab would be styled anew
 * for each line that Plotly adds: half of what it takes to open a run.
 * @param {HTMLElement} element
 */
function tellWhatIsHidden(element) {
  const tell = () => {
    for (const group of findAll(element, ".train-group"))
      group.toggleAttribute("data-bare", !group.querySelector("section:not([hidden])"));
    for (const row of findAll(element, ".train-three, .train-inside"))
      row.toggleAttribute("data-fewer", Boolean(row.querySelector(":scope > [hidden]")));
    element.toggleAttribute("data-guesses", !find(element, ".train-guesses").hidden);
  };
  const hidden = { attributes: true, attributeFilter: ["hidden"], subtree: true };
  new MutationObserver(tell).observe(element, hidden);
  tell();
}

/** @param {import("../core/gradio.js").Component} component */
export function mount(component) {
  const { element, props, trigger, watch } = component;
  fill(element, skeleton());
  const $ = partsOf(element);
  tellWhatIsHidden(element);
  const plots = Object.fromEntries(PLOTS.map((name) => [name, new LivePlot($(name))]));
  tellPictures(element, (plot) => ({
    name: `swish-lab-${/** @type {HTMLElement} */ (plot).dataset.part ?? "runs"}`,
    lines: [latest.name, latest.what].filter(Boolean),
  }));
  const picked = viewChoices(element, () => (at === null ? follow(run, true) : showAt(at)));
  const replay = replayBar($("replay"), showAt);
  /** @type {number | null} The step as of which the run is shown; null for the newest. */
  let at = null;
  const look = networkView(element, plots);
  const runs = runList($("runs"), {
    follow,
    current: () => run,
    latest: () => latest,
  });
  let run = readJob("run");
  element.toggleAttribute("data-folded", !run);
  if (run) element.dataset.state = "coming";
  let after = -1;
  /** @type {ReturnType<typeof untilDone> | null} */
  let following = null;
  const begin = beginner(component);
  const goesOn = nextLease(begin);
  /** @type {Record<string, any>} What was told of the run last. */
  let latest = {};

  /** @param {string | null} next @param {boolean} [anew] Whether all is to be drawn again. */
  function follow(next, anew = false, hurry = 0) {
    following?.end();
    if (next !== run || anew) {
      after = -1;
      whole = false;
    }
    if (next !== run) {
      // What an earlier run has drawn is hidden behind these, and its units go.
      for (const note of findAll(element, ".train-empty")) note.hidden = false;
      $("units-card").hidden = true;
      element.toggleAttribute("data-folded", !next);
      say("");
      $("network-card").hidden = true;
      picked.forget();
      at = null;
      replay.reset();
    }
    run = next;
    write({ run });
    const topics = (/** @type {{run?: string}} */ answer) => (answer.run ? [answer.run] : []);
    following = untilDone(question, show, { topics, hurry });
  }

  /**
   * Once all has been drawn, a run that streams is drawn where it is on the screen; the rest
   * follows when it is seen, or at the end.
   */
  /** @type {string[]} */
  let requested = [];
  let whole = false;
  function question() {
    requested = whole && latest.done === false ? onScreen() : [];
    return ask("runs/view", { query: { run, after, ...picked.values(), only: requested } });
  }
  const seen = new Set(PLOTS);
  const watching = new IntersectionObserver(
    (entries) => {
      let news = false;
      for (const { target, isIntersecting } of entries) {
        const part = /** @type {HTMLElement} */ (target).dataset.part ?? "";
        news ||= isIntersecting && !seen.has(part);
        if (isIntersecting) seen.add(part);
        else seen.delete(part);
      }
      if (news && at !== null) showAt(at);
      if (!news || at !== null || latest.done !== false) return;
      after = -1;
      following?.now();
    },
    { rootMargin: "80px" },
  );
  for (const name of [...PLOTS, ...OF_INSIDE]) watching.observe($(name));
  /** The figures that are seen; what a network looks like inside comes with one of them. */
  const onScreen = () =>
    PLOTS.filter((name) => seen.has(name) || (name === "inside" && OF_INSIDE.some(isSeen)));
  const isSeen = (/** @type {string} */ name) => seen.has(name);

  /** Says how the run stands. @param {string} words */
  function tell(words, wrong = false) {
    if (wrong && $("line").textContent !== words) announce(words);
    $("line").textContent = words;
    $("line").className = wrong ? "lab-error" : "lab-note";
  }

  /** Says why a wish was refused: beside its button, and the run keeps its state. */
  function say(/** @type {string} */ words) {
    $("refused").textContent = words;
  }

  /** @param {any} answer */
  function show(answer) {
    if (answer.error) return showNone(answer.error);
    latest = { ...latest, ...answer };
    for (const each of answer.runs ?? []) goesOn(each, each.run);
    if (goesOn(answer, answer.run)) return; // between two leases
    tell(answer.line ?? "", answer.state === "failed");
    element.dataset.state = answer.state ?? "none";
    // Before there is anything to draw, empty boxes stand for a run that goes on alone.
    const begins = answer.run && !answer.done;
    element.toggleAttribute("data-folded", !whole && !answer.figures && !begins);
    // Of a run whose settings cannot be read nothing is drawn, and nothing can begin with them.
    const lost = answer.run && answer.again === null;
    element.toggleAttribute("data-lost", Boolean(lost));
    if (answer.run) run = answer.run;
    runs.show(answer.runs ?? [], answer);
    const { run: id = null, state, done, progress: share = 0 } = answer;
    const [named] = (answer.runs ?? []).filter((/** @type {any} */ each) => each.run === id);
    const name = answer.name || named?.name || answer.what || t("shell.tab_train");
    tellJob("run", { id, name, active: done === false, state, share });
    $("what").textContent = answer.name || answer.what || "";
    $("called").textContent = answer.name ? answer.what : "";
    $("table").hidden = !answer.table;
    $("table").textContent = answer.table ?? "";
    const changed = answer.run === started.run ? started.fitted : [];
    $("fitted").hidden = !changed.length;
    fill($("fitted"), html`${changed.map((words) => html`<li>${words}</li>`)}`);
    if (answer.first) arrange(element, answer.first);
    tellOther();
    replay.offer(answer);
    if (at === null) setText($("sentence"), answer.sentence ?? "");
    find(element, ".lab-bar").hidden = Boolean(answer.done);
    $("progress").style.width = `${100 * (answer.progress ?? 0)}%`;
    $("left").textContent = answer.left ?? "";
    const asked = answer.rests === "gpu" ? WITHOUT_GPU : (WISHES[answer.state] ?? []);
    const own = answer.own === false ? [] : [...asked, "again"];
    const wishes = answer.run && !lost ? [...own, "use"] : [];
    const wanted = `${wishes.join()} ${answer.again}`;
    if ($("wishes").dataset.wishes !== wanted) {
      $("wishes").dataset.wishes = wanted;
      refill($("wishes"), html`${wishes.map(button)}`, "data-wish");
      const [again] = findAll($("wishes"), "[data-wish=again]", HTMLButtonElement);
      if (again && answer.again === false) {
        disable(again);
        again.title = t("run.again_table");
      }
    }
    // Figures and plots come together.
    if (at === null && answer.stats && (whole || answer.figures || answer.done))
      fill($("stats"), html`${answer.stats.map(stat)}`);
    after = answer.after ?? after;
    if (answer.figures && at === null) draw(answer, requested);
    whole ||= Boolean(answer.figures);
    if (answer.done && requested.length) follow(run, true);
  }

  /** That what is shown is no run of the recipe that is chosen. */
  function tellOther() {
    const { run: there, recipe, name, what, own, created } = latest;
    const other = there && wanted && recipe !== wanted;
    const words = () =>
      t(own ? "run.shown_other" : "run.shown_foreign", {
        name: name || what,
        when: moment(created),
        recipe: t(`train.recipe.${wanted}.title`),
      });
    setText($("other"), other ? words() : "");
  }
  /** The recipe that Start trains. */
  let wanted = "";
  onRecipe((name) => {
    wanted = name;
    tellOther();
  });

  /** A run that is not there, or not theirs: one sentence, and what is theirs to choose from. */
  async function showNone(/** @type {string} */ words) {
    tell(words, true);
    if (run === null) return; // the server did not answer
    write({ run: null });
    run = null;
    latest = {};
    tellOther();
    replay.reset();
    element.dataset.state = "none";
    element.toggleAttribute("data-folded", true);
    for (const part of ["sentence", "what", "called", "stats", "left", "wishes", "table"])
      $(part).textContent = "";
    $("wishes").dataset.wishes = "";
    $("progress").style.width = "0";
    const { runs: own = [] } = await attempt("runs/view", {
      query: { after: Number.MAX_SAFE_INTEGER },
    });
    if (run === null) runs.show(own, /** @type {any} */ ({}));
  }

  /**
   * Shows the run as of a report, or as it stands.
   * @param {number | null} step
   */
  async function showAt(step) {
    at = step;
    if (step === null) return follow(run, true);
    const asked = run;
    const only = onScreen();
    const query = { run, after: -1, at: step, ...picked.values(), only };
    const answer = await attempt("runs/view", { query });
    if (at !== step || run !== asked || answer.error) return;
    setText($("sentence"), answer.sentence);
    fill($("stats"), html`${answer.stats.map(stat)}`);
    if (answer.figures) draw(answer, only);
  }

  /**
   * @param {any} answer
   * @param {string[]} requested The figures that were asked for; all if none.
   */
  function draw(answer, requested) {
    picked.offer(answer);
    /** @param {string} name */
    const cardOf = (name) => /** @type {HTMLElement} */ ($(name).closest("section"));
    for (const [name, title] of Object.entries(answer.titles ?? {}))
      find(cardOf(name), "h2").textContent = title;
    $("beta-note").hidden = !answer.beta_note;
    fill($("beta-note"), unbroken(answer.beta_note ?? ""));
    const shown = { ...answer.figures, ...answer.figures_inside };
    for (const name of PLOTS) {
      const card = cardOf(name);
      const figure = shown[name];
      // A plot that this run has no use for goes; one that is still to come says so.
      if (!requested.length || requested.includes(name)) {
        card.hidden = !figure && name !== "inside";
        $(`empty-${name}`).hidden = Boolean(figure);
      }
      if (figure && name !== "inputs") plots[name].update(figure);
    }
    if (answer.figures_inside) look.show(answer);
  }

  element.addEventListener("click", async (event) => {
    const pressed = closest(event.target, "[data-wish]");
    const wish = pressed?.dataset.wish;
    if (!wish) return;
    disable(pressed);
    say("");
    if (wish === "again") return again();
    if (wish === "use") return use();
    const asked = run;
    const done = GOES_ON.has(wish)
      ? await begin("submit", { run, wish })
      : await attempt(`runs/${run}/${wish}`, { method: "POST" });
    if (run !== asked) return;
    // Its state is told at once, though the server may be drawing.
    const query = { run, figures: false };
    const answer = done.error ? done : await attempt("runs/view", { query });
    if (answer.error) say(answer.error);
    else show(answer);
    if (answer.error || !answer.done || !requested.length) follow(run, false, 1000);
  });

  /** Gradio's fields take the settings of the run that is shown. */
  function use() {
    props.value = { use: run };
    trigger("edit");
    $("wishes").dataset.wishes = ""; // the buttons are made anew
    follow(run);
  }

  /** A new run of the same settings. */
  async function again() {
    const answer = await begin("submit", { run, wish: "again" });
    if (!answer.error) return follow(answer.run);
    $("wishes").dataset.wishes = "";
    say(answer.error);
    follow(run);
  }

  // The Start button is Gradio's; its answer arrives as this component's value.
  let begun = 0;
  let startNote = document.createElement("p");
  /**
   * @type {{run: string | null, fitted: string[]}} What this page has begun last, and what was
   *   fitted.
   */
  let started = { run: null, fitted: [] };
  whenThere("lab-start").then((start) => {
    startNote = refusalAfter(start);
    showRefused(start, () => begun);
    start.addEventListener("click", () => loadPlotly(), { once: true }); // while the run begins
    start.addEventListener("click", () => noteTable("")); // until it is told of this run's table
  });
  watch("value", () => {
    const { value } = props;
    if (value?.call) return; // what was asked by another button
    begun += 1;
    startNote.textContent = value?.error ?? "";
    if (value?.error) return; // the run that is shown keeps its state
    if (value?.run) {
      started = value;
      noteTable(value.table ?? "");
      follow(value.run, false, 1000);
      reveal(element);
    }
  });
  // Gradio's control of the rivals takes a formula in when it asks for it here.
  whenThere("lab-train").then((node) => {
    /** One output whose value is a list: a list of lists. @param {string[] | null} rivals */
    const withFormula = (rivals) => [
      [...new Set([...(rivals ?? []), handed("train")].filter(Boolean))],
    ];
    Object.assign(node, { withFormula });
    onHanded("train", () => trigger("input"));
  });
  whenThere("lab-csv").then(tableField);
  const column = element.closest(".lab-columns")?.querySelector(".lab-controls");
  mendFields(/** @type {HTMLElement} */ (column), {
    ":scope > .lab-card.column": t("train.field.recipe.label"),
  });
  window.addEventListener("swish-lab-back", () => follow(run));
  follow(run);
}

/** A sentence in which no line ends within |β|. @param {string} sentence */
const unbroken = (sentence) =>
  html`${sentence.split(/(\|β\|)/).map((part) => (part === "|β|" ? SIZE : part))}`;
const SIZE = html`<span class="train-size">|β|</span>`;

/** @param {{value: string, label: string, tone: string | null}} stat */
const stat = ({ value, label, tone }) => html`<div class="lab-stat"
  ><b class="${tone ? `lab-${tone}` : ""}">${value}</b><span>${unbroken(label)}</span></div>`;

/** @param {string} wish */
const button = (wish) => html`<button class="lab-btn" data-wish="${wish}"
  title="${t(`run.${wish}_tip`)}"><span aria-hidden="true">${SIGNS[wish]}</span
  >${t(`run.${wish === "step" ? "step_once" : wish}`)}</button>`;
