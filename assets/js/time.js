/** Time: what the implementations cost on this host, drawn while the figures come in. */

import { download } from "./export.js";
import { handed, onHanded, whenThere } from "./handover.js";
import { LivePlot } from "./plot.js";
import { poll } from "./poll.js";
import { read, write } from "./state.js";
import { escape, language, t } from "./text.js";
import { colour, onTheme } from "./theme.js";

const NARROW = matchMedia("(max-width: 760px)");

/** Escapes a sentence of ours and sets what stands in **asterisks** in bold. */
const bold = (sentence) => escape(sentence).replace(/\*\*(.+?)\*\*/g, "<b>$1</b>");
const tip = (key) => `title="${escape(t(key))}"`;

export function mount({ element, props, trigger, watch, server }) {
  element.innerHTML = skeleton();
  const $ = (name) => element.querySelector(`[data-part="${name}"]`);
  const bars = new LivePlot($("bars"));
  const lines = new LivePlot($("lines"));
  const status = document.createElement("div");
  status.className = "lab time-status";
  status.innerHTML = statusParts();
  (document.getElementById("lab-time-start") ?? element).append(status);
  const s = (name) => status.querySelector(`[data-part="${name}"]`);

  const state = {
    /** @type {string | null} The timing that is shown; null asks for the visitor's latest. */
    id: read("timing", (text) => (/^[\w-]{8,64}$/.test(text) ? text : undefined), null),
    mark: "",
    baseline: "relu",
    /** @type {number | null} */
    elements: null,
    drawn: null,
  };
  const named = state.id !== null;
  let end = () => {};

  /** Asks for the timing until it has ended; with it, what is drawn changes. */
  function follow() {
    end();
    end = poll(
      () => server.poll({ id: state.id, mark: state.mark, baseline: state.baseline, elements: state.elements, narrow: NARROW.matches }),
      (answer) => {
        if (answer.error) {
          if (named && state.drawn === null && state.id !== null) {
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
      300,
    );
  }

  function hear(answer) {
    if (answer.id && answer.id !== state.id) {
      state.id = answer.id;
    }
    state.mark = answer.mark ?? "";
    if (answer.drawn) draw(answer.drawn);
    if (answer.earlier) list(answer.earlier);
    const active = Boolean(answer.id) && !answer.done;
    s("stop").hidden = !active;
    s("progress").hidden = !active;
    s("share").style.width = `${Math.round(100 * (answer.share ?? 0))}%`;
    if (active) s("stop").disabled = s("stop").disabled && s("stop").dataset.id === answer.id;
    if (answer.line !== undefined) say(answer.line, answer.failed);
    element.dataset.state = answer.state ?? "empty";
  }

  function say(line, failed = false) {
    if (s("line").textContent !== line) s("line").textContent = line;
    s("line").className = failed ? "lab-error" : "lab-note";
  }

  function notice(line, failed = false) {
    s("notice").textContent = line;
    s("notice").className = failed ? "lab-error" : "lab-note";
  }

  function draw(drawn) {
    state.drawn = drawn;
    const [answer, note] = drawn.answer;
    $("answer").innerHTML = bold(answer);
    $("note").textContent = note ?? "";
    const empty = !drawn.bars;
    $("bars-empty").hidden = !empty;
    $("bars").hidden = empty;
    $("bars-head").hidden = empty;
    $("bars-how").textContent = drawn.active === undefined ? t("time.ui.bars_none_how") : t("time.ui.bars_failed");
    $("bars-what").hidden = drawn.active !== undefined;
    for (const name of ["table-card", "facts"]) $(name).hidden = drawn.active === undefined;
    $("lines-card").hidden = !drawn.lines;
    if (drawn.bars) {
      $("title").textContent = drawn.title[0];
      $("title-note").textContent = drawn.title[1];
      show(bars, drawn.bars);
    }
    if (drawn.lines) show(lines, drawn.lines);
    if (drawn.active === undefined) return;
    choices(drawn);
    table(drawn.table);
    $("host").innerHTML = drawn.host.length
      ? drawn.host.map(([name, value]) => `<dt>${escape(name)}</dt><dd>${escape(value)}</dd>`).join("")
      : `<dd class="lab-note">${escape(t("time.ui.host_none"))}</dd>`;
    $("left-out").innerHTML = items(
      drawn.left_out.map(([name, why]) => `<b>${escape(name)}</b>: ${escape(why)}`),
      t(drawn.active || !drawn.table.rows.length ? "time.ui.left_before" : "time.ui.left_none"),
    );
    $("trust").hidden = drawn.active || !drawn.table.rows.length;
    $("doubts").innerHTML = items(drawn.doubts.map(escape), t("time.ui.trust_good"));
  }

  /** Draws a figure in a node of the figure's own height. */
  function show(plot, figure) {
    const { height, ...layout } = figure.layout;
    plot.node.style.height = `${height}px`;
    plot.update({ data: figure.data, layout });
  }

  const items = (entries, none) =>
    entries.length ? `<ul>${entries.map((entry) => `<li>${entry}</li>`).join("")}</ul>` : `<p class="lab-note">${escape(none)}</p>`;

  function choices(drawn) {
    const baseline = $("baseline");
    const options = drawn.baselines.map(([name, label]) => `<option value="${name}">${escape(label)}</option>`).join("");
    if (baseline.dataset.options !== options) {
      baseline.innerHTML = options;
      baseline.dataset.options = options;
    }
    baseline.value = drawn.baseline;
    baseline.parentElement.hidden = drawn.baselines.length < 2;
    const sizes = $("sizes");
    sizes.parentElement.hidden = drawn.sizes.length < 2;
    sizes.innerHTML = drawn.sizes.map(([size, label]) => `<option value="${size}">${escape(label)}</option>`).join("");
    sizes.value = String(drawn.elements);
  }

  function table({ heads, rows }) {
    $("head").innerHTML = heads.map(([label, why]) => `<th scope="col" title="${escape(why)}">${escape(label)}</th>`).join("");
    $("rows").innerHTML = rows
      .map(({ note, colour: token, cells }) => {
        const [label, ...others] = cells;
        const dot = `<i class="time-dot" data-colour="${escape(token)}" style="background:${colour(token)}"></i>`;
        return `<tr><th scope="row" title="${escape(note)}">${dot}${escape(label)}</th>${others.map((cell) => `<td>${escape(cell)}</td>`).join("")}</tr>`;
      })
      .join("");
    $("table-card").hidden = !rows.length;
  }
  onTheme(() => {
    for (const dot of element.querySelectorAll(".time-dot")) dot.style.background = colour(dot.dataset.colour);
  });

  function list(entries) {
    const earlier = s("earlier");
    earlier.innerHTML = entries
      .map(({ id, what, at }) => `<option value="${escape(id)}">${escape(`${moment(at)} · ${what}`)}</option>`)
      .join("");
    earlier.value = state.id;
    earlier.parentElement.hidden = entries.length < 2;
  }

  /** The time of day, with the date where it is another one. */
  function moment(seconds) {
    const at = new Date(seconds * 1000);
    const time = { hour: "2-digit", minute: "2-digit" };
    const today = at.toDateString() === new Date().toDateString();
    return at.toLocaleString(language, today ? time : { month: "short", day: "numeric", ...time });
  }

  /** Looks at the same figures in another way: nothing is measured again. */
  function look(changed) {
    Object.assign(state, changed);
    follow();
  }

  $("baseline").addEventListener("change", (event) => look({ baseline: event.target.value }));
  $("sizes").addEventListener("change", (event) => look({ elements: Number(event.target.value) }));
  NARROW.addEventListener("change", () => look({}));
  s("earlier").addEventListener("change", (event) => {
    write({ timing: event.target.value });
    notice("");
    look({ id: event.target.value, elements: null });
  });
  s("stop").addEventListener("click", async () => {
    s("stop").disabled = true;
    s("stop").dataset.id = state.id;
    say(t("time.ui.stopping"));
    const answer = await server.stop({ id: state.id }).catch(() => ({}));
    if (answer.error) notice(answer.error, true);
    follow();
  });

  $("copy").addEventListener("click", async () => {
    const { heads, rows } = state.drawn.table;
    const text = [heads.map(([label]) => label), ...rows.map(({ cells }) => cells)].map((row) => row.join("\t")).join("\n");
    const done = await navigator.clipboard.writeText(text).then(() => true, () => false);
    $("copy").textContent = t(done ? "time.ui.copied" : "time.ui.copy_failed");
    setTimeout(() => ($("copy").textContent = t("time.ui.copy")), 1600);
  });
  $("csv").addEventListener("click", () => save((all) => [`swish-lab-timing.csv`, "text/csv", toCsv(all.measurements)]));
  $("json").addEventListener("click", () => save((all) => [`swish-lab-timing.json`, "application/json", JSON.stringify(all, null, 1)]));

  async function save(made) {
    const all = await server.export({ id: state.id });
    if (all.error) notice(all.error, true);
    else download(...made(all));
  }

  /** Measure was pressed: the handler's answer arrives as the component's value. */
  watch("value", () => {
    const { id, error } = props.value ?? {};
    if (error) return notice(error, true);
    if (!id || id === state.id) return;
    notice("");
    s("stop").disabled = false;
    write({ timing: id });
    say(t("time.ui.state_starting"));
    look({ id, elements: null, mark: "" });
  });

  // A worker takes seconds to start: it does so while the reader's hand is on the way to the button.
  const start = document.getElementById("lab-time-start");
  for (const event of ["pointerenter", "focusin"]) start?.addEventListener(event, () => server.ready({}).catch(() => {}), { once: true });
  for (const card of [start, document.getElementById("lab-time-fields")]) tooltips(card);
  // Gradio's field for a formula asks for it here when another tab has handed one over.
  whenThere("lab-time").then((node) => {
    node.formula = () => (handed("time") ?? "").slice(1);
    onHanded("time", () => trigger("input"));
  });
  window.addEventListener("swish-lab-back", follow);
  follow();
}

/** Gradio's lines of help become tooltips of their fields; they stay in the page for screen readers. */
function tooltips(fields) {
  for (const help of fields?.querySelectorAll(".info-text") ?? []) {
    help.closest(".block").title = help.textContent.trim();
  }
  for (const box of fields?.querySelectorAll("#lab-time-variants input") ?? []) {
    // The box bears the bare name; what it is stands in the catalogue.
    box.title = box.closest("label").title = t(`time.variant.${box.name}.note`);
  }
}

/** All measurements as CSV; blocks are left to JSON. */
function toCsv(measurements) {
  const names = Object.keys(measurements[0] ?? {}).filter((name) => !["block_seconds", "unavailable_reason", "gate_reason"].includes(name));
  const cell = (value) => (value === null ? "" : /[",\n]/.test(String(value)) ? `"${String(value).replace(/"/g, '""')}"` : String(value));
  return [names.join(","), ...measurements.map((each) => names.map((name) => cell(each[name])).join(","))].join("\n") + "\n";
}

function statusParts() {
  return `
    <div class="lab-row time-run">
      <button class="lab-btn" data-part="stop" type="button" hidden ${tip("time.ui.stop_tip")}>■ ${escape(t("time.ui.stop"))}</button>
      <span class="lab-note" data-part="line" role="status"></span>
    </div>
    <div class="lab-bar" data-part="progress" hidden><i data-part="share"></i></div>
    <p class="lab-note" data-part="notice" role="alert"></p>
    <label class="lab-label" hidden>${escape(t("time.ui.earlier"))}
      <select class="lab-field" data-part="earlier" ${tip("time.ui.earlier_tip")}></select></label>`;
}

function skeleton() {
  const h = (key) => escape(t(`time.ui.${key}`));
  return `<div class="lab lab-col">
    <section class="lab-card">
      <p class="time-answer" data-part="answer" aria-live="polite">&nbsp;</p>
      <p class="lab-note" data-part="note"></p>
    </section>
    <section class="lab-card">
      <div class="lab-row lab-between time-head" data-part="bars-head" hidden>
        <div class="time-title"><h3 data-part="title"></h3><span class="lab-note" data-part="title-note"></span></div>
        <div class="lab-row">
          <label class="time-pick" hidden>${h("size")} <select class="lab-field" data-part="sizes"></select></label>
          <label class="time-pick" hidden>${h("baseline")} <select class="lab-field" data-part="baseline" ${tip("time.ui.baseline_tip")}></select></label>
        </div>
      </div>
      <div data-part="bars" role="img" aria-label="${h("bars_label")}" hidden></div>
      <div class="lab-empty time-empty" data-part="bars-empty">
        <div><svg width="220" height="96" viewBox="0 0 220 96" aria-hidden="true">
          <g fill="var(--lab-soft)"><rect x="0" y="4" width="66" height="16" rx="4"/><rect x="0" y="28" width="92" height="16" rx="4"/><rect x="0" y="52" width="150" height="16" rx="4"/><rect x="0" y="76" width="212" height="16" rx="4"/></g>
          <path d="M76 0V96" stroke="var(--lab-accent)" stroke-width="1.6" stroke-dasharray="5 4"/></svg>
        <p class="time-empty-what" data-part="bars-what">${h("bars_none")}</p><p data-part="bars-how">${h("bars_none_how")}</p></div>
      </div>
    </section>
    <section class="lab-card" data-part="lines-card" hidden><h3>${h("sizes_title")}</h3>
      <div data-part="lines" role="img" aria-label="${h("sizes_label")}"></div></section>
    <section class="lab-card" data-part="table-card" hidden>
      <div class="lab-row lab-between time-head"><h3>${h("table")}</h3>
        <div class="lab-row">
          <button class="lab-btn" type="button" data-part="copy" ${tip("time.ui.copy_tip")}>${h("copy")}</button>
          <button class="lab-btn" type="button" data-part="csv" ${tip("time.ui.csv_tip")}>CSV</button>
          <button class="lab-btn" type="button" data-part="json" ${tip("time.ui.json_tip")}>JSON</button></div></div>
      <div class="lab-scroll" tabindex="0"><table class="time-table"><thead><tr data-part="head"></tr></thead><tbody data-part="rows"></tbody></table></div>
    </section>
    <div class="lab-pair" data-part="facts" hidden>
      <section class="lab-card"><h3>${h("host")}</h3><dl class="time-host" data-part="host"></dl></section>
      <section class="lab-card time-lists"><div data-part="trust" class="time-list"><h3>${h("trust")}</h3><div data-part="doubts"></div></div>
        <div class="time-list"><h3>${h("left_out")}</h3><div data-part="left-out"></div></div></section>
    </div>
  </div>`;
}
