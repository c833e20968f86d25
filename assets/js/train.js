/** Train: a run as it streams in, found again after a reload, and stopped at once. */

import { handed, onHanded, whenThere } from "./handover.js";
import { LivePlot } from "./plot.js";
import { poll } from "./poll.js";
import { read, write } from "./state.js";
import { escape, t } from "./text.js";

const CARDS = [
  ["beta0", () => t("run.plot_beta", { number: 1 })],
  ["beta1", () => t("run.plot_beta", { number: 2 })],
  ["convergence", () => t("run.plot_convergence")],
  ["band", () => t("run.plot_band")],
  ["loss", () => t("run.plot_loss")],
  ["accuracy", () => t("run.plot_accuracy")],
];
const SMALL = new Set(["convergence", "band", "loss", "accuracy"]);
/** Which wishes a run in a state can be asked. */
const WISHES = { running: ["pause", "stop"], paused: ["resume", "step", "stop"], waiting: ["stop"] };
const SIGNS = { pause: "❚❚", resume: "▶", step: "▶❚", stop: "■" };

export function mount({ element, props, trigger, watch, server }) {
  element.innerHTML = skeleton();
  const $ = (name) => element.querySelector(`[data-part="${name}"]`);
  const plots = Object.fromEntries(CARDS.map(([name]) => [name, new LivePlot($(name))]));
  let run = read("run", (text) => (/^[\w-]{1,64}$/.test(text) ? text : undefined), null);
  let after = -1;
  let end = () => {};

  function follow(next) {
    end();
    if (next !== run) after = -1;
    run = next;
    write({ run });
    end = poll(() => server.poll({ run, after }), show);
  }

  function show(answer) {
    const failed = Boolean(answer.error);
    $("line").textContent = answer.error ?? answer.line ?? "";
    $("line").className = failed || answer.state === "failed" ? "lab-error" : "lab-note";
    if (failed) {
      // A run that is not there, or not theirs: show what is.
      if (run !== null) {
        write({ run: null });
        run = null;
      }
      return;
    }
    element.dataset.state = answer.state ?? "none";
    if (answer.run) run = answer.run;
    if (answer.runs) $("runs").innerHTML = rows(answer.runs);
    $("progress").style.width = `${100 * (answer.progress ?? 0)}%`;
    $("left").textContent = answer.left ?? "";
    $("wishes").innerHTML = (WISHES[answer.state] ?? []).map(button).join("");
    if (answer.stats) {
      $("stats").innerHTML = answer.stats
        .map(({ value, label, tone }) => `<div class="lab-stat"><b class="${tone ? `lab-${tone}` : ""}">${escape(value)}</b><span>${escape(label)}</span></div>`)
        .join("");
    }
    $("tie").hidden = answer.state !== "finished";
    after = answer.after ?? after;
    for (const [name, figure] of Object.entries(answer.figures ?? {})) {
      plots[name]?.update(figure);
      $(`empty-${name}`)?.remove();
    }
  }

  function rows(runs) {
    if (!runs.length) return `<p class="lab-note">${escape(t("run.runs_none"))}</p>`;
    return `<table>${runs
      .map(
        (each) => `<tr><td><button class="train-run" data-run="${each.run}" aria-current="${each.run === run}" title="${escape(t("run.open_tip"))}">${escape(each.what)}</button></td>
        <td class="lab-note">${escape(each.label)}</td><td title="${escape(t("run.key_tip"))}">${escape(each.key)}</td><td class="lab-note">${when(each.created)}</td>
        <td><button class="lab-btn" data-delete="${each.run}" aria-label="${escape(t("run.delete_tip"))}" title="${escape(t("run.delete_tip"))}">×</button></td></tr>`,
      )
      .join("")}</table>`;
  }

  element.addEventListener("click", async (event) => {
    const wish = event.target.closest("[data-wish]")?.dataset.wish;
    const other = event.target.closest("[data-run]")?.dataset.run;
    const gone = event.target.closest("[data-delete]")?.dataset.delete;
    if (wish) {
      event.target.closest("[data-wish]").disabled = true;
      const answer = await server.wish({ run, wish });
      if (answer.error) $("line").textContent = answer.error;
      follow(run);
    } else if (other) {
      follow(other);
    } else if (gone) {
      await server.wish({ run: gone, wish: "delete" });
      follow(gone === run ? null : run);
    }
  });

  // The Start button is Gradio's; its answer arrives as this component's value.
  watch("value", () => {
    const { value } = props;
    if (value?.error) show({ error: value.error });
    else if (value?.run) follow(value.run);
  });
  // Gradio's control of the rivals takes a formula in when it asks for it here.
  whenThere("lab-train").then((node) => {
    // One output whose value is a list: a list of lists.
    node.withFormula = (rivals) => [[...new Set([...(rivals ?? []), handed("train")].filter(Boolean))]];
    onHanded("train", () => trigger("input"));
  });
  window.addEventListener("swish-lab-back", () => follow(run));
  follow(run);
}

const when = (seconds) => new Date(1000 * seconds).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });

const button = (wish) => {
  const name = wish === "step" ? "step_once" : wish;
  return `<button class="lab-btn" data-wish="${wish}" title="${escape(t(`run.${wish}_tip`))}"><span aria-hidden="true">${SIGNS[wish]}</span>${escape(t(`run.${name}`))}</button>`;
};

function card([name, title]) {
  const legend = name.startsWith("beta")
    ? `<span class="lab-note"><i class="train-key" style="background:color-mix(in srgb, var(--lab-band) 35%, transparent)"></i>${escape(t("run.band_article"))} <i class="train-key" style="background:color-mix(in srgb, var(--lab-band2) 18%, transparent)"></i>${escape(t("run.band_paper"))}</span>`
    : "";
  return `<section class="lab-card"><div class="lab-row lab-between" style="align-items:baseline"><h3>${escape(title())}</h3>${legend}</div>
    <div class="train-frame"><div data-part="${name}" class="${SMALL.has(name) ? "train-small" : "train-large"}"></div>
    <div class="lab-empty train-empty" data-part="empty-${name}">${escape(t("run.empty"))}</div></div></section>`;
}

function skeleton() {
  return `<div class="lab lab-col">
    <section class="lab-card">
      <div class="lab-stats" data-part="stats"></div>
      <div class="lab-row lab-between train-state">
        <p class="lab-note" data-part="line" role="status" aria-live="polite"></p>
        <div class="lab-row"><span class="lab-note" data-part="left"></span><span class="lab-row" data-part="wishes"></span></div></div>
      <div class="lab-bar"><i data-part="progress"></i></div>
    </section>
    <div class="lab-pair">${CARDS.slice(0, 2).map(card).join("")}</div>
    <p class="lab-note" style="margin-top:-6px">${escape(t("run.beta_note"))}</p>
    <div class="lab-pair">${CARDS.slice(2, 4).map(card).join("")}</div>
    <div class="lab-pair">${CARDS.slice(4).map(card).join("")}</div>
    <p class="lab-note" data-part="tie" hidden>${escape(t("run.tie"))}</p>
    <section class="lab-card"><h3>${escape(t("run.runs"))}</h3><div class="lab-scroll" data-part="runs"></div></section>
  </div>`;
}
