/** The ghosts of earlier β: a few faint curves that show where Swish came from. */

const GHOSTS = 5;
/** A ghost is left each time β has gone this share of the slider's range. */
const STRIDE = 0.035;

/**
 * @param {() => {low: number, high: number, toSlider: (beta: number) => number}} scale
 */
export function trail(scale) {
  /** @type {number[]} The latest first. */
  let past = [];
  let last = NaN;
  return {
    count: GHOSTS,
    /** The β of each ghost; fewer than `count` at first. */
    betas: () => past,
    /** Opacity of a ghost, by its age. @param {number} age */
    opacity: (age) => 0.5 - (0.4 * age) / GHOSTS,
    /** β has moved on. @param {number} beta @returns {boolean} Whether that left a ghost. */
    follow(beta) {
      const { low, high, toSlider } = scale();
      if (Math.abs(toSlider(beta) - toSlider(last)) < STRIDE * (high - low)) return false;
      const left = !Number.isNaN(last);
      if (left) past = [last, ...past].slice(0, GHOSTS);
      last = beta;
      return left;
    },
    /** Begins anew. @param {number} beta */
    clear(beta) {
      past = [];
      last = beta;
    },
  };
}
