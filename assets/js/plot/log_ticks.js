/** The numbers on a logarithmic axis: round ones that fit, however little or much it shows. */

import { grouped, raised, short } from "../core/html.js";

/** Digits before the power of ten, the densest first. */
const DIGITS = [[1, 2, 3, 4, 5, 6, 7, 8, 9], [1, 2, 5], [1, 3], [1]];
const FEWEST = 3;
/** Two numbers stand no nearer than this share of the axis, divided by how many fit. */
const NEAREST = 0.55;
/** @typedef {[size: number, name: string]} Unit */
/** @type {Unit[]} */
const PREFIXES = [
  [1e-9, "ns"],
  [1e-6, "µs"],
  [1e-3, "ms"],
  [1, "s"],
];
/** @type {Unit[]} */
const BYTES = [
  [1, "B"],
  [2 ** 10, "KiB"],
  [2 ** 20, "MiB"],
  [2 ** 30, "GiB"],
];
const OCTAVE = Math.log10(2);
/** Two numbers alone do where they lie this share of the axis apart. */
const COVERED = 0.4;
/** What is as good as one place is shown with this much on both sides, in powers of ten. */
const ROOM = 0.05;

/** @typedef {"s" | "B"} Kind Seconds or bytes. */

/**
 * @param {number} low The axis' ends, in powers of ten.
 * @param {number} high
 * @param {number} most How many numbers there is room for.
 * @param {{unit?: Kind, per?: number, marked?: number[]}} [axis] `unit`: seconds or bytes, else
 *   plain numbers, divided by `per`; `marked`: values that are written wherever they are seen.
 * @returns {{tickvals: number[], ticktext: string[]}} From low to high; two at least.
 */
export function logTicks(low, high, most, { unit, per = 1, marked = [] } = {}) {
  if (high < low) [low, high] = [high, low];
  if (high - low < 1e-9) [low, high] = [low - ROOM, high + ROOM];
  const nearest = (NEAREST * (high - low)) / most;
  /** @param {number} value */
  const seen = (value) => Math.log10(value) >= low - 1e-9 && Math.log10(value) <= high + 1e-9;
  /** @param {number[]} values */
  const apart = (values) =>
    values.every((value, at) => !at || Math.log10(value / values[at - 1]) >= nearest);
  /** @param {number} least @returns {(values: number[]) => boolean} */
  const fits = (least) => (values) =>
    values.length >= least && values.length <= most && apart(values);
  /** @param {number[]} values */
  const covers = (values) =>
    Math.log10((values.at(-1) ?? NaN) / values[0]) >= COVERED * (high - low);

  const [base, unitLog] = unit === "B" ? [2, OCTAVE] : [10, 1];
  const strides = Array.from({ length: Math.ceil((high - low) / unitLog) }, (_, at) =>
    powersOf(base, low / unitLog, high / unitLog, at + 1),
  );
  const sets = (base === 10 ? DIGITS.map((digits) => decades(low, high, digits)) : [])
    .concat(strides)
    .map((values) => values.filter(seen));
  let values = sets.find(fits(FEWEST)) ?? sets.filter(fits(2)).find(covers);
  values ??= evenly(low, high, most, seen, apart, unit ? unitOf(10 ** low, unit)[0] : 1);
  const kept = marked.filter(seen);
  const others = values.filter((value) =>
    kept.every((mark) => Math.abs(Math.log10(value / mark)) >= nearest),
  );
  const tickvals = [...others, ...kept].sort((a, b) => a - b);
  return { tickvals, ticktext: written(tickvals, unit, per, low, high) };
}

/**
 * Numbers of some digits in all decades that the axis touches.
 * @param {number} low @param {number} high @param {number[]} digits
 */
function decades(low, high, digits) {
  const found = [];
  for (let power = Math.floor(low); power <= Math.ceil(high); power++)
    for (const digit of digits) found.push(Number(`${digit}e${power}`));
  return found;
}

/**
 * Every stride-th power of a base between two exponents.
 * @param {number} base @param {number} low @param {number} high @param {number} stride
 */
function powersOf(base, low, high, stride) {
  const found = [];
  for (let power = stride * Math.ceil(low / stride - 1e-9); power <= high + 1e-9; power += stride)
    found.push(base === 10 ? Number(`1e${power}`) : base ** power);
  return found;
}

/**
 * Multiples of the smallest step, round in a unit of `size`, that leaves room between them.
 * @param {number} low @param {number} high @param {number} most
 * @param {(value: number) => boolean} seen @param {(values: number[]) => boolean} apart
 * @param {number} size
 */
function evenly(low, high, most, seen, apart, size) {
  const [first, last] = [10 ** low / size, 10 ** high / size];
  let best = [first, last].map((value) => value * size);
  const smallest = Math.floor(Math.log10((last - first) / most));
  for (const step of decades(smallest, Math.log10(last), [1, 2, 5])) {
    const found = [];
    for (let count = Math.ceil(first / step - 1e-9); count * step <= last * (1 + 1e-12); count++)
      found.push(size * Number((count * step).toPrecision(12)));
    const there = found.filter(seen);
    if (there.length < 2) break;
    best = there;
    if (there.length <= most && apart(there)) break;
  }
  return best;
}

/**
 * What stands at the ticks, one way for all of them.
 * @param {number[]} values @param {Kind | undefined} unit @param {number} per
 * @param {number} low @param {number} high
 */
function written(values, unit, per, low, high) {
  if (unit) {
    const near = high - low < 1; // then all in one unit
    return values.map((value) => {
      const [size, name] = unitOf(near ? 10 ** low : value, unit);
      return `${short(Number((value / size).toPrecision(12)), 6)} ${name}`;
    });
  }
  const shown = values.map((value) => Number((value / per).toPrecision(12)));
  const plain = shown.every((value) => value >= 1e-4 && value < 1e6);
  return shown.map((value) =>
    plain || value === 1 || value === 10 ? grouped(value) : power(value),
  );
}

/**
 * The unit that a value is written in, and how much it is.
 * @param {number} value @param {Kind} unit
 */
function unitOf(value, unit) {
  const units = unit === "s" ? PREFIXES : BYTES;
  return units.findLast(([least]) => value >= least * (1 - 1e-12)) ?? units[0];
}

/** 3·10⁻⁷ and 10⁻⁷. @param {number} value */
function power(value) {
  const [head, exponent] = value.toExponential().split("e");
  const ten = `10${raised(Number(exponent))}`;
  return Number(head) === 1 ? ten : `${short(Number(head), 6)}·${ten}`;
}
