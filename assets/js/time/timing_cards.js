/** The cards of a timing: the answer, the pictures, the table, the host, and what to mind. */

import { escaped, t } from "../core/text.js";
import { colour, onTheme } from "../core/theme.js";
import { download, pictureOf } from "../plot/download.js";
import { LivePlot } from "../plot/live_plot.js";

const FIGURES = ["bars", "steps", "sizes", "roofline", "memory"];
const FILES = {
  csv: ["swish-lab-timing.csv", "text/csv"],
  json: ["swish-lab-timing.json", "application/json"],
  markdown: ["swish-lab-timing.md", "text/markdown"],
};

const LONGEST_LINE = 100; // letters over a saved picture

const h = (key) => escaped(t(`time.ui.${key}`));
const tip = (key) => `title="${h(key)}"`;

/** Escapes a sentence of ours and sets what stands in **asterisks** in bold. */
const bold = (sentence) => escaped(sentence).replace(/\*\*(.+?)\*\*/g, "<b>$1</b>");

/**
 * @param {HTMLElement} element
 * @param {{look: (changed: object) => void, save: (format: string) => Promise<any>,
 *   notice: (line: string, failed?: boolean) => void}} tab
 */
export function cards(element, { look, save, notice }) {
  element.innerHTML = skeleton();
  const part = (name) => element.querySelector(`[data-part="${name}"]`);
  const plots = Object.fromEntries(FIGURES.map((name) => [name, new LivePlot(part(name))]));
  let drawnTable = { heads: [], rows: [] };
  /** Of the host that is shown. */
  let processor = "";

  function draw(drawn) {
    const [answer, note] = drawn.answer;
    part("answer").innerHTML = bold(answer);
    part("note").textContent = note ?? "";
    const nothing = drawn.active === undefined;
    const figures = drawn.figures;
    part("bars-empty").hidden = Boolean(figures.bars);
    part("bars").hidden = part("bars-head").hidden = !figures.bars;
    part("bars-how").textContent = nothing ? t("time.ui.bars_none_how") : t("time.ui.bars_failed");
    part("bars-what").hidden = !nothing;
    for (const name of ["table-card", "facts"]) part(name).hidden = nothing;
    for (const name of FIGURES) {
      if (name !== "bars") part(`${name}-card`).hidden = !figures[name];
      if (figures[name]) show(plots[name], figures[name]);
    }
    if (nothing) return;
    [part("title").textContent, part("title-note").textContent] = drawn.title;
    beside(drawn.beside);
    choices(drawn);
    table(drawn.table);
    facts(drawn);
    if (drawn.shape && drawn.shape.join() === "16,10,256,256") part("cited").open = true;
  }

  /** Draws a figure in a node of the figure's own height. */
  function show(plot, figure) {
    const { height, ...layout } = figure.layout;
    plot.node.style.height = `${height}px`;
    plot.update({ data: figure.data, layout });
  }

  function beside(told) {
    part("beside").hidden = !told;
    if (told) part("beside").innerHTML = `<b>${escaped(told[0])}</b> ${escaped(told[1])}`;
  }

  function choices(drawn) {
    const baseline = part("baseline");
    const options = drawn.baselines
      .map(([name, label]) => `<option value="${escaped(name)}">${escaped(label)}</option>`)
      .join("");
    if (baseline.dataset.options !== options) {
      baseline.innerHTML = options;
      baseline.dataset.options = options;
    }
    baseline.value = drawn.baseline;
    baseline.parentElement.hidden = drawn.baselines.length < 2;
    const sizes = part("sizes-pick");
    sizes.parentElement.hidden = drawn.sizes.length < 2;
    sizes.innerHTML = drawn.sizes
      .map(([size, label]) => `<option value="${size}">${escaped(label)}</option>`)
      .join("");
    sizes.value = String(drawn.elements);
  }

  function table({ heads, rows }) {
    drawnTable = { heads, rows };
    part("head").innerHTML = heads
      .map(([label, why]) => `<th scope="col" title="${escaped(why)}">${escaped(label)}</th>`)
      .join("");
    part("rows").innerHTML = rows
      .map(({ note, colour: token, cells }) => {
        const [label, ...others] = cells;
        const dot = `<i class="time-dot" data-colour="${escaped(token)}" style="background:${colour(token)}"></i>`;
        return `<tr><th scope="row" title="${escaped(note)}">${dot}${escaped(label)}</th>${others.map((cell) => `<td>${escaped(cell)}</td>`).join("")}</tr>`;
      })
      .join("");
    part("table-card").hidden = !rows.length;
  }

  function facts(drawn) {
    processor = drawn.host[0]?.[1] ?? "";
    part("host").innerHTML = drawn.host.length
      ? drawn.host
          .map(([name, value]) => `<dt>${escaped(name)}</dt><dd>${escaped(value)}</dd>`)
          .join("")
      : `<dd class="lab-note">${h("host_none")}</dd>`;
    part("left-out").innerHTML = items(
      drawn.left_out.map(([name, why]) => `<b>${escaped(name)}</b>: ${escaped(why)}`),
      t(drawn.active || !drawn.table.rows.length ? "time.ui.left_before" : "time.ui.left_none"),
    );
    part("trust").hidden = drawn.active || !drawn.table.rows.length;
    part("doubts").innerHTML = items(drawn.doubts.map(escaped), t("time.ui.trust_good"));
  }

  const items = (entries, none) =>
    entries.length
      ? `<ul>${entries.map((entry) => `<li>${entry}</li>`).join("")}</ul>`
      : `<p class="lab-note">${escaped(none)}</p>`;

  onTheme(() => {
    for (const dot of element.querySelectorAll(".time-dot"))
      dot.style.background = colour(dot.dataset.colour);
  });
  part("baseline").addEventListener("change", ({ target }) => look({ baseline: target.value }));
  part("sizes-pick").addEventListener("change", ({ target }) =>
    look({ elements: Number(target.value) }),
  );
  part("copy").addEventListener("click", async () => {
    const { heads, rows } = drawnTable;
    const text = [heads.map(([label]) => label), ...rows.map(({ cells }) => cells)]
      .map((row) => row.join("\t"))
      .join("\n");
    const done = await navigator.clipboard.writeText(text).then(
      () => true,
      () => false,
    );
    part("copy").textContent = t(done ? "time.ui.copied" : "time.ui.copy_failed");
    setTimeout(() => {
      part("copy").textContent = t("time.ui.copy");
    }, 1600);
  });
  element.addEventListener("click", async ({ target }) => {
    const { file, picture } = target.dataset;
    if (picture) {
      const told = [...target.closest("section").querySelectorAll(".time-title > *")].map((each) =>
        each.textContent.trim(),
      );
      const heading = [...told, ...lines(`${part("note").textContent} · ${processor}`)];
      pictureOf(plots[picture], "png", `swish-lab-${picture}`, {
        background: colour("@panel"),
        ink: colour("@text"),
        heading,
      });
    }
    if (!file) return;
    const saved = await save(file);
    if (saved.error) notice(saved.error, true);
    else download(...FILES[file], saved.text);
  });

  return { part, draw };
}

