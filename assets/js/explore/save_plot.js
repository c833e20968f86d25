/** Saves what is plotted: a table in full precision, what a picture says, the code of a frame. */

import { flash } from "../core/controls.js";
import { html, short, t } from "../core/html.js";
import { download, route } from "../core/server.js";
import { flush } from "../core/state.js";
import { plain } from "../plot/live_plot.js";
import { toCsv, toTable } from "../plot/sampling.js";
import { PANEL } from "./curves.js";

/** @typedef {ReturnType<typeof import("./curves.js").curves>} Drawn */
/** @typedef {import("./lab.js").Lab} Lab */

/**
 * @param {"csv" | "json"} kind
 * @param {Drawn} drawn What `curves.js` has drawn.
 * @param {Lab} lab
 */
export async function save(kind, drawn, lab) {
  /** @type {string[]} */
  const panels = lab.state.get("show");
  const named = panels.flatMap((panel) =>
    drawn.curvesOf(panel).map(({ activation, of, breaks, places }) => {
      const given = Object.entries(lab.values(activation))
        .map(([key, value]) => `${key}=${value}`)
        .join("; ");
      return {
        name: `${PANEL[panel].title(lab)} ${activation.name}${given ? ` (${given})` : ""}`,
        of,
        breaks,
        places,
      };
    }),
  );
  const table = toTable(named, lab.state.get("x"));
  if (kind === "csv") return download("swish-lab.csv", "text/csv", toCsv(table));
  /** @param {string} _ @param {unknown} value */
  const finite = (_, value) =>
    typeof value === "number" && !Number.isFinite(value) ? null : value;
  return download(
    "swish-lab.json",
    "application/json",
    JSON.stringify({ link: location.href, ...table }, finite, 1),
  );
}

/**
 * What a picture of the curves says: axes, the curves' parameters, and which are an earlier β's.
 * @param {Drawn} drawn @param {Lab} lab
 * @returns {Partial<import("../plot/picture_menu.js").Told>}
 */
export function toldOfCurves(drawn, lab) {
  /** @type {string[]} */
  const panels = lab.state.get("show");
  /** @type {Map<string, string>} */
  const labels = new Map();
  for (const { activation } of panels.flatMap(drawn.curvesOf)) {
    const { label } = activation;
    labels.set(label, plain([label, ...lab.settings(activation)].join(", ")));
  }
  const [swish, ...rivals] = labels.values();
  const names = panels.map((panel) => PANEL[panel].title(lab));
  return {
    title: [swish, ...rivals].join(" · "),
    lines: [names.join(", ")],
    dress({ data, layout }) {
      panels.forEach((panel, at) => {
        const number = at ? String(at + 1) : "";
        if (at === panels.length - 1) layout[`xaxis${number}`].title.text = "x";
        layout[`xaxis${number}`].automargin = true;
        layout[`yaxis${number}`].title.text = plain(PANEL[panel].title(lab));
      });
      const past = drawn.past();
      /** @type {Record<string, number>} How many ghosts each panel has had. */
      const ages = {};
      for (const trace of data) {
        if (trace.name !== "ghost") {
          if (trace.name) trace.name = labels.get(trace.name) ?? plain(trace.name);
          continue;
        }
        const age = ages[trace.yaxis] ?? 0;
        ages[trace.yaxis] = age + 1;
        trace.visible = age < past.length;
        trace.name = trace.visible ? `${t("picture.trail")} = ${short(past[age], 4)}` : "";
      }
    },
  };
}

/**
 * Copies the HTML by which another page shows these curves; opens them alone where the clipboard is
 * closed, as it is to pages of an unsafe origin.
 * @param {HTMLElement} button
 */
export async function takeFrame(button) {
  flush();
  const query = new URLSearchParams(location.search);
  for (const name of ["tab", "__theme"]) query.delete(name);
  const address = new URL(`../curve/embed?${query}`, route("")).href;
  const title = t("pages.curve");
  const code = html`<iframe src="${address}" title="${title}" width="100%" height="620"
  loading="lazy" style="border:0"></iframe>`;
  try {
    await navigator.clipboard.writeText(code.text);
  } catch {
    window.open(address, "_blank", "noopener");
    return;
  }
  flash(button, t("check.link_done"));
}
