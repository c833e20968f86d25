/** Files that a reader takes along. */

import { loadPlotly } from "./plot.js";

/** @param {string} name @param {string} type @param {string} text */
export function download(name, type, text) {
  save(name, URL.createObjectURL(new Blob([text], { type })));
}

/** A plot as a picture at twice its size. @param {"png" | "svg"} format */
export async function pictureOf(plot, format, name, background) {
  const Plotly = await loadPlotly();
  const { data, layout } = plot.node;
  const { clientWidth: width, clientHeight: height } = plot.node;
  const figure = { data, layout: { ...layout, paper_bgcolor: background } };
  save(`${name}.${format}`, await Plotly.toImage(figure, { format, width, height, scale: 2 }));
}

function save(name, href) {
  const link = Object.assign(document.createElement("a"), { href, download: name });
  document.body.append(link);
  link.click();
  link.remove();
}
