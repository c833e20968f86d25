/** The columns of the property table: what each shows of an activation's facts, and how it sorts. */

import { escaped, short, t } from "../core/text.js";

/**
 * @typedef {object} Column
 * @property {string} name Key of its heading and its explanation: properties.col_…, properties.tip_…
 * @property {(facts: any) => string} cell HTML.
 * @property {(facts: any) => number} key What it is sorted by; NaN stands last.
 * @property {boolean} [word] Whether it shows a word and no number.
 */

const UNKNOWN = () => `<span title="${escaped(t("properties.unknown"))}">?</span>`;
/** A number in four digits, or as many as given, all of them where there are more: see its title. */
function figure(value, digits = 4) {
  if (short(value, digits) === short(value, 12)) return short(value, digits);
  const size = Math.abs(value);
  const said =
    size >= 1e-4 && size < 10 ** digits
      ? value.toPrecision(digits).replace("-", "−")
      : short(value, digits);
  return `<span title="${short(value, 12)}">${said}</span>`;
}
const word = (name, sign) =>
  `<span title="${escaped(t(`properties.word_${name}`))}">${sign}<span class="lab-sr">${escaped(t(`properties.word_${name}`))}</span></span>`;
const yes = (value) =>
  value === "unknown" ? UNKNOWN() : value === "yes" ? word("yes", "✓") : word("no", "·");
const either = (value, table) => (value === "unknown" ? UNKNOWN() : word(value, table[value]));
const place = (value, list) => (value === "unknown" ? NaN : list.indexOf(value));

const MONOTONE = { increasing: "↗", decreasing: "↘", constant: "→", no: "·" };
const CONVEX = { convex: "∪", concave: "∩", both: "−", no: "·" };
const PARITY = { odd: t("properties.word_odd"), even: t("properties.word_even"), no: "·" };

/** The number of a bound; ±∞ where there is none. */
const bound = ({ kind, value }, side) =>
  kind === "unknown" ? NaN : kind === "unbounded" ? side * Infinity : value;

function range({ low, high }) {
  const end = ({ kind, value }, side) =>
    kind === "unknown" ? "?" : kind === "unbounded" ? short(side * Infinity) : figure(value);
  const open = low.kind === "attained" ? "[" : "(";
  return `${open}${end(low, -1)}, ${end(high, 1)}${high.kind === "attained" ? "]" : ")"}`;
}

/** A line as one writes it: x, −0.25x, 1.051x + 2. */
export function line({ slope, offset }) {
  const factor = slope === 1 ? "" : slope === -1 ? "−" : short(slope, 4);
  return `${factor}x${offset ? ` ${offset < 0 ? "−" : "+"} ${short(Math.abs(offset), 4)}` : ""}`;
}

function limit(found) {
  switch (found.kind) {
    case "number":
      return figure(found.value);
    case "infinite":
      return short(found.sign * Infinity);
    case "line":
      return `<span title="${escaped(t("properties.asymptote", { line: line(found) }))}">${line(found)}</span>`;
    case "oscillating":
      return `<span title="${escaped(t("properties.oscillating"))}">${short(found.low ?? -Infinity, 4)} … ${short(found.high ?? Infinity, 4)}</span>`;
    case "none":
      return "–";
    default:
      return UNKNOWN();
  }
}
const limitKey = ({ kind, value, sign, slope }) =>
  kind === "number"
    ? value
    : kind === "line"
      ? sign * (1e6 + Math.abs(slope))
      : kind === "infinite"
        ? sign * 1e9
        : NaN;

const bounded = ({ low, high }) => {
  if (low.kind === "unknown" || high.kind === "unknown") return "unknown";
  const [below, above] = [low, high].map(({ kind }) => kind !== "unbounded");
  return below && above ? "both" : below ? "below" : above ? "above" : "no";
};
const BOUNDED = { both: "↕", below: "↧", above: "↥", no: "·" };

