/**
 * What a normally distributed signal becomes behind an activation: its moments, by quadrature, and
 * the share of it that passes next to no gradient.
 *
 * The signal is σ·t, t standard normal. Integrals are split at 0, at the activation's breaks and
 * where the density has fallen by some powers of ten; each piece is halved until a 15-point
 * Gauss–Kronrod rule and the 7-point Gauss rule within it agree (Piessens et al., QUADPACK, 1983).
 */

import { breaksOf } from "../plot/sampling.js";
import { normalCdf } from "./special_functions.js";

/** Kronrod's nodes from 1 to 0; every second one is Gauss's. */
const NODES = [
  0.9914553711208126, 0.9491079123427585, 0.8648644233597691, 0.7415311855993945,
  0.5860872354676911, 0.4058451513773972, 0.20778495500789848, 0,
];
const KRONROD = [
  0.022935322010529224, 0.06309209262997856, 0.10479001032225019, 0.14065325971552592,
  0.1690047266392679, 0.19035057806478542, 0.20443294007529889, 0.20948214108472782,
];
const GAUSS = [
  0, 0.1294849661688697, 0, 0.27970539148927664, 0, 0.3818300505051189, 0, 0.4179591836734694,
];

/** Where the density is cut, in both directions; beyond the last it is below 10⁻³¹³. */
const CUTS = [1, 2.5, 5, 8, 14, 38];
const END = CUTS[CUTS.length - 1];
/** (2π)^(−1/4), of which and of e^(−t²/4) the density's root is the product. */
const ROOT = (2 * Math.PI) ** -0.25;
const DEEPEST = 50;
/** The nodes and weights of the trapezoidal rule in u, t = sinh u. */
const ROUGH = Array.from({ length: 49 }, (_, k) => (k - 24) / 9).map((u) => [
  Math.sinh(u),
  (Math.cosh(u) / 9) * ROOT ** 2 * Math.exp(-(Math.sinh(u) ** 2) / 2),
]);

/**
 * @typedef {object} Piece
 * @property {number} from
 * @property {number} to
 * @property {number} depth How often it was halved.
 * @property {number[]} sum Of each integrand.
 * @property {number[]} error
 * @property {number[]} size Of each integrand's absolute value.
 */

/**
 * Integrals over t of several integrands that share their evaluations.
 * @param {(t: number, root: number, out: number[]) => void} integrands Puts their values at t into
 *   `out`, the density in them; `root` is the density's root there. (Whoever squares f multiplies
 *   the root into it first: then e^x does not overflow.)
 * @param {number} count How many there are.
 * @param {number[]} breaks The t at which one of them has a kink or a jump.
 * @param {number} [tolerance] Relative to the integral of the integrand's absolute value.
 * @param {number} [most] Pieces in all.
 * @returns {number[]} NaN for what does not settle, an infinity for what exceeds the doubles.
 */
export function integrals(integrands, count, breaks, tolerance = 1e-12, most = 4000) {
  const ends = [
    0,
    ...CUTS,
    ...CUTS.map((at) => -at),
    ...breaks.filter((at) => Math.abs(at) < END),
  ].sort((a, b) => a - b);
  const out = new Array(count).fill(0);

  /** @param {number} from @param {number} to @param {number} depth @returns {Piece} */
  function piece(from, to, depth) {
    const [sum, short, size, error] = [0, 1, 2, 3].map(() => new Array(count).fill(0));
    const [middle, half] = [(from + to) / 2, (to - from) / 2];
    for (let k = 0; k < 8; k++) {
      for (let side = NODES[k] ? -1 : 1; side <= 1; side += 2) {
        const t = middle + side * half * NODES[k];
        integrands(t, ROOT * Math.exp((-t * t) / 4), out);
        for (let i = 0; i < count; i++) {
          sum[i] += KRONROD[k] * half * out[i];
          short[i] += GAUSS[k] * half * out[i];
          size[i] += KRONROD[k] * half * Math.abs(out[i]);
        }
      }
    }
    for (let i = 0; i < count; i++) {
      const off = Math.abs(sum[i] - short[i]);
      // QUADPACK's estimate: where the two agree well, the longer rule is far better still.
      error[i] = size[i] > 0 ? size[i] * Math.min(1, (200 * (off / size[i])) ** 1.5) : off;
    }
    return { from, to, depth, sum, error, size };
  }

  /** @type {Piece[]} */
  const done = [];
  let open = ends.slice(1).flatMap((to, at) => (to > ends[at] ? [piece(ends[at], to, 0)] : []));
  /** @param {"sum" | "error" | "size"} key @returns {number[]} */
  const total = (key) => {
    const sums = new Array(count).fill(0);
    for (const list of [done, open])
      for (const each of list) for (let i = 0; i < count; i++) sums[i] += each[key][i];
    return sums;
  };
  let pieces = open.length;
  while (open.length) {
    const allowed = total("size").map((size) => (tolerance / 16) * size);
    const next = [];
    for (const each of open) {
      const good = each.error.every((error, i) => !(error > allowed[i]));
      if (good || each.depth === DEEPEST || pieces > most) {
        done.push(each);
        continue;
      }
      const middle = (each.from + each.to) / 2;
      next.push(piece(each.from, middle, each.depth + 1), piece(middle, each.to, each.depth + 1));
      pieces += 2;
    }
    open = next;
  }

  const [sums, errors, sizes] = [total("sum"), total("error"), total("size")];
  // What still counts where the doubles' density ends has its weight beyond.
  const edges = [-END, END].map((t) => {
    integrands(t, ROOT * Math.exp((-t * t) / 4), out);
    return out.map(Math.abs);
  });
  return sums.map((sum, i) => {
    if (sizes[i] === 0 || sizes[i] === Infinity) return sum;
    if (Math.max(edges[0][i], edges[1][i]) > 1e-9 * sizes[i]) return sum < 0 ? -Infinity : Infinity;
    return errors[i] <= 100 * tolerance * sizes[i] ? sum : NaN;
  });
}

