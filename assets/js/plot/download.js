/** Saves files that a reader takes along. */

import { file } from "../core/server.js";
import { loadPlotly } from "./live_plot.js";

/** @param {string} name @param {string} type @param {string} text */
export function download(name, type, text) {
  save(name, URL.createObjectURL(new Blob([text], { type })));
}

/**
 * Saves a file of this server's.
 * @param {string} address
 * @returns {Promise<string | undefined>} Why there is none.
 */
export async function downloadFrom(address) {
  const saved = await file(address);
  if (saved.error === undefined) save(saved.name, URL.createObjectURL(saved.content));
  return saved.error;
}

const LINE = 20; // pixels

/**
 * A plot as a picture at twice its size.
 * @param {import("./live_plot.js").LivePlot} plot
 * @param {"png" | "svg"} format
 * @param {string} name Of the file, without its end.
 * @param {{background: string, ink?: string, heading?: string[], notes?: object[]}} look
 *   `notes` are Plotly's annotations beside those of the plot; `heading` is what stands over it, a
 *   line each, in the colour of `ink`: on a page of its own a picture has to say what it shows.
 */
export async function pictureOf(plot, format, name, { background, ink, heading = [], notes = [] }) {
  const Plotly = await loadPlotly(plot.part);
  const { data, layout = {} } = plot.node;
  const { clientWidth: width, clientHeight } = plot.node;
  const [first, ...others] = heading.map(plain);
  const room = heading.length ? LINE * heading.length + 12 : 0;
  const annotations = [...(layout.annotations ?? []), ...notes];
  const figure = {
    data,
    layout: { ...layout, annotations, paper_bgcolor: background, height: clientHeight + room },
  };
  if (room) {
    const margin = { ...layout.margin, t: (layout.margin?.t ?? 0) + room };
    const text = [`<b>${first}</b>`, ...others].join("<br>");
    figure.layout.margin = margin;
    figure.layout.annotations = [
      ...annotations,
      {
        ...{ text, align: "left", showarrow: false, font: { size: 12.5, color: ink } },
        ...{ xref: "paper", x: 0, xanchor: "left", xshift: 12 - (margin.l ?? 0) },
        ...{ yref: "paper", y: 1, yanchor: "top", yshift: margin.t - 6 },
      },
    ];
  }
  const height = clientHeight + room;
  save(`${name}.${format}`, await Plotly.toImage(figure, { format, width, height, scale: 2 }));
}

/** A text in which Plotly finds no tags. @param {string} text */
export const plain = (text) => text.replace(/&/g, "&amp;").replace(/</g, "&lt;");

/** @param {string} name @param {string} href */
function save(name, href) {
  const link = Object.assign(document.createElement("a"), { href, download: name });
  document.body.append(link);
  link.click();
  link.remove();
}
