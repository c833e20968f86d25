/**
 * Lists the terms of the glossary, each with its small picture (curves, rows of boxes, bars or
 * ranges, as inline SVG); their words stand in the catalogue.
 */

import { html } from "../core/html.js";

/** @typedef {import("../core/html.js").Html} Html */
/** @typedef {(x: number) => number} Curve */

const WIDTH = 132;
const HEIGHT = 60;
const MARGIN = 5;
const INK = "var(--lab-muted)";
const FIRST = "var(--lab-accent)";
const SECOND = "var(--lab-band2)";
const SHADE = "var(--lab-band)";

/** @param {Html[]} shapes */
const svg = (...shapes) => html`<svg width="${WIDTH}" height="${HEIGHT}"
  viewBox="0 0 ${WIDTH} ${HEIGHT}" aria-hidden="true" fill="none" stroke-width="1.8"
  stroke-linecap="round" stroke-linejoin="round">${shapes}</svg>`;

/** @param {number} value */
const round = (value) => Math.round(value * 10) / 10;

/** A share of the width, from 0 on the left. @param {number} share */
const across = (share) => round(MARGIN + share * (WIDTH - 2 * MARGIN));
/** A share of the height, from 0 at the bottom. @param {number} share */
const up = (share) => round(HEIGHT - MARGIN - share * (HEIGHT - 2 * MARGIN));

/** @param {number[][]} points Shares of width and height. @param {string} colour */
const path = (points, colour, dash = "") => html`<path stroke="${colour}"
  stroke-dasharray="${dash}" d="M${points.map(([x, y]) => `${across(x)} ${up(y)}`).join("L")}"/>`;

/** @param {number} x @param {number} y Shares of width and height. @param {string} colour */
const dot = (x, y, colour) => html`<circle cx="${across(x)}" cy="${up(y)}" r="3.4"
  fill="${colour}"/>`;

/** @param {number} low @param {number} high Shares of the height, over the whole width. */
const shade = (low, high) => html`<rect x="${MARGIN}" y="${up(high)}"
  width="${WIDTH - 2 * MARGIN}" height="${round(up(low) - up(high))}" fill="${SHADE}"
  opacity="0.28"/>`;

/** @param {number} share @param {boolean} [level] Across, or upright. */
const rule = (share, level = true) =>
  path(
    level
      ? [
          [0, share],
          [1, share],
        ]
      : [
          [share, 0],
          [share, 1],
        ],
    INK,
    "3 4",
  );

/**
 * Curves over axes; the first is the one that is meant.
 * @param {Curve[]} list
 * @param {{x: [number, number], y: [number, number], marks?: number[]}} view Marks: on the first.
 */
export function curves(list, { x: [left, right], y: [low, high], marks = [] }) {
  /** @param {number} x */
  const atX = (x) => (x - left) / (right - left);
  /** @param {number} y */
  const atY = (y) => Math.min(1, Math.max(0, (y - low) / (high - low)));
  const drawn = list.map((curve, at) => {
    const points = Array.from({ length: 61 }, (_, step) => {
      const x = left + ((right - left) * step) / 60;
      return [atX(x), atY(curve(x))];
    });
    return path(points, at ? SECOND : FIRST, at ? "4 3" : "");
  });
  const axes = [low <= 0 && high >= 0 && rule(atY(0)), left < 0 && rule(atX(0), false)];
  const dots = marks.map((x) => dot(atX(x), atY(list[0](x)), SECOND));
  return svg(...axes.filter(Boolean).map((each) => html`${each}`), ...drawn.reverse(), ...dots);
}

/**
 * Lines of values over time; a shaded range behind them.
 * @param {number[][]} lines Shares of the height, evenly spaced.
 * @param {[number, number]} [range]
 */
function courses(lines, range) {
  const drawn = lines.map((line, at) =>
    path(
      line.map((y, step) => [step / (line.length - 1), y]),
      at % 2 ? SECOND : FIRST,
    ),
  );
  return svg(range ? shade(...range) : html``, ...drawn);
}

/**
 * Bars from the left; the filled share of each is what is meant.
 * @param {[whole: number, meant: number][]} list Shares of the width.
 * @param {number} [limit] A rule, as a share of the width.
 */
export function bars(list, limit) {
  const height = Math.min(16, 46 / list.length);
  const drawn = list.map(([whole, meant], at) => {
    const y = round(8 + (at * 46) / list.length);
    /** @param {number} width @param {string} colour */
    const bar = (width, colour) => html`<rect x="${MARGIN}" y="${y}"
      width="${round(width * (WIDTH - 2 * MARGIN))}" height="${height - 4}" rx="2"
      fill="${colour}"/>`;
    return html`${bar(whole, "var(--lab-zero)")}${bar(meant, FIRST)}`;
  });
  return svg(...drawn, limit === undefined ? html`` : rule(limit, false));
}

