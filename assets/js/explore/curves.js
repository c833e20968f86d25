/**
 * Draws the plot of the Explore tab: panels over one x axis, each with what it shows of an
 * activation, in which only what moves is drawn anew, and a few faint curves that show where Swish
 * came from.
 */

import { swishLandmarks } from "../generated/activations.js";
import { ENLARGED, enlarged, presenting } from "../lecture/mode.js";
import { LivePlot } from "../plot/live_plot.js";
import { breaksOf, heightOf, sample } from "../plot/sampling.js";

/**
 * @typedef {object} Curve
 * @property {(x: number) => number} of
 * @property {number[]} breaks
 * @property {number[]} places Of narrow features.
 * @property {string[]} depends Names of the activations whose parameters it follows.
 */

/**
 * @typedef {object} Panel
 * @property {(lab: Lab) => string} title
 * @property {(activation: Activation, lab: Lab) => Curve | null} curve null: it draws none of it.
 * @property {number} least The least height of what it shows, so that noise is not blown up.
 */

/** @param {"f" | "df" | "d2f"} key @returns {(activation: Activation, lab: Lab) => Curve} */
const plain = (key) => (activation, lab) => {
  const p = lab.values(activation);
  return {
    of: (x) => activation[key](x, p),
    breaks: breaksOf(activation, p),
    places: lab.places(activation),
    depends: [activation.name],
  };
};

/** @type {Record<string, Panel>} */
export const PANEL = {
  f: { title: () => "f(x)", curve: plain("f"), least: 0.02 },
  df: { title: () => "f′(x)", curve: plain("df"), least: 0.02 },
  d2f: { title: () => "f″(x)", curve: plain("d2f"), least: 0.02 },
  dtheta: {
    title: (lab) => `∂f/∂${lab.symbolOf(lab.theta())}`,
    curve(activation, lab) {
      const [name, parameter] = lab.theta().split(".");
      const derivative = activation.dparameters[parameter];
      if (lab.keyOf(activation) !== name || !derivative) return null;
      const p = lab.values(activation);
      return {
        of: (x) => derivative(x, p),
        breaks: breaksOf(activation, p),
        places: lab.places(activation),
        depends: [activation.name],
      };
    },
    least: 0.02,
  },
  diff: {
    title: (lab) => `f − ${lab.baseline().label}`,
    curve(activation, lab) {
      const base = lab.baseline();
      if (activation === base) return null;
      const [p, q] = [lab.values(activation), lab.values(base)];
      return {
        of: (x) => activation.f(x, p) - base.f(x, q),
        breaks: [...breaksOf(activation, p), ...breaksOf(base, q)],
        places: [...lab.places(activation), ...lab.places(base)],
        depends: [activation.name, base.name],
      };
    },
    least: 0.02,
  },
};

const GHOSTS = 5;
/** A ghost is left each time β has gone this share of the slider's range. */
const STRIDE = 0.035;

/**
 * @param {() => {low: number, high: number, toSlider: (beta: number) => number}} scale
 */
