/**
 * Shows the table of all activations and their properties: what each column shows of the facts, how
 * it sorts; searched, and a way into the plot.
 */

import { press } from "../core/controls.js";
import { closest, fill, find, findAll, html, replace, short, t } from "../core/html.js";
import { activationColour, isDark } from "../core/theme.js";
import { activations } from "../generated/activations.js";
import { COLUMNS } from "./lab.js";

/** @typedef {import("../core/html.js").Content} Content */
/** @typedef {{kind: string, value: number}} Bound */

/**
 * @typedef {object} Column
 * @property {(facts: any) => Content} cell
 * @property {(facts: any) => number} key What it is sorted by; NaN stands last.
 * @property {boolean} [word] Whether it shows a word and no number.
 */

/** @param {string} title @param {Content} text */
const titled = (title, text) => html`<span title="${title}">${text}</span>`;
const unknown = () => titled(t("properties.unknown"), "?");

/**
 * A number in four digits, or as many as given, all of them where there are more: see its title.
 * @param {number} value
 * @param {number} [digits]
 */
function figure(value, digits = 4) {
  if (short(value, digits) === short(value, 12)) return short(value, digits);
  const size = Math.abs(value);
  const plain = size >= 1e-4 && size < 10 ** digits;
  const text = plain ? value.toPrecision(digits).replace("-", "−") : short(value, digits);
  return titled(short(value, 12), text);
}

/** A sign for the eye, and its word for all. @param {string} name @param {Content} sign */
function word(name, sign) {
  const text = t(`properties.word_${name}`);
  return titled(text, html`${sign}<span class="lab-sr">${text}</span>`);
}
/** @param {string} value */
const yes = (value) =>
  value === "unknown" ? unknown() : value === "yes" ? word("yes", "✓") : word("no", "·");
/** @param {string} value @param {Record<string, Content>} table */
const either = (value, table) => (value === "unknown" ? unknown() : word(value, table[value]));
/** @param {string} value @param {string[]} list */
const place = (value, list) => (value === "unknown" ? NaN : list.indexOf(value));

const MONOTONE = { increasing: "↗", decreasing: "↘", constant: "→", no: "·" };
const CONVEX = { convex: "∪", concave: "∩", both: "−", no: "·" };
const PARITY = { odd: t("properties.word_odd"), even: t("properties.word_even"), no: "·" };
const BOUNDED = { both: "↕", below: "↧", above: "↥", no: "·" };

/** The number of a bound; ±∞ where there is none. @param {Bound} bound @param {number} side */
const bound = ({ kind, value }, side) =>
  kind === "unknown" ? NaN : kind === "unbounded" ? side * Infinity : value;

/** @param {{low: Bound, high: Bound}} facts */
function range({ low, high }) {
  /** @param {Bound} bound @param {number} side */
  const end = ({ kind, value }, side) =>
    kind === "unknown" ? "?" : kind === "unbounded" ? short(side * Infinity) : figure(value);
  const open = low.kind === "attained" ? "[" : "(";
  const close = high.kind === "attained" ? "]" : ")";
  return html`${open}${end(low, -1)}, ${end(high, 1)}${close}`;
}

/** A line as one writes it: x, −0.25x, 1.051x + 2. @param {{slope: number, offset: number}} line */
export function line({ slope, offset }) {
  const factor = slope === 1 ? "" : slope === -1 ? "−" : short(slope, 4);
  return `${factor}x${offset ? ` ${offset < 0 ? "−" : "+"} ${short(Math.abs(offset), 4)}` : ""}`;
}

/** @param {any} found */
function limit(found) {
  switch (found.kind) {
    case "number":
      return figure(found.value);
    case "infinite":
      return short(found.sign * Infinity);
    case "line":
      return titled(t("properties.asymptote", { line: line(found) }), line(found));
    case "oscillating": {
      const [low, high] = [found.low ?? -Infinity, found.high ?? Infinity];
      return titled(t("properties.oscillating"), `${short(low, 4)} … ${short(high, 4)}`);
    }
    case "none":
      return "–";
    default:
      return unknown();
  }
}

/** @param {any} found */
function limitKey({ kind, value, sign, slope }) {
  if (kind === "number") return value;
  if (kind === "line") return sign * (1e6 + Math.abs(slope));
  return kind === "infinite" ? sign * 1e9 : NaN;
}

/** @param {{low: Bound, high: Bound}} facts */
function bounded({ low, high }) {
  if (low.kind === "unknown" || high.kind === "unknown") return "unknown";
  const [below, above] = [low, high].map(({ kind }) => kind !== "unbounded");
  return below && above ? "both" : below ? "below" : above ? "above" : "no";
}

/** @param {any} facts */
const minimumCell = ({ minimum }) =>
  minimum
    ? titled(`x = ${short(minimum[0], 12)}, f = ${short(minimum[1], 12)}`, figure(minimum[1]))
    : "–";