/**
 * A row of boxes joined by arrows; some of them are meant.
 * @param {string[]} words
 * @param {number[]} meant
 */
export function boxes(words, meant) {
  const step = (WIDTH - 2 * MARGIN) / words.length;
  const width = step - 10;
  const drawn = words.map((word, at) => {
    const x = MARGIN + at * step + 5;
    const colour = meant.includes(at) ? FIRST : INK;
    const arrow = at && html`<path stroke="${INK}" d="M${round(x - 9)} 30h6m-3 -3l3 3l-3 3"/>`;
    return html`${arrow || ""}<rect x="${round(x)}" y="17" width="${round(width)}" height="26"
      rx="4" stroke="${colour}"/><text x="${round(x + width / 2)}" y="34" text-anchor="middle"
      font-size="11" fill="${colour}">${word}</text>`;
  });
  return svg(...drawn);
}

/**
 * Squares in rows; those that are meant are filled.
 * @param {number} columns @param {number} rows @param {(at: number) => boolean} meant
 */
export function squares(columns, rows, meant) {
  const size = Math.min((WIDTH - 10) / columns, (HEIGHT - 10) / rows);
  const left = (WIDTH - columns * size) / 2;
  const all = Array.from({ length: columns * rows }, (_, at) => {
    const x = left + (at % columns) * size;
    const y = 5 + Math.floor(at / columns) * size;
    return html`<rect x="${round(x + 1)}" y="${round(y + 1)}" width="${round(size - 2)}"
      height="${round(size - 2)}" rx="2" fill="${meant(at) ? FIRST : "var(--lab-zero)"}"/>`;
  });
  return svg(...all);
}

/**
 * Ranges with a dot each, against a rule.
 * @param {[low: number, middle: number, high: number][]} list Shares of the width.
 * @param {number} [limit]
 */
export function ranges(list, limit) {
  const drawn = list.map(([low, middle, high], at) => {
    const y = 1 - (at + 0.5) / list.length;
    const line = [
      [low, y],
      [high, y],
    ];
    return html`${path(line, SECOND)}${dot(middle, y, FIRST)}`;
  });
  return svg(...drawn, limit === undefined ? html`` : rule(limit, false));
}

/** @param {number} x */
const sigmoid = (x) => 1 / (1 + Math.exp(-x));
/** @param {number} x @param {number} [beta] */
const swish = (x, beta = 1) => x * sigmoid(beta * x);
/** @param {number} x */
const slope = (x) => sigmoid(x) * (1 + x * sigmoid(-x));
/** @param {number} x */
const bend = (x) => sigmoid(x) * sigmoid(-x) * (2 - x * Math.tanh(x / 2));
/** @param {number} x */
const bell = (x) => Math.exp((-x * x) / 2);
/** @param {number} x */
const relu = (x) => Math.max(0, x);

/** @type {{x: [number, number], y: [number, number]}} */
const WIDE = { x: [-5, 3], y: [-0.6, 2.5] };
/** @type {{x: [number, number], y: [number, number]}} */
const NARROW = { x: [-6, 6], y: [-0.25, 1.2] };
const MINIMUM = -1.2785;
const INFLECTION = 2.3994;

const FALLING = [1, 0.6, 0.38, 0.25, 0.18, 0.14, 0.12];
const MEETING = [
  [1, 0.85, 0.7, 0.6, 0.56, 0.55, 0.55],
  [0.1, 0.25, 0.4, 0.5, 0.54, 0.55, 0.55],
];
const APART = [
  [0.9, 0.9, 0.9, 0.9],
  [0.5, 0.5, 0.5, 0.5],
  [0.15, 0.15, 0.15, 0.15],
];
const NOISY = [0.9, 0.6, 0.7, 0.42, 0.5, 0.3, 0.34];

