/** Draws the small pictures of the glossary: curves, rows of boxes, bars, ranges; as inline SVG. */

import { html } from "../core/dom.js";

/** @typedef {import("../core/dom.js").Html} Html */
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
export function courses(lines, range) {
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
