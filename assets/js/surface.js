/** Swish over x and β as a map; dragging on it, or the arrow keys, set β. */

import { activations } from "./activations.js";
import { escape, short, t } from "./text.js";
import { colour } from "./theme.js";

const swish = activations.find((activation) => activation.name === "swish");
const COLUMNS = 200;
const ROWS = 100;

/** @param {HTMLElement} host @param {any} lab */
export function surfaceCard(host, lab) {
  const chosen = (beta) => lab.tune("swish.beta", beta);
  host.className = "explore-surface";
  host.tabIndex = 0;
  host.setAttribute("role", "img");
  host.setAttribute("aria-label", t("explore.surface_label"));
  host.innerHTML = `<canvas width="${COLUMNS}" height="${ROWS}"></canvas><span data-top style="top:4px"></span><span data-foot style="bottom:4px"></span><i></i>`;
  const pen = host.querySelector("canvas").getContext("2d");
  let axis = null;

  /** The whole map anew. @param {{low: number, high: number}} range Of x. @param {object} scale Of β. */
  function draw(range, scale) {
    axis = scale;
    const [below, zero, above] = ["@band2", "@soft", "@accent"].map((token) => channels(colour(token)));
    const values = new Float64Array(COLUMNS * ROWS);
    for (let row = 0; row < ROWS; row++) {
      const beta = scale.toBeta(scale.high - ((scale.high - scale.low) * (row + 0.5)) / ROWS);
      for (let column = 0; column < COLUMNS; column++) {
        const x = range.low + ((range.high - range.low) * (column + 0.5)) / COLUMNS;
        values[row * COLUMNS + column] = swish.f(x, { beta });
      }
    }
    // One scale to either side of 0, so that the shallow dip is seen beside the steep rise.
    let [low, high] = [0, 0];
    for (const value of values) {
      if (value < low) low = value;
      if (value > high) high = value;
    }
    const image = pen.createImageData(COLUMNS, ROWS);
    values.forEach((value, at) => {
      const [towards, share] = value < 0 ? [below, value / low] : [above, value / (high || 1)];
      const weight = Math.sqrt(share);
      for (let each = 0; each < 3; each++) {
        image.data[4 * at + each] = zero[each] + (towards[each] - zero[each]) * weight;
      }
      image.data[4 * at + 3] = 255;
    });
    pen.putImageData(image, 0, 0);
    host.querySelector("[data-top]").textContent = `β = ${escape(short(scale.toBeta(scale.high)))}`;
    host.querySelector("[data-foot]").textContent = short(scale.toBeta(scale.low));
  }

  /** Puts the line where β is. */
  function mark(scale, beta) {
    const share = (scale.high - scale.toSlider(beta)) / (scale.high - scale.low);
    host.querySelector("i").style.top = `${100 * Math.min(1, Math.max(0, share))}%`;
  }

  const point = (event) => {
    const box = host.getBoundingClientRect();
    const share = Math.min(1, Math.max(0, (event.clientY - box.top) / box.height));
    chosen(Number(axis.toBeta(axis.high - share * (axis.high - axis.low)).toPrecision(3)));
  };
  host.addEventListener("pointerdown", (event) => {
    host.setPointerCapture(event.pointerId);
    point(event);
  });
  host.addEventListener("pointermove", (event) => event.buttons && point(event));
  host.addEventListener("keydown", (event) => {
    const up = { ArrowUp: 1, ArrowDown: -1 }[event.key];
    if (!up) return;
    event.preventDefault();
    const at = axis.high - ((axis.high - axis.low) * parseFloat(host.querySelector("i").style.top)) / 100;
    const next = at + (up * (axis.high - axis.low)) / 100;
    chosen(Number(axis.toBeta(Math.min(axis.high, Math.max(axis.low, next))).toPrecision(3)));
  });
  return {
    update(what) {
      const [low, high] = lab.state.get("x");
      if (what === "shown") draw({ low, high }, lab.scale);
      mark(lab.scale, lab.state.get("beta"));
    },
  };
}

const channels = (hex) => [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));