/** @type {Record<string, () => Html>} */
export const TERMS = {
  function: () => curves([swish], WIDE),
  slope: () => curves([slope], NARROW),
  curvature: () =>
    curves([bend], { ...NARROW, y: [-0.15, 0.55], marks: [INFLECTION, -INFLECTION] }),
  parameter: () => curves([(x) => swish(x, 2), (x) => swish(x, 0.6)], WIDE),
  landmark: () => curves([swish], { ...WIDE, marks: [MINIMUM, 0] }),
  variance: () => curves([bell, (x) => bell(x / 2.5)], { x: [-6, 6], y: [0, 1.1] }),
  gain: () => courses([[0.5, 0.5, 0.5, 0.5, 0.5], FALLING.map((value) => value / 2)]),
  fixed_point: () => courses(MEETING),
  pre_activation: () => boxes(["Σ", "z", "f"], [1]),
  ulp: () => squares(9, 1, (at) => at === 4),

  beta: () => curves([(x) => swish(x, 4), (x) => swish(x, 0.4)], WIDE),
  softplus: () => curves([(x) => Math.log1p(Math.exp(x)), relu], { x: [-4, 4], y: [-0.4, 4] }),
  weight_decay: () => courses([FALLING]),
  beta_rate: () => courses([FALLING, [1, 0.97, 0.94, 0.91, 0.88, 0.85, 0.82]]),
  learning_rate: () =>
    curves([(x) => x * x], { x: [-2, 2], y: [-0.3, 4], marks: [-1.7, -0.9, -0.3] }),
  schedule: () => courses([[0, 0.5, 0.95, 0.95, 0.8, 0.45, 0.1]]),
  seed: () => courses([FALLING, NOISY, FALLING.map((value) => value * 0.9)]),
  rival: () => curves([swish, relu], WIDE),
  momentum: () => courses([FALLING, [1, 0.35, 0.75, 0.3, 0.5, 0.2, 0.3]]),
  batch: () => squares(9, 3, (at) => at % 3 === 1 && at < 18),
  dropout: () => squares(8, 2, (at) => ![1, 6, 11, 12].includes(at)),
  normalisation: () =>
    curves([bell, (x) => 0.7 * bell((x - 3.4) / 1.6)], { x: [-6, 6], y: [0, 1.1] }),
  initial_weights: () => curves([bell], { x: [-4, 4], y: [0, 1.1] }),
  optimiser: () => curves([(x) => x * x], { x: [-2, 2], y: [-0.3, 4], marks: [-1.6, 0] }),
  mixed_precision: () => boxes(["32", "16", "32"], [1]),
  convergence: () => courses(MEETING),
  conserved: () => courses(APART),
  effective: () => curves([(x) => swish(x, 1.2)], { x: [-1.5, 1.5], y: [-0.5, 1.5] }),
  band: () => courses([[0.1, 0.3, 0.45, 0.55, 0.58, 0.6]], [0.45, 0.72]),
  loss: () => courses([FALLING]),
  accuracy: () => squares(10, 3, (at) => at < 27),
  r2: () => bars([[1, 0.85]]),
  deviation: () => ranges([[0.3, 0.5, 0.7]]),
  dead_unit: () => curves([relu], { x: [-3, 1.5], y: [-0.4, 1.5], marks: [-2.4, -1.6, -0.9] }),
  diverged: () => courses([[0.2, 0.18, 0.2, 0.3, 0.55, 1]]),

  step: () => curves([(x) => x * x], { x: [-2, 2], y: [-0.3, 4], marks: [-1.5, -0.8] }),
  layer: () => boxes(["x", "1", "2", "y"], [1, 2]),
  replica: () => squares(6, 2, () => true),
  inside: () => squares(11, 5, (at) => (at % 11) + Math.floor(at / 11) < 7),
  smoothing: () => courses([FALLING, NOISY]),

  memory: () =>
    bars([
      [0.9, 0.5],
      [0.6, 0.25],
    ]),
  implementation: () => boxes(["A", "B", "C"], [0, 1, 2]),
  dtype: () =>
    bars([
      [1, 0.75],
      [0.5, 0.34],
      [0.5, 0.25],
    ]),
  host: () => boxes(["CPU", "RAM"], [0]),
  ratio: () =>
    bars(
      [
        [0.6, 0.6],
        [0.69, 0.69],
      ],
      0.6,
    ),
  kernel: () => boxes(["W", "f", "W"], [1]),
  pass: () => boxes(["x", "f", "∇"], [1, 2]),
  elements: () => squares(12, 4, () => true),
  median: () => ranges([[0.3, 0.42, 0.68]]),
  interval: () =>
    ranges(
      [
        [0.2, 0.45, 0.7],
        [0.6, 0.72, 0.84],
      ],
      0.4,
    ),
  memory_limit: () =>
    bars(
      [
        [1, 0.9],
        [1, 0.45],
      ],
      1,
    ),
  allocator: () => squares(8, 3, (at) => at % 8 < 5),

  depends: () => squares(2, 1, (at) => at === 0),
  undecided: () => ranges([[0.1, 0.5, 0.9]], 0.45),
  imprecise: () => ranges([[0.48, 0.52, 0.56]], 0.44),
  refuted: () => ranges([[0.7, 0.8, 0.9]], 0.3),
};
