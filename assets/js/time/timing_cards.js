/** Shows a timing in cards: the answer, the pictures, the table, the host, and what to mind. */

import { flash, offer } from "../core/controls.js";
import { copyText } from "../core/header.js";
import { closest, fill, findAll, html, partsOf, t } from "../core/html.js";
import { colour, onTheme } from "../core/theme.js";
import { LivePlot } from "../plot/live_plot.js";
import { pictureMenu, tellPictures } from "../plot/picture_menu.js";

const FIGURES = ["bars", "steps", "sizes", "roofline", "memory"];

/** @param {string} key */
const h = (key) => t(`time.ui.${key}`);

/** A sentence of ours; what stands in it in **asterisks** is bold. @param {string} sentence */
const bold = (sentence) =>
  html`${sentence
    .split(/\*\*(.+?)\*\*/)
    .map((part, at) => (at % 2 ? html`<b>${part}</b>` : part))}`;

/** @typedef {import("../core/html.js").Content} Content */
/** @typedef {{note: string, colour: string, cells: string[]}} Row */
/** @typedef {{heads: [label: string, why: string][], rows: Row[]}} Table */

/**
 * @typedef {object} Tab
 * @property {(changed: {baseline?: string, elements?: number}) => void} look
 * @property {(format: string, baseline: string | null) => Promise<string | undefined>} save Tells
 *   why there is no file.
 * @property {() => void} again Times the same once more.
 * @property {(line: string, failed?: boolean) => void} notice
 */

/** @param {HTMLElement} element @param {Tab} tab */
export function timingCards(element, { look, save, again, notice }) {
  fill(element, skeleton());
  const part = partsOf(element);
  const baseline = part("baseline", HTMLSelectElement);
  const sizes = part("sizes-pick", HTMLSelectElement);
  const plots = Object.fromEntries(FIGURES.map((name) => [name, new LivePlot(part(name))]));
  /** @type {Table} */
  let drawnTable = { heads: [], rows: [] };
  /** Of the host that is shown. */
  let processor = "";

  /** @param {any} drawn */
  function draw(drawn) {
    const [answer, note] = drawn.answer;
    fill(part("answer"), bold(answer));
    part("note").textContent = note ?? "";
    fill(part("interval"), drawn.interval ? intervalBar(drawn.interval) : html``);
    part("doubt").hidden = (drawn.interval?.doubt ?? null) === null;
    part("doubt-why").textContent = drawn.interval?.doubt ?? "";
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
    if (drawn.shape && drawn.shape.join() === "16,10,256,256")
      part("cited").setAttribute("open", "");
  }

  /**
   * Draws a figure in a node of the figure's own height.
   * @param {LivePlot} plot @param {any} figure
   */
  function show(plot, figure) {
    const { height, ...layout } = figure.layout;
    plot.node.style.height = `${height}px`;
    plot.update({ data: figure.data, layout });
  }

  /** @param {[name: string, what: string] | null} other */
  function beside(other) {
    part("beside").hidden = !other;
    if (other) fill(part("beside"), html`<b>${other[0]}</b> ${other[1]}`);
  }

  /** @param {any} drawn */
  function choices(drawn) {
    offer(baseline, drawn.baselines, drawn.baseline);
    offer(sizes, drawn.sizes, String(drawn.elements));
    baseline.parentElement?.toggleAttribute("hidden", drawn.baselines.length < 2);
    sizes.parentElement?.toggleAttribute("hidden", drawn.sizes.length < 2);
  }

  /** @param {Table} table */
  function table({ heads, rows }) {
    drawnTable = { heads, rows };
    const titles = heads.map(([label, why]) => html`<th scope="col" title="${why}">${label}</th>`);
    fill(part("head"), html`${titles}`);
    const lines = rows.map(({ note, colour: token, cells: [label, ...others] }) => {
      const dot = html`<i class="time-dot" data-colour="${token}"
        style="background:${colour(token)}"></i>`;
      const cells = others.map((cell) => html`<td>${cell}</td>`);
      return html`<tr><th scope="row" title="${note}">${dot}${label}</th>${cells}</tr>`;
    });
    fill(part("rows"), html`${lines}`);
    part("table-card").hidden = !rows.length;
  }

  /** @param {any} drawn */
  function facts({ host, left_out: leftOut, doubts, active, table: { rows } }) {
    processor = host[0]?.[1] ?? "";
    const lines = host.map(
      (/** @type {[string, string]} */ [name, value]) => html`<dt>${name}</dt><dd>${value}</dd>`,
    );
    const none = html`<dd class="lab-note">${h("host_none")}</dd>`;
    fill(part("host"), html`${lines.length ? lines : none}`);
    const left = leftOut.map(
      (/** @type {[string, string]} */ [name, why]) => html`<b>${name}</b>: ${why}`,
    );
    const unfinished = active || !rows.length;
    fill(part("left-out"), items(left, h(unfinished ? "left_before" : "left_none")));
    part("trust").hidden = unfinished;
    fill(part("doubts"), items(doubts, h("trust_good")));
  }

  /** @param {Content[]} entries @param {string} none */
  const items = (entries, none) =>
    entries.length
      ? html`<ul>${entries.map((entry) => html`<li>${entry}</li>`)}</ul>`
      : html`<p class="lab-note">${none}</p>`;

  onTheme(() => {
    for (const dot of findAll(element, ".time-dot"))
      dot.style.background = colour(dot.dataset.colour ?? "");
  });
  part("again").addEventListener("click", again);
  baseline.addEventListener("change", () => look({ baseline: baseline.value }));
  sizes.addEventListener("change", () => look({ elements: Number(sizes.value) }));
  part("copy").addEventListener("click", async () => {
    const { heads, rows } = drawnTable;
    const text = [heads.map(([label]) => label), ...rows.map(({ cells }) => cells)]
      .map((row) => row.join("\t"))
      .join("\n");
    const done = await copyText(text);
    flash(part("copy"), t(done ? "time.ui.copied" : "time.ui.copy_failed"));
  });
  tellPictures(element, (plot) => {
    const card = plot.closest("section");
    const note = card ? findAll(card, ".time-title > :not(h2, h3)") : [];
    return {
      name: `swish-lab-${/** @type {HTMLElement} */ (plot).dataset.part}`,
      lines: [
        ...note.map((each) => each.textContent?.trim() ?? ""),
        [part("answer"), part("note")].map((each) => each.textContent?.trim()).join(" "),
        processor,
      ],
    };
  });
  element.addEventListener("click", async ({ target }) => {
    const file = closest(target, "[data-file]")?.dataset.file;
    if (!file) return;
    const refused = await save(file, baseline.value || null);
    if (refused) notice(refused, true);
  });

  return { part, draw };
}

