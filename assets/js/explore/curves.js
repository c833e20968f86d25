/** The plot of the Explore tab: panels over one x axis, in which only what moves is drawn anew. */

import { swishLandmarks } from "../generated/activations.js";
import { LivePlot } from "../plot/live_plot.js";
import { sample } from "../plot/sampling.js";
import { scaleOf } from "./beta_control.js";
import { heightOf, PANEL } from "./panels.js";
import { trail } from "./trail.js";

/** Above a panel: its title and the values at the cursor. Below: the figures of x. */
const HEAD = 30;
const FOOT = 26;
const NOTHING = { x: [null], y: [null] };

/**
 * @param {HTMLElement} node
 * @param {any} lab
 */
export function curves(node, lab) {
  const plot = new LivePlot(node);
  const ghosts = trail(() => scaleOf(lab.state));
  ghosts.clear(lab.state.get("beta"));
  /** @type {{panel: string, depends: string[], draw: () => {x: any[], y: any[]}}[]} By trace. */
  let traces = [];
  /** The range of y by panel. */
  let heights = {};
  let frame = "";

  const shown = () => lab.state.get("show");
  const spanOf = (panel) => (heights[panel] ? heights[panel][1] - heights[panel][0] : 6);
  const lineOf = (panel, { of, breaks, places }) =>
    sample(of, breaks, lab.state.get("x"), spanOf(panel), places);

  /** Swish itself comes last among the lines, so that it lies on top. */
  const ordered = () => {
    const [swish, ...others] = lab.chosen();
    return [...others, swish];
  };

  function list() {
    const [low, high] = lab.state.get("x");
    return shown().flatMap((panel) => {
      const lines = ordered().map((activation) => {
        const curve = PANEL[panel].curve(activation, lab);
        return {
          panel,
          activation,
          depends: curve?.depends ?? [],
          // Read anew at each call: its parameters are those of the moment.
          draw: () => (curve ? lineOf(panel, PANEL[panel].curve(activation, lab)) : NOTHING),
        };
      });
      const swish = lines[lines.length - 1];
      const past = Array.from({ length: swish.depends.length ? ghosts.count : 0 }, (_, age) => ({
        panel,
        ghost: age,
        depends: ["trail"],
        draw: () => ghostLine(panel, age),
      }));
      const marks =
        panel === "f" || panel === "df"
          ? [{ panel, marks: true, depends: ["swish"], draw: () => marksOf(panel, low, high) }]
          : [];
      return [...lines.slice(0, -1), ...past, swish, ...marks];
    });
  }

  /** An earlier β's curve; where there is none, the present one's, which covers it. */
  function ghostLine(panel, age) {
    const swish = lab.swish;
    const beta = lab.state.get("trail") === "on" ? ghosts.betas()[age] : undefined;
    if (beta === undefined) return lineOf(panel, PANEL[panel].curve(swish, lab));
    return lineOf(
      panel,
      PANEL[panel].curve(swish, {
        ...lab,
        values: (record) => (record === swish ? { beta } : lab.values(record)),
      }),
    );
  }

  /** Minimum and steepest points: markers that move with β. */
  function marksOf(panel, low, high) {
    const points = swishLandmarks(lab.state.get("beta")).filter(
      ({ x, kind }) =>
        x >= low && x <= high && (panel === "f" || kind === "steepest" || kind === "shallowest"),
    );
    // Always as many, so that each keeps its node.
    const all = Array.from({ length: panel === "f" ? 3 : 2 }, (_, at) => points[at]);
    return {
      x: all.map((point) => point?.x ?? null),
      y: all.map((point) => (panel === "f" ? point?.value : point?.slope) ?? null),
    };
  }

  function styleOf({ activation, ghost, marks }) {
    if (marks)
      return {
        mode: "markers",
        marker: { size: 9, color: "@panel", line: { color: "@act-swish", width: 2.4 } },
      };
    if (ghost !== undefined)
      return {
        mode: "lines",
        name: "ghost",
        line: {
          color: `@act-swish/${ghosts.opacity(ghost)}`,
          width: 1.4,
          dash: "dot",
          simplify: false,
        },
      };
    const isSwish = activation === lab.swish;
    return {
      mode: "lines",
      name: activation.label,
      line: {
        color: `@act-${activation.name}`,
        width: isSwish ? 3.2 : 1.9,
        dash: activation.dash,
        simplify: false,
      },
    };
  }

  /** The ranges of y by what is drawn; true where one has changed enough to be seen. */
  function fit(data) {
    const [low, high] = lab.state.get("x");
    let changed = false;
    for (const panel of shown()) {
      const lines = data.filter(
        (_, at) =>
          traces[at].panel === panel && traces[at].ghost === undefined && !traces[at].marks,
      );
      const cap = panel === "f" ? 1.25 * Math.max(Math.abs(low), Math.abs(high)) : Infinity;
      const next = heightOf(lines, PANEL[panel].least, cap);
      const [was, span] = [heights[panel], next[1] - next[0]];
      if (
        was &&
        Math.abs(was[0] - next[0]) < 0.03 * span &&
        Math.abs(was[1] - next[1]) < 0.03 * span
      )
        continue;
      heights[panel] = next;
      changed = true;
    }
    return changed;
  }

  /** All of it anew: what is shown has changed. */
  function rebuild() {
    if (retyped()) return;
    heights = Object.fromEntries(
      Object.entries(heights).filter(([panel]) => shown().includes(panel)),
    );
    traces = list();
    let data = traces.map(({ draw }) => draw());
    // How dense a line must be depends on the height that it is drawn at, which it decides itself.
    if (fit(data)) data = traces.map(({ draw }) => draw());
    draw(data);
  }

  /**
   * Where nothing is new but the typed formula, its lines take the place of the one before: told by
   * `move`, that is painted in 1 ms; a redraw of all takes 35, at each key. False where more is new.
   */
  function retyped() {
    const others = ["x", "show", "theta", "base"].map((name) => lab.state.get(name));
    const next = frameOf(others);
    const typed = traces
      .filter(({ activation }) => activation?.name.startsWith("="))
      .map(({ activation }) => activation)[0];
    const record = lab.recordOf("formula");
    const was = frame;
    frame = next;
    if (
      was !== next ||
      !typed ||
      !record ||
      typed === record ||
      others.flat().some((name) => String(name).startsWith("formula"))
    )
      return false;
    const moving = traces.flatMap(({ activation }, at) => (activation === typed ? [at] : []));
    traces = list();
    for (const at of moving) plot.figure.data[at].name = record.label;
    plot.move(
      moving.map((at) => traces[at].draw()),
      moving,
    );
    return true;
  }
  /** All that the traces are made by, but for the typed formula itself. */
  const frameOf = (others) =>
    JSON.stringify([
      others,
      lab.chosen().map(({ name }) => name.startsWith("=") || name),
      node.clientWidth,
      node.clientHeight,
    ]);

  function draw(data) {
    const panels = shown();
    node.parentElement.dataset.panels = String(panels.length); // the style sheet gives the height
    const total = node.clientHeight || 600;
    const each = total / panels.length;
    const layout = {
      margin: { l: 48, r: 18, t: HEAD, b: FOOT },
      hovermode: false,
      uirevision: lab.state.get("x").join(), // the state's range is the one that holds
      dragmode: "zoom",
    };
    const inner = total - HEAD - FOOT;
    const fraction = (pixels) => Math.min(1, Math.max(0, pixels / inner));
    panels.forEach((panel, index) => {
      const number = index ? String(index + 1) : "";
      const top = index * each; // from the top of the plot
      // Copies: Plotly writes into the ranges that it is given.
      layout[`xaxis${number}`] = {
        range: [...lab.state.get("x")],
        anchor: `y${number}`,
        automargin: false,
        ...(index ? { matches: "x" } : {}),
      };
      layout[`yaxis${number}`] = {
        range: [...heights[panel]],
        fixedrange: true,
        nticks: 7,
        domain: [
          fraction(total - FOOT - (top + each - FOOT)),
          fraction(total - FOOT - (top + HEAD)),
        ],
      };
    });
    plot.update({
      data: data.map((line, at) => {
        const number = panels.indexOf(traces[at].panel);
        const suffix = number ? String(number + 1) : "";
        return {
          type: "scatter",
          hoverinfo: "skip",
          ...styleOf(traces[at]),
          ...line,
          xaxis: `x${suffix}`,
          yaxis: `y${suffix}`,
        };
      }),
      layout,
    });
    lab.placeHeads(panels.map((panel, index) => [panel, index * each]));
  }

  /** What follows some activations' parameters is drawn anew, and nothing else. */
  function move(names) {
    const left = names.has("swish") && ghosts.follow(lab.state.get("beta"));
    const moving = traces.flatMap(({ depends }, at) =>
      depends.some((name) => names.has(name) || (name === "trail" && left)) ? [at] : [],
    );
    plot.move(
      moving.map((at) => traces[at].draw()),
      moving,
    );
  }

  return {
    plot,
    rebuild,
    move,
    /** After a movement: the heights by what is there now. */
    refit() {
      if (plot.figure && fit(plot.figure.data)) draw(traces.map((trace) => trace.draw()));
    },
    forget: () => ghosts.clear(lab.state.get("beta")),
    /** The curves of a panel, in the menu's order, for reading. */
    curvesOf: (panel) =>
      lab.chosen().flatMap((activation) => {
        const curve = PANEL[panel].curve(activation, lab);
        return curve ? [{ activation, ...curve }] : [];
      }),
  };
}
