/**
 * The named points of Swish_β(x) = x·σ(βx), in closed form.
 *
 * With w = W(1/e), W being Lambert's function, f′ has its only zero at βx = −(1 + w), where
 * f = −w/β; f″ has its zeros where z·tanh(z/2) = 2, z = βx = ±2.399…, so the inflections are the
 * places of the largest and the smallest slope, and the slopes there do not depend on β.
 */

/** W(1/e). */
const W = 0.2784645427610738;

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