/** A card with one picture, its heading and the button that saves it. @param {string} name */
function pictureCard(name) {
  const [title, note, label] = ["title", "note", "label"].map((word) =>
    t(`time.ui.${name}_${word}`),
  );
  return html`<section class="lab-card" data-part="${name}-card" hidden>
    <div class="lab-row lab-between time-head time-headline"><div class="time-title"
      ><h2>${title}</h2><span class="lab-note">${note}</span></div>${pictureMenu()}</div>
    <div data-part="${name}" role="img" aria-label="${label}"></div></section>`;
}

/** Bars beside a line, where there is no figure yet. */
const BARS = html`<svg width="220" height="96" viewBox="0 0 220 96" aria-hidden="true">
          <g fill="var(--lab-soft)">${[66, 92, 150, 212].map(
            (width, at) =>
              html`<rect x="0" y="${4 + 24 * at}" width="${width}" height="16" rx="4"/>`,
          )}</g>
          <path d="M76 0V96" stroke="var(--lab-accent)" stroke-width="1.6"
            stroke-dasharray="5 4"/></svg>`;

function skeleton() {
  const files = Object.entries({ csv: "CSV", json: "JSON", markdown: "Markdown" }).map(
    ([format, name]) => html`
          <button class="lab-btn" type="button" data-file="${format}"
            title="${h(`${format}_tip`)}">${name}</button>`,
  );
  return html`<div class="lab lab-col">
    <section class="lab-card"><h2 class="lab-sr">${h("result")}</h2>
      <p class="time-answer" data-part="answer" aria-live="polite">&nbsp;</p>
      <div data-part="interval"></div>
      <div class="lab-row time-doubt" data-part="doubt" hidden><p data-part="doubt-why"></p>
        <button class="lab-btn" type="button" data-part="again"
          title="${h("again_tip")}">↺ ${h("again")}</button></div>
      <p class="lab-note" data-part="note"></p>
    </section>
    <section class="lab-card"><h2 class="lab-sr">${h("bars_heading")}</h2>
      <div class="lab-row lab-between time-head" data-part="bars-head" hidden>
        <div class="time-title"><h3 data-part="title"></h3
          ><span class="lab-note" data-part="title-note"></span></div>
        <div class="lab-row time-picks">
          <label class="time-pick" hidden>${h("size")}
            <select class="lab-field" data-part="sizes-pick"></select></label>
          <label class="time-pick" hidden>${h("baseline")} <select class="lab-field"
            data-part="baseline" title="${h("baseline_tip")}"></select></label>
          <span data-part="beside-pick" hidden></span>${pictureMenu()}
        </div>
      </div>
      <p class="lab-note time-beside" data-part="beside" hidden></p>
      <div data-part="bars" role="img" aria-label="${h("bars_label")}" hidden></div>
      <div class="lab-empty time-empty" data-part="bars-empty">
        <div>${BARS}
        <p class="time-empty-what" data-part="bars-what">${h("bars_none")}</p
        ><p data-part="bars-how">${h("bars_none_how")}</p></div>
      </div>
    </section>
    ${FIGURES.slice(1).map(pictureCard)}
    <section class="lab-card" data-part="table-card" hidden>
      <div class="lab-row lab-between time-head"><h2>${h("table")}</h2>
        <div class="lab-row">
          <button class="lab-btn" type="button" data-part="copy"
            title="${h("copy_tip")}">${h("copy")}</button>${files}</div></div>
      <div class="lab-scroll" tabindex="0"><table class="time-table"
        ><thead><tr data-part="head"></tr></thead><tbody data-part="rows"></tbody></table></div>
    </section>
    <div class="lab-pair" data-part="facts" hidden>
      <section class="lab-card"><h2>${h("host")}</h2
        ><dl class="time-host" data-part="host"></dl></section>
      <section class="lab-card time-lists"><div data-part="trust" class="time-list"
          ><h2>${h("trust")}</h2><div data-part="doubts"></div></div>
        <div class="time-list"><h2>${h("left_out")}</h2
          ><div data-part="left-out"></div></div></section>
    </div>
    <details class="lab-card time-cited" data-part="cited"></details>
  </div>`;
}

