/**
 * The live plot: one Plotly node that is kept and updated, so that zoom and hidden lines stay; and
 * a still picture of its lines, which stands there until Plotly has loaded.
 */

import { whenThere } from "../core/gradio.js";
import { fill, findAll, html, pause } from "../core/html.js";
import { onTheme, resolve } from "../core/theme.js";
import { logTicks } from "./log_ticks.js";

/** @typedef {"cartesian" | "gl3d"} Part A part of Plotly: for planes, or for three dimensions. */

/** @type {Partial<Record<Part, Promise<any>>>} */
const loading = {};

/**
 * A part of Plotly, loaded once from this server; our own reference, for each sets window.Plotly.
 * Reading it takes the page a while: what stands there without it is painted first.
 * @param {Part} part
 */
export function loadPlotly(part = "cartesian") {
  loading[part] ??= painted().then(
    () =>
      new Promise((done, failed) => {
        const script = document.createElement("script");
        const file = `../../vendor/plotly/plotly-${part}.min.js`;
        script.src = new URL(file, import.meta.url).href;
        script.onload = () => {
          const Plotly = window.Plotly;
          pause().then(() => done(Plotly)); // reading it was a task, drawing is another
        };
        script.onerror = () => failed(new Error("Plotly did not load"));
        document.head.append(script);
      }),
  );
  return loading[part];
}

/**
 * Once the browser has painted what there is, and Gradio, which takes as long, has made its tabs.
 */
async function painted() {
  const frame = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
  if (window.gradio_config) await whenThere("lab-tabs");
  await frame();
}

/** @type {Promise<unknown>} */
let queue = Promise.resolve();

/** Plots take turns: between two of them the page answers its reader. @param {Part} part */
async function turn(part) {
  const Plotly = await loadPlotly(part);
  queue = queue.then(pause);
  await queue;
  return Plotly;
}

const axis = {
  gridcolor: "@grid",
  zerolinecolor: "@zero",
  linecolor: "@line",
  zerolinewidth: 1,
  tickfont: { color: "@muted", size: 11.5 },
  title: { font: { color: "@muted", size: 12 } },
  automargin: true,
};

const layoutBase = {
  paper_bgcolor: "rgba(0,0,0,0)",
  plot_bgcolor: "rgba(0,0,0,0)",
  font: {
    family:
      "ui-sans-serif, system-ui, 'Segoe UI', Roboto, 'Noto Sans', 'Noto Sans CJK SC', sans-serif",
    size: 12,
    color: "@muted",
  },
  margin: { l: 44, r: 12, t: 8, b: 30 },
  showlegend: false,
  hoverlabel: { bgcolor: "@panel", bordercolor: "@line", font: { color: "@text", size: 12 } },
  uirevision: "kept",
  dragmode: "zoom",
};

const config = {
  displaylogo: false,
  displayModeBar: false,
  responsive: false,
  doubleClick: "reset",
  showTips: false,
};

/** Pixels that a number takes along an axis, and the most numbers of one. */
const [TICK_WIDTH, TICK_HEIGHT, MOST_TICKS] = [64, 26, 9];

/**
 * @typedef {HTMLElement & {layout?: any, data?: any[], calcdata?: any, _fullLayout?: any,
 *   on: (event: string, heard: (change: any) => void) => void}} PlotNode As Plotly makes it.
 */
/** @typedef {{data: any[], layout?: any}} Figure */
/** @typedef {{x: (number | null)[], y: (number | null)[]}} Points */
/** @typedef {{c2p: (value: number) => number}} DrawnAxis */

/**
 * Every plot on the page, so that a change of theme reaches them all at once.
 * @type {Set<LivePlot>}
 */
const plots = new Set();
/** @type {WeakMap<Element, LivePlot>} */
const byNode = new WeakMap();
/** The plot in a node. @param {Element} node */
export const plotAt = (node) => byNode.get(node);
onTheme(() => {
  for (const plot of plots) plot.redraw();
});

export class LivePlot {
  /**
   * @param {HTMLElement} node An empty element with a height of its own.
   * @param {Part} part Of Plotly, that has its kinds of traces.
   * @param {(whole: Figure) => Figure} look Changes how a figure is drawn, all defaults in it.
   */
  constructor(node, part = "cartesian", look = (whole) => whole) {
    this.part = part;
    this.look = look;
    this.node = /** @type {PlotNode} */ (node);
    /** @type {Figure | null} */
    this.figure = null;
    /** Whether it has no width yet; whether it hears when a reader zooms. */
    this.waits = this.listens = false;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.resting = undefined;
    /** @type {Promise<void> | null} Its turn to be drawn. */
    this.turn = null;
    /** @type {PromiseWithResolvers<void>} Resolved once it has been drawn for the first time. */
    const { promise, resolve: first } = Promise.withResolvers();
    this.drawn = promise;
    this.first = first;
    node.classList.add("lab-plot");
    plots.add(this);
    byNode.set(node, this);
    new ResizeObserver(() => {
      if (!this.figure || !node.clientWidth) return;
      if (this.waits) this.redraw();
      // What waits for its turn is drawn in the size that it has then.
      else if (!this.turn)
        loading[part]?.then((Plotly) => Plotly.Plots.resize(node)).then(() => this.tick());
    }).observe(node);
  }

