/**
 * Makes a picture of a plot that says by itself what it shows: title, axes, names, link and date,
 * on white.
 */

import { findAll, t } from "../core/html.js";
import { saveAs } from "../core/server.js";
import { outwardLink } from "../core/state.js";
import { onPaper, resolve } from "../core/theme.js";
import { loadPlotly, plotAt } from "./live_plot.js";

/** @typedef {import("./picture_menu.js").Told} Told */
/** @typedef {{svg: string, width: number, height: number}} Drawn An `svg` element with its size. */

const LEAST = 640; // pixels, so that names have room where a page is narrow
const EDGE = 16;
const [TITLE, LINE, FOOT] = [
  { size: 16, step: 21, colour: "#1c1e22" },
  { size: 12.5, step: 17, colour: "#5a6069" },
  { size: 11, step: 15, colour: "#5a6069" },
];
const FONT = "system-ui, 'Segoe UI', Roboto, 'Noto Sans', 'Noto Sans CJK SC', sans-serif";

/** Saves a picture as a file. @param {Element} plot @param {Told} told @param {boolean} asSvg */
export async function save(plot, told, asSvg) {
  const name = `${told.name ?? "swish-lab"}.${asSvg ? "svg" : "png"}`;
  const blob = asSvg
    ? new Blob([(await whole(plot, told)).svg], { type: "image/svg+xml" })
    : await pixels(plot, told);
  saveAs(name, URL.createObjectURL(blob));
}

/** A picture as a PNG, at twice its size. @param {Element} plot @param {Told} told */
export async function pixels(plot, told) {
  const { svg, width, height } = await whole(plot, told);
  const image = new Image(width, height);
  const address = URL.createObjectURL(new Blob([svg], { type: "image/svg+xml" }));
  image.src = address;
  await image.decode();
  const canvas = Object.assign(document.createElement("canvas"), {
    width: 2 * width,
    height: 2 * height,
  });
  canvas.getContext("2d")?.drawImage(image, 0, 0, canvas.width, canvas.height);
  URL.revokeObjectURL(address);
  return /** @type {Promise<Blob>} */ (
    new Promise((done, failed) =>
      canvas.toBlob((blob) => (blob ? done(blob) : failed(new Error("no picture"))), "image/png"),
    )
  );
}

/** The picture with what it says of itself. @param {Element} plot @param {Told} told */
async function whole(plot, told) {
  const inner = told.draw?.() ?? (plot instanceof SVGElement ? drawing(plot) : null);
  const { svg, width, height } = inner ?? (await plotted(plot, told));
  const link = told.link ?? outwardLink().href;
  const date = new Date().toLocaleDateString(t("language.tag"), { dateStyle: "long" });
  const room = width - 2 * EDGE;
  const head = [
    ...wrapped(told.title, room, TITLE.size).map((words) => ({ words, ...TITLE })),
    ...(told.lines ?? []).flatMap((line) =>
      wrapped(line, room, LINE.size).map((words) => ({ words, ...LINE })),
    ),
  ];
  const foot = wrapped(`${link} · Swish Lab, ${date}`, room, FOOT.size).map((words) => ({
    words,
    ...FOOT,
  }));
  let y = 10;
  const texts = [];
  /** @param {typeof head} lines */
  const write = (lines) => {
    for (const { words, size, step, colour } of lines) {
      y += step;
      const weight = size === TITLE.size ? 600 : 400;
      texts.push(
        `<text x="${EDGE}" y="${y}" font-size="${size}" font-weight="${weight}" fill="${colour}"
          xml:space="preserve">${escaped(words)}</text>`,
      );
    }
  };
  write(head);
  y += 10;
  texts.push(svg.replace(/<svg/, `<svg x="0" y="${y}"`));
  y += height;
  write(foot);
  const total = Math.ceil(y + 12);
  return {
    svg: `<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"
      width="${width}" height="${total}" viewBox="0 0 ${width} ${total}" font-family="${FONT}"
      ><title>${escaped(told.title)}</title
      ><rect width="100%" height="100%" fill="#ffffff"/>${texts.join("")}</svg>`,
    width,
    height: total,
  };
}

