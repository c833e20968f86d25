/** The table of all activations and their properties: sorted, searched, and a way into the plot. */

import { escaped, short, t } from "../core/text.js";
import { activationColour, isDark } from "../core/theme.js";
import { activations } from "../generated/activations.js";
import { COLUMNS } from "./property_columns.js";

/** Milliseconds for which β rests before its row follows. */
const REST = 120;

/**
 * @param {HTMLElement} host
 * @param {any} lab
 */
export function card(host, lab) {
  const columns = [{ name: "name", word: false }, ...COLUMNS];
  const h = (key) => escaped(t(`properties.${key}`));
  host.innerHTML = `
    <div class="lab-row lab-between property-tools">
      <input class="lab-field" type="search" placeholder="${h("search")}" aria-label="${h("search")}" title="${h("tip_search")}">
      <span class="lab-seg" role="group" aria-label="${h("rows")}">
        ${["all", "shown"].map((name) => `<button data-rows="${name}" title="${escaped(t(`properties.tip_${name}`))}">${h(name)}</button>`).join("")}
      </span>
    </div>
    <div class="lab-scroll property-scroll" tabindex="0" role="group" aria-label="${h("heading")}">
      <table class="property-table"><thead><tr>${columns.map(({ name, word }) => `<th scope="col" data-column="${name}" ${word ? 'class="property-word"' : ""}><button title="${escaped(t(`properties.tip_${name}`))}">${escaped(t(`properties.col_${name}`))}</button></th>`).join("")}</tr></thead><tbody></tbody></table>
    </div>
    <p class="lab-note property-note">${h("note")}</p>`;
  const body = host.querySelector("tbody");
  const search = host.querySelector("input");
  const source = lab.facts;
  source.onArrived((record) => paintRow(record) || paint());
  /** What was painted of each row: its state in a few words. */
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
    const { key } = COLUMNS.find(({ name }) => name === column);
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

  /** A record's name, with its parameters where they are not the usual ones. */
  function label(record) {
    const values = lab.values(record);
    const changed = record.parameters.filter(
      (each) => values[each.name] !== each.default || lab.keyOf(record) === "formula",
    );
    const said = changed
      .map(
        (each) =>
          `${lab.symbolOf(`${lab.keyOf(record)}.${each.name}`)} = ${short(values[each.name], 4)}`,
      )
      .join(", ");
    return `${escaped(record.label)}${said ? ` <small>${escaped(said)}</small>` : ""}`;
  }

  function row(record, pressed, { facts, old }) {
    const { name } = record;
    const fixed = record === lab.swish;
    const button = `<button class="property-name" data-name="${escaped(name)}" aria-pressed="${pressed}" ${fixed ? 'aria-disabled="true"' : ""} tabindex="-1" style="--chip:${activationColour(record.name)}" title="${escaped(t(fixed ? "properties.tip_swish" : "properties.tip_toggle"))}"><i></i>${label(record)}</button>`;
    const cells =
      facts && !facts.error
        ? COLUMNS.map(
            (column) =>
              `<td data-cell="${column.name}" ${column.word ? 'class="property-word"' : ""}>${column.cell(facts)}</td>`,
          ).join("")
        : `<td class="lab-note" colspan="${COLUMNS.length}">${escaped(facts?.error ?? t("properties.computing"))}</td>`;
    return `<tr data-row="${escaped(name)}" class="${pressed ? "property-shown" : ""} ${old ? "property-old" : ""}"><th scope="row">${button}</th>${cells}</tr>`;
  }

  /** All of a row that its cells depend on. */
  function stateOf(record, shown) {
    const found = source.of(record);
    return { found, pressed: shown.has(record), of: JSON.stringify(lab.values(record)) };
  }
  const equal = (a, b) =>
    a &&
    a.found.facts === b.found.facts &&
    a.found.old === b.found.old &&
    a.pressed === b.pressed &&
    a.of === b.of;

  /** Paints a row that stands there already; gives false where it does not. */
  function paintRow(record, shown = new Set(lab.chosen())) {
    const line = body.querySelector(`[data-row="${CSS.escape(record.name)}"]`);
    if (!line) return false;
    const state = stateOf(record, shown);
    if (equal(painted.get(record.name), state)) return true;
    painted.set(record.name, state);
    const focused = line.contains(document.activeElement);
    const stop = line.querySelector(".property-name").tabIndex;
    line.outerHTML = row(record, state.pressed, state.found);
    const button = body.querySelector(`[data-row="${CSS.escape(record.name)}"] .property-name`);
    button.tabIndex = stop;
    if (focused) button.focus({ preventScroll: true });
    return true;
  }

  /** All rows anew: their order or their number has changed. */
  function paint() {
    const shown = new Set(lab.chosen());
    const focused = body.contains(document.activeElement)
      ? document.activeElement.dataset.name
      : null;
    painted.clear();
    body.innerHTML =
      ordered()
        .map((record) => {
          const state = stateOf(record, shown);
          painted.set(record.name, state);
          return row(record, state.pressed, state.found);
        })
        .join("") ||
      `<tr><td class="lab-note" colspan="${COLUMNS.length + 1}">${escaped(t("properties.none_found"))}</td></tr>`;
    const buttons = [...body.querySelectorAll(".property-name")];
    const stop = buttons.find(({ dataset }) => dataset.name === focused) ?? buttons[0];
    if (stop) stop.tabIndex = 0;
    if (focused) stop?.focus({ preventScroll: true });
    const sort = lab.state.get("sort");
    for (const head of host.querySelectorAll("[data-column]")) {
      const column = head.dataset.column;
      head.setAttribute(
        "aria-sort",
        sort === column ? "ascending" : sort === `-${column}` ? "descending" : "none",
      );
    }
    for (const button of host.querySelectorAll("[data-rows]"))
      button.setAttribute("aria-pressed", String(button.dataset.rows === lab.state.get("rows")));
  }

  /** What decides which rows stand there, and in which order. */
  const arrangement = () =>
    `${lab.state.get("rows")} ${lab.state.get("sort")} ${search.value} ${isDark()} ${
      lab.state.get("rows") === "shown" ||
      lab.chosen().some((record) => lab.keyOf(record) === "formula")
        ? lab
            .chosen()
            .map(({ name, label: said }) => `${name} ${said}`)
            .join()
        : ""
    }`;
  let arranged = "";

  host.addEventListener("click", ({ target }) => {
    const column = target.closest("[data-column]")?.dataset.column;
    const rows = target.closest("[data-rows]")?.dataset.rows;
    const name = target.closest("[data-row]")?.dataset.row;
    if (column) {
      const sort = lab.state.get("sort");
      lab.state.set({ sort: sort === column ? `-${column}` : sort === `-${column}` ? "" : column });
    } else if (rows) lab.state.set({ rows });
    else if (name && !String(getSelection())) lab.toggle(name);
  });
  body.addEventListener("keydown", (event) => {
    const buttons = [...body.querySelectorAll(".property-name")];
    const at = buttons.indexOf(event.target);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: buttons.length - 1 }[event.key];
    if (at < 0 || !buttons[to]) return;
    event.preventDefault();
    buttons[at].tabIndex = -1;
    buttons[to].tabIndex = 0;
    buttons[to].focus();
  });
  search.addEventListener("input", () => update("shown"));
  lab.state.subscribe((changed) => (changed.has("sort") || changed.has("rows")) && update("shown"));

  let resting = 0;
  let there = false;
  source.ready().then(() => {
    there = true;
    update("shown");
  });

  /** @param {"shown" | "beta"} what */
  function update(what) {
    if (!there) return;
    if (what === "beta") {
      // A new figure lays the whole table out anew: 10 ms of a frame that the curves need.
      clearTimeout(resting);
      resting = setTimeout(() => paintRow(lab.swish), REST);
      return;
    }
    const now = arrangement();
    if (arranged !== now) {
      arranged = now;
      return void paint();
    }
    const shown = new Set(lab.chosen());
    for (const record of records()) paintRow(record, shown);
  }
  return { prompt: true, update };
}