  /** Draws a figure, or makes the drawn one like it. @param {Figure} figure */
  update(figure) {
    clearTimeout(this.resting); // what has moved is in the figure of before, or in this one
    this.figure = figure;
    return this.redraw();
  }

  /** Takes what is drawn away, until a figure is drawn anew. */
  async clear() {
    clearTimeout(this.resting);
    this.figure = null;
    this.listens = false;
    (await loadPlotly(this.part)).purge(this.node);
  }

  redraw() {
    // In a tab that is not shown it has no width: it is drawn when it gets one.
    this.waits = !this.node.clientWidth;
    if (!this.figure || this.waits) return this.drawn;
    this.turn ??= turn(this.part).then((Plotly) => {
      this.turn = null;
      return this.draw(Plotly);
    });
    return this.turn;
  }

  /** @param {any} Plotly */
  async draw(Plotly) {
    const resolved = this.resolved();
    if (!resolved) return;
    await Plotly.react(this.node, resolved.data, resolved.layout, config);
    // Of what stands `react` keeps the size: one panel more, and the plot is higher.
    if (!this.fits()) await Plotly.relayout(this.node, { autosize: true });
    if (!this.listens) this.node.on("plotly_relayout", () => this.tick());
    this.listens = true;
    await this.tick();
    this.first();
  }

  /** Whether it is drawn in the size that there is, to a pixel. */
  fits() {
    const { clientWidth, clientHeight, _fullLayout: drawn } = this.node;
    if (!drawn) return true; // taken away meanwhile
    const { width, height } = drawn;
    return Math.abs(width - clientWidth) <= 1 && Math.abs(height - clientHeight) <= 1;
  }

  /** The figure with its colours and axes as the page has them, or null where it has no width. */
  resolved() {
    this.waits = !this.node.clientWidth;
    return this.figure && !this.waits ? resolve(this.look(this.full())) : null;
  }

  /** The figure with all that plots have in common. @returns {Figure} */
  full() {
    const { data, layout = {} } = this.figure ?? { data: [] };
    /** @type {Record<string, any>} */
    const full = { ...layoutBase, ...layout, margin: { ...layoutBase.margin, ...layout.margin } };
    for (const key of Object.keys(layout).concat("xaxis", "yaxis")) {
      if (!/^[xy]axis\d*$/.test(key)) continue;
      const given = layout[key] ?? {};
      const title = typeof given.title === "string" ? { text: given.title } : given.title;
      full[key] = { ...axis, ...given, title: { ...axis.title, ...title } };
      if (this.counts(key)) Object.assign(full[key], this.ticksOf(key, given.range));
    }
    return { data, layout: full };
  }

  /** Whether the numbers on a logarithmic axis are left to us. @param {string} key */
  counts(key) {
    const { type, range, tickvals, dtick } = this.figure?.layout?.[key] ?? {};
    return type === "log" && Boolean(range) && !tickvals && !dtick;
  }

  /**
   * The numbers on a logarithmic axis that shows a range.
   * @param {string} key @param {number[]} range
   */
  ticksOf(key, [low, high]) {
    const layout = this.figure?.layout;
    const { l, r, t, b } = { ...layoutBase.margin, ...layout.margin };
    const room = key.startsWith("x")
      ? (this.node.clientWidth - l - r) / TICK_WIDTH
      : (this.node.clientHeight - t - b) / TICK_HEIGHT;
    return logTicks(low, high, Math.min(MOST_TICKS, Math.max(3, Math.floor(room))), layout[key]);
  }

  /** Writes other numbers where a reader has zoomed, or the plot has another size. */
  async tick() {
    /** @type {Record<string, any>} */
    const changes = {};
    for (const key of Object.keys(this.figure?.layout ?? {})) {
      if (!/^[xy]axis\d*$/.test(key) || !this.counts(key)) continue;
      const { range, tickvals = [] } = this.node.layout?.[key] ?? {};
      if (!range) continue;
      const ticks = this.ticksOf(key, range);
      if (String(ticks.tickvals) === String(tickvals)) continue;
      changes[`${key}.tickvals`] = ticks.tickvals;
      changes[`${key}.ticktext`] = ticks.ticktext;
    }
    if (Object.keys(changes).length)
      await (await loadPlotly(this.part)).relayout(this.node, changes);
  }

