/**
 * Draws the map of a surface: Swish at the nodes of a grid, lines on which it is equal, axes and a
 * colour bar, on a canvas of its own.
 */

import { fill, find, html, short } from "../core/html.js";
import { colour, onPaper } from "../core/theme.js";
import { css, ramp } from "../plot/colour_ramp.js";

/**
 * @typedef {object} Grid
 * @property {Float64Array} values Row after row, the highest β first.
 * @property {number} columns
 * @property {number} rows
 * @property {number} low The least value.
 * @property {number} high The greatest value.
 */

/**
 * @param {(x: number, beta: number) => number} f
 * @param {number[]} range The ends of x, at the first and the last column.
 * @param {{low: number, high: number, toBeta: (at: number) => number}} scale Of β.
 * @param {number} columns
 * @param {number} rows
 * @returns {Grid}
 */
export function gridOf(f, [from, to], scale, columns, rows) {
  const values = new Float64Array(columns * rows);
  let [low, high] = [Infinity, -Infinity];
  for (let row = 0; row < rows; row++) {
    const beta = scale.toBeta(scale.high - ((scale.high - scale.low) * row) / (rows - 1));
    for (let column = 0; column < columns; column++) {
      const value = f(from + ((to - from) * column) / (columns - 1), beta);
      values[row * columns + column] = value;
      if (value < low) low = value;
      if (value > high) high = value;
    }
  }
  return { values, columns, rows, low, high };
}

const LEVELS = {
  f: [
    0,
    ...[0.1, 0.2, 0.5].flatMap((size) => [1, 10, 100, 1000].map((power) => size * power)),
  ].flatMap((size) => [size, -size]),
  df: [-0.05, 0, 0.25, 0.5, 0.75, 1, 1.05],
};

/** The values at which a surface is cut. @param {"f" | "df"} of @param {Grid} grid */
export function levelsOf(of, { low, high }) {
  const inside = [...new Set(LEVELS[of])].filter(
    (level) => level > low && level < high && !Object.is(level, -0),
  );
  return inside.sort((a, b) => a - b);
}

/**
 * The line of a level as segments, by marching squares: [x1, y1, x2, y2] in columns and rows.
 * @param {Grid} grid @param {number} level
 */
export function contour({ values, columns, rows }, level) {
  const segments = [];
  for (let row = 0; row + 1 < rows; row++) {
    for (let column = 0; column + 1 < columns; column++) {
      const at = row * columns + column;
      // The corners, clockwise from the upper left.
      const a = values[at] - level;
      const b = values[at + 1] - level;
      const c = values[at + columns + 1] - level;
      const d = values[at + columns] - level;
      const signs = [a, b, c, d].filter((corner) => corner > 0).length;
      if (signs === 0 || signs === 4) continue;
      const crossed = [];
      if (a > 0 !== b > 0) crossed.push(column + a / (a - b), row);
      if (b > 0 !== c > 0) crossed.push(column + 1, row + b / (b - c));
      if (c > 0 !== d > 0) crossed.push(column + d / (d - c), row + 1);
      if (d > 0 !== a > 0) crossed.push(column, row + a / (a - d));
      for (let each = 0; each + 3 < crossed.length; each += 4)
        segments.push(crossed.slice(each, each + 4));
    }
  }
  return segments;
}

/** Pixels between two nodes of the grid. */
const STEP = 2.5;
/** Pixels between two numbers of the colour bar, at least. */
const APART = 13;

/** @typedef {import("./beta_control.js").Scale} Scale */
/** @typedef {ReturnType<typeof ramp>} Ramp */

