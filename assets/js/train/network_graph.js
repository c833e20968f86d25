/** Draws a network: its weights as lines, and in its nodes what the units answer. */

import { html } from "../core/dom.js";
import { t } from "../core/text.js";
import { ramp } from "../plot/colour_ramp.js";

const [WIDE, NODE, GAP, EDGE] = [640, 34, 10, 28];

/**
 * @typedef {object} Network
 * @property {number[][][]} weights `[layer][unit][input]`, of the first units alone.
 * @property {number[][][]} units What they answer over the plane or the line: `[layer][unit]`.
 * @property {number[]} sizes Units of the inputs and of each layer that is drawn.
 * @property {number} more Layers that are not drawn.
 * @property {number} plane How many inputs the units' answers are drawn over.
 */

/** @param {Network} network */
export function networkGraph({ weights, units, sizes, more, plane }) {
  const counts = [weights[0]?.[0]?.length ?? 0, ...weights.map((layer) => layer.length)];
  const height = Math.max(...counts) * (NODE + GAP) + GAP;
  const across = (/** @type {number} */ column) =>
    EDGE + (column * (WIDE - 2 * EDGE)) / (counts.length - 1);
  const down = (/** @type {number} */ column, /** @type {number} */ at) =>
    height / 2 + (at - (counts[column] - 1) / 2) * (NODE + GAP);
  const lines = weights.map((layer, place) => {
    const most = Math.max(1e-9, ...layer.flat().map(Math.abs));
    return layer.map((inputs, unit) =>
      inputs.map((weight, from) => {
        const [x, y] = [across(place) + NODE / 2, down(place, from)];
        const [right, end] = [across(place + 1) - NODE / 2, down(place + 1, unit)];
        const middle = (x + right) / 2;
        const size = Math.abs(weight) / most;
        return html`<path class="${weight < 0 ? "train-minus" : "train-plus"}"
          d="M${x} ${y}C${middle} ${y} ${middle} ${end} ${right} ${end}"
          stroke-width="${(0.4 + 4.6 * size).toFixed(2)}"
          opacity="${(0.25 + 0.7 * size).toFixed(2)}"
          ><title>${weight.toPrecision(3).replace("-", "−")}</title></path>`;
      }),
    );
  });
  const last = counts.length - 1;
  const whole = more === 0;
  const nodes = counts.map((count, column) =>
    Array.from({ length: count }, (_, at) => {
      const [x, y] = [across(column) - NODE / 2, down(column, at) - NODE / 2];
      const hidden = column > 0 && (column < last || !whole);
      const values = hidden ? units[column - 1]?.[at] : undefined;
      const inside = values
        ? html`<image x="${x}" y="${y}" width="${NODE}" height="${NODE}"
            clip-path="inset(0 round 6px)" preserveAspectRatio="none"
            href="${map(values, plane)}"/>`
        : label(
            column === 0 ? `x${sub(at + 1)}` : column === last && whole ? `y${sub(at + 1)}` : "",
          );
      /** @param {string} words */
      function label(words) {
        return html`<rect class="train-node" x="${x}" y="${y}" width="${NODE}" height="${NODE}"
            rx="6"/><text x="${x + NODE / 2}" y="${y + NODE / 2}" dy=".35em"
            text-anchor="middle">${words}</text>`;
      }
      return html`${inside}<rect class="train-rim" x="${x}" y="${y}" width="${NODE}"
        height="${NODE}" rx="6"/>`;
    }),
  );
  return html`<svg class="train-network" viewBox="0 0 ${WIDE} ${height}" role="img"
    aria-label="${t("run.network_label", { sizes: sizes.join(" → ") })}">${lines}${nodes}</svg>`;
}

/** What of the network is not drawn; empty where all is. @param {Network} network */
export function notDrawn({ weights, sizes, more }) {
  const drawn = [weights[0]?.[0]?.length ?? 0, ...weights.map((layer) => layer.length)];
  const cut = sizes.some((size, at) => size > drawn[at]);
  return [
    cut ? t("run.network_first", { count: Math.max(...drawn), sizes: sizes.join(" → ") }) : "",
    more ? t("run.network_more", { count: more }) : "",
  ]
    .filter(Boolean)
    .join(" ");
}

/** @param {number} number */
const sub = (number) => String.fromCharCode(0x2080 + number);

/** A unit's answers as a small picture. @param {number[]} values @param {number} plane */
function map(values, plane) {
  const canvas = document.createElement("canvas");
  const side = plane === 2 ? Math.round(Math.sqrt(values.length)) : values.length;
  [canvas.width, canvas.height] = [side, plane === 2 ? side : 1];
  const context = canvas.getContext("2d");
  if (!context) return "";
  const far = Math.max(1e-9, ...values.map(Math.abs));
  const colour = ramp(-far, far).of;
  const image = context.createImageData(canvas.width, canvas.height);
  values.forEach((value, at) => {
    const row = canvas.height - 1 - Math.floor(at / side);
    image.data.set([...colour(value), 255], 4 * (row * side + (at % side)));
  });
  context.putImageData(image, 0, 0);
  return canvas.toDataURL();
}