/** @param {{lipschitz: Bound}} facts */
function lipschitz({ lipschitz: { kind, value } }) {
  return kind === "unknown" ? unknown() : kind === "unbounded" ? "∞" : figure(value);
}

/** @param {any} facts */
function smoothCell({ smooth }) {
  if (smooth === "unknown") return unknown();
  return smooth === -1 ? word("jumps", "–") : html`C<sup>${smooth ?? "∞"}</sup>`;
}

/** @param {any} facts */
function slopeCell({ slopeBefore, slopeAfter }) {
  const [before, after] = [slopeBefore, slopeAfter].map((each) =>
    each === null ? "–" : figure(each, 3),
  );
  return slopeBefore === slopeAfter ? after : html`${before} | ${after}`;
}

/** @param {{zeros: {at: number[], flat: [number | null, number | null][], kind: string}}} facts */
function zerosCell({ zeros: { at, flat, kind } }) {
  if (kind === "endless") return titled(t("properties.endless"), "∞");
  const stretches = flat.map(([low, high]) => {
    if (low === null) return `≤ ${short(high ?? Infinity, 4)}`;
    return high === null ? `≥ ${short(low, 4)}` : `[${short(low, 4)}, ${short(high, 4)}]`;
  });
  const count = at.length || !stretches.length ? [String(at.length)] : [];
  const text = [...stretches, ...count].join(" + ") + (kind === "searched" ? "+" : "");
  const list = at.map((x) => short(x, 6)).join("; ");
  return list ? titled(`x = ${list}`, text) : text;
}

/** A column of ✓ and ·. @param {(facts: any) => string} of @returns {Column} */
const yesColumn = (of) => ({
  word: true,
  cell: (facts) => yes(of(facts)),
  key: (facts) => place(of(facts), ["yes", "no"]),
});

/**
 * A column of signs.
 * @param {(facts: any) => string} of
 * @param {Record<string, Content>} table
 * @returns {Column}
 */
const signColumn = (of, table) => ({
  word: true,
  cell: (facts) => either(of(facts), table),
  key: (facts) => place(of(facts), Object.keys(table)),
});

/** @type {Record<typeof COLUMNS[number], Column>} How each shows itself. */
const SHOWN = {
  range: {
    cell: range,
    key: ({ low, high }) => bound(low, -1) * 1e-3 + Math.min(1e6, bound(high, 1)) * 1e-9,
  },
  left: { cell: ({ left }) => limit(left), key: ({ left }) => limitKey(left) },
  right: { cell: ({ right }) => limit(right), key: ({ right }) => limitKey(right) },
  minimum: { cell: minimumCell, key: ({ minimum }) => minimum?.[1] ?? NaN },
  lipschitz: { cell: lipschitz, key: (facts) => bound(facts.lipschitz, 1) },
  monotone: signColumn(({ monotone }) => monotone, MONOTONE),
  convex: signColumn(({ convex }) => convex, CONVEX),
  smooth: {
    word: true,
    cell: smoothCell,
    key: ({ smooth }) => (smooth === "unknown" ? NaN : (smooth ?? 99)),
  },
  bounded: signColumn(bounded, BOUNDED),
  gate: yesColumn(({ gate }) => gate),
  centred: yesColumn(({ centred }) => centred),
  parity: signColumn(({ parity }) => parity, PARITY),
  value: {
    cell: ({ atZero }) => (atZero === null ? "–" : figure(atZero, 3)),
    key: ({ atZero }) => atZero ?? NaN,
  },
  slope: {
    cell: slopeCell,
    key: ({ slopeBefore, slopeAfter }) => slopeAfter ?? slopeBefore ?? NaN,
  },
  zeros: {
    cell: zerosCell,
    key: ({ zeros: { at, flat, kind } }) =>
      kind === "endless" ? 1e9 : at.length + 1000 * flat.length,
  },
};
const LIST = COLUMNS.map((name) => ({ name, ...SHOWN[name] }));

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
    const { key } = LIST.find(({ name }) => name === column) ?? LIST[0];
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
    const changed = record.parameters
      .filter((each) => values[each.name] !== each.default || lab.keyOf(record) === "formula")
      .map(({ name }) => [name, values[name]]);
    const changes = lab.settings(record, Object.fromEntries(changed), 4);
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
        ? LIST.map(
            (column) => html`<td data-cell="${column.name}" class="${column.word ? WORD : ""}"
              >${column.cell(facts)}</td>`,
          )
        : html`<td class="lab-note" colspan="${LIST.length}"
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
    const none = html`<tr><td class="lab-note" colspan="${LIST.length + 1}"
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
  const heads = [{ name: "name", word: false }, ...LIST].map(
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
