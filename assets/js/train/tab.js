/** Train: a run as it streams in, found again after a reload, held beside others. */

import { handed, onHanded, whenThere } from "../core/handover.js";
import { poll } from "../core/poll.js";
import * as rest from "../core/server.js";
import { read, write } from "../core/state.js";
import { escaped, t } from "../core/text.js";
import { LivePlot, loadPlotly } from "../plot/live_plot.js";
import { arrange, PLOTS, showRefused, skeleton, tableField, tellTable } from "./frame.js";
import { inside } from "./network_view.js";
import { runList } from "./run_list.js";
import { picks } from "./view_choices.js";

/** Which wishes a run in a state can be asked. */
const WISHES = {
  running: ["pause", "stop"],
  paused: ["resume", "step", "stop"],
  waiting: ["stop"],
};
const SIGNS = { pause: "❚❚", resume: "▶", step: "▶❚", stop: "■", again: "↺", use: "⇠" };

export function mount({ element, props, trigger, watch, server }) {
  element.innerHTML = skeleton();
  const $ = (name) => element.querySelector(`[data-part="${name}"]`);
  const plots = Object.fromEntries(PLOTS.map((name) => [name, new LivePlot($(name))]));
  const picked = picks(element, () => follow(run, true));
  const look = inside(element, plots);
  const runs = runList($("runs"), { server, follow, current: () => run, say, told: () => told });
  let run = read("run", (text) => (/^[\w-]{1,64}$/.test(text) ? text : undefined), null);
  let after = -1;
  let end = () => {};
  /** The last answer. */
  let told = {};

  /** @param {string | null} next @param {boolean} [anew] Whether all is to be drawn again. */
  function follow(next, anew = false, hurry = 0) {
    end();
    if (next !== run || anew) {
      after = -1;
      whole = false;
    }
    if (next !== run) {
      // What an earlier run has drawn is hidden behind these, and its units go.
      for (const note of element.querySelectorAll(".train-empty")) note.hidden = false;
      $("units-card").hidden = true;
      picked.forget();
    }
    run = next;
    write({ run });
    end = poll(ask, show, undefined, hurry);
  }

  /**
   * Once all has been drawn, a run that streams is drawn where it is on the screen; the rest follows
   * when it is seen, or at the end.
   */
  let asked = [];
  let whole = false;
  function ask() {
    asked = whole && told.done === false ? PLOTS.filter((name) => seen.has(name)) : [];
    return server.poll({ run, after, picked: { ...picked.values(), only: asked } });
  }
  const seen = new Set(PLOTS);
  const watching = new IntersectionObserver(
    (entries) => {
      let news = false;
      for (const { target, isIntersecting } of entries) {
        const { part } = target.dataset;
        news ||= isIntersecting && !seen.has(part);
        if (isIntersecting) seen.add(part);
        else seen.delete(part);
      }
      if (news && told.done === false) after = -1;
    },
    { rootMargin: "80px" },
  );
  for (const name of PLOTS) watching.observe($(name));

  function say(words, wrong = false) {
    $("line").textContent = words;
    $("line").className = wrong ? "lab-error" : "lab-note";
  }

  function show(answer) {
    if (answer.error) {
      say(answer.error, true);
      // A run that is not there, or not theirs: show what is.
      if (run !== null) {
        write({ run: null });
        run = null;
      }
      return;
    }
    told = { ...told, ...answer };
    say(answer.line ?? "", answer.state === "failed");
    element.dataset.state = answer.state ?? "none";
    // Of a run whose settings cannot be read nothing is drawn, and nothing can begin again with them.
    const lost = answer.run && answer.again === null;
    element.toggleAttribute("data-lost", Boolean(lost));
    if (answer.run) run = answer.run;
    runs.show(answer.runs ?? [], answer);
    $("what").textContent = answer.what ?? "";
    $("table").hidden = !answer.table;
    $("table").textContent = answer.table ?? "";
    const changed = answer.run === started.run ? started.fitted : [];
    $("fitted").hidden = !changed.length;
    $("fitted").innerHTML = changed.map((words) => `<li>${escaped(words)}</li>`).join("");
    if (answer.first) arrange(element, answer.first);
    $("tie").hidden = !answer.tie;
    $("tie").textContent = answer.tie ?? "";
    $("progress").style.width = `${100 * (answer.progress ?? 0)}%`;
    $("left").textContent = answer.left ?? "";
    const own = answer.own === false ? [] : [...(WISHES[answer.state] ?? []), "again"];
    const wishes = answer.run && !lost ? [...own, "use"] : [];
    const wanted = `${wishes.join()} ${answer.again}`;
    if ($("wishes").dataset.wishes !== wanted) {
      $("wishes").dataset.wishes = wanted;
      $("wishes").innerHTML = wishes.map(button).join("");
      const again = $("wishes").querySelector("[data-wish=again]");
      if (again && answer.again === false) {
        again.disabled = true;
        again.title = t("run.again_table");
      }
    }
    if (answer.stats) {
      $("stats").innerHTML = answer.stats
        .map(
          ({ value, label, tone }) =>
            `<div class="lab-stat"><b class="${tone ? `lab-${tone}` : ""}">${escaped(value)}</b><span>${unbroken(escaped(label))}</span></div>`,
        )
        .join("");
    }
    after = answer.after ?? after;
    if (answer.figures) draw(answer);
    whole ||= Boolean(answer.figures);
    if (answer.done && asked.length) follow(run, true);
  }

  function draw(answer) {
    picked.offer(answer);
    for (const [name, title] of Object.entries(answer.titles ?? {}))
      $(name).closest("section").querySelector("h3").textContent = title;
    $("beta-note").hidden = !answer.beta_note;
    $("beta-note").innerHTML = unbroken(escaped(answer.beta_note ?? ""));
    const shown = { ...answer.figures, ...answer.figures_inside };
    for (const name of PLOTS) {
      const card = $(name).closest("section");
      const figure = shown[name];
      // A plot that this run has no use for goes; one that is still to come says so.
      if (!asked.length || asked.includes(name)) {
        card.hidden = !figure && name !== "inside";
        $(`empty-${name}`).hidden = Boolean(figure);
      }
      if (figure && name !== "inputs") plots[name].update(figure);
    }
    if (answer.figures_inside) look.show(answer);
  }

  element.addEventListener("click", async (event) => {
    const wish = event.target.closest("[data-wish]")?.dataset.wish;
    if (!wish) return;
    event.target.closest("[data-wish]").disabled = true;
    if (wish === "again") return again();
    if (wish === "use") return use();
    const answer = await server.wish({ run, wish });
    if (answer.error) say(answer.error, true);
    else show(answer);
    if (answer.error || !answer.done || !asked.length) follow(run, false, 1000);
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
    const { config } = await rest.ask(`runs/${run}`);
    const answer = await rest.ask("runs", { given: { ...config, csv: undefined } });
    if (!answer.error) return follow(answer.id);
    $("wishes").dataset.wishes = "";
    say(answer.error, true);
  }

  // The Start button is Gradio's; its answer arrives as this component's value.
  let begun = 0;
  /** The run that this page has begun last, and which of its defaults were changed. */
  let started = { run: null, fitted: [] };
  whenThere("lab-start").then((start) => {
    showRefused(start, () => begun, say);
    start.addEventListener("click", loadPlotly, { once: true }); // while the run begins
    start.addEventListener("click", () => tellTable("")); // until it is told of this run's table
  });
  watch("value", () => {
    const { value } = props;
    begun += 1;
    if (value?.error) show({ error: value.error });
    else if (value?.run) {
      started = value;
      tellTable(value.table ?? "");
      follow(value.run);
    }
  });
  // Gradio's control of the rivals takes a formula in when it asks for it here.
  whenThere("lab-train").then((node) => {
    // One output whose value is a list: a list of lists.
    node.withFormula = (rivals) => [
      [...new Set([...(rivals ?? []), handed("train")].filter(Boolean))],
    ];
    onHanded("train", () => trigger("input"));
  });
  whenThere("lab-csv").then(tableField);
  window.addEventListener("swish-lab-back", () => follow(run));
  follow(run);
}

/** A line may not end within |β|. @param {string} html */
const unbroken = (html) => html.replaceAll("|β|", '<span class="train-size">|β|</span>');

const button = (wish) => {
  const name = wish === "step" ? "step_once" : wish;
  return `<button class="lab-btn" data-wish="${wish}" title="${escaped(t(`run.${wish}_tip`))}"><span aria-hidden="true">${SIGNS[wish]}</span>${escaped(t(`run.${name}`))}</button>`;
};
