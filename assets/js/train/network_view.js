/**
 * Shows the inside of one network: what it guesses, what its units respond to, its inputs under f
 * and f′.
 */

import { fill, findAll, fixed, html, partsOf, setText, t } from "../core/html.js";
import { onTheme } from "../core/theme.js";
import { typedRecord } from "../formulas/typed_formula.js";
import { activations } from "../generated/activations.js";
import { ramp } from "../plot/colour_ramp.js";
import { plain } from "../plot/live_plot.js";

const CURVE_POINTS = 241;
const REACH = 6;

/** @typedef {import("../plot/live_plot.js").Figure} Figure */
/** @typedef {import("../generated/activations.js").Activation} Activation */
/** @typedef {(value: number) => number[]} Paint A colour's red, green and blue. */
/** @typedef {{class: string, label: string, probability: number, pixels: number[][]}} Guess */

/**
 * @param {HTMLElement} root
 * @param {Record<string, import("../plot/live_plot.js").LivePlot>} plots
 */
export function networkView(root, plots) {
  const $ = partsOf(root);
  /** @type {any} The last answer. */
  let shown = {};

  /** @param {any} answer */
  function show(answer) {
    shown = answer;
    const { guesses = [], figures_inside: figures, step_looked: step, units = [] } = answer;
    $("looked").textContent = step === undefined ? "" : t("run.looked_at", { step });
    const seen = Boolean(figures?.inside);
    $("inside").hidden = !seen;
    $("guesses").hidden = seen || !guesses.length;
    $("empty-inside").hidden = seen || guesses.length > 0;
    if (!seen && !guesses.length && figures) $("empty-inside").textContent = t("run.no_look");
    const pictures = seen ? [] : guesses; // of what has a plane there are none
    fill($("guesses"), html`${pictures.map(guess)}`);
    drawImages($("guesses"), pictures);
    $("units-card").hidden = !units.length;
    drawUnits($("units"), units);
    const { note = "" } = answer.activation ?? {};
    $("inputs-note").hidden = !note;
    $("inputs-note").textContent = note;
    drawNetwork();
    if (figures?.inputs) underCurves(figures.inputs, answer.activation);
  }

  function drawNetwork() {
    const { network } = shown;
    $("network-card").hidden = !network;
    if (!network) return;
    fill($("network"), networkGraph(network));
    setText($("not-drawn"), notDrawn(network));
  }

  /**
   * The histogram, with f and f′ over it as soon as the activation is known here.
   * @param {Figure} figure @param {any} activation
   */
  async function underCurves(figure, { name, parameters }) {
    const record = activations.find((each) => each.name === name) ?? (await typed(name));
    if (shown.figures_inside.inputs === figure)
      plots.inputs.update(record ? withCurves(figure, record, name, parameters) : figure);
  }

  /** @param {string} name "=x*sigmoid(x)" */
  async function typed(name) {
    const formula = await typedRecord(name.slice(1));
    return formula.error === undefined ? formula.record : null;
  }

  onTheme(() => {
    if (shown.units) drawUnits($("units"), shown.units);
    drawNetwork();
  });
  return { show };
}

/**
 * @param {Figure} figure @param {Activation} record @param {string} name
 * @param {Record<string, number>} learned Those of its parameters that were trained.
 * @returns {Figure}
 */
function withCurves(figure, record, name, learned) {
  const parameters = Object.fromEntries(
    record.parameters.map((each) => [each.name, learned[each.name] ?? each.default]),
  );
  const x = Array.from(
    { length: CURVE_POINTS },
    (_, at) => -REACH + (2 * REACH * at) / (CURVE_POINTS - 1),
  );
  /**
   * @param {(x: number, p: Record<string, number>) => number} of @param {string} title
   * @param {string} dash
   */
  const curve = (of, title, dash) => ({
    type: "scatter",
    mode: "lines",
    x,
    y: x.map((value) => of(value, parameters)),
    name: title,
    line: { color: `@act-${name}`, width: 2.2, dash },
    hovertemplate: "%{y:.3f}",
  });
  const trained = record.parameters.filter((each) => each.name in learned);
  const words = trained.map(({ name: parameter }) => {
    const symbol = parameter === "beta" ? "β" : parameter;
    return `${symbol} = ${fixed(learned[parameter], 2)}`;
  });
  const title = ["f", plain(record.label), ...words].join(", ");
  return {
    data: [...figure.data, curve(record.f, title, "solid"), curve(record.df, "f′", "dash")],
    layout: {
      ...figure.layout,
      hovermode: "x",
      showlegend: true,
      legend: { orientation: "h", x: 1, xanchor: "right", y: 1, yanchor: "bottom" },
      margin: { t: 24 },
    },
  };
}

/** @param {Guess} guess */
function guess({ class: found, label, probability }) {
  const right = found === label;
  const share = `${Math.round(100 * probability)} %`;
  const words = t(right ? "run.guess_right" : "run.guess_wrong", { guess: found, label, share });
  return html`<figure class="${right ? "" : "train-wrong"}" title="${words}"
    ><canvas role="img" aria-label="${words}"></canvas>
    <figcaption>${found}${right ? "" : html` <s>${label}</s>`}
      <span>${share}</span></figcaption></figure>`;
}

/** Grey pictures, a pixel a value. @param {HTMLElement} host @param {Guess[]} images */
function drawImages(host, images) {
  findAll(host, "canvas", HTMLCanvasElement).forEach((canvas, at) => {
    const { pixels } = images[at];
    paint(canvas, pixels.flat(), pixels[0].length, (value) => {
      const grey = Math.round(255 * (1 - value));
      return [grey, grey, grey];
    });
  });
}

/**
 * What each unit answers over the plane, or along the one input: from blue (low) to orange.
 * @param {HTMLElement} host @param {number[][]} units
 */
function drawUnits(host, units) {
  if (host.childElementCount !== units.length) {
    const names = units.map((_, at) => at + 1);
    fill(
      host,
      html`${names.map(
        (name) => html`<canvas role="img" aria-label="${name}" title="${name}"></canvas>`,
      )}`,
    );
  }
  const sheets = findAll(host, "canvas", HTMLCanvasElement);
  units.forEach((values, at) => {
    const side = Math.round(Math.sqrt(values.length));
    const square = side * side === values.length && side > 8;
    paint(sheets[at], values, square ? side : values.length, colours(values), square);
  });
}

/** Blue (low) to orange, the same on both sides of 0. @param {number[]} values @returns {Paint} */
function colours(values) {
  const far = Math.max(1e-9, ...values.map(Math.abs));
  return ramp(-far, far).of;
}

/**
 * Values in rows; the first row at the bottom where it is a plane.
 * @param {HTMLCanvasElement} canvas @param {number[]} values @param {number} width
 * @param {Paint} colour
 */
function paint(canvas, values, width, colour, upwards = false) {
  const height = values.length / width;
  canvas.width = width;
  canvas.height = height;
  const context = canvas.getContext("2d");
  if (!context) return;
  const image = context.createImageData(width, height);
  values.forEach((value, at) => {
    const row = Math.floor(at / width);
    const place = 4 * ((upwards ? height - 1 - row : row) * width + (at % width));
    const [r, g, b] = colour(value);
    image.data.set([r, g, b, 255], place);
  });
  context.putImageData(image, 0, 0);
}

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
function networkGraph({ weights, units, sizes, more, plane }) {
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
function notDrawn({ weights, sizes, more }) {
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
  paint(canvas, values, side, colours(values), true);
  return canvas.toDataURL();
}
