/**
 * Points of a curve, as many as its shape asks for: denser where it bends, both one-sided values at
 * a break, and a gap instead of a line across a jump or a pole; and the height that curves are seen
 * well in.
 */

/** @typedef {{x: (number | null)[], y: (number | null)[]}} Sampled null where it is broken. */

/** Evenly spaced to begin with. */
const POINTS = 257;
/** A bend is drawn to this share of the height: a third of a pixel. */
const BEND = 1 / 1000;
/** An interval is halved so often for a bend; and so often where it may hide a jump. */
const DEPTH = 7;
const JUMP_DEPTH = 30;
/** At this share of the height, between points that no longer differ to the eye, it is a jump. */
const JUMP = 0.02;
/** In an interval that would take more points than this, all parts are halved equally often. */
const MOST = 48;
const EVEN_DEPTH = 5;
/**
 * Where an interval is first divided: at its middle, a wave could have all its zeros on even
 * points.
 */
const FIRST = 0.4871;

/**
 * Where the derivatives of an activation jump.
 * @param {Pick<import("../generated/activations.js").Activation, "breaks">} activation
 * @param {import("../generated/activations.js").Values} parameters
 * @returns {number[]}
 */
export const breaksOf = ({ breaks }, parameters) =>
  typeof breaks === "function" ? breaks(parameters) : breaks;

/**
 * @param {(x: number) => number} f
 * @param {number[]} breaks Places at which the value or its derivative may jump.
 * @param {number[]} range The two ends of x.
 * @param {number} height Of the plot, in units of f: what a pixel is depends on it.
 * @param {number[]} [places] Of features that may be too narrow for even points to meet.
 * @returns {Sampled}
 */
export function sample(f, breaks, [low, high], height, places = []) {
  /** @type {(number | null)[]} */
  const x = [];
  /** @type {(number | null)[]} */
  const y = [];
  /** @param {number} at @param {number} value */
  const add = (at, value) => {
    x.push(at);
    y.push(Number.isFinite(value) ? value : null);
  };
  /** @param {number} at */
  const gap = (at) => {
    if (y[y.length - 1] === null) return;
    x.push(at);
    y.push(null);
  };
  const bend = BEND * height;
  const jump = JUMP * height;

  /**
   * Adds what lies between two points, and the second one; `most` is where x gets too long.
   * @param {number} a @param {number} fa @param {number} b @param {number} fb
   * @param {number} depth @param {number} [most]
   */
  function between(a, fa, b, fb, depth, most = x.length + MOST) {
    const share = depth ? 0.5 : FIRST;
    const middle = a + share * (b - a);
    const steep = !(Math.abs(fb - fa) <= jump);
    const crowded = x.length > most && depth >= EVEN_DEPTH;
    if (middle <= a || middle >= b || depth >= JUMP_DEPTH || crowded) {
      // Of what is crowded a wave is drawn on, and a pole is not bridged.
      if (steep && !(crowded && Math.abs(fb - fa) <= height)) gap(middle);
      return add(b, fb);
    }
    const fm = f(middle);
    const bent = !(Math.abs(fm - (fa + share * (fb - fa))) <= bend);
    if (bent && (depth < DEPTH || steep)) {
      between(a, fa, middle, fm, depth + 1, most);
      return between(middle, fm, b, fb, depth + 1, most);
    }
    return add(b, fb);
  }

  const edges = breaks.filter((at) => at > low && at < high).sort((a, b) => a - b);
  const starts = grid(low, high, places);
  let next = 0;
  /** @type {[number, number] | null} */
  let from = null;
  for (const at of starts) {
    while (next < edges.length && edges[next] <= at) {
      const edge = edges[next++];
      const [left, right] = sides(f, edge);
      if (from) between(...from, edge, left, 0);
      else add(edge, left);
      if (!(Math.abs(left - right) <= 1e-6 * Math.max(1, Math.abs(left)))) gap(edge);
      add(edge, right);
      from = [edge, right];
    }
    if (from && at <= from[0]) continue;
    const value = f(at);
    if (from) between(...from, at, value, 0);
    else add(at, value);
    from = [at, value];
  }
  return { x, y };
}

/** The one-sided values at a break. @param {(x: number) => number} f @param {number} edge */
function sides(f, edge) {
  const off = 1e-9 * Math.max(1, Math.abs(edge));
  return [f(edge - off), f(edge + off)];
}