/** @param {HTMLElement} host */
export function surfaceMap(host) {
  fill(
    host,
    html`<div class="surface-axis surface-betas" aria-hidden="true"></div>
    <div class="surface-area"><canvas></canvas></div>
    <div class="surface-bar" aria-hidden="true"
      ><canvas width="1" height="128"></canvas><div></div></div>
    <div class="surface-axis surface-xs" aria-hidden="true"></div>`,
  );
  const [betas, area, numbers, xs] = [
    ".surface-betas",
    ".surface-area",
    ".surface-bar div",
    ".surface-xs",
  ].map((each) => find(host, each));
  const canvas = find(area, "canvas", HTMLCanvasElement);
  const strip = find(host, ".surface-bar canvas", HTMLCanvasElement);

  /**
   * @param {"f" | "df"} of @param {(x: number, beta: number) => number} f
   * @param {number[]} range @param {Scale} scale
   */
  function draw(of, f, range, scale) {
    const { clientWidth: width, clientHeight: height } = area;
    if (!width) return;
    const grid = gridOf(f, range, scale, Math.ceil(width / STEP), Math.ceil(height / STEP));
    const levels = levelsOf(of, grid);
    const colours = ramp(grid.low, grid.high);
    const dense = Math.min(2, devicePixelRatio || 1);
    Object.assign(canvas, { width: width * dense, height: height * dense });
    const pen = penOf(canvas);
    pen.scale(dense, dense);
    // From the centre of a corner's pixel to that of the opposite one: there the nodes are.
    pen.drawImage(
      picture(grid, colours),
      0.5,
      0.5,
      grid.columns - 1,
      grid.rows - 1,
      0,
      0,
      width,
      height,
    );
    lines(pen, grid, levels, width, height);
    paintBar(grid, colours, levels);
    /** @param {number} at */
    const down = (at) => `top:${(100 * (scale.high - at)) / (scale.high - scale.low)}%`;
    fill(betas, html`${ticks(betaTicks(scale), down, scale.toBeta)}<b>β</b>`);
    const [low, high] = range;
    /** @param {number} x */
    const along = (x) => `left:${(100 * (x - low)) / (high - low)}%`;
    fill(xs, html`${ticks(even(low, high, Math.min(12, width / 45)), along)}<b>x</b>`);
  }

  /** @param {Grid} grid @param {Ramp} colours @param {number[]} levels */
  function paintBar({ low, high }, colours, levels) {
    const pen = penOf(strip);
    const { height } = strip;
    // Even in the share, as the colours are: the numbers stand where their colours do.
    const [foot, top] = [low, high].map(colours.share);
    /** @param {number} value */
    const place = (value) => (top - colours.share(value)) / (top - foot);
    const shareToColour = ramp(-1, 1);
    for (let row = 0; row < height; row++) {
      const share = top - ((top - foot) * (row + 0.5)) / height;
      pen.fillStyle = css(shareToColour.of(Math.sign(share) * share * share));
      pen.fillRect(0, row, 1, 1);
    }
    const room = APART / (strip.clientHeight || 1);
    /** @type {number[]} */
    const shown = [];
    // 0 first: it is what the ramp turns about.
    for (const level of [...levels].sort((a, b) => Math.abs(a) - Math.abs(b))) {
      if (shown.every((other) => Math.abs(place(other) - place(level)) > room)) shown.push(level);
    }
    fill(numbers, html`${ticks(shown, (level) => `top:${100 * place(level)}%`)}`);
  }

  /**
   * The map as it is shown, with its axes, for a picture of its own, in the colours of paper.
   * @param {"f" | "df"} of @param {(x: number, beta: number) => number} f
   * @param {number[]} range @param {Scale} scale @param {number} beta
   */
  function onPaperOf(of, f, range, scale, beta) {
    return onPaper(() => paperMap(of, f, range, scale, beta));
  }

  return { draw, area, onPaper: onPaperOf };
}

/** Of a map on paper: its size, and the room beside it for the axes' numbers. */
const PAPER = { width: 640, height: 400, left: 56, right: 12, top: 8, foot: 44 };

/**
 * A map with its axes and the line of β as an `svg` element.
 * @param {"f" | "df"} of @param {(x: number, beta: number) => number} f
 * @param {number[]} range @param {Scale} scale @param {number} beta
 */
