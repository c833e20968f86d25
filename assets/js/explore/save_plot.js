/** What is plotted as a file: a picture at twice its size, or a table in full precision. */

import { short } from "../core/text.js";
import { colour } from "../core/theme.js";
import { download, pictureOf, plain } from "../plot/download.js";
import { toCsv, toTable } from "../plot/sampling.js";
import { PANEL } from "./panels.js";

/**
 * @param {"png" | "svg" | "csv" | "json"} kind
 * @param {any} drawn What `curves.js` has drawn.
 * @param {any} lab
 */
export async function save(kind, drawn, lab) {
  if (kind === "png" || kind === "svg")
    return pictureOf(drawn.plot, kind, "swish-lab", {
      background: colour("@panel"),
      notes: names(drawn, lab),
    });
  const named = lab.state.get("show").flatMap((panel) =>
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
  const finite = (_, value) =>
    typeof value === "number" && !Number.isFinite(value) ? null : value;
  return download(
    "swish-lab.json",
    "application/json",
    JSON.stringify({ link: location.href, ...table }, finite, 1),
  );
}

/** What each panel shows, and of which activations: on the page that is said over the plot. */
function names(drawn, lab) {
  const { layout } = drawn.plot.node;
  return lab.state.get("show").map((panel, at) => {
    const curves = drawn.curvesOf(panel).map(({ activation }) => {
      const given = Object.entries(lab.values(activation)).map(
        ([key, value]) => `${lab.symbolOf(`${lab.keyOf(activation)}.${key}`)} = ${short(value, 6)}`,
      );
      return `<span style="color:${colour(`@act-${activation.name}`)}">${plain([activation.label, ...given].join(", "))}</span>`;
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
