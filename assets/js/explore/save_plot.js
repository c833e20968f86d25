/** Saves what is plotted as a file: a picture at twice its size, or a table in full precision. */

import { html } from "../core/dom.js";
import { route } from "../core/server.js";
import { flush } from "../core/state.js";
import { short, t } from "../core/text.js";
import { colour } from "../core/theme.js";
import { download, pictureOf, plain } from "../plot/download.js";
import { toCsv, toTable } from "../plot/sampling.js";
import { PANEL } from "./panels.js";

/** @typedef {ReturnType<typeof import("./curves.js").curves>} Drawn */
/** @typedef {import("./lab.js").Lab} Lab */

/**
 * @param {"png" | "svg" | "csv" | "json"} kind
 * @param {Drawn} drawn What `curves.js` has drawn.
 * @param {Lab} lab
 */
export async function save(kind, drawn, lab) {
  if (kind === "png" || kind === "svg")
    return pictureOf(drawn.plot, kind, "swish-lab", {
      background: colour("@panel"),
      notes: names(drawn, lab),
    });
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
 * What each panel shows, and of which activations: on the page that is said over the plot.
 * @param {Drawn} drawn @param {Lab} lab
 */
function names(drawn, lab) {
  const { layout } = drawn.plot.node;
  /** @type {string[]} */
  const panels = lab.state.get("show");
  return panels.map((panel, at) => {
    const curves = drawn.curvesOf(panel).map(({ activation }) => {
      const given = Object.entries(lab.values(activation)).map(
        ([key, value]) => `${lab.symbolOf(`${lab.keyOf(activation)}.${key}`)} = ${short(value, 6)}`,
      );
      const words = plain([activation.label, ...given].join(", "));
      return `<span style="color:${colour(`@act-${activation.name}`)}">${words}</span>`;
    });
    return {
      text: [`<b>${plain(PANEL[panel].title(lab))}</b>`, ...curves].join("   "),
      font: { size: 12, color: colour("@text") },
      showarrow: false,
      ...{ xref: "paper", x: 0, xanchor: "left" },
      ...{ yref: "paper", y: layout[`yaxis${at ? at + 1 : ""}`].domain[1], yanchor: "bottom" },
    };
  });
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
  button.textContent = t("check.link_done");
  setTimeout(() => {
    button.textContent = t("explore.embed");
  }, 1800);
}