function paperMap(of, f, range, scale, beta) {
  const { width, height, left, right, top, foot } = PAPER;
  const [wide, high] = [width - left - right, height - top - foot];
  const sheet = Object.assign(document.createElement("canvas"), {
    width: 2 * wide,
    height: 2 * high,
  });
  const grid = gridOf(f, range, scale, Math.ceil(wide / STEP), Math.ceil(high / STEP));
  const pen = penOf(sheet);
  pen.scale(2, 2);
  const [columns, rows] = [grid.columns - 1, grid.rows - 1];
  const image = picture(grid, ramp(grid.low, grid.high));
  pen.drawImage(image, 0.5, 0.5, columns, rows, 0, 0, wide, high);
  lines(pen, grid, levelsOf(of, grid), wide, high);
  const [low, end] = range;
  /** @param {number} x */
  const across = (x) => left + (wide * (x - low)) / (end - low);
  /** @param {number} at */
  const down = (at) => top + (high * (scale.high - at)) / (scale.high - scale.low);
  const xs = even(low, end, 9).map(
    (x) => html`<text x="${across(x)}" y="${top + high + 17}" text-anchor="middle"
      >${short(x, 5)}</text>`,
  );
  const betas = betaTicks(scale).map(
    (at) => html`<text x="${left - 6}" y="${down(at) + 4}" text-anchor="end"
      >${short(scale.toBeta(at), 5)}</text>`,
  );
  const at = scale.toSlider(beta);
  const line =
    at >= scale.low && at <= scale.high
      ? html`<path d="M${left},${down(at)}h${wide}" stroke="${colour("@text")}" stroke-width="1.4"
        /><text x="${left + wide - 6}" y="${down(at) - 5}" text-anchor="end"
        fill="${colour("@text")}">β = ${short(beta, 4)}</text>`
      : "";
  const svg = html`<svg width="${width}" height="${height}" viewBox="0 0 ${width} ${height}"
    font-size="12" fill="${colour("@muted")}"><image x="${left}" y="${top}" width="${wide}"
    height="${high}" preserveAspectRatio="none" href="${sheet.toDataURL()}"/>${xs}${betas}${line}
    <text x="${left + wide / 2}" y="${height - 8}" text-anchor="middle">x</text>
    <text x="14" y="${top + high / 2}" text-anchor="middle">β</text></svg>`;
  return { svg: svg.text, width, height };
}

/** @param {HTMLCanvasElement} canvas */
const penOf = (canvas) => /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));

/** A grid as an image of one pixel a node. @param {Grid} grid @param {Ramp} colours */
function picture(grid, colours) {
  const image = new ImageData(grid.columns, grid.rows);
  grid.values.forEach((value, at) => {
    const parts = colours.of(value);
    for (let each = 0; each < 3; each++) image.data[4 * at + each] = parts[each];
    image.data[4 * at + 3] = 255;
  });
  const sheet = new OffscreenCanvas(grid.columns, grid.rows);
  sheet.getContext("2d")?.putImageData(image, 0, 0);
  return sheet;
}

/**
 * The contour lines; that of 0 is stronger.
 * @param {CanvasRenderingContext2D} pen @param {Grid} grid @param {number[]} levels
 * @param {number} width @param {number} height
 */
function lines(pen, grid, levels, width, height) {
  const [across, down] = [width / (grid.columns - 1), height / (grid.rows - 1)];
  for (const level of levels) {
    pen.beginPath();
    for (const [x1, y1, x2, y2] of contour(grid, level)) {
      pen.moveTo(x1 * across, y1 * down);
      pen.lineTo(x2 * across, y2 * down);
    }
    pen.strokeStyle = colour(level === 0 ? "@text/0.6" : "@text/0.28");
    pen.lineWidth = level === 0 ? 1.2 : 0.8;
    pen.stroke();
  }
}

/** Where an axis of β has numbers, in the slider's own measure. @param {Scale} scale */
export function betaTicks({ low, high }) {
  return even(low, high, 5);
}

/**
 * Round numbers within a range, about as many as wanted.
 * @param {number} low @param {number} high @param {number} wanted
 */
function even(low, high, wanted) {
  const rough = (high - low) / wanted;
  const power = 10 ** Math.floor(Math.log10(rough));
  const steps = [1, 2, 5, 10].map((each) => each * power);
  const step = steps.find((each) => each >= rough * 0.999) ?? steps[3];
  const first = Math.ceil(low / step - 1e-9);
  const count = Math.floor(high / step + 1e-9) - first + 1;
  return Array.from({ length: count }, (_, at) => Number(((first + at) * step).toPrecision(12)));
}

/**
 * @param {number[]} values
 * @param {(value: number) => string} place Their style.
 * @param {(value: number) => number} [shown] What is written of each.
 */
const ticks = (values, place, shown = (value) => value) =>
  values.map((value) => html`<span style="${place(value)}">${short(shown(value), 5)}</span>`);