  /**
   * Moves the traces named, and touches nothing else. Measured with 24 lines in two panels, a
   * redraw by `react` takes 25 ms and `animate` 11 to 20 ms, for both look at every trace; the
   * paths themselves are written in under 1 ms. Plotly is told once the movement rests. What moves
   * is painted on a layer of its own (`.moving` in the style sheet): with 10 rivals beside it,
   * painting them all again took 30 ms of processor time a frame, and 17 ms without.
   * @param {Points[]} data The new points of each trace.
   * @param {number[]} traces Their indices.
   */
  move(data, traces) {
    traces.forEach((index, at) => {
      Object.assign(this.figure?.data[index], data[at]);
      const drawn = this.node.calcdata?.[index]?.[0];
      const group = drawn?.node3?.node();
      if (!group) return;
      group.classList.add("moving");
      const { xaxis, yaxis } = drawnAxes(this.node, drawn.trace);
      if (drawn.trace.mode === "markers") writeMarkers(group, data[at], xaxis, yaxis);
      else {
        // Plotly makes a path for each piece of a line; here the first one holds them all.
        const [path, ...pieces] = group.querySelectorAll("path.js-line");
        path?.setAttribute("d", pathOf(data[at], xaxis, yaxis));
        for (const piece of pieces) piece.setAttribute("d", "M0,0");
      }
    });
    clearTimeout(this.resting);
    this.resting = setTimeout(() => this.settle(traces), 160);
  }

  /**
   * Gives Plotly the points that `move` has drawn, for its zoom, its pictures, its next redraw.
   * @param {number[]} traces
   */
  async settle(traces) {
    const { figure } = this;
    // What waits for its turn is drawn with them.
    if (this.waits || !figure || this.turn) return;
    const Plotly = await loadPlotly(this.part);
    if (figure !== this.figure) return;
    const data = traces.map((index) => {
      const { x, y, name } = figure.data[index];
      return { x, y, name };
    });
    await Plotly.animate(
      this.node,
      { data, traces },
      { mode: "immediate", frame: { duration: 0, redraw: false }, transition: { duration: 0 } },
    );
  }
}

/** The axes that a trace is drawn on. @param {PlotNode} node @param {any} trace */
function drawnAxes(node, trace) {
  /** @param {string} axis @param {string} letter */
  const name = (axis, letter) => `${letter}axis${axis.slice(1)}`;
  return {
    xaxis: node._fullLayout[name(trace.xaxis, "x")],
    yaxis: node._fullLayout[name(trace.yaxis, "y")],
  };
}

/**
 * The `d` of a line: pixels to a tenth, as Plotly writes them; a gap where there is no number.
 * @param {Points} points @param {DrawnAxis} xaxis @param {DrawnAxis} yaxis
 */
function pathOf({ x, y }, xaxis, yaxis) {
  let path = "";
  let pen = "M";
  for (let at = 0; at < x.length; at++) {
    const [right, up] = [x[at], y[at]];
    if (up === null || right === null) {
      pen = "M";
      continue;
    }
    // What lies far outside is cut off there, or the renderer works in vain.
    const height = Math.max(-9999, Math.min(9999, yaxis.c2p(up)));
    path += `${pen}${xaxis.c2p(right).toFixed(1)},${height.toFixed(1)}`;
    pen = "L";
  }
  return path;
}

/**
 * @param {Element} group @param {Points} points @param {DrawnAxis} xaxis @param {DrawnAxis} yaxis
 */
function writeMarkers(group, { x, y }, xaxis, yaxis) {
  findAll(group, "path.point", SVGElement).forEach((point, at) => {
    const [right, up] = [x[at] ?? null, y[at] ?? null];
    const there = right !== null && up !== null;
    point.style.display = there ? "" : "none";
    if (there) point.setAttribute("transform", `translate(${xaxis.c2p(right)},${yaxis.c2p(up)})`);
  });
}

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
    /** @param {number} at */
    const right = (at) => l + (innerWidth * (at - low)) / (high - low);
    /** @param {number} value */
    const down = (value) => top + (tall * (range[1] - value)) / (range[1] - range[0]);
    const path = pathOf({ x, y }, { c2p: right }, { c2p: down });
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

/** A text in which Plotly finds no tags. @param {string} text */
export const plain = (text) => text.replace(/&/g, "&amp;").replace(/</g, "&lt;");
