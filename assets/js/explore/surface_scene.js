/** Draws the surface in three dimensions, with the current β's curve on it. */

import { short } from "../core/html.js";
import { ramp } from "../plot/colour_ramp.js";
import { LivePlot } from "../plot/live_plot.js";
import { betaTicks, gridOf } from "./surface_map.js";

const NODES = 61;
/** Milliseconds of rest after which the curve follows β: the scene takes tens of them to draw. */
const REST = 120;

/** Whether this browser can draw in three dimensions at all. */
export function hasWebGl() {
  const sheet = document.createElement("canvas");
  return Boolean(sheet.getContext("webgl2") ?? sheet.getContext("webgl"));
}

/** @param {HTMLElement} node */
export function surfaceScene(node) {
  const plot = new LivePlot(node, "gl3d");
  /** @type {((beta: number) => object) | null} The curve of a β. */
  let curve = null;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let resting;
  /** Where a reader has turned the scene to, once it was left. @type {object | undefined} */
  let camera;

  /**
   * @param {string} title Of the height.
   * @param {(x: number, beta: number) => number} f
   * @param {number[]} range @param {import("./beta_control.js").Scale} scale
   * @param {number} beta
   */
  function draw(title, f, range, scale, beta) {
    const grid = gridOf(f, range, scale, NODES, NODES);
    const colours = ramp(grid.low, grid.high);
    /** @param {number} low @param {number} high */
    const along = (low, high) =>
      Array.from({ length: NODES }, (_, at) => low + ((high - low) * at) / (NODES - 1));
    /** @param {(value: number, at: number) => number} of */
    const rows = (of) =>
      Array.from({ length: NODES }, (_, row) =>
        Array.from(grid.values.slice(row * NODES, (row + 1) * NODES), of),
      );
    const x = along(range[0], range[1]);
    /** @param {number} value */
    const curveAt = (value) => {
      const at = scale.toSlider(value);
      const seen = at >= scale.low && at <= scale.high;
      // A little above the surface, or the two would be drawn through one another.
      const lift = 0.004 * (grid.high - grid.low);
      const middle = Math.floor(NODES * 0.85);
      return {
        x,
        y: x.map(() => (seen ? at : null)),
        z: x.map((each) => f(each, value) + lift),
        text: x.map((_, index) => (index === middle ? `β = ${short(value, 4)}` : "")),
      };
    };
    curve = curveAt;
    const axis = {
      gridcolor: "@grid",
      zerolinecolor: "@zero",
      linecolor: "@line",
      tickfont: { color: "@muted", size: 11 },
      showspikes: false,
    };
    /** @param {string} text */
    const named = (text) => ({ text, font: { color: "@muted", size: 12 } });
    const far = node.clientWidth < 1.3 * node.clientHeight ? 1.4 : 1.16;
    const betas = betaTicks(scale);
    /** @param {number} start @param {number} end @param {number} count */
    const mesh = (start, end, count) => ({
      show: true,
      start,
      end,
      size: (end - start) / count,
      color: "@zero",
      width: 1,
      highlight: false,
    });
    return plot.update({
      data: [
        {
          type: "surface",
          x,
          y: along(scale.high, scale.low),
          z: rows((value) => value),
          surfacecolor: rows(colours.share),
          customdata: along(scale.high, scale.low).map((at) =>
            Array(NODES).fill(short(scale.toBeta(at), 4)),
          ),
          colorscale: colours.stops,
          cmin: -1,
          cmax: 1,
          showscale: false,
          lighting: { ambient: 0.82, diffuse: 0.35, specular: 0.03, roughness: 0.9 },
          contours: {
            x: mesh(range[0], range[1], 12),
            y: mesh(scale.low, scale.high, 10),
          },
          hovertemplate: [
            "x = %{x:.3~g}",
            "β = %{customdata}",
            `${title} = %{z:.4~g}<extra></extra>`,
          ].join("<br>"),
        },
        {
          type: "scatter3d",
          mode: "lines+text",
          line: { color: "@text", width: 6 },
          textfont: { color: "@text", size: 13 },
          textposition: "top center",
          hoverinfo: "skip",
          ...curveAt(beta),
        },
      ],
      layout: {
        margin: { l: 0, r: 0, t: 0, b: 0 },
        scene: {
          xaxis: { ...axis, title: named("x") },
          yaxis: {
            ...axis,
            title: named("β"),
            tickvals: betas,
            ticktext: betas.map((at) => short(scale.toBeta(at), 4)),
          },
          zaxis: { ...axis, title: named(title) },
          // From where the dip is not hidden; farther off where there is little room beside it.
          camera: camera ?? {
            eye: { x: -1.05 * far, y: -1.45 * far, z: 0.8 * far },
            center: { x: 0, y: 0, z: -0.16 },
          },
          aspectmode: "manual",
          aspectratio: { x: 1.25, y: 1.25, z: 0.75 },
        },
      },
    });
  }

  return {
    draw,
    /** Ends the scene, which would go on to look in each frame whether it is to be drawn. */
    end() {
      if (!plot.figure) return;
      clearTimeout(resting);
      camera = /** @type {import("../plot/live_plot.js").PlotNode} */ (node).layout?.scene?.camera;
      plot.clear();
    },
    /** The curve follows β once it rests. @param {number} beta */
    move(beta) {
      clearTimeout(resting);
      resting = setTimeout(() => {
        if (!plot.figure || !curve) return;
        Object.assign(plot.figure.data[1], curve(beta));
        plot.redraw();
      }, REST);
    },
  };
}
