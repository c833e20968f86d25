/**
 * Defines the columns of the property table: what each shows of an activation's facts, how it
 * sorts.
 */

import { html } from "../core/dom.js";
import { short, t } from "../core/text.js";

/** @typedef {import("../core/dom.js").Content} Content */
/** @typedef {{kind: string, value: number}} Bound */

/**
 * @typedef {object} Column
 * @property {string} name Key of its heading and explanation: properties.col_…, properties.tip_…
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

/** A column of ✓ and ·. @param {string} name @returns {Column} */
const yesColumn = (name) => ({
  name,
  word: true,
  cell: (facts) => yes(facts[name]),
  key: (facts) => place(facts[name], ["yes", "no"]),
});

/**
 * A column of signs.
 * @param {string} name
 * @param {Record<string, Content>} table
 * @param {(facts: any) => string} [of]
 * @returns {Column}
 */
const signColumn = (name, table, of = (facts) => facts[name]) => ({
  name,
  word: true,
  cell: (facts) => either(of(facts), table),
  key: (facts) => place(of(facts), Object.keys(table)),
});

/** @type {Column[]} */
export const COLUMNS = [
  {
    name: "range",
    cell: range,
    key: ({ low, high }) => bound(low, -1) * 1e-3 + Math.min(1e6, bound(high, 1)) * 1e-9,
  },
  { name: "left", cell: ({ left }) => limit(left), key: ({ left }) => limitKey(left) },
  { name: "right", cell: ({ right }) => limit(right), key: ({ right }) => limitKey(right) },
  { name: "minimum", cell: minimumCell, key: ({ minimum }) => minimum?.[1] ?? NaN },
  { name: "lipschitz", cell: lipschitz, key: (facts) => bound(facts.lipschitz, 1) },
  signColumn("monotone", MONOTONE),
  signColumn("convex", CONVEX),
  {
    name: "smooth",
    word: true,
    cell: smoothCell,
    key: ({ smooth }) => (smooth === "unknown" ? NaN : (smooth ?? 99)),
  },
  signColumn("bounded", BOUNDED, bounded),
  yesColumn("gate"),
  yesColumn("centred"),
  signColumn("parity", PARITY),
  {
    name: "value",
    cell: ({ atZero }) => (atZero === null ? "–" : figure(atZero, 3)),
    key: ({ atZero }) => atZero ?? NaN,
  },
  {
    name: "slope",
    cell: slopeCell,
    key: ({ slopeBefore, slopeAfter }) => slopeAfter ?? slopeBefore ?? NaN,
  },
  {
    name: "zeros",
    cell: zerosCell,
    key: ({ zeros: { at, flat, kind } }) =>
      kind === "endless" ? 1e9 : at.length + 1000 * flat.length,
  },
];