function trail(scale) {
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

/** Above a panel: its title and the values at the cursor. Below: the figures of x. */
const HEAD = 30;
const FOOT = 26;
const NOTHING = { x: [null], y: [null] };

/** @typedef {import("./lab.js").Lab} Lab */
/** @typedef {import("./lab.js").Activation} Activation */
/** @typedef {import("../plot/live_plot.js").Points} Points */

/**
 * @typedef {object} Trace
 * @property {string} panel
 * @property {Activation} [activation]
 * @property {number} [ghost] Its age.
 * @property {boolean} [marks]
 * @property {string[]} depends Names of the activations whose parameters it follows.
 * @property {() => Points} draw
 */

/**
 * @param {HTMLElement} node
 * @param {Lab} lab
 * @param {(places: [panel: string, top: number][]) => void} placed Called when panels are laid out,
 *   with the pixels from the plot's top to each.
 */
export function curves(node, lab, placed) {
  const plot = new LivePlot(node, "cartesian", presenting ? enlarged : undefined);
  const ghosts = trail(() => lab.scale);
  ghosts.clear(lab.state.get("beta"));
  /** @type {Trace[]} */
  let traces = [];
  /** @type {Record<string, [number, number]>} The range of y by panel. */
  let heights = {};
  let frame = "";

  /** @returns {string[]} */
  const shown = () => lab.state.get("show");
  /** @param {string} panel */
  const spanOf = (panel) => (heights[panel] ? heights[panel][1] - heights[panel][0] : 6);
  /** @param {string} panel @param {Curve | null} curve @returns {Points} */
  const lineOf = (panel, curve) =>
    curve
      ? sample(curve.of, curve.breaks, lab.state.get("x"), spanOf(panel), curve.places)
      : NOTHING;

  /** Swish itself comes last among the lines, so that it lies on top. */
  const ordered = () => {
    const [swish, ...others] = lab.chosen();
    return [...others, swish];
  };

  /** @returns {Trace[]} */
  function list() {
    const [low, high] = lab.state.get("x");
    return shown().flatMap((panel) => {
      const lines = ordered().map((activation) => ({
        panel,
        activation,
        depends: PANEL[panel].curve(activation, lab)?.depends ?? [],
        // Read anew at each call: its parameters are those of the moment.
        draw: () => lineOf(panel, PANEL[panel].curve(activation, lab)),
      }));
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

  /**
   * An earlier β's curve; where there is none, the present one's, which covers it.
   * @param {string} panel @param {number} age
   */
  function ghostLine(panel, age) {
    const swish = lab.swish;
    const beta = lab.state.get("trail") === "on" ? ghosts.betas()[age] : undefined;
    if (beta === undefined) return lineOf(panel, PANEL[panel].curve(swish, lab));
    /** @param {Activation} record */
    const values = (record) => (record === swish ? { beta } : lab.values(record));
    return lineOf(panel, PANEL[panel].curve(swish, { ...lab, values }));
  }

  /**
   * Minimum and steepest points: markers that move with β.
   * @param {string} panel @param {number} low @param {number} high
   */
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

  /** @param {Trace} trace */
  function styleOf({ activation, ghost, marks }) {
    if (marks) {
      const line = { color: "@act-swish", width: 2.4 };
      return { mode: "markers", marker: { size: 9, color: "@panel", line } };
    }
    if (ghost !== undefined) {
      const color = `@act-swish/${ghosts.opacity(ghost)}`;
      const line = { color, width: 1.4, dash: "dot", simplify: false };
      return { mode: "lines", name: "ghost", line };
    }
    const { name, label, dash } = activation ?? lab.swish;
    const width = activation === lab.swish ? 3.2 : 1.9;
    const line = { color: `@act-${name}`, width, dash, simplify: false };
    return { mode: "lines", name: label, line };
  }

  /**
   * The ranges of y by what is drawn; true where one has changed enough to be seen.
   * @param {Points[]} data
   */
  function fit(data) {
    const [low, high] = lab.state.get("x");
    let changed = false;
    for (const panel of shown()) {
      const lines = data.filter((_, at) => traces[at].panel === panel && traces[at].activation);
      const cap = panel === "f" ? 1.25 * Math.max(Math.abs(low), Math.abs(high)) : Infinity;
      const next = heightOf(lines, PANEL[panel].least, cap);
      const span = next[1] - next[0];
      if (heights[panel]?.every((end, at) => Math.abs(end - next[at]) < 0.03 * span)) continue;
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
   * `move`, that is painted in 1 ms; a redraw of all takes 35, at each key. False where more is
   * new.
   */
  function retyped() {
    const others = ["x", "show", "theta", "base"].map((name) => lab.state.get(name));
    const next = frameOf(others);
    const typed = traces.find(({ activation }) => activation?.name.startsWith("="))?.activation;
    const record = lab.recordOf("formula");
    const was = frame;
    frame = next;
    if (was !== next || !plot.figure || !typed || !record || typed === record) return false;
    if (others.flat().some((name) => String(name).startsWith("formula"))) return false;
    const moving = traces.flatMap(({ activation }, at) => (activation === typed ? [at] : []));
    traces = list();
    for (const at of moving) plot.figure.data[at].name = record.label;
    plot.move(
      moving.map((at) => traces[at].draw()),
      moving,
    );
    return true;
  }
  /**
   * All that the traces are made by, but for the typed formula itself.
   * @param {unknown[]} others
   */
  const frameOf = (others) =>
    JSON.stringify([
      others,
      lab.chosen().map(({ name }) => name.startsWith("=") || name),
      node.clientWidth,
      node.clientHeight,
    ]);

  /** @param {Points[]} data */
  function draw(data) {
    const panels = shown();
    // The style sheet gives the height.
    if (node.parentElement) node.parentElement.dataset.panels = String(panels.length);
    const total = node.clientHeight || 600;
    const each = total / panels.length;
    /** @type {Record<string, any>} */
    const layout = {
      margin: { l: 48, r: 18, t: HEAD, b: FOOT },
      hovermode: false,
      uirevision: lab.state.get("x").join(), // the state's range is the one that holds
      dragmode: "zoom",
    };
    const [head, foot] = [HEAD * ENLARGED, FOOT * ENLARGED];
    const inner = total - head - foot;
    /** @param {number} pixels */
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
        nticks: presenting ? 4 : 7,
        domain: [fraction(total - top - each), fraction(total - foot - (top + head))],
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
    placed(panels.map((panel, index) => [panel, index * each]));
  }

  /**
   * What follows some activations' parameters is drawn anew, and nothing else.
   * @param {Set<string>} names
   */
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
    /** The earlier β whose curves are drawn, in the order of their traces. @returns {number[]} */
    past: () => (lab.state.get("trail") === "on" ? ghosts.betas() : []),
    forget: () => ghosts.clear(lab.state.get("beta")),
    /** The curves of a panel, in the menu's order, for reading. @param {string} panel */
    curvesOf: (panel) =>
      lab.chosen().flatMap((activation) => {
        const curve = PANEL[panel].curve(activation, lab);
        return curve ? [{ activation, ...curve }] : [];
      }),
  };
}