/** Parts of a text, as many on a line as go there. @param {string} text */
function lines(text) {
  const found = [""];
  for (const word of text
    .split(" · ")
    .map((each) => each.trim())
    .filter(Boolean)) {
    const longer = [found.at(-1), word].filter(Boolean).join(" · ");
    if (longer.length > LONGEST_LINE) found.push(word);
    else found[found.length - 1] = longer;
  }
  return found;
}

/** A card with one picture, its heading and the button that saves it. */
function picture(name) {
  const [title, note, label] = ["title", "note", "label"].map((word) =>
    escaped(t(`time.ui.${name}_${word}`)),
  );
  return `<section class="lab-card" data-part="${name}-card" hidden>
    <div class="lab-row lab-between time-head time-headline"><div class="time-title"><h3>${title}</h3><span class="lab-note">${note}</span></div>${png(name)}</div>
    <div data-part="${name}" role="img" aria-label="${label}"></div></section>`;
}

const png = (name) =>
  `<button class="lab-btn time-png" type="button" data-picture="${name}" ${tip("png_tip")}>PNG</button>`;

function skeleton() {
  return `<div class="lab lab-col">
    <section class="lab-card">
      <p class="time-answer" data-part="answer" aria-live="polite">&nbsp;</p>
      <p class="lab-note" data-part="note"></p>
    </section>
    <section class="lab-card">
      <div class="lab-row lab-between time-head" data-part="bars-head" hidden>
        <div class="time-title"><h3 data-part="title"></h3><span class="lab-note" data-part="title-note"></span></div>
        <div class="lab-row time-picks">
          <label class="time-pick" hidden>${h("size")} <select class="lab-field" data-part="sizes-pick"></select></label>
          <label class="time-pick" hidden>${h("baseline")} <select class="lab-field" data-part="baseline" ${tip("baseline_tip")}></select></label>
          <span data-part="beside-pick" hidden></span>${png("bars")}
        </div>
      </div>
      <p class="lab-note time-beside" data-part="beside" hidden></p>
      <div data-part="bars" role="img" aria-label="${h("bars_label")}" hidden></div>
      <div class="lab-empty time-empty" data-part="bars-empty">
        <div><svg width="220" height="96" viewBox="0 0 220 96" aria-hidden="true">
          <g fill="var(--lab-soft)"><rect x="0" y="4" width="66" height="16" rx="4"/><rect x="0" y="28" width="92" height="16" rx="4"/><rect x="0" y="52" width="150" height="16" rx="4"/><rect x="0" y="76" width="212" height="16" rx="4"/></g>
          <path d="M76 0V96" stroke="var(--lab-accent)" stroke-width="1.6" stroke-dasharray="5 4"/></svg>
        <p class="time-empty-what" data-part="bars-what">${h("bars_none")}</p><p data-part="bars-how">${h("bars_none_how")}</p></div>
      </div>
    </section>
    ${FIGURES.slice(1).map(picture).join("")}
    <section class="lab-card" data-part="table-card" hidden>
      <div class="lab-row lab-between time-head"><h3>${h("table")}</h3>
        <div class="lab-row">
          <button class="lab-btn" type="button" data-part="copy" ${tip("copy_tip")}>${h("copy")}</button>
          <button class="lab-btn" type="button" data-file="csv" ${tip("csv_tip")}>CSV</button>
          <button class="lab-btn" type="button" data-file="json" ${tip("json_tip")}>JSON</button>
          <button class="lab-btn" type="button" data-file="markdown" ${tip("markdown_tip")}>Markdown</button></div></div>
      <div class="lab-scroll" tabindex="0"><table class="time-table"><thead><tr data-part="head"></tr></thead><tbody data-part="rows"></tbody></table></div>
    </section>
    <div class="lab-pair" data-part="facts" hidden>
      <section class="lab-card"><h3>${h("host")}</h3><dl class="time-host" data-part="host"></dl></section>
      <section class="lab-card time-lists"><div data-part="trust" class="time-list"><h3>${h("trust")}</h3><div data-part="doubts"></div></div>
        <div class="time-list"><h3>${h("left_out")}</h3><div data-part="left-out"></div></div></section>
    </div>
    <details class="lab-card time-cited" data-part="cited"></details>
  </div>`;
}