/** @param {string} text */
const escaped = (text) =>
  text.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`).replace(/\p{Cc}/gu, " ");

/** @type {OffscreenCanvasRenderingContext2D | null} */
let ruler = null;

/** A text in lines, broken anywhere where one word is longer. */
function wrapped(/** @type {string} */ text, /** @type {number} */ room, size = LINE.size) {
  ruler ??= new OffscreenCanvas(1, 1).getContext("2d");
  const pen = /** @type {OffscreenCanvasRenderingContext2D} */ (ruler);
  pen.font = `${size === TITLE.size ? 600 : 400} ${size}px ${FONT}`;
  const lines = [""];
  const words = text.match(/[\u2e80-\uffef]|[^\s\u2e80-\uffef]+\s*|\s+/gu) ?? [];
  const pieces = words.flatMap((word) => word.match(/.{1,24}/gsu) ?? []);
  for (const piece of pieces) {
    const longer = lines[lines.length - 1] + piece;
    if (lines[lines.length - 1] && pen.measureText(longer.trimEnd()).width > room)
      lines.push(piece);
    else lines[lines.length - 1] = longer;
  }
  return lines.filter((line) => line.trim());
}

/** A live plot. @param {Element} node @param {Told} told @returns {Promise<Drawn>} */
async function plotted(node, told) {
  const plot = plotAt(node);
  if (!plot) throw new Error("no plot is here");
  const Plotly = await loadPlotly(plot.part);
  const [wide, high] = [Math.max(LEAST, node.clientWidth), node.clientHeight];
  const figure = plot.full();
  const data = figure.data.map((/** @type {any} */ trace) => ({ ...trace }));
  const layout = { ...figure.layout };
  for (const key of Object.keys(layout).filter((each) => /^[xy]axis\d*$/.test(each))) {
    layout[key] = { ...layout[key], title: { ...layout[key].title } };
    const seen = plot.node.layout?.[key]?.range; // a reader may have zoomed
    if (seen && layout[key].type !== "category") layout[key].range = [...seen];
    if (key.startsWith("y") && layout[key].visible !== false && !layout[key].title.text)
      layout[key].title.text = told.title;
  }
  if (layout.scene) layout.scene = { ...layout.scene, ...cameraOf(plot.node) };
  told.dress?.({ data, layout });
  const extra = named(data, layout, wide);
  const height = high + extra;
  layout.margin = { ...layout.margin, t: (layout.margin?.t ?? 0) + extra };
  Object.assign(layout, { paper_bgcolor: "#ffffff", plot_bgcolor: "#ffffff", width: wide, height });
  const light = onPaper(() => resolve({ data, layout }));
  const address = await Plotly.toImage(light, { format: "svg", width: wide, height });
  return { svg: decodeURIComponent(address.slice(address.indexOf(",") + 1)), width: wide, height };
}

/** From where a scene is looked at. @param {any} node */
const cameraOf = (node) => {
  const camera = node.layout?.scene?.camera;
  return camera ? { camera } : {};
};

/**
 * Has each line named once; how many pixels that takes over the plot.
 * @param {any[]} data @param {any} layout @param {number} width
 */
function named(data, layout, width) {
  if (layout.showlegend) return 0;
  const seen = new Set();
  let row = 1;
  let long = 0;
  for (const trace of data) {
    const lines = (trace.type ?? "scatter") === "scatter" && trace.mode?.includes("lines");
    const shown = lines && trace.name && trace.showlegend !== false && !seen.has(trace.name);
    trace.showlegend = Boolean(shown);
    if (!shown) continue;
    seen.add(trace.name);
    const wide = 60 + 7 * trace.name.length;
    long += wide;
    if (long > width - 60) [row, long] = [row + 1, wide];
  }
  if (!seen.size) return 0;
  layout.showlegend = true;
  layout.legend = {
    ...{ orientation: "h", x: 0, xanchor: "left", y: 1, yanchor: "bottom" },
    font: { color: "@text", size: 12 },
    traceorder: "normal",
  };
  return 20 * row + 6;
}

/**
 * A picture of the server's, with the colours of paper in the place of the style sheet's.
 * @param {SVGElement} picture @returns {Drawn}
 */
function drawing(picture) {
  const copy = /** @type {SVGElement} */ (picture.cloneNode(true));
  const root = getComputedStyle(document.documentElement);
  const [wide, high] = (picture.getAttribute("viewBox") ?? "0 0 360 190").split(" ").slice(2);
  const scale = LEAST / Number(wide);
  const size = { width: LEAST, height: Math.round(scale * Number(high)) };
  for (const each of [copy, ...findAll(copy, "[style]", SVGElement)]) {
    const style = each.getAttribute("style") ?? "";
    const plain = style
      .replace(/var\((--[\w-]+)\)/g, (_, name) => root.getPropertyValue(name).trim())
      .replace(/light-dark\(([^,()]+),[^()]*\)/g, "$1")
      .replace(/currentColor/g, TITLE.colour);
    if (style) each.setAttribute("style", plain);
  }
  copy.setAttribute("xmlns", "http://www.w3.org/2000/svg");
  for (const [name, value] of Object.entries(size)) copy.setAttribute(name, String(value));
  return { svg: new XMLSerializer().serializeToString(copy), ...size };
}
