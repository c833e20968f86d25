/** Colours of a surface: a ramp that diverges about 0, blue below and Swish's own colour above. */

import { channels, colour } from "../core/theme.js";

/**
 * A colour for each value. The root of the size is what is drawn evenly, so that a dip of 0.3 is
 * seen beside a rise to 6; one scale serves both sides of 0.
 * @param {number} low @param {number} high The least and the greatest value.
 */
export function ramp(low, high) {
  const [below, zero, above] = ["@band2", "@soft", "@accent"].map((token) =>
    channels(colour(token)),
  );
  const size = Math.max(-low, high) || 1;
  /** @param {number} value @returns {number} From −1 to 1. */
  const share = (value) => Math.sign(value) * Math.sqrt(Math.min(1, Math.abs(value) / size));
  /** @param {number} share @returns {number[]} Red, green, blue. */
  function at(share) {
    const end = share < 0 ? below : above;
    return zero.map((from, each) => from + (end[each] - from) * Math.abs(share));
  }
  return {
    share,
    /** @param {number} value */
    of: (value) => at(share(value)),
    /** For Plotly: stops from share −1 to share 1. */
    stops: [
      [0, "@band2"],
      [0.5, "@soft"],
      [1, "@accent"],
    ],
  };
}

/** Red, green and blue as CSS writes them. @param {number[]} parts */
export const css = (parts) => `rgb(${parts.map(Math.round).join(",")})`;