/** An interval this many times as wide as it is low is drawn on a logarithmic scale. */
const WIDE = 8;
/** Beyond both ends of what is drawn. */
const ROOM = 1.12;

/**
 * @typedef {object} Interval
 * @property {number} low
 * @property {number} value
 * @property {number} high
 * @property {string} base What 1 is.
 * @property {number} article
 * @property {boolean} separates
 * @property {string} label
 * @property {string | null} doubt
 */

/** @param {Interval} interval */
function intervalBar({ low, value, high, base, article, separates, label }) {
  const first = Math.min(low, 1) / ROOM;
  const last = Math.max(high, article) * ROOM;
  const scale = last / first > WIDE ? Math.log : (/** @type {number} */ each) => each;
  /** @param {number} each */
  const at = (each) =>
    `${((100 * (scale(each) - scale(first))) / (scale(last) - scale(first))).toFixed(2)}%`;
  /** @param {number} each */
  const ratio = (each) => `${each.toFixed(2)} ×`;
  return html`<div class="time-interval" role="img" aria-label="${label}"
      data-separates="${separates}">
    <div class="time-marks" aria-hidden="true">
      <span data-mark="base" style="left:${at(1)}">${base} 1</span>
      <span data-mark="article" style="left:${at(article)}">${t("time.ui.interval_article", {
        ratio: article,
      })}</span></div>
    <div class="time-track" aria-hidden="true">
      <i data-line="base" style="left:${at(1)}"></i>
      <i data-line="article" style="left:${at(article)}"></i>
      <b style="left:${at(low)};right:calc(100% - ${at(high)})"></b>
      <em style="left:${at(value)}"></em></div>
    <div class="time-marks" aria-hidden="true">
      <span data-end="low" style="left:${at(low)}">${ratio(low)}</span>
      <span data-end="high" style="left:${at(high)}">${ratio(high)}</span></div>
  </div>`;
}
