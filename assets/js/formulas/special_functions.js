/**
 * The special functions in which the generated formulas of activations.js are written.
 *
 * All are accurate to a few units in the last place over the whole range, tails included, and
 * none overflows: each exponential has a negative argument.
 */

/** √2. */
const ROOT_2 = Math.SQRT2;

/** √π. */
const ROOT_PI = 1.7724538509055159;

/** 1/√(2π). */
const INVERSE_ROOT_2PI = 0.3989422804014327;

/**
 * Chebyshev coefficients, in t = (z − 3.75)/(z + 3.75), of (1 + 2z)·erfcx(z) on z ≥ 0, where
 * erfcx(z) = e^(z²)·erfc(z). The form is that of Shepherd and Laframboise, Chebyshev approximation
 * of (1 + 2x)·exp(x²)·erfc(x) in 0 ≤ x < ∞, Mathematics of Computation 36 (1981); the numbers were
 * computed for this file at 50 digits, and stand as doubles; a test computes them again.
 */
export const ERFCX_COEFFICIENTS = [
  2.3551578691348034, -0.004590054580646478, -0.08424913336651792, 0.05920993999819189,
  -0.026658668435305753, 0.009074997670705265, -0.002413163540417608, 0.0004907758365258086,
  -6.916973302501207e-5, 4.13902798607301e-6, 7.74038306619849e-7, -2.1886401049234397e-7,
  1.076499946567091e-8, 4.521959811218287e-9, -7.754400208831351e-10, -6.318088340886684e-11,
  2.86879501093067e-11, 1.9455868545777347e-13, -9.65469674843344e-13, 3.25254814814874e-14,
  3.3478119482868056e-14, -1.864562880419313e-15, -1.2507950530688648e-15, 7.418235256624044e-17,
  5.068148904796111e-17,
];

/**
 * The scaled complementary error function e^(z²)·erfc(z) for z ≥ 0, by Clenshaw's recurrence.
 * @param {number} z
 * @returns {number}
 */
function erfcx(z) {
  const t = 1 - 7.5 / (z + 3.75);
  let next = 0;
  let current = 0;
  for (let k = ERFCX_COEFFICIENTS.length - 1; k > 0; k -= 1) {
    [current, next] = [2 * t * current - next + ERFCX_COEFFICIENTS[k], current];
  }
  return (t * current - next + ERFCX_COEFFICIENTS[0] / 2) / (1 + 2 * z);
}

/**
 * e^(−z²/2). The square is split, because a rounding of z² alone would cost 3 digits at z = 37.
 * @param {number} z
 * @returns {number}
 */
function gaussian(z) {
  const size = Math.min(Math.abs(z), 40);
  const head = Math.fround(size);
  return Math.exp((-head * head) / 2) * Math.exp((-(size - head) * (size + head)) / 2);
}

/**
 * σ(z) = 1/(1 + e^(−z)).
 * @param {number} z
 * @returns {number}
 */
export function sigmoid(z) {
  const e = Math.exp(-Math.abs(z));
  return (z < 0 ? e : 1) / (1 + e);
}

/**
 * log(1 + e^z).
 * @param {number} z
 * @returns {number}
 */
export function softplus(z) {
  return Math.max(z, 0) + Math.log1p(Math.exp(-Math.abs(z)));
}

/**
 * 1/cosh z.
 * @param {number} z
 * @returns {number}
 */
export function sech(z) {
  const e = Math.exp(-Math.abs(z));
  return (2 * e) / (1 + e * e);
}

/**
 * z/(1 + |z|).
 * @param {number} z
 * @returns {number}
 */
export function softsign(z) {
  const size = Math.abs(z);
  return size === Infinity ? Math.sign(z) : z / (1 + size);
}

/**
 * Φ(z), the standard normal distribution function.
 * @param {number} z
 * @returns {number}
 */
export function normalCdf(z) {
  const tail = (gaussian(z) * erfcx(Math.abs(z) / ROOT_2)) / 2;
  return z < 0 ? tail : 1 - tail;
}

/**
 * φ(z), the standard normal density.
 * @param {number} z
 * @returns {number}
 */
export function normalPdf(z) {
  return INVERSE_ROOT_2PI * gaussian(z);
}

/**
 * The error function: Taylor's series near 0, 1 − erfc elsewhere.
 * @param {number} z
 * @returns {number}
 */
export function erf(z) {
  const size = Math.abs(z);
  if (size > 0.5) return Math.sign(z) * (1 - gaussian(size * ROOT_2) * erfcx(size));
  let term = z;
  let sum = 0;
  for (let k = 1; k < 16; k += 1) {
    sum += term / (2 * k - 1);
    term *= (-z * z) / k;
  }
  return (2 * sum) / ROOT_PI;
}

/**
 * a·b, and 0 where one is 0 though the other has overflowed; no number where one is none.
 * @param {number} a
 * @param {number} b
 * @returns {number}
 */
export function times(a, b) {
  return Number.isNaN(a) || Number.isNaN(b) ? NaN : a && b && a * b;
}

/** Beyond this size what vanishes has vanished, and powers of x would overflow. */
const FAR = 1e50;

/**
 * x, held where powers of it do not overflow.
 * @param {number} x
 * @returns {number}
 */
export function near(x) {
  return Math.max(-FAR, Math.min(FAR, x));
}

/** W(1/e), W being Lambert's function. */
export const W = 0.2784645427610738;

/** The positive root of z·tanh(z/2) = 2. */
const STEEPEST = 2.3993572805154675;

/** f′ where βx is the root above; at minus the root it is 1 less this. */
const LARGEST_SLOPE = 1.099839320128867;

/** f·β there, which is z·σ(z) = (z + 2)/2. */
const AT_STEEPEST = (STEEPEST + 2) / 2;

/**
 * @typedef {object} Landmark
 * @property {"minimum" | "maximum" | "steepest" | "shallowest"} kind For β < 0 the curve is turned
 *   about the origin, and the minimum becomes a maximum.
 * @property {number} x
 * @property {number} value f(x)
 * @property {number} slope f′(x)
 */

/**
 * @param {number} beta Any number.
 * @returns {Landmark[]} None for β = 0, where Swish is the line x/2, nor where β is so small that
 *   they lie beyond the largest number.
 */
export function swishLandmarks(beta) {
  /** @type {Landmark[]} */
  const landmarks = [
    { kind: beta > 0 ? "minimum" : "maximum", x: -(1 + W) / beta, value: -W / beta, slope: 0 },
    {
      kind: "steepest",
      x: STEEPEST / beta,
      value: AT_STEEPEST / beta,
      slope: LARGEST_SLOPE,
    },
    {
      kind: "shallowest",
      x: -STEEPEST / beta,
      value: (AT_STEEPEST - STEEPEST) / beta,
      slope: 1 - LARGEST_SLOPE,
    },
  ];
  return landmarks.filter(({ x, value }) => Number.isFinite(x) && Number.isFinite(value));
}
