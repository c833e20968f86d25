/** A still picture of a figure's lines, which stands there until Plotly has loaded. */

import { fill, html } from "../core/dom.js";
import { resolve } from "../core/theme.js";

const DASHES = {
  solid: "",
  dot: "3 3",
  dash: "9 9",
  longdash: "15 15",
  dashdot: "9 3 3 3",
  longdashdot: "15 6 3 6",
};

/**
 * @param {HTMLElement} host As large as the plot.
 * @param {import("./live_plot.js").Figure} figure What the plot will draw.
 */
export function stillOf(host, figure) {
  const { clientWidth: width, clientHeight: height } = host;
  if (!width) return; // another tab is shown
  const { data, layout } = resolve(figure);
  const { l, r, t, b } = layout.margin;
  const [innerWidth, innerHeight] = [width - l - r, height - t - b];
  /** @param {any} trace */
  function drawn({ x, y, yaxis, line }) {
    const { range, domain } = layout[`yaxis${yaxis.slice(1)}`];
    const [low, high] = layout.xaxis.range;
    const [top, tall] = [t + (1 - domain[1]) * innerHeight, (domain[1] - domain[0]) * innerHeight];
    let [path, pen] = ["", "M"];
    for (const [index, at] of x.entries()) {
      if (at === null || y[index] === null) {
        pen = "M";
        continue;
      }
      const right = l + (innerWidth * (at - low)) / (high - low);
      const down = top + (tall * (range[1] - y[index])) / (range[1] - range[0]);
      path += `${pen}${right.toFixed(1)},${Math.max(-9999, Math.min(9999, down)).toFixed(1)}`;
      pen = "L";
    }
    const dash = DASHES[/** @type {keyof typeof DASHES} */ (line.dash)];
    return html`<clipPath id="still-${yaxis}"><rect
        x="${l}" y="${top}" width="${innerWidth}" height="${tall}"/></clipPath><path
        class="still-line" d="${path}" fill="none" stroke="${line.color}"
        stroke-width="${line.width}" stroke-dasharray="${dash}" clip-path="url(#still-${yaxis})"/>`;
  }
  const lines = data.filter(
    (/** @type {any} */ { mode, name }) => mode === "lines" && name !== "ghost",
  );
  fill(
    host,
    html`<svg width="${width}" height="${height}" aria-hidden="true">${lines.map(drawn)}</svg>`,
  );
}
