/**
 * Shows the table of all activations and their properties: sorted, searched, and a way into the
 * plot.
 */

import { closest, fill, find, findAll, html, press, replace } from "../core/dom.js";
import { short, t } from "../core/text.js";
import { activationColour, isDark } from "../core/theme.js";
import { activations } from "../generated/activations.js";
import { COLUMNS } from "./property_columns.js";

/** @typedef {import("./lab.js").Activation} Activation */
/** @typedef {{facts: any, old: boolean}} Found What the source knows. */
/** @typedef {{found: Found, pressed: boolean, of: string}} Row All that a row's cells depend on. */

/** @type {import("./lazy_cards.js").MakeCard} */
export function card(host, lab) {
  fill(host, skeleton());
  const body = find(host, "tbody");
  const search = find(host, "input", HTMLInputElement);
  const source = lab.facts;
  source.onArrived((record) => paintRow(record) || paint());
  /** @type {Map<string, Row>} What was painted of each row. */
  const painted = new Map();

  const records = () => {
    const typed = lab.chosen().filter((record) => lab.keyOf(record) === "formula");
    const wanted = search.value.trim().toLowerCase();
    const shown = new Set(lab.chosen());
    return [...activations, ...typed].filter(
      (record) =>
        `${record.name} ${record.label} ${record.family}`.toLowerCase().includes(wanted) &&
        (lab.state.get("rows") === "all" || shown.has(record)),
    );
  };

  /** The rows in their order: by a column, what is not known last; else as in the menus. */
  function ordered() {
    const sort = lab.state.get("sort");
    const list = records();
    if (!sort) return list;
    const down = sort.startsWith("-");
    const column = sort.replace("-", "");
    if (column === "name") {
      list.sort((a, b) => a.label.localeCompare(b.label));
      return down ? list.reverse() : list;
    }
    const { key } = COLUMNS.find(({ name }) => name === column) ?? COLUMNS[0];
    const keyed = list.map((record) => {
      const { facts } = source.of(record);
      return { record, value: facts && !facts.error ? key(facts) : NaN };
    });
    const side = down ? -1 : 1;
    keyed.sort(
      (a, b) =>
        Number(Number.isNaN(a.value)) - Number(Number.isNaN(b.value)) ||
        (a.value === b.value ? 0 : side * (a.value < b.value ? -1 : 1)),
    );
    return keyed.map(({ record }) => record);
  }

  /**
   * A record's name, with its parameters where they are not the usual ones.
   * @param {Activation} record
   */
  function label(record) {
    const values = lab.values(record);
    const changed = record.parameters.filter(
      (each) => values[each.name] !== each.default || lab.keyOf(record) === "formula",
    );
    const changes = changed.map((each) => {
      const symbol = lab.symbolOf(`${lab.keyOf(record)}.${each.name}`);
      return `${symbol} = ${short(values[each.name], 4)}`;
    });
    const tail = changes.length ? html` <small>${changes.join(", ")}</small>` : "";
    return html`${record.label}${tail}`;
  }

  /** @param {Activation} record @param {boolean} pressed @param {Found} found */
  function row(record, pressed, { facts, old }) {
    const { name } = record;
    const fixed = record === lab.swish;
    const button = html`<button class="property-name" data-name="${name}" aria-pressed="${pressed}"
      ${fixed ? html`aria-disabled="true"` : ""} tabindex="-1"
      style="--chip:${activationColour(record.name)}"
      title="${t(fixed ? "properties.tip_swish" : "properties.tip_toggle")}"
      ><i></i>${label(record)}</button>`;
    const cells =
      facts && !facts.error
        ? COLUMNS.map(
            (column) => html`<td data-cell="${column.name}" class="${column.word ? WORD : ""}"
              >${column.cell(facts)}</td>`,
          )
        : html`<td class="lab-note" colspan="${COLUMNS.length}"
            >${facts?.error ?? t("properties.computing")}</td>`;
    return html`<tr data-row="${name}"
      class="${pressed ? "property-shown" : ""} ${old ? "property-old" : ""}"
      ><th scope="row">${button}</th>${cells}</tr>`;
  }

  /** @param {Activation} record @param {Set<Activation>} shown @returns {Row} */
  function stateOf(record, shown) {
    const found = source.of(record);
    return { found, pressed: shown.has(record), of: JSON.stringify(lab.values(record)) };
  }
  /** @param {Row | undefined} before @param {Row} now */
  const equal = (before, now) =>
    before !== undefined &&
    before.found.facts === now.found.facts &&
    before.found.old === now.found.old &&
    before.pressed === now.pressed &&
    before.of === now.of;
  /** @param {string} name @returns {HTMLElement | null} */
  const buttonOf = (name) => body.querySelector(`[data-row="${CSS.escape(name)}"] .property-name`);

  /**
   * Paints a row that stands there already; gives false where it does not.
   * @param {Activation} record
   */
  function paintRow(record, shown = new Set(lab.chosen())) {
    const before = buttonOf(record.name);
    const line = before?.closest("tr");
    if (!before || !line) return false;
    const state = stateOf(record, shown);
    if (equal(painted.get(record.name), state)) return true;
    painted.set(record.name, state);
    const focused = line.contains(document.activeElement);
    replace(line, row(record, state.pressed, state.found));
    const button = buttonOf(record.name);
    if (!button) return false;
    button.tabIndex = before.tabIndex;
    if (focused) button.focus({ preventScroll: true });
    return true;
  }

  /** All rows anew: their order or their number has changed. */
  function paint() {
    const shown = new Set(lab.chosen());
    const focused = closest(document.activeElement, ".property-name");
    const name = focused && body.contains(focused) ? focused.dataset.name : null;
    painted.clear();
    const rows = ordered().map((record) => {
      const state = stateOf(record, shown);
      painted.set(record.name, state);
      return row(record, state.pressed, state.found);
    });
    const none = html`<tr><td class="lab-note" colspan="${COLUMNS.length + 1}"
      >${t("properties.none_found")}</td></tr>`;
    fill(body, html`${rows.length ? rows : none}`);
    const buttons = findAll(body, ".property-name");
    const stop = buttons.find(({ dataset }) => dataset.name === name) ?? buttons[0];
    if (stop) stop.tabIndex = 0;
    if (name) stop?.focus({ preventScroll: true });
    const sort = lab.state.get("sort");
    for (const head of findAll(host, "[data-column]")) {
      const { column } = head.dataset;
      const order = { [`${column}`]: "ascending", [`-${column}`]: "descending" }[sort] ?? "none";
      head.setAttribute("aria-sort", order);
    }
    press(findAll(host, "[data-rows]"), ({ dataset }) => dataset.rows === lab.state.get("rows"));
  }

  /** What decides which rows stand there, and in which order. */
  function arrangement() {
    const [rows, sort] = ["rows", "sort"].map((name) => lab.state.get(name));
    const chosen = lab.chosen();
    const typed = chosen.some((record) => lab.keyOf(record) === "formula");
    const shown = rows === "shown" || typed ? chosen.map(({ name, label }) => [name, label]) : [];
    return JSON.stringify([rows, sort, search.value, isDark(), shown]);
  }
  let arranged = "";

  host.addEventListener("click", ({ target }) => {
    const column = closest(target, "[data-column]")?.dataset.column;
    const rows = closest(target, "[data-rows]")?.dataset.rows;
    const name = closest(target, "[data-row]")?.dataset.row;
    if (column) {
      const next = { [column]: `-${column}`, [`-${column}`]: "" };
      lab.state.set({ sort: next[lab.state.get("sort")] ?? column });
    } else if (rows) lab.state.set({ rows });
    else if (name && !String(getSelection())) lab.toggle(name);
  });
  body.addEventListener("keydown", (event) => {
    const buttons = findAll(body, ".property-name");
    const at = buttons.indexOf(/** @type {HTMLElement} */ (event.target));
    /** @type {Record<string, number>} */
    const places = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: buttons.length - 1 };
    const to = buttons[places[event.key]];
    if (at < 0 || !to) return;
    event.preventDefault();
    buttons[at].tabIndex = -1;
    to.tabIndex = 0;
    to.focus();
  });
  search.addEventListener("input", () => update("shown"));
  lab.state.subscribe(["sort", "rows"], () => update("shown"));

  let there = false;
  source.ready().then(() => {
    there = true;
    update("shown");
  });

  /** @param {import("./lazy_cards.js").Change} what */
  function update(what) {
    if (!there) return;
    if (what === "beta") return void paintRow(lab.swish);
    const now = arrangement();
    if (arranged !== now) {
      arranged = now;
      return void paint();
    }
    const shown = new Set(lab.chosen());
    for (const record of records()) paintRow(record, shown);
  }
  // A new figure lays the whole table out anew: 10 ms of a frame that the curves need.
  return { follows: "rest", update };
}

/** The class of a cell that shows a word. */
const WORD = "property-word";

function skeleton() {
  /** @param {string} key */
  const h = (key) => t(`properties.${key}`);
  const choices = ["all", "shown"].map(
    (name) => html`<button data-rows="${name}" title="${h(`tip_${name}`)}">${h(name)}</button>`,
  );
  const heads = [{ name: "name", word: false }, ...COLUMNS].map(
    ({ name, word }) => html`<th scope="col" data-column="${name}" class="${word ? WORD : ""}"
      ><button title="${h(`tip_${name}`)}">${h(`col_${name}`)}</button></th>`,
  );
  return html`
    <div class="lab-row lab-between property-tools">
      <input class="lab-field" type="search" placeholder="${h("search")}"
        aria-label="${h("search")}" title="${h("tip_search")}">
      <span class="lab-seg" role="group" aria-label="${h("rows")}">
        ${choices}
      </span>
    </div>
    <div class="lab-scroll property-scroll" tabindex="0" role="group" aria-label="${h("heading")}">
      <table class="property-table"><thead><tr>${heads}</tr></thead><tbody></tbody></table>
    </div>
    <p class="lab-note property-note">${h("note")}</p>`;
}