function zeros({ at, flat, kind }) {
  if (kind === "endless") return `<span title="${escaped(t("properties.endless"))}">∞</span>`;
  const stretches = flat.map(([low, high]) =>
    low === null
      ? `≤ ${short(high ?? Infinity, 4)}`
      : high === null
        ? `≥ ${short(low, 4)}`
        : `[${short(low, 4)}, ${short(high, 4)}]`,
  );
  const count = at.length || !stretches.length ? [String(at.length)] : [];
  const list = at.map((x) => short(x, 6)).join("; ");
  const text = [...stretches, ...count].join(" + ") + (kind === "searched" ? "+" : "");
  return list ? `<span title="x = ${list}">${text}</span>` : text;
}

/** @type {Column[]} */
export const COLUMNS = [
  {
    name: "range",
    cell: range,
    key: ({ low, high }) => bound(low, -1) * 1e-3 + Math.min(1e6, bound(high, 1)) * 1e-9,
  },
  { name: "left", cell: ({ left }) => limit(left), key: ({ left }) => limitKey(left) },
  { name: "right", cell: ({ right }) => limit(right), key: ({ right }) => limitKey(right) },
  {
    name: "minimum",
    cell: ({ minimum }) =>
      minimum
        ? `<span title="x = ${short(minimum[0], 12)}, f = ${short(minimum[1], 12)}">${figure(minimum[1])}</span>`
        : "–",
    key: ({ minimum }) => minimum?.[1] ?? NaN,
  },
  {
    name: "lipschitz",
    cell: ({ lipschitz }) =>
      lipschitz.kind === "unknown"
        ? UNKNOWN()
        : lipschitz.kind === "unbounded"
          ? "∞"
          : figure(lipschitz.value),
    key: ({ lipschitz }) => bound(lipschitz, 1),
  },
  {
    name: "monotone",
    word: true,
    cell: ({ monotone }) => either(monotone, MONOTONE),
    key: ({ monotone }) => place(monotone, Object.keys(MONOTONE)),
  },
  {
    name: "convex",
    word: true,
    cell: ({ convex }) => either(convex, CONVEX),
    key: ({ convex }) => place(convex, Object.keys(CONVEX)),
  },
  {
    name: "smooth",
    word: true,
    cell: ({ smooth }) =>
      smooth === "unknown"
        ? UNKNOWN()
        : smooth === -1
          ? word("jumps", "–")
          : `C<sup>${smooth ?? "∞"}</sup>`,
    key: ({ smooth }) => (smooth === "unknown" ? NaN : (smooth ?? 99)),
  },
  {
    name: "bounded",
    word: true,
    cell: (facts) => either(bounded(facts), BOUNDED),
    key: (facts) => place(bounded(facts), Object.keys(BOUNDED)),
  },
  {
    name: "gate",
    word: true,
    cell: ({ gate }) => yes(gate),
    key: ({ gate }) => place(gate, ["yes", "no"]),
  },
  {
    name: "centred",
    word: true,
    cell: ({ centred }) => yes(centred),
    key: ({ centred }) => place(centred, ["yes", "no"]),
  },
  {
    name: "parity",
    word: true,
    cell: ({ parity }) => either(parity, PARITY),
    key: ({ parity }) => place(parity, Object.keys(PARITY)),
  },
  {
    name: "value",
    cell: ({ atZero }) => (atZero === null ? "–" : figure(atZero, 3)),
    key: ({ atZero }) => atZero ?? NaN,
  },
  {
    name: "slope",
    cell: ({ slopeBefore, slopeAfter }) =>
      slopeBefore === slopeAfter
        ? slopeBefore === null
          ? "–"
          : figure(slopeBefore, 3)
        : [slopeBefore, slopeAfter]
            .map((each) => (each === null ? "–" : figure(each, 3)))
            .join(" | "),
    key: ({ slopeBefore, slopeAfter }) => slopeAfter ?? slopeBefore ?? NaN,
  },
  {
    name: "zeros",
    cell: ({ zeros: all }) => zeros(all),
    key: ({ zeros: { at, flat, kind } }) =>
      kind === "endless" ? 1e9 : at.length + 1000 * flat.length,
  },
];
