/**
 * Draws the variance of a signal through the layers of a deep network, as a cobweb and layer by
 * layer.
 */

import { t } from "../core/html.js";
import { depths, roughSecondMoment, secondMoment } from "../formulas/moments.js";
import { LivePlot } from "../plot/live_plot.js";

/** Decades of q beyond which no path is drawn. */
const DECADES = 30;
/** Accuracy of what is drawn and told at rest, per layer. */
const TOLERANCE = 1e-9;
const POINTS = 41;

/** @param {number} q */
const drawable = (q) => q > 10 ** -DECADES && q < 10 ** DECADES;

/**
 * @typedef {object} Walk An activation in a network.
 * @property {import("./lab.js").Activation} record
 * @property {import("./lab.js").Values} p
 * @property {number} gain
 */

/**
 * @param {HTMLElement} node
 * @param {import("./lab.js").Lab} lab
 */
export function depthPlot(node, lab) {
  const plot = new LivePlot(node);
  /** The decades of q that the cobweb shows. */
  let span = [-1, 1];
  /** How many layers' traces stand before Swish's own. */
  let before = 0;

  /** @param {Walk} walk @param {boolean} rough @returns {(q: number) => number} */
  const second =
    ({ record, p }, rough) =>
    (q) =>
      rough ? roughSecondMoment(record, p, q) : secondMoment(record, p, q, TOLERANCE);
  /** @param {Walk} walk @param {boolean} rough */
  const pathOf = (walk, rough) =>
    depths(second(walk, rough), {
      gain: walk.gain,
      start: lab.state.get("q0"),
      layers: lab.state.get("layers"),
    });

  /** q ↦ gain²·E[f(√q·t)²] over the decades shown. @param {Walk} walk @param {boolean} rough */
  function mapOf(walk, rough) {
    const of = second(walk, rough);
    const x = Array.from(
      { length: POINTS },
      (_, k) => 10 ** (span[0] + ((span[1] - span[0]) * k) / (POINTS - 1)),
    );
    return { x, y: x.map((q) => walk.gain ** 2 * of(q)).map((q) => (drawable(q) ? q : null)) };
  }

  /**
   * From the diagonal up or down to the map, from there across to the diagonal, and so on.
   * @param {number[]} path
   */
  function webOf(path) {
    const x = [path[0]];
    const y = [path[0]];
    for (let layer = 1; layer < path.length && drawable(path[layer]); layer++) {
      x.push(path[layer - 1], path[layer]);
      y.push(path[layer], path[layer]);
    }
    return { x, y };
  }

  /** @param {number[]} path */
  const layersOf = (path) => ({
    x: path.map((_, layer) => layer),
    y: path.map((q) => (drawable(q) ? q : null)),
  });

  /**
   * The traces of one activation.
   * @param {Walk} walk @param {number[]} path @param {boolean} rough
   * @returns {import("../plot/live_plot.js").Points[]}
   */
  const tracesOf = (walk, path, rough) =>
    lab.state.get("depth") === "cobweb" ? [mapOf(walk, rough), webOf(path)] : [layersOf(path)];

  /**
   * Draws all of it. @param {Walk[]} walks Swish last. @returns {number[][]} Their paths.
   */
  function draw(walks) {
    const cobweb = lab.state.get("depth") === "cobweb";
    const start = Math.log10(lab.state.get("q0"));
    span = [Math.min(start, 0) - 1, Math.max(start, 0) + 1];
    const paths = walks.map((walk) => pathOf(walk, false));
    const atLayer = `${t("signal.at_layer", { layer: "%{x}" })}: q = %{y:.3g}`;
    const lines = walks.flatMap((walk, at) =>
      tracesOf(walk, paths[at], false).map((points, part) => ({
        type: "scatter",
        mode: "lines",
        name: walk.record.label,
        hoverinfo: cobweb ? "skip" : "all",
        hovertemplate: cobweb ? undefined : `${atLayer}<extra>${walk.record.label}</extra>`,
        line: {
          color: `@act-${walk.record.name}`,
          width: cobweb && part ? 1.2 : 2.4,
          dash: part ? "solid" : walk.record.dash,
          simplify: false,
        },
        ...points,
      })),
    );
    before = lines.length - (cobweb ? 2 : 1);
    const ends = [10 ** (span[0] - 1), 10 ** (span[1] + 1)];
    const diagonal = {
      type: "scatter",
      mode: "lines",
      name: "y = x",
      hoverinfo: "skip",
      line: { color: "@muted", width: 1, dash: "dot", simplify: false },
      x: ends,
      y: ends,
    };
    const [low, high] = decadesOf(paths);
    const power = { type: "log" };
    plot.update({
      // The diagonal lies below the rest, and Swish's traces keep the last places.
      data: cobweb ? [diagonal, ...lines] : lines,
      layout: {
        hovermode: cobweb ? false : "closest",
        margin: { l: 54, r: 14, t: 8, b: 40 },
        uirevision: `${lab.state.get("depth")} ${span} ${low} ${high}`,
        xaxis: cobweb
          ? { ...power, range: span, title: t("signal.axis_q") }
          : { range: [0, lab.state.get("layers")], title: t("signal.axis_layer") },
        yaxis: cobweb
          ? { ...power, range: span, title: t("signal.axis_next") }
          : { ...power, range: [low, high], title: t("signal.axis_q") },
      },
    });
    if (cobweb) before += 1;
    return paths;
  }

  /** Swish alone, to the eye's accuracy, while β moves. @param {Walk} walk */
  function move(walk) {
    if (!plot.figure) return;
    const traces = tracesOf(walk, pathOf(walk, true), true);
    plot.move(
      traces,
      traces.map((_, at) => before + at),
    );
  }

  return { draw, move, plot };
}

/** The decades between which the paths lie. @param {number[][]} paths */
function decadesOf(paths) {
  const all = paths.flat().filter(drawable).map(Math.log10);
  const [low, high] = [Math.min(...all, 0), Math.max(...all, 0)];
  return [Math.floor(low - 0.3), Math.ceil(high + 0.3)];
}