/**
 * @typedef {object} Moments Of f(x) for x ~ N(0, σ²).
 * @property {number} mean E[f]
 * @property {number} variance
 * @property {number} second E[f²]
 * @property {number} steepness E[f′²], f′ where there is one
 * @property {number} growth How E[f²] grows with the variance: d log E[f²] / d log σ².
 */

/**
 * @param {import("../generated/activations.js").Activation} record
 * @param {import("../generated/activations.js").Values} p Its parameters.
 * @param {number} sigma
 * @param {number} [tolerance]
 * @returns {Moments}
 */
export function moments(record, p, sigma, tolerance) {
  // Taken from f(0) on, so that the variance of a sigmoid keeps its digits.
  const centre = Number.isFinite(record.f(0, p)) ? record.f(0, p) : 0;
  const [shift, spread, second, steepness, tilt] = integrals(
    (t, root, out) => {
      const f = record.f(sigma * t, p) * root;
      const df = record.df(sigma * t, p) * root;
      const off = f - centre * root;
      out[0] = off * root;
      out[1] = off * off;
      out[2] = f * f;
      out[3] = df * df;
      // By the density's derivative, not f's: so that a jump of f counts too.
      out[4] = ((t * t - 1) / 2) * f * f;
    },
    5,
    breaksOf(record, p).map((at) => at / sigma),
    tolerance,
  );
  const variance = spread === Infinity ? Infinity : Math.max(0, spread - shift * shift);
  // An odd function's mean is 0; what is left of it is rounding.
  const sum = centre + shift;
  const mean = Math.abs(sum) < 1e-14 * Math.sqrt(second) ? 0 : sum;
  return { mean, variance, second, steepness, growth: tilt / second };
}

/**
 * E[f²] for x ~ N(0, variance): what the variance becomes in a layer of weights of gain 1.
 * @param {import("../generated/activations.js").Activation} record
 * @param {import("../generated/activations.js").Values} p
 * @param {number} variance
 * @param {number} [tolerance]
 */
export function secondMoment(record, p, variance, tolerance = 1e-12) {
  const sigma = Math.sqrt(variance);
  const breaks = breaksOf(record, p).map((at) => at / sigma);
  return integrals(
    (t, root, out) => {
      out[0] = (record.f(sigma * t, p) * root) ** 2;
    },
    1,
    breaks,
    tolerance,
    tolerance < 1e-9 ? 4000 : 600,
  )[0];
}

/**
 * The same to 4 digits or so in a fiftieth of the time, for what is drawn while β moves: the
 * trapezoidal rule after t = sinh u, at 49 nodes.
 * @param {import("../generated/activations.js").Activation} record
 * @param {import("../generated/activations.js").Values} p
 * @param {number} variance
 */
export function roughSecondMoment(record, p, variance) {
  const sigma = Math.sqrt(variance);
  let sum = 0;
  for (const [t, weight] of ROUGH) sum += weight * record.f(sigma * t, p) ** 2;
  return sum;
}

/**
 * The variances q₀, q₁, … of the layers of a deep network at its start: q ↦ gain²·E[f(√q·t)²].
 * Ends early where q is no number above 0 whose square is one.
 * @param {(q: number) => number} second E[f²] by the variance of the input.
 * @param {{gain: number, start: number, layers: number}} network
 * @returns {number[]}
 */
export function depths(second, { gain, start, layers }) {
  const path = [start];
  while (path.length <= layers) {
    const q = path[path.length - 1];
    if (!(q > 1e-300 && q < 1e300)) break;
    path.push(gain * gain * second(q));
  }
  return path;
}

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
