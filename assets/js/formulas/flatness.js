/** Where an activation passes next to no gradient, as a share of a normally distributed signal. */

import { breaksOf } from "../plot/sampling.js";
import { normalCdf } from "./special_functions.js";

/** Beyond this there is no signal that doubles could tell. */
const END = 38;
/** Where f′ is looked at: close together near 0 for steep functions, evenly out to ±7 for waves. */
const LOOK = [
  ...Array.from({ length: 241 }, (_, k) => Math.sinh((k - 120) / 12) * (9 / Math.sinh(10))),
  ...Array.from({ length: 701 }, (_, k) => (k - 350) / 50),
].sort((a, b) => a - b);
/** A dip less deep than this is noise of rounding. */
const NOISE = 1e-9;

/**
 * The share of inputs x ~ N(0, σ²) at which |f′| is below a threshold: no signal comes back there.
 * @param {import("../generated/activations.js").Activation} record
 * @param {import("../generated/activations.js").Values} p Its parameters.
 * @param {number} sigma
 * @param {number} below
 */
export function flatShare(record, p, sigma, below) {
  /** @param {number} t */
  const slope = (t) => record.df(sigma * t, p);
  /** @param {number} t */
  const inside = (t) => Math.abs(slope(t)) < below;
  const breaks = breaksOf(record, p).map((at) => at / sigma);
  const ends = [-END, ...breaks.filter((at) => Math.abs(at) < END), END].sort((a, b) => a - b);
  let share = 0;
  for (let k = 1; k < ends.length; k++) {
    // The value at a break is its left side's, so each piece is looked at from just inside.
    const [low, high] = [ends[k - 1], ends[k]];
    const off = 1e-9 * (high - low);
    if (!(off > 0)) continue;
    const at = looked(slope, below, low + off, high - off);
    let from = low;
    let flat = inside(at[0]);
    for (let j = 1; j < at.length; j++) {
      if (inside(at[j]) === flat) continue;
      const place = crossing(inside, at[j - 1], at[j]);
      if (flat) share += between(from, place);
      [from, flat] = [place, !flat];
    }
    if (flat) share += between(from, high);
  }
  return share;
}

/**
 * Points of a piece between which f′ does not dip unseen: its zeros and its least sizes are there.
 * @param {(t: number) => number} slope @param {number} below
 * @param {number} first @param {number} last
 */
function looked(slope, below, first, last) {
  const at = [first, ...LOOK.filter((t) => t > first && t < last), last];
  const values = at.map(slope);
  const sizes = values.map(Math.abs);
  const more = [];
  for (let j = 1; j < at.length; j++) {
    if (values[j - 1] * values[j] < 0) more.push(crossing((t) => slope(t) > 0, at[j - 1], at[j]));
    else if (
      sizes[j] >= below &&
      sizes[j] < sizes[j - 1] * (1 - NOISE) &&
      sizes[j] <= sizes[j + 1]
    ) {
      more.push(least((t) => Math.abs(slope(t)), at[j - 1], at[j + 1]));
    }
  }
  return [...at, ...more].sort((a, b) => a - b);
}

/**
 * Where a statement changes between two places at which it differs.
 * @param {(t: number) => boolean} holds @param {number} from @param {number} to
 */
function crossing(holds, from, to) {
  const first = holds(from);
  for (let step = 0; step < 60; step++) {
    const middle = (from + to) / 2;
    if (middle === from || middle === to) break;
    if (holds(middle) === first) from = middle;
    else to = middle;
  }
  return (from + to) / 2;
}

/**
 * Where a function with one dip between two places is least, by thirds.
 * @param {(t: number) => number} of @param {number} from @param {number} to
 */
function least(of, from, to) {
  for (let step = 0; step < 40; step++) {
    const third = (to - from) / 3;
    if (of(from + third) < of(to - third)) to -= third;
    else from += third;
  }
  return (from + to) / 2;
}

/**
 * The normal probability of an interval, in digits that the tails keep.
 * @param {number} low @param {number} high
 */
const between = (low, high) =>
  low > 0 ? normalCdf(-low) - normalCdf(-high) : normalCdf(high) - normalCdf(low);