/**
 * Even points, and denser ones about 0, where functions of βx have all their features however
 * large β is: between even points a narrow one would be passed over.
 * @param {number} low @param {number} high @param {number[]} places
 */
function grid(low, high, places) {
  const points = Array.from(
    { length: POINTS },
    (_, at) => low + ((high - low) * at) / (POINTS - 1),
  );
  points[POINTS - 1] = high; // rounding may have missed it
  if (low < 0 && high > 0) {
    points.push(0);
    for (let size = (high - low) / POINTS / 2; size > 1e-9; size /= 4) points.push(-size, size);
  }
  points.push(...places.filter((at) => at > low && at < high));
  return points.sort((a, b) => a - b);
}

/** @param {Sampled} line */
const isBroken = ({ y }) => y.some((value, at) => value === null && at > 0 && at < y.length - 1);

/**
 * Its values at about even distances: points crowd at a pole, which is not to decide the height.
 * @param {Sampled} line
 */
function even({ x, y }) {
  const [first, last] = [Number(x[0]), Number(x.at(-1))];
  const step = (last - first) / 256;
  let before = -Infinity;
  return y.flatMap((value, at) => {
    const place = x[at];
    if (value === null || place === null || place < before + step) return [];
    before = place;
    return [value];
  });
}

/** @param {number[]} values Their sizes are looked at. @param {number} share */
function quantile(values, share) {
  const sizes = values.map(Math.abs).sort((a, b) => a - b);
  return sizes[Math.floor(share * (sizes.length - 1))] ?? 0;
}

/**
 * The range of y in which curves are seen well: all of them, but for what shoots off.
 * @param {Sampled[]} lines
 * @param {number} least
 * @param {number} [cap] Farthest from 0.
 * @returns {[number, number]}
 */
export function heightOf(lines, least, cap = Infinity) {
  const values = lines.flatMap(({ y }) => y.filter((value) => value !== null));
  if (!values.length) return [-1, 1];
  const whole = lines
    .filter((line) => !isBroken(line))
    .flatMap(({ y }) => y.filter((value) => value !== null));
  const broken = lines.filter(isBroken).flatMap(even);
  const usual = Math.max(3 * quantile(whole, 0.97), 1.5 * quantile(broken, 0.9));
  const far = Math.max(
    Math.min(cap, Math.max(usual, least)),
    1.5 * quantile([...whole, ...broken], 0.5),
  );
  let low = Infinity;
  let high = -Infinity;
  for (const value of values) {
    low = Math.min(low, Math.max(-far, value));
    high = Math.max(high, Math.min(far, value));
  }
  const middle = (low + high) / 2;
  const half = Math.max((high - low) / 2, least / 2, Math.abs(middle) * 1e-6);
  // Above the highest curve there is room for its figure.
  return [middle - 1.08 * half, middle + 1.2 * half];
}

/**
 * Curves for a file: at evenly spaced points, at the numbers next to each break on both its sides,
 * and at the places of narrow features.
 * @param {{name: string, of: (x: number) => number, breaks: number[], places: number[]}[]} curves
 * @param {number[]} range
 */
export function toTable(curves, [low, high]) {
  const even = Array.from({ length: 401 }, (_, at) => low + ((high - low) * at) / 400);
  const more = curves
    .flatMap(({ breaks, places }) => [...breaks.flatMap(beside), ...places])
    .filter((at) => at > low && at < high);
  const x = [...new Set([...even, ...more])].sort((a, b) => a - b);
  return { x, curves: curves.map(({ name, of }) => ({ name, values: x.map(of) })) };
}

/**
 * A number between the next ones below and above, to a digit of the last place.
 * @param {number} at
 */
function beside(at) {
  const step = Math.max(2 ** -1022, Math.abs(at) * 2 ** -52);
  return [at - step, at, at + step];
}

/** A table as CSV; empty where there is no number. @param {ReturnType<typeof toTable>} table */
export function toCsv({ x, curves }) {
  /** @param {number} value */
  const cell = (value) => (Number.isFinite(value) ? String(value) : "");
  /** @param {string} name */
  const word = (name) => (/[",\n]/.test(name) ? `"${name.replace(/"/g, '""')}"` : name);
  const lines = [["x", ...curves.map(({ name }) => word(name))].join(",")];
  for (const [row, at] of x.entries()) {
    lines.push([at, ...curves.map(({ values }) => cell(values[row]))].join(","));
  }
  return `${lines.join("\n")}\n`;
}
