/** Files that a reader takes along. */

import { loadPlotly } from "./plot.js";

/** @param {string} name @param {string} type @param {string} text */
export function download(name, type, text) {
  save(name, URL.createObjectURL(new Blob([text], { type })));
}

const LINE = 20; // pixels

/**
 * A plot as a picture at twice its size.
 * @param {"png" | "svg"} format
 * @param {{background: string, text?: string, heading?: string[]}} look What stands over it, a line
 *   each, in the colour of `text`: on a page of its own a picture has to say what it shows.
 */
export async function pictureOf(plot, format, name, { background, text, heading = [] }) {
  const Plotly = await loadPlotly();
  const { data, layout } = plot.node;
  const { clientWidth: width, clientHeight } = plot.node;
  const [first, ...others] = heading.map((line) => line.replace(/&/g, "&amp;").replace(/</g, "&lt;"));
  const room = heading.length ? LINE * heading.length + 12 : 0;
  const figure = { data, layout: { ...layout, paper_bgcolor: background, height: clientHeight + room } };
  if (room) {
    figure.layout.margin = { ...layout.margin, t: (layout.margin?.t ?? 0) + room };
    figure.layout.title = {
      text: [`<b>${first}</b>`, ...others.map((line) => `<span style="font-size:12px">${line}</span>`)].join("<br>"),
      font: { size: 14, color: text },
      ...{ x: 0, xanchor: "left", y: 1, yanchor: "top", yref: "container", pad: { l: 12, t: 10 } },
    };
  }
  const height = clientHeight + room;
  save(`${name}.${format}`, await Plotly.toImage(figure, { format, width, height, scale: 2 }));
}

function save(name, href) {
  const link = Object.assign(document.createElement("a"), { href, download: name });
  document.body.append(link);
  link.click();
  link.remove();
}
